"""What Docker holds beside what the records say: each difference is a sentence."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ecstui.plan.naming import PAUSE_CONTAINER, TASK_DIGITS
from tests.chaos.harsh import HarshDaemon

TASK_LABEL = "com.amazonaws.ecs.task-arn"
NAME_LABEL = "com.amazonaws.ecs.container-name"
_DESCRIBED_AT_ONCE = 100


class Truth:
    """Looks at Docker directly; `client`: Docker's own, typed as nothing in particular."""

    def __init__(self, daemon: HarshDaemon, client: Any) -> None:
        """Nothing is looked at yet."""
        self._daemon = daemon
        self._client = client

    # -- Docker -----------------------------------------------------------------------------------

    def containers(self, *, everything: bool = True) -> list[dict[str, Any]]:
        """The daemon's containers, also those that do not run."""
        label = {"label": f"ecstui.owner={self._daemon.owner}"}
        found: list[dict[str, Any]] = self._client.containers(all=everything, filters=label)
        return found

    def volumes(self) -> list[str]:
        """Names of all volumes of tasks of this daemon: its mark is in the names of families."""
        mark = f"-{self._daemon.mark}-"
        found = self._client.volumes()["Volumes"] or []
        return [volume["Name"] for volume in found if mark in volume["Name"]]

    def remove_everything(self) -> None:
        """Leave nothing behind in the engine."""
        for container in self.containers():
            self._client.remove_container(container["Id"], force=True, v=True)
        for name in self.volumes():
            self._client.remove_volume(name, force=True)

    # -- records ----------------------------------------------------------------------------------

    def tasks(self) -> list[dict[str, Any]]:
        """Every task that has not stopped, or has stopped lately."""
        call = self._daemon.call
        arns = [a for s in ("RUNNING", "STOPPED") for a in self._listed("ListTasks", s)]
        found: list[dict[str, Any]] = []
        for start in range(0, len(arns), _DESCRIBED_AT_ONCE):
            part = arns[start : start + _DESCRIBED_AT_ONCE]
            found += call("DescribeTasks", tasks=part)["tasks"]
        return found

    def _listed(self, operation: str, desired_status: str) -> Iterator[str]:
        token: str | None = None
        while True:
            more = {} if token is None else {"nextToken": token}
            answer = self._daemon.call(operation, desiredStatus=desired_status, **more)
            yield from answer["taskArns"]
            token = answer.get("nextToken")
            if token is None:
                return

    def missing(self, task_arns: Sequence[str]) -> list[str]:
        """Of these tasks, those that have no record."""
        found: list[str] = []
        for start in range(0, len(task_arns), _DESCRIBED_AT_ONCE):
            part = list(task_arns[start : start + _DESCRIBED_AT_ONCE])
            answer = self._daemon.call("DescribeTasks", tasks=part)
            found += [failure["arn"] for failure in answer["failures"]]
        return found

    # -- differences ------------------------------------------------------------------------------

    def at_any_time(self) -> list[str]:
        """What must hold even in the middle of everything."""
        containers = self.containers()
        arns = sorted({c["Labels"][TASK_LABEL] for c in containers})
        counts = Counter((c["Labels"][TASK_LABEL], c["Labels"][NAME_LABEL]) for c in containers)
        leaked = [
            f"leaked: a container of {arn}, which has no record" for arn in self.missing(arns)
        ]
        doubled = [f"doubled: {n} containers {k} of {a}" for (a, k), n in counts.items() if n > 1]
        return leaked + doubled

    def when_quiet(self) -> list[str]:
        """What must hold once nothing moves any more."""
        tasks = self.tasks()
        alive = [task for task in tasks if task["lastStatus"] != "STOPPED"]
        recorded = {
            container["runtimeId"]: container["name"]
            for task in alive
            for container in task["containers"]
            if container["lastStatus"] == "RUNNING"
        }
        running = {
            c["Id"]: c["Names"][0]
            for c in self.containers(everything=False)
            if c["Labels"][NAME_LABEL] != PAUSE_CONTAINER
        }
        lost = [
            f"lost: {name} {i[:12]} does not run"
            for i, name in recorded.items()
            if i not in running
        ]
        leaked = [
            f"leaked: {name} runs unwanted" for i, name in running.items() if i not in recorded
        ]
        return [
            *self.at_any_time(),
            *lost,
            *leaked,
            *self._pauses(alive),
            *self._stray_volumes(tasks),
        ]

    def _pauses(self, alive: Sequence[dict[str, Any]]) -> list[str]:
        """Each task with a network of its own has one pause container, and nobody else has one."""
        with_network = {task["taskArn"] for task in alive if task["attachments"]}
        pauses = Counter(
            c["Labels"][TASK_LABEL]
            for c in self.containers(everything=False)
            if c["Labels"][NAME_LABEL] == PAUSE_CONTAINER
        )
        return [
            f"{'lost' if arn in with_network else 'leaked'}: pause container of {arn}"
            for arn in sorted(with_network ^ set(pauses))
        ]

    def _stray_volumes(self, tasks: Sequence[dict[str, Any]]) -> list[str]:
        known = {task["taskArn"].rpartition("/")[2][:TASK_DIGITS] for task in tasks}
        return [
            f"leaked: volume {name}"
            for name in self.volumes()
            if name.rpartition("-")[2] not in known
        ]
