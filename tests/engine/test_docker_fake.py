"""How the Docker engine object copes with an engine that refuses, hangs, breaks and comes back."""

import asyncio
import base64
import json
import struct
import threading
from contextlib import aclosing
from pathlib import Path

import pytest

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.engine.docker import DockerEngine
from ecstui.engine.docker_observation import seconds_of
from ecstui.engine.endpoint import Endpoint
from ecstui.engine.protocol import PullProgress, RegistryLogin
from ecstui.model.logs import LogWindow
from ecstui.plan.spec import ContainerSpec, Phase
from ecstui.plan.translate import OWNER_LABEL, PAUSE_IMAGE
from tests.engine.fake_docker import BREAK, END, HANG, FakeDocker, stream_of

PATIENCE_SECONDS = 60
OWNER = "fake-owner"
NAME = "ecs-web-1-app-0123"
PATH = f"/containers/{NAME}/json"


@pytest.fixture
def fake(tmp_path_factory):
    # A Unix socket's path must be short.
    docker = FakeDocker(Path(tmp_path_factory.mktemp("d")) / "s")
    yield docker
    docker.stop()


@pytest.fixture
async def engine(fake):
    engine = DockerEngine(Endpoint(fake.address))
    yield engine
    await engine.close()


def spec(**options) -> ContainerSpec:
    return ContainerSpec(NAME, "app:1", OWNER, {}, **options)


def inspected(state="running", *, owner=OWNER, **more):
    times = {"StartedAt": "2026-01-02T03:04:05.5Z", "FinishedAt": "2026-01-02T03:05:00Z"}
    return {
        "Id": "f00d",
        "Name": f"/{NAME}",
        "Image": "sha256:1",
        "Config": {"Labels": {OWNER_LABEL: owner}, "Image": "app:1", "Tty": False},
        "State": {"Status": state, "ExitCode": 0, **times, **more},
        "NetworkSettings": {"Ports": {}, "Networks": {}},
    }


async def refusal(wanted) -> EngineError:
    with pytest.raises(EngineError) as caught:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await wanted
    return caught.value


# -- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "path", "status", "words", "kind", "retryable"),
    [
        (
            "create",
            "POST /containers/create",
            404,
            "No such image: app:1",
            "IMAGE_NOT_FOUND",
            False,
        ),
        ("create", "POST /containers/create", 400, "invalid mode", "CANNOT_CREATE", False),
        ("create", "POST /containers/create", 404, "No such container: x", "CANNOT_CREATE", False),
        ("create", "POST /containers/create", 500, "out of disk", "CANNOT_CREATE", False),
        (
            "create",
            "POST /containers/create",
            500,
            "create x: error looking up volume driver nfs: not found",
            "CANNOT_CREATE_VOLUME",
            False,
        ),
        ("create", "POST /containers/create", 503, "not now", "UNREACHABLE", True),
        (
            "start",
            f"POST /containers/{NAME}/start",
            404,
            "No such container",
            "CANNOT_START",
            False,
        ),
        (
            "start",
            f"POST /containers/{NAME}/start",
            409,
            "cannot join network of a non running container: x",
            "CANNOT_START",
            False,
        ),
        (
            "start",
            f"POST /containers/{NAME}/start",
            500,
            "Bind for 0.0.0.0:80 failed: port is already allocated",
            "CANNOT_START",
            False,
        ),
        (
            "start",
            f"POST /containers/{NAME}/start",
            500,
            "grpc: the client connection is closing: context canceled",
            "UNREACHABLE",
            True,
        ),
        ("stop", f"POST /containers/{NAME}/stop", 500, "cannot kill", "CANNOT_STOP", False),
        ("remove", f"DELETE /containers/{NAME}", 500, "busy", "CANNOT_STOP", False),
        ("inspect", f"GET {PATH}", 500, "what?", "CANNOT_INSPECT", False),
        ("volume", "DELETE /volumes/v", 409, "volume is in use", "CANNOT_CREATE_VOLUME", False),
    ],
)
async def test_a_refusal_has_a_kind_and_the_words_of_docker(
    fake, engine, call, path, status, words, kind, retryable
):
    fake.answers[path] = (status, {"message": words})
    calls = {
        "create": lambda: engine.create(spec()),
        "start": lambda: engine.start(NAME),
        "stop": lambda: engine.stop(NAME, 0),
        "remove": lambda: engine.remove(NAME),
        "inspect": lambda: engine.inspect(NAME),
        "volume": lambda: engine.remove_volume("v"),
    }
    error = await refusal(calls[call]())
    assert (error.kind, error.message) == (EngineErrorKind[kind], words)
    assert error.retryable is retryable


