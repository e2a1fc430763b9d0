"""Lines of a manifest that adopt registered endpoints without changing them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from chime_endpoints_cli.account.endpoints.observed import DescribedEndpoint
from chime_endpoints_handler.model.declaration import AllowMessages


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What most endpoints have in common; the fleet declares it once, and the lines leave it out."""

    app_instance: str = ""
    application: str = ""
    type: str = ""

    @classmethod
    def of(cls, endpoints: Iterable[DescribedEndpoint]) -> Defaults:
        """Return the most frequent value of each field."""
        instances: Counter[str] = Counter()
        applications: Counter[str] = Counter()
        types: Counter[str] = Counter()
        for each in endpoints:
            instances[_instance(each)] += 1
            applications[each.application] += 1
            types[each.type] += 1
        most = [next((value for value, _ in one.most_common(1)), "") for one in (instances, applications, types)]
        return cls(app_instance=most[0], application=most[1], type=most[2])


def line_for(key: str, endpoint: DescribedEndpoint, defaults: Defaults) -> bytes:
    """Return the line of an endpoint, with its device tokens."""
    is_of_default = _instance(endpoint) == defaults.app_instance and not endpoint.user_id.startswith("arn:")
    line: dict[str, object] = {"key": key, "user": endpoint.user_id if is_of_default else endpoint.user_arn}
    if endpoint.type != defaults.type:
        line["type"] = endpoint.type
    if endpoint.application != defaults.application:
        line["application"] = endpoint.application
    line["device_token"] = endpoint.device_token
    if endpoint.voip_device_token is not None:
        line["voip_device_token"] = endpoint.voip_device_token
    line["name"] = endpoint.name  # also if empty: without a name, the fleet would set the generated one
    if endpoint.allow_messages != AllowMessages.ALL:
        line["allow_messages"] = endpoint.allow_messages
    line["adopt_existing"] = True
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def _instance(endpoint: DescribedEndpoint) -> str:
    return endpoint.user_arn.split("/user/", 1)[0]
