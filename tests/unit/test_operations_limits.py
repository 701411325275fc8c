"""The largest of everything that is still taken; one more is refused in the tests of its rule."""

import pytest

from ecstui.model.enums import NetworkMode, PlacementConstraintType, PlacementStrategyType
from ecstui.model.requests.clusters import DescribeClustersRequest
from ecstui.model.requests.services import DescribeServicesRequest
from ecstui.model.requests.tasks import StopTaskRequest
from ecstui.model.service import DeploymentConfiguration, PlacementConstraint, PlacementStrategy
from ecstui.model.shape import Tag
from ecstui.model.task import (
    AwsVpcConfiguration,
    ContainerOverride,
    NetworkConfiguration,
    TaskOverride,
)
from ecstui.model.task_definition import TaskDefinitionPlacementConstraint
from tests.factories import a_task, an_id, an_instance
from tests.support.desk import Desk

EXPRESSION = "attribute:a exists"
MEMBER_OF = PlacementConstraint(
    type=PlacementConstraintType.MEMBER_OF, expression=EXPRESSION.ljust(2000)
)
DISTINCT = PlacementConstraint(type=PlacementConstraintType.DISTINCT_INSTANCE)
RANDOM = PlacementStrategy(type=PlacementStrategyType.RANDOM)


@pytest.fixture
def desk():
    desk = Desk()
    desk.register("web")
    return desk


@pytest.mark.parametrize(
    "members",
    [
        {"tags": tuple(Tag(key=str(number)) for number in range(50))},
        {"tags": (Tag(key="k" * 128, value="v" * 256),)},
        {"placement_strategy": (RANDOM,) * 5},
        {"placement_constraints": (DISTINCT,) * 10},
        {"placement_constraints": (MEMBER_OF,)},
        {"desired_count": 5000},
        {"health_check_grace_period_seconds": 2**31 - 1},
        {"deployment_configuration": DeploymentConfiguration(maximum_percent=2**31 - 1)},
        {"client_token": "!" + "~" * 35},
        {"name": "n" * 255},
    ],
)
def test_a_service_may_have_so_much(desk, members):
    assert desk.create(**({"name": "web"} | members)).desired_count in {2, 5000}


def test_a_network_may_have_16_subnets_and_5_security_groups(desk):
    desk.register("net", network_mode=NetworkMode.AWSVPC)
    awsvpc = AwsVpcConfiguration(subnets=("s",) * 16, security_groups=("g",) * 5)
    network = NetworkConfiguration(awsvpc_configuration=awsvpc)
    assert desk.create(task_definition="net", network_configuration=network).desired_count == 2


@pytest.mark.parametrize(
    "members",
    [
        {"count": 10},
        {"group": "g" * 255},
        {"started_by": "s" * 128},
        {"client_token": "t" * 64},
    ],
)
def test_a_run_may_have_so_much(desk, members):
    assert desk.run(**members)


@pytest.mark.parametrize("override", [{"cpu": 0}, {"memory": 6, "memory_reservation": 6}])
def test_an_override_may_be_so_small(desk, override):
    overrides = TaskOverride(container_overrides=(ContainerOverride(name="app", **override),))
    assert desk.run(overrides=overrides)


def test_overrides_may_be_8192_characters_long(desk):
    def overrides(length):
        changed = ContainerOverride(name="app", command=("x" * length,))
        return TaskOverride(container_overrides=(changed,))

    around = len(overrides(0).model_dump_json(by_alias=True, exclude_none=True))
    assert desk.run(overrides=overrides(8192 - around))


def test_so_many_may_be_described_at_once(desk):
    assert len(desk.call(DescribeClustersRequest(clusters=("default",) * 100)).clusters) == 1
    answer = desk.call(DescribeServicesRequest(services=tuple("abcdefghij")))
    assert len(answer.failures) == 10


def test_a_reason_may_be_1024_characters_long(desk):
    desk.put(a_task(seed="t"))
    task = desk.call(StopTaskRequest(task=an_id("t"), reason="x" * 1024)).task
    assert task.stopped_reason == "x" * 1024


def test_a_constraint_of_the_definition_holds_for_its_tasks(desk):
    desk.put(an_instance("local-2", zone="local-b"))
    constraint = TaskDefinitionPlacementConstraint(
        type=PlacementConstraintType.MEMBER_OF,
        expression="attribute:ecs.availability-zone == local-b",
    )
    desk.register("zoned", placement_constraints=(constraint,))
    assert {task.availability_zone for task in desk.run("zoned", count=5)} == {"local-b"}
