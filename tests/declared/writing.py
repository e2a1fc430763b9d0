"""Declaration files for tests."""

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
    """The declaration of a file with this text; `USER`, `APPLICATION`, `SECRET` and `ENTRY` have valid values."""
    path = directory / name
    for word, value in (("ENTRY", ENTRY), ("USER", USER), ("APPLICATION", APPLICATION), ("SECRET", SECRET)):
        text = text.replace(f"<{word}>", value)
    path.write_text(dedent(text), encoding="utf-8")
    return load(path, dict(variables or {}).get)


def mistakes(
    directory: Path, text: str, *, name: str = "endpoints.yaml", variables: Mapping[str, str] | None = None
) -> list[str]:
    """The reported mistakes of a file with this text, without the directory of the file."""
    try:
        loaded(directory, text, name=name, variables=variables)
    except DeclaredFileError as error:
        return str(error).replace(f"{directory}/", "").splitlines()
    return []


def many(count: int, *, stacks: int) -> str:
    """A file with this number of tagged endpoints, ten for each user."""
    entries = "\n".join(
        f"  device-{number}: {{user: '{USER}{number // 10}', type: GCM, application: '{APPLICATION}',"
        f" device_token: {{secret: '{SECRET}', field: device-{number}}}, name: Device {number}, tags: {{team: chat}}}}"
        for number in range(count)
    )
    return f"stacks: {stacks}\nendpoints:\n{entries}\n"
