"""What people do with boto3, from a task definition to the end of a service."""

import os
import pwd
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from tests.aws.served import Served, wait


def refused(error: Any) -> tuple[str, str]:
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def test_tasks_run_and_stop_and_the_waiters_see_it(ecs: Any, web: str):
    tasks = ecs.run_task(
        taskDefinition=web, count=3, startedBy="me", tags=[{"key": "a", "value": "b"}]
    )
    assert tasks["failures"] == []
    arns = [task["taskArn"] for task in tasks["tasks"]]
    wait(ecs, "tasks_running", tasks=arns)
    running = ecs.describe_tasks(tasks=arns, include=["TAGS"])["tasks"]
    assert {task["lastStatus"] for task in running} == {"RUNNING"}
    assert {task["startedBy"] for task in running} == {"me"}
    assert running[0]["tags"] == [{"key": "a", "value": "b"}]
    assert running[0]["startedAt"] > running[0]["createdAt"]
    assert set(ecs.list_tasks(startedBy="me")["taskArns"]) == set(arns)
    for arn in arns:
        ecs.stop_task(task=arn, reason="enough")
    wait(ecs, "tasks_stopped", tasks=arns)
    (first, *_) = ecs.describe_tasks(tasks=arns)["tasks"]
    assert first["stopCode"] == "UserInitiated"
    assert first["stoppedReason"] == "enough"
    assert ecs.list_tasks()["taskArns"] == []
    assert set(ecs.list_tasks(desiredStatus="STOPPED")["taskArns"]) == set(arns)


def test_a_waiter_fails_on_a_task_that_died(ecs: Any):
    container = {"name": "app", "image": "crash", "memory": 64}
    ecs.register_task_definition(family="crash", containerDefinitions=[container])
    (task,) = ecs.run_task(taskDefinition="crash")["tasks"]
    wait(ecs, "tasks_stopped", tasks=[task["taskArn"]])
    with pytest.raises(WaiterError):
        wait(ecs, "tasks_running", tasks=[task["taskArn"]])
    (ended,) = ecs.describe_tasks(tasks=[task["taskArn"]])["tasks"]
    assert ended["containers"][0]["exitCode"] == 3
    assert ended["stopCode"] == "EssentialContainerExited"


def test_a_service_becomes_stable_rolls_and_goes(ecs: Any, web: str):
    made = ecs.create_service(serviceName="shop", taskDefinition=web, desiredCount=3)["service"]
    assert made["status"] == "ACTIVE"
    wait(ecs, "services_stable", services=["shop"])
    ecs.register_task_definition(
        family="web", containerDefinitions=[{"name": "app", "image": "web", "memory": 96}]
    )
    updated = ecs.update_service(service="shop", taskDefinition="web:2")["service"]
    assert len(updated["deployments"]) == 2, "the waiter must not find it stable yet"
    wait(ecs, "services_stable", services=["shop"])
    (service,) = ecs.describe_services(services=["shop"])["services"]
    (deployment,) = service["deployments"]
    assert deployment["taskDefinition"].endswith("web:2")
    assert deployment["rolloutState"] == "COMPLETED"
    assert service["runningCount"] == 3
    assert any("steady state" in event["message"] for event in service["events"])
    ecs.update_service(service="shop", desiredCount=0)
    wait(ecs, "services_stable", services=["shop"])
    gone = ecs.delete_service(service="shop")["service"]
    assert gone["status"] in ("DRAINING", "INACTIVE")
    wait(ecs, "services_inactive", services=["shop"])
    with pytest.raises(WaiterError):
        wait(ecs, "services_stable", services=["shop"])
    with pytest.raises(ecs.exceptions.ServiceNotActiveException):
        ecs.update_service(service="shop", desiredCount=1)


def test_deleting_a_service_by_force_stops_its_tasks(ecs: Any, web: str):
    ecs.create_service(serviceName="shop", taskDefinition=web, desiredCount=2)
    wait(ecs, "services_stable", services=["shop"])
    arns = ecs.list_tasks(serviceName="shop")["taskArns"]
    with pytest.raises(ecs.exceptions.InvalidParameterException):
        ecs.delete_service(service="shop")
    ecs.delete_service(service="shop", force=True)
    wait(ecs, "services_inactive", services=["shop"])
    wait(ecs, "tasks_stopped", tasks=arns)


# -- idempotency ----------------------------------------------------------------------------------


