"""A CloudFormation that deploys templates in an order that reveals missing dependencies.

It creates policies as late and deletes them as early as the dependencies allow, because the real CloudFormation may do
so too.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any

from chime_endpoints_emulator import ChimeSDKIdentityBackend
from chime_endpoints_emulator.records import AppInstance
from chime_endpoints_handler.index import AnswerNotAcceptedError
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE
from permissions.guard import Guard
from permissions.intrinsics import dependencies, resolve
from permissions.policies import Document, Permission, granted
from support.stage import ACCOUNT, REGION, STACK_ID, Stage

Template = Mapping[str, Any]
POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")


class FailedError(Exception):
    """The function answered FAILED."""


def stack_id(name: str) -> str:
    """A stack's ARN. The ARN of `chat` is the one in the stage's events."""
    return STACK_ID.replace("/chat/", f"/{name}/")


@dataclass
class Made:
    """An existing resource."""

    type: str
    properties: Mapping[str, Any]
    physical_id: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    superseded: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Physical ids that an update has replaced, with their properties."""


@dataclass
class Stack:
    """A stack, and the values of the names in its template."""

    name: str
    exports: Mapping[str, str]
    template: Template = field(default_factory=lambda: {"Resources": {}})
    made: dict[str, Made] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The stack's ARN."""
        return stack_id(self.name)

    def ref(self, name: str) -> str:
        """A resource, the default of a parameter, or a pseudo parameter."""
        pseudo = {
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::StackId": self.id,
            "AWS::StackName": self.name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        if name in pseudo:
            return pseudo[name]
        if name in self.made:
            return self.made[name].physical_id
        return str(self.template["Parameters"][name]["Default"])

    def attribute(self, name: str, attribute: str) -> str:
        """An attribute of a resource."""
        return self.made[name].attributes[attribute]

    def imported(self, export: str) -> str:
        """The value of another stack's export."""
        return self.exports[export]


class CloudFormation:
    """The stacks of an account. Their custom resources are handled with the permissions of their function's role."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.guard = Guard(stage.clients)
        stage.clients = self.guard  # type: ignore[assignment]  # in the place of the staged ones
        self.granted: set[Permission] = set()
        """Everything that any policy of a function's role ever granted."""
        self._stacks: dict[str, Stack] = {}
        self._exports: dict[str, str] = {}

    def deploy(self, name: str, template: Template, *, fails: bool = False) -> None:
        """Create or update a stack.

        Args:
            name: the stack's name.
            template: what it is to hold.
            fails: whether something else in it fails when all of this is done, so that it is rolled back.

        Raises:
            FailedError: the function answered FAILED.
        """
        stack = self._stacks.setdefault(name, Stack(name, self._exports))
        before = stack.template
        self._begin(stack, "UPDATE_IN_PROGRESS" if stack.made else "CREATE_IN_PROGRESS")
        self._put(stack, template)
        if fails:
            self._begin(stack, "UPDATE_ROLLBACK_IN_PROGRESS")
            self._put(stack, before)
            self._clean_up(stack, template)
            return
        self._clean_up(stack, before)
        for output in template.get("Outputs", {}).values():
            if "Export" in output:
                self._exports[resolve(output["Export"]["Name"], stack)] = resolve(output["Value"], stack)

    def lose(self, name: str) -> None:
        """Create more endpoints like those in a stack without an answer, and delete them under an invented ID."""
        stack = self._stacks[name]
        self._begin(stack, "UPDATE_IN_PROGRESS")
        for like, made in [each for each in stack.made.items() if each[1].type == ENDPOINT_TYPE]:
            changes = {"Name": "canary lost", "EndpointAttributes": {"DeviceToken": f"canary-lost-{like}"}}
            properties = {**made.properties, **changes}
            lost = f"Lost{like}"
            self.stage.sink.refuses = True
            with suppress(AnswerNotAcceptedError):
                self._send(stack, lost, made.type, "Create", properties)
            self.stage.sink.refuses = False
            self._send(stack, lost, made.type, "Delete", properties, PhysicalResourceId=f"{name}-{lost}-INVENTED")

    def rotate(self) -> None:
        """Change the content of every secret and parameter with a device token."""
        clients = self.guard.clients
        secrets, parameters = clients.secrets(REGION), clients.parameters(REGION)
        for secret in secrets.list_secrets()["SecretList"]:
            content = secrets.get_secret_value(SecretId=secret["ARN"])["SecretString"]
            secrets.put_secret_value(SecretId=secret["ARN"], SecretString=_rotated(content))
        for parameter in parameters.describe_parameters()["Parameters"]:
            name = parameter["Name"]
            value = parameters.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
            parameters.put_parameter(Name=name, Value=_rotated(value), Overwrite=True)

    def delete(self, name: str) -> None:
        """Delete a stack.

        Raises:
            FailedError: the function answered FAILED.
        """
        self.deploy(name, {"Resources": {}})
        del self._stacks[name]

    def documents(self, *kinds: str) -> list[Document]:
        """The current policies of the account's only function, of these kinds or of all kinds."""
        there = [made for stack in self._stacks.values() for made in stack.made.values()]
        (role,) = (each for each in there if each.type == "AWS::IAM::Role")
        assert not role.properties.keys() & {"Policies", "ManagedPolicyArns"}, "policies that nobody evaluates"
        attached = [each for each in there if each.type in (kinds or POLICIES)]
        assert all(each.properties["Roles"] == [role.physical_id] for each in attached)
        return [each.properties["PolicyDocument"] for each in attached]

    @property
    def tags(self) -> dict[str, dict[str, str]]:
        """The tags of the identities that have any."""
        return {arn: dict(tags) for arn, tags in self.stage.backend.tags.items() if tags}

    # How it goes through a template

    def _begin(self, stack: Stack, status: str) -> None:
        stand_in = self.stage.stack
        stand_in.stack_id, stand_in.events = stack.id, stack.events
        stand_in.happens(status, stack.id, to=stack.name)

    def _put(self, stack: Stack, template: Template) -> None:
        stack.template = template
        resources = template["Resources"]
        for name in reversed(_removal_order(template)):
            properties = resolve(resources[name].get("Properties", {}), stack)
            if name not in stack.made:
                stack.made[name] = self._made(stack, name, resources[name]["Type"], properties)
            elif stack.made[name].properties != properties:
                self._update(stack, name, properties)

    def _clean_up(self, stack: Stack, former: Template) -> None:
        for name in _removal_order(former):
            made = stack.made[name]
            is_kept = name in stack.template["Resources"]
            made.superseded.pop(made.physical_id, None)  # a rollback has returned to it
            gone = made.superseded if is_kept else made.superseded | {made.physical_id: made.properties}
            if _is_custom(made.type):
                for physical_id, properties in gone.items():
                    self._send(stack, name, made.type, "Delete", properties, PhysicalResourceId=physical_id)
            made.superseded = {}
            if not is_kept:
                del stack.made[name]

    # What resources are

    def _made(self, stack: Stack, name: str, kind: str, properties: Mapping[str, Any]) -> Made:
        own_name = f"{stack.name}-{name}"
        match kind:
            case "AWS::SecretsManager::Secret":
                given = {"KmsKeyId": properties["KmsKeyId"]} if "KmsKeyId" in properties else {}
                secrets = self.guard.clients.secrets(REGION)
                arn = secrets.create_secret(Name=own_name, SecretString=f"canary-{name}", **given)["ARN"]
                return Made(kind, properties, arn)
            case "AWS::Chime::AppInstance":
                arn = self.stage.backend.create_app_instance(name=own_name)
                return Made(kind, properties, arn, {"AppInstanceArn": arn})
            case "AWS::Chime::AppInstanceUser":
                arn = put_user(self.stage.backend, properties["AppInstanceArn"], properties["AppInstanceUserId"])
                return Made(kind, properties, arn, {"AppInstanceUserArn": arn})
            case "AWS::Pinpoint::App":
                arn = f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/{own_name}"
                return Made(kind, properties, own_name, {"Arn": arn})
            case _ if _is_custom(kind):
                answer = self._send(stack, name, kind, "Create", properties)
                return Made(kind, properties, answer["PhysicalResourceId"], answer["Data"])
        service, _, resource = kind.removeprefix("AWS::").lower().partition("::")
        arn = f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}/{own_name}"
        return Made(kind, properties, own_name, {"Arn": arn, "GroupId": own_name})

    def _update(self, stack: Stack, name: str, properties: Mapping[str, Any]) -> None:
        made = stack.made[name]
        if _is_custom(made.type):
            answer = self._send(
                stack,
                name,
                made.type,
                "Update",
                properties,
                PhysicalResourceId=made.physical_id,
                OldResourceProperties=made.properties,
            )
            if answer["PhysicalResourceId"] != made.physical_id:
                made.superseded[made.physical_id] = made.properties
            made.physical_id, made.attributes = answer["PhysicalResourceId"], answer["Data"]
        made.properties = properties

    def _send(
        self, stack: Stack, name: str, kind: str, request_type: str, properties: Mapping[str, Any], **members: Any
    ) -> dict[str, Any]:
        """Send an event to the function, which has the permissions of this moment."""
        stage = self.stage
        stage.clock.sleep(30)
        stage.sent()
        status = f"{request_type.upper()}_IN_PROGRESS"
        held = stack.made[name].physical_id if name in stack.made else ""
        physical_id = members.get("PhysicalResourceId", held)
        stage.stack.detail = {
            "ResourceStatus": status,
            "PhysicalResourceId": physical_id,
            "LastUpdatedTimestamp": stage.clock.now(),
        }
        stage.stack.happens(status, physical_id, to=name)
        self.guard.documents = self.documents()
        self.granted |= granted(self.guard.documents)
        event = stage.event(
            request_type, properties, StackId=stack.id, LogicalResourceId=name, ResourceType=kind, **members
        )
        answer = stage.deliver(event)
        if answer["Status"] != "SUCCESS":
            raise FailedError(answer["Reason"])
        return answer


