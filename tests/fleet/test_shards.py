"""The division into shards, which must stay the same for as long as fleets exist."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chime_endpoints_fleet.manifest.digests import Digests, digests_of
from chime_endpoints_fleet.manifest.shards import HIGHEST_LEVEL, level_for, parents, shard_of
from support.stage import APPLICATION


@pytest.mark.parametrize(
    ("key", "shard"), [("alice-iphone", 898), ("bob-android", 758), ("k1", 491), ("Z", 391), ("a" * 128, 787)]
)
def test_a_key_is_in_the_same_shard_for_ever(key: str, shard: int) -> None:
    """Another hash would make every endpoint of a fleet a stranger."""
    assert shard_of(key, HIGHEST_LEVEL) == shard


@settings(deadline=None, derandomize=True)
@given(st.text(max_size=20), st.integers(0, HIGHEST_LEVEL - 1))
def test_a_shard_splits_into_two_of_the_next_level(key: str, level: int) -> None:
    """Shard i splits into i and i + 2**level."""
    assert shard_of(key, level + 1) in (shard_of(key, level), shard_of(key, level) + (1 << level))
    assert (level, shard_of(key, level)) == next(parents(shard_of(key, level + 1), level + 1))


def test_the_level_follows_the_size_of_the_manifest() -> None:
    """About a thousand endpoints a shard, at least eight shards, at most 1,024."""
    sizes = {0: 0, 1: 0, 199 * 250: 0, 200 * 250: 3, 8000 * 250: 3, 8001 * 250: 4, 10**5 * 250: 7, 10**6 * 250: 10}
    assert {size: level_for(size, per_shard=1000) for size in sizes} == sizes
    assert level_for(10**12, per_shard=1000) == HIGHEST_LEVEL


def test_digests_are_the_same_for_ever() -> None:
    """Others would replace every endpoint of every fleet."""
    properties = {
        "AppInstanceUserArn": "arn:aws:chime:us-east-1:123456789012:app-instance/6e5b/user/alice",
        "Type": "APNS",
        "ResourceArn": APPLICATION,
        "EndpointAttributes": {
            "DeviceToken": "canary-token",
            "VoipDeviceTokenSource": {"ParameterName": "/t", "Version": 3},
        },
        "Name": "Alice",
        "AllowMessages": "NONE",
    }
    assert digests_of("chat-Fleet-0123", properties) == Digests("d6a1bc209c2c4175a53b263f", "52829f9b0d31401b58d5b428")
    assert digests_of("chat-Other-0123", properties) != digests_of("chat-Fleet-0123", properties)
    active = digests_of("chat-Fleet-0123", properties | {"RequireActive": True, "AdoptExisting": True})
    assert active.identity == digests_of("chat-Fleet-0123", properties).identity
    assert active.settled != digests_of("chat-Fleet-0123", properties).settled
