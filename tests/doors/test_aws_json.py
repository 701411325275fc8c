"""`POST /`: ECS's protocol, and ECS's errors for whatever comes in."""

import asyncio
import json
import logging

import pytest

from ecstui.base.errors import ClusterNotFoundException, ConflictException, EcsError
from ecstui.client.http import fetch, send
from ecstui.store.feed import Batch
from tests.doors.conftest import Served
from tests.doors.plane import until


def said(answer: tuple[int, bytes]) -> tuple[int, str, str]:
    status, body = answer
    value = json.loads(body)
    return status, value["__type"], value["message"]


async def test_an_operation_is_answered_with_ecs_member_names(served: Served):
    status, body = await served.post("CreateCluster", b'{"clusterName": "blue"}')
    cluster = json.loads(body)["cluster"]
    assert status == 200
    assert cluster["clusterName"] == "blue"
    assert cluster["status"] == "ACTIVE"
    assert "createdAt" not in cluster, "members of the record only do not leave the house"


async def test_absent_members_are_left_out_and_null_ones_count_as_absent(served: Served):
    _, body = await served.post("CreateCluster", b'{"clusterName": null, "tags": null}')
    assert json.loads(body)["cluster"]["clusterName"] == "default"
    assert b"null" not in body


async def test_an_answer_carries_its_request_id_and_type(served: Served):
    headers = {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.CreateCluster"}
    answer = await send(served.paths.socket, "POST", "/", headers=headers, body=b"{}")
    await answer.close()
    assert answer.headers["content-type"].startswith("application/x-amz-json-1.1")
    assert len(answer.headers["x-amzn-requestid"]) == 36


@pytest.mark.parametrize(
    ("operation", "body", "code", "words"),
    [
        ("CreateCluster", b"{", "SerializationException", "not valid JSON"),
        ("CreateCluster", b"[]", "SerializationException", "must be a JSON object, not a list"),
        ("CreateCluster", b"\xff\xfe\xff", "SerializationException", "not valid JSON"),
        ("CreateCluster", b"NaN", "SerializationException", "NaN is no number"),
        ("CreateCluster", b'{"tags": NaN}', "SerializationException", "NaN is no number"),
        ("CreateCluster", b"[" * 100_000, "SerializationException", "it is nested too deeply"),
        ("CreateCluster", b"9" * 5_000, "SerializationException", "a number has too many digits"),
        ("CreateCluster", b"9" * 400, "SerializationException", "a number has too many digits"),
        (
            "CreateCluster",
            b'{"clusterName": "\\ud800"}',
            "SerializationException",
            "The request cannot be read: unexpected end of hex escape",
        ),
        (
            "CreateCluster",
            b'{"clusterName": 3}',
            "SerializationException",
            "clusterName must be a string, not the number 3.",
        ),
        (
            "CreateService",
            b'{"serviceName": "web", "desiredCount": "3"}',
            "SerializationException",
            "desiredCount must be a whole number, not a string.",
        ),
        (
            "CreateService",
            b'{"desiredCount": 1}',
            "InvalidParameterException",
            "serviceName is missing.",
        ),
        (
            "CreateService",
            b'{"serviceName": "web", "launchType": "MOON"}',
            "InvalidParameterException",
            'launchType must be one of EC2, FARGATE, EXTERNAL, MANAGED_INSTANCES; it is "MOON".',
        ),
        ("CreateServices", b"{}", "UnknownOperationException", "CreateServices is not"),
        ("", b"{}", "UnknownOperationException", "empty target"),
    ],
)
async def test_what_is_wrong_with_a_request_is_said(served: Served, operation, body, code, words):
    status, kind, message = said(await served.post(operation, body))
    assert (status, kind) == (400, code)
    assert words in message


@pytest.mark.parametrize("target", ["", "DynamoDB_20120810.ListTables", "x" * 5_000])
async def test_a_target_of_another_service_is_an_unknown_operation(served: Served, target):
    answer = await fetch(
        served.paths.socket, "POST", "/", headers={"X-Amz-Target": target}, body=b"{}"
    )
    assert said(answer)[:2] == (400, "UnknownOperationException")


async def test_a_refusal_keeps_its_code_message_and_field(served: Served):
    served.plane.fault = ClusterNotFoundException("Cluster not found.", field="cluster")
    status, body = await served.post("DescribeClusters", b"{}")
    assert status == 400
    assert json.loads(body) == {
        "__type": "ClusterNotFoundException",
        "message": "Cluster not found.",
        "field": "cluster",
    }


async def test_a_conflict_names_the_resources(served: Served):
    served.plane.fault = ConflictException("Taken.", resource_ids=("arn:1",))
    _, body = await served.post("DescribeClusters", b"{}")
    assert json.loads(body)["resourceIds"] == ["arn:1"]


async def test_a_fault_of_ours_is_a_server_exception_with_a_reference_and_no_traceback(
    served: Served, caplog: pytest.LogCaptureFixture
):
    served.plane.fault = ZeroDivisionError("secret detail")
    with caplog.at_level(logging.ERROR):
        status, kind, message = said(await served.post("DescribeClusters", b"{}"))
    assert (status, kind) == (500, "ServerException")
    assert "secret detail" not in message
    reference = message.rsplit(" ", 1)[-1].rstrip(".")
    assert reference in caplog.text
    assert "secret detail" in caplog.text


async def test_a_lost_change_is_a_fault_of_ours_whatever_status_its_class_has(served: Served):
    served.plane.fault = EcsError("The change is lost.", code="ServerException")
    assert (await served.post("DescribeClusters", b"{}"))[0] == 500


async def test_a_request_over_a_mebibyte_is_refused_and_the_door_stays_open(served: Served):
    body = b'{"clusterName": "' + b"x" * (1024 * 1024) + b'"}'
    status, kind, _ = said(await served.post("CreateCluster", body))
    assert (status, kind) == (413, "RequestEntityTooLargeException")
    assert (await served.post("DescribeClusters", b"{}"))[0] == 200


async def test_a_member_we_do_not_know_is_passed_over_and_remembered_once(served: Served):
    for _ in range(2):
        assert (await served.post("CreateCluster", b'{"colour": "blue"}'))[0] == 200
    assert served.doors.aws.ignored_members == ("CreateCluster.colour",)
    status = json.loads((await served.get("/_ecstui/status"))[1])
    assert status["ignoredMembers"] == ["CreateCluster.colour"]


async def test_our_own_spelling_of_a_member_is_not_ecs(served: Served):
    await served.post("CreateCluster", b'{"cluster_name": "blue"}')
    assert served.doors.aws.ignored_members == ("CreateCluster.cluster_name",)


async def test_a_caller_that_goes_away_leaves_no_operation_half_done(served: Served):
    served.plane.hold = asyncio.Event()
    calling = asyncio.create_task(served.post("CreateCluster", b'{"clusterName": "blue"}'))
    await until(lambda: served.plane.callers)
    calling.cancel()
    await asyncio.gather(calling, return_exceptions=True)
    batches = served.plane.batches(since=None)
    await anext(batches)
    served.plane.hold.set()
    batch = await anext(batches)
    assert isinstance(batch, Batch)
    assert [change.key for change in batch.changes] == ["blue"]
    await batches.aclose()


async def test_while_it_stops_it_answers_questions_only(served: Served):
    served.doors.aws.is_stopping = True
    assert (await served.post("DescribeClusters", b"{}"))[0] == 200
    status, kind, message = said(await served.post("CreateCluster", b"{}"))
    assert (status, kind) == (400, "ClientException")
    assert "being stopped" in message


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [("GET", "/", 405), ("GET", "/nothing", 404), ("POST", "/_ecstui/status", 405)],
)
async def test_what_is_not_there_is_said_in_the_same_form(served: Served, method, target, status):
    found, body = await fetch(served.paths.socket, method, target)
    assert found == status
    assert set(json.loads(body)) == {"__type", "message"}


