"""Themes that a share of the worlds has on top: what few people use, and much of it at once.

Takes a finished scenario and draws from lots of its own, so that all other worlds stay as they
are. The opening of a scenario (definitions, services) is never left out, only changed.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from tests.sim.acts import (
    Act,
    Body,
    Create,
    Found,
    Interrupt,
    Launch,
    Nature,
    Offer,
    Protect,
    Provide,
    Register,
    Resize,
    Run,
    Scenario,
    SetAlarm,
    SetDraining,
    Step,
    Stop,
    StopDeployment,
    Update,
)

T = TypeVar("T")

GROUP = "pool"
_FEW_THEMES, _WAY_BACK, _MANY_THEMES = 0.4, 0.5, 0.6
"""Of all worlds, up to which share they are of which sort."""
_BOUNDS = ((50, 150), (50, 200), (100, 150), (100, 200))
_GAP_SECONDS = 3.0
_BAD = (Nature.ABSENT, Nature.CRASHING, Nature.SICK, Nature.SLOW)


def themed(scenario: Scenario) -> Scenario:
    """The scenario with a theme or two, or with many at once; half of them stay as they are."""
    lots = random.Random(f"themes of {scenario.seed}")
    share = lots.random()
    weaver = _Weaver(scenario, lots)
    if share < _FEW_THEMES:
        return weaver.weave(weaver.pick([1, 1, 2]))
    if share < _WAY_BACK:
        return weaver.weave_way_back()
    if share < _MANY_THEMES:
        woven = weaver.weave(weaver.pick([3, 4]))
        return weaver.weave_way_back() if weaver.often(0.4) else woven
    return scenario


_GROUP_SIZE = (6144, 8192)
"""CPU units and MiB: daemons are first on a new instance, and the task that it came for needs room
beside as many of them as a world may have."""


class _Weaver:
    """Weaves themes into one scenario."""

    def __init__(self, scenario: Scenario, lots: random.Random) -> None:
        self.scenario = scenario
        self.lots = lots
        self.steps = [*scenario.steps]

    def weave(self, count: int) -> Scenario:
        """So many themes, one over the other."""
        themes: list[Callable[[], None]] = [
            self._protection,
            self._blue_green,
            self._stops,
            self._fargate,
            self._group,
            self._zones,
            self._told_again,
        ]
        for theme in self.lots.sample(themes, count):
            theme()
        return replace(self.scenario, steps=tuple(self.steps))

    def weave_way_back(self) -> Scenario:
        """A deployment that works, and after it some that do not and are rolled back."""
        creates = self._creates()
        if not creates:
            return self.scenario
        create = self.pick(creates)
        count = self.pick([1, 2, 4])
        self._change(
            lambda act: replace(act, rolls_back=True, desired_count=count) if act == create else act
        )
        self._make_room()
        bad = [(self.pick(_BAD), self.pick([1.0, 20.0])) for _ in range(self.pick([1, 2, 3]))]
        steps: list[Step] = []
        for nature, seconds in ((Nature.GOOD, 30.0), *bad):
            register = Register(_of_nature(self._body(create.family), nature))
            update = Update(create.service, desired_count=count, family=create.family)
            steps += [Step(0.5, register), Step(0.5, update), Step(seconds, Stop(0))]
        at = self.lots.randint(self._opening(), len(self.steps))
        self.steps[at:at] = steps
        return replace(self.scenario, steps=tuple(self.steps))

    def pick(self, choices: Sequence[T]) -> T:
        return self.lots.choice(choices)

    def often(self, ratio: float) -> bool:
        return self.lots.random() < ratio

    # -- what is there ----------------------------------------------------------------------------

    def _creates(self) -> list[Create]:
        acts = [step.act for step in self.steps]
        return [act for act in acts if isinstance(act, Create) and not act.is_daemon]

    def _body(self, family: str) -> Body:
        acts = [step.act for step in self.steps]
        return next(a.body for a in acts if isinstance(a, Register) and a.body.family == family)

    def _change(self, change: Callable[[Act], Act]) -> None:
        self.steps = [replace(step, act=change(step.act)) for step in self.steps]

    def _add(self, *acts: Act, is_early: bool = False) -> None:
        """Put acts in a row somewhere after the opening; early: right at the start."""
        at = 0 if is_early else self.lots.randint(self._opening(), len(self.steps))
        mean = 0.2 if is_early else _GAP_SECONDS
        added = [Step(round(self.lots.expovariate(1 / mean), 3), act) for act in acts]
        self.steps[at:at] = added

    def _opening(self) -> int:
        """So many steps until every service is there."""
        created = [n for n, step in enumerate(self.steps) if isinstance(step.act, Create)]
        return max(created, default=0) + 1

    def _make_room(self) -> None:
        """Every instance becomes a large one."""
        instances = tuple(
            replace(each, cpu_units=4096, memory_mib=4096) for each in self.scenario.instances
        )
        self.scenario = replace(self.scenario, instances=instances)

    def _renew(self, create: Create) -> tuple[Act, Act]:
        """A new revision of what a service runs."""
        body = self._body(create.family)
        tags = [replace(piece, tag=self.lots.randint(10, 99)) for piece in body.pieces]
        renewed = Register(replace(body, pieces=tuple(tags)))
        return renewed, Update(create.service, family=create.family)

    # -- themes -----------------------------------------------------------------------------------

    def _protection(self) -> None:
        """Tasks are protected and then have every reason to go."""
        for create in self._creates():
            protect = Protect(self.lots.randrange(50), self.pick([1, 3, 10]), self.pick([1, 2, 3]))
            less = Update(create.service, desired_count=self.pick([0, 1, 2]))
            for acts in ((protect, less), (protect, *self._renew(create))):
                self._add(*acts)
            if self.often(0.5):
                self._add(Protect(self.lots.randrange(50), 10, 0))

    def _blue_green(self) -> None:
        """Deployments with blue and green, some of which are stopped."""
        bake_minutes = self.pick([0, 1, 1])
        is_mixed = self.often(0.3)

        def change(act: Act) -> Act:
            if not isinstance(act, Create) or act.is_daemon or (is_mixed and self.often(0.5)):
                return act
            minimum, maximum = self.pick(_BOUNDS)
            return replace(
                act,
                is_blue_green=True,
                bake_minutes=bake_minutes,
                minimum=minimum,
                maximum=maximum,
                desired_count=min(act.desired_count, 4),
            )

        self._change(change)
        for create in self._creates():
            self._add(*self._renew(create))
            if self.often(0.5):
                self._add(*self._renew(create), StopDeployment(create.service))

    def _stops(self) -> None:
        """Deployments that people and alarms put an end to."""
        alarm = self.pick(["alarm", ""])
        minutes = self.pick([None, None, 1])
        self._change(
            lambda act: (
                replace(act, alarm=alarm, bake_minutes=minutes)
                if isinstance(act, Create) and not act.is_daemon
                else act
            )
        )
        for create in self._creates():
            self._add(*self._renew(create), *self._end(create, alarm))
            self._add(*self._renew(create))

    def _end(self, create: Create, alarm: str) -> list[Act]:
        if alarm and self.often(0.6):
            return [SetAlarm(alarm, is_firing=True), SetAlarm(alarm, is_firing=False)]
        return [StopDeployment(create.service)]

    def _fargate(self) -> None:
        """A service on Fargate, and tasks whose capacity is taken away."""
        creates = self._creates()
        if not creates:
            return
        family, provider = self.pick(creates).family, self.pick(["FARGATE", "FARGATE_SPOT"])
        self._launch_by(family, provider, is_fargate=True)
        self._add(Offer(("FARGATE", "FARGATE_SPOT")), is_early=True)
        for create in creates:
            if create.family == family:
                self._add(*self._renew(create))
        if provider == "FARGATE_SPOT":
            for _ in range(3):
                self._add(Interrupt(self.lots.randrange(20)))
        self._add(Run(family, self.lots.randint(1, 3), is_awsvpc=True, provider=provider))

    def _group(self) -> None:
        """A service on instances that come and go."""
        creates = self._creates()
        if not creates:
            return
        family = self.pick(creates).family
        self._launch_by(family, GROUP, is_fargate=False)
        least = self.pick([0, 0, 1])
        most = least + self.pick([1, 2, 4])
        boot_seconds = self.pick([0.0, 1.0, 5.0])
        found = Found(GROUP, least, most, least, *_GROUP_SIZE, boot_seconds=boot_seconds)
        provide = Provide(
            GROUP, self.pick([50, 100, 100]), self.often(0.7), is_protecting=self.often(0.3)
        )
        self._add(found, provide, Offer((GROUP,)), is_early=True)
        for create in creates:
            if create.family == family:
                counts = [self.pick([0, 1, 4, 9]) for _ in range(2)]
                for count in counts:
                    self._add(Update(create.service, desired_count=count))
        for _ in range(2):
            least = self.pick([0, 0, 1, 2])
            most = least + self.pick([0, 1, 3])
            wanted = self.pick([None, self.lots.randint(least, most)])
            self._add(Resize(GROUP, least, most, wanted))
        pace = replace(
            self.scenario.pace,
            scaling_period_seconds=self.pick([2.0, 4.0]),
            waiting_limit_seconds=self.pick([10.0, 30.0, 60.0]),
            draining_hook_seconds=60.0,
        )
        self.scenario = replace(self.scenario, pace=pace)

    def _launch_by(self, family: str, provider: str, *, is_fargate: bool) -> None:
        """All that runs tasks of a family does so by a capacity provider from now on."""

        def change(act: Act) -> Act:
            match act:
                case Register(body=body) if body.family == family:
                    return Register(_on(body, is_fargate=is_fargate))
                case Create(is_daemon=False) | Run() if act.family == family:
                    is_awsvpc = act.is_awsvpc or is_fargate
                    act = replace(act, provider=provider, is_awsvpc=is_awsvpc)
                    is_create = isinstance(act, Create)
                    return _plain(act) if is_create and is_fargate else act  # type: ignore[arg-type]
                case Create() | Launch() if act.family == family:
                    return replace(act, is_awsvpc=act.is_awsvpc or is_fargate)
                case _:
                    return act

        self._change(change)

    def _zones(self) -> None:
        """Zones that fill unevenly: instances are drained and come back."""
        self._make_room()
        self.scenario = replace(self.scenario, ends_drained=False)

        def change(act: Act) -> Act:
            if not isinstance(act, Create) or act.is_daemon:
                return act
            minimum, maximum = self.pick(_BOUNDS)
            count = self.pick([2, 3, 4, 5])
            return replace(act, minimum=minimum, maximum=maximum, strategy="", desired_count=count)

        self._change(change)
        for number in range(2):
            self._add(SetDraining(number, is_draining=True), SetDraining(number, is_draining=False))

    def _told_again(self) -> None:
        """Troubles and steady states are told again before the end."""
        pace = replace(self.scenario.pace, repeat_event_seconds=self.pick([60.0, 120.0, 200.0]))
        self.scenario = replace(self.scenario, pace=pace)


def _on(body: Body, *, is_fargate: bool) -> Body:
    """A body without ports of the host, which new instances of an engine do not bring."""
    pieces = [replace(piece, host_port=0) for piece in body.pieces]
    if not is_fargate:
        return replace(body, pieces=tuple(pieces))
    longer = [
        replace(piece, stop_timeout_seconds=max(2, piece.stop_timeout_seconds)) for piece in pieces
    ]
    return replace(body, pieces=tuple(longer), is_awsvpc=True, is_fargate=True)


def _plain(create: Create) -> Create:
    """Without what Fargate refuses."""
    return replace(create, is_distinct=False, strategy="")


def _of_nature(body: Body, nature: Nature) -> Body:
    """The body with all but its jobs of one nature."""
    pieces = [
        piece if piece.nature.is_job else replace(piece, nature=nature) for piece in body.pieces
    ]
    return replace(body, pieces=tuple(pieces))
