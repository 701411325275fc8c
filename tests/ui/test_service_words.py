import pytest

from ecstui.client.why import why_of
from ecstui.model.deployment import HookRecord, HookStatus, ServiceDeploymentStatus
from ecstui.model.deployment_configuration import (
    HookTargetType,
    LifecycleStage,
    ThresholdConfiguration,
)
from ecstui.model.enums import DependencyCondition, HealthStatus, RolloutState, StopCode, TaskStatus
from ecstui.model.service import (
    CircuitBreakerConfiguration,
    DeploymentConfiguration,
    DeploymentFailure,
    FailedBy,
)
from ecstui.model.task_definition import ContainerDependency, HealthCheck
from ecstui.store.kinds import EVENTS
from ecstui.ui.cockpit import Breaker
from ecstui.ui.screens import service_words as words
from ecstui.ui.screens.service_table import member_rows
from ecstui.ui.screens.task_words import end_words
from ecstui.ui.spans import line_text, line_width
from tests.factories import a_container, a_definition
from tests.histories import a_service_deployment
from tests.ui.rollouts import ARN, NOW, Rollout
from tests.ui.test_cockpit import mid_rollout


def texts(lines):
    return [line_text(one).rstrip() for one in lines]


def why(rollout, now=NOW):
    return words.reasons_of(why_of(rollout.store, ARN, now), now)


def why_lines(rollout, width):
    return words.why_lines(rollout.situation(), why(rollout), width)


def doing(rollout, now=NOW):
    situation = rollout.situation(now)
    return [words.doing(member, now) for member in situation.members]


# ---------------------------------------------------------------- title and phases


def test_the_title_names_both_revisions_while_both_run():
    assert words.title(mid_rollout().situation()) == "api  rolling update  api:1 → :2"
    rollout = Rollout()
    rollout.steady(1)
    assert words.title(rollout.situation()) == "api  steady  api:1"


def test_the_title_names_whole_revisions_of_different_families():
    rollout = Rollout()
    rollout.old = a_definition(family="legacy", revision=7)
    rollout.put(rollout.old)
    rollout.first = rollout.first.with_(task_definition=rollout.old.task_definition_arn)
    rollout.rolling(1)
    assert words.revisions(rollout.situation()) == "legacy:7 → api:2"


def test_the_same_revision_once_more_says_so():
    rollout = Rollout()
    again = rollout.second.with_(task_definition=rollout.old.task_definition_arn)
    rollout.second = again
    rollout.rolling(1)
    assert words.revisions(rollout.situation()) == "api:1 again"


def test_phases_of_a_rollout():
    shown = line_text(words.phases_line(mid_rollout().situation(), 90))
    assert "◆ start new 3/4  ◆ healthy 2/4  ◆ drain old, 3 left  ○ steady" in shown
    assert shown.endswith("30s  ETA ~1m15s")
    assert line_width(words.phases_line(mid_rollout().situation(), 90)) == 90


def test_phases_are_brief_where_there_is_little_room():
    shown = line_text(words.phases_line(mid_rollout().situation(), 60))
    assert shown.startswith("◆ new 3/4  ◆ healthy 2/4  ◆ 3 old")


def test_phases_of_a_service_at_rest():
    rollout = Rollout()
    rollout.steady(2)
    rollout.healthy(rollout.old, 2)
    rollout.event("has reached a steady state.", ago=600)
    shown = line_text(words.phases_line(rollout.situation(), 80))
    assert shown.startswith("✓ steady for 10m  ✓ 2 of 2 healthy")
    assert shown.endswith("rollout took 20s")


def test_phases_of_a_rollout_that_failed():
    rollout = Rollout()
    rollout.second = rollout.second.with_(rollout_state=RolloutState.FAILED)
    rollout.rolling(2)
    rollout.healthy(rollout.old, 2)
    assert words.phases(rollout.situation()) == (
        ("start new 0/2", "failed"),
        ("healthy 0/2", "failed"),
    )


