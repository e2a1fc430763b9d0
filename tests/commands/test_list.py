"""What `list` reads from the service and from CloudFormation, and how it prints it."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from chime_endpoints_cli.account.calls.rate_limit import RateLimit
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.listing import users_in
from chime_endpoints_cli.account.endpoints.observed import tags_of
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.main import run
from chime_endpoints_cli.output.console import tables
from chime_endpoints_cli.output.console.readable import readable
from chime_endpoints_emulator import Fault
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE
from commands.conftest import Account, declared, physical_id
from declared.writing import ENTRY
from support.terminal import on_terminal


def test_users_are_listed_over_all_pages(account: Account) -> None:
    """No user is missing if there is more than one page."""
    for number in range(60):
        account.user(f"user-{number}")
    assert len(users_in(account.services, [account.app_instance])) == 60


def test_a_user_who_is_given_twice_is_listed_once(account: Account) -> None:
    """The user can be given by its ARN and through the app instance."""
    assert users_in(account.services, [account.user(), account.app_instance]) == [account.user()]


def _at(path: str) -> dict[str, Any]:
    return {"Metadata": {"aws:cdk:path": path}}


def _listed(account: Account, capsys: pytest.CaptureFixture[str], *options: str) -> list[dict[str, Any]]:
    assert run(["list", account.app_instance, "--json", *options], services=account.services) == ExitCode.DONE
    endpoints: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["endpoints"]
    return endpoints


def test_an_endpoint_is_listed_with_its_stack(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """The stack is found by the endpoint's physical ID. An endpoint of no stack is shown with "no stack"."""
    held, stray = account.register("one", allow_messages="NONE"), account.register("two")
    held.status, held.status_reason = "INACTIVE", "INVALID_DEVICE_TOKEN"
    account.cloudformation.add("Push", {"Phone": declared(held), "Late": declared(held)}, Phone=physical_id(held))
    assert run(["list", account.user()], services=account.services) == ExitCode.DONE
    heading, first, second, summary = (
        re.split(r"  +", line.strip()) for line in capsys.readouterr().out.splitlines() if line.strip("─ ")
    )
    assert heading == ["user", "endpoint", "type", "name", "messages", "state", "stack", "key", "logical id"]
    assert first[2:] == ["APNS", "Phone", "NONE", "INACTIVE INVALID_DEVICE_TOKEN", "Push", "Phone"]
    assert (second[1], second[6]) == (stray.endpoint_id, "no stack")
    assert summary == ["2 endpoints of 1 user, 1 with no stack"]


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("ChimeEndpoints/Endpoints/alice-iphone/Resource", "alice-iphone"),
        ("Push/Team/Kiosk/Resource", "Team/Kiosk"),
        ("Push/Resource", "Resource"),
        ("Push/Endpoints/Resource/Resource", "Resource"),
        ("", None),
    ],
)
def test_an_endpoint_has_the_key_of_its_declaration(
    account: Account, capsys: pytest.CaptureFixture[str], path: str, key: str | None
) -> None:
    """It is the entry's key in endpoints.yaml, or the construct's path. A plain template has none."""
    held = account.register()
    account.cloudformation.add("Push", {"Phone": declared(held) | _at(path)}, Phone=physical_id(held))
    (endpoint,) = _listed(account, capsys)
    assert (endpoint["held_by"]["logical_id"], endpoint["held_by"]["key"]) == ("Phone", key)
    assert run(["list", account.user()], services=account.services) == ExitCode.DONE
    (line,) = (line for line in capsys.readouterr().out.splitlines() if held.endpoint_id in line)
    assert line.split()[-2:] == ([key, "Phone"] if key else ["Push", "Phone"])


