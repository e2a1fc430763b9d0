"""The provider of the custom resources: one function with its role and log group, for a stack or for several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from weakref import WeakKeyDictionary

from aws_cdk import ArnFormat, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from chime_endpoints_handler.codes import Code

from . import acknowledged, asset, timing
from .errors import InvalidDeclarationError
from .kind_words import KINDS
from .kinds import check
from .log_encryption import let_logs_use
from .metrics import ProviderMetrics
from .needed import warn_of_role
from .policies import IN_ACCOUNT, attach, basic_statements, stack_statement, tracing_statement
from .statements import Statement
from .subnets import warn_of_isolation
from .tree import child_path, stack_of
from .unresolved import as_text, is_token

_AUTOMATIC_ID = "Custom::ChimeEndpointProvider"
_MEMORY = 256
_LOG_LEVELS = {"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "CRITICAL"}


class IEndpointProvider(IConstruct, Protocol):
    """What endpoints need of a provider: an `EndpointProvider`, or what `from_service_token` returns."""

    @property
    def service_token(self) -> str:
        """The ARN of the function, which a custom resource names as its `ServiceToken`."""

    @property
    def service_timeout(self) -> Duration:
        """How long CloudFormation waits for the function's answer, all deliveries of an event together."""

    @property
    def role(self) -> iam.IRole | None:
        """The function's role; None where it is not known."""

    @property
    def manages_permissions(self) -> bool:
        """Whether this app keeps the role's permissions."""


KINDS[IEndpointProvider] = (
    "a provider",
    "Use an EndpointProvider, or EndpointProvider.from_service_token for one that is known by its ServiceToken.",
)


