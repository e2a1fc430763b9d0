"""A fleet: what is in the template, what each function may do, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Duration, RemovalPolicy, Stack
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from chime_endpoints import (
    AllowMessages,
    EndpointFleet,
    EndpointType,
    FleetDefaults,
    FleetWait,
    InvalidDeclarationError,
    Manifest,
)
from chime_endpoints.fleet.infrastructure.bucket import RUN_TAG
from chime_endpoints_fleet import store
from synth.stage import APP_INSTANCE, APPLICATION, only, properties, resources, stack_in, template_of

FLEET = "Custom::ChimeEndpointFleet"
MACHINE = "AWS::StepFunctions::StateMachine"
OTHER = f"{APP_INSTANCE[:-4]}4567"


def manifest(stack: Stack, **options: Any) -> Manifest:
    """The location of a manifest."""
    there = stack.node.try_find_child("Manifests") or s3.Bucket.from_bucket_name(stack, "Manifests", "manifests")
    return Manifest.in_bucket(there, "devices.jsonl", **options)  # type: ignore[arg-type]  # found by its id


def fleet(stack: Stack, name: str = "Fleet", **changes: Any) -> EndpointFleet:
    """A valid fleet with these differences."""
    given: dict[str, Any] = {
        "manifest": manifest(stack, version_id="v1"),
        "app_instances": [APP_INSTANCE],
        "applications": [APPLICATION],
    }
    return EndpointFleet(stack, name, **(given | changes))


def made(**changes: Any) -> dict[str, Any]:
    """The template of a fleet with these differences."""
    stack = stack_in()
    fleet(stack, **changes)
    return template_of(stack)


def definition(template: dict[str, Any]) -> dict[str, Any]:
    """The machine's definition, with a name in place of each reference."""
    parts = properties(template, MACHINE)["DefinitionString"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else "FUNCTION" for part in parts)
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def states(machine: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """All states by name, including those of children."""
    found = dict(machine["States"])
    for state in machine["States"].values():
        found |= state.get("ItemProcessor", {}).get("States", {})
    return found


TEMPLATE = made(
    defaults=FleetDefaults(
        app_instance=APP_INSTANCE,
        application=APPLICATION,
        type=EndpointType.GCM,
        allow_messages=AllowMessages.NONE,
    )
)
MACHINE_DEFINITION = definition(TEMPLATE)


def test_the_resource_contains_the_declaration() -> None:
    """Its properties are those that templates without CDK declare."""
    written = dict(properties(TEMPLATE, FLEET))
    del written["ServiceToken"]
    assert written == {
        "ServiceTimeout": 3600,
        "Manifest": {"Bucket": "manifests", "Key": "devices.jsonl", "VersionId": "v1"},
        "Defaults": {
            "AppInstance": APP_INSTANCE,
            "Application": APPLICATION,
            "Type": "GCM",
            "AllowMessages": "NONE",
        },
        "AppInstances": [APP_INSTANCE],
        "Applications": [APPLICATION],
        "RequestsPerSecond": 25,
        "MostDeletionsPercent": 10,
        "ToleratedFailures": 0,
        "Wait": "AN_HOUR",
    }


def test_there_are_few_resources() -> None:
    """Their number does not depend on the number of endpoints."""
    assert len(TEMPLATE["Resources"]) <= 16
    assert len(made(wait=FleetWait.up_to(Duration.hours(6)))["Resources"]) <= 16


def test_every_failure_ends_in_finish() -> None:
    """CloudFormation is answered whatever fails. Only the clock, which ends after an answer, has nothing to finish."""
    machine = MACHINE_DEFINITION["States"]
    for name, state in machine.items():
        if state["Type"] in ("Task", "Map") and name not in ("Finish", "Answer in time"):
            (catch,) = state["Catch"]
            assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], "Finish"), name


def test_no_map_is_given_an_empty_list() -> None:
    """A deletion and a check read no manifest, a refused run has no shards, and a run may have nothing to change."""
    machine = MACHINE_DEFINITION["States"]
    before = {
        "Split": ("Ranges?", "Prepare", "$.prepared.ranges[0]"),
        "Plan": ("Shards?", None, "$.prepared.shards[0]"),
    }
    for name, (choice, task, first) in before.items():
        assert machine[choice]["Choices"] == [{"Variable": first, "IsPresent": True, "Next": name}]
        assert [each for each, state in machine.items() if state.get("Next") == name] == []
        assert task is None or machine[task]["Next"] == choice
    assert machine["Ranges?"]["Default"] == machine["Split"]["Next"] == "Shards?"
    assert machine["Shards?"]["Default"] == machine["Plan"]["Next"] == "Decide"


