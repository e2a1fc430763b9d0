"""A construct's position in the tree, cached because each call into CDK crosses into its Node process."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from aws_cdk import Stack
from constructs import IConstruct

from .unresolved import is_unresolved

_stacks: WeakKeyDictionary[IConstruct, Stack] = WeakKeyDictionary()
_regions: WeakKeyDictionary[Stack, str | None] = WeakKeyDictionary()
_roots: WeakKeyDictionary[Stack, IConstruct] = WeakKeyDictionary()


def stack_of(construct: IConstruct) -> Stack:
    """Return the stack that a construct is in."""
    if construct not in _stacks:
        _stacks[construct] = Stack.of(construct)
    return _stacks[construct]


def root_of(construct: IConstruct) -> IConstruct:
    """Return the app that a construct is in."""
    stack = stack_of(construct)
    if stack not in _roots:
        _roots[stack] = stack.node.root
    return _roots[stack]


def region_of_stack(stack: Stack) -> str | None:
    """Return the region that a stack is in, or None if it is not known at synthesis."""
    if stack not in _regions:
        region = str(stack.region)
        _regions[stack] = None if is_unresolved(region) else region
    return _regions[stack]


def child_path(scope: IConstruct, child_id: str) -> str:
    """Return the path that a construct with this id has, or would have, in a scope."""
    return f"{scope.node.path}/{child_id}" if scope.node.path else child_id
