"""Main path and errors of the operations that the stories leave out, through boto3."""

from typing import Any

import pytest

from tests.aws.served import wait


def test_clusters_come_change_and_go(ecs: Any):
    made = ecs.create_cluster(clusterName="blue", tags=[{"key": "a", "value": "b"}])["cluster"]
    assert made["status"] == "ACTIVE"
    (setting,) = [{"name": "containerInsights", "value": "enabled"}]
    for change in (ecs.update_cluster, ecs.update_cluster_settings):
        assert change(cluster="blue", settings=[setting])["cluster"]["settings"] == [setting]
    told = ecs.describe_clusters(clusters=["blue", "nope"], include=["TAGS", "STATISTICS"])
    assert told["clusters"][0]["tags"] == [{"key": "a", "value": "b"}]
    assert told["failures"][0]["reason"] == "MISSING"
    assert ecs.delete_cluster(cluster="blue")["cluster"]["status"] == "INACTIVE"
    with pytest.raises(ecs.exceptions.ClusterNotFoundException):
        ecs.list_tasks(cluster="blue")
    with pytest.raises(ecs.exceptions.InvalidParameterException):
        ecs.create_cluster(clusterName="no spaces")
    with pytest.raises(ecs.exceptions.ClusterContainsContainerInstancesException):
        ecs.delete_cluster(cluster="default")


def test_task_definitions_are_deregistered_and_deleted(ecs: Any, web: str):
    told = ecs.describe_task_definition(taskDefinition="web", include=["TAGS"])
    assert told["taskDefinition"]["taskDefinitionArn"] == web
    ended = ecs.deregister_task_definition(taskDefinition="web:1")["taskDefinition"]
    assert ended["status"] == "INACTIVE"
    assert ecs.list_task_definitions(status="INACTIVE")["taskDefinitionArns"] == [web]
    told = ecs.delete_task_definitions(taskDefinitions=["web:1", "web:9"])
    assert told["taskDefinitions"][0]["status"] == "DELETE_IN_PROGRESS"
    assert len(told["failures"]) == 1
    with pytest.raises(ecs.exceptions.ClientException):
        ecs.describe_task_definition(taskDefinition="nope")
    with pytest.raises(ecs.exceptions.ClientException):
        ecs.register_task_definition(family="web", containerDefinitions=[])


def test_container_instances_drain_and_leave(ecs: Any, web: str):
    arns = ecs.list_container_instances()["containerInstanceArns"]
    told = ecs.describe_container_instances(containerInstances=[*arns, "0" * 32])
    assert len(told["containerInstances"]) == 3
    assert [failure["reason"] for failure in told["failures"]] == ["MISSING"]
    (task,) = ecs.start_task(taskDefinition=web, containerInstances=[arns[0]])["tasks"]
    assert task["containerInstanceArn"] == arns[0]
    wait(ecs, "tasks_running", tasks=[task["taskArn"]])
    state = ecs.update_container_instances_state(containerInstances=[arns[1]], status="DRAINING")
    assert state["containerInstances"][0]["status"] == "DRAINING"
    drained = ecs.list_container_instances(status="DRAINING")["containerInstanceArns"]
    assert drained == [arns[1]]
    found = ecs.list_container_instances(filter="runningTasksCount == 1")["containerInstanceArns"]
    assert found == [arns[0]]
    with pytest.raises(ecs.exceptions.InvalidParameterException):
        ecs.list_container_instances(filter="nonsense ===")
    resources = [
        {"name": "CPU", "type": "INTEGER", "integerValue": 512},
        {"name": "MEMORY", "type": "INTEGER", "integerValue": 1024},
    ]
    own = ecs.register_container_instance(totalResources=resources)["containerInstance"]
    gone = ecs.deregister_container_instance(containerInstance=own["containerInstanceArn"])
    assert gone["containerInstance"]["status"] == "INACTIVE"


def test_attributes_are_put_found_and_taken_away(ecs: Any):
    (arn, *_) = ecs.list_container_instances()["containerInstanceArns"]
    stack = {"name": "stack", "value": "prod", "targetId": arn}
    assert ecs.put_attributes(attributes=[stack])["attributes"]
    found = ecs.list_attributes(targetType="container-instance", attributeName="stack")
    assert [one["targetId"] for one in found["attributes"]] == [arn]
    chosen = ecs.list_container_instances(filter="attribute:stack == prod")
    assert chosen["containerInstanceArns"] == [arn]
    assert ecs.delete_attributes(attributes=[{"name": "stack", "targetId": arn}])["attributes"]
    gone = {"targetId": "0" * 32, "targetType": "container-instance"}
    with pytest.raises(ecs.exceptions.TargetNotFoundException):
        ecs.put_attributes(attributes=[stack | gone])


def test_tags_are_put_on_anything_and_taken_away(ecs: Any, web: str):
    (task,) = ecs.run_task(taskDefinition=web)["tasks"]
    service = ecs.create_service(serviceName="s", taskDefinition=web, desiredCount=0)["service"]
    (instance, *_) = ecs.list_container_instances()["containerInstanceArns"]
    cluster = task["clusterArn"]
    for arn in (task["taskArn"], service["serviceArn"], instance, web, cluster):
        ecs.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "1"}])
        tags = ecs.list_tags_for_resource(resourceArn=arn)["tags"]
        assert {"key": "a", "value": "1"} in tags
        ecs.untag_resource(resourceArn=arn, tagKeys=["a"])
        assert {"key": "a", "value": "1"} not in ecs.list_tags_for_resource(resourceArn=arn)["tags"]
    with pytest.raises(ecs.exceptions.InvalidParameterException):
        ecs.tag_resource(resourceArn=cluster, tags=[{"key": "aws:x", "value": "1"}])


