"""Planted bugs: each is a mistake that a good developer could make, and each must be found.

A mutant is put in place by patching and taken away again. It proves the simulator, not the product.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pytest

from ecstui.control import plane as plane_module
from ecstui.control.effects import Effects
from ecstui.control.ledger import CapacityLedger, _Used
from ecstui.control.loop import ControlLoop, Reconciled
from ecstui.control.observer import EngineObserver, Sighting
from ecstui.control.plane import ControlPlane
from ecstui.control.reconcilers import reaper as reaper_module
from ecstui.control.reconcilers import tasks as tasks_module
from ecstui.control.reconcilers.engines import EngineReconciler
from ecstui.control.reconcilers.reaper import Reaper
from ecstui.control.reconcilers.services import ServiceReconciler
from ecstui.engine.protocol import ContainerEngine
from ecstui.engine.simulated_container import SimulatedContainer
from ecstui.model.enums import ContainerStatus, TaskStatus
from ecstui.model.service import ServiceRecord
from ecstui.model.shape import Shape
from ecstui.model.task import TaskRecord
from ecstui.plan import rollout, service, task
from ecstui.plan.actions import Action, CreateContainer, StartContainer
from ecstui.plan.depends import Ready
from ecstui.plan.rollout import Bounds, Fleet
from ecstui.plan.service_steps import ServiceSituation
from ecstui.plan.spec import Observation, Phase
from ecstui.plan.task_facts import TaskSituation
from ecstui.store import store as store_module
from ecstui.store.kinds import SERVICES, TASKS
from ecstui.store.store import Store
from ecstui.store.tables import Change, Transaction
from tests.sim.planted import PLANTED

SEEDS = 50
"""Within so many seeds each planted bug must be found."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted bug."""

    name: str
    plant: Callable[[pytest.MonkeyPatch], None]
    rules: tuple[str, ...]
    """The rules that may find it, the proper one first."""


class _Told(str):
    """A hint that carries what a look would have shown when it was given."""

    __slots__ = ("observation",)
    observation: Observation | None


def _events_carry_state(patch: pytest.MonkeyPatch) -> None:
    def name(self: SimulatedContainer) -> str:
        told = _Told(self.spec.name)
        told.observation = None if self.is_removed else self.observation()
        return told

    async def listen(self: EngineObserver) -> None:
        async for hint in self._engine.hints(self._owner):
            if isinstance(hint, _Told):
                self._take(hint, hint.observation)
                self._on_seen(self._engine.name, hint)
            else:
                self._wanted_look.set()

    patch.setattr(SimulatedContainer, "name", property(name))
    patch.setattr(EngineObserver, "_listen", listen)


def _floor_ignored(patch: pytest.MonkeyPatch) -> None:
    def allowance(bounds: Bounds, fleet: Fleet, *_: object, **__: object) -> int:
        return fleet.healthy_old

    patch.setattr(rollout, "_allowance", allowance)


def _ceiling_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Bounds, "ceiling", property(lambda self: 3 * self.desired_count))


