"""Profiles: files with the observed behavior of the real services, as values of switches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from .models import chimesdkidentity_backends
from .push.models import pushapplications_backends
from .push.switches import PushSwitches
from .service import EmulatedService
from .switches import Switches

FORMAT = "chime-endpoints-emulator/1"


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The values of some switches. Switches that are not in the profile keep their default."""

    identity: Mapping[str, Any] = field(default_factory=dict)
    """Values of `Switches`."""
    push: Mapping[str, Any] = field(default_factory=dict)
    """Values of `PushSwitches`."""

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read a profile, and ignore members that only inform people.

        Raises:
            ValueError: it is not a profile, or names or values of switches are unknown.
        """
        if values.get("profile") != FORMAT:
            raise ValueError(f'profile: not "{FORMAT}"')
        profile = cls(identity=dict(values.get("identity", {})), push=dict(values.get("push", {})))
        Switches().change(profile.identity)
        PushSwitches().change(profile.push)
        return profile

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """Read a profile from a file.

        Raises:
            OSError: the file cannot be read.
            ValueError: see `from_dict`.
        """
        values = json.loads(Path(path).read_text(encoding="utf-8"))
        if not isinstance(values, dict):
            raise ValueError("not a JSON object")  # noqa: TRY004 - as for any other content that is not a profile
        return cls.from_dict(values)

    def as_dict(self) -> dict[str, Any]:
        """Return the profile in the form that `from_dict` reads."""
        return {"profile": FORMAT, "identity": dict(self.identity), "push": dict(self.push)}


def use_profile(profile: Profile) -> None:
    """Set the switches of all backends in this process, including those that `mock_aws` or a reset creates later.

    `use_profile(Profile())` returns to the defaults.
    """
    Switches.start_with(profile.identity)
    PushSwitches.start_with(profile.push)
    for backends in (chimesdkidentity_backends, pushapplications_backends):
        for _account, _region, backend in [*backends.iter_backends()]:
            assert isinstance(backend, EmulatedService)  # noqa: S101 - moto's types lose the class of the backend
            backend.switches.restore()
