"""At a container's own process, on every engine: its output from now on, its input, leaving.

Each test runs on both.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ecstui.base.errors import EngineErrorKind
from ecstui.model.exec import ExecOrder, TerminalSize
from ecstui.plan.spec import Phase
from tests.engine.lab import Lab, refusal
from tests.engine.test_contract_exec import Talk


@asynccontextmanager
async def attached(lab: Lab, name: str, *, has_tty: bool, has_input: bool) -> AsyncIterator[Talk]:
    order = ExecOrder((), has_tty=has_tty, has_input=has_input, attaches=True)
    session = await lab.engine.execute(name, order)
    try:
        yield Talk(session)
    finally:
        await session.close()


async def test_a_shell_takes_lines_and_goes_on_when_one_leaves(lab: Lab):
    name = await lab.run("it", "sh", has_stdin=True)
    async with attached(lab, name, has_tty=False, has_input=True) as talk:
        await talk.session.write(b"echo $((6*7))\n")
        await talk.until(b"42\n")
    assert (await lab.look(name)).phase is Phase.RUNNING
    async with attached(lab, name, has_tty=False, has_input=True) as talk:
        await talk.session.write(b"echo again >&2\n")
        await talk.until(b"again\n", "stderr")
        await talk.session.write(b"exit 3\n")
        assert await talk.end() == 3


async def test_a_terminal_echoes_what_is_typed(lab: Lab):
    name = await lab.run("it", "sh", has_stdin=True, has_tty=True)
    async with attached(lab, name, has_tty=True, has_input=True) as talk:
        await talk.session.resize(TerminalSize(100, 30))
        await talk.session.write(b"echo $((6*7))\r")
        await talk.until(b"echo $((6*7))\r\n")
        await talk.until(b"42\r\n")


async def test_what_runs_is_seen_from_now_on_and_its_end_is_told(lab: Lab):
    name = await lab.ready("echo before; sleep 1; echo after; exit 5", has_tty=True)
    async with attached(lab, name, has_tty=True, has_input=False) as talk:
        assert await talk.end() == 5
    assert b"after\r\n" in talk.written["stdout"]
    assert b"before" not in talk.written["stdout"]


async def test_what_does_not_run_cannot_be_attached_to(lab: Lab):
    name = await lab.create("it", has_stdin=True)
    order = ExecOrder((), has_input=True, attaches=True)
    assert (await refusal(lab.engine.execute(name, order))).kind is EngineErrorKind.CANNOT_EXECUTE
    absent = lab.engine.execute(lab.name("none"), order)
    assert (await refusal(absent)).kind is EngineErrorKind.CANNOT_EXECUTE