@pytest.mark.cdk
def test_the_key_is_the_one_of_the_file(account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Or the entry's `id`, if it has one: the template that CDK writes names it."""
    template = _synthesized(
        tmp_path, f"a-phone: {ENTRY}, new-key: {ENTRY[:-1]}, id: old-key}}".replace("push-A", "p-A", 1)
    )
    ids = [name for name, each in template["Resources"].items() if each["Type"] == ENDPOINT_TYPE]
    held = [account.register(f"canary-{number}") for number in range(len(ids))]
    stack = account.cloudformation.add("ChimeEndpoints", {}, **dict(zip(ids, map(physical_id, held), strict=True)))
    stack.template = template
    assert {endpoint["held_by"]["key"] for endpoint in _listed(account, capsys)} == {"a-phone", "old-key"}


def _synthesized(directory: Path, entries: str) -> dict[str, Any]:
    (directory / "endpoints.yaml").write_text(f"endpoints: {{{entries}}}")
    program = "from chime_endpoints.declared.program import main; main()"
    context = '{"aws:cdk:enable-path-metadata": true}'  # as the cdk command sets it
    environment = {**os.environ, "CDK_OUTDIR": str(directory / "out"), "CDK_CONTEXT_JSON": context}
    subprocess.run([sys.executable, "-c", program], cwd=directory, env=environment, check=True)
    template: dict[str, Any] = json.loads((directory / "out" / "ChimeEndpoints.template.json").read_text())
    return template


def test_a_template_that_cannot_be_read_leaves_the_keys_out(
    account: Account, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For example, GetTemplate is not allowed. Everything else is still listed."""
    held = account.register()
    stack = account.cloudformation.add("Push", {"Phone": declared(held)}, Phone=physical_id(held))
    stack.template, account.cloudformation.types = "{[", {"Phone": ENDPOINT_TYPE}
    (endpoint,) = _listed(account, capsys)
    assert (endpoint["held_by"]["stack"], endpoint["held_by"]["key"]) == ("Push", None)

    def denied(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not authorized"}}, "GetTemplate")

    monkeypatch.setattr(account.cloudformation, "get_template", denied)
    (endpoint,) = _listed(account, capsys)
    assert (endpoint["held_by"]["stack"], endpoint["held_by"]["key"]) == ("Push", None)


def test_only_endpoints_in_a_state_or_of_no_stack_are_shown(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both options can be combined. The summary still counts all endpoints."""
    held, stray, silent = account.register("one"), account.register("two"), account.register("three")
    held.status = silent.status = "INACTIVE"
    account.cloudformation.add("Push", {"Phone": declared(held)}, Phone=physical_id(held))

    def shown(*options: str) -> set[str]:
        return {endpoint["endpoint_id"] for endpoint in _listed(account, capsys, *options)}

    assert shown("--state", "active") == {stray.endpoint_id}
    assert shown("--state", "INACTIVE") == {held.endpoint_id, silent.endpoint_id}
    assert shown("--unheld") == {stray.endpoint_id, silent.endpoint_id}
    assert shown("--unheld", "--state", "inactive") == {silent.endpoint_id}
    assert run(["list", account.user(), "--state", "active"], services=account.services) == ExitCode.DONE
    assert "1 of 3 endpoints of 1 user, 1 with no stack" in capsys.readouterr().out
    assert run(["list", account.user(), "--state", "gone"], services=account.services) == ExitCode.FAILED


NAMES = ["a,b", 'say "hello"', "two\nlines", " spaces ", "📱 Zoë", "=1+1", "'", ""]


def test_csv_has_the_exact_values(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """A reader of CSV gets back what JSON has, in one flat record for each endpoint. No value is a device token."""
    for number, name in enumerate(NAMES):
        account.register(f"canary-{number}", user_id=f"user-{number}", name=name)
    held = account.register("canary-held")
    account.cloudformation.add("Push", {"Phone": declared(held) | _at("Push/Kiosk/Resource")}, Phone=physical_id(held))
    assert run(["list", account.app_instance, "--format", "csv"], services=account.services) == ExitCode.DONE
    printed = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(printed.out, newline="")))
    assert sorted(row["name"] for row in rows) == sorted([*NAMES, "Phone"])
    endpoints = _listed(account, capsys)
    for row, endpoint in zip(rows, endpoints, strict=True):
        holder = endpoint.pop("held_by") or dict.fromkeys(("stack", "stack_id", "logical_id", "key", "fleet"))
        assert row == {name: value or "" for name, value in (endpoint | holder).items()}
    assert [row["key"] for row in rows if row["stack"]] == ["Kiosk"]
    assert "canary" not in printed.out
    assert printed.err == ""


def test_csv_on_a_terminal_cannot_move_the_cursor(account: Account) -> None:
    """A file or another program gets the exact name."""
    account.register(name="a\x1b[31mb")
    with on_terminal() as terminal:
        assert run(["list", account.user(), "--format", "csv"], services=account.services) == ExitCode.DONE
    assert r"a\x1b[31mb" in terminal.getvalue()
    assert "a\x1b[31mb" not in terminal.getvalue()


def test_csv_without_endpoints_has_its_heading(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """A program can read it like any other."""
    assert run(["list", account.user(), "--format", "csv"], services=account.services) == ExitCode.DONE
    printed = capsys.readouterr().out
    assert printed.startswith("user_arn,endpoint_id,type,")
    assert len(printed.splitlines()) == 1


def test_drift_and_audit_have_the_same_formats(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """CSV has a record for each finding, with the fields that differ but not their values."""
    held = account.register("canary-held")
    account.cloudformation.add("Push", {"Phone": declared(held, Name="x,y")}, Phone=physical_id(held))
    assert run(["drift", "--format", "csv"], services=account.services) == ExitCode.FOUND
    printed = capsys.readouterr().out
    (row,) = csv.DictReader(io.StringIO(printed, newline=""))
    assert (row["stack"], row["logical_id"], row["state"], row["differences"]) == ("Push", "Phone", "changed", "name")
    assert "canary" not in printed
    assert run(["drift", "--format", "json"], services=account.services) == ExitCode.FOUND
    assert json.loads(capsys.readouterr().out)["drifted"] is True
    stray = account.register(user_id="bob", name="Gone-Phone-0123456789ab")
    code = run(["audit", account.app_instance, "--region", "us-east-1", "--format", "csv"], services=account.services)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out, newline="")))
    assert (code == ExitCode.FOUND) is bool(rows)
    assert {row["endpoint_id"] for row in rows} <= {stray.endpoint_id}
    assert {row["deregistered"] for row in rows} <= {"false"}
    arguments = ["audit", account.app_instance, "--repair", "--format", "csv"]
    assert run(arguments, services=account.services) == ExitCode.FAILED
    assert "--yes" in capsys.readouterr().err


