"""How `import --into` changes the file that is deployed."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from chime_endpoints.declared.entries.entry import Entry
from chime_endpoints.declared.load import load
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.main import run
from chime_endpoints_emulator import Endpoint
from commands.conftest import Account, declared, physical_id
from support.identity import APPLICATION

SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:chime/push-AbCdEf"


def an_entry(user: str, key: str = "alice-old", **fields: str) -> str:
    """The lines of one entry."""
    told = {"user": user, "type": "APNS", "application": APPLICATION, "device_token": "{parameter: /old}"} | fields
    return f"  {key}:\n" + "".join(f"    {name}: {value}\n" for name, value in told.items())


def import_into(account: Account, file: Path, *more: str) -> int:
    """The exit code of an import of the whole app instance."""
    return run(
        ["import", account.app_instance, "--store-tokens", "push", "--into", str(file), *more],
        services=account.services,
    )


def entries_of(file: Path) -> dict[str, Entry]:
    """The entries that a file declares."""
    return {entry.key: entry for entry in load(file, lambda _: None).entries}


def meaning(entry: Entry) -> tuple[Any, ...]:
    """An entry without its position in the file."""
    return entry.declaration, entry.tags, entry.removal_policy, entry.kms_keys


def secrets_of(account: Account) -> list[str]:
    """The names of all secrets."""
    found = account.services.secrets("us-east-1").list_secrets()["SecretList"]
    return [secret["Name"] for secret in found]


@pytest.fixture
def file(account: Account, tmp_path: Path) -> Path:
    """A file with one entry, which belongs to another user."""
    path = tmp_path / "endpoints.yaml"
    path.write_text(f"# mine\nendpoints:\n{an_entry(account.user('old'))}# end\n")
    return path


def test_what_was_declared_before_is_declared_afterwards(account: Account, file: Path) -> None:
    """Existing text stays unchanged, and the new entries follow it.

    The next deployment therefore deregisters nothing.
    """
    endpoint = account.register("canary")
    before, meant = file.read_text(), meaning(entries_of(file)["alice-old"])
    assert import_into(account, file) == ExitCode.DONE
    text = file.read_text()
    assert text.startswith(before.removesuffix("# end\n"))
    assert text.endswith("\n# end\n")
    assert "canary" not in text
    after = entries_of(file)
    assert meaning(after["alice-old"]) == meant
    assert after["alice-phone"].declaration.app_instance_user_arn == endpoint.app_instance_user_arn
    assert after["alice-phone"].declaration.adopt_existing


def test_endpoints_of_a_stack_are_skipped_and_reported(
    account: Account, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file already declares them. If nothing else is registered, it stays unchanged."""
    held = account.register("a")
    account.cloudformation.add("Push", {"Phone": declared(held)}, Phone=physical_id(held))
    before = file.read_bytes()
    assert import_into(account, file) == ExitCode.DONE
    assert file.read_bytes() == before
    assert "skipped: 1 endpoint of stack Push" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("defaults", "repeated"),
    [
        (f"{{application: '{APPLICATION}', type: APNS, adopt_existing: true, removal_policy: retain}}", set()),
        ("{type: GCM, allow_messages: NONE}", {"application", "type", "allow_messages"}),
        ("{application: '${A:-" + APPLICATION + "}'}", {"application", "type"}),
        ("{update_replace_policy: destroy}", {"application", "type", "adopt"}),
        ("{adopt_existing: false, removal_policy: destroy}", {"application", "type", "adopt", "retain"}),
    ],
    ids=["the same", "others", "a variable", "replacement", "the opposite"],
)
def test_defaults_change_no_imported_entry(account: Account, file: Path, defaults: str, repeated: set[str]) -> None:
    """Equal values are not repeated. Values that a default or a variable would change are written."""
    account.register("a", name="P")
    file.write_text(f"defaults: {defaults}\n" + file.read_text())
    size = len(file.read_text())
    assert import_into(account, file) == ExitCode.DONE
    entry = entries_of(file)["alice-p"]
    assert (entry.declaration.type, entry.declaration.resource_arn) == ("APNS", APPLICATION)
    assert (entry.declaration.allow_messages, entry.declaration.adopt_existing) == ("ALL", True)
    assert entry.removal_policy == "retain"
    added = file.read_text()[size - len("# end\n") :].replace("removal_policy: retain` keeps", "")
    assert {word for word in ("application:", "type:", "allow_messages:") if word in added} == {
        f"{word}:" for word in repeated if word not in ("adopt", "retain")
    }
    assert ("adopt_existing" in added) == ("adopt" in repeated or "adopt_existing" not in defaults)


