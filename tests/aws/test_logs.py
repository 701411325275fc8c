"""CloudWatch Logs through boto3 and the AWS CLI: lines of containers that run and that are gone."""

import base64
import json
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecstui.base.ids import short_name
from tests.aws.clis import FIRST, AwsCli, second, version_of
from tests.aws.served import Served, wait

GROUP = "/ecs/talk"
TALK = "echo hello; echo ERROR one >&2; echo '{\"a\": 1}'; echo bye; sleep 0.5"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    one = Served(logs=tmp_path / "logs").open()
    yield one
    one.close()


@pytest.fixture
def logs(served: Served) -> Any:
    return served.client("logs")


def define(ecs: Any, script: str, family: str = "talk", *, prefix: str = "p") -> None:
    options = {"awslogs-group": GROUP, "awslogs-region": "us-east-1"}
    container = {
        "name": "app",
        "image": "web",
        "memory": 64,
        "command": ["sh", "-c", script],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": options | {"awslogs-stream-prefix": prefix},
        },
    }
    ecs.register_task_definition(family=family, containerDefinitions=[container])


def run(ecs: Any, script: str = TALK, family: str = "talk", *, prefix: str = "p") -> str:
    define(ecs, script, family, prefix=prefix)
    (task,) = ecs.run_task(taskDefinition=family)["tasks"]
    return str(task["taskArn"])


def messages(logs: Any, **request: Any) -> list[str]:
    found = logs.filter_log_events(logGroupName=GROUP, **request)["events"]
    return [event["message"] for event in found]


def until(logs: Any, count: int, **request: Any) -> list[str]:
    """As often as it takes; the test's own limit ends it."""
    while True:
        try:
            found = messages(logs, **request)
        except logs.exceptions.ResourceNotFoundException:
            continue
        if len(found) >= count:
            return found


LINES = ["hello", "ERROR one", '{"a": 1}', "bye"]


def test_lines_are_there_while_the_container_runs_and_when_it_is_gone(
    served: Served, ecs: Any, logs: Any
):
    arn = run(ecs)
    assert until(logs, 4) == LINES
    wait(ecs, "tasks_stopped", tasks=[arn])
    served.do(_remove_all(served))
    assert served.world.containers == {}
    assert messages(logs) == LINES
    (stream,) = logs.describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert stream["logStreamName"] == f"p/app/{short_name(arn)}"
    assert stream["firstEventTimestamp"] <= stream["lastEventTimestamp"]
    (group,) = logs.describe_log_groups(logGroupNamePrefix="/ecs")["logGroups"]
    assert group["arn"] == f"arn:aws:logs:us-east-1:000000000000:log-group:{GROUP}:*"
    assert group["storedBytes"] > 0
    assert "retentionInDays" not in group


async def _remove_all(served: Served) -> None:
    for name in list(served.world.containers):
        served.world.remove(name)


def test_pages_of_a_stream_go_both_ways(ecs: Any, logs: Any):
    arn = run(ecs, "for i in 1 2 3 4 5 6 7; do echo line $i; done; sleep 1000")
    until(logs, 7)
    name = {"logGroupName": GROUP, "logStreamName": f"p/app/{short_name(arn)}"}

    def texts(answer: Any) -> list[str]:
        return [event["message"][-1] for event in answer["events"]]

    first = logs.get_log_events(**name, limit=3, startFromHead=True)
    assert texts(first) == ["1", "2", "3"]
    second = logs.get_log_events(**name, limit=3, nextToken=first["nextForwardToken"])
    assert texts(second) == ["4", "5", "6"]
    third = logs.get_log_events(**name, nextToken=second["nextForwardToken"])
    assert texts(third) == ["7"]
    end = logs.get_log_events(**name, nextToken=third["nextForwardToken"])
    assert (end["events"], end["nextForwardToken"]) == ([], third["nextForwardToken"])
    back = logs.get_log_events(**name, limit=2, nextToken=third["nextBackwardToken"])
    assert texts(back) == ["5", "6"]
    latest = logs.get_log_events(**name, limit=2)
    assert texts(latest) == ["6", "7"]
    again = logs.get_log_events(**name, nextToken=latest["nextForwardToken"])
    assert again["events"] == []
    at = first["events"][1]["timestamp"]
    assert "1" not in texts(logs.get_log_events(**name, startTime=at + 1))


