"""What is wrong with a declared endpoint as far as synth can tell, in the words of its parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from weakref import WeakKeyDictionary

from aws_cdk import Aws, Stack, Token
from constructs import IConstruct

from chime_endpoints_handler import places
from chime_endpoints_handler.codes import Code
from chime_endpoints_handler.declaration import (
    ENDPOINT_TYPE,
    EndpointDeclaration,
    ParameterSource,
    SecretSource,
    TokenSource,
)
from chime_endpoints_handler.rules import APPLICATION_ARN, REGIONS, USER_ARN, violations

from .device_token import DeviceToken
from .identity import User, key_of
from .tag_problems import declared_tags_problems
from .tree import region_of_stack, root_of, stack_of
from .unresolved import is_unresolved
from .wording import in_parameters

_LONGEST_ID = 64
_STACKS_REGION = str(Aws.REGION)
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+")
UNKNOWN = Token.as_string({"Ref": "AWS::NoValue"})
"""What no rule finds anything wrong with: in the place of a value of the wrong kind."""
UNKNOWN_TOKEN = ParameterSource(parameter_name=UNKNOWN)


def source_of(token: DeviceToken, stack: Stack) -> TokenSource:
    """What a stack's template says of a token.

    A secret of the stack's own account and region is named by its name where its partial ARN reads like a complete
    one: by such an ARN AWS does not find it.
    """
    source = token.source
    if isinstance(source, SecretSource) and token.names_partially and places.may_be_complete(source.secret_arn):
        _, _, _, region, account, _, name = source.secret_arn.split(":", 6)
        if (region, account) == (stack.region, stack.account):
            return replace(source, secret_arn=name)
    return source


def declaration_problems(declaration: EndpointDeclaration, tags: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with what the template would hold."""
    for violation in violations(ENDPOINT_TYPE, declaration.to_properties(), unresolved=is_unresolved):
        yield in_parameters(violation)
    for parameter in ("device_token", "voip_device_token"):
        yield from _name_problems(parameter, getattr(declaration, parameter))
    yield from declared_tags_problems(tags)


def _name_problems(parameter: str, source: TokenSource | None) -> Iterator[str]:
    """What is wrong with a secret's name within an ARN that is not known as a whole: it goes into a policy."""
    if isinstance(source, SecretSource) and is_unresolved(source.secret_arn):
        name = source.secret_arn.partition(":secret:")[2]
        if name and not is_unresolved(name) and not places.SECRET.fullmatch(name):
            sentence = places.meant_secret(name) or "is not the name or ARN of a secret."
            yield f"{parameter}.secret {sentence} [{Code.MALFORMED}]"


def reference_problems(user_arn: str, endpoint_id: str) -> Iterator[str]:
    """What is wrong with what is said of an endpoint that was registered elsewhere."""
    if not is_unresolved(user_arn) and not USER_ARN.fullmatch(user_arn):
        yield (
            "app_instance_user_arn is not the ARN of an AppInstanceUser"
            f" (arn:aws:chime:REGION:ACCOUNT:app-instance/ID/user/USER-ID). [{Code.MALFORMED}]"
        )
    if not is_unresolved(endpoint_id) and not 1 <= len(endpoint_id) <= _LONGEST_ID:
        yield f"endpoint_id has {len(endpoint_id)} characters; 1 to {_LONGEST_ID} are allowed. [{Code.WRONG_LENGTH}]"


def application_problems(parameter: str, arn: str) -> Iterator[str]:
    """What is wrong with what was given for an application."""
    if not is_unresolved(arn) and not APPLICATION_ARN.fullmatch(str(arn)):
        sentence = f"{parameter} is not the ARN of an application (arn:aws:mobiletargeting:REGION:ACCOUNT:apps/ID)."
        yield f"{sentence} [{Code.MALFORMED}]"


def region_of(user: User, stack: Stack) -> str | None:
    """The region that a user is in; None where that is not known at synth.

    Args:
        user: the user.
        stack: the stack that the user's ARN stands in, whose own region the ARN may name by `AWS::Region`.
    """
    if user.native is not None:
        return region_of_stack(stack_of(user.native))
    region = next(iter(user.arn.split(":")[3:4]), "")
    if region == _STACKS_REGION:
        return region_of_stack(stack)
    return region if _REGION.fullmatch(region) else None


def region_warning(user: User, stack: Stack) -> str | None:
    """A warning where the user's region is known and is none of the service's."""
    region = region_of(user, stack)
    if region is None or region in REGIONS:
        return None
    sentence = f"Amazon Chime SDK messaging is not in {region}, but in {' and '.join(REGIONS)}; deployment may fail."
    return f"{sentence} [{Code.UNREACHABLE}]"


class Tokens:
    """Which construct of an app has declared which token for which user: the service registers one only once."""

    def __init__(self, scope: IConstruct, user: User, source: TokenSource) -> None:
        """Looks a user's token up in the scope's app."""
        self._of_app = _declared.setdefault(root_of(scope), {})
        self._key = (user.key, *_source_key(source, scope))

    def problems(self) -> Iterator[str]:
        """What is wrong when another construct has declared it already."""
        first = self._of_app.get(self._key)
        if first is not None:
            sentence = f"{first.node.path} has the same user and the same token; declare the endpoint once."
            yield f"device_token: {sentence} [{Code.TAKEN}]"

    def declare(self, construct: IConstruct) -> None:
        """Notes that a construct has declared it."""
        self._of_app[self._key] = construct


_declared: WeakKeyDictionary[IConstruct, dict[tuple[str | None, ...], IConstruct]] = WeakKeyDictionary()


def _source_key(source: TokenSource, scope: IConstruct) -> tuple[str | None, ...]:
    if isinstance(source, SecretSource):
        stage = source.version_stage or (None if source.version_id else "AWSCURRENT")
        return ("secret", key_of(source.secret_arn, scope=scope), source.field, source.version_id, stage)
    if isinstance(source, ParameterSource):
        return ("parameter", key_of(source.parameter_name, scope=scope), source.version)
    return ("plain", source.value)
