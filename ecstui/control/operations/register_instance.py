"""RegisterContainerInstance: a slice of an engine becomes a container instance of a cluster.

Engine, address and zone are chosen where the caller names none: the engine with most room, an
address of its own where the engine's other slices have one, the zone with fewest instances. More
may be given away than an engine has: that is told and not refused. Source: ecs.md 4.1, 4.2.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from ecstui.base.errors import ClientException, UnsupportedFeatureException
from ecstui.control.context import Context
from ecstui.control.operations.attributes import check_attribute, check_number_of_custom
from ecstui.control.operations.checks import INT_MAX, check_range, check_tags, invalid
from ecstui.control.operations.deregister_instance import registered_instance
from ecstui.control.operations.describe import TAGS, instance_shape
from ecstui.control.operations.events import say
from ecstui.control.operations.names import active_cluster, shown
from ecstui.control.operations.table import changes
from ecstui.control.registration import RESERVED_PORTS
from ecstui.model.cluster import (
    ZONE_ATTRIBUTE,
    ContainerInstanceRecord,
    Resource,
    VersionInfo,
)
from ecstui.model.requests.instances import (
    RegisterContainerInstanceRequest,
    RegisterContainerInstanceResponse,
)
from ecstui.model.task_definition import Attribute
from ecstui.plan.attributes import INSTANCE_CAPABILITIES
from ecstui.plan.counts import REGISTERED, registered_resources
from ecstui.store.kinds import ENGINES, INSTANCES, PLANES
from ecstui.store.tables import Transaction, View

ENGINE_ATTRIBUTE = "ecstui.engine"
"""With it the caller names the engine that the instance is a slice of."""
MOST_PORTS = 100
DEFAULT_ZONE = "local-a"
_FIELD = "totalResources"


def register_container_instance(
    tx: Transaction, request: RegisterContainerInstanceRequest, context: Context
) -> RegisterContainerInstanceResponse:
    """Register a slice with the CPU units, MiB and reserved ports of `totalResources`."""
    cluster = active_cluster(tx, request.cluster).cluster_name
    check_tags(request.tags)
    _check_attributes(request.attributes)
    if request.container_instance_arn is None:
        instance = _new(tx, request, cluster, context)
    else:
        instance = _known(tx, cluster, request.container_instance_arn)
    instance = _with_members(tx, instance, request)
    tx.put(instance)
    say(
        tx,
        context,
        f"registered container instance {instance.name} with {instance.cpu_units} CPU units and "
        f"{instance.memory_mib} MiB of engine {instance.engine}{_excess(tx, instance.engine)}",
        subject_arn=instance.container_instance_arn,
        cluster_name=cluster,
    )
    return RegisterContainerInstanceResponse(
        container_instance=instance_shape(tx, instance, (TAGS,))
    )


def _check_attributes(attributes: Sequence[Attribute]) -> None:
    names = [attribute.name for attribute in attributes]
    for position, attribute in enumerate(attributes):
        path = f"attributes[{position}]"
        check_attribute(attribute, path)
        if attribute.name in names[:position]:
            raise invalid(f"The attribute {attribute.name} is given twice.", f"{path}.name")
    check_number_of_custom(attributes, "attributes")


def _known(view: View, cluster: str, arn: str) -> ContainerInstanceRecord:
    """The instance to be changed: only one that was registered by this operation."""
    instance = registered_instance(view, cluster, arn, "containerInstanceArn")
    if instance.auto_scaling_group:
        raise ClientException(
            f"Container instance {instance.name} belongs to Auto Scaling group "
            f"{instance.auto_scaling_group}, which says how large it is.",
            field="containerInstanceArn",
        )
    if not instance.is_registered_by_user:
        raise ClientException(
            f"Container instance {instance.name} is set up in the settings of ecstui. Change it "
            "there, or leave containerInstanceArn out to register another one.",
            field="containerInstanceArn",
        )
    return instance


def _new(
    tx: Transaction, request: RegisterContainerInstanceRequest, cluster: str, context: Context
) -> ContainerInstanceRecord:
    identifier = context.ids()
    engine = engine_with_room(tx, request.attributes)
    record = tx.get(ENGINES, engine)
    plane = tx.get(PLANES, "plane")
    return ContainerInstanceRecord(
        container_instance_arn=context.names.container_instance(cluster, identifier),
        ec2_instance_id=f"i-{identifier[:17]}",
        version_info=VersionInfo(agent_version=None if plane is None else plane.version),
        attributes=own_attributes(tx),
        registered_at=context.now,
        instance_id=identifier,
        cluster_name=cluster,
        name=_free_name(tx),
        engine=engine,
        cpu_units=0,
        memory_mib=0,
        ip=free_address(tx, engine),
        reserved_ports=RESERVED_PORTS,
        agent_connected=record is not None and record.is_connected,
        is_registered_by_user=True,
        version=0,
    )


def _with_members(
    tx: Transaction, instance: ContainerInstanceRecord, request: RegisterContainerInstanceRequest
) -> ContainerInstanceRecord:
    """The instance with what the request says of it; attributes that it does not name stay."""
    ports = _ports(request.total_resources)
    attributes = {a.name: a for a in instance.attributes}
    attributes |= {a.name: Attribute(name=a.name, value=a.value) for a in request.attributes}
    instance = instance.with_(
        cpu_units=_amount(request.total_resources, "CPU"),
        memory_mib=_amount(request.total_resources, "MEMORY"),
        reserved_ports=RESERVED_PORTS if ports is None else ports,
        attributes=tuple(attributes.values()),
        version_info=request.version_info or instance.version_info,
        tags=request.tags or instance.tags,
        version=instance.version + 1,
    )
    return instance.with_(registered_resources=registered_resources(instance))


# -- resources --------------------------------------------------------------------------------


def _amount(resources: Sequence[Resource], name: str) -> int:
    """CPU units or MiB that the slice is to have."""
    for position, resource in enumerate(resources):
        if resource.name == name:
            path = f"{_FIELD}[{position}].integerValue"
            check_range(resource.integer_value, 1, INT_MAX, path)
            return resource.integer_value
    raise invalid(f"{_FIELD} must have an item {name} of type INTEGER.", _FIELD)


def _ports(resources: Sequence[Resource]) -> tuple[int, ...] | None:
    """TCP ports that tasks may not have; None when the request says nothing of them."""
    found: tuple[int, ...] | None = None
    for position, resource in enumerate(resources):
        path = f"{_FIELD}[{position}]"
        if resource.name == "PORTS":
            found = _port_numbers(resource, f"{path}.stringSetValue")
        elif resource.name not in {"CPU", "MEMORY", "PORTS_UDP"} or resource.string_set_value:
            raise UnsupportedFeatureException(
                f"Resource {shown(resource.name)} is not available here. Leave it out; an instance "
                "has CPU, MEMORY and reserved TCP PORTS.",
                field=path,
            )
    return found


def _port_numbers(resource: Resource, path: str) -> tuple[int, ...]:
    texts = resource.string_set_value
    if len(texts) > MOST_PORTS:
        raise invalid(f"At most {MOST_PORTS} ports can be reserved, but are {len(texts)}.", path)
    for text in texts:
        if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
            raise invalid(f"A port must be between 1 and 65535, but was {shown(text)}.", path)
    return tuple(sorted({int(text) for text in texts}))


# -- what the caller need not say ---------------------------------------------------------------


def engine_with_room(view: View, attributes: Sequence[Attribute]) -> str:
    """The engine that the caller names, or the one that answers and has most CPU units left."""
    registered = [i for i in view.all(INSTANCES) if i.status in REGISTERED]
    room = dict.fromkeys((instance.engine for instance in registered), (False, 0))
    given = Counter[str]()
    for instance in registered:
        given[instance.engine] += instance.cpu_units
    for engine in view.all(ENGINES):
        room[engine.name] = (engine.is_connected, engine.cpu_units - given[engine.name])
    wanted = [a.value for a in attributes if a.name == ENGINE_ATTRIBUTE]
    if not room:
        raise ClientException("No container engine is known yet. Try again when one has answered.")
    if not wanted:
        return max(room, key=lambda name: room[name])
    if wanted[0] not in room:
        raise invalid(
            f"{ENGINE_ATTRIBUTE} should be one of [{', '.join(sorted(room))}]", "attributes"
        )
    return wanted[0]


def free_address(view: View, engine: str) -> str:
    """A loopback address that no instance has; none where the engine's slices have none."""
    if not any(instance.ip for instance in view.by(INSTANCES, "engine", engine)):
        return ""
    taken = {instance.ip for instance in view.all(INSTANCES)}
    return next(address for address in _addresses() if address not in taken)


