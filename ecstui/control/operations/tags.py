"""Tags of what an ARN names: clusters, services, tasks, task definitions, container instances.

Tags that ECS itself put there (`aws:`) are kept, and neither set nor removed here. A tag changes
nothing but the tags: no deployment begins, no version is counted up. Source: ecs.md 1.4.
"""

from collections.abc import Callable, Mapping

from ecstui.base.errors import (
    ClusterNotFoundException,
    EcsError,
    InvalidParameterException,
    LimitExceededException,
    ResourceNotFoundException,
)
from ecstui.base.ids import is_arn, resource_of, short_name
from ecstui.control.context import Context
from ecstui.control.operations.checks import (
    AWS_PREFIX,
    MOST_TAGS,
    check_number_of_items,
    check_tag_key,
    check_tags,
    invalid,
)
from ecstui.control.operations.events import say
from ecstui.control.operations.names import (
    DefinitionName,
    find_definition,
    find_instance,
    find_service,
    find_task,
)
from ecstui.control.operations.table import changes, reads
from ecstui.model.capacity import FARGATE_PROVIDERS, CapacityProviderRecord
from ecstui.model.cluster import ClusterRecord, ContainerInstanceRecord
from ecstui.model.enums import ClusterStatus, InstanceStatus, ServiceStatus
from ecstui.model.requests.tags import (
    ListTagsForResourceRequest,
    ListTagsForResourceResponse,
    TagResourceRequest,
    TagResourceResponse,
    UntagResourceRequest,
    UntagResourceResponse,
)
from ecstui.model.service import ServiceRecord
from ecstui.model.shape import Tag
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.store.kinds import CAPACITY_PROVIDERS, CLUSTERS
from ecstui.store.tables import Transaction, View

FIELD = "resourceArn"
Tagged = (
    ClusterRecord
    | ServiceRecord
    | TaskRecord
    | TaskDefinitionRecord
    | ContainerInstanceRecord
    | CapacityProviderRecord
)


def tag_resource(
    tx: Transaction, request: TagResourceRequest, context: Context
) -> TagResourceResponse:
    """Add tags; more than 50 on one resource are a `LimitExceededException` (API TagResource)."""
    record = _record_of(tx, request.resource_arn, missing=ResourceNotFoundException)
    if isinstance(record, TaskRecord) and record.is_stopped:
        raise invalid("The specified task is stopped. Specify a running task and try again.", FIELD)
    check_tags(request.tags)
    by_key = {tag.key: tag for tag in (*record.tags, *request.tags)}
    own = [key for key in by_key if not _is_of_aws(key)]
    if len(own) > MOST_TAGS:
        raise LimitExceededException(
            f"A resource can have at most {MOST_TAGS} tags, this one would have {len(own)}.",
            field="tags",
        )
    keys = [tag.key for tag in request.tags]
    _put(tx, context, record, tuple(by_key.values()), f"tagged {{}} with {', '.join(keys)}")
    return TagResourceResponse()


def untag_resource(
    tx: Transaction, request: UntagResourceRequest, context: Context
) -> UntagResourceResponse:
    """Remove tags by key; keys that the resource does not have are fine (API UntagResource)."""
    record = _record_of(tx, request.resource_arn, missing=ResourceNotFoundException)
    check_number_of_items(request.tag_keys, MOST_TAGS, "Tag keys", "tagKeys")
    for position, key in enumerate(request.tag_keys):
        check_tag_key(key, f"tagKeys[{position}]")
    kept = tuple(tag for tag in record.tags if tag.key not in request.tag_keys)
    gone = [tag.key for tag in record.tags if tag.key in request.tag_keys]
    _put(tx, context, record, kept, f"removed the tags {', '.join(gone)} of {{}}")
    return UntagResourceResponse()


def list_tags_for_resource(
    view: View, request: ListTagsForResourceRequest, context: Context
) -> ListTagsForResourceResponse:
    """The tags of a resource, those of AWS itself too (API ListTagsForResource)."""
    record = _record_of(view, request.resource_arn, missing=InvalidParameterException)
    return ListTagsForResourceResponse(tags=record.tags)


def _is_of_aws(key: str) -> bool:
    return key.lower().startswith(AWS_PREFIX)


def _put(
    tx: Transaction, context: Context, record: Tagged, tags: tuple[Tag, ...], words: str
) -> None:
    """Keep the record with its new tags and tell it; `words` has a place for its name."""
    if tags == record.tags:
        return
    tx.put(record.with_(tags=tags))
    arn, name = _names_of(record)
    say(
        tx,
        context,
        words.format(name),
        subject_arn=arn,
        cluster_name="" if isinstance(record, _IN_NO_CLUSTER) else record.cluster_name,
        service_arn=arn if isinstance(record, ServiceRecord) else None,
    )


