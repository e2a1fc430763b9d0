"""Follows the way of a push from the user to the device, link by link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chime_endpoints_cli.account.applications.channel_types import channel_types
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.observed import DescribedEndpoint

from .links.application import application_links
from .links.endpoint import Seen, endpoint_links, endpoints_seen, no_endpoint, user_link
from .links.link import Link, Place, State, overall
from .links.looking import Unseen, not_visible
from .links.push import send_push
from .links.recorded import failures_link
from .links.role import role_links
from .subjects import Subject


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """The links of a user's pushes, in the order in which a push passes them."""

    subject: Subject
    links: tuple[Link, ...]
    endpoints: tuple[DescribedEndpoint, ...] = field(repr=False)
    """The endpoints whose device tokens are visible, to which a test push can be sent."""

    @property
    def state(self) -> State:
        """The most serious state of a link."""
        return overall(self.links)

    def to_json(self) -> dict[str, Any]:
        """Return the diagnosis as JSON for other programs."""
        return {
            "user_arn": self.subject.user_arn,
            "endpoint_id": self.subject.endpoint_id,
            "state": str(self.state),
            "causes": [str(link.place) for link in self.links if link.state is State.BROKEN],
            "links": [link.to_json() for link in self.links],
        }


def diagnose(services: Services, subject: Subject) -> Diagnosis:
    """Look at every link. Nothing is changed."""
    user = user_link(services, subject.user_arn)
    seen: list[Seen] = []
    links = [user]
    if user.state is not State.BROKEN:
        found = endpoints_seen(services, subject.user_arn, subject.endpoint_id)
        if isinstance(found, Unseen):
            links.append(not_visible(Place.ENDPOINT, subject.user_arn, found))
        elif found:
            seen = found
        else:
            links.append(no_endpoint(subject.user_arn))
    for each in seen:
        links += endpoint_links(each)
        if each.known is not None and isinstance(each.described, Unseen):
            links.append(not_visible(Place.APPLICATION, str(each.id), each.described))
    described = [each.described for each in seen if isinstance(each.described, DescribedEndpoint)]
    needed = _needed(described)
    for application, types in needed.items():
        links += application_links(services, application, types)
    links += role_links(services, account=subject.account, applications=needed)
    links.append(
        failures_link(
            services,
            region=subject.region,
            user_arn=subject.user_arn,
            endpoint_ids=[each.id.endpoint_id for each in seen],
            secrets=[token for each in described for token in (each.device_token, each.voip_device_token) if token],
        )
    )
    return Diagnosis(subject=subject, links=tuple(links), endpoints=tuple(described))


def with_test_pushes(services: Services, diagnosis: Diagnosis) -> Diagnosis:
    """Send a test push to each endpoint, and add what the push services answered."""
    sent = [send_push(services, endpoint) for endpoint in diagnosis.endpoints]
    return Diagnosis(subject=diagnosis.subject, links=(*diagnosis.links, *sent), endpoints=diagnosis.endpoints)


def _needed(described: Sequence[DescribedEndpoint]) -> dict[str, list[str]]:
    """Return the applications of endpoints, each with the channel types that it needs."""
    needed: dict[str, dict[str, None]] = {}
    for endpoint in described:
        types = channel_types(endpoint.type, voip=endpoint.voip_device_token is not None)
        needed.setdefault(endpoint.application, {}).update(dict.fromkeys(types))
    return {application: list(types) for application, types in needed.items()}
