"""Which endpoints `audit` reports as orphans, and which ones `--repair` deregisters."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.commands.registered.audit.command import exit_code
from chime_endpoints_cli.commands.registered.audit.deregistration import deregister_orphans
from chime_endpoints_cli.commands.registered.audit.orphans import Audit, Verdict, find_orphans
from chime_endpoints_cli.main import run
from chime_endpoints_emulator import Endpoint
from chime_endpoints_handler.model.physical_id import suffix
from commands.conftest import Account, declared, physical_id
from support.closed import CLOSED, Closed
from support.cloudformation import FakeStack

HERE = ["us-east-1"]


def audited(account: Account) -> Audit:
    """Audit the app instance."""
    return find_orphans(account.services, [account.app_instance], HERE)


def repaired(account: Account, audit: Audit, *, includes_unheld: bool = False) -> list[str]:
    """The IDs that a repair deregistered."""
    done = deregister_orphans(
        account.services, audit, arns=[account.app_instance], regions=HERE, includes_unheld=includes_unheld
    )
    return [each.endpoint.endpoint_id for each in done]


def left_by(account: Account, stack: FakeStack, *, token: str = "token") -> Endpoint:
    """An endpoint with the name of a stack's resource."""
    return account.register(token, name=f"{stack.name}-Phone-{suffix(stack.id, 'Phone')}")


