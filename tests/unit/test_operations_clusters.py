"""Clusters: made once, described with their counts, deleted only when empty."""

import pytest

from ecstui.model.cluster import ClusterSetting
from ecstui.model.enums import (
    ClusterStatus,
    DesiredStatus,
    InstanceStatus,
    ServiceStatus,
    TaskStatus,
)
from ecstui.model.requests.clusters import (
    CreateClusterRequest,
    DeleteClusterRequest,
    DescribeClustersRequest,
    ListClustersRequest,
    UpdateClusterRequest,
)
from ecstui.model.service import CapacityProviderStrategyItem
from ecstui.model.shape import Tag
from ecstui.store.kinds import CLUSTERS
from tests.factories import NAMES, a_cluster, a_definition, a_service, a_task, an_instance
from tests.support.desk import Desk

INSIGHTS = ClusterSetting(name="containerInsights", value="enabled")


def test_a_cluster_is_made_with_tags_and_settings():
    desk = Desk()
    request = CreateClusterRequest(
        cluster_name="blue", tags=(Tag(key="team", value="x"),), settings=(INSIGHTS,)
    )
    cluster = desk.call(request).cluster
    assert cluster.cluster_arn == NAMES.cluster("blue")
    assert cluster.status is ClusterStatus.ACTIVE
    assert cluster.tags == (Tag(key="team", value="x"),)
    assert cluster.settings == (INSIGHTS,)
    assert desk.said() == ["alice created cluster blue"]


def test_without_a_name_it_is_default_and_stands_there_unchanged():
    desk = Desk()
    before = desk.store.get(CLUSTERS, "default")
    cluster = desk.call(CreateClusterRequest(tags=(Tag(key="a"),))).cluster
    assert cluster.cluster_name == "default"
    assert cluster.registered_container_instances_count == 1
    assert desk.store.get(CLUSTERS, "default") is before
    assert desk.said() == []


def test_the_name_of_a_deleted_cluster_can_be_used_again():
    desk = Desk()
    desk.put(a_cluster("blue", status=ClusterStatus.INACTIVE))
    assert desk.call(CreateClusterRequest(cluster_name="blue")).cluster.status == "ACTIVE"


@pytest.mark.parametrize(
    ("members", "code", "field"),
    [
        ({"cluster_name": ""}, "InvalidParameterException", "clusterName"),
        ({"cluster_name": "a b"}, "InvalidParameterException", "clusterName"),
        ({"cluster_name": "x" * 256}, "InvalidParameterException", "clusterName"),
        (
            {"capacity_providers": ("nobody",)},
            "InvalidParameterException",
            "capacityProviders[0]",
        ),
        (
            {
                "default_capacity_provider_strategy": (
                    CapacityProviderStrategyItem(capacity_provider="FARGATE"),
                )
            },
            "InvalidParameterException",
            "defaultCapacityProviderStrategy[0].capacityProvider",
        ),
        (
            {"serviceConnectDefaults": {"namespace": "x"}},
            "UnsupportedFeatureException",
            "serviceConnectDefaults",
        ),
        (
            {"settings": (ClusterSetting(name="x", value="enabled"),)},
            "InvalidParameterException",
            "settings[0].name",
        ),
        (
            {"settings": (INSIGHTS, ClusterSetting(name="containerInsights", value="on"))},
            "InvalidParameterException",
            "settings[1].value",
        ),
        ({"tags": (Tag(key=""),)}, "InvalidParameterException", "tags[0].key"),
    ],
)
def test_what_cannot_be_made_is_refused_at_its_member(members, code, field):
    error = Desk().refuse(CreateClusterRequest(**members))
    assert (error.code, error.field) == (code, field)


def test_settings_are_changed_one_by_one():
    desk = Desk()
    cluster = desk.call(UpdateClusterRequest(cluster="default", settings=(INSIGHTS,))).cluster
    assert cluster.settings == (INSIGHTS,)
    assert desk.said() == ["alice changed the settings of cluster default"]
    desk.call(UpdateClusterRequest(cluster=NAMES.cluster("default"), settings=(INSIGHTS,)))
    desk.call(UpdateClusterRequest(cluster="default"))
    assert len(desk.said()) == 1


@pytest.mark.parametrize(
    "request_", [UpdateClusterRequest(cluster="x"), DeleteClusterRequest(cluster="x")]
)
def test_an_unknown_cluster_is_neither_changed_nor_deleted(request_):
    error = Desk().refuse(request_)
    assert (error.code, error.message) == ("ClusterNotFoundException", "Cluster not found.")