def test_every_task_is_retried() -> None:
    """A worker that is killed is started again."""
    for name, state in states(MACHINE_DEFINITION).items():
        if state["Type"] == "Task":
            assert state["Retry"][0]["MaxAttempts"] == 3, name
            assert state["TimeoutSeconds"] > 900, name


def test_states_carry_numbers_and_the_names_of_fleet_and_run() -> None:
    """An execution's history keeps them for 90 days."""
    passed = {name for state in states(MACHINE_DEFINITION).values() for name in state.get("Parameters", {})}
    assert passed == {
        *("action", "fleet.$", "run.$"),
        *("level.$", "range.$", "shard.$", "shards.$", "round.$", "rate.$", "clock", "error.$", "execution.$"),
    }


def test_a_child_returns_one_number() -> None:
    """The outputs of all children are one array, which may have 256 KiB."""
    for state in MACHINE_DEFINITION["States"].values():
        for child in state.get("ItemProcessor", {}).get("States", {}).values():
            if child.get("End"):
                assert child["OutputPath"] in ("$.shard", "$.range[0]")


def test_at_once_is_a_number_in_the_definition() -> None:
    """Shards that are applied at the same time share the rate."""
    changed = definition(made(at_once=7))
    assert changed["States"]["Apply"]["MaxConcurrency"] == changed["States"]["Canary"]["MaxConcurrency"] == 7
    assert MACHINE_DEFINITION["States"]["Apply"]["MaxConcurrency"] == 4


def test_numbers_may_be_tokens() -> None:
    """The template, the machine's definition and the function's environment refer to the parameter."""
    stack = stack_in()
    number: Any = CfnParameter(stack, "Number", type="Number").value_as_number
    fleet(stack, at_once=number, requests_per_second=number, tolerated_failures=number, most_deletions_percent=number)
    template = template_of(stack)
    properties_of_fleet = properties(template, FLEET)
    for name in ("RequestsPerSecond", "ToleratedFailures", "MostDeletionsPercent"):
        assert properties_of_fleet[name] == {"Ref": "Number"}
    assert {"Ref": "Number"} in properties(template, MACHINE)["DefinitionString"]["Fn::Join"][1]
    environments = [each["Properties"]["Environment"] for each in resources(template, "AWS::Lambda::Function").values()]
    assert {"Ref": "Number"} in [each["Variables"].get("FLEET_AT_ONCE") for each in environments]


def statements(template: dict[str, Any]) -> list[dict[str, Any]]:
    """The statements of all policies and roles."""
    documents = [each["Properties"]["PolicyDocument"] for each in resources(template, "AWS::IAM::Policy").values()]
    for role in resources(template, "AWS::IAM::Role").values():
        documents += [each["PolicyDocument"] for each in role["Properties"].get("Policies", [])]
    return [statement for document in documents for statement in document["Statement"]]


def test_permissions_name_their_resources() -> None:
    """The only wildcards are the users of the app instances, the machine's executions and the fleet's own objects."""
    wide = set()
    for statement in statements(TEMPLATE):
        actions = statement["Action"]
        assert "*" not in json.dumps(actions)
        listed = statement["Resource"]
        for resource in listed if isinstance(listed, list) else [listed]:
            written = json.dumps(resource)
            if "*" in written:
                wide.add(written.rpartition("/")[2] if "/" in written else written[-12:])
    assert len(wide) == 3
    assert any("user" not in each for each in wide)


def test_no_action_is_allowed_on_everything() -> None:
    """AWS managed policies are not attached either."""
    assert all(statement["Resource"] != "*" for statement in statements(TEMPLATE))
    assert all("ManagedPolicyArns" not in role["Properties"] for role in resources(TEMPLATE, "AWS::IAM::Role").values())


def test_only_the_manifest_is_read_in_its_bucket() -> None:
    """Of the declared version; without one, of every version, since a run reads one version from start to end."""
    for options, actions in (
        ({"version_id": "v1"}, "s3:GetObjectVersion"),
        ({}, ["s3:GetObject", "s3:GetObjectVersion"]),
    ):
        stack = stack_in()
        fleet(stack, manifest=manifest(stack, **options))
        (reading,) = (each for each in statements(template_of(stack)) if "manifests/devices.jsonl" in json.dumps(each))
        assert reading["Action"] == actions


