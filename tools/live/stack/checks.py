"""An assumption of this project about CloudFormation, Lambda or CloudWatch Logs, and whether it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Whether an assumption holds."""

    HOLDS = "holds"
    DIFFERS = "differs"
    NOT_KNOWN = "not known"


@dataclass(frozen=True, kw_only=True)
class Check:
    """The result of checking one assumption."""

    name: str
    assumption: str
    verdict: Verdict
    evidence: str


def checked(name: str, assumption: str, holds: bool | None, evidence: str) -> Check:  # noqa: FBT001 - read at a glance
    """Return the result of a check; None means that it could not be made."""
    verdict = Verdict.NOT_KNOWN if holds is None else Verdict.HOLDS if holds else Verdict.DIFFERS
    return Check(name=name, assumption=assumption, verdict=verdict, evidence=evidence)


Tell = Callable[[str], None]
