"""Why something waits: what is in the way, by how much, and what would help."""

import itertools
import re

import pytest

from ecstui.client import rooms as client_rooms
from ecstui.client.rooms import Rooms
from ecstui.client.why import why_of
from ecstui.model.deployment import HookRecord, HookStatus, ServiceDeploymentStatus
from ecstui.model.deployment_configuration import HookAction, HookTargetType, LifecycleStage
from ecstui.model.enums import (
    InstanceStatus,
    PlacementConstraintType,
    RolloutState,
    StopCode,
    TaskStatus,
)
from ecstui.model.placement import PlacementConstraint
from ecstui.model.service import DeploymentConfiguration
from ecstui.plan.rollout import Bounds
from ecstui.plan.why import (
    AtCeiling,
    NotPlaced,
    Stuck,
    SurgingFirst,
    Throttled,
    UnderProtection,
    Why,
)
from ecstui.plan.why_help import help_of
from ecstui.plan.why_words import amounts, instance_words, placements_of, sentences
from tests.factories import a_container, a_definition, a_port, a_task, an_instance
from tests.histories import a_service_deployment
from tests.ui.rollouts import ARN, NOW, Rollout


def alone(definition, *instances, **members):
    """A service of one task that has none."""
    rollout = Rollout(zones=())
    rollout.put(definition, *instances)
    rollout.first = rollout.first.with_(task_definition=definition.task_definition_arn)
    rollout.old = definition
    rollout.steady(1, is_steady=False, **members)
    return rollout


def arn_of(instance):
    return an_instance(instance).container_instance_arn


def why(rollout, arn=ARN, now=NOW):
    found = why_of(rollout.store, arn, now)
    assert found is not None
    return found


def told(rollout, name):
    (placement,) = placements_of(why(rollout)).values()
    return next(instance_words(i) for i in placement.instances if i.name == name)


def test_what_is_steady_waits_for_nothing():
    rollout = Rollout()
    rollout.steady(2)
    rollout.healthy(rollout.old, 2)
    assert why(rollout).is_fine


def test_nobody_knows_why_of_what_is_not_there():
    assert why_of(Rollout().store, "arn:of:nothing", NOW) is None


def test_memory_by_how_much_and_what_can_never_fit():
    big = a_definition(a_container("api", memory=512), family="api")
    rollout = alone(
        big,
        an_instance("small", memory_mib=256),
        an_instance("full", memory_mib=1024),
    )
    rollout.put(
        a_task(
            a_definition(a_container(memory=724)), seed="x", container_instance_arn=arn_of("full")
        )
    )
    assert "needs 512 MiB, 256 MiB left, 256 MiB in all: can never fit" in told(rollout, "small")
    assert "needs 512 MiB, 300 MiB left" in told(rollout, "full")
    assert "never" not in told(rollout, "full")
    (reason,) = [r for r in why(rollout).reasons if isinstance(r, NotPlaced)]
    assert reason.placement is not None
    assert not reason.placement.can_never_fit
    assert any(words.startswith("free 212 MiB on full") for words in help_of(why(rollout), NOW))


def test_what_no_instance_could_ever_take_says_so():
    rollout = alone(
        a_definition(a_container("api", memory=512), family="api"),
        an_instance("small", memory_mib=256),
    )
    assert "and never can" in sentences(why(rollout), NOW)[0]
    assert help_of(why(rollout), NOW)[0].startswith("register an instance with at least")


def test_a_port_names_who_holds_it():
    port = a_definition(a_container("api", port_mappings=(a_port(80, 80),)), family="api")
    rollout = alone(port, an_instance("one"))
    holder = a_task(
        port, seed="holder", container_instance_arn=arn_of("one"), group="service:gateway"
    )
    rollout.put(holder)
    words = f"host port 80/tcp held by service:gateway {holder.task_id[:8]}"
    assert told(rollout, "one") == words
    assert f"stop service:gateway {holder.task_id[:8]}" in help_of(why(rollout), NOW)[0]


def test_constraints_and_states_are_told_instance_by_instance():
    ssd = PlacementConstraint(
        type=PlacementConstraintType.MEMBER_OF, expression="attribute:disk == ssd"
    )
    rollout = alone(
        a_definition(a_container("api"), family="api"),
        an_instance("away", agent_connected=False),
        an_instance("drained", status=InstanceStatus.DRAINING),
        placement_constraints=(ssd,),
    )
    away = told(rollout, "away")
    assert away.startswith("its engine does not answer")
    assert "is not one of: attribute:disk == ssd" in away
    assert told(rollout, "drained").startswith("is DRAINING")


