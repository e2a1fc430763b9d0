"""Where `import` writes, and that a failure leaves no partial result."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chime_endpoints.declared.load import load
from chime_endpoints_cli.account.stacks.holders import stack_endpoints_in
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.commands.registered.import_.adding import add
from chime_endpoints_cli.commands.registered.import_.endpoints.selection import select
from chime_endpoints_cli.commands.registered.import_.file.destination import FileOutput
from chime_endpoints_cli.commands.registered.import_.file.variables import Variables
from chime_endpoints_cli.commands.registered.import_.file.writing import Form
from chime_endpoints_cli.commands.registered.import_.token_store import MOST_BYTES, plan, store
from chime_endpoints_cli.main import run
from chime_endpoints_cli.output.errors import CommandError
from commands.conftest import Account


def import_all(account: Account, *more: str) -> int:
    """The exit code of an import of the whole app instance with stored tokens."""
    return run(["import", account.app_instance, "--store-tokens", "chime/push", *more], services=account.services)


def secrets_of(account: Account) -> dict[str, str]:
    """The content of all secrets by name."""
    client = account.services.secrets("us-east-1")
    names = [secret["Name"] for secret in client.list_secrets()["SecretList"]]
    return {name: client.get_secret_value(SecretId=name)["SecretString"] for name in names}


@pytest.mark.parametrize("output", ["no/such/imported.yaml", ".", "/dev/full", "a-file/imported.yaml"])
def test_what_cannot_be_written_is_refused_before_any_token_is_stored(
    account: Account, tmp_path: Path, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Examples are a missing directory, a directory instead of a file or the reverse, and a device."""
    monkeypatch.chdir(tmp_path)
    Path("a-file").touch()
    account.register("a")
    assert import_all(account, "-o", output) == ExitCode.FAILED
    assert secrets_of(account) == {}
    assert [path.name for path in tmp_path.iterdir()] == ["a-file"]


