"""Judges what happens in the worlds, which are the truth: records are only compared with them.

A call that a dead control plane had sent may still arrive. What it brings about is not held
against the living one at that moment, but must be cleaned up by the end (`rest`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ecstui.base.clock import Clock
from ecstui.engine.simulated_container import SimulatedContainer
from ecstui.engine.world import World
from ecstui.model.enums import DependencyCondition, InstanceStatus, StopCode, TaskStatus
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.plan.pace import Pace
from ecstui.plan.spec import Observation, Phase, Probe
from ecstui.store.kinds import INSTANCES, TASK_DEFINITIONS, TASKS
from ecstui.store.tables import Change, View
from tests.sim.oracle import Oracle
from tests.sim.stage import LIFE, TASK_LABEL
from tests.sim.verdict import Findings

PIECE_LABEL = "com.amazonaws.ecs.container-name"


@dataclass(slots=True)
class History:
    """What a container of a name has been so far, whatever it is now."""

    has_run: bool = False
    was_healthy: bool = False
    exit_codes: list[int] = field(default_factory=list)


class Ground:
    """Watches every container of every world."""

    def __init__(self, findings: Findings, oracle: Oracle, clock: Clock, pace: Pace) -> None:
        """`oracle` knows what is durable; `pace`: the waits that the scenario has."""
        self.findings = findings
        self.life = 0
        """The control plane that lives; calls of others are late."""
        self.late: dict[str, None] = {}
        """Containers that a call of a dead control plane made or started."""
        self._lost: dict[str, None] = {}
        """Containers of tasks that were declared STOPPED while their engine was out of reach."""
        self._oracle = oracle
        self._clock = clock
        self._pace = pace
        self._answered_at: dict[str, float] = {}
        """When the control plane that lives was last shown all that an engine has."""
        self._worlds: Mapping[str, World] = {}
        self._view: Callable[[], View | None] = lambda: None
        self._pieces: dict[tuple[str, str], str] = {}
        self._histories: dict[str, History] = {}
        self._tasks: dict[str, str] = {}
        self._stamps: dict[int, tuple[Observation, int]] = {}
        self._sighted: dict[str, tuple[Observation, int]] = {}

    def open(self, worlds: Mapping[str, World], view: Callable[[], View | None]) -> None:
        """`worlds` by engine name; `view`: the records of the control plane that lives."""
        self._worlds, self._view = worlds, view

    def begin_life(self, number: int) -> None:
        """A control plane that knows nothing of what others saw."""
        self.life = number
        self._sighted.clear()
        self._answered_at = dict.fromkeys(self._worlds, self._clock.now())

    # -- what a control plane sees ----------------------------------------------------------------

    def on_sighted(self, name: str, observation: Observation) -> None:
        """S16: what planners see of a container never goes back."""
        stamp = self._stamps[id(observation)]
        before = self._sighted.get(name)
        if before is not None and stamp[1] < before[1]:
            words = f"{name} is seen {observation.phase} again"
            self.findings.break_rule("S16", f"{words}, after {before[0].phase}")
        self._sighted[name] = stamp

    def on_lost_sight(self, engine: str, name: str) -> None:
        """S16: what is there does not disappear from the sight of planners."""
        known = self._sighted.get(name)
        container = self._worlds[engine].containers.get(name)
        is_there = container is not None and known is not None
        if is_there and container.engine_id == known[0].engine_id:  # type: ignore[union-attr, index]
            self.findings.break_rule("S16", f"{name} is not seen any more, but is there")

    def _stamp(self, container: SimulatedContainer) -> None:
        """Number what a look at a container shows from now on."""
        observation = container.observation()
        self._stamps[id(observation)] = (observation, len(self._stamps))

    # -- what a control plane asks for ------------------------------------------------------------

    def on_call(self, name: str, verb: str, arn: str | None) -> None:
        """S10: nothing is made or started for a task that has stopped."""
        view = self._view()
        if verb not in ("create", "start") or view is None or LIFE.get() != self.life:
            return
        if name in self.late:
            return
        container = self._find(name)
        arn = task_of(container) if container is not None else arn or self._tasks.get(name)
        task = None if arn is None else view.get(TASKS, arn)
        if task is None or task.is_stopped:
            state = "unknown" if task is None else task.last_status
            self.findings.break_rule("S10", f"{verb} of {name}, whose task is {state}")

    # -- what happens -----------------------------------------------------------------------------

    def on_created(self, container: SimulatedContainer) -> None:
        """S4 and S6."""
        name, arn = container.name, task_of(container)
        self._histories[name] = History()
        self._stamp(container)
        self._note_late(name)
        if (TASKS.name, arn) not in self._oracle.durable and not self._is_excused(name):
            self.findings.break_rule("S4", f"{name} was created without a durable record")
        piece = (arn, container.spec.labels.get(PIECE_LABEL, name))
        other = self._pieces.get(piece)
        if other not in (None, name) and self._find(other or "") is not None:
            self.findings.break_rule("S6", f"{name} is the same container as {other}")
        self._pieces[piece] = name

    def on_started(self, container: SimulatedContainer) -> None:
        """S8 and S10."""
        history = self._histories[container.name]
        self._note_late(container.name)
        task = self._durable_task(container)
        is_excused = self._is_excused(container.name)
        if not is_excused and (task is None or task.is_stopped):
            self.findings.break_rule("S10", f"{container.name} starts though its task has stopped")
        if not history.has_run and task is not None:
            self._check_dependencies(container, task)
        history.has_run = True

    def _check_dependencies(self, container: SimulatedContainer, task: TaskRecord) -> None:
        """S8: what a container waits for has happened in the world, whatever became of it since."""
        definition = self._oracle.durable.get((TASK_DEFINITIONS.name, task.task_definition_arn))
        piece = container.spec.labels.get(PIECE_LABEL)
        if not isinstance(definition, TaskDefinitionRecord):
            return
        names = {c.name: c.engine_name for c in task.containers}
        for each in definition.container_definitions:
            if each.name != piece:
                continue
            for dependency in each.depends_on:
                history = self._histories.get(names[dependency.container_name])
                if history is None or not _has_held(dependency.condition, history):
                    words = f"{container.name} starts before {dependency.container_name} was"
                    self.findings.break_rule("S8", f"{words} {dependency.condition}")

    def on_refused_start(self, name: str, error: Exception) -> None:
        """S7: a port that is taken was given twice.

        It was not if the port is held by what a dead control plane brought about or what was given
        up for lost, nor if the start itself is such a one.
        """
        if "port is already allocated" not in str(error):
            return
        container = self._find(name)
        assert container is not None, name
        is_excused = name in self._lost or self._is_belated(container)
        if not is_excused and not any(map(self._is_excused, self._holders(container))):
            self.findings.break_rule("S7", f"{name}: {error}")

    def _is_belated(self, container: SimulatedContainer) -> bool:
        """Whether a dead control plane asked for this, for a task that has stopped since."""
        task = self._durable_task(container)
        return LIFE.get() != self.life and (task is None or task.is_stopped)

    def _holders(self, container: SimulatedContainer) -> Iterator[str]:
        """The containers that have a host port which this one wants."""
        wanted = {(each.host_ip, each.host_port) for each in container.spec.ports}
        for world in self._worlds.values():
            if container.name in world.containers:
                for other in world.containers.values():
                    if any((each.host_ip, each.host_port) in wanted for each in other.ports):
                        yield other.name

    def on_shown(self, container: SimulatedContainer) -> None:
        """Remember what the container has been."""
        history = self._histories.get(container.name)
        if history is None:
            return
        self._stamp(container)
        if container.probe is Probe.HEALTHY:
            history.was_healthy = True
        if container.phase is Phase.EXITED and container.exit_code is not None:
            history.exit_codes.append(container.exit_code)

    # -- what the records say of it ---------------------------------------------------------------

    def on_change(self, change: Change) -> None:
        """S5: what is declared stopped does not run."""
        before, after = change.before, change.after
        if isinstance(after, TaskRecord):
            self._tasks |= dict.fromkeys(names_of(after), after.task_arn)
        if not isinstance(after, TaskRecord) or after.last_status is not TaskStatus.STOPPED:
            return
        if isinstance(before, TaskRecord) and before.is_stopped:
            return
        if self._was_given_up(after):
            self._lost |= dict.fromkeys(names_of(after))
        for name in names_of(after):
            container = self._find(name)
            if container is not None and container.is_running and not self._is_excused(name):
                words = f"{name} runs while its task is declared STOPPED"
                self.findings.break_rule("S5", words)

    def _was_given_up(self, task: TaskRecord) -> bool:
        """Whether it is STOPPED though nobody could see it stop; S17: and whether that is right.

        ECS does so when its instance is deregistered (ecs.md 4.5) or has been silent for too long
        (ecs.md 4.3). What still runs must be stopped when the engine is back.
        """
        if not task.engine:
            return False
        view = self._view()
        instance = None if view is None else view.get(INSTANCES, task.container_instance_arn or "")
        if instance is not None and instance.status is InstanceStatus.INACTIVE:
            return True
        silent_seconds = self._clock.now() - self._answered_at[task.engine]
        is_lost = silent_seconds >= self._pace.instance_lost_seconds
        if instance is not None and instance.is_terminating:
            return is_lost
        if task.stop_code is StopCode.TERMINATION_NOTICE and not is_lost:
            words = f"task {task.task_id[:6]} is given up for lost: {task.engine} answered"
            self.findings.break_rule("S17", f"{words} {silent_seconds:.3f} s ago")
        return is_lost

    def on_answer(self, engine: str) -> None:
        """A control plane was shown everything that an engine has."""
        if LIFE.get() == self.life:
            self._answered_at[engine] = self._clock.now()

    def on_written(self, changes: Sequence[Change]) -> None:
        """S4: a record outlives its containers."""
        for change in changes:
            if change.kind.name != TASKS.name or change.after is not None:
                continue
            assert isinstance(change.before, TaskRecord)
            for name in names_of(change.before):
                if self._find(name) is not None and name not in self.late:
                    self.findings.break_rule("S4", f"{name} is still there without its record")

    # -- the worlds -------------------------------------------------------------------------------

    def _note_late(self, name: str) -> None:
        if LIFE.get() != self.life:
            self.late[name] = None

    def _is_excused(self, name: str) -> bool:
        return name in self.late or name in self._lost

    def _find(self, name: str) -> SimulatedContainer | None:
        for world in self._worlds.values():
            if name in world.containers:
                return world.containers[name]
        return None

    def _durable_task(self, container: SimulatedContainer) -> TaskRecord | None:
        record = self._oracle.durable.get((TASKS.name, task_of(container)))
        return record if isinstance(record, TaskRecord) else None


def task_of(container: SimulatedContainer) -> str:
    """ARN of the task that a container belongs to."""
    return container.spec.labels.get(TASK_LABEL, "")


def names_of(task: TaskRecord) -> Sequence[str]:
    """Names of a task's containers in the world."""
    pause = [] if task.pause_engine_name is None else [task.pause_engine_name]
    return [*(c.engine_name for c in task.containers), *pause]


def _has_held(condition: DependencyCondition, history: History) -> bool:
    match condition:
        case DependencyCondition.START:
            return history.has_run
        case DependencyCondition.HEALTHY:
            return history.was_healthy
        case DependencyCondition.COMPLETE:
            return bool(history.exit_codes)
        case DependencyCondition.SUCCESS:
            return 0 in history.exit_codes
