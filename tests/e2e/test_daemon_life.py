"""A daemon from its first start to its end, whatever end that is."""

import json
import os
import resource
import shutil
import signal
import stat
from contextlib import aclosing
from pathlib import Path

import pytest

from ecstui import __version__
from ecstui.client.remote import RemoteClient
from ecstui.model.requests.clusters import CreateClusterRequest
from ecstui.store.feed import Batch, Resync
from ecstui.store.kinds import CLUSTERS, SERVICES, TASKS
from tests.e2e.conftest import Ecstui, Notifications

WEB = {
    "family": "web",
    "containerDefinitions": [{"name": "web", "image": "nginx:stable", "memory": 16}],
}


def register_and_serve(ecstui: Ecstui, count: int) -> None:
    ecstui.run("call", "RegisterTaskDefinition", json.dumps(WEB))
    service = {"serviceName": "web", "taskDefinition": "web", "desiredCount": count}
    ecstui.run("call", "CreateService", json.dumps(service))


def test_a_daemon_starts_answers_and_stops(ecstui: Ecstui):
    said = ecstui.run("daemon", "--detach")
    process_id = ecstui.process_id()
    assert f"process {process_id}" in said
    status = ecstui.run("status")
    assert f"process  {process_id}" in status
    assert f"version  {__version__}" in status
    assert stat.S_IMODE(ecstui.paths.root.stat().st_mode) == 0o700
    for path in ecstui.paths.root.iterdir():
        assert not path.stat().st_mode & 0o077, f"{path.name} is for its owner alone"
    assert "keep running" in ecstui.run("stop")
    assert not ecstui.paths.socket.exists()
    assert "No daemon runs" in ecstui.run("status", code=3)
    assert "No daemon runs" in ecstui.run("stop")


def test_starting_what_runs_already_changes_nothing(ecstui: Ecstui):
    first = ecstui.run("daemon", "--detach")
    assert ecstui.run("daemon", "--detach") == first


def test_two_starts_at_once_find_one_daemon(ecstui: Ecstui):
    starts = [ecstui.begin("daemon", "--detach") for _ in range(2)]
    said = [start.communicate(timeout=60)[0] for start in starts]
    assert [start.returncode for start in starts] == [0, 0], said
    assert said[0] == said[1]
    ecstui.run("stop")
    assert "No daemon runs" in ecstui.run("status", code=3), "the second one does not take over"


def test_the_daemon_outlives_the_terminal_that_started_it(ecstui: Ecstui):
    ecstui.run("daemon", "--detach")
    process_id = ecstui.process_id()
    assert os.getsid(process_id) == process_id, "a session of its own"
    assert str(Path(f"/proc/{process_id}/cwd").readlink()) == "/"


async def test_two_clients_see_the_same(ecstui: Ecstui):
    ecstui.run("daemon", "--detach")
    first, second = RemoteClient(ecstui.paths), RemoteClient(ecstui.paths)
    async with aclosing(second.changes()) as changes:
        while not isinstance(await anext(changes), Resync):
            pass
        await first.call(CreateClusterRequest(cluster_name="blue"))
        while not isinstance(await anext(changes), Batch):
            pass
    assert second.view.get(CLUSTERS, "blue") is not None
    await first.close()
    await second.close()


async def test_a_daemon_killed_at_any_moment_loses_nothing_acknowledged(ecstui: Ecstui):
    ecstui.run("daemon", "--detach")
    owner = ecstui.paths.owner.read_text()
    client = RemoteClient(ecstui.paths)
    changes = client.changes()
    for number in range(50):
        await client.call(CreateClusterRequest(cluster_name=f"c{number}"))
    os.kill(ecstui.process_id(), signal.SIGKILL)
    while client.problem is None:
        await anext(changes)
    assert ecstui.paths.socket.exists(), "a killed process leaves its socket"
    ecstui.run("daemon", "--detach")
    while client.view.count(CLUSTERS) < 51 or client.problem:
        await anext(changes)
    assert client.view.count(CLUSTERS) == 51
    assert ecstui.paths.owner.read_text() == owner
    await changes.aclose()
    await client.close()


