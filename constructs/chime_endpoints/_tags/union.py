"""The tags of one identity, collected from all constructs that carry tags for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from aws_cdk import Stack, TagManager, TagType
from constructs import IConstruct

from .resolution import is_reference, translate_for_stack


class Carrier:
    """A construct whose tags are applied to an identity."""

    def __init__(
        self,
        construct: IConstruct,
        declared: Mapping[str, str],
        *,
        resource_type: str,
        stack: Stack,
        manager: TagManager | None = None,
    ) -> None:
        """Create a carrier.

        Args:
            construct: the construct.
            declared: the tags that the construct declares. `Tags.of` overrides them, as with any CDK resource.
            resource_type: the resource type by which `Tags.of` can exclude the construct.
            stack: the stack that the construct is in.
            manager: the construct's own tag manager, if it already has one with the declared tags.
        """
        self.construct = construct
        self.resource_type = resource_type
        self.stack = stack
        self._declared = dict(declared)
        self._manager = manager
        self._provide: Callable[[], None] = lambda: None

    def when_tagged(self, provide: Callable[[], None]) -> None:
        """Call a function if there are tags or can be: now, or when `Tags.of` first visits the construct."""
        if self._declared or self._manager is not None:
            provide()
        else:
            self._provide = provide

    def manager(self) -> TagManager:
        """Return the tag manager that `Tags.of` uses. The first call creates it."""
        if self._manager is None:
            self._manager = TagManager(TagType.MAP, self.resource_type, self._declared)
            self._provide()
        return self._manager

    def values(self) -> dict[str, str]:
        """Return the current tags: the declared ones and those that `Tags.of` has added."""
        return self._declared if self._manager is None else dict(self._manager.tag_values())


@dataclass(frozen=True, kw_only=True)
class Tag:
    """One tag of one carrier."""

    carrier: Carrier
    key: str
    value: str | None
    """The value for the stack that tags the identity, or None if only the carrier's own stack can resolve it."""


@dataclass(kw_only=True)
class TagUnion:
    """The combined tags of all carriers of one identity."""

    arn: str
    stack: Stack
    """The stack that tags the identity."""
    carriers: list[Carrier] = field(default_factory=list)
    assumed_role: Mapping[str, str | None] = field(default_factory=dict)
    """The options `assumed_role_arn` and `external_id`, if the function assumes a role to tag the identity."""

    def tags(self) -> Iterator[Tag]:
        """Yield the tags of each carrier, translated for the stack that tags the identity."""
        own: dict[str, str] = {}
        for carrier in self.carriers:
            is_own = carrier.stack is self.stack
            for key, value in carrier.values().items():
                if is_own:
                    own.setdefault(key, value)
                if is_own or (own.get(key) == value and is_reference(value)):
                    yield Tag(carrier=carrier, key=key, value=value)
                    continue
                moved_key = translate_for_stack(key, of=carrier.stack, to=self.stack)
                moved = None if moved_key is None else translate_for_stack(value, of=carrier.stack, to=self.stack)
                yield Tag(carrier=carrier, key=moved_key or key, value=moved)

    def values(self) -> dict[str, str]:
        """Return each key with its value. For conflicting values, use the first; synthesis fails anyway."""
        values: dict[str, str] = {}
        for tag in self.tags():
            if tag.value is not None:
                values.setdefault(tag.key, tag.value)
        return values
