"""What every engine does with containers from creation to removal. Each test runs on both."""

import asyncio
import threading
from contextlib import aclosing

import pytest

from ecstui.base.errors import EngineErrorKind
from ecstui.plan.spec import Phase, Probe
from ecstui.plan.translate import OWNER_LABEL
from tests.engine.lab import IMAGE, PATIENCE_SECONDS, Lab, refusal

UNHEARING = 'trap "" TERM; echo ready; while true; do sleep 1; done'
LEAVES_WITH_5 = 'trap "exit 5" TERM; echo ready; while true; do sleep 0.1; done'
LEAVES_SLOWLY = 'trap "sleep 2; exit 6" TERM; echo ready; while true; do sleep 0.1; done'


# -- the engine itself -------------------------------------------------------------------------


async def test_it_says_what_it_runs_on(lab: Lab):
    info = await lab.engine.info()
    assert info.kind in ("docker", "simulated")
    assert info.version
    assert info.endpoint
    assert info.cpu_count >= 1
    assert info.memory_bytes > 64 * 1024**2


async def test_an_image_that_is_there_is_not_pulled(lab: Lab):
    steps: list[object] = []
    await lab.engine.ensure_image(IMAGE, steps.append)
    assert steps == []


async def test_an_image_that_nobody_has_cannot_be_pulled(lab: Lab):
    wanted = lab.engine.ensure_image("ecstui.invalid/nobody/has-this:1", lambda _: None)
    assert (await refusal(wanted)).kind is EngineErrorKind.CANNOT_PULL


async def test_closing_ends_streams_frees_threads_and_refuses_calls(lab: Lab):
    name = await lab.ready(UNHEARING)
    before = threading.active_count()
    other = lab.another_engine()
    first_hint, first_line = asyncio.Event(), asyncio.Event()

    async def read(stream, first: asyncio.Event) -> None:
        async for _ in stream:
            first.set()

    readers = [
        asyncio.create_task(read(other.hints(lab.owner), first_hint)),
        asyncio.create_task(read(lab.follow(name, engine=other), first_line)),
    ]
    async with asyncio.timeout(PATIENCE_SECONDS):
        await first_hint.wait()
        await first_line.wait()
        await other.close()
        await asyncio.gather(*readers)
    assert (await refusal(other.inspect(name))).kind is EngineErrorKind.UNREACHABLE
    async with asyncio.timeout(PATIENCE_SECONDS):
        while threading.active_count() > before:  # noqa: ASYNC110 - a thread's end tells nobody
            await asyncio.sleep(0.01)


# -- create ------------------------------------------------------------------------------------


async def test_what_was_never_created_is_not_there(lab: Lab):
    assert await lab.engine.inspect(lab.name("nobody")) is None


async def test_a_created_container_has_not_run(lab: Lab):
    seen = await lab.look(await lab.create("it"))
    assert seen.name == lab.name("it")
    assert seen.phase is Phase.CREATED
    assert seen.owner == lab.owner
    assert seen.engine_id
    assert seen.probe is Probe.NONE
    assert (seen.exit_code, seen.started_at, seen.finished_at) == (None, None, None)
    assert (seen.ports, seen.address, seen.error, seen.is_out_of_memory) == ((), "", "", False)


async def test_labels_are_kept(lab: Lab):
    labels = {"com.amazonaws.ecs.task-arn": "arn:aws:ecs:a:0:task/b/c", "empty": ""}
    seen = await lab.look(await lab.create("it", labels=labels))
    assert dict(seen.labels) == labels | {OWNER_LABEL: lab.owner}


async def test_creating_twice_makes_one(lab: Lab):
    first = await lab.look(await lab.create("it"))
    again = await lab.look(await lab.create("it", "true"))
    assert again == first


async def test_creating_what_runs_leaves_it_running(lab: Lab):
    before = await lab.look(await lab.run("it"))
    assert await lab.look(await lab.create("it")) == before


async def test_a_name_of_another_owner_is_taken(lab: Lab):
    await lab.create("it", owner=lab.other_owner)
    error = await refusal(lab.create("it"))
    assert error.kind is EngineErrorKind.NAME_TAKEN
    assert not error.retryable
    assert (await lab.look(lab.name("it"))).owner == lab.other_owner


async def test_a_container_needs_an_image_that_is_there(lab: Lab):
    error = await refusal(lab.create("it", image="ecstui-nobody/has-this:1"))
    assert error.kind is EngineErrorKind.IMAGE_NOT_FOUND
    assert "ecstui-nobody/has-this:1" in error.message
    assert await lab.engine.inspect(lab.name("it")) is None


async def test_too_little_memory_is_refused(lab: Lab):
    error = await refusal(lab.create("it", memory_bytes=1024**2))
    assert error.kind is EngineErrorKind.CANNOT_CREATE
    assert not error.retryable


