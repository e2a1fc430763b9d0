"""The entries that `import` creates for registered endpoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chime_endpoints.declared.load import load
from chime_endpoints_cli.account.stacks.holders import stack_endpoints_in
from chime_endpoints_cli.commands.registered.import_.adding import add
from chime_endpoints_cli.commands.registered.import_.endpoints.selection import Selection, select
from chime_endpoints_cli.commands.registered.import_.file.destination import StandardOutput
from chime_endpoints_cli.commands.registered.import_.file.variables import Variables
from chime_endpoints_cli.commands.registered.import_.file.writing import Form
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_handler.model.declaration import SecretSource
from commands.conftest import Account, declared, physical_id


def selected(account: Account, *ids: str) -> Selection:
    """Select these IDs."""
    return select(account.services, ids, stack_endpoints_in(account.services, ["us-east-1"]))


def imported(account: Account, *, secret: str | None = "push") -> dict[str, Any]:
    """The entries for the whole app instance."""
    endpoints = selected(account, account.app_instance).fit
    return dict(
        add(
            account.services,
            endpoints,
            StandardOutput(),
            form=Form(),
            secret=secret,
            variables=Variables({}, {}),
        ).entries
    )


def as_file(entries: dict[str, Any], path: Path) -> str:
    """The text of a file with these entries."""
    text = Form().text(entries, None)
    path.write_bytes(text)
    return text.decode()


def stored(account: Account, name: str = "push") -> dict[str, str]:
    """The fields of a secret."""
    answer = account.services.secrets("us-east-1").get_secret_value(SecretId=name)
    fields: dict[str, str] = json.loads(answer["SecretString"])
    return fields


def test_an_entry_declares_what_is_registered_and_adopts_it(account: Account, tmp_path: Path) -> None:
    """The file is valid as written and contains every member, even if names have characters with a meaning in YAML."""
    endpoint = account.register(
        "canary-a", name="${Alice}: 'phone' 📱", voip_device_token="canary-b", allow_messages="NONE"
    )
    path = tmp_path / "imported.yaml"
    assert "canary" not in as_file(imported(account), path)
    (entry,) = load(path, lambda _: None).entries
    declaration = entry.declaration
    assert declaration.app_instance_user_arn == endpoint.app_instance_user_arn
    assert (declaration.type, declaration.resource_arn) == (endpoint.type, endpoint.resource_arn)
    assert (declaration.name, declaration.allow_messages) == (endpoint.name, endpoint.allow_messages)
    assert declaration.adopt_existing
    for source, token in ((declaration.device_token, "canary-a"), (declaration.voip_device_token, "canary-b")):
        assert isinstance(source, SecretSource)
        assert source.field is not None
        assert stored(account)[source.field] == token


def test_an_endpoint_without_a_name_stays_without_one(account: Account) -> None:
    """The entry says so. Otherwise, the endpoint would get a generated name, which is a change."""
    account.register(name=None)
    (entry,) = imported(account).values()
    assert entry["name"] == ""


def test_without_a_secret_to_store_in_tokens_are_left_to_the_user(account: Account) -> None:
    """The entries refer to the secret by a variable, and no token is printed."""
    account.register("canary")
    (entry,) = imported(account, secret=None).values()
    assert entry["device_token"] == {"secret": "${PUSH_SECRET_ARN}", "field": "alice-phone"}
    assert not account.services.secrets("us-east-1").list_secrets()["SecretList"]


def test_keys_name_the_user_and_are_unique(account: Account) -> None:
    """A key consists of the user and the name, or the type if there is no name.

    It never equals the VoIP key of another entry.
    """
    account.register("a", name="Zoë's phone", user_id="zoe.b@example.com")
    account.register("b", name="Phone")
    account.register("c", name="Phone")
    account.register("d", name="Phone voip")
    account.register("e", name=None)
    assert list(imported(account)) == [
        "zoe-b-example-com-zoes-phone",
        "alice-phone",
        "alice-phone-2",
        "alice-phone-voip-2",
        "alice-apns",
    ]


def test_an_endpoint_of_a_stack_is_skipped(account: Account) -> None:
    """F71: Two stacks must not manage the same endpoint."""
    held, free = account.register("a"), account.register("b")
    account.cloudformation.add("Push", {"Phone": declared(held)}, Phone=physical_id(held))
    selection = selected(account, account.user())
    assert [endpoint.endpoint_id for endpoint in selection.fit] == [free.endpoint_id]
    assert [(id_, holder.stack.name) for id_, holder in selection.held] == [(physical_id(held), "Push")]


def test_single_endpoints_are_named_by_their_ids(account: Account) -> None:
    """The ID has the form of `Ref`. A missing endpoint is reported."""
    first, _ = account.register("a"), account.register("b")
    assert [endpoint.endpoint_id for endpoint in selected(account, physical_id(first)).fit] == [first.endpoint_id]
    with pytest.raises(CommandError, match="no such endpoint"):
        selected(account, f"{account.user()}/endpoint/none")


def test_an_endpoint_that_cannot_be_declared_unchanged_is_reported(account: Account) -> None:
    """The service accepts control characters in a name, but a declaration does not."""
    account.register(name="a\x07b")
    selection = selected(account, account.user())
    assert not selection.fit
    assert [why for _, why in selection.unfit] == [
        "Name contains a control character (such as a line break) or half of a surrogate pair; remove it."
    ]


def test_an_endpoint_with_an_invalid_token_is_reported_and_not_written(account: Account) -> None:
    """Registering it again would fail. The value is not shown."""
    account.register("canary\n")
    selection = selected(account, account.user())
    assert not selection.fit
    (why,) = [why for _, why in selection.unfit]
    assert why.startswith("The registered DeviceToken has a line break at its end")
    assert "canary" not in why


def test_an_endpoint_with_an_invalid_device_token_is_reported_and_the_token_is_not_stored(account: Account) -> None:
    """The rule is that of the deployment, which would fail. The other endpoints are imported."""
    account.register('{"alice": "canary-a"}', name="wrong")
    account.register("canary-b", name="right")
    ((_, why),) = selected(account, account.app_instance).unfit
    assert why == "The registered DeviceToken is a JSON object, not a device token."
    assert [entry["name"] for entry in imported(account).values()] == ["right"]
    assert list(stored(account).values()) == ["canary-b"]


def test_importing_again_stores_nothing_again(account: Account) -> None:
    """The secret keeps its version and its other fields."""
    secrets = account.services.secrets("us-east-1")
    secrets.create_secret(Name="push", SecretString='{"other": "x"}')
    account.register("canary")
    first = imported(account)
    version = secrets.get_secret_value(SecretId="push")["VersionId"]
    assert imported(account) == first
    assert secrets.get_secret_value(SecretId="push")["VersionId"] == version
    assert stored(account) == {"other": "x", "alice-phone": "canary"}


@pytest.mark.parametrize("content", ['{"alice-phone": "canary-other"}', "canary-text", "[]"])
def test_a_secret_with_other_content_is_left_alone(account: Account, content: str) -> None:
    """F74: The message names the field and shows neither value."""
    account.services.secrets("us-east-1").create_secret(Name="push", SecretString=content)
    account.register("canary-token")
    with pytest.raises(CommandError) as caught:
        imported(account)
    assert "canary" not in str(caught.value)
    assert account.services.secrets("us-east-1").get_secret_value(SecretId="push")["SecretString"] == content


def test_tokens_that_do_not_fit_a_secret_are_put_into_several(account: Account) -> None:
    """A secret can contain 64 KB, and a token up to 1,600 characters."""
    account.backend.switches.change({"endpoints_per_user": 100})
    for number in range(50):
        account.register(f"{number:04}" * 400)
    entries = imported(account)
    assert len(entries) == 50
    assert len(stored(account)) + len(stored(account, "push-2")) == 50


def test_a_name_that_a_terminal_would_not_show_is_escaped_in_the_file(account: Account, tmp_path: Path) -> None:
    """F76: Reading the file gives the original name."""
    account.register(name="a\u202eb")
    assert as_file(imported(account), tmp_path / "e.yaml").isascii()
    assert load(tmp_path / "e.yaml", lambda _: None).entries[0].declaration.name == "a\u202eb"
