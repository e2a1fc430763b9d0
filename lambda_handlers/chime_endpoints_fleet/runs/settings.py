"""The settings of a run, which its executions read from the state bucket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from ..ledger import fleet as fleets
from ..ledger.fleet import Fleet
from ..ledger.header import DamagedLedgerError
from ..manifest.lines import Rules
from ..store import Store, compact


class Mode(StrEnum):
    """What a run is for."""

    APPLY = "apply"
    """Make the registered endpoints those of the manifest."""
    DELETE = "delete"
    """Deregister everything, because the resource is deleted."""
    DRAIN = "drain"
    """Deregister everything, and keep the resource."""
    CHECK = "check"
    """Compare the registered endpoints with the ledger, and change nothing."""


@dataclass(frozen=True, kw_only=True)
class ManifestPlace:
    """Where a version of the manifest is."""

    bucket: str = ""
    """Empty for a run that reads no manifest."""
    key: str = ""
    version_id: str = ""
    """Empty for the newest one when the run begins."""
    etag: str = ""
    """The version that the run has read, if its bucket keeps no versions."""

    def to_json(self) -> dict[str, str]:
        """Return the place without members that are not known."""
        members = {"bucket": self.bucket, "key": self.key, "version_id": self.version_id, "etag": self.etag}
        return {name: value for name, value in members.items() if value}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one run: `runs/{run}/run.json`."""

    mode: Mode = Mode.APPLY
    stack_id: str
    logical_id: str
    manifest: ManifestPlace
    defaults: Mapping[str, str] = field(default_factory=dict)
    """AppInstance, Application, Type and AllowMessages, as the resource declares them."""
    app_instances: tuple[str, ...] = ()
    """The app instances that lines may name; empty for any."""
    applications: tuple[str, ...] = ()
    rate: float = 25.0
    """Calls a second for the whole fleet."""
    at_once: int = 4
    """The number of shards that are worked on at the same time."""
    most_deletions_percent: float = 10.0
    tolerated_failures: int = 0
    wait: str = "AN_HOUR"
    began: float = 0.0
    """When the run was asked for, in seconds since the epoch."""
    repairs: str = ""
    """The check whose findings the run repairs; empty for none."""
    adopts: bool = False
    """Whether every line takes over an endpoint that is registered already, and ledgers that are lost begin anew."""
    tokens: bool = False
    """Whether a check also compares device tokens with what the manifest declares."""
    is_pinned: bool = False
    """Whether the manifest's version is the one that the run has found, not one that is declared."""

    @property
    def rules(self) -> Rules:
        """The rules for the lines of the manifest."""
        rules = Rules.of(self.defaults, app_instances=self.app_instances, applications=self.applications)
        return replace(rules, defaults={**rules.defaults, "adopt_existing": True}) if self.adopts else rules

    @property
    def reads_manifest(self) -> bool:
        """Whether the run is about a manifest."""
        return self.mode is Mode.APPLY or (self.mode is Mode.CHECK and self.tokens)

    def entry(self) -> dict[str, Any]:
        """Return what the state of the fleet says of its newest run."""
        return {
            "stack_id": self.stack_id,
            "logical_id": self.logical_id,
            "began": self.began,
            "settings": self.to_json(),
        }

    def to_json(self) -> dict[str, Any]:
        """Return the settings as the object contains them."""
        return {
            "mode": str(self.mode),
            "stack_id": self.stack_id,
            "logical_id": self.logical_id,
            "manifest": self.manifest.to_json(),
            "defaults": dict(self.defaults),
            "app_instances": list(self.app_instances),
            "applications": list(self.applications),
            "rate": self.rate,
            "at_once": self.at_once,
            "most_deletions_percent": self.most_deletions_percent,
            "tolerated_failures": self.tolerated_failures,
            "wait": self.wait,
            "began": self.began,
            "repairs": self.repairs,
            "adopts": self.adopts,
            "tokens": self.tokens,
            "is_pinned": self.is_pinned,
        }


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """The sizes of what one function takes on; tests use smaller ones."""

    range_bytes: int = 32 * 1024 * 1024
    """Bytes of the manifest for one function, which holds about two of them in memory."""
    shard_endpoints: int = 1000
    """Endpoints of a shard, whose ledger is written as a whole."""
    rounds: int = 3
    """How often a run tries what failed."""


def read_settings(value: Mapping[str, Any]) -> Settings:
    """Read settings; members that are missing have their default values.

    Raises:
        KeyError, TypeError, ValueError: they are not the settings of a run.
    """
    given = {name: value[name] for name in value if name in Settings.__dataclass_fields__}
    return Settings(
        **{
            **given,
            "mode": Mode(value.get("mode", Mode.APPLY)),
            "manifest": ManifestPlace(**value["manifest"]),
            "app_instances": tuple(value.get("app_instances", ())),
            "applications": tuple(value.get("applications", ())),
        }
    )


def name_of(run: str) -> str:
    """Return the name of the object with a run's settings."""
    return f"runs/{run}/run.json"


def load(store: Store, run: str) -> Settings:
    """Return the settings of a run.

    Raises:
        LookupError: there is no such run.
    """
    value = store.json(name_of(run))
    if value is None:
        raise LookupError(f"there is no run {run}")
    return read_settings(value)


def newest(store: Store) -> tuple[str, Settings] | None:
    """Return the newest run that is still known, with the settings that it began with; None if there is none."""
    names = [name for name in store.names("runs/") if name.endswith("/run.json")]
    found = [(name.split("/")[1], read_settings(value)) for name in names if (value := store.json(name)) is not None]
    if not found:
        return None
    run, settings = max(found, key=lambda each: each[1].began)
    if settings.is_pinned:
        place = replace(settings.manifest, version_id="", etag="")
        settings = replace(settings, manifest=place, is_pinned=False)
    return run, settings


def save(store: Store, run: str, settings: Settings) -> None:
    """Write the settings of a run."""
    store.put(name_of(run), compact(settings.to_json()))


def is_at_work(store: Store, run: str) -> bool:
    """Whether a run may still write objects: it has its settings, and no deletion of the fleet has begun after it.

    CloudFormation cannot delete a bucket that someone writes into after it was emptied. A fleet whose state is damaged
    cannot be deleted.
    """
    try:
        fleet = fleets.read(store)
    except DamagedLedgerError:
        fleet = Fleet()
    is_replaced = fleet.run != run and fleet.settings.get("mode") == Mode.DELETE
    return not (fleet.ended or is_replaced) and store.get(name_of(run)) is not None