async def test_volumes_of_an_unknown_container_are_refused(lab: Lab):
    error = await refusal(lab.create("it", volumes_from=((lab.name("nobody"), False),)))
    assert error.kind is EngineErrorKind.CANNOT_CREATE


async def test_containers_of_one_image_have_one_digest(lab: Lab):
    one, other = await lab.look(await lab.create("one")), await lab.look(await lab.create("other"))
    assert one.image_digest
    assert one.image_digest.startswith("sha256:")
    assert one.image_digest == other.image_digest
    assert one.engine_id != other.engine_id


# -- start and exit ----------------------------------------------------------------------------


async def test_a_started_container_runs(lab: Lab):
    seen = await lab.look(await lab.run("it"))
    assert seen.phase is Phase.RUNNING
    assert seen.started_at is not None
    assert (seen.exit_code, seen.finished_at) == (None, None)


async def test_starting_twice_starts_once(lab: Lab):
    before = await lab.look(await lab.run("it"))
    await lab.engine.start(before.name)
    assert await lab.look(before.name) == before


async def test_two_starts_at_once_start_once(lab: Lab):
    name = await lab.create("it", "sh", "-c", "echo once; sleep 1000")
    await asyncio.gather(lab.engine.start(name), lab.engine.start(name))
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(lab.follow(name)) as batches:
        await anext(batches)
    assert await lab.texts(name) == ["once"]


async def test_starting_what_is_not_there_fails(lab: Lab):
    error = await refusal(lab.engine.start(lab.name("nobody")))
    assert error.kind is EngineErrorKind.CANNOT_START
    assert not error.retryable


async def test_a_program_that_is_not_there_cannot_be_started(lab: Lab):
    name = await lab.create("it", "no-such-program")
    error = await refusal(lab.engine.start(name))
    assert error.kind is EngineErrorKind.CANNOT_START
    assert "no-such-program" in error.message
    seen = await lab.look(name)
    assert seen.phase is Phase.CREATED
    assert "no-such-program" in seen.error
    assert (seen.exit_code, seen.started_at) == (None, None)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("true",), 0),
        (("false",), 1),
        (("sh", "-c", "exit 3"), 3),
        (("sh", "-c", "exit 255"), 255),
        (("sh", "-c", "no-such-program"), 127),
        (("sleep", "0.1"), 0),
        (("sh",), 0),
    ],
)
async def test_exit_codes(lab: Lab, command, code):
    seen = await lab.exited(await lab.run("it", *command))
    assert seen.exit_code == code
    assert not seen.is_out_of_memory
    assert seen.error == ""


async def test_an_exited_container_tells_when(lab: Lab):
    # Docker notes the start a moment after it: the time in between is counted from there.
    before = await lab.look(await lab.run("it"))
    await asyncio.sleep(0.3)
    await lab.engine.stop(before.name, 0)
    seen = await lab.look(before.name)
    assert seen.started_at == before.started_at
    assert seen.started_at is not None
    assert seen.finished_at is not None
    assert 0.2 <= seen.finished_at - seen.started_at < PATIENCE_SECONDS
    assert (seen.ports, seen.address) == ((), "")


async def test_an_exited_container_can_be_started_again(lab: Lab):
    name = await lab.script("it", "test -f /tmp/once && exec sleep 1000; touch /tmp/once; exit 4")
    first = await lab.exited(name)
    await lab.engine.start(name)
    again = await lab.look(name)
    assert again.phase is Phase.RUNNING
    assert again.engine_id == first.engine_id
    assert (again.exit_code, again.finished_at) == (None, None)
    assert again.started_at is not None
    assert first.finished_at is not None
    assert again.started_at >= first.finished_at


# -- stop --------------------------------------------------------------------------------------


async def test_a_program_may_answer_the_signal(lab: Lab):
    name = await lab.ready(LEAVES_WITH_5)
    await lab.engine.stop(name, 30)
    seen = await lab.look(name)
    assert (seen.phase, seen.exit_code) == (Phase.EXITED, 5)


async def test_a_program_has_the_time_that_it_is_given(lab: Lab):
    name = await lab.ready(LEAVES_SLOWLY)
    await lab.engine.stop(name, 30)
    assert (await lab.look(name)).exit_code == 6


async def test_a_program_that_takes_longer_is_killed(lab: Lab):
    name = await lab.ready(LEAVES_SLOWLY)
    await lab.engine.stop(name, 1)
    assert (await lab.look(name)).exit_code == 137


async def test_a_program_that_ignores_the_signal_is_killed(lab: Lab):
    name = await lab.ready(UNHEARING)
    await lab.engine.stop(name, 1)
    seen = await lab.look(name)
    assert (seen.phase, seen.exit_code) == (Phase.EXITED, 137)
    assert not seen.is_out_of_memory


