"""`ecstui instance` and `ecstui engine`: container instances and engines from the shell.

Reads the daemon's records and sends it requests. What takes tasks away is asked for first.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence

from ecstui.base.errors import EcstuiError
from ecstui.client.remote import RemoteClient
from ecstui.commands.attached import attached
from ecstui.commands.columns import columns_of
from ecstui.commands.named import check_cluster
from ecstui.commands.terminal import confirm, say, tell
from ecstui.model.cluster import ContainerInstanceRecord, Resource
from ecstui.model.enums import InstanceStatus
from ecstui.model.requests.engines import (
    DeregisterEngineRequest,
    DescribeEnginesRequest,
    RegisterEngineRequest,
)
from ecstui.model.requests.instances import (
    DeregisterContainerInstanceRequest,
    RegisterContainerInstanceRequest,
    UpdateContainerInstancesStateRequest,
)
from ecstui.model.task_definition import Attribute
from ecstui.settings import Settings
from ecstui.store.kinds import INSTANCES, TASKS
from ecstui.ui.text import plural

_ZONE = "ecs.availability-zone"
_ENGINE = "ecstui.engine"
EXIT_USAGE = 2


class WrongWordsError(EcstuiError):
    """The words of the command line name nothing, or nothing that can be meant."""


_Verb = Callable[[argparse.Namespace, RemoteClient], Awaitable[int]]


def run(settings: Settings, words: argparse.Namespace) -> int:
    """Carry out `ecstui instance VERB` or `ecstui engine VERB`; the exit code."""
    verb = _VERBS[words.command, words.verb]

    async def main() -> int:
        async with attached(settings, f"ecstui-{words.command}") as client:
            return await verb(words, client)

    try:
        return asyncio.run(main())
    except WrongWordsError as error:
        tell(f"ecstui: {error}")
        return EXIT_USAGE


# -- instances ------------------------------------------------------------------------------------


async def _list_instances(words: argparse.Namespace, client: RemoteClient) -> int:
    rows: list[tuple[str, ...]] = [
        ("CLUSTER", "NAME", "STATUS", "ZONE", "CPU", "MEMORY", "TASKS", "ENGINE", "ID")
    ]
    if words.cluster is not None:
        check_cluster(client.view, words.cluster)
    instances = _instances(client)
    shown = (i for i in instances if words.cluster in (None, i.cluster_name))
    rows.extend(_row(client, instance) for instance in shown)
    for line in columns_of(rows):
        say(line)
    return 0


def _row(client: RemoteClient, instance: ContainerInstanceRecord) -> tuple[str, ...]:
    status = instance.status.value
    if not instance.agent_connected:
        status += ", engine away"
    return (
        instance.cluster_name,
        instance.name,
        status,
        instance.zone or "-",
        str(instance.cpu_units),
        f"{instance.memory_mib} MiB",
        str(_tasks_on(client, instance)),
        instance.engine,
        instance.instance_id,
    )


async def _register(words: argparse.Namespace, client: RemoteClient) -> int:
    attributes = _attributes(words.attribute)
    if words.zone:
        attributes.append(Attribute(name=_ZONE, value=words.zone))
    if words.on_engine:
        attributes.append(Attribute(name=_ENGINE, value=words.on_engine))
    resources = [
        Resource(name="CPU", type="INTEGER", integer_value=words.cpu),
        Resource(name="MEMORY", type="INTEGER", integer_value=words.memory),
    ]
    if words.reserve_port:
        ports = tuple(map(str, words.reserve_port))
        resources.append(Resource(name="PORTS", type="STRINGSET", string_set_value=ports))
    answer = await client.call(
        RegisterContainerInstanceRequest(
            cluster=words.cluster, total_resources=tuple(resources), attributes=tuple(attributes)
        )
    )
    say(answer.container_instance.container_instance_arn)
    return 0


async def _set_draining(words: argparse.Namespace, client: RemoteClient) -> int:
    return await _set_status(words, client, InstanceStatus.DRAINING)


async def _set_active(words: argparse.Namespace, client: RemoteClient) -> int:
    return await _set_status(words, client, InstanceStatus.ACTIVE)


async def _set_status(
    words: argparse.Namespace, client: RemoteClient, status: InstanceStatus
) -> int:
    instance = _meant(words, client)
    answer = await client.call(
        UpdateContainerInstancesStateRequest(
            cluster=instance.cluster_name,
            container_instances=(instance.container_instance_arn,),
            status=status.value,
        )
    )
    if answer.failures:
        raise WrongWordsError(f"{instance.name} is {answer.failures[0].reason}.")
    say(f"{instance.name} is {status.value}.")
    return 0


async def _deregister(words: argparse.Namespace, client: RemoteClient) -> int:
    instance = _meant(words, client)
    count = _tasks_on(client, instance)
    ends = f" and stop its {plural(count, 'task')}" if words.force and count else ""
    question = f"Deregister {instance.name} in cluster {instance.cluster_name}{ends}?"
    if not words.yes and not confirm(question):
        tell("Nothing was changed.")
        return 1
    await client.call(
        DeregisterContainerInstanceRequest(
            cluster=instance.cluster_name,
            container_instance=instance.container_instance_arn,
            force=words.force,
        )
    )
    say(f"{instance.name} is deregistered.")
    return 0


def _tasks_on(client: RemoteClient, instance: ContainerInstanceRecord) -> int:
    tasks = client.view.by(TASKS, "instance", instance.container_instance_arn)
    return sum(not task.is_stopped for task in tasks)


def _meant(words: argparse.Namespace, client: RemoteClient) -> ContainerInstanceRecord:
    """The instance that the words name: by name, id or ARN."""
    if words.cluster is not None:
        check_cluster(client.view, words.cluster)
    found = [
        instance
        for instance in _instances(client)
        if words.cluster in (None, instance.cluster_name)
        and words.instance in (instance.name, instance.instance_id, instance.container_instance_arn)
    ]
    if not found:
        raise WrongWordsError(
            f"there is no container instance {words.instance}: see `ecstui instance list`."
        )
    if len(found) > 1:
        clusters = ", ".join(instance.cluster_name for instance in found)
        raise WrongWordsError(
            f"{words.instance} is in several clusters ({clusters}): say which with --cluster."
        )
    return found[0]


def _instances(client: RemoteClient) -> list[ContainerInstanceRecord]:
    """Instances that are registered, by cluster and name."""
    registered = [i for i in client.view.all(INSTANCES) if i.status is not InstanceStatus.INACTIVE]
    return sorted(registered, key=lambda i: (i.cluster_name, i.name))


# -- engines --------------------------------------------------------------------------------------


async def _list_engines(_: argparse.Namespace, client: RemoteClient) -> int:
    answer = await client.call(DescribeEnginesRequest())
    rows: list[tuple[str, ...]] = [("NAME", "ADDRESS", "VERSION", "CPU", "MEMORY", "STATE")]
    known = {engine.name: engine for engine in answer.engines}
    links = {link.name: link for link in answer.links}
    for name in sorted({**known, **links}):
        engine = known.get(name)
        address = links[name].address if name in links else engine.endpoint if engine else ""
        if engine is None:
            rows.append((name, address, "-", "-", "-", "not asked yet"))
            continue
        state = "connected" if engine.is_connected else f"away: {engine.problem}"
        memory = f"{engine.memory_mib} MiB"
        rows.append((name, address, engine.version or "-", str(engine.cpu_units), memory, state))
    for line in columns_of(rows):
        say(line)
    return 0


async def _add_engine(words: argparse.Namespace, client: RemoteClient) -> int:
    answer = await client.call(
        RegisterEngineRequest(
            name=words.name,
            address=words.address,
            ca_file=words.ca,
            certificate_file=words.cert,
            key_file=words.key,
            zone=words.zone or "",
            cluster=words.cluster,
            cpu_units=words.cpu,
            memory_mib=words.memory,
            reserved_ports=tuple(words.reserve_port),
            attributes=tuple(_attributes(words.attribute)),
        )
    )
    say(f"Engine {answer.engine.name} is used from now on; `ecstui engine list` says how it is.")
    return 0


async def _remove_engine(words: argparse.Namespace, client: RemoteClient) -> int:
    if not words.yes and not confirm(f"Use engine {words.name} no more?"):
        tell("Nothing was changed.")
        return 1
    await client.call(DeregisterEngineRequest(engine=words.name))
    say(f"Engine {words.name} is used no more.")
    return 0


_VERBS: dict[tuple[str, str], _Verb] = {
    ("instance", "list"): _list_instances,
    ("instance", "register"): _register,
    ("instance", "drain"): _set_draining,
    ("instance", "activate"): _set_active,
    ("instance", "deregister"): _deregister,
    ("engine", "list"): _list_engines,
    ("engine", "add"): _add_engine,
    ("engine", "remove"): _remove_engine,
}


# -- words ----------------------------------------------------------------------------------------


def _attributes(pairs: Sequence[str]) -> list[Attribute]:
    """`name=value`, or a name alone."""
    found = []
    for pair in pairs:
        name, separator, value = pair.partition("=")
        found.append(Attribute(name=name, value=value if separator else None))
    return found
