"""Which container of a task may start or stop now, given what the others do (ecs.md 3.6).

Reads container states and answers; it starts and stops nothing, and it never looks at an engine.
A cycle, which registration refuses, must not hold a task back from stopping.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ecstui.model.enums import ContainerStatus, DependencyCondition, HealthStatus
from ecstui.model.task_definition import ContainerDefinition, TaskDefinitionBody


@dataclass(frozen=True, slots=True)
class ContainerState:
    """What dependency rules look at in one container; times are POSIX seconds."""

    status: ContainerStatus = ContainerStatus.PENDING
    started_at: float | None = None
    finished_at: float | None = None
    exit_code: int | None = None
    health: HealthStatus = HealthStatus.UNKNOWN
    seen_running_at: float | None = None

    @property
    def is_running(self) -> bool:
        """Whether it runs now."""
        return self.status is ContainerStatus.RUNNING

    @property
    def is_stopped(self) -> bool:
        """Whether it has reached its last state."""
        return self.status is ContainerStatus.STOPPED

    @property
    def never_started(self) -> bool:
        """Whether it has stopped without having run, and so never will."""
        return self.is_stopped and self.started_at is None


@dataclass(frozen=True, slots=True)
class Ready:
    """Every dependency holds."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A dependency does not hold yet."""

    on: str
    """Name of the first container that is waited for."""
    condition: DependencyCondition
    words: str
    """What is waited for, e.g. `waits for db to be HEALTHY`."""
    wake_at: float | None = None
    """When a startTimeout ends the waiting, POSIX seconds; None when none runs."""


