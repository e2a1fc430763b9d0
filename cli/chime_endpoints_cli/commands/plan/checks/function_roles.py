"""Whether the role of a function that the deployment does not change is allowed what the resources need."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from chime_endpoints._iam.statements import ENDPOINT_ACTIONS, TAG_ACTIONS
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.stacks.stacks import OUR_TYPES
from chime_endpoints_cli.commands.plan.comparison.changes import ResourceChange
from chime_endpoints_cli.commands.plan.declared.templates import DeclaredStack
from chime_endpoints_cli.commands.plan.dry_run.roles import Role
from chime_endpoints_cli.commands.plan.dry_run.services.observations import not_known
from chime_endpoints_cli.commands.plan.dry_run.services.unknown import NotKnownError
from chime_endpoints_handler.model.arns import region_of

_GRANTING = frozenset({"AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::Lambda::Function"})
_FUNCTION = re.compile(r"arn:[^:]+:lambda:[^:]+:\d+:function:[^:]+(:[^:]+)?")
_USER = re.compile(r"(?P<users>.*:app-instance/[^/]+/user/).+")
_TOGETHER = (tuple(ENDPOINT_ACTIONS), tuple(TAG_ACTIONS))
"""Actions that are asked for in one call, because a resource needs all of them."""


def role_of(services: Services, declared: DeclaredStack, changes: Sequence[ResourceChange]) -> Role:
    """Return the role of a stack's function."""
    if declared.is_partial or _is_extended(declared.template):
        return Role()
    tokens = {str((change.new or {}).get("ServiceToken")) for change in changes if change.new is not None}
    functions = [token for token in tokens if _FUNCTION.fullmatch(token)]
    if len(functions) != 1 or len(tokens) != 1:
        return Role(may_call=_unknown("Only CloudFormation knows which function handles the resources."))
    return Role(may_call=_Simulator(services, functions[0]).may_call)


def _is_extended(template: Mapping[str, Any]) -> bool:
    """Whether the deployment itself creates the function, or gives its role what the resources need."""
    resources = template.get("Resources") or {}
    return any(
        resources.get(name, {}).get("Type") in _GRANTING
        for resource in resources.values()
        if resource.get("Type") in OUR_TYPES
        for name in _needed(resource)
    )


def _needed(resource: Mapping[str, Any]) -> Iterator[str]:
    """Yield the logical ids that a resource depends on: explicitly, and by its ServiceToken."""
    depends = resource.get("DependsOn") or []
    yield from [depends] if isinstance(depends, str) else depends
    token = (resource.get("Properties") or {}).get("ServiceToken")
    if isinstance(token, Mapping) and "Fn::GetAtt" in token:
        attribute = token["Fn::GetAtt"]
        yield attribute.split(".")[0] if isinstance(attribute, str) else attribute[0]


def _unknown(reason: str) -> Callable[[str, str], bool]:
    def may_call(_action: str, _resource: str) -> bool:
        raise NotKnownError(reason)

    return may_call


class _Simulator:
    """Asks IAM what a function's role allows, each question once."""

    def __init__(self, services: Services, function_arn: str) -> None:
        self._services = services
        self._function = function_arn
        self._role = ""
        self._decisions: dict[tuple[str, str], bool | NotKnownError] = {}

    def may_call(self, action: str, resource: str) -> bool:
        """Whether the role allows an action; for a user, first whether it allows it on all users."""
        found = _USER.fullmatch(resource)
        if found is not None and self._allows(action, f"{found['users']}*"):
            return True
        return self._allows(action, resource)

    def _allows(self, action: str, resource: str) -> bool:
        if (action, resource) not in self._decisions:
            actions = next((group for group in _TOGETHER if action in group), (action,))
            self._decisions |= {(each, resource): found for each, found in self._simulated(actions, resource).items()}
        decision = self._decisions[action, resource]
        if isinstance(decision, NotKnownError):
            raise decision
        return decision

    def _simulated(self, actions: Sequence[str], resource: str) -> Mapping[str, bool | NotKnownError]:
        try:
            answer = self._services.roles().simulate_principal_policy(
                PolicySourceArn=self._role_arn(), ActionNames=list(actions), ResourceArns=[resource]
            )
        except ClientError as error:
            return dict.fromkeys(actions, NotKnownError(not_known(error.operation_name, error)))
        decisions = {each["EvalActionName"]: each["EvalDecision"] == "allowed" for each in answer["EvaluationResults"]}
        return {action: decisions.get(action, False) for action in actions}

    def _role_arn(self) -> str:
        if not self._role:
            client = self._services.functions(region_of(self._function))
            self._role = str(client.get_function_configuration(FunctionName=self._function)["Role"])
        return self._role
