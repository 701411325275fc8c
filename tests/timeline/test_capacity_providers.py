"""Capacity providers as stories: instances that come for waiting tasks, and go when idle."""

from collections import Counter

import pytest

from ecstui.engine.behaviour import Behaviour
from ecstui.model.capacity import AutoScalingGroupRecord
from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.enums import InstanceStatus, LaunchType, StopCode, TaskStatus
from ecstui.model.requests.capacity_providers import (
    CreateAutoScalingGroupRequest,
    CreateCapacityProviderRequest,
    InterruptSpotTaskRequest,
    PutClusterCapacityProvidersRequest,
    UpdateAutoScalingGroupRequest,
)
from ecstui.model.requests.tasks import StopTaskRequest
from ecstui.model.task import TaskRecord
from ecstui.plan.pace import PACES, PaceName
from ecstui.store.kinds import AUTO_SCALING_GROUPS, TASKS
from tests.support.town import Town

pytestmark = pytest.mark.sim

STRATEGY = ({"capacity_provider": "local", "weight": 1},)


async def a_group(
    town: Town, name: str = "pool", provider: str = "local", **members: object
) -> None:
    """A group of slices of 256 CPU units and 512 MiB behind a scaled capacity provider."""
    scaling = members.pop("scaling", {"status": "ENABLED"})
    settings = members.pop("settings", {})
    assert isinstance(settings, dict)
    request = {"auto_scaling_group_name": name, "cpu": 256, "memory": 512} | members
    await town.plane.call(CreateAutoScalingGroupRequest.model_validate(request))
    group = {"auto_scaling_group_arn": name, "managed_scaling": scaling} | settings
    await town.plane.call(
        CreateCapacityProviderRequest.model_validate(
            {"name": provider, "auto_scaling_group_provider": group}
        )
    )


async def set_group(town: Town, **members: int) -> None:
    request = {"auto_scaling_group_name": "pool"} | members
    await town.plane.call(UpdateAutoScalingGroupRequest.model_validate(request))


async def associate(town: Town, *providers: str) -> None:
    request = {
        "cluster": "default",
        "capacity_providers": providers,
        "default_capacity_provider_strategy": (),
    }
    await town.plane.call(PutClusterCapacityProvidersRequest.model_validate(request))


def group_of(town: Town, name: str = "pool") -> AutoScalingGroupRecord:
    group = town.plane.store.get(AUTO_SCALING_GROUPS, name)
    assert group is not None
    return group


def members(town: Town, name: str = "pool") -> list[ContainerInstanceRecord]:
    """Instances of a group that were not deregistered."""
    return [i for i in town.instances() if i.auto_scaling_group == name and not i.is_gone]


def sign_of(task: TaskRecord) -> str:
    """`w` waits for capacity, `.` starts, `#` runs."""
    if task.is_waiting_for_capacity:
        return "w"
    return "#" if task.last_status is TaskStatus.RUNNING else "."


def picture(town: Town) -> str:
    """Instances (`i`, `d` draining, `b` booting), tasks, CapacityProviderReservation."""
    there = "".join("d" if i.is_terminating else "i" for i in members(town))
    group = group_of(town)
    instances = "".join(sorted(there, key="id".index)) + "b" * len(group.booting)
    tasks = "".join(sorted(map(sign_of, town.tasks()), key="#.w".index))
    return f"{instances:<6} {tasks:<8} {group.scaling.reservation:.0f} %"


async def story(town: Town, seconds: float) -> str:
    """A line for each change, for so many seconds."""
    began, lines, last = town.now, [], ""
    while town.now - began < seconds:
        now = picture(town)
        if now != last:
            lines.append(f"{town.now - began:6.1f}s  {now}")
            last = now
        await town.advance(0.05)
    return "\n".join(lines)


@pytest.fixture
async def web(town: Town) -> str:
    """A service of six tasks, of which an instance of the group takes two."""
    await a_group(town)
    await associate(town, "local")
    definition = await town.definition("web", image="town/web:1", cpu=128, memory=128)
    return await town.service("web", 6, definition, capacity_provider_strategy=STRATEGY)