def test_what_is_not_asked_for_is_not_told():
    assert amounts(0, 512) == "512 MiB"
    assert amounts(64, 0) == "64 CPU units"
    assert amounts(64, 512) == "64 CPU units and 512 MiB"
    rollout = alone(a_definition(a_container("api", cpu=0, memory=512), family="api"))
    assert sentences(why(rollout), NOW)[0].startswith("a task needs 512 MiB: the cluster")


def test_a_cluster_without_instances():
    rollout = alone(a_definition(a_container("api"), family="api"))
    assert "no container instances" in sentences(why(rollout), NOW)[0]
    assert help_of(why(rollout), NOW) == ["register a container instance"]


def test_a_throttled_start_says_when():
    rollout = Rollout()
    rollout.second = rollout.second.with_(start_failures=4, next_start_at=NOW + 75)
    rollout.rolling(1)
    reasons = why(rollout).reasons
    assert any(isinstance(reason, Throttled) for reason in reasons)
    assert "4 starts in a row failed: next attempt in 1m15s" in sentences(why(rollout), NOW)


def test_floor_and_ceiling_with_their_numbers():
    rollout = Rollout()
    rollout.rolling(
        4,
        deployment_configuration=DeploymentConfiguration(
            minimum_healthy_percent=100, maximum_percent=150
        ),
    )
    rollout.healthy(rollout.old, 4)
    for _ in range(2):
        rollout.task(rollout.new)
    assert AtCeiling(6, 6, 150) in why(rollout).reasons
    assert "old tasks stop only above the floor: healthy 4 of 4" in sentences(why(rollout), NOW)


def test_old_tasks_above_the_floor_that_stay_for_the_surge_say_so():
    rollout = Rollout()
    both = DeploymentConfiguration(minimum_healthy_percent=50, maximum_percent=150)
    rollout.rolling(4, deployment_configuration=both)
    rollout.healthy(rollout.old, 4)
    for _ in range(2):
        rollout.task(rollout.new)
    assert SurgingFirst(4, 4) in why(rollout).reasons
    assert (
        "old tasks stop only above the desired count while new ones come: healthy 4 of 4"
        in sentences(why(rollout), NOW)
    )


def test_percentages_that_leave_no_way():
    rollout = Rollout()
    narrow = DeploymentConfiguration(minimum_healthy_percent=50, maximum_percent=150)
    rollout.rolling(1, deployment_configuration=narrow)
    rollout.healthy(rollout.old, 1)
    assert Stuck(1, 1, 1) in why(rollout).reasons
    (help_,) = help_of(why(rollout), NOW)
    assert "raise maximumPercent to 200" in help_
    assert "lower minimumHealthyPercent to 0" in help_


@pytest.mark.parametrize(
    ("desired", "floor", "ceiling"), [(1, 1, 1), (3, 3, 3), (3, 2, 4), (7, 6, 9)]
)
def test_the_percentages_that_would_help_do(desired, floor, ceiling):
    stuck = Why("arn", "web", (Stuck(desired, floor, ceiling),))
    most, least = map(int, re.findall(r"Percent to (\d+)", help_of(stuck, NOW)[0]))
    assert Bounds(desired, 0, most).ceiling == ceiling + 1
    assert Bounds(desired, 0, most - 1).ceiling == ceiling
    assert Bounds(desired, least, 100).floor == floor - 1


def test_a_deployment_that_failed_starts_nothing_more():
    rollout = Rollout()
    rollout.second = rollout.second.with_(
        rollout_state=RolloutState.FAILED, rollout_state_reason="tasks failed to start."
    )
    rollout.rolling(1)
    assert "it starts nothing more" in sentences(why(rollout), NOW)[0]


def test_protected_tasks_hold_a_deployment_up():
    rollout = Rollout()
    rollout.rolling(1)
    rollout.healthy(rollout.new, 1)
    task = rollout.task(rollout.old, last_status=TaskStatus.RUNNING, started_at=NOW - 60)
    rollout.put(task.with_(protected_until=NOW + 90))
    (reason,) = [r for r in why(rollout).reasons if isinstance(r, UnderProtection)]
    assert (reason.count, reason.until) == (1, NOW + 90)


