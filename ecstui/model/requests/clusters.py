"""Requests for clusters."""

from typing import ClassVar, Literal

from ecstui.model.cluster import Cluster, ClusterSetting
from ecstui.model.service import CapacityProviderStrategyItem
from ecstui.model.shape import Failure, Request, Shape, Tag


class CreateClusterResponse(Shape):
    """The cluster that was made, or that stood there already."""

    cluster: Cluster


class CreateClusterRequest(Request[CreateClusterResponse]):
    """Make a cluster, named `default` unless said otherwise."""

    response: ClassVar[type[Shape]] = CreateClusterResponse
    cluster_name: str | None = None
    tags: tuple[Tag, ...] = ()
    settings: tuple[ClusterSetting, ...] = ()
    capacity_providers: tuple[str, ...] = ()
    default_capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] = ()


class UpdateClusterResponse(Shape):
    """The cluster after the change."""

    cluster: Cluster


class UpdateClusterRequest(Request[UpdateClusterResponse]):
    """Change a cluster's settings."""

    response: ClassVar[type[Shape]] = UpdateClusterResponse
    cluster: str
    settings: tuple[ClusterSetting, ...] | None = None


class UpdateClusterSettingsResponse(Shape):
    """The cluster after the change."""

    cluster: Cluster


class UpdateClusterSettingsRequest(Request[UpdateClusterSettingsResponse]):
    """Change a cluster's settings; the older way."""

    response: ClassVar[type[Shape]] = UpdateClusterSettingsResponse
    cluster: str
    settings: tuple[ClusterSetting, ...]


class DeleteClusterResponse(Shape):
    """The cluster, now INACTIVE."""

    cluster: Cluster


class DeleteClusterRequest(Request[DeleteClusterResponse]):
    """Delete an empty cluster."""

    response: ClassVar[type[Shape]] = DeleteClusterResponse
    cluster: str


class DescribeClustersResponse(Shape):
    """Clusters, and which of those asked for are unknown."""

    clusters: tuple[Cluster, ...] = ()
    failures: tuple[Failure, ...] = ()


class DescribeClustersRequest(Request[DescribeClustersResponse]):
    """Show up to 100 clusters; without names, `default`."""

    response: ClassVar[type[Shape]] = DescribeClustersResponse
    clusters: tuple[str, ...] = ()
    include: tuple[
        Literal["ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS"], ...
    ] = ()


class ListClustersResponse(Shape):
    """A page of cluster ARNs."""

    cluster_arns: tuple[str, ...] = ()
    next_token: str | None = None


class ListClustersRequest(Request[ListClustersResponse]):
    """List ACTIVE clusters."""

    response: ClassVar[type[Shape]] = ListClustersResponse
    next_token: str | None = None
    max_results: int | None = None


REQUESTS = (
    CreateClusterRequest,
    UpdateClusterRequest,
    UpdateClusterSettingsRequest,
    DeleteClusterRequest,
    DescribeClustersRequest,
    ListClustersRequest,
)
