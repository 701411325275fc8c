"""Why services and tasks wait, asked while they do: figures and what would help."""

from dataclasses import replace

import pytest

from ecstui.client.why import why_of
from ecstui.commands.why import lines_of
from ecstui.engine.behaviour import Behaviour
from ecstui.model.requests.capacity_providers import (
    CreateAutoScalingGroupRequest,
    CreateCapacityProviderRequest,
    PutClusterCapacityProvidersRequest,
)
from ecstui.model.requests.clusters import CreateClusterRequest
from ecstui.model.requests.protection import UpdateTaskProtectionRequest
from ecstui.model.requests.tasks import StopTaskRequest
from tests.support.town import Town

pytestmark = pytest.mark.sim

BLUE_GREEN = {"strategy": "BLUE_GREEN", "bake_time_in_minutes": 1}
LARGE = {"cpu": 64, "memory": 5000}
"""An instance has room for one such container."""


def why(town: Town, arn: str) -> str:
    """The whole answer of `ecstui why`."""
    now = town.clock.now()
    found = why_of(town.plane.store, arn, now)
    assert found is not None
    return "\n".join(lines_of(found, now))


async def a_web(town: Town, desired_count: int = 2, **members: object) -> str:
    definition = await town.definition("web", image="town/web:1")
    web = await town.service("web", desired_count, definition, **members)
    await town.steady(web)
    return web


# -- both sides of a blue/green deployment -------------------------------------------------------


async def test_blue_without_room_says_so_instance_by_instance(town: Town) -> None:
    blue = await town.definition("web", image="town/web:1", **LARGE)
    web = await town.service("web", 3, blue, deployment_configuration=BLUE_GREEN)
    await town.steady(web)
    green = await town.definition("web", image="town/web:2")
    await town.update("web", task_definition=green, desired_count=4)
    await town.advance(15)
    told = why(town, web)
    assert (
        "a task of blue, the revision that serves, needs 64 CPU units and 5000 MiB: "
        "none of 3 instances can take it" in told
    )
    assert ": needs 5000 MiB, 3128 MiB left" in told
    assert "free 1872 MiB on" in told
    assert "or wait: green goes on meanwhile" in told
    assert "was unable to place" not in told


async def test_both_sides_without_room_are_told_apart(town: Town) -> None:
    blue = await town.definition("web", image="town/web:1", **LARGE)
    web = await town.service("web", 3, blue, deployment_configuration=BLUE_GREEN)
    await town.steady(web)
    green = await town.definition("web", image="town/web:2", cpu=64, memory=3000)
    await town.update("web", task_definition=green, desired_count=4)
    await town.advance(30)
    told = why(town, web)
    assert "a task of blue, the revision that serves, needs 64 CPU units and 5000 MiB" in told
    assert "a task needs 64 CPU units and 3000 MiB: none of 3 instances can take it" in told
    assert told.index("none of 3 instances") < told.index("at SCALE_UP")
    assert "instance by instance, for a task of blue:\n  i-1: needs 5000 MiB, 192 MiB" in told
    assert "instance by instance:\n  i-1: needs 3000 MiB, 192 MiB left" in told
    assert "free 4808 MiB on i-1" in told
    assert "free 2808 MiB on i-1" in told


async def test_blue_throttled_says_when_it_is_tried_again(town: Town) -> None:
    good = Behaviour(pull_seconds=0.0, start_seconds=0.1)
    town.image("town/first", good)
    blue = await town.definition("web", image="town/first:1")
    web = await town.service("web", 2, blue, deployment_configuration=BLUE_GREEN)
    await town.steady(web)
    town.image("town/first", Behaviour(pull_seconds=0.0, exits_after_seconds=0.3, exit_code=1))
    await town.plane.call(StopTaskRequest(task=town.tasks(web)[0].task_arn))
    await town.until(lambda: town.service_record(web).primary.quick_exits >= 8)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.advance(0.1)
    told = why(town, web)
    assert "blue, the revision that serves: 8 tasks in a row died soon: next attempt in" in told
    assert "green goes on meanwhile" in told


# -- capacity providers ----------------------------------------------------------------------------


async def a_pool(town: Town, *, status: str = "ENABLED", **members: object) -> None:
    """A group of slices of 256 CPU units and 512 MiB behind the capacity provider `local`."""
    group = {"auto_scaling_group_name": "pool", "cpu": 256, "memory": 512} | members
    await town.plane.call(CreateAutoScalingGroupRequest.model_validate(group))
    behind = {"auto_scaling_group_arn": "pool", "managed_scaling": {"status": status}}
    provider = {"name": "local", "auto_scaling_group_provider": behind}
    await town.plane.call(CreateCapacityProviderRequest.model_validate(provider))
    offer = {
        "cluster": "default",
        "capacity_providers": ("local",),
        "default_capacity_provider_strategy": ({"capacity_provider": "local", "weight": 1},),
    }
    await town.plane.call(PutClusterCapacityProvidersRequest.model_validate(offer))
    await town.advance(5)


