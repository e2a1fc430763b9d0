"""The share of CloudFormation's and IAM's quotas that a stack of entries uses, without CDK."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chime_endpoints._iam.read_lists import ReadLists
from chime_endpoints._iam.statements import (
    BASICS,
    INLINE_QUOTA,
    MANAGED_POLICIES_QUOTA,
    Statement,
    characters,
    for_app_instance,
    for_application,
    for_assumed_role,
    for_tags,
    rollback_statement,
)
from chime_endpoints.declared.entries.entry import Entry, tagging_declarations
from chime_endpoints_handler.model.declaration import EndpointDeclaration

from .access import accesses

STACK_QUOTA = 500
"""The maximum number of resources in a stack (CloudFormation's quota)."""
TEMPLATE_QUOTA = 1_000_000
"""The maximum size of a template (CloudFormation's quota: 1 MB)."""
_PROVIDER = 6  # role, log group, policy, function, event settings, and the metadata that the cdk command adds
_PROVIDER_BYTES = 12_000  # of these and of the template's other parts, rounded up
_POLICY_BYTES = 1_000  # of a policy without its resources
_LIST_BYTES = 1_000  # of a policy for reading, without its resources
_REFERENCES_BYTES = 340  # of an ARN whose partition, region and account are references
_TAGS_BYTES = 560  # of a resource for a user's tags, without the tags
_TAG_BYTES = 64  # of a tag without its key and value
_ENDPOINT_BYTES = 560  # of an endpoint without its properties and without its key, which occurs twice
_LINE_BYTES = 12  # of a line break, indentation, quotes and comma
_ENCODING = ("utf-8", "surrogatepass")  # invalid text is reported elsewhere
_STACK_ID = "${Token[AWS.StackId.0]}"


@dataclass(frozen=True, kw_only=True)
class Usage:
    """The usage of one stack. Resources and policies match CDK's output exactly; bytes are an upper estimate."""

    resources: int
    template_bytes: int
    inline_characters: int
    managed_policies: int

    def exceeded(self, *, reserve: float = 0) -> str | None:
        """Return a description of the first exceeded quota, or None if the stack fits.

        Args:
            reserve: the share of each quota to leave free, from 0 to 1.
        """
        return next(self._exceeded(1 - reserve), None)

    def _exceeded(self, usable: float) -> Iterator[str]:
        if self.resources > STACK_QUOTA * usable:
            yield f"{self.resources} resources in one stack, but CloudFormation allows only {STACK_QUOTA}"
        if self.template_bytes > TEMPLATE_QUOTA * usable:
            yield f"{self.template_bytes:,} bytes for the template of one stack, but CloudFormation allows only 1 MB"
        if self.managed_policies > MANAGED_POLICIES_QUOTA * usable:
            yield (
                f"{self.managed_policies} managed policies for the secrets and parameters of one stack, but IAM allows"
                f" a role only {MANAGED_POLICIES_QUOTA}"
            )
        if self.inline_characters > INLINE_QUOTA * usable:
            yield (
                f"{self.inline_characters:,} characters of inline policies in one stack, but IAM allows a role only"
                f" {INLINE_QUOTA:,}"
            )


def usage(entries: Sequence[Entry], paths: Sequence[str] = ()) -> Usage:
    """Compute what entries use in one stack.

    Args:
        entries: the stack's entries.
        paths: the parameter paths that are allowed as a whole.
    """
    tagged = _tags(entries)
    reading = _reading(entries, paths)
    by = tagging_declarations(entries)
    tagged_by_itself = [user for user in tagged if by[user].assumed_role_arn is None]
    wide = {f"{user.partition('/user/')[0]}/user/*" for user in tagged_by_itself}
    tagging = for_tags(tagged_by_itself, wide) if tagged_by_itself else []
    inline = [*_statements([entry.declaration for entry in entries])]
    policies = len(inline) + len(reading) + bool(tagging)
    return Usage(
        resources=_PROVIDER + len(entries) + len(tagged) + policies,
        template_bytes=(
            _PROVIDER_BYTES
            + _POLICY_BYTES * policies
            + sum(map(_endpoint_bytes, entries))
            + sum((_REFERENCES_BYTES if "${Token[" in arn else _LINE_BYTES) + len(arn) for arn in reading.resources())
            + sum(_tags_bytes(user, of_user) for user, of_user in tagged.items())
        ),
        inline_characters=(
            BASICS
            + sum(characters([statement]) for statement in inline)
            + (characters([*reading[0].statements(), rollback_statement(_STACK_ID)]) if len(reading) else 0)
            + (2 * characters(tagging) if tagging else 0)
        ),
        managed_policies=reading.managed,
    )


def _statements(declarations: Sequence[EndpointDeclaration]) -> Iterator[Statement]:
    """Yield the statement of each inline policy, except for tagging and reading."""
    own = [each for each in declarations if each.assumed_role_arn is None]
    yield from map(for_app_instance, {each.app_instance_user_arn.partition("/user/")[0] for each in own})
    yield from map(for_application, {each.resource_arn for each in own})
    yield from map(for_assumed_role, {each.assumed_role_arn for each in declarations if each.assumed_role_arn})
    if any(each.require_active for each in declarations):
        yield rollback_statement(_STACK_ID)


def _endpoint_bytes(entry: Entry) -> int:
    properties = json.dumps(entry.declaration.to_properties(), ensure_ascii=False)
    lines = properties.count('": ')
    return _ENDPOINT_BYTES + 2 * len(entry.identity) + len(properties.encode(*_ENCODING)) + _LINE_BYTES * lines


def _reading(entries: Iterable[Entry], paths: Sequence[str]) -> ReadLists:
    reading = ReadLists()
    for entry in entries:
        for token in entry.tokens:
            for action, resource in accesses(token, keys=entry.kms_keys, paths=paths):
                reading.place(action, resource, resource)
    return reading


def _tags(entries: Iterable[Entry]) -> dict[str, dict[str, str]]:
    """Return the tags of each user that has tags."""
    tags: dict[str, dict[str, str]] = {}
    for entry in entries:
        if entry.tags:
            tags.setdefault(entry.declaration.app_instance_user_arn, {}).update(entry.tags)
    return tags


def _tags_bytes(user: str, tags: Mapping[str, str]) -> int:
    return _TAGS_BYTES + 2 * len(user) + _TAG_BYTES * len(tags) + _bytes(tags)


def _bytes(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode(*_ENCODING))