def test_a_full_disk_is_detected_before_any_token_is_stored(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The text is first written next to its destination, with secret ARNs of the final length."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    account.register("a")
    monkeypatch.setattr("os.fsync", full)
    assert import_all(account, "-o", str(tmp_path / "imported.yaml")) == ExitCode.FAILED
    assert "No space left on device" in capsys.readouterr().err
    assert (secrets_of(account), list(tmp_path.iterdir())) == ({}, [])


def test_the_space_that_was_reserved_is_the_space_that_is_needed(account: Account, tmp_path: Path) -> None:
    """After the tokens are stored, the file does not become longer."""
    account.register("a", voip_device_token="b")
    sizes = []

    class Watched(FileOutput):
        def reserve(self, text: bytes) -> None:
            sizes.append(len(text))
            super().reserve(text)

        def finish(self, text: bytes) -> None:
            sizes.append(len(text))
            super().finish(text)

    selection = select(account.services, [account.app_instance], stack_endpoints_in(account.services, ["us-east-1"]))
    with Watched(tmp_path / "imported.yaml") as out:
        add(account.services, selection.fit, out, form=Form(), secret="chime/push", variables=Variables({}, {}))
    assert sizes[0] == sizes[1] == (tmp_path / "imported.yaml").stat().st_size


def test_a_file_that_someone_else_has_written_meanwhile_is_left_alone(tmp_path: Path) -> None:
    """This applies to a file that would be replaced, and to a new one."""
    there, new = tmp_path / "there.yaml", tmp_path / "new.yaml"
    there.write_text("before")
    for path, output in ((there, FileOutput(there, replaces=b"before")), (new, FileOutput(new))):
        with output as out:
            path.write_text("theirs")
            with pytest.raises(CommandError, match=f"{path.name} (has changed in the meantime|already exists)"):
                out.finish(b"ours")
        assert path.read_text() == "theirs"
    assert sorted(tmp_path.iterdir()) == [new, there]


def test_an_interruption_says_which_tokens_had_been_stored_and_leaves_no_file(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The next import finds these tokens again."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    account.register("canary")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", interrupted)
        assert import_all(account, "-o", str(tmp_path / "imported.yaml")) == ExitCode.INTERRUPTED
    told = capsys.readouterr().err
    assert (
        "stored before the failure: 1 device token in arn:aws:secretsmanager:us-east-1:123456789012:secret:chime/push-"
        in told
    )
    assert "canary" not in told
    assert list(tmp_path.iterdir()) == []
    assert import_all(account, "-o", str(tmp_path / "imported.yaml")) == ExitCode.DONE
    assert list(secrets_of(account)) == ["chime/push"]


@pytest.mark.parametrize("arguments", [[], ["-o", "-"]])
def test_a_hyphen_is_the_standard_output(
    account: Account,
    tmp_path: Path,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is also the default. Messages go to standard error, so that the output is a valid file."""
    monkeypatch.chdir(tmp_path)
    account.register("a")
    assert import_all(account, *arguments) == ExitCode.DONE
    assert list(tmp_path.iterdir()) == []
    shown = capsys.readouterr()
    Path("e.yaml").write_text(shown.out)
    assert [entry.key for entry in load(Path("e.yaml"), lambda _: None).entries] == ["alice-phone"]
    assert "1 endpoint imported\n" in shown.err


def test_a_file_with_the_suffix_of_json_is_json(account: Account, tmp_path: Path) -> None:
    """The app reads such a file as JSON."""
    account.register("a", name="Zo\u00eb")
    path = tmp_path / "imported.json"
    assert import_all(account, "-o", str(path)) == ExitCode.DONE
    assert json.loads(path.read_text())["endpoints"]["alice-zoe"]["name"] == "Zo\u00eb"
    assert len(load(path, lambda _: None).entries) == 1


@pytest.mark.slow
def test_endpoints_for_several_stacks_come_with_a_number_of_stacks(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`validate` and `cdk synth` then accept the file unchanged."""
    account.backend.switches.change({"endpoints_per_user": 1000})
    for number in range(500):
        account.register(f"token-{number}", name=f"Phone {number}")
    path = tmp_path / "imported.yaml"
    assert import_all(account, "-o", str(path)) == ExitCode.DONE
    assert load(path, lambda _: None).stacks > 1
    assert "Deploy with --all" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    ["arn:aws:secretsmanager:us-east-1:123456789012:secret:chime/push-AbCdEf", "bad name!", "", "x" * 501, "a\nb", "ä"],
)
def test_what_cannot_be_the_name_of_a_secret_is_refused_before_anything(account: Account, name: str) -> None:
    """Otherwise, Secrets Manager would reject it halfway."""
    assert run(["import", account.app_instance, "--store-tokens", name], services=account.services) == ExitCode.FAILED
    assert secrets_of(account) == {}


def stored(account: Account, tokens: dict[str, str]) -> dict[str, str]:
    """The secret's ARN of each stored field."""
    return stored_by(account.services.secrets("us-east-1"), tokens)


def stored_by(client: Any, tokens: dict[str, str]) -> dict[str, str]:
    """The same, from a client."""
    return {name: arn for part in plan(client, "push", tokens) for arn in [store(client, part)] for name in part.fields}


@pytest.mark.slow
def test_a_secret_is_filled_to_the_last_byte_and_never_beyond(account: Account) -> None:
    """The limit counts bytes, including escapes and existing content. Further tokens go to another secret."""
    client = account.services.secrets("us-east-1")
    client.create_secret(Name="push", SecretString=json.dumps({"theirs": "\u00e9" * 100}, ensure_ascii=False))
    tokens = {f"f{number}": '\u00e9"\\' * 100 for number in range(200)}
    places = stored(account, tokens)
    texts = secrets_of(account)
    assert list(texts) == ["push", "push-2", "push-3", "push-4"]
    sizes = [len(text.encode()) for text in texts.values()]
    assert max(sizes) <= MOST_BYTES
    assert min(sizes[:-1]) > MOST_BYTES - len(json.dumps(tokens["f0"])) - len('"f000": , ')
    assert {
        name: json.loads(client.get_secret_value(SecretId=arn)["SecretString"])[name] for name, arn in places.items()
    } == tokens
    assert stored(account, tokens) == places


def test_what_a_secret_contains_stays_as_it_was_written(account: Account) -> None:
    """Numbers, nested values, duplicate fields and spacing stay unchanged."""
    before = '{ "n": 1.10, "o": {"a": [1e3, null]}, "twice": 1, "twice": 2 }\n'
    client = account.services.secrets("us-east-1")
    client.create_secret(Name="push", SecretString=before)
    stored(account, {"f": "token"})
    assert secrets_of(account)["push"] == before.rstrip(" }\n") + ', "f": "token"}'


@pytest.mark.parametrize("empty", ["{}", "{ }\n"])
def test_an_empty_object_is_filled(account: Account, empty: str) -> None:
    """The result is valid JSON."""
    account.services.secrets("us-east-1").create_secret(Name="push", SecretString=empty)
    stored(account, {"f": "token"})
    assert json.loads(secrets_of(account)["push"]) == {"f": "token"}


def test_a_secret_that_was_changed_meanwhile_is_left_alone(account: Account) -> None:
    """Otherwise, its new content would be lost."""
    client = account.services.secrets("us-east-1")
    client.create_secret(Name="push", SecretString='{"a": "1"}')
    (part,) = plan(client, "push", {"f": "token"})
    client.put_secret_value(SecretId="push", SecretString='{"a": "2"}')
    with pytest.raises(CommandError, match="changed in the meantime"):
        store(client, part)
    assert secrets_of(account) == {"push": '{"a": "2"}'}


def test_a_secret_that_is_scheduled_for_deletion_is_reported(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message contains the command that restores it. Nothing is written."""
    account.register("canary")
    client = account.services.secrets("us-east-1")
    client.create_secret(Name="chime/push", SecretString="{}")
    client.delete_secret(SecretId="chime/push")
    assert import_all(account, "-o", str(tmp_path / "e.yaml")) == ExitCode.FAILED
    told = capsys.readouterr().err
    assert "chime/push cannot be read: it is scheduled for deletion" in told
    assert "restore-secret --secret-id chime/push" in told
    assert list(tmp_path.iterdir()) == []


def test_a_secret_without_a_value_gets_its_first_one(account: Account) -> None:
    """The secret exists, so it cannot be created."""
    client = account.services.secrets("us-east-1")
    arn = client.create_secret(Name="push")["ARN"]
    assert stored(account, {"f": "token"}) == {"f": arn}


class Refusing:
    """A Secrets Manager that refuses one operation."""

    def __init__(self, client: Any, operation: str, code: str, message: str) -> None:
        self._client, self._operation = client, operation
        self._error = ClientError({"Error": {"Code": code, "Message": message}}, operation)

    def __getattr__(self, name: str) -> Any:
        if name != self._operation:
            return getattr(self._client, name)

        def refuse(**_: object) -> None:
            raise self._error

        return refuse


@pytest.mark.parametrize(
    ("operation", "code", "message", "told"),
    [
        ("get_secret_value", "AccessDeniedException", "x is not authorized to perform y", "not authorized to perform"),
        ("get_secret_value", "AccessDeniedException", "Access to KMS is not allowed", "its KMS key cannot be used"),
        ("create_secret", "EncryptionFailure", "", "its KMS key cannot be used"),
        ("create_secret", "LimitExceededException", "canary", "cannot be written [(]LimitExceededException"),
        ("create_secret", "ResourceExistsException", "canary", "cannot be written [(]ResourceExistsException"),
    ],
)
def test_a_refusal_is_reported_with_what_is_missing(
    account: Account, operation: str, code: str, message: str, told: str
) -> None:
    """AWS's own text is omitted if it could quote a value."""
    client = Refusing(account.services.secrets("us-east-1"), operation, code, message)
    with pytest.raises(CommandError, match=told) as caught:
        stored_by(client, {"f": "token"})
    assert "canary" not in str(caught.value)
