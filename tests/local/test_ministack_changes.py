"""The changes that the local cloud makes to MiniStack, which has no public interface for them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from ministack.core import iam_evaluator
from ministack.services import iam, kms, secretsmanager, ssm, sts

from chime_endpoints_cli.local.cloud.ministack import functions, native, permissions, resource_types, secrets
from chime_endpoints_cli.local.cloud.ministack.changes import Change, UnexpectedMiniStackError, install

PLACE = "arn:aws:secretsmanager:us-east-1:000000000000:secret:"
ACCESS_KEY = "ASIA0123456789ABCDEF"
ROLE = "arn:aws:sts::000000000000:assumed-role/function/session"


@pytest.fixture
def original() -> Iterator[ModuleType]:
    """A module with one function."""
    module = ModuleType("imitated_ministack")
    module.greet = lambda name, loud=False: f"{name}{'!' if loud else ''}"  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


def twice(greet: Any, name: str, **options: Any) -> str:
    """A replacement."""
    return f"{greet(name, **options)}{greet(name, **options)}"


def change(function: str, *parameters: str) -> Change:
    """A change of a function in the module."""
    return Change(function=f"imitated_ministack.{function}", parameters=parameters, replacement=twice)


def test_a_change_wraps_the_original(original: ModuleType) -> None:
    """Its first parameter is the original."""
    install([change("greet", "name", "loud")])
    assert original.greet("a", loud=True) == "a!a!"


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        (change("gone"), "imitated_ministack.gone does not exist"),
        (
            change("greet", "who"),
            "imitated_ministack.greet has the parameters name, loud instead of who",
        ),
    ],
    ids=["gone", "other parameters"],
)
def test_another_ministack_is_refused(original: ModuleType, other: Change, problem: str) -> None:
    """The error names the function, and nothing is changed."""
    with pytest.raises(UnexpectedMiniStackError, match=f"MiniStack .* has changed: {problem}"):
        install([change("greet", "name"), other])
    assert original.greet("a") == "a"


def test_the_installed_ministack_is_the_expected_one() -> None:
    """It has every function and resource type that the local cloud replaces."""
    changes = [*functions.CHANGES, *secrets.CHANGES, *permissions.CHANGES, *native.CHANGES]
    assert [each.problem for each in changes if each.problem] == []
    assert all(resource_types.registered(name) for name in secrets.TYPES)


def test_an_unknown_resource_type_is_refused() -> None:
    """It would have no handlers to replace."""
    with pytest.raises(UnexpectedMiniStackError, match="its type AWS::No::Type has other handlers"):
        resource_types.registered("AWS::No::Type")


@pytest.fixture
def ministack() -> Iterator[None]:
    """MiniStack's services in this process, empty again afterwards."""
    yield
    for service in (secretsmanager, ssm, kms, iam, sts):
        service.reset()


def create_secret(name: str, **more: str) -> str:
    """Create a secret, and return its ARN."""
    request = {"Name": name, "SecretString": "s", **more}
    return str(json.loads(secretsmanager._create_secret(request)[2])["ARN"])


@pytest.mark.usefixtures("ministack")
def test_a_secret_is_found_by_its_name_and_by_both_forms_of_its_arn() -> None:
    """The ARN can lack the suffix. The beginning of a name is not enough."""
    create_secret("chat/devices-of-bob")
    arn = create_secret("chat/devices")
    find = secretsmanager._resolve
    for secret_id in ("chat/devices", arn, f"{PLACE}chat/devices"):
        assert (secrets.resolve(find, secret_id)[1] or {})["ARN"] == arn
    for secret_id in (f"{PLACE}chat/device", f"{PLACE}chat", "chat", arn[:-1], f"{PLACE}other"):
        assert secrets.resolve(find, secret_id) == (None, None)


@pytest.mark.usefixtures("ministack")
def test_an_arn_that_looks_complete_is_read_as_complete() -> None:
    """No secret has it, if the hyphen and six characters belong to the secret's name."""
    arn = create_secret("push-tokens")
    find = secretsmanager._resolve
    assert secrets.resolve(find, f"{PLACE}push-tokens") == (None, None)
    assert (secrets.resolve(find, "push-tokens")[1] or {})["ARN"] == arn


@pytest.mark.usefixtures("ministack")
def test_a_secret_can_be_created_with_an_arn() -> None:
    """A declaration can name a complete ARN."""
    secrets.create_with_arn(f"{PLACE}chat/devices-AbCdEf", "value")
    found = secrets.resolve(secretsmanager._resolve, "chat/devices")[1] or {}
    assert (found["ARN"], found["Name"]) == (f"{PLACE}chat/devices-AbCdEf", "chat/devices")


@pytest.mark.usefixtures("ministack")
def test_the_ref_of_a_secret_is_its_arn() -> None:
    """It stays the same when the secret is updated."""
    made = secrets.secret_type(resource_types.registered("AWS::SecretsManager::Secret"))
    before, after = {"SecretString": "a"}, {"SecretString": "b"}
    arn, attributes = made.create("Tokens", before, "Chat")
    assert arn.startswith(f"{PLACE}Chat-Tokens-")
    assert attributes["Id"] == arn
    assert made.update(arn, before, after, "Chat", "Tokens")[0] == arn
    assert json.loads(secretsmanager._get_secret_value({"SecretId": arn})[2])["SecretString"] == "b"
    made.delete(arn, after)
    assert secrets.resolve(secretsmanager._resolve, arn) == (None, None)


def value(**props: Any) -> str:
    """The value of a secret in a template."""
    return secrets.value_in_template(lambda _: "", props)


