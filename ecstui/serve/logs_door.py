"""CloudWatch Logs as far as reading what containers wrote goes: groups, streams, lines, retention.

The lines are those of containers with the awslogs driver (`control/log_keeper.py`). Nobody else
can write any: PutLogEvents and all other operations are refused by name.
"""

import json
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from aiohttp import web

from ecstui.base.clock import Clock
from ecstui.base.errors import EcsError, InvalidParameterException
from ecstui.base.ids import Ids, Namespace
from ecstui.client.wire import CONTENT_TYPE, read_shape, status_of, write_error
from ecstui.plan.filter_pattern import FilterPatternError, read_pattern
from ecstui.serve.logs_pages import (
    ListRequest,
    Range,
    begin_of,
    event_id,
    page_of_group,
    page_of_stream,
    token_at,
)
from ecstui.serve.logs_shapes import (
    CreateLogGroupRequest,
    DescribeLogGroupsRequest,
    DescribeLogStreamsRequest,
    FilterLogEventsRequest,
    GetLogEventsRequest,
    GroupRequest,
    OfGroup,
    PutRetentionPolicyRequest,
)
from ecstui.store.log_segments import StoredLine, StreamFiles
from ecstui.store.log_store import LogGroup, LogStore, StreamName

logger = logging.getLogger(__name__)

LOGS_PREFIX = "Logs_20140328."
_DAYS = "1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653"
DAYS = frozenset(int(days) for days in _DAYS.split())
_NAME = re.compile(r"[A-Za-z0-9_\-/.#]{1,512}")

Members = dict[str, object]
T = TypeVar("T")


def is_logs(http: web.Request) -> bool:
    """Whether a request is for CloudWatch Logs."""
    return http.headers.get("X-Amz-Target", "").startswith(LOGS_PREFIX)


