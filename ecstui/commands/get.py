"""`ecstui get`: lists of the cluster for scripts and for screen readers.

A table has the columns of the screen of the same name; JSON and YAML are what ECS's Describe
operations answer, so that what is written for them is the same as for AWS.
"""

import asyncio
import csv
import io
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

from ecstui.base.clock import SystemClock
from ecstui.base.ids import short_name
from ecstui.client.protocol import Client
from ecstui.commands.attached import NotFoundError, attached
from ecstui.commands.columns import columns_of
from ecstui.commands.named import check_cluster
from ecstui.commands.terminal import say
from ecstui.model.requests.clusters import DescribeClustersRequest
from ecstui.model.requests.definitions import DescribeTaskDefinitionRequest
from ecstui.model.requests.instances import DescribeContainerInstancesRequest
from ecstui.model.requests.services import DescribeServicesRequest
from ecstui.model.requests.tasks import DescribeTasksRequest
from ecstui.model.task_definition import TaskDefinition
from ecstui.settings import Settings
from ecstui.store.tables import View
from ecstui.ui.columns import clusters, events, instances, services, task_definitions, tasks
from ecstui.ui.documents import yaml_text
from ecstui.ui.export import table_of
from ecstui.ui.table import Column

FORMS = ("table", "csv", "json", "yaml")
_BATCH = 10
_ID = re.compile("[0-9a-f-]{32,36}")

Document = Mapping[str, object]
Documents = Callable[[Client, str, Sequence[str]], AsyncIterator[Document]]


@dataclass(frozen=True, slots=True)
class Table:
    """Titles, and the cells of each row by its key."""

    titles: Sequence[str]
    rows: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that can be listed."""

    name: str
    aliases: tuple[str, ...]
    read: Callable[[View, str, float], Table]
    documents: Documents
    is_in_cluster: bool = True
    """Whether each cluster has its own."""


def get(settings: Settings, kind: str, names: Sequence[str], form: str, cluster: str) -> int:
    """Print the things of a kind, all or those named; the exit code."""
    return asyncio.run(_get(settings, resource_named(kind), names, form, cluster))


def resource_named(word: str) -> Resource:
    """The kind that is called so; raises `NotFoundError`."""
    for resource in RESOURCES:
        if word.lower() in (resource.name, *resource.aliases):
            return resource
    known = ", ".join(resource.name for resource in RESOURCES)
    raise NotFoundError(f"there is nothing called {word}: there are {known}.")


async def _get(
    settings: Settings, resource: Resource, names: Sequence[str], form: str, cluster: str
) -> int:
    async with attached(settings, "ecstui-get") as client:
        if resource.is_in_cluster:
            check_cluster(client.view, cluster)
        table = resource.read(client.view, cluster, SystemClock().now())
        keys = chosen(table, names, resource, cluster)
        if form in ("table", "csv"):
            write = table_lines if form == "table" else csv_lines
            for text in write(table, keys):
                say(text)
            return 0
        found = [d async for d in resource.documents(client, cluster, keys)]
    member = "".join(
        part if not index else part.title() for index, part in enumerate(resource.name.split("-"))
    )
    document = {member: found}
    if form == "yaml":
        say(yaml_text(document))
    else:
        say(json.dumps(document, indent=4, ensure_ascii=False))
    return 0


def chosen(table: Table, names: Sequence[str], resource: Resource, cluster: str) -> list[str]:
    """Keys of the rows that are named, by name, by the beginning of an id, or by ARN."""
    if not names:
        return list(table.rows)
    found: list[str] = []
    for name in names:
        keys = [
            key for key, cells in table.rows.items() if name in (key, short_name(key), cells[0])
        ] or [key for key in table.rows if len(name) > 3 and _is_begun(short_name(key), name)]
        if not keys:
            where = f" in cluster {cluster}" if resource.is_in_cluster else ""
            raise NotFoundError(f"there is no {resource.aliases[0]} {name}{where}.")
        found += [key for key in keys if key not in found]
    return found


def _is_begun(last: str, name: str) -> bool:
    """Whether it is an id that begins so; names that people gave are named whole."""
    return _ID.fullmatch(last) is not None and last.startswith(name)


def table_lines(table: Table, keys: Sequence[str]) -> list[str]:
    """The rows under their titles, as wide as they are."""
    return columns_of([table.titles, *(table.rows[key] for key in keys)])


def csv_lines(table: Table, keys: Sequence[str]) -> list[str]:
    """The rows as CSV, with titles."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(table.titles)
    writer.writerows(table.rows[key] for key in keys)
    return [written.getvalue().removesuffix("\n")]


