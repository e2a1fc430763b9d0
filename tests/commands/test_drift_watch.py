"""`drift --watch` shows only what has changed since the last look, until it is interrupted."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.commands.registered.drift import report
from chime_endpoints_cli.commands.registered.drift.findings import State
from chime_endpoints_cli.commands.registered.drift.scan import compare_stacks
from chime_endpoints_cli.commands.registered.drift.watching import Change, Look, watch
from chime_endpoints_cli.main import run
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_emulator import Endpoint, Fault
from commands.conftest import Account, declared, physical_id


class DoneError(Exception):
    """Ends a watch."""


def watched(account: Account, *happenings: Callable[[], object], names: tuple[str, ...] = ()) -> list[list[Change]]:
    """What each look shows; between two of them, something happens."""
    left = iter(happenings)

    def look() -> Look:
        stacks, findings = compare_stacks(account.services, names=names, regions=["us-east-1"], with_tokens=True)
        return Look(stacks=stacks, findings=findings)

    def sleep(seconds: float) -> None:
        assert seconds == 60
        happens = next(left, None)
        if happens is None:
            raise DoneError
        happens()

    shown = []
    try:
        for _, changes in watch(look, interval=60, sleep=sleep):
            shown.append(changes)
    except DoneError:
        return shown
    raise AssertionError("a watch never ends by itself")


def states(shown: list[list[Change]]) -> list[list[tuple[str | None, str]]]:
    """The states before and after, in each look."""
    return [[(change.was, change.state) for change in changes] for changes in shown]


@pytest.fixture
def phone(account: Account) -> Endpoint:
    """An endpoint that a stack declares."""
    endpoint = account.register()
    account.cloudformation.add("Push", {"Phone": declared(endpoint)}, Phone=physical_id(endpoint))
    return endpoint


def test_the_first_look_has_everything_and_the_others_what_changed(account: Account, phone: Endpoint) -> None:
    """A look without changes is empty; a difference that becomes another is a change."""
    shown = watched(
        account,
        lambda: None,
        lambda: setattr(phone, "name", "Other"),
        lambda: setattr(phone, "name", "Third"),
        lambda: None,
        lambda: setattr(phone, "name", "Phone"),
        lambda: setattr(phone, "status", "INACTIVE"),
    )
    assert states(shown) == [
        [(None, "in sync")],
        [],
        [("in sync", "changed")],
        [("changed", "changed")],
        [],
        [("changed", "in sync")],
        [("in sync", "inactive")],
    ]


def test_resources_that_come_and_go_are_changes(account: Account, phone: Endpoint) -> None:
    """A stack that is added, and one that is deleted."""
    other = account.register("other")
    shown = watched(
        account,
        lambda: account.cloudformation.add("New", {"Phone": declared(other)}, Phone=physical_id(other)),
        lambda: account.cloudformation.stacks.pop(),
        lambda: account.backend.deregister_app_instance_user_endpoint(
            app_instance_user_arn=phone.app_instance_user_arn, endpoint_id=phone.endpoint_id
        ),
    )
    assert states(shown)[1:] == [[(None, "in sync")], [("in sync", "removed")], [("in sync", "gone")]]


def test_a_look_that_fails_does_not_end_the_watch(
    account: Account, phone: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each kind of failure is reported once, and the next look is compared with the last that succeeded."""
    stack = account.cloudformation.stacks[0]

    def back_and_changed() -> None:
        account.cloudformation.stacks.append(stack)
        phone.allow_messages = "NONE"

    shown = watched(
        account, lambda: account.cloudformation.stacks.clear(), lambda: None, back_and_changed, names=("Push",)
    )
    assert states(shown)[1:] == [[("in sync", "changed")]]
    [line] = capsys.readouterr().err.splitlines()
    assert "could not look: stack Push does not exist" in line


def test_a_first_look_that_fails_ends_the_command(account: Account) -> None:
    """A wrong name or setting would never succeed."""
    with pytest.raises(CommandError, match="stack Absent does not exist"):
        watched(account, names=("Absent",))


def test_what_cannot_be_compared_is_a_change(account: Account, phone: Endpoint) -> None:
    """It comes back when the service answers again."""
    del phone
    fault = Fault.deny("DescribeAppInstanceUserEndpoint")
    shown = watched(account, lambda: account.backend.faults.append(fault), account.backend.faults.clear)
    assert [[change.finding.state for change in changes] for changes in shown[1:]] == [[State.UNKNOWN], [State.IN_SYNC]]


def test_the_text_has_the_time_the_stack_and_what_changed(
    account: Account, phone: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    """A resource that is in sync again is shown too."""
    shown = watched(
        account,
        lambda: setattr(phone, "name", "Other"),
        lambda: setattr(phone, "name", "Phone"),
        account.cloudformation.stacks.clear,
    )
    for changes in shown[1:]:
        report.show_changes(changes)
    text = re.sub(r"\d\d:\d\d:\d\d", "TIME", capsys.readouterr().out)
    heading = "  TIME  Push (us-east-1)\n"
    assert text.startswith(f"{heading}  changed  Phone\n")
    assert "registered  Other" in text
    assert f"{heading}  in sync  Phone\n" in text
    assert text.endswith(f"{heading}  removed  Phone: its stack no longer has it\n")


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Press Ctrl-C after some seconds, whatever the process that runs the tests does with it."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, previous)


def _run(account: Account, *options: str) -> int:
    with interrupted_after(0.5):
        return run(["drift", "--watch", *options], services=account.services)


@pytest.mark.slow
def test_ctrl_c_ends_the_watch(account: Account, phone: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 130, and the first look is the report of `drift`."""
    phone.name = "Other"
    assert _run(account) == ExitCode.INTERRUPTED
    shown = capsys.readouterr()
    assert "Push (us-east-1): 1 endpoint changed" in shown.out
    assert "Traceback" not in shown.err


@pytest.mark.slow
def test_programs_get_a_record_for_each_change(
    account: Account, phone: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    """JSON has one object on each line; CSV has the same fields."""
    assert _run(account, "--json", "--interval", "10") == ExitCode.INTERRUPTED
    [line] = capsys.readouterr().out.splitlines()
    change: dict[str, Any] = json.loads(line)
    assert (change["stack"], change["was"], change["state"]) == ("Push", None, "in sync")
    assert change["physical_id"] == physical_id(phone)
    assert _run(account, "--format", "csv") == ExitCode.INTERRUPTED
    [record] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (record["at"][-1], record["was"], record["state"]) == ("Z", "", "in sync")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--interval", "60"], "--interval does nothing without --watch"),
        (["--watch", "--interval", "9"], "Invalid value for '--interval'"),
    ],
)
def test_an_interval_that_makes_no_sense_is_refused(
    account: Account, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    """Ten seconds are the shortest."""
    assert run(["drift", *options], services=account.services) == ExitCode.FAILED
    assert message in capsys.readouterr().err
