from ecstui.model.enums import (
    HealthStatus,
    InstanceStatus,
    RolloutState,
    SchedulingStrategy,
    ServiceStatus,
    StopCode,
    TaskStatus,
)
from ecstui.model.service import CircuitBreakerConfiguration, DeploymentConfiguration
from ecstui.model.task_definition import HealthCheck
from ecstui.store.kinds import TASKS
from ecstui.ui.cockpit import State, situation_of
from ecstui.ui.cockpit_past import fleet_at, samples_of
from ecstui.ui.widgets.fleet_bar import Fleet
from tests.factories import a_container, a_definition, an_instance
from tests.ui.rollouts import ARN, LONG_AGO, NOW, Rollout

BREAKER = DeploymentConfiguration(
    deployment_circuit_breaker=CircuitBreakerConfiguration(enable=True, rollback=True)
)


def mid_rollout(**changes):
    rollout = Rollout()
    rollout.rolling(4, **changes)
    rollout.healthy(rollout.new, 2)
    rollout.healthy(rollout.old, 2)
    rollout.stopping(rollout.old)
    rollout.task(rollout.new)
    return rollout


def test_there_is_no_situation_of_a_service_that_is_gone():
    assert situation_of(Rollout().store, ARN, NOW) is None


# ---------------------------------------------------------------- fleet


def test_tasks_are_counted_by_what_the_scheduler_makes_of_them():
    fleet = mid_rollout().situation().fleet
    assert fleet == Fleet(
        new_healthy=2, old_serving=2, starting=1, stopping=1, desired=4, floor=4, ceiling=8,
        ceiling_percent=200,
    )  # fmt: skip
    assert fleet.total == 6
    assert fleet.headroom == 2


def test_a_task_without_checks_counts_once_it_has_settled():
    rollout = Rollout()
    rollout.rolling(1)
    rollout.healthy(rollout.new, started_at=NOW - 0.5, healthy_at=None)
    assert rollout.situation().fleet.starting == 1
    assert rollout.situation(NOW + 2).fleet.new_healthy == 1


def test_the_pace_decides_when_a_task_has_settled():
    rollout = Rollout(pace="aws")
    rollout.rolling(1)
    rollout.healthy(rollout.new, started_at=NOW - 39)
    assert rollout.situation().fleet.starting == 1
    assert rollout.situation(NOW + 2).fleet.new_healthy == 1


def test_a_task_that_fails_its_checks_is_unhealthy_not_healthy():
    rollout = Rollout()
    check = HealthCheck(command=("CMD", "true"))
    rollout.new = a_definition(a_container("api", health_check=check), family="api", revision=2)
    rollout.put(rollout.new)
    rollout.rolling(1)
    task = rollout.task(rollout.new, last_status=TaskStatus.RUNNING, started_at=NOW - 10)
    sick = task.containers[0].with_(health_status=HealthStatus.UNHEALTHY)
    rollout.put(task.with_(containers=(sick,)))
    fleet = rollout.situation().fleet
    assert (fleet.new_healthy, fleet.unhealthy, fleet.total) == (0, 1, 1)


def test_tasks_on_a_draining_instance_count_as_old():
    rollout = Rollout(zones=("a",))
    rollout.steady(2)
    rollout.healthy(rollout.old, 2)
    assert rollout.situation().fleet.new_healthy == 2
    rollout.put(an_instance("i-0", zone="zone-a", status=InstanceStatus.DRAINING))
    assert rollout.situation().fleet.old_serving == 2


def test_the_bounds_follow_the_percentages():
    rollout = Rollout()
    configuration = DeploymentConfiguration(minimum_healthy_percent=50, maximum_percent=150)
    rollout.rolling(5, deployment_configuration=configuration)
    fleet = rollout.situation().fleet
    assert (fleet.floor, fleet.ceiling, fleet.ceiling_percent) == (3, 7, 150)


def test_a_daemon_service_wants_a_task_on_each_active_instance():
    rollout = Rollout()
    rollout.steady(0, scheduling_strategy=SchedulingStrategy.DAEMON)
    rollout.put(an_instance("i-2", zone="zone-c", status=InstanceStatus.DRAINING))
    assert rollout.situation().bounds.desired_count == 2


# ---------------------------------------------------------------- state


def test_states_of_a_service():
    rollout = Rollout()
    rollout.steady(1)
    rollout.healthy(rollout.old)
    assert rollout.situation().state is State.STEADY
    rollout.steady(2, is_steady=False)
    assert rollout.situation().state is State.SETTLING
    rollout.rolling(1)
    assert rollout.situation().state is State.ROLLING
    rollout.steady(1, status=ServiceStatus.DRAINING)
    assert rollout.situation().state is State.DELETING
    rollout.steady(1, status=ServiceStatus.INACTIVE, deployments=())
    assert rollout.situation().state is State.GONE


def test_a_first_deployment_is_starting():
    rollout = Rollout()
    rollout.rolling(2, deployments=(rollout.second,), last_completed=None)
    rollout.task(rollout.new)
    assert rollout.situation().state is State.STARTING


def test_a_completed_rollout_goes_on_until_the_old_tasks_are_gone():
    rollout = Rollout()
    done = rollout.second.with_(rollout_state=RolloutState.COMPLETED)
    rollout.rolling(1, deployments=(done,))
    rollout.healthy(rollout.new)
    rollout.stopping(rollout.old)
    situation = rollout.situation()
    assert situation.state is State.ROLLING
    assert situation.old_revisions == ("api:1",)


def test_a_deployment_that_the_breaker_ended_has_failed():
    rollout = Rollout()
    failed = rollout.second.with_(rollout_state=RolloutState.FAILED)
    rollout.rolling(1, deployments=(failed,))
    assert rollout.situation().state is State.FAILED


