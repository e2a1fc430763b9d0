"""The values that the file declares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chime_endpoints.declared.document.problems import Place
from chime_endpoints_handler.model.declaration import EndpointDeclaration, TokenSource


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One endpoint of the file."""

    key: str
    id: str = ""
    """The entry's identity, if it differs from the key: the key before the entry was renamed."""
    declaration: EndpointDeclaration
    tags: Mapping[str, str] = field(default_factory=dict)
    removal_policy: str = "destroy"
    update_replace_policy: str | None = None
    """None means the same as `removal_policy`."""
    kms_keys: tuple[str, ...] = ()
    """The ARNs of the KMS keys for its secrets and parameters, if they are declared."""
    places: Mapping[str, Place] = field(default_factory=dict, repr=False)
    """The place of each field by its path. The empty path is the entry itself."""

    @property
    def identity(self) -> str:
        """The identity that determines the entry's stack and its logical ID in CloudFormation."""
        return self.id or self.key

    @property
    def tokens(self) -> tuple[TokenSource, ...]:
        """The locations of the device token and, if declared, the VoIP device token."""
        voip = self.declaration.voip_device_token
        return (self.declaration.device_token, *(() if voip is None else (voip,)))

    def place_of(self, path: str) -> Place:
        """Return the place of a field, or of the nearest field that would contain it."""
        while path and path not in self.places:
            path = path.rpartition(".")[0]
        return self.places.get(path, Place())


def tagging_declarations(entries: Iterable[Entry]) -> Mapping[str, EndpointDeclaration]:
    """Return the declaration that says with which role each user is tagged: the first in the stack."""
    first: dict[str, EndpointDeclaration] = {}
    for entry in entries:
        first.setdefault(entry.declaration.app_instance_user_arn, entry.declaration)
    return first


@dataclass(frozen=True, kw_only=True)
class Declarations:
    """The content of a valid file."""

    path: str
    entries: tuple[Entry, ...]
    stacks: int = 1
    parameter_paths: tuple[str, ...] = ()
    """The paths under which the function can read every parameter, instead of only the declared ones."""
