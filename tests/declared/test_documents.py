"""Every file is read quickly, and every problem is a sentence that says what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from chime_endpoints.declared.document.problems import DeclaredFileError
from chime_endpoints.declared.load import load
from declared.writing import ENTRY, loaded, mistakes

COMMON = "user: <USER>, type: GCM, application: <APPLICATION>"
VALID = f"endpoints:\n  a: {ENTRY}\n"
BOMB = "".join(f"x{n}: &x{n} {{{', '.join(f'k{k}: *x{n - 1}' for k in range(9))}}}\n" for n in range(1, 30))


@pytest.mark.parametrize(
    "text",
    [f"---\n{VALID}---\n", f"---\n---\n{VALID}...\n", f"{VALID}...\n---\n# nothing\n", f"%YAML 1.1\n---\n{VALID}"],
)
def test_a_document_may_begin_and_end_with_yamls_marks(tmp_path: Path, text: str) -> None:
    """Empty documents before and after it do not count."""
    assert len(loaded(tmp_path, text).entries) == 1


def test_a_second_document_is_reported_with_its_place(tmp_path: Path) -> None:
    """Otherwise, one of the documents would be ignored."""
    assert mistakes(tmp_path, f"{VALID}---\n{VALID}") == [
        "endpoints.yaml:4:1: a second YAML document begins here; keep one document, or use a file for each."
    ]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("!Sub 'arn:${AWS::Partition}'", "!Sub"),
        ("!Ref User", "!Ref"),
        ("!GetAtt User.Arn", "!GetAtt"),
        ("!Join ['', [a, b]]", "!Join"),
        ("!If {a: b}", "!If"),
        ("{Fn::Sub: x}", "Fn::Sub"),
        ("{Ref: User}", "Ref"),
        ("{Fn::GetAtt: [User, Arn]}", "Fn::GetAtt"),
        ("{Fn::ImportValue: x}", "Fn::ImportValue"),
    ],
)
def test_cloudformations_functions_are_reported_by_name(tmp_path: Path, value: str, name: str) -> None:
    """The file is read before a stack exists. The message suggests a variable."""
    text = (
        "endpoints:\n  a: {user: <USER>, type: GCM, application: <APPLICATION>, device_token: {parameter: /a}, name: "
        + value
    )
    (message,) = mistakes(tmp_path, text + "}\n")
    assert message.startswith("endpoints.yaml:2:")
    assert f"{name} is a CloudFormation function, which this file does not support" in message
    assert "`-c NAME=…`" in message


@pytest.mark.parametrize("value", ["!canary", "!<canary> x", "!canary [x]", "&canary", "*canary", "{canary0: }"])
def test_a_value_that_may_be_a_token_is_never_shown(tmp_path: Path, value: str) -> None:
    """A token can start with a character that has a meaning in YAML. The remedy is quotes."""
    text = f"endpoints:\n  a: {{{COMMON}, device_token: {{plain_text: {value}}}}}\n"
    told = "\n".join(mistakes(tmp_path, text))
    assert told
    assert "canary" not in told


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("!!binary aGk=", "!!binary is not supported in this file"),
        ("!!python/object/apply:os.getcwd []", "a Python object is not supported in this file"),
        ("!!set {a, b}", "!!set is not supported in this file"),
    ],
)
def test_yamls_own_tags_are_reported(tmp_path: Path, value: str, expected: str) -> None:
    """They create no objects."""
    assert expected in mistakes(tmp_path, f"endpoints: {{a: {value}}}")[0]


@pytest.mark.parametrize(
    "text",
    [
        "endpoints: " + "[" * 100_000,
        "endpoints: " + "{a: " * 100_000,
        "endpoints: " + "[" * 400 + "]" * 400,
        "- " * 100_000,
        "? " * 100_000,
    ],
    ids=["lists", "maps", "closed", "dashes", "keys"],
)
def test_deep_nesting_is_reported(tmp_path: Path, text: str) -> None:
    """No parser is called for such a file."""
    (message,) = mistakes(tmp_path, text)
    assert "nested more than 50 levels deep" in message


def test_deep_nesting_in_json_is_reported(tmp_path: Path) -> None:
    """The JSON parser has its own limit."""
    (message,) = mistakes(tmp_path, "[" * 200_000, name="e.json")
    assert "nested too deeply" in message


@pytest.mark.parametrize("top", ["defaults: {tags: *x29}", "defaults: *x29", "stacks: *x29", "parameter_paths: [*x29]"])
def test_aliases_are_not_multiplied_out(tmp_path: Path, top: str) -> None:
    """A file with 9 to the power of 29 values is read as its thirty maps."""
    text = f"x0: &x0 {{k: v}}\n{BOMB}{top}\nendpoints: {{a: {ENTRY}}}\n"
    assert len(mistakes(tmp_path, text)) >= 30


def test_merge_keys_copy_at_most_a_million_keys(tmp_path: Path) -> None:
    """Two thousand maps with two thousand keys each would be four million."""
    keys = ", ".join(f"k{number}: v" for number in range(2000))
    maps = ", ".join(["*a"] * 2000)
    (message,) = mistakes(tmp_path, f"a: &a {{{keys}}}\nb: {{<<: [{maps}]}}\nendpoints: {{}}\n")
    assert "merge keys (<<) have copied more than 1,000,000 keys" in message


def test_the_first_of_merged_maps_counts_and_the_entrys_own_key_most(tmp_path: Path) -> None:
    """This is YAML's rule."""
    text = f"""
    endpoints:
      one: &one {{<<: {ENTRY}, name: One, allow_messages: NONE}}
      two: {{<<: [{{name: Two, device_token: {{parameter: /two}}}}, *one], allow_messages: ALL}}
    """
    _, two = loaded(tmp_path, text).entries
    assert (two.declaration.name, two.declaration.allow_messages) == ("Two", "ALL")


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n"])
def test_every_end_of_a_line_is_one(tmp_path: Path, ends: str) -> None:
    """This includes those of Windows, and a byte order mark."""
    path = tmp_path / "endpoints.yaml"
    path.write_bytes(f"\ufeff{VALID}".replace("\n", ends).encode())
    assert len(load(path, lambda _: None).entries) == 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (VALID.encode("utf-16"), "1:1: is UTF-16 text, as some Windows programs write it; save it as UTF-8."),
        ("# è\nendpoints: Jürgen".encode() + b"\xfc", "2:18: is not valid UTF-8 from here on"),
        (b"endpoints:\n  a\0: 1", "2:4: not valid YAML: it contains a character that YAML does not allow."),
        (
            b"endpoints:\n\ta: 1",
            "2:1: not valid YAML: found character '\\t' that cannot start any token; YAML does not allow",
        ),
        (b"endpoints: {a: @b}", "1:16: not valid YAML: found character '@' that cannot start any token; put a text"),
        (b"# nothing\n", "1:1: is empty"),
        (b" " * 100_000_001, "1:1: is larger than 100 MB"),
    ],
    ids=["utf-16", "latin-1", "nul", "tab", "at", "comment", "huge"],
)
def test_text_that_is_not_yaml_is_reported_with_its_place(tmp_path: Path, content: bytes, expected: str) -> None:
    """The message has a remedy."""
    path = tmp_path / "endpoints.yaml"
    path.write_bytes(content)
    with pytest.raises(DeclaredFileError) as raised:
        load(path, lambda _: None)
    assert str(raised.value).startswith(f"{path}:{expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{\n// x\n"endpoints": {}}', "JSON has no comments; use a .yaml file"),
        ('{"endpoints": {}} # x', "JSON has no comments"),
        ('{"endpoints": {},}', "Remove the comma."),
        ("{'endpoints': {}}", "JSON allows only double quotes."),
    ],
)
def test_common_mistakes_in_json_are_explained(tmp_path: Path, text: str, expected: str) -> None:
    """Only some Python releases explain it themselves."""
    (message,) = mistakes(tmp_path, text, name="e.json")
    assert message.endswith(expected) or expected in message