def test_the_breaker_in_words():
    assert words.breaker_words(None) == "breaker off"
    assert words.breaker_words(Breaker(1, 4, rolls_back=True)) == "breaker 1/4"


# ---------------------------------------------------------------- tasks


def test_a_stopping_task_tells_how_long_it_may_take():
    rollout = Rollout()
    rollout.old = a_definition(a_container("api", stop_timeout=12), family="api", revision=1)
    rollout.put(rollout.old)
    rollout.rolling(1)
    rollout.stopping(rollout.old, ago=3)
    assert doing(rollout) == ["stopping 3s of 12s"]


def test_a_task_that_settles_counts_down():
    rollout = Rollout(pace="aws")
    rollout.rolling(1)
    rollout.healthy(rollout.new, started_at=NOW - 28)
    assert doing(rollout) == ["settles in 12s"]
    assert doing(rollout, NOW + 13) == ["healthy"]


def test_a_task_with_a_check_waits_for_it_and_in_its_grace_period_says_so():
    rollout = Rollout()
    check = HealthCheck(command=("CMD", "true"))
    rollout.new = a_definition(a_container("api", health_check=check), family="api", revision=2)
    rollout.put(rollout.new)
    rollout.rolling(1, health_check_grace_period_seconds=30)
    task = rollout.task(rollout.new, last_status=TaskStatus.RUNNING, started_at=NOW - 10)
    assert doing(rollout) == ["health check pending"]
    sick = task.containers[0].with_(health_status=HealthStatus.UNHEALTHY)
    rollout.put(task.with_(containers=(sick,), health_status=HealthStatus.UNHEALTHY))
    assert doing(rollout) == ["unhealthy, grace ends in 20s"]
    assert doing(rollout, NOW + 21) == ["unhealthy: api"]


def test_a_starting_task_tells_what_it_waits_for():
    rollout = Rollout()
    rollout.new = a_definition(
        a_container(
            "api",
            depends_on=(
                ContainerDependency(container_name="db", condition=DependencyCondition.HEALTHY),
            ),
        ),
        a_container("db", health_check=HealthCheck(command=("CMD", "true"))),
        family="api",
        revision=2,
    )
    rollout.put(rollout.new)
    rollout.rolling(1)
    task = rollout.task(rollout.new)
    assert doing(rollout) == ["api waits for db to be HEALTHY"]
    rollout.put(task.with_(last_status=TaskStatus.STOPPED))
    rollout.task(rollout.old, pull_started_at=NOW - 4, created_at=NOW - 4)
    assert doing(rollout) == ["prepares its image 4s"]


def test_the_last_failures_stand_among_the_tasks_with_their_reason():
    rollout = mid_rollout()
    rollout.failed(rollout.new, 5)
    rows = member_rows(rollout.store, rollout.situation())
    failed = [row for row in rows.values() if row.task.is_stopped]
    assert len(rows) == 6 + 3
    assert [words.doing(row, NOW) for row in failed] == ["CannotPullContainerError: not found"] * 3


# ---------------------------------------------------------------- places


def test_cells_of_old_and_new_tasks_by_zone():
    lines = texts(words.place_lines(mid_rollout().situation(), 36))
    assert lines == [
        "        old  new",
        "zone-a  □    ■",
        "zone-b  ▨    ■",
        "zone-c  □    ◇",
    ]


@pytest.mark.parametrize(("width", "expected"), [(60, "■ ■ ■"), (26, "■■■■"), (16, "+11")])
def test_cells_move_together_and_at_last_are_counted(width, expected):
    rollout = Rollout(zones=("a", "b"))
    rollout.rolling(40)
    rollout.healthy(rollout.new, 32)
    for line in words.place_lines(rollout.situation(), width)[1:]:
        assert expected in line_text(line)
        assert line_width(line) <= width


# ---------------------------------------------------------------- why


