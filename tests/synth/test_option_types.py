"""Every option of every public name has the type of its signature, and None means the default."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, get_type_hints

import pytest
from aws_cdk import (
    App,
    Aws,
    CfnCondition,
    CfnParameter,
    Duration,
    Fn,
    RemovalPolicy,
    Stack,
    Token,
    custom_resources,
)
from aws_cdk import aws_amplify as amplify
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from chime_endpoints import (
    AppInstanceUserEndpoint,
    ChimeIdentityTags,
    CrossAccountRole,
    DeliveryFailureRule,
    DeviceToken,
    EndpointAlarms,
    EndpointDashboard,
    EndpointFleet,
    EndpointProvider,
    EndpointType,
    InvalidDeclarationError,
    Manifest,
    MetricOptions,
    PushDeliveryRole,
)
from synth.stage import ALICE, APP_INSTANCE, APPLICATION, SECRET, endpoint, properties, stack_in, template_of

SERVICE_TOKEN = "arn:aws:lambda:us-east-1:111122223333:function:f"
SUSPECTS: tuple[Any, ...] = (
    *("canary", "false", "256", "APNS", SECRET),
    *(0, 1, 256, 1.5, True, b"canary", Duration.minutes(1), EndpointType.GCM, RemovalPolicy.RETAIN),
    *([], ["canary"], {}, {"canary": 1}, object(), int, Stack(App(), "S")),
)
"""What people give where something else is asked for; each option takes a few of them."""


@dataclass(frozen=True, kw_only=True)
class Public:
    """A public function, and arguments with which it succeeds."""

    call: Callable[..., object]
    declares: Callable[..., object] | type
    path: str
    right: Callable[[Stack], Mapping[str, Any]] = lambda _: {}

    is_one_of_many: bool = False
    """Whether others have the same options, and one of them is enough to see that these are checked as well."""

    def options(self) -> Iterator[str]:
        """The names of its options."""
        hints = get_type_hints(self.declares)
        names = (name for name in hints if name not in ("self", "scope", "id", "return"))
        return islice(names, 1) if self.is_one_of_many else names


def _secret(stack: Stack) -> secretsmanager.ISecret:
    return secretsmanager.Secret.from_secret_complete_arn(stack, "Secret", SECRET)


def _metric(name: str) -> Callable[..., object]:
    def call(scope: Construct, id: str, **options: Any) -> object:  # noqa: A002 - as the constructs have it
        return getattr(EndpointProvider(scope, id), name)(**options)

    return call


def _rule(scope: Construct, id: str, **options: Any) -> object:  # noqa: A002 - as the constructs have it
    there = AppInstanceUserEndpoint.from_endpoint_attributes(scope, "E", app_instance_user_arn=ALICE, endpoint_id="1")
    return there.on_delivery_failure(id, **options)


def _rule_metric(scope: Construct, id: str, **options: Any) -> object:  # noqa: A002 - as the constructs have it
    return DeliveryFailureRule(scope, id).metric_failures(**options)


def _fleet_options(stack: Stack) -> Mapping[str, Any]:
    return {
        "manifest": Manifest.in_bucket(s3.Bucket.from_bucket_name(stack, "Manifests", "manifests"), "devices.jsonl"),
        "app_instances": [APP_INSTANCE],
        "applications": [APPLICATION],
    }


def _run_rule(scope: Construct, id: str, **options: Any) -> object:  # noqa: A002 - as the constructs have it
    return EndpointFleet(scope, "F", **_fleet_options(Stack.of(scope))).on_run_failed(id, **options)


def _fleet_metric(name: str) -> Callable[..., object]:
    def call(scope: Construct, id: str, **options: Any) -> object:  # noqa: A002 - as the constructs have it
        return getattr(EndpointFleet(scope, id, **_fleet_options(Stack.of(scope))), name)(**options)

    return call


PUBLIC = {
    "endpoint": Public(
        call=AppInstanceUserEndpoint,
        declares=AppInstanceUserEndpoint.__init__,
        path="Stack/It: ",
        right=lambda stack: {
            "app_instance_user": ALICE,
            "endpoint_type": EndpointType.APNS,
            "application": APPLICATION,
            "device_token": DeviceToken.from_secrets_manager(_secret(stack), "it"),
        },
    ),
    "from_endpoint_attributes": Public(
        call=AppInstanceUserEndpoint.from_endpoint_attributes,
        declares=AppInstanceUserEndpoint.from_endpoint_attributes,
        path="Stack/It: ",
        right=lambda _: {"app_instance_user_arn": ALICE, "endpoint_id": "0123"},
    ),
    "tags": Public(
        call=ChimeIdentityTags,
        declares=ChimeIdentityTags.__init__,
        path="Stack/It: ",
        right=lambda _: {"resource_arn": APP_INSTANCE, "tags": {"team": "chat"}},
    ),
    "provider": Public(call=EndpointProvider, declares=EndpointProvider.__init__, path="Stack/It: "),
    "from_service_token": Public(
        call=EndpointProvider.from_service_token,
        declares=EndpointProvider.from_service_token,
        path="Stack/It: ",
        right=lambda _: {"service_token": SERVICE_TOKEN},
    ),
    "delivery role": Public(
        call=PushDeliveryRole,
        declares=PushDeliveryRole.__init__,
        path="Stack/It: ",
        right=lambda _: {"applications": [APPLICATION]},
    ),
    "cross-account role": Public(
        call=CrossAccountRole,
        declares=CrossAccountRole.__init__,
        path="Stack/It: ",
        right=lambda _: {
            "trusted": iam.AccountPrincipal("444455556666"),
            "app_instances": [APP_INSTANCE],
            "applications": [APPLICATION],
        },
    ),
    "alarms": Public(
        call=EndpointAlarms,
        declares=EndpointAlarms.__init__,
        path="Stack/It: ",
        right=lambda stack: {"provider": EndpointProvider.of(stack)},
    ),
    "dashboard": Public(
        call=EndpointDashboard,
        declares=EndpointDashboard.__init__,
        path="Stack/It: ",
        right=lambda stack: {"provider": EndpointProvider.of(stack)},
    ),
    "fleet": Public(call=EndpointFleet, declares=EndpointFleet.__init__, path="Stack/It: ", right=_fleet_options),
    "on_run_failed": Public(call=_run_rule, declares=EndpointFleet.on_run_failed, path="Stack/F/It: "),
    "on_delivery_failure": Public(
        call=_rule, declares=AppInstanceUserEndpoint.on_delivery_failure, path="Stack/E/It: "
    ),
    "delivery rule": Public(call=DeliveryFailureRule, declares=DeliveryFailureRule.__init__, path="Stack/It: "),
    "rule's metric": Public(call=_rule_metric, declares=MetricOptions, path="Stack/It: "),
    **{
        name: Public(call=_metric(name), declares=MetricOptions, path="Stack/It: ", is_one_of_many=True)
        for name in dir(EndpointProvider)
        if name.startswith("metric_")
    },
    **{
        f"fleet's {name}": Public(
            call=_fleet_metric(name), declares=MetricOptions, path="Stack/It: ", is_one_of_many=True
        )
        for name in dir(EndpointFleet)
        if name.startswith("metric_")
    },
}
OPTIONS = [(name, option) for name, public in PUBLIC.items() for option in public.options()]
OPTIONAL = [
    (name, option)
    for name, option in OPTIONS
    if PUBLIC[name].declares is MetricOptions or "None" in str(get_type_hints(PUBLIC[name].declares)[option])
]


def refused(public: Public, option: str, value: object) -> str | None:
    """The error of a function for an option's value, or None."""
    stack = stack_in()
    try:
        public.call(stack, "It", **{**public.right(stack), option: value})
    except InvalidDeclarationError as error:
        return str(error)
    return None


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_a_value_of_the_wrong_kind_is_refused(name: str, option: str) -> None:
    """One sentence under the construct's path says so, without the value. All errors come from this package."""
    answers = [refused(PUBLIC[name], option, value) for value in SUSPECTS]
    wrong = [answer for answer in answers if answer is not None and "[CE-104]" in answer]
    assert len(wrong) >= len(SUSPECTS) // 2
    for answer in answers:
        if answer is not None:
            assert answer.startswith(f"{PUBLIC[name].path}{option}")
            assert option == "tags" or "canary" not in answer  # a tag's key is shown