@dataclass(frozen=True, slots=True)
class Never:
    """A dependency can no longer hold."""

    reason: str
    """For the container's `reason`, in the ECS agent's manner."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """One thing that a container waits for, given or implied."""

    on: str
    condition: DependencyCondition


_WISHES = {
    DependencyCondition.START: "to start",
    DependencyCondition.COMPLETE: "to exit",
    DependencyCondition.SUCCESS: "to exit with code 0",
    DependencyCondition.HEALTHY: "to be HEALTHY",
}


def dependencies_of(container: ContainerDefinition) -> tuple[Dependency, ...]:
    """What a container waits for: `dependsOn`, and START for its links and volumesFrom.

    Source: ECS agent, api/task (ecs.md 3.6).
    """
    given = [Dependency(d.container_name, d.condition) for d in container.depends_on]
    implied = [link.partition(":")[0] for link in container.links]
    implied += [volumes.source_container for volumes in container.volumes_from]
    started = [Dependency(name, DependencyCondition.START) for name in implied]
    return tuple(dict.fromkeys(given + started))


def can_start(
    container: str,
    definition: TaskDefinitionBody,
    states: Mapping[str, ContainerState],
    now: float,
) -> Ready | Waiting | Never:
    """Whether a container may be created and started, by its dependencies alone.

    A dependency that can never hold outweighs others that do not hold yet.
    Source: ECS agent, engine/dependencygraph (ecs.md 3.6).
    """
    named = {c.name: c for c in definition.container_definitions}
    waits: list[Waiting] = []
    for dependency in dependencies_of(named[container]):
        target = named.get(dependency.on)
        if target is None:
            return _never(dependency, "the task has no container of that name")
        verdict = _judge(dependency, target, states.get(target.name, ContainerState()), now)
        if isinstance(verdict, Never):
            return verdict
        if isinstance(verdict, Waiting):
            waits.append(verdict)
    if not waits:
        return Ready()
    first = waits[0]
    wakes = [wait.wake_at for wait in waits if wait.wake_at is not None]
    return Waiting(first.on, first.condition, first.words, min(wakes, default=None))


def stranded(
    definition: TaskDefinitionBody, states: Mapping[str, ContainerState]
) -> tuple[str, ...]:
    """Names of containers that can never start: what they wait for has stopped, or waits itself.

    Source: ECS agent, task_manager onContainersUnableToTransitionState (ecs.md 3.6).
    """
    named = {c.name: c for c in definition.container_definitions}
    known = {name: states.get(name, ContainerState()) for name in named}
    waiting = [n for n, state in known.items() if not state.is_running and not state.is_stopped]
    movable = {name for name, state in known.items() if state.is_running}
    while True:
        freed = {
            name
            for name in waiting
            if name not in movable
            and all(
                d.on in movable or (d.on in named and _holds(d.condition, named[d.on], known[d.on]))
                for d in dependencies_of(named[name])
            )
        }
        if not freed:
            return tuple(name for name in waiting if name not in movable)
        movable |= freed


def _judge(
    dependency: Dependency, target: ContainerDefinition, state: ContainerState, now: float
) -> Ready | Waiting | Never:
    if state.never_started:
        return _never(dependency, "it never started")
    if _holds(dependency.condition, target, state):
        return Ready()
    if state.is_stopped:
        return _judge_stopped(dependency, state)
    times_out_at = _times_out_at(dependency.condition, target, state)
    if times_out_at is not None and now >= times_out_at:
        return _never(dependency, f"its startTimeout of {target.start_timeout} s has passed")
    return _waiting(dependency, times_out_at)


def _holds(
    condition: DependencyCondition, target: ContainerDefinition, state: ContainerState
) -> bool:
    has_run = state.is_stopped and state.started_at is not None
    match condition:
        case DependencyCondition.START:
            return state.is_running or has_run
        case DependencyCondition.COMPLETE:
            return has_run and state.exit_code is not None
        case DependencyCondition.SUCCESS:
            return has_run and state.exit_code == 0
        case DependencyCondition.HEALTHY:
            is_checked = target.health_check is not None
            return is_checked and state.is_running and state.health is HealthStatus.HEALTHY


def _judge_stopped(dependency: Dependency, state: ContainerState) -> Waiting | Never:
    """A stopped dependency cannot time out; only SUCCESS is lost by how it ended."""
    if dependency.condition is DependencyCondition.SUCCESS and state.exit_code is not None:
        return _never(dependency, f"it exited with code {state.exit_code}")
    return _waiting(dependency, None)


def _times_out_at(
    condition: DependencyCondition, target: ContainerDefinition, state: ContainerState
) -> float | None:
    """When the dependency's own startTimeout passes; its clock starts as it is seen to run.

    `startedAt` is what the engine's clock said, which need not agree with `now`.
    """
    if condition is DependencyCondition.START:
        return None
    if target.start_timeout is None or state.seen_running_at is None:
        return None
    return state.seen_running_at + target.start_timeout


def _waiting(dependency: Dependency, wake_at: float | None) -> Waiting:
    words = f"waits for {dependency.on} {_WISHES[dependency.condition]}"
    return Waiting(dependency.on, dependency.condition, words, wake_at)


def _never(dependency: Dependency, why: str) -> Never:
    return Never(
        f"CannotStartContainerError: dependency {dependency.on} can no longer be "
        f"{dependency.condition}: {why}"
    )


def may_stop(
    container: str, definition: TaskDefinitionBody, states: Mapping[str, ContainerState]
) -> bool:
    """Whether a container may get its stop signal: all that depend on it have stopped.

    Source: ECS agent, engine/dependencygraph verifyShutdownOrder (ecs.md 3.6).
    """
    waiting_for_us = dependents_of(container, definition)
    if all(states.get(name, ContainerState()).is_stopped for name in waiting_for_us):
        return True
    return find_cycle(definition) is not None


def dependents_of(container: str, definition: TaskDefinitionBody) -> tuple[str, ...]:
    """Names of the containers that depend directly on one."""
    return tuple(
        other.name
        for other in definition.container_definitions
        if other.name != container
        and any(dependency.on == container for dependency in dependencies_of(other))
    )


def find_cycle(definition: TaskDefinitionBody) -> tuple[str, ...] | None:
    """The names along one dependency cycle, the first repeated at the end; None without one."""
    edges = {
        container.name: [dependency.on for dependency in dependencies_of(container)]
        for container in definition.container_definitions
    }
    finished: set[str] = set()
    for start in edges:
        cycle = _cycle_from(start, edges, finished)
        if cycle is not None:
            return cycle
    return None


def _cycle_from(
    start: str, edges: Mapping[str, list[str]], finished: set[str]
) -> tuple[str, ...] | None:
    """Follow edges depth first from `start`; `finished` gathers names known to lead nowhere."""
    path = [start]
    pending = [list(edges[start])]
    while path:
        if not pending[-1]:
            finished.add(path.pop())
            pending.pop()
            continue
        following = pending[-1].pop(0)
        if following in path:
            return (*path[path.index(following) :], following)
        if following in edges and following not in finished:
            path.append(following)
            pending.append(list(edges[following]))
    return None
