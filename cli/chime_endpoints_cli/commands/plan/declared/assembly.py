"""The stacks of a synthesized app: its cloud assembly, with stages and nested assemblies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from chime_endpoints_cli.account.stacks.templates.template_text import read_template
from chime_endpoints_cli.output.errors import CommandError

from .templates import Declared, DeclaredStack, nested_in

_STACK, _ASSEMBLY = "aws:cloudformation:stack", "cdk:cloud-assembly"
_UNKNOWN = ("unknown-account", "unknown-region")


def read_assembly(directory: Path) -> Declared:
    """Read the templates of all stacks, in the order of their deployment.

    Raises:
        CommandError: it is not a cloud assembly.
    """
    if not (directory / "manifest.json").is_file():
        raise CommandError(
            f"{directory} is not a synthesized app: it has no manifest.json",
            remedy="Run `cdk synth -q` first. It writes cdk.out, unless cdk.json or --output names another directory.",
        )
    try:
        stacks = tuple(_stacks(directory))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise CommandError(
            f"{directory / 'manifest.json'} is not the manifest of a synthesized app", remedy="Run `cdk synth` again."
        ) from error
    return Declared(source=str(directory), stacks=stacks, is_file=False)


def _stacks(directory: Path) -> Iterator[DeclaredStack]:
    artifacts = _read(directory / "manifest.json")["artifacts"]
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
        for logical_id, resource in nested_in(template)
        if (asset := (resource.get("Metadata") or {}).get("aws:asset:path"))
    }
    return DeclaredStack(name=name, template=template, region=region, account=account, nested=nested)


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
