"""How the text of a declaration changes when entries are added."""

from __future__ import annotations

import json
from itertools import takewhile
from typing import Any

import pytest
import yaml

from chime_endpoints_cli.commands.registered.import_.file.merging import merged
from chime_endpoints_cli.output.errors import CommandError

ENTRIES: dict[str, Any] = {
    "bob-phone": {
        "user": "u",
        "device_token": {"secret": "s", "field": "bob-phone"},
        "name": "Bob\u2019s 📱 #1: 'x'",
        "adopt_existing": True,
    },
    "2026-11-26": {"user": "v", "name": ""},
}

FILES = {
    "indented by two": "# head\nendpoints:\n  a:\n    user: x # c\n    # name: y\n\n# below\nstacks: 2\n",
    "indented by four": "endpoints:\n    a:\n        user: x\n\n    b:\n        user: 'y'",
    "indented by one": "endpoints:\n a:\n  user: x\n",
    "CRLF": 'defaults:\r\n  type: GCM\r\nendpoints:\r\n  "a": {user: x}\r\n',
    "no last line break": "endpoints:\n  a: {user: x}",
    "spaces at the end": "endpoints:\n  a:\n    user: x  \n\n\n\n",
    "anchors and merges": "endpoints:\n  a: &a\n    user: x\n  b:\n    <<: *a # hi\n\n  c: *a\nstacks: 1\n",
    "a text in block style": "endpoints:\n  a:\n    name: |+\n      text\n\nstacks: 1\n",
    "a folded text at the end": "endpoints:\n  a:\n    name: >-\n      text\n      more",
    "document marks": "%YAML 1.1\n---\nendpoints:\n  a: {user: x}\n...\n",
    "entries in braces": "endpoints: {a: {user: x}, b: {user: y}} # all\n",
    "entries in braces on lines": "endpoints: {\n  a: {user: x}, # first\n  b: {user: y} # last\n}\n",
    "a trailing comma": "endpoints: {\n  a: {user: x}, # first\n  b: {user: y}, # last\n}\n",
    "explicit keys": "? endpoints\n: a:\n    user: x\nstacks: 1\n",
    "JSON": json.dumps({"endpoints": {"a": {"user": "x"}}, "stacks": 2}, indent=2) + "\n",
    "JSON with tabs": json.dumps({"endpoints": {"a": {"user": "x", "t": {"u": 1}}}}, indent="\t"),
    "JSON in a line": '{"endpoints":{"a":{"user":"x"}}}',
}
WITHOUT_ENTRIES = {
    "nothing": "",
    "comments": "# hello\n# there",
    "an empty key": "endpoints:\n  # a:\n  #  user: x\n\ndefaults: {type: GCM}\n",
    "an empty key at the end": "defaults:\n   type: GCM\nendpoints:",
    "braces": "endpoints: {}  # none yet\ndefaults:\n  type: GCM\n",
    "braces with a comment in them": "endpoints: { # none\n}\n",
    "null": "endpoints: ~\n",
    "no key": "defaults:\n  type: GCM\n# below\n",
    "no key before an end": "---\ndefaults:\n  type: GCM\n...\n",
    "JSON": '{\n  "defaults": {},\n  "endpoints": {}\n}\n',
    "JSON in a line": '{"endpoints":{}}',
    "JSON without anything": "{}",
    "JSON without the key": '{"defaults": {"type": "GCM"}}',
    "JSON null": '{"endpoints": null}',
}


def read(text: str) -> dict[str, Any]:
    """Parse a text; JSON may contain tabs, which PyYAML rejects."""
    return dict(json.loads(text) if text.startswith("{") else yaml.safe_load(text) or {})


def common(one: str, other: str) -> str:
    """The common beginning of two texts."""
    return "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_nothing_is_taken_from_a_text_that_has_entries(text: str) -> None:
    """Every character stays in its order, and the new entries follow with the intended values."""
    result = merged(text, ENTRIES)
    beginning = common(text, result)
    end = common(text[len(beginning) :][::-1], result[len(beginning) :][::-1])[::-1]
    # In braces a comma comes before the comment behind the last entry, and the entries after it.
    assert text.removeprefix(beginning).removesuffix(end) in ("", " # last")
    before, after = read(text), read(result)
    assert list(after["endpoints"]) == [*before["endpoints"], *ENTRIES]
    assert after == before | {"endpoints": before["endpoints"] | ENTRIES}


@pytest.mark.parametrize("stacks", [None, 3])
@pytest.mark.parametrize("text", WITHOUT_ENTRIES.values(), ids=WITHOUT_ENTRIES)
def test_a_text_without_entries_gets_them(text: str, stacks: int | None) -> None:
    """Only `{}`, `~` and `null` are replaced, and comments stay."""
    result = merged(text, ENTRIES, stacks=stacks)
    number = {} if stacks is None else {"stacks": stacks}
    assert read(result) == read(text) | number | {"endpoints": ENTRIES}
    for line in text.splitlines():
        assert line.partition("#")[2] in result


def test_the_texts_own_line_breaks_are_used() -> None:
    """A file with CRLF keeps it everywhere, and a file without a final line break still has none."""
    result = merged("endpoints:\r\n  a: {user: x}\r\n  b: {user: y}", ENTRIES)
    assert result.count("\n") == result.count("\r\n") > 2
    assert not result.endswith("\n")


def test_entries_are_indented_and_spaced_as_the_others() -> None:
    """The indentation is that of the file, with blank lines between entries if the file has them."""
    result = merged("endpoints:\n    a:\n        user: x\n\n    b:\n        user: y\n", ENTRIES)
    assert "\n\n    # Imported." in result
    assert "\n    bob-phone:\n        user: u\n        device_token:\n            secret: s\n" in result
    assert "\n\n    '2026-11-26':\n        user: v\n" in result


def test_comments_that_belong_to_the_last_entry_stay_with_it() -> None:
    """Comments with the entry's indentation belong to it. Comments at the margin belong to what follows."""
    result = merged("endpoints:\n  a:\n    user: x\n    # name: y\n\n# the number\nstacks: 2\n", ENTRIES)
    assert result.startswith("endpoints:\n  a:\n    user: x\n    # name: y\n")
    assert result.endswith("\n\n# the number\nstacks: 2\n")


@pytest.mark.parametrize(
    "text", ["endpoints: *e\n", "- endpoints\n", "endpoints: [a]\n", "endpoints: text\n"], ids=str.strip
)
def test_what_has_no_place_for_entries_is_refused(text: str) -> None:
    """Nothing is overwritten."""
    with pytest.raises(CommandError, match="cannot be added"):
        merged(text, ENTRIES)
