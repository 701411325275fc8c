"""Kills the daemon with SIGKILL at random moments of rollouts, over and over, and counts.

Whatever was acknowledged must be there after each start; no container is lost, doubled or leaked.
A call that got no answer may or may not have been carried out: both are right.
"""

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
from requests.exceptions import RequestException

from tests.chaos.harsh import HarshDaemon, NoAnswer, Refused
from tests.chaos.truth import Truth

_QUIET_SECONDS = 120.0
_LOOK_SECONDS = 0.1
_LONGEST_LIFE_SECONDS = 2.5
_MOST_TASKS = 5

_WAITS = "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done"
_NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}


def _container(name: str, command: str = _WAITS, **members: object) -> dict[str, object]:
    plain = {"name": name, "image": "busybox:stable", "memory": 8, "stopTimeout": 2}
    return {**plain, "command": ["sh", "-c", command], **members}


_SERVICES: dict[str, dict[str, Any]] = {
    "chaos-web": {
        "containers": [
            {
                "name": "web",
                "image": "nginx:stable",
                "memory": 16,
                "portMappings": [{"containerPort": 80}],
            }
        ]
    },
    "chaos-pair": {
        "containers": [
            _container(
                "init",
                "echo ready > /data/word",
                essential=False,
                mountPoints=[{"sourceVolume": "data", "containerPath": "/data"}],
            ),
            _container(
                "app",
                dependsOn=[{"containerName": "init", "condition": "SUCCESS"}],
                mountPoints=[{"sourceVolume": "data", "containerPath": "/data"}],
            ),
        ],
        "definition": {"volumes": [{"name": "data"}]},
    },
    "chaos-network": {
        "containers": [_container("app"), _container("side", essential=False)],
        "definition": {"networkMode": "awsvpc"},
        "service": {"networkConfiguration": _NETWORK},
    },
}


@dataclass(slots=True)
class Promises:
    """What was acknowledged: for each service the states that are right, and the tasks run."""

    services: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    """(task definition, desired count); more than one after a call without an answer."""
    tasks: list[str] = field(default_factory=list)


