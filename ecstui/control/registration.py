"""What a plane registers at its start: itself, the default cluster, its container instances."""

from collections.abc import Sequence

from ecstui.control.setup import InstanceSetup, Setup
from ecstui.model.cluster import (
    ZONE_ATTRIBUTE,
    ClusterRecord,
    ContainerInstanceRecord,
    PlaneRecord,
    Resource,
    VersionInfo,
)
from ecstui.model.enums import InstanceStatus
from ecstui.model.task_definition import Attribute
from ecstui.plan.attributes import INSTANCE_CAPABILITIES, is_custom
from ecstui.store.kinds import CLUSTERS, INSTANCES
from ecstui.store.tables import Transaction

NOT_SET_UP = "No longer set up: drained, and removed when nothing is left on it"
RESERVED_PORTS = (22, 2375, 2376, 51678, 51679)
"""TCP ports that the agent keeps from tasks (ecs.md 2.5)."""


def register(tx: Transaction, setup: Setup, now: float) -> None:
    """Put what the plane itself brings; what is there already keeps its identity and status."""
    tx.put(
        PlaneRecord(
            owner=setup.owner,
            pace=setup.pace.name,
            is_simulation=setup.is_simulation,
            version=setup.version,
            started_at=now,
            region=setup.namespace.region,
            account=setup.namespace.account,
            process_id=setup.process_id,
        )
    )
    for name in {"default": None} | {i.cluster_name: None for i in setup.instances}:
        if tx.get(CLUSTERS, name) is None:
            arn = setup.namespace.cluster(name)
            tx.put(ClusterRecord(cluster_arn=arn, cluster_name=name, created_at=now))
    by_user = [i for i in tx.all(INSTANCES) if i.is_registered_by_user]
    known = {(i.cluster_name, i.name): i for i in tx.all(INSTANCES) if not i.is_registered_by_user}
    for instance in setup.instances:
        before = known.get((instance.cluster_name, instance.name))
        if before is None:
            tx.put(_new_instance(setup, instance, now))
        else:
            tx.put(_renewed(before, instance))
    _retire(tx, setup, tuple(known.values()))
    _disconnect(tx, setup, by_user)


def _retire(tx: Transaction, setup: Setup, known: tuple[ContainerInstanceRecord, ...]) -> None:
    """Drain the instances that are set up no more; what runs there moves to the others."""
    wanted = {(instance.cluster_name, instance.name) for instance in setup.instances}
    for instance in known:
        if (instance.cluster_name, instance.name) in wanted:
            continue
        if instance.status is InstanceStatus.ACTIVE:
            tx.put(instance.with_(status=InstanceStatus.DRAINING, status_reason=NOT_SET_UP))


def _disconnect(tx: Transaction, setup: Setup, by_user: Sequence[ContainerInstanceRecord]) -> None:
    """Nothing goes to instances that people registered on an engine that is there no more."""
    engines = {instance.engine for instance in setup.instances} | setup.endpoints.keys()
    for instance in by_user:
        if instance.agent_connected and instance.engine not in engines:
            tx.put(instance.with_(agent_connected=False))


def _new_instance(setup: Setup, instance: InstanceSetup, now: float) -> ContainerInstanceRecord:
    identifier = setup.ids()
    return ContainerInstanceRecord(
        container_instance_arn=setup.namespace.container_instance(
            instance.cluster_name, identifier
        ),
        ec2_instance_id=f"i-{identifier[:17]}",
        version_info=VersionInfo(agent_version=setup.version),
        registered_resources=_resources(instance),
        attributes=_attributes(instance),
        registered_at=now,
        instance_id=identifier,
        cluster_name=instance.cluster_name,
        name=instance.name,
        engine=instance.engine,
        cpu_units=instance.cpu_units,
        memory_mib=instance.memory_mib,
        ip=instance.ip,
        reserved_ports=RESERVED_PORTS,
        agent_connected=False,
    )


def _renewed(before: ContainerInstanceRecord, instance: InstanceSetup) -> ContainerInstanceRecord:
    """The instance as it is set now; a draining one stays so, and what people put on it stays."""
    custom = tuple(a for a in before.attributes if is_custom(a.name))
    comes_back = before.status is InstanceStatus.INACTIVE or before.status_reason == NOT_SET_UP
    return before.with_(
        engine=instance.engine,
        cpu_units=instance.cpu_units,
        memory_mib=instance.memory_mib,
        ip=instance.ip,
        registered_resources=_resources(instance),
        attributes=(*_attributes(instance), *custom),
        status=InstanceStatus.ACTIVE if comes_back else before.status,
        status_reason=None if comes_back else before.status_reason,
        deregistered_at=None if comes_back else before.deregistered_at,
    )


def _resources(instance: InstanceSetup) -> tuple[Resource, ...]:
    ports = tuple(str(port) for port in RESERVED_PORTS)
    return (
        Resource(name="CPU", type="INTEGER", integer_value=instance.cpu_units),
        Resource(name="MEMORY", type="INTEGER", integer_value=instance.memory_mib),
        Resource(name="PORTS", type="STRINGSET", string_set_value=ports),
        Resource(name="PORTS_UDP", type="STRINGSET"),
    )


def _attributes(instance: InstanceSetup) -> tuple[Attribute, ...]:
    named = {
        ZONE_ATTRIBUTE: instance.zone,
        "ecs.instance-type": instance.instance_type,
        "ecs.os-type": "linux",
        "ecs.os-family": "LINUX",
    }
    return (
        *(Attribute(name=name, value=value) for name, value in named.items()),
        *INSTANCE_CAPABILITIES,
    )
