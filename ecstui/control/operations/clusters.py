"""Operations on clusters. Source: ecs.md 1.3.

A deleted cluster stays as INACTIVE, so that its name still means something in old records.
"""

from collections.abc import Sequence

from ecstui.base.errors import (
    ClusterContainsContainerInstancesException,
    ClusterContainsServicesException,
    ClusterContainsTasksException,
    InvalidParameterException,
)
from ecstui.control.context import Context
from ecstui.control.operations.account import CONTAINER_INSIGHTS, effective_value
from ecstui.control.operations.capacity_providers import checked_providers
from ecstui.control.operations.checks import check_number_of_items, check_tags
from ecstui.control.operations.describe import cluster_shape, counts_of_cluster, missing
from ecstui.control.operations.events import say
from ecstui.control.operations.launch_choice import checked_strategy
from ecstui.control.operations.names import (
    DEFAULT_CLUSTER,
    active_cluster,
    check_name,
    cluster_name_of,
    principal_of,
)
from ecstui.control.operations.paging import page
from ecstui.control.operations.table import changes, reads
from ecstui.control.operations.unsupported import CLUSTER_MEMBERS, refuse_members
from ecstui.model.cluster import ClusterRecord, ClusterSetting
from ecstui.model.enums import ClusterStatus
from ecstui.model.requests.clusters import (
    CreateClusterRequest,
    CreateClusterResponse,
    DeleteClusterRequest,
    DeleteClusterResponse,
    DescribeClustersRequest,
    DescribeClustersResponse,
    ListClustersRequest,
    ListClustersResponse,
    UpdateClusterRequest,
    UpdateClusterResponse,
    UpdateClusterSettingsRequest,
    UpdateClusterSettingsResponse,
)
from ecstui.store.kinds import CLUSTERS
from ecstui.store.tables import Transaction, View

MOST_DESCRIBED = 100
_SHOW = ("SETTINGS", "TAGS")
"""What the answers of CreateCluster and UpdateCluster show besides counts."""
_INSIGHTS = CONTAINER_INSIGHTS
_INSIGHTS_VALUES = ("enabled", "disabled", "enhanced")


def create_cluster(
    tx: Transaction, request: CreateClusterRequest, context: Context
) -> CreateClusterResponse:
    """Make a cluster, or return the ACTIVE one of that name unchanged (API CreateCluster)."""
    name = DEFAULT_CLUSTER if request.cluster_name is None else request.cluster_name
    check_name(name, "Cluster", "clusterName")
    check_tags(request.tags)
    refuse_members(request, CLUSTER_MEMBERS)
    providers = checked_providers(tx, request.capacity_providers)
    given = request.default_capacity_provider_strategy
    strategy = checked_strategy(tx, given, providers, "defaultCapacityProviderStrategy")
    insights = effective_value(tx, _INSIGHTS, principal_of(context), context)
    settings = _merged((ClusterSetting(name=_INSIGHTS, value=insights),), request.settings)
    existing = tx.get(CLUSTERS, name)
    if existing is not None and existing.status is ClusterStatus.ACTIVE:
        return CreateClusterResponse(cluster=cluster_shape(tx, existing, _SHOW))
    record = ClusterRecord(
        cluster_arn=context.names.cluster(name),
        cluster_name=name,
        tags=request.tags,
        settings=settings,
        capacity_providers=providers,
        default_capacity_provider_strategy=strategy,
        created_at=context.now,
    )
    tx.put(record)
    say(
        tx,
        context,
        f"created cluster {name}",
        subject_arn=record.cluster_arn,
        cluster_name=name,
    )
    return CreateClusterResponse(cluster=cluster_shape(tx, record, _SHOW))


def _merged(
    before: Sequence[ClusterSetting], given: Sequence[ClusterSetting]
) -> tuple[ClusterSetting, ...]:
    """Settings with the given ones put over them; refuses unknown names and values."""
    for position, setting in enumerate(given):
        path = f"settings[{position}]"
        if setting.name != _INSIGHTS:
            raise InvalidParameterException(
                f"Cluster setting name should be one of [{_INSIGHTS}]", field=f"{path}.name"
            )
        if setting.value not in _INSIGHTS_VALUES:
            allowed = ", ".join(_INSIGHTS_VALUES)
            raise InvalidParameterException(
                f"{_INSIGHTS} should be one of [{allowed}]", field=f"{path}.value"
            )
    by_name = {setting.name: setting for setting in (*before, *given)}
    return tuple(by_name.values())