async def test_words_of_docker_become_one_line(fake, engine):
    fake.answers[f"POST /containers/{NAME}/start"] = (500, {"message": "OCI failed:\n\n  exec\n"})
    assert (await refusal(engine.start(NAME))).message == "OCI failed: exec"


@pytest.mark.parametrize(
    ("path", "status", "words", "call"),
    [
        (f"POST /containers/{NAME}/start", 304, "", lambda e: e.start(NAME)),
        (f"POST /containers/{NAME}/stop", 304, "", lambda e: e.stop(NAME, 1)),
        (f"POST /containers/{NAME}/stop", 404, "No such container", lambda e: e.stop(NAME, 1)),
        (f"DELETE /containers/{NAME}", 404, "No such container", lambda e: e.remove(NAME)),
        ("DELETE /volumes/v", 404, "no such volume", lambda e: e.remove_volume("v")),
    ],
)
async def test_what_is_already_so_is_success(fake, engine, path, status, words, call):
    fake.answers[path] = (status, {"message": words})
    await call(engine)
    assert fake.count(path) == 1


async def test_a_removal_that_goes_on_is_asked_for_again_but_not_at_once(fake, engine):
    # As success it would be asked for again with every look, as fast as Docker answers.
    words = "removal of container x is already in progress"
    fake.answers[f"DELETE /containers/{NAME}"] = (409, {"message": words})
    error = await refusal(engine.remove(NAME))
    assert (error.kind, error.retryable) == (EngineErrorKind.CANNOT_STOP, True)


async def test_a_name_that_its_owner_has_taken_is_success(fake, engine):
    conflict = f'Conflict. The container name "/{NAME}" is already in use by container "f00d".'
    fake.answers["POST /containers/create"] = (409, {"message": conflict})
    fake.answers[f"GET {PATH}"] = (200, inspected("created"))
    await engine.create(spec())
    fake.answers[f"GET {PATH}"] = (200, inspected("created", owner="somebody else"))
    error = await refusal(engine.create(spec()))
    assert (error.kind, error.retryable) == (EngineErrorKind.NAME_TAKEN, False)


@pytest.mark.parametrize("there", [(404, {"message": "gone"}), (200, inspected("removing"))])
async def test_a_name_that_is_being_freed_is_tried_again(fake, engine, there):
    conflict = f'Conflict. The container name "/{NAME}" is already in use by container "f00d".'
    fake.answers["POST /containers/create"] = (409, {"message": conflict})
    fake.answers[f"GET {PATH}"] = there
    error = await refusal(engine.create(spec()))
    assert (error.kind, error.retryable) == (EngineErrorKind.CANNOT_CREATE, True)


async def test_more_cpus_than_there_are_is_no_ceiling(fake, engine):
    fake.answers["POST /containers/create"] = (201, {"Id": "f00d"})
    await engine.create(spec(nano_cpus=4_000_000_000))
    assert json.loads(fake.bodies[-1])["HostConfig"]["NanoCpus"] == 2_000_000_000
    fake.answers["GET /info"] = (200, {"NCPU": 8})
    await engine.info()
    await engine.create(spec(nano_cpus=4_000_000_000))
    assert json.loads(fake.bodies[-1])["HostConfig"]["NanoCpus"] == 4_000_000_000


# -- an engine that is not there ---------------------------------------------------------------


async def test_no_socket_is_unreachable_and_says_what_to_do(fake, engine):
    fake.stop()
    error = await refusal(engine.info())
    assert (error.kind, error.retryable) == (EngineErrorKind.UNREACHABLE, True)
    assert str(fake.path) in error.message
    assert "start its daemon" in error.message


