"""RegisterEngine, DeregisterEngine, DescribeEngines: other Docker Engines, at run time.

ECS has no such operations: there an agent registers its own machine. Nothing is connected here;
the control plane follows the records. What runs on an engine is never stopped by leaving it.
"""

import re
from collections import Counter
from pathlib import PurePath

from ecstui.base.addresses import address_problem
from ecstui.base.errors import ClientException, InvalidParameterException
from ecstui.control.context import Context
from ecstui.control.operations.attributes import check_attribute, check_number_of_custom
from ecstui.control.operations.checks import INT_MAX, check_number_of_items, check_range, invalid
from ecstui.control.operations.events import say
from ecstui.control.operations.names import active_cluster, shown
from ecstui.control.operations.register_instance import DEFAULT_ZONE, MOST_PORTS
from ecstui.control.operations.table import changes, reads
from ecstui.model.engine_link import EngineLinkRecord
from ecstui.model.enums import InstanceStatus
from ecstui.model.requests.engines import (
    DeregisterEngineRequest,
    DeregisterEngineResponse,
    DescribeEnginesRequest,
    DescribeEnginesResponse,
    RegisterEngineRequest,
    RegisterEngineResponse,
)
from ecstui.plan.counts import REGISTERED
from ecstui.store.kinds import ENGINE_LINKS, ENGINES, INSTANCES, PLANES, TASKS
from ecstui.store.tables import Transaction, View

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_SIMULATED = "simulated://"
_LONGEST_ADDRESS = 500


def register_engine(
    tx: Transaction, request: RegisterEngineRequest, context: Context
) -> RegisterEngineResponse:
    """Keep a link to an engine; the same request again is the same engine."""
    cluster = active_cluster(tx, request.cluster).cluster_name
    _check_name(request.name)
    _check_address(tx, request)
    _check_files(request)
    _check_instance(request)
    link = EngineLinkRecord(
        name=request.name,
        address=request.address,
        ca_file=request.ca_file,
        certificate_file=request.certificate_file,
        key_file=request.key_file,
        zone=request.zone or _zone(tx),
        cluster_name=cluster,
        cpu_units=request.cpu_units,
        memory_mib=request.memory_mib,
        reserved_ports=tuple(sorted(set(request.reserved_ports))),
        attributes=request.attributes,
        created_at=context.now,
    )
    before = tx.get(ENGINE_LINKS, request.name)
    if before is None and tx.get(ENGINES, request.name) is not None:
        raise invalid(f"There is an engine {request.name} already. Choose another name.", "name")
    if before is not None:
        return _again(before, link, has_zone=bool(request.zone))
    tx.put(link)
    _say(tx, context, link, "added")
    return RegisterEngineResponse(engine=link.as_link())


def _again(
    before: EngineLinkRecord, link: EngineLinkRecord, *, has_zone: bool
) -> RegisterEngineResponse:
    zone = link.zone if has_zone else before.zone
    if before.as_link() != link.with_(zone=zone).as_link():
        raise ClientException(
            f"Engine {link.name} is known already, with other members. Remove it first.",
            field="name",
        )
    return RegisterEngineResponse(engine=before.as_link())


def deregister_engine(
    tx: Transaction, request: DeregisterEngineRequest, context: Context
) -> DeregisterEngineResponse:
    """Forget a link; refused while a container instance or a task is still on the engine."""
    link = tx.get(ENGINE_LINKS, request.engine)
    if link is None:
        is_known = tx.get(ENGINES, request.engine) is not None
        words = "is the daemon's own and stays" if is_known else "was not found"
        raise InvalidParameterException(f"Engine {shown(request.engine)} {words}.", field="engine")
    if link.is_from_settings:
        raise ClientException(
            f"Engine {link.name} is set up in the settings of ecstui. Remove it there, and restart "
            "the daemon.",
            field="engine",
        )
    registered = [i for i in tx.by(INSTANCES, "engine", link.name) if i.status in REGISTERED]
    if registered:
        raise ClientException(
            f"Container instance {registered[0].name} is on engine {link.name}. Deregister it "
            "first.",
            field="engine",
        )
    if any(task.engine == link.name for task in tx.by(TASKS, "active", "yes")):
        raise ClientException(
            f"Tasks on engine {link.name} have not stopped yet. Try again when they have.",
            field="engine",
        )
    tx.delete(ENGINE_LINKS, link.name)
    _say(tx, context, link, "removed")
    return DeregisterEngineResponse(engine=link.as_link())


def describe_engines(
    view: View, _request: DescribeEnginesRequest, _context: Context
) -> DescribeEnginesResponse:
    """Every engine by name."""
    return DescribeEnginesResponse(
        engines=tuple(sorted(view.all(ENGINES), key=lambda e: e.name)),
        links=tuple(each.as_link() for each in sorted(view.all(ENGINE_LINKS), key=_name_of)),
    )


def _name_of(link: EngineLinkRecord) -> str:
    return link.name


def _say(tx: Transaction, context: Context, link: EngineLinkRecord, done: str) -> None:
    words = f"{done} engine {link.name} at {link.address}"
    say(tx, context, words, subject_arn=link.name, cluster_name=link.cluster_name)


# -- checks -----------------------------------------------------------------------------------


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise invalid(
            "name must be 1 to 32 letters, digits, - or _, and begin with a letter or digit, but "
            f"was {shown(name)}",
            "name",
        )


def _check_address(view: View, request: RegisterEngineRequest) -> None:
    address = request.address
    plane = view.get(PLANES, "plane")
    if plane is not None and plane.is_simulation:
        if not address.startswith(_SIMULATED):
            raise invalid("A simulation has simulated engines only: simulated://NAME.", "address")
        return
    problem = address_problem(address) if len(address) <= _LONGEST_ADDRESS else "which is too long"
    if not problem and not address.isprintable():
        problem = "which cannot be read"
    if problem:
        raise invalid(f"address is {shown(address)}, {problem}.", "address")


def _check_files(request: RegisterEngineRequest) -> None:
    """The daemon reads the files, wherever it runs: only whole paths mean the same to it."""
    for field in ("ca_file", "certificate_file", "key_file"):
        path: str = getattr(request, field)
        if path and not PurePath(path).is_absolute():
            name = type(request).model_fields[field].alias or field
            raise invalid(f"{name} must be an absolute path, but was {shown(path)}", name)
    if request.certificate_file and not request.key_file:
        raise invalid("A certificate needs its key: keyFile is missing.", "keyFile")


def _check_instance(request: RegisterEngineRequest) -> None:
    check_range(request.cpu_units, 0, INT_MAX, "cpuUnits")
    check_range(request.memory_mib, 0, INT_MAX, "memoryMib")
    if request.reserved_ports:
        check_number_of_items(request.reserved_ports, MOST_PORTS, "Ports", "reservedPorts")
    for position, port in enumerate(request.reserved_ports):
        check_range(port, 1, 65535, f"reservedPorts[{position}]")
    for position, attribute in enumerate(request.attributes):
        check_attribute(attribute, f"attributes[{position}]")
    check_number_of_custom(request.attributes, "attributes")


def _zone(view: View) -> str:
    """The zone that has fewest instances."""
    active = [i for i in view.all(INSTANCES) if i.status is not InstanceStatus.INACTIVE]
    zones = Counter(instance.zone for instance in active if instance.zone)
    return min(zones, key=lambda zone: (zones[zone], zone), default=DEFAULT_ZONE)


ENTRIES = (
    changes(RegisterEngineRequest, register_engine),
    changes(DeregisterEngineRequest, deregister_engine),
    reads(DescribeEnginesRequest, describe_engines),
)
