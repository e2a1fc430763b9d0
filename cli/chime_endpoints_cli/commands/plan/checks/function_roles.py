"""Whether the role of a function that the deployment does not change is allowed what the resources need."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from botocore.exceptions import ClientError

from chime_endpoints._iam.statements import ENDPOINT_ACTIONS, TAG_ACTIONS
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.commands.plan.comparison.changes import ResourceChange
from chime_endpoints_cli.commands.plan.comparison.reading import StackReading
from chime_endpoints_cli.commands.plan.dry_run.roles import Role
from chime_endpoints_cli.commands.plan.dry_run.services.observations import not_known
from chime_endpoints_cli.commands.plan.dry_run.services.unknown import NotKnownError
from chime_endpoints_handler.model.arns import region_of

from .template_policies import Granted, granted_by

_FUNCTION = re.compile(r"arn:[^:]+:lambda:[^:]+:\d+:function:[^:]+(:[^:]+)?")
_USER = re.compile(r"(?P<users>.*:app-instance/[^/]+/user/).+")
_TOGETHER = (tuple(ENDPOINT_ACTIONS), tuple(TAG_ACTIONS))
"""Actions that are asked for in one call, because a resource needs all of them."""


def role_of(services: Services, reading: StackReading, changes: Sequence[ResourceChange]) -> Role:
    """Return the role of a stack's function."""
    if reading.declared.is_partial:
        return Role()  # the constructs grant what is needed
    granted = granted_by(reading.old, reading.new)
    tokens = {str((change.new or {}).get("ServiceToken")) for change in changes if change.new is not None}
    functions = [token for token in tokens if _FUNCTION.fullmatch(token)]
    if len(functions) == 1 and len(tokens) == 1:
        otherwise: Callable[[str, str], bool] = _Simulator(services, functions[0]).allows
    else:
        otherwise = _unknown("Only CloudFormation knows what the role of the function is allowed.")
    return Role(may_call=_Asked(granted, otherwise).may_call)


def _unknown(reason: str) -> Callable[[str, str], bool]:
    def may_call(_action: str, _resource: str) -> bool:
        raise NotKnownError(reason)

    return may_call


class _Asked:
    """Asks the templates, and then the deployed role."""

    def __init__(self, granted: Granted, otherwise: Callable[[str, str], bool]) -> None:
        self._granted = granted
        self._otherwise = otherwise

    def may_call(self, action: str, resource: str) -> bool:
        """Whether the role allows an action; for a user, first whether it allows it on all users."""
        found = _USER.fullmatch(resource)
        everyone = f"{found['users']}*" if found is not None else resource
        if self._granted.decide(action, everyone):
            return True
        decision = self._granted.decide(action, resource)
        if decision is not None:
            return decision
        return self._otherwise(action, everyone) or (everyone != resource and self._otherwise(action, resource))


class _Simulator:
    """Asks IAM what a function's role allows, each question once."""

    def __init__(self, services: Services, function_arn: str) -> None:
        self._services = services
        self._function = function_arn
        self._role = ""
        self._decisions: dict[tuple[str, str], bool | NotKnownError] = {}

    def allows(self, action: str, resource: str) -> bool:
        """Whether the role allows an action on a resource."""
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
