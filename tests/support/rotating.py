"""The stack of an endpoint whose device token is in a rotated secret, and CloudFormation's view of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from chime_endpoints_handler.index import AnswerNotAcceptedError
from support.anomalies import stands
from support.stage import REGION, STACK_ID, Stage

OLD, NEW = "canary-old", "canary-new"
NESTED = "arn:aws:cloudformation:us-east-1:123456789012:stack/nested/6e5b8f10-0000-4000-8000-000000000002"


@dataclass
class Stack:
    """The stack of an endpoint whose device token is in a secret, and CloudFormation's view of it."""

    stage: Stage
    held: str = ""
    declared: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    """What was declared before the last update."""

    def __post_init__(self) -> None:
        secrets = boto3.client("secretsmanager", region_name=REGION)
        self.secret = secrets.create_secret(Name="push", SecretString=OLD)["ARN"]

    def create(self, **changes: Any) -> str:
        """Create the stack a day ago, and return the physical ID."""
        attributes = {"DeviceTokenSource": {"SecretArn": self.secret}}
        self.declared = self.stage.properties(**{"EndpointAttributes": attributes} | changes)
        self.says("CREATE_IN_PROGRESS")
        self.held = self.stage.create(self.declared)["PhysicalResourceId"]
        self.says("CREATE_COMPLETE")
        self.stage.clock.sleep(86_400)
        return self.held

    def rotate(self, token: str = NEW) -> None:
        """Put another token into the secret."""
        boto3.client("secretsmanager", region_name=REGION).put_secret_value(SecretId=self.secret, SecretString=token)

    def update(self, **changes: Any) -> dict[str, Any]:
        """An update of the stack, as far as it concerns the endpoint."""
        self.says("UPDATE_IN_PROGRESS")
        self.before, self.declared = self.declared, self.declared | changes
        return self.send()

    def update_unheard(self, **changes: Any) -> None:
        """An update of the stack whose answer is lost."""
        self.stage.sink.refuses = True
        with pytest.raises(AnswerNotAcceptedError):
            self.update(**changes)
        self.stage.sink.refuses = False
        self.stage.clock.sleep(3600)

    def roll_back(self) -> dict[str, Any]:
        """Roll the update back with an Update, and delete what that replaces."""
        self.says("UPDATE_ROLLBACK_IN_PROGRESS")
        self.before, self.declared, successor = self.declared, self.before, self.held
        answer = self.send()
        if answer["Status"] == "SUCCESS" and self.held != successor:
            self.stage.delete(successor, self.before)
        return answer

    def send(self) -> dict[str, Any]:
        """Send an Update of the endpoint, with CloudFormation's events for it."""
        self.stage.clock.sleep(60)
        self.stage.sent()
        stands(self.stage, "UPDATE_IN_PROGRESS", self.held)
        self.stage.stack.happens("UPDATE_IN_PROGRESS", self.held)
        answer = self.stage.update(self.held, self.declared, self.before)
        if answer["Status"] == "SUCCESS":
            self.held = answer["PhysicalResourceId"]
            self.stage.stack.happens("UPDATE_IN_PROGRESS", self.held)
        self.stage.stack.happens(answer["Status"].replace("SUCCESS", "UPDATE_COMPLETE"), self.held)
        return answer

    def says(self, status: str) -> None:
        """Set the current status of the stack; a nested stack and another resource have their own."""
        self.stage.stack.happens(status, STACK_ID, to="chat")
        self.stage.stack.happens("UPDATE_COMPLETE", NESTED, to="Nested")
        self.stage.stack.happens("UPDATE_IN_PROGRESS", "tablet", to="Tablet")


def there(stack: Stack) -> list[tuple[str, str, str | None, str]]:
    """The registered endpoints."""
    return [
        (f"{each.app_instance_user_arn}/endpoint/{each.endpoint_id}", each.device_token, each.name, each.allow_messages)
        for each in stack.stage.registered
    ]