_IN_NO_CLUSTER = (TaskDefinitionRecord, CapacityProviderRecord)


def _names_of(record: Tagged) -> tuple[str, str]:
    """ARN of the record, and its name for people."""
    match record:
        case ClusterRecord():
            return record.cluster_arn, f"cluster {record.cluster_name}"
        case ServiceRecord():
            return record.service_arn, f"service {record.service_name}"
        case TaskRecord():
            return record.task_arn, f"task {record.task_id}"
        case TaskDefinitionRecord():
            arn = record.task_definition_arn
            return arn, f"task definition {short_name(arn)}"
        case CapacityProviderRecord():
            return record.capacity_provider_arn, f"capacity provider {record.name}"
        case ContainerInstanceRecord():
            return record.container_instance_arn, f"container instance {record.name}"


# -- from ARN to record -----------------------------------------------------------------------


def _record_of(view: View, arn: str, *, missing: type[EcsError]) -> Tagged:
    """The record that an ARN names; `missing` is raised when there is none."""
    if not is_arn(arn) or arn.split(":", 3)[2] != "ecs":
        raise _bad_arn()
    kind, *parts = resource_of(arn).split("/")
    if not parts or not all(parts):
        raise _bad_arn()
    if kind == "cluster" and len(parts) == 1:
        return _cluster(view, parts[0])
    if kind == "task-definition" and len(parts) == 1:
        return _definition(view, parts[0], missing)
    if kind == "capacity-provider" and len(parts) == 1:
        return _provider(view, parts[0], missing)
    finder = _IN_CLUSTER.get(kind)
    if finder is None or len(parts) > 2:
        raise _bad_arn()
    if len(parts) == 1:
        raise invalid("Long arn format must be used for tagging operations", FIELD)
    return _found_in_cluster(finder, view, parts[0], parts[1], kind.replace("-", " "), missing)


def _bad_arn() -> InvalidParameterException:
    return invalid("The ARN provided is invalid.", FIELD)


def _inactive(what: str) -> InvalidParameterException:
    return invalid(
        f"The specified {what} is inactive. Specify an active {what} and try again.", FIELD
    )


def _cluster(view: View, name: str) -> ClusterRecord:
    record = view.get(CLUSTERS, name)
    if record is None:
        raise ClusterNotFoundException("Cluster not found.", field=FIELD)
    if record.status is ClusterStatus.INACTIVE:
        raise _inactive("cluster")
    return record


def _definition(view: View, name: str, missing: type[EcsError]) -> TaskDefinitionRecord:
    family, _, revision = name.rpartition(":")
    if not family or not (revision.isascii() and revision.isdigit()) or len(revision) > 18:
        raise _bad_arn()
    record = find_definition(view, DefinitionName(family, int(revision)))
    if record is None:
        raise missing(
            "The specified task definition does not exist. Specify a valid account, family, "
            "revision and try again.",
            field=FIELD,
        )
    return record


def _provider(view: View, name: str, missing: type[EcsError]) -> CapacityProviderRecord:
    if name in FARGATE_PROVIDERS:
        raise invalid(f"The {name} capacity provider is reserved and cannot be tagged.", FIELD)
    record = view.get(CAPACITY_PROVIDERS, name)
    if record is None:
        raise missing(
            "The specified capacity provider was not found. Specify a valid name or ARN and try "
            "again.",
            field=FIELD,
        )
    return record


Found = ServiceRecord | TaskRecord | ContainerInstanceRecord
_IN_CLUSTER: Mapping[str, Callable[[View, str, str], Found | None]] = {
    "service": find_service,
    "task": find_task,
    "container-instance": find_instance,
}


def _found_in_cluster(
    finder: Callable[[View, str, str], Found | None],
    view: View,
    cluster: str,
    name: str,
    what: str,
    missing: type[EcsError],
) -> Found:
    _cluster(view, cluster)
    record = finder(view, cluster, name)
    if record is None:
        raise missing(
            f"The specified {what} was not found. Specify a valid {what} and try again.",
            field=FIELD,
        )
    if not isinstance(record, TaskRecord) and record.status in _OVER:
        raise _inactive(what)
    return record


_OVER = (ServiceStatus.INACTIVE, InstanceStatus.INACTIVE)

ENTRIES = (
    changes(TagResourceRequest, tag_resource),
    changes(UntagResourceRequest, untag_resource),
    reads(ListTagsForResourceRequest, list_tags_for_resource),
)
