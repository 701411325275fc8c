"""Service deployments and revisions as records, for tests of the history."""

from typing import Any

from ecstui.model.deployment import (
    RevisionSummary,
    ServiceDeploymentRecord,
    ServiceRevisionRecord,
)
from tests.factories import CLUSTER, NAMES, an_id


def a_service_deployment(
    seed: object = "deployment", *, service: str = "api", cluster: str = CLUSTER, **changes: Any
) -> ServiceDeploymentRecord:
    """A service deployment of `api`, not begun yet."""
    values: dict[str, Any] = {
        "service_deployment_arn": NAMES.service_deployment(cluster, service, an_id(seed)),
        "service_arn": NAMES.service(cluster, service),
        "cluster_arn": NAMES.cluster(cluster),
        "created_at": 0.0,
        "updated_at": 0.0,
        "target_service_revision": RevisionSummary(arn=revision_arn(seed, service, cluster)),
        "cluster_name": cluster,
        "deployment_id": "ecs-svc/1",
    }
    return ServiceDeploymentRecord(**values | changes)


def a_service_revision(
    seed: object = "deployment", *, service: str = "api", cluster: str = CLUSTER, **changes: Any
) -> ServiceRevisionRecord:
    """A revision of `api`."""
    values: dict[str, Any] = {
        "service_revision_arn": revision_arn(seed, service, cluster),
        "service_arn": NAMES.service(cluster, service),
        "cluster_arn": NAMES.cluster(cluster),
        "task_definition": NAMES.task_definition(service, 1),
        "created_at": 0.0,
        "cluster_name": cluster,
    }
    return ServiceRevisionRecord(**values | changes)


def revision_arn(seed: object, service: str = "api", cluster: str = CLUSTER) -> str:
    """ARN of the revision of that seed."""
    return NAMES.service_revision(cluster, service, an_id(seed))