def test_the_same_token_runs_nothing_twice_and_a_conflict_names_what_it_ran(ecs: Any, web: str):
    first = ecs.run_task(taskDefinition=web, clientToken="t1")["tasks"]
    again = ecs.run_task(taskDefinition=web, clientToken="t1")["tasks"]
    assert [t["taskArn"] for t in again] == [t["taskArn"] for t in first]
    with pytest.raises(ecs.exceptions.ConflictException) as error:
        ecs.run_task(taskDefinition=web, clientToken="t1", count=2)
    assert error.value.response["resourceIds"] == [first[0]["taskArn"]]


def test_a_service_s_token_with_other_members_is_refused_as_ecs_declares(ecs: Any, web: str):
    ecs.create_service(serviceName="s", taskDefinition=web, desiredCount=0, clientToken="t1")
    with pytest.raises(ecs.exceptions.InvalidParameterException, match="not idempotent"):
        ecs.create_service(serviceName="s", taskDefinition=web, desiredCount=1, clientToken="t1")


# -- pages ----------------------------------------------------------------------------------------


def test_pages_of_every_list_are_whole_and_in_order(ecs: Any, web: str):
    for number in range(5):
        ecs.create_cluster(clusterName=f"c{number}")
        ecs.register_task_definition(
            family=f"f{number}",
            containerDefinitions=[{"name": "app", "image": "web", "memory": 64}],
        )
        ecs.create_service(serviceName=f"s{number}", taskDefinition=web, desiredCount=0)
    ecs.run_task(taskDefinition=web, count=5)
    for operation, member, count in (
        ("list_clusters", "clusterArns", 6),
        ("list_task_definition_families", "families", 6),
        ("list_task_definitions", "taskDefinitionArns", 6),
        ("list_services", "serviceArns", 5),
        ("list_tasks", "taskArns", 5),
        ("list_container_instances", "containerInstanceArns", 3),
    ):
        pages = list(ecs.get_paginator(operation).paginate(PaginationConfig={"PageSize": 2}))
        found = [item for one in pages for item in one[member]]
        assert len(pages) == -(-count // 2), operation
        assert len(found) == len(set(found)) == count, operation
        whole = getattr(ecs, operation)()[member]
        assert whole == found, operation


def test_a_token_of_another_list_is_refused(ecs: Any):
    ecs.create_cluster(clusterName="c")
    token = ecs.list_clusters(maxResults=1)["nextToken"]
    for operation in ("list_tasks", "list_services", "list_task_definitions"):
        with pytest.raises(ecs.exceptions.InvalidParameterException):
            getattr(ecs, operation)(nextToken=token)


# -- the caller -----------------------------------------------------------------------------------


def test_the_caller_is_told_who_they_are(served: Served):
    who = served.client("sts").get_caller_identity()
    assert who["Account"] == "000000000000"
    name = pwd.getpwuid(os.geteuid()).pw_name
    assert who["Arn"] == f"arn:aws:iam::000000000000:user/{name}", "the key is theirs"
    registered = served.client().register_task_definition(
        family="web", containerDefinitions=[{"name": "app", "image": "web", "memory": 64}]
    )
    assert registered["taskDefinition"]["registeredBy"] == who["Arn"]


def test_what_sts_has_and_ecstui_has_not_is_refused(served: Served):
    sts = served.client("sts")
    with pytest.raises(sts.exceptions.ClientError) as error:
        sts.assume_role(RoleArn="arn:aws:iam::000000000000:role/x", RoleSessionName="session")
    code, message = refused(error)
    assert code == "InvalidAction"
    assert "AssumeRole" in message


# -- a command in a container ---------------------------------------------------------------------


def test_execute_command_says_what_is_missing_and_what_to_do_instead(ecs: Any, web: str):
    def say(**members: Any) -> tuple[str, str]:
        given = {"task": "nope", "command": "sh", "interactive": True} | members
        with pytest.raises(ecs.exceptions.ClientError) as error:
            ecs.execute_command(**given)
        return refused(error)

    assert say() == ("InvalidParameterException", "The referenced task was not found.")
    plain, enabled = (
        ecs.run_task(taskDefinition=web, enableExecuteCommand=on)["tasks"][0]["taskArn"]
        for on in (False, True)
    )
    wait(ecs, "tasks_running", tasks=[plain, enabled])
    assert "was not enabled when the task was run" in say(task=plain)[1]
    assert "only mode" in say(task=enabled, interactive=False)[1]
    assert say(task=enabled, container="side")[0] == "ClientException"
    code, words = say(task=enabled)
    assert code == "TargetNotConnectedException"
    task_id = enabled.rpartition("/")[2]
    assert f"ecstui exec -it --cluster default -c app {task_id} -- sh" in words
    ecs.stop_task(task=enabled)
    wait(ecs, "tasks_stopped", tasks=[enabled])
    assert say(task=enabled)[1] == "The task is not running."
