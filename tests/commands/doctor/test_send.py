"""The doctor sends a test push on request, and says what the push service answers."""

from __future__ import annotations

import pytest

from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.main import run
from chime_endpoints_emulator import ChannelType, Credentials, Rejection
from commands.doctor.set_up import (
    ID,
    TOKEN,
    Breakage,
    PushSetUp,
    deny_push,
    deregister,
    examine,
    states,
    without_channel,
)
from support.terminal import Terminal


@pytest.mark.parametrize(
    ("rejection", "words"),
    [
        (Rejection.BAD_DEVICE_TOKEN, "BadDeviceToken"),
        (Rejection.UNREGISTERED, "Unregistered"),
        (Rejection.OTHER_APPLICATION, "DeviceTokenNotForTopic"),
        (Rejection.CREDENTIALS_REFUSED, "InvalidProviderToken"),
    ],
)
def test_a_test_push_shows_what_the_push_service_answers(
    set_up: PushSetUp, capsys: pytest.CaptureFixture[str], rejection: Rejection, words: str
) -> None:
    """A rejected device token is a cause, although every other link is in order."""
    set_up.push.rejections[TOKEN] = rejection
    code, found = examine(set_up, capsys, set_up.ref, "--send", "--yes")
    assert (code, found["causes"]) == (ExitCode.FOUND, ["test push"])
    assert words in found["links"][-1]["detail"]
    assert found["links"][-1]["remedy"]


def test_a_test_push_that_is_accepted_is_in_order(set_up: PushSetUp, capsys: pytest.CaptureFixture[str]) -> None:
    """It goes to the endpoint's own device token, but not to its VoIP device token, which would ring."""
    set_up.endpoint.voip_device_token = "cafe"
    set_up.push.update_channel(
        application_id=ID, channel_type=ChannelType.APNS_VOIP, enabled=True, credentials=Credentials(token_key=True)
    )
    code, found = examine(set_up, capsys, "phone", "--send", "--yes")
    assert (code, states(found)["test push"]) == (ExitCode.DONE, "ok")
    assert [message.device_token for message in set_up.push.messages] == [TOKEN]


@pytest.mark.parametrize(
    ("prepare", "state", "words"),
    [
        (deny_push("SendMessages"), "not visible", "mobiletargeting:SendMessages"),
        (lambda it: it.push.rejections.update({TOKEN: Rejection.UNAVAILABLE}), "not visible", "TEMPORARY_FAILURE"),
        (without_channel, "broken", "does not exist"),
        (lambda it: it.push.delete_app(application_id=ID), "broken", "refused the test push"),
    ],
)
def test_a_test_push_that_could_not_be_sent_says_why(
    set_up: PushSetUp, capsys: pytest.CaptureFixture[str], prepare: Breakage, state: str, words: str
) -> None:
    """A missing permission, a busy push service, and an application that cannot send."""
    prepare(set_up)
    for answer in ("permanent_failure", "bad_request"):
        set_up.push.switches.change({"unusable_channel": answer})
        _, found = examine(set_up, capsys, set_up.ref, "--send", "--yes")
        assert states(found)["test push"] == state
        if answer == "permanent_failure":
            assert words in found["links"][-1]["detail"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--yes"], "--yes does nothing without --send"),
        (["--send"], "--send cannot ask for confirmation here"),
        (["--send", "--json"], "--send cannot ask for confirmation here"),
    ],
)
def test_a_test_push_is_never_sent_unasked(
    set_up: PushSetUp, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    """Without a terminal, nothing is sent unless --yes says so."""
    assert run(["doctor", "phone", *arguments], services=set_up.account.services) == ExitCode.FAILED
    assert message in capsys.readouterr().err
    assert not set_up.push.calls


def test_no_test_push_is_sent_without_a_visible_token(set_up: PushSetUp, capsys: pytest.CaptureFixture[str]) -> None:
    """The command says so."""
    deregister(set_up)
    assert run(["doctor", set_up.ref, "--send", "--yes"], services=set_up.account.services) == ExitCode.FOUND
    assert "No test push was sent" in capsys.readouterr().err


@pytest.mark.parametrize(("answer", "sent"), [("y\n", 1), ("n\n", 0)])
def test_a_test_push_is_sent_after_a_question(
    set_up: PushSetUp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, sent: int
) -> None:
    """The question says to how many endpoints; the text ends with what was found."""
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert run(["doctor", "phone", "--send"], services=set_up.account.services) == ExitCode.DONE
    assert "Send a test push to 1 endpoint?" in (shown := capsys.readouterr()).err
    assert len(set_up.push.messages) == sent
    assert ("Apple accepted the test push" in shown.out) == bool(sent)
    assert "Every link is in order." in shown.out