def update_cluster(
    tx: Transaction, request: UpdateClusterRequest, context: Context
) -> UpdateClusterResponse:
    """Change settings of a cluster; settings that are not named stay as they are."""
    record = active_cluster(tx, request.cluster)
    refuse_members(request, CLUSTER_MEMBERS)
    settings = _merged(record.settings, request.settings or ())
    if settings != record.settings:
        record = record.with_(settings=settings)
        tx.put(record)
        say(
            tx,
            context,
            f"changed the settings of cluster {record.cluster_name}",
            subject_arn=record.cluster_arn,
            cluster_name=record.cluster_name,
        )
    return UpdateClusterResponse(cluster=cluster_shape(tx, record, _SHOW))


def update_cluster_settings(
    tx: Transaction, request: UpdateClusterSettingsRequest, context: Context
) -> UpdateClusterSettingsResponse:
    """Change settings of a cluster, as UpdateCluster does (API UpdateClusterSettings)."""
    given = UpdateClusterRequest(cluster=request.cluster, settings=request.settings)
    return UpdateClusterSettingsResponse(cluster=update_cluster(tx, given, context).cluster)


def delete_cluster(
    tx: Transaction, request: DeleteClusterRequest, context: Context
) -> DeleteClusterResponse:
    """Make an empty cluster INACTIVE; what is still in it is an error (API DeleteCluster)."""
    record = active_cluster(tx, request.cluster)
    name = record.cluster_name
    counts = counts_of_cluster(tx, name)
    if counts.container_instances:
        raise ClusterContainsContainerInstancesException(
            "The Cluster cannot be deleted while Container Instances are active or draining.",
            field="cluster",
        )
    if counts.active_services:
        raise ClusterContainsServicesException(
            "The Cluster cannot be deleted while Services are active.", field="cluster"
        )
    if counts.tasks.total:
        raise ClusterContainsTasksException(
            "The Cluster cannot be deleted while Tasks are active.", field="cluster"
        )
    record = record.with_(status=ClusterStatus.INACTIVE, inactive_at=context.now)
    tx.put(record)
    say(
        tx,
        context,
        f"deleted cluster {name}",
        subject_arn=record.cluster_arn,
        cluster_name=name,
    )
    return DeleteClusterResponse(cluster=cluster_shape(tx, record, _SHOW))


def describe_clusters(
    view: View, request: DescribeClustersRequest, context: Context
) -> DescribeClustersResponse:
    """Clusters by name or ARN, `default` when none is named; unknown ones are failures."""
    asked = request.clusters or (DEFAULT_CLUSTER,)
    check_number_of_items(asked, MOST_DESCRIBED, "Clusters", "clusters")
    found, failures = {}, {}
    for position, text in enumerate(asked):
        name = cluster_name_of(text, f"clusters[{position}]")
        record = view.get(CLUSTERS, name)
        if record is None:
            failures[name] = missing(context.names.cluster(name))
        else:
            found[name] = cluster_shape(view, record, request.include)
    return DescribeClustersResponse(
        clusters=tuple(found.values()), failures=tuple(failures.values())
    )


def list_clusters(
    view: View, request: ListClustersRequest, context: Context
) -> ListClustersResponse:
    """ARNs of ACTIVE clusters, by name."""
    active = [c for c in view.all(CLUSTERS) if c.status is ClusterStatus.ACTIVE]
    chosen = page(request, active, key=lambda c: (c.cluster_name,))
    return ListClustersResponse(
        cluster_arns=tuple(c.cluster_arn for c in chosen.items), next_token=chosen.next_token
    )


ENTRIES = (
    changes(CreateClusterRequest, create_cluster),
    changes(UpdateClusterRequest, update_cluster),
    changes(UpdateClusterSettingsRequest, update_cluster_settings),
    changes(DeleteClusterRequest, delete_cluster),
    reads(DescribeClustersRequest, describe_clusters),
    reads(ListClustersRequest, list_clusters),
)
