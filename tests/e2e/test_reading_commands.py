"""`ecstui get`, `watch`, `logs`, `history` and the plain session, as scripts use them."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import Ecstui

DEFINITION = {
    "family": "web",
    "containerDefinitions": [{"name": "app", "image": "nginx:stable", "memory": 64}],
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ecstui]:
    """A daemon with a service of three tasks that is steady."""
    ecstui = Ecstui(Path(tmp_path_factory.mktemp("shop")))
    try:
        ecstui.run("daemon", "--detach")
        ecstui.run("call", "RegisterTaskDefinition", json.dumps(DEFINITION))
        service = {"serviceName": "web", "taskDefinition": "web", "desiredCount": 3}
        ecstui.run("call", "CreateService", json.dumps(service))
        ecstui.run("watch", "service", "web")
        yield ecstui
    finally:
        ecstui.kill()


def test_a_table_has_titles_and_a_line_for_each_thing(shop: Ecstui):
    titles, web = shop.run("get", "services").splitlines()
    assert titles.split()[:2] == ["NAME", "RUN"]
    assert web.split()[:2] == ["web", "3/3"]
    assert len(shop.run("get", "tasks").splitlines()) == 4


def test_csv_json_and_yaml_are_what_their_readers_read(shop: Ecstui):
    (row,) = csv.DictReader(io.StringIO(shop.run("get", "svc", "-o", "csv")))
    assert row["RUN"] == "3/3"
    documents = json.loads(shop.run("get", "service", "web", "-o", "json"))["services"]
    assert documents[0]["runningCount"] == 3
    assert yaml.safe_load(shop.run("get", "service", "web", "-o", "yaml"))["services"] == documents
    assert len(json.loads(shop.run("get", "tasks", "-o", "json"))["tasks"]) == 3
    for kind in ("container-instances", "task-definitions", "clusters", "events"):
        (found,) = json.loads(shop.run("get", kind, "-o", "json")).values()
        assert found, kind


def test_one_is_named_by_name_id_or_arn_and_what_is_not_there_is_said(shop: Ecstui):
    task = json.loads(shop.run("get", "tasks", "-o", "json"))["tasks"][0]
    arn = task["taskArn"]
    for name in (arn, arn.rpartition("/")[2], arn.rpartition("/")[2][:6]):
        found = json.loads(shop.run("get", "task", name, "-o", "json"))["tasks"]
        assert [one["taskArn"] for one in found] == [arn]
    assert "there is no service nobody in cluster default" in shop.run(
        "get", "service", "nobody", code=1
    )
    assert "there is no cluster prdo: see" in shop.run("get", "tasks", "--cluster", "prdo", code=1)
    assert "there is no cluster prdo: see" in shop.run("get", "ev", "--cluster", "prdo", code=1)
    assert "web" in shop.run("get", "task-definitions", "--cluster", "prdo")
    assert "there are services, tasks," in shop.run("get", "nothing", code=1)


def test_a_rolling_update_is_told_line_by_line_until_it_is_steady(shop: Ecstui):
    watching = shop.begin("watch", "service", "web", "--for-ever")
    assert watching.stdout is not None
    assert "web steady" in watching.stdout.readline()
    shop.run("call", "UpdateService", '{"service": "web", "forceNewDeployment": true}')
    lines = [watching.stdout.readline()]
    while "web steady" not in lines[-1]:
        assert lines[-1], "it ended"
        lines.append(watching.stdout.readline())
    watching.terminate()
    assert any("web rolling update web:1" in line for line in lines)
    assert any("floor 3, ceiling 6" in line for line in lines)
    assert any("has reached a steady state." in line for line in lines)
    assert "web steady" in shop.run("watch", "service", "web").splitlines()[-1]
    assert "there is no service nobody" in shop.run("watch", "service", "nobody", code=1)
    assert "there is no service we" in shop.run("watch", "service", "we", code=1)


def test_logs_of_a_service_come_in_the_order_of_their_times(shop: Ecstui):
    lines = shop.run("logs", "web", "--tail", "30", "-t").splitlines()
    assert len(lines) == 30
    times = [line.split()[0] for line in lines]
    assert times == sorted(times)
    assert len({line.split()[1] for line in lines}) > 1
    assert shop.run("logs", "web", "--tail", "0") == ""
    assert "is no time" in shop.run("logs", "web", "--since", "soon", code=1)
    assert "has no container db" in shop.run("logs", "web", "-c", "db", code=1)
    assert "there is no service and no task nobody in" in shop.run("logs", "nobody", code=1)


def test_logs_follow_until_they_are_interrupted(shop: Ecstui):
    following = shop.begin("logs", "web", "-f", "--tail", "1")
    assert following.stdout is not None
    assert all(following.stdout.readline() for _ in range(5))
    following.terminate()
    assert following.wait(60) != 0


def test_the_history_is_a_table_json_and_a_script(shop: Ecstui):
    assert "register-task-definition" in shop.run("history").splitlines()[0]
    first, *_ = json.loads(shop.run("history", "--json"))
    assert (first["number"], first["operation"]) == (1, "RegisterTaskDefinition")
    assert first["caller"].endswith(" via ecstui-call")
    (line,) = shop.run("history", "-n", "1").splitlines()
    assert "update-service" in line
    assert shop.run("history", "--script").startswith("#!/bin/sh\n")


def test_a_plain_session_takes_the_same_commands_line_by_line(shop: Ecstui):
    typed = (
        "help\n\nget services\nget nothing\nget 'x\n--version\nwatch service web\nquit\nget tasks\n"
    )
    said = shop.run("--plain", given=typed)
    assert "watch service web       a rolling update" in said
    assert "web   3/3" in said
    assert "there is nothing called nothing" in said
    assert "a quote is not closed" in said
    assert "is not for a session of lines" in said
    assert "web steady" in said
    assert "INSTANCE" not in said
    assert "\x1b" not in said