def test_a_second_daemon_on_one_state_is_told_who_has_it(ecstui: Ecstui):
    ecstui.run("daemon", "--detach")
    said = ecstui.run("daemon", code=75)
    assert f"process id {ecstui.process_id()}" in said
    assert "--state DIR" in said


def test_two_states_run_side_by_side(ecstui: Ecstui, other: Ecstui):
    for one in (ecstui, other):
        one.run("daemon", "--detach")
    ecstui.run("call", "CreateCluster", '{"clusterName": "blue"}')
    assert "blue" in ecstui.run("call", "ListClusters")
    assert "blue" not in other.run("call", "ListClusters")
    assert ecstui.paths.owner.read_text() != other.paths.owner.read_text()
    ecstui.run("stop")
    assert "process" in other.run("status")


def test_in_the_foreground_it_talks_to_systemd_and_ends_on_sigterm(
    ecstui: Ecstui, systemd: Notifications
):
    ecstui.environ["NOTIFY_SOCKET"] = str(systemd.path)
    daemon = ecstui.begin("daemon")
    assert systemd.next() == "READY=1"
    assert "process" in ecstui.run("status")
    daemon.terminate()
    assert systemd.next() == "STOPPING=1"
    said, _ = daemon.communicate(timeout=60)
    assert daemon.returncode == 0, said
    assert "serves" in said
    assert "stopped" in said


async def test_stopping_with_tasks_asks_first_and_then_leaves_none(ecstui: Ecstui):
    ecstui.run("daemon", "--detach")
    register_and_serve(ecstui, count=3)
    client = RemoteClient(ecstui.paths)
    async with aclosing(client.changes()) as changes:
        while len(client.view.by(TASKS, "active", "yes")) < 3:
            await anext(changes)
    await client.close()
    said = ecstui.run("stop", "--tasks", given="n\n", code=1)
    assert "Stop 3 tasks" in said
    assert "Nothing was stopped" in said
    ecstui.process_id()
    said = ecstui.run("stop", "--tasks", given="y\n")
    assert "every task has stopped" in said
    ecstui.run("daemon", "--detach")
    client = RemoteClient(ecstui.paths)
    async with aclosing(client.changes()) as changes:
        while not isinstance(await anext(changes), Resync):
            pass
    assert not client.view.by(TASKS, "active", "yes")
    assert [service.desired_count for service in client.view.all(SERVICES)] == [0]
    await client.close()


def test_a_question_without_an_answer_is_a_no(ecstui: Ecstui):
    ecstui.run("daemon", "--detach")
    assert "Nothing was stopped" in ecstui.run("stop", "--tasks", code=1)
    assert "has stopped" in ecstui.run("stop", "--tasks", "--yes")


def test_tasks_without_a_daemon_are_not_taken_for_stopped(ecstui: Ecstui):
    assert "No daemon runs" in ecstui.run("stop", "--tasks")
    ecstui.run("daemon", "--detach")
    ecstui.run("call", "RegisterTaskDefinition", json.dumps(WEB))
    ecstui.run("call", "RunTask", '{"taskDefinition": "web", "count": 2}')
    ecstui.run("stop")
    said = ecstui.run("stop", "--tasks", code=3)
    assert "No daemon runs" in said
    assert "2 tasks may still run: `ecstui daemon --detach`, then `ecstui stop --tasks`" in said
    ecstui.run("daemon", "--detach")
    ecstui.run("stop", "--tasks", "--yes")
    assert "may still run" not in ecstui.run("stop", "--tasks", "--yes")


def test_another_pace_than_that_of_the_daemon_is_told(ecstui: Ecstui):
    ecstui.run("daemon", "--detach")
    said = ecstui.run("--pace", "aws", "daemon", "--detach", code=1)
    assert "runs at the local pace already" in said
    ecstui.run("--pace", "local", "daemon", "--detach")


