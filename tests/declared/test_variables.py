"""`${NAME}` in the values of a declaration file."""

from __future__ import annotations

from pathlib import Path

import pytest

from chime_endpoints.declared.document.variables import UndefinedVariableError, from_context, substitute
from declared.writing import loaded, mistakes


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain", "plain"),
        ("${A}", "a"),
        ("x${A}-${B}", "xa-b"),
        ("${NONE:-default}", "default"),
        ("${NONE:-}", ""),
        ("${EMPTY:-default}", "default"),
        ("${A:-default}", "a"),
        ("${NONE:-arn:aws:x:::y/z}/user/alice", "arn:aws:x:::y/z/user/alice"),
        ("$${A}", "${A}"),
        ("$A costs $5", "$A costs $5"),
        ("${NONE:-${A}}", "a"),
        ("${NONE:-${EMPTY:-${B}-x}}", "b-x"),
        ("${A:-${NONE}}", "a"),
        ("${NONE:-{x}}", "{x}"),
        ("{${A}}", "{a}"),
        ("${NONE:-$${A}}-${B}", "${A}-b"),
        ("${NONE:-}${A}", "a"),
    ],
)
def test_a_variable_becomes_its_value(text: str, result: str) -> None:
    """As in a shell, the default replaces a missing or empty variable. `$${` is a literal."""
    assert substitute(text, {"A": "a", "B": "b", "EMPTY": ""}.get) == result


@pytest.mark.parametrize(
    "text",
    [
        *("${NONE}", "${", "${}", "${1A}", "${A B}", "${A:default}"),
        *("${NONE:-${A}", "${NONE:-${NONE}}", "${NONE:-{x}", "${NONE:-x}}", "${NONE:-${", "${NONE:-${A:default}}"),
    ],
)
def test_a_variable_without_a_value_is_refused(text: str) -> None:
    """Nothing is deployed with a missing value."""
    with pytest.raises(UndefinedVariableError):
        substitute(text, lambda _: None)


def test_defaults_nest_to_a_reported_depth() -> None:
    """Deeper nesting is a reported mistake."""
    nested = "${NONE:-" * 2000 + "x" + "}" * 2000
    with pytest.raises(UndefinedVariableError, match="nests more than 10 defaults"):
        substitute(nested, lambda _: None)


def test_a_value_is_taken_as_it_is() -> None:
    """A variable in the value of another variable is not replaced."""
    assert substitute("${A}", {"A": "${B}"}.get) == "${B}"


@pytest.mark.parametrize("text", ["$${Token[AWS.Region.4]}", "${A}"])
def test_what_cdk_takes_for_a_token_is_refused(text: str) -> None:
    """Otherwise, CDK would report an error without a place."""
    with pytest.raises(UndefinedVariableError, match="CDK reads as one of its own tokens"):
        substitute(text, {"A": "x${Token[TOKEN.12]}"}.get)


@pytest.mark.parametrize(
    ("given", "value"),
    [("x", "x"), ("", ""), (True, "true"), (False, "false"), (3, "3"), (3.0, "3"), (1.5, "1.5"), (None, "environment")],
)
def test_a_variable_has_the_contexts_value_before_the_environments(given: object, value: str) -> None:
    """The cdk command's `-c` passes text, and cdk.json any JSON value. An empty value means the default."""
    assert from_context(lambda _: given, {"A": "environment"})("A") == value


@pytest.mark.parametrize("given", [{}, ["x"]])
def test_a_map_in_the_context_is_no_value(given: object) -> None:
    """Otherwise, its Python notation would be deployed."""
    with pytest.raises(UndefinedVariableError, match="set it to a string"):
        from_context(lambda _: given, {})("A")


def test_variables_work_in_keys_of_tags_and_in_the_number_of_stacks(tmp_path: Path) -> None:
    """They work everywhere except in field names and in the keys of entries, which are identities."""
    text = """
    stacks: ${STACKS:-3}
    endpoints:
      a: {user: <USER>, type: "${TYPE:-GCM}", application: <APPLICATION>,
          device_token: {parameter: /a, version: "${V}"},
          allow_messages: "${ALLOW:-NONE}", tags: {"${TEAM:-team}": chat}}
    """
    declared = loaded(tmp_path, text, variables={"V": "7"})
    assert declared.stacks == 3
    assert declared.entries[0].tags == {"team": "chat"}
    assert declared.entries[0].declaration.allow_messages == "NONE"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("endpoints: {'${A}': <ENTRY>}", "an entry's key cannot contain a variable"),
        ("${A}: 1\nendpoints: {a: <ENTRY>}", "'${A}' is not a field; a field's name cannot contain a variable."),
        ("stacks: ${A:-many}\nendpoints: {a: <ENTRY>}", "stacks: 'many' must be a whole number from 1 to 500."),
        ("stacks: ${A}\nendpoints: {a: <ENTRY>}", "stacks: ${A} has no value"),
        (
            "defaults: {tags: {team: x, '${A:-team}': y}}\nendpoints: {a: <ENTRY>}",
            "'team' occurs twice after variables",
        ),
    ],
)
def test_a_variable_in_another_place_is_reported(tmp_path: Path, text: str, expected: str) -> None:
    """Its meaning is not guessed."""
    (message,) = mistakes(tmp_path, text)
    assert expected in message


def test_an_undefined_variable_is_named_with_its_place(tmp_path: Path) -> None:
    """The message says where it is and how to set it."""
    (message,) = mistakes(
        tmp_path,
        """
        endpoints:
          a: {user: "${USER_ARN}", type: GCM, application: <APPLICATION>, device_token: {plain_text: x}}
        """,
    )
    assert message == (
        "endpoints.yaml:3:13: a: user: ${USER_ARN} has no value; pass `-c USER_ARN=…`, set the environment"
        " variable USER_ARN, or write a default as ${USER_ARN:-…}."
    )
