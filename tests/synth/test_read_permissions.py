"""The role's permissions for device tokens in secrets and parameters."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

from chime_endpoints import DeviceToken
from synth.stage import SECRET, allowed, endpoint, properties, stack_in, template_of

TEXT = DeviceToken.unsafe_plain_text
ASKED = ("cloudformation:DescribeStacks",)


class TestReading:
    """The role can read exactly the declared secrets and parameters, and use their keys."""

    def granted(self, stack: Stack, *tokens: DeviceToken) -> dict[str, list[Any]]:
        """The permissions for tokens."""
        for number, token in enumerate(tokens):
            endpoint(stack, f"Phone{number}", device_token=token)
        return {
            action: resources
            for action, resources in allowed(template_of(stack)).items()
            if action.split(":")[0] in ("secretsmanager", "ssm", "kms")
        }

    def test_a_complete_arn_is_the_resource(self) -> None:
        """It needs no wildcard. A secret with many fields is listed once."""
        stack = stack_in()
        secret = secretsmanager.Secret.from_secret_complete_arn(stack, "S", SECRET)
        tokens = [DeviceToken.from_secrets_manager(secret, field) for field in ("a", "b")]
        assert self.granted(stack, *tokens) == {"secretsmanager:GetSecretValue": [SECRET]}

    def test_a_name_gets_cdks_own_suffix(self) -> None:
        """Secrets Manager appends six characters to the name."""
        stack = stack_in()
        secret = secretsmanager.Secret.from_secret_name_v2(stack, "S", "push")
        (resource,) = self.granted(stack, DeviceToken.from_secrets_manager(secret))["secretsmanager:GetSecretValue"]
        assert resource["Fn::Join"][1][-1] == ":secret:push-??????"

    def test_a_name_that_ends_like_a_complete_arn_is_asked_for_as_a_name(self) -> None:
        """AWS would not find it by its partial ARN. The permissions are the same."""
        stack = stack_in()
        secret = secretsmanager.Secret.from_secret_name_v2(stack, "S", "chime/push-tokens")
        (resource,) = self.granted(stack, DeviceToken.from_secrets_manager(secret))["secretsmanager:GetSecretValue"]
        assert resource["Fn::Join"][1][-1] == ":secret:chime/push-tokens-??????"
        declared = properties(template_of(stack))["EndpointAttributes"]["DeviceTokenSource"]
        assert declared == {"SecretArn": "chime/push-tokens"}

    def test_a_secret_of_another_region_is_asked_for_by_its_arn(self) -> None:
        """The name alone would be looked up in the stack's region."""
        arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:chime/push-tokens"
        stack = Stack(App(), "Stack", env=Environment(account="111122223333", region="us-east-1"))
        secret = secretsmanager.Secret.from_secret_partial_arn(stack, "S", arn)
        granted = self.granted(stack, DeviceToken.from_secrets_manager(secret))
        assert granted == {"secretsmanager:GetSecretValue": [f"{arn}-??????"]}
        declared = properties(template_of(stack))["EndpointAttributes"]["DeviceTokenSource"]
        assert declared == {"SecretArn": arn}

    def test_a_secret_of_the_app_is_referred_to(self) -> None:
        """The reference includes its key."""
        stack = stack_in()
        key = kms.Key(stack, "Key")
        secret = secretsmanager.Secret(stack, "S", encryption_key=key)
        granted = self.granted(stack, DeviceToken.from_secrets_manager(secret))
        assert [list(resource) for resource in granted["secretsmanager:GetSecretValue"]] == [["Ref"]]
        assert [resource["Fn::GetAtt"][1] for resource in granted["kms:Decrypt"]] == ["Arn"]

    def test_a_parameter_is_allowed_by_its_arn(self) -> None:
        """Only GetParameter is allowed."""
        stack = stack_in()
        parameter = ssm.StringParameter.from_string_parameter_arn(
            stack, "P", "arn:aws:ssm:us-east-1:111122223333:parameter/alice"
        )
        assert self.granted(stack, DeviceToken.from_ssm_parameter(parameter)) == {
            "ssm:GetParameter": ["arn:aws:ssm:us-east-1:111122223333:parameter/alice"]
        }

    def test_a_secure_parameters_key_is_allowed(self) -> None:
        """This requires that the parameter was given a key."""
        stack = stack_in()
        arn = "arn:aws:kms:us-east-1:111122223333:key/1-2-3"
        parameter = ssm.StringParameter.from_secure_string_parameter_attributes(
            stack, "P", parameter_name="/alice", encryption_key=kms.Key.from_key_arn(stack, "Key", arn)
        )
        granted = self.granted(stack, DeviceToken.from_ssm_parameter(parameter))
        assert granted["kms:Decrypt"] == [arn]
        assert set(granted) == {"ssm:GetParameter", "kms:Decrypt"}

    def test_a_voip_tokens_source_is_allowed_too(self) -> None:
        """Each source is listed once."""
        stack = stack_in()
        parameter = ssm.StringParameter.from_secure_string_parameter_attributes(stack, "P", parameter_name="/voip")
        endpoint(stack, voip_device_token=DeviceToken.from_ssm_parameter(parameter))
        granted = allowed(template_of(stack))
        assert granted["secretsmanager:GetSecretValue"] == [SECRET]
        assert len(granted["ssm:GetParameter"]) == 1


