"""A monkey at the keyboard: lots decide what is pressed, clicked, changed and lost, and when.

Each seed draws a place to start and its steps in advance, and most of them come before what the
last one began is over. Widgets are kept busy now and then, as under load. On a clock that jumps
nothing is left to chance: `python -m tests.ui.monkey --seeds 100 --first 1` prints the seeds that
break the screens, with the fewest steps that do.
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import traceback
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from textual import events
from textual.geometry import Size
from textual.keys import _character_to_key
from textual.screen import Screen
from textual.widget import Widget

from ecstui.base.errors import ClientException, DaemonUnreachableError
from ecstui.client.forwarding import Forward
from ecstui.model.enums import (
    TASK_STATUS_ORDER,
    DesiredStatus,
    HealthStatus,
    RolloutState,
    TaskStatus,
)
from ecstui.model.exec import ExecOrder
from ecstui.model.logs import LogLine, LogWindow
from ecstui.model.shape import Request, Shape
from ecstui.store.kinds import KINDS, SERVICES, TASKS
from ecstui.ui import routes
from ecstui.ui.preset_k9s import PRESET
from tests.doors.plane import Session
from tests.support import simloop
from tests.support.simloop import SimLoop
from tests.ui.stills import SCENES, THEMES, anywhere
from tests.ui.town import NOW, Town, TownApp, TownClient, app_of, town_pilot

R = TypeVar("R", bound=Shape)

STEPS = 120
MOST_ROUNDS = 10_000
"""Of the loop without time passing: more is screens that keep each other busy for ever."""
SIZES = ((80, 24), (60, 16), (40, 10), (100, 18), (1, 1), (2, 30), (150, 3), (99, 29))
SECTIONS = tuple(routes.SECTIONS)
OVERLAYS = tuple(name for name, scene in SCENES.items() if not scene.keys)
PRESSED = tuple(key for command in PRESET for key in command.keys)
PLAIN = (
    *["escape"] * 12, *["enter"] * 14, *["tab"] * 6, *["down"] * 6, "up", "left", "right", "space",
    "shift+tab", "backspace", "delete", "home", "end", "pagedown", "pageup", "ctrl+s", "ctrl+p",
    "y", "n", *["f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f1"], "ctrl+c", "shift+down",
)  # fmt: skip
TEXTS = (
    "web", "api:42", "scale api 5", "theme mono", "svc", "zzz", "5", "-1", "999999999", "!web",
    "delete", "restart worker", "forwards", "logs web", "{",
    '"', "\\", "(", "shop", "漢字", "a b c",
    "api", "nowhere/at/all.json", "ls -l", "8080", "0", "tree", "map", "why analytics", "edit api",
    "cluster staging", "ports", "history", "roles", "messages", "new", "undo", "record", "$x",
)  # fmt: skip
KINDS_OF_STEPS: Mapping[str, float] = {
    "key": 40, "plain": 40, "text": 10, "resize": 3, "click": 14, "twice": 3, "wheel": 2,
    "change": 14, "storm": 1, "offline": 1, "online": 2, "go": 4, "back": 6, "open": 14,
    "theme": 0.3, "ascii": 0.3, "cluster": 0.5, "freeze": 1, "busy": 20, "slow": 2, "quick": 2,
    "refuse": 2, "accept": 3, "focus": 1, "paste": 1, "settle": 2,
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """What happens, lots that say more of it, and how long the monkey waits after it."""

    kind: str
    lots: tuple[float, float, float]
    wait: float

    def pick(self, choices: "Sequence[Any]", lot: int = 0) -> Any:
        """One of them, as the lot says."""
        return choices[int(self.lots[lot] * len(choices))]


@dataclass(frozen=True)
class Plan:
    """A place to start, and the steps."""

    start: str
    size: tuple[int, int]
    steps: tuple[Step, ...]
    is_blind: bool = False
    """Whether nothing is drawn, which takes most of the time."""


def plan_of(seed: int, count: int = STEPS) -> Plan:
    """What the monkey does with a seed, for ever the same."""
    lots = random.Random(seed)
    kinds, weights = list(KINDS_OF_STEPS), list(KINDS_OF_STEPS.values())
    haste = lots.choice((0.0, 0.002, 0.01, 0.05))
    steps = []
    for kind in lots.choices(kinds, weights, k=count):
        wait = lots.choice((0.0, 0.0, haste, haste, 0.15)) * lots.random()
        more = (lots.random(), lots.random(), lots.random())
        steps.append(Step(kind, more, wait))
    start, size = lots.choice(list(SCENES)), lots.choice(SIZES[:4])
    return Plan(start, size, tuple(steps), lots.random() < 0.8)


class SlowClient(TownClient):
    """Answers after a while, or not at all; its streams come in pieces and some go on."""

    lag = 0.0

    async def call(self, request: Request[R]) -> R:
        await asyncio.sleep(self.lag)
        if self.problem is not None:
            raise DaemonUnreachableError(self.problem)
        return await super().call(request)

    async def logs(
        self, task_arn: str, container: str, window: LogWindow
    ) -> AsyncGenerator[Sequence[LogLine], None]:
        for number in range(40):
            if self.problem is not None:
                raise DaemonUnreachableError(self.problem)
            if self.refusal is not None:
                raise self.refusal
            text = '{"level":"error","n":1}' if number % 3 else f"{container} says {number}"
            yield [LogLine(NOW + number, "stdout", text)]
            await asyncio.sleep(0.02 + self.lag)

    async def execute(self, task_arn: str, container: str, order: ExecOrder) -> Session:
        await asyncio.sleep(self.lag)
        if self.problem is not None:
            raise DaemonUnreachableError(self.problem)
        session = await super().execute(task_arn, container, order)
        session.say(b"one\ntwo\n")
        asyncio.get_running_loop().call_later(0.2, session.end, len(self.sessions) % 2)
        return session


class _Forward(Forward):
    async def listen(self, port: int) -> None:
        self.port = port or 4711


async def _open_forward(goal: Any, find: Any, port: int = 0) -> Forward:
    found = _Forward(goal, find)
    await asyncio.sleep(0.05)
    if port % 2:
        raise OSError(98, "Address already in use")
    await found.listen(port)
    return found


class Monkey:
    """Takes the steps of a plan on one app."""

    def __init__(self, app: TownApp) -> None:
        self.app = app
        self.number = 0

    @property
    def client(self) -> SlowClient:
        assert isinstance(self.app.town.client, SlowClient)
        return self.app.town.client

    async def take(self, step: Step) -> None:
        """One step, and the wait after it."""
        self.number += 1
        getattr(self, f"_{step.kind}")(step)
        await asyncio.sleep(step.wait)
        if step.kind == "settle":
            await asyncio.sleep(1.5)

    # ---------------------------------------------------------------- the keyboard

    def _press(self, key: str) -> None:
        char = key if len(key) == 1 else " " if key == "space" else None
        if len(key) == 1 and not key.isalnum():
            key = _character_to_key(key)
        self._tell(events.Key(key, char))

    def _tell(self, event: events.Event) -> None:
        event.set_sender(self.app)
        self.app.post_message(event)

    def _key(self, step: Step) -> None:
        self._press(step.pick(PRESSED))

    def _plain(self, step: Step) -> None:
        self._press(step.pick(PLAIN))

    def _text(self, step: Step) -> None:
        for letter in step.pick(TEXTS):
            self._press("space" if letter == " " else letter)
        if step.lots[1] < 0.6:
            self._press("enter")

    def _paste(self, step: Step) -> None:
        self._tell(events.Paste(step.pick(TEXTS) + "\n" + step.pick(TEXTS, 1)))

    # ---------------------------------------------------------------- the terminal

    def _resize(self, step: Step) -> None:
        size = Size(*step.pick(SIZES))
        assert self.app._driver is not None
        self.app._driver._size = size
        self._tell(events.Resize(size, size))

    def _focus(self, step: Step) -> None:
        self._tell(events.AppBlur() if step.lots[0] < 0.5 else events.AppFocus())

    def _mouse(self, kind: type[events.MouseEvent], x: int, y: int, button: int) -> None:
        self._tell(kind(None, x, y, 0, 0, button, False, False, False, x, y))

    def _place(self, step: Step) -> tuple[int, int]:
        """Anywhere, or in the middle of something that takes the focus."""
        width, height = self.app.size
        chain = self.app.screen.focus_chain if step.lots[2] < 0.6 else []
        if chain:
            region = step.pick(chain).region
            if region and region.x >= 0 and region.y >= 0:
                return region.x + int(step.lots[1] * region.width), region.y + region.height // 2
        return int(step.lots[0] * width), int(step.lots[1] * height)

    def _click(self, step: Step, times: int = 1) -> None:
        x, y = self._place(step)
        self._mouse(events.MouseMove, x, y, 0)
        for _ in range(times):
            self._mouse(events.MouseDown, x, y, 1)
            self._mouse(events.MouseUp, x, y, 1)

    def _twice(self, step: Step) -> None:
        self._click(step, 2 if step.lots[0] < 0.7 else 3)

    def _wheel(self, step: Step) -> None:
        x, y = self._place(step)
        kinds = (events.MouseScrollDown, events.MouseScrollUp)
        self._mouse(step.pick(kinds), x, y, 0)

    # ---------------------------------------------------------------- the plane

    def _change(self, step: Step) -> None:
        """A record changes or goes; those that matter most are drawn most often."""
        kind = TASKS if step.lots[2] < 0.5 else step.pick(KINDS, 2)
        records = self.app.town.store.all(kind)
        if not records:
            return
        record = step.pick(records)
        if step.lots[1] < 0.3 or kind not in (TASKS, SERVICES):
            if kind.name == "plane":
                return
            self.app.town.store.update(lambda tx: tx.delete(kind, kind.key(record)))
        elif kind is TASKS:
            least = TASK_STATUS_ORDER[record.last_status]
            order = [one for one in TaskStatus if TASK_STATUS_ORDER[one] >= least]
            wanted = DesiredStatus.STOPPED if step.lots[1] < 0.5 else record.desired_status
            changed = record.with_(
                last_status=step.pick(order, 1), desired_status=wanted,
                health_status=step.pick(list(HealthStatus), 1),
            )  # fmt: skip
            self.app.town.put_now(changed)
        else:
            self.app.town.put_now(self._changed_service(record, step))
        self._flush()

    def _changed_service(self, record: Any, step: Step) -> Any:
        deployments = record.deployments[: int(step.lots[1] * 3)]
        if deployments:
            first = deployments[0].with_(rollout_state=step.pick(list(RolloutState), 1))
            deployments = (first, *deployments[1:])
        return record.with_(
            desired_count=int(step.lots[1] * 9), waiting=None, deployments=deployments
        )

    def _storm(self, step: Step) -> None:
        """Everything of one kind goes."""
        kind = step.pick([kind for kind in KINDS if kind.name != "plane"])
        records = [kind.key(record) for record in self.app.town.store.all(kind)]

        def drop(tx: Any) -> None:
            for key in records:
                tx.delete(kind, key)

        self.app.town.store.update(drop)
        self._flush()

    def _flush(self) -> None:
        self._flushing = asyncio.ensure_future(self.app.town.store.flush())

    def _offline(self, _step: Step) -> None:
        self.client.go_offline()

    def _online(self, _step: Step) -> None:
        self.client.go_offline(None)

    def _slow(self, step: Step) -> None:
        self.client.lag = step.lots[0]

    def _quick(self, _step: Step) -> None:
        self.client.lag = 0.0

    def _refuse(self, _step: Step) -> None:
        self.client.refusal = ClientException("It is refused.", field="desiredCount")

    def _accept(self, _step: Step) -> None:
        self.client.refusal = None

    # ---------------------------------------------------------------- the app

    def _go(self, step: Step) -> None:
        self.app.go_to(step.pick(SECTIONS))

    def _back(self, _step: Step) -> None:
        self.app.go_back()

    def _open(self, step: Step) -> None:
        name = step.pick(OVERLAYS)
        with suppress(ValueError):  # there is no task left to open
            SCENES[name].show(self.app)

    def _theme(self, step: Step) -> None:
        self.app.use_theme(step.pick(THEMES))

    def _ascii(self, _step: Step) -> None:
        self.app.toggle_ascii()

    def _cluster(self, step: Step) -> None:
        self.app.use_cluster(step.pick(("shop", "staging", "gone")))

    def _freeze(self, _step: Step) -> None:
        self.app.toggle_frozen()

    def _busy(self, step: Step) -> None:
        """Somebody does not get to its messages for a while."""
        screen: Screen[Any] = self.app.screen
        widgets: list[Widget] = list(screen.query(Widget)) or [screen]
        whom = step.pick((self.app, screen, screen, step.pick(widgets, 1)))
        whom.call_later(asyncio.sleep, 0.3 * step.lots[2])

    def _settle(self, _step: Step) -> None:
        """Nothing happens for a while."""


class Broken(Exception):
    """The screens broke at a step."""


async def act(plan: Plan) -> None:
    """Take all steps; raises what ended the app."""
    problems: list[BaseException] = []

    def note(_loop: object, context: Mapping[str, Any]) -> None:
        problems.append(context.get("exception") or Broken(context["message"]))

    asyncio.get_running_loop().set_exception_handler(note)
    scene = SCENES[plan.start]
    town: Town = scene.town()
    town.client = SlowClient(town.store)
    began = asyncio.get_running_loop().time()
    async with town_pilot(town, size=plan.size, drafts=Path.cwd() / "drafts") as pilot:
        app = app_of(pilot)
        app.now = lambda: NOW + asyncio.get_running_loop().time() - began
        app.exit = lambda *_, **__: None  # type: ignore[method-assign]
        monkey = Monkey(app)
        scene.show(app)
        for key in scene.keys:
            monkey._press(key)
        for step in plan.steps:
            await monkey.take(step)
            if app._exception is not None or not app.is_running:
                break
            depth = len(app.screen_stack)
            if depth < 2 or app.screen_stack[1] not in app._sections.values():
                raise Broken(f"the section below is gone: {app.screen_stack}")
        await asyncio.sleep(2)
        is_running = app.is_running
    if not is_running:
        raise Broken("the app has ended by itself")
    if problems:
        raise problems[0]


@contextmanager
def alone() -> Iterator[None]:
    """In a folder of its own, without a desktop, a network or an editor."""
    forwards: Any = import_module("ecstui.ui.forwards")
    before, real = Path.cwd(), forwards.open_forward
    rounds = simloop._ROUNDS_WITHOUT_TIME
    with anywhere(), tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = folder
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "VISUAL", "PAGER"):
            os.environ.pop(name, None)
        os.environ["EDITOR"] = "true"
        forwards.open_forward = _open_forward
        simloop._ROUNDS_WITHOUT_TIME = MOST_ROUNDS
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)
            forwards.open_forward = real
            simloop._ROUNDS_WITHOUT_TIME = rounds


def run(plan: Plan) -> None:
    """Take the steps of a plan; raises what broke."""
    draw = Screen._compositor_refresh
    if plan.is_blind:
        Screen._compositor_refresh = lambda self: None  # type: ignore[method-assign]
    try:
        with alone(), asyncio.Runner(loop_factory=SimLoop) as runner:
            runner.run(act(plan))
    finally:
        Screen._compositor_refresh = draw  # type: ignore[method-assign]


def problem_of(plan: Plan) -> str:
    """What broke, as a traceback; nothing where nothing did."""
    try:
        run(plan)
    except Exception as error:
        return "".join(traceback.format_exception(error))
    return ""


def smaller(plan: Plan) -> Plan:
    """The same with as few steps as still break something in the same way."""
    wanted = problem_of(plan).splitlines()[-1][:40]

    def is_broken(one: Plan) -> bool:
        return wanted in problem_of(one)

    size = max(1, len(plan.steps) // 2)
    while True:
        at = 0
        while at < len(plan.steps):
            rest = replace(plan, steps=plan.steps[:at] + plan.steps[at + size :])
            if is_broken(rest):
                plan = rest
            else:
                at += size
        if size == 1:
            return plan
        size //= 2


def main() -> int:
    """Run many seeds; how many broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--shrink", action="store_true", help="look for the fewest steps")
    asked = parser.parse_args()
    broken = 0
    for seed in range(asked.first, asked.first + asked.seeds):
        plan = plan_of(seed, asked.steps)
        problem = problem_of(plan)
        if not problem:
            sys.stderr.write(f"{seed} ")
            sys.stderr.flush()
            continue
        broken += 1
        if asked.shrink:
            plan = smaller(plan)
            problem = problem_of(plan)
        sys.stdout.write(f"seed {seed}: {plan.start} {plan.size}\n")
        for step in plan.steps if asked.shrink else ():
            sys.stdout.write(f"  {_told(step)}\n")
        sys.stdout.write(f"{problem}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{asked.seeds} seeds from {asked.first} on, {broken} broken\n")
    return broken


_SAID: Mapping[str, Sequence[Any]] = {
    "key": PRESSED, "plain": PLAIN, "text": TEXTS, "resize": SIZES, "go": SECTIONS,
    "open": OVERLAYS, "theme": THEMES,
}  # fmt: skip


def _told(step: Step) -> str:
    what = step.pick(_SAID[step.kind]) if step.kind in _SAID else step.lots
    return f"{step.kind} {what} then {step.wait:.3f} s"


if __name__ == "__main__":
    sys.exit(min(1, main()))