def test_tags_are_read_from_the_user(account: Account) -> None:
    """Endpoints have no tags."""
    account.backend.tag_resource(resource_arn=account.user(), tags={"team": "chat"})
    assert tags_of(account.services, account.user()) == {"team": "chat"}


def test_calls_leave_at_the_accounts_pace() -> None:
    """The threads share the account's rate, and no call is throttled."""
    moments: list[float] = []
    time = 0.0

    def sleep(seconds: float) -> None:
        moments.append(time + seconds)

    rate_limit = RateLimit(10, now=lambda: time, sleep=sleep)
    for _ in range(21):
        rate_limit.wait()
    assert moments == pytest.approx([number / 10 for number in range(21)])


ROWS = tables.Rows(
    columns=["user", "endpoint", "name"],
    rows=[["alice", "0" * 36, "[red]:fire: Alice"], ["bob", "1" * 36, "a\x1b[31mb\nc\u202ed\x9b"]],
    headings=2,
)


def test_every_call_of_the_service_waits_for_its_turn(account: Account) -> None:
    """This includes retries. Calls of other services have their own rate."""
    turns: list[float] = []
    services = Services(rate_limit=RateLimit(10, now=lambda: 0.0, sleep=turns.append))
    account.backend.faults.append(Fault("ListAppInstanceUsers", error="ThrottledClientException", times=2))
    users_in(services, [account.app_instance])
    services.secrets("us-east-1").list_secrets()
    assert turns == pytest.approx([0.0, 0.1, 0.2])


@pytest.mark.parametrize("width", [40, 80, 200])
def test_rows_are_readable_on_a_terminal_of_any_width(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """No line is longer than the terminal, nothing is truncated, and brackets and colons have no special meaning."""
    out = Console(file=StringIO(), width=width, force_terminal=True, color_system=None, highlight=False, emoji=False)
    monkeypatch.setattr(tables, "console", lambda: out)
    tables.show(ROWS)
    printed = out.file.getvalue()  # type: ignore[attr-defined] # it is the StringIO
    lines = printed.replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()
    assert max(map(len, lines)) <= width
    for text in ("0" * 36, "1" * 36, "[red]:fire: Alice", r"a\x1b[31mb\nc\u202ed\x9b"):
        assert text in "".join(line.strip() for line in lines)


def test_rows_in_a_file_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    """Lines have any length, for grep, and no colors."""
    tables.show(tables.Rows(columns=["name"], rows=[["x" * 500]]))
    printed = capsys.readouterr().out
    assert "x" * 500 in printed
    assert "\x1b" not in printed


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Alice's phone 📱", "Alice's phone 📱"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("שלום", "שלום"),
        ("a\rb", r"a\rb"),
        ("a\u2028b", r"a\u2028b"),
        ("a\u2066b\x7f", r"a\u2066b\x7f"),
        ("a\ud800b", r"a\ud800b"),
    ],
)
def test_names_cannot_move_the_cursor(text: str, shown: str) -> None:
    """F22, F76: Letters and emoji stay the same, and invisible characters are shown as escapes."""
    assert readable(text) == shown