class Chaos:
    """The services, what is done to them, and what was promised."""

    def __init__(self, daemon: HarshDaemon, client: Any, seed: int) -> None:
        """Nothing is started here."""
        self.daemon = daemon
        self.truth = Truth(daemon, client)
        self.promises = Promises()
        self.differences: list[str] = []
        self.acts = 0
        self._client = client
        self._random = random.Random(seed)
        self._releases = 0
        self._reported = 0

    # -- what people do ---------------------------------------------------------------------------

    def set_up(self) -> None:
        """The services, two tasks each."""
        for name, parts in _SERVICES.items():
            definition = self._register(name)
            self.daemon.call(
                "CreateService",
                serviceName=name,
                taskDefinition=definition,
                desiredCount=2,
                **parts.get("service", {}),
            )
            self.promises.services[name] = [(definition, 2)]

    def _register(self, name: str) -> str:
        self._releases += 1
        parts = _SERVICES[name]
        release = [{"name": "RELEASE", "value": str(self._releases)}]
        containers = [container | {"environment": release} for container in parts["containers"]]
        answer = self.daemon.call(
            "RegisterTaskDefinition",
            family=self._family(name),
            containerDefinitions=containers,
            **parts.get("definition", {}),
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def _family(self, name: str) -> str:
        return f"{name}-{self.daemon.mark}"

    def act(self) -> None:
        """Do something at random; what gets no answer is remembered as possible."""
        act = self._random.choice(
            (self._roll, self._roll, self._scale, self._run, self._stop, self._kill)
        )
        try:
            act(self._random.choice(list(_SERVICES)))
            self.acts += 1
        except Refused as refused:
            self.differences.append(f"refused: {refused}")

    def _roll(self, name: str) -> None:
        definition = self._register(name)
        self._update(name, definition, self.promises.services[name][-1][1])

    def _scale(self, name: str) -> None:
        count = self._random.randint(1, _MOST_TASKS)
        self._update(name, self.promises.services[name][-1][0], count)

    def _update(self, name: str, definition: str, count: int) -> None:
        possible = self.promises.services[name]
        possible.append((definition, count))
        self.daemon.call(
            "UpdateService", service=name, taskDefinition=definition, desiredCount=count
        )
        self.promises.services[name] = [(definition, count)]

    def _run(self, name: str) -> None:
        network = {"networkConfiguration": _NETWORK} if name == "chaos-network" else {}
        answer = self.daemon.call(
            "RunTask", taskDefinition=self._family(name), group="by-hand", **network
        )
        self.promises.tasks += [task["taskArn"] for task in answer["tasks"]]

    def _stop(self, _: str) -> None:
        arns = self.daemon.call("ListTasks")["taskArns"]
        if arns:
            self.daemon.call("StopTask", task=self._random.choice(arns))

    def _kill(self, _: str) -> None:
        self.kill_any()

    def kill_any(self) -> bool:
        """Kill a container behind the daemon's back; False when none was there to be killed."""
        try:
            running = self.truth.containers(everything=False)
            if not running:
                return False
            self._client.kill(self._random.choice(running)["Id"])
        except (docker.errors.DockerException, RequestException):
            return False  # it ended by itself just now, or the engine is away
        return True

    # -- a round ----------------------------------------------------------------------------------

    def round(self) -> None:
        """Act until the daemon is killed at a random moment; start it again and look."""
        life = self._random.choice((0.05, 0.3, 1.0, _LONGEST_LIFE_SECONDS))
        timer = threading.Timer(self._random.uniform(0.0, life), self.daemon.kill)
        timer.start()
        try:
            while True:
                self.act()
                time.sleep(self._random.uniform(0.0, 0.3))
        except NoAnswer:
            pass
        timer.join()
        self.daemon.wait()
        self.daemon.start()
        self.compare()

    def forgo_stopped_tasks(self) -> None:
        """Do not insist on records of tasks that have stopped: they are kept for a time only."""
        alive = {task["taskArn"] for task in self.truth.tasks() if task["lastStatus"] != "STOPPED"}
        self.promises.tasks = [arn for arn in self.promises.tasks if arn in alive]

    def compare(self) -> None:
        """Take down what must hold even now and does not."""
        self.differences += self.truth.at_any_time() + self._broken_promises()

    def _broken_promises(self) -> list[str]:
        broken = [f"lost: task {arn}" for arn in self.truth.missing(self.promises.tasks)]
        for service in self._services():
            name = service["serviceName"]
            found = (service["taskDefinition"], service["desiredCount"])
            if found not in self.promises.services[name]:
                broken.append(f"lost: {name} is {found}, not {self.promises.services[name]}")
            self.promises.services[name] = [found]
        return broken

    def _services(self) -> list[dict[str, Any]]:
        answer = self.daemon.call("DescribeServices", services=list(_SERVICES))
        services: list[dict[str, Any]] = answer["services"]
        assert len(services) == len(_SERVICES), answer["failures"]
        return services

    # -- quiet ------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Stop the tasks run by hand, wait until nothing moves, and compare everything."""
        for task in self.truth.tasks():
            if task.get("group") == "by-hand" and task["desiredStatus"] == "RUNNING":
                self.daemon.call("StopTask", task=task["taskArn"])
        end = time.monotonic() + _QUIET_SECONDS
        while not self._is_quiet() or (found := self.truth.when_quiet()):
            if time.monotonic() > end:
                found = self.truth.when_quiet()
                self.differences += found or ["never quiet: " + str(self._services())]
                return
            time.sleep(_LOOK_SECONDS)

    def report(self, number: int) -> None:
        """Print what is new."""
        for difference in self.differences[self._reported :]:
            print(difference)
        self._reported = len(self.differences)
        print(f"round {number}: {self._reported} differences", flush=True)

    def _is_quiet(self) -> bool:
        for service in self._services():
            counts = service["runningCount"], service["pendingCount"]
            if len(service["deployments"]) > 1 or counts != (service["desiredCount"], 0):
                return False
        return all(task["lastStatus"] in ("RUNNING", "STOPPED") for task in self.truth.tasks())


def main(arguments: list[str]) -> int:
    """Run the rounds and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.kill_daemon")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--settle-every", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="ecstui-chaos-") as folder:
        return run(Path(folder), asked.rounds, asked.settle_every, asked.seed)


def run(folder: Path, rounds: int, settle_every: int, seed: int) -> int:
    """So many rounds; 0 when nothing was lost, doubled or leaked."""
    docker_host = os.environ["DOCKER_HOST"]
    client = docker.APIClient(docker_host, version="auto")
    chaos = Chaos(HarshDaemon(folder / "state", docker_host), client, seed)
    try:
        chaos.daemon.start()
        chaos.set_up()
        for number in range(1, rounds + 1):
            chaos.round()
            if number % settle_every == 0 or number == rounds:
                chaos.settle()
                chaos.report(number)
        tasks = len(chaos.truth.tasks())
        chaos.daemon.stop()
        left = [c["Names"][0] for c in chaos.truth.containers(everything=False)]
        chaos.differences += [f"leaked: {name} runs after stop --tasks" for name in left]
    finally:
        chaos.daemon.kill()
        chaos.daemon.wait()
        chaos.truth.remove_everything()
        client.close()
    chaos.report(rounds)
    print(f"{rounds} kills, {chaos.acts} acts, {tasks} tasks in the records at the end;", end=" ")
    print(f"{len(chaos.differences)} lost, doubled or leaked")
    return 1 if chaos.differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
