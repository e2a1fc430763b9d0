"""The number of service requests for each kind of event, compared with the minimum that the API allows."""

from __future__ import annotations

from collections.abc import Callable

from moto import mock_aws

from support.sink import open_sink
from support.stage import Stage, stage_for

from .figures import Result, Table


def measure() -> Result:
    """Count the requests that reach the service."""
    rows = []
    for kind, (fewest, act) in _KINDS.items():
        with mock_aws(), open_sink() as sink:
            stage = stage_for(sink)
            made = stage.create()["PhysicalResourceId"]
            stage.backend.calls.clear()
            stage.sent()
            act(stage, made)
            rows.append([kind, str(len(stage.operations)), fewest, ", ".join(stage.operations) or "none"])
    return Result(
        title="Calls",
        tables=[
            Table(
                title="Requests to the service for one event",
                columns=["event", "ours", "fewest possible", "which"],
                rows=rows,
                note="A replacement first looks for leftovers of an interrupted attempt. It sets the declared name in"
                " its last call, so that the new endpoint has a recognizable name until then. A missing endpoint is"
                " looked up twice, because List can lag. AwsCustomResource makes one call for each event: it neither"
                " replaces nor recovers.",
            )
        ],
    )


def _create(stage: Stage, _: str) -> None:
    stage.create(stage.properties(EndpointAttributes={"DeviceToken": "another"}), LogicalResourceId="Other")


def _create_twice(stage: Stage, _: str) -> None:
    properties = stage.properties(EndpointAttributes={"DeviceToken": "another"})
    event = stage.event("Create", properties, LogicalResourceId="Other")
    stage.deliver(event)
    stage.deliver(event)


def _rename(stage: Stage, made: str) -> None:
    stage.update(made, stage.properties(Name="another"), stage.properties())


def _change_nothing(stage: Stage, made: str) -> None:
    stage.update(made, stage.properties(), stage.properties())


def _replace(stage: Stage, made: str) -> None:
    stage.update(made, stage.properties(EndpointAttributes={"DeviceToken": "another"}), stage.properties())


def _replace_and_remove(stage: Stage, made: str) -> None:
    _replace(stage, made)
    stage.delete(made)


def _delete(stage: Stage, made: str) -> None:
    stage.delete(made)


def _delete_what_is_gone(stage: Stage, made: str) -> None:
    stage.backend.endpoints.clear()
    stage.delete(made)


def _rename_what_is_gone(stage: Stage, made: str) -> None:
    stage.backend.endpoints.clear()
    _rename(stage, made)


def _refuse(stage: Stage, _: str) -> None:
    stage.deliver(stage.event("Create", {"Type": "nonsense"}))


_KINDS: dict[str, tuple[str, Callable[[Stage, str], None]]] = {
    "Create": ("1", _create),
    "the same Create, delivered twice": ("2", _create_twice),
    "Update of the name": ("1", _rename),
    "Update that changes nothing": ("0", _change_nothing),
    "Update of the device token (replacement)": ("1", _replace),
    "the replacement and the Delete of the old one": ("2", _replace_and_remove),
    "Delete": ("1", _delete),
    "Delete of a missing endpoint": ("1", _delete_what_is_gone),
    "Update of a missing endpoint": ("2", _rename_what_is_gone),
    "Create with invalid properties": ("0", _refuse),
}