async def test_instances_come_for_waiting_tasks_and_go_when_they_are_idle(
    town: Town, web: str
) -> None:
    """From nothing two instances come first, then what is missing after the warmup of 10 s."""
    assert (
        await story(town, 30)
        == """\
   0.0s         wwwwww   100 %
   5.0s  bb     wwwwww   200 %
   8.0s  ii     ....ww   200 %
   8.5s  ii     ####ww   200 %
  10.0s  ii     ####ww   150 %
  20.0s  iib    ####ww   150 %
  23.0s  iii    ####..   150 %
  23.5s  iii    ######   150 %
  25.0s  iii    ######   100 %"""
    )
    await town.steady(web)
    await town.update(web, desired_count=1)
    await town.until(lambda: len(town.tasks()) == 1)
    assert [line[9:] for line in (await story(town, 100)).splitlines()] == [
        "iii    #        100 %",
        "iii    #        33 %",
        "ii     #        33 %",
        "i      #        50 %",
        "i      #        100 %",
    ]


async def test_the_scale_in_takes_fifteen_points(town: Town, web: str) -> None:
    await town.steady(web)
    await town.until(lambda: group_of(town).scaling.reservation == 100.0)
    await town.update(web, desired_count=1)
    await town.until(lambda: group_of(town).scaling.low_points == 1)
    began = town.now
    await town.until(lambda: len(members(town)) == 2)
    period = town.setup.pace.scaling_period_seconds
    assert town.now - began == pytest.approx(14 * period, abs=0.3)


async def test_an_instance_with_a_task_is_drained_before_it_goes(town: Town, web: str) -> None:
    """The replacements run elsewhere before the tasks on the leaving instance stop."""
    await town.steady(web)
    await town.update(web, desired_count=4)
    await town.steady(web)
    await set_group(town, max_size=2)
    await town.advance(0.1)
    assert [i.status for i in members(town)].count(InstanceStatus.DRAINING) == 1
    fewest = []

    def has_shrunk() -> bool:
        fewest.append(sum(t.last_status is TaskStatus.RUNNING for t in town.tasks(web)))
        return len(members(town)) == 2

    await town.until(has_shrunk)
    await town.steady(web)
    assert min(fewest) >= 4
    gone = [i for i in town.instances() if i.auto_scaling_group and i.is_gone]
    assert [(i.status, i.is_terminating) for i in gone] == [(InstanceStatus.INACTIVE, True)]


async def test_without_managed_draining_an_instance_takes_its_tasks_along(town: Town) -> None:
    await a_group(town, desired_capacity=1, settings={"managed_draining": "DISABLED"})
    await associate(town, "local")
    definition = await town.definition("job", image="town/web:1", cpu=128, memory=128)
    (job,) = await town.run(definition, capacity_provider_strategy=STRATEGY)
    await town.until(lambda: town.task(job).last_status is TaskStatus.RUNNING)
    await set_group(town, max_size=0)
    await town.until(lambda: town.task(job).is_stopped and not members(town))
    instance = next(i for i in town.instances() if i.auto_scaling_group)
    assert (town.task(job).stop_code, town.task(job).stopped_reason) == (
        StopCode.TERMINATION_NOTICE,
        f"Host EC2 (instance {instance.ec2_instance_id}) terminated.",
    )


@pytest.mark.parametrize("is_killed", [False, True])
async def test_a_draining_instance_waits_for_a_task_no_longer_than_the_hook(
    town: Town, is_killed: bool
) -> None:
    await a_group(town, desired_capacity=1)
    await associate(town, "local")
    definition = await town.definition("job", image="town/web:1", cpu=128, memory=128)
    (job,) = await town.run(definition, capacity_provider_strategy=STRATEGY)
    await town.until(lambda: town.task(job).last_status is TaskStatus.RUNNING)
    await set_group(town, max_size=0)
    await town.advance(town.setup.pace.draining_hook_seconds - 5)
    assert town.task(job).is_wanted, "a task of no service is left alone"
    if is_killed:
        await town.crash()
    await town.until(lambda: town.task(job).is_stopped and not members(town), within_seconds=10)
    assert town.task(job).stop_code is StopCode.TERMINATION_NOTICE


