"""The tags of one identity, gathered from every construct that carries tags for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from aws_cdk import TagManager, TagType
from constructs import IConstruct

from chime_endpoints_handler.declaration import TAGS_TYPE, TagsDeclaration
from chime_endpoints_handler.rules import violations

from .unresolved import is_unresolved
from .wording import in_parameters


class Carrier:
    """A construct whose tags are an identity's."""

    def __init__(self, construct: IConstruct, declared: Mapping[str, str], manager: TagManager | None = None) -> None:
        """Makes a carrier.

        Args:
            construct: the construct.
            declared: the tags that it was declared with; `Tags.of` overrides them, as with any resource of CDK.
            manager: the construct's tag manager, where it has one already that holds the declared tags.
        """
        self.construct = construct
        self._declared = dict(declared)
        self._manager = manager
        self._provide: Callable[[], None] = lambda: None

    def when_tagged(self, provide: Callable[[], None]) -> None:
        """Has something done when there is a tag, or may be: at once, or when `Tags.of` first comes by."""
        if self._declared or self._manager is not None:
            provide()
        else:
            self._provide = provide

    def manager(self, resource_type: str) -> TagManager:
        """What `Tags.of` adds tags to; made when it first comes by."""
        if self._manager is None:
            self._manager = TagManager(TagType.MAP, resource_type, self._declared)
            self._provide()
        return self._manager

    def values(self) -> dict[str, str]:
        """The tags so far: those it was declared with, and those that `Tags.of` has brought to it."""
        return self._declared if self._manager is None else dict(self._manager.tag_values())


@dataclass(kw_only=True)
class TagUnion:
    """The tags of all carriers of one identity together."""

    arn: str
    carriers: list[Carrier] = field(default_factory=list)

    def values(self) -> dict[str, str]:
        """Every key with its value; of contradicting values the first, since `problems` tells of them."""
        values: dict[str, str] = {}
        for carrier in self.carriers:
            values = carrier.values() | values
        return values

    def problems(self) -> list[str]:
        """What is wrong when every tag is known."""
        tags = self.values()
        if not tags:
            return []
        if contradictions := list(self._contradictions()):
            return contradictions
        properties = TagsDeclaration(resource_arn=self.arn, tags=tags).to_properties()
        return [in_parameters(each) for each in violations(TAGS_TYPE, properties, unresolved=is_unresolved)]

    def _contradictions(self) -> Iterator[str]:
        first: dict[str, tuple[str, IConstruct]] = {}
        for carrier in self.carriers:
            for key, value in carrier.values().items():
                there, by = first.setdefault(key, (value, carrier.construct))
                if there != value:
                    yield (
                        f"tags: {by.node.path} and {carrier.construct.node.path} give {key!r} different values,"
                        " but share the AppInstanceUser that tags are put on. Give the key one value."
                    )
