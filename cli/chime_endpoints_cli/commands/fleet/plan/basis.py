"""What a manifest is compared with: a deployed fleet, or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.fleets.entries import PackedEntries, entries_of
from chime_endpoints_cli.account.fleets.fleet import Fleet
from chime_endpoints_cli.account.fleets.objects import FleetObjects
from chime_endpoints_fleet.ledger.entry import Entry
from chime_endpoints_fleet.manifest.lines import Rules
from chime_endpoints_fleet.runs.settings import Settings, read_settings

_RATE = 25.0


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What is registered, and the rules for the lines."""

    fleet: Fleet | None = None
    entries: Mapping[str, Entry] = field(default_factory=dict, repr=False)
    rules: Rules = field(default_factory=Rules)
    rate: float = _RATE
    most_deletions_percent: float = 10.0
    is_at_work: bool = False
    """Whether a run has the fleet's ledgers open, so that the plan may change soon."""

    @property
    def fleet_id(self) -> str:
        """The fleet's id; empty if there is none."""
        return self.fleet.id if self.fleet else ""


def basis_of(services: Services, fleet: Fleet | None, defaults: Mapping[str, str]) -> Basis:
    """Return what to compare a manifest with.

    Args:
        services: the account.
        fleet: the deployed fleet, or None.
        defaults: values that take the place of the deployed defaults, by the names in the resource's properties.
    """
    if fleet is None:
        return new_basis(defaults)
    objects = FleetObjects(services, fleet)
    state = objects.state()
    if not state.settings:
        return replace(new_basis(defaults), fleet=fleet)
    settings: Settings = read_settings(state.settings)
    rules = replace(
        settings,
        defaults={**settings.defaults, **defaults},
        app_instances=_with(settings.app_instances, defaults.get("AppInstance")),
        applications=_with(settings.applications, defaults.get("Application")),
    ).rules
    return Basis(
        fleet=fleet,
        entries=PackedEntries(entries_of(services, fleet)),
        rules=rules,
        rate=settings.rate,
        most_deletions_percent=settings.most_deletions_percent,
        is_at_work=objects.json(f"runs/{state.run}/result") is None,
    )


def new_basis(defaults: Mapping[str, str]) -> Basis:
    """Return the basis of a fleet that is not deployed yet."""
    return Basis(rules=Rules.of(defaults))


def _with(allowed: tuple[str, ...], default: str | None) -> tuple[str, ...]:
    """Allow a new default as well: a deployment of it must do the same. Without a limit, everything is allowed."""
    return (*allowed, default) if allowed and default else allowed