async def test_a_first_process_without_a_handler_does_not_hear_the_signal(lab: Lab):
    name = await lab.run("it")
    await lab.engine.stop(name, 1)
    assert (await lab.look(name)).exit_code == 137


async def test_below_an_init_process_the_signal_ends_it(lab: Lab):
    name = await lab.run("it", has_init=True)
    await lab.engine.stop(name, 30)
    assert (await lab.look(name)).exit_code == 143


async def test_without_a_timeout_it_is_killed_at_once(lab: Lab):
    name = await lab.ready(LEAVES_SLOWLY)
    await lab.engine.stop(name, 0)
    assert (await lab.look(name)).exit_code == 137


async def test_stopping_what_has_stopped_changes_nothing(lab: Lab):
    before = await lab.exited(await lab.script("it", "exit 3"))
    await lab.engine.stop(before.name, 1)
    assert await lab.look(before.name) == before


async def test_stopping_what_never_started_changes_nothing(lab: Lab):
    before = await lab.look(await lab.create("it"))
    await lab.engine.stop(before.name, 1)
    assert await lab.look(before.name) == before


async def test_stopping_what_is_not_there_is_fine(lab: Lab):
    await lab.engine.stop(lab.name("nobody"), 1)


async def test_two_stops_at_once_are_fine(lab: Lab):
    name = await lab.ready(UNHEARING)
    await asyncio.gather(lab.engine.stop(name, 1), lab.engine.stop(name, 1))
    assert (await lab.look(name)).exit_code == 137


# -- remove ------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", list(Phase))
async def test_a_removed_container_is_gone(lab: Lab, phase):
    name = await lab.create("it", *(("true",) if phase is Phase.EXITED else ()))
    if phase is not Phase.CREATED:
        await lab.engine.start(name)
        await lab.until(name, lambda seen: seen.phase is phase)
    await lab.engine.remove(name)
    assert await lab.engine.inspect(name) is None
    assert await lab.engine.list(lab.owner) == {}


async def test_removing_what_is_not_there_is_fine(lab: Lab):
    await lab.engine.remove(lab.name("nobody"))


async def test_two_removals_at_once_are_fine(lab: Lab):
    name = await lab.run("it")
    await asyncio.gather(*(lab.engine.remove(name) for _ in range(3)))
    assert await lab.engine.inspect(name) is None


async def test_a_name_is_free_after_removal(lab: Lab):
    before = await lab.look(await lab.create("it"))
    await lab.engine.remove(before.name)
    after = await lab.look(await lab.create("it", owner=lab.other_owner))
    assert after.engine_id != before.engine_id
    assert after.owner == lab.other_owner


# -- list --------------------------------------------------------------------------------------


async def test_a_list_shows_every_phase_as_a_look_does(lab: Lab):
    names = [await lab.create("a"), await lab.run("b"), await lab.script("c", "exit 2")]
    await lab.exited(names[2])
    found = await lab.engine.list(lab.owner)
    assert dict(found) == {name: await lab.look(name) for name in names}


async def test_a_list_shows_only_what_its_owner_has(lab: Lab):
    mine, other = await lab.create("mine"), await lab.create("other", owner=lab.other_owner)
    assert list(await lab.engine.list(lab.owner)) == [mine]
    assert list(await lab.engine.list(lab.other_owner)) == [other]
    assert await lab.engine.list(f"{lab.owner}-nobody") == {}


async def test_a_list_follows_changes(lab: Lab):
    name = await lab.run("it")
    assert (await lab.engine.list(lab.owner))[name].phase is Phase.RUNNING
    await lab.engine.stop(name, 0)
    assert (await lab.engine.list(lab.owner))[name].exit_code == 137
    await lab.engine.start(name)
    assert (await lab.engine.list(lab.owner))[name].phase is Phase.RUNNING


# -- hints -------------------------------------------------------------------------------------


async def test_a_listener_is_first_told_to_look_at_everything(lab: Lab):
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(lab.hints()) as hints:
        assert await anext(hints) == ""


@pytest.mark.parametrize("event", ["start", "end", "remove"])
async def test_hints_come_for(lab: Lab, event):
    name = await lab.create("it", "sleep", "0.5" if event == "end" else "1000")
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(lab.hints()) as hints:
        assert await anext(hints) == ""
        match event:
            case "start":
                await lab.engine.start(name)
            case "remove":
                await lab.engine.remove(name)
            case "end":
                await lab.engine.start(name)
                while (await lab.look(name)).phase is not Phase.EXITED:
                    assert await anext(hints) in (name, "")
                return
        while (hint := await anext(hints)) == "":
            pass
        assert hint == name


async def test_hints_are_only_about_what_the_owner_has(lab: Lab):
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(lab.hints()) as hints:
        assert await anext(hints) == ""
        await lab.run("other", owner=lab.other_owner)
        mine = await lab.run("mine")
        while (hint := await anext(hints)) == "":
            pass
        assert hint == mine
