"""Byte ranges of a manifest: every line is read once, whatever the cuts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chime_endpoints_fleet.manifest.fields import LONGEST_LINE
from chime_endpoints_fleet.manifest.ranges import BEYOND, count_lines, first_byte, lines_of, ranges_of
from support.fleet import FleetStage

_TEXTS = st.binary(max_size=12).map(lambda text: text.replace(b"\n", b"").replace(b"\xef\xbb\xbf", b"").strip())
_BREAKS = st.sampled_from([b"\n", b"\r\n", b"\n\n"])


def _read(body: bytes, length: int) -> list[tuple[int, bytes]]:
    """The number and text of each line, read range by range."""
    found = []
    before = 0
    for first, last in ranges_of(len(body), length):
        part = body[first_byte(first) : last + BEYOND]
        found += [(before + line.number, line.text) for line in lines_of(part, first, last)]
        before += count_lines(part, first, last)
    return found


@settings(deadline=None, derandomize=True)
@given(st.lists(st.tuples(_TEXTS, _BREAKS), max_size=20), st.integers(1, 60), st.booleans())
def test_no_line_is_lost_or_read_twice(lines: list[tuple[bytes, bytes]], length: int, has_end: bool) -> None:  # noqa: FBT001 - given by hypothesis
    """Ranges of one byte and of the whole manifest, CRLF, empty lines, and a last line without an end."""
    body = b"".join(text + end for text, end in lines)
    body = body if has_end else body.rstrip(b"\r\n")
    expected = [(number, text.strip()) for number, text in enumerate(body.split(b"\n"), 1) if text.strip()]
    assert _read(body, length) == expected


def test_a_byte_order_mark_before_the_first_line_is_no_part_of_it() -> None:
    """Some editors write one."""
    assert _read(b"\xef\xbb\xbf{}\n{}", 100) == [(1, b"{}"), (2, b"{}")]


@pytest.mark.parametrize("length", [1000, 70_000, 1_000_000])
def test_a_line_that_is_too_long_is_told_from_the_ones_beside_it(length: int) -> None:
    """It is cut, so that a manifest without line breaks does not fill the memory."""
    longest = b"x" * LONGEST_LINE
    texts = [text for _, text in _read(b"\n".join([b"a", longest, longest * 3, b"b"]), length)]
    assert texts[:2] == [b"a", longest]
    assert len(texts[2]) > LONGEST_LINE
    assert len(texts[2]) <= BEYOND
    assert texts[3:] == [b"b"]


def test_the_problems_of_a_manifest_have_their_line_numbers(stage: FleetStage) -> None:
    """Numbers are counted in ranges, and added up by the decision."""
    lines = [stage.line(f"k{number}") for number in range(40)]
    body = stage.upload(lines)
    text = stage.s3.get_object(Bucket=body.bucket, Key=body.key)["Body"].read().split(b"\n")
    text[7] = b"canary"
    text[30] = text[31]
    text.insert(20, b"")
    stage.begin("r1", stage.upload(b"\n".join(text)))
    assert not stage.plan("r1")["go"]
    decision = stage.decision("r1")
    assert decision["wrong"] == 2
    assert [(each["line"], each["key"]) for each in decision["problems"]] == [(8, ""), (33, "k31")]
    assert "also the key of line 32" in decision["problems"][1]["text"]
    assert "canary" not in str(decision["problems"])
    assert decision["refused"].startswith("2 lines are wrong in the manifest. Nothing was changed.")
    assert not stage.backend.calls


def test_all_wrong_lines_are_counted_and_a_hundred_are_told(stage: FleetStage) -> None:
    """A report of a million would not be read."""
    stage.begin("r1", stage.upload(b"{}\n" * 2500))
    assert not stage.plan("r1")["go"]
    decision = stage.decision("r1")
    assert decision["wrong"] == 2500
    assert [each["line"] for each in decision["problems"]] == list(range(1, 101))
