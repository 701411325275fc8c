"""Secrets and files of variables on their way into a container, and the end of a task without."""

from dataclasses import replace
from pathlib import Path

import pytest

from ecstui.control.sources import LocalSources
from ecstui.engine.simulated import SimulatedEngine
from ecstui.model.enums import StopCode
from ecstui.model.requests.tasks import DescribeTasksRequest
from ecstui.plan.spec import ContainerSpec
from tests.support.town import Town

pytestmark = pytest.mark.sim

ROLE = "arn:aws:iam::000000000000:role/x"
TOKEN = {"name": "TOKEN", "value_from": "/prod/token"}
FILE = {"value": "arn:aws:s3:::config/app.env"}


def a_container(name: str = "app", **members: object) -> dict[str, object]:
    """A container of the web image."""
    return {"name": name, "image": "town/web:1", "memory": 64} | members


@pytest.fixture
async def guarded(town: Town, tmp_path: Path) -> Town:
    """The town, with folders for secrets and for buckets."""
    (tmp_path / "prod").mkdir()
    (tmp_path / "config").mkdir()
    sources = LocalSources(secrets_directory=tmp_path, buckets_directory=tmp_path)
    town.setup = replace(town.setup, sources=sources)
    await town.crash()
    return town


def environment_in(town: Town, task: str, container: str = "app") -> dict[str, str]:
    """What a container sees."""
    record = next(c for c in town.task(task).containers if c.name == container)
    return dict(town.world.containers[record.engine_name].environment)


async def started(town: Town, *containers: dict[str, object]) -> str:
    """A task of these containers; its ARN."""
    definition = await town.register("web", list(containers), execution_role_arn=ROLE)
    (task,) = await town.run(definition)
    return task


async def test_a_container_gets_its_secret_and_nobody_else(guarded: Town, tmp_path: Path) -> None:
    (tmp_path / "prod" / "token").write_text("s3cr3t-value\n")
    (tmp_path / "config" / "app.env").write_text("MODE=from-file\n")
    task = await started(guarded, a_container(secrets=[TOKEN], environment_files=[FILE]))
    await guarded.until(lambda: guarded.task(task).last_status == "RUNNING")
    seen = environment_in(guarded, task)
    assert (seen["TOKEN"], seen["MODE"]) == ("s3cr3t-value", "from-file")
    journal = "".join(guarded.journal.documents.values())
    described = await guarded.plane.call(DescribeTasksRequest(tasks=(task,)))
    kept = (journal, repr(guarded.plane.effects.last), str(described.to_wire()))
    assert not [text for text in kept if "s3cr3t-value" in text or "from-file" in text]
    assert "/prod/token" in journal


async def test_a_task_without_its_secret_fails_to_start_and_says_what_to_do(
    guarded: Town, tmp_path: Path
) -> None:
    task = await started(guarded, a_container(secrets=[TOKEN]))
    await guarded.until(lambda: guarded.task(task).is_stopped)
    record = guarded.task(task)
    assert record.stop_code is StopCode.TASK_FAILED_TO_START
    assert record.stopped_reason == (
        "ResourceInitializationError: unable to pull secrets or registry auth: there is no value "
        f"for /prod/token here. Write it to {tmp_path}/prod/token, or name its file under "
        '[secrets] in config.toml: "/prod/token" = "FILE"'
    )
    assert guarded.world.containers == {}
    (tmp_path / "prod" / "token").write_text("x")
    again = await started(guarded, a_container(secrets=[TOKEN]))
    await guarded.until(lambda: guarded.task(again).last_status == "RUNNING")


async def test_what_one_container_lacks_the_task_lacks(guarded: Town) -> None:
    side = a_container("side", essential=False, environment_files=[FILE])
    task = await started(guarded, a_container(), side)
    await guarded.until(lambda: guarded.task(task).is_stopped)
    record = guarded.task(task)
    assert record.stop_code is StopCode.TASK_FAILED_TO_START
    assert str(record.stopped_reason).startswith(
        "ResourceInitializationError: failed to download env files: arn:aws:s3:::config/app.env "
        "is not here. Put it at"
    )


async def test_a_private_image_needs_the_credentials_that_it_names(
    guarded: Town, tmp_path: Path
) -> None:
    credentials = "arn:aws:secretsmanager:us-east-1:123456789012:secret:registry-AbCdEf"
    private = a_container(repository_credentials={"credentials_parameter": credentials})
    task = await started(guarded, private)
    await guarded.until(lambda: guarded.task(task).is_stopped)
    reason = str(guarded.task(task).stopped_reason)
    assert f"Write it to {tmp_path}/registry" in reason
    (tmp_path / "registry").write_text('{"username": "me", "password": "p4ssword"}')
    again = await started(guarded, private)
    await guarded.until(lambda: guarded.task(again).last_status == "RUNNING")
    assert "p4ssword" not in repr(guarded.plane.effects.last)


async def test_a_fault_of_ours_does_not_tell_a_secret(
    guarded: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "prod" / "token").write_text("s3cr3t-value")

    async def broken(_: SimulatedEngine, spec: ContainerSpec) -> None:
        raise ValueError(dict(spec.environment)["TOKEN"])

    monkeypatch.setattr(SimulatedEngine, "create", broken)
    task = await started(guarded, a_container(secrets=[TOKEN]))
    await guarded.until(lambda: guarded.task(task).is_stopped)
    reason = str(guarded.task(task).stopped_reason)
    assert reason == "CannotCreateContainerError: internal error: ValueError"
    assert "s3cr3t-value" not in caplog.text
