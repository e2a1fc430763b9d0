"""Every mistake in a declaration file is reported at once, with file, line, column, entry and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from chime_endpoints.declared.document.problems import DeclaredFileError
from chime_endpoints.declared.load import load
from declared.writing import loaded, mistakes

ELSEWHERE = "arn:aws:mobiletargeting:eu-central-1:111122223333:apps/1"
KEY_RULE = "an entry's key has 1 to 128 letters, digits, `-`, `_` or `.`, and begins and ends with a letter or digit."
COMMON = "user: <USER>, type: GCM, application: <APPLICATION>"


def _told(path: Path) -> list[str]:
    with pytest.raises(DeclaredFileError) as raised:
        load(path, lambda _: None)
    return str(raised.value).splitlines()


def entry(fields: str) -> str:
    """A file with one entry `a` in line 2, and its fields from column 7."""
    return f"endpoints:\n  a: {{{fields}}}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1: is empty; add `endpoints:` with an entry for each endpoint."),
        ("- a", "1:1: must be a map of names and values. [CE-104]"),
        ("defaults: {}", "1:1: endpoints: is missing. [CE-101]"),
        ("endpoints: {}", "1:12: endpoints: is empty. To remove every endpoint, use `cdk destroy`."),
        ("endpoints: []", "1:12: endpoints: must be a map of names and values. [CE-104]"),
        ("endpoints: {a: 5}", "1:16: a: must be a map of names and values. [CE-104]"),
        ("endpoint: {}\nendpoints: {a: <ENTRY>}", "1:1: 'endpoint' is not a field; did you mean endpoints? [CE-102]"),
        ("stacks: 0\nendpoints: {a: <ENTRY>}", "1:9: stacks: '0' must be a whole number from 1 to 500. [CE-103]"),
        ("defaults: {user: x}\nendpoints: {a: <ENTRY>}", "1:12: defaults: 'user' is not a field. [CE-102]"),
        ("endpoints:\n  a: <ENTRY>\n  a: <ENTRY>", "3:3: the key 'a' occurs twice; it is also on line 2."),
        (
            "endpoints: {a/b: <ENTRY>}",
            f"1:13: a/b: {KEY_RULE} [CE-105]",
        ),
        (
            "endpoints: {a: *nobody}",
            "1:16: not valid YAML: found an undefined alias; put a text that begins with * in quotes.",
        ),
        ("endpoints: {a: &a {b: *a}}", "1:23: this alias refers to a value that contains it."),
        ("endpoints: [", "1:13: not valid YAML: expected the node content, but found '<stream end>'."),
        ("endpoints: \0", "1:12: not valid YAML: it contains a character that YAML does not allow."),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    """The message names the place."""
    assert f"endpoints.yaml:{expected}" in mistakes(tmp_path, text)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            f"{COMMON}, device_token: abc",
            "device_token: must be the location of the token: write {secret: ARN, field: NAME}",
        ),
        (f"{COMMON}, device_token: {{}}", "device_token: has no location: write {secret: ARN, field: NAME}"),
        (f"{COMMON}, device_token: {{secret: <SECRET>, parameter: /a}}", "secret and parameter are set; set only one"),
        (f"{COMMON}, device_token: {{secret: 'a b'}}", "device_token.secret: is not the name or ARN of a secret."),
        (f"{COMMON}, device_token: {{secret: 'push*'}}", "device_token.secret: contains a wildcard."),
        (
            f"{COMMON}, device_token: {{secret: '<SECRET>:apns::'}}",
            "device_token.secret: has a field, stage or version after the secret's ARN, in the format of Amazon ECS. ",
        ),
        (
            f"{COMMON}, device_token: {{parameter: /aws/reference/secretsmanager/push}}",
            "device_token.parameter: refers to a secret. Declare the name or ARN of the secret as secret.",
        ),
        (f"{COMMON}, device_token: {{parameter: '<SECRET>'}}", "is the ARN of a secret. Declare it as secret."),
        (
            f'{COMMON}, device_token: {{plain_text: \'{{"alice": "x"}}\'}}',
            "device_token.plain_text: is a JSON object, not a device token.",
        ),
        (
            f"{COMMON}, device_token: {{plain_text: 'x '}}",
            "device_token.plain_text: has a space at its end; remove it.",
        ),
        (f"{COMMON}, device_token: {{plain_text: 'null'}}", "device_token.plain_text: is a placeholder for a missing"),
        (
            f"{COMMON}, device_token: {{secret: <SECRET>, version: 2}}",
            "device_token.version: cannot be combined with secret",
        ),
        (f"{COMMON}, device_token: {{secret: <SECRET>, feild: x}}", "'feild' is not a field; did you mean field?"),
        (
            f"{COMMON}, device_token: {{secret: <SECRET>, kms_key: x}}",
            "device_token.kms_key: is not the ARN of a KMS key (arn:aws:kms:",
        ),
        (
            f"{COMMON}, device_token: {{parameter: a b}}",
            "device_token.parameter: is not the name or ARN of a parameter.",
        ),
        (
            f"{COMMON}, device_token: {{parameter: /a, version: 0}}",
            "device_token.version: is not a whole number from 1.",
        ),
        (f"{COMMON}, device_token: {{plain_text: ''}}", "device_token.plain_text: has 0 characters; 1 to 1600"),
        (f"{COMMON}, device_token: {{plain_text: '{{{{resolve:secretsmanager:x}}}}'}}", "contains a dynamic reference"),
        (
            f"{COMMON}, device_token: {{plain_text: x}}, voip_device_token: {{plain_text: x}}",
            "VoIP pushes are for Apple devices",
        ),
        (
            f"{COMMON}, device_token: {{plain_text: 5}}",
            "must be a string, but YAML reads it as a number; put it in quotes.",
        ),
        (f"{COMMON}, device_token: {{plain_text: }}", "device_token.plain_text: is empty; set a value"),
        (f"{COMMON}, device_token: {{plain_text: x}}, name: [a]", "name: must be a string."),
        (f'{COMMON}, device_token: {{plain_text: x}}, name: "a\\nb"', "name: contains a control character"),
        (
            f"{COMMON}, device_token: {{plain_text: x}}, allow_messages: SOME",
            "allow_messages: 'SOME' must be one of ALL, NONE",
        ),
        (f"{COMMON}, device_token: {{plain_text: x}}, adopt_existing: 1", "adopt_existing: '1' must be true or false."),
        (
            f"{COMMON}, device_token: {{plain_text: x}}, removal_policy: keep",
            "'keep' must be one of destroy, retain; did you mean retain?",
        ),
        (
            f"{COMMON}, device_token: {{plain_text: x}}, update_replace_policy: retian",
            "'retian' must be one of destroy, retain; did you mean retain?",
        ),
        (f"{COMMON}, device_token: {{plain_text: x}}, tags: x", "tags: must be a map of names and values."),
        (
            f"{COMMON}, device_token: {{plain_text: x}}, tags: {{team: 5}}",
            "tags.team: must be a string, but YAML reads",
        ),
        (f"{COMMON}, device_token: {{plain_text: x}}, tags: {{'aws:x': y}}", "tags.aws:x: Key begins with aws:"),
        (f"{COMMON}, device_token: {{plain_text: x}}, tags: {{team: ''}}", "tags.team: Value has 0 characters"),
        (
            "user: x, type: GCM, application: <APPLICATION>, device_token: {plain_text: x}",
            "user: 'x' is not the ARN of an",
        ),
        (
            "user: <USER>, type: FCM, application: <APPLICATION>, device_token: {plain_text: x}",
            "type: 'FCM' must be one of APNS, APNS_SANDBOX, GCM; did you mean GCM?",
        ),
        (
            "user: <USER>, type: GCM, application: x, device_token: {plain_text: x}",
            "application: 'x' is not the ARN of an",
        ),
        (
            f"user: <USER>, type: GCM, application: '{ELSEWHERE}', device_token: {{plain_text: x}}",
            f"application: {ELSEWHERE!r} is in another region than the AppInstanceUser",
        ),
    ],
)
def test_an_invalid_field_is_named(tmp_path: Path, fields: str, expected: str) -> None:
    """F1, F2, F3, F4, F5, F6, F8, F9: There is one message, with the entry, in the entry's line."""
    (message,) = mistakes(tmp_path, entry(fields))
    assert message.startswith("endpoints.yaml:2:")
    assert ": a: " in message
    assert expected in message