def test_another_app_instance_gets_another_policy() -> None:
    """CloudFormation deletes the old policy only after the fleet has deregistered what needs it."""
    before, after = (
        {name for name in resources(made(app_instances=[each]), "AWS::IAM::Policy") if "Endpoints" in name}
        for each in (APP_INSTANCE, OTHER)
    )
    assert before.isdisjoint(after)


def test_permissions_outlive_the_fleet() -> None:
    """The fleet depends on everything that its deletion needs."""
    needed = set(only(TEMPLATE, FLEET)["DependsOn"])
    assert needed >= set(resources(TEMPLATE, "AWS::IAM::Policy"))
    assert needed >= {*resources(TEMPLATE, "AWS::S3::Bucket"), *resources(TEMPLATE, "AWS::S3::BucketPolicy")}


def test_the_bucket_is_private_and_encrypted() -> None:
    """It contains what the fleet has registered, and device tokens while a run lasts."""
    bucket = properties(TEMPLATE, "AWS::S3::Bucket")
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (expiry,) = bucket["LifecycleConfiguration"]["Rules"]
    assert expiry["ExpirationInDays"] == 30
    assert "=".join(RUN_TAG) == store.RUN_TAG
    assert expiry["TagFilters"] == [{"Key": RUN_TAG[0], "Value": RUN_TAG[1]}]
    assert "aws:SecureTransport" in json.dumps(properties(TEMPLATE, "AWS::S3::BucketPolicy"))


