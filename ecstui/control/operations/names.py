"""From the names and ARNs of a request to records, with ECS's words for what is not there.

An ARN of any region and account is taken: what counts is its resource. Nothing is changed here.
Source: ecs.md 1.1 (parsing), 1.2 (names), 1.3 (clusters that are not there).
"""

import re
from dataclasses import dataclass

from ecstui.base.errors import (
    ClientException,
    ClusterNotFoundException,
    EcsError,
    InvalidParameterException,
    ServiceNotFoundException,
)
from ecstui.base.ids import is_arn, resource_of
from ecstui.control.context import Context
from ecstui.model.cluster import ClusterRecord, ContainerInstanceRecord
from ecstui.model.enums import ClusterStatus, TaskDefinitionStatus
from ecstui.model.service import ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.store.kinds import CLUSTERS, INSTANCES, SERVICES, TASK_DEFINITIONS, TASKS
from ecstui.store.tables import View

DEFAULT_CLUSTER = "default"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_REVISION = re.compile(r"[0-9]{1,18}")
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Identifier:
    """A name or an id, and the cluster that an ARN put before it."""

    name: str
    cluster: str | None = None


def shown(text: str) -> str:
    """`text` as it may stand in an error message: one line, and not too long."""
    line = "".join(
        character if character.isprintable() else "\ufffd" for character in text[:_SHOWN]
    )
    return line if len(text) <= _SHOWN else f"{line}…"


def check_name(name: str, what: str, field: str) -> None:
    """Refuse a name of a new thing that is not 1 to 255 letters, digits, `_` or `-` (ecs.md 1.2).

    Raises `InvalidParameterException`; `what`: `Cluster` or `Service`.
    """
    if not name:
        raise InvalidParameterException(f"{what} can not be blank.", field=field)
    if not _NAME.fullmatch(name):
        raise InvalidParameterException(
            rf"{what} must match ^[a-zA-Z0-9\-_]{{1,255}}$, but was {shown(name)}", field=field
        )


def principal_of(context: Context) -> str:
    """ARN of the caller, for members such as `registeredBy`."""
    return context.names.user(context.caller)


# -- identifiers ------------------------------------------------------------------------------


def _resource_parts(arn: str, kind: str, field: str) -> list[str]:
    """What follows the kind in an ARN's resource, e.g. cluster and name."""
    if arn.split(":", 3)[2] != "ecs":
        raise InvalidParameterException(
            f"Invalid identifier: {shown(arn)} is not an ARN of Amazon ECS.", field=field
        )
    found, *parts = resource_of(arn).split("/")
    if found != kind:
        raise InvalidParameterException(f"Unsupported resource type: {shown(found)}", field=field)
    if not parts or not all(parts):
        raise InvalidParameterException(f"Invalid identifier: {shown(arn)}", field=field)
    return parts


def identifier_of(text: str, kind: str, field: str) -> Identifier:
    """Read a name or ARN of a service, task or container instance; ARNs of the old form too.

    Raises `InvalidParameterException` when it is blank or an ARN of something else.
    """
    if not text:
        raise InvalidParameterException("Invalid identifier: it can not be blank.", field=field)
    if not is_arn(text):
        return Identifier(text)
    parts = _resource_parts(text, kind, field)
    if len(parts) == 1:
        return Identifier(parts[0])
    if len(parts) == 2:
        return Identifier(parts[1], parts[0])
    raise InvalidParameterException(f"Invalid identifier: {shown(text)}", field=field)


def name_in_cluster(text: str, kind: str, cluster_name: str, field: str) -> str:
    """The name or id of a thing in this cluster.

    Raises `InvalidParameterException` when an ARN names another cluster.
    """
    identifier = identifier_of(text, kind, field)
    if identifier.cluster is not None and identifier.cluster != cluster_name:
        raise InvalidParameterException(
            f"Invalid identifier: Identifier is for cluster {shown(identifier.cluster)}. "
            f"Your cluster is {cluster_name}",
            field=field,
        )
    return identifier.name


# -- clusters ---------------------------------------------------------------------------------