@pytest.mark.parametrize("status", ["UPDATE_COMPLETE", "DELETE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_an_endpoint_that_does_not_belong_to_its_stack_is_an_orphan(account: Account, status: str) -> None:
    """This is true whether the stack still exists or not.

    The repair deregisters it, and the next audit finds nothing.
    """
    stack = account.cloudformation.add("Push-er", {})
    stack.status = status
    orphan, other = left_by(account, stack), account.register("other", name="Phone")
    audit = audited(account)
    (found,) = audit.found
    assert (found.verdict, found.stack_id, found.endpoint.endpoint_id) == (
        Verdict.ORPHAN,
        stack.id,
        orphan.endpoint_id,
    )
    assert exit_code(audit, []) == ExitCode.FOUND
    assert exit_code(audit, audit.found) == ExitCode.DONE
    assert repaired(account, audit) == [orphan.endpoint_id]
    assert list(account.backend.endpoints.values()) == [other]
    assert exit_code(audited(account), []) == ExitCode.DONE


def test_an_endpoint_of_a_stack_is_no_orphan(account: Account) -> None:
    """The stack that named it owns it, or another stack adopted it under that name."""
    first = account.cloudformation.add("First", {})
    own, adopted = left_by(account, first), left_by(account, first, token="adopted")
    first.template["Resources"]["Phone"] = declared(own)
    first.physical_ids["Phone"] = physical_id(own)
    account.cloudformation.add("Second", {"Theirs": declared(adopted)}, Theirs=physical_id(adopted))
    audit = audited(account)
    assert (audit.found, exit_code(audit, [])) == ((), ExitCode.DONE)


@pytest.mark.parametrize(
    "name",
    [
        "Push-Phone-0123456789abcdef",  # the form, and another's suffix
        "Other-Phone-{suffix}",  # our suffix, and another stack's name
        "Push-Tablet-{suffix}",  # our suffix, and another resource
    ],
)
def test_an_endpoint_with_a_name_that_proves_nothing_is_never_touched(account: Account, name: str) -> None:
    """F71: It is reported, because it may be an old orphan, but never deregistered."""
    stack = account.cloudformation.add("Push", {})
    account.register(name=name.format(suffix=suffix(stack.id, "Phone")))
    audit = audited(account)
    assert [found.verdict for found in audit.found] == [Verdict.UNPROVEN]
    assert exit_code(audit, []) == ExitCode.FOUND
    assert repaired(account, audit) == []
    assert len(account.backend.endpoints) == 1


def test_what_no_stack_knows_is_counted_and_left_alone(account: Account) -> None:
    """An app registers endpoints of its own, which no stack ever named, had or declared."""
    account.cloudformation.add("Push", {})
    for number, name in enumerate(["Phone", None, "", "a-b", "Push-Phone-0123456789ABCDEF"]):
        account.register(f"token-{number}", name=name)
    audit = audited(account)
    assert (audit.looked_at, audit.found, audit.unmarked) == (5, (), 5)
    assert repaired(account, audit, includes_unheld=True) == []
    assert len(account.backend.endpoints) == 5


def test_a_deployment_under_way_leaves_it_in_doubt(account: Account) -> None:
    """Its Create may have registered the endpoint already, or another resource may adopt it."""
    stack = account.cloudformation.add("Push", {})
    left_by(account, stack)
    stack.status = "UPDATE_IN_PROGRESS"
    audit = audited(account)
    assert [found.verdict for found in audit.found] == [Verdict.CHANGING]
    assert exit_code(audit, []) == ExitCode.FAILED
    stack.status = "UPDATE_COMPLETE"
    other = account.cloudformation.add("Other", {"New": {"Type": "Custom::ChimeAppInstanceUserEndpoint"}})
    other.statuses["New"] = "CREATE_IN_PROGRESS"
    assert [found.verdict for found in audited(account).found] == [Verdict.CHANGING]
    assert repaired(account, audit) == []
    assert len(account.backend.endpoints) == 1


@pytest.mark.parametrize("status", ["UPDATE_COMPLETE", "DELETE_COMPLETE"])
def test_an_endpoint_that_a_stack_retained_is_no_orphan(account: Account, status: str) -> None:
    """F66: The stack has the removal policy RETAIN."""
    stack = account.cloudformation.add("Push", {})
    stack.status = status
    stack.skipped.append(physical_id(left_by(account, stack)))
    audit = audited(account)
    assert [found.verdict for found in audit.found] == [Verdict.LEFT]
    assert exit_code(audit, []) == ExitCode.DONE
    assert repaired(account, audit) == []


def test_what_a_stack_takes_before_the_repair_is_left_alone(account: Account) -> None:
    """The repair checks again after the user confirms."""
    stack = account.cloudformation.add("Push", {})
    endpoint = left_by(account, stack)
    audit = audited(account)
    account.cloudformation.add("Second", {"Theirs": declared(endpoint)}, Theirs=physical_id(endpoint))
    assert repaired(account, audit) == []
    assert len(account.backend.endpoints) == 1


def test_what_appears_after_the_question_is_left_alone(account: Account) -> None:
    """The user has confirmed only the orphans that were shown."""
    stack = account.cloudformation.add("Push", {})
    audit = audited(account)
    left_by(account, stack)
    assert repaired(account, audit) == []
    assert len(account.backend.endpoints) == 1


def audited_everywhere(account: Account, *regions: str) -> Audit:
    """Audit the app instance without naming regions."""
    return find_orphans(account.services, [account.app_instance], ["us-east-1", *regions], given=False)


@pytest.mark.parametrize("closed", CLOSED.values(), ids=CLOSED)
def test_a_region_that_cannot_be_read_is_skipped_and_nothing_is_an_orphan(account: Account, closed: Closed) -> None:
    """F71: A stack there may have adopted the endpoint. `--repair` changes nothing, and the exit code is 1."""
    left_by(account, account.cloudformation.add("Push", {}))
    account.register("other", name="Gone-Phone-0123456789abcdef")
    account.services.elsewhere = closed
    audit = audited_everywhere(account, "af-south-1")
    assert (audit.regions, list(audit.passed_over)) == (("us-east-1",), ["af-south-1"])
    assert [found.verdict for found in audit.found] == [Verdict.UNSEEN, Verdict.UNSEEN]
    assert exit_code(audit, []) == ExitCode.FAILED
    everywhere = [*HERE, "af-south-1"]
    assert (
        deregister_orphans(account.services, audit, arns=[account.app_instance], regions=everywhere, given=False) == []
    )
    assert len(account.backend.endpoints) == 2


def test_regions_that_are_named_are_the_way_out(
    account: Account, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message suggests `--region`. With it, the endpoint is an orphan."""
    left_by(account, account.cloudformation.add("Push", {}))
    account.services.elsewhere = CLOSED["denied by the organization"]
    monkeypatch.setattr(account.services, "every_region", lambda: ["us-east-1", "af-south-1"])
    assert run(["audit", account.app_instance], services=account.services) == ExitCode.FAILED
    told = capsys.readouterr().out
    assert "Not searched: af-south-1 (denied by a service control policy)." in told
    assert "--region REGION" in told
    assert run(["audit", account.app_instance, "--region", "us-east-1"], services=account.services) == ExitCode.FOUND
    assert "1 orphan" in capsys.readouterr().out


def test_a_region_that_was_named_is_not_passed_over(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """The user said that there are stacks in this region."""
    left_by(account, account.cloudformation.add("Push", {}))
    account.services.elsewhere = CLOSED["denied by the organization"]
    command = ["audit", account.app_instance, "--region", "us-east-1", "--region", "eu-north-1"]
    assert run(command, services=account.services) == ExitCode.FAILED
    told = capsys.readouterr().err
    assert "the stacks in eu-north-1 cannot be read: denied by a service control policy [CE-608]" in told
    assert "leave it out of --region" in told


def test_another_refusal_ends_the_audit(account: Account) -> None:
    """The refusal says nothing about the region."""
    left_by(account, account.cloudformation.add("Push", {}))
    account.services.elsewhere = Closed("ValidationError")
    with pytest.raises(ClientError):
        audited_everywhere(account, "af-south-1")


def test_no_region_at_all_is_no_audit(account: Account) -> None:
    """If every region is denied, the credentials are the cause, not the regions."""
    left_by(account, account.cloudformation.add("Push", {}))
    account.services.cloudformation = CLOSED["denied"]  # type: ignore[assignment] # it refuses
    account.services.elsewhere = CLOSED["denied"]
    with pytest.raises(ClientError):
        audited_everywhere(account, "af-south-1")


def test_the_same_words_are_used_for_what_is_in_no_stack(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """`audit` counts the endpoints about which it knows nothing, and `list` shows them with "no stack"."""
    account.register(name="Phone")
    assert run(["audit", account.app_instance, "--region", "us-east-1"], services=account.services) == ExitCode.DONE
    told = capsys.readouterr().out
    assert "1 endpoint listed: no orphan." in told
    assert (
        "1 other endpoint with no stack: no stack named, had or declared it, as far as CloudFormation remembers"
        " (90 days)." in told
    )
    assert run(["list", account.app_instance], services=account.services) == ExitCode.DONE
    assert "1 endpoint of 1 user, 1 with no stack" in capsys.readouterr().out


@pytest.mark.parametrize("stack_status", ["UPDATE_COMPLETE", "DELETE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_an_endpoint_with_a_declared_name_that_a_stack_had_is_an_orphan(account: Account, stack_status: str) -> None:
    """Its ID is in the stack's events; for example, the Delete after its replacement failed."""
    stack, orphan = account.cloudformation.add("Push", {}), account.register()
    stack.status = stack_status
    stack.happened(declared(orphan), "CREATE_COMPLETE", physical_id(orphan))
    audit = audited(account)
    (found,) = audit.found
    assert (found.verdict, found.logical_id, found.stack_id) == (Verdict.ORPHAN, "Phone", stack.id)
    assert found.evidence == f"belonged to Phone in stack {stack.id}"
    assert repaired(account, audit) == [orphan.endpoint_id]


def test_an_endpoint_with_a_declared_name_that_was_retained_is_no_orphan(account: Account) -> None:
    """F66: whatever the events before say."""
    stack, retained = account.cloudformation.add("Push", {}), account.register()
    stack.happened(declared(retained), "CREATE_COMPLETE", physical_id(retained))
    stack.skipped.append(physical_id(retained))
    audit = audited(account)
    assert [found.verdict for found in audit.found] == [Verdict.LEFT]
    assert repaired(account, audit, includes_unheld=True) == []


def test_an_endpoint_that_a_stack_only_declared_may_be_an_orphan(account: Account) -> None:
    """F71: its registration was never reported, or someone else uses the same name. Only a flag deregisters it."""
    stack, endpoint = account.cloudformation.add("Push", {}), account.register()
    stack.happened(declared(endpoint), "CREATE_IN_PROGRESS", "")
    audit = audited(account)
    (found,) = audit.found
    assert (found.verdict, exit_code(audit, [])) == (Verdict.UNHELD, ExitCode.FOUND)
    assert found.evidence.startswith("has the user, type, application and name that were declared for Phone in stack")
    assert repaired(account, audit) == []
    assert repaired(account, audit, includes_unheld=True) == [endpoint.endpoint_id]
    assert exit_code(audited(account), []) == ExitCode.DONE


@pytest.mark.parametrize(
    "change",
    [
        {"AppInstanceUserArn": "another"},
        {"Type": "GCM"},
        {"ResourceArn": "another"},
        {"Name": "another"},
        {"Name": None},
    ],
    ids=str,
)
def test_a_declaration_of_something_else_says_nothing(account: Account, change: dict[str, str | None]) -> None:
    """Every one of these must be the same."""
    stack, endpoint = account.cloudformation.add("Push", {}), account.register()
    stack.happened(declared(endpoint, **change), "CREATE_IN_PROGRESS", "")
    assert audited(account).found == ()


def test_what_is_older_than_the_declaration_is_not_from_it(account: Account) -> None:
    """F27: a stack cannot have registered what was there before."""
    stack, endpoint = account.cloudformation.add("Push", {}), account.register()
    stack.happened(declared(endpoint), "CREATE_IN_PROGRESS", "", after=60)
    assert audited(account).found == ()


@pytest.mark.parametrize("text", [None, "", "not JSON", "[]"])
def test_events_without_readable_properties_say_nothing(account: Account, text: str | None) -> None:
    """CloudFormation may cut them short."""
    stack, _ = account.cloudformation.add("Push", {}), account.register()
    stack.events.append(
        {
            "LogicalResourceId": "Phone",
            "ResourceType": "Custom::ChimeAppInstanceUserEndpoint",
            "ResourceStatus": "CREATE_IN_PROGRESS",
            "ResourceProperties": text,
        }
    )
    assert audited(account).found == ()


@pytest.mark.parametrize("closed", CLOSED.values(), ids=CLOSED)
@pytest.mark.parametrize("is_changing", [True, False])
def test_events_are_no_proof_while_something_may_change(account: Account, closed: Closed, *, is_changing: bool) -> None:
    """A deployment in progress or a stack in a region that cannot be read may have the endpoint next."""
    stack, endpoint = account.cloudformation.add("Push", {}), account.register()
    stack.happened(declared(endpoint), "CREATE_COMPLETE", physical_id(endpoint))
    if is_changing:
        stack.status = "UPDATE_IN_PROGRESS"
    account.services.elsewhere = closed
    audit = audited_everywhere(account, "af-south-1")
    assert [found.verdict for found in audit.found] == [Verdict.CHANGING if is_changing else Verdict.UNSEEN]
    assert exit_code(audit, []) == ExitCode.FAILED


def test_what_may_be_an_orphan_is_only_deregistered_with_both_flags(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the flags."""
    stack, endpoint = account.cloudformation.add("Push", {}), account.register()
    stack.happened(declared(endpoint), "CREATE_IN_PROGRESS", "")
    command = ["audit", account.app_instance, "--region", "us-east-1"]
    assert run([*command, "--include-unheld"], services=account.services) == ExitCode.FAILED
    assert "--include-unheld does nothing without --repair" in capsys.readouterr().err
    assert run([*command, "--repair", "--yes"], services=account.services) == ExitCode.FOUND
    assert "--repair --include-unheld" in capsys.readouterr().out
    assert len(account.backend.endpoints) == 1
    assert run([*command, "--repair", "--include-unheld", "--yes"], services=account.services) == ExitCode.DONE
    assert account.backend.endpoints == {}