def test_a_key_encrypts_the_bucket_and_the_logs() -> None:
    """The functions may use it."""
    stack = stack_in()
    fleet(stack, encryption_key=kms.Key(stack, "Key"))
    template = template_of(stack)
    key = {"Fn::GetAtt": [next(iter(resources(template, "AWS::KMS::Key"))), "Arn"]}
    (rule,) = properties(template, "AWS::S3::Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == key
    assert all(each["Properties"]["KmsKeyId"] == key for each in resources(template, "AWS::Logs::LogGroup").values())
    assert [each["Action"] for each in statements(template) if each["Resource"] == key] == [
        ["kms:Decrypt", "kms:GenerateDataKey"]
    ] * 2


def test_retain_keeps_the_ledger_with_the_endpoints() -> None:
    """Without the ledger, no other fleet could take the endpoints over."""
    retained = made(removal_policy=RemovalPolicy.RETAIN)
    for kind in (FLEET, "AWS::S3::Bucket"):
        assert only(retained, kind)["DeletionPolicy"] == only(retained, kind)["UpdateReplacePolicy"] == "Retain"
    assert only(TEMPLATE, "AWS::S3::Bucket")["DeletionPolicy"] == "Delete"


def test_a_stack_may_go_on_at_once() -> None:
    """The resource says so, and the function answers after a test with a few endpoints."""
    assert properties(made(wait=FleetWait.NOT_AT_ALL), FLEET)["Wait"] == "NOT_AT_ALL"


def test_a_condition_waits_for_longer_than_an_hour() -> None:
    """It waits after the fleet, for a signal from the function."""
    template = made(wait=FleetWait.up_to(Duration.hours(6)))
    (handle,) = resources(template, "AWS::CloudFormation::WaitConditionHandle")
    condition = only(template, "AWS::CloudFormation::WaitCondition")
    assert properties(template, FLEET)["WaitHandle"] == condition["Properties"]["Handle"] == {"Ref": handle}
    assert condition["Properties"]["Timeout"] == "21600"
    assert condition["DependsOn"] == [next(iter(resources(template, FLEET)))]


def test_each_change_has_its_own_condition() -> None:
    """A WaitCondition cannot be updated. A deployment without a change keeps it."""
    names = []
    for version in ("v1", "v1", "v2"):
        stack = stack_in()
        fleet(stack, manifest=manifest(stack, version_id=version), wait=FleetWait.up_to(Duration.hours(12)))
        template = template_of(stack)
        kinds = ("AWS::CloudFormation::WaitCondition", "AWS::CloudFormation::WaitConditionHandle")
        names.append([name for kind in kinds for name in resources(template, kind)])
    assert names[0] == names[1]
    assert set(names[0]).isdisjoint(names[2])


def test_metrics_are_those_of_one_fleet() -> None:
    """The dimension is the fleet's id."""
    stack = stack_in()
    made_here = fleet(stack)
    for metric in (made_here.metric_registered(), made_here.metric_failed(), made_here.metric_remaining()):
        metric.create_alarm(stack, str(metric.metric_name), threshold=1, evaluation_periods=1)
    made_here.metric_throttled().create_alarm(stack, "Throttled", threshold=1, evaluation_periods=1)
    alarms = resources(template_of(stack), "AWS::CloudWatch::Alarm")
    (reference,) = resources(template_of(stack), FLEET)
    for alarm in alarms.values():
        assert alarm["Properties"]["Namespace"] == "ChimeEndpoints"
        assert alarm["Properties"]["Dimensions"] == [{"Name": "Fleet", "Value": {"Ref": reference}}]
    assert {alarm["Properties"]["Statistic"] for alarm in alarms.values()} == {"Maximum", "Sum"}


def test_a_rule_matches_failed_runs() -> None:
    """A run that a newer run has stopped does not count."""
    stack = stack_in()
    fleet(stack).on_run_failed("Alarm", target=targets.SnsTopic(sns.Topic(stack, "Topic")))
    pattern = properties(template_of(stack), "AWS::Events::Rule")["EventPattern"]
    assert pattern["detail"]["status"] == ["FAILED", "TIMED_OUT"]
    assert pattern["detail"]["stateMachineArn"] == [{"Ref": next(iter(resources(template_of(stack), MACHINE)))}]


def test_attributes_are_those_of_the_resource() -> None:
    """They are known after the deployment."""
    stack = stack_in()
    here = fleet(stack)
    (name,) = resources(template_of(stack), FLEET)
    assert stack.resolve(here.fleet_id) == {"Ref": name}
    for attribute, value in (("Run", here.run_id), ("State", here.state), ("Registered", here.registered)):
        assert stack.resolve(value) == {"Fn::GetAtt": [name, attribute]}
    assert stack.resolve(here.state_machine_arn) == {"Ref": next(iter(resources(template_of(stack), MACHINE)))}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"app_instances": []}, "app_instances is empty"),
        ({"applications": []}, "applications is empty"),
        ({"app_instances": ["x"]}, "app_instances is not the ARN of an app instance"),
        ({"applications": ["x"]}, "applications is not the ARN of an application"),
        ({"requests_per_second": 0}, "requests_per_second is 0; it must be 1 to 50."),
        ({"requests_per_second": 51}, "requests_per_second is 51; it must be 1 to 50."),
        ({"at_once": 0}, "at_once is 0; it must be 1 to 40."),
        ({"tolerated_failures": -1}, "tolerated_failures is -1; it must be 0 to 1,000,000."),
        ({"most_deletions_percent": 101}, "most_deletions_percent is 101; it must be 0 to 100."),
        ({"removal_policy": RemovalPolicy.SNAPSHOT}, "removal_policy is SNAPSHOT"),
        ({"defaults": FleetDefaults(app_instance="x")}, "defaults.app_instance is not the ARN"),
        ({"defaults": FleetDefaults(application="x")}, "defaults.application is not the ARN"),
        ({"defaults": FleetDefaults(app_instance=OTHER)}, "defaults.app_instance is not in app_instances"),
        ({"defaults": FleetDefaults(type="GCM")}, "defaults.type must be a member of EndpointType, not a string."),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_work_is_refused(changes: dict[str, Any], said: str) -> None:
    """The error names the option and what it accepts."""
    with pytest.raises(InvalidDeclarationError) as it:
        fleet(stack_in(), **changes)
    assert any(problem.startswith(said) for problem in it.value.problems)


def test_all_problems_are_reported_at_once() -> None:
    """As for every construct."""
    with pytest.raises(InvalidDeclarationError) as it:
        fleet(stack_in(), app_instances=[], applications=[], requests_per_second=99)
    assert len(it.value.problems) == 3


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda _: Manifest.in_bucket("manifests", "x"), TypeError),  # type: ignore[arg-type]  # what is tested
        (lambda stack: manifest(stack, version_id=5), TypeError),
        (lambda stack: manifest(stack, version_id=""), ValueError),
        (lambda stack: Manifest.in_bucket(s3.Bucket.from_bucket_name(stack, "B", "manifests"), ""), ValueError),
        (lambda _: FleetWait.up_to(Duration.hours(13)), ValueError),
        (lambda _: FleetWait.up_to(Duration.millis(1500)), ValueError),
        (lambda _: FleetWait.up_to(6), TypeError),  # type: ignore[arg-type]  # what is tested
    ],
)
def test_options_that_are_values_check_themselves(make: Any, error: type[Exception]) -> None:
    """They are no constructs, so the error has no path."""
    with pytest.raises(error):
        make(Stack(App(), "S"))