def test_json_keeps_every_character_of_its_strings(tmp_path: Path) -> None:
    """This includes characters that YAML reads as line breaks."""
    name = "a\u2028b\u0085c\u007f"
    text = '{"endpoints": {"a": ' + _json_entry(name) + "}}"
    assert "name: contains a control character" in mistakes(tmp_path, text, name="e.json")[0]
    (entry,) = loaded(tmp_path, '{"endpoints": {"a": ' + _json_entry("a\u2028b") + "}}", name="e.json").entries
    assert entry.declaration.name == "a\u2028b"


def _json_entry(name: str) -> str:
    return (
        '{"user": "<USER>", "type": "GCM", "application": "<APPLICATION>",'
        f' "device_token": {{"plain_text": "x"}}, "name": "{name}"}}'
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            "allow_messages: off",
            "allow_messages: YAML reads off as false; must be one of ALL, NONE; did you mean NONE?",
        ),
        ("allow_messages: on", "allow_messages: YAML reads on as true; must be one of ALL, NONE; did you mean ALL?"),
        ("name: no", "name: must be a string, but YAML reads no as false; put it in quotes."),
        ("name: 0123", "name: must be a string, but YAML reads it as a number; put it in quotes."),
        ("name: 12:30:00", "name: must be a string, but YAML reads it as a number; put it in quotes."),
        ("name: 2024-01-01", "name: must be a string, but YAML reads it as a date; put it in quotes."),
        ("adopt_existing: yes", "adopt_existing: 'yes' must be true or false."),
        ("EndpointName: x", "'EndpointName' is not a field; did you mean name?"),
    ],
)
def test_words_that_yaml_converts_are_explained(tmp_path: Path, fields: str, expected: str) -> None:
    """YAML 1.1 reads many words as something other than text."""
    (message,) = mistakes(tmp_path, f"endpoints:\n  a: {{{ENTRY[1:-1]}, {fields}}}\n")
    assert expected in message


