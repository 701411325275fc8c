"""Operations on services besides making and changing them: delete, describe, list.

A deleted service drains; the services reconciler makes it INACTIVE when its tasks are gone.
Source: ecs.md 6.1, 6.16.
"""

from ecstui.base.errors import ServiceNotFoundException
from ecstui.control.context import Context
from ecstui.control.operations.checks import check_number_of_items, invalid
from ecstui.control.operations.describe import missing, service_shape
from ecstui.control.operations.events import say
from ecstui.control.operations.names import (
    active_cluster,
    find_service,
    name_in_cluster,
    service_named,
)
from ecstui.control.operations.paging import page
from ecstui.control.operations.table import changes, reads
from ecstui.control.operations.unsupported import LIST_MEMBERS, refuse_members
from ecstui.model.enums import SchedulingStrategy, ServiceStatus
from ecstui.model.requests.services import (
    DeleteServiceRequest,
    DeleteServiceResponse,
    DescribeServicesRequest,
    DescribeServicesResponse,
    ListServicesRequest,
    ListServicesResponse,
)
from ecstui.store.kinds import SERVICES
from ecstui.store.tables import Transaction, View

MOST_DESCRIBED = 10
USUAL_PAGE = 10


def delete_service(
    tx: Transaction, request: DeleteServiceRequest, context: Context
) -> DeleteServiceResponse:
    """Let a service drain; one scaled above 0 only by `force` (API DeleteService)."""
    cluster = active_cluster(tx, request.cluster)
    service = service_named(tx, cluster.cluster_name, request.service, "service")
    if service.status is ServiceStatus.INACTIVE:
        raise ServiceNotFoundException("Service not found.", field="service")
    if service.status is ServiceStatus.DRAINING:
        return DeleteServiceResponse(service=service_shape(tx, service))
    is_replica = service.scheduling_strategy is SchedulingStrategy.REPLICA
    if is_replica and service.desired_count > 0 and not request.force:
        raise invalid("The service cannot be stopped while it is scaled above 0.", "force")
    service = service.with_(status=ServiceStatus.DRAINING, desired_count=0)
    tx.put(service)
    say(
        tx,
        context,
        f"deleted service {service.service_name}",
        subject_arn=service.service_arn,
        cluster_name=service.cluster_name,
        service_arn=service.service_arn,
    )
    return DeleteServiceResponse(service=service_shape(tx, service))


def describe_services(
    view: View, request: DescribeServicesRequest, context: Context
) -> DescribeServicesResponse:
    """Services by name or ARN, of any status; unknown ones are failures."""
    cluster = active_cluster(view, request.cluster).cluster_name
    check_number_of_items(request.services, MOST_DESCRIBED, "Services", "services")
    found, failures = {}, {}
    for position, text in enumerate(request.services):
        name = name_in_cluster(text, "service", cluster, f"services[{position}]")
        service = find_service(view, cluster, name)
        if service is None:
            failures[name] = missing(context.names.service(cluster, name))
        else:
            found[name] = service_shape(view, service, request.include)
    return DescribeServicesResponse(
        services=tuple(found.values()), failures=tuple(failures.values())
    )


def list_services(
    view: View, request: ListServicesRequest, context: Context
) -> ListServicesResponse:
    """ARNs of ACTIVE services by name, 10 to a page unless asked otherwise."""
    refuse_members(request, LIST_MEMBERS)
    cluster = active_cluster(view, request.cluster).cluster_name
    services = [
        service
        for service in view.by(SERVICES, "cluster", cluster)
        if service.status is ServiceStatus.ACTIVE
        and request.launch_type in {None, service.launch_type}
        and request.scheduling_strategy in {None, service.scheduling_strategy}
    ]
    chosen = page(request, services, key=lambda s: (s.service_name,), default=USUAL_PAGE)
    return ListServicesResponse(
        service_arns=tuple(service.service_arn for service in chosen.items),
        next_token=chosen.next_token,
    )


ENTRIES = (
    changes(DeleteServiceRequest, delete_service),
    reads(DescribeServicesRequest, describe_services),
    reads(ListServicesRequest, list_services),
)
