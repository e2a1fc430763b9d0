"""The beginning of a run: which version of the manifest to read, in which ranges, and into how many shards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from ...ledger import fleet as fleets
from ...ledger import progress, shard_ledger
from ...ledger.fleet import Fleet
from ...ledger.header import DamagedLedgerError
from ...manifest.ranges import ranges_of
from ...manifest.shards import level_for
from ...store import DENIED, Store, code_of
from .. import settings as run_settings
from ..checking.report import NEWEST
from ..settings import ManifestPlace, Mode, Settings, Sizes

_MISSING = frozenset({"404", "NoSuchKey", "NoSuchBucket", "NotFound", "NoSuchVersion", "400", "InvalidArgument"})
_PATIENCE = 20.0
"""Seconds in which a new policy may not have taken effect yet."""
_STATE_LOST = (
    "The object `fleet` in the state bucket is missing, or older than the ledgers. Nothing was changed. Restore its"
    " last version, or run chime-endpoints fleet sync --adopt."
)
_OTHERS = "The prefix in the state bucket belongs to another fleet. Nothing was changed."
_OVERWRITTEN = (
    "The manifest was overwritten after the run began, and its bucket keeps no versions. Nothing more was changed."
    " Start another run: chime-endpoints fleet sync, or deploy again."
)


class RefusedError(Exception):
    """The run cannot begin; nothing was changed. The text is for the person who deploys."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """The first decisions of a run, which its later executions keep: `runs/{run}/prepared.json`."""

    level: int = 0
    ranges: Sequence[tuple[int, int]] = ()
    refused: str = ""
    """Why the run cannot begin or continue; empty if it can."""
    is_begun: bool = False
    """Whether the run has begun to read the manifest, and keeps to its level and version."""

    @property
    def shards(self) -> range:
        """The shards of the level; none if the run cannot begin."""
        return range(0 if self.refused else 1 << self.level)

    def to_json(self) -> dict[str, Any]:
        """Return the decisions as the object contains them."""
        ranges = [list(each) for each in self.ranges]
        return {"level": self.level, "ranges": ranges, "refused": self.refused, "begun": self.is_begun}


def read_prepared(value: Mapping[str, Any]) -> Prepared:
    """Read what `Prepared.to_json` returned."""
    ranges = tuple((first, last) for first, last in value["ranges"])
    return Prepared(level=value["level"], ranges=ranges, refused=value["refused"], is_begun=value["begun"])


def name_of(run: str) -> str:
    """Return the name of the object with the first decisions of a run."""
    return f"runs/{run}/prepared.json"


def prepare(store: Store, run: str, *, sizes: Sizes, now: float) -> Prepared:
    """Begin a run, or continue one as it was begun.

    Raises:
        ClientError: the manifest cannot be read, and a policy of the same deployment may not have taken effect yet.
    """
    settings = run_settings.load(store, run)
    found = store.json(name_of(run))
    begun = None if found is None or not found["begun"] else read_prepared(found)
    try:
        fleet = _enter(store, run, settings)
        size, place = _measure(store, settings, now) if settings.reads_manifest else (0, settings.manifest)
        if begun is None:
            is_pinned = settings.is_pinned or not settings.manifest.version_id
            run_settings.save(store, run, replace(settings, manifest=place, is_pinned=is_pinned))
            keeps = settings.adopts or settings.mode is Mode.CHECK
            level = fleet.level if keeps else _level(store, fleet, size, sizes)
            prepared = Prepared(level=level, ranges=ranges_of(size, sizes.range_bytes), is_begun=True)
        elif place != settings.manifest:
            prepared = replace(begun, refused=_OVERWRITTEN)
        else:
            prepared = replace(begun, refused="")
    except (RefusedError, DamagedLedgerError) as error:
        prepared = replace(begun or Prepared(), refused=str(error))
    store.put_json(name_of(run), prepared.to_json())
    return prepared


def _enter(store: Store, run: str, settings: Settings) -> Fleet:
    """Make this the fleet's newest run."""

    def entered(fleet: Fleet) -> Fleet:
        try:
            newest = fleet.entered(run, **settings.entry())
        except fleets.OtherFleetError:
            raise RefusedError(
                "The prefix in the state bucket belongs to another fleet. Nothing was changed."
            ) from None
        if settings.mode is Mode.CHECK:
            store.put_json(NEWEST, {"run": run})
            return fleet  # it changes nothing, and so replaces no run
        if fleet.run != run and fleet.began > settings.began:
            raise RefusedError(f"Run {fleet.run} has replaced this run. Nothing was changed.")
        return newest

    fleet = fleets.change(store, entered)
    highest = max(shard_ledger.levels(store), default=0)
    return fleet if highest <= fleet.level else _recover(store, settings, highest)


def _recover(store: Store, settings: Settings, level: int) -> Fleet:
    """Take the level of a fleet whose state was lost from its ledgers.

    The highest level is the newest one: while it is not complete, the ledgers of the levels below are kept.
    """
    is_complete, is_known = shard_ledger.written(store, level)
    if not settings.adopts and not (settings.mode is Mode.DELETE and is_known):
        raise RefusedError(_STATE_LOST)
    return fleets.change(store, lambda fleet: replace(fleet, level=level, is_complete=is_complete))


def _measure(store: Store, settings: Settings, now: float) -> tuple[int, ManifestPlace]:
    """Return the size of the manifest, and the place of exactly the version that was measured."""
    place = settings.manifest
    version = {"VersionId": place.version_id} if place.version_id else {}
    try:
        head = store.client.head_object(Bucket=place.bucket, Key=place.key, **version)
    except ClientError as error:
        if code_of(error) in DENIED and now - settings.began < _PATIENCE:
            raise  # the state machine tries again after some seconds
        raise _unreadable(place, code_of(error)) from error
    found = head.get("VersionId", "")
    if place.version_id and found != place.version_id:
        raise RefusedError(
            f"Bucket {place.bucket} keeps no versions, but the manifest's version_id is declared. Enable versioning"
            " and upload the manifest again, or remove version_id."
        )
    is_version = found not in ("", "null")
    pinned = {"version_id": found, "etag": ""} if is_version else {"version_id": "", "etag": head["ETag"]}
    return int(head["ContentLength"]), replace(place, **pinned)


def _unreadable(place: ManifestPlace, code: str) -> Exception:
    where = f"s3://{place.bucket}/{place.key}"
    which = f" in version {place.version_id}" if place.version_id else ""
    if code in DENIED:
        return RefusedError(
            f"The manifest {where} cannot be read ({code}): it does not exist, or the function's role lacks"
            " s3:GetObject on it or kms:Decrypt on its key. Upload it, or grant the permission."
        )
    if code in _MISSING:
        return RefusedError(
            f"There is no manifest {where}{which} ({code}). Upload it, or correct Bucket, Key or VersionId; versions"
            " need a bucket with versioning."
        )
    return OSError(f"S3 failed to describe the manifest {where}: {code}")


def _level(store: Store, fleet: Fleet, size: int, sizes: Sizes) -> int:
    """Return the level of the run; the shards split only if no change of theirs may be half done."""
    wanted = max(fleet.level, level_for(size, per_shard=sizes.shard_endpoints))
    if wanted == fleet.level:
        return fleet.level
    if any(header.is_unfinished for header in progress.headers(store, fleet.level).values()):
        return fleet.level
    fleets.change(store, lambda each: replace(each, level=wanted, is_complete=False))
    return wanted