def test_a_missing_field_is_reported_at_the_entry(tmp_path: Path) -> None:
    """A missing field has no place of its own."""
    assert mistakes(tmp_path, "endpoints:\n  a: {name: x}\n") == [
        "endpoints.yaml:2:3: a: application: is missing. [CE-101]",
        "endpoints.yaml:2:3: a: device_token: is missing. [CE-101]",
        "endpoints.yaml:2:3: a: type: is missing. [CE-101]",
        "endpoints.yaml:2:3: a: user: is missing. [CE-101]",
    ]


def test_every_mistake_is_reported_in_the_order_of_the_file(tmp_path: Path) -> None:
    """One run reports everything that needs correction."""
    text = f"""
    defaults: {{tags: {{team: 5}}}}
    endpoints:
      b: {{{COMMON}, device_token: x, typo: y}}
      a: {{{COMMON}, device_token: {{plain_text: ''}}, name: 7}}
    """
    lines = [int(message.split(":")[1]) for message in mistakes(tmp_path, text)]
    assert lines == [2, 4, 4, 5, 5]


def test_a_mistake_in_the_defaults_is_reported_once(tmp_path: Path) -> None:
    """It is not repeated for each entry that uses the defaults."""
    text = "defaults: {type: FCM, tags: {team: ''}}\nendpoints:\n" + "".join(
        f"  e{number}: {{user: <USER>{number}, application: <APPLICATION>, device_token: {{plain_text: x}}}}\n"
        for number in range(3)
    )
    told = mistakes(tmp_path, text)
    assert [message.split(": ")[1] for message in told] == ["defaults", "defaults"]


