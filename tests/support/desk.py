"""A desk for operations: a store, one cluster with one instance, and the operations themselves.

Calls what `ControlPlane.call` would call, without a loop, an engine or a journal file.
"""

from typing import Any, TypeVar

import pytest

from ecstui.base.errors import EcsError
from ecstui.control.context import Context
from ecstui.control.operations import OPERATIONS, READ_ONLY
from ecstui.model.cluster import ContainerInstanceRecord, EventRecord
from ecstui.model.enums import EventSource, InstanceStatus
from ecstui.model.requests.definitions import RegisterTaskDefinitionRequest
from ecstui.model.requests.services import CreateServiceRequest, UpdateServiceRequest
from ecstui.model.requests.tasks import RunTaskRequest
from ecstui.model.service import ServiceRecord
from ecstui.model.shape import Request, Shape
from ecstui.model.task import TaskRecord
from ecstui.plan.attributes import INSTANCE_CAPABILITIES
from ecstui.plan.counts import task_counts, usage_of
from ecstui.plan.pace import PACES, PaceName
from ecstui.plan.placement import Capacity
from ecstui.store.journal import MemoryJournal
from ecstui.store.kinds import EVENTS, INSTANCES, KINDS, SERVICES, TASKS
from ecstui.store.store import Store
from tests.factories import NAMES, NOW, a_cluster, a_container, an_instance, ids

R = TypeVar("R", bound=Shape)
S = TypeVar("S", bound=Shape)


class Desk:
    """A store with the cluster `default` and the instance `local-1` in it."""

    def __init__(self) -> None:
        self.store = Store(MemoryJournal())
        self.now = NOW
        self.caller = "alice"
        self._ids = ids("desk")
        self.put(a_cluster(), an_instance())

    def put(self, *records: Shape) -> None:
        def put_all(tx):
            for record in records:
                tx.put(record)

        self.store.update(put_all)

    def call(self, request: Request[R]) -> R:
        """What the operation answers; an operation that only reads changes nothing."""
        name = request.operation()
        context = Context(
            now=self.now,
            ids=self._ids,
            names=NAMES,
            pace=PACES[PaceName.LOCAL],
            capacities={c.instance_arn: c for c in map(self._capacity, self.all_instances())},
            caller=self.caller,
        )
        before = self.store.seq
        response = self.store.update(lambda tx: OPERATIONS[name](tx, request, context))
        assert name not in READ_ONLY or self.store.seq == before
        return response  # type: ignore[return-value]

    def refuse(self, request: Request[R]) -> EcsError:
        """The error with which the request is refused; nothing may have changed."""
        before = self.everything()
        with pytest.raises(EcsError) as caught:
            self.call(request)
        assert self.everything() == before
        return caught.value

    def everything(self) -> dict[str, tuple[Shape, ...]]:
        return {kind.name: tuple(self.store.all(kind)) for kind in KINDS}

    def all_instances(self) -> tuple[ContainerInstanceRecord, ...]:
        return tuple(self.store.all(INSTANCES))

    def _capacity(self, instance: ContainerInstanceRecord) -> Capacity:
        tasks = self.store.by(TASKS, "instance", instance.container_instance_arn)
        used = usage_of(tasks)
        groups: dict[str, int] = {}
        for task in tasks:
            if task.is_wanted and task.group is not None:
                groups[task.group] = groups.get(task.group, 0) + 1
        return Capacity(
            instance_arn=instance.container_instance_arn,
            instance_id=instance.instance_id,
            cluster_name=instance.cluster_name,
            engine=instance.engine,
            ip=instance.ip,
            zone=instance.zone,
            is_active=instance.status is InstanceStatus.ACTIVE,
            agent_connected=instance.agent_connected,
            cpu_units=instance.cpu_units - used.cpu_units,
            memory_mib=instance.memory_mib - used.memory_mib,
            used_tcp_ports=used.tcp_ports | frozenset(instance.reserved_ports),
            used_udp_ports=used.udp_ports,
            attributes={a.name: a.value for a in (*INSTANCE_CAPABILITIES, *instance.attributes)},
            task_groups=groups,
            running_tasks_count=task_counts(tasks).running,
        )

    # -- short forms --------------------------------------------------------------------------

    def register(self, family: str = "web", **members: Any):
        """A registered revision of one plain container unless told otherwise."""
        members.setdefault("container_definitions", (a_container(),))
        request = RegisterTaskDefinitionRequest(family=family, **members)
        return self.call(request).task_definition

    def create(self, name: str = "web", **members: Any) -> ServiceRecord:
        """A service of `web` with two tasks wanted, unless told otherwise."""
        self.call(create_request(name, **members))
        return self.service(name)

    def update(self, service: str = "web", **members: Any) -> ServiceRecord:
        self.call(UpdateServiceRequest(service=service, **members))
        return self.service(service)

    def run(self, definition: str = "web", **members: Any) -> tuple[TaskRecord, ...]:
        """Records of the tasks that were placed; all must have been."""
        answer = self.call(RunTaskRequest(task_definition=definition, **members))
        assert answer.failures == ()
        return tuple(self.task(task.task_arn) for task in answer.tasks)

    def service(self, name: str = "web") -> ServiceRecord:
        found = self.store.get(SERVICES, NAMES.service("default", name))
        assert found is not None
        return found

    def task(self, arn: str) -> TaskRecord:
        found = self.store.get(TASKS, arn)
        assert found is not None
        return found

    def change(self, record: S, **members: Any) -> S:
        changed = record.with_(**members)
        self.put(changed)
        return changed

    def said(self) -> list[str]:
        """What users did, in the order in which they did it."""
        return [e.message for e in self._events() if e.source is EventSource.USER]

    def _events(self) -> tuple[EventRecord, ...]:
        return tuple(self.store.all(EVENTS))


def create_request(name: str = "web", **members: Any) -> CreateServiceRequest:
    """A request for a service of `web` with two tasks wanted, unless told otherwise."""
    values: dict[str, Any] = {"task_definition": "web", "desired_count": 2}
    given = {k: v for k, v in (values | members).items() if v is not None}
    return CreateServiceRequest(service_name=name, **given)