@pytest.mark.parametrize(("name", "option"), OPTIONAL)
def test_none_means_the_default(name: str, option: str) -> None:
    """This is true for every optional parameter."""
    public, made = PUBLIC[name], []
    for options in ({option: None}, {}):
        stack = stack_in()
        result = public.call(stack, "It", **{**public.right(stack), **options})
        if isinstance(result, cloudwatch.Metric):
            result.create_alarm(stack, "Alarm", threshold=1, evaluation_periods=1)
        made.append(template_of(stack))
    assert made[0] == made[1]


@pytest.mark.parametrize("given", ["false", "true", "", 0, 1, [], EndpointType.GCM, lambda: True])
def test_only_a_boolean_is_accepted_as_one(given: Any) -> None:
    """A string from the command line is not a boolean: `-c adopt=false` would adopt the endpoint."""
    with pytest.raises(
        InvalidDeclarationError, match=r"^Stack/Phone: adopt_existing must be True or False, not "
    ) as it:
        endpoint(stack_in(), adopt_existing=given)
    assert len(it.value.problems) == 1


def test_a_boolean_that_is_a_token_is_decided_at_deployment() -> None:
    """Its value is unknown at synth. The template contains the token, and the function reads the value."""
    stack = stack_in()
    CfnCondition(stack, "Adopts", expression=Fn.condition_equals(Aws.REGION, "us-east-1"))
    endpoint(stack, adopt_existing=Fn.condition_if("Adopts", True, False))
    assert properties(template_of(stack))["AdoptExisting"] == {"Fn::If": ["Adopts", True, False]}
    other = stack_in()
    endpoint(other, adopt_existing=CfnParameter(other, "Adopt", allowed_values=["true", "false"]).value_as_string)
    assert properties(template_of(other))["AdoptExisting"] == {"Ref": "Adopt"}


