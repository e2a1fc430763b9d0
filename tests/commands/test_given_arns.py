"""ARNs as users pass them to `list`, `audit` and `import`."""

from __future__ import annotations

import json

import pytest

from chime_endpoints_cli.account.endpoints.given_arns import cleaned, is_user, region_of_arn
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.main import run
from chime_endpoints_cli.output.errors import CommandError
from commands.conftest import Account, physical_id
from support.closed import CLOSED

INSTANCE = "arn:aws:chime:us-east-1:111122223333:app-instance/01234567-89ab-cdef-0123-456789abcdef"
USER = f"{INSTANCE}/user/alice"


@pytest.mark.parametrize(
    "given",
    [
        f" {USER}",
        f"{USER}\n",
        f"\t{USER}\r\n",
        f'"{USER}"',
        f"'{USER}',",
        f"`{USER}`",
        f"<{USER}>",
        f"\u201c{USER}\u201d",
        f"\u00a0{USER}\u200b",
        f"\ufeff{USER}",
    ],
)
def test_what_came_along_with_a_copied_arn_is_left_out(given: str) -> None:
    """Spaces, line breaks and quotes from a file or a word processor are removed."""
    assert cleaned([given]) == (USER,)


def test_several_arns_of_one_argument_are_taken_apart() -> None:
    """A variable can contain a list of ARNs. Any other text with a space is refused unchanged."""
    assert cleaned([f"{USER} {INSTANCE}\n"]) == (USER, INSTANCE)
    assert cleaned([f"'{USER}', '{INSTANCE}'"]) == (USER, INSTANCE)
    assert cleaned(["arn:aws:chime: us-east-1"]) == ("arn:aws:chime: us-east-1",)
    with pytest.raises(CommandError, match="is not the ARN of an app instance"):
        region_of_arn("arn:aws:chime: us-east-1")


@pytest.mark.parametrize(
    ("arn", "problem", "remedy"),
    [
        (f"{INSTANCE}/channel/0123", "is the ARN of a channel; endpoints belong to users", f"instance: {INSTANCE}"),
        (f"{INSTANCE}/channel-flow/0123", "is the ARN of a channel flow;", INSTANCE),
        (f"{INSTANCE}/bot/robot", "is the ARN of a bot; endpoints belong to users", INSTANCE),
        (f"{INSTANCE}/admin/alice", "is the ARN of an administrator", USER),
        (f"{INSTANCE}/user/", "is not the ARN of a user", "/user/USER-ID"),
        (f"{INSTANCE}/user/alice bob", "is not the ARN of a user", "/user/USER-ID"),
        (f"{USER}/endpoint/0123", "is an endpoint", USER),
        ("arn:aws:mobiletargeting:us-east-1:111122223333:apps/01", "is the ARN of an application", "app-instance/ID"),
        ("arn:aws:cloudformation:us-east-1:111122223333:stack/S/1", "is the ARN of a stack", "app-instance/ID"),
        ("arn:aws:iam::111122223333:user/alice", "a resource of iam", "app-instance/ID"),
        ("01234567-89ab-cdef-0123-456789abcdef", "is not the ARN of an app instance or one of its users", "REGION"),
        ("alice", "is not the ARN of", "REGION"),
        ("", "'' is not the ARN of", "REGION"),
        ("arn:aws:chime::111122223333:app-instance/0123", "is not the ARN of", "REGION"),
    ],
)
def test_another_arn_is_refused_with_what_to_give_instead(arn: str, problem: str, remedy: str) -> None:
    """The message contains the correct ARN if it can be derived."""
    with pytest.raises(CommandError) as caught:
        is_user(arn)
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy


def test_what_import_takes_is_listed(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """A single endpoint is listed alone. Together with its user, all endpoints of the user are listed."""
    one, other = account.register("one"), account.register("two")
    assert run(["list", "--json", physical_id(one)], services=account.services) == ExitCode.DONE
    assert [found["endpoint_id"] for found in json.loads(capsys.readouterr().out)["endpoints"]] == [one.endpoint_id]
    assert run(["list", "--json", physical_id(one), account.user()], services=account.services) == ExitCode.DONE
    assert {found["endpoint_id"] for found in json.loads(capsys.readouterr().out)["endpoints"]} == {
        one.endpoint_id,
        other.endpoint_id,
    }
    missing = f"{account.user()}/endpoint/0123"
    assert run(["list", missing], services=account.services) == ExitCode.FAILED
    assert capsys.readouterr().err.startswith(f"error: no such endpoint: {missing}\n")


def test_a_list_without_the_stacks_says_so(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """The registered endpoints are shown, but their stacks are unknown, and the exit code is 1."""
    account.register()
    account.services.cloudformation = CLOSED["denied by the organization"]  # type: ignore[assignment] # it refuses
    assert run(["list", account.app_instance], services=account.services) == ExitCode.FAILED
    told = capsys.readouterr().out
    assert "unknown" in told
    assert "no stack" not in told
    assert "us-east-1 (denied by a service control policy)" in told
    assert run(["list", account.app_instance, "--json"], services=account.services) == ExitCode.FAILED
    assert json.loads(capsys.readouterr().out)["regions_passed_over"] == ["us-east-1"]
    assert run(["list", account.app_instance, "--region", "us-east-1"], services=account.services) == ExitCode.FAILED
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "the stacks in us-east-1 cannot be read" in shown.err
