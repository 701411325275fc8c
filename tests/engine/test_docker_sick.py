"""One container that Docker cannot inspect, or too few threads: the engine is not gone for that."""

import asyncio
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ecstui.base.clock import SystemClock
from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.control.observer import EngineObserver
from ecstui.control.setup import Limits
from ecstui.engine import docker_looks, docker_ssh
from ecstui.engine.docker import DockerEngine
from ecstui.engine.docker_calls import Calls
from ecstui.engine.docker_client import Client
from ecstui.engine.docker_ssh import SshTunnel
from ecstui.engine.endpoint import Endpoint
from ecstui.plan.spec import Phase, Probe
from ecstui.plan.translate import OWNER_LABEL
from tests.engine.fake_docker import HANG, Answer, FakeDocker, stream_of

PATIENCE_SECONDS = 60
OWNER = "fake-owner"
NO_LAYER = (500, {"message": "RWLayer of container 0bad is unexpectedly nil"})


@pytest.fixture
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeDocker]:
    docker = FakeDocker(Path(tmp_path_factory.mktemp("d")) / "s")
    docker.answers["GET /events"] = stream_of()
    docker.answers["GET /images/sha256:1/json"] = (200, {"RepoDigests": ["app@sha256:2"]})
    yield docker
    docker.stop()


@pytest.fixture
async def engine(fake: FakeDocker) -> AsyncIterator[DockerEngine]:
    engine = DockerEngine(Endpoint(fake.address))
    yield engine
    await engine.close()


def listed(name: str, engine_id: str, state: str = "running", status: str = "Up 2 hours"):
    return {
        "Id": engine_id,
        "Names": [f"/{name}"],
        "State": state,
        "Status": status,
        "Ports": [],
        "ImageID": "sha256:1",
        "Created": 1_767_319_500,
        "Labels": {OWNER_LABEL: OWNER, "web": "yes"},
    }


def inspected(name: str, engine_id: str, state: str = "running", **more: object):
    times = {"StartedAt": "2026-01-02T02:05:00Z", "FinishedAt": "2026-01-02T03:05:00Z"}
    return {
        "Id": engine_id,
        "Name": f"/{name}",
        "Image": "sha256:1",
        "Config": {"Labels": {OWNER_LABEL: OWNER, "web": "yes"}, "Image": "app:1"},
        "State": {"Status": state, "ExitCode": 0, **times, **more},
        "NetworkSettings": {"Ports": {}, "Networks": {}},
    }


def holds(fake: FakeDocker, *containers: object) -> None:
    fake.answers["GET /containers/json"] = (200, list(containers))


def answers_of(fake: FakeDocker, name: str, engine_id: str, answer: Answer) -> None:
    fake.answers[f"GET /containers/{name}/json"] = answer
    fake.answers[f"GET /containers/{engine_id}/json"] = answer


# -- lists -------------------------------------------------------------------------------------


async def test_a_container_that_cannot_be_inspected_is_as_the_list_says(fake, engine):
    holds(
        fake,
        listed("good", "600d"),
        listed("bad", "0bad", status="Up 2 hours (unhealthy)"),
        listed("over", "dead", "exited", "Exited (137) 2 hours ago"),
        listed("new", "4e4", "created", "Created"),
    )
    answers_of(fake, "good", "600d", (200, inspected("good", "600d")))
    for name, engine_id in (("bad", "0bad"), ("over", "dead"), ("new", "4e4")):
        answers_of(fake, name, engine_id, NO_LAYER)
    seen = await engine.list(OWNER)
    assert not seen["good"].is_only_listed
    assert seen["good"].image_digest == "sha256:2"
    bad, over, new = seen["bad"], seen["over"], seen["new"]
    assert (bad.phase, bad.probe, bad.labels["web"]) == (Phase.RUNNING, Probe.UNHEALTHY, "yes")
    assert (bad.engine_id, bad.image_digest, bad.started_at) == ("0bad", "sha256:1", 1_767_319_500)
    assert (over.phase, over.exit_code) == (Phase.EXITED, 137)
    assert (new.phase, new.started_at) == (Phase.CREATED, None)
    assert bad.is_only_listed
    assert await engine.list(OWNER) == seen


