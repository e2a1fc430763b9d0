"""The doctor says what to do, in the terminal as on the page."""

from __future__ import annotations

import pytest

from chime_endpoints_cli.account.roles.push_role import PUSH_ROLE
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.main import run
from chime_endpoints_emulator import Credentials, Rejection
from commands.doctor.set_up import ID, TOKEN, PushSetUp, deny_push, make_inactive
from docs.blocks import ROOT, blocks_of
from support.terminal import on_terminal


def test_the_text_says_what_to_do(set_up: PushSetUp, capsys: pytest.CaptureFixture[str]) -> None:
    """Links have headings; broken ones a remedy; the last line names the causes."""
    set_up.channel(enabled=False)
    assert run(["doctor", "phone"], services=set_up.account.services) == ExitCode.FOUND
    shown = capsys.readouterr().out
    for words in (
        "  user alice\n    ok           user: the user exists\n",
        f"  endpoint {set_up.endpoint.endpoint_id}, phone in stack Push\n",
        f"  application {ID}\n",
        "    broken       channel enabled: the APNS channel is disabled\n",
        f"{'':17}Enable it in the console of AWS End User Messaging, or with aws pinpoint update-apns-channel\n",
        f"  role {PUSH_ROLE}\n",
        "  Found 2 causes: channel enabled, channel credentials.\n",
    ):
        assert words in shown
    deny_push("GetApp")(set_up)
    set_up.channel(credentials=Credentials(certificate=True))
    assert run(["doctor", "phone"], services=set_up.account.services) == ExitCode.FAILED
    assert "Found no cause, but not every link is visible: application." in capsys.readouterr().out


def test_on_a_terminal_a_long_line_stays_in_its_column(set_up: PushSetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    """The states stay readable at 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    make_inactive("INVALID_PINPOINT_ARN")(set_up)
    with on_terminal() as terminal:
        run(["doctor", "phone"], services=set_up.account.services)
    lines = terminal.shown.splitlines()
    number = next(number for number, line in enumerate(lines) if line.startswith("    broken       state: "))
    assert lines[number + 1].startswith(f"{'':17}")
    assert max(map(len, lines)) <= 80


def test_the_page_about_pushes_that_do_not_arrive_shows_what_is_printed(
    set_up: PushSetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One block is of a disabled channel, the other of a rejected token."""
    monkeypatch.setenv("COLUMNS", "120")
    set_up.channel(enabled=False, credentials=Credentials(token_key=True))
    with on_terminal() as disabled:
        run(["doctor", "phone"], services=set_up.account.services)
    set_up.channel(credentials=Credentials(token_key=True))
    set_up.push.rejections[TOKEN] = Rejection.BAD_DEVICE_TOKEN
    with on_terminal() as rejected:
        run(["doctor", "phone", "--send", "--yes"], services=set_up.account.services)
    page = ROOT / "docs" / "howto" / "push-does-not-arrive.md"
    shown = [block.text for block in blocks_of(page) if block.language == "text"]
    for block, terminal in zip(shown, (disabled, rejected), strict=True):
        printed = terminal.shown.replace(set_up.endpoint.endpoint_id, "6b1e0f3c-1f0a-4a55-9a53-0a4d9f0c7c11")
        assert block.rstrip() in printed.replace("phone in stack Push", "alice-iphone in stack ChimeEndpoints")
