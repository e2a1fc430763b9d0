"""Rollbacks of a declaration that does not say what it said: a source of its device tokens has got another content.

What is to be returned to is the endpoint with which the update began; CloudFormation's events of the stack name it.
"""

from __future__ import annotations

from . import physical_id
from .declaration import EndpointDeclaration
from .endpoints import Registered
from .ownership import described_or_gone
from .work import Work


def endpoint_before_update(work: Work, declaration: EndpointDeclaration) -> Registered | None:
    """The endpoint to which CloudFormation rolls back now, where the declaration alone may not tell.

    Args:
        work: the event's work.
        declaration: what is declared now, which is what was declared before the update.

    Returns:
        The endpoint; None where nothing is rolled back, CloudFormation does not say, or the endpoint is gone.

    Raises:
        ServiceError, OutOfTimeError: nobody can tell whether it is gone.
    """
    if declaration.is_pinned:
        return None
    before = physical_id.read(work.id_before_update())
    if not isinstance(before, physical_id.Endpoint) or before.user_arn != declaration.app_instance_user_arn:
        return None
    endpoint = described_or_gone(work.endpoints(before.user_arn), before.endpoint_id)
    is_as_declared = endpoint is not None and (endpoint.identity.type, endpoint.identity.resource_arn) == (
        declaration.type,
        declaration.resource_arn,
    )
    return endpoint if is_as_declared else None
