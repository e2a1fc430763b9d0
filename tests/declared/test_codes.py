"""Mistakes in a declaration file that have a code. The page of the code shows their message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from chime_endpoints_handler.model.codes import Code
from declared.writing import mistakes

PAGES = Path(__file__).parents[2] / "docs" / "errors"
OTHER_REGION = "arn:aws:mobiletargeting:eu-central-1:111122223333:apps/1"


def entry(key: str = "phone", **fields: str) -> str:
    """An entry with some of its fields changed; an empty field is omitted."""
    every = {
        "user": "<USER>",
        "type": "APNS",
        "application": "<APPLICATION>",
        "device_token": "{secret: '<SECRET>', field: apns}",
    } | fields
    return f"  {key}:\n" + "".join(f"    {name}: {value}\n" for name, value in every.items() if value)


FILES: Mapping[Code, str] = {
    Code.MISSING: entry(type=""),
    Code.UNKNOWN: entry(alow_messages="NONE"),
    Code.NOT_A_CHOICE: entry(type="FCM"),
    Code.WRONG_KIND: entry(device_token="canary"),
    Code.MALFORMED: entry(user="alice"),
    Code.WRONG_LENGTH: entry(tags="{team: ''}"),
    Code.UNPRINTABLE: entry(name='"Alice\\n"'),
    Code.DYNAMIC_REFERENCE: entry(device_token="{plain_text: '{{resolve:secretsmanager:push:SecretString:apns}}'}"),
    Code.CONTRADICTION: entry(device_token="{secret: '<SECRET>', parameter: /push/alice}"),
    Code.ELSEWHERE: entry(application=OTHER_REGION),
    Code.TAG_KEY: entry(tags="{'aws:team': chat}"),
    Code.TAKEN: entry() + entry("tablet"),
}
"""A file with one mistake for each code that a file can meet."""


def told(directory: Path, code: Code) -> list[str]:
    """The message for a file with this mistake."""
    return mistakes(directory, f"endpoints:\n{FILES[code]}")


@pytest.mark.parametrize("code", FILES)
def test_a_mistake_in_a_file_has_the_code_of_the_same_mistake_in_an_event(tmp_path: Path, code: Code) -> None:
    """The code is at the end, as in the output of linters."""
    (line,) = told(tmp_path, code)
    assert line.endswith(f" [{code}]")
    assert "canary" not in line


@pytest.mark.parametrize("code", Code)
def test_the_page_of_a_code_shows_the_message_for_a_file(tmp_path: Path, code: Code) -> None:
    """If a file can have the mistake, the page shows the message word for word, and nothing else."""
    shown = re.findall(r"^```text\n(endpoints\.yaml:.+)\n```$", (PAGES / f"{code}.md").read_text(), re.MULTILINE)
    assert shown == (told(tmp_path, code) if code in FILES else [])
