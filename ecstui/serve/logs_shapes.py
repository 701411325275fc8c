"""Requests of CloudWatch Logs that are understood, member by member; others are refused by name."""

from typing import Annotated

from pydantic import Field

from ecstui.model.shape import Shape

Milliseconds = Annotated[int, Field(ge=0, lt=2**63)]
"""A time."""


class DescribeLogGroupsRequest(Shape):
    """Groups by the begin of their name, or a part of it."""

    log_group_name_prefix: str | None = None
    log_group_name_pattern: str | None = None
    log_group_class: str | None = None
    include_linked_accounts: bool = False
    next_token: str | None = None
    limit: int = Field(default=50, ge=1, le=50)


class OfGroup(Shape):
    """A request about one group."""

    log_group_name: str | None = None
    log_group_identifier: str | None = None


class DescribeLogStreamsRequest(OfGroup):
    """Streams of a group."""

    log_stream_name_prefix: str | None = None
    order_by: str = "LogStreamName"
    descending: bool = False
    next_token: str | None = None
    limit: int = Field(default=50, ge=1, le=50)


class GetLogEventsRequest(OfGroup):
    """Lines of one stream."""

    log_stream_name: str
    start_time: Milliseconds | None = None
    end_time: Milliseconds | None = None
    next_token: str | None = None
    limit: int = Field(default=10_000, ge=1, le=10_000)
    start_from_head: bool = False
    unmask: bool = False


class FilterLogEventsRequest(OfGroup):
    """Lines of streams of a group."""

    log_stream_names: tuple[str, ...] = Field(default=(), max_length=100)
    log_stream_name_prefix: str | None = None
    start_time: Milliseconds | None = None
    end_time: Milliseconds | None = None
    filter_pattern: str = Field(default="", max_length=1024)
    next_token: str | None = None
    limit: int = Field(default=10_000, ge=1, le=10_000)
    interleaved: bool = True
    unmask: bool = False


class PutRetentionPolicyRequest(Shape):
    """How many days a group keeps."""

    log_group_name: str
    retention_in_days: int


class GroupRequest(Shape):
    """A request that names a group and nothing else."""

    log_group_name: str


class CreateLogGroupRequest(GroupRequest):
    """A new group."""

    log_group_class: str = "STANDARD"
