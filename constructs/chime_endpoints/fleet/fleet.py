"""The construct of a fleet: many endpoints, declared by a file, as one resource."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from aws_cdk import CfnResource, CfnWaitCondition, CfnWaitConditionHandle, RemovalPolicy, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.interfaces.aws_pinpoint import IAppRef
from constructs import Construct

from chime_endpoints._cdk.acknowledged import USERS, wildcards
from chime_endpoints._cdk.identity import application_arn
from chime_endpoints._cdk.logical_ids import digest
from chime_endpoints._cdk.tree import child_path, stack_of
from chime_endpoints._cdk.unresolved import as_text
from chime_endpoints._iam.statements import Statement, allow, for_app_instance, for_application
from chime_endpoints._validation.option_types import check_options
from chime_endpoints.errors import InvalidDeclarationError

from .infrastructure.acknowledged import EXECUTIONS
from .infrastructure.provider import FleetProvider
from .metrics import FleetMetrics
from .options.defaults import FleetDefaults, defaults_of
from .options.manifest import Manifest
from .options.wait import FleetWait
from .problems import fleet_problems

FLEET_TYPE = "Custom::ChimeEndpointFleet"
_SERVICE_TIMEOUT = 3600  # CloudFormation's longest
_RATE = 25
_AT_ONCE = 4
_MOST_DELETIONS = 10


class EndpointFleet(FleetMetrics):
    """A fleet: 10,000 to a million endpoints as one resource, declared by a manifest in S3.

    Use `AppInstanceUserEndpoint` for up to some thousand endpoints. A fleet takes about as long as its endpoints take
    at `requests_per_second`: 10,000 new endpoints about 7 minutes, a million about 11 hours. An endpoint that has not
    changed takes no call.

    The endpoints are registered by a state machine that CloudFormation does not have to wait for. A run changes nothing
    if the manifest has a mistake, or if it would deregister more than `most_deletions_percent` of the endpoints.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK's own name
        *,
        manifest: Manifest,
        app_instances: Sequence[str],
        applications: Sequence[str | IAppRef],
        defaults: FleetDefaults | None = None,
        requests_per_second: int | None = None,
        at_once: int | None = None,
        tolerated_failures: int | None = None,
        most_deletions_percent: int | None = None,
        wait: FleetWait | None = None,
        encryption_key: kms.IKey | None = None,
        removal_policy: RemovalPolicy | None = None,
    ) -> None:
        """Declare a fleet.

        Args:
            scope: the stack or construct to create the fleet in.
            id: the construct id within the scope.
            manifest: the location of the file that declares the endpoints.
            app_instances: the ARNs of the app instances whose users can get endpoints: at least one.
            applications: the applications that can send the pushes: at least one ARN or Pinpoint `CfnApp`.
            defaults: the values that lines of the manifest do not set. Default: each line sets all values.
            requests_per_second: how many of the account's 50 requests a second the fleet uses, 1 to 50. Default: 25.
            at_once: how many parts of the fleet are worked on at the same time, 1 to 40. With 1, the fleet uses only
                about 70 % of `requests_per_second`. Default: 4.
            tolerated_failures: how many endpoints can fail before the deployment fails and is rolled back. Default: 0.
            most_deletions_percent: a run is refused if it would deregister more than this share of the endpoints, and
                more than 100. It protects against a truncated manifest. It does not apply to the deletion of the stack.
                Default: 10.
            wait: how long the deployment waits. Default: `FleetWait.AN_HOUR`.
            encryption_key: the KMS key that encrypts the state bucket and the log groups. Its policy is extended for
                CloudWatch Logs, as for a provider. Default: AWS managed and AWS owned keys.
            removal_policy: `RemovalPolicy.RETAIN` leaves the endpoints registered when you remove the fleet's
                declaration or delete its stack, and keeps the bucket that lists them. Default:
                `RemovalPolicy.DESTROY`, which deregisters all endpoints.

        Raises:
            InvalidDeclarationError: the declaration is invalid. The error lists every problem.
        """
        checked = check_options(EndpointFleet.__init__, locals())
        problems = [*checked.problems, *fleet_problems(checked, locals())]
        if problems:
            raise InvalidDeclarationError(child_path(scope, id), problems)
        super().__init__(scope, id)
        self._provider = FleetProvider(
            self,
            "Provider",
            at_once=_AT_ONCE if at_once is None else at_once,
            encryption_key=encryption_key,
            removal_policy=removal_policy,
        )
        self._machine = self._provider.machine
        wait = wait or FleetWait.AN_HOUR
        arns = [application_arn(each) for each in applications]
        properties: dict[str, Any] = {
            "ServiceToken": self._provider.events.function_arn,
            "ServiceTimeout": _SERVICE_TIMEOUT,
            "Manifest": manifest.to_properties(),
            "Defaults": defaults_of(defaults).to_properties(),
            "AppInstances": [as_text(each) for each in app_instances],
            "Applications": arns,
            "RequestsPerSecond": _RATE if requests_per_second is None else requests_per_second,
            "MostDeletionsPercent": _MOST_DELETIONS if most_deletions_percent is None else most_deletions_percent,
            "ToleratedFailures": tolerated_failures or 0,
            "Wait": wait.word,
        }
        if wait.by_condition is not None:
            properties["WaitHandle"] = self._handle(properties).ref
        self._resource = CfnResource(self, "Resource", type=FLEET_TYPE, properties=properties)
        self._fleet = str(self._resource.ref)
        if removal_policy is not None:
            self._resource.apply_removal_policy(removal_policy)
        self._resource.node.add_dependency(
            self._allow([*map(as_text, app_instances)], arns, manifest),
            self._provider.map_runs,
            self._provider.bucket,  # with its policy
        )
        if wait.by_condition is not None:
            self._condition(properties, wait)

    def _allow(self, app_instances: Sequence[str], applications: Sequence[str], manifest: Manifest) -> Construct:
        """Grant the worker what the fleet's endpoints need.

        The policy's logical id depends on its content. A change therefore creates another policy, and CloudFormation
        deletes the old one only after the fleet no longer needs it.
        """
        statements: list[Statement] = [
            *map(for_app_instance, app_instances),
            *map(for_application, applications),
            *manifest.statements(),
        ]
        content = json.dumps(stack_of(self).resolve(statements), sort_keys=True)
        policy = self._provider.allow(
            f"Endpoints{digest(content)}",
            self._provider.worker_role,
            [*statements, allow(["states:StopExecution"], [self._provider.executions])],
        )
        users = [f"{arn}/user/*" for arn in app_instances]
        wildcards(policy, lambda: users, USERS)
        wildcards(policy, lambda: [self._provider.executions], EXECUTIONS)
        return policy

    def _handle(self, properties: dict[str, Any]) -> CfnWaitConditionHandle:
        """Create the handle of a WaitCondition, new for each change because a WaitCondition cannot be updated."""
        return CfnWaitConditionHandle(self, f"Handle{self._digest(properties)}")

    def _condition(self, properties: dict[str, Any], wait: FleetWait) -> None:
        assert wait.by_condition is not None  # noqa: S101 - for the type checker
        condition = CfnWaitCondition(
            self,
            f"Converged{self._digest({name: each for name, each in properties.items() if name != 'WaitHandle'})}",
            handle=properties["WaitHandle"],
            timeout=str(wait.by_condition.to_seconds()),
            count=1,
        )
        condition.node.add_dependency(self._resource)

    def _digest(self, properties: dict[str, Any]) -> str:
        return digest(json.dumps(stack_of(self).resolve(properties), sort_keys=True))

    @property
    def fleet_id(self) -> str:
        """The resource's `Ref`: `{stack name}-{logical id}-{suffix}`. It never changes."""
        return self._fleet

    @property
    def run_id(self) -> str:
        """The id of the run that the last deployment started."""
        return Token.as_string(self._resource.get_att("Run"))

    @property
    def state(self) -> str:
        """`CONVERGED`, or `CONVERGING` if the run was still in progress when the deployment ended."""
        return Token.as_string(self._resource.get_att("State"))

    @property
    def registered(self) -> str:
        """The number of registered endpoints when the deployment ended."""
        return Token.as_string(self._resource.get_att("Registered"))

    @property
    def state_machine_arn(self) -> str:
        """The ARN of the state machine that runs the fleet."""
        return str(self._machine.state_machine_arn)

    @property
    def role(self) -> iam.IRole:
        """The role that registers the endpoints. Grant it what it needs to read device tokens: `secret.grant_read`."""
        return self._provider.worker_role