async def a_web_of_the_pool(town: Town, desired_count: int, memory: int) -> str:
    definition = await town.definition("web", image="town/web:1", memory=memory)
    return await town.service("web", desired_count, definition)


async def test_a_group_at_its_most_says_so_and_what_would_raise_it(town: Town) -> None:
    await a_pool(town, max_size=1, min_size=0)
    web = await a_web_of_the_pool(town, 3, memory=400)
    await town.advance(60)
    told = why(town, web)
    assert (
        "2 tasks wait in PROVISIONING for capacity provider local, for up to 1m, given up in 4m: "
        "group pool has 1 of at most 1 instance" in told
    )
    assert "raise maxSize of Auto Scaling group pool above 1" in told
    waiting = next(task for task in town.tasks(web) if task.is_waiting_for_capacity)
    told = why(town, waiting.task_arn)
    assert "the one instance of capacity provider local cannot take it" in told
    assert "pool-1: needs 400 MiB, 112 MiB left" in told
    assert "i-1:" not in told  # no place for a task of this provider
    assert "register" not in told


@pytest.mark.parametrize("status", ["ENABLED", "DISABLED"])
async def test_a_group_whose_instances_join_another_cluster_is_told(
    town: Town, status: str
) -> None:
    await town.plane.call(CreateClusterRequest(cluster_name="blue"))
    await a_pool(town, status=status, cluster="blue", max_size=4, min_size=0)
    web = await a_web_of_the_pool(town, 1, memory=400)
    await town.advance(30)
    told = why(town, web)
    if status == "ENABLED":
        assert "the instances of group pool join cluster blue: none comes" in told
    assert "of this cluster: Auto Scaling group pool is of cluster blue" in told


async def test_instances_that_boot_are_all_that_there_is_to_wait_for(town: Town) -> None:
    await a_pool(town, max_size=4, min_size=0)
    web = await a_web_of_the_pool(town, 3, memory=400)
    await town.until(lambda: "2 instances on the way" in why(town, web))
    assert "what would help" not in why(town, web)


async def test_a_task_larger_than_the_instances_of_a_group_never_fits(town: Town) -> None:
    await a_pool(town, max_size=4, min_size=0)
    web = await a_web_of_the_pool(town, 1, memory=900)
    await town.advance(30)
    told = why(town, web)
    assert "has 256 CPU units and 512 MiB, 64 and 900 are needed: it can never fit" in told
    assert "whose instances have at least 64 CPU units and 900 MiB" in told


@pytest.mark.parametrize("desired", [0, 1])
async def test_a_group_that_is_not_scaled_needs_somebody_to_raise_it(
    town: Town, desired: int
) -> None:
    await a_pool(town, status="DISABLED", max_size=4, min_size=0, desired_capacity=desired)
    web = await a_web_of_the_pool(town, desired + 1, memory=400)
    await town.advance(30)
    told = why(town, web)
    which = "the one instance of" if desired else "64 CPU units and 400 MiB:"
    assert f"{which} capacity provider local" in told
    assert f"raise desiredCapacity of Auto Scaling group pool above {desired}, or enable" in told
    assert "register" not in told


# -- protection ------------------------------------------------------------------------------------


async def test_protection_is_told_once(town: Town) -> None:
    web = await a_web(town, 3)
    request = UpdateTaskProtectionRequest(
        tasks=tuple(task.task_arn for task in town.tasks(web)),
        protection_enabled=True,
        expires_in_minutes=5,
    )
    assert not (await town.plane.call(request)).failures
    await town.update("web", desired_count=1)
    await town.advance(10)
    told = why(town, web)
    assert "2 tasks under scale-in protection; the first ends in 4m50s" in told
    assert "was unable" not in told


# -- what the constraints say, and what would help ------------------------------------------------


async def test_a_port_that_the_services_own_tasks_hold_is_not_freed_by_stopping_them(
    town: Town,
) -> None:
    port = [{"container_port": 80, "host_port": 80}]
    web = await town.service("web", 4, await town.definition("web", port_mappings=port))
    await town.advance(10)
    told = why(town, web)
    assert "a task needs 64 CPU units, 64 MiB and host port 80/tcp: none of 3 instances" in told
    assert "held by service:web" in told
    assert "let Docker choose the host port (hostPort 0)" in told
    assert "free port" not in told