async def test_a_container_that_hangs_is_waited_for_a_little_and_once(fake, engine, monkeypatch):
    monkeypatch.setattr(docker_looks, "_PATIENCE_SECONDS", 0.1)
    holds(fake, listed("good", "600d"), listed("bad", "0bad"))
    answers_of(fake, "good", "600d", (200, inspected("good", "600d")))
    answers_of(fake, "bad", "0bad", HANG)
    async with asyncio.timeout(PATIENCE_SECONDS):
        seen = await engine.list(OWNER)
        assert (seen["bad"].phase, seen["bad"].is_only_listed) == (Phase.RUNNING, True)
        assert await engine.list(OWNER) == seen
    assert fake.count("GET /containers/0bad/json") == 1


async def test_many_containers_that_hang_do_not_add_up(fake, engine, monkeypatch):
    monkeypatch.setattr(docker_looks, "_PATIENCE_SECONDS", 0.1)
    names = [(f"bad{number}", f"0bad{number}") for number in range(40)]
    holds(fake, *(listed(name, engine_id) for name, engine_id in names))
    for name, engine_id in names:
        answers_of(fake, name, engine_id, HANG)
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert len(await engine.list(OWNER)) == 40
    assert fake.count("GET /containers/0bad") < 8


async def test_details_of_an_earlier_look_stay_and_the_phase_is_that_of_the_list(fake, engine):
    holds(fake, listed("bad", "0bad"))
    answers_of(fake, "bad", "0bad", (200, inspected("bad", "0bad")))
    fake.answers["POST /containers/bad/stop"] = (204, {})
    seen = (await engine.list(OWNER))["bad"]
    answers_of(fake, "bad", "0bad", NO_LAYER)
    await engine.stop("bad", 1)
    again = (await engine.list(OWNER))["bad"]
    assert again == seen
    assert again.is_only_listed
    holds(fake, listed("bad", "0bad", "exited", "Exited (143) 1 second ago"))
    over = (await engine.list(OWNER))["bad"]
    assert (over.phase, over.exit_code, over.finished_at) == (Phase.EXITED, 143, None)
    assert (over.started_at, over.image_digest) == (seen.started_at, "sha256:2")


async def test_an_image_that_cannot_be_inspected_costs_only_its_digest(fake, engine):
    fake.answers["GET /images/sha256:1/json"] = (500, {"message": "layer does not exist"})
    holds(fake, listed("good", "600d"))
    answers_of(fake, "good", "600d", (200, inspected("good", "600d")))
    seen = (await engine.list(OWNER))["good"]
    assert (seen.image_digest, seen.is_only_listed) == ("sha256:1", False)


async def test_an_engine_that_breaks_off_during_an_inspection_is_gone_all_the_same(fake, engine):
    holds(fake, listed("bad", "0bad"))
    answers_of(fake, "bad", "0bad", (503, {"message": "not now"}))
    with pytest.raises(EngineError) as caught:
        await engine.list(OWNER)
    assert caught.value.kind is EngineErrorKind.UNREACHABLE


# -- the observer ------------------------------------------------------------------------------


@asynccontextmanager
async def observing(engine: DockerEngine) -> AsyncIterator[EngineObserver]:
    limits = Limits(full_look_seconds=0.05, retry_first_seconds=0.01, retry_limit_seconds=0.05)
    observer = EngineObserver(engine, OWNER, SystemClock(), limits, lambda *_: None, lambda _: None)
    observer.start()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield observer
    finally:
        await observer.close()


def phase_of(observer: EngineObserver, name: str) -> Phase:
    return observer.seen[name].phase


async def until(is_so) -> None:
    while not is_so():  # noqa: ASYNC110 - the observer has no event for it
        await asyncio.sleep(0.01)


async def test_an_engine_with_a_sick_container_is_connected_from_the_start(fake, engine):
    holds(fake, listed("bad", "0bad"))
    answers_of(fake, "bad", "0bad", NO_LAYER)
    async with observing(engine) as observer:
        await observer.first_sign.wait()
        assert observer.is_connected
        assert observer.silent_since is None
        assert phase_of(observer, "bad") is Phase.RUNNING


