"""The history of services: list and describe deployments and revisions, stop and continue one.

A stop and an answer to a pause are only noted here; the scheduler acts on them. Source: ecs.md
6.9, 6.13, 6.14.
"""

from collections.abc import Sequence

from ecstui.base.errors import (
    ConflictException,
    ServiceDeploymentNotFoundException,
    UnsupportedFeatureException,
)
from ecstui.base.ids import is_arn, resource_of
from ecstui.control.context import Context
from ecstui.control.operations.checks import check_number_of_items, invalid
from ecstui.control.operations.describe import as_shape, missing
from ecstui.control.operations.events import say
from ecstui.control.operations.names import active_cluster, service_named, shown
from ecstui.control.operations.paging import page
from ecstui.control.operations.table import changes, reads
from ecstui.model.deployment import (
    HookDetail,
    HookStatus,
    ServiceDeployment,
    ServiceDeploymentRecord,
    ServiceDeploymentStatus,
    ServiceRevision,
)
from ecstui.model.deployment_configuration import HookAction
from ecstui.model.requests.deployments import (
    ContinueServiceDeploymentRequest,
    ContinueServiceDeploymentResponse,
    CreatedBetween,
    DescribeServiceDeploymentsRequest,
    DescribeServiceDeploymentsResponse,
    DescribeServiceRevisionsRequest,
    DescribeServiceRevisionsResponse,
    ListServiceDeploymentsRequest,
    ListServiceDeploymentsResponse,
    ServiceDeploymentBrief,
    StopServiceDeploymentRequest,
    StopServiceDeploymentResponse,
)
from ecstui.plan.blue_green import shown_stage
from ecstui.plan.counts import service_counts
from ecstui.plan.service_deployment import with_counts
from ecstui.store.kinds import SERVICE_DEPLOYMENTS, SERVICE_REVISIONS, SERVICES, TASKS
from ecstui.store.tables import Transaction, View

MOST_DESCRIBED = 20
USUAL_PAGE = 20
_GOES_FORWARD = frozenset({ServiceDeploymentStatus.PENDING, ServiceDeploymentStatus.IN_PROGRESS})


# -- to read ----------------------------------------------------------------------------------


def list_service_deployments(
    view: View, request: ListServiceDeploymentsRequest, _context: Context
) -> ListServiceDeploymentsResponse:
    """Deployments of a service, newest first, 20 to a page unless asked otherwise."""
    cluster = active_cluster(view, request.cluster).cluster_name
    service = service_named(view, cluster, request.service, "service")
    found = [
        record
        for record in view.by(SERVICE_DEPLOYMENTS, "service", service.service_arn)
        if (not request.status or record.status in request.status)
        and _is_between(record.created_at, request.created_at)
    ]
    chosen = page(
        request,
        found,
        key=lambda r: (int(r.created_at * 1000), r.service_deployment_arn),
        default=USUAL_PAGE,
        descending=True,
    )
    return ListServiceDeploymentsResponse(
        service_deployments=tuple(_brief(record) for record in chosen.items),
        next_token=chosen.next_token,
    )


def _is_between(at: float, span: CreatedBetween | None) -> bool:
    if span is None:
        return True
    is_late_enough = span.after is None or at > span.after
    return is_late_enough and (span.before is None or at < span.before)


def _brief(record: ServiceDeploymentRecord) -> ServiceDeploymentBrief:
    return ServiceDeploymentBrief(
        service_deployment_arn=record.service_deployment_arn,
        service_arn=record.service_arn,
        cluster_arn=record.cluster_arn,
        created_at=record.created_at,
        started_at=record.started_at,
        finished_at=record.finished_at,
        target_service_revision_arn=record.target_service_revision.arn,
        status=record.status,
        status_reason=record.status_reason,
    )


def describe_service_deployments(
    view: View, request: DescribeServiceDeploymentsRequest, _context: Context
) -> DescribeServiceDeploymentsResponse:
    """Service deployments by ARN; unknown ones are failures."""
    arns = request.service_deployment_arns
    _check_arns(arns, "service-deployment", "serviceDeploymentArns")
    found = {arn: view.get(SERVICE_DEPLOYMENTS, arn) for arn in arns}
    return DescribeServiceDeploymentsResponse(
        service_deployments=tuple(
            service_deployment_shape(view, record) for record in found.values() if record
        ),
        failures=tuple(missing(arn) for arn, record in found.items() if record is None),
    )


def service_deployment_shape(view: View, record: ServiceDeploymentRecord) -> ServiceDeployment:
    """A service deployment as ECS shows it; while it goes on, with the counts of the moment."""
    service = view.get(SERVICES, record.service_arn)
    if service is not None and not record.has_ended:
        counts = service_counts(service, view.by(TASKS, "service", record.service_arn))
        record = with_counts(record, service, counts)
    stage = record.lifecycle_stage
    return as_shape(
        ServiceDeployment,
        record,
        lifecycle_stage=None if stage is None else shown_stage(stage),
        lifecycle_hook_details=tuple(
            as_shape(HookDetail, hook) for hook in record.lifecycle_hook_details
        ),
    )