def put_user(backend: ChimeSDKIdentityBackend, app_instance: str, user_id: str) -> str:
    """Create a user outside any stack, and the app instance if it does not exist. Return the user's ARN."""
    if app_instance not in backend.app_instances:
        now = backend.now()
        backend.app_instances[app_instance] = AppInstance(arn=app_instance, name="chat", created=now, updated=now)
        backend.tags[app_instance] = {}
    return backend.create_app_instance_user(app_instance_arn=app_instance, app_instance_user_id=user_id, name="A")


def _rotated(content: str) -> str:
    return content.replace("canary-", "canary-new-")


def _is_custom(resource_type: str) -> bool:
    return resource_type.startswith("Custom::Chime")


def _removal_order(template: Template) -> list[str]:
    """Every resource before those that it depends on, with policies as early as possible."""
    resources = template["Resources"]
    needed_by: dict[str, set[str]] = {name: set() for name in resources}
    for name, each in resources.items():
        for needed in dependencies(each) & resources.keys():
            needed_by[needed].add(name)
    sorter = TopologicalSorter(needed_by)
    sorter.prepare()
    order: list[str] = []
    ready: set[str] = set()
    while sorter.is_active():
        ready |= set(sorter.get_ready())
        name = min(ready, key=lambda name: (resources[name]["Type"] not in POLICIES, name))
        ready.remove(name)
        sorter.done(name)
        order.append(name)
    return order
