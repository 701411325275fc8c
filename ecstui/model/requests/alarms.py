"""Requests for alarms that end deployments: ecstui's own, named as CloudWatch names its like."""

from typing import ClassVar

from ecstui.model.deployment import AlarmRecord, AlarmState
from ecstui.model.shape import Request, Shape


class SetAlarmStateResponse(Shape):
    """The alarm as it is kept."""

    alarm: AlarmRecord


class SetAlarmStateRequest(Request[SetAlarmStateResponse]):
    """Set the state of an alarm, which is made if it is not there."""

    response: ClassVar[type[Shape]] = SetAlarmStateResponse
    alarm_name: str
    state_value: AlarmState
    state_reason: str = ""
    period: int | None = None
    """Seconds of one evaluation; with `evaluation_periods` gives the bake time of deployments."""
    evaluation_periods: int | None = None


class DescribeAlarmsResponse(Shape):
    """Alarms by name."""

    alarms: tuple[AlarmRecord, ...] = ()


class DescribeAlarmsRequest(Request[DescribeAlarmsResponse]):
    """Show alarms: those named, or all of them."""

    response: ClassVar[type[Shape]] = DescribeAlarmsResponse
    alarm_names: tuple[str, ...] = ()


class DeleteAlarmsResponse(Shape):
    """Nothing."""


class DeleteAlarmsRequest(Request[DeleteAlarmsResponse]):
    """Forget alarms; unknown ones are fine."""

    response: ClassVar[type[Shape]] = DeleteAlarmsResponse
    alarm_names: tuple[str, ...]


REQUESTS = (SetAlarmStateRequest, DescribeAlarmsRequest, DeleteAlarmsRequest)
