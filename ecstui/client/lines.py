"""The lines of NDJSON streams: changes of the feed, and lines of logs.

    {"snapshot": {"task": {KEY: DOCUMENT, …}, …}}               a part of everything there is
    {"seq": 812, "snapshot": {…}}                               its last part, true at that number
    {"seq": 813, "changes": [{"kind": "task", "key": …, "doc": {…} or null}, …]}
    {"lines": [[1700000000.25, "stdout", "hello"], …]}          lines of a log
    {}                                                          nothing new: the other end lives
    {"end": true}  or  {"error": {"__type": …, "message": …}}   the stream is over, and why

Lines saved in a file are a recording that a replica can play. It does no I/O.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from ecstui.base.errors import EcsError
from ecstui.client.wire import read_error, write_error
from ecstui.model.logs import LogLine
from ecstui.model.shape import Shape
from ecstui.store.feed import Batch, Resync
from ecstui.store.kinds import KIND_NAMED
from ecstui.store.tables import Change, Kind, View

HEARTBEAT_SECONDS = 5.0
HEARTBEAT = b"{}\n"
END = b'{"end":true}\n'
RECORDS_PER_PART = 200


class UnreadableLineError(ValueError):
    """A line that this version does not understand."""


@dataclass(frozen=True, slots=True)
class SnapshotPart:
    """Some of the records there are; `seq` with the last part only."""

    seq: int | None
    records: tuple[tuple[Kind[Shape], str, Shape], ...]


FeedLine = SnapshotPart | Batch | None
"""None: a sign of life."""


# -- writing --------------------------------------------------------------------------------------


def snapshot_lines(resync: Resync) -> Iterator[bytes]:
    """Everything there is, a few hundred records a line so that nobody waits long for one."""
    records = resync.records
    for start in range(0, max(len(records), 1), RECORDS_PER_PART):
        part = records[start : start + RECORDS_PER_PART]
        is_last = start + RECORDS_PER_PART >= len(records)
        seq = f'"seq":{resync.seq},' if is_last else ""
        yield f'{{{seq}"snapshot":{_by_kind(part)}}}\n'.encode()


def _by_kind(records: Sequence[tuple[Kind[Shape], str, Shape]]) -> str:
    documents: dict[str, list[str]] = {}
    for kind, key, record in records:
        documents.setdefault(kind.name, []).append(f"{json.dumps(key)}:{_document(record)}")
    tables = (f'"{name}":{{{",".join(members)}}}' for name, members in documents.items())
    return f"{{{','.join(tables)}}}"


def _document(record: Shape | None) -> str:
    if record is None:
        return "null"
    return record.model_dump_json(by_alias=True, exclude_none=True)


def batch_line(batch: Batch) -> bytes:
    """The changes of one batch."""
    changes = ",".join(
        f'{{"kind":"{c.kind.name}","key":{json.dumps(c.key)},"doc":{_document(c.after)}}}'
        for c in batch.changes
    )
    return f'{{"seq":{batch.seq},"changes":[{changes}]}}\n'.encode()


def log_line(lines: Sequence[LogLine]) -> bytes:
    """Lines of a log, as one line of the stream."""
    return json.dumps({"lines": [(line.at, line.stream, line.text) for line in lines]}).encode() + (
        b"\n"
    )


def error_line(error: EcsError) -> bytes:
    """The end of a stream that could not go on."""
    return json.dumps({"error": write_error(error)}).encode() + b"\n"


# -- reading --------------------------------------------------------------------------------------


def read_feed_line(line: bytes, view: View) -> FeedLine:
    """What a line of the feed says.

    `view` holds the records that changes replace. Raises `UnreadableLineError`.
    """
    value = _object(line)
    try:
        if "snapshot" in value:
            return SnapshotPart(_seq(value), tuple(_records(value["snapshot"])))
        if "changes" in value:
            return Batch(_seq(value) or 0, tuple(_changes(value["changes"], view)))
    except (ValidationError, TypeError, KeyError, AttributeError) as error:
        raise UnreadableLineError(f"a change cannot be read: {error}") from error
    return None


def read_log_line(line: bytes) -> tuple[LogLine, ...] | None:
    """Lines of a log, none for a sign of life, None at the end.

    Raises `EcsError` when the other end says that it could not go on, `UnreadableLineError`.
    """
    value = _object(line)
    if value.get("end"):
        return None
    error = value.get("error")
    if isinstance(error, dict):
        raise read_error(error, 500)
    try:
        return tuple(LogLine(float(a), str(s), str(t)) for a, s, t in _list(value.get("lines", [])))
    except (TypeError, ValueError) as fault:
        raise UnreadableLineError(f"a line of a log cannot be read: {fault}") from fault


def _object(line: bytes) -> dict[str, object]:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise UnreadableLineError(f"a line of the stream is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise UnreadableLineError("a line of the stream is not an object")
    return value


def _seq(value: dict[str, object]) -> int | None:
    seq = value.get("seq")
    return seq if isinstance(seq, int) else None


def _list(value: object) -> list[list[str]]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def _records(tables: object) -> Iterator[tuple[Kind[Shape], str, Shape]]:
    if not isinstance(tables, dict):
        raise TypeError("a snapshot is no object")
    for name, documents in tables.items():
        kind = KIND_NAMED.get(name)
        if kind is not None:
            for key, document in documents.items():
                yield kind, key, kind.type.model_validate(document)


def _changes(changes: object, view: View) -> Iterator[Change]:
    if not isinstance(changes, list):
        raise TypeError("changes are no list")
    for change in changes:
        kind = KIND_NAMED.get(change["kind"])
        if kind is not None:
            key, document = change["key"], change["doc"]
            after = None if document is None else kind.type.model_validate(document)
            yield Change(kind, key, view.get(kind, key), after)