@pytest.mark.parametrize(
    ("record", "code", "words"),
    [
        (
            an_instance(cluster_name="blue", status=InstanceStatus.DRAINING),
            "ClusterContainsContainerInstancesException",
            "The Cluster cannot be deleted while Container Instances are active or draining.",
        ),
        (
            a_service(cluster_name="blue"),
            "ClusterContainsServicesException",
            "The Cluster cannot be deleted while Services are active.",
        ),
        (
            a_task(cluster_name="blue", desired_status=DesiredStatus.STOPPED),
            "ClusterContainsTasksException",
            "The Cluster cannot be deleted while Tasks are active.",
        ),
    ],
)
def test_a_cluster_with_something_in_it_is_not_deleted(record, code, words):
    desk = Desk()
    desk.put(a_cluster("blue"), record)
    error = desk.refuse(DeleteClusterRequest(cluster="blue"))
    assert (error.code, error.message) == (code, words)


def test_an_emptied_cluster_is_deleted_and_stays_describable():
    desk = Desk()
    desk.put(
        a_cluster("blue"),
        an_instance(cluster_name="blue", status=InstanceStatus.INACTIVE),
        a_service(cluster_name="blue", status=ServiceStatus.INACTIVE),
        a_task(cluster_name="blue", last_status=TaskStatus.STOPPED),
    )
    cluster = desk.call(DeleteClusterRequest(cluster="blue")).cluster
    assert cluster.status is ClusterStatus.INACTIVE
    assert desk.said() == ["alice deleted cluster blue"]
    answer = desk.call(DescribeClustersRequest(clusters=("blue",)))
    assert [c.status for c in answer.clusters] == [ClusterStatus.INACTIVE]
    assert desk.call(ListClustersRequest()).cluster_arns == (NAMES.cluster("default"),)
    error = desk.refuse(DeleteClusterRequest(cluster="blue"))
    assert error.message == "The referenced cluster was inactive."


def test_describing_counts_what_is_there():
    desk = Desk()
    definition = a_definition()
    desk.put(
        an_instance("local-2", status=InstanceStatus.DRAINING),
        an_instance("local-3", status=InstanceStatus.INACTIVE),
        a_service("web"),
        a_service("old", status=ServiceStatus.DRAINING),
        a_task(definition, seed=1, last_status=TaskStatus.RUNNING),
        a_task(definition, seed=2, last_status=TaskStatus.RUNNING),
        a_task(definition, seed=3, last_status=TaskStatus.PENDING),
        a_task(
            definition,
            seed=4,
            last_status=TaskStatus.RUNNING,
            desired_status=DesiredStatus.STOPPED,
        ),
        a_task(definition, seed=5, last_status=TaskStatus.STOPPED),
    )
    (cluster,) = desk.call(DescribeClustersRequest(include=("STATISTICS",))).clusters
    assert cluster.registered_container_instances_count == 2
    assert cluster.running_tasks_count == 2
    assert cluster.pending_tasks_count == 1
    assert cluster.active_services_count == 1
    assert {s.name: s.value for s in cluster.statistics} == {
        "runningEC2TasksCount": "2",
        "runningFargateTasksCount": "0",
        "pendingEC2TasksCount": "1",
        "pendingFargateTasksCount": "0",
        "activeEC2ServiceCount": "1",
        "activeFargateServiceCount": "0",
        "drainingEC2ServiceCount": "1",
        "drainingFargateServiceCount": "0",
    }


def test_settings_tags_and_statistics_come_only_when_asked_for():
    desk = Desk()
    desk.put(a_cluster("blue", tags=(Tag(key="a"),), settings=(INSIGHTS,)))
    (plain,) = desk.call(DescribeClustersRequest(clusters=("blue",))).clusters
    assert (plain.tags, plain.settings, plain.statistics) == ((), (), ())
    request = DescribeClustersRequest(clusters=("blue",), include=("TAGS", "SETTINGS"))
    (whole,) = desk.call(request).clusters
    assert (whole.tags, whole.settings) == ((Tag(key="a"),), (INSIGHTS,))


def test_unknown_clusters_are_failures_and_each_is_told_once():
    request = DescribeClustersRequest(
        clusters=("x", "default", NAMES.cluster("x"), NAMES.cluster("default"))
    )
    answer = Desk().call(request)
    assert [c.cluster_name for c in answer.clusters] == ["default"]
    assert [(f.arn, f.reason) for f in answer.failures] == [(NAMES.cluster("x"), "MISSING")]


def test_at_most_a_hundred_clusters_are_described_at_once():
    error = Desk().refuse(DescribeClustersRequest(clusters=("x",) * 101))
    assert (error.code, error.field) == ("InvalidParameterException", "clusters")
