"""What ecstui is measured against: a bare Docker SDK script, and Swarm on the same engine.

Everything here talks to the engine named by DOCKER_HOST and cleans up after itself.
"""

import contextlib
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import docker

IMAGE = "nginx:stable"
LABEL = "ecstui.bench"


def connect() -> Any:
    """A client of the engine that is measured."""
    return docker.APIClient(
        os.environ["DOCKER_HOST"], version="auto", max_pool_size=32, timeout=120
    )


def create_and_start(client: Any, *, port: bool) -> str:
    """One container, as a task of the measured service has it."""
    host = client.create_host_config(
        port_bindings={80: ("127.0.0.1", None)} if port else None,
        mem_limit=64 * 2**20,
        mem_reservation=64 * 2**20,
        cpu_shares=2,
        log_config={"type": "json-file", "config": {"max-size": "10m", "max-file": "2"}},
    )
    made = client.create_container(
        IMAGE, labels={LABEL: "bare"}, ports=[80] if port else None, host_config=host
    )
    client.start(made["Id"])
    return str(made["Id"])


def start_bare(client: Any, count: int, threads: int, *, port: bool) -> float:
    """Seconds until `count` containers run, started by so many threads."""
    with ThreadPoolExecutor(threads) as pool:
        began = time.perf_counter()
        list(pool.map(lambda _: create_and_start(client, port=port), range(count)))
        return time.perf_counter() - began


def sweep_bare(client: Any) -> None:
    """Remove what the bare script made."""
    found = client.containers(all=True, filters={"label": LABEL})
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda c: client.remove_container(c["Id"], force=True), found))


class Swarm:
    """The same engine as a Swarm of one node."""

    def __init__(self, client: Any) -> None:
        """Make the engine a Swarm manager."""
        self._client = client
        client.init_swarm(advertise_addr="127.0.0.1", listen_addr="127.0.0.1:2399")

    def start(self, count: int, *, restart_delay_seconds: int | None = None) -> float:
        """Seconds until a new service of `count` tasks runs them all.

        Unless told otherwise Swarm waits 5 s before it replaces a task that died.
        """
        policy = {"Condition": "any"}
        if restart_delay_seconds is not None:
            policy["Delay"] = restart_delay_seconds * 10**9  # type: ignore[assignment]
        began = time.perf_counter()
        spec = docker.types.ContainerSpec(IMAGE)
        resources = docker.types.Resources(mem_limit=64 * 2**20, mem_reservation=64 * 2**20)
        self._client.create_service(
            docker.types.TaskTemplate(spec, resources=resources, restart_policy=policy),
            name="bench",
            mode=docker.types.ServiceMode("replicated", replicas=count),
        )
        while len(self._running()) < count:
            time.sleep(0.005)
        return time.perf_counter() - began

    def heal(self) -> float:
        """Seconds from the kill of a container to the moment its replacement runs."""
        before = {c["Id"] for c in self._running()}
        victim = min(before)
        began = time.perf_counter()
        self._client.kill(victim)
        while True:
            now = {c["Id"] for c in self._running()}
            if now - before:
                return time.perf_counter() - began
            time.sleep(0.005)

    def _running(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._client.containers(
            filters={"label": "com.docker.swarm.service.name=bench", "status": "running"}
        )
        return found

    def stop(self) -> None:
        """Remove the service and wait until its containers are gone."""
        self._client.remove_service("bench")
        while self._client.containers(
            all=True, filters={"label": "com.docker.swarm.service.name=bench"}
        ):
            time.sleep(0.05)

    def leave(self) -> None:
        """Make the engine what it was."""
        self._client.leave_swarm(force=True)


class Watch:
    """Counts containers with a label as the engine's own events say so, for anybody's timing."""

    def __init__(self, client: Any, label: str) -> None:
        """Listens from now on."""
        self._stream = client.events(decode=True, filters={"label": label, "type": "container"})
        self._changed = threading.Condition()
        self.started: list[float] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        # Closing the stream from outside makes its reader trip over what it was reading.
        with contextlib.suppress(AttributeError, OSError, ValueError):
            for event in self._stream:
                if event.get("Action") == "start":
                    with self._changed:
                        self.started.append(time.perf_counter())
                        self._changed.notify_all()

    def wait_for(self, count: int, timeout_seconds: float = 60.0) -> float:
        """The moment (perf_counter) at which the `count`-th start since the beginning was seen."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.started) >= count, timeout_seconds):
                raise TimeoutError(f"{len(self.started)} of {count} containers started")
            return self.started[count - 1]

    def close(self) -> None:
        """Stop listening."""
        self._stream.close()
        self._stream._response.close()
        self._thread.join(5)