@pytest.mark.parametrize("pull", [None, NOW - 4])
def test_a_task_that_starts(pull):
    rollout = Rollout()
    rollout.rolling(1)
    task = rollout.task(rollout.new, pull_started_at=pull, created_at=NOW - 9)
    (words,) = sentences(why(rollout, task.task_arn), NOW)
    assert words.endswith("pulling the image, for 4s" if pull else "starting, for 9s")


def test_tasks_at_the_same_step_are_told_together():
    rollout = Rollout()
    rollout.rolling(3)
    for seconds in (3, 9, 5):
        rollout.task(rollout.new, created_at=NOW - seconds)
    assert "3 tasks starting, for up to 9s" in sentences(why(rollout), NOW)


def test_a_task_that_failed_says_why_and_how_many_did():
    rollout = Rollout()
    rollout.rolling(2)
    rollout.failed(rollout.new, 2)
    found = sentences(why(rollout), NOW)
    assert any(s.endswith("failed 5s ago: CannotPullContainerError: not found") for s in found)
    assert "2 tasks failed within the last minute" in found
    (help_,) = help_of(why(rollout), NOW)
    assert help_.startswith("pull the image on the engine, or name one that can be pulled")


def test_a_task_that_ran_and_failed_has_a_log_to_read():
    rollout = Rollout()
    rollout.rolling(2)
    (container,) = rollout.task(rollout.new).containers
    rollout.failed(
        rollout.new,
        stop_code=StopCode.ESSENTIAL_CONTAINER_EXITED,
        containers=(container.with_(started_at=NOW - 9, exit_code=1),),
    )
    (help_,) = help_of(why(rollout), NOW)
    assert help_.startswith("read the logs of")


def staged(stage=None, *, hooks=(), **changes):
    """A blue/green deployment at a stage."""
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
            lifecycle_hook_details=hooks,
            **changes,
        )
    )
    return rollout


def test_a_bake_time_counts_down():
    rollout = staged(LifecycleStage.BAKE_TIME)
    assert sentences(why(rollout), NOW) == ["bake time: the new tasks are watched for 1m30s more"]


def test_a_pause_says_who_has_to_go_on():
    hook = HookRecord(
        hook_id="h",
        target_type=HookTargetType.PAUSE,
        status=HookStatus.AWAITING_ACTION,
        expires_at=NOW + 60,
        timeout_action=HookAction.ROLLBACK,
        stage=LifecycleStage.POST_SCALE_UP,
    )
    rollout = staged(LifecycleStage.POST_SCALE_UP, hooks=(hook,))
    assert sentences(why(rollout), NOW) == [
        "paused at POST_SCALE_UP until somebody continues it or rolls it back; "
        "it rolls back by itself in 1m"
    ]
    assert help_of(why(rollout), NOW) == ["answer with ContinueServiceDeployment"]


def test_both_colours_beside_each_other_are_no_reason_to_wait():
    rollout = staged(LifecycleStage.SCALE_UP)
    assert sentences(why(rollout), NOW) == ["at SCALE_UP for 30s"]


def test_an_answer_on_placement_follows_the_records(monkeypatch):
    """However long each takes by the clock on the wall, which goes on while others have the CPU."""
    seconds = itertools.count()
    monkeypatch.setattr(client_rooms, "perf_counter", lambda: float(next(seconds)))
    monkeypatch.setattr(client_rooms, "thread_time", lambda: 0.0)
    rollout = alone(
        a_definition(a_container("api", memory=512), family="api"),
        an_instance("small", memory_mib=600),
    )
    other = a_definition(a_container("x", memory=400), family="x")
    task = a_task(other, seed="x", container_instance_arn=arn_of("small"))
    rollout.put(task)
    rooms = Rooms()

    def is_placed():
        found = why_of(rollout.store, ARN, NOW, rooms)
        assert found is not None
        return not any(isinstance(reason, NotPlaced) for reason in found.reasons)

    assert not is_placed()
    rollout.put(task.with_(last_status=TaskStatus.STOPPED))
    assert is_placed()
    rollout.put(a_task(other, seed="y", container_instance_arn=arn_of("small")))
    assert not is_placed()
