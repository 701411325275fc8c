"""From a seed to a scenario: settings, services, what people do to them, and what goes wrong.

Draws everything in advance and nothing later: the same seed gives the same scenario for ever.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from ecstui.control.setup import InstanceSetup, Limits
from ecstui.engine.faults import Faults
from ecstui.model.enums import RolloutOrder
from ecstui.plan.pace import PACES, Pace, PaceName
from tests.sim.acts import (
    Act,
    Body,
    Bungle,
    Crash,
    Create,
    Delete,
    Enlist,
    Expel,
    Jump,
    Launch,
    Mishap,
    Moment,
    Nature,
    Outage,
    Piece,
    Register,
    Run,
    Scenario,
    SetDraining,
    Slowness,
    Step,
    Stop,
    Strike,
    Update,
    Weather,
)
from tests.sim.themes import themed

T = TypeVar("T")

MEAN_GAP_SECONDS = 6.0
_LENGTHS = (2, 2, 3, 3, 4, 5, 6, 8, 12)
"""Deeds of people: short worlds are quick and shrink well, long ones meet what takes long."""
_PERCENTAGES = ((0, 100), (50, 100), (50, 150), (50, 200), (75, 125), (100, 150), (100, 200))
_SERVERS = {
    Nature.GOOD: 10,
    Nature.SLOW: 2,
    Nature.STUBBORN: 2,
    Nature.MORTAL: 1,
    Nature.CRASHING: 2,
    Nature.FLAKY: 2,
    Nature.SICK: 1,
    Nature.ABSENT: 1,
    Nature.HUNGRY: 1,
}
_JOBS = {Nature.JOB: 4, Nature.FAILING_JOB: 1}


def scenario_of(seed: int) -> Scenario:
    """The scenario of a seed."""
    return themed(_Author(seed).write())


class _Author:
    """Draws one scenario."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.lots = random.Random(seed)
        self.engines = self.pick([1, 1, 1, 2, 3])
        self.families: dict[str, bool] = {}
        """Families of servers and whether they are in awsvpc mode."""
        self.job_families: dict[str, bool] = {}
        self.services: dict[str, str] = {}
        """Services and their families."""
        self.ports = 8000

    def pick(self, choices: Sequence[T]) -> T:
        return self.lots.choice(choices)

    def often(self, ratio: float) -> bool:
        return self.lots.random() < ratio

    # -- settings -------------------------------------------------------------------------------

    def write(self) -> Scenario:
        lots = self.lots
        instances = self._instances()
        limits, pace = self._limits(), self._pace()
        is_calm = self.often(0.15)
        weather = tuple(Faults() if is_calm else self._faults() for _ in range(self.engines))
        steps = [*self._opening(), *self._middle(len(instances), is_calm=is_calm)]
        return Scenario(
            seed=self.seed,
            engines=self.engines,
            instances=instances,
            limits=limits,
            pace=pace,
            order=self.pick([RolloutOrder.SURGE_FIRST, RolloutOrder.CONCURRENT]),
            weather=weather,
            steps=tuple(steps),
            reader_seconds=self.pick([0.0, 0.1, 3.0, 40.0]),
            ends_drained=lots.random() < 0.5,
        )

    def _instances(self) -> tuple[InstanceSetup, ...]:
        count = max(self.engines, self.lots.randint(1, 5))
        sizes = [self._size() for _ in range(count)]
        return tuple(
            InstanceSetup(
                name=f"i-{number + 1}",
                engine=f"e-{number % self.engines + 1}",
                zone=f"zone-{'abc'[number % 3]}",
                cpu_units=sizes[number][0],
                memory_mib=sizes[number][1],
                ip=f"127.0.{number + 1}.1",
            )
            for number in range(count)
        )

    def _limits(self) -> Limits:
        usual = Limits()
        return Limits(
            engine_calls_at_once=self.pick([1, 2, 4, 16]),
            pulls_at_once=self.pick([1, 2, 3]),
            keys_per_turn=self.pick([1, 2, 7, 5_000, 5_000]),
            full_look_seconds=self.pick([2.0, 5.0, 15.0, 30.0]),
            longest_nap_seconds=self.pick([3.0, 30.0, 30.0]),
            events_per_service=self.pick([1, 5, 100]),
            events_in_all=self.pick([3, 50, 3_000]),
            stopped_containers_per_group=self.pick([0, 1, 5, 20]),
            retry_first_seconds=self.pick([0.05, usual.retry_first_seconds, 2.0]),
            retry_limit_seconds=self.pick([1.0, usual.retry_limit_seconds]),
            sweep_seconds=self.pick([2.0, usual.sweep_seconds, 20.0]),
        )

    def _pace(self) -> Pace:
        """Quick enough that everything is over minutes after the last change."""
        stopped_container_seconds = self.pick([0.0, 5.0, 30.0])
        return replace(
            PACES[PaceName.LOCAL],
            settling_seconds=self.pick([0.0, 0.5, 2.0, 10.0]),
            throttle_first_seconds=self.pick([0.5, 1.0, 5.0]),
            throttle_limit_seconds=self.pick([5.0, 40.0]),
            crash_first_seconds=self.pick([0.2, 0.5, 2.0]),
            crash_limit_seconds=self.pick([3.0, 10.0]),
            quick_exit_seconds=self.pick([1.0, 10.0, 30.0]),
            instance_lost_seconds=self.pick([5.0, 20.0, 60.0]),
            repeat_event_seconds=self.pick([900.0, 3_600.0]),
            stopped_container_seconds=stopped_container_seconds,
            stopped_task_seconds=stopped_container_seconds + self.pick([0.0, 10.0, 60.0]),
        )

    def _faults(self) -> Faults:
        """A sort of weather: each thing that can go wrong may be off, rare or frequent."""
        severity = self.pick([0.0, 0.3, 1.0])

        def ratio(most: float) -> float:
            return 0.0 if self.often(0.5) else round(most * severity * self.lots.random(), 3)

        return Faults(
            latency_seconds=self.pick([0.0, 0.02, 0.3]),
            slow_ratio=ratio(0.15),
            slow_seconds=self.pick([1.0, 10.0]),
            error_ratio=ratio(0.3),
            lost_answer_ratio=ratio(0.2),
            timeout_seconds=self.pick([1.0, 5.0, 30.0]),
            hint_lost_ratio=ratio(1.0),
            hint_doubled_ratio=ratio(0.5),
            hint_late_ratio=ratio(0.7),
            hint_late_seconds=self.pick([0.5, 5.0]),
            list_failing_ratio=ratio(0.5),
            list_stale_ratio=ratio(0.4),
            pull_failing_ratio=ratio(0.5),
            pull_slow_ratio=ratio(0.3),
        )

    # -- steps ----------------------------------------------------------------------------------

    def _step(self, act: Act, mean_seconds: float = MEAN_GAP_SECONDS) -> Step:
        return Step(round(self.lots.expovariate(1 / mean_seconds), 3), act)

    def _opening(self) -> list[Step]:
        acts: list[Act] = []
        for number in range(self.lots.randint(1, 4)):
            family = f"web-{number}"
            self.families[family] = self.often(0.2)
            acts += [Register(self._body(family)), self._create(f"s-{number}", family)]
        if self.often(0.5):
            self.job_families["job-0"] = self.often(0.2)
            acts.append(Register(self._job("job-0")))
        return [self._step(act, 0.5) for act in acts]

    def _middle(self, instances: int, *, is_calm: bool) -> list[Step]:
        """What people do, and what goes wrong in between."""
        steps = []
        crashes = self.pick([0, 1, 1, 2])
        for _ in range(self.pick(_LENGTHS)):
            mean = self.pick([0.3, 2.0, MEAN_GAP_SECONDS])
            steps += [self._step(act, mean) for act in self._deed(instances)]
            if not is_calm:
                steps += [self._step(self._crash(), mean) for _ in range(crashes)]
            if not is_calm and self.often(0.8):
                steps.append(self._step(self._calamity(), mean))
        return steps

    def _deed(self, instances: int) -> list[Act]:
        """Something that a person does."""
        service = self.pick(sorted(self.services))
        family = self.services[service]
        update = self._update(service, family)
        others: list[Act] = [
            Delete(service, is_forced=self.often(0.8)),
            self._run(),
            self._launch(instances),
            Stop(self.lots.randrange(100)),
            SetDraining(self.lots.randrange(instances), self.often(0.7)),
            Enlist(self.lots.randrange(self.engines), *self._size()),
            Expel(self.lots.randrange(instances + 1), self.often(0.7)),
            Bungle(service),
        ]
        if self.often(0.52):
            return update
        if self.often(0.05):
            return [self._create(service, family)]
        return self.lots.choices([[act] for act in others], [1, 4, 1, 4, 7, 1, 1, 1])[0]

    def _update(self, service: str, family: str) -> list[Act]:
        minimum, maximum = self._percentages()
        desired_count = self._desired_count()
        register = Register(self._body(family))
        ways: list[list[Act]] = [
            [Update(service, desired_count=desired_count)],
            [register, Update(service, family=family)],
            [register, Update(service, desired_count, family, minimum, maximum)],
            [Update(service, minimum=minimum, maximum=maximum)],
            [Update(service, is_forced=True)],
        ]
        return self.lots.choices(ways, [5, 6, 2, 2, 1])[0]

    def _size(self) -> tuple[int, int]:
        """CPU units and MiB of an instance."""
        sizes = [512, 1024, 2048, 4096]
        return self.pick(sizes), self.pick(sizes)

    def _launch(self, instances: int) -> Launch:
        family = self.pick(sorted(self.families))
        wanted = tuple(n for n in range(instances + 1) if self.often(0.5)) or (0,)
        return Launch(family, wanted, self.families[family])

    def _run(self) -> Act:
        families = self.families | self.job_families
        family = self.pick(sorted(families))
        return Run(family, self.lots.randint(1, 4), families[family])

    def _percentages(self) -> tuple[int, int]:
        return self.pick(_PERCENTAGES)

    def _desired_count(self) -> int:
        return self.pick([0, 1, 1, 2, 3, 4, 6, 9])

    def _create(self, service: str, family: str) -> Create:
        self.services[service] = family
        is_daemon = self.often(0.12)
        minimum, maximum = self._percentages()
        return Create(
            service=service,
            family=family,
            desired_count=self._desired_count(),
            minimum=self.pick([0, 50]) if is_daemon else minimum,
            maximum=100 if is_daemon else maximum,
            is_awsvpc=self.families[family],
            rolls_back=self.pick([None, None, False, True]),
            is_daemon=is_daemon,
            is_distinct=self.often(0.1),
            strategy="" if is_daemon else self.pick(["", "", "spread", "binpack", "random"]),
            grace_seconds=self.pick([None, None, 0, 15]),
        )

    # -- task definitions -----------------------------------------------------------------------

    def _nature(self, weights: dict[Nature, int]) -> Nature:
        return self.lots.choices(list(weights), list(weights.values()))[0]

    def _body(self, family: str) -> Body:
        """One to four containers, each of which may wait for those before it."""
        pieces: list[Piece] = []
        count = self.pick([1, 1, 1, 2, 2, 3, 4])
        main = self.lots.randrange(count)
        port = 0
        if self.often(0.15):
            self.ports += 1
            port = self.ports
        for number in range(count):
            is_job = number != main and self.often(0.4)
            nature = self._nature(_JOBS if is_job else _SERVERS)
            is_essential = number == main or (not is_job and self.often(0.5))
            pieces.append(self._piece(f"c{number}", nature, pieces, is_essential=is_essential))
        pieces[main] = replace(pieces[main], host_port=port)
        return Body(family, tuple(pieces), self.families[family])

    def _job(self, family: str) -> Body:
        nature = self._nature(_JOBS)
        piece = self._piece("c0", nature, [], is_essential=True)
        return Body(family, (piece,), self.job_families[family])

    def _piece(
        self, name: str, nature: Nature, before: Sequence[Piece], *, is_essential: bool
    ) -> Piece:
        return Piece(
            name=name,
            nature=nature,
            tag=self.lots.randint(1, 9),
            cpu_units=self.pick([0, 32, 64, 256]),
            memory_mib=self.pick([16, 64, 128, 400]),
            is_essential=is_essential,
            depends_on=self._dependencies(before),
            is_checked=not nature.is_job and self.often(0.5),
            stop_timeout_seconds=self.pick([0, 1, 5, 20]),
            start_timeout_seconds=self.pick([None, None, 10, 60]),
            restart_period_seconds=60 if self.often(0.15) else None,
        )

    def _dependencies(self, before: Sequence[Piece]) -> tuple[tuple[str, str], ...]:
        found = []
        for other in before:
            if self.often(0.5):
                continue
            conditions = ["START"]
            conditions += ["COMPLETE", "SUCCESS"] if not other.is_essential else []
            conditions += ["HEALTHY", "HEALTHY"] if other.is_checked else []
            if other.nature.is_job:
                conditions.remove("START")
            condition = self.pick(conditions)
            is_endless = condition in ("COMPLETE", "SUCCESS") and not other.nature.is_job
            found.append((other.name, "START" if is_endless else condition))
        return tuple(found)

    # -- what goes wrong ------------------------------------------------------------------------

    def _calamity(self) -> Act:
        kind = self.lots.choices(
            ["crash", "strike", "outage", "weather", "journal", "clock"], [8, 3, 2, 2, 2, 1]
        )[0]
        engine = self.lots.randrange(self.engines)
        match kind:
            case "crash":
                return self._crash()
            case "strike":
                return Strike(self.lots.randrange(100), self.pick(list(Mishap)))
            case "outage":
                seconds = round(self.lots.expovariate(1 / 12.0), 3)
                return Outage(engine, seconds, self.often(0.5), is_machine_lost=self.often(0.1))
            case "weather":
                return Weather(engine, self._faults())
            case "journal":
                failures = self.pick([0, 0, 0, 1])
                return Slowness(self.pick([0.0, 0.01, 0.2, 2.0]), failures)
            case _:
                return Jump(self.pick([-40.0, -2.0, 5.0, 100.0, 4_000.0]))

    def _crash(self) -> Crash:
        return Crash(
            moment=self.pick(list(Moment)),
            count=self.pick([1, 1, 2, 5, 15]),
            hops=self.pick([0, 0, 1, 2, 3, 5, 8, 20]),
            down_seconds=self.pick([0.0, 0.0, 0.01, 0.5, 2.0, 5.0]),
            is_graceful=self.often(0.15),
        )
