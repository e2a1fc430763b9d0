"""What `make weaken` can leave out of the handler: rows, rules and stale facts of its decisions, and a few safeguards.

Nothing here names a row, a rule or a fact: all of them come from the handler's own modules.
"""

import operator
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from inspect import getmembers, isclass, isfunction
from types import ModuleType
from typing import Any

from chime_endpoints_handler.aws.endpoints import api, presence
from chime_endpoints_handler.cloudformation.request import Request
from chime_endpoints_handler.resources.endpoint import roles, steps
from chime_endpoints_handler.resources.endpoint.perform import looks
from chime_endpoints_handler.resources.endpoint.policy import delete, failing, present, registering

PACKAGE = "chime_endpoints_handler"
SECTIONS = (delete, present, registering, failing)

ROW, RULE, STALE, SAFEGUARD = "row", "rule", "stale", "safeguard"


@dataclass(frozen=True)
class Weakening:
    """Something that the handler can be without, and how to take it away from the loaded modules."""

    kind: str
    name: str
    apply: Callable[[], None]
    function: Callable[..., Any] | None = None
    """The row or the rule, if it is one."""
    matters: Callable[[Any], bool] = lambda _: True
    """Whether something else follows if the function returns this."""


def weakenings() -> list[Weakening]:
    """Return everything that can be left out."""
    return [*_rows(), *_rules(), *_stale_facts(), *_safeguards()]


def observe(every: Sequence[Weakening], seen: set[str]) -> None:
    """From now on, note the names of the rows and rules without which something else would happen."""
    for function in {each.function for each in every}:
        if function is not None:
            _exchange(function, _observed(function, [each for each in every if each.function is function], seen))


def _observed(function: Callable[..., Any], ways: Sequence[Weakening], seen: set[str]) -> Callable[..., Any]:
    def observed(*arguments: Any, **named: Any) -> Any:
        result = function(*arguments, **named)
        seen.update(each.name for each in ways if each.matters(result))
        return result

    return observed


def rows_of(section: ModuleType) -> Iterator[tuple[str, tuple[Callable[..., Any], ...]]]:
    """Yield the tables of a module of the policy, with their names: tuples of rows."""
    for name, value in vars(section).items():
        if isinstance(value, tuple) and value and all(map(isfunction, value)):
            yield name, value


def name_of(function: Callable[..., Any]) -> str:
    """Return a short name of a row or a rule: its module's and its own."""
    return f"{function.__module__.rpartition('.')[2]}.{function.__name__}"


def _rows() -> Iterator[Weakening]:
    every = {name_of(row): row for section in SECTIONS for _, rows in rows_of(section) for row in rows}
    for name, row in every.items():
        yield Weakening(ROW, name, partial(_exchange, row, lambda _: None), row, lambda step: step is not None)


def _rules() -> Iterator[Weakening]:
    for module in (roles, *SECTIONS):
        for _, rule in getmembers(module, isfunction):
            if rule.__module__ == module.__name__ and rule.__annotations__.get("return") == "bool":
                for result in (True, False):
                    answers = partial(_exchange, rule, lambda *_, result=result, **__: result)
                    differs = partial(operator.ne, result)
                    yield Weakening(RULE, f"{name_of(rule)} is always {result}", answers, rule, differs)


def stale_facts() -> dict[str, list[steps.Look]]:
    """Return the facts that each step makes stale."""
    kinds = {name: getattr(step, "stale", ()) for name, step in getmembers(steps, isclass)}
    return {name: sorted(looks, key=lambda look: look.value) for name, looks in kinds.items() if looks}


def _stale_facts() -> Iterator[Weakening]:
    for name, stale in stale_facts().items():
        step = getattr(steps, name)
        for look in stale:
            keeps = partial(setattr, step, "stale", step.stale - {look})
            yield Weakening(STALE, f"{name} keeps {look.name}", keeps)


def _safeguards() -> Iterator[Weakening]:
    """Yield what the decisions rely on, and the parts of rows that no other row makes up for."""
    token, register, succeed = Request.client_request_token, registering.register, present.succeed

    def with_the_declared_name(facts: Any) -> Any:
        step = register(facts)
        return replace(step, name=facts.desired.name) if isinstance(step, steps.Register) else step

    def never_marked(facts: Any) -> Any:
        step = succeed(facts)
        return replace(step, unmarked=None) if isinstance(step, steps.Succeed) else step

    for name, apply in {
        "every delivery of an event sends the same request token": partial(
            setattr, Request, "client_request_token", lambda *_: uuid.uuid4().hex
        ),
        "every event sends its own request token": partial(
            setattr,
            Request,
            "client_request_token",
            lambda request, purpose: token(replace(request, request_id=""), purpose),
        ),
        "List is asked twice": partial(_exchange, presence.list_twice, lambda endpoints: endpoints.list()),
        "a response of Register has an EndpointId": partial(setattr, api, "_has_usable_id", lambda _: True),
        "a Delete looks several times for what a Create left": partial(setattr, delete, "_WAITS", ()),
        "an endpoint in the way is looked for several times": partial(setattr, looks, "_HOLDERS_WAITS", (0.0,)),
        "a replacement is registered under the marked name": partial(_exchange, register, with_the_declared_name),
        "a replacement is marked again if its response is not accepted": partial(_exchange, succeed, never_marked),
        "an Update that is overtaken changes nothing more": partial(
            _exchange, failing.unless_overtaken, lambda _, step: step
        ),
    }.items():
        yield Weakening(SAFEGUARD, name, apply)


def _exchange(function: Callable[..., Any], other: Callable[..., Any]) -> None:
    """Put another function in the place of one, in every module and in every table of the handler."""
    modules = [module for name, module in sys.modules.items() if name.startswith(PACKAGE)]
    for module in modules:
        for name, value in list(vars(module).items()):
            if value is function:
                setattr(module, name, other)
            elif isinstance(value, tuple) and any(each is function for each in value):
                setattr(module, name, tuple(other if each is function else each for each in value))