class _HastyStore:
    """A store whose flush is begun and not waited for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.update = store.update
        self._flushes: dict[asyncio.Task[int], None] = {}

    async def flush(self) -> None:
        flush = asyncio.create_task(self._store.flush())
        self._flushes[flush] = None
        flush.add_done_callback(lambda _: self._flushes.pop(flush))


def _flush_not_awaited(patch: pytest.MonkeyPatch) -> None:
    begin = ControlLoop.__init__

    def init(self: ControlLoop, store: Store, *arguments: object) -> None:
        begin(self, _HastyStore(store), *arguments)  # type: ignore[arg-type]

    patch.setattr(ControlLoop, "__init__", init)


def _answer_before_durable(patch: pytest.MonkeyPatch) -> None:
    call = ControlPlane.call

    async def hasty(self: ControlPlane, *arguments: object) -> object:
        real, self.store = self.store, _HastyStore(self.store)  # type: ignore[assignment]
        try:
            return await call(self, *arguments)  # type: ignore[arg-type]
        finally:
            self.store = real

    patch.setattr(ControlPlane, "call", hasty)


def _plan_before_first_look(patch: pytest.MonkeyPatch) -> None:
    async def first_signs(self: ControlPlane, seconds: float) -> None:
        for observer in self.observers.values():
            observer.has_looked = observer.is_connected = True

    patch.setattr(ControlPlane, "_first_signs", first_signs)


def _lists_are_believed(patch: pytest.MonkeyPatch) -> None:
    def compare(self: EngineObserver, listed: Mapping[str, Observation], mark: int) -> None:
        for name in [*self.seen, *(n for n in listed if n not in self.seen)]:
            if self.seen.get(name) != listed.get(name):
                self._take(name, listed.get(name))
                self._on_seen(self._engine.name, name)

    patch.setattr(EngineObserver, "_compare", compare)


def _failed_look_is_an_answer(patch: pytest.MonkeyPatch) -> None:
    async def look(self: EngineObserver, name: str) -> None:
        try:
            self._take(name, await self._engine.inspect(name))
        except Exception:
            self._wanted_look.set()
        finally:
            self._looking.pop(name, None)
        self._on_seen(self._engine.name, name)

    patch.setattr(EngineObserver, "_look", look)


def _only_hints(patch: pytest.MonkeyPatch) -> None:
    async def look_around(self: EngineObserver) -> None:
        has_succeeded = False
        while not has_succeeded:
            has_succeeded = await self._full_look()
            self.first_sign.set()
            await asyncio.sleep(1.0)

    patch.setattr(EngineObserver, "_look_around", look_around)


def _busy_is_not_seen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(plane_module._Busy, "__contains__", lambda self, key: False)


def _ports_double_booked(patch: pytest.MonkeyPatch) -> None:
    def add(self: _Used, record: TaskRecord, sign: int) -> None:
        self.cpu_units += sign * record.reservation.cpu_units
        self.memory_mib += sign * record.reservation.memory_mib

    patch.setattr(_Used, "add", add)


def _room_given_back_too_early(patch: pytest.MonkeyPatch) -> None:
    take = CapacityLedger._take_task

    def stopped(record: TaskRecord | None) -> TaskRecord | None:
        return None if record is None or not record.is_wanted else record

    def take_task(
        self: CapacityLedger, before: TaskRecord | None, after: TaskRecord | None
    ) -> None:
        take(self, stopped(before), stopped(after))

    patch.setattr(CapacityLedger, "_take_task", take_task)


def _throttle_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(service, "_held_until", lambda *_: None)


def _failed_deployment_goes_on(patch: pytest.MonkeyPatch) -> None:
    def wish(
        situation: object, record: ServiceRecord, *arguments: object, **more: object
    ) -> object:
        return service._wish_rollout(situation, record, *arguments, **more)  # type: ignore[arg-type]

    patch.setattr(service, "_wish", wish)


def _draining_ignored(patch: pytest.MonkeyPatch) -> None:
    group = service._group

    def without(situation: ServiceSituation, record: ServiceRecord) -> object:
        capacities = [replace(c, is_active=True) for c in situation.capacities]
        return group(replace(situation, capacities=capacities), record)

    patch.setattr(service, "_group", without)


def _dependencies_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(task, "can_start", lambda *_: Ready())


def _essential_end_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(task, "_essential_that_ended", lambda *_: None)


def _record_lost_at_restart(patch: pytest.MonkeyPatch) -> None:
    load = Store.load

    async def forgetful(self: Store) -> None:
        await load(self)
        tasks = self.by(TASKS, "active", "yes")
        if tasks:
            self._tables.table(TASKS).put(tasks[-1].task_arn, None)

    patch.setattr(Store, "load", forgetful)


def _record_goes_before_its_containers(patch: pytest.MonkeyPatch) -> None:
    def sweep(self: Reaper, tx: Transaction, now: float) -> list[object]:
        for record in [t for t in tx.all(TASKS) if t.is_stopped]:
            self._forget_task(tx, record, now)
        return []

    patch.setattr(Reaper, "_sweep_tasks", sweep)


def _feed_keeps_the_first_change(patch: pytest.MonkeyPatch) -> None:
    def coalesce(changes: list[Change]) -> list[Change]:
        merged: dict[tuple[str, str], Change] = {}
        for change in changes:
            merged.setdefault((change.kind.name, change.key), change)
        return list(merged.values())

    patch.setattr(store_module, "_coalesce", coalesce)


def _wake_times_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ControlLoop, "wake", lambda *_: None)


def _never_quiet(patch: pytest.MonkeyPatch) -> None:
    reconcile = ServiceReconciler.__call__

    def restless(self: ServiceReconciler, tx: Transaction, arn: str) -> Reconciled:
        done, record = reconcile(self, tx, arn), tx.get(SERVICES, arn)
        if record is not None:
            tx.put(record.with_(last_trouble_at=self._clock.now()))
        return replace(done, wake_at=self._clock.now() + 20.0)

    patch.setattr(ServiceReconciler, "__call__", restless)


def _task_goes_back(patch: pytest.MonkeyPatch) -> None:
    plan_task = task.plan_task

    def plan(situation: TaskSituation) -> task.TaskPlan:
        planned = plan_task(situation)
        record = planned.task
        waits = any(c.last_status is ContainerStatus.PENDING for c in record.containers)
        if record.last_status is TaskStatus.RUNNING and waits:
            record = record.with_(last_status=TaskStatus.PENDING)
        return replace(planned, task=record)

    def put(self: Transaction, record: Shape) -> None:
        kind = self._kind_of[type(record)]
        before = self._tables.table(kind).put(kind.key(record), record)
        self._undo.append((kind, kind.key(record), before))

    patch.setattr(tasks_module, "plan_task", plan)
    patch.setattr(Transaction, "put", put)


def _second_try_under_another_name(patch: pytest.MonkeyPatch) -> None:
    perform = Effects._perform

    async def renamed(self: Effects, engine: ContainerEngine, action: Action) -> None:
        tries = self.attempts.get(action.key, 0)
        if isinstance(action, CreateContainer) and tries:
            spec = replace(action.spec, name=f"{action.spec.name}-{tries}")
            action = replace(action, spec=spec)
        await perform(self, engine, action)

    patch.setattr(Effects, "_perform", renamed)


def _what_ended_is_started_again(patch: pytest.MonkeyPatch) -> None:
    def strays(
        tx: Transaction, record: TaskRecord, here: Sequence[Observation]
    ) -> list[StartContainer]:
        ended = [each for each in here if each.phase is Phase.EXITED]
        return [StartContainer(record.engine, each.name) for each in ended]

    patch.setattr(reaper_module, "_stop_strays", strays)
    patch.setattr(ControlPlane, "_is_wanted", lambda _plane, _action: True)


def _silent_engine_given_up_at_once(patch: pytest.MonkeyPatch) -> None:
    lose = EngineReconciler._lose

    def hasty(
        self: EngineReconciler, tx: Transaction, name: str, since: float | None
    ) -> Reconciled:
        return lose(self, tx, name, None if since is None else since - 3_600.0)

    patch.setattr(EngineReconciler, "_lose", hasty)


def _looks_go_on_after_the_end(patch: pytest.MonkeyPatch) -> None:
    async def close(self: EngineObserver) -> None:
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)

    patch.setattr(EngineObserver, "close", close)


def _what_runs_is_never_swept(patch: pytest.MonkeyPatch) -> None:
    of_task = Sighting.of_task

    def ended(self: Sighting, arn: str) -> list[Observation]:
        return [each for each in of_task(self, arn) if each.phase is not Phase.RUNNING]

    patch.setattr(Sighting, "of_task", ended)
    patch.setattr(Reaper, "_finish", lambda *_: [])


_RULES: dict[Callable[[pytest.MonkeyPatch], None], tuple[str, ...]] = {
    _events_carry_state: ("S16", "S1", "S5"),
    _floor_ignored: ("S3",),
    _ceiling_ignored: ("S2",),
    _flush_not_awaited: ("S4",),
    _answer_before_durable: ("S11", "S21"),
    _plan_before_first_look: ("S5", "S16"),
    _lists_are_believed: ("S16", "S5"),
    _failed_look_is_an_answer: ("S5", "S16"),
    _only_hints: ("L1", "L2", "L3"),
    _busy_is_not_seen: ("S5", "S16"),
    _ports_double_booked: ("S7",),
    _room_given_back_too_early: ("S7",),
    _throttle_ignored: ("S15",),
    _failed_deployment_goes_on: ("S14", "L1"),
    _draining_ignored: ("L1",),
    _dependencies_ignored: ("S8",),
    _essential_end_ignored: ("S9",),
    _record_lost_at_restart: ("S11",),
    _record_goes_before_its_containers: ("S4",),
    _feed_keeps_the_first_change: ("S12",),
    _wake_times_lost: ("L1", "L3"),
    _never_quiet: ("L3",),
    _task_goes_back: ("S1",),
    _second_try_under_another_name: ("S6", "S10", "L2"),
    _what_ended_is_started_again: ("S10",),
    _silent_engine_given_up_at_once: ("S17",),
    _looks_go_on_after_the_end: ("S18",),
    _what_runs_is_never_swept: ("L2", "S4"),
    **PLANTED,
}
"""Which rule finds each, the proper one first."""

MUTANTS = tuple(
    Mutant(plant.__name__.removeprefix("_"), plant, rules) for plant, rules in _RULES.items()
)