def test_the_same_token_twice_for_a_user_is_reported(tmp_path: Path) -> None:
    """F10: The service would reject the second registration."""
    text = "endpoints:\n  first: <ENTRY>\n  second: <ENTRY>\n"
    (message,) = mistakes(tmp_path, text)
    assert message.startswith("endpoints.yaml:3:")
    assert "second: device_token: first (line 2) declares the same token for the same user" in message


def test_contradicting_tags_of_a_user_are_reported(tmp_path: Path) -> None:
    """Both endpoints apply their tags to the same user."""
    text = f"""
    endpoints:
      first: {{{COMMON}, device_token: {{plain_text: x}}, tags: {{team: chat}}}}
      second: {{{COMMON}, device_token: {{plain_text: y}}, tags: {{team: voice, cost: low}}}}
    """
    (message,) = mistakes(tmp_path, text)
    assert "second: tags.team: first (line 3) sets another value" in message


def test_more_tags_than_a_user_may_have_are_reported(tmp_path: Path) -> None:
    """F9: The limit of fifty applies to all endpoints of the user together."""

    def tags(first: int, count: int) -> str:
        return "{" + ", ".join(f"k{number}: v" for number in range(first, first + count)) + "}"

    text = f"""
    endpoints:
      first: {{{COMMON}, device_token: {{plain_text: x}}, tags: {tags(0, 40)}}}
      second: {{{COMMON}, device_token: {{plain_text: y}}, tags: {tags(40, 11)}}}
    """
    (message,) = mistakes(tmp_path, text)
    assert "second: tags: the user would have 51 tags" in message


def test_an_alias_is_reported_at_its_use(tmp_path: Path) -> None:
    """The anchor may be in another entry."""
    text = f"""
    endpoints:
      first: {{{COMMON}, device_token: {{plain_text: &token x}}}}
      second: {{{COMMON}, device_token: {{plain_text: y}}, allow_messages: *token}}
    """
    (message,) = mistakes(tmp_path, text)
    assert message.startswith("endpoints.yaml:4:")


def test_json_has_places_too(tmp_path: Path) -> None:
    """This applies to a syntax error and to a mistake in a field."""
    assert mistakes(tmp_path, '{"endpoints": {,}}', name="e.json") == [
        "e.json:1:16: not valid JSON: Expecting property name enclosed in double quotes. Remove the comma."
    ]
    assert mistakes(tmp_path, '{\n\t"endpoints":\n\t{\n\t\t"a": 1}}', name="e.json")[0].startswith("e.json:4:8: a:")


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    """The message says how to use another file."""
    (message,) = _told(tmp_path / "nowhere.yaml")
    assert "cannot be read: No such file or directory. To use another file, pass -c endpoints=PATH." in message


def test_a_file_that_is_not_text_is_reported(tmp_path: Path) -> None:
    """The message is not a traceback of the decoder."""
    path = tmp_path / "endpoints.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    assert _told(path) == [f"{path}:1:1: is UTF-16 text, as some Windows programs write it; save it as UTF-8."]


def test_no_message_contains_a_token(tmp_path: Path) -> None:
    """F2, F74: This is true for every kind of mistake."""
    canary = "CANARY"
    text = "\n".join(
        [
            "endpoints:",
            f"  a: {{{COMMON}, device_token: {canary}}}",
            f"  b: {{{COMMON}, device_token: {{plain_text: [{canary}]}}}}",
            f'  c: {{{COMMON}, device_token: {{plain_text: "{canary}\\n"}}}}',
            f"  d: {{{COMMON}, device_token: {{plain_text: '{canary * 300}'}}}}",
            f"  e: {{{COMMON}, device_token: {{secret: '{canary}', field: ''}}}}",
            f"  f: {{{COMMON}, device_token: {{plain_text: '{canary}${{'}}}}",
        ]
    )
    told = mistakes(tmp_path, text)
    assert len(told) >= 6
    assert canary not in "".join(told)


def test_a_valid_file_has_no_mistakes(tmp_path: Path) -> None:
    """The entry on which these tests are based is correct."""
    assert loaded(tmp_path, "endpoints: {a: <ENTRY>}").entries[0].key == "a"