def describe_service_revisions(
    view: View, request: DescribeServiceRevisionsRequest, _context: Context
) -> DescribeServiceRevisionsResponse:
    """Service revisions by ARN; unknown ones are failures."""
    arns = request.service_revision_arns
    _check_arns(arns, "service-revision", "serviceRevisionArns")
    found = {arn: view.get(SERVICE_REVISIONS, arn) for arn in arns}
    return DescribeServiceRevisionsResponse(
        service_revisions=tuple(
            as_shape(ServiceRevision, record) for record in found.values() if record
        ),
        failures=tuple(missing(arn) for arn, record in found.items() if record is None),
    )


# -- to stop and to continue ------------------------------------------------------------------


def stop_service_deployment(
    tx: Transaction, request: StopServiceDeploymentRequest, context: Context
) -> StopServiceDeploymentResponse:
    """Have a deployment that goes on rolled back; one that is stopping already is left alone.

    Raises `ConflictException` when it is over.
    """
    record = _deployment_named(tx, request.service_deployment_arn)
    if request.stop_type == "ABORT":
        raise UnsupportedFeatureException(
            "Stop type ABORT is not available here: what it does is not documented. Leave "
            "stopType out or use ROLLBACK.",
            field="stopType",
        )
    if record.has_ended:
        raise ConflictException(
            f"The service deployment is {record.status} and cannot be stopped.",
            field="serviceDeploymentArn",
            resource_ids=(record.service_deployment_arn,),
        )
    if record.status in _GOES_FORWARD:
        requested = ServiceDeploymentStatus.ROLLBACK_REQUESTED
        reason = "StopServiceDeployment was called"
        tx.put(record.with_(status=requested, stop_reason=reason, updated_at=context.now))
        _say(tx, context, record, "stopped the deployment of")
    return StopServiceDeploymentResponse(service_deployment_arn=record.service_deployment_arn)


def continue_service_deployment(
    tx: Transaction, request: ContinueServiceDeploymentRequest, context: Context
) -> ContinueServiceDeploymentResponse:
    """Answer a pause: go on, unless a rollback is asked for."""
    record = _deployment_named(tx, request.service_deployment_arn)
    hooks = {hook.hook_id: hook for hook in record.lifecycle_hook_details}
    hook = hooks.get(request.hook_id)
    if hook is None:
        words = f"The service deployment has no lifecycle hook {shown(request.hook_id)}."
        raise invalid(words, "hookId")
    is_waiting = hook.status is HookStatus.AWAITING_ACTION and not hook.answer
    if record.status not in _GOES_FORWARD or not is_waiting:
        raise invalid("The lifecycle hook does not wait for an action.", "hookId")
    action = request.action or HookAction.CONTINUE
    hooks[hook.hook_id] = hook.with_(answer=action)
    tx.put(record.with_(lifecycle_hook_details=tuple(hooks.values()), updated_at=context.now))
    word = "continued" if action is HookAction.CONTINUE else "rolled back"
    _say(tx, context, record, f"{word} the deployment of")
    return ContinueServiceDeploymentResponse(service_deployment_arn=record.service_deployment_arn)


def _say(tx: Transaction, context: Context, record: ServiceDeploymentRecord, words: str) -> None:
    service = tx.get(SERVICES, record.service_arn)
    name = record.service_arn if service is None else service.service_name
    say(
        tx,
        context,
        f"{words} service {name}",
        subject_arn=record.service_arn,
        cluster_name=record.cluster_name,
        service_arn=record.service_arn,
    )


def _deployment_named(view: View, arn: str) -> ServiceDeploymentRecord:
    field = "serviceDeploymentArn"
    _check_arn(arn, "service-deployment", field)
    record = view.get(SERVICE_DEPLOYMENTS, arn)
    if record is None:
        raise ServiceDeploymentNotFoundException("Service deployment not found.", field=field)
    return record


def _check_arns(arns: Sequence[str], kind: str, field: str) -> None:
    check_number_of_items(arns, MOST_DESCRIBED, field[0].upper() + field[1:], field)
    for position, arn in enumerate(arns):
        _check_arn(arn, kind, f"{field}[{position}]")


def _check_arn(arn: str, kind: str, field: str) -> None:
    """Refuse what is not an ARN of that kind: cluster, service and id follow (ecs.md 1.1)."""
    parts = resource_of(arn).split("/") if is_arn(arn) else []
    if len(parts) != 4 or parts[0] != kind or not all(parts):
        raise invalid(f"Invalid identifier: {shown(arn)} is not an ARN of a {kind}.", field)


ENTRIES = (
    reads(ListServiceDeploymentsRequest, list_service_deployments),
    reads(DescribeServiceDeploymentsRequest, describe_service_deployments),
    reads(DescribeServiceRevisionsRequest, describe_service_revisions),
    changes(StopServiceDeploymentRequest, stop_service_deployment),
    changes(ContinueServiceDeploymentRequest, continue_service_deployment),
)
"""The history of services."""