class LogsDoor:
    """Answers from one store of lines."""

    def __init__(self, names: Namespace, clock: Clock, ids: Ids) -> None:
        """As long as it has no `store`, every operation says that nothing is kept."""
        self.store: LogStore | None = None
        self._names = names
        self._clock = clock
        self._ids = ids
        self._operations: dict[str, Callable[[LogStore, bytes], Awaitable[Members]]] = {
            "DescribeLogGroups": self._describe_groups,
            "DescribeLogStreams": self._describe_streams,
            "GetLogEvents": self._get_events,
            "FilterLogEvents": self._filter_events,
            "PutRetentionPolicy": self._put_retention,
            "DeleteRetentionPolicy": self._delete_retention,
            "CreateLogGroup": self._create_group,
            "DeleteLogGroup": self._delete_group,
        }

    async def answer(self, http: web.Request) -> web.Response:
        """Carry out one request."""
        operation = http.headers.get("X-Amz-Target", "").removeprefix(LOGS_PREFIX)[:100]
        request_id = self._ids()
        code = None
        try:
            body, status = await self._carry_out(operation, await http.read()), 200
        except EcsError as error:
            body, status, code = write_error(error), status_of(error), error.code
        except web.HTTPRequestEntityTooLarge:
            code, status = "InvalidParameterException", 413
            body = {"__type": code, "message": "A request may have 1 MiB at most."}
        except OSError as failure:
            logger.error("stored lines cannot be read or changed: %s", failure)
            words = f"Stored lines cannot be read or changed: {failure.strerror}."
            code, status = "ServiceUnavailableException", 500
            body = {"__type": code, "message": words}
        headers = {"x-amzn-RequestId": request_id}
        if code is not None:
            headers["x-amzn-ErrorType"] = code
        text = json.dumps(body, separators=(",", ":"))
        return web.Response(
            body=text.encode(), status=status, content_type=CONTENT_TYPE, headers=headers
        )

    async def _carry_out(self, operation: str, body: bytes) -> Members:
        carry_out = self._operations.get(operation)
        if carry_out is None:
            words = f"ecstui has no {operation or 'operation without a name'} of CloudWatch Logs;"
            words += f" it has {', '.join(sorted(self._operations))}."
            raise EcsError(words, code="UnknownOperationException")
        if self.store is None:
            words = 'No lines are kept: [logs] in config.toml says keep = "none".'
            raise EcsError(words, code="ServiceUnavailableException")
        return await carry_out(self.store, body)

    # -- groups -----------------------------------------------------------------------------------

    async def _describe_groups(self, store: LogStore, body: bytes) -> Members:
        ask = read_shape(DescribeLogGroupsRequest, "DescribeLogGroups", body)
        prefix, part = ask.log_group_name_prefix, ask.log_group_name_pattern
        if prefix is not None and part is not None:
            words = "LogGroup name prefix and LogGroup name pattern are mutually exclusive."
            raise InvalidParameterException(words)
        groups = [
            group
            for group in store.groups()
            if group.name.startswith(prefix or "")
            and (part or "").lower() in group.name.lower()
            and ask.log_group_class in (None, "STANDARD")
        ]
        page, token = _paged([(group.name, group) for group in groups], ask)
        return _with_token({"logGroups": [self._group(group) for group in page]}, token)

    def _group(self, group: LogGroup) -> Members:
        arn = self._arn(group)
        told: Members = {
            "logGroupName": group.name,
            "creationTime": int(group.created_at * 1000),
            "metricFilterCount": 0,
            "arn": f"{arn}:*",
            "logGroupArn": arn,
            "storedBytes": group.size,
            "logGroupClass": "STANDARD",
        }
        if group.retention_days is not None:
            told["retentionInDays"] = group.retention_days
        return told

    def _arn(self, group: LogGroup) -> str:
        return self._names.arn(f"log-group:{group.name}", "logs")

    async def _create_group(self, store: LogStore, body: bytes) -> Members:
        ask = read_shape(CreateLogGroupRequest, "CreateLogGroup", body)
        if not _NAME.fullmatch(ask.log_group_name):
            words = "must be 1 to 512 of letters, digits, _ - / . and #"
            raise InvalidParameterException(f"logGroupName {words}.", field="logGroupName")
        if ask.log_group_class != "STANDARD":
            raise InvalidParameterException("ecstui has groups of class STANDARD only.")
        if store.group(ask.log_group_name) is not None:
            words = "The specified log group already exists"
            raise EcsError(words, code="ResourceAlreadyExistsException")
        store.make_group(ask.log_group_name, self._clock.now())
        return {}

    async def _delete_group(self, store: LogStore, body: bytes) -> Members:
        ask = read_shape(GroupRequest, "DeleteLogGroup", body)
        group = _named(store, ask.log_group_name)
        store.delete_group(group.name, self._clock.now())
        return {}

    async def _put_retention(self, store: LogStore, body: bytes) -> Members:
        ask = read_shape(PutRetentionPolicyRequest, "PutRetentionPolicy", body)
        if ask.retention_in_days not in DAYS:
            allowed = ", ".join(str(days) for days in sorted(DAYS))
            raise InvalidParameterException(f"retentionInDays must be one of {allowed}.")
        group = _named(store, ask.log_group_name)
        store.keep_days(group.name, ask.retention_in_days, self._clock.now())
        return {}

    async def _delete_retention(self, store: LogStore, body: bytes) -> Members:
        ask = read_shape(GroupRequest, "DeleteRetentionPolicy", body)
        group = _named(store, ask.log_group_name)
        store.keep_days(group.name, None, self._clock.now())
        return {}

    # -- streams ----------------------------------------------------------------------------------

    async def _describe_streams(self, store: LogStore, body: bytes) -> Members:
        ask = read_shape(DescribeLogStreamsRequest, "DescribeLogStreams", body)
        group, prefix = _group_of(store, ask), ask.log_stream_name_prefix or ""
        is_by_time = ask.order_by == "LastEventTime"
        if ask.order_by not in ("LogStreamName", "LastEventTime"):
            raise InvalidParameterException("orderBy must be LogStreamName or LastEventTime.")
        if is_by_time and prefix:
            words = "Cannot order by LastEventTime with a logStreamNamePrefix."
            raise InvalidParameterException(words)
        streams = [stream for name, stream in group.streams.items() if name.startswith(prefix)]
        keyed = [
            (f"{stream.last_at or 0.0:020.6f} {stream.name}" if is_by_time else stream.name, stream)
            for stream in streams
        ]
        keyed.sort(key=lambda one: one[0], reverse=ask.descending)
        page, token = _paged(keyed, ask, descending=ask.descending)
        return _with_token({"logStreams": [self._stream(group, one) for one in page]}, token)

    def _stream(self, group: LogGroup, stream: StreamFiles) -> Members:
        told: Members = {
            "logStreamName": stream.name,
            "creationTime": int(stream.created_at * 1000),
            "arn": f"{self._arn(group)}:log-stream:{stream.name}",
            "storedBytes": 0,  # as AWS answers since 2019
        }
        first, last = stream.first_at, stream.last_at
        if first is not None and last is not None:
            told["firstEventTimestamp"] = int(first * 1000)
            told["lastEventTimestamp"] = int(last * 1000)
            told["lastIngestionTime"] = int(stream.last_ingested_at * 1000)
        return told

    # -- lines ------------------------------------------------------------------------------------

    async def _get_events(self, store: LogStore, body: bytes) -> Members:
        ask = read_shape(GetLogEventsRequest, "GetLogEvents", body)
        group = _group_of(store, ask)
        if ask.log_stream_name not in group.streams:
            words = "The specified log stream does not exist."
            raise EcsError(words, code="ResourceNotFoundException")
        page = await page_of_stream(
            store,
            StreamName(group.name, ask.log_stream_name),
            self._times(group, ask.start_time, ask.end_time),
            ask.limit,
            ask.next_token,
            head=ask.start_from_head,
        )
        return {
            "events": [_event(stored) for stored in page.lines],
            "nextForwardToken": page.forward,
            "nextBackwardToken": page.backward,
        }

    async def _filter_events(self, store: LogStore, body: bytes) -> Members:
        ask = read_shape(FilterLogEventsRequest, "FilterLogEvents", body)
        group = _group_of(store, ask)
        try:
            pattern = read_pattern(ask.filter_pattern)
        except FilterPatternError as error:
            raise InvalidParameterException(str(error), field="filterPattern") from None
        streams = _chosen(group, ask)
        end = None if ask.end_time is None else ask.end_time + 1
        times = self._times(group, ask.start_time, end)
        request = (ask.limit, begin_of(ask))
        page = await page_of_group(store, group.name, streams, times, pattern.takes, request)
        token = None if page.end is None else token_at(ask, page.end)
        events = [
            {"logStreamName": name, **_event(stored), "eventId": event_id(name, stored)}
            for name, stored in page.lines
        ]
        return _with_token({"events": events, "searchedLogStreams": []}, token)

    def _times(self, group: LogGroup, start: int | None, end: int | None) -> Range:
        """What was asked for, and nothing that the group does not keep any more."""
        kept = group.kept_since(self._clock.now())
        oldest = None if kept is None else int(kept * 1000)
        if start is None or oldest is None:
            return Range(start if oldest is None else oldest, end)
        return Range(max(start, oldest), end)


