"""The emulator validates against botocore's models of the services, and copies no limit."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from chime_endpoints_emulator.exceptions import IdentityError, ServiceError
from chime_endpoints_emulator.push.exceptions import PushError
from chime_endpoints_emulator.push.responses import OPERATIONS as PUSH_OPERATIONS
from chime_endpoints_emulator.responses import OPERATIONS
from chime_endpoints_emulator.validation import validate
from support.identity import refusal, registration

PUSH_MODEL = botocore.session.get_session().get_service_model("pinpoint")
MODEL = botocore.session.get_session().get_service_model("chime-sdk-identity")
SAMPLES = {"ChimeArn": "arn:aws:chime:us-east-1:123456789012:app-instance/x/user/y", "UserId": "alice"}


def _sample(shape: Any) -> Any:
    """An allowed value of the shape, with every optional member."""
    if shape.type_name == "structure":
        return {name: _sample(member) for name, member in shape.members.items()}
    if shape.type_name == "map":
        return {"key": _sample(shape.value)}
    if shape.type_name == "boolean":
        return True
    if shape.type_name == "list":
        return [_sample(shape.member)]
    if shape.type_name == "integer":
        return shape.metadata.get("min", 0)
    if "enum" in shape.metadata:
        return shape.metadata["enum"][0]
    if shape.name.endswith("ChimeArn"):
        return SAMPLES["ChimeArn"]
    return SAMPLES.get(shape.name, "x" * max(1, shape.metadata.get("min", 1)))


def _too_long(shape: Any) -> Any:
    high = shape.metadata["max"]
    if shape.type_name == "integer":
        return high + 1
    return [_sample(shape.member)] * (high + 1) if shape.type_name == "list" else "x" * (high + 1)


def _wrong_values(shape: Any) -> Iterator[tuple[str, Any]]:
    """Values that each break one rule of the shape, with the rule."""
    yield "type", 5 if shape.type_name != "integer" else "5"
    low = shape.metadata.get("min", 0)
    if shape.type_name == "integer" and "min" in shape.metadata:
        yield "min", low - 1
    elif low > 0 and shape.type_name != "integer":
        yield "min", _sample(shape)[:0]
    if "max" in shape.metadata:
        yield "max", _too_long(shape)
    if shape.metadata.get("pattern", ".*") != ".*":
        yield "pattern", "\n" * max(low, 1) + "\x00"
    if "enum" in shape.metadata:
        yield "enum", "OTHER"


def _cases(shape: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str, Any]]:
    """Every rule for the members of a structure: path, rule, wrong value; None is an omitted member."""
    for name, member in shape.members.items():
        here = (*path, name)
        if name in shape.required_members:
            yield here, "required", None
        for rule, value in _wrong_values(member):
            yield here, rule, value
        if member.type_name == "structure":
            yield from _cases(member, here)
        elif member.type_name == "list":
            item = member.member
            if item.type_name == "structure":
                yield from _cases(item, (*here, 0))
            else:
                yield from (((*here, 0), rule, value) for rule, value in _wrong_values(item))
        elif member.type_name == "map" and member.value.type_name == "structure":
            yield from _cases(member.value, (*here, "key"))


CASES = [
    pytest.param(name, path, value, id=f"{name}-{'.'.join(map(str, path))}-{rule}")
    for name in OPERATIONS
    for path, rule, value in _cases(MODEL.operation_model(name).input_shape)
]


def test_every_operation_is_covered() -> None:
    """There are cases for all nineteen operations."""
    assert len(OPERATIONS) == 19
    assert {case.values[0] for case in CASES} == set(OPERATIONS)


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_an_allowed_request_passes(operation: str) -> None:
    """Values within the model's limits pass, with and without optional members."""
    shape = MODEL.operation_model(operation).input_shape
    whole = _sample(shape)
    validate(whole, shape, error=IdentityError)
    validate({name: whole[name] for name in shape.required_members}, shape, error=IdentityError)


@pytest.mark.parametrize(("operation", "path", "value"), CASES)
def test_a_request_that_breaks_one_rule_is_refused(operation: str, path: tuple[Any, ...], value: Any) -> None:
    """Each rule of the model is checked, and the message names the member."""
    _refuse(MODEL.operation_model(operation).input_shape, path, value, IdentityError)


@pytest.mark.parametrize("operation", sorted(PUSH_OPERATIONS))
def test_the_push_service_has_the_same_checks(operation: str) -> None:
    """Each rule of its model is checked, also inside maps."""
    shape = PUSH_MODEL.operation_model(operation).input_shape
    validate(_sample(shape), shape, error=PushError)
    for path, _, value in _cases(shape):
        _refuse(shape, path, value, PushError)


def _refuse(shape: Any, path: tuple[Any, ...], value: Any, error: type[ServiceError]) -> None:
    parameters = copy.deepcopy(_sample(shape))
    place = parameters
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(error, match="failed to satisfy constraint") as caught:
        validate(parameters, shape, error=error)
    assert caught.value.code == "BadRequestException"
    assert str(next(step for step in reversed(path) if isinstance(step, str))) in caught.value.message


@pytest.mark.parametrize("length", [0, 1600])
def test_limits_themselves_are_allowed(client: Any, user: str, length: int) -> None:
    """The length of a name counts characters, not bytes."""
    client.register_app_instance_user_endpoint(**registration(user, Name="é" * length))


def test_the_message_names_every_violation_and_quotes_values(unchecked: Any, user: str) -> None:
    """One response contains all violations with secrets in plain text, so clients must not pass it on."""
    attributes = {"DeviceToken": "secret" * 300}
    request = registration(user, Type="FAX", EndpointAttributes=attributes, ClientRequestToken="?")
    code, status, message = refusal(unchecked.register_app_instance_user_endpoint, **request)
    assert (code, status) == ("BadRequestException", 400)
    assert message.startswith("4 validation errors detected: ")
    assert "secretsecret" in message
    for member in ("Type", "EndpointAttributes.DeviceToken", "ClientRequestToken"):
        assert f"at '{member}'" in message


def test_what_is_wrong_is_recorded_and_has_no_effect(unchecked: Any, backend: Any, user: str) -> None:
    """A refused request leaves only its record."""
    request = registration(user, EndpointAttributes={})
    assert refusal(unchecked.register_app_instance_user_endpoint, **request)[0] == "BadRequestException"
    assert not backend.endpoints
    assert [call.operation for call in backend.calls] == ["RegisterAppInstanceUserEndpoint"]


def test_a_bad_arn_in_the_path_is_refused(unchecked: Any) -> None:
    """Members in the path are validated like others."""
    call = unchecked.list_app_instance_user_endpoints
    for arn in ("alice", "arn:aws:chime", "arn", "x"):
        assert refusal(call, AppInstanceUserArn=arn)[0] == "BadRequestException"
