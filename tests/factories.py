"""Records for tests: valid by default, each member replaceable by keyword.

`a_task(definition)` fits its definition as RunTask would make it. Everything is deterministic: the
same call gives the same record, and `an_id("x")` names things apart.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ecstui.base.ids import Ids, Namespace, deployment_id_of
from ecstui.model.cluster import ZONE_ATTRIBUTE, ClusterRecord, ContainerInstanceRecord
from ecstui.model.enums import DeploymentStatus, LaunchType, NetworkMode, TaskStatus
from ecstui.model.service import DeploymentRecord, ServiceRecord
from ecstui.model.task import ContainerRecord, Reservation, TaskRecord
from ecstui.model.task_definition import (
    Attribute,
    ContainerDefinition,
    PortMapping,
    TaskDefinitionRecord,
)
from ecstui.plan.placement import Capacity, Demand
from ecstui.plan.translate import containers_of, pause_name_of, reservation_of

NOW = 1_700_000_000.0
"""The time at which everything here happens, POSIX seconds."""

CLUSTER = "default"
NAMES = Namespace()


def an_id(seed: object) -> str:
    """32 hex digits, the same for the same seed."""
    return hashlib.md5(str(seed).encode(), usedforsecurity=False).hexdigest()


def ids(seed: object = "id") -> Ids:
    """A maker of ids that gives the same row of them for the same seed."""
    row = _row(seed)
    return lambda: next(row)


def _row(seed: object) -> Iterator[str]:
    number = 0
    while True:
        yield an_id(f"{seed}:{number}")
        number += 1


def a_container(name: str = "app", **changes: Any) -> ContainerDefinition:
    """A container definition: busybox, 64 CPU units, 64 MiB."""
    values: dict[str, Any] = {"image": "busybox:stable", "cpu": 64, "memory": 64}
    return ContainerDefinition(**(values | {"name": name} | changes))


def a_port(container_port: int = 80, host_port: int | None = None, **changes: Any) -> PortMapping:
    """A port mapping; dynamic unless `host_port` is given."""
    return PortMapping(container_port=container_port, host_port=host_port, **changes)


def a_definition(
    *containers: ContainerDefinition, family: str = "web", revision: int = 1, **changes: Any
) -> TaskDefinitionRecord:
    """A registered revision with these containers, one plain container if none are given."""
    values: dict[str, Any] = {
        "task_definition_arn": NAMES.task_definition(family, revision),
        "container_definitions": containers or (a_container(),),
        "registered_at": NOW,
    }
    return TaskDefinitionRecord(**(values | {"family": family, "revision": revision} | changes))


def a_container_record(name: str = "app", **changes: Any) -> ContainerRecord:
    """A container of a task that has just been made."""
    values: dict[str, Any] = {
        "container_arn": NAMES.container(CLUSTER, an_id("task"), an_id(name)),
        "task_arn": NAMES.task(CLUSTER, an_id("task")),
        "image": "busybox:stable",
        "engine_name": f"ecs-web-1-{name}-{an_id('task')[:12]}",
    }
    return ContainerRecord(**(values | {"name": name} | changes))


def a_task(
    definition: TaskDefinitionRecord | None = None, *, seed: object = "task", **changes: Any
) -> TaskRecord:
    """A task of the definition that has just been placed; `seed` gives it its id."""
    definition = definition or a_definition()
    task_id = changes.pop("task_id", an_id(seed))
    cluster = changes.pop("cluster_name", CLUSTER)
    is_awsvpc = definition.network_mode is NetworkMode.AWSVPC
    overrides = changes.get("overrides")
    more = {} if overrides is None else {"overrides": overrides}
    values: dict[str, Any] = {
        "task_arn": NAMES.task(cluster, task_id),
        "cluster_arn": NAMES.cluster(cluster),
        "task_definition_arn": definition.task_definition_arn,
        "container_instance_arn": NAMES.container_instance(cluster, an_id("instance")),
        "availability_zone": "local-a",
        "last_status": TaskStatus.PROVISIONING if is_awsvpc else TaskStatus.PENDING,
        "containers": containers_of(definition, NAMES, cluster, task_id, ids(task_id), **more),
        "created_at": NOW,
        "group": f"family:{definition.family}",
        "launch_type": LaunchType.EC2,
        "engine": "local",
        "instance_ip": "127.0.1.1",
        "reservation": reservation_of(definition, **more),
        "pause_engine_name": pause_name_of(definition, task_id) if is_awsvpc else None,
    }
    names = {"task_id": task_id, "cluster_name": cluster}
    return TaskRecord(**(values | names | changes))


def a_deployment(seed: object = "deployment", **changes: Any) -> DeploymentRecord:
    """A PRIMARY deployment of `web:1`; `seed` gives it its id."""
    values: dict[str, Any] = {
        "id": deployment_id_of(an_id(seed)),
        "status": DeploymentStatus.PRIMARY,
        "task_definition": NAMES.task_definition("web", 1),
        "desired_count": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return DeploymentRecord(**(values | changes))


def a_service(
    name: str = "web", *, deployments: Sequence[DeploymentRecord] = (), **changes: Any
) -> ServiceRecord:
    """A service with one deployment, of its own task definition and desired count."""
    cluster = changes.pop("cluster_name", CLUSTER)
    values: dict[str, Any] = {
        "service_arn": NAMES.service(cluster, name),
        "service_name": name,
        "cluster_arn": NAMES.cluster(cluster),
        "cluster_name": cluster,
        "desired_count": 1,
        "task_definition": NAMES.task_definition("web", 1),
        "created_at": NOW,
    } | changes
    values["deployments"] = tuple(deployments) or (
        a_deployment(
            seed=f"{name}:1",
            task_definition=values["task_definition"],
            desired_count=values["desired_count"],
        ),
    )
    return ServiceRecord(**values)


def a_cluster(name: str = CLUSTER, **changes: Any) -> ClusterRecord:
    """An ACTIVE cluster."""
    values: dict[str, Any] = {
        "cluster_arn": NAMES.cluster(name),
        "cluster_name": name,
        "created_at": NOW,
    }
    return ClusterRecord(**(values | changes))


def an_instance(
    name: str = "local-1", *, zone: str = "local-a", **changes: Any
) -> ContainerInstanceRecord:
    """An ACTIVE instance with 2,048 CPU units and 4,096 MiB; its id comes from its name."""
    cluster = changes.pop("cluster_name", CLUSTER)
    values: dict[str, Any] = {
        "container_instance_arn": NAMES.container_instance(cluster, an_id(name)),
        "instance_id": an_id(name),
        "cluster_name": cluster,
        "name": name,
        "engine": "local",
        "cpu_units": 2048,
        "memory_mib": 4096,
        "ip": "127.0.1.1",
        "attributes": (Attribute(name=ZONE_ATTRIBUTE, value=zone),),
        "registered_at": NOW,
    }
    return ContainerInstanceRecord(**(values | changes))


def a_capacity(name: str = "local-1", *, zone: str = "local-a", **changes: Any) -> Capacity:
    """What is left of an empty instance: 1,024 CPU units and 2,048 MiB unless told otherwise."""
    cluster = changes.pop("cluster_name", CLUSTER)
    attributes: Mapping[str, str | None] = changes.pop("attributes", {})
    values: dict[str, Any] = {
        "instance_arn": NAMES.container_instance(cluster, an_id(name)),
        "instance_id": an_id(name),
        "cluster_name": cluster,
        "engine": "local",
        "ip": "127.0.1.1",
        "zone": zone,
        "is_active": True,
        "agent_connected": True,
        "cpu_units": 1024,
        "memory_mib": 2048,
        "attributes": {**({ZONE_ATTRIBUTE: zone} if zone else {}), **attributes},
    }
    return Capacity(**(values | changes))


def a_demand(salt: object = "task", *, group: str = "family:web", **changes: Any) -> Demand:
    """What one task needs: 256 CPU units and 512 MiB unless a `reservation` is given."""
    values: dict[str, Any] = {
        "reservation": Reservation(cpu_units=256, memory_mib=512),
        "group": group,
        "salt": an_id(salt),
    }
    return Demand(**(values | changes))