def cluster_name_of(text: str | None, field: str = "cluster") -> str:
    """The cluster's name from its name or ARN; absent means `default`.

    Raises `InvalidParameterException` for what cannot be a cluster's name.
    """
    if text is None:
        return DEFAULT_CLUSTER
    name = text
    if is_arn(text):
        parts = _resource_parts(text, "cluster", field)
        if len(parts) != 1:
            raise InvalidParameterException(f"Invalid identifier: {shown(text)}", field=field)
        name = parts[0]
    check_name(name, "Cluster", field)
    return name


def active_cluster(view: View, text: str | None, field: str = "cluster") -> ClusterRecord:
    """The ACTIVE cluster of that name or ARN; raises `ClusterNotFoundException` otherwise."""
    cluster = view.get(CLUSTERS, cluster_name_of(text, field))
    if cluster is None:
        raise ClusterNotFoundException("Cluster not found.", field=field)
    if cluster.status is ClusterStatus.INACTIVE:
        raise ClusterNotFoundException("The referenced cluster was inactive.", field=field)
    return cluster


# -- capacity providers -----------------------------------------------------------------------


def provider_name_of(text: str, field: str) -> str:
    """The capacity provider's name from its name or ARN.

    Raises `InvalidParameterException` when it is an ARN of something else.
    """
    if not is_arn(text):
        return text
    return "/".join(_resource_parts(text, "capacity-provider", field))


# -- services, tasks, instances ---------------------------------------------------------------


def find_service(view: View, cluster_name: str, name: str) -> ServiceRecord | None:
    """The service of that name in a cluster, whatever its status."""
    for service in view.by(SERVICES, "cluster", cluster_name):
        if service.service_name == name:
            return service
    return None


def service_named(view: View, cluster_name: str, text: str, field: str) -> ServiceRecord:
    """The service of that name or ARN; raises `ServiceNotFoundException`."""
    service = find_service(
        view, cluster_name, name_in_cluster(text, "service", cluster_name, field)
    )
    if service is None:
        raise ServiceNotFoundException("Service not found.", field=field)
    return service


def find_task(view: View, cluster_name: str, task_id: str) -> TaskRecord | None:
    """The task of that id in a cluster."""
    for task in view.by(TASKS, "task_id", task_id):
        if task.cluster_name == cluster_name:
            return task
    return None


def find_instance(
    view: View, cluster_name: str, instance_id: str
) -> ContainerInstanceRecord | None:
    """The container instance of that id in a cluster."""
    for instance in view.by(INSTANCES, "cluster", cluster_name):
        if instance.instance_id == instance_id:
            return instance
    return None


# -- task definitions -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DefinitionName:
    """A family, and a revision unless its newest is meant."""

    family: str
    revision: int | None


def definition_name_of(text: str, field: str = "taskDefinition") -> DefinitionName:
    """Read `family`, `family:revision` or an ARN of either.

    Raises `ClientException` when it is blank, `InvalidParameterException` for a bad revision.
    """
    if not text:
        raise ClientException("TaskDefinition can not be blank.", field=field)
    name = "/".join(_resource_parts(text, "task-definition", field)) if is_arn(text) else text
    family, colon, revision = name.partition(":")
    if not colon:
        return DefinitionName(family, None)
    if not _REVISION.fullmatch(revision):
        raise InvalidParameterException(
            f"Invalid revision number. Number: {shown(revision)}", field=field
        )
    return DefinitionName(family, int(revision))


def find_definition(view: View, name: DefinitionName) -> TaskDefinitionRecord | None:
    """That revision, or the newest ACTIVE one of the family."""
    revisions = view.by(TASK_DEFINITIONS, "family", name.family)
    if name.revision is not None:
        return next((d for d in revisions if d.revision == name.revision), None)
    active = [d for d in revisions if d.status is TaskDefinitionStatus.ACTIVE]
    return max(active, key=lambda d: d.revision, default=None)


def launchable_definition(
    view: View, text: str, *, inactive: type[EcsError], field: str = "taskDefinition"
) -> TaskDefinitionRecord:
    """The ACTIVE revision that new tasks may use (ecs.md 2.1, 6.2).

    Raises `ClientException` when there is none, and `inactive` when it is deregistered.
    """
    definition = find_definition(view, definition_name_of(text, field))
    if definition is None:
        raise ClientException("TaskDefinition not found.", field=field)
    if definition.status is not TaskDefinitionStatus.ACTIVE:
        raise inactive("TaskDefinition is inactive", field=field)
    return definition
