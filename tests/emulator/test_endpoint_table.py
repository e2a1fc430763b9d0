"""The indexes of the registered endpoints."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from chime_endpoints_emulator.endpoint_table import EndpointTable
from chime_endpoints_emulator.records import Endpoint

USERS, TOKENS = st.sampled_from(["alice", "bob"]), st.sampled_from(["a", "b", "c"])
CHANGES = st.lists(st.tuples(st.integers(0, 5), st.booleans(), USERS, TOKENS, st.none() | TOKENS))


def endpoint(endpoint_id: str, user: str, token: str, voip: str | None) -> Endpoint:
    """An endpoint of a user with these tokens."""
    return Endpoint(
        app_instance_user_arn=user,
        endpoint_id=endpoint_id,
        type="APNS",
        resource_arn="arn",
        device_token=token,
        voip_device_token=voip,
        created=0.0,
        updated=0.0,
    )


@settings(deadline=None, derandomize=True)
@given(changes=CHANGES)
def test_the_indexes_show_what_a_search_would_find(changes: list[tuple[int, bool, str, str, str | None]]) -> None:
    """Endpoints come and go in any order, and some ids are used again for another user and other tokens."""
    table = EndpointTable()
    for number, is_added, user, token, voip in changes:
        endpoint_id = str(number)
        table.pop(endpoint_id, None)
        if is_added:
            table[endpoint_id] = endpoint(endpoint_id, user, token, voip)
    for user in ("alice", "bob"):
        assert table.of_user(user) == [each for each in table.values() if each.app_instance_user_arn == user]
    for token in ("a", "b", "c"):
        found = {each.endpoint_id for each in table.with_token([token])}
        assert found == {each.endpoint_id for each in table.values() if token in each.device_tokens}
    table.clear()
    assert not table.of_user("alice")
    assert not table.with_token(["a", "b", "c"])
