"""The ARNs of identities and applications, and the regions that have them."""

from __future__ import annotations

import re

REGIONS = ("us-east-1", "eu-central-1")
"""The regions with Amazon Chime SDK messaging identities (AWS General Reference, Chime SDK endpoints)."""

_PLACE = r"(?P<region>[a-z0-9-]+):(?P<account>\d{12})"
_IDENTITY = rf"arn:(?P<partition>aws[a-z-]*):chime:{_PLACE}:app-instance/[^/\s]{{1,128}}"
_ID = r"[A-Za-z0-9]([A-Za-z0-9:\-_.@]{0,62}[A-Za-z0-9])?"
USER_ARN = re.compile(rf"{_IDENTITY}/user/{_ID}")
IDENTITY_ARN = re.compile(rf"{_IDENTITY}(/(user|bot)/{_ID})?")
APPLICATION_ARN = re.compile(rf"arn:(?P<partition>aws[a-z-]*):mobiletargeting:{_PLACE}:apps/[A-Za-z0-9-]{{1,64}}")
EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]+", re.ASCII)
ROLE_ARN = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account>\d{12}):role/[\w+=,.@/-]{1,576}", re.ASCII)


def region_of(arn: str) -> str:
    """Return the region in a valid ARN."""
    return arn.split(":", 4)[3]


def account_of(arn: str) -> str:
    """Return the account in an ARN; empty if there is none."""
    return arn.partition(":app-instance/")[0].rpartition(":")[2]