async def test_an_engine_that_was_gone_is_found_again(fake, engine):
    assert (await engine.info()).version == "20.10"
    fake.stop()
    assert (await refusal(engine.info())).kind is EngineErrorKind.UNREACHABLE
    fake.start()
    assert (await engine.info()).version == "20.10"


async def test_a_connection_that_breaks_during_a_call_is_unreachable(fake, engine):
    fake.answers[f"GET {PATH}"] = stream_of(BREAK)
    error = await refusal(engine.inspect(NAME))
    assert (error.kind, error.retryable) == (EngineErrorKind.UNREACHABLE, True)


async def test_an_engine_of_another_version_is_asked_anew(fake, engine):
    await engine.info()
    too_new = "client version 1.41 is too new. Maximum supported API version is 1.30"
    fake.answers[f"GET {PATH}"] = (400, {"message": too_new})
    fake.answers["GET /version"] = (200, {"ApiVersion": "1.30"})
    error = await refusal(engine.inspect(NAME))
    assert (error.kind, error.retryable) == (EngineErrorKind.UNREACHABLE, True)
    fake.answers[f"GET {PATH}"] = (200, inspected())
    assert (await engine.inspect(NAME)) is not None
    assert fake.count("GET /version") == 2


async def test_an_engine_that_is_too_old_is_refused(fake, engine):
    fake.answers["GET /version"] = (200, {"ApiVersion": "1.12"})
    error = await refusal(engine.info())
    assert error.kind is EngineErrorKind.UNREACHABLE
    assert "too old" in error.message


async def test_closing_gives_up_connecting(fake, engine):
    arrived, loop = asyncio.Event(), asyncio.get_running_loop()

    def hang(_):
        loop.call_soon_threadsafe(arrived.set)
        return HANG

    fake.answers["GET /version"] = hang
    calls = [asyncio.create_task(refusal(engine.info())) for _ in range(3)]
    await arrived.wait()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await engine.close()
        errors = await asyncio.gather(*calls)
    assert {error.kind for error in errors} == {EngineErrorKind.UNREACHABLE}


async def test_many_first_calls_share_one_connection(fake, engine):
    fake.answers[f"GET {PATH}"] = (200, inspected())
    await asyncio.gather(*(engine.inspect(NAME) for _ in range(40)))
    assert fake.count("GET /version") == 1


async def test_closing_cuts_calls_that_hang(fake, engine):
    before = threading.active_count()
    await engine.info()
    arrived = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang(_):
        loop.call_soon_threadsafe(arrived.set)
        return HANG

    fake.answers[f"POST /containers/{NAME}/stop"] = hang
    fake.answers[f"GET {PATH}"] = hang
    calls = [
        asyncio.create_task(refusal(engine.stop(NAME, 1000))),
        *(asyncio.create_task(refusal(engine.inspect(NAME))) for _ in range(40)),
    ]
    await arrived.wait()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await engine.close()
        errors = await asyncio.gather(*calls)
    assert {error.kind for error in errors} == {EngineErrorKind.UNREACHABLE}
    fake.stop()
    assert threading.active_count() <= before


# -- looks -------------------------------------------------------------------------------------


def listed(state="running", status="Up 2 hours"):
    return {"Id": "f00d", "Names": [f"/{NAME}"], "State": state, "Status": status, "Ports": []}


