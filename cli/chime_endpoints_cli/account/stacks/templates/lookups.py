"""Cached look-ups of what templates refer to outside themselves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from botocore.exceptions import ClientError

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.stacks.stacks import exports, outputs

from .intrinsic_functions import Lookups


def lookups_of(services: Services) -> Lookups:
    """Return cached look-ups for what templates refer to."""

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
            return None  # the finding names the field that needs it
        return str(answer["Parameter"]["Value"])

    return Lookups(exports=exported, outputs=outputs_of, parameter=parameter)
