"""`${NAME}` in the values of a declaration file."""

from __future__ import annotations

from pathlib import Path

import pytest

from chime_endpoints.declared.variables import UndefinedVariableError, substitute
from declared.writing import mistakes


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
    ],
)
def test_a_variable_becomes_its_value(text: str, result: str) -> None:
    """As in a shell: a default stands in for a variable that is missing or empty; `$${` is a literal."""
    assert substitute(text, {"A": "a", "B": "b", "EMPTY": ""}.get) == result


@pytest.mark.parametrize("text", ["${NONE}", "${", "${}", "${1A}", "${A B}", "${A:default}"])
def test_a_variable_without_a_value_is_refused(text: str) -> None:
    """Nothing is deployed with a hole in it."""
    with pytest.raises(UndefinedVariableError):
        substitute(text, lambda _: None)


def test_an_undefined_variable_is_named_with_its_place(tmp_path: Path) -> None:
    """The message says where it is and how to give it a value."""
    (message,) = mistakes(
        tmp_path,
        """
        endpoints:
          a: {user: "${USER_ARN}", type: GCM, application: <APPLICATION>, device_token: {plain_text: x}}
        """,
    )
    assert message == (
        "endpoints.yaml:3:13: a: user: ${USER_ARN} has no value: give it with `-c USER_ARN=…`, in the environment,"
        " or a default as ${USER_ARN:-…}."
    )
