"""A place to try one engine in: makes containers with an owner of its own and clears them away."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from types import TracebackType
from typing import Self

import pytest

from ecstui.base.errors import EngineError
from ecstui.engine.protocol import ContainerEngine
from ecstui.model.exec import ExecOrder
from ecstui.model.logs import LogLine, LogWindow
from ecstui.plan.spec import ContainerSpec, Observation, Phase, Probe

IMAGE = "busybox:stable"
SERVER_IMAGE = "nginx:stable"
PATIENCE_SECONDS = 60
"""How long a thing that must happen may take on the slowest machine."""
FOR_EVER = ("sleep", "1000000")


class Lab:
    """One engine, one owner, and short words for what tests do with them."""

    def __init__(self, another_engine: Callable[[], ContainerEngine], owner: str) -> None:
        self.another_engine = another_engine
        """Makes one more engine object for the same engine; who makes it closes it."""
        self.engine = another_engine()
        self.owner = owner
        self.other_owner = f"{owner}-other"
        self._volumes: list[str] = []
        self._hinted = asyncio.Event()
        self._listener: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.engine.ensure_image(IMAGE, lambda _: None)
        self._listener = asyncio.create_task(self._listen())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._listener is not None
        self._listener.cancel()
        with suppress(asyncio.CancelledError):
            await self._listener
        for owner in (self.owner, self.other_owner):
            names = list(await self.engine.list(owner))
            await asyncio.gather(*(self.engine.remove(name) for name in names))
        for volume in self._volumes:
            await self.engine.remove_volume(volume)
        await self.engine.close()

    def name(self, word: str) -> str:
        """A container name that only this test has."""
        return f"{self.owner}-{word}"

    def volume(self, word: str) -> str:
        """A volume name that only this test has; removed at the end."""
        self._volumes.append(self.name(word))
        return self._volumes[-1]

    def spec(self, word: str, *command: str, **options: object) -> ContainerSpec:
        """A container that does nothing for a long time unless `command` says otherwise.

        It has a network only where that matters: without one it starts in half the time.
        """
        has_network = {"network_mode", "ports", "links"} & options.keys()
        spec = ContainerSpec(
            name=self.name(word),
            image=IMAGE,
            owner=self.owner,
            labels={"test": "contract"},
            command=command or FOR_EVER,
            network_mode="bridge" if has_network else "none",
        )
        return replace(spec, **options)  # type: ignore[arg-type]

    async def create(self, word: str, *command: str, **options: object) -> str:
        """Create; the name."""
        spec = self.spec(word, *command, **options)
        await self.engine.create(spec)
        return spec.name

    async def run(self, word: str, *command: str, **options: object) -> str:
        """Create and start; the name."""
        name = await self.create(word, *command, **options)
        await self.engine.start(name)
        return name

    async def script(self, word: str, text: str, **options: object) -> str:
        """Create and start one that runs a shell script; the name."""
        return await self.run(word, "sh", "-c", text, **options)

    async def ready(self, text: str, word: str = "it", **options: object) -> str:
        """Run a script that prints something once it is ready; the name, when it has."""
        name = await self.script(word, text, **options)
        async with asyncio.timeout(PATIENCE_SECONDS), aclosing(self.follow(name)) as batches:
            await anext(batches)
        return name

    def follow(
        self, name: str, *, engine: ContainerEngine | None = None, **window: object
    ) -> AsyncGenerator[Sequence[LogLine]]:
        """A container's log as it grows."""
        wanted = replace(LogWindow(), **window)  # type: ignore[arg-type]
        lines = (engine or self.engine).logs(name, wanted)
        assert isinstance(lines, AsyncGenerator)
        return lines

    def hints(self) -> AsyncGenerator[str]:
        """What there is to look at again."""
        hints = self.engine.hints(self.owner)
        assert isinstance(hints, AsyncGenerator)
        return hints

    async def look(self, name: str) -> Observation:
        """One look at a container that must be there."""
        seen = await self.engine.inspect(name)
        assert seen is not None, f"{name} is not there"
        return seen

    async def until(self, name: str, holds: Callable[[Observation], bool]) -> Observation:
        """Look at each hint until something holds."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                self._hinted.clear()
                seen = await self.look(name)
                if holds(seen):
                    return seen
                await self._hinted.wait()

    async def exited(self, name: str) -> Observation:
        """Wait for a container's end."""
        return await self.until(name, lambda seen: seen.phase is Phase.EXITED)

    async def judged(self, name: str, probe: Probe) -> Observation:
        """Wait for a verdict of a container's health check."""
        return await self.until(name, lambda seen: seen.probe is probe)

    async def inside(self, name: str, text: str) -> None:
        """Run a script beside a container's own program, to its good end."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            session = await self.engine.execute(name, ExecOrder(("sh", "-c", text)))
            while await session.read() is not None:
                pass
            assert await session.exit_code() == 0
            await session.close()

    async def output(self, word: str, text: str, **options: object) -> list[str]:
        """Run a script to its end; what it printed."""
        name = await self.script(word, text, **options)
        await self.exited(name)
        return await self.texts(name)

    async def texts(self, name: str) -> list[str]:
        """Everything a container has printed."""
        return [line.text for line in await self.lines(name)]

    async def lines(self, name: str, **window: object) -> list[LogLine]:
        """Lines of a log that is not followed, unless `window` says otherwise."""
        wanted = replace(LogWindow(follow=False), **window)  # type: ignore[arg-type]
        async with asyncio.timeout(PATIENCE_SECONDS):
            return [line async for batch in self.engine.logs(name, wanted) for line in batch]

    async def _listen(self) -> None:
        async for _ in self.engine.hints(self.owner):
            self._hinted.set()


async def refusal(call: Awaitable[object]) -> EngineError:
    """The error with which an engine refuses a call."""
    with pytest.raises(EngineError) as raised:
        await call
    return raised.value
