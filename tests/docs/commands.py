"""Mistakes in a documented command line: unknown programs, subcommands, options and files."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

import click
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.session import Session

from chime_endpoints_cli.main import cli
from docs.blocks import ROOT

_ASSIGNMENT = re.compile(r"(?:export )?([A-Z_]+)=(.*)", re.DOTALL)
_NESTED = re.compile(r"\$\((.*)\)", re.DOTALL)
_GLOBAL_OF_AWS = {"query", "output", "region", "profile"}
_OWN_OF_AWS: Mapping[tuple[str, str], set[str]] = {
    ("s3", "cp"): set(),
    ("cloudformation", "deploy"): {"--stack-name", "--capabilities", "--template-file", "--parameter-overrides"},
}
"""The AWS CLI's own commands, which are no operation of a service (AWS CLI Command Reference)."""
_EVALUATED = re.compile(r'eval "\$\((.+)\)"')
_ALIASES_OF_CDK = {"synthesize": "synth", "ls": "list"}


def problems(script: str, page: str) -> list[str]:
    """The mistakes in the lines of a shell block.

    Args:
        script: the block.
        page: the page that it is on, which must name the files that it uses.
    """
    return [f"{line}: {problem}" for line in _lines(script) for problem in _problems(line, page)]


def _lines(script: str) -> Iterator[str]:
    for line in script.replace("\\\n", " ").splitlines():
        code = re.sub(r"(^|\s)#.*", "", line).strip()
        if code:
            yield re.sub(r"\s+", " ", code)


def _problems(line: str, page: str) -> Iterator[str]:
    if assigned := _ASSIGNMENT.fullmatch(line):
        if nested := _NESTED.fullmatch(assigned[2]):
            yield from _problems(nested[1], page)
        return
    if evaluated := _EVALUATED.fullmatch(line):
        line = evaluated[1]
    line = re.sub(r"^(?:[A-Z_]+=\S+ )+", "", line).partition(" | ")[0].partition(" > ")[0]
    program, *arguments = shlex.split(line)
    check = _PROGRAMS.get(program)
    if check is None:
        yield f"no rule checks {program}"
        return
    yield from check(arguments)
    for argument in arguments:
        name = argument.partition("file://")[2] or (argument if program == "rm" else "")
        if name and f"`{name}`" not in page:
            yield f"the page does not say what is in {name}"