async def test_a_list_inspects_a_container_again_only_when_it_looks_different(fake, engine):
    inspect, image = "GET /containers/f00d/json", "GET /images/sha256:1/json"
    fake.answers[inspect] = (200, inspected("exited", ExitCode=3))  # at 03:05:00
    fake.answers[image] = (200, {"RepoDigests": ["other@sha256:9", "app@sha256:2"]})
    fake.answers["GET /containers/json"] = (200, [listed("exited", "Exited (3) About an hour ago")])
    seen = (await engine.list(OWNER))[NAME]
    assert (seen.phase, seen.exit_code, seen.image_digest) == (Phase.EXITED, 3, "sha256:2")
    assert (await engine.list(OWNER))[NAME] is seen
    assert (fake.count(inspect), fake.count(image)) == (1, 1)
    # It ran again and ended the same way.
    answer = inspected("exited", ExitCode=3) | {"State": {"Status": "exited", "ExitCode": 3}}
    answer["State"]["FinishedAt"] = "2026-01-02T04:04:58Z"
    fake.answers[inspect] = (200, answer)
    fake.answers["GET /containers/json"] = (200, [listed("exited", "Exited (3) 2 seconds ago")])
    assert (await engine.list(OWNER))[NAME].finished_at == seconds_of("2026-01-02T04:04:58Z")
    assert (fake.count(inspect), fake.count(image)) == (2, 1)


async def test_what_was_done_to_a_container_makes_a_list_inspect_it(fake, engine):
    inspect = "GET /containers/f00d/json"
    fake.answers[inspect] = (200, inspected(StartedAt="2026-01-02T02:05:00Z"))
    fake.answers["GET /containers/json"] = (200, [listed("running", "Up 2 hours")])
    fake.answers[f"POST /containers/{NAME}/stop"] = (304, {})
    await engine.list(OWNER)
    await engine.list(OWNER)
    assert fake.count(inspect) == 1
    await engine.stop(NAME, 1)
    await engine.list(OWNER)
    assert fake.count(inspect) == 2


async def test_a_container_that_goes_between_list_and_look_is_left_out(fake, engine):
    fake.answers["GET /containers/json"] = (200, [listed()])
    assert await engine.list(OWNER) == {}


# -- hints -------------------------------------------------------------------------------------


def event(action, name, **more):
    attributes = {"name": name, **more}
    text = json.dumps({"Type": "container", "Action": action, "Actor": {"Attributes": attributes}})
    return text.encode() + b"\n"


async def next_of(iterator):
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await anext(iterator)


async def test_hints_are_names_after_an_empty_one(fake, engine):
    die, rename = event("die", "one"), event("rename", "/new", oldName="/old")
    fake.answers["GET /events"] = stream_of(die[:20], die[20:] + rename)
    async with aclosing(engine.hints(OWNER)) as hints:
        assert [await next_of(hints) for _ in range(4)] == ["", "one", "new", "old"]
    what, query = fake.asked[-1]
    wanted = json.loads(query["filters"])
    assert what == "GET /events"
    assert wanted["label"] == [f"{OWNER_LABEL}={OWNER}"]
    assert {"die", "oom", "health_status", "destroy", "start", "rename"} <= set(wanted["event"])
    assert "create" not in wanted["event"]


@pytest.mark.parametrize("end", [END, BREAK])
async def test_hints_go_on_after_a_break_with_an_empty_name(fake, engine, end):
    streams = [stream_of(event("die", "one"), end), stream_of(event("die", "two"))]
    fake.answers["GET /events"] = lambda _: streams.pop(0)
    async with aclosing(engine.hints(OWNER)) as hints:
        assert [await next_of(hints) for _ in range(5)] == ["", "one", "", "", "two"]


async def test_hints_wait_for_an_engine_that_is_gone(fake, engine):
    fake.answers["GET /events"] = lambda _: stream_of()
    async with aclosing(engine.hints(OWNER)) as hints:
        assert await next_of(hints) == ""
        fake.stop()
        assert await next_of(hints) == "", "the break is told at once"
        assert (await refusal(engine.info())).kind is EngineErrorKind.UNREACHABLE
        fake.start()
        assert await next_of(hints) == ""


async def test_closing_the_engine_ends_hints(fake, engine):
    fake.answers["GET /events"] = stream_of()
    hints = engine.hints(OWNER)
    assert await next_of(hints) == ""
    waiting = asyncio.create_task(anext(hints, "ended"))
    await engine.close()
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await waiting == "ended"


# -- logs --------------------------------------------------------------------------------------


def frame(second, text, stream=1):
    message = f"2026-01-02T03:04:{second:02}.000000000Z {text}\n".encode()
    return struct.pack(">BxxxL", stream, len(message)) + message


