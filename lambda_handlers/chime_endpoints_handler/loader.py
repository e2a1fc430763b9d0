"""What botocore reads from its data to make a client, and no more: a cold start waits for all of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader

_SERVICES = ["chime-sdk-identity", "secretsmanager", "ssm", "cloudformation"]


class DirectLoader(Loader):  # type: ignore[misc] # botocore carries no types
    """Makes a client in a third of the time; what it makes is the same."""

    def list_available_services(self, *_: object, **__: object) -> list[str]:
        """The services in use: botocore would look through the directories of all four hundred."""
        return _SERVICES

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        """The old list of all services' endpoints (1.2 MB) is made of the list of partitions (7 KB).

        Where a service is, its own rules say; of the old list botocore still wants the partition. The runtime brings
        its own botocore: one whose list of partitions is another than today's gets the list that it asked for.
        """
        if name == "endpoints":
            with suppress(DataNotFoundError, KeyError, TypeError):
                data, path = super().load_data_with_path("partitions")
                return {"partitions": [_without_services(partition) for partition in data["partitions"]]}, str(path)
        data, path = super().load_data_with_path(name)
        return data, str(path)


def _without_services(partition: Mapping[str, Any]) -> dict[str, Any]:
    """A partition in the form of the old list, with the host names that its services have by default."""
    outputs = partition["outputs"]
    plain, fips = "{service}.{region}.{dnsSuffix}", "{service}-fips.{region}.{dnsSuffix}"
    return {
        "partition": partition["id"],
        "dnsSuffix": outputs["dnsSuffix"],
        "regionRegex": partition["regionRegex"],
        "regions": partition["regions"],
        "services": {},
        "defaults": {
            "hostname": plain,
            "protocols": ["https"],
            "signatureVersions": ["v4"],
            "variants": [
                {"tags": ["fips"], "hostname": fips, "dnsSuffix": outputs["dnsSuffix"]},
                {"tags": ["dualstack"], "hostname": plain, "dnsSuffix": outputs["dualStackDnsSuffix"]},
                {"tags": ["dualstack", "fips"], "hostname": fips, "dnsSuffix": outputs["dualStackDnsSuffix"]},
            ],
        },
    }
