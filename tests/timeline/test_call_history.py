"""The history of calls: what is noted, by whom, how long, and the script that comes of it."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from botocore.session import get_session

from ecstui.base.errors import EcsError
from ecstui.client.wire import read_request
from ecstui.commands.history import documents, script, table
from ecstui.control import call_history
from ecstui.model.history import CallRecord
from ecstui.model.requests import OWN_OPERATIONS
from ecstui.model.requests.clusters import CreateClusterRequest, DescribeClustersRequest
from ecstui.model.requests.registry import REQUESTS
from ecstui.model.requests.services import UpdateServiceRequest
from ecstui.model.requests.tasks import RunTaskRequest
from ecstui.model.shape import KeyValuePair
from ecstui.model.task import ContainerOverride, TaskOverride
from ecstui.store.journal import MemoryJournal
from ecstui.store.kinds import CALLS
from ecstui.store.store import Store
from ecstui.ui.call_words import command_of
from tests.support.town import Town

pytestmark = pytest.mark.sim


def calls(town: Town) -> list[CallRecord]:
    return sorted(town.plane.store.all(CALLS), key=lambda call: call.number)


def test_operations_that_ecs_does_not_have_are_known_as_our_own():
    model = get_session().get_service_model("ecs")
    assert set(REQUESTS) - set(model.operation_names) == OWN_OPERATIONS


async def test_changes_are_noted_with_their_caller_and_questions_and_refusals_are_not(town: Town):
    before = len(calls(town))
    await town.plane.call(CreateClusterRequest(cluster_name="blue"), "anna via aws-cli")
    await town.plane.call(DescribeClustersRequest())
    with pytest.raises(EcsError):
        await town.plane.call(UpdateServiceRequest(service="nobody", desired_count=1))
    (noted,) = calls(town)[before:]
    assert (noted.operation, noted.caller) == ("CreateCluster", "anna via aws-cli")
    assert json.loads(noted.request) == {"clusterName": "blue"}


async def test_the_history_goes_on_after_a_crash_and_stays_bounded(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(call_history, "KEPT", 3)
    for name in ("a", "b"):
        await town.plane.call(CreateClusterRequest(cluster_name=name))
    last = calls(town)[-1].number
    await town.crash()
    for name in ("c", "d", "e"):
        await town.plane.call(CreateClusterRequest(cluster_name=name))
    noted = calls(town)
    assert [call.number for call in noted] == [last + 1, last + 2, last + 3]


async def test_the_script_makes_the_same_changes_again(town: Town, tmp_path: Path):
    await town.definition("web", image="town/web:1")
    await town.plane.call(CreateClusterRequest(cluster_name="blue"))
    noted = calls(town)
    lines = script(town.plane.store, noted)
    path = tmp_path / "history.sh"
    path.write_text("\n".join(lines))
    subprocess.run(["sh", "-n", str(path)], check=True)
    words = [shlex.split(line) for line in lines if line.startswith("aws")]
    (register,) = [line for line in words if "register-task-definition" in line]
    body = register[register.index("--cli-input-json") + 1]
    request = read_request("RegisterTaskDefinition", body.encode())
    assert request.to_wire()["family"] == "web"
    assert any("create-cluster" in line for line in words)
    assert len(table(town.plane.store, noted)) == len(noted)
    assert len(json.loads(documents(town.plane.store, noted)[0])) == len(noted)


async def test_what_variables_hold_is_in_the_script_and_not_in_the_table(town: Town):
    token = KeyValuePair(name="TOKEN", value="s3cret")
    await town.definition("keeper", image="town/web:1", environment=(token,))
    await town.plane.call(
        RunTaskRequest(
            task_definition="keeper",
            overrides=TaskOverride(
                container_overrides=(
                    ContainerOverride(
                        name="app", environment=(KeyValuePair(name="KEY", value="0pen"),)
                    ),
                )
            ),
        )
    )
    view, made = town.plane.store, calls(town)
    told = "\n".join(table(view, made))
    assert "TOKEN" in told
    assert "KEY" in told
    assert "s3cret" not in told
    assert "0pen" not in told
    again = "\n".join(script(view, made))
    assert "s3cret" in again
    assert "0pen" in again


def test_what_was_too_long_or_is_gone_is_said():
    view = Store(MemoryJournal())
    long = CallRecord(number=1, at=0.0, caller="x", operation="RunTask", request="")
    gone = long.with_(operation="RegisterTaskDefinition", arn="arn:gone")
    assert command_of(view, long) is None
    assert command_of(view, gone) is None
    assert "not kept" in table(view, [long])[0]
    assert script(view, [gone])[-1] == "# RegisterTaskDefinition: its members are not kept"
