"""Validation of a declared endpoint at synthesis, reported by the names of the construct's parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from weakref import WeakKeyDictionary

from aws_cdk import Aws, Stack, Token
from constructs import IConstruct

from chime_endpoints._cdk.identity import User, key_of
from chime_endpoints._cdk.tree import region_of_stack, root_of, stack_of
from chime_endpoints._cdk.unresolved import is_unresolved
from chime_endpoints_handler.model.arns import APPLICATION_ARN, IDENTITY_ARN, REGIONS, USER_ARN
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.declaration import (
    ENDPOINT_TYPE,
    EndpointDeclaration,
    ParameterSource,
    SecretSource,
    TokenSource,
)
from chime_endpoints_handler.model.rules import token_places as places
from chime_endpoints_handler.model.rules.violations import violations

from .parameter_names import in_parameters
from .tag_problems import declared_tags_problems

_LONGEST_ID = 64
_STACKS_REGION = str(Aws.REGION)
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+")
UNKNOWN = Token.as_string({"Ref": "AWS::NoValue"})
"""Replaces a value of the wrong type, so that no further rule reports it."""
UNKNOWN_TOKEN = ParameterSource(parameter_name=UNKNOWN)


def declaration_problems(declaration: EndpointDeclaration, tags: Mapping[str, str]) -> Iterator[str]:
    """Yield the problems of the properties that the template would contain."""
    for violation in violations(ENDPOINT_TYPE, declaration.to_properties(), unresolved=is_unresolved):
        yield in_parameters(violation)
    for parameter in ("device_token", "voip_device_token"):
        yield from _name_problems(parameter, getattr(declaration, parameter))
    yield from declared_tags_problems(tags)


def _name_problems(parameter: str, source: TokenSource | None) -> Iterator[str]:
    """Yield the problems of a secret's name in an ARN that contains tokens. The name becomes part of a policy."""
    if isinstance(source, SecretSource) and is_unresolved(source.secret_arn):
        name = source.secret_arn.partition(":secret:")[2]
        if name and not is_unresolved(name) and not places.SECRET.fullmatch(name):
            sentence = places.meant_secret(name) or "is not the name or ARN of a secret."
            yield f"{parameter}.secret {sentence} [{Code.MALFORMED}]"


def reference_problems(user_arn: str, endpoint_id: str) -> Iterator[str]:
    """Yield the problems of a reference to an endpoint that was registered elsewhere."""
    if not is_unresolved(user_arn) and not USER_ARN.fullmatch(user_arn):
        yield (
            "app_instance_user_arn is not the ARN of an AppInstanceUser"
            f" (arn:aws:chime:REGION:ACCOUNT:app-instance/ID/user/USER-ID). [{Code.MALFORMED}]"
        )
    if not is_unresolved(endpoint_id) and not 1 <= len(endpoint_id) <= _LONGEST_ID:
        yield f"endpoint_id has {len(endpoint_id)} characters; 1 to {_LONGEST_ID} are allowed. [{Code.WRONG_LENGTH}]"


def application_problems(parameter: str, arn: str) -> Iterator[str]:
    """Yield the problems of the ARN given for an application."""
    if not is_unresolved(arn) and not APPLICATION_ARN.fullmatch(str(arn)):
        sentence = f"{parameter} is not the ARN of an application (arn:aws:mobiletargeting:REGION:ACCOUNT:apps/ID)."
        yield f"{sentence} [{Code.MALFORMED}]"


def app_instance_problems(parameter: str, arn: str) -> Iterator[str]:
    """Yield the problems of the ARN given for an app instance."""
    if not is_unresolved(arn) and (not IDENTITY_ARN.fullmatch(arn) or arn.count("/") != 1):
        sentence = f"{parameter} is not the ARN of an app instance (arn:aws:chime:REGION:ACCOUNT:app-instance/ID)."
        yield f"{sentence} [{Code.MALFORMED}]"


def region_of_user(user: User, stack: Stack) -> str | None:
    """Return the region of a user, or None if it is not known at synthesis.

    Args:
        user: the user.
        stack: the stack that uses the user's ARN. The ARN may refer to this stack's region as `AWS::Region`.
    """
    if user.native is not None:
        return region_of_stack(stack_of(user.native))
    region = next(iter(user.arn.split(":")[3:4]), "")
    if region == _STACKS_REGION:
        return region_of_stack(stack)
    return region if _REGION.fullmatch(region) else None


def region_warning(user: User, stack: Stack) -> str | None:
    """Return a warning if the user's region is known and Amazon Chime SDK messaging is not available there."""
    region = region_of_user(user, stack)
    if region is None or region in REGIONS:
        return None
    sentence = (
        f"Amazon Chime SDK messaging is not available in {region}, so the deployment may fail. Use an AppInstanceUser"
        f" in {' or '.join(REGIONS)}."
    )
    return f"{sentence} [{Code.UNREACHABLE}]"


class DeclaredTokens:
    """The tokens that an app declares for each user. Amazon Chime SDK registers a token only once for a user."""

    def __init__(self, scope: IConstruct, user: User, source: TokenSource) -> None:
        """Look up a user's token in the scope's app."""
        self._of_app = _declared.setdefault(root_of(scope), {})
        self._key = (user.key, *_source_key(source, scope))

    def problems(self) -> Iterator[str]:
        """Yield a problem if another construct has already declared the token."""
        first = self._of_app.get(self._key)
        if first is not None:
            sentence = f"{first.node.path} declares the same token for the same user; declare the endpoint only once."
            yield f"device_token: {sentence} [{Code.TAKEN}]"

    def declare(self, construct: IConstruct) -> None:
        """Record that a construct declares the token."""
        self._of_app[self._key] = construct


_declared: WeakKeyDictionary[IConstruct, dict[tuple[str | None, ...], IConstruct]] = WeakKeyDictionary()


def _source_key(source: TokenSource, scope: IConstruct) -> tuple[str | None, ...]:
    if isinstance(source, SecretSource):
        stage = source.version_stage or (None if source.version_id else "AWSCURRENT")
        return ("secret", key_of(source.secret_arn, scope=scope), source.field, source.version_id, stage)
    if isinstance(source, ParameterSource):
        return ("parameter", key_of(source.parameter_name, scope=scope), source.version)
    return ("plain", source.value)
