"""A nap ends when somebody wants so, and in time if nobody does."""

import asyncio

import pytest

from ecstui.base.naps import nap


@pytest.mark.sim
async def test_a_nap_ends_by_itself_in_time():
    wanted = asyncio.Event()
    await nap(wanted, 30.0)
    assert asyncio.get_running_loop().time() == 30.0
    assert wanted.is_set()


@pytest.mark.sim
async def test_who_is_wanted_naps_no_longer_and_leaves_no_timer():
    wanted = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.call_later(2.0, wanted.set)
    await nap(wanted, 30.0)
    assert loop.time() == 2.0
    wanted.clear()
    await asyncio.sleep(60.0)
    assert not wanted.is_set()


@pytest.mark.sim
async def test_a_nap_that_is_given_up_sets_nothing_later():
    wanted = asyncio.Event()
    napping = asyncio.create_task(nap(wanted, 30.0))
    await asyncio.sleep(1.0)
    napping.cancel()
    await asyncio.sleep(60.0)
    assert napping.cancelled()
    assert not wanted.is_set()
