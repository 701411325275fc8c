"""Health checks of simulated containers.

Most commands can only ever say what the behaviour says, so the next change is worked out and
nothing runs until then; a command that looks at files is run at every interval.
"""

import asyncio
from collections.abc import Callable

from ecstui.engine.behaviour import Behaviour
from ecstui.engine.shell import Call, EatMemory, Shell, Wait
from ecstui.engine.shell_programs import Machine
from ecstui.engine.shell_syntax import NotPlainError
from ecstui.plan.spec import HealthProbe, Probe

_STEPS_MOST = 5_000
_INTERVAL_SECONDS_LEAST = 0.001
_LOOKAHEAD_CHECKS = 5_000


def passes(
    probe: HealthProbe,
    machine: Machine,
    environment: tuple[tuple[str, str], ...],
    *,
    is_well: bool,
) -> bool:
    """Run the command of a check once; servers that it asks answer if `is_well`."""
    kind, *arguments = probe.test
    words = ["/bin/sh", "-c", *arguments] if kind == "CMD-SHELL" else arguments
    if not words or not machine.has_program(words[0]):
        return False
    steps = Shell(machine, environment).run(words)
    answer: int | None = None
    waited = 0.0
    for _ in range(_STEPS_MOST):
        try:
            step = steps.send(answer)
        except StopIteration as end:
            return bool(end.value == 0)
        except NotPlainError:
            return is_well
        answer = int(not is_well) if isinstance(step, Call) else None
        waited += step.seconds if isinstance(step, Wait) else 0.0
        if waited > probe.timeout_seconds or isinstance(step, EatMemory):
            break
    return False


class _MayChangeError(Exception):
    """A check wants something that may be different the next time."""


class _Unchanging:
    """The part of a machine that stays as it is; the rest cannot be asked for."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    @property
    def hostname(self) -> str:
        return self._machine.hostname

    def now(self) -> float:
        raise _MayChangeError

    def read(self, path: str) -> str | None:
        raise _MayChangeError

    def write(self, path: str, text: str, *, appends: bool) -> bool:
        raise _MayChangeError

    def delete(self, path: str) -> None:
        raise _MayChangeError

    def has_program(self, name: str) -> bool:
        return self._machine.has_program(name)


class Checkup:
    """The health check of one run of a container: when it runs and what it has found."""

    def __init__(
        self,
        probe: HealthProbe,
        machine: Machine,
        environment: tuple[tuple[str, str], ...],
        behaviour: Behaviour,
        changed: Callable[[Probe], None],
    ) -> None:
        """Starts at once; `changed` is told each new verdict."""
        self._probe = probe
        self._machine = machine
        self._environment = environment
        self._behaviour = behaviour
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._started_at = self._loop.time()
        self._interval_seconds = max(probe.interval_seconds, _INTERVAL_SECONDS_LEAST)
        self._checks = 0
        self._failures = 0
        self._verdict = Probe.STARTING
        self._forced: bool | None = None
        self._timer: asyncio.TimerHandle | None = None
        unchanging = _Unchanging(machine)
        self._if_well, self._if_unwell, self._looks_at_files = True, False, False
        try:
            self._if_well = passes(probe, unchanging, environment, is_well=True)
            self._if_unwell = passes(probe, unchanging, environment, is_well=False)
        except _MayChangeError:
            self._looks_at_files = True
        self._arm()

    def force(self, is_well: bool | None) -> None:
        """Have the servers in the container be well or not whatever the behaviour; None: as it."""
        passed = int((self._loop.time() - self._started_at) / self._interval_seconds)
        while self._checks < passed and not self._looks_at_files:
            self._check()
        self._forced = is_well
        self.cancel()
        self._arm()

    def cancel(self) -> None:
        """Check no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _arm(self) -> None:
        """Wake at the next check that changes the verdict, or at the next one if unsure."""
        if self._looks_at_files:
            self._wake_at_check(self._checks + 1)
            return
        before = (self._checks, self._failures, self._verdict)
        for _ in range(_LOOKAHEAD_CHECKS):
            if self._is_settled():
                changes_at = None
                break
            self._check()
            if self._verdict is not before[2]:
                changes_at = self._checks
                break
        else:
            changes_at = self._checks
        self._checks, self._failures, self._verdict = before
        if changes_at is not None:
            self._wake_at_check(changes_at)

    def _wake_at_check(self, number: int) -> None:
        at = self._started_at + number * self._interval_seconds
        self._timer = self._loop.call_at(at, self._wake, number)

    def _wake(self, number: int) -> None:
        before = self._verdict
        while self._checks < number:
            self._check()
        if self._verdict is not before:
            self._changed(self._verdict)
        self._arm()

    def _check(self) -> None:
        self._checks += 1
        uptime = self._checks * self._interval_seconds
        if self._passes_at(uptime):
            self._failures, self._verdict = 0, Probe.HEALTHY
            return
        is_starting = uptime < self._probe.start_period_seconds
        if not (is_starting and self._verdict is Probe.STARTING):
            self._failures += 1
        if self._failures >= self._probe.retries:
            self._verdict = Probe.UNHEALTHY

    def _passes_at(self, uptime: float) -> bool:
        is_well = self._behaviour.is_well(uptime) if self._forced is None else self._forced
        if self._looks_at_files:
            return passes(self._probe, self._machine, self._environment, is_well=is_well)
        return self._if_well if is_well else self._if_unwell

    def _is_settled(self) -> bool:
        """Whether no later check can change the verdict."""
        if self._forced is None and self._if_well is not self._if_unwell:
            settles_after = self._behaviour.settles_after()
            uptime = self._checks * self._interval_seconds
            if settles_after is None or uptime < settles_after:
                return False
        passes_now = self._passes_at((self._checks + 1) * self._interval_seconds)
        return self._verdict is (Probe.HEALTHY if passes_now else Probe.UNHEALTHY)