def test_pages_of_a_group_are_merged_in_the_order_of_time(ecs: Any, logs: Any):
    for family in ("one", "two"):
        script = f"for i in 1 2 3 4 5; do echo {family} $i; sleep 0.05; done; sleep 1000"
        run(ecs, script, family, prefix=family)
    until(logs, 10)
    every = logs.filter_log_events(logGroupName=GROUP)["events"]
    assert [e["timestamp"] for e in every] == sorted(e["timestamp"] for e in every)
    assert len({event["eventId"] for event in every}) == 10
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=GROUP, limit=3)
    assert [event for page in pages for event in page["events"]] == every
    assert len(messages(logs, logStreamNamePrefix="one/")) == 5
    middle = every[4]["timestamp"]
    later = messages(logs, startTime=middle)
    assert later == [e["message"] for e in every if e["timestamp"] >= middle]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("ERROR", ["ERROR one"]),
        ("error", []),
        ("ERROR one", ["ERROR one"]),
        ("?hello ?bye", ["hello", "bye"]),
        ("-ERROR -hello", ['{"a": 1}', "bye"]),
        ('"\\"a\\": 1"', ['{"a": 1}']),
        ("", LINES),
    ],
)
def test_terms_filter(ecs: Any, logs: Any, pattern: str, found: list[str]):
    run(ecs)
    until(logs, 4)
    assert messages(logs, filterPattern=pattern) == found


@pytest.mark.parametrize("pattern", ["{ $.a = 1 }", "[a, b]", "%re%", "a.b", "?a b", '"open'])
def test_other_patterns_are_refused_in_words(ecs: Any, logs: Any, pattern: str):
    logs.create_log_group(logGroupName=GROUP)
    with pytest.raises(logs.exceptions.InvalidParameterException):
        messages(logs, filterPattern=pattern)


def test_groups_their_retention_and_their_end(ecs: Any, logs: Any):
    arn = run(ecs)
    until(logs, 4)
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=7)
    (group,) = logs.describe_log_groups(logGroupNamePattern="TALK")["logGroups"]
    assert group["retentionInDays"] == 7
    logs.delete_retention_policy(logGroupName=GROUP)
    assert "retentionInDays" not in logs.describe_log_groups()["logGroups"][0]
    wait(ecs, "tasks_stopped", tasks=[arn])
    logs.delete_log_group(logGroupName=GROUP)
    assert logs.describe_log_groups()["logGroups"] == []
    logs.create_log_group(logGroupName=GROUP)
    assert messages(logs) == []
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=GROUP)


def test_groups_come_in_pages(logs: Any):
    for number in range(7):
        logs.create_log_group(logGroupName=f"g{number}")
    pages = logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 3})
    assert [g["logGroupName"] for page in pages for g in page["logGroups"]] == [
        f"g{number}" for number in range(7)
    ]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (("get_log_events", {"logGroupName": "no", "logStreamName": "s"}), "ResourceNotFound"),
        (("filter_log_events", {"logGroupName": "no"}), "ResourceNotFound"),
        (("filter_log_events", {}), "InvalidParameter"),
        (("delete_log_group", {"logGroupName": "no"}), "ResourceNotFound"),
        (("put_retention_policy", {"logGroupName": "g", "retentionInDays": 2}), "InvalidParameter"),
        (("create_log_group", {"logGroupName": "a b"}), "InvalidParameter"),
        (("create_log_group", {"logGroupName": "a", "kmsKeyId": "k"}), "InvalidParameter"),
        (("describe_log_groups", {"limit": 51}), "InvalidParameter"),
        (("describe_log_groups", {"limit": "x"}), "Serialization"),
        (("filter_log_events", {"logGroupName": "g", "nextToken": "x"}), "InvalidParameter"),
        (("put_log_events", {"logGroupName": "g", "logStreamName": "s", "logEvents": []}), "Unkn"),
        (("start_query", {"startTime": 0, "endTime": 1, "queryString": "q"}), "Unknown"),
    ],
)
def test_what_cannot_be_is_refused_in_the_words_of_aws(logs: Any, call: Any, code: str):
    logs.create_log_group(logGroupName="g")
    name, request = call
    with pytest.raises(ClientError) as caught:
        getattr(logs, name)(**request)
    assert caught.value.response["Error"]["Code"].startswith(code)