def test_nothing_to_wait_for_when_steady():
    rollout = Rollout()
    rollout.steady(1)
    rollout.healthy(rollout.old)
    assert why(rollout) == []
    assert texts(why_lines(rollout, 40)) == ["✓ nothing to wait for"]


def test_a_rollout_at_its_floor_says_why_old_tasks_stay():
    rollout = Rollout()
    configuration = DeploymentConfiguration(minimum_healthy_percent=100, maximum_percent=100)
    rollout.rolling(4, deployment_configuration=configuration)
    rollout.healthy(rollout.old, 4)
    assert why(rollout) == [
        "the percentages leave no way: of 4 tasks 4 must stay healthy and at most 4 may exist"
    ]


def test_what_moves_is_counted_with_the_pace():
    found = why(mid_rollout())
    assert found[0].endswith(" starting, for 20s")
    assert found[-1] == "old tasks stop only above the floor: healthy 4 of 4"
    assert "1 task stopping, killed in 27s at the latest" in found
    rollout = Rollout(pace="aws")
    rollout.rolling(2)
    rollout.healthy(rollout.new, 2, started_at=NOW - 10)
    assert "2 tasks count as healthy in 30s (40 s after start, pace aws)" in why(rollout)


def test_throttled_starts_say_when_they_go_on_and_what_failed():
    rollout = Rollout()
    rollout.second = rollout.second.with_(start_failures=5, next_start_at=NOW + 8)
    rollout.rolling(2, waiting="5 starts in a row failed; waiting before the next attempt")
    rollout.failed(rollout.new, 2)
    found = why(rollout)
    assert found[0] == "5 starts in a row failed: next attempt in 8s"
    assert found[1].endswith("failed 5s ago: CannotPullContainerError: not found")
    assert found[2] == "2 tasks failed within the last minute"


def test_what_cannot_be_placed_is_told_without_the_advertisement():
    rollout = Rollout()
    trouble = (
        "was unable to place a task because no container instance met all of its requirements. "
        "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
    )
    rollout.rolling(2, waiting=trouble, last_trouble=trouble)
    assert why(rollout)[0] == (
        "was unable to place a task because no container instance met all of its requirements."
    )


def test_a_failed_deployment_says_that_nothing_more_comes():
    rollout = Rollout()
    rollout.second = rollout.second.with_(
        rollout_state=RolloutState.FAILED,
        rollout_state_reason="ECS deployment circuit breaker: task(s) failed to start.",
    )
    rollout.rolling(2)
    assert why(rollout)[0] == (
        "ECS deployment circuit breaker: task(s) failed to start; it starts nothing more"
    )
    assert texts(why_lines(rollout, 60))[0] == "Why did it fail?"


def test_a_service_that_was_rolled_back_tells_why():
    rollout = Rollout()
    failure = DeploymentFailure(
        by=FailedBy.CIRCUIT_BREAKER, reason="it failed", wants_rollback=True, at=NOW - 30
    )
    rollout.steady(1, rolled_back=failure)
    rollout.healthy(rollout.old)
    rollout.event(f"rolling back to deployment {rollout.first.id}.", ago=30)
    rollout.failed(rollout.new)
    shown = " ".join(texts(why_lines(rollout, 60)))
    assert "▲ rolled back 30s ago: CannotPullContainerError: not found" in shown


def test_an_exit_code_says_more_than_that_an_essential_container_exited():
    rollout = Rollout()
    rollout.rolling(1)
    task = rollout.task(
        rollout.new,
        stop_code=StopCode.ESSENTIAL_CONTAINER_EXITED,
        stopped_reason="Essential container in task exited",
    )
    container = task.containers[0].with_(exit_code=137, reason="OutOfMemoryError: killed")
    assert end_words(task.with_(containers=(container,))) == (
        "api exit 137, OutOfMemoryError: killed"
    )


# ---------------------------------------------------------------- events, facts