def test_tokens_of_any_form_pass() -> None:
    """Strings and objects that CDK resolves are both in the template."""
    stack = stack_in()
    reference = {"Ref": "AWS::NoValue"}
    endpoint(
        stack,
        app_instance_user=Token.as_any(reference),
        application=Token.as_any(reference),
        endpoint_type=CfnParameter(stack, "Type").value_as_string,
        endpoint_name=CfnParameter(stack, "Name").value,
        allow_messages=Token.as_any(reference),
        device_token=DeviceToken.unsafe_plain_text(CfnParameter(stack, "Token", no_echo=True).value_as_string),
    )
    written = properties(template_of(stack))
    assert (written["Type"], written["Name"]) == ({"Ref": "Type"}, {"Ref": "Name"})
    assert written["AppInstanceUserArn"] == written["ResourceArn"] == written["AllowMessages"] == reference
    assert written["EndpointAttributes"] == {"DeviceToken": {"Ref": "Token"}}


def test_a_providers_numbers_may_be_tokens() -> None:
    """CDK accepts tokens too. The timeout is an exception, because ServiceTimeout is computed from it."""
    stack = stack_in()
    memory = CfnParameter(stack, "Memory", type="Number").value_as_number
    EndpointProvider(stack, "P", memory_size=memory, reserved_concurrent_executions=memory)  # type: ignore[arg-type]  # CDK's number
    function = properties(template_of(stack), "AWS::Lambda::Function")
    assert function["MemorySize"] == function["ReservedConcurrentExecutions"] == {"Ref": "Memory"}
    with pytest.raises(InvalidDeclarationError, match="timeout is a CDK token"):
        EndpointProvider(stack_in(), "P", timeout=Duration.seconds(memory))


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("role", "arn:aws:iam::111122223333:role/x", "must be a role, not a string. Use aws_iam.Role.from_role_arn."),
        ("role", iam.User(stack_in(), "U"), "must be a role, not a User."),
        ("vpc", "vpc-0123", "must be a VPC, not a string. Use aws_ec2.Vpc.from_lookup or Vpc.from_vpc_attributes."),
        ("security_groups", "sg-0123", "must be a list, not a string. Each item must be a security group."),
        ("encryption_key", "alias/x", "must be a KMS key, not a string. Use aws_kms.Key.from_key_arn."),
        ("memory_size", True, "must be an integer, not a boolean."),
        ("memory_size", 256.0, "must be an integer, not a number."),
        ("log_retention", 30, "must be a member of RetentionDays, not an integer."),
        ("log_level", "DEBUG", "must be a member of ApplicationLogLevel, not a string."),
        ("tracing", True, "must be a member of Tracing, not a boolean. Use Tracing."),
        ("architecture", "arm64", "must be an Architecture, not a string. Use Architecture.ARM_64"),
        ("permissions_boundary", "arn:aws:iam::aws:policy/X", "must be a managed policy, not a string."),
        ("vpc_subnets", ["subnet-0123"], "must be a SubnetSelection, not a list."),
        ("vpc_subnets", {"subnet": "x"}, "must be a SubnetSelection, not a mapping."),
        ("export_name", ["x"], "must be a string, not a list."),
        ("timeout", "120", "must be a Duration, not a string. Use Duration.seconds or Duration.minutes."),
    ],
)
def test_the_error_says_how_to_make_one(option: str, value: Any, said: str) -> None:
    """The error says how to convert what users have to what CDK needs."""
    assert (refused(PUBLIC["provider"], option, value) or "").startswith(f"Stack/It: {option} {said}")