async def texts(engine, **window):
    async with asyncio.timeout(PATIENCE_SECONDS):
        return [
            line.text async for batch in engine.logs(NAME, LogWindow(**window)) for line in batch
        ]


async def test_a_log_that_breaks_is_read_on_without_loss_or_doubles(fake, engine):
    streams = [
        stream_of(frame(1, "a"), frame(2, "b")[:30], BREAK),
        stream_of(frame(1, "a"), frame(2, "b"), frame(2, "also b"), END),
        stream_of(frame(2, "b"), frame(2, "also b"), frame(3, "c"), END),
    ]
    states = ["running", "running", "exited"]
    fake.answers[f"GET {PATH}"] = lambda _: (200, inspected(states.pop(0)))
    fake.answers["GET /containers/f00d/logs"] = lambda _: streams.pop(0)
    assert await texts(engine, tail=7) == ["a", "b", "also b", "c"]
    queries = [query for what, query in fake.asked if what.endswith("/logs")]
    assert [query["follow"] for query in queries] == ["1", "1", "0"]
    assert queries[0]["tail"] == "7"
    assert "since" not in queries[0]
    # 2026-01-02T03:04:01 less the overlap.
    assert (queries[1]["tail"], queries[1]["since"]) == ("all", "1767323040.900000000")


async def test_following_waits_for_a_container_to_start(fake, engine):
    states = ["created", "created", "running", "exited"]
    fake.answers[f"GET {PATH}"] = lambda _: (200, inspected(states.pop(0)))
    streams = [stream_of(frame(1, "a"), END), stream_of(frame(1, "a"), END)]
    fake.answers["GET /containers/f00d/logs"] = lambda _: streams.pop(0)
    assert await texts(engine) == ["a"]
    assert states == []


async def test_a_log_ends_when_its_container_is_gone(fake, engine):
    answers = [(200, inspected()), (404, {"message": "No such container"})]
    fake.answers[f"GET {PATH}"] = lambda _: answers.pop(0)
    fake.answers["GET /containers/f00d/logs"] = stream_of(frame(1, "a"), END)
    assert await texts(engine) == ["a"]


async def test_a_log_that_cannot_be_read_is_an_error(fake, engine):
    words = "configured logging driver does not support reading"
    fake.answers[f"GET {PATH}"] = (200, inspected())
    fake.answers["GET /containers/f00d/logs"] = (501, {"message": words})
    error = await refusal(texts(engine))
    assert (error.kind, error.message) == (EngineErrorKind.CANNOT_INSPECT, words)


async def test_a_break_is_an_error_to_who_does_not_follow(fake, engine):
    fake.answers[f"GET {PATH}"] = (200, inspected("exited"))
    fake.answers["GET /containers/f00d/logs"] = stream_of(frame(1, "a"), BREAK)
    assert (await refusal(texts(engine, follow=False))).kind is EngineErrorKind.UNREACHABLE


async def test_closing_a_log_frees_its_thread(fake, engine):
    fake.answers[f"GET {PATH}"] = (200, inspected())
    fake.answers["GET /containers/f00d/logs"] = stream_of(frame(1, "a"))
    log = engine.logs(NAME, LogWindow())
    await next_of(log)
    readers = [t for t in threading.enumerate() if t.name == "docker-log"]
    assert len(readers) == 1
    await log.aclose()
    readers[0].join(PATIENCE_SECONDS)
    assert not readers[0].is_alive()


# -- images ------------------------------------------------------------------------------------


async def test_an_image_that_is_there_is_not_pulled(fake, engine):
    fake.answers["GET /images/app:1/json"] = (200, {})
    await engine.ensure_image("app:1", lambda _: None)
    assert fake.count("POST /images/create") == 0


