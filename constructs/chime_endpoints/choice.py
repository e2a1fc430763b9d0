"""Which provider endpoints and tags have, and what is wrong with a choice of it."""

from __future__ import annotations

from collections.abc import Iterator

from constructs import IConstruct

from chime_endpoints_handler.codes import Code

from .provider import EndpointProvider, ambiguity
from .tree import region_of_stack, stack_of


def provider_problems(given: object, *, scope: IConstruct) -> Iterator[str]:
    """What is wrong with the provider that was given for something in a scope, or with giving none."""
    stack = stack_of(scope)
    if given is None:
        yield from ambiguity(stack)
    elif isinstance(given, EndpointProvider) and stack_of(given) is not stack:
        there, here = region_of_stack(stack_of(given)), region_of_stack(stack)
        if there is not None and here is not None and there != here:
            yield (
                f"provider is in {there}, and the stack in {here}: CloudFormation takes a function of the stack's own"
                f" region only. Make a provider there. [{Code.ELSEWHERE}]"
            )
