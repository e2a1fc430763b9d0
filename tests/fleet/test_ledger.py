"""The ledger: written and read back, conditionally, by this release and by every later one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from chime_endpoints_fleet.ledger import fleet as fleets
from chime_endpoints_fleet.ledger import progress
from chime_endpoints_fleet.ledger.entry import Entry, Intent
from chime_endpoints_fleet.ledger.fleet import Fleet
from chime_endpoints_fleet.ledger.header import CLOSED, OPEN, DamagedLedgerError, Header
from chime_endpoints_fleet.ledger.shard_ledger import Ledger, load, name_of, save
from chime_endpoints_fleet.manifest.digests import UNKNOWN, Digests
from chime_endpoints_fleet.manifest.shards import shard_of
from chime_endpoints_fleet.store import LostRaceError, Store
from chime_endpoints_handler.model.physical_id import Endpoint
from support.bucket import MemoryS3
from support.fleet import FLEET, STATE

RELEASED = Path(__file__).parent / "released"
USER = "arn:aws:chime:us-east-1:123456789012:app-instance/6e5b/user/alice"


@pytest.fixture
def store() -> Store:
    """An empty prefix."""
    s3 = MemoryS3()
    s3.create_bucket(Bucket=STATE)
    return Store(s3, STATE, FLEET)


def entry(key: str, **members: object) -> Entry:
    """An entry of a ledger."""
    whole = Entry(key=key, endpoint=Endpoint(USER, f"id-{key}"), digests=Digests("i" * 24, "s" * 24))
    return replace(whole, **members)  # type: ignore[arg-type]


LEDGER = Ledger(
    header=Header(
        fleet="chat-Fleet-0123456789abcdef",
        run="b3f7",
        round=2,
        state=OPEN,
        lease=1790000060.5,
        by="0f" * 16,
        passes=3,
        n=3,
        todo=9,
        done=4,
        failed={"c": "CE-411"},
        untried=1,
        calls=7,
        throttled=2,
        at=1790000000.5,
        intents=(Intent(key="d", operation="create", request_id="b3f7.3", run="b3f7", at=1790000000.123),),
    ),
    entries={
        "a": entry("a"),
        "b": entry("b", predecessors=(Endpoint(USER, "old-1"), Endpoint(f"{USER}2", "old-2"))),
        "c": entry("c", digests=UNKNOWN),
    },
)
FLEET_STATE = Fleet(
    stack_id="arn:aws:cloudformation:us-east-1:123456789012:stack/chat/1",
    logical_id="Fleet",
    level=3,
    is_complete=True,
    run="b3f7",
    began=1790000000.5,
    stopped="b3f6",
    settings={"mode": "apply"},
)


def test_a_ledger_is_read_as_it_was_written(store: Store) -> None:
    """Every member comes back."""
    saved = save(store, 3, 5, LEDGER)
    assert saved.header == replace(LEDGER.header, fleet=FLEET)
    assert load(store, 3, 5) == saved
    assert saved.is_written


@pytest.mark.parametrize("release", ["1"])
def test_what_a_release_has_written_stays_readable(store: Store, release: str) -> None:
    """Ledgers are as old as their fleets."""
    body = (RELEASED / f"ledger-{release}.jsonl").read_bytes().rstrip(b"\n")
    old = Store(store.client, STATE, "chat-Fleet-0123456789abcdef")
    old.put(name_of(3, 5), body)
    assert load(old, 3, 5).header == LEDGER.header
    assert load(old, 3, 5).entries == LEDGER.entries
    old.put(fleets.NAME, (RELEASED / f"fleet-{release}.json").read_bytes())
    assert fleets.read(old) == FLEET_STATE


def test_this_release_writes_the_newest_released_form(store: Store) -> None:
    """A changed form needs a number, a file in `released` and a reader for both."""
    ours = Store(store.client, STATE, "chat-Fleet-0123456789abcdef")
    save(ours, 3, 5, LEDGER)
    written = ours.get(name_of(3, 5))
    assert written is not None
    assert written.body + b"\n" == (RELEASED / "ledger-1.jsonl").read_bytes()
    fleets.change(ours, lambda _: FLEET_STATE)
    assert ours.json(fleets.NAME) == json.loads((RELEASED / "fleet-1.json").read_bytes())


def test_accepted_manifests_are_read_as_they_were_written(store: Store) -> None:
    """A fleet of an earlier release has none."""
    assert not FLEET_STATE.accepted
    state = replace(FLEET_STATE, accepted=({"bucket": "b", "key": "k", "version_id": "v"},))
    fleets.change(store, lambda _: state)
    assert fleets.read(store) == state


def test_of_two_writers_one_loses(store: Store) -> None:
    """The first write needs that there is none, later ones the version that was read."""
    new = load(store, 0, 0)
    first = save(store, 0, 0, new)
    with pytest.raises(LostRaceError):
        save(store, 0, 0, replace(new, entries={"a": entry("a")}))
    save(store, 0, 0, replace(first, entries={"a": entry("a")}))
    with pytest.raises(LostRaceError):
        save(store, 0, 0, first)
    store.delete([name_of(0, 0)])
    with pytest.raises(LostRaceError):
        save(store, 0, 0, first)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "its first line is not a ledger's header"),
        (b"canary", "its first line is not a ledger's header"),
        (b"[1]", "its first line is not a ledger's header"),
        (b'{"format":1}', "its first line is not a ledger's header"),
        (b'{"format":2}', "it was written by a later release; deploy that release again"),
        (b'HEADER\n["a"]', "a line is not an entry of a ledger"),
        (b"HEADER\ncanary", "a line is not an entry of a ledger"),
        (b'HEADER\n["a",1,"b","c","d"]', "a line is not an entry of a ledger"),
        (b'HEADER\n["a","u","b","c","d",[["x"]]]', "a line is not an entry of a ledger"),
        (b'HEADER\n["a","u","b","c","d",[],7]', "a line is not an entry of a ledger"),
        (b"HEADER", "it has 0 entries, but its header says 1"),
        (b'OTHER\n["a","u","b","c","d"]', "it belongs to another fleet"),
    ],
)
def test_a_damaged_ledger_is_refused_without_quoting_it(store: Store, body: bytes, expected: str) -> None:
    """The next run would take its endpoints for strangers."""
    header = json.dumps(Header(fleet=FLEET, n=1).to_json()).encode()
    other = json.dumps(Header(fleet="other", n=1).to_json()).encode()
    store.put(name_of(0, 0), body.replace(b"HEADER", header).replace(b"OTHER", other))
    with pytest.raises(DamagedLedgerError) as caught:
        load(store, 0, 0)
    assert str(caught.value) == f"ledger/00/00000: {expected}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"canary", "fleet: it is not the state of a fleet"),
        (b'{"format":1}', "fleet: it is not the state of a fleet"),
        (b'{"format":2}', "fleet: it was written by a later release; deploy that release again"),
    ],
)
def test_a_damaged_state_of_a_fleet_is_refused(store: Store, body: bytes, expected: str) -> None:
    """A level of zero would hide all ledgers."""
    store.put(fleets.NAME, body)
    with pytest.raises(DamagedLedgerError, match=expected):
        fleets.read(store)


def test_a_new_shard_takes_its_entries_out_of_the_one_that_it_was_part_of(store: Store) -> None:
    """No entry is lost or doubled when a fleet grows by several levels at once."""
    keys = [f"k{number}" for number in range(200)]
    for shard in range(2):
        whole = {key: entry(key) for key in keys if shard_of(key, 1) == shard}
        save(store, 1, shard, Ledger(header=Header(), entries=whole))
    grown = [load(store, 3, shard) for shard in range(8)]
    assert sorted(key for ledger in grown for key in ledger.entries) == sorted(keys)
    assert all(shard_of(key, 3) == shard for shard, ledger in enumerate(grown) for key in ledger.entries)
    assert not any(ledger.is_written for ledger in grown)


def test_headers_are_read_without_their_entries(store: Store) -> None:
    """A progress display reads the first bytes of each ledger; a header that is longer is read in whole."""
    save(store, 2, 1, LEDGER)
    failed = {f"key-{number:0100}": "CE-303" for number in range(1000)}
    save(store, 2, 3, replace(LEDGER, header=replace(LEDGER.header, failed=failed)))
    found = progress.headers(store, 2)
    assert {shard: header.failed for shard, header in found.items()} == {1: {"c": "CE-411"}, 3: failed}
    assert progress.headers(store, 2, [0, 1]).keys() == {1}


def test_a_change_of_the_state_is_made_whoever_else_changes_it(store: Store) -> None:
    """Two functions may begin runs at the same time."""
    others = iter(range(3))

    def new(fleet: Fleet) -> Fleet:
        for number in others:
            fleets.change(store, lambda each: replace(each, level=each.level + 1))
            assert number < 3
            break
        return replace(fleet, run="r")

    assert fleets.change(store, new) == Fleet(level=3, run="r")
    assert fleets.change(store, lambda fleet: fleet) == Fleet(level=3, run="r")


def test_a_state_that_others_change_all_the_time_is_not_changed(store: Store) -> None:
    """The machine tries the action again."""

    def new(fleet: Fleet) -> Fleet:
        store.put_json(fleets.NAME, replace(fleet, level=fleet.level + 1).to_json())
        return replace(fleet, run="r")

    with pytest.raises(LostRaceError):
        fleets.change(store, new)


def test_a_round_is_closed_for_its_run_alone() -> None:
    """The rounds of a resumed run have higher numbers."""
    closed = Header(run="r", round=2, state=CLOSED)
    assert closed.is_closed_by("r", 2)
    assert closed.is_closed_by("r", 1)
    assert not closed.is_closed_by("r", 3)
    assert not closed.is_closed_by("s", 2)
    assert replace(closed, failed={"a": "CE-411"}).is_closed_by("r", 2)
    assert not replace(closed, state=OPEN).is_closed_by("r", 2)


def test_a_ledger_of_a_full_shard_stays_below_a_megabyte(store: Store) -> None:
    """It is written as a whole for each batch. The longest keys, users and ids count."""
    longest = USER.replace("6e5b", "a" * 36).replace("alice", "u" * 64)
    entries = {
        f"{number:0128}": Entry(
            key=f"{number:0128}",
            endpoint=Endpoint(longest, "e" * 36),
            digests=Digests("i" * 24, "s" * 24),
        )
        for number in range(1500)
    }
    save(store, 0, 0, Ledger(header=Header(), entries=entries))
    written = store.get(name_of(0, 0))
    assert written is not None
    assert len(written.body) < 1_000_000