async def test_a_pull_tells_how_far_it_is(fake, engine):
    here = [(404, {"message": "No such image"}), (200, {})]
    fake.answers["GET /images/app:1/json"] = lambda _: here.pop(0)
    done = {"current": 30, "total": 100}
    lines = (
        {"status": "Downloading", "id": "x", "progressDetail": done},
        {"status": "Download complete", "id": "x"},
        {"status": "Status: Downloaded newer image for app:1"},
    )
    fake.answers["POST /images/create"] = stream_of(
        *(json.dumps(line).encode() + b"\r\n" for line in lines), END
    )
    steps = [PullProgress("app:1", "")]
    await engine.ensure_image("app:1", steps.append)
    assert (steps[-1].current_bytes, steps[-1].total_bytes) == (100, 100)
    assert steps[-1].status == "Downloaded newer image for app:1"
    _, query = next(each for each in fake.asked if each[0] == "POST /images/create")
    assert (query["fromImage"], query["tag"]) == ("app", "1")


async def test_a_pull_with_a_login_of_its_own(fake, engine):
    here = [(404, {"message": "No such image"}), (200, {})]
    fake.answers["GET /images/reg.test/app:1/json"] = lambda _: here.pop(0)
    fake.answers["POST /images/create"] = stream_of(END)
    login = RegistryLogin("me", "pass")
    assert "pass" not in repr(login)
    await engine.ensure_image("reg.test/app:1", lambda _: None, login)
    (header,) = fake.registry_logins
    given = json.loads(base64.urlsafe_b64decode(header))
    assert given == {"username": "me", "password": "pass", "serveraddress": "reg.test"}


@pytest.mark.parametrize(
    ("words", "retryable"),
    [
        ("manifest for app:1 not found: manifest unknown", False),
        ("pull access denied for app, repository does not exist", False),
        ("dial tcp: lookup registry on 10.0.0.1:53: no such host", True),
        ("toomanyrequests: You have reached your pull rate limit", True),
        ("net/http: TLS handshake timeout", True),
    ],
)
@pytest.mark.parametrize("is_late", [False, True])
async def test_a_pull_that_fails(fake, engine, words, retryable, is_late):
    fake.answers["POST /images/create"] = (
        stream_of(json.dumps({"error": words}).encode() + b"\n", END)
        if is_late
        else (404, {"message": words})
    )
    error = await refusal(engine.ensure_image("app:1", lambda _: None))
    assert (error.kind, error.message) == (EngineErrorKind.CANNOT_PULL, words)
    assert error.retryable is retryable


async def test_a_pull_that_breaks_is_tried_again(fake, engine):
    fake.answers["POST /images/create"] = stream_of(b'{"status": "Pulling"}\n', BREAK)
    assert (await refusal(engine.ensure_image("app:1", lambda _: None))).retryable


async def test_the_pause_image_is_made_for_the_machine_of_the_engine(fake, engine):
    fake.answers["POST /images/create"] = (200, {"status": "sha256:3"})
    await engine.ensure_image(PAUSE_IMAGE, lambda _: None)
    _, query = fake.asked[-1]
    assert (query["fromSrc"], query["repo"], query["tag"]) == ("-", "ecstui/pause", "1")
    assert b"\x7fELF" in fake.bodies[-1]


async def test_a_machine_without_a_pause_program_is_told_so(fake, engine):
    fake.answers["GET /info"] = (200, {"Architecture": "s390x"})
    error = await refusal(engine.ensure_image(PAUSE_IMAGE, lambda _: None))
    assert "s390x" in error.message


# -- usage -------------------------------------------------------------------------------------


async def test_usage_comes_from_statistics_where_the_kernels_files_are_elsewhere(fake, engine):
    fake.answers[f"GET {PATH}"] = (200, inspected(Pid=2**30))
    cpu = {"cpu_usage": {"total_usage": 2_500_000_000}}
    fake.answers[f"GET /containers/{NAME}/stats"] = (
        200,
        {
            "read": "2026-01-02T03:04:06.0Z",
            "preread": "2026-01-02T03:04:05.0Z",
            "cpu_stats": cpu,
            "precpu_stats": {"cpu_usage": {"total_usage": 2_000_000_000}},
            "memory_stats": {"usage": 5000, "stats": {"inactive_file": 1000}},
        },
    )
    usage = await engine.usage([NAME, "nobody"])
    assert list(usage) == [NAME]
    assert usage[NAME].cpu_units == pytest.approx(512)
    assert usage[NAME].memory_bytes == 4000
