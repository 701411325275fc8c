"""The cluster as a tree: services with deployments, tasks and containers, or instances with tasks.

Pure: a `View` and what is open go in, the nodes that are to be seen come out, in their order. Only
what is open is looked at, so a large cluster that is folded costs little.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from ecstui.base.ids import short_name
from ecstui.model.enums import DeploymentStatus, InstanceStatus, ServiceStatus
from ecstui.model.service import DeploymentRecord, ServiceRecord
from ecstui.model.task import ContainerRecord, TaskRecord
from ecstui.plan.counts import ServiceCounts, TaskCounts, service_counts, task_counts
from ecstui.store.kinds import INSTANCES, SERVICES, TASKS
from ecstui.store.tables import View
from ecstui.ui.columns.cells import memory_text, revision_of, short_id, since
from ecstui.ui.columns.conditions import Grade, condition_of
from ecstui.ui.glyphs import DRAINING, HEALTHY, STARTING, UNKNOWN, Sign, sign_of
from ecstui.ui.spans import Line, line
from ecstui.ui.table import Cell, Column, Span
from ecstui.ui.text import clean, plural

KINDS = frozenset({"service", "task", "containerInstance"})
OPEN_AT_FIRST = 40
"""Tasks up to which everything but containers is open at first."""


class Grouping(Enum):
    """What stands at the root."""

    SERVICE = "by service"
    INSTANCE = "by instance"


class Sort(Enum):
    """What a node stands for."""

    SERVICE = "service"
    DEPLOYMENT = "deployment"
    INSTANCE = "instance"
    GROUP = "group"
    TASK = "task"
    CONTAINER = "container"


@dataclass(frozen=True, slots=True)
class Node:
    """One line of the tree."""

    key: str
    sort: Sort
    arn: str
    """What it leads to: of a service, a task or an instance; of a container, its task's."""
    name: str
    sign: Sign
    facts: Line
    place: int
    """Where it stands, counted from the top."""
    rails: str
    """The lines before it that lead to its parents."""
    can_open: bool
    is_open: bool
    is_problem: bool
    born_at: float | None


@dataclass(frozen=True, slots=True)
class _Branch:
    """A node before it has its place."""

    key: str
    sort: Sort
    arn: str
    name: str
    sign: Sign
    facts: Line
    children: Callable[[], Sequence["_Branch"]] | None = None
    is_problem: bool = False
    born_at: float | None = None


def tree(
    view: View, cluster: str, grouping: Grouping, open_keys: Container[str]
) -> dict[str, Node]:
    """The nodes that can be seen, by key, from the top down."""
    roots = (
        _by_service(view, cluster) if grouping is Grouping.SERVICE else _by_instance(view, cluster)
    )
    nodes: dict[str, Node] = {}
    _walk(roots, "", open_keys, nodes)
    return nodes


def _walk(
    branches: Sequence[_Branch], rails: str, open_keys: Container[str], nodes: dict[str, Node]
) -> None:
    for index, branch in enumerate(branches):
        is_last = index == len(branches) - 1
        is_open = branch.children is not None and branch.key in open_keys
        nodes[branch.key] = Node(
            key=branch.key,
            sort=branch.sort,
            arn=branch.arn,
            name=branch.name,
            sign=branch.sign,
            facts=branch.facts,
            place=len(nodes),
            rails=rails + ("└─" if is_last else "├─"),
            can_open=branch.children is not None,
            is_open=is_open,
            is_problem=branch.is_problem,
            born_at=branch.born_at,
        )
        if is_open and branch.children is not None:
            _walk(branch.children(), rails + ("  " if is_last else "│ "), open_keys, nodes)


def keys_to_open(view: View, cluster: str, *, everything: bool) -> set[str]:
    """Keys of the nodes to open: all but tasks, or only where something moves or is wrong."""
    found: set[str] = set()
    services = list(_services(view, cluster))
    for service in services:
        tasks = view.by(TASKS, "service", service.service_arn)
        counts = service_counts(service, tasks)
        if everything or condition_of(service, counts, tasks).grade is not Grade.GOOD:
            found.add(service.service_arn)
            found |= {_deployment_key(service, deployment) for deployment in service.deployments}
    if everything:
        found |= {i.container_instance_arn for i in view.by(INSTANCES, "cluster", cluster)}
        found.add(_OWN)
    return found


