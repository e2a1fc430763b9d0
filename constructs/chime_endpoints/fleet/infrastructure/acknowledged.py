"""Acknowledged findings of cdk-nag on what a fleet runs on, with reasons."""

from __future__ import annotations

from aws_cdk import CfnResource
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from chime_endpoints._cdk.acknowledged import acknowledge, of_dependencies

OBJECTS = "The bucket contains only the objects of the fleet."
EXECUTIONS = "The name of an execution is not known before it starts."
_TRACING = "The duration of a run depends on the quota of Amazon Chime SDK, which traces do not show."


def of_bucket(bucket: s3.Bucket) -> None:
    """Acknowledge the findings on the bucket with the ledger."""
    reason = "Only the fleet's functions use the bucket. AWS CloudTrail can record its objects' events."
    acknowledge(bucket, "AwsSolutions::AwsSolutions-S1", reason)


def of_machine(machine: sfn.StateMachine) -> None:
    """Acknowledge the findings on the state machine."""
    logs = "Log delivery needs permissions on all resources. The history and the function's log contain the same."
    acknowledge(machine, "AwsSolutions::AwsSolutions-SF1", logs)
    acknowledge(machine, "AwsSolutions::AwsSolutions-SF2", _TRACING)
    acknowledge(machine, "Serverless::Serverless-StepFunctionStateMachineAllLogsToCloudWatch", logs)
    acknowledge(machine, "Serverless::Serverless-StepFunctionStateMachineXray", _TRACING)
    of_dependencies(_resource_of(machine))


def of_function(function: lambda_.Function) -> None:
    """Acknowledge the findings on each of the functions."""
    resource = _resource_of(function)
    nowhere = "An event contains a pre-signed URL, which must not be stored. A run is retried by its state machine."
    acknowledge(resource, "Serverless::Serverless-LambdaDLQ", nowhere)
    acknowledge(resource, "Serverless::Serverless-LambdaTracing", _TRACING)
    for rule in ("AwsSolutions::AwsSolutions-L1", "Serverless::Serverless-LambdaLatestVersion"):
        acknowledge(resource, rule, "CDK selects the newest Python that Lambda offers in the stack's region.")
    of_dependencies(resource)


def of_events(function: lambda_.Function) -> None:
    """Acknowledge the finding on the asynchronous invocation of the function for CloudFormation's events."""
    asynchronous = function.node.find_child("EventInvokeConfig")
    assert isinstance(asynchronous, Construct)  # noqa: S101 - for the type checker
    nowhere = "An event contains a pre-signed URL, which must not be stored, and has no use later."
    acknowledge(asynchronous, "Serverless::Serverless-LambdaAsyncFailureDestination", nowhere)


def _resource_of(construct: Construct) -> CfnResource:
    resource = construct.node.default_child
    assert isinstance(resource, CfnResource)  # noqa: S101 - for the type checker
    return resource
