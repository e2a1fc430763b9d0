"""Environment variables that make programs use the local cloud as AWS, isolated from the user's account."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from chime_endpoints_cli.account.calls.local_addresses import ACCOUNT, REGION

_USERS_OWN = ("AWS_", "CDK_")
_NOT_FOR_CHILDREN = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy", "log_level", "node_options"})


def users_environment(
    settings: Mapping[str, str],
    *,
    directory: Path,
    first: Sequence[Path] = (),
    inherited: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """Return the environment for a user's program that uses the local cloud as AWS.

    It keeps everything except the settings for AWS and CDK, because projects find their tools in the home directory.

    Args:
        settings: the addresses of the local cloud and the variables of the declaration.
        directory: the directory for files that CDK would write to the home directory.
        first: directories to put before PATH; the directory of this Python comes last.
        inherited: the user's environment.
    """
    kept = {name: value for name, value in inherited.items() if not name.startswith(_USERS_OWN)}
    places = [*map(str, first), kept.get("PATH", os.defpath), str(Path(sys.executable).parent)]
    unproxied = ",".join(filter(None, [kept.get("NO_PROXY") or kept.get("no_proxy"), "127.0.0.1", "localhost"]))
    return {
        **kept,
        "PATH": os.pathsep.join(places),
        "NO_PROXY": unproxied,
        "no_proxy": unproxied,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_HOME": str(directory / "home" / ".cdk"),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "true",
        **settings,
    }


def local_environment(
    *,
    aws_url: str | None,
    chime_url: str,
    directory: Path,
    account: str = ACCOUNT,
    inherited: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """Return the environment for a program of ours that uses the local cloud.

    It drops all inherited settings for AWS and CDK, and uses a home directory in `directory` instead of the user's. It
    drops proxies because everything runs on loopback.
    """
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.startswith(_USERS_OWN) and name.lower() not in _NOT_FOR_CHILDREN
    }
    home = directory / "home"
    temporary = directory / "tmp"
    for folder in (home, temporary):
        folder.mkdir(parents=True, exist_ok=True)
    return {
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(directory.parent / "jsii"),
        **kept,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)]),
        "HOME": str(home),
        "TMPDIR": str(temporary),
        **({"AWS_ENDPOINT_URL": aws_url} if aws_url else {}),
        "AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY": chime_url,
        "AWS_ENDPOINT_URL_PINPOINT": chime_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_HOME": str(home / ".cdk"),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "true",
        "MOTO_ACCOUNT_ID": account,
    }
