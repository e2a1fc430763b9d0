"""The provider of the custom resources: a Lambda function with its role and log group."""

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

from chime_endpoints_handler.model.codes import Code

from ._cdk import acknowledged
from ._cdk.tree import child_path, stack_of
from ._cdk.unresolved import as_text, is_token
from ._function import asset, seconds, timing
from ._function.log_encryption import let_logs_use
from ._function.subnets import warn_of_isolation
from ._iam.inline_policies import IN_ACCOUNT, attach, basic_statements, stack_statement, tracing_statement
from ._iam.role_warning import warn_of_role
from ._iam.statements import Statement
from ._validation.option_type_names import OPTION_TYPES
from ._validation.option_types import check_options
from .errors import InvalidDeclarationError
from .metrics import ProviderMetrics

_AUTOMATIC_ID = "Custom::ChimeEndpointProvider"
_MEMORY = 256
_LOG_LEVELS = {"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "CRITICAL"}


class IEndpointProvider(IConstruct, Protocol):
    """A provider of custom resources: an `EndpointProvider`, or the return value of `from_service_token`."""

    @property
    def service_token(self) -> str:
        """The ARN of the function, used as the `ServiceToken` of custom resources."""

    @property
    def service_timeout(self) -> Duration:
        """How long CloudFormation waits for a response, including Lambda's retries."""

    @property
    def role(self) -> iam.IRole | None:
        """The function's role, or None if it is not known."""

    @property
    def manages_permissions(self) -> bool:
        """Whether this app manages the role's permissions."""


OPTION_TYPES[IEndpointProvider] = (
    "a provider",
    "Use an EndpointProvider, or import one with EndpointProvider.from_service_token.",
)


class EndpointProvider(ProviderMetrics):
    """The Lambda function that handles endpoints and tags, with its role and log group.

    You do not have to create a provider. Endpoints and tags without `provider=` use the one that their stack already
    has, if it was created before them. Otherwise, they create one.

    Create a provider to set its options, or to share it: pass it as `provider=` to endpoints in other stacks. The
    permissions of all these endpoints must fit IAM's quota for one role (10,240 characters of inline policies), so
    share a provider among a few stacks, not dozens.

    The role can write to its log group and look up resources of its own stack. Each endpoint adds the permissions that
    it needs. No AWS managed policy is attached. If the function sends no response to an event, Lambda delivers the
    event up to three times in all; `ServiceTimeout` allows for these retries.
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
        """Create a provider.

        Args:
            scope: the stack or construct to create the provider in.
            id: the construct id within the scope.
            timeout: the time limit for one delivery of an event, 30 seconds to 15 minutes. The function retries
                throttled calls within this time. A new IAM permission can take a minute to take effect; with a timeout
                of less than 90 seconds, the event then fails. Default: 2 minutes.
            memory_size: the function's memory in MB, 128 to 10,240. More memory also means more CPU. Default: 256.
            architecture: the function's processor architecture. Default: ARM64.
            log_retention: how long log events are kept. Default: one month.
            log_level: the lowest level that is logged. Device tokens are never logged at any level. Default: INFO.
            tracing: the mode of AWS X-Ray tracing. Active tracing adds the permission to send traces. Default: no
                tracing.
            vpc: the VPC that the function runs in. Its subnets must reach these services over HTTPS: the Chime SDK
                identity API, Amazon S3 (for responses to CloudFormation), CloudFormation, and Secrets Manager or
                Systems Manager if tokens are read from there. Default: no VPC.
            vpc_subnets: the subnets of the VPC to use. Isolated subnets cause a warning, because Amazon Chime SDK has
                no VPC endpoint. Default: the subnets with egress.
            security_groups: the function's security groups. Default: a new security group.
            role: an existing role that trusts lambda.amazonaws.com. A role imported as immutable is not changed;
                warnings list the permissions that it needs. Default: a new role.
            permissions_boundary: the permissions boundary of the new role. Cannot be combined with `role`. Default: no
                boundary.
            encryption_key: the KMS key that encrypts the log group and the function's environment variables. The key's
                policy is extended for CloudWatch Logs. The policy of an imported key cannot be changed; a warning
                contains the statement that you must add. Default: AWS owned or managed keys.
            reserved_concurrent_executions: the maximum number of events that the function handles concurrently, at
                least 1. Default: no reserved concurrency.
            export_name: the name of a CloudFormation export that publishes the `ServiceToken`, for templates written
                without CDK. Default: no export.

        Raises:
            InvalidDeclarationError: an option has the wrong type or is outside its limits.
        """
        checked = check_options(EndpointProvider.__init__, locals())
        timeout = checked.valid_or("timeout", timeout, None) or timing.DEFAULT_TIMEOUT
        memory_size = _MEMORY if memory_size is None else memory_size
        log_level = log_level or lambda_.ApplicationLogLevel.INFO
        problems = [*checked.problems, *timing.timeout_problems(timeout)]
        if checked.is_number(memory_size, "memory_size") and not 128 <= memory_size <= 10_240:
            problems.append(f"memory_size is {memory_size} MB; it must be 128 to 10,240 MB.")
        if checked.is_number(reserved_concurrent_executions, "reserved_concurrent_executions") and (
            reserved_concurrent_executions < 1
        ):
            problems.append(
                f"reserved_concurrent_executions is {reserved_concurrent_executions}, so the function could never run;"
                " set it to 1 or more."
            )
        if export_name == "":
            problems.append("export_name is empty; set a name or remove the option.")
        if role is not None and permissions_boundary is not None:
            problems.append("role and permissions_boundary cannot be combined; set the boundary on the role itself.")
        for name, given in (("vpc_subnets", vpc_subnets), ("security_groups", security_groups)):
            if vpc is None and checked.valid_or(name, given, None) is not None:
                problems.append(f"{name} is set without vpc; set vpc to the VPC that it belongs to.")
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
            retry_attempts=seconds.RETRIES,
            max_event_age=self.service_timeout,  # after that, CloudFormation accepts no response
        )
        if vpc is not None:
            warn_of_isolation(self, vpc, vpc_subnets)
        self._acknowledge(basics, tracing)
        self._manages_permissions = basics is not None
        if basics is None:
            warn_of_role(self, lambda: self._needed(in_vpc=vpc is not None, traced=_is_traced(tracing)))
        if basics is not None:
            self.function.node.add_dependency(basics)  # so that the policy outlives the endpoints at a deletion
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
                basics, lambda: ["*", IN_ACCOUNT], "AWS Lambda requires this for every function in a VPC."
            )
        default_policy = self._role.node.try_find_child("DefaultPolicy")
        if traced and isinstance(default_policy, Construct):
            acknowledged.wildcards(
                default_policy, lambda: ["*"], "X-Ray does not support resource-level permissions for sending traces."
            )

    def _basics(self, log_group_arn: str, *, in_vpc: bool) -> list[Statement]:
        return list(basic_statements(log_group_arn, in_vpc=in_vpc, of_stack=[stack_statement(self, self)]))

    def _needed(self, *, in_vpc: bool, traced: bool) -> list[Statement]:
        """Return what a role that this app cannot change needs. The log group's name is given as a pattern."""
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
        """Return the provider that endpoints in a stack share by default. Create it if the stack has none.

        Args:
            scope: the stack, or any construct in it.

        Raises:
            InvalidDeclarationError: the stack has several providers, so the endpoint must name one.
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
        """Reference a provider that was created elsewhere.

        Args:
            scope: the stack or construct to create the reference in.
            id: the construct id within the scope.
            service_token: the ARN of the provider's function, for example from `Fn.import_value`.
            role: the function's role. The endpoints grant it the permissions that they need. Without a role, or with a
                role imported as immutable, warnings list the permissions that you must add. Default: not known.
            service_timeout: how long CloudFormation waits for a response, 1 second to 1 hour. Set it to at least three
                times the function's timeout plus four minutes. Default: 10 minutes, which fits the default timeout.

        Raises:
            InvalidDeclarationError: an option has the wrong type or is outside its limits.
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
        """Whether the endpoints of the stack created this provider themselves."""
        return str(self.node.id) == _AUTOMATIC_ID

    @property
    def service_token(self) -> str:
        """The ARN of the function, used as the `ServiceToken` of custom resources."""
        return str(self.function.function_arn)

    @property
    def service_timeout(self) -> Duration:
        """How long CloudFormation waits for a response, including Lambda's retries."""
        return timing.service_timeout(self._timeout)

    @property
    def role(self) -> iam.IRole:
        """The function's role."""
        return self._role

    @property
    def manages_permissions(self) -> bool:
        """Whether this app manages the role's permissions. False for a role imported as immutable."""
        return self._manages_permissions


class ImportedProvider(Construct):
    """A reference to a provider that was created elsewhere, by its `ServiceToken`."""

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
        checked = check_options(ImportedProvider.__init__, locals())
        waits = checked.valid_or("service_timeout", service_timeout, None) or timing.service_timeout(
            timing.DEFAULT_TIMEOUT
        )
        problems = [*checked.problems, *timing.service_timeout_problems(waits)]
        service_token = as_text(service_token)
        if "service_token" not in checked.wrong and not (is_token(service_token) or service_token.startswith("arn:")):
            problems.append(
                "service_token is not an ARN; set the ARN of the provider's function"
                f" (arn:aws:lambda:REGION:ACCOUNT:function:NAME). [{Code.MALFORMED}]"
            )
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
    """Return the problem of an endpoint that names no provider although its stack has several."""
    there = _made.get(stack, [])
    if len(there) <= 1:
        return []
    listed = ", ".join(provider.node.path for provider in there)
    problem = (
        f"provider is missing, and the stack has several providers ({listed}); set provider to one of them. Endpoints"
        " without provider use a provider only if it is created before them."
    )
    return [problem]


def _is_traced(tracing: lambda_.Tracing | None) -> bool:
    return tracing is not None and tracing is not lambda_.Tracing.DISABLED