def token_of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "token",
    [
        "f/9/s",
        "f/-1.-1/s",
        "f/1_0.0/s",
        "f/99999999999999999999.0/s",
        "x" * 5_000,
        token_of('[1e999, "s", 1, 1]'),
        token_of("[" * 50_000),
        token_of("[-1, -1, -1, -1]"),
        "\U0001f600",
    ],
)
def test_a_token_that_no_page_gave_is_refused(ecs: Any, logs: Any, token: str):
    run(ecs)
    until(logs, 4)
    (stream,) = logs.describe_log_streams(logGroupName=GROUP)["logStreams"]
    for ask in (
        logs.describe_log_groups,
        partial(logs.describe_log_streams, logGroupName=GROUP),
        partial(logs.filter_log_events, logGroupName=GROUP),
        partial(logs.get_log_events, logGroupName=GROUP, logStreamName=stream["logStreamName"]),
    ):
        with pytest.raises(logs.exceptions.InvalidParameterException, match="nextToken"):
            ask(nextToken=token)


def test_a_token_of_other_filters_is_refused(logs: Any):
    for name in ("a1", "a2", "b1", "b2"):
        logs.create_log_group(logGroupName=name)
    token = logs.describe_log_groups(logGroupNamePrefix="a", limit=1)["nextToken"]
    with pytest.raises(logs.exceptions.InvalidParameterException):
        logs.describe_log_groups(logGroupNamePrefix="b", nextToken=token)
    (second,) = logs.describe_log_groups(logGroupNamePrefix="a", nextToken=token)["logGroups"]
    assert second["logGroupName"] == "a2"


@pytest.mark.parametrize("member", ["startTime", "endTime"])
@pytest.mark.parametrize("value", [2**63, 10**400])
def test_a_time_beyond_every_clock_is_refused(ecs: Any, logs: Any, member: str, value: int):
    run(ecs)
    until(logs, 4)
    with pytest.raises(logs.exceptions.InvalidParameterException, match=member):
        logs.filter_log_events(logGroupName=GROUP, **{member: value})


def test_a_signature_for_another_service_does_not_count(served: Served):
    wrong = served.client("logs", checks=False, aws_secret_access_key="x" * 40)
    with pytest.raises(ClientError, match="InvalidSignatureException"):
        wrong.describe_log_groups()


COUNTS = "i=0; while [ $i -lt 30 ]; do echo line $i; i=$((i+1)); sleep 0.03; done; sleep 0.5"
COUNTED = [f"line {number}" for number in range(30)]


def test_a_tail_finds_each_line_once(ecs: Any, logs: Any):
    """As `aws logs tail --follow` asks: from the last time on, again and again."""
    run(ecs, COUNTS)
    until(logs, 1)
    told: list[str] = []
    start, seen = 0, set[str]()
    while len(told) < 30:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=GROUP, interleaved=True, startTime=start
        )
        for event in (event for page in pages for event in page["events"]):
            if event["eventId"] not in seen:
                seen.add(event["eventId"])
                told.append(event["message"])
                start = max(start, event["timestamp"])
    assert told == COUNTED


def begin(aws: AwsCli, served: Served, home: Path, *words: str) -> "subprocess.Popen[str]":
    """The AWS CLI, reading; whoever begins it ends it."""
    environ = {**served.environ(home), "PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        aws.line(environ, "logs", *words),
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("aws", [FIRST, *second()], ids=version_of)
def test_the_cli_reads_lines(aws: AwsCli, served: Served, ecs: Any, logs: Any, tmp_path: Path):
    run(ecs)
    until(logs, 4)
    words = ("filter-log-events", "--log-group-name", GROUP)
    with begin(aws, served, tmp_path, *words) as reading:
        told, _ = reading.communicate(timeout=120)
    assert reading.returncode == 0, told
    assert [event["message"] for event in json.loads(told)["events"]] == LINES


@pytest.mark.parametrize("aws", second(), ids=version_of)
def test_the_cli_follows_a_group_and_tells_what_is_gone(
    aws: AwsCli, served: Served, ecs: Any, logs: Any, tmp_path: Path
):
    arn = run(ecs, COUNTS)
    words = ("tail", GROUP, "--format", "short")
    until(logs, 1)
    with begin(aws, served, tmp_path, *words, "--follow") as following:
        try:
            assert following.stdout is not None
            told = [next(following.stdout).rstrip("\n") for _ in COUNTED]
        finally:
            following.terminate()
    assert [line.split(" ", 1)[1] for line in told] == COUNTED
    wait(ecs, "tasks_stopped", tasks=[arn])
    served.do(_remove_all(served))
    with begin(aws, served, tmp_path, *words, "--since", "1h") as reading:
        again, _ = reading.communicate(timeout=120)
    assert again.splitlines() == told
