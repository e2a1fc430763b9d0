"""The location of an endpoint's device token, and the permissions that reading it requires."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

from chime_endpoints_handler.model.declaration import ParameterSource, PlainToken, SecretSource, TokenSource
from chime_endpoints_handler.model.rules import token_places as places

from ._cdk.unresolved import as_text, is_unresolved
from ._iam.decryption import key_arns
from ._iam.statements import PARAMETER_PATH
from ._validation.option_type_names import OPTION_TYPES
from ._validation.option_types import check_options


@dataclass(frozen=True, kw_only=True)
class Access:
    """One action on one resource, required to read a token."""

    action: str
    resource: str

    @classmethod
    def to_secret(cls, arn: str) -> Access:
        """Return the access that reads a secret."""
        return cls(action="secretsmanager:GetSecretValue", resource=arn)

    @classmethod
    def to_parameter(cls, arn: str) -> Access:
        """Return the access that reads a parameter."""
        return cls(action="ssm:GetParameter", resource=arn)

    @classmethod
    def to_key(cls, arn: str) -> Access:
        """Return the access that decrypts with a key."""
        return cls(action="kms:Decrypt", resource=arn)


@dataclass(frozen=True, kw_only=True)
class DeviceToken:
    """The location of a device token: the token by which a push service addresses an app on a device.

    Use `from_secrets_manager` or `from_ssm_parameter`. The function reads the token when it handles the resource, so
    the token is never in the template or in a log.

    If the token has changed, the next update of the endpoint replaces the endpoint. A rotation alone does not change
    the template and therefore starts no update. To replace the endpoint at a rotation, set `version_id` or `version` to
    the new version and deploy.

    In addition to reading the token, the function's role can call `cloudformation:DescribeStacks` and
    `cloudformation:DescribeStackEvents` on the endpoint's stack. A rollback uses them to find the previous endpoint,
    even if the token has changed since.
    """

    source: TokenSource
    """The token's location, as the template declares it."""
    needs: tuple[Access, ...] = ()
    """The access that the function's role is granted for this token."""
    names_partially: bool = False
    """Whether the source is a secret's ARN without the six random characters that AWS appends."""
    parameter: ssm.IStringParameter | None = field(default=None, repr=False)
    """The parameter. Its KMS key is only known from a grant, so it is kept here."""

    def accesses(self, role: iam.IRole | None) -> Iterator[Access]:
        """Yield the access that a role needs for this token; nothing for a plain-text token.

        Args:
            role: the role that reads the token, or None if it is not known.
        """
        yield from self.needs
        if self.parameter is not None:
            yield from map(Access.to_key, key_arns(self.parameter, role or iam.AccountRootPrincipal()))

    @staticmethod
    def from_secrets_manager(
        secret: secretsmanager.ISecret,
        field: str | None = None,
        version_id: str | None = None,
        version_stage: str | None = None,
    ) -> DeviceToken:
        """Read the token from a secret in AWS Secrets Manager.

        The function's role is granted `secretsmanager:GetSecretValue` on this secret. If `secret.encryption_key` is
        set, the role is also granted `kms:Decrypt` on that key.

        Args:
            secret: the secret: created in this app, or imported by its name, complete ARN or partial ARN
                (`Secret.from_secret_name_v2`, `from_secret_complete_arn`, `from_secret_partial_arn`). A secret in
                another account must be imported by its complete ARN.
            field: the field to read if the secret is a JSON object. Default: the whole secret string is the token.
            version_id: the id of one version, 32 to 64 characters. Default: the version with the label
                `version_stage`.
            version_stage: the staging label of the version, 1 to 256 characters. Default: `AWSCURRENT`.

        Raises:
            TypeError: an argument has the wrong type.
        """
        _require_types(DeviceToken.from_secrets_manager, locals())
        # CDK's own pattern: Secrets Manager appends a hyphen and six characters to the name.
        readable = Access.to_secret(secret.secret_full_arn or f"{secret.secret_arn}-??????")
        key = secret.encryption_key
        return DeviceToken(
            source=SecretSource(
                secret_arn=secret.secret_arn, field=field, version_id=version_id, version_stage=version_stage
            ),
            needs=(readable,) if key is None else (readable, Access.to_key(key.key_arn)),
            names_partially=secret.secret_full_arn is None,
        )

    @staticmethod
    def from_ssm_parameter(
        parameter: ssm.IStringParameter, version: int | str | None = None, *, granted_path: str | None = None
    ) -> DeviceToken:
        """Read the token from a `String` or `SecureString` parameter in AWS Systems Manager.

        The function's role is granted `ssm:GetParameter` on this parameter. If the parameter has an `encryption_key`,
        the role is also granted `kms:Decrypt` on that key.

        Import an existing parameter of either type with `StringParameter.from_secure_string_parameter_attributes`.
        Do not use `from_string_parameter_name`: with it, CloudFormation copies the value into the stack's parameters in
        plain text.

        Args:
            parameter: the parameter.
            version: one version, an integer from 1. Default: the latest version.
            granted_path: a path that contains the parameter, such as `/chime/devices`. The function's role is granted
                `ssm:GetParameter` on everything under the path, once for all parameters with the same path. Use it for
                a stack with more parameters than a role can be granted individually. Default: only this parameter.

        Raises:
            TypeError: an argument has the wrong type.
            ValueError: `granted_path` is not a path, or it does not contain the parameter.
        """
        _require_types(DeviceToken.from_ssm_parameter, locals())
        number = version if version is None or is_unresolved(version) else str(version)
        return DeviceToken(
            source=ParameterSource(parameter_name=_name_of(parameter), version=number),  # type: ignore[arg-type]  # a number's token renders as a number
            needs=(Access.to_parameter(_readable_arn(parameter, granted_path)),),
            parameter=parameter,
        )

    @staticmethod
    def unsafe_plain_text(value: str) -> DeviceToken:
        """Put the token into the template in plain text, visible to everyone who can read the stack.

        Args:
            value: the token, 1 to 1,600 characters.

        Raises:
            TypeError: the value is not a string.
        """
        _require_types(DeviceToken.unsafe_plain_text, locals())
        return DeviceToken(source=PlainToken(as_text(value)))


