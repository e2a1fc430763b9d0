"""The report of all tag problems in an app, with each problem once and a remedy at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from weakref import WeakKeyDictionary

from aws_cdk import Stack, Stage
from constructs import IConstruct

from chime_endpoints._cdk.lazy import validate_later
from chime_endpoints._validation.tag_problems import MOST_TAGS, shown, tag_problems
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE

from .resolution import ResolvedValue, resolved_value
from .union import Carrier, Tag, TagUnion

_NAMED = 4  # a sentence lists this many constructs or values and counts the rest


@dataclass(frozen=True, kw_only=True)
class _Problem:
    """One problem with the tags of one identity."""

    group: str
    """A key that is equal for problems reported together in one sentence."""
    sentence: str
    carriers: Sequence[Carrier]
    keys: tuple[str, ...] = ()
    is_shared: bool = False
    """Whether the sentence is about all carriers together and lists them itself."""


@dataclass(kw_only=True)
class TagReport:
    """The tagged identities of an app or a stage."""

    _unions: dict[IConstruct, list[TagUnion]] = field(default_factory=dict)
    _known: set[int] = field(default_factory=set)
    _reporter: IConstruct | None = None

    @staticmethod
    def of(stack: Stack) -> TagReport:
        """Return the report of the app or stage that a stack is in."""
        if stack not in _by_stack:
            stage = Stage.of(stack) or stack
            _by_stack[stack] = _by_stage.setdefault(stage, TagReport())
        return _by_stack[stack]

    def check_later(self, construct: IConstruct, union: TagUnion) -> None:
        """Check the tags of an identity after all tags are known, and report problems at a construct."""
        if id(union) in self._known:
            return
        self._known.add(id(union))
        if construct not in self._unions:
            self._unions[construct] = []
            validate_later(construct, lambda: self._problems_at(construct))
        self._unions[construct].append(union)

    def _problems_at(self, construct: IConstruct) -> list[str]:
        """Return the problems of the whole app at the first construct with a problem, and none at the others."""
        if not any(True for union in self._unions[construct] for _ in _problems(union)):
            if self._reporter is construct:
                self._reporter = None
            return []
        if self._reporter not in (None, construct):
            return []
        self._reporter = construct
        unions = (union for of_construct in self._unions.values() for union in of_construct)
        return list(_lines([problem for union in unions for problem in _problems(union)]))


_by_stage: WeakKeyDictionary[IConstruct, TagReport] = WeakKeyDictionary()
_by_stack: WeakKeyDictionary[Stack, TagReport] = WeakKeyDictionary()


def _problems(union: TagUnion) -> Iterator[_Problem]:
    values: dict[str, dict[ResolvedValue, list[Carrier]]] = {}
    for tag in union.tags():
        if tag.value is None:
            yield _unknown(tag, union.stack)
        else:
            values.setdefault(tag.key, {}).setdefault(resolved_value(tag.value, union.stack), []).append(tag.carrier)
    for key, by_value in values.items():
        if len(by_value) > 1:
            yield _contradiction(key, by_value)
        for value, carriers in by_value.items():
            for sentence in _of_tag(key, value):
                yield _Problem(group=sentence, keys=(key,), sentence=sentence, carriers=carriers)
    if len(values) > MOST_TAGS:
        sentence = (
            f"the AppInstanceUser of {_named(union.carriers)} would have {len(values)} tags; at most {MOST_TAGS} are"
            f" allowed. [{Code.WRONG_LENGTH}]"
        )
        yield _Problem(group="count", sentence=sentence, carriers=union.carriers, is_shared=True)


@lru_cache(maxsize=1024)
def _of_tag(key: str, value: ResolvedValue) -> Sequence[str]:
    return tuple(tag_problems(key, value.literal if value.literal is not None else "known at deployment"))


def _unknown(tag: Tag, stack: Stack) -> _Problem:
    sentence = (
        f"The value of {shown(tag.key)} can be resolved only in stack {tag.carrier.stack.node.path}, but the"
        f" AppInstanceUser is declared and tagged in stack {stack.node.path}."
    )
    return _Problem(group=sentence, keys=(tag.key,), sentence=sentence, carriers=[tag.carrier])


def _contradiction(key: str, by_value: dict[ResolvedValue, list[Carrier]]) -> _Problem:
    values = _listed([f"{_text(value)} on {_named(carriers)}" for value, carriers in by_value.items()])
    sentence = f"{shown(key)} is {values}, but these tags apply to the same AppInstanceUser."
    carriers = [carrier for those in by_value.values() for carrier in those]
    return _Problem(group=f"contradiction {key}", keys=(key,), sentence=sentence, carriers=carriers, is_shared=True)


def _lines(problems: Sequence[_Problem]) -> Iterator[str]:
    groups: dict[str, list[_Problem]] = {}
    for problem in problems:
        groups.setdefault(problem.group, []).append(problem)
    for group in groups.values():
        yield f"tags: {_line(group)}"
    yield _remedy(problems)


def _line(group: Sequence[_Problem]) -> str:
    first, *others = group
    if not first.is_shared:
        carriers = [carrier for problem in group for carrier in problem.carriers]
        return f"{first.sentence} It is set on {_named(carriers)}."
    if not others:
        return first.sentence
    named = _named([problem.carriers[0] for problem in others])
    return f"{first.sentence} The same applies to the AppInstanceUsers of {named}."


def _remedy(problems: Sequence[_Problem]) -> str:
    keys = {key for problem in problems for key in problem.keys}
    key, subject = (shown(*keys), shown(*keys)) if len(keys) == 1 else ("key", "each key")
    types: set[str] = set()
    for problem in problems:
        of_problem = {carrier.resource_type for carrier in problem.carriers}
        types |= {ENDPOINT_TYPE} if problem.is_shared and ENDPOINT_TYPE in of_problem else of_problem
    one, all_of_them = ("endpoint", "the endpoints") if types == {ENDPOINT_TYPE} else ("construct", "these constructs")
    value = f"Give {subject} one valid value, or exclude it from" if keys else "Exclude keys from"
    return (
        f"tags: Amazon Chime SDK tags the AppInstanceUser, not its endpoints. {value} {all_of_them}: call"
        f" Tags.of({one}).remove({key}), or add exclude_resource_types=[{', '.join(map(shown, sorted(types)))}] to the"
        f" Tags.of(scope).add({key}, …) call that sets it."
    )


def _text(value: ResolvedValue) -> str:
    return value.resolved if value.literal is None else shown(value.literal)


def _named(carriers: Sequence[Carrier]) -> str:
    return _listed([carrier.construct.node.path for carrier in carriers])


def _listed(texts: Sequence[str]) -> str:
    shown_texts, others = list(texts[:_NAMED]), len(texts) - _NAMED
    if others > 0:
        shown_texts.append(f"{others} more")
    return " and ".join(part for part in (", ".join(shown_texts[:-1]), shown_texts[-1]) if part)
