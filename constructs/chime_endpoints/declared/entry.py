"""What the file declares, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chime_endpoints_handler.declaration import EndpointDeclaration, TokenSource

from .problems import Place


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One endpoint of the file."""

    key: str
    id: str = ""
    """Its identity, if that is not its key: the key that it had before it was renamed."""
    declaration: EndpointDeclaration
    tags: Mapping[str, str] = field(default_factory=dict)
    removal_policy: str = "destroy"
    update_replace_policy: str | None = None
    """As `removal_policy` where it is None."""
    kms_keys: tuple[str, ...] = ()
    """The ARNs of the keys that its secrets and parameters are encrypted with, where they are given."""
    places: Mapping[str, Place] = field(default_factory=dict, repr=False)
    """Where each field stands, by its path; the entry itself by the empty path."""

    @property
    def identity(self) -> str:
        """What its stack and its logical ID in CloudFormation follow from."""
        return self.id or self.key

    @property
    def tokens(self) -> tuple[TokenSource, ...]:
        """Where its tokens are: the device token, and the one for VoIP pushes if it has one."""
        voip = self.declaration.voip_device_token
        return (self.declaration.device_token, *(() if voip is None else (voip,)))

    def place_of(self, path: str) -> Place:
        """Where a field stands, or what it would stand in."""
        while path and path not in self.places:
            path = path.rpartition(".")[0]
        return self.places.get(path, Place())


@dataclass(frozen=True, kw_only=True)
class Declarations:
    """A file that has no mistakes."""

    path: str
    entries: tuple[Entry, ...]
    stacks: int = 1
    parameter_paths: tuple[str, ...] = ()
    """The function may read every parameter under these, instead of each that is declared under them."""