async def test_protected_instances_with_tasks_stay(town: Town) -> None:
    await a_group(town, desired_capacity=2, settings={"managed_termination_protection": "ENABLED"})
    await associate(town, "local")
    definition = await town.definition("job", image="town/web:1", cpu=256, memory=128)
    (job,) = await town.run(definition, capacity_provider_strategy=STRATEGY)
    await town.until(lambda: town.task(job).last_status is TaskStatus.RUNNING)
    home = town.task(job).container_instance_arn
    await set_group(town, max_size=0)
    await town.until(lambda: len(members(town)) == 1)
    await town.advance(60.0)
    assert [i.container_instance_arn for i in members(town)] == [home]
    await town.plane.call(StopTaskRequest(task=job))
    await town.until(lambda: not members(town))


@pytest.mark.parametrize("seconds", [0.5, 5.0, 5.01, 6.0, 7.99, 8.0, 8.2, 20.01, 23.0])
async def test_a_killed_plane_makes_no_instance_twice(town: Town, web: str, seconds: float) -> None:
    await town.advance(seconds)
    await town.crash()
    most = []

    def is_quiet() -> bool:
        most.append(len(members(town)) + len(group_of(town).booting))
        return town.service_record(web).is_steady

    await town.until(is_quiet)
    assert max(most) <= 3
    names = sorted(i.name for i in town.instances() if i.auto_scaling_group)
    assert names == ["pool-1", "pool-2", "pool-3"]
    assert group_of(town).number_of_launches == 3
    assert len(town.running_containers()) == 6


async def test_tasks_wait_no_longer_than_the_limit(town: Town) -> None:
    await a_group(town, max_size=1)
    await associate(town, "local")
    big = await town.definition("big", image="town/web:1", cpu=4096, memory=128)
    (job,) = await town.run(big, capacity_provider_strategy=STRATEGY)
    assert town.task(job).last_status is TaskStatus.PROVISIONING
    await town.advance(town.setup.pace.waiting_limit_seconds + 1)
    task = town.task(job)
    assert (task.last_status, task.stop_code, task.stopped_reason) == (
        TaskStatus.STOPPED,
        StopCode.TASK_FAILED_TO_START,
        "TaskFailedToStart: EMPTY CAPACITY PROVIDER",
    )
    assert not members(town), "a task that fits no instance must launch none"


async def test_a_waiting_task_can_be_stopped_and_is_forgotten_in_time(town: Town) -> None:
    await a_group(town, max_size=0)
    await associate(town, "local")
    definition = await town.definition("job", image="town/web:1")
    (job,) = await town.run(definition, capacity_provider_strategy=STRATEGY)
    await town.plane.call(StopTaskRequest(task=job, reason="not now"))
    await town.until(lambda: town.task(job).is_stopped)
    assert town.task(job).stopped_reason == "not now"
    await town.advance(town.setup.pace.stopped_task_seconds + 20)
    assert town.plane.store.get(TASKS, job) is None


async def test_a_base_and_weights_over_two_groups(town: Town) -> None:
    """The base of two goes to the steady group, the rest 1 to 3."""
    await a_group(town, "steady", "steady-provider", desired_capacity=3, cpu=1024)
    await a_group(town, "burst", "burst-provider", desired_capacity=3, cpu=1024)
    await associate(town, "steady-provider", "burst-provider")
    strategy = (
        {"capacity_provider": "steady-provider", "base": 2, "weight": 1},
        {"capacity_provider": "burst-provider", "weight": 3},
    )
    definition = await town.definition("web", image="town/web:1", cpu=64, memory=64)
    web = await town.service("web", 10, definition, capacity_provider_strategy=strategy)
    await town.steady(web)
    assert by_provider(town, web) == {"steady-provider": 4, "burst-provider": 6}
    homes = {i.container_instance_arn: i.auto_scaling_group for i in town.instances()}
    groups = Counter(homes[t.container_instance_arn or ""] for t in town.tasks(web))
    assert groups == {"steady": 4, "burst": 6}


