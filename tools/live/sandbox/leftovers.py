"""Finds what runs of the suite have created and not deleted, by its name, and deletes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from live.account import Account, patiently
from live.run import PREFIX, Run

from .stacks import delete_stack

_GONE = frozenset(
    {"ForbiddenException", "NotFoundException", "ResourceNotFoundException", "NoSuchBucket", "ResourceNotFound"}
)
"""The error codes of deleting what someone else has just deleted."""
_OF_PROBES = ("app instance", "application")
_Found = Iterator[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Leftover:
    """A thing that a run has created."""

    kind: str
    name: str
    identifier: str
    """The ARN, ID or name by which it is deleted."""
    run: Run


def find(account: Account, *, stacks: bool = True) -> list[Leftover]:
    """Return everything in the account and region that runs have created, in the order of deletion.

    Args:
        account: the account.
        stacks: whether to look for more than the probes create, which needs more permissions.
    """
    found: list[Leftover] = []
    for kind in _KINDS if stacks else _OF_PROBES:
        look, _ = _KINDS[kind]
        for name, identifier in look(account):
            run = Run.of(name)
            if run is not None:
                found.append(Leftover(kind=kind, name=name, identifier=identifier, run=run))
    return found


def remove(
    account: Account, leftovers: Iterable[Leftover], *, tell: Callable[[str], None] = lambda _: None
) -> list[str]:
    """Delete what runs have created, and return what could not be deleted, each with the reason.

    One failure does not keep the others from being deleted.
    """
    failures = []
    for leftover in leftovers:
        assert leftover.name.startswith(PREFIX)  # noqa: S101 - nothing else is ever deleted
        tell(f"Deleting {leftover.kind} {leftover.name}")
        try:
            _KINDS[leftover.kind][1](account, leftover.identifier)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _GONE:
                failures.append(f"{leftover.kind} {leftover.name}: {error}")
        except TimeoutError as error:
            failures.append(f"{leftover.kind} {leftover.name}: {error}")
    return failures


def _stacks(account: Account) -> _Found:
    """Find stacks, with those first that use the provider's function."""
    pages = account.client("cloudformation").get_paginator("describe_stacks").paginate()
    stacks = [stack for page in pages for stack in page["Stacks"] if stack["StackStatus"] != "DELETE_COMPLETE"]
    for stack in sorted(stacks, key=lambda stack: (stack["StackName"].endswith("-provider"), stack["StackName"])):
        yield stack["StackName"], stack["StackId"]


def _app_instances(account: Account) -> _Found:
    page: dict[str, str] = {}
    while True:
        answer = patiently(lambda page=page: account.identity.list_app_instances(**page))  # type: ignore[misc] # bound now
        for each in answer["AppInstances"]:
            yield each.get("Name") or "", each["AppInstanceArn"]
        if not answer.get("NextToken"):
            return
        page = {"NextToken": answer["NextToken"]}


def _delete_app_instance(account: Account, arn: str) -> None:
    patiently(lambda: account.identity.delete_app_instance(AppInstanceArn=arn))


def _applications(account: Account) -> _Found:
    page: dict[str, str] = {}
    while True:
        answer = account.push.get_apps(**page)["ApplicationsResponse"]
        for each in answer.get("Item", []):
            yield each["Name"], each["Id"]
        if not answer.get("NextToken"):
            return
        page = {"Token": answer["NextToken"]}


def _secrets(account: Account) -> _Found:
    by_name = [{"Key": "name", "Values": [PREFIX]}]
    for page in account.client("secretsmanager").get_paginator("list_secrets").paginate(Filters=by_name):
        for each in page["SecretList"]:
            yield each["Name"], each["ARN"]


def _delete_secret(account: Account, arn: str) -> None:
    account.client("secretsmanager").delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


def _buckets(account: Account) -> _Found:
    for each in account.client("s3").list_buckets()["Buckets"]:
        yield each["Name"], each["Name"]


def _delete_bucket(account: Account, name: str) -> None:
    s3 = account.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        for each in page.get("Contents", []):
            s3.delete_object(Bucket=name, Key=each["Key"])
    s3.delete_bucket(Bucket=name)


def _log_groups(account: Account) -> _Found:
    """Find log groups. Their stacks delete them, but a function that still runs may create its own again."""
    for prefix in (PREFIX, f"/aws/lambda/{PREFIX}"):
        pages = account.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
        for each in [group for page in pages for group in page["logGroups"]]:
            yield each["logGroupName"].removeprefix("/aws/lambda/"), each["logGroupName"]


_KINDS: dict[str, tuple[Callable[[Account], _Found], Callable[[Account, str], Any]]] = {
    "stack": (_stacks, delete_stack),
    "log group": (_log_groups, lambda account, name: account.client("logs").delete_log_group(logGroupName=name)),
    "app instance": (_app_instances, _delete_app_instance),
    "application": (_applications, lambda account, key: account.push.delete_app(ApplicationId=key)),
    "secret": (_secrets, _delete_secret),
    "bucket": (_buckets, _delete_bucket),
}
"""What runs create: how it is found, and how it is deleted."""