class TestPaths:
    """On request, a path of parameters is allowed as a whole, so that hundreds of parameters fit into a role."""

    def granted(self, *names: str, path: str = "/chime/devices") -> list[Any]:
        """The read permissions for parameters with these names."""
        stack = stack_in()
        for number, name in enumerate(names):
            parameter = ssm.StringParameter.from_secure_string_parameter_attributes(
                stack, f"P{number}", parameter_name=name
            )
            token = DeviceToken.from_ssm_parameter(parameter, granted_path=path)
            endpoint(stack, f"Phone{number}", device_token=token)
        return [each["Fn::Join"][1][-1] for each in allowed(template_of(stack))["ssm:GetParameter"]]

    def test_one_permission_is_enough_for_all(self) -> None:
        """The number of parameters under the path does not matter."""
        assert self.granted("/chime/devices/a", "/chime/devices/b/token") == [":parameter/chime/devices/*"]

    def test_a_parameter_of_the_app_may_be_under_it(self) -> None:
        """Its name is known only at deployment, so it is not checked."""
        stack = stack_in()
        parameter = ssm.StringParameter(stack, "P", string_value="x")
        endpoint(stack, device_token=DeviceToken.from_ssm_parameter(parameter, granted_path="/a"))
        (granted,) = allowed(template_of(stack))["ssm:GetParameter"]
        assert granted["Fn::Join"][1][-1] == ":parameter/a/*"

    def test_a_parameter_of_another_account_keeps_its_place(self) -> None:
        """The path is in the parameter's own account and region."""
        stack = stack_in()
        parameter = ssm.StringParameter.from_string_parameter_arn(
            stack, "P", "arn:aws:ssm:eu-central-1:444455556666:parameter/a/b/c"
        )
        endpoint(stack, device_token=DeviceToken.from_ssm_parameter(parameter, granted_path="/a/b"))
        assert allowed(template_of(stack))["ssm:GetParameter"] == [
            "arn:aws:ssm:eu-central-1:444455556666:parameter/a/b/*"
        ]

    def test_a_parameter_by_an_arn_with_a_path_is_read_by_it(self) -> None:
        """CDK would use the last part of the path as the name, which is another parameter."""
        arn = "arn:aws:ssm:us-east-1:111122223333:parameter/a/b/c"
        stack = stack_in()
        token = DeviceToken.from_ssm_parameter(ssm.StringParameter.from_string_parameter_arn(stack, "P", arn))
        endpoint(stack, device_token=token)
        template = template_of(stack)
        assert allowed(template)["ssm:GetParameter"] == [arn]
        assert properties(template)["EndpointAttributes"] == {"DeviceTokenSource": {"ParameterName": arn}}

    @pytest.mark.parametrize("path", ["/", "chime", "/chime/", "/chime/*", "/chime/dev", "/chime/devices/a"])
    def test_what_is_no_path_above_the_parameter_is_refused(self, path: str) -> None:
        """A path must end at a slash of the parameter's name."""
        with pytest.raises(ValueError, match="granted_path"):
            self.granted("/chime/devices/a", path=path)


class TestAskingForEvents:
    """In a rollback, the function may need the previous state, because a source can change or disappear."""

    VERSION = "EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE"

    def granted(self, *tokens: Callable[[secretsmanager.ISecret], DeviceToken]) -> dict[str, list[Any]]:
        """The CloudFormation permissions for device tokens from a secret."""
        stack = stack_in()
        secret = secretsmanager.Secret.from_secret_complete_arn(stack, "S", SECRET)
        for number, token in enumerate(tokens):
            endpoint(stack, f"Phone{number}", device_token=token(secret))
        return {action: resources for action, resources in allowed(template_of(stack)).items() if action in ASKED}

    def test_a_source_needs_it(self) -> None:
        """It is allowed on its own stack, with and without a declared version: a version can be declared later."""
        from_secret = DeviceToken.from_secrets_manager
        own = {name: [{"Ref": "AWS::StackId"}] for name in ASKED}
        assert self.granted(from_secret, partial(from_secret, field="a")) == own
        assert self.granted(partial(from_secret, version_id=self.VERSION)) == own

    def test_a_token_in_clear_does_not(self) -> None:
        """The declaration contains the token."""
        assert self.granted(lambda _: TEXT("x")) == {}

    def test_a_voip_token_counts_too(self) -> None:
        """This is true even if the device token is in plain text."""
        stack = stack_in()
        parameter = ssm.StringParameter.from_secure_string_parameter_attributes(stack, "P", parameter_name="/voip")
        endpoint(stack, device_token=TEXT("x"), voip_device_token=DeviceToken.from_ssm_parameter(parameter))
        assert set(ASKED) <= set(allowed(template_of(stack)))
