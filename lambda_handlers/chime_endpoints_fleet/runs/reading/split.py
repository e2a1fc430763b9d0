"""Divide the lines that begin in one range of the manifest among the shards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from ...manifest.lines import Declared, LineError, Problem, Rules, read_line
from ...manifest.ranges import BEYOND, count_lines, first_byte, lines_of
from ...manifest.shards import shard_of
from ...store import Store, code_of
from .. import settings as run_settings
from ..settings import ManifestPlace

MOST_TOLD = 100
"""The number of wrong lines that are reported one by one."""


def report_name(run: str, first: int) -> str:
    """Return the name of the object that says what was found in a range."""
    return f"runs/{run}/split/{first:012d}"


def parts_prefix(run: str, shard: int) -> str:
    """Return the beginning of the names of the lines of a shard."""
    return f"runs/{run}/parts/{shard:05d}/"


def split(store: Store, run: str, *, level: int, span: Sequence[int]) -> None:
    """Read a range and write the lines of each shard; report the wrong ones."""
    settings = run_settings.load(store, run)
    first, last = span
    body = _read(store, settings.manifest, first, last)
    rules = settings.rules
    parts: dict[int, list[bytes]] = {}
    problems: list[dict[str, Any]] = []
    wrong = 0
    for line in lines_of(body, first, last):
        try:
            declared = read_line(line.text, rules)
        except LineError as error:
            wrong += 1
            if wrong <= MOST_TOLD:
                problems.append(_told(error.problems[0], line.number, line.position))
            continue
        parts.setdefault(shard_of(declared.key, level), []).append(b"%d %b" % (line.number, line.text))
    if not run_settings.is_at_work(store, run):
        return
    store.put_each((f"{parts_prefix(run, shard)}{first:012d}", b"\n".join(lines)) for shard, lines in parts.items())
    store.put_json(
        report_name(run, first),
        {
            "lines": count_lines(body, first, last),
            "declared": sum(len(lines) for lines in parts.values()),
            "wrong": wrong,
            "problems": problems,
        },
    )


def lines_of_shard(store: Store, run: str, shard: int, rules: Rules) -> Iterator[tuple[int, int, Declared]]:
    """Yield the lines of a shard with the range that each begins in, and its number there."""
    prefix = parts_prefix(run, shard)
    for name in store.names(prefix):
        part = store.get(name)
        for line in part.body.split(b"\n") if part is not None else ():
            number, _, text = line.partition(b" ")
            yield int(name.removeprefix(prefix)), int(number), read_line(text, rules)


def _read(store: Store, place: ManifestPlace, first: int, last: int) -> bytes:
    """Read a range of exactly the version that the run began with.

    Raises:
        OSError: it is no longer there.
    """
    pinned = {"VersionId": place.version_id} if place.version_id else {"IfMatch": place.etag}
    begin, end = first_byte(first), last + BEYOND
    try:
        answer = store.client.get_object(Bucket=place.bucket, Key=place.key, Range=f"bytes={begin}-{end - 1}", **pinned)
    except ClientError as error:
        raise OSError(f"The manifest that the run began with cannot be read any more ({code_of(error)}).") from None
    body: bytes = answer["Body"].read()
    return body if "ContentRange" in answer else body[begin:end]


def _told(problem: Problem, number: int, position: int) -> dict[str, Any]:
    return {
        "line": number,
        "byte": position,
        "key": problem.key,
        "field": problem.field,
        "code": str(problem.code),
        "text": problem.text,
    }
