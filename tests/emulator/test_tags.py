"""Resources that can be tagged, and the allowed tags."""

from __future__ import annotations

from typing import Any

import pytest

from chime_endpoints_emulator import ChimeSDKIdentityBackend
from support.identity import refusal, registration


def _tags(**tags: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def test_tags_are_set_overwritten_and_removed(client: Any, user: str) -> None:
    """Tag adds and overwrites, and Untag removes. Other keys stay the same."""
    assert client.list_tags_for_resource(ResourceARN=user)["Tags"] == []
    answer = client.tag_resource(ResourceARN=user, Tags=_tags(a="1", b="2"))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    client.tag_resource(ResourceARN=user, Tags=_tags(b="3", c="4"))
    assert client.list_tags_for_resource(ResourceARN=user)["Tags"] == _tags(a="1", b="3", c="4")
    answer = client.untag_resource(ResourceARN=user, TagKeys=["b", "never there"])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert client.list_tags_for_resource(ResourceARN=user)["Tags"] == _tags(a="1", c="4")


def test_app_instances_users_and_bots_take_tags(
    client: Any, backend: ChimeSDKIdentityBackend, app_instance: str, user: str
) -> None:
    """No other kind of resource has tags."""
    for arn in (app_instance, user, backend.create_app_instance_bot(app_instance_arn=app_instance)):
        client.tag_resource(ResourceARN=arn, Tags=_tags(a="1"))
        assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == _tags(a="1")


def test_nothing_else_takes_tags(client: Any, app_instance: str, user: str) -> None:
    """This includes endpoints and missing resources."""
    endpoint = client.register_app_instance_user_endpoint(**registration(user))["EndpointId"]
    for arn in (f"{user}/endpoint/{endpoint}", f"{app_instance}/user/nobody", "arn:aws:s3:::bucket"):
        for call, more in (
            (client.tag_resource, {"Tags": _tags(a="1")}),
            (client.untag_resource, {"TagKeys": ["a"]}),
            (client.list_tags_for_resource, {}),
        ):
            assert refusal(call, ResourceARN=arn, **more) == ("BadRequestException", 400, "Invalid resource")


def test_resources_of_another_account_are_forbidden(client: Any, user: str) -> None:
    """Users of another account cannot be tagged."""
    other = user.replace("123456789012", "210987654321")
    assert refusal(client.list_tags_for_resource, ResourceARN=other)[0] == "ForbiddenException"


def test_a_resource_has_fifty_tags_at_most(client: Any, user: str) -> None:
    """The 51st key is refused, and its call sets nothing. Overwriting a key is allowed."""
    client.tag_resource(ResourceARN=user, Tags=_tags(**{f"k{number}": "v" for number in range(50)}))
    code, status, _ = refusal(client.tag_resource, ResourceARN=user, Tags=_tags(k0="new", one_more="v"))
    assert (code, status) == ("ResourceLimitExceededException", 400)
    assert client.list_tags_for_resource(ResourceARN=user)["Tags"][0] == {"Key": "k0", "Value": "v"}
    client.tag_resource(ResourceARN=user, Tags=_tags(k0="new"))


@pytest.mark.parametrize("key", ["aws:team", "AWS:team"])
def test_keys_of_aws_are_reserved(client: Any, user: str, key: str) -> None:
    """A key that starts with aws: is refused."""
    assert refusal(client.tag_resource, ResourceARN=user, Tags=_tags(**{key: "v"}))[0] == "BadRequestException"


def test_a_key_occurs_once_in_a_call(client: Any, user: str) -> None:
    """A duplicate key in one call is refused."""
    tags = _tags(a="1") + _tags(a="2")
    assert refusal(client.tag_resource, ResourceARN=user, Tags=tags)[0] == "BadRequestException"