def test_what_is_in_lists_and_mappings_has_a_kind_too() -> None:
    """The error names each element by its position."""
    stack = stack_in()
    vpc = ec2.Vpc.from_vpc_attributes(stack, "Vpc", vpc_id="vpc-0123", availability_zones=["a"])
    with pytest.raises(InvalidDeclarationError, match=r"security_groups\[0\] must be a security group, not a string"):
        EndpointProvider(stack, "P", vpc=vpc, security_groups=["sg-0123"])  # type: ignore[list-item]  # what is tested
    with pytest.raises(InvalidDeclarationError, match=r"applications\[1\] must be a string or a Pinpoint CfnApp, not"):
        PushDeliveryRole(stack, "R", applications=[APPLICATION, 5])  # type: ignore[list-item]  # what is tested
    with pytest.raises(InvalidDeclarationError, match='tags: the value of "floor" must be a string'):
        endpoint(stack, tags={"floor": 3})
    with pytest.raises(InvalidDeclarationError, match="tags: the key 3 must be a string"):
        ChimeIdentityTags(stack, "T", resource_arn=APP_INSTANCE, tags={3: "floor"})  # type: ignore[dict-item]  # what is tested


def test_a_namesake_of_another_service_is_refused() -> None:
    """CDK has several interfaces with an `app_ref` or a `service_token`."""
    stack = stack_in()
    application = amplify.CfnApp(stack, "Amplify", name="x")
    with pytest.raises(
        InvalidDeclarationError, match="application must be a string or a Pinpoint CfnApp, not a CfnApp"
    ):
        endpoint(stack, application=application)
    handler = lambda_.Function(
        stack, "F", runtime=lambda_.Runtime.PYTHON_3_13, handler="a.b", code=lambda_.Code.from_inline("x")
    )
    with pytest.raises(InvalidDeclarationError, match="provider must be a provider, not a Provider"):
        endpoint(stack, provider=custom_resources.Provider(stack, "Other", on_event_handler=handler))
    with pytest.raises(InvalidDeclarationError, match="target must be a target of a rule, not a Topic"):
        endpoint(stack).on_delivery_failure("R", target=sns.Topic(stack, "Topic"))  # type: ignore[arg-type]  # what is tested


