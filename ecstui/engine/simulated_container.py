"""One container of a simulated world: its state, its log and what it uses.

It knows nothing of other containers and decides nothing; the world starts, stops and connects it.
"""

import asyncio
import math
import random
from typing import Protocol

from ecstui.base.clock import Clock
from ecstui.engine.behaviour import MIB, Behaviour
from ecstui.engine.canned_logs import ContainerLog, ServerLog
from ecstui.engine.checkup import Checkup
from ecstui.engine.interior import Interior
from ecstui.engine.process import Process
from ecstui.engine.protocol import Usage
from ecstui.model.logs import LogLine
from ecstui.plan.spec import ContainerSpec, Observation, Phase, Probe, PublishedPort
from ecstui.plan.translate import OWNER_LABEL

_DEFAULT_PATH = ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
_SCRIPT_CPU_UNITS = 0.4
_SCRIPT_MEMORY_BYTES = MIB // 2
_WARM_UP_SECONDS = 60.0
_SAMPLE_SECONDS = 2.0
_NANO = 1_000_000_000
_CPU_UNITS = 1024
_SEED_BITS = 48


class Keeper(Protocol):
    """Where a container is: it is told what happens."""

    @property
    def clock(self) -> Clock:
        """Wall time there."""
        ...

    def ended(self, container: "SimulatedContainer") -> None:
        """It runs no more: what it held is free."""
        ...

    def changed(self, container: "SimulatedContainer") -> None:
        """A look at it would show something new."""
        ...