# -- bad luck -------------------------------------------------------------------------------------


def test_a_full_disk_ends_the_daemon_says_so_and_loses_nothing_acknowledged(
    ecstui: Ecstui, systemd: Notifications
):
    ecstui.environ["NOTIFY_SOCKET"] = str(systemd.path)

    def let_files_be_small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))

    daemon = ecstui.begin("daemon", preexec_fn=let_files_be_small)
    assert systemd.next() == "READY=1"
    made = 0
    while ecstui.try_to("call", "CreateCluster", f'{{"clusterName": "c{made}-{"x" * 200}"}}'):
        made += 1
    assert made > 0
    said, _ = daemon.communicate(timeout=60)
    assert daemon.returncode == 74, said
    reason = ecstui.paths.failure.read_text()
    assert "journal cannot be written" in reason
    assert "journal cannot be written" in ecstui.run("doctor", code=1)
    del ecstui.environ["NOTIFY_SOCKET"]
    ecstui.run("daemon", "--detach")
    assert not ecstui.paths.failure.exists()
    kept = json.loads(ecstui.run("call", "ListClusters"))["clusterArns"]
    assert len(kept) >= made + 1, "and default, which is always there"


def test_a_daemon_ends_when_its_state_is_removed_and_leaves_the_next_one_alone(
    ecstui: Ecstui, systemd: Notifications
):
    ecstui.environ["NOTIFY_SOCKET"] = str(systemd.path)
    old = ecstui.begin("daemon")
    assert systemd.next() == "READY=1"
    shutil.rmtree(ecstui.paths.root)
    del ecstui.environ["NOTIFY_SOCKET"]
    ecstui.run("daemon", "--detach")
    said, _ = old.communicate(timeout=60)
    assert old.returncode == 78, said
    assert "was removed while its daemon ran" in said
    assert "process" in ecstui.run("status")
    assert not ecstui.paths.failure.exists()


def test_a_journal_that_is_none_is_named_and_kept(ecstui: Ecstui):
    ecstui.run("daemon", "--detach")
    ecstui.run("stop")
    for path in ecstui.paths.root.glob("journal.sqlite*"):
        path.unlink()
    ecstui.paths.journal.write_text("this is no database" * 1_000)
    said = ecstui.run("daemon", "--detach", code=69)
    assert "did not start" in said
    assert "journal.sqlite" in said
    assert ecstui.paths.journal.read_text().startswith("this is no database")
    assert "it had to stop" in ecstui.run("doctor", code=1)


def test_without_an_engine_the_first_start_says_what_is_missing(ecstui: Ecstui):
    ecstui.environ["DOCKER_HOST"] = f"unix://{ecstui.paths.root}/none.sock"
    for words in (("daemon",), ("daemon", "--detach")):
        said = ecstui.run("--engine", "docker", *words, code=69)
        assert "there is no socket" in said
        assert "`ecstui doctor` says what is wrong" in said


def test_a_folder_of_something_else_is_left_alone(ecstui: Ecstui):
    ecstui.paths.root.mkdir()
    (ecstui.paths.root / "thesis.tex").touch()
    for words in (("daemon",), ("daemon", "--detach")):
        assert "thesis.tex is in it" in ecstui.run(*words, code=78)
    assert [path.name for path in ecstui.paths.root.iterdir()] == ["thesis.tex"]


def test_a_wrong_setting_is_one_sentence(ecstui: Ecstui):
    said = ecstui.run("--pace", "fast", "status", code=78)
    assert said == "ecstui: --pace: 'fast' is not one of local or aws.\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_in_order(ecstui: Ecstui, number):
    ecstui.run("daemon", "--detach")
    os.kill(ecstui.process_id(), number)
    ecstui.wait_until_gone()
    assert "No daemon runs" in ecstui.run("stop")
    assert "stopped" in ecstui.paths.log.read_text()
    assert not ecstui.paths.failure.exists()