def _make(arguments: Sequence[str]) -> Iterator[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for argument in arguments:
        variable, given, _ = argument.partition("=")
        if given and f"$({variable})" not in makefile:
            yield f"the Makefile has no variable {variable}"
        if not given and not re.search(rf"^{re.escape(argument)}:", makefile, re.MULTILINE):
            yield f"the Makefile has no target {argument}"


def _chime_endpoints(arguments: Sequence[str]) -> Iterator[str]:
    command: click.Command = cli
    context = click.Context(cli, info_name="chime-endpoints")
    rest = list(arguments)
    try:
        while isinstance(command, click.Group):
            if rest[:1] == ["--debug"]:
                rest.pop(0)
            name, found, rest = command.resolve_command(context, rest)
            assert name
            assert found
            command, context = found, click.Context(found, parent=context, info_name=name, **found.context_settings)
        command.parse_args(context, rest)
        if context.command_path == "chime-endpoints local deploy":
            yield from _cdk(["deploy", *arguments[2:]])
            yield from (
                f"{given} is given by the command itself" for given in arguments if given == "--require-approval"
            )
    except click.ClickException as error:
        yield error.format_message()


@cache
def _registry_of_cdk() -> Mapping[str, Any]:
    path = ROOT / "node_modules/aws-cdk/lib/cli/cli-type-registry.json"
    registry: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return registry


def _cdk(arguments: Sequence[str]) -> Iterator[str]:
    registry = _registry_of_cdk()
    name = _ALIASES_OF_CDK.get(arguments[0], arguments[0])
    command = registry["commands"].get(name)
    if command is None:
        yield f"cdk has no command {name}"
        return
    options = registry["globalOptions"] | command.get("options", {})
    known = {f"--{option}" for option in options} | {f"--no-{option}" for option in options}
    known |= {f"-{option['alias']}" for option in options.values() if isinstance(option.get("alias"), str)}
    known |= {f"-{alias}" for option in options.values() for alias in option.get("alias", ()) if len(alias) == 1}
    for argument in arguments[1:]:
        if argument.startswith("-") and argument.partition("=")[0] not in known:
            yield f"cdk {name} has no option {argument}"


@cache
def service_model(service: str) -> ServiceModel:
    """The API of an AWS service."""
    return Session().get_service_model(service)


def _aws(arguments: Sequence[str]) -> Iterator[str]:
    service, operation, *rest = arguments
    if (service, operation) in _OWN_OF_AWS:
        unknown = {argument for argument in rest if argument.startswith("--")} - _OWN_OF_AWS[service, operation]
        yield from (f"aws {service} {operation} has no option {option}" for option in unknown)
        return
    try:
        model = service_model({"s3api": "s3"}.get(service, service))
    except UnknownServiceError:
        yield f"aws has no service {service}"
        return
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in operations:
        yield f"aws {service} has no operation {operation}"
        return
    yield from _parameters_of_aws(model.operation_model(operations[operation]), rest)


def _parameters_of_aws(operation: OperationModel, arguments: Sequence[str]) -> Iterator[str]:
    shape = operation.input_shape
    members = {xform_name(name, "-"): name for name in shape.members} if shape else {}
    given: dict[str, list[str]] = {}
    for argument in arguments:
        if argument.startswith("--"):
            given[argument.removeprefix("--")] = []
        elif given:
            given[list(given)[-1]].append(argument)
        else:
            yield f"{argument} belongs to no parameter"
    for name, values in given.items():
        if name in members and shape:
            yield from _value_of_aws(name, shape.members[members[name]], values)
        elif name not in _GLOBAL_OF_AWS:
            yield f"{operation.name} has no parameter --{name}"
    if shape:
        for name, member in members.items():
            is_made_up = shape.members[member].metadata.get("idempotencyToken")
            if member in shape.required_members and name not in given and not is_made_up:
                yield f"{operation.name} requires --{name}"


def _value_of_aws(name: str, shape: Shape, values: Sequence[str]) -> Iterator[str]:
    if shape.type_name == "boolean":
        if values:
            yield f"--{name} takes no value"
    elif len(values) != 1:
        yield f"--{name} takes one value"
    elif shape.type_name == "integer" and not values[0].isdecimal():
        yield f"--{name} takes a number"
    elif shape.type_name == "structure" and not values[0].startswith("file://"):
        for part in values[0].split(","):
            if part.partition("=")[0] not in shape.members:
                yield f"--{name} has no member {part.partition('=')[0]}"


def _pip(arguments: Sequence[str]) -> Iterator[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if arguments[0] != "install":
        yield f"no rule checks pip {arguments[0]}"
    for argument in arguments[1:]:
        if argument in ("-r", "requirements.txt") or argument.startswith("dist/cdk_chime_endpoints-"):
            continue  # what `cdk init` and `make wheel` write
        found = re.fullmatch(r"([\w-]+)(?:\[([\w,]+)])?", argument)
        if found is None or found[1] != project["name"]:
            yield f"{argument} is not this project"
        elif found[2] and not project["optional-dependencies"].keys() >= set(found[2].split(",")):
            yield f"this project has no extra {found[2]}"


def _python(arguments: Sequence[str]) -> Iterator[str]:
    from chime_endpoints_emulator.__main__ import _options

    if arguments[:2] != ["-m", "chime_endpoints_emulator"] or find_spec(arguments[1]) is None:
        yield "no rule checks this module"
        return
    try:
        _options(arguments[2:])
    except SystemExit:
        yield "its options are not understood"


def _source(arguments: Sequence[str]) -> Iterator[str]:
    if list(arguments) != [".venv/bin/activate"]:
        yield "only the clone's environment is sourced"


def _script(arguments: Sequence[str]) -> Iterator[str]:
    if arguments:
        yield "it takes no arguments"
    if not (ROOT / ".ci" / "run").exists():
        yield "it is not there"


def _anything(_: Sequence[str]) -> Iterator[str]:
    yield from ()


_PROGRAMS: Mapping[str, Callable[[Sequence[str]], Iterator[str]]] = {
    ".ci/run": _script,
    "aws": _aws,
    "basename": _anything,
    "cdk": _cdk,
    "chime-endpoints": _chime_endpoints,
    "gh": _anything,  # it is not installed here
    "make": _make,
    "pip": _pip,
    "python": _python,
    "rm": _anything,  # its files are looked for on the page
    "source": _source,
}