def opens_at_first(view: View, cluster: str) -> set[str]:
    """What is open when the tree is looked at for the first time."""
    tasks = sum(1 for task in view.by(TASKS, "cluster", cluster) if not task.is_stopped)
    return keys_to_open(view, cluster, everything=tasks <= OPEN_AT_FIRST)


# ---------------------------------------------------------------- by service

_OWN = "tasks of their own"


def _services(view: View, cluster: str) -> Iterator[ServiceRecord]:
    for service in view.by(SERVICES, "cluster", cluster):
        if service.status is not ServiceStatus.INACTIVE:
            yield service


def _by_service(view: View, cluster: str) -> list[_Branch]:
    services = sorted(_services(view, cluster), key=lambda service: service.service_name)
    found = [_service(view, service) for service in services]
    own = [
        task
        for task in view.by(TASKS, "cluster", cluster)
        if not task.service_arn and not task.is_stopped
    ]
    if own:
        found.append(
            _Branch(_OWN, Sort.GROUP, "", _OWN, sign_of("RUNNING"),
                    line(f"{len(own)}"), lambda: _tasks(view, own))
        )  # fmt: skip
    return found


def _service(view: View, service: ServiceRecord) -> _Branch:
    tasks = [t for t in view.by(TASKS, "service", service.service_arn) if not t.is_stopped]
    counts = service_counts(service, tasks)
    condition = condition_of(service, counts, tasks)
    is_good = condition.grade is Grade.GOOD
    facts = line(
        Span(f"{counts.all.running}/{service.desired_count}  "),
        Span(revision_of(service.primary.task_definition), "accent"),
        Span("" if is_good else f"  {condition.text}", condition.sign.role),
    )
    return _Branch(
        service.service_arn,
        Sort.SERVICE,
        service.service_arn,
        clean(service.service_name),
        condition.sign,
        facts,
        lambda: [_deployment(view, service, d, tasks, counts) for d in service.deployments],
        condition.grade is Grade.BAD,
        service.created_at,
    )


def _deployment_key(service: ServiceRecord, deployment: DeploymentRecord) -> str:
    return f"{service.service_arn}|{deployment.id}"


def _deployment(
    view: View,
    service: ServiceRecord,
    deployment: DeploymentRecord,
    tasks: Sequence[TaskRecord],
    counts: ServiceCounts,
) -> _Branch:
    mine = [task for task in tasks if task.deployment_id == deployment.id]
    facts = line(
        Span(f"{deployment.status}  ", "muted"),
        Span(revision_of(deployment.task_definition), "accent"),
        *_counts(counts.of(deployment.id)),
    )
    is_new = deployment.status is DeploymentStatus.PRIMARY
    return _Branch(
        _deployment_key(service, deployment),
        Sort.DEPLOYMENT,
        service.service_arn,
        f"deployment …{deployment.id[-4:]}",
        sign_of(deployment.rollout_state.value if is_new else "DRAINING"),
        facts,
        (lambda: _tasks(view, mine)) if mine else None,
        born_at=deployment.created_at,
    )


def _counts(counts: TaskCounts) -> Iterable[Span]:
    yield Span(f"  {counts.running}{HEALTHY}", "status.running")
    if counts.pending:
        yield Span(f" {counts.pending}{STARTING}", "status.starting")
    if counts.stopping:
        yield Span(f" {counts.stopping}{DRAINING}", "status.draining")


# ---------------------------------------------------------------- by instance


def _by_instance(view: View, cluster: str) -> list[_Branch]:
    instances = [
        instance
        for instance in view.by(INSTANCES, "cluster", cluster)
        if instance.status is not InstanceStatus.INACTIVE
    ]
    found = []
    for instance in sorted(instances, key=lambda each: (each.zone, each.name)):
        arn = instance.container_instance_arn
        tasks = [task for task in view.by(TASKS, "instance", arn) if not task.is_stopped]
        sign = sign_of(instance.status.value if instance.agent_connected else "FAILED")
        facts = line(
            Span(clean(instance.zone), "muted"),
            Span(f"  {plural(len(tasks), 'task')}"),
            *_counts(task_counts(tasks)),
        )
        found.append(
            _Branch(arn, Sort.INSTANCE, arn, clean(instance.name), sign, facts,
                    _later(view, tasks) if tasks else None,
                    not instance.agent_connected, instance.registered_at)
        )  # fmt: skip
    return found


