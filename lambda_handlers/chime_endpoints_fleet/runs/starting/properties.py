"""The properties of `Custom::ChimeEndpointFleet`, as CloudFormation sends them: numbers are strings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chime_endpoints_handler.model.codes import Code

from ..settings import ManifestPlace, Mode, Settings

WAITS = ("AN_HOUR", "NOT_AT_ALL")
_NUMBERS: Mapping[str, tuple[str, float, int]] = {
    "RequestsPerSecond": ("25", 0.1, 50),
    "MostDeletionsPercent": ("10", 0, 100),
    "ToleratedFailures": ("0", 0, 1_000_000),
}
"""The default, the smallest and the greatest value of each number."""
_KNOWN = frozenset({"ServiceToken", "ServiceTimeout", "Manifest", "Defaults", "AppInstances", "Applications"})
_MORE = frozenset({"Wait", "WaitHandle", *_NUMBERS})
_MANIFEST = ("Bucket", "Key", "VersionId")
_DEFAULTS = ("AppInstance", "Application", "Type", "AllowMessages")


class InvalidPropertiesError(Exception):
    """The properties declare no fleet. The text lists every problem, each with its code."""


def read_properties(
    properties: object, *, mode: Mode, stack_id: str, logical_id: str, at_once: int, now: float
) -> Settings:
    """Return the settings of the run that properties ask for.

    Raises:
        InvalidPropertiesError: they declare no fleet.
    """
    if problems := list(_problems(properties)):
        raise InvalidPropertiesError(" ".join(problems))
    assert isinstance(properties, Mapping)  # noqa: S101 - otherwise, there is a problem
    manifest = properties["Manifest"]
    numbers = {name: float(properties.get(name, default)) for name, (default, _, _) in _NUMBERS.items()}
    return Settings(
        mode=mode,
        stack_id=stack_id,
        logical_id=logical_id,
        manifest=ManifestPlace(
            bucket=manifest["Bucket"], key=manifest["Key"], version_id=manifest.get("VersionId", "")
        ),
        defaults=dict(properties.get("Defaults", {})),
        app_instances=tuple(properties.get("AppInstances", ())),
        applications=tuple(properties.get("Applications", ())),
        rate=numbers["RequestsPerSecond"],
        at_once=at_once,
        most_deletions_percent=numbers["MostDeletionsPercent"],
        tolerated_failures=int(numbers["ToleratedFailures"]),
        wait=properties.get("Wait", "AN_HOUR"),
        began=now,
    )


def _problems(properties: object) -> Iterator[str]:
    if not isinstance(properties, Mapping):
        yield f"{Code.WRONG_KIND}: the properties must be a map."
        return
    for name in sorted(set(properties) - _KNOWN - _MORE):
        yield f"{Code.UNKNOWN}: {name[:64]} is not a property of a fleet."
    yield from _member_problems("Manifest", properties.get("Manifest"), _MANIFEST, required=("Bucket", "Key"))
    yield from _member_problems("Defaults", properties.get("Defaults", {}), _DEFAULTS)
    for name in ("AppInstances", "Applications"):
        listed = properties.get(name, [])
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
            yield f"{Code.WRONG_KIND}: {name} must be a list of ARNs."
    for name, (default, least, most) in _NUMBERS.items():
        if not _is_between(properties.get(name, default), least, most):
            yield f"{Code.MALFORMED}: {name} must be a number from {least:g} to {most:,}."
    if properties.get("Wait", "AN_HOUR") not in WAITS:
        yield f"{Code.NOT_A_CHOICE}: Wait must be {' or '.join(WAITS)}."
    if not isinstance(properties.get("WaitHandle", ""), str):
        yield f"{Code.WRONG_KIND}: WaitHandle must be a string."


def _member_problems(
    name: str, given: object, known: tuple[str, ...], *, required: tuple[str, ...] = ()
) -> Iterator[str]:
    if given is None:
        yield f"{Code.MISSING}: {name} is missing."
    elif not isinstance(given, Mapping):
        yield f"{Code.WRONG_KIND}: {name} must be a map."
    else:
        for member in sorted(set(given) - set(known)):
            yield f"{Code.UNKNOWN}: {name}.{member[:64]} is not a property."
        for member in known:
            if member in given and not isinstance(given[member], str):
                yield f"{Code.WRONG_KIND}: {name}.{member} must be a string."
            elif member in required and not given.get(member):
                yield f"{Code.MISSING}: {name}.{member} is missing."


def _is_between(value: Any, least: float, most: float) -> bool:
    try:
        return least <= float(value) <= most
    except (TypeError, ValueError):
        return False
