"""Requests for the history of services: service deployments and service revisions."""

from typing import ClassVar, Literal

from ecstui.model.deployment import ServiceDeployment, ServiceDeploymentStatus, ServiceRevision
from ecstui.model.deployment_configuration import HookAction
from ecstui.model.shape import Failure, Request, Shape, Timestamp


class CreatedBetween(Shape):
    """A span of time, both ends open."""

    before: Timestamp | None = None
    after: Timestamp | None = None


class ServiceDeploymentBrief(Shape):
    """One line of a service's history."""

    service_deployment_arn: str
    service_arn: str
    cluster_arn: str
    created_at: Timestamp
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None
    target_service_revision_arn: str
    status: ServiceDeploymentStatus
    status_reason: str | None = None


class ListServiceDeploymentsResponse(Shape):
    """A page of service deployments, newest first."""

    service_deployments: tuple[ServiceDeploymentBrief, ...] = ()
    next_token: str | None = None


class ListServiceDeploymentsRequest(Request[ListServiceDeploymentsResponse]):
    """List the deployments of a service."""

    response: ClassVar[type[Shape]] = ListServiceDeploymentsResponse
    service: str
    cluster: str | None = None
    status: tuple[ServiceDeploymentStatus, ...] = ()
    created_at: CreatedBetween | None = None
    next_token: str | None = None
    max_results: int | None = None


class DescribeServiceDeploymentsResponse(Shape):
    """Service deployments, and which of those asked for are unknown."""

    service_deployments: tuple[ServiceDeployment, ...] = ()
    failures: tuple[Failure, ...] = ()


class DescribeServiceDeploymentsRequest(Request[DescribeServiceDeploymentsResponse]):
    """Show up to 20 service deployments."""

    response: ClassVar[type[Shape]] = DescribeServiceDeploymentsResponse
    service_deployment_arns: tuple[str, ...]


class DescribeServiceRevisionsResponse(Shape):
    """Service revisions, and which of those asked for are unknown."""

    service_revisions: tuple[ServiceRevision, ...] = ()
    failures: tuple[Failure, ...] = ()


class DescribeServiceRevisionsRequest(Request[DescribeServiceRevisionsResponse]):
    """Show up to 20 service revisions."""

    response: ClassVar[type[Shape]] = DescribeServiceRevisionsResponse
    service_revision_arns: tuple[str, ...]


class StopServiceDeploymentResponse(Shape):
    """The service deployment that is being stopped."""

    service_deployment_arn: str


class StopServiceDeploymentRequest(Request[StopServiceDeploymentResponse]):
    """Stop a service deployment and roll it back."""

    response: ClassVar[type[Shape]] = StopServiceDeploymentResponse
    service_deployment_arn: str
    stop_type: Literal["ABORT", "ROLLBACK"] | None = None


class ContinueServiceDeploymentResponse(Shape):
    """The service deployment that goes on, or back."""

    service_deployment_arn: str


class ContinueServiceDeploymentRequest(Request[ContinueServiceDeploymentResponse]):
    """Answer a pause of a service deployment."""

    response: ClassVar[type[Shape]] = ContinueServiceDeploymentResponse
    service_deployment_arn: str
    hook_id: str
    action: HookAction | None = None


REQUESTS = (
    ListServiceDeploymentsRequest,
    DescribeServiceDeploymentsRequest,
    DescribeServiceRevisionsRequest,
    StopServiceDeploymentRequest,
    ContinueServiceDeploymentRequest,
)
