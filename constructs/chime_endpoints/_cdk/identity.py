"""AppInstanceUsers and applications, given as an ARN, a CDK token or an L1 construct."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import cast

from aws_cdk import Fn, Reference, Tokenization
from aws_cdk import aws_chime as chime
from aws_cdk.interfaces.aws_chime import IAppInstanceUserRef
from aws_cdk.interfaces.aws_pinpoint import IAppRef
from constructs import IConstruct

from .tree import stack_of
from .unresolved import as_text, is_unresolved


@dataclass(frozen=True, kw_only=True)
class User:
    """An AppInstanceUser as one stack sees it."""

    arn: str
    key: str
    """A key that is equal for all forms of the same user."""
    native: chime.CfnAppInstanceUser | None
    """The user's own resource, if this app declares it."""

    @property
    def app_instance_arn(self) -> str:
        """The ARN of the user's app instance."""
        if self.native is not None and self.native.app_instance_arn:
            return str(self.native.app_instance_arn)
        return app_instance_of(self.arn)


def app_instance_of(arn: str) -> str:
    """Return the app instance in the ARN of a user, bot or app instance. User ids never contain a slash."""
    for separator in ("/user/", "/bot/"):
        head, found, _ = arn.partition(separator)
        if found:
            return head
    if is_unresolved(arn):
        return Fn.select(0, Fn.split("/user/", arn))
    return arn


def user_of(value: str | IAppInstanceUserRef, *, scope: IConstruct) -> User:
    """Return the user that an argument refers to. A token of a `CfnAppInstanceUser` is resolved to that construct."""
    value = as_text(value)
    arn = value if isinstance(value, str) else str(value.app_instance_user_ref.app_instance_user_arn)
    native = value if isinstance(value, chime.CfnAppInstanceUser) else referred(arn)
    if isinstance(native, chime.CfnAppInstanceUser):
        return User(arn=arn, key=f"construct {native.node.path}", native=native)
    return User(arn=arn, key=key_of(arn, scope=scope), native=None)


def application_arn(value: str | IAppRef) -> str:
    """Return the ARN of the application that an argument refers to."""
    value = as_text(value)
    return value if isinstance(value, str) else str(value.app_ref.app_arn)


def key_of(value: str, *, scope: IConstruct) -> str:
    """Return a key that is equal for values that resolve to the same, even from different tokens."""
    if not is_unresolved(value):
        return value
    stack = stack_of(scope)
    resolved = json.dumps(stack.resolve(value), sort_keys=True, default=str)
    targets = sorted(
        cast(Reference, token).target.node.path
        for token in Tokenization.reverse_string(value).tokens
        if Reference.is_reference(token)
    )
    # Without a target, a token depends on the stack: `AWS::AccountId` can differ between stacks.
    return f"{resolved} {targets or stack.node.path}"


def referred(arn: str) -> IConstruct | None:
    """Return the construct whose attribute a token refers to, or None for any other value."""
    if not is_unresolved(arn):
        return None
    fragments = Tokenization.reverse_string(arn)
    if fragments.length != 1 or not Reference.is_reference(fragments.first_token):
        return None
    return cast(Reference, fragments.first_token).target
