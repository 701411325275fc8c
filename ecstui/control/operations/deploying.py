"""How a service deployment begins: its records, and the end of the one before it.

CreateService and UpdateService call this; the scheduler does the rest. Source: ecs.md 6.13.
"""

from ecstui.control.context import Context
from ecstui.model.deployment import (
    ContainerImage,
    RevisionSummary,
    ServiceDeploymentRecord,
    ServiceDeploymentStatus,
    ServiceRevisionRecord,
)
from ecstui.model.service import DeploymentRecord, ServiceRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.plan.deployments import with_deployment
from ecstui.plan.service_deployment import initial_monitors
from ecstui.store.kinds import SERVICE_DEPLOYMENTS, SERVICE_REVISIONS
from ecstui.store.tables import Transaction


def begin_deployment(
    tx: Transaction, context: Context, service: ServiceRecord, definition: TaskDefinitionRecord
) -> ServiceRecord:
    """The service with the history of its PRIMARY deployment begun; puts all but the service."""
    _supersede(tx, service)
    revision = _revision_of(context, service, service.primary, definition)
    sources = tuple(
        RevisionSummary(arn=deployment.service_revision_arn)
        for deployment in service.deployments
        if deployment.service_revision_arn is not None
    )
    breaker, alarms = initial_monitors(service)
    record = ServiceDeploymentRecord(
        service_deployment_arn=context.names.service_deployment(
            service.cluster_name, service.service_name, context.ids()
        ),
        service_arn=service.service_arn,
        cluster_arn=service.cluster_arn,
        cluster_name=service.cluster_name,
        deployment_id=service.primary.id,
        created_at=context.now,
        updated_at=context.now,
        source_service_revisions=sources,
        target_service_revision=RevisionSummary(arn=revision.service_revision_arn),
        deployment_configuration=service.deployment_configuration,
        deployment_circuit_breaker=breaker,
        alarms=alarms,
    )
    tx.put(revision)
    tx.put(record)
    primary = service.primary.with_(service_revision_arn=revision.service_revision_arn)
    return with_deployment(service, primary).with_(
        current_service_deployment=record.service_deployment_arn, rolled_back=None
    )


def _supersede(tx: Transaction, service: ServiceRecord) -> None:
    """A deployment that still goes on is to stop: the newer one takes its place (ecs.md 6.8)."""
    for record in tx.by(SERVICE_DEPLOYMENTS, "ongoing", service.service_arn):
        if record.status is not ServiceDeploymentStatus.STOP_REQUESTED:
            tx.put(record.with_(status=ServiceDeploymentStatus.STOP_REQUESTED))


def _revision_of(
    context: Context,
    service: ServiceRecord,
    deployment: DeploymentRecord,
    definition: TaskDefinitionRecord,
) -> ServiceRevisionRecord:
    return ServiceRevisionRecord(
        service_revision_arn=context.names.service_revision(
            service.cluster_name, service.service_name, context.ids()
        ),
        service_arn=service.service_arn,
        cluster_arn=service.cluster_arn,
        cluster_name=service.cluster_name,
        task_definition=deployment.task_definition,
        capacity_provider_strategy=deployment.capacity_provider_strategy,
        launch_type=deployment.launch_type,
        platform_version=deployment.platform_version,
        platform_family=deployment.platform_family,
        network_configuration=deployment.network_configuration,
        container_images=tuple(
            ContainerImage(container_name=container.name, image=container.image)
            for container in definition.container_definitions
        ),
        created_at=context.now,
    )


def forget_history(tx: Transaction, service_arn: str) -> None:
    """Delete the history of a service (ecs.md 6.13: it goes with the service)."""
    for deployment in tx.by(SERVICE_DEPLOYMENTS, "service", service_arn):
        tx.delete(SERVICE_DEPLOYMENTS, deployment.service_deployment_arn)
    for revision in tx.by(SERVICE_REVISIONS, "service", service_arn):
        tx.delete(SERVICE_REVISIONS, revision.service_revision_arn)
