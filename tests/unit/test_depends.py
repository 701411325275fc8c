"""dependsOn, row by row of ecs.md 3.6."""

import pytest

from ecstui.model.enums import ContainerStatus, DependencyCondition, HealthStatus
from ecstui.model.task_definition import ContainerDependency, HealthCheck, VolumeFrom
from ecstui.plan.depends import (
    ContainerState,
    Never,
    Ready,
    Waiting,
    can_start,
    find_cycle,
    may_stop,
)
from tests.factories import NOW, a_container, a_definition

CHECK = HealthCheck(command=("CMD", "true"))
PENDING = ContainerState()
RUNNING = ContainerState(ContainerStatus.RUNNING, NOW - 7, seen_running_at=NOW)
HEALTHY = ContainerState(ContainerStatus.RUNNING, NOW, health=HealthStatus.HEALTHY)
UNHEALTHY = ContainerState(ContainerStatus.RUNNING, NOW, health=HealthStatus.UNHEALTHY)
DONE = ContainerState(ContainerStatus.STOPPED, NOW, NOW + 1, exit_code=0)
FAILED = ContainerState(ContainerStatus.STOPPED, NOW, NOW + 1, exit_code=3)
LOST = ContainerState(ContainerStatus.STOPPED, NOW, NOW + 1, exit_code=None)
NEVER_STARTED = ContainerState(ContainerStatus.STOPPED, exit_code=143)

START, COMPLETE = DependencyCondition.START, DependencyCondition.COMPLETE
SUCCESS, HEALTHY_ = DependencyCondition.SUCCESS, DependencyCondition.HEALTHY


def on(name, condition=START):
    return ContainerDependency(container_name=name, condition=condition)


def pair(condition, **changes):
    """`app`, which waits for `db`."""
    return a_definition(
        a_container("app", depends_on=(on("db", condition),)),
        a_container("db", health_check=CHECK, essential=False, **changes),
    )


@pytest.mark.parametrize(
    ("condition", "state", "expected"),
    [
        (START, PENDING, Waiting),
        (START, RUNNING, Ready),
        (START, DONE, Ready),
        (START, FAILED, Ready),
        (START, LOST, Ready),
        (START, NEVER_STARTED, Never),
        (COMPLETE, PENDING, Waiting),
        (COMPLETE, RUNNING, Waiting),
        (COMPLETE, DONE, Ready),
        (COMPLETE, FAILED, Ready),
        (COMPLETE, LOST, Waiting),
        (COMPLETE, NEVER_STARTED, Never),
        (SUCCESS, RUNNING, Waiting),
        (SUCCESS, DONE, Ready),
        (SUCCESS, FAILED, Never),
        (SUCCESS, LOST, Waiting),
        (SUCCESS, NEVER_STARTED, Never),
        (HEALTHY_, PENDING, Waiting),
        (HEALTHY_, RUNNING, Waiting),
        (HEALTHY_, UNHEALTHY, Waiting),
        (HEALTHY_, HEALTHY, Ready),
        (HEALTHY_, DONE, Waiting),
        (HEALTHY_, FAILED, Waiting),
        (HEALTHY_, NEVER_STARTED, Never),
    ],
)
def test_a_condition_holds_waits_or_is_lost(condition, state, expected):
    verdict = can_start("app", pair(condition), {"db": state}, NOW + 1000)
    assert isinstance(verdict, expected)


def test_a_container_that_waits_for_nothing_is_ready():
    assert can_start("db", pair(START), {}, NOW) == Ready()


def test_a_container_not_seen_yet_is_pending():
    assert isinstance(can_start("app", pair(START), {}, NOW), Waiting)


def test_health_needs_a_check_in_the_definition():
    definition = a_definition(
        a_container("app", depends_on=(on("db", HEALTHY_),)), a_container("db")
    )
    assert isinstance(can_start("app", definition, {"db": HEALTHY}, NOW), Waiting)


@pytest.mark.parametrize("condition", [COMPLETE, SUCCESS, HEALTHY_])
def test_start_timeout_counts_from_the_start_of_the_dependency(condition):
    definition = pair(condition, start_timeout=30)
    waiting = can_start("app", definition, {"db": RUNNING}, NOW + 29)
    assert isinstance(waiting, Waiting)
    assert waiting.wake_at == NOW + 30
    lost = can_start("app", definition, {"db": RUNNING}, NOW + 30)
    assert isinstance(lost, Never)
    assert "db" in lost.reason
    assert "startTimeout of 30 s" in lost.reason


def test_start_is_not_subject_to_the_start_timeout():
    waiting = can_start("app", pair(START, start_timeout=1), {"db": PENDING}, NOW + 1000)
    assert isinstance(waiting, Waiting)
    assert waiting.wake_at is None