def test_cloudformation_generates_the_value_of_a_secret() -> None:
    """All options are followed, in the types of JSON or as strings; an empty map means the defaults."""
    assert len(value(GenerateSecretString={})) == 32
    assert value(SecretString="declared") == "declared"
    short = value(GenerateSecretString={"PasswordLength": "8", "ExcludePunctuation": "true", "ExcludeNumbers": True})
    assert len(short) == 8
    assert short.isalpha()
    template = {"SecretStringTemplate": '{"user": "alice"}', "GenerateStringKey": "token"}
    field = json.loads(value(GenerateSecretString=template))
    assert (field["user"], len(field["token"])) == ("alice", 32)
    with pytest.raises(ValueError, match="PasswordLength"):
        value(GenerateSecretString={"PasswordLength": 0})


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("/chime/bob", "parameter/chime/bob"),
        ("/chime/bob:3", "parameter/chime/bob"),
        ("bob:label", "parameter/bob"),
        ("arn:aws:ssm:us-east-1:000000000000:parameter/chime/bob:3", "parameter/chime/bob"),
    ],
)
def test_a_permission_for_a_parameter_is_for_all_its_versions(name: str, resource: str) -> None:
    """The request may name a version, and name the parameter by its ARN."""
    extract = import_module("ministack.core.iam_actions").extract_resource_arn
    headers, body = {"x-amz-target": "AmazonSSM.GetParameter"}, json.dumps({"Name": name}).encode()
    found = permissions.resource_arn(extract, "ssm", "POST", "/", headers, body, {}, "us-east-1", "000000000000")
    assert found == f"arn:aws:ssm:us-east-1:000000000000:{resource}"


def test_requests_count_as_encrypted() -> None:
    """Many policies deny all others."""
    pinned: list[tuple[str, bool]] = []
    permissions.on_https(lambda *origin: pinned.append(origin), "127.0.0.1", secure_transport=False)
    assert pinned == [("127.0.0.1", True)]


@pytest.fixture
def session(ministack: None) -> dict[str, Any]:  # noqa: ARG001 - must be empty again afterwards
    """The policies of the role of a session with the access key."""
    policies: dict[str, Any] = {}
    iam._roles["function"] = {"RoleName": "function", "InlinePolicies": policies, "AttachedPolicies": []}
    sts.register_session(ACCESS_KEY, {"Arn": ROLE, "UserId": "r:s", "SecretAccessKey": "s", "SessionToken": "t"})
    return policies


def allow(*actions: str, resource: str = "*") -> dict[str, Any]:
    """A policy document."""
    return {"Statement": [{"Effect": "Allow", "Action": [*actions], "Resource": resource}]}


def test_a_caller_needs_every_permission(session: dict[str, Any]) -> None:
    """The first one that is missing is named, with the caller."""
    needed = [("chime:TagResource", "arn:of:alice"), ("mobiletargeting:GetApp", "arn:of:app")]
    missing = {"principal": ROLE, "action": "mobiletargeting:GetApp", "resource": "arn:of:app"}
    session["one"] = allow("chime:Tag*", resource="arn:of:a*")
    assert permissions.first_denied(ACCESS_KEY, "us-east-1", needed) == missing
    session["two"] = allow("mobiletargeting:GetApp")
    assert permissions.first_denied(ACCESS_KEY, "us-east-1", needed) is None
    assert permissions.first_denied("test", "us-east-1", needed) is None
    assert (permissions.first_denied("AKIAUNKNOWN", "us-east-1", needed) or {})["code"] == "UnrecognizedClientException"


@pytest.mark.parametrize("service", ["secretsmanager", "ssm"])
def test_an_encrypted_value_needs_its_key(session: dict[str, Any], service: str) -> None:
    """For a customer managed key, the caller needs kms:Decrypt; the service's own key is for everyone."""
    key = json.loads(kms._create_key({})[2])["KeyMetadata"]["Arn"]
    session["reading"] = allow("secretsmanager:GetSecretValue", "ssm:GetParameter")
    if service == "ssm":
        action = "ssm:GetParameter"
        arn, own = (f"arn:aws:ssm:us-east-1:000000000000:parameter/{name}" for name in ("keyed", "own"))
        ssm._put_parameter({"Name": "/keyed", "Value": "v", "Type": "SecureString", "KeyId": key})
        ssm._put_parameter({"Name": "/own", "Value": "v", "Type": "SecureString"})
    else:
        action, arn, own = "secretsmanager:GetSecretValue", create_secret("keyed", KmsKeyId=key), create_secret("own")

    def denied(resource: str) -> bool:
        check = iam_evaluator.enforce
        return bool(permissions.enforce(check, ACCESS_KEY, action, service, "us-east-1", resource_arn=resource))

    assert not denied(own)
    assert denied(arn)
    session["decrypting"] = allow("kms:Decrypt", resource=key)
    assert not denied(arn)


def test_a_function_logs_only_what_its_role_may_write(session: dict[str, Any]) -> None:
    """As on AWS, the function itself succeeds."""
    arn = "arn:aws:lambda:us-east-1:000000000000:function:f"
    config = {"FunctionName": "f", "FunctionArn": arn, "Role": "arn:aws:iam::000000000000:role/function"}
    written: list[str] = []

    def write(func: dict[str, Any], request_id: str, log_text: str) -> None:  # noqa: ARG001 - as MiniStack's
        written.append(log_text)

    app = SimpleNamespace(AUTH=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "ministack.app", app)
        patch.setattr("ministack.app", app, raising=False)
        permissions.write_logs(write, {"config": config}, "id", "first")
        session["logs"] = allow("logs:CreateLogStream", "logs:PutLogEvents", resource="*:log-group:/aws/lambda/f:*")
        permissions.write_logs(write, {"config": config}, "id", "second")
    assert written == ["second"]
