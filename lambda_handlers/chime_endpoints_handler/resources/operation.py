"""What is done for an event, by the type of its resource."""

from __future__ import annotations

from ..aws.failures.errors import HandlerError, InvalidRequestError
from ..cloudformation.request import RequestType
from ..model import physical_id
from ..model.codes import Code
from ..model.declaration import ENDPOINT_TYPE, TAGS_TYPE
from ..model.rules.violations import violations
from .context import EventContext, Result
from .endpoint.reconcile import reconcile


def operate(context: EventContext) -> Result:
    """Check the properties, and create, update or delete the resource.

    Raises:
        HandlerError: the properties are invalid, or the operation failed.
    """
    request = context.request
    if request.request_type not in set(RequestType):
        raise HandlerError(Code.NOT_AN_EVENT, "RequestType must be Create, Update or Delete.")
    if request.request_type != RequestType.DELETE:
        # An Update may be about an endpoint with a device token that only earlier releases let pass.
        is_create = request.request_type == RequestType.CREATE
        if violations(request.resource_type, request.properties, registers=is_create):
            raise InvalidRequestError(violations(request.resource_type, request.properties))
    if request.resource_type == ENDPOINT_TYPE:
        return reconcile(context)
    if request.resource_type == TAGS_TYPE:
        from .tags import manage  # imported here because most processes never need it

        return manage(context)
    return Result(physical_id=physical_id.read(request.physical_id))  # the Delete of an unknown type