def _addresses() -> Iterator[str]:
    for high in range(256):
        for low in range(1, 255):
            yield f"127.{high}.{low}.1"


def _free_name(view: View) -> str:
    """`slice-1`, or the next number that no instance has."""
    taken = {instance.name for instance in view.all(INSTANCES)}
    number = next(n for n in range(1, len(taken) + 2) if f"slice-{n}" not in taken)
    return f"slice-{number}"


def own_attributes(view: View, zone: str | None = None) -> tuple[Attribute, ...]:
    """Attributes of every slice; unless told otherwise in the zone with fewest instances."""
    zones = Counter(i.zone for i in view.all(INSTANCES) if i.zone and i.status in REGISTERED)
    emptiest = min(zones, key=lambda zone: (zones[zone], zone), default=DEFAULT_ZONE)
    named = {
        ZONE_ATTRIBUTE: zone or emptiest,
        "ecs.instance-type": "local.slice",
        "ecs.os-type": "linux",
        "ecs.os-family": "LINUX",
    }
    own = (Attribute(name=name, value=value) for name, value in named.items())
    return (*own, *INSTANCE_CAPABILITIES)


def _excess(view: View, engine_name: str) -> str:
    """Words for an engine of which more is given away than it has."""
    engine = view.get(ENGINES, engine_name)
    slices = [i for i in view.by(INSTANCES, "engine", engine_name) if i.status in REGISTERED]
    cpu_units = sum(instance.cpu_units for instance in slices)
    memory_mib = sum(instance.memory_mib for instance in slices)
    if engine is None or not engine.cpu_units:
        return ""
    if cpu_units <= engine.cpu_units and memory_mib <= engine.memory_mib:
        return ""
    return (
        f"; its slices now have {cpu_units} CPU units and {memory_mib} MiB, the engine has "
        f"{engine.cpu_units} and {engine.memory_mib}"
    )


ENTRIES = (changes(RegisterContainerInstanceRequest, register_container_instance),)