def test_what_cdk_takes_is_taken() -> None:
    """This includes a struct as a mapping, a role of any origin, and a tuple as a list."""
    stack = stack_in()
    vpc = ec2.Vpc(stack, "Vpc", max_azs=1)
    EndpointProvider(
        stack,
        "P",
        vpc=vpc,
        vpc_subnets={"subnet_type": ec2.SubnetType.PRIVATE_WITH_EGRESS},  # type: ignore[arg-type]  # jsii makes it one
        security_groups=(ec2.SecurityGroup.from_security_group_id(stack, "G", "sg-0123"),),
        role=iam.Role.from_role_name(stack, "Role", "mine"),
        log_retention=logs.RetentionDays.INFINITE,
    )
    assert properties(template_of(stack), "AWS::Lambda::Function")["VpcConfig"]["SecurityGroupIds"] == ["sg-0123"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: DeviceToken.unsafe_plain_text(5), "value must be a string, not an integer."),  # type: ignore[arg-type]
        (lambda: DeviceToken.unsafe_plain_text(None), "value must be a string, not None."),  # type: ignore[arg-type]
        (lambda: DeviceToken.from_secrets_manager(SECRET), "secret must be a secret, not a string."),  # type: ignore[arg-type]
        (
            lambda: DeviceToken.from_secrets_manager(_secret(stack_in()), ["apns"], version_id=1),  # type: ignore[arg-type]
            "field must be a string, not a list. [CE-104] version_id must be a string, not an integer.",
        ),
        (lambda: DeviceToken.from_ssm_parameter("/alice"), "parameter must be a parameter, not a string."),  # type: ignore[arg-type]
    ],
)
def test_a_device_token_is_checked_when_it_is_created(call: Callable[[], object], said: str) -> None:
    """It has no path yet, so the error is a TypeError that starts with the function."""
    with pytest.raises(TypeError) as raised:
        call()
    assert said in str(raised.value)
    assert str(raised.value).startswith("DeviceToken.")
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("version", [True, 1.5, [2]])
def test_a_parameters_version_is_a_number_or_its_text(version: Any) -> None:
    """True is not a number here, although it is one in Python."""
    parameter = ssm.StringParameter.from_secure_string_parameter_attributes(stack_in(), "P", parameter_name="/alice")
    with pytest.raises(TypeError, match="version must be an integer or a string, not "):
        DeviceToken.from_ssm_parameter(parameter, version)


def test_a_scope_and_an_id_are_checked_as_well() -> None:
    """They are checked before they are used."""
    with pytest.raises(InvalidDeclarationError, match=r"^Phone: scope must be a construct, not a string\."):
        endpoint("Stack", device_token=DeviceToken.unsafe_plain_text("x"))  # type: ignore[arg-type]  # what is tested
    with pytest.raises(InvalidDeclarationError, match=r"^Stack/5: id must be a string, not an integer\."):
        EndpointProvider(stack_in(), 5)  # type: ignore[arg-type]  # what is tested


def test_wrong_types_are_reported_together_with_everything_else() -> None:
    """One synth reports one error. A value of the wrong type is not checked any further."""
    with pytest.raises(InvalidDeclarationError) as raised:
        endpoint(stack_in(), endpoint_type="FCM", adopt_existing="no", endpoint_name="a\nb", application="y", tags=5)
    assert [problem.partition(" ")[0] for problem in raised.value.problems] == [
        *("endpoint_type", "adopt_existing", "tags", "application", "endpoint_name"),
    ]
