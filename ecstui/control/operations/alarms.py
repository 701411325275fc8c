"""SetAlarmState, DescribeAlarms, DeleteAlarms: alarms whose state people and scripts set.

ECS has no such operations; they are named as CloudWatch names its like. No metric is behind an
alarm here. Deployments that name an alarm watch it (ecs.md 6.9).
"""

from ecstui.control.context import Context
from ecstui.control.operations.checks import (
    check_length,
    check_number_of_items,
    check_range,
    invalid,
)
from ecstui.control.operations.table import changes, reads
from ecstui.model.deployment import AlarmRecord
from ecstui.model.requests.alarms import (
    DeleteAlarmsRequest,
    DeleteAlarmsResponse,
    DescribeAlarmsRequest,
    DescribeAlarmsResponse,
    SetAlarmStateRequest,
    SetAlarmStateResponse,
)
from ecstui.store.kinds import ALARMS
from ecstui.store.tables import Transaction, View

LONGEST_NAME = 255
LONGEST_REASON = 1023
MOST_ALARMS = 1000
MOST_NAMED = 100
LONGEST_PERIOD_SECONDS = 86_400
MOST_PERIODS = 1440


def set_alarm_state(
    tx: Transaction, request: SetAlarmStateRequest, context: Context
) -> SetAlarmStateResponse:
    """Keep the state; members that are absent stay as they were."""
    _check(request)
    before = tx.get(ALARMS, request.alarm_name)
    if before is None and tx.count(ALARMS) >= MOST_ALARMS:
        raise invalid(f"There can be at most {MOST_ALARMS} alarms.", "alarmName")
    period, periods = request.period, request.evaluation_periods
    if before is not None:
        period = before.period if period is None else period
        periods = before.evaluation_periods if periods is None else periods
    alarm = AlarmRecord(
        alarm_name=request.alarm_name,
        state_value=request.state_value,
        state_reason=request.state_reason,
        state_updated_timestamp=context.now,
        period=period,
        evaluation_periods=periods,
    )
    tx.put(alarm)
    return SetAlarmStateResponse(alarm=alarm)


def _check(request: SetAlarmStateRequest) -> None:
    if not request.alarm_name.strip():
        raise invalid("alarmName can not be blank.", "alarmName")
    check_length(request.alarm_name, LONGEST_NAME, "alarmName")
    check_length(request.state_reason, LONGEST_REASON, "stateReason")
    if request.period is not None:
        check_range(request.period, 1, LONGEST_PERIOD_SECONDS, "period")
    if request.evaluation_periods is not None:
        check_range(request.evaluation_periods, 1, MOST_PERIODS, "evaluationPeriods")


def describe_alarms(
    view: View, request: DescribeAlarmsRequest, _context: Context
) -> DescribeAlarmsResponse:
    """Those named that are there, or all, by name."""
    alarms = sorted(view.all(ALARMS), key=lambda alarm: alarm.alarm_name)
    wanted = set(request.alarm_names)
    return DescribeAlarmsResponse(
        alarms=tuple(a for a in alarms if not wanted or a.alarm_name in wanted)
    )


def delete_alarms(
    tx: Transaction, request: DeleteAlarmsRequest, _context: Context
) -> DeleteAlarmsResponse:
    """Forget alarms; a deployment that names one goes on as if it said nothing."""
    check_number_of_items(request.alarm_names, MOST_NAMED, "AlarmNames", "alarmNames")
    for name in request.alarm_names:
        tx.delete(ALARMS, name)
    return DeleteAlarmsResponse()


ENTRIES = (
    changes(SetAlarmStateRequest, set_alarm_state),
    reads(DescribeAlarmsRequest, describe_alarms),
    changes(DeleteAlarmsRequest, delete_alarms),
)