def test_a_stopped_dependency_no_longer_times_out():
    waiting = can_start("app", pair(HEALTHY_, start_timeout=1), {"db": DONE}, NOW + 1000)
    assert waiting == Waiting("db", HEALTHY_, "waits for db to be HEALTHY")


def test_a_dependency_that_has_not_started_does_not_time_out():
    waiting = can_start("app", pair(SUCCESS, start_timeout=1), {"db": PENDING}, NOW + 1000)
    assert isinstance(waiting, Waiting)


def test_a_lost_dependency_outweighs_one_that_is_waited_for():
    definition = a_definition(
        a_container("app", depends_on=(on("slow", HEALTHY_), on("job", SUCCESS))),
        a_container("slow", health_check=CHECK),
        a_container("job", essential=False),
    )
    verdict = can_start("app", definition, {"slow": RUNNING, "job": FAILED}, NOW)
    assert verdict == Never(
        "CannotStartContainerError: dependency job can no longer be SUCCESS: it exited with code 3"
    )


def test_the_first_timeout_of_several_wakes():
    definition = a_definition(
        a_container("app", depends_on=(on("a", HEALTHY_), on("b", SUCCESS))),
        a_container("a", health_check=CHECK, start_timeout=50),
        a_container("b", start_timeout=20, essential=False),
    )
    waiting = can_start("app", definition, {"a": RUNNING, "b": RUNNING}, NOW)
    assert waiting == Waiting("a", HEALTHY_, "waits for a to be HEALTHY", NOW + 20)


def test_links_and_volumes_from_wait_for_a_start():
    seed = VolumeFrom(source_container="seed")
    definition = a_definition(
        a_container("app", links=("db:store",), volumes_from=(seed,)),
        a_container("db"),
        a_container("seed"),
    )
    waiting = can_start("app", definition, {"db": RUNNING}, NOW)
    assert waiting == Waiting("seed", START, "waits for seed to start")
    assert can_start("app", definition, {"db": RUNNING, "seed": DONE}, NOW) == Ready()


def test_an_unknown_dependency_is_lost():
    definition = a_definition(a_container("app", depends_on=(on("ghost"),)))
    assert isinstance(can_start("app", definition, {}, NOW), Never)


CHAIN = a_definition(
    a_container("web", depends_on=(on("app"),)),
    a_container("app", depends_on=(on("db", HEALTHY_),)),
    a_container("db", health_check=CHECK),
    a_container("log"),
)


def test_containers_start_after_what_they_depend_on():
    states: dict[str, ContainerState] = {}
    rounds = []
    while len(states) < 4:
        ready = [c.name for c in CHAIN.container_definitions if c.name not in states
                 and isinstance(can_start(c.name, CHAIN, states, NOW), Ready)]  # fmt: skip
        states |= dict.fromkeys(ready, HEALTHY)
        rounds.append(ready)
    assert rounds == [["db", "log"], ["app"], ["web"]]


def test_containers_stop_in_reverse():
    states = dict.fromkeys(("web", "app", "db", "log"), RUNNING)
    rounds = []
    while RUNNING in states.values():
        left = [name for name, state in states.items() if state is RUNNING]
        ready = [name for name in left if may_stop(name, CHAIN, states)]
        states |= dict.fromkeys(ready, DONE)
        rounds.append(ready)
    assert rounds == [["web", "log"], ["app"], ["db"]]


def test_a_container_stops_when_all_that_depend_on_it_have_stopped():
    running = dict.fromkeys(("web", "app", "db", "log"), RUNNING)
    assert [n for n in running if may_stop(n, CHAIN, running)] == ["web", "log"]
    assert [n for n in running if may_stop(n, CHAIN, running | {"web": DONE})] == [
        "web",
        "app",
        "log",
    ]
    assert may_stop("db", CHAIN, running | {"app": NEVER_STARTED})
    assert not may_stop("db", CHAIN, running | {"app": PENDING})


def test_a_cycle_is_found_with_its_names():
    definition = a_definition(
        a_container("a", depends_on=(on("b"),)),
        a_container("b", links=("c",)),
        a_container("c", volumes_from=(VolumeFrom(source_container="b"),)),
    )
    assert find_cycle(definition) == ("b", "c", "b")
    assert find_cycle(CHAIN) is None


def test_a_container_that_depends_on_itself_is_a_cycle():
    definition = a_definition(a_container("a", depends_on=(on("a"),)))
    assert find_cycle(definition) == ("a", "a")


def test_a_cycle_does_not_keep_a_task_from_stopping():
    definition = a_definition(
        a_container("a", depends_on=(on("b"),)), a_container("b", depends_on=(on("a"),))
    )
    assert may_stop("a", definition, {"a": RUNNING, "b": RUNNING})