def test_a_rollback_is_told_from_a_rollout_and_begins_when_it_was_decided():
    rollout = Rollout()
    again = rollout.first.with_(
        rollout_state=RolloutState.IN_PROGRESS,
        rollout_state_reason="ECS deployment circuit breaker: rolling back to deploymentId x.",
    )
    rollout.steady(1, deployments=(again,), is_steady=False)
    rollout.event(f"rolling back to deployment {again.id}.", ago=12)
    situation = rollout.situation()
    assert situation.state is State.ROLLING_BACK
    assert situation.begun_at == NOW - 12
    assert situation.elapsed_seconds == 12


# ---------------------------------------------------------------- what goes wrong


def test_the_breaker_counts_failed_tasks_against_half_of_the_desired_count():
    rollout = Rollout()
    failing = rollout.second.with_(failed_tasks=2)
    rollout.rolling(12, deployments=(failing,), deployment_configuration=BREAKER)
    assert rollout.situation().breaker == (2, 6, True)
    rollout.rolling(12)
    assert rollout.situation().breaker is None


def test_failures_are_tasks_of_its_deployments_newest_first():
    rollout = mid_rollout()
    rollout.failed(rollout.new, 2, ago=10)
    rollout.failed(rollout.new, ago=2, stop_code=StopCode.ESSENTIAL_CONTAINER_EXITED)
    rollout.failed(rollout.new, ago=1, stop_code=StopCode.USER_INITIATED, stopped_reason="by hand")
    rollout.failed(rollout.new, ago=1, deployment_id="ecs-svc/other")
    situation = rollout.situation()
    assert [NOW - (task.stopped_at or 0) for task in situation.failures] == [2, 10, 11]
    assert situation.failures_per_minute == 3
    assert situation.fleet.failed == 3


# ---------------------------------------------------------------- time


def test_the_rest_takes_as_long_as_what_was_done_did():
    rollout = mid_rollout()
    situation = rollout.situation()
    # Of 4 new tasks 2 serve, of 3 old ones (1 is stopping) none is gone: 2 of 7 in 30 s.
    assert situation.progress == (2, 7)
    assert situation.elapsed_seconds == 30
    assert situation.eta_seconds == 75


def test_old_tasks_that_are_gone_are_progress():
    rollout = Rollout()
    rollout.rolling(2)
    rollout.healthy(rollout.new, 1)
    rollout.task(
        rollout.old, created_at=LONG_AGO, last_status=TaskStatus.STOPPED, stopped_at=NOW - 3
    )
    rollout.task(
        rollout.old, created_at=LONG_AGO, last_status=TaskStatus.STOPPED, stopped_at=NOW - 300
    )
    assert rollout.situation().progress == (2, 3)


def test_there_is_no_eta_while_nothing_is_done_or_things_go_wrong():
    rollout = Rollout()
    rollout.rolling(2)
    rollout.task(rollout.new)
    assert rollout.situation().eta_seconds is None
    rollout = mid_rollout()
    rollout.failed(rollout.new)
    assert rollout.situation().eta_seconds is None
    assert mid_rollout(last_trouble="was unable to place a task").situation().eta_seconds is None


def test_a_steady_service_says_since_when_and_how_long_its_rollout_took():
    rollout = Rollout()
    rollout.steady(1)
    rollout.event("has reached a steady state.", ago=600)
    rollout.event("has started 1 tasks: (task 1).", ago=620)
    situation = rollout.situation()
    assert situation.steady_at == NOW - 600
    assert situation.elapsed_seconds == 20


# ---------------------------------------------------------------- places


def test_tasks_are_grouped_by_zone_and_empty_zones_are_shown():
    rollout = Rollout()
    rollout.rolling(2)
    rollout.healthy(rollout.new)
    rollout.healthy(rollout.old)
    situation = rollout.situation()
    assert situation.are_places_zones
    assert [(p.name, len(p.old), len(p.new)) for p in situation.places] == [
        ("zone-a", 0, 1),
        ("zone-b", 1, 0),
        ("zone-c", 0, 0),
    ]


def test_in_one_zone_tasks_are_grouped_by_instance():
    rollout = Rollout(zones=("a", "a"))
    rollout.rolling(2)
    rollout.healthy(rollout.new, 3)
    situation = rollout.situation()
    assert not situation.are_places_zones
    assert [(p.name, len(p.new)) for p in situation.places] == [("i-0", 2), ("i-1", 1)]


# ---------------------------------------------------------------- the past


def test_the_past_is_told_from_the_times_of_the_records():
    rollout = Rollout()
    rollout.rolling(2)
    rollout.stopping(rollout.old, ago=4)
    rollout.healthy(rollout.new, created_at=NOW - 20, healthy_at=NOW - 10)
    tasks = rollout.store.all(TASKS)
    seen = [fleet_at(tasks, rollout.second.id, Fleet(), NOW - ago) for ago in (25, 15, 8, 1)]
    assert [(f.old_serving, f.starting, f.new_healthy, f.stopping) for f in seen] == [
        (1, 0, 0, 0),
        (1, 1, 0, 0),
        (1, 0, 1, 0),
        (0, 0, 1, 1),
    ]


def test_samples_begin_a_little_before_the_rollout_and_end_now():
    rollout = mid_rollout()
    tasks = rollout.store.all(TASKS)
    situation = rollout.situation()
    samples = samples_of(situation, tasks, 1.0, 80)
    assert samples[0].at == NOW - 40
    assert samples[-1].at == NOW
    assert samples[-1].fleet == situation.fleet
    assert samples[0].fleet.old_serving == 3
    assert len(samples_of(situation, tasks, 1.0, 20)) == 20
    assert samples_of(situation, tasks, 1.0, 0) == []
