"""Operations on container instances. Source: ecs.md 4.1, 4.3, 4.4.

Instances are registered by the control plane itself; here they are shown, drained and taken back.
"""

from ecstui.base.errors import InvalidParameterException
from ecstui.control.context import Context
from ecstui.control.operations.checks import check_number_of_items, parsed_expression
from ecstui.control.operations.describe import instance_shape, missing
from ecstui.control.operations.events import say
from ecstui.control.operations.names import active_cluster, find_instance, name_in_cluster
from ecstui.control.operations.paging import page
from ecstui.control.operations.table import changes, reads
from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.enums import InstanceStatus
from ecstui.model.requests.instances import (
    DescribeContainerInstancesRequest,
    DescribeContainerInstancesResponse,
    ListContainerInstancesRequest,
    ListContainerInstancesResponse,
    UpdateContainerInstancesStateRequest,
    UpdateContainerInstancesStateResponse,
)
from ecstui.model.shape import Failure
from ecstui.plan.expression import meaning_of
from ecstui.store.kinds import INSTANCES
from ecstui.store.tables import Transaction, View

MOST_DESCRIBED = 100
MOST_UPDATED = 10
_WHAT = "Container instances"
_FIELD = "containerInstances"
_SETTABLE = {
    InstanceStatus.ACTIVE: "took container instance {} back from draining",
    InstanceStatus.DRAINING: "set container instance {} to draining",
}


def describe_container_instances(
    view: View, request: DescribeContainerInstancesRequest, context: Context
) -> DescribeContainerInstancesResponse:
    """Container instances by id or ARN, with what is left of them; unknown ones are failures."""
    cluster = active_cluster(view, request.cluster).cluster_name
    check_number_of_items(request.container_instances, MOST_DESCRIBED, _WHAT, _FIELD)
    found, failures = _find(view, cluster, request.container_instances, context)
    return DescribeContainerInstancesResponse(
        container_instances=tuple(instance_shape(view, i, request.include) for i in found),
        failures=failures,
    )


def _find(
    view: View, cluster: str, asked: tuple[str, ...], context: Context
) -> tuple[tuple[ContainerInstanceRecord, ...], tuple[Failure, ...]]:
    """Each instance once, in the order of the request."""
    found, failures = {}, {}
    for position, text in enumerate(asked):
        instance_id = name_in_cluster(text, "container-instance", cluster, f"{_FIELD}[{position}]")
        instance = find_instance(view, cluster, instance_id)
        if instance is None:
            arn = context.names.container_instance(cluster, instance_id)
            failures[instance_id] = missing(arn)
        else:
            found[instance_id] = instance
    return tuple(found.values()), tuple(failures.values())


def list_container_instances(
    view: View, request: ListContainerInstancesRequest, context: Context
) -> ListContainerInstancesResponse:
    """ARNs of container instances of one status, or of all that are not INACTIVE.

    `filter` is an expression of the cluster query language (ecs.md 5.4).
    """
    cluster = active_cluster(view, request.cluster).cluster_name
    instances = [
        instance
        for instance in view.by(INSTANCES, "cluster", cluster)
        if _has_status(instance, request.status)
    ]
    if request.filter is not None:
        is_meant = meaning_of(parsed_expression(request.filter, "filter"))
        arns = {c.instance_arn for c in context.capacities.values() if is_meant(c)}
        instances = [i for i in instances if i.container_instance_arn in arns]
    chosen = page(request, instances, key=lambda i: (i.container_instance_arn,))
    return ListContainerInstancesResponse(
        container_instance_arns=tuple(i.container_instance_arn for i in chosen.items),
        next_token=chosen.next_token,
    )


def _has_status(instance: ContainerInstanceRecord, wanted: InstanceStatus | None) -> bool:
    if wanted is None:
        return instance.status is not InstanceStatus.INACTIVE
    return instance.status is wanted


def update_container_instances_state(
    tx: Transaction, request: UpdateContainerInstancesStateRequest, context: Context
) -> UpdateContainerInstancesStateResponse:
    """Drain instances or make them ACTIVE again; one not ACTIVE yet cannot be drained (4.3).

    What an Auto Scaling group takes away does not come back.
    """
    cluster = active_cluster(tx, request.cluster).cluster_name
    check_number_of_items(request.container_instances, MOST_UPDATED, _WHAT, _FIELD)
    status = next((s for s in _SETTABLE if s.value == request.status), None)
    if status is None:
        raise InvalidParameterException(
            "Container instance status should be one of [ACTIVE, DRAINING]", field="status"
        )
    found, failures = _find(tx, cluster, request.container_instances, context)
    changed = []
    for instance in found:
        if instance.status not in _SETTABLE or instance.is_terminating:
            failure = Failure(arn=instance.container_instance_arn, reason=instance.status.value)
            failures = (*failures, failure)
            continue
        changed.append(_with_status(tx, instance, status, context))
    return UpdateContainerInstancesStateResponse(
        container_instances=tuple(instance_shape(tx, i) for i in changed), failures=failures
    )


def _with_status(
    tx: Transaction, instance: ContainerInstanceRecord, status: InstanceStatus, context: Context
) -> ContainerInstanceRecord:
    if instance.status is status:
        return instance
    instance = instance.with_(status=status, version=instance.version + 1)
    tx.put(instance)
    say(
        tx,
        context,
        _SETTABLE[status].format(instance.name),
        subject_arn=instance.container_instance_arn,
        cluster_name=instance.cluster_name,
    )
    return instance


ENTRIES = (
    reads(DescribeContainerInstancesRequest, describe_container_instances),
    reads(ListContainerInstancesRequest, list_container_instances),
    changes(UpdateContainerInstancesStateRequest, update_container_instances_state),
)
