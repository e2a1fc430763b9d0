"""The provider of `Custom::ChimeEndpointFleet`: two functions, a state machine and a bucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Tokenization
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from chime_endpoints._cdk.acknowledged import wildcards
from chime_endpoints._cdk.tree import stack_of
from chime_endpoints._function import asset, seconds
from chime_endpoints._function.log_encryption import let_logs_use
from chime_endpoints._iam.inline_policies import basic_statements, name_of
from chime_endpoints._iam.statements import Statement, allow, document

from . import acknowledged
from .bucket import bucket_statements, state_bucket
from .machine import FleetMachine

CODE = asset.Code(
    packages=("chime_endpoints_fleet", "chime_endpoints_handler"),
    entries=(("events", "chime_endpoints_fleet.events"), ("worker", "chime_endpoints_fleet.worker")),
)
"""The code of both functions: one for CloudFormation's events and commands, one for the states of the machine."""
_MEMORY = 256
_EVENTS_TIMEOUT = Duration.minutes(2)
_WORKER_TIMEOUT = Duration.minutes(15)


class FleetProvider(Construct):
    """What a fleet runs on. The caller grants the worker's role what the endpoints need."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK's own name
        *,
        at_once: int,
        encryption_key: kms.IKey | None = None,
        log_retention: logs.RetentionDays | None = None,
        removal_policy: RemovalPolicy | None = None,
    ) -> None:
        """Create the provider.

        Args:
            scope: the construct to create the provider in.
            id: the construct id within the scope.
            at_once: how many shards are applied at the same time.
            encryption_key: the KMS key for the bucket and the logs. Default: AWS managed and AWS owned keys.
            log_retention: how long log events are kept. Default: one month.
            removal_policy: what happens to the bucket with the ledger when its declaration is removed. Default: it is
                deleted.
        """
        super().__init__(scope, id)
        self._encryption_key = encryption_key
        self._log_retention = log_retention or logs.RetentionDays.ONE_MONTH
        if encryption_key is not None:
            let_logs_use(encryption_key, scope=self)
        self.bucket = state_bucket(
            self, "State", encryption_key=encryption_key, removal_policy=removal_policy or RemovalPolicy.DESTROY
        )
        acknowledged.of_bucket(self.bucket)
        environment = {"FLEET_BUCKET": self.bucket.bucket_name}
        self.worker = self._function("Worker", timeout=_WORKER_TIMEOUT, environment=environment)
        invocation = allow(["lambda:InvokeFunction"], [self.worker.function_arn])
        machine_role = self._role("MachineRole", "states.amazonaws.com", [invocation])
        self.machine = FleetMachine(self, "Machine", worker=self.worker, role=machine_role, at_once=at_once)
        acknowledged.of_machine(self.machine)
        self.executions = stack_of(self).format_arn(
            service="states",
            resource="execution",
            resource_name=f"{self.machine.state_machine_name}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        """All executions of the machine."""
        self.map_runs = self.allow(
            "MapRuns",
            machine_role,
            [
                allow(["states:StartExecution"], [self.machine.state_machine_arn]),
                allow(["states:DescribeExecution", "states:StopExecution"], [self.executions]),
            ],
        )
        """The machine's permission to start its own children."""
        wildcards(self.map_runs, lambda: [self.executions], acknowledged.EXECUTIONS)
        self.events = self._function(
            "Events",
            timeout=_EVENTS_TIMEOUT,
            environment=environment
            | {
                "FLEET_STATE_MACHINE_ARN": self.machine.state_machine_arn,
                "FLEET_AT_ONCE": Tokenization.stringify_number(at_once),
            },
            statements=[
                allow(["states:StartExecution"], [self.machine.state_machine_arn]),
                allow(["states:StopExecution"], [self.executions]),
            ],
            of_executions=True,
        )
        self.events.configure_async_invoke(retry_attempts=seconds.RETRIES, max_event_age=Duration.hours(1))
        acknowledged.of_events(self.events)

    @property
    def worker_role(self) -> iam.IRole:
        """The role that registers the endpoints."""
        role = self.worker.role
        assert role is not None  # noqa: S101 - for the type checker
        return role

    def allow(self, policy_id: str, role: iam.IRole, statements: Sequence[Statement]) -> iam.CfnPolicy:
        """Attach a policy to one of the roles."""
        return iam.CfnPolicy(
            self,
            policy_id,
            policy_name=name_of(self, policy_id),
            policy_document=document(statements),
            roles=[role.role_name],
        )

    def _function(
        self,
        name: str,
        *,
        timeout: Duration,
        environment: Mapping[str, str],
        statements: Sequence[Statement] = (),
        of_executions: bool = False,
    ) -> lambda_.Function:
        log_group = logs.LogGroup(
            self,
            f"{name}Log",
            retention=self._log_retention,
            encryption_key=self._encryption_key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        basics = [*basic_statements(log_group.log_group_arn, in_vpc=False), *bucket_statements(self.bucket)]
        role = self._role(f"{name}Role", "lambda.amazonaws.com", [*basics, *statements])
        wildcards(role, lambda: [self.bucket.arn_for_objects("*")], acknowledged.OBJECTS)
        if of_executions:
            wildcards(role, lambda: [self.executions], acknowledged.EXECUTIONS)
        function = lambda_.Function(
            self,
            name,
            description=f"Fleets of Amazon Chime SDK push endpoints: {name.lower()}",
            runtime=lambda_.Runtime.determine_latest_python_runtime(self),
            code=lambda_.Code.from_asset(str(asset.code_for(self, CODE))),
            handler=f"{name.lower()}.handler",
            role=role,
            timeout=timeout,
            memory_size=_MEMORY,
            architecture=lambda_.Architecture.ARM_64,
            environment=dict(environment),
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            system_log_level_v2=lambda_.SystemLogLevel.WARN,
        )
        acknowledged.of_function(function)
        return function

    def _role(self, name: str, service: str, statements: Sequence[Statement]) -> iam.Role:
        policy = iam.PolicyDocument(statements=[iam.PolicyStatement.from_json(each) for each in statements])
        return iam.Role(self, name, assumed_by=iam.ServicePrincipal(service), inline_policies={"Basics": policy})
