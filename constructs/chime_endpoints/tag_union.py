"""The tags of one identity, gathered from every construct that carries tags for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from aws_cdk import TagManager
from constructs import IConstruct

from chime_endpoints_handler.declaration import TAGS_TYPE, TagsDeclaration
from chime_endpoints_handler.rules import violations

from .unresolved import is_unresolved
from .wording import in_parameters


@dataclass(frozen=True, kw_only=True)
class Carrier:
    """A construct whose tags are an identity's."""

    construct: IConstruct
    tags: TagManager

    def values(self) -> dict[str, str]:
        """The tags so far: those it was declared with, and those that `Tags.of` has brought to it."""
        return dict(self.tags.tag_values())


@dataclass(kw_only=True)
class TagUnion:
    """The tags of all carriers of one identity together."""

    arn: str
    carriers: list[Carrier] = field(default_factory=list)

    def is_empty(self) -> bool:
        """Whether there is no tag at all."""
        return not any(carrier.tags.has_tags() for carrier in self.carriers)

    def values(self) -> dict[str, str]:
        """Every key with its value; of contradicting values the first, since `problems` tells of them."""
        values: dict[str, str] = {}
        for carrier in self.carriers:
            values = carrier.values() | values
        return values

    def problems(self) -> list[str]:
        """What is wrong when every tag is known."""
        if self.is_empty():
            return []
        if contradictions := list(self._contradictions()):
            return contradictions
        properties = TagsDeclaration(resource_arn=self.arn, tags=self.values()).to_properties()
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