class SimulatedContainer:
    """A container and the truth about it."""

    def __init__(
        self,
        spec: ContainerSpec,
        engine_id: str,
        image_digest: str,
        behaviour: Behaviour,
        interior: Interior,
        keeper: Keeper,
    ) -> None:
        """`behaviour`: of its image, adjusted by its environment."""
        self.spec = spec
        self.engine_id = engine_id
        self.behaviour = behaviour
        self.interior = interior
        self.log = ContainerLog()
        self.phase = Phase.CREATED
        self.exit_code: int | None = None
        self.is_out_of_memory = False
        self.error = ""
        self.probe = Probe.NONE
        self.started_at: float | None = None
        self.finished_at: float | None = None
        self.ports: tuple[PublishedPort, ...] = ()
        self.address = ""
        self.runs = 0
        self.is_removed = False
        self._image_digest = image_digest
        self._keeper = keeper
        self._clock = keeper.clock
        self._process: Process | None = None
        self._server_log: ServerLog | None = None
        self._checkup: Checkup | None = None
        self._observation: Observation | None = None
        self._waiting: list[asyncio.Future[None]] = []

    # What it is

    @property
    def name(self) -> str:
        """Its name."""
        return self.spec.name

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self.phase is Phase.RUNNING

    def is_in_run(self, number: int) -> bool:
        """Whether it still runs since its start of this number."""
        return self.is_running and self.runs == number

    @property
    def words(self) -> tuple[str, ...]:
        """Program and arguments: what the container names, else what the image does."""
        if self.spec.entry_point:
            return (*self.spec.entry_point, *self.spec.command)
        return self.spec.command or self.behaviour.command

    @property
    def environment(self) -> tuple[tuple[str, str], ...]:
        """Environment of its programs."""
        return tuple((dict([_DEFAULT_PATH]) | dict(self.spec.environment)).items())

    def observation(self) -> Observation:
        """What a look at it shows."""
        if self._observation is None:
            spec = self.spec
            self._observation = Observation(
                name=spec.name,
                engine_id=self.engine_id,
                owner=spec.owner,
                phase=self.phase,
                labels={**spec.labels, OWNER_LABEL: spec.owner},
                image_digest=self._image_digest,
                exit_code=self.exit_code,
                is_out_of_memory=self.is_out_of_memory,
                error=self.error,
                probe=self.probe,
                started_at=self.started_at,
                finished_at=self.finished_at,
                ports=self.ports,
                address=self.address,
            )
        return self._observation

    def usage(self) -> Usage:
        """What it uses now; only for one that runs."""
        now = self._clock.now()
        uptime = now - (self.started_at or now)
        lots = random.Random(f"{self.engine_id}/{int(now / _SAMPLE_SECONDS)}")
        cpu, memory = _SCRIPT_CPU_UNITS, float(_SCRIPT_MEMORY_BYTES)
        if self._server_log is not None:
            behaviour = self.behaviour
            cpu = behaviour.idle_cpu_units + behaviour.cpu_units.at(now)
            warm = 1 - 0.4 * math.exp(-uptime / _WARM_UP_SECONDS)
            memory = behaviour.resident_bytes(self.spec.memory_bytes) * warm
            memory += behaviour.memory_growth_bytes_per_second * uptime
        cpu *= lots.uniform(0.85, 1.15)
        memory *= lots.uniform(0.99, 1.01)
        if self.spec.nano_cpus:
            cpu = min(cpu, self.spec.nano_cpus / _NANO * _CPU_UNITS)
        if self.spec.memory_bytes:
            memory = min(memory, self.spec.memory_bytes)
        return Usage(cpu, int(memory))

    # What happens to it

    def start(self, ports: tuple[PublishedPort, ...], address: str) -> None:
        """Run; the world has seen to it that it can."""
        self.phase = Phase.RUNNING
        self.runs += 1
        self.ports, self.address = ports, address
        self.started_at, self.finished_at = self._clock.now(), None
        self.exit_code, self.error, self.is_out_of_memory = None, "", False
        self._server_log = None
        self._start_checkup()
        has_input = self.spec.has_stdin or self.spec.has_tty
        self._process = Process(
            self.words, self.environment, self, self.behaviour, self, has_input=has_input
        )
        self._process.begin(self._seed, memory_limit_bytes=self.spec.memory_bytes)
        self.changed()

    def fail(self, error: str) -> None:
        """It could not be started."""
        self.error = error
        self.changed()

    def signal(self, name: str) -> None:
        """Send a signal to its first process."""
        if self._process is not None and self.is_running:
            self._process.signal(name, has_init=bool(self.spec.has_init))

    def take_line(self, line: str | None) -> None:
        """A line of input for its first process."""
        if self._process is not None and self.is_running:
            self._process.take_line(line)

    def kill(self, exit_code: int, *, is_out_of_memory: bool = False) -> None:
        """End it at once."""
        if self._process is not None and self.is_running:
            self._process.kill(exit_code, is_out_of_memory=is_out_of_memory)

    def remove(self) -> None:
        """It is gone; whoever waits for it or reads its log is told."""
        self.is_removed = True
        self.changed()

    def force_health(self, is_well: bool | None) -> None:
        """Have its servers be well or not, whatever the behaviour says; None: as it says."""
        if self._checkup is not None:
            self._checkup.force(is_well)

    def changed(self) -> None:
        """Something about it is new: make a hint, wake who waits."""
        self._observation = None
        self.wake()
        self._keeper.changed(self)

    def wake(self) -> None:
        """Wake who waits for something to happen to it."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def something(self, seconds: float) -> None:
        """Wait until something happens to it, at most so long."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            async with asyncio.timeout(None if math.isinf(seconds) else seconds):
                await future
        except TimeoutError:
            pass
        finally:
            if future in self._waiting:
                self._waiting.remove(future)

    # What its process tells

    def print(self, stream: str, text: str) -> None:
        """A line for the log; a terminal has one stream."""
        stream = "stdout" if self.spec.has_tty else stream
        self.log.print(LogLine(self._clock.now(), stream, text))
        self.wake()

    def serve(self) -> None:
        """From here on the image's canned server runs."""
        self._server_log = ServerLog(self.behaviour, self._seed, self._clock.now())
        self.log.add(self._server_log)
        self.wake()

    def end(self, exit_code: int, *, is_out_of_memory: bool, was_killed: bool) -> None:
        """Its first process is over."""
        now = self._clock.now()
        self.phase = Phase.EXITED
        self.exit_code, self.finished_at = exit_code, now
        self.is_out_of_memory = is_out_of_memory
        self._process = None
        if self._server_log is not None:
            self._server_log.ended_at = now
            for words in [] if was_killed else self._server_log.last_words(exit_code):
                self.log.print(LogLine(now, *words))
            self._server_log = None
        if self._checkup is not None:
            self._checkup.cancel()
            self._checkup = None
            self.probe = Probe.UNHEALTHY  # as Docker says of what has ended
        self._keeper.ended(self)
        self.changed()

    # What its programs find

    @property
    def hostname(self) -> str:
        """Its host name."""
        return self.spec.hostname or self.engine_id[:12]

    def now(self) -> float:
        """Wall time, POSIX seconds."""
        return self._clock.now()

    def read(self, path: str) -> str | None:
        """Content of a file."""
        return self.interior.read(path)

    def write(self, path: str, text: str, *, appends: bool) -> bool:
        """Write a file; False when its place is read-only."""
        return self.interior.write(path, text, appends=appends)

    def delete(self, path: str) -> None:
        """Remove a file."""
        self.interior.delete(path)

    def has_program(self, name: str) -> bool:
        """Whether its image has a program."""
        programs = self.behaviour.programs
        if programs is None:
            return True
        folder, _, plain = name.rpartition("/")
        return plain in programs and folder in ("", "/bin", "/usr/bin", "/sbin", "/usr/sbin")

    @property
    def _seed(self) -> int:
        return random.Random(f"{self.engine_id}/{self.runs}").getrandbits(_SEED_BITS)

    def _start_checkup(self) -> None:
        health = self.spec.health
        self.probe = Probe.NONE
        if health is not None and health.test[:1] not in (("NONE",), ()):
            self.probe = Probe.STARTING
            self._checkup = Checkup(health, self, self.environment, self.behaviour, self._judge)

    def _judge(self, verdict: Probe) -> None:
        self.probe = verdict
        self.changed()
