"""`ecstui call`: what the AWS CLI would say, and its exit codes."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Ecstui


@pytest.fixture
def running(ecstui: Ecstui) -> Ecstui:
    ecstui.run("daemon", "--detach")
    return ecstui


def test_the_answer_is_json_from_whatever_source_the_request_comes(running: Ecstui, tmp_path: Path):
    (tmp_path / "request.json").write_text('{"clusterName": "green"}')
    answers = [
        running.run("call", "CreateCluster", '{"clusterName": "blue"}'),
        running.run("call", "create-cluster", f"@{tmp_path / 'request.json'}"),
        running.run("call", "CreateCluster", "-", given='{"clusterName": "red"}'),
        running.run("call", "CreateCluster"),
    ]
    names = [json.loads(answer)["cluster"]["clusterName"] for answer in answers]
    assert names == ["blue", "green", "red", "default"]


def test_a_refusal_is_worded_as_the_aws_cli_words_it(running: Ecstui):
    said = running.run("call", "ListServices", '{"cluster": "moon"}', code=254)
    assert said.startswith(
        "\nAn error occurred (ClusterNotFoundException) when calling the ListServices operation: "
    )


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{bad", "not valid JSON"),
        ("[1]", "must be a JSON object"),
        ("@/nowhere/request.json", "cannot be read"),
    ],
)
def test_what_is_no_request_is_not_sent(ecstui: Ecstui, source, words):
    assert words in ecstui.run("call", "ListServices", source, code=252)


def test_without_a_daemon_it_says_how_to_start_one(ecstui: Ecstui):
    assert "`ecstui daemon --detach`" in ecstui.run("call", "ListServices", code=255)


def test_output_can_be_cut_short(running: Ecstui):
    done = subprocess.run(
        [
            "bash",
            "-c",
            'set -o pipefail; "$@" | head -c 1',
            "-",
            *running.command("call", "ListClusters"),
        ],
        capture_output=True,
        text=True,
        env=running.environ,
        timeout=60,
        check=False,
    )
    assert done.stdout == "{"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("operation", "request_", "line"),
    [
        ("ListClusters", "{}", "aws ecs list-clusters"),
        (
            "update-service",
            '{"service": "web", "desiredCount": 3, "forceNewDeployment": true}',
            "aws ecs update-service --service web --desired-count 3 --force-new-deployment",
        ),
        (
            "RunTask",
            '{"taskDefinition": "it\'s", "count": 2}',
            """aws ecs run-task --task-definition 'it'"'"'s' --count 2""",
        ),
        ("DescribeEngines", "{}", "ecstui call DescribeEngines '{}'"),
    ],
)
def test_it_says_the_aws_cli_line_that_does_the_same(ecstui: Ecstui, operation, request_, line):
    assert ecstui.run("call", "--only-echo", operation, request_) == f"{line}\n"


def test_the_line_is_said_before_the_answer_and_none_for_what_is_no_request(running: Ecstui):
    said = running.run("call", "--echo", "ListClusters")
    assert "aws ecs list-clusters\n" in said
    assert '"clusterArns"' in said
    assert "not an operation" in running.run("call", "--only-echo", "Nothing", code=252)