def test_tags_of_the_defaults_are_reported_and_never_conflict(
    account: Account, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They also apply to the users of imported endpoints. A user keeps the values of its other entries."""
    account.register("a")
    own = an_entry(account.user(), key="alice-other", tags="{team: sales}")
    file.write_text("defaults:\n  tags: {team: chat}\n" + file.read_text() + own)
    account.register("b", user_id="bob")
    account.services.parameters("us-east-1").put_parameter(Name="/old", Value="other", Type="String")
    assert import_into(account, file) == ExitCode.DONE
    after = entries_of(file)
    assert after["alice-phone"].tags == {"team": "sales"}
    assert after["bob-phone"].tags == {"team": "chat"}
    assert "set the tags team on the users" in capsys.readouterr().err


def test_a_file_that_declares_an_endpoint_already_is_left_alone(
    account: Account, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise, two resources would manage one endpoint. No token is stored either."""
    endpoint = account.register("canary-token")
    account.services.parameters("us-east-1").put_parameter(Name="/old", Value="canary-token", Type="SecureString")
    file.write_text(f"endpoints:\n{an_entry(account.user(), key='alices-device')}")
    before = file.read_bytes()
    assert import_into(account, file) == ExitCode.FAILED
    told = capsys.readouterr().err
    assert f"alices-device (line 2) already declares {physical_id(endpoint)}" in told
    assert "canary" not in told
    assert (file.read_bytes(), secrets_of(account)) == (before, [])


def test_importing_twice_changes_nothing_the_second_time(account: Account, file: Path) -> None:
    """Before the deployment, the endpoints belong to no stack, but the file already declares them."""
    account.register("a")
    assert import_into(account, file) == ExitCode.DONE
    once = file.read_bytes()
    assert import_into(account, file) == ExitCode.FAILED
    assert file.read_bytes() == once


def test_an_entry_with_an_unreadable_token_is_recognized_by_its_key_or_fields(
    account: Account, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The entry's key or fields identify it. Any other entry of the user is reported and does not stop the import."""
    account.register("a")
    alike = an_entry(account.user(), key="alices-device", name="Phone")
    other = an_entry(account.user(), key="alices-tablet", name="Tablet")
    file.write_text(f"endpoints:\n{alike}")
    assert import_into(account, file) == ExitCode.FAILED
    assert "alices-device (line 2) may declare" in capsys.readouterr().err
    file.write_text(f"endpoints:\n{other}")
    assert import_into(account, file) == ExitCode.DONE
    assert "note: alices-tablet (line 2) has the same user" in capsys.readouterr().err


def test_a_key_that_the_file_has_is_not_used_again(account: Account, file: Path) -> None:
    """Otherwise, the new entry would replace another endpoint's entry."""
    account.register("a")
    account.services.parameters("us-east-1").put_parameter(Name="/old", Value="other", Type="String")
    file.write_text(f"endpoints:\n{an_entry(account.user(), key='alice-phone')}")
    assert import_into(account, file) == ExitCode.DONE
    assert list(entries_of(file)) == ["alice-phone", "alice-phone-2"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("endpoints:\n  a: {user: x}\n", "endpoints.yaml:2:13: a: user: 'x' is not the ARN"),
        ("endpoints:\n  a:\n  b: c: d\n", "not valid YAML"),
        ("endpoints:\n  a: {}\nendpoints:\n  b: {}\n", "occurs twice"),
        ("endpoints: [a]\n", "must be a map"),
        ("- a\n", "must be a map"),
        ("defaults: {typ: GCM}\n", "'typ' is not a field"),
        ("stacks: none\n", "must be a whole number"),
        ("a: &a\n  b: *a\nendpoints: {}\n", "refers to a value that contains it"),
    ],
    ids=["fields", "syntax", "twice", "a list", "no map", "defaults", "stacks", "a circle"],
)
def test_a_file_with_mistakes_is_left_alone(
    account: Account, file: Path, text: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The mistakes are reported with their places, and no token is stored."""
    account.register("a")
    file.write_text(text)
    assert import_into(account, file) == ExitCode.FAILED
    message = capsys.readouterr().err
    assert told in message
    assert "nothing was written" in message
    assert (file.read_text(), secrets_of(account), list(file.parent.iterdir())) == (text, [], [file])


def test_variables_of_the_file_have_values_from_the_command_line_or_the_environment(
    account: Account, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file keeps its variables. Without a value, the file cannot be checked."""
    account.register("a")
    file.write_text(file.read_text().replace(account.app_instance, "${INSTANCE}"))
    assert import_into(account, file) == ExitCode.FAILED
    assert "${INSTANCE} has no value" in capsys.readouterr().err
    assert import_into(account, file, "-c", f"INSTANCE={account.app_instance}") == ExitCode.DONE
    assert file.read_text().count("${INSTANCE}") == 1
    monkeypatch.setenv("INSTANCE", account.app_instance)
    account.register("b", user_id="bob")
    assert import_into(account, file) == ExitCode.FAILED  # for alice's sake, who is declared now
    assert "alice-phone (line 10) already declares" in capsys.readouterr().err


def test_without_a_secret_the_file_names_one_in_a_variable(account: Account, file: Path) -> None:
    """The variable does not need a value yet."""
    account.register("a")
    arguments = ["import", account.user(), "--into", str(file)]
    assert run(arguments, services=account.services) == ExitCode.DONE
    assert "secret: ${PUSH_SECRET_ARN}\n      field: alice-phone\n" in file.read_text()


def test_the_file_keeps_its_mode_and_a_link_stays_one(account: Account, file: Path) -> None:
    """The encoding also stays the same: a byte order mark, and CRLF."""
    account.register("a")
    text = file.read_text().replace("\n", "\r\n")
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    file.chmod(0o640)
    link = file.with_name("link.yaml")
    link.symlink_to(file.name)
    assert import_into(account, link) == ExitCode.DONE
    assert link.is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    content = file.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf# mine\r\n")
    assert content.count(b"\n") == content.count(b"\r\n")
    assert "alice-phone" in entries_of(file)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "endpoints:\n", "endpoints: {}\n", "defaults: {type: GCM}\n"])
