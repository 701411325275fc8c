"""The loop of the tests marked `sim`."""

import asyncio

import pytest

from tests.support.simloop import SimLoop, Stuck


@pytest.mark.sim
async def test_a_day_passes_at_once():
    loop = asyncio.get_running_loop()
    before = loop.time()
    await asyncio.sleep(86_400)
    assert loop.time() - before == pytest.approx(86_400)


@pytest.mark.sim
async def test_timers_fire_in_their_order():
    order: list[int] = []

    async def at(seconds: int) -> None:
        await asyncio.sleep(seconds)
        order.append(seconds)

    await asyncio.gather(at(30), at(10), at(20))
    assert order == [10, 20, 30]


@pytest.mark.sim
async def test_a_timeout_is_simulated_too():
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(3600):
            await asyncio.Event().wait()


def test_waiting_for_nothing_is_an_error():
    with asyncio.Runner(loop_factory=SimLoop) as runner, pytest.raises(Stuck):
        runner.run(asyncio.Event().wait())


@pytest.mark.sim
async def test_threads_are_refused():
    with pytest.raises(RuntimeError, match="no threads"):
        await asyncio.get_running_loop().run_in_executor(None, print)


async def test_other_tests_have_the_real_loop():
    assert not isinstance(asyncio.get_running_loop(), SimLoop)
