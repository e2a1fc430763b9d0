"""Validation of the provider that an endpoint or a set of tags uses."""

from __future__ import annotations

from collections.abc import Iterator

from constructs import IConstruct

from chime_endpoints._cdk.tree import region_of_stack, stack_of
from chime_endpoints.provider import EndpointProvider, ambiguity
from chime_endpoints_handler.model.codes import Code


def provider_problems(given: object, *, scope: IConstruct) -> Iterator[str]:
    """Yield the problems of the provider given for a construct in a scope, or of giving none."""
    stack = stack_of(scope)
    if given is None:
        yield from ambiguity(stack)
    elif isinstance(given, EndpointProvider) and stack_of(given) is not stack:
        there, here = region_of_stack(stack_of(given)), region_of_stack(stack)
        if there is not None and here is not None and there != here:
            yield (
                f"provider is in {there}, but the stack is in {here}; CloudFormation accepts only a function in the"
                f" stack's own region. Create a provider in {here}. [{Code.ELSEWHERE}]"
            )
