"""The blue/green planner: what either side is to have at each stage, and what stages wait for."""

import pytest

from ecstui.model.deployment import HookRecord, HookStatus
from ecstui.model.deployment_configuration import (
    HookAction,
    HookTargetType,
    HookTimeout,
    LifecycleHook,
    LifecycleStage,
)
from ecstui.plan.blue_green import (
    STAGES,
    Progress,
    after,
    first_stage,
    hooks_at,
    is_over,
    plan_blue_green,
    settled_hook,
    shown_stage,
    wants_rollback,
)
from ecstui.plan.rollout import Bounds, SingleFleet
from tests.factories import NOW

BOUNDS = Bounds(3, 100, 200)
ALL = SingleFleet(healthy=3)
NONE = SingleFleet()
EARLY = (LifecycleStage.RECONCILE_SERVICE, LifecycleStage.PRE_SCALE_UP)
BOTH = tuple(s for s in STAGES if s not in {*EARLY, LifecycleStage.CLEAN_UP})


def progress(**changes: object) -> Progress:
    values: dict[str, object] = {
        "has_blue": True,
        "strays": 0,
        "is_green_ready": False,
        "bake_seconds": 60.0,
        "now": NOW,
    }
    return Progress(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("stage", EARLY)
def test_green_starts_nothing_before_its_time(stage: LifecycleStage) -> None:
    step = plan_blue_green(stage, BOUNDS, ALL, NONE)
    assert (step.green.start, step.blue.start, step.blue.stop_healthy) == (0, 0, 0)


@pytest.mark.parametrize("stage", BOTH)
def test_both_sides_are_kept_whole_until_the_clean_up(stage: LifecycleStage) -> None:
    step = plan_blue_green(stage, BOUNDS, SingleFleet(healthy=2), SingleFleet(healthy=1))
    assert (step.blue.start, step.green.start) == (1, 2)
    assert not step.is_done
    crowded = plan_blue_green(stage, BOUNDS, SingleFleet(healthy=4), SingleFleet(healthy=5))
    assert (crowded.blue.stop_healthy, crowded.green.stop_healthy) == (1, 2)


def test_the_maximum_percent_does_not_hold_green_back() -> None:
    step = plan_blue_green(LifecycleStage.SCALE_UP, Bounds(3, 50, 100), ALL, NONE)
    assert step.green.start == 3


def test_the_clean_up_takes_all_of_blue_whatever_it_does() -> None:
    blue = SingleFleet(healthy=1, unhealthy=1, warming=1, pending=1)
    step = plan_blue_green(LifecycleStage.CLEAN_UP, BOUNDS, blue, ALL).blue
    assert (step.stop_healthy, step.stop_unhealthy) == (1, 1)
    assert (step.stop_warming, step.stop_pending, step.start) == (1, 1, 0)


@pytest.mark.parametrize(
    ("blue", "green", "is_done"),
    [
        (NONE, ALL, True),
        (SingleFleet(stopping=3), ALL, True),
        (SingleFleet(healthy=1), ALL, False),
        (NONE, SingleFleet(healthy=2, warming=1), False),
        (NONE, SingleFleet(healthy=3, stopping=1), False),
    ],
)
def test_it_is_done_when_blue_is_told_to_go_and_green_is_whole(
    blue: SingleFleet, green: SingleFleet, is_done: bool
) -> None:
    assert plan_blue_green(LifecycleStage.CLEAN_UP, BOUNDS, blue, green).is_done is is_done


def test_reconciling_is_for_more_than_two_revisions() -> None:
    assert first_stage(progress()) is LifecycleStage.PRE_SCALE_UP
    assert first_stage(progress(strays=1)) is LifecycleStage.RECONCILE_SERVICE


@pytest.mark.parametrize(
    ("stage", "changes", "over"),
    [
        (LifecycleStage.RECONCILE_SERVICE, {"strays": 1}, False),
        (LifecycleStage.RECONCILE_SERVICE, {}, True),
        (LifecycleStage.SCALE_UP, {}, False),
        (LifecycleStage.SCALE_UP, {"is_green_ready": True}, True),
        (LifecycleStage.TEST_TRAFFIC_SHIFT, {}, True),
        (LifecycleStage.BAKE_TIME, {"now": NOW + 59.9}, False),
        (LifecycleStage.BAKE_TIME, {"now": NOW + 60.0}, True),
        (LifecycleStage.BAKE_TIME, {"has_blue": False}, True),
        (LifecycleStage.CLEAN_UP, {"now": NOW + 1e9}, False),
    ],
)
def test_a_stage_is_over_when_its_work_is_done(
    stage: LifecycleStage, changes: dict[str, object], over: bool
) -> None:
    assert is_over(stage, NOW, progress(**changes)) is over


def test_stages_follow_each_other_to_the_last() -> None:
    assert after(LifecycleStage.POST_SCALE_UP) is LifecycleStage.TEST_TRAFFIC_SHIFT
    assert after(LifecycleStage.CLEAN_UP) is LifecycleStage.CLEAN_UP
    assert shown_stage(LifecycleStage.BAKE_TIME) is LifecycleStage.BAKE_TIME


PAUSE = LifecycleHook(
    target_type=HookTargetType.PAUSE, lifecycle_stages=(LifecycleStage.PRE_SCALE_UP,)
)


def test_only_the_hooks_of_a_stage_pause_it() -> None:
    timed = PAUSE.with_(
        lifecycle_stages=(LifecycleStage.POST_SCALE_UP,),
        timeout_configuration=HookTimeout(timeout_in_minutes=2, action=HookAction.CONTINUE),
    )
    (first,) = hooks_at(LifecycleStage.PRE_SCALE_UP, (PAUSE, timed), ("a", "b"), NOW)
    assert (first.hook_id, first.expires_at) == ("a", NOW + 1440 * 60)
    assert first.timeout_action is HookAction.ROLLBACK
    (second,) = hooks_at(LifecycleStage.POST_SCALE_UP, (PAUSE, timed), ("a", "b"), NOW)
    assert (second.hook_id, second.expires_at) == ("b", NOW + 120)
    assert second.timeout_action is HookAction.CONTINUE


@pytest.mark.parametrize(
    ("changes", "now", "status", "back"),
    [
        ({}, NOW, HookStatus.AWAITING_ACTION, False),
        ({"answer": HookAction.CONTINUE}, NOW, HookStatus.SUCCEEDED, False),
        ({"answer": HookAction.ROLLBACK}, NOW, HookStatus.FAILED, True),
        ({}, NOW + 10, HookStatus.TIMED_OUT, True),
        ({"timeout_action": HookAction.CONTINUE}, NOW + 10, HookStatus.TIMED_OUT, False),
        ({"status": HookStatus.SUCCEEDED}, NOW + 10, HookStatus.SUCCEEDED, False),
    ],
)
def test_a_pause_ends_by_its_answer_or_its_time(
    changes: dict[str, object], now: float, status: HookStatus, back: bool
) -> None:
    hook = HookRecord(
        hook_id="a",
        target_type=HookTargetType.PAUSE,
        status=HookStatus.AWAITING_ACTION,
        expires_at=NOW + 10,
        timeout_action=HookAction.ROLLBACK,
        stage=LifecycleStage.PRE_SCALE_UP,
    ).with_(**changes)
    settled = settled_hook(hook, now)
    assert (settled.status, wants_rollback(settled)) == (status, back)