_REMEDY = (
    "Use DeviceToken.from_secrets_manager or DeviceToken.from_ssm_parameter. DeviceToken.unsafe_plain_text puts the"
    " token into the template in plain text."
)
OPTION_TYPES[DeviceToken] = ("a DeviceToken", _REMEDY)


def source_of(token: DeviceToken, stack: Stack) -> TokenSource:
    """Return a token's source as the stack's template declares it.

    A partial ARN can look like a complete one, and AWS then does not find the secret. If the secret is in the stack's
    own account and region, the template uses the secret's name instead.
    """
    source = token.source
    if isinstance(source, SecretSource) and token.names_partially and places.may_be_complete(source.secret_arn):
        _, _, _, region, account, _, name = source.secret_arn.split(":", 6)
        if (region, account) == (stack.region, stack.account):
            return replace(source, secret_arn=name)
    return source


def _require_types(function: Callable[..., DeviceToken], given: Mapping[str, object]) -> None:
    """Reject arguments of the wrong type in one error. A device token is no construct, so the error has no path."""
    if problems := check_options(function, given).problems:
        raise TypeError(f"{function.__qualname__}: {' '.join(problems)}")


def _name_of(parameter: ssm.IStringParameter) -> str:
    """Return the name or ARN by which the function reads a parameter."""
    arn, name = parameter.parameter_arn, parameter.parameter_name
    if is_unresolved(arn) or is_unresolved(name) or arn.endswith(f":parameter/{name.removeprefix('/')}"):
        return name
    return arn  # for an imported ARN with a path, CDK uses only the last part of the path as the name


def _readable_arn(parameter: ssm.IStringParameter, path: str | None) -> str:
    """Return the ARN that the role is granted: the parameter, or everything under a path."""
    arn, name = parameter.parameter_arn, _name_of(parameter)
    if path is None:
        return arn
    if not PARAMETER_PATH.fullmatch(path):
        raise ValueError(
            "granted_path is not a parameter path; write it like /chime/devices, without a trailing slash."
        )
    if is_unresolved(name):
        return Stack.of(parameter).format_arn(service="ssm", resource="parameter", resource_name=f"{path[1:]}/*")
    full_name = name.partition(":parameter")[2] or f"/{name.removeprefix('/')}"
    if not full_name.startswith(f"{path}/"):
        raise ValueError(f"the parameter is not under granted_path {path!r}; use a path that its name begins with.")
    return f"{arn.removesuffix(full_name)}{path}/*"