def by_provider(town: Town, service: str) -> Counter[str | None]:
    return Counter(task.capacity_provider_name for task in town.tasks(service))


async def test_a_forced_deployment_moves_tasks_to_another_strategy(town: Town) -> None:
    await a_group(town, desired_capacity=2, cpu=1024, memory=2048)
    await associate(town, "local")
    definition = await town.definition("web", image="town/web:1")
    web = await town.service("web", 3, definition)
    await town.steady(web)
    assert by_provider(town, web) == {None: 3}
    await town.update("web", capacity_provider_strategy=STRATEGY, force_new_deployment=True)
    await town.steady(web)
    assert by_provider(town, web) == {"local": 3}
    record = town.service_record(web)
    assert (record.launch_type, len(record.deployments)) == (None, 1)


async def test_a_provider_without_instances_and_without_scaling_is_told(town: Town) -> None:
    await a_group(town, scaling={"status": "DISABLED"})
    await associate(town, "local")
    definition = await town.definition("web", image="town/web:1")
    web = await town.service("web", 1, definition, capacity_provider_strategy=STRATEGY)
    words = (
        "(service web) was unable to reach steady state. Reason: No Container Instances were "
        "found in your capacity provider."
    )
    await town.until(lambda: words in town.events(web))
    await set_group(town, desired_capacity=1)
    await town.steady(web)


async def test_an_instance_that_boots_for_nobody_never_comes(town: Town) -> None:
    await a_group(town, scaling={"status": "DISABLED"}, boot_delay_seconds=60)
    await associate(town, "local")
    await set_group(town, desired_capacity=1)
    await town.until(lambda: bool(group_of(town).booting))
    (booting,) = group_of(town).booting
    ready = booting.with_(ready_at=town.now)
    late = group_of(town).with_(desired_capacity=0, booting=(ready,))
    town.plane.store.update(lambda tx: tx.put(late))
    await town.until(lambda: not group_of(town).booting)
    assert (members(town), group_of(town).number_of_launches) == ([], 0)


async def test_tasks_of_a_provider_are_evened_out_when_a_zone_comes_back(town: Town) -> None:
    zones = ("east", "west")
    await a_group(
        town, scaling={"status": "DISABLED"}, cpu=2048, memory=2048, availability_zones=zones
    )
    await associate(town, "local")
    await set_group(town, desired_capacity=2)
    definition = await town.definition("web", image="town/web:1", cpu=128, memory=128)
    web = await town.service("web", 4, definition, capacity_provider_strategy=STRATEGY)

    def spread() -> list[int]:
        return sorted(Counter(task.availability_zone for task in town.tasks(web)).values())

    await town.steady(web)
    assert spread() == [2, 2]
    await set_group(town, desired_capacity=1)
    await town.until(lambda: spread() == [4], within_seconds=60)
    await set_group(town, desired_capacity=2)
    await town.until(lambda: spread() == [2, 2], within_seconds=120)
    assert {task.capacity_provider_name for task in town.tasks(web)} == {"local"}
    await town.steady(web)
    assert any("AZ Rebalancing in progress" in message for message in town.events(web))


# -- Fargate --------------------------------------------------------------------------------------

SUBNETS = {"awsvpc_configuration": {"subnets": ("subnet-a", "subnet-b")}}


async def fargate_definition(town: Town) -> str:
    container = {"name": "app", "image": "town/web:1", "stop_timeout": 120}
    return await town.register(
        "web",
        [container],
        network_mode="awsvpc",
        requires_compatibilities=("FARGATE",),
        cpu="256",
        memory="512",
    )


async def test_a_service_runs_on_fargate_without_instances(town: Town) -> None:
    definition = await fargate_definition(town)
    web = await town.service(
        "web", 4, definition, launch_type="FARGATE", network_configuration=SUBNETS
    )
    await town.steady(web)
    for task in town.tasks(web):
        assert (task.container_instance_arn, task.launch_type) == (None, LaunchType.FARGATE)
        assert (task.platform_version, task.platform_family) == ("1.4.0", "Linux")
    zones = Counter(task.availability_zone for task in town.tasks(web))
    assert zones == {"zone-a": 2, "zone-b": 2}
    record = town.service_record(web)
    assert (record.platform_version, record.primary.platform_version) == ("LATEST", "1.4.0")
    await town.update(web, desired_count=1)
    await town.steady(web)
    assert len(town.tasks(web)) == 1


