"""The custom resources of each stack as the synthesized template has them, without CDK.

`chime-endpoints plan` reads them. The function that handles them is left out: only CDK knows its `ServiceToken`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chime_endpoints._cdk.logical_ids import digest, logical_id
from chime_endpoints._function.seconds import DEFAULT_TIMEOUT, service_timeout
from chime_endpoints.declared.entries.entry import Declarations, Entry, tagging_declarations
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE, TAGS_TYPE, TagsDeclaration

from .assignment import assign_to_stacks

STACK = "ChimeEndpoints"
"""The name of the file's first stack; the others have a number from 2."""
HOME = "Endpoints"
"""The construct that contains a stack's endpoints."""

_POLICIES = {"destroy": "Delete", "retain": "Retain"}


@dataclass(frozen=True, kw_only=True)
class StackResources:
    """The custom resources of one stack."""

    name: str
    resources: Mapping[str, Mapping[str, Any]]
    """The resources as a template has them, by logical id."""
    keys: Mapping[str, str]
    """The entries' keys, by logical id."""


def stack_name(number: int, first: str = STACK) -> str:
    """Return the name of a stack, whose number begins at zero."""
    return first if number == 0 else f"{first}{number + 1}"


def resources_of(declarations: Declarations) -> Iterator[StackResources]:
    """Yield the stacks in the order of their deployment."""
    for number, entries in enumerate(assign_to_stacks(declarations.entries, declarations.stacks)):
        if entries:
            keys = {_id_of(entry): entry.key for entry in entries}
            yield StackResources(name=stack_name(number), resources=dict(_resources(entries)), keys=keys)


def _resources(entries: Sequence[Entry]) -> Iterator[tuple[str, dict[str, Any]]]:
    tags: dict[str, dict[str, str]] = {}
    tagging = tagging_declarations(entries)
    for entry in entries:
        yield _id_of(entry), _endpoint(entry)
        if entry.tags:
            tags.setdefault(entry.declaration.app_instance_user_arn, {}).update(entry.tags)
    for user, values in tags.items():
        by = tagging[user]
        declared = TagsDeclaration(
            resource_arn=user, tags=values, assumed_role_arn=by.assumed_role_arn, external_id=by.external_id
        ).to_properties()
        yield logical_id([TAGS_TYPE, digest(user)]), {"Type": TAGS_TYPE, "Properties": _service() | declared}


def _id_of(entry: Entry) -> str:
    return logical_id([HOME, entry.identity, "Resource"])


def _endpoint(entry: Entry) -> dict[str, Any]:
    removed, replaced = entry.removal_policy, entry.update_replace_policy
    policies = {"UpdateReplacePolicy": _POLICIES.get(replaced or (removed if removed == "retain" else None) or "")}
    policies["DeletionPolicy"] = _POLICIES["retain"] if removed == "retain" else None
    return {
        "Type": ENDPOINT_TYPE,
        "Properties": _service() | entry.declaration.to_properties(),
        **{name: policy for name, policy in policies.items() if policy is not None},
    }


def _service() -> dict[str, Any]:
    return {"ServiceTimeout": service_timeout(DEFAULT_TIMEOUT)}
