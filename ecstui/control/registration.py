"""What a plane registers at its start: itself, the default cluster, its container instances."""

from collections.abc import Sequence

from ecstui.control.group_registration import register_groups
from ecstui.control.setup import InstanceSetup, Setup
from ecstui.engine.protocol import EngineInfo
from ecstui.model.cluster import (
    ZONE_ATTRIBUTE,
    ClusterRecord,
    ContainerInstanceRecord,
    PlaneRecord,
    Resource,
    VersionInfo,
)
from ecstui.model.engine_link import EngineLink, EngineLinkRecord
from ecstui.model.enums import InstanceStatus
from ecstui.model.shape import KeyValuePair
from ecstui.model.task_definition import Attribute
from ecstui.plan.attributes import ARCHITECTURE, INSTANCE_CAPABILITIES, is_custom
from ecstui.plan.counts import registered_resources
from ecstui.store.kinds import CLUSTERS, ENGINE_LINKS, INSTANCES
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
            role_sources=tuple(
                KeyValuePair(name=name, value=role.words) for name, role in setup.roles.items()
            ),
        )
    )
    for name in {"default": None} | {i.cluster_name: None for i in setup.instances}:
        _ensure_cluster(tx, setup, name, now)
    by_user = [i for i in tx.all(INSTANCES) if i.is_registered_by_user]
    known = {(i.cluster_name, i.name): i for i in tx.all(INSTANCES) if not i.is_registered_by_user}
    for instance in setup.instances:
        before = known.get((instance.cluster_name, instance.name))
        if before is None:
            tx.put(_new_instance(setup, instance, now))
        else:
            tx.put(_renewed(before, instance))
    _retire(tx, setup, tuple(known.values()))
    register_links(tx, setup, now)
    register_groups(tx, setup, now)
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
    engines |= {link.name for link in tx.all(ENGINE_LINKS)}
    for instance in by_user:
        if instance.agent_connected and instance.engine not in engines:
            tx.put(instance.with_(agent_connected=False))


def register_links(tx: Transaction, setup: Setup, now: float) -> None:
    """Keep links to the engines that the settings name; forget those that they name no more."""
    for link in setup.links:
        _ensure_cluster(tx, setup, link.cluster_name, now)
        before = tx.get(ENGINE_LINKS, link.name)
        is_same = before is not None and before.as_link() == link
        tx.put(
            EngineLinkRecord(
                **{name: getattr(link, name) for name in EngineLink.model_fields},
                is_from_settings=True,
                has_instance=before is not None and before.has_instance and is_same,
                created_at=now if before is None else before.created_at,
            )
        )
    wanted = {link.name for link in setup.links}
    for known in tx.all(ENGINE_LINKS):
        if known.is_from_settings and known.name not in wanted:
            tx.delete(ENGINE_LINKS, known.name)
            for instance in tx.by(INSTANCES, "engine", known.name):
                if instance.status is InstanceStatus.ACTIVE:
                    tx.put(instance.with_(status=InstanceStatus.DRAINING, status_reason=NOT_SET_UP))


def make_link_instance(
    tx: Transaction, setup: Setup, link: EngineLinkRecord, info: EngineInfo, now: float
) -> None:
    """Make of an engine that has answered the container instance that its link asks for."""
    if link.has_instance:
        return
    _ensure_cluster(tx, setup, link.cluster_name, now)
    wanted = InstanceSetup(
        name=link.name,
        engine=link.name,
        zone=link.zone,
        cpu_units=link.cpu_units or max(info.cpu_count * 1024, 1),
        memory_mib=link.memory_mib or max(info.memory_bytes // 2**20, 1),
        cluster_name=link.cluster_name,
        instance_type="docker.engine",
    )
    slot = (link.cluster_name, link.name)
    known = (i for i in tx.by(INSTANCES, "engine", link.name) if (i.cluster_name, i.name) == slot)
    before = next((i for i in known if i.status is not InstanceStatus.INACTIVE), None)
    made = _new_instance(setup, wanted, now) if before is None else _renewed(before, wanted)
    attributes = {attribute.name: attribute for attribute in (*made.attributes, *link.attributes)}
    made = made.with_(
        attributes=tuple(attributes.values()),
        reserved_ports=tuple(sorted({*RESERVED_PORTS, *link.reserved_ports})),
        is_registered_by_user=True,
    )
    tx.put(made.with_(registered_resources=registered_resources(made)))
    tx.put(link.with_(has_instance=True))


def _ensure_cluster(tx: Transaction, setup: Setup, name: str, now: float) -> None:
    if tx.get(CLUSTERS, name) is None:
        arn = setup.namespace.cluster(name)
        tx.put(ClusterRecord(cluster_arn=arn, cluster_name=name, created_at=now))


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
    is_same_engine = instance.engine == before.engine
    kept = tuple(
        attribute
        for attribute in before.attributes
        if is_custom(attribute.name) or (is_same_engine and attribute.name == ARCHITECTURE)
    )
    comes_back = before.status is InstanceStatus.INACTIVE or before.status_reason == NOT_SET_UP
    return before.with_(
        engine=instance.engine,
        cpu_units=instance.cpu_units,
        memory_mib=instance.memory_mib,
        ip=instance.ip,
        registered_resources=_resources(instance),
        attributes=(*_attributes(instance), *kept),
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
