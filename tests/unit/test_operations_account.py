"""Account settings: a principal's own, the account's, and ECS's defaults, in that order."""

import pytest

from ecstui.control.operations.account import CHOICES
from ecstui.model.requests.account import (
    DeleteAccountSettingRequest,
    ListAccountSettingsRequest,
    PutAccountSettingDefaultRequest,
    PutAccountSettingRequest,
)
from ecstui.model.requests.clusters import CreateClusterRequest
from tests.support.desk import Desk

ALICE = "arn:aws:iam::000000000000:user/alice"
BOB = "arn:aws:iam::000000000000:user/bob"
ROOT = "arn:aws:iam::000000000000:root"


def put(desk, name="containerInsights", value="enabled", **members):
    return desk.call(PutAccountSettingRequest(name=name, value=value, **members)).setting


def put_default(desk, name="containerInsights", value="enhanced"):
    return desk.call(PutAccountSettingDefaultRequest(name=name, value=value)).setting


def delete(desk, name="containerInsights", **members):
    return desk.call(DeleteAccountSettingRequest(name=name, **members)).setting


def listed(desk, **members):
    answer = desk.call(ListAccountSettingsRequest(**members))
    return {s.name: s.value for s in answer.settings}


def test_a_setting_is_kept_for_the_caller():
    desk = Desk()
    assert put(desk).to_wire() == {
        "name": "containerInsights",
        "value": "enabled",
        "principalArn": ALICE,
        "type": "user",
    }
    put(desk)
    assert listed(desk) == {"containerInsights": "enabled"}
    assert listed(desk, principal_arn=BOB) == {}
    assert desk.said() == ["alice set account setting containerInsights to enabled"]


def test_the_nearest_setting_holds():
    desk = Desk()
    holding = {"name": "containerInsights", "effective_settings": True}
    assert listed(desk, **holding) == {"containerInsights": "disabled"}
    assert put_default(desk).principal_arn == ROOT
    assert listed(desk, **holding) == {"containerInsights": "enhanced"}
    put(desk, principal_arn=BOB)
    assert listed(desk, **holding, principal_arn=BOB) == {"containerInsights": "enabled"}
    assert listed(desk, **holding) == {"containerInsights": "enhanced"}
    assert listed(desk) == {}
    assert listed(desk, principal_arn=ROOT) == {"containerInsights": "enhanced"}


def test_a_setting_is_taken_back():
    desk = Desk()
    put_default(desk)
    put(desk)
    assert delete(desk).value == "enabled"
    assert delete(desk).value == "enhanced"
    assert listed(desk) == {}
    assert desk.said()[-1] == "alice took account setting containerInsights back"
    assert len(desk.said()) == 3


def test_every_setting_has_a_value_that_holds():
    desk = Desk()
    first = desk.call(ListAccountSettingsRequest(effective_settings=True))
    assert len(first.settings) == 10
    rest = desk.call(
        ListAccountSettingsRequest(effective_settings=True, next_token=first.next_token)
    )
    found = {s.name: (s.value, s.type) for s in (*first.settings, *rest.settings)}
    assert found.keys() == CHOICES.keys()
    assert found["guardDutyActivate"] == ("off", "aws_managed")
    assert found["taskLongArnFormat"] == ("enabled", "user")


def test_settings_are_listed_by_value():
    desk = Desk()
    put(desk, "awsvpcTrunking")
    filters = {"name": "awsvpcTrunking"}
    assert listed(desk, **filters, value="enabled") == {"awsvpcTrunking": "enabled"}
    assert listed(desk, **filters, value="disabled") == {}
    assert desk.refuse(ListAccountSettingsRequest(value="enabled")).field == "value"


@pytest.mark.parametrize(
    "request_of",
    [
        lambda: PutAccountSettingRequest(name="x", value="enabled"),
        lambda: PutAccountSettingDefaultRequest(name="x", value="enabled"),
        lambda: DeleteAccountSettingRequest(name="x"),
        lambda: ListAccountSettingsRequest(name="x"),
    ],
)
def test_an_unknown_name_is_refused_with_the_names_there_are(request_of):
    error = Desk().refuse(request_of())
    assert (error.code, error.field) == ("InvalidParameterException", "name")
    assert error.message.startswith("name should be one of [serviceLongArnFormat, ")


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("containerInsights", "on", "value"),
        ("taskLongArnFormat", "disabled", "value"),
        ("fargateTaskRetirementWaitPeriod", "8", "value"),
        ("guardDutyActivate", "on", "name"),
    ],
)
def test_a_value_that_cannot_be_is_refused(name, value, field):
    error = Desk().refuse(PutAccountSettingRequest(name=name, value=value))
    assert (error.code, error.field) == ("InvalidParameterException", field)


def test_a_principal_is_an_arn():
    for text in ("", "alice", "arn:aws:ecs:::"):
        error = Desk().refuse(
            DeleteAccountSettingRequest(name="awsvpcTrunking", principal_arn=text)
        )
        assert error.field == "principalArn"


def test_new_clusters_begin_with_the_setting_that_holds():
    desk = Desk()
    put_default(desk)
    cluster = desk.call(CreateClusterRequest(cluster_name="new")).cluster
    assert [(s.name, s.value) for s in cluster.settings] == [("containerInsights", "enhanced")]
