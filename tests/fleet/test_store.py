"""The objects of a fleet, in moto's S3 and in the memory that most tests use."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from chime_endpoints_fleet.store import NEW, LostRaceError, Store
from support.fleet import FLEET, MANIFESTS, STATE, FleetStage

pytestmark = pytest.mark.slow


@pytest.fixture(params=["stage", "moto_stage"])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty prefix in either S3."""
    stage: FleetStage = request.getfixturevalue(request.param)
    return stage.store


def test_an_object_is_read_as_it_was_written(store: Store) -> None:
    """In whole, its beginning, or as JSON."""
    assert store.get("a") is None
    assert store.beginning("a", 3) is None
    assert store.json("a") is None
    etag = store.put("a", b"12345")
    found = store.get("a")
    assert found is not None
    assert (found.body, found.etag) == (b"12345", etag)
    assert store.beginning("a", 3) == b"123"
    assert store.beginning("a", 30) == b"12345"
    store.put_json("b", {"a": [1]})
    assert store.json("b") == {"a": [1]}


def test_conditions_hold_for_one_writer(store: Store) -> None:
    """Creation needs that there is none; a change needs the version that was read."""
    first = store.put("a", b"1", replaces=NEW)
    with pytest.raises(LostRaceError):
        store.put("a", b"2", replaces=NEW)
    second = store.put("a", b"3", replaces=first)
    with pytest.raises(LostRaceError):
        store.put("a", b"4", replaces=first)
    store.delete(["a"])
    with pytest.raises(LostRaceError):
        store.put("a", b"5", replaces=second)


def test_a_write_whose_response_was_lost_counts_as_written(store: Store) -> None:
    """The client's retry meets its own first attempt, which is not another writer."""
    first = store.put("a", b"1")
    second = store.put("a", b"2", replaces=first)
    assert store.put("a", b"2", replaces=first) == second


def test_names_are_those_of_the_prefix(store: Store) -> None:
    """More of them than a page has, and none of another fleet."""
    names = [f"parts/{number:05d}" for number in range(1003)]
    store.put_each((name, b"") for name in names)
    Store(store.client, STATE, f"{FLEET}2").put("parts/other", b"")
    assert store.names("parts/") == names
    store.delete(names)
    assert store.names("") == []


def test_what_s3_refuses_is_raised(store: Store) -> None:
    """Only a missing object is no error."""
    elsewhere = Store(store.client, "no-such-bucket", FLEET)
    with pytest.raises(ClientError):
        elsewhere.get("a")
    if not hasattr(store.client, "buckets"):
        with pytest.raises(ClientError):
            elsewhere.put("a", b"")


def test_objects_that_s3_does_not_delete_are_an_error(stage: FleetStage) -> None:
    """DeleteObjects answers 200 all the same."""

    class Refusing:
        """A client without the permission."""

        def delete_objects(self, **_: object) -> object:
            """Refuse."""
            return {"Errors": [{"Code": "AccessDenied", "Key": "a"}]}

    stage.store.put("a", b"1")
    store = Store(Refusing(), STATE, FLEET)
    with pytest.raises(OSError, match="S3 did not delete 1 objects: AccessDenied"):
        store.delete(["a"])


def test_a_write_without_a_condition_never_loses_a_race() -> None:
    """An error of such a write is an error."""

    class Failing:
        """A client of an S3 that is not there."""

        def put_object(self, **_: object) -> object:
            """Fail."""
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "PutObject")

    with pytest.raises(ClientError):
        Store(Failing(), MANIFESTS, FLEET).put("a", b"")


def test_what_belongs_to_a_run_has_a_tag(moto_stage: FleetStage) -> None:
    """The bucket's lifecycle deletes it after a month. It never deletes the ledger."""
    store = moto_stage.store
    for name, tags in (("runs/r1/plan.json", [{"Key": "chime-endpoints", "Value": "run"}]), ("ledger/00/00000", [])):
        store.put(name, b"{}")
        found = moto_stage.s3.get_object_tagging(Bucket=store.bucket, Key=f"{store.fleet}/{name}")
        assert found["TagSet"] == tags
