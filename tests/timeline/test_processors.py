"""`runtimePlatform` decides on which instances a task may be."""

import pytest

from ecstui.model.cluster import Resource
from ecstui.model.requests.instances import RegisterContainerInstanceRequest
from ecstui.model.requests.tasks import RunTaskRequest
from tests.support.town import Town

pytestmark = pytest.mark.sim

ARCHITECTURE = "ecs.cpu-architecture"


def architectures(town: Town) -> list[str | None]:
    """What instances say of their processor."""
    return [a.value for i in town.instances() for a in i.attributes if a.name == ARCHITECTURE]


async def definition(town: Town, architecture: str) -> str:
    """A revision for a processor."""
    container = {"name": "app", "image": "town/web:1", "memory": 64}
    platform = {"cpu_architecture": architecture}
    return await town.register(f"for-{architecture}", [container], runtime_platform=platform)


async def test_instances_know_their_processor_and_tasks_keep_to_it(town: Town) -> None:
    await town.advance(1)
    assert architectures(town) == ["x86_64"] * 3
    (task,) = await town.run(await definition(town, "X86_64"))
    await town.until(lambda: town.task(task).last_status == "RUNNING")
    for_arm = RunTaskRequest(task_definition=await definition(town, "ARM64"))
    response = await town.plane.call(for_arm)
    assert response.tasks == ()
    assert {failure.reason for failure in response.failures} == {"ATTRIBUTE"}


async def test_an_instance_that_comes_later_knows_it_too(town: Town) -> None:
    size = (
        Resource(name="CPU", type="INTEGER", integer_value=1024),
        Resource(name="MEMORY", type="INTEGER", integer_value=512),
    )
    await town.plane.call(RegisterContainerInstanceRequest(total_resources=size))
    await town.advance(1)
    assert architectures(town) == ["x86_64"] * 4
