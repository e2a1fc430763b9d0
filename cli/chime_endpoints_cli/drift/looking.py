"""All stacks and all their resources, looked at as fast as the account's rate allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from botocore.exceptions import ClientError

from chime_endpoints_cli.at_once import each
from chime_endpoints_cli.services import Services
from chime_endpoints_cli.stacks import Stack, all_stacks, exports, named_stacks, outputs
from chime_endpoints_cli.template_values import Lookups

from .comparison import compare
from .declared import declared_by
from .findings import Finding


def look(
    services: Services, *, names: Sequence[str], regions: Sequence[str], with_tokens: bool
) -> tuple[list[Stack], list[Finding]]:
    """The stacks that hold anything of ours, and what was found of each of their resources.

    Args:
        services: the account.
        names: stacks to look at; none means all of them.
        regions: where to look for them; the first one for stacks that are named.
        with_tokens: whether device tokens are read from their sources and compared.
    """
    if names:
        stacks = named_stacks(services.stacks(regions[0] if regions else None), tuple(names))
    else:
        stacks = [stack for region in regions or (None,) for stack in all_stacks(services.stacks(region))]

    lookups = _lookups(services)
    declared = each(stacks, lambda stack: declared_by(services, stack, lookups), what="Reading stacks")
    everything = [one for of_stack in declared for one in of_stack]
    findings = each(
        everything,
        lambda one: compare(one, services, with_tokens=with_tokens),
        what="Asking for what is registered",
    )
    ours = {one.held.stack.id for one in everything}
    return [stack for stack in stacks if stack.id in ours or names], findings


def _lookups(services: Services) -> Lookups:
    """What templates refer to, asked for once."""

    @cache
    def exported(region: str) -> Mapping[str, str]:
        return exports(services.stacks(region))

    @cache
    def outputs_of(region: str, stack: str) -> Mapping[str, str]:
        return outputs(services.stacks(region), stack)

    @cache
    def parameter(region: str, name: str) -> str | None:
        try:
            answer = services.parameters(region).get_parameter(Name=name)
        except ClientError:
            return None  # which is said of the field that needs it
        return str(answer["Parameter"]["Value"])

    return Lookups(exports=exported, outputs=outputs_of, parameter=parameter)
