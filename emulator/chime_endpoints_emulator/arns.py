"""Amazon Resource Names as far as the service looks into them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an ARN of the chime service names; OTHER is everything that has no endpoints and takes no tags."""

    APP_INSTANCE = "app-instance"
    USER = "app-instance-user"
    BOT = "app-instance-bot"
    OTHER = "other"


_KINDS = (
    (Kind.APP_INSTANCE, re.compile(r"app-instance/[^/]+")),
    (Kind.USER, re.compile(r"app-instance/[^/]+/user/[^/]+")),
    (Kind.BOT, re.compile(r"app-instance/[^/]+/bot/[^/]+")),
)


@dataclass(frozen=True, kw_only=True)
class Arn:
    """An ARN taken apart; the resource keeps its colons, which user ids may contain."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn:
        """Take `text` apart, which the request's validation has found to have the form of an ARN."""
        _, partition, service, region, account, resource = text.split(":", 5)
        return cls(partition=partition, service=service, region=region, account=account, resource=resource)

    @property
    def kind(self) -> Kind:
        """What the ARN names, if it is one of the chime service."""
        if self.service == "chime":
            for kind, form in _KINDS:
                if form.fullmatch(self.resource):
                    return kind
        return Kind.OTHER

    @property
    def is_push_application(self) -> bool:
        """Whether the ARN names an application of Pinpoint, today AWS End User Messaging."""
        return self.service == "mobiletargeting" and re.fullmatch(r"apps/[^/]+", self.resource) is not None

    def is_of(self, *, partition: str, region: str, account: str) -> bool:
        """Whether the resource lives in this partition, region and account."""
        return (self.partition, self.region, self.account) == (partition, region, account)


def app_instance_of(arn: str) -> str:
    """The ARN of the app instance that a user or bot ARN belongs to."""
    return "/".join(arn.split("/", 2)[:2])