# -- kinds ----------------------------------------------------------------------------------------


def _reader(
    columns: Sequence[Column[object]], rows: Callable[[View, str], Mapping[str, object]]
) -> Callable[[View, str, float], Table]:
    def read(view: View, cluster: str, now: float) -> Table:
        found = rows(view, cluster)
        titles, cells = table_of(columns, list(found.values()), now)
        return Table(titles, dict(zip(found, cells, strict=True)))

    return read


async def _services(client: Client, cluster: str, keys: Sequence[str]) -> AsyncIterator[Document]:
    for some in _batches(keys):
        request = DescribeServicesRequest(services=some, cluster=cluster, include=("TAGS",))
        for service in (await client.call(request)).services:
            yield service.to_wire()


async def _tasks(client: Client, cluster: str, keys: Sequence[str]) -> AsyncIterator[Document]:
    for some in _batches(keys):
        request = DescribeTasksRequest(tasks=some, cluster=cluster, include=("TAGS",))
        for task in (await client.call(request)).tasks:
            yield task.to_wire()


async def _instances(client: Client, cluster: str, keys: Sequence[str]) -> AsyncIterator[Document]:
    for some in _batches(keys):
        request = DescribeContainerInstancesRequest(container_instances=some, cluster=cluster)
        for instance in (await client.call(request)).container_instances:
            yield instance.to_wire()


async def _clusters(client: Client, _: str, keys: Sequence[str]) -> AsyncIterator[Document]:
    for some in _batches(keys):
        answer = await client.call(DescribeClustersRequest(clusters=some, include=("TAGS",)))
        for cluster in answer.clusters:
            yield cluster.to_wire()


async def _definitions(client: Client, _: str, keys: Sequence[str]) -> AsyncIterator[Document]:
    for key in keys:
        answer = await client.call(DescribeTaskDefinitionRequest(task_definition=key))
        yield TaskDefinition.to_wire(answer.task_definition)


async def _events(client: Client, cluster: str, keys: Sequence[str]) -> AsyncIterator[Document]:
    rows = events.event_rows(client.view, cluster)
    for key in keys:
        yield rows[key].event.to_wire()


def _batches(keys: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(keys[start : start + _BATCH]) for start in range(0, len(keys), _BATCH)]


RESOURCES: tuple[Resource, ...] = (
    Resource("services", ("service", "svc"),
             _reader(services.COLUMNS, services.service_rows), _services),  # type: ignore[arg-type]
    Resource("tasks", ("task",),
             _reader(tasks.COLUMNS, tasks.task_rows), _tasks),  # type: ignore[arg-type]
    Resource("task-definitions", ("task-definition", "td"),
             _reader(task_definitions.FAMILY_COLUMNS,  # type: ignore[arg-type]
                     lambda view, _: task_definitions.family_rows(view, with_inactive=False)),
             _definitions, is_in_cluster=False),
    Resource("container-instances", ("container-instance", "instances", "instance", "ci"),
             _reader(instances.COLUMNS, instances.instance_rows), _instances),  # type: ignore[arg-type]
    Resource("clusters", ("cluster",),
             _reader(clusters.COLUMNS, clusters.cluster_rows), _clusters, is_in_cluster=False),  # type: ignore[arg-type]
    Resource("events", ("event", "ev"),
             _reader(events.event_columns(events.Times()), events.event_rows),  # type: ignore[arg-type]
             _events),
)  # fmt: skip