@pytest.mark.parametrize("answer", [NO_LAYER, HANG])
async def test_a_container_that_falls_sick_can_be_acted_on_and_is_followed_by_lists(
    fake, engine, monkeypatch, answer
):
    # Time enough for every answer that comes: one that is late is an engine that is silent.
    monkeypatch.setattr(docker_looks, "_PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr(Client.look_at, "__defaults__", (2.0,))
    holds(fake, listed("bad", "0bad"))
    answers_of(fake, "bad", "0bad", (200, inspected("bad", "0bad")))
    async with observing(engine) as observer:
        await observer.first_sign.wait()
        answers_of(fake, "bad", "0bad", answer)
        observer.look("bad")
        await until(lambda: not observer.is_looking("bad"))
        assert observer.is_connected
        assert phase_of(observer, "bad") is Phase.RUNNING
        holds(fake, listed("bad", "0bad", "exited", "Exited (143) 1 second ago"))
        await until(lambda: phase_of(observer, "bad") is Phase.EXITED)
        holds(fake)
        answers_of(fake, "bad", "0bad", (404, {"message": "No such container: bad"}))
        await until(lambda: not observer.seen and not observer.is_looking("bad"))
        assert observer.is_connected
        assert observer.silent_since is None


async def test_the_observer_outlives_what_nobody_thought_of(fake, engine, monkeypatch):
    holds(fake, listed("good", "600d"))
    answers_of(fake, "good", "600d", (200, inspected("good", "600d")))
    troubles = {"list": 1, "hints": 1, "inspect": 1}

    def once(name: str):
        right = getattr(engine, name)

        def call(*arguments):
            if troubles[name]:
                troubles[name] -= 1
                raise RuntimeError("a bug")
            return right(*arguments)

        monkeypatch.setattr(engine, name, call)

    for name in troubles:
        once(name)
    async with observing(engine) as observer:
        await until(lambda: observer.is_connected)
        observer.look("good")
        await until(lambda: not observer.is_looking("good") and not any(troubles.values()))
        fake.answers["GET /events"] = stream_of(b"")
        await until(lambda: fake.count("GET /events") > 0)
        assert not any(job.done() for job in observer._jobs)


# -- threads and ssh ---------------------------------------------------------------------------


def no_thread(*_: object) -> None:
    raise RuntimeError("can't start new thread")


async def test_a_machine_without_threads_is_a_failure_that_passes(fake, engine, monkeypatch):
    await engine.info()
    monkeypatch.setattr(ThreadPoolExecutor, "submit", no_thread)
    with pytest.raises(EngineError, match="can't start new thread") as caught:
        await engine.inspect("good")
    assert (caught.value.kind, caught.value.retryable) == (EngineErrorKind.TIMEOUT, True)
    monkeypatch.undo()
    calls = Calls(Endpoint(fake.address))
    await calls.connection()
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    with pytest.raises(EngineError, match="can't start new thread") as caught:
        await calls.stream("s", lambda client: client.open_events({}), lambda _: iter(()), 1)
    assert (caught.value.kind, caught.value.retryable) == (EngineErrorKind.TIMEOUT, True)
    monkeypatch.undo()
    await calls.close()


def test_an_ssh_that_hangs_up_and_does_not_end_is_killed(tmp_path, monkeypatch):
    program = tmp_path / "ssh"
    program.write_text("#!/bin/sh\nexec 0<&- 1>&-\nexec sleep 60\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(docker_ssh, "_END_SECONDS", 0.05)
    begun: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def begin(*arguments, **options):
        begun.append(real(*arguments, **options))
        return begun[-1]

    monkeypatch.setattr(subprocess, "Popen", begin)
    tunnel = SshTunnel(Endpoint("ssh://somewhere"))
    with pytest.raises(OSError, match="ssh did not get there in time"):
        tunnel.connect(1.0)
    (process,) = begun
    assert process.wait(60) != 0
