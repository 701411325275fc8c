"""One step of a task: starting, stopping, and the words with which it ends."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.model.enums import ContainerStatus, DesiredStatus, HealthStatus, StopCode, TaskStatus
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.plan.actions import (
    Action,
    CreateContainer,
    EnsureImage,
    Outcome,
    RemoveContainer,
    ResourceKey,
    StartContainer,
    StopContainer,
    image_key,
)
from ecstui.plan.spec import Observation, Phase, Probe, PublishedPort
from ecstui.plan.task import TaskPlan, plan_task, stop_task_record
from ecstui.plan.task_facts import TaskSituation
from ecstui.plan.translate import Setting
from tests.factories import NOW, a_container, a_definition, a_task

SETTING = Setting(owner="owner")


@dataclass
class Bench:
    """A task with an engine of paper: actions are noted, the test says what they led to."""

    definition: TaskDefinitionRecord
    task: TaskRecord
    seen: dict[str, Observation] = field(default_factory=dict)
    busy: set[ResourceKey] = field(default_factory=set)
    last: dict[ResourceKey, Outcome] = field(default_factory=dict)
    attempts: dict[ResourceKey, int] = field(default_factory=dict)
    now: float = NOW

    @classmethod
    def of(cls, definition: TaskDefinitionRecord) -> "Bench":
        bench = cls(definition, a_task(definition))
        for container in definition.container_definitions:
            action = EnsureImage(bench.task.engine, container.image)
            bench.last[action.key] = Outcome(action, None, NOW, NOW)
        return bench

    def step(self) -> TaskPlan:
        plan = plan_task(
            TaskSituation(
                self.task,
                self.definition,
                self.seen,
                self.busy,
                self.last,
                self.attempts,
                self.now,
                SETTING,
            )
        )
        self.task = plan.task
        return plan

    def settle(self) -> list[Action]:
        """Steps until the record stays as it is; every action that was asked for."""
        actions: list[Action] = []
        for _ in range(10):
            before = self.task
            actions += self.step().actions
            if self.task == before:
                return actions
        raise AssertionError("the task does not come to rest")

    def name(self, container: str) -> str:
        return next(c.engine_name for c in self.task.containers if c.name == container)

    def show(self, container: str, phase: Phase, **more: object) -> None:
        name = self.name(container)
        started = None if phase is Phase.CREATED else self.now
        known = self.seen.get(name) or Observation(name, f"id-{container}", "owner", phase)
        changes: dict[str, object] = {"phase": phase, "started_at": known.started_at or started}
        self.seen[name] = replace(known, **(changes | more))  # type: ignore[arg-type]

    def fail(self, action: Action, kind: EngineErrorKind, words: str) -> None:
        self.last[action.key] = Outcome(action, EngineError(kind, words), self.now, self.now)

    def container(self, name: str) -> ContainerStatus:
        return next(c.last_status for c in self.task.containers if c.name == name)

    def status(self) -> TaskStatus:
        return self.task.last_status

    def health(self) -> HealthStatus:
        return self.task.health_status

    def stop(self) -> None:
        self.task = stop_task_record(
            self.task, StopCode.USER_INITIATED, "Task stopped by user", self.now
        )


def names_of(actions: Sequence[Action]) -> list[str]:
    found = []
    for action in actions:
        match action:
            case CreateContainer(spec=spec):
                found.append(f"create {spec.labels['com.amazonaws.ecs.container-name']}")
            case EnsureImage(image=image):
                found.append(f"image {image}")
            case StartContainer(name=name) | StopContainer(name=name) | RemoveContainer(name=name):
                found.append(f"{type(action).__name__.removesuffix('Container').lower()} {name}")
    return found


def test_the_image_comes_before_the_container() -> None:
    bench = Bench(a_definition(), a_task())
    assert names_of(bench.step().actions) == ["image busybox:stable"]
    bench.busy.add(image_key(bench.task.engine, "busybox:stable"))
    assert bench.step().actions == ()


def test_a_task_runs_when_all_its_containers_do() -> None:
    bench = Bench.of(a_definition(a_container("app"), a_container("log", essential=False)))
    assert names_of(bench.settle()) == ["create app", "create log"] * 1
    bench.show("app", Phase.RUNNING)
    bench.step()
    assert bench.status() is TaskStatus.PENDING
    bench.show("log", Phase.RUNNING)
    bench.step()
    assert bench.status() is TaskStatus.RUNNING
    assert bench.task.started_at == NOW


def test_a_stopped_task_still_says_when_it_was_connected() -> None:
    bench = Bench.of(a_definition())
    bench.show("app", Phase.RUNNING)
    bench.settle()
    bench.now = NOW + 100
    bench.show("app", Phase.EXITED, exit_code=0)
    bench.settle()
    assert bench.status() is TaskStatus.STOPPED
    assert (bench.task.connectivity, bench.task.connectivity_at) == ("DISCONNECTED", NOW)


def test_a_dependent_container_is_not_created_before_its_dependency_holds() -> None:
    check = {"command": ("CMD", "true")}
    bench = Bench.of(
        a_definition(
            a_container("db", health_check=check),
            a_container("app", depends_on=({"container_name": "db", "condition": "HEALTHY"},)),
        )
    )
    assert names_of(bench.settle()) == ["create db"]
    bench.show("db", Phase.RUNNING, probe=Probe.STARTING)
    assert names_of(bench.settle()) == []
    bench.show("db", Phase.RUNNING, probe=Probe.HEALTHY)
    assert names_of(bench.settle()[:1]) == ["create app"]


def test_an_essential_container_that_exits_stops_the_rest_in_reverse_order() -> None:
    bench = Bench.of(
        a_definition(
            a_container("db", essential=False),
            a_container("proxy", depends_on=({"container_name": "db", "condition": "START"},)),
            a_container("app", depends_on=({"container_name": "proxy", "condition": "START"},)),
        )
    )
    for container in ("db", "proxy", "app"):
        bench.show(container, Phase.RUNNING)
    bench.settle()
    bench.show("app", Phase.EXITED, exit_code=3, finished_at=NOW + 1)
    stops = bench.settle()
    assert names_of(stops[:1]) == [f"stop {bench.name('proxy')}"]
    assert bench.task.stop_code is StopCode.ESSENTIAL_CONTAINER_EXITED
    assert bench.task.stopped_reason == "Essential container in task exited"
    assert bench.status() is TaskStatus.STOPPING
    bench.show("proxy", Phase.EXITED, exit_code=143)
    assert names_of(bench.settle()[:1]) == [f"stop {bench.name('db')}"]
    bench.show("db", Phase.EXITED, exit_code=0)
    bench.settle()
    assert bench.status() is TaskStatus.STOPPED
    assert [c.exit_code for c in bench.task.containers] == [0, 143, 3]


def test_a_non_essential_container_may_exit() -> None:
    bench = Bench.of(a_definition(a_container("app"), a_container("init", essential=False)))
    bench.show("app", Phase.RUNNING)
    bench.show("init", Phase.EXITED, exit_code=1)
    bench.settle()
    assert bench.status() is TaskStatus.RUNNING
    assert bench.task.desired_status is DesiredStatus.RUNNING


def test_an_image_that_cannot_be_pulled_fails_the_task_with_the_engines_words() -> None:
    bench = Bench(a_definition(), a_task())
    (action,) = bench.step().actions
    bench.fail(action, EngineErrorKind.CANNOT_PULL, "no such image: busybox:stable")
    bench.settle()
    assert bench.status() is TaskStatus.STOPPED
    assert bench.task.stop_code is StopCode.TASK_FAILED_TO_START
    assert bench.task.stopped_reason == "CannotPullContainerError: no such image: busybox:stable"
    assert bench.task.started_at is None


def pulled(bench: Bench, image: str, at: float) -> None:
    """The pull of an image went well, just now."""
    pull = EnsureImage(bench.task.engine, image)
    bench.now = at
    bench.last[pull.key] = Outcome(pull, None, at - 1, at)


def test_pulling_stops_when_the_last_pull_ends() -> None:
    after = ({"container_name": "db", "condition": "START"},)
    definition = a_definition(a_container("db", image="db:1"), a_container("app", depends_on=after))
    bench = Bench(definition, a_task(definition))
    assert names_of(bench.step().actions) == ["image db:1"]
    assert bench.task.pull_started_at == NOW
    pulled(bench, "db:1", NOW + 5)
    bench.step()
    bench.show("db", Phase.RUNNING)
    assert names_of(bench.step().actions) == ["image busybox:stable"]
    assert (bench.container("app"), bench.task.pull_stopped_at) == (ContainerStatus.PENDING, None)
    pulled(bench, "busybox:stable", NOW + 30)
    bench.step()
    assert bench.task.pull_stopped_at == NOW + 30
    bench.now = NOW + 40
    bench.show("app", Phase.RUNNING)
    bench.step()
    assert (bench.task.started_at, bench.task.pull_stopped_at) == (NOW + 40, NOW + 30)


def test_a_task_that_fails_after_it_pulled_says_when_that_ended() -> None:
    bench = Bench(a_definition(), a_task())
    bench.step()
    pulled(bench, "busybox:stable", NOW + 5)
    (create,) = bench.step().actions
    assert bench.task.pull_stopped_at == NOW + 5
    bench.fail(create, EngineErrorKind.CANNOT_CREATE, "no")
    bench.settle()
    assert bench.task.pull_stopped_at == NOW + 5


def test_a_pull_that_fails_has_ended_too() -> None:
    bench = Bench(a_definition(), a_task())
    (pull,) = bench.step().actions
    bench.now = NOW + 7
    bench.fail(pull, EngineErrorKind.CANNOT_PULL, "no such image")
    bench.settle()
    assert (bench.task.pull_started_at, bench.task.pull_stopped_at) == (NOW, NOW + 7)


def test_a_task_that_is_stopped_while_it_pulls_says_of_no_end() -> None:
    bench = Bench(a_definition(), a_task())
    (pull,) = bench.step().actions
    bench.busy.add(pull.key)
    bench.stop()
    bench.settle()
    assert (bench.status(), bench.task.pull_stopped_at) == (TaskStatus.STOPPED, None)


def test_pulls_that_a_restart_of_the_plane_forgot_ended_before_what_came_of_them() -> None:
    bench = Bench(a_definition(), a_task())
    bench.step()
    bench.now = NOW + 9
    bench.show("app", Phase.RUNNING)
    bench.step()
    assert bench.task.pull_stopped_at == NOW + 9


def test_an_image_that_was_there_already_was_not_pulled() -> None:
    bench = Bench.of(a_definition())
    bench.settle()
    bench.show("app", Phase.RUNNING)
    bench.settle()
    assert (bench.task.pull_started_at, bench.task.pull_stopped_at) == (None, None)


def test_a_port_that_is_taken_fails_the_task() -> None:
    bench = Bench.of(a_definition())
    (action,) = bench.step().actions
    bench.show("app", Phase.CREATED)
    bench.fail(action, EngineErrorKind.CANNOT_START, "port is already allocated")
    bench.settle()
    assert bench.task.stopped_reason == "CannotStartContainerError: port is already allocated"
    assert bench.status() is TaskStatus.STOPPED


def test_a_lost_answer_is_tried_again_and_only_then_fails() -> None:
    bench = Bench.of(a_definition())
    (action,) = bench.step().actions
    error = EngineError(EngineErrorKind.TIMEOUT, "no answer", retryable=True)
    bench.last[action.key] = Outcome(action, error, NOW, NOW)
    bench.attempts[action.key] = 1
    assert names_of(bench.step().actions) == ["create app"]
    bench.attempts[action.key] = 5
    bench.settle()
    assert bench.task.stopped_reason == "DockerTimeoutError: no answer"


def test_an_engine_that_is_away_never_fails_a_task() -> None:
    bench = Bench.of(a_definition())
    (action,) = bench.step().actions
    error = EngineError(EngineErrorKind.UNREACHABLE, "connection refused", retryable=True)
    bench.last[action.key] = Outcome(action, error, NOW, NOW)
    bench.attempts[action.key] = 99
    bench.settle()
    assert bench.task.is_wanted


def test_a_container_that_vanished_counts_as_stopped() -> None:
    bench = Bench.of(a_definition())
    bench.show("app", Phase.RUNNING)
    bench.settle()
    bench.seen.clear()
    bench.settle()
    assert bench.status() is TaskStatus.STOPPED
    assert "removed outside" in (bench.task.containers[0].reason or "")


def test_nothing_is_decided_about_a_busy_container() -> None:
    bench = Bench.of(a_definition())
    bench.show("app", Phase.RUNNING)
    bench.settle()
    bench.busy.add((bench.task.engine, f"container:{bench.name('app')}"))
    bench.seen.clear()
    bench.stop()
    assert bench.settle() == []
    assert bench.container("app") is ContainerStatus.RUNNING


def test_a_task_stopped_before_it_started_stops_at_once() -> None:
    bench = Bench.of(a_definition())
    bench.stop()
    bench.settle()
    assert bench.status() is TaskStatus.STOPPED
    assert bench.task.stop_code is StopCode.USER_INITIATED


def test_health_is_that_of_the_essential_containers() -> None:
    check = {"command": ("CMD", "true")}
    bench = Bench.of(a_definition(a_container("app", health_check=check)))
    bench.show("app", Phase.RUNNING, probe=Probe.UNHEALTHY)
    bench.settle()
    assert bench.health() is HealthStatus.UNHEALTHY
    bench.show("app", Phase.RUNNING, probe=Probe.HEALTHY)
    bench.settle()
    assert bench.health() is HealthStatus.HEALTHY


def test_published_ports_show_once_the_container_runs() -> None:
    bench = Bench.of(a_definition(a_container(port_mappings=({"container_port": 80},))))
    port = PublishedPort(80, "tcp", "127.0.1.1", 32768)
    bench.show("app", Phase.RUNNING, ports=(port,))
    bench.settle()
    (binding,) = bench.task.containers[0].network_bindings
    assert (binding.container_port, binding.host_port) == (80, 32768)


def test_a_restart_policy_restarts_in_place_only_after_its_period() -> None:
    policy = {"enabled": True, "restart_attempt_period": 60}
    bench = Bench.of(a_definition(a_container(restart_policy=policy)))
    bench.show("app", Phase.RUNNING)
    bench.settle()
    bench.now = NOW + 100
    bench.show("app", Phase.EXITED, exit_code=1)
    actions = bench.settle()
    assert names_of(actions[:1]) == [f"start {bench.name('app')}"]
    assert bench.task.is_wanted
    bench.show("app", Phase.RUNNING, started_at=NOW + 101)
    bench.settle()
    assert bench.container("app") is ContainerStatus.RUNNING
    bench.now = NOW + 110
    bench.show("app", Phase.EXITED, exit_code=1)
    bench.settle()
    assert bench.status() is TaskStatus.STOPPED


def restarting_bench(**members: object) -> tuple[Bench, Action]:
    """A task whose container ended and is being started again in place, and that start."""
    policy = {"enabled": True, "restart_attempt_period": 60}
    bench = Bench.of(
        a_definition(a_container("app", restart_policy=policy, **members), a_container("other"))
    )
    bench.show("app", Phase.RUNNING)
    bench.show("other", Phase.RUNNING)
    bench.settle()
    bench.now = NOW + 100
    bench.show("app", Phase.EXITED, exit_code=1, finished_at=NOW + 100)
    (start,) = bench.step().actions
    return bench, start


def test_a_restart_that_is_refused_ends_the_container() -> None:
    bench, start = restarting_bench()
    bench.now = NOW + 101
    bench.fail(start, EngineErrorKind.CANNOT_START, "port is already allocated")
    assert names_of(bench.step().actions) == [f"stop {bench.name('other')}"]
    app = bench.task.containers[0]
    assert app.reason == "CannotStartContainerError: port is already allocated"
    assert (app.last_status, app.exit_code) == (ContainerStatus.STOPPED, None)
    assert app.finished_at == NOW + 100
    assert bench.task.stop_code is StopCode.ESSENTIAL_CONTAINER_EXITED


def test_a_refused_restart_of_what_is_not_essential_leaves_the_task_alone() -> None:
    bench, start = restarting_bench(essential=False)
    bench.fail(start, EngineErrorKind.CANNOT_START, "port is already allocated")
    assert bench.settle() == []
    assert bench.container("app") is ContainerStatus.STOPPED
    assert bench.status() is TaskStatus.RUNNING


def test_a_restart_whose_answer_was_lost_is_tried_again() -> None:
    bench, start = restarting_bench()
    error = EngineError(EngineErrorKind.TIMEOUT, "no answer", retryable=True)
    bench.last[start.key] = Outcome(start, error, bench.now, bench.now)
    bench.attempts[start.key] = 1
    assert bench.step().actions == (start,)
    bench.attempts[start.key] = 5
    bench.settle()
    assert bench.task.containers[0].reason == "DockerTimeoutError: no answer"


def test_what_failed_before_the_restart_does_not_end_it() -> None:
    bench, start = restarting_bench()
    stop = StopContainer(bench.task.engine, bench.name("app"), 30)
    bench.fail(stop, EngineErrorKind.CANNOT_STOP, "not now")
    assert bench.step().actions == (start,)


def test_awsvpc_brings_its_network_namespace_first_and_gives_it_back() -> None:
    definition = a_definition(network_mode="awsvpc")
    bench = Bench.of(definition)
    assert names_of(bench.step().actions) == ["image ecstui/pause:1"]
    pull = EnsureImage(bench.task.engine, "ecstui/pause:1")
    bench.last[pull.key] = Outcome(pull, None, NOW, NOW)
    (create,) = bench.step().actions
    pause = bench.task.pause_engine_name
    assert isinstance(create, CreateContainer)
    assert create.spec.name == pause
    assert bench.status() is TaskStatus.PROVISIONING
    assert pause is not None
    bench.seen[pause] = Observation(pause, "id-pause", "owner", Phase.RUNNING, address="10.0.0.2")
    (create,) = bench.settle()[:1]
    assert isinstance(create, CreateContainer)
    assert create.spec.network_mode == f"container:{pause}"
    bench.show("app", Phase.RUNNING)
    bench.settle()
    assert bench.task.containers[0].network_interfaces[0].private_ipv4_address == "10.0.0.2"
    bench.stop()
    bench.settle()
    bench.show("app", Phase.EXITED, exit_code=143)
    assert names_of(bench.settle()[:1]) == [f"remove {pause}"]
    assert bench.status() is TaskStatus.DEPROVISIONING
    del bench.seen[pause]
    bench.settle()
    assert bench.status() is TaskStatus.STOPPED


def test_a_network_namespace_whose_image_cannot_be_made_fails_the_task() -> None:
    definition = a_definition(a_container(), network_mode="awsvpc")
    bench = Bench.of(definition)
    (pull,) = bench.step().actions
    assert isinstance(pull, EnsureImage)
    error = EngineError(EngineErrorKind.CANNOT_PULL, "no space left on device")
    bench.last[pull.key] = Outcome(pull, error, NOW - 9, NOW - 1)
    assert bench.step().actions == (pull,), "an older task's failure is not this one's"
    bench.fail(pull, EngineErrorKind.CANNOT_PULL, "no space left on device")
    assert bench.settle() == []
    assert bench.status() is TaskStatus.STOPPED
    assert bench.task.stop_code is StopCode.TASK_FAILED_TO_START
    assert (bench.task.stopped_reason or "").startswith("ResourceInitializationError: ")
    assert (bench.task.stopped_reason or "").endswith("no space left on device")


def test_a_network_namespace_that_cannot_be_removed_does_not_hold_the_task() -> None:
    # Docker leaves a container "dead" for ever where its file system is still mounted somewhere.
    bench = Bench.of(a_definition(network_mode="awsvpc"))
    pause = bench.task.pause_engine_name
    assert pause is not None
    bench.task = stop_task_record(bench.task, StopCode.USER_INITIATED, "enough", NOW)
    bench.seen[pause] = Observation(pause, "id-pause", "owner", Phase.RUNNING)
    removal = RemoveContainer(bench.task.engine, pause)
    assert bench.settle()[:1] == [removal]
    error = EngineError(EngineErrorKind.CANNOT_STOP, "device or resource busy")
    bench.last[removal.key] = Outcome(removal, error, NOW, NOW)
    assert bench.step().actions == (removal,), "it still runs"
    bench.seen[pause] = Observation(pause, "id-pause", "owner", Phase.EXITED)
    bench.settle()
    assert bench.task.last_status is TaskStatus.STOPPED


def test_a_dependency_that_cannot_hold_ends_the_task() -> None:
    bench = Bench.of(
        a_definition(
            a_container("init", essential=False),
            a_container("app", depends_on=({"container_name": "init", "condition": "SUCCESS"},)),
        )
    )
    bench.settle()
    bench.show("init", Phase.EXITED, exit_code=2)
    bench.settle()
    assert bench.status() is TaskStatus.STOPPED
    assert bench.task.stop_code is StopCode.TASK_FAILED_TO_START
    assert bench.task.containers[1].exit_code == 143


def test_a_start_timeout_counts_by_the_clock_of_the_control_plane() -> None:
    """The engine's clock may be behind or ahead by far more than the timeout."""
    for skew_seconds in (-3600.0, 0.0, 3600.0):
        bench = Bench.of(
            a_definition(
                a_container("db", essential=False, start_timeout=30),
                a_container("app", depends_on=({"container_name": "db", "condition": "COMPLETE"},)),
            )
        )
        bench.show("db", Phase.RUNNING, started_at=NOW + skew_seconds)
        assert bench.step().wake_at == NOW + 30
        bench.now = NOW + 29
        assert bench.step().wake_at == NOW + 30
        assert bench.container("app") is ContainerStatus.PENDING
        bench.now = NOW + 30
        bench.step()
        assert bench.container("app") is ContainerStatus.STOPPED


def test_a_start_timeout_of_a_run_that_was_never_seen_begins_as_it_is_seen() -> None:
    """The daemon was away while the container started, or kept no such time in its journal."""
    for is_known in (False, True):
        bench = Bench.of(
            a_definition(
                a_container("db", essential=False, start_timeout=30),
                a_container("app", depends_on=({"container_name": "db", "condition": "COMPLETE"},)),
            )
        )
        bench.show("db", Phase.RUNNING)
        if is_known:
            bench.step()
            old = (c.with_(seen_running_at=None) for c in bench.task.containers)
            bench.task = bench.task.with_(containers=tuple(old))
        bench.now = NOW + 100
        assert bench.step().wake_at == NOW + 130
        assert bench.container("app") is ContainerStatus.PENDING


def test_a_restart_in_place_begins_a_start_timeout_anew() -> None:
    bench, _ = restarting_bench()
    bench.now = NOW + 101
    bench.show("app", Phase.RUNNING, started_at=NOW + 101)
    bench.settle()
    assert bench.task.containers[0].seen_running_at == NOW + 101
