"""Rollbacks of a declaration that does not say what it said: a source of its device tokens has got another content.

What is to be returned to is the endpoint with which the update began; CloudFormation's events of the stack name it.
"""

from __future__ import annotations

from chime_endpoints_handler.aws.endpoints import Registered
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.model.declaration import EndpointDeclaration
from chime_endpoints_handler.resources.work import Work

from .ownership import described_or_gone


def endpoint_before_update(
    work: Work, declaration: EndpointDeclaration, former: EndpointDeclaration | None
) -> Registered | None:
    """The endpoint to which CloudFormation rolls back now, where the declaration alone may not tell.

    Args:
        work: the event's work.
        declaration: what is declared now, which is what was declared before the update.
        former: what the update declared, where that can be read.

    Returns:
        The endpoint with which the update began. Where that is gone, the current one, if it has its device tokens from
        the same places: it came back, or is to stay in its place. None where neither is as declared, nothing is rolled
        back, or CloudFormation does not say.

    Raises:
        ServiceError, OutOfTimeError: nobody can tell whether it is gone.
    """
    if not (before := work.id_before_update()):
        return None
    if (endpoint := _as_declared(before, work, declaration)) is not None:
        return endpoint
    if former is None or _tokens(former) != _tokens(declaration):
        return None
    return _as_declared(work.request.physical_id, work, declaration)


def _tokens(declaration: EndpointDeclaration) -> tuple[object, ...]:
    return declaration.device_token, declaration.voip_device_token


def _as_declared(text: str, work: Work, declaration: EndpointDeclaration) -> Registered | None:
    """The endpoint of this id, where it is one of the declared user, type and application."""
    named = physical_id.read(text)
    if not isinstance(named, physical_id.Endpoint) or named.user_arn != declaration.app_instance_user_arn:
        return None
    endpoint = described_or_gone(work.endpoints(named.user_arn), named.endpoint_id)
    is_as_declared = endpoint is not None and (endpoint.identity.type, endpoint.identity.resource_arn) == (
        declaration.type,
        declaration.resource_arn,
    )
    return endpoint if is_as_declared else None
