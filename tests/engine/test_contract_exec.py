"""Commands beside a container's own, on every engine: in and out, terminals, ends, hanging up.

Each test runs on both.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ecstui.base.errors import EngineErrorKind
from ecstui.model.exec import SHELL_COMMAND, ExecOrder, ExecSession, TerminalSize
from tests.engine.lab import PATIENCE_SECONDS, Lab, refusal


class Talk:
    """A session with all that it has written so far."""

    def __init__(self, session: ExecSession) -> None:
        self.session = session
        self.written = {"stdout": b"", "stderr": b""}

    async def until(self, text: bytes, stream: str = "stdout") -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while text not in self.written[stream]:
                assert await self.step(), f"ended without {text!r}: {self.written}"

    async def step(self) -> bool:
        found = await self.session.read()
        for each in found or ():
            self.written[each.stream] += each.data
        return found is not None

    async def end(self) -> int:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.step():
                pass
            return await self.session.exit_code()


@asynccontextmanager
async def talking(lab: Lab, name: str, *command: str, **options) -> AsyncIterator[Talk]:
    session = await lab.engine.execute(name, ExecOrder(command, **options))
    try:
        yield Talk(session)
    finally:
        await session.close()


async def test_a_command_writes_and_ends(lab: Lab):
    name = await lab.run("it")
    async with talking(lab, name, "sh", "-c", "echo out; echo err >&2; exit 7") as talk:
        assert await talk.end() == 7
    assert talk.written == {"stdout": b"out\n", "stderr": b"err\n"}


async def test_it_sees_the_files_of_the_container(lab: Lab):
    name = await lab.ready("echo hello > /tmp/file; echo ready; sleep 1000")
    async with talking(lab, name, "cat", "/tmp/file") as talk:
        assert await talk.end() == 0
    assert talk.written["stdout"] == b"hello\n"


async def test_it_reads_what_is_written_up_to_the_end_of_input(lab: Lab):
    name = await lab.run("it")
    async with talking(lab, name, "sh", has_input=True) as talk:
        await talk.session.write(b"echo one\necho $((6*")
        await talk.session.write(b"7))\n")
        await talk.until(b"one\n42\n")
        await talk.session.write(b"exit 3")
        await talk.session.end_input()
        assert await talk.end() == 3


async def test_without_input_a_shell_ends_at_once(lab: Lab):
    name = await lab.run("it")
    async with talking(lab, name, "sh") as talk:
        assert await talk.end() == 0


async def test_a_terminal_echoes_and_has_a_prompt_and_ends_with_ctrl_d(lab: Lab):
    name = await lab.run("it")
    async with talking(lab, name, *SHELL_COMMAND, has_tty=True, has_input=True) as talk:
        await talk.until(b"# ")
        await talk.session.write(b"echo $((6*7))\r")
        await talk.until(b"echo $((6*7))\r\n42\r\n")
        await talk.session.write(b"nothing-like-that\r")
        await talk.until(b"not found\r\n")
        await talk.session.write(b"\x04")
        assert await talk.end() == 127


async def test_a_terminal_interrupts_what_runs(lab: Lab):
    name = await lab.run("it")
    async with talking(lab, name, "sh", has_tty=True, has_input=True) as talk:
        # The command itself says that it began: what the outer shell says comes before it has
        # handed the terminal over, and an interrupt in between is the outer shell's.
        await talk.session.write(b"sh -c 'echo be\"\"gin; sleep 100000'\r")
        await talk.until(b"begin\r\n")
        await talk.session.write(b"\x03")
        await talk.session.write(b"echo st$((1+1))ill here\r")
        await talk.until(b"st2ill here\r\n")
        await talk.session.write(b"exit 5\r")
        assert await talk.end() == 5


async def test_letters_can_be_taken_back(lab: Lab):
    name = await lab.run("it")
    async with talking(lab, name, "sh", has_tty=True, has_input=True) as talk:
        await talk.until(b"# ")
        await talk.session.write(b"echo axx\x7f\x7fb-$((1+1))\r")
        await talk.until(b"ab-2\r\n")


async def test_a_terminal_takes_a_new_size(lab: Lab):
    name = await lab.run("it")
    size = TerminalSize(100, 30)
    async with talking(lab, name, "sh", has_tty=True, has_input=True, size=size) as talk:
        await talk.session.resize(TerminalSize(61, 17))
        await talk.session.write(b"stty size; echo do''ne\r")
        await talk.until(b"done\r\n")
        if lab.engine.name == "docker":
            assert b"17 61" in talk.written["stdout"]


async def test_a_program_that_is_not_there_ends_with_its_status(lab: Lab):
    name = await lab.run("it")
    async with talking(lab, name, "nothing-like-that") as talk:
        assert await talk.end() in (126, 127)
    assert b"not found" in talk.written["stdout"] + talk.written["stderr"]


async def test_much_output_comes_whole_and_in_order(lab: Lab):
    name = await lab.run("it")
    async with talking(lab, name, "seq", "60000") as talk:
        assert await talk.end() == 0
    assert talk.written["stdout"] == b"".join(b"%d\n" % n for n in range(1, 60001))


async def test_a_session_ends_with_its_container(lab: Lab):
    name = await lab.run("it")
    async with talking(lab, name, "sleep", "100000") as talk:
        await lab.engine.stop(name, 0)
        assert await talk.end() == 137


async def test_only_a_running_container_runs_commands(lab: Lab):
    name = await lab.create("it")
    order = ExecOrder(("true",))
    assert (await refusal(lab.engine.execute(name, order))).kind is EngineErrorKind.CANNOT_EXECUTE
    absent = lab.engine.execute(lab.name("absent"), order)
    assert (await refusal(absent)).kind is EngineErrorKind.CANNOT_EXECUTE


@pytest.mark.parametrize("has_tty", [True, False])
async def test_hanging_up_ends_what_runs(lab: Lab, has_tty: bool):
    # The file is written again and again for as long as the command lives.
    name = await lab.run("it")
    script = "echo begin; while true; do date +%s.%N > /tmp/alive; sleep 0.05; done"
    options = {"has_tty": has_tty, "has_input": True}
    async with talking(lab, name, "sh", "-c", script, **options) as talk:
        await talk.until(b"begin")
    until_it_is_over = "until rm -f /tmp/alive; sleep 0.5; ! test -e /tmp/alive; do :; done"
    async with talking(lab, name, "sh", "-c", until_it_is_over) as talk:
        assert await talk.end() == 0


async def test_closing_the_engine_ends_sessions(lab: Lab):
    name = await lab.run("it")
    engine = lab.another_engine()
    session = await engine.execute(name, ExecOrder(("sleep", "100000"), has_input=True))
    reading = asyncio.ensure_future(session.read())
    await asyncio.sleep(0)
    await engine.close()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.wait([reading])
    assert reading.exception() is not None or reading.result() is None
    await session.close()


async def test_closing_twice_and_writing_after_the_end_do_no_harm(lab: Lab):
    name = await lab.run("it")
    session = await lab.engine.execute(name, ExecOrder(("true",), has_tty=True, has_input=True))
    assert await Talk(session).end() == 0
    await session.write(b"more\n")
    await session.end_input()
    await session.resize(TerminalSize(10, 10))
    await session.close()
    await session.close()
    await session.write(b"more\n")
