"""The app that is deployed. Environment variables set the number of endpoints and how they are declared."""

import os
from pathlib import Path

import jsii
from aws_cdk import App, Aspects, IAspect, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import CustomResource, Duration

from bench.declared import ALTERNATIVES, APPLICATION, ONE_STACK

HERE = Path(__file__).parent
ONLY_ANSWERS = {"python": HERE / "only_answers.py", "node": HERE / "only_answers.js"}

way, size = os.environ["BENCH_WAY"], int(os.environ["BENCH_SIZE"])
name, app_instance = os.environ["BENCH_NAME"], os.environ["BENCH_APP_INSTANCE"]


def with_crhelper(stack: Stack, number: int) -> None:
    """Declare an endpoint with a function written as in crhelper's documentation."""
    function = stack.node.try_find_child("Function") or lambda_.Function(
        stack,
        "Function",
        code=lambda_.Code.from_asset(os.environ["BENCH_CRHELPER"]),
        handler="over_http.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
        timeout=Duration.minutes(5),
        initial_policy=[
            iam.PolicyStatement(actions=["chime:*"], resources=[f"{app_instance}/user/*"]),
            iam.PolicyStatement(actions=["mobiletargeting:GetApp"], resources=[APPLICATION]),
        ],
    )
    CustomResource(
        stack,
        f"Phone{number}",
        resource_type="Custom::PhoneWithCrhelper",
        service_token=function.function_arn,
        properties={
            "AppInstanceUserArn": f"{app_instance}/user/user-{number}",
            "Type": "APNS",
            "ResourceArn": APPLICATION,
            "EndpointAttributes": {"DeviceToken": f"token-{number}"},
            "Name": f"{name} {number}",
        },
    )


@jsii.implements(IAspect)
class OnlyAnswers:
    """Replaces every function with one in the same language that only sends responses."""

    def visit(self, node):
        """Change the code if the node is a function."""
        if isinstance(node, lambda_.CfnFunction):
            language = "python" if node.runtime.startswith("python") else "node"
            node.code = lambda_.CfnFunction.CodeProperty(zip_file=ONLY_ANSWERS[language].read_text())
            node.handler = "index.handler"


app = App()
per_stack = ONE_STACK.get(way, 490)
stacks = [Stack(app, f"{os.environ['BENCH_STACK']}x{number}") for number in range(-(-size // per_stack))]
for number in range(size):
    stack = stacks[number // per_stack]
    if way in ALTERNATIVES:
        ALTERNATIVES[way](stack, number, f"{name} {number}", app_instance=app_instance)
    else:
        with_crhelper(stack, number)
if os.environ["BENCH_ONLY_ANSWERS"]:
    Aspects.of(app).add(OnlyAnswers())
app.synth()