async def test_an_interrupted_spot_task_is_replaced(town: Town) -> None:
    await associate(town, "FARGATE", "FARGATE_SPOT")
    definition = await fargate_definition(town)
    strategy = (
        {"capacity_provider": "FARGATE", "base": 1, "weight": 1},
        {"capacity_provider": "FARGATE_SPOT", "weight": 3},
    )
    web = await town.service(
        "web", 5, definition, capacity_provider_strategy=strategy, network_configuration=SUBNETS
    )
    await town.steady(web)
    assert by_provider(town, web) == {"FARGATE": 2, "FARGATE_SPOT": 3}
    spot = next(t for t in town.tasks(web) if t.capacity_provider_name == "FARGATE_SPOT")
    await town.plane.call(InterruptSpotTaskRequest(task=spot.task_id))
    await town.until(lambda: town.task(spot.task_arn).is_stopped)
    stopped = town.task(spot.task_arn)
    assert (stopped.stop_code, stopped.stopped_reason, stopped.containers[0].exit_code) == (
        StopCode.SPOT_INTERRUPTION,
        "Your Spot Task was interrupted.",
        0,
    )
    await town.steady(web)
    assert by_provider(town, web) == {"FARGATE": 2, "FARGATE_SPOT": 3}


async def test_at_the_pace_of_aws_an_idle_group_shrinks_after_fifteen_minutes() -> None:
    """One point a minute: 2 instances at once, 1 more after 5 minutes, 15 low points, -1 each."""
    town = Town(pace=PACES[PaceName.AWS])
    plain = Behaviour(pull_seconds=0.0, start_seconds=0.5, stops_after_seconds=1.5)
    town.image("town/web", plain)
    await town.open()
    await a_group(town, boot_delay_seconds=30.0)
    await associate(town, "local")
    definition = await town.definition("web", image="town/web:1", cpu=128, memory=128)
    web = await town.service("web", 6, definition, capacity_provider_strategy=STRATEGY)
    launched = await sizes(town, 3)
    assert launched == [(90, 2), (450, 3)]
    await town.steady(web, 600)
    await town.update(web, desired_count=1)
    await town.until(lambda: group_of(town).scaling.low_points == 1, 600)
    assert await sizes(town, 1) == [(0, 3), (14 * 60, 2), (15 * 60, 1)]
    await town.close()


async def sizes(town: Town, last: int) -> list[tuple[int, int]]:
    """When the group had so many instances, in whole seconds, until it has `last`."""
    began, found = town.now, [(0, len(members(town)))]
    while found[-1][1] != last:
        assert town.now - began < 3600.0, found
        await town.advance(0.25)
        if len(members(town)) != found[-1][1]:
            found.append((int(town.now - began), len(members(town))))
    return [entry for entry in found if entry[1]]


async def test_a_new_instance_of_a_group_takes_its_daemon_before_the_tasks_that_wait(
    town: Town,
) -> None:
    """Two tasks would fit on an instance, but for the daemon: each of four gets one."""
    await a_group(town)
    await associate(town, "local")
    agent = await town.service(
        "agent",
        definition=await town.definition("agent", image="town/web:1", cpu=128),
        desired_count=None,
        scheduling_strategy="DAEMON",
    )
    job = await town.definition("job", image="town/web:1", cpu=100)
    jobs = await town.run(job, count=4, capacity_provider_strategy=STRATEGY)
    await town.until(lambda: group_of(town).desired_capacity > 0)
    assert group_of(town).scaling.needed_count == 4
    await town.until(lambda: all(town.task(arn).last_status == "RUNNING" for arn in jobs), 600)
    await town.steady(agent)
    arrived = {instance.container_instance_arn for instance in members(town)}
    assert {town.task(arn).container_instance_arn for arn in jobs} == arrived
    assert arrived <= {task.container_instance_arn for task in town.tasks(agent)}