async def test_status_tells_who_serves(served: Served):
    served.clock.time += 90
    status, body = await served.get("/_ecstui/status")
    told = json.loads(body)
    assert status == 200
    assert (told["processId"], told["uptimeSeconds"], told["pace"]) == (4321, 90, "local")


@pytest.mark.parametrize(("body", "tasks"), [(b"", False), (b'{"tasks": true}', True)])
async def test_somebody_can_ask_it_to_stop(served: Served, body, tasks):
    status, _ = await fetch(served.paths.socket, "POST", "/_ecstui/stop", body=body)
    assert status == 202
    assert served.asked_to_stop == [tasks]


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"tasks": "yes"}'])
async def test_a_stop_that_cannot_be_understood_stops_nothing(served: Served, body):
    status, _ = await fetch(served.paths.socket, "POST", "/_ecstui/stop", body=body)
    assert status == 400
    assert served.asked_to_stop == []


async def test_a_member_of_a_request_that_was_refused_is_not_called_passed_over(served: Served):
    served.plane.fault = ClusterNotFoundException("Cluster not found.")
    assert (await served.post("CreateCluster", b'{"colour": "blue"}'))[0] == 400
    assert served.doors.aws.ignored_members == ()


async def test_a_member_s_name_cannot_write_lines_of_its_own_into_the_log(
    served: Served, caplog: pytest.LogCaptureFixture
):
    assert (await served.post("CreateCluster", b'{"a\\nERROR b": 1}'))[0] == 200
    assert "\nERROR b" not in caplog.text
    assert served.doors.aws.ignored_members == ("CreateCluster.a?ERROR b",)
