"""Values that are computed when the template is written, after all constructs and tags are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsii
from aws_cdk import IResolvable, IStableAnyProducer, IStableStringProducer, Lazy
from constructs import IConstruct, IValidation


def lazy_any(produce: Callable[[], Any]) -> IResolvable:
    """Return a value that is computed once, when the template is written. None omits the property."""
    return Lazy.any(_AnyProducer(produce))


def lazy_string(produce: Callable[[], str]) -> str:
    """Return a string that is computed once, when the template is written."""
    return Lazy.string(_StringProducer(produce))


def validate_later(construct: IConstruct, problems: Callable[[], list[str]]) -> None:
    """Validate a construct after everything is known. CDK reports all problems of an app together."""
    construct.node.add_validation(_Validation(problems))


@jsii.implements(IStableAnyProducer)
class _AnyProducer:
    def __init__(self, produce: Callable[[], Any]) -> None:
        self._produce = produce

    def produce(self) -> Any:
        return self._produce()


@jsii.implements(IStableStringProducer)
class _StringProducer:
    def __init__(self, produce: Callable[[], str]) -> None:
        self._produce = produce

    def produce(self) -> str | None:
        return self._produce()


@jsii.implements(IValidation)
class _Validation:
    def __init__(self, problems: Callable[[], list[str]]) -> None:
        self._problems = problems

    def validate(self) -> list[str]:
        return self._problems()
