"""The resource types of Chime and of push applications for CloudFormation on MiniStack, created at the emulator."""

from __future__ import annotations

from collections.abc import Callable

from chime_endpoints_cli.local.cloud.ministack.changes import Change

from . import chime, push

TYPES = {**chime.TYPES, **push.TYPES}


def _in_a_thread(original: Callable[[str], bool], resource_type: str) -> bool:
    """Whether a type waits for a service. The emulator asks MiniStack for permissions, so MiniStack must not wait."""
    return resource_type in TYPES or original(resource_type)


CHANGES = (
    Change(
        function="ministack.services.cloudformation.stacks._runs_on_worker_thread",
        parameters=("resource_type",),
        replacement=_in_a_thread,
    ),
)
