"""Where an endpoint's device token comes from, and what it takes to read it there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

from chime_endpoints_handler.declaration import ParameterSource, PlainToken, SecretSource, TokenSource

from .decryption import key_arns
from .kind_words import KINDS
from .kinds import check
from .statements import PARAMETER_PATH
from .unresolved import as_text, is_unresolved


@dataclass(frozen=True, kw_only=True)
class Access:
    """One action on one resource that reading a token takes."""

    action: str
    resource: str

    @classmethod
    def to_secret(cls, arn: str) -> Access:
        """Reading a secret."""
        return cls(action="secretsmanager:GetSecretValue", resource=arn)

    @classmethod
    def to_parameter(cls, arn: str) -> Access:
        """Reading a parameter."""
        return cls(action="ssm:GetParameter", resource=arn)

    @classmethod
    def to_key(cls, arn: str) -> Access:
        """Decrypting with a key."""
        return cls(action="kms:Decrypt", resource=arn)


@dataclass(frozen=True, kw_only=True)
class DeviceToken:
    """The token under which a push service knows an app on a device: where it is, never what it is.

    Make one with `from_secrets_manager` or `from_ssm_parameter`: the function reads the token when it handles the
    resource, and neither the template nor any log ever holds it. Whenever the endpoint is updated, a token that
    has come to differ replaces the endpoint; to have a rotation do so, name the version
    (`version_id`, `version`), which changes the template.

    Beside reading the token, the function's role is allowed `cloudformation:DescribeStacks` on the endpoint's own
    stack: a rollback looks up there what was registered before, whatever the source holds by then.
    """

    source: TokenSource
    """What the template will hold."""
    needs: tuple[Access, ...] = ()
    """What the function's role is allowed for it."""
    names_partially: bool = False
    """Whether the source is a secret's ARN without the six characters that AWS made up."""
    parameter: ssm.IStringParameter | None = field(default=None, repr=False)
    """The parameter, which tells its key to whom it is granted."""

    def accesses(self, role: iam.IRole | None) -> Iterator[Access]:
        """What a role is to be allowed for this token; nothing for one in plain text.

        Args:
            role: the role that reads, where it is known.
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
        """A token in AWS Secrets Manager.

        The function's role is allowed `secretsmanager:GetSecretValue` on this secret, and `kms:Decrypt` on its key
        where the secret knows one (`secret.encryption_key`).

        Args:
            secret: the secret, made in this app or imported by its name, its complete ARN or its partial ARN
                (`Secret.from_secret_name_v2`, `from_secret_complete_arn`, `from_secret_partial_arn`). A secret of
                another account needs its complete ARN.
            field: the field of a secret that is a JSON object. Default: the whole secret string is the token.
            version_id: one version, 32 to 64 characters. Default: the version of `version_stage`.
            version_stage: the version that carries this label, 1 to 256 characters. Default: `AWSCURRENT`.

        Raises:
            TypeError: an argument is of the wrong kind.
        """
        _require_kinds(DeviceToken.from_secrets_manager, locals())
        # As CDK does: Secrets Manager ends an ARN in a hyphen and six characters.
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
        """A token in a parameter of AWS Systems Manager, `String` or `SecureString`.

        The function's role is allowed `ssm:GetParameter` on this parameter, and `kms:Decrypt` on its key where the
        parameter was given one. Import an existing parameter with
        `StringParameter.from_secure_string_parameter_attributes`, whichever of the two types it is:
        `from_string_parameter_name` makes CloudFormation read the value into the stack's parameters, in clear.

        Args:
            parameter: the parameter.
            version: one version, a whole number from 1. Default: the latest.
            granted_path: a path that the parameter is under, as `/chime/devices`: the function's role is allowed
                `ssm:GetParameter` on everything under it, once for all parameters that name it. For stacks with more
                parameters than a role can be allowed one by one. Default: exactly this parameter is allowed.

        Raises:
            TypeError: an argument is of the wrong kind.
            ValueError: `granted_path` is not a path, or the parameter is not under it.
        """
        _require_kinds(DeviceToken.from_ssm_parameter, locals())
        number = version if version is None or is_unresolved(version) else str(version)
        return DeviceToken(
            source=ParameterSource(parameter_name=_name_of(parameter), version=number),  # type: ignore[arg-type]  # a number's token renders as a number
            needs=(Access.to_parameter(_readable_arn(parameter, granted_path)),),
            parameter=parameter,
        )

    @staticmethod
    def unsafe_plain_text(value: str) -> DeviceToken:
        """A token that will stand in the template in clear, for everybody who may read the stack.

        Args:
            value: the token, 1 to 1,600 characters.

        Raises:
            TypeError: the value is not a string.
        """
        _require_kinds(DeviceToken.unsafe_plain_text, locals())
        return DeviceToken(source=PlainToken(as_text(value)))


_REMEDY = (
    "Use DeviceToken.from_secrets_manager or DeviceToken.from_ssm_parameter; DeviceToken.unsafe_plain_text puts the"
    " token into the template in clear."
)
KINDS[DeviceToken] = ("a DeviceToken", _REMEDY)


def _require_kinds(function: Callable[..., DeviceToken], given: Mapping[str, object]) -> None:
    """Refuses arguments of the wrong kind: all of them in one error, which no construct's path can begin."""
    if problems := check(function, given).problems:
        raise TypeError(f"{function.__qualname__}: {' '.join(problems)}")


def _name_of(parameter: ssm.IStringParameter) -> str:
    """The name or ARN by which the function finds a parameter."""
    arn, name = parameter.parameter_arn, parameter.parameter_name
    if is_unresolved(arn) or is_unresolved(name) or arn.endswith(f":parameter/{name.removeprefix('/')}"):
        return name
    return arn  # of one that is imported by an ARN with a path, CDK takes the path's last part for the name


def _readable_arn(parameter: ssm.IStringParameter, path: str | None) -> str:
    """What the role may read: the parameter, or everything under a path."""
    arn, name = parameter.parameter_arn, _name_of(parameter)
    if path is None:
        return arn
    if not PARAMETER_PATH.fullmatch(path):
        raise ValueError(
            "granted_path is not a path of parameters: write it as /chime/devices, without a / at its end."
        )
    if is_unresolved(name):
        return Stack.of(parameter).format_arn(service="ssm", resource="parameter", resource_name=f"{path[1:]}/*")
    full_name = name.partition(":parameter")[2] or f"/{name.removeprefix('/')}"
    if not full_name.startswith(f"{path}/"):
        raise ValueError(f"the parameter is not under granted_path {path!r}; name a path that its name begins with.")
    return f"{arn.removesuffix(full_name)}{path}/*"