def test_account_settings_hold_for_whoever_has_the_key(ecs: Any):
    put = ecs.put_account_setting(name="containerInsights", value="enabled")["setting"]
    assert " " not in put["principalArn"], "a user, whatever program they use"
    told = ecs.list_account_settings(name="containerInsights", effectiveSettings=True)["settings"]
    assert [setting["value"] for setting in told] == ["enabled"]
    ecs.delete_account_setting(name="containerInsights")
    ecs.put_account_setting_default(name="containerInsights", value="disabled")
    with pytest.raises(ecs.exceptions.InvalidParameterException):
        ecs.put_account_setting(name="nope", value="enabled")


def test_tasks_that_cannot_be_placed_are_failures_not_errors(ecs: Any):
    big = {"name": "app", "image": "web", "memory": 7_000}
    ecs.register_task_definition(family="big", containerDefinitions=[big])
    told = ecs.run_task(taskDefinition="big", count=5)
    assert len(told["tasks"]) == 3
    assert {failure["reason"] for failure in told["failures"]} <= {"RESOURCE:MEMORY"}
    with pytest.raises(ecs.exceptions.InvalidParameterException):
        ecs.run_task(taskDefinition="big", count=11)
    with pytest.raises(ecs.exceptions.ClientException):
        ecs.run_task(taskDefinition="nope")


def test_protected_tasks_are_told(ecs: Any, web: str):
    ecs.create_service(serviceName="shop", taskDefinition=web, desiredCount=1)
    wait(ecs, "services_stable", services=["shop"])
    arns = ecs.list_tasks(serviceName="shop")["taskArns"]
    told = ecs.update_task_protection(cluster="default", tasks=arns, protectionEnabled=True)
    assert told["protectedTasks"][0]["protectionEnabled"] is True
    told = ecs.get_task_protection(cluster="default", tasks=arns)["protectedTasks"]
    assert told[0]["expirationDate"], "botocore reads it as a time"


def test_deployments_have_a_history(ecs: Any, web: str):
    ecs.create_service(serviceName="shop", taskDefinition=web, desiredCount=1)
    wait(ecs, "services_stable", services=["shop"])
    (brief,) = ecs.list_service_deployments(service="shop")["serviceDeployments"]
    told = ecs.describe_service_deployments(serviceDeploymentArns=[brief["serviceDeploymentArn"]])[
        "serviceDeployments"
    ]
    assert told[0]["status"] == "SUCCESSFUL"
    revision = told[0]["targetServiceRevision"]["arn"]
    revisions = ecs.describe_service_revisions(serviceRevisionArns=[revision])
    assert revisions["serviceRevisions"][0]["taskDefinition"] == web
    with pytest.raises(ecs.exceptions.ServiceDeploymentNotFoundException):
        ecs.stop_service_deployment(
            serviceDeploymentArn=brief["serviceDeploymentArn"][:-5] + "00000"
        )


def test_capacity_providers_are_described_and_put_on_clusters(ecs: Any):
    told = ecs.describe_capacity_providers()["capacityProviders"]
    assert {"FARGATE", "FARGATE_SPOT"} <= {provider["name"] for provider in told}
    ecs.create_cluster(clusterName="blue")
    item = {"capacityProvider": "FARGATE", "weight": 1}
    cluster = ecs.put_cluster_capacity_providers(
        cluster="blue", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[item]
    )["cluster"]
    assert cluster["capacityProviders"] == ["FARGATE"]
    with pytest.raises(ecs.exceptions.ClientException):
        ecs.create_capacity_provider(
            name="pool",
            autoScalingGroupProvider={"autoScalingGroupArn": "nope"},
        )
    with pytest.raises(ecs.exceptions.InvalidParameterException, match="reserved"):
        ecs.delete_capacity_provider(capacityProvider="FARGATE")


def test_members_that_would_change_what_happens_are_refused_by_name(ecs: Any, web: str):
    for members in (
        {"serviceRegistries": [{"registryArn": "arn:aws:servicediscovery:::x"}]},
        {"serviceConnectConfiguration": {"enabled": True}},
        {"volumeConfigurations": [{"name": "v"}]},
        {"vpcLatticeConfigurations": [{"roleArn": "r", "targetGroupArn": "t", "portName": "p"}]},
    ):
        with pytest.raises(ecs.exceptions.UnsupportedFeatureException, match=next(iter(members))):
            ecs.create_service(serviceName="s", taskDefinition=web, desiredCount=1, **members)
    with pytest.raises(ecs.exceptions.UnsupportedFeatureException, match="daemonName"):
        ecs.list_tasks(daemonName="d")
    ecs.create_service(serviceName="s", taskDefinition=web, desiredCount=0)
    ecs.update_service(service="s", deploymentController={"type": "ECS"})
    with pytest.raises(ecs.exceptions.UnsupportedFeatureException, match="deploymentController"):
        ecs.update_service(service="s", deploymentController={"type": "EXTERNAL"})
