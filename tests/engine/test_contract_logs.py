"""What every engine does with the logs of containers. Each test runs on both."""

import asyncio
from contextlib import aclosing

import pytest

from ecstui.plan.spec import Phase
from tests.engine.lab import PATIENCE_SECONDS, Lab, refusal

FIVE = "for i in 1 2 3 4 5; do echo $i; sleep 0.05; done"
UNTIL_TOLD = "until [ -f /tmp/told ]; do sleep 0.05; done"
TELL = "touch /tmp/told"
TICKS = "i=0; while true; do i=$((i+1)); echo $i; sleep 0.2; done"


async def five_lines(lab: Lab) -> str:
    return (await lab.exited(await lab.script("it", FIVE))).name


async def test_lines_have_their_stream(lab: Lab):
    name = await lab.ready(f"echo out; {UNTIL_TOLD}; echo err >&2")
    await lab.inside(name, TELL)
    await lab.exited(name)
    found = [(line.stream, line.text) for line in await lab.lines(name)]
    assert found == [("stdout", "out"), ("stderr", "err")]


async def test_lines_have_the_time_at_which_they_were_written(lab: Lab):
    # Docker notes a time when it meets the line, a moment after it was written.
    name = await lab.ready(f"echo 1; {UNTIL_TOLD}; for i in 2 3; do echo $i; done")
    await asyncio.sleep(0.2)
    await lab.inside(name, TELL)
    seen = await lab.exited(name)
    times = [line.at for line in await lab.lines(name)]
    assert len(times) == 3
    assert times == sorted(times)
    assert times[1] - times[0] > 0.15
    assert seen.started_at is not None
    assert seen.finished_at is not None
    # It notes the start, too, a moment after the program has begun.
    assert seen.started_at - PATIENCE_SECONDS <= times[0]
    assert times[-1] <= seen.finished_at + PATIENCE_SECONDS


async def test_texts_are_kept_as_they_are(lab: Lab):
    script = "echo; echo '  spaces  '; echo 'grüße ✓'; echo '$HOME \"quoted\"'; printf 'no end'"
    texts = ["", "  spaces  ", "grüße ✓", '$HOME "quoted"', "no end"]
    assert await lab.output("it", script) == texts


@pytest.mark.parametrize(
    ("tail", "texts"),
    [
        (None, ["1", "2", "3", "4", "5"]),
        (0, []),
        (1, ["5"]),
        (2, ["4", "5"]),
        (5, ["1", "2", "3", "4", "5"]),
        (50, ["1", "2", "3", "4", "5"]),
    ],
)
async def test_tail_is_the_number_of_last_lines(lab: Lab, tail, texts):
    name = await five_lines(lab)
    assert [line.text for line in await lab.lines(name, tail=tail)] == texts


async def test_since_leaves_out_what_is_older(lab: Lab):
    name = await five_lines(lab)
    lines = await lab.lines(name)
    between = (lines[1].at + lines[2].at) / 2
    assert await lab.lines(name, since=between) == lines[2:]
    assert await lab.lines(name, since=lines[0].at - 60) == lines
    assert await lab.lines(name, since=lines[4].at + 0.01) == []


@pytest.mark.parametrize(("tail", "count"), [(0, 0), (2, 2), (3, 3), (50, 3)])
async def test_since_and_tail_hold_both(lab: Lab, tail, count):
    name = await five_lines(lab)
    lines = await lab.lines(name)
    between = (lines[1].at + lines[2].at) / 2
    found = await lab.lines(name, since=between, tail=tail)
    assert found == lines[5 - count :]


async def test_following_shows_what_was_and_what_comes_up_to_the_end(lab: Lab):
    name = await lab.script("it", "echo before; sleep 1; echo after; sleep 1; echo last; exit 2")
    assert [line.text for line in await lab.lines(name, follow=True)] == ["before", "after", "last"]
    assert (await lab.exited(name)).exit_code == 2


async def test_following_the_end_of_a_log_shows_only_what_comes(lab: Lab):
    name = await lab.ready(f"echo 0; {TICKS}")
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(lab.follow(name, tail=0)) as batches:
        first = (await anext(batches))[0]
        at_first = [line.text for line in await lab.lines(name)]
        assert first.text in at_first
        assert int(first.text) >= 1
        assert first in await lab.lines(name)


async def test_following_since_a_line_leaves_out_those_before(lab: Lab):
    name = await lab.ready(f"echo old; {UNTIL_TOLD}; echo new")
    old = (await lab.lines(name))[0]
    reading = asyncio.create_task(lab.lines(name, since=old.at + 0.01, follow=True))
    await asyncio.sleep(0.02)
    await lab.inside(name, TELL)
    assert [line.text for line in await reading] == ["new"]


async def test_following_since_a_time_to_come_waits_for_it(lab: Lab):
    name = await lab.ready(TICKS)
    last = (await lab.lines(name))[-1]
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        aclosing(lab.follow(name, since=last.at + 0.9)) as batches,
    ):
        assert (await anext(batches))[0].at >= last.at + 0.9


async def test_following_loses_and_doubles_nothing(lab: Lab):
    name = await lab.script("it", "for i in $(seq 1 2000); do echo $i; done; sleep 0.5; echo end")
    found = [line.text for line in await lab.lines(name, follow=True)]
    assert found == [*map(str, range(1, 2001)), "end"]


async def test_following_ends_when_it_is_stopped(lab: Lab):
    name = await lab.ready(f"trap 'echo bye; exit 0' TERM; {TICKS}")
    reading = asyncio.create_task(lab.lines(name, follow=True))
    await lab.engine.stop(name, 30)
    assert (await reading)[-1].text == "bye"


async def test_following_ends_when_it_is_removed(lab: Lab):
    name = await lab.ready(TICKS)
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(lab.follow(name)) as batches:
        await anext(batches)
        await lab.engine.remove(name)
        async for _ in batches:
            pass


async def test_following_what_has_ended_ends(lab: Lab):
    name = await five_lines(lab)
    found = await lab.lines(name, tail=2, follow=True)
    assert [line.text for line in found] == ["4", "5"]


async def test_several_may_follow_one(lab: Lab):
    name = await lab.script("it", "sleep 0.5; echo one; sleep 0.5; echo two")
    found = await asyncio.gather(*(lab.lines(name, follow=True) for _ in range(3)))
    assert [[line.text for line in lines] for lines in found] == [["one", "two"]] * 3


async def test_a_reader_may_leave(lab: Lab):
    name = await lab.ready(TICKS)
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for _ in lab.follow(name):
            break
    assert (await lab.look(name)).phase is Phase.RUNNING


async def test_what_never_started_has_no_lines(lab: Lab):
    assert await lab.lines(await lab.create("it")) == []


async def test_following_what_never_started_waits_for_its_start(lab: Lab):
    name = await lab.create("it", "sh", "-c", "echo one; sleep 0.3; echo two")
    reading = asyncio.create_task(lab.lines(name, follow=True))
    await asyncio.sleep(0)
    await lab.engine.start(name)
    assert [line.text for line in await reading] == ["one", "two"]


async def test_a_second_run_goes_on_in_the_same_log(lab: Lab):
    name = await lab.script("it", "echo run")
    await lab.exited(name)
    await lab.engine.start(name)
    await lab.exited(name)
    assert await lab.texts(name) == ["run", "run"]


async def test_what_is_not_there_has_no_log(lab: Lab):
    await refusal(lab.lines(lab.name("nobody")))
    await refusal(lab.lines(lab.name("nobody"), follow=True))
