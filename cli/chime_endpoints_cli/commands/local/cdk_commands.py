"""`chime-endpoints local deploy`, `diff`, `destroy` and `exec`: run other programs on the local cloud."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from chime_endpoints_cli.account.calls.local_addresses import REGION
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.stacks.stacks import all_stacks
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.local.background.background_process import BackgroundCloud, background_cloud, cloud_directory
from chime_endpoints_cli.local.background.settings import settings
from chime_endpoints_cli.local.cdk.executable import find_cdk, names_a_stack, version_of, version_warning
from chime_endpoints_cli.local.cdk.runner import BOOTSTRAP_STACK, Cdk
from chime_endpoints_cli.local.cloud.environment import users_environment
from chime_endpoints_cli.output.console.terminal import complain, waiting
from chime_endpoints_cli.output.errors import CommandError

from .other_programs import PassThroughCommand, replace_process, run_in_foreground

_CODES = {ExitCode.DONE: "done", ExitCode.FAILED: "cdk failed; its output says why, and its exit code is passed on"}


@click.command(
    cls=PassThroughCommand,
    examples=[
        ("chime-endpoints local deploy", "all stacks of the app in this directory"),
        ("chime-endpoints local deploy Chat --outputs-file out.json", "one stack, with an option of cdk"),
        ("chime-endpoints local deploy -c endpoints=other.yaml", "another file"),
    ],
    exit_codes=_CODES,
)
def deploy(*, arguments: tuple[str, ...]) -> int:
    """Run `cdk deploy` on the local cloud.

    All arguments are passed to cdk unchanged. Without the name of a stack, all stacks are deployed. Without
    --require-approval, cdk does not ask for approval.
    """
    cloud = background_cloud()
    environment = {"CDK_REQUIRE_APPROVAL": "never", **_environment(cloud)}
    cdk = find_cdk(Path.cwd(), environment)
    _bootstrap(cloud, environment)
    return _run(cdk, "deploy", _of_all_stacks(arguments), environment)


@click.command(
    cls=PassThroughCommand,
    examples=[
        ("chime-endpoints local diff", "what a deployment would change"),
        ("chime-endpoints local diff Chat", "the changes of one stack"),
    ],
    exit_codes=_CODES,
)
def diff(*, arguments: tuple[str, ...]) -> int:
    """Run `cdk diff` on the local cloud.

    All arguments are passed to cdk unchanged.
    """
    cloud = background_cloud()
    environment = _environment(cloud)
    cdk = find_cdk(Path.cwd(), environment)
    _bootstrap(cloud, environment)
    return _run(cdk, "diff", arguments, environment)


@click.command(
    cls=PassThroughCommand,
    examples=[
        ("chime-endpoints local destroy", "all stacks of the app in this directory"),
        ("chime-endpoints local destroy Chat --force", "one stack, without confirmation"),
    ],
    exit_codes=_CODES,
)
def destroy(*, arguments: tuple[str, ...]) -> int:
    """Run `cdk destroy` on the local cloud.

    All arguments are passed to cdk unchanged. Without the name of a stack, all stacks are destroyed. On a terminal, cdk
    asks for confirmation first.
    """
    environment = _environment(background_cloud())
    unasked = [] if sys.stdin.isatty() or {"--force", "-f"} & set(arguments) else ["--force"]
    cdk = find_cdk(Path.cwd(), environment)
    return _run(cdk, "destroy", [*_of_all_stacks(arguments), *unasked], environment)


@click.command(
    "exec",
    cls=PassThroughCommand,
    examples=[
        ("chime-endpoints local exec -- aws s3 ls", "any program that calls AWS"),
        ("chime-endpoints local exec -- cdk watch", "any other command of cdk"),
    ],
    exit_codes={
        ExitCode.DONE: "the program's own exit code",
        ExitCode.FAILED: "the same, or the program was not found",
    },
)
def exec_command(*, arguments: tuple[str, ...]) -> None:
    """Run any program with the local cloud as AWS.

    The program replaces this command, so it has the terminal, receives signals and sets the exit code.
    """
    program = arguments[1:] if arguments[:1] == ("--",) else arguments
    if not program:
        raise CommandError("no program to run", remedy="Write it after --: chime-endpoints local exec -- aws s3 ls")
    replace_process(program, _environment(background_cloud()))


def _environment(cloud: BackgroundCloud) -> dict[str, str]:
    # Without an active virtual environment, the programs beside this Python come first: they have the app's packages.
    beside = [] if os.environ.get("VIRTUAL_ENV") else [Path(sys.executable).parent]
    own = [Path.cwd() / "node_modules" / ".bin", *beside]
    return users_environment(settings(cloud), directory=cloud_directory(), first=own)


def _of_all_stacks(arguments: Sequence[str]) -> list[str]:
    return [*arguments] if names_a_stack(arguments) else ["--all", *arguments]


def _bootstrap(cloud: BackgroundCloud, environment: Mapping[str, str]) -> None:
    """Create the resources that every deployment needs, once."""
    stacks = all_stacks(Services(local=cloud.addresses).stacks(REGION))
    if any(stack.name == BOOTSTRAP_STACK for stack in stacks):
        return
    cdk = Cdk(app=Path.cwd(), directory=cloud_directory(), environment=environment, account=cloud.account)
    with waiting("cdk bootstrap"):
        cdk.bootstrap(*_qualifier())


def _qualifier() -> list[str]:
    """Return the option for the project's bootstrap qualifier, if cdk.json sets one."""
    try:
        context = json.loads(Path("cdk.json").read_text(encoding="utf-8")).get("context", {})
    except (OSError, ValueError, AttributeError):
        return []
    qualifier = context.get("@aws-cdk/core:bootstrapQualifier") if isinstance(context, dict) else None
    return ["--qualifier", str(qualifier)] if qualifier else []


def _run(cdk: str, command: str, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    code = run_in_foreground([cdk, command, *arguments], environment)
    if code and (doubt := version_warning(version_of(cdk, environment))):
        complain(doubt)
    return code
