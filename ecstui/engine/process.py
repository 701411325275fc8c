"""What runs in a simulated container, from its start to its end: a script, or a canned server.

It sleeps on the loop's timers and on nothing else, and a server that is just up has none. It says
that it ended through a function that it is given.
"""

import asyncio
import math
import random
from collections import deque
from collections.abc import Sequence
from typing import Protocol, assert_never

from ecstui.engine.behaviour import Behaviour
from ecstui.engine.shell import Ask, Call, EatMemory, Print, Reaction, Shell, Step, Steps, Wait
from ecstui.engine.shell_programs import Machine
from ecstui.engine.shell_syntax import NotPlainError

KILLED = 137
TERMINATED = 143
_BUSY_STEPS = 300
"""Steps that a script may take without any time passing."""
_BUSY_SECONDS = 0.05
_BOOT_SECONDS = 0.02
"""From the start of a container to the first step of what runs in it."""


class Outside(Protocol):
    """Whom a process tells what happens."""

    def print(self, stream: str, text: str) -> None:
        """A line for the log."""
        ...

    def serve(self) -> None:
        """From here on the image's canned server runs."""
        ...

    def end(self, exit_code: int, *, is_out_of_memory: bool, was_killed: bool) -> None:
        """It is over."""
        ...


class Process:
    """The first process of a container, with everything below it."""

    def __init__(
        self,
        words: Sequence[str],
        environment: Sequence[tuple[str, str]],
        machine: Machine,
        behaviour: Behaviour,
        outside: Outside,
        *,
        has_input: bool,
    ) -> None:
        """`words`: program and arguments; `behaviour`: that of the canned server."""
        self._shell = Shell(machine, environment, has_input=has_input, is_attached=has_input)
        self._typed: deque[str | None] = deque()
        self._is_asking = False
        self._steps: Steps[int] | None = self._shell.run(words)
        self._behaviour = behaviour
        self._outside = outside
        self._loop = asyncio.get_running_loop()
        self._timers: list[asyncio.TimerHandle] = []
        self._pause: asyncio.TimerHandle | None = None
        self._is_interruptible = False
        self._is_stopping = False
        self._is_over = False
        self._has_memory_limit = False

    def begin(self, seed: int, *, memory_limit_bytes: int) -> None:
        """Start; `seed` draws when it ends by itself."""
        behaviour = self._behaviour
        if behaviour.exits_after_seconds is not None:
            jitter = behaviour.exits_jitter_ratio * random.Random(seed).uniform(-1, 1)
            self._at(behaviour.exits_after_seconds * (1 + jitter), behaviour.exit_code)
        full_after = behaviour.out_of_memory_after_seconds
        growth = behaviour.memory_growth_bytes_per_second
        if full_after is None and growth and memory_limit_bytes:
            room = memory_limit_bytes - behaviour.resident_bytes(memory_limit_bytes)
            full_after = room / growth
        if full_after is not None:
            self._timers.append(self._loop.call_later(full_after, self._eaten_up))
        self._has_memory_limit = memory_limit_bytes > 0
        self._pause = self._loop.call_later(_BOOT_SECONDS, self._advance, None)

    def signal(self, name: str, *, has_init: bool) -> None:
        """Receive a stop signal: as first process without a handler it goes unheard."""
        if self._steps is not None:
            reaction = self._shell.signal(name)
            if reaction is Reaction.DEFAULT and has_init:
                self._end(TERMINATED)
            elif reaction is Reaction.TRAPPED and self._is_interruptible:
                self._continue()
        elif self._behaviour.stops_after_seconds is None:
            if has_init:
                self._end(TERMINATED)
        elif not self._is_stopping:
            self._is_stopping = True
            self._at(self._behaviour.stops_after_seconds, self._behaviour.stop_exit_code)

    def take_line(self, line: str | None) -> None:
        """A line of input, for a shell that reads its commands there; None ends the input."""
        self._typed.append(line)
        if self._is_asking:
            self._is_asking = False
            self._advance(self._given())

    def _given(self) -> int:
        self._shell.give_line(self._typed.popleft())
        return 0

    def kill(self, exit_code: int = KILLED, *, is_out_of_memory: bool = False) -> None:
        """End at once, without last words."""
        self._end(exit_code, is_out_of_memory=is_out_of_memory, was_killed=True)

    def _at(self, seconds: float, exit_code: int) -> None:
        self._timers.append(self._loop.call_later(seconds, self._end, exit_code))

    def _eaten_up(self) -> None:
        self.kill(is_out_of_memory=True)

    def _continue(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
        self._advance(None)

    def _advance(self, answer: int | None) -> None:
        """Take steps until one takes time."""
        self._pause, self._is_interruptible = None, False
        for _ in range(_BUSY_STEPS):
            if self._steps is None or self._is_over:
                return
            try:
                step = self._steps.send(answer)
            except StopIteration as end:
                self._end(end.value)
                return
            except NotPlainError:
                self._serve()
                return
            answer = 0
            if self._waits_after(step):
                return
        self._pause = self._loop.call_later(_BUSY_SECONDS, self._advance, None)

    def _waits_after(self, step: Step) -> bool:
        """Do what a step says; whether the next one has to wait."""
        match step:
            case Print(stream, text):
                self._outside.print(stream, text)
                return False
            case Wait(seconds, is_interruptible):
                self._is_interruptible = is_interruptible
                if 0 < seconds < math.inf:
                    self._pause = self._loop.call_later(seconds, self._advance, None)
                return seconds > 0
            case Call(_, is_client):
                if not is_client:
                    self._serve()
                return not is_client
            case Ask():
                self._is_asking = not self._typed
                if self._typed:
                    self._given()
                return self._is_asking
            case EatMemory():
                if self._has_memory_limit:
                    self._eaten_up()
                return True
            case _:
                assert_never(step)

    def _serve(self) -> None:
        self._steps = None
        self._outside.serve()

    def _end(
        self, exit_code: int, *, is_out_of_memory: bool = False, was_killed: bool = False
    ) -> None:
        if self._is_over:
            return
        self._is_over = True
        for timer in (*self._timers, *([self._pause] if self._pause else [])):
            timer.cancel()
        self._outside.end(exit_code, is_out_of_memory=is_out_of_memory, was_killed=was_killed)