def _event(stored: StoredLine) -> Members:
    return {
        "timestamp": stored.milliseconds,
        "message": stored.line.text,
        "ingestionTime": int(stored.ingested_at * 1000),
    }


def _chosen(group: LogGroup, ask: FilterLogEventsRequest) -> list[str]:
    if ask.log_stream_names and ask.log_stream_name_prefix is not None:
        words = "logStreamNames and logStreamNamePrefix are mutually exclusive."
        raise InvalidParameterException(words)
    missing = [name for name in ask.log_stream_names if name not in group.streams]
    if missing:
        words = "The specified log stream does not exist."
        raise EcsError(words, code="ResourceNotFoundException")
    prefix = ask.log_stream_name_prefix or ""
    return sorted(ask.log_stream_names or (n for n in group.streams if n.startswith(prefix)))


def _group_of(store: LogStore, ask: OfGroup) -> LogGroup:
    """The group that a request names, one way or the other."""
    name, identifier = ask.log_group_name, ask.log_group_identifier
    if (name is None) == (identifier is None):
        words = "Exactly one of logGroupName and logGroupIdentifier must be given."
        raise InvalidParameterException(words)
    if identifier is not None:
        name = identifier.partition(":log-group:")[2] or identifier
    return _named(store, str(name))


def _named(store: LogStore, name: str) -> LogGroup:
    group = store.group(name)
    if group is None:
        words = "The specified log group does not exist."
        raise EcsError(words, code="ResourceNotFoundException")
    return group


def _paged(
    keyed: Sequence[tuple[str, T]], ask: ListRequest, *, descending: bool = False
) -> tuple[list[T], str | None]:
    """Those after the one that the token names, in the order given; the token of the next page."""
    begin = begin_of(ask)
    if begin is not None:
        keyed = [one for one in keyed if (one[0] < begin if descending else one[0] > begin)]
    page = keyed[: ask.limit]
    more = token_at(ask, page[-1][0]) if len(keyed) > ask.limit else None
    return [item for _, item in page], more


def _with_token(members: Members, token: str | None) -> Members:
    if token is not None:
        members["nextToken"] = token
    return members
