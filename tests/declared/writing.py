"""Declaration files as tests write them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from chime_endpoints.declared.document.problems import DeclaredFileError
from chime_endpoints.declared.entries.entry import Declarations
from chime_endpoints.declared.load import load

USER = "arn:aws:chime:us-east-1:111122223333:app-instance/0123/user/alice"
APPLICATION = "arn:aws:mobiletargeting:us-east-1:111122223333:apps/0123456789abcdef"
SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:push-AbCdEf"
ENTRY = f"{{user: '{USER}', type: APNS, application: '{APPLICATION}', device_token: {{secret: '{SECRET}'}}}}"


def loaded(
    directory: Path, text: str, *, name: str = "endpoints.yaml", variables: Mapping[str, str] | None = None
) -> Declarations:
    """What a file of this text declares; `USER`, `APPLICATION`, `SECRET` and `ENTRY` stand for valid ones."""
    path = directory / name
    for word, value in (("ENTRY", ENTRY), ("USER", USER), ("APPLICATION", APPLICATION), ("SECRET", SECRET)):
        text = text.replace(f"<{word}>", value)
    path.write_text(dedent(text), encoding="utf-8")
    return load(path, dict(variables or {}).get)


def mistakes(
    directory: Path, text: str, *, name: str = "endpoints.yaml", variables: Mapping[str, str] | None = None
) -> list[str]:
    """What is wrong with a file of this text, as the user reads it, less the file's directory."""
    try:
        loaded(directory, text, name=name, variables=variables)
    except DeclaredFileError as error:
        return str(error).replace(f"{directory}/", "").splitlines()
    return []


def many(count: int, *, stacks: int) -> str:
    """A file of so many tagged endpoints, ten for each user."""
    entries = "\n".join(
        f"  device-{number}: {{user: '{USER}{number // 10}', type: GCM, application: '{APPLICATION}',"
        f" device_token: {{secret: '{SECRET}', field: device-{number}}}, name: Device {number}, tags: {{team: chat}}}}"
        for number in range(count)
    )
    return f"stacks: {stacks}\nendpoints:\n{entries}\n"