async def test_one_task_an_instance_says_what_to_give_up(town: Town) -> None:
    definition = await town.definition("web", image="town/web:1")
    distinct = ({"type": "distinctInstance"},)
    web = await town.service("web", 5, definition, placement_constraints=distinct)
    await town.advance(10)
    told = why(town, web)
    assert "2 tasks, each of which needs" in told
    assert "ask for fewer tasks, or give up the constraint distinctInstance" in told


async def test_a_daemon_tells_of_the_instances_without_one_only(town: Town) -> None:
    await town.run(await town.definition("full", image="town/web:1", memory=8000))
    definition = await town.definition("web", image="town/web:1", memory=500)
    web = await town.service("web", None, definition, scheduling_strategy="DAEMON")
    await town.advance(10)
    told = why(town, web)
    assert "the one instance without one cannot take it" in told
    assert ": needs 500 MiB, 192 MiB left" in told
    assert "already" not in told
    assert "register" not in told


async def test_a_daemon_wants_no_task_where_its_constraints_keep_it_away(town: Town) -> None:
    town.image("town/slow", Behaviour(pull_seconds=0.0, start_seconds=60.0))
    here = {"type": "memberOf", "expression": "attribute:ecs.availability-zone == zone-a"}
    definition = await town.definition("web", image="town/slow:1")
    web = await town.service(
        "web", None, definition, scheduling_strategy="DAEMON", placement_constraints=(here,)
    )
    await town.advance(5)
    assert "starting, for 5s" in why(town, web)
    assert "can take it" not in why(town, web)


async def test_an_engine_that_is_away_is_to_be_started(town: Town) -> None:
    definition = await town.definition("web", image="town/web:1")
    town.world.stop_engine()
    await town.advance(30)
    web = await town.service("web", 1, definition)
    await town.advance(5)
    told = why(town, web)
    assert "i-1: its engine does not answer" in told
    assert "start engine simulated again" in told


async def test_tasks_that_stay_unhealthy_in_their_grace_have_logs_to_read(town: Town) -> None:
    sick = Behaviour(pull_seconds=0.0, start_seconds=0.1, healthy_after_seconds=None)
    town.image("town/sick", sick)
    check = {"command": ["CMD-SHELL", "curl -f localhost"], "interval": 5, "retries": 1}
    definition = await town.definition("web", image="town/sick:1", health_check=check)
    web = await town.service("web", 1, definition, health_check_grace_period_seconds=120)
    await town.advance(30)
    told = why(town, web)
    assert "1 task unhealthy, the grace period ends in 1m30s" in told
    assert "read the logs of the unhealthy tasks" in told


async def test_tasks_that_stop_because_their_checks_failed_say_so(town: Town) -> None:
    sick = Behaviour(pull_seconds=0.0, healthy_after_seconds=None, stops_after_seconds=None)
    town.image("town/sick", sick)
    check = {"command": ["CMD-SHELL", "curl -f localhost"], "interval": 5, "retries": 1}
    definition = await town.definition("web", image="town/sick:1", health_check=check)
    web = await town.service("web", 2, definition)
    await town.until(lambda: "stopping" in why(town, web))
    told = why(town, web)
    assert "2 tasks stopping: Task failed container health checks; killed in 30s" in told


async def test_no_room_beside_old_tasks_that_must_stay_says_how_low_the_floor_may_be(
    town: Town,
) -> None:
    web = await town.service("web", 3, await town.definition("web", **LARGE))
    await town.steady(web)
    await town.update("web", task_definition=await town.definition("web", **LARGE))
    await town.advance(10)
    told = why(town, web)
    assert "3 tasks, each of which needs 64 CPU units and 5000 MiB" in told
    assert "lower minimumHealthyPercent to 66, so that an old task makes room" in told
    await town.update("web", deployment_configuration={"minimum_healthy_percent": 66})
    await town.steady(web)


async def test_fargate_bound_to_the_engine_says_what_is_left_there(town: Town) -> None:
    await town.plane.stop()
    town.setup = replace(town.setup, is_fargate_limited=True)
    town.plane = town._new_plane()
    await town.open()
    far = await town.register(
        "far",
        [{"name": "app", "image": "town/web:1"}],
        cpu="1024",
        memory="2048",
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE"],
    )
    has = int(town.world.cpu_count)
    network = {"awsvpc_configuration": {"subnets": ["subnet-1"]}}
    service = await town.service(
        "far", has + 1, far, launch_type="FARGATE", network_configuration=network
    )
    await town.advance(20)
    told = why(town, service)
    assert "a task needs 1024 CPU units and 2048 MiB: Fargate has no room for it" in told
    assert "engine by engine:\n  simulated: needs " in told
    assert " on simulated: stop or shrink a task there" in told
    assert "under [fargate] in config.toml" in told
    assert "register" not in told
