"""Broken credentials, settings and networks, and what a command must say about each."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-canary"}


@dataclass(frozen=True)
class Broken:
    """One broken thing, and what a command must say about it."""

    code: str
    words: tuple[str, ...]
    environment: Mapping[str, str] | None = None
    config: str = ""
    prepare: Callable[[Path], None] = lambda _: None


def signed_in_with_sso(home: Path, expires: str) -> None:
    """Write the files that `aws sso login` leaves, with this time of expiry."""
    cache = home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    token = {"startUrl": "https://x.awsapps.com/start", "region": "us-east-1", "accessToken": "x", "expiresAt": expires}
    (cache / f"{hashlib.sha1(b'my').hexdigest()}.json").write_text(json.dumps(token))  # noqa: S324 - botocore's name


def _program(text: str) -> str:
    """A configuration that gets its credentials from a Python program."""
    return f'[default]\ncredential_process = {sys.executable} -c "{text}"\n'


SSO = (
    "[default]\nsso_session = my\nsso_account_id = 111122223333\nsso_role_name = R\n"
    "[sso-session my]\nsso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\n"
)
ROLE = "[default]\nrole_arn = arn:aws:iam::111122223333:role/x\n"
CREDENTIALS = {
    "none": Broken("CE-601", ("no AWS credentials were found", "aws sso login"), {}),
    "a profile without any": Broken(
        "CE-601", ("for the profile dev", "AWS_PROFILE"), {"AWS_PROFILE": "dev"}, "[profile dev]\noutput = json\n"
    ),
    "half of them": Broken("CE-601", ("incomplete",), {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE"}),
    "half of them in a profile": Broken("CE-601", ("incomplete",), {}, "[default]\naws_access_key_id = AKIAEXAMPLE\n"),
    "a line break in the key": Broken("CE-603", ("line break",), KEYS | {"AWS_SECRET_ACCESS_KEY": "secret-canary\n"}),
    "a letter that no key has": Broken("CE-603", ("invalid character",), KEYS | {"AWS_ACCESS_KEY_ID": "АKIAEXAMPLE"}),  # noqa: RUF001
    "a program that is not there": Broken(
        "CE-601",
        ("/no/such/program", "credential_process", "arguments are not shown"),
        {},
        "[default]\ncredential_process = /no/such/program --password secret-canary\n",
    ),
    "a program that fails": Broken("CE-601", ("sign in first",), {}, _program("raise SystemExit('sign in first')")),
    "a program that prints no JSON": Broken("CE-601", ("credential process",), {}, _program("print('secret-canary')")),
    "a program that prints a list": Broken("CE-601", ("could not be loaded",), {}, _program("print('[1]')")),
    "a program of another version": Broken("CE-601", ("version",), {}, _program("print('{}')")),
    "a web identity without its file": Broken(
        "CE-601", ("/no/file", "web_identity_token_file"), {}, f"{ROLE}web_identity_token_file = /no/file\n"
    ),
    "a web identity of the environment": Broken(
        "CE-601",
        ("/no/file", "AWS_WEB_IDENTITY_TOKEN_FILE"),
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "/no/file", "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/x"},
    ),
    "no sign-in": Broken("CE-601", ("no AWS credentials were found", "Run: aws sso login"), {}, SSO),
    "no sign-in with aws login": Broken(
        "CE-601", ("Run: aws login",), {}, "[default]\nlogin_session = arn:aws:iam::111122223333:user/x\n"
    ),
    "an SSO session that is not there": Broken("CE-604", ("sso-session",), {}, SSO.partition("[sso")[0]),
    "a role without a source": Broken("CE-601", ("incomplete",), {}, ROLE),
    "a role of a profile that is not there": Broken("CE-604", ("none",), {}, f"{ROLE}source_profile = none\n"),
    "roles in a circle": Broken(
        "CE-604", ("loop",), {}, f"{ROLE}source_profile = a\n[profile a]\nrole_arn = x\nsource_profile = default\n"
    ),
    "a role that needs an MFA code": Broken(
        "CE-601",
        ("MFA code", "terminal"),
        {},
        f"{ROLE}mfa_serial = arn:aws:iam::111122223333:mfa/x\nsource_profile = a\n[profile a]\n"
        "aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret-canary\n",
    ),
    "a container's address that is none": Broken(
        "CE-601", ("could not be loaded",), {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/"}
    ),
}
SETTINGS = {
    "a profile that is not there": Broken(
        "CE-604", ("AWS profile prod does not exist", "dev"), KEYS | {"AWS_PROFILE": "prod"}, "[profile dev]\n"
    ),
    "a configuration that cannot be read": Broken("CE-604", ("cannot be read",), KEYS, "[default\nregion = x\n"),
    "an address without its scheme": Broken(
        "CE-604", ("AWS_ENDPOINT_URL", "localhost:4566"), KEYS | {"AWS_ENDPOINT_URL": "localhost:4566"}
    ),
    "an address with the port 99999": Broken(
        "CE-604", ("AWS_ENDPOINT_URL", "99999"), KEYS | {"AWS_ENDPOINT_URL": "http://localhost:99999"}
    ),
    "an address that is a word": Broken("CE-604", ("AWS_ENDPOINT_URL",), KEYS | {"AWS_ENDPOINT_URL": "local"}),
    "an address with half a bracket": Broken(
        "CE-604", ("AWS_ENDPOINT_URL", "http://[::1"), KEYS | {"AWS_ENDPOINT_URL": "http://[::1"}
    ),
    "a proxy that is no address": Broken(
        "CE-604", ("HTTP_PROXY",), KEYS | {"AWS_ENDPOINT_URL": "http://aws.example", "HTTP_PROXY": "::bad::"}
    ),
    "an address of another scheme": Broken("CE-604", ("ftp://x",), KEYS | {"AWS_ENDPOINT_URL": "ftp://x"}),
    "an address in the configuration": Broken(
        "CE-604", ("endpoint_url", "localhost:1"), KEYS, "[default]\nendpoint_url = localhost:1\n"
    ),
}
NETWORK = {
    "a service that is not there": Broken(
        "CE-605", ("127.0.0.1:1", "refused", "AWS_ENDPOINT_URL"), KEYS | {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    ),
    "a name that nobody knows": Broken(
        "CE-605", ("host.invalid", "unknown"), KEYS | {"AWS_ENDPOINT_URL": "http://host.invalid"}
    ),
    "a proxy that is not there": Broken(
        "CE-605",
        ("proxy", "HTTP_PROXY"),
        KEYS | {"AWS_ENDPOINT_URL": "http://aws.example", "HTTP_PROXY": "http://me:secret-canary@127.0.0.1:1"},
    ),
}
