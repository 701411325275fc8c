"""What screens say of one task: where it can be reached, its steps in time, how it ended.

Pure functions from records to words. The steps are those that have a time in the record; nothing
is guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ecstui.client.reach import ANY_ADDRESS
from ecstui.model.enums import TaskStatus
from ecstui.model.task import ContainerRecord, NetworkBinding, TaskRecord
from ecstui.model.task_definition import ContainerDefinition, TaskDefinition
from ecstui.plan.depends import dependencies_of
from ecstui.plan.task_end import end_of
from ecstui.plan.why_service import container_waits
from ecstui.ui.glyphs import CHANGING, FAILED, HEALTHY, STOPPED
from ecstui.ui.spans import Line, joined, line_width
from ecstui.ui.table import Span
from ecstui.ui.text import clean, duration


class Port(NamedTuple):
    """Where a container port is reached from this machine."""

    host: str
    host_port: int
    container_port: int
    protocol: str

    @property
    def address(self) -> str:
        """`127.0.1.1:32768`."""
        return f"{self.host}:{self.host_port}"

    @property
    def is_tcp(self) -> bool:
        """Whether it is one that a browser can be pointed at."""
        return self.protocol == "tcp"

    @property
    def url(self) -> str:
        """`http://127.0.1.1:32768`."""
        return f"http://{self.address}"

    @property
    def text(self) -> str:
        """`127.0.1.1:32768→80`, with the protocol if it is not TCP."""
        protocol = "" if self.is_tcp else f"/{self.protocol}"
        if self.container_port == self.host_port:
            return f"{self.address}{protocol}"
        return f"{self.address}→{self.container_port}{protocol}"

    @property
    def short_text(self) -> str:
        """`32768→80`."""
        return f"{self.host_port}→{self.container_port}"


def ports_of(task: TaskRecord) -> tuple[Port, ...]:
    """Published ports of all containers of a task."""
    return tuple(port for container in task.containers for port in container_ports(container))


def container_ports(container: ContainerRecord) -> tuple[Port, ...]:
    """Published ports of one container; the same port on several addresses is told once."""
    found: dict[tuple[int, str], Port] = {}
    for binding in container.network_bindings:
        port = _port(binding)
        if port is not None:
            found.setdefault((port.host_port, port.protocol), port)
    return tuple(found.values())


def _port(binding: NetworkBinding) -> Port | None:
    if binding.host_port is None:
        return None
    host = "localhost" if binding.bind_ip in ANY_ADDRESS else clean(binding.bind_ip)
    container_port = binding.container_port or binding.host_port
    return Port(host, binding.host_port, container_port, clean(binding.protocol))


def addresses_of(task: TaskRecord) -> tuple[str, ...]:
    """Addresses of its network interface, in awsvpc mode."""
    return tuple(
        clean(detail.value)
        for attachment in task.attachments
        for detail in attachment.details
        if detail.name == "privateIPv4Address" and detail.value
    )


# ---------------------------------------------------------------- life


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a task's life: its name, how far it is, and how long it took or takes."""

    name: str
    state: Literal["done", "now", "next", "failed"]
    seconds: float | None = None
    note: str = ""


_STEP_ROLES = {
    "done": (HEALTHY, "status.running"),
    "now": (CHANGING, "status.changing"),
    "next": (STOPPED, "status.stopped"),
    "failed": (FAILED, "status.failed"),
}


def steps_of(task: TaskRecord, now: float) -> tuple[Step, ...]:
    """The life of a task: starting, running, stopping, stopped, with durations in seconds."""
    return (_starting(task, now), _running(task, now), *_ending(task, now))


def _starting(task: TaskRecord, now: float) -> Step:
    note = ""
    if task.pull_started_at is not None:
        ended = task.pull_stopped_at or (None if task.started_at is None else task.started_at)
        if ended is not None:
            note = f"image {duration(ended - task.pull_started_at)}"
    if task.started_at is not None:
        return Step("started", "done", task.started_at - task.created_at, note)
    if not task.is_wanted:
        ended = task.stopping_at or task.stopped_at
        return Step("started", "failed", None if ended is None else ended - task.created_at, note)
    return Step(task.last_status.value.lower(), "now", now - task.created_at, note)


def _running(task: TaskRecord, now: float) -> Step:
    if task.started_at is None:
        return Step("running", "next")
    ended = task.execution_stopped_at or task.stopping_at
    if task.is_wanted:
        return Step("running", "now", now - task.started_at)
    seconds = None if ended is None else max(0.0, ended - task.started_at)
    return Step("ran", "done", seconds)


def _ending(task: TaskRecord, now: float) -> tuple[Step, ...]:
    if task.is_wanted:
        return (Step("stopping", "next"), Step("stopped", "next"))
    stopping_at = task.stopping_at or task.stopped_at
    if task.is_stopped:
        took = None
        if stopping_at is not None and task.stopped_at is not None:
            took = max(0.0, task.stopped_at - stopping_at)
        return (Step("stopped", "done", took),)
    name = "stopping" if task.last_status is not TaskStatus.DEPROVISIONING else "deprovisioning"
    waited = None if stopping_at is None else now - stopping_at
    return (Step(name, "now", waited), Step("stopped", "next"))


def life_line(steps: Sequence[Step], width: int) -> Line:
    """`✓ started 1.2s (image 0.8s) ─ ◆ running 25m ─ ○ stopping ─ ○ stopped`.

    Steps that are still to come are left out from the end where they do not fit.
    """
    shown = list(steps)
    while True:
        found = joined([_step_spans(step) for step in shown], Span(" ─ ", "frame.border"))
        if line_width(found) <= width or len(shown) < 2 or shown[-1].state != "next":
            return found
        shown.pop()


def _step_spans(step: Step) -> Line:
    sign, role = _STEP_ROLES[step.state]
    name_role = "muted" if step.state == "next" else "bold" if step.state == "now" else ""
    spans = [Span(f"{sign} ", role), Span(step.name, name_role)]
    if step.seconds is not None:
        spans.append(Span(f" {duration(max(0.0, step.seconds))}", "muted"))
    if step.note:
        spans.append(Span(f" ({step.note})", "muted"))
    return tuple(spans)


# ---------------------------------------------------------------- containers


def container_definition_of(
    definition: TaskDefinition | None, name: str
) -> ContainerDefinition | None:
    """The definition of a container; None where the revision is gone or does not have it."""
    if definition is None:
        return None
    return next((c for c in definition.container_definitions if c.name == name), None)


def depends_words(container: ContainerDefinition | None) -> str:
    """`db HEALTHY, init SUCCESS`: what a container waits for; empty for nothing."""
    if container is None:
        return ""
    return clean(", ".join(f"{d.on} {d.condition}" for d in dependencies_of(container)))


def end_words(task: TaskRecord) -> str:
    """Why a task ended: its reason, with the exit codes that are not 0."""
    return clean(end_of(task))


def waits_of(task: TaskRecord, definition: TaskDefinition | None, now: float) -> dict[str, str]:
    """Which containers of a starting task wait for which others, in words, by their names."""
    waits = container_waits(task, definition, now)
    return {clean(name): clean(words) for name, words in waits.items()}