def test_a_file_without_entries_gets_its_first_ones(account: Account, file: Path, text: str) -> None:
    """`validate` rejects the file before the import, and accepts it afterwards."""
    account.register("a")
    file.write_text(text)
    assert import_into(account, file) == ExitCode.DONE
    assert list(entries_of(file)) == ["alice-phone"]


@pytest.mark.parametrize("arguments", [["--into", "none.yaml"], ["--into", "."], ["--into", "a.yaml", "-o", "b.yaml"]])
def test_what_cannot_be_added_to_is_refused_at_once(
    account: Account, arguments: Sequence[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Examples are a missing file, a directory, and two destinations."""
    monkeypatch.chdir(tmp_path)
    account.register("a")
    command = ["import", account.app_instance, "--store-tokens", "push", *arguments]
    assert run(command, services=account.services) == ExitCode.FAILED
    assert (secrets_of(account), list(tmp_path.iterdir())) == ([], [])


def register_many(account: Account, number: int) -> list[Endpoint]:
    """Register endpoints of several users."""
    account.backend.switches.change({"endpoints_per_user": 1000})
    return [account.register(f"token-{each}", name=f"Phone {each}") for each in range(number)]


@pytest.mark.slow
def test_too_many_endpoints_for_the_files_stacks_are_refused_with_the_number_and_what_it_moves(
    account: Account, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """More stacks would register existing endpoints again. The user decides that, not the command."""
    register_many(account, 500)
    more = "".join(
        an_entry(account.user("old"), key=f"old-{each}", device_token=f"{{parameter: /o/{each}}}") for each in range(9)
    )
    file.write_text(file.read_text() + more)
    before = file.read_bytes()
    assert import_into(account, file) == ExitCode.FAILED
    told = capsys.readouterr().err
    assert "needs `stacks: " in told
    assert "of the file's 10 endpoints to other stacks" in told
    assert (file.read_bytes(), secrets_of(account)) == (before, [])


@pytest.mark.slow
def test_a_file_without_entries_gets_as_many_stacks_as_it_needs(account: Account, file: Path) -> None:
    """No existing entry can move."""
    register_many(account, 500)
    file.write_text("endpoints: {}\n")
    assert import_into(account, file) == ExitCode.DONE
    assert load(file, lambda _: None).stacks > 1
