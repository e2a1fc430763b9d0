"""Load only the botocore data that the clients need, because a cold start waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader

_SERVICES = ["chime-sdk-identity", "secretsmanager", "ssm", "cloudformation"]


class DirectLoader(Loader):  # type: ignore[misc] # botocore has no type annotations
    """Creates the same clients in a third of the time."""

    def list_available_services(self, *_: object, **__: object) -> list[str]:
        """Return the services in use; botocore would search the directories of all four hundred."""
        return _SERVICES

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        """Build the legacy list of service endpoints (1.2 MB) from the list of partitions (7 KB).

        Each service's own rules define its endpoints; botocore needs only the partition from the legacy list. The
        Lambda runtime has its own botocore. If its list of partitions has another format, the legacy list is loaded.
        """
        if name == "endpoints":
            with suppress(DataNotFoundError, KeyError, TypeError):
                data, path = super().load_data_with_path("partitions")
                return {"partitions": [_without_services(partition) for partition in data["partitions"]]}, str(path)
        data, path = super().load_data_with_path(name)
        return data, str(path)


def _without_services(partition: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a partition to the legacy format, with the default host names of its services."""
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
