"""Amazon Resource Names (ARNs), parsed as far as the service needs them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class ResourceType(StrEnum):
    """The kind of resource that an ARN identifies. OTHER has neither endpoints nor tags."""

    APP_INSTANCE = "app-instance"
    USER = "app-instance-user"
    BOT = "app-instance-bot"
    OTHER = "other"


_KINDS = (
    (ResourceType.APP_INSTANCE, re.compile(r"app-instance/[^/]+")),
    (ResourceType.USER, re.compile(r"app-instance/[^/]+/user/[^/]+")),
    (ResourceType.BOT, re.compile(r"app-instance/[^/]+/bot/[^/]+")),
)


@dataclass(frozen=True, kw_only=True)
class Arn:
    """A parsed ARN. The resource keeps its colons, because user ids can contain them."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn:
        """Parse an ARN. The request's validation has already checked its form."""
        _, partition, service, region, account, resource = text.split(":", 5)
        return cls(partition=partition, service=service, region=region, account=account, resource=resource)

    @property
    def kind(self) -> ResourceType:
        """The kind of Chime resource that the ARN identifies."""
        if self.service == "chime":
            for kind, form in _KINDS:
                if form.fullmatch(self.resource):
                    return kind
        return ResourceType.OTHER

    @property
    def is_push_application(self) -> bool:
        """Whether the ARN identifies an AWS End User Messaging (formerly Pinpoint) application."""
        return self.service == "mobiletargeting" and re.fullmatch(r"apps/[^/]+", self.resource) is not None

    def is_of(self, *, partition: str, region: str, account: str) -> bool:
        """Whether the resource is in this partition, region and account."""
        return (self.partition, self.region, self.account) == (partition, region, account)


def app_instance_of(arn: str) -> str:
    """Return the ARN of the app instance that a user or bot belongs to."""
    return "/".join(arn.split("/", 2)[:2])