@pytest.mark.parametrize("number", ["010", "0x10", "1_0", "1.0", "-1", "501", "'two'", "true", "[1]", "99999999999"])
def test_the_number_of_stacks_is_what_every_yaml_reads_alike(tmp_path: Path, number: str) -> None:
    """010 is eight in one version of YAML and ten in another."""
    (message,) = mistakes(tmp_path, f"stacks: {number}\n{VALID}")
    assert "must be a whole number from 1 to 500." in message


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:chime:us-east-1:11112222333:app-instance/0/user/a", "Here, the account '11112222333' must have 12"),
        ("arn:aws:chime:US-EAST-1:111122223333:app-instance/0/user/a", "Here, the region 'US-EAST-1' must be a region"),
        ("arn:aws:chim:us-east-1:111122223333:app-instance/0/user/a", "Here, the service 'chim' must be chime."),
        (
            "arn:aws:chime:us-east-1:111122223333:app-instances/0/user/a",
            "Here, app-instance is 'app-instances'; it must be app-instance.",
        ),
        ("arn:aws:chime:us-east-1:111122223333:app-instance/0/bot/a", "Here, user is 'bot'; it must be user."),
        ("arn:aws:chime:us-east-1:111122223333:app-instance/0", "Here, /user is missing at the end."),
        (
            "arn:aws:chime:us-east-1:111122223333:app-instance/0/user/a/endpoint/b",
            "Here, remove '/endpoint/b' from the end",
        ),
    ],
)
def test_the_wrong_part_of_an_arn_is_named(tmp_path: Path, arn: str, expected: str) -> None:
    """The message shows the whole ARN, because the mistake may be at its end."""
    text = (
        f"endpoints:\n  a: {{user: '{arn}', type: GCM, application: <APPLICATION>, device_token: {{parameter: /a}}}}\n"
    )
    (message,) = mistakes(tmp_path, text)
    assert f"'{arn}' is not the ARN of an AppInstanceUser" in message
    assert expected in message


@pytest.mark.parametrize("key", ["__proto__", "a/b", " a ", "~", "ü", "a" * 129, "a b", "\\u001b[31m"])
def test_an_invalid_key_is_reported_in_one_line(tmp_path: Path, key: str) -> None:
    """A terminal can show every character of the message."""
    (message,) = mistakes(tmp_path, f'endpoints: {{"{key}": {ENTRY}}}')
    assert "an entry's key has 1 to 128 letters" in message
    assert message.isprintable()


@pytest.mark.parametrize("key", ["true", "null", "12", "0123", "1e3", "2024-01-01", "yes", "Default", "a.b_c-d"])
def test_a_key_is_always_text(tmp_path: Path, key: str) -> None:
    """The key is used as it is written."""
    assert loaded(tmp_path, f"endpoints: {{{key}: {ENTRY}}}").entries[0].key == key


@pytest.mark.parametrize("path", ["/", "/a/", "a", "/a/*", "/a b", "//a"])
def test_a_path_of_parameters_is_absolute_and_says_what_is_allowed(tmp_path: Path, path: str) -> None:
    """The whole store and a pattern are never allowed."""
    (message,) = mistakes(tmp_path, f"parameter_paths: ['{path}']\n{VALID}")
    assert f"parameter_paths: '{path}' is not a parameter path" in message


def test_the_same_token_is_recognized_with_omitted_defaults(tmp_path: Path) -> None:
    """A secret without a version has the version AWSCURRENT. CDK would otherwise reject the second endpoint."""
    one = ENTRY.replace("}}", ", version_stage: AWSCURRENT}}")
    (message,) = mistakes(tmp_path, f"endpoints:\n  a: {ENTRY}\n  b: {one}\n")
    assert "b: device_token: a (line 2) declares the same token for the same user" in message
