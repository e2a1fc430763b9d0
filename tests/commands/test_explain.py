"""What `explain` prints about error codes, and where other commands point to it."""

from __future__ import annotations

import json
import re

import pytest

from chime_endpoints_cli.command_line.error_handler import exit_code_of
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.main import cli, run
from chime_endpoints_cli.output.codes import CommandCode, page_of
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_fleet.runs.ending.codes import FleetCode
from chime_endpoints_handler.model.codes import Code
from commands.conftest import Account, declared, physical_id
from docs.blocks import ROOT
from support.terminal import on_terminal

PAGES = ROOT / "docs" / "errors"
CODES = [*map(str, Code), *map(str, CommandCode), *map(str, FleetCode)]


@pytest.fixture(autouse=True)
def _of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")


def _printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["explain", *arguments]) == ExitCode.DONE
    return capsys.readouterr().out


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_explained(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A code's own page is printed without changes, except that links lead to the site."""
    printed = _printed(capsys, code)
    assert printed.startswith(f"# {code}: ")
    assert len(printed.splitlines()) > 2
    assert re.findall(r"\]\((?!https://)", printed) == []
    if (page := PAGES / f"{code}.md").exists():
        without_targets = re.compile(r"\]\(.*?\)")
        assert without_targets.sub("", printed) == without_targets.sub("", page.read_text())


def test_a_command_code_is_its_section_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """The page of these codes has all of them."""
    printed = _printed(capsys, "CE-606")
    assert printed.splitlines()[0] == "# CE-606: The certificate is not trusted"
    assert "AWS_CA_BUNDLE" in printed
    assert not re.search("CE-60[57]", printed)


def test_links_lead_to_the_site(capsys: pytest.CaptureFixture[str]) -> None:
    """They lead there from wherever the text is pasted."""
    printed = _printed(capsys, "CE-411")
    site = "https://cdk-chime-endpoints.github.io/cdk-chime-endpoints"
    assert f"]({site}/errors/CE-412.html)" in printed
    assert f"]({site}/howto/change.html#rename-an-entry-or-a-construct)" in printed


@pytest.mark.parametrize("given", ["CE-302", "ce-302", "302", "CE302", "ce 302", "[CE-302]", "CE-302:"])
def test_a_code_is_recognized_as_people_write_it(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It can also be pasted from a message, with what surrounds it there."""
    assert _printed(capsys, given).startswith("# CE-302: ")


def test_several_codes_are_explained_in_the_given_order(capsys: pytest.CaptureFixture[str]) -> None:
    """A code that is given twice is explained once."""
    printed = _printed(capsys, "411", "CE-302", "ce-411")
    assert re.findall(r"^# (CE-\d+)", printed, re.MULTILINE) == ["CE-411", "CE-302"]


def test_without_a_code_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Each is listed with the title of its page."""
    printed = _printed(capsys)
    rows = re.findall(r"^ +(CE-\d+) +(.+)$", printed, re.MULTILINE)
    assert [code for code, _ in rows] == sorted(CODES)
    assert ("CE-302", "Amazon Chime forbids the call") in rows
    assert ("CE-602", "The AWS sign-in has expired") in rows


def test_json_has_the_title_the_address_and_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    """For a list of all codes as well."""
    (one,) = json.loads(_printed(capsys, "302", "--json"))["codes"]
    assert one == {
        "code": "CE-302",
        "title": "Amazon Chime forbids the call",
        "url": page_of("CE-302"),
        "markdown": _printed(capsys, "302"),
    }
    everything = json.loads(_printed(capsys, "--json"))["codes"]
    assert [each["code"] for each in everything] == sorted(CODES)


def test_an_unknown_code_is_refused_with_similar_ones(capsys: pytest.CaptureFixture[str]) -> None:
    """All unknown codes are named at once, and nothing is explained."""
    assert run(["explain", "CE-308", "302", "off"]) == ExitCode.FAILED
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: there is no code CE-308 or off\n")
    assert "CE-306  The resource has reached the tag limit\n" in shown.err
    assert run(["explain", "off"]) == ExitCode.FAILED
    assert "Similar" not in capsys.readouterr().err


def test_a_terminal_gets_the_page_without_marks() -> None:
    """Lines fit, links to other codes need no address, and the page's own address is below the text."""
    with on_terminal() as terminal:
        assert run(["explain", "CE-411"]) == ExitCode.DONE
    shown = terminal.shown
    assert max(map(len, shown.splitlines())) <= 80
    assert "CE-411: Another endpoint of the user already has the device token" in shown
    assert "\n • CE-412: Another user's endpoint has the device token\n" in shown
    assert "howto/adopt.html" in shown
    assert not re.search(r"[#`]{2}|\]\(", shown)
    assert shown.rstrip().endswith(page_of("CE-411"))


def test_codes_are_completed_with_their_titles() -> None:
    """In a shell, whose completion asks for it."""
    parameter = cli.commands["explain"].params[0]
    context = cli.commands["explain"].make_context("explain", [])
    found = {item.value: item.help for item in parameter.shell_complete(context, "ce-30")}
    assert list(found) == [code for code in CODES if code.startswith("CE-30")]
    assert found["CE-302"] == "Amazon Chime forbids the call"


def test_a_failure_on_a_terminal_names_the_command() -> None:
    """This includes the codes that another program reported. A text away from a terminal has no such line."""

    def command() -> ExitCode | None:
        raise CommandError("cdk failed", output="CE-302: x\nCE-411: x CE-302", code=CommandCode.FILES)

    with on_terminal() as terminal:
        assert exit_code_of([], command) == ExitCode.FAILED
    assert terminal.shown.splitlines()[-1] == "For details, run: chime-endpoints explain CE-302 CE-411 CE-612"


def test_a_failure_in_a_log_has_the_address_only(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody can run a command there."""

    def command() -> ExitCode | None:
        raise CommandError("the disk is full", code=CommandCode.FILES)

    assert exit_code_of([], command) == ExitCode.FAILED
    assert capsys.readouterr().err == f"error: the disk is full [CE-612]\nSee {page_of('CE-612')}\n"


def test_a_failure_without_a_code_has_nothing_to_explain() -> None:
    """The message is as it was."""
    with on_terminal() as terminal:
        assert run(["list", "alice"]) == ExitCode.FAILED
    assert "alice" in terminal.shown
    assert "explain" not in terminal.shown


@pytest.mark.slow
def test_the_codes_of_findings_are_explained_once(account: Account) -> None:
    """The line follows the last finding."""
    endpoints = [account.register(f"canary-{user}", user_id=user) for user in ("alice", "bob")]
    resources = {
        f"Phone{number}": declared(endpoint, EndpointAttributes={"DeviceTokenSource": {"ParameterName": "/missing"}})
        for number, endpoint in enumerate(endpoints)
    }
    ids = {f"Phone{number}": physical_id(endpoint) for number, endpoint in enumerate(endpoints)}
    account.cloudformation.add("Push", resources, **ids)
    with on_terminal() as terminal:
        assert run(["drift"], services=account.services) == ExitCode.FAILED
    assert terminal.shown.count("[CE-201]") == 2
    assert terminal.shown.count("For details, run: chime-endpoints explain CE-201\n") == 1
