"""The endpoints in a stack's template, with assertions about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self, Unpack

from aws_cdk import Stack
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from aws_cdk.assertions import Template
from aws_cdk.interfaces.aws_chime import IAppInstanceUserRef

from chime_endpoints.device_token import DeviceToken
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE, TAGS_TYPE

from .expected import ExpectedEndpoint, check_names
from .values import READERS, TOKENS, Resource, in_template, is_equal, one_form, shown

_USER_TYPE = "AWS::Chime::AppInstanceUser"
_MOST_SHOWN = 5


class EndpointTemplate:
    """The endpoints in a template. Each assertion raises AssertionError, with a message that contains no device token.

    ```python
    template = EndpointTemplate.from_stack(stack)
    template.has_endpoint(app_instance_user=user, endpoint_type=EndpointType.APNS)
    ```
    """

    def __init__(self, template: Mapping[str, Any], *, stack: Stack | None = None) -> None:
        """Use `from_stack` or `from_json`."""
        self._resources: Mapping[str, Resource] = template.get("Resources", {})
        self._stack = stack
        self._name = "the template" if stack is None else f"stack {stack.node.path}"

    @classmethod
    def from_stack(cls, stack: Stack) -> Self:
        """Synthesize the app of a stack, and return the stack's endpoints.

        Args:
            stack: the stack. Expected values can be constructs and CDK tokens of the same app.
        """
        return cls(Template.from_stack(stack).to_json(), stack=stack)

    @classmethod
    def from_json(cls, template: Mapping[str, Any]) -> Self:
        """Return the endpoints of a template that was read from a file, for example one written without CDK.

        Args:
            template: the content of the template. Expected values must be strings or matchers.
        """
        return cls(template)

    def find_endpoints(self, **expected: Unpack[ExpectedEndpoint]) -> list[str]:
        """Return the logical ids of the endpoints that have these options.

        Args:
            expected: see `ExpectedEndpoint`. Without any, all endpoints are returned.
        """
        return [name for name, mismatches in self._compared(expected) if not mismatches]

    def has_endpoint(self, **expected: Unpack[ExpectedEndpoint]) -> None:
        """Assert that at least one endpoint has these options.

        Args:
            expected: see `ExpectedEndpoint`.

        Raises:
            AssertionError: no endpoint has them. The message lists what differs, the closest endpoint first.
        """
        compared = self._compared(expected)
        if any(not mismatches for _, mismatches in compared):
            return
        raise AssertionError(f"No endpoint in {self._name} has {self._told(expected)}.{self._differences(compared)}")

    def has_no_endpoint(self, **expected: Unpack[ExpectedEndpoint]) -> None:
        """Assert that no endpoint has these options.

        Args:
            expected: see `ExpectedEndpoint`.

        Raises:
            AssertionError: an endpoint has them. The message names it.
        """
        if found := self.find_endpoints(**expected):
            having = f" with {self._told(expected)}" if expected else ""
            raise AssertionError(
                f"{self._name[0].upper()}{self._name[1:]} has an endpoint{having}: {', '.join(found)}."
            )

    def all_endpoints(self, **expected: Unpack[ExpectedEndpoint]) -> None:
        """Assert that every endpoint has these options, and that there is at least one.

        Args:
            expected: see `ExpectedEndpoint`.

        Raises:
            AssertionError: an endpoint lacks one of them, or there is none. The message lists what differs.
        """
        compared = self._compared(expected)
        different = [(name, mismatches) for name, mismatches in compared if mismatches]
        if different or not compared:
            told = f"Not every endpoint in {self._name} has {self._told(expected)}."
            raise AssertionError(f"{told}{self._differences(different)}")

    def endpoint_count_is(self, count: int, **expected: Unpack[ExpectedEndpoint]) -> None:
        """Assert how many endpoints there are with these options.

        Args:
            count: the expected number.
            expected: see `ExpectedEndpoint`. Without any, all endpoints are counted.

        Raises:
            AssertionError: there are more or fewer. The message names them.
        """
        found = self.find_endpoints(**expected)
        if len(found) != count:
            having = f" with {self._told(expected)}" if expected else ""
            named = f": {', '.join(found)}" if found else ""
            raise AssertionError(f"Expected {count} endpoints in {self._name}{having}, but found {len(found)}{named}.")

    def reads_secret(self, secret: secretsmanager.ISecret, field: str | None = None) -> None:
        """Assert that the device token of an endpoint is read from a secret.

        Args:
            secret: the secret.
            field: the field of the secret. Default: any field, or the whole secret.

        Raises:
            AssertionError: no endpoint reads it. The message lists what the endpoints read instead.
        """
        expected = in_template("device_token", DeviceToken.from_secrets_manager(secret, field=field), self._stack)
        self._reads(expected)

    def reads_parameter(self, parameter: ssm.IStringParameter) -> None:
        """Assert that the device token of an endpoint is read from a parameter, in any version.

        Args:
            parameter: the parameter.

        Raises:
            AssertionError: no endpoint reads it. The message lists what the endpoints read instead.
        """
        self._reads(in_template("device_token", DeviceToken.from_ssm_parameter(parameter), self._stack))

    def has_no_plain_text_token(self) -> None:
        """Assert that no device token is in the template, where everyone who can read the stack sees it.

        Raises:
            AssertionError: a token is. The message names the endpoint.
        """
        plain = [
            f"{name}: {option}"
            for name, option, found in self._tokens()
            if isinstance(found, dict) and "Plain" in found
        ]
        if plain:
            raise AssertionError(
                f"Device tokens are in plain text in {self._name}: {', '.join(plain)}. Use"
                " DeviceToken.from_secrets_manager or DeviceToken.from_ssm_parameter."
            )

    def has_user_tags(self, app_instance_user: str | IAppInstanceUserRef, tags: Mapping[str, str]) -> None:
        """Assert that a user gets these tags, and possibly others. Endpoints themselves cannot be tagged.

        Args:
            app_instance_user: the user: an ARN, or a `CfnAppInstanceUser`, whose own tags are compared.
            tags: the expected tags.

        Raises:
            AssertionError: a tag is missing or has another value. The message lists the tags of the user.
        """
        user = in_template("app_instance_user", app_instance_user, self._stack)
        found = {str(tag["Key"]): tag["Value"] for tag in self._tags_of(user)}
        if not tags.items() <= found.items():
            raise AssertionError(
                f"User {shown('app_instance_user', user)} in {self._name} has the tags {found}, not {dict(tags)}."
            )

    def _compared(self, expected: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
        """Return each endpoint with what differs from the expectation."""
        check_names(expected)
        wanted = {option: in_template(option, value, self._stack) for option, value in expected.items()}
        return [
            (
                name,
                [
                    f"{option} is {shown(option, found)}"
                    for option, value in wanted.items()
                    if not is_equal(value, found := READERS[option](resource))
                ],
            )
            for name, resource in self._endpoints()
        ]

    def _endpoints(self) -> Iterator[tuple[str, Resource]]:
        return ((name, each) for name, each in self._resources.items() if each.get("Type") == ENDPOINT_TYPE)

    def _tokens(self) -> Iterator[tuple[str, str, Any]]:
        for name, resource in self._endpoints():
            for option in TOKENS:
                if (found := READERS[option](resource)) is not None:
                    yield name, option, found

    def _reads(self, expected: Mapping[str, Any]) -> None:
        """Assert that a token has a source with these members, and possibly others."""
        sources = [found for _, _, found in self._tokens() if isinstance(found, dict)]
        if not any(expected.items() <= found.items() for found in sources):
            read = sorted({shown("device_token", found) for found in sources})
            raise AssertionError(
                f"No endpoint in {self._name} reads {shown('device_token', expected)}. The endpoints read:"
                f" {', '.join(read) or 'nothing'}."
            )

    def _tags_of(self, user: Any) -> list[Mapping[str, Any]]:
        native = user.get("Ref") if isinstance(user, dict) else None
        owners = [
            each
            for name, each in self._resources.items()
            if (each.get("Type") == _USER_TYPE and name == native)
            or (each.get("Type") == TAGS_TYPE and one_form(each["Properties"].get("ResourceARN")) == user)
        ]
        return [tag for owner in owners for tag in owner["Properties"].get("Tags", [])]

    def _told(self, expected: Mapping[str, Any]) -> str:
        wanted = ((option, in_template(option, value, self._stack)) for option, value in expected.items())
        return " and ".join(f"{option} {shown(option, value)}" for option, value in wanted) or "any options"

    def _differences(self, compared: list[tuple[str, list[str]]]) -> str:
        if not compared:
            return " It has no endpoints."
        closest = sorted(compared, key=lambda each: len(each[1]))
        lines = [f"\n  - {name}: {'; '.join(mismatches)}" for name, mismatches in closest[:_MOST_SHOWN]]
        more = len(closest) - _MOST_SHOWN
        return "".join(lines) + (f"\n  and {more} more" if more > 0 else "")
