"""What `list` reads from the service and from CloudFormation, and how it prints it."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from chime_endpoints_cli.account.calls.rate_limit import RateLimit
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.listing import endpoints_of_all, users_in
from chime_endpoints_cli.account.endpoints.observed import tags_of
from chime_endpoints_cli.account.stacks.holders import stack_endpoints_in
from chime_endpoints_cli.commands.list import endpoint_rows
from chime_endpoints_cli.output import tables
from chime_endpoints_cli.output.readable import readable
from chime_endpoints_emulator import Fault
from commands.conftest import Account, declared, physical_id


def test_users_are_listed_over_all_pages(account: Account) -> None:
    """No user is missing if there is more than one page."""
    for number in range(60):
        account.user(f"user-{number}")
    assert len(users_in(account.services, [account.app_instance])) == 60


def test_a_user_who_is_given_twice_is_listed_once(account: Account) -> None:
    """The user can be given by its ARN and through the app instance."""
    assert users_in(account.services, [account.user(), account.app_instance]) == [account.user()]


def test_an_endpoint_is_listed_with_its_stack(account: Account) -> None:
    """The stack is found by the endpoint's physical ID. An endpoint of no stack is shown with "no stack"."""
    held, stray = account.register("one", allow_messages="NONE"), account.register("two")
    held.status, held.status_reason = "INACTIVE", "INVALID_DEVICE_TOKEN"
    account.cloudformation.add("Push", {"Phone": declared(held), "Late": declared(held)}, Phone=physical_id(held))
    found = endpoints_of_all(account.services, [account.user()])
    first, second = endpoint_rows(found, stack_endpoints_in(account.services, ["us-east-1"])).rows
    assert first[2:] == ["APNS", "Phone", "NONE", "INACTIVE INVALID_DEVICE_TOKEN", "Push", "Phone"]
    assert (second[1], second[6]) == (stray.endpoint_id, "no stack")


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
