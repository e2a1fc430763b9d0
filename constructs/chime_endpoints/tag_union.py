"""The tags of one identity, gathered from every construct that carries tags for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from aws_cdk import Stack, TagManager, TagType
from constructs import IConstruct

from .tag_meaning import in_stack, is_reference


class Carrier:
    """A construct whose tags are an identity's."""

    def __init__(
        self,
        construct: IConstruct,
        declared: Mapping[str, str],
        *,
        resource_type: str,
        stack: Stack,
        manager: TagManager | None = None,
    ) -> None:
        """Makes a carrier.

        Args:
            construct: the construct.
            declared: the tags that it was declared with; `Tags.of` overrides them, as with any resource of CDK.
            resource_type: the type by which `Tags.of` can exclude it.
            stack: the stack that it is in.
            manager: the construct's tag manager, where it has one already that holds the declared tags.
        """
        self.construct = construct
        self.resource_type = resource_type
        self.stack = stack
        self._declared = dict(declared)
        self._manager = manager
        self._provide: Callable[[], None] = lambda: None

    def when_tagged(self, provide: Callable[[], None]) -> None:
        """Has something done when there is a tag, or may be: at once, or when `Tags.of` first comes by."""
        if self._declared or self._manager is not None:
            provide()
        else:
            self._provide = provide

    def manager(self) -> TagManager:
        """What `Tags.of` adds tags to; made when it first comes by."""
        if self._manager is None:
            self._manager = TagManager(TagType.MAP, self.resource_type, self._declared)
            self._provide()
        return self._manager

    def values(self) -> dict[str, str]:
        """The tags so far: those it was declared with, and those that `Tags.of` has brought to it."""
        return self._declared if self._manager is None else dict(self._manager.tag_values())


@dataclass(frozen=True, kw_only=True)
class Tag:
    """One tag of one carrier."""

    carrier: Carrier
    key: str
    value: str | None
    """As the stack that tags the identity has to say it; None where only the carrier's own stack can resolve it."""


@dataclass(kw_only=True)
class TagUnion:
    """The tags of all carriers of one identity together."""

    arn: str
    stack: Stack
    """The stack that tags the identity."""
    carriers: list[Carrier] = field(default_factory=list)

    def tags(self) -> Iterator[Tag]:
        """The tags of each carrier, as the stack that tags the identity has to say them."""
        own: dict[str, str] = {}
        for carrier in self.carriers:
            is_own = carrier.stack is self.stack
            for key, value in carrier.values().items():
                if is_own:
                    own.setdefault(key, value)
                if is_own or (own.get(key) == value and is_reference(value)):
                    yield Tag(carrier=carrier, key=key, value=value)
                    continue
                moved_key = in_stack(key, of=carrier.stack, to=self.stack)
                moved = None if moved_key is None else in_stack(value, of=carrier.stack, to=self.stack)
                yield Tag(carrier=carrier, key=moved_key or key, value=moved)

    def values(self) -> dict[str, str]:
        """Every key with its value; of contradicting values the first, since synth fails with them."""
        values: dict[str, str] = {}
        for tag in self.tags():
            if tag.value is not None:
                values.setdefault(tag.key, tag.value)
        return values
