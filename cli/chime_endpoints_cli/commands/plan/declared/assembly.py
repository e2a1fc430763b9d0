"""The stacks of a synthesized app: its cloud assembly, with stages and nested assemblies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from chime_endpoints_cli.account.stacks.stacks import NESTED, OUR_TYPES
from chime_endpoints_cli.account.stacks.templates.template_text import read_template
from chime_endpoints_cli.output.errors import CommandError

from .templates import Declared, DeclaredStack

_STACK, _ASSEMBLY = "aws:cloudformation:stack", "cdk:cloud-assembly"
_UNKNOWN = ("unknown-account", "unknown-region")


def read_assembly(directory: Path) -> Declared:
    """Read the templates that have resources of this project, in the order of their deployment.

    Raises:
        CommandError: it is not a cloud assembly.
    """
    if not (directory / "manifest.json").is_file():
        raise CommandError(
            f"{directory} is not a synthesized app: it has no manifest.json",
            remedy="Run `cdk synth -q` first. It writes cdk.out, unless cdk.json or --output names another directory.",
        )
    stacks = tuple(each for each in _stacks(directory) if _has_ours(each))
    return Declared(source=str(directory), stacks=stacks, left_out=tuple(_unread(stacks)), is_file=False)


def _stacks(directory: Path) -> Iterator[DeclaredStack]:
    artifacts = _read(directory / "manifest.json").get("artifacts") or {}
    for name in _in_order(artifacts):
        artifact = artifacts[name]
        properties = artifact.get("properties") or {}
        if artifact.get("type") == _ASSEMBLY:
            yield from _stacks(directory / properties["directoryName"])
        elif artifact.get("type") == _STACK:
            account, region = artifact["environment"].removeprefix("aws://").split("/", 1)
            yield _stack(
                directory / properties["templateFile"],
                name=properties.get("stackName", name),
                region=None if region in _UNKNOWN else region,
                account=None if account in _UNKNOWN else account,
            )


def _stack(path: Path, *, name: str, region: str | None, account: str | None) -> DeclaredStack:
    template = _read(path)
    nested = {
        logical_id: _stack(path.with_name(asset), name=f"{name}/{logical_id}", region=region, account=account)
        for logical_id, resource in _nested(template)
        if (asset := (resource.get("Metadata") or {}).get("aws:asset:path"))
    }
    return DeclaredStack(name=name, template=template, region=region, account=account, nested=nested)


def _nested(template: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for logical_id, resource in (template.get("Resources") or {}).items():
        if resource.get("Type") == NESTED:
            yield logical_id, resource


def _unread(stacks: Iterable[DeclaredStack]) -> Iterator[str]:
    for stack in stacks:
        for logical_id, _ in _nested(stack.template):
            if logical_id not in stack.nested:
                yield f"The template of the nested stack {logical_id} of {stack.name} is not in the app's directory."
        yield from _unread(stack.nested.values())


def _in_order(artifacts: Mapping[str, Any]) -> list[str]:
    """Return the artifacts' names, each after those that it depends on, as `cdk deploy` deploys them."""
    ordered: dict[str, None] = {}

    def visit(name: str) -> None:
        if name in artifacts and name not in ordered:
            for before in artifacts[name].get("dependencies") or []:
                visit(before)
            ordered[name] = None

    for name in artifacts:
        visit(name)
    return list(ordered)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return read_template(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read as JSON or YAML", remedy="Run `cdk synth` again.") from error


def _has_ours(stack: DeclaredStack) -> bool:
    resources = (stack.template.get("Resources") or {}).values()
    return any(each.get("Type") in OUR_TYPES for each in resources) or any(map(_has_ours, stack.nested.values()))