def test_the_newest_events_come_first_and_break_between_words():
    rollout = Rollout()
    rollout.steady(1)
    rollout.event("was the first of all events that happened here at all.", ago=9)
    rollout.event("was told at the same moment.", ago=5)
    rollout.event("has reached a steady state.", ago=5)
    found = rollout.store.all(EVENTS)
    lines = texts(words.event_lines(found, 44, 10))
    assert [line[9:] for line in lines] == [
        "✓ has reached a steady state.",
        "● was told at the same moment.",
        "● was the first of all events that",
        "  happened here at all.",
    ]
    assert len(words.event_lines(found, 44, 3)) == 3
    assert texts(words.event_lines([], 44, 4)) == ["No events yet."]


def test_nothing_that_a_user_wrote_steers_the_terminal():
    rollout = Rollout()
    evil = "\x1b[2J\x07evil"
    breaker = CircuitBreakerConfiguration(enable=True, rollback=True)
    rollout.steady(
        1,
        waiting=evil,
        last_trouble=evil,
        is_steady=False,
        deployment_configuration=DeploymentConfiguration(deployment_circuit_breaker=breaker),
    )
    rollout.failed(rollout.old, stopped_reason=evil)
    rollout.event(evil, ago=1)
    situation = rollout.situation()
    lines = [
        *why_lines(rollout, 60),
        *words.fact_lines(situation, 60),
        *words.event_lines(rollout.store.all(EVENTS), 60, 5),
    ]
    shown = "\n".join(texts(lines))
    assert "evil" in shown
    assert "\x1b" not in shown
    assert "\x07" not in shown


# ---------------------------------------------------------------- stages, protection, providers


def staged(stage, **changes):
    rollout = Rollout()
    strategy = DeploymentConfiguration(strategy="BLUE_GREEN", bake_time_in_minutes=2)
    rollout.rolling(1, deployment_configuration=strategy)
    rollout.healthy(rollout.old)
    rollout.healthy(rollout.new)
    rollout.put(
        a_service_deployment(
            deployment_id=rollout.second.id,
            status=ServiceDeploymentStatus.IN_PROGRESS,
            lifecycle_stage=stage,
            stage_began_at=NOW - 30,
            deployment_configuration=strategy,
            **changes,
        )
    )
    return rollout


def test_a_blue_green_deployment_shows_its_stage_and_counts_the_bake_time_down():
    shown = line_text(words.phases_line(staged(LifecycleStage.BAKE_TIME).situation(), 90))
    assert shown.startswith("◆ bake time  ✓ green 1/1  ◆ bake 1m30s  ○ blue 1 left")
    shown = line_text(words.phases_line(staged(LifecycleStage.CLEAN_UP).situation(), 90))
    assert "✓ bake  ◆ blue 1 left" in shown


def test_a_paused_deployment_says_so_in_its_phases():
    hook = HookRecord(
        hook_id="h",
        target_type=HookTargetType.PAUSE,
        status=HookStatus.AWAITING_ACTION,
        stage=LifecycleStage.POST_SCALE_UP,
    )
    rollout = staged(LifecycleStage.POST_SCALE_UP, lifecycle_hook_details=(hook,))
    assert "◆ paused at POST_SCALE_UP" in line_text(words.phases_line(rollout.situation(), 60))


def test_protected_tasks_are_marked():
    rollout = Rollout()
    rollout.steady(1)
    rollout.healthy(rollout.old, protected_until=NOW + 60)
    assert doing(rollout) == ["healthy, protected"]


def test_the_threshold_of_the_breaker_is_the_one_that_was_set():
    rollout = Rollout()
    breaker = CircuitBreakerConfiguration(
        enable=True,
        rollback=True,
        threshold_configuration=ThresholdConfiguration(type="COUNT", value=7),
    )
    rollout.rolling(
        12, deployment_configuration=DeploymentConfiguration(deployment_circuit_breaker=breaker)
    )
    assert words.breaker_words(rollout.situation().breaker) == "breaker 0/7"