class EndpointProvider(ProviderMetrics):
    """The function behind endpoints and tags, its role and its log group.

    A stack needs none of its own making: endpoints and tags that are given no `provider` share the one that their
    stack has (made in it before them), or they make it. Make one to set its options, or to share it: give it to
    endpoints of other stacks as `provider=`. All that a shared provider's role is allowed must fit IAM's quotas
    (10,240 characters of inline policies), so share it among a few stacks, not among dozens.

    The role is allowed its own log group, the states of its own stack's resources, and what each endpoint adds; no
    managed policy of AWS is attached. An event that the function does not answer is delivered three times in all;
    `ServiceTimeout` leaves time for that.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK's own name
        *,
        timeout: Duration | None = None,
        memory_size: int | None = None,
        architecture: lambda_.Architecture | None = None,
        log_retention: logs.RetentionDays | None = None,
        log_level: lambda_.ApplicationLogLevel | None = None,
        tracing: lambda_.Tracing | None = None,
        vpc: ec2.IVpc | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
        role: iam.IRole | None = None,
        permissions_boundary: iam.IManagedPolicy | None = None,
        encryption_key: kms.IKey | None = None,
        reserved_concurrent_executions: int | None = None,
        export_name: str | None = None,
    ) -> None:
        """Makes a provider.

        Args:
            scope: the stack or construct that holds it.
            id: its id in there.
            timeout: how long one delivery of an event may take, 30 seconds to 15 minutes; throttled calls are
                retried for as long as it lasts. With less than 90 seconds, a permission that takes a minute to take
                effect fails the event. Default: 2 minutes.
            memory_size: the function's memory in MB, 128 to 10,240; its share of CPU grows with it. Default: 256.
            architecture: the function's processor. Default: ARM64.
            log_retention: how long log events are kept. Default: one month.
            log_level: the least severe level that is logged; no level logs a device token. Default: INFO.
            tracing: traces with AWS X-Ray, which adds the permission to send them. Default: no traces.
            vpc: a VPC for the function. From its subnets these must be reachable over HTTPS: the Chime SDK identity
                API and Amazon S3 (where answers to CloudFormation go), CloudFormation, and Secrets Manager or Systems
                Manager where tokens are read from them. Default: no VPC.
            vpc_subnets: the VPC's subnets to use. Isolated ones are a warning: Amazon Chime SDK has no VPC endpoint.
                Default: those with egress.
            security_groups: the function's security groups. Default: one of its own.
            role: an existing role that trusts lambda.amazonaws.com. A role imported as immutable is left as it is,
                and warnings list what it must allow. Default: a role of its own.
            permissions_boundary: the boundary of its own role; not together with `role`. Default: none.
            encryption_key: encrypts the log group and the function's environment. Its policy is extended for CloudWatch
                Logs; the policy of an imported key cannot be, and a warning holds the statement that it needs. Default:
                AWS's own keys.
            reserved_concurrent_executions: the most events that are handled at once, 1 or more. Default: no limit of
                its own.
            export_name: publishes the `ServiceToken` as a CloudFormation export of this name, for templates made
                without CDK. Default: no export.

        Raises:
            InvalidDeclarationError: an option is of the wrong kind or outside its limits.
        """
        kinds = check(EndpointProvider.__init__, locals())
        timeout = kinds.right("timeout", timeout, None) or timing.DEFAULT_TIMEOUT
        memory_size = _MEMORY if memory_size is None else memory_size
        log_level = log_level or lambda_.ApplicationLogLevel.INFO
        problems = [*kinds.problems, *timing.timeout_problems(timeout)]
        if kinds.is_number(memory_size, "memory_size") and not 128 <= memory_size <= 10_240:
            problems.append(f"memory_size is {memory_size} MB; 128 to 10,240 are allowed.")
        if kinds.is_number(reserved_concurrent_executions, "reserved_concurrent_executions") and (
            reserved_concurrent_executions < 1
        ):
            problems.append(
                f"reserved_concurrent_executions is {reserved_concurrent_executions}, with which the function never"
                " runs; give 1 or more."
            )
        if export_name == "":
            problems.append("export_name is empty; give a name, or leave it out.")
        if role is not None and permissions_boundary is not None:
            problems.append("role and permissions_boundary are both given; set the boundary where the role is made.")
        for name, given in (("vpc_subnets", vpc_subnets), ("security_groups", security_groups)):
            if vpc is None and kinds.right(name, given, None) is not None:
                problems.append(f"{name} is given without vpc; give the VPC that it is of.")
        if problems:
            raise InvalidDeclarationError(child_path(scope, id), problems)
        super().__init__(scope, id)
        self._timeout = timeout
        self._role = role or iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            permissions_boundary=permissions_boundary,
        )
        if encryption_key is not None:
            let_logs_use(encryption_key, scope=self)
        self.log_group = logs.LogGroup(
            self,
            "Log",
            retention=log_retention or logs.RetentionDays.ONE_MONTH,
            encryption_key=encryption_key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        basics = attach(
            self,
            "Basics",
            role=self._role,
            statements=lambda: self._basics(self.log_group.log_group_arn, in_vpc=vpc is not None),
        )
        self.function = lambda_.Function(
            self,
            "Function",
            description="Amazon Chime SDK push endpoints and identity tags, for CloudFormation",
            runtime=lambda_.Runtime.determine_latest_python_runtime(self),
            code=lambda_.Code.from_asset(str(asset.code_for(self))),
            handler=asset.HANDLER,
            role=self._role,
            timeout=timeout,
            memory_size=memory_size,
            architecture=architecture or lambda_.Architecture.ARM_64,
            environment={"LOG_LEVEL": _LOG_LEVELS.get(log_level.value, log_level.value)},
            environment_encryption=encryption_key,
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            application_log_level_v2=log_level,
            system_log_level_v2=lambda_.SystemLogLevel.WARN,
            tracing=tracing,
            vpc=vpc,
            vpc_subnets=vpc_subnets,
            security_groups=None if security_groups is None else list(security_groups),
            reserved_concurrent_executions=reserved_concurrent_executions,
            retry_attempts=timing.RETRIES,
            max_event_age=self.service_timeout,  # a delivery after that answers nobody
        )
        if vpc is not None:
            warn_of_isolation(self, vpc, vpc_subnets)
        self._acknowledge(basics, tracing)
        self._manages_permissions = basics is not None
        if basics is None:
            warn_of_role(self, lambda: self._needed(in_vpc=vpc is not None, traced=_is_traced(tracing)))
        if basics is not None:
            self.function.node.add_dependency(basics)  # so that it outlives what the function has to delete
        if export_name is not None:
            CfnOutput(self, "ServiceToken", value=self.service_token, export_name=export_name)
        _made.setdefault(stack_of(self), []).append(self)

    def _acknowledge(self, basics: iam.CfnPolicy | None, tracing: lambda_.Tracing | None) -> None:
        function, asynchronous = self.function.node.default_child, self.function.node.find_child("EventInvokeConfig")
        assert isinstance(function, lambda_.CfnFunction)  # noqa: S101 - for the type checker
        assert isinstance(asynchronous, Construct)  # noqa: S101 - for the type checker
        traced = _is_traced(tracing)
        acknowledged.of_function(function, asynchronous, traced=traced)
        if basics is not None and self.function.is_bound_to_vpc:
            acknowledged.wildcards(
                basics, lambda: ["*", IN_ACCOUNT], "AWS Lambda needs this for any function in a VPC."
            )
        default_policy = self._role.node.try_find_child("DefaultPolicy")
        if traced and isinstance(default_policy, Construct):
            acknowledged.wildcards(default_policy, lambda: ["*"], "X-Ray knows no resource for sending traces.")

    def _basics(self, log_group_arn: str, *, in_vpc: bool) -> list[Statement]:
        return list(basic_statements(log_group_arn, in_vpc=in_vpc, of_stack=[stack_statement(self, self)]))

    def _needed(self, *, in_vpc: bool, traced: bool) -> list[Statement]:
        """Return what a role needs that this app cannot change. CloudFormation's pattern names the log group."""
        stack = stack_of(self)
        log_group = self.log_group.node.default_child
        assert isinstance(log_group, logs.CfnLogGroup)  # noqa: S101 - for the type checker
        name = f"{stack.stack_name}-{stack.resolve(log_group.logical_id)}-*:*"
        arn = stack.format_arn(
            service="logs", resource="log-group", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        return [*self._basics(arn, in_vpc=in_vpc), *([tracing_statement()] if traced else [])]

    @staticmethod
    def of(scope: IConstruct) -> EndpointProvider:
        """The provider that endpoints in a scope share when they are given none: its stack's, made if need be.

        Args:
            scope: the stack, or anything in it.

        Raises:
            InvalidDeclarationError: the stack has several, and the endpoint has to say which.
        """
        stack = stack_of(scope)
        if problems := ambiguity(stack):
            raise InvalidDeclarationError(scope.node.path, problems)
        there = _made.get(stack, [])
        return there[0] if there else EndpointProvider(stack, _AUTOMATIC_ID)

    @staticmethod
    def from_service_token(
        scope: Construct,
        id: str,  # noqa: A002 - CDK's own name
        service_token: str,
        *,
        role: iam.IRole | None = None,
        service_timeout: Duration | None = None,
    ) -> IEndpointProvider:
        """A provider that was made elsewhere.

        Args:
            scope: where the reference is to live.
            id: its id in there.
            service_token: the function's ARN, perhaps `Fn.import_value` of another stack's export.
            role: the function's role, so that it is allowed what the endpoints need. Without it, or with one imported
                as immutable, warnings list what the role must allow. Default: not known.
            service_timeout: how long CloudFormation waits for an answer, 1 second to 1 hour: at least three times the
                function's timeout and four minutes. Default: 10 minutes, right for the default timeout.

        Raises:
            InvalidDeclarationError: an option is of the wrong kind or outside its limits.
        """
        return ImportedProvider(
            scope,
            id,
            service_token=service_token,
            role=role,
            service_timeout=service_timeout,
        )

    @property
    def is_automatic(self) -> bool:
        """Whether endpoints made it for themselves and their stack."""
        return str(self.node.id) == _AUTOMATIC_ID

    @property
    def service_token(self) -> str:
        """The ARN of the function, which a custom resource names as its `ServiceToken`."""
        return str(self.function.function_arn)

    @property
    def service_timeout(self) -> Duration:
        """How long CloudFormation waits for the function's answer, all deliveries of an event together."""
        return timing.service_timeout(self._timeout)

    @property
    def role(self) -> iam.IRole:
        """The function's role."""
        return self._role

    @property
    def manages_permissions(self) -> bool:
        """Whether this app keeps the role's permissions: not those of a role imported as immutable."""
        return self._manages_permissions


class ImportedProvider(Construct):
    """A provider that was made elsewhere, known by its `ServiceToken`."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK's own name
        *,
        service_token: str,
        role: iam.IRole | None,
        service_timeout: Duration | None,
    ) -> None:
        """See `EndpointProvider.from_service_token`."""
        kinds = check(ImportedProvider.__init__, locals())
        waits = kinds.right("service_timeout", service_timeout, None) or timing.service_timeout(timing.DEFAULT_TIMEOUT)
        problems = [*kinds.problems, *timing.service_timeout_problems(waits)]
        service_token = as_text(service_token)
        if "service_token" not in kinds.wrong and not (is_token(service_token) or service_token.startswith("arn:")):
            problems.append(f"service_token is not the ARN of a function. [{Code.MALFORMED}]")
        if problems:
            raise InvalidDeclarationError(child_path(scope, id), problems)
        super().__init__(scope, id)
        self.service_token = service_token
        self.service_timeout = waits
        self.role = role
        self.manages_permissions = (
            role is not None
            and attach(self, "Basics", role=role, statements=lambda: [stack_statement(self, self)]) is not None
        )


_made: WeakKeyDictionary[Stack, list[EndpointProvider]] = WeakKeyDictionary()


def ambiguity(stack: Stack) -> list[str]:
    """What is wrong with naming no provider in a stack: it has several."""
    there = _made.get(stack, [])
    if len(there) <= 1:
        return []
    listed = ", ".join(provider.node.path for provider in there)
    problem = (
        f"provider is missing, and its stack has several ({listed}); say which. A provider serves those that name none"
        " only if it is made before them."
    )
    return [problem]


def _is_traced(tracing: lambda_.Tracing | None) -> bool:
    return tracing is not None and tracing is not lambda_.Tracing.DISABLED