def _later(view: View, tasks: Sequence[TaskRecord]) -> Callable[[], list[_Branch]]:
    return lambda: _tasks(view, tasks, are_owners_told=True)


# ---------------------------------------------------------------- tasks and containers


def _tasks(
    view: View, tasks: Sequence[TaskRecord], *, are_owners_told: bool = False
) -> list[_Branch]:
    in_order = sorted(tasks, key=lambda task: task.created_at)
    return [_task(view, task, is_owner_told=are_owners_told) for task in in_order]


def _task(view: View, task: TaskRecord, *, is_owner_told: bool) -> _Branch:
    instance = view.get(INSTANCES, task.container_instance_arn or "")
    where = "" if instance is None else f"{clean(instance.name)} {clean(instance.zone)}"
    health = sign_of(task.health_status.value)
    status = task.last_status.value if task.is_wanted else "STOPPING"
    owner = clean(short_name(task.service_arn or ""))
    facts = line(
        Span(f"{task.last_status}  "),
        Span(f"{where}  ", "muted"),
        Span(f"{owner}  " if is_owner_told else "", "accent"),
        Span("" if task.service_arn else revision_of(task.task_definition_arn), "accent"),
        Span(f"  {health.glyph}" if health.glyph != UNKNOWN else "", health.role),
    )
    return _Branch(
        task.task_arn,
        Sort.TASK,
        task.task_arn,
        short_id(task.task_id),
        sign_of(status),
        facts,
        lambda: [_container(task, container) for container in task.containers],
        task.health_status.value == "UNHEALTHY",
        task.started_at or task.created_at,
    )


def _container(task: TaskRecord, container: ContainerRecord) -> _Branch:
    ports = sorted({b.host_port for b in container.network_bindings if b.host_port})
    memory = container.memory or container.memory_reservation
    facts = line(
        Span(clean(container.image or ""), "muted"),
        Span(f"  {container.cpu} cpu" if container.cpu not in ("", "0") else ""),
        Span(f"  {memory_text(int(memory))}" if memory and memory.isdigit() else ""),
        Span("".join(f"  :{port}" for port in ports), "accent"),
        Span("" if container.exit_code is None else f"  exit {container.exit_code}",
             "status.failed" if container.exit_code else "muted"),
        Span(f"  {clean(container.reason)}" if container.reason else "", "status.warning"),
    )  # fmt: skip
    return _Branch(
        f"{task.task_arn}|{container.name}",
        Sort.CONTAINER,
        task.task_arn,
        clean(container.name),
        sign_of(container.last_status.value),
        facts,
        is_problem=bool(container.exit_code),
        born_at=container.started_at,
    )


# ---------------------------------------------------------------- columns


def _branch(node: Node, _now: float) -> Cell:
    fold = ("▾ " if node.is_open else "▸ ") if node.can_open else "  "
    role = "bold" if node.sort in (Sort.SERVICE, Sort.INSTANCE) else ""
    return (
        Span(node.rails, "frame.border"),
        Span(fold, "muted"),
        Span(f"{node.sign.glyph} ", node.sign.role),
        Span(node.name, role),
    )


COLUMNS: tuple[Column[Node], ...] = (
    Column("node", "BRANCH", _branch, 30, min_width=24, priority=0, sort=lambda node: node.place,
           flash=False),
    Column("facts", "STATE", lambda node, _: node.facts, 60, min_width=20, grow=1, priority=0,
           sort=lambda node: node.place, flash=False),
    Column("age", "AGE", lambda node, now: since(node.born_at, now), 4, priority=2, right=True,
           sort=lambda node: node.place, flash=False),
)  # fmt: skip


def search_text(node: Node) -> str:
    """What the filter looks in."""
    return f"{node.name}\n{''.join(span.text for span in node.facts)}"


def summary(nodes: Mapping[str, Node]) -> str:
    """What there is at the root: `12 services`."""
    roots = [node for node in nodes.values() if len(node.rails) == len("└─")]
    instances = sum(1 for node in roots if node.sort is Sort.INSTANCE)
    services = sum(1 for node in roots if node.sort is Sort.SERVICE)
    return plural(instances, "instance") if instances else plural(services, "service")
