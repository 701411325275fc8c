"""Alarms that people and scripts set: kept, shown, forgotten."""

import pytest

from ecstui.model.deployment import AlarmState
from ecstui.model.requests.alarms import (
    DeleteAlarmsRequest,
    DescribeAlarmsRequest,
    SetAlarmStateRequest,
)
from tests.factories import NOW
from tests.support.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


def put(name: str = "errors", state: AlarmState = AlarmState.ALARM, **members: object):
    values = {"alarm_name": name, "state_value": state} | members
    return SetAlarmStateRequest.model_validate(values)


def shown(desk: Desk, *names: str) -> list[tuple[str, AlarmState]]:
    alarms = desk.call(DescribeAlarmsRequest(alarm_names=names)).alarms
    return [(alarm.alarm_name, alarm.state_value) for alarm in alarms]


def test_the_state_of_an_alarm_is_kept_until_it_is_set_again(desk: Desk) -> None:
    desk.call(put(period=30, evaluation_periods=2))
    desk.now += 1
    alarm = desk.call(put(state=AlarmState.OK, state_reason="calm")).alarm
    assert (alarm.state_value, alarm.state_reason) == (AlarmState.OK, "calm")
    assert (alarm.period, alarm.evaluation_periods) == (30, 2)
    assert alarm.state_updated_timestamp == NOW + 1


def test_alarms_are_shown_by_name(desk: Desk) -> None:
    desk.call(put("b"))
    desk.call(put("a", AlarmState.OK))
    assert shown(desk) == [("a", AlarmState.OK), ("b", AlarmState.ALARM)]
    assert shown(desk, "b", "absent") == [("b", AlarmState.ALARM)]


def test_alarms_are_forgotten(desk: Desk) -> None:
    desk.call(put("a"))
    desk.call(DeleteAlarmsRequest(alarm_names=("a", "absent")))
    assert shown(desk) == []


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (put(" "), "alarmName"),
        (put("x" * 256), "alarmName"),
        (put(state_reason="x" * 1024), "stateReason"),
        (put(period=0), "period"),
        (put(evaluation_periods=0), "evaluationPeriods"),
        (DeleteAlarmsRequest(alarm_names=()), "alarmNames"),
    ],
)
def test_what_cannot_be_an_alarm_is_refused(desk: Desk, request_, field: str) -> None:
    error = desk.refuse(request_)
    assert (error.code, error.field) == ("InvalidParameterException", field)
