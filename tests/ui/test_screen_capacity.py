"""The capacity providers on the screen: figures, what comes next, desired capacity."""

import pytest
from textual.widgets import Input

from ecstui.model.capacity import (
    AutoScalingGroupProvider,
    AutoScalingGroupRecord,
    BootingInstance,
    CapacityProviderRecord,
    ManagedScaling,
    ScalingState,
    Switch,
)
from ecstui.model.requests.capacity_providers import UpdateAutoScalingGroupRequest
from ecstui.model.service import CapacityProviderStrategyItem
from ecstui.store.kinds import AUTO_SCALING_GROUPS, CAPACITY_PROVIDERS, CLUSTERS
from ecstui.ui.columns.capacity import capacity_rows, next_words
from ecstui.ui.modals.confirm import Confirm
from ecstui.ui.screens.ask import AskModal
from ecstui.ui.screens.capacity import CapacityScreen
from tests.factories import NAMES, an_instance
from tests.ui.conftest import until
from tests.ui.test_screens_others import text_of
from tests.ui.town import CLUSTER, NOW, Town, a_town, app_of, ready, town_pilot

ARN = NAMES.auto_scaling_group("pool", "0" * 32)


def with_capacity(**group: object) -> Town:
    """The town with a scaled provider `burst` of three instances, one of which is needed."""
    town = a_town()
    cluster = town.store.get(CLUSTERS, CLUSTER)
    assert cluster is not None
    town.put_now(
        cluster.with_(
            capacity_providers=("burst", "FARGATE"),
            default_capacity_provider_strategy=(
                CapacityProviderStrategyItem(capacity_provider="burst", base=1, weight=2),
            ),
        ),
        CapacityProviderRecord(
            capacity_provider_arn=NAMES.capacity_provider("burst"),
            name="burst",
            type="EC2_AUTOSCALING",
            auto_scaling_group="pool",
            auto_scaling_group_provider=AutoScalingGroupProvider(
                auto_scaling_group_arn=ARN,
                managed_scaling=ManagedScaling(
                    status="ENABLED",
                    target_capacity=100,
                    minimum_scaling_step_size=1,
                    maximum_scaling_step_size=10_000,
                    instance_warmup_period=10,
                ),
            ),
            created_at=NOW,
        ),
        AutoScalingGroupRecord(
            auto_scaling_group_name="pool",
            auto_scaling_group_arn=ARN,
            cluster=CLUSTER,
            min_size=0,
            max_size=8,
            desired_capacity=3,
            cpu=1024,
            memory=2048,
            availability_zones=("zone-a", "zone-b"),
            scaling=ScalingState(
                evaluated_at=NOW,
                running_count=3,
                needed_count=1,
                reservation=100 / 3,
                low_points=4,
                decision="scale-in point 4/15",
            ),
            created_at=NOW,
        ).with_(**group),
        *(
            an_instance(
                f"pool-{number}",
                cluster_name=CLUSTER,
                auto_scaling_group="pool",
                capacity_provider_name="burst",
            )
            for number in (1, 2, 3)
        ),
    )
    return town


def with_tasks_on_the_group(
    *tasks: int, draining: bool, protection: Switch = "DISABLED", booting: int = 0, **group: object
) -> Town:
    """The same, with so many tasks of `web` on each of the three instances."""
    boots = tuple(
        BootingInstance(instance_id=f"{number:032}", zone="zone-a", ready_at=NOW + 3)
        for number in range(booting)
    )
    town = with_capacity(booting=boots, **group)
    provider = town.store.get(CAPACITY_PROVIDERS, "burst")
    assert provider is not None
    own = provider.auto_scaling_group_provider.with_(
        managed_draining="ENABLED" if draining else "DISABLED",
        managed_termination_protection=protection,
    )
    town.put_now(provider.with_(auto_scaling_group_provider=own))
    definition = town.family("web", 17)
    for number, count in enumerate(tasks, 1):
        for which in range(count):
            town.task(definition, "web", seed=f"{number}:{which}", instance=f"pool-{number}")
    return town


async def capacity(pilot) -> CapacityScreen:
    await pilot.press("K")
    await ready(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, CapacityScreen)
    return screen


async def test_a_provider_shows_its_figures_and_what_comes_next(size):
    async with town_pilot(with_capacity(), size=size) as pilot:
        await capacity(pilot)
        row = app_of(pilot).row_with(" burst ")
        for part in ("33%", "  3", "  1", "scale-in point 4/15"):
            assert part in row, row
        assert "FARGATE_SPOT" in app_of(pilot).shown


async def test_where_there_is_room_it_shows_strategy_and_bounds():
    async with town_pilot(with_capacity(), size=(120, 40)) as pilot:
        await capacity(pilot)
        row = app_of(pilot).row_with(" burst ")
        assert "base 1 weight 2" in row
        assert "3 of 0-8" in row
        assert "by name" in app_of(pilot).row_with(" FARGATE ")


async def test_the_inspector_tells_settings_and_instances(size):
    async with town_pilot(with_capacity(), size=size) as pilot:
        await capacity(pilot)
        shown = text_of(pilot, "#facts")
        for part in ("group pool", "1024 cpu 2G", "target 100%", "draining on", "4 of 15"):
            assert part in shown
        assert "describe-capacity-providers" in shown
        assert size[1] < 40 or "pool-3" in shown


async def test_the_desired_capacity_is_set():
    town = with_capacity()
    async with town_pilot(town) as pilot:
        await capacity(pilot)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskModal))
        pilot.app.screen.query_one(Input).value = "9"
        await pilot.press("enter")
        await until(pilot, lambda: "desiredCapacity must be between" in app_of(pilot).shown)
        pilot.app.screen.query_one(Input).value = "5"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, CapacityScreen))
    assert len(town.client.requests(UpdateAutoScalingGroupRequest)) == 2
    group = town.store.get(AUTO_SCALING_GROUPS, "pool")
    assert group is not None
    assert group.desired_capacity == 5


async def test_a_capacity_that_ends_tasks_is_asked_for_once_more():
    town = with_tasks_on_the_group(1, 1, 1, draining=False)
    async with town_pilot(town) as pilot:
        await capacity(pilot)
        for keys in (["enter"], ["right", "enter"]):
            await pilot.press("s")
            await until(pilot, lambda: isinstance(pilot.app.screen, AskModal))
            pilot.app.screen.query_one(Input).value = "1"
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
            await pilot.pause()
            assert "2 tasks end" in app_of(pilot).shown
            assert not town.client.requests(UpdateAutoScalingGroupRequest)
            await pilot.press(*keys)
            if keys == ["enter"]:
                await until(pilot, lambda: "Nothing was changed." in app_of(pilot).shown)
                await pilot.press("escape")
            await until(pilot, lambda: isinstance(pilot.app.screen, CapacityScreen))
    assert len(town.client.requests(UpdateAutoScalingGroupRequest)) == 1


async def test_what_is_always_there_is_not_deleted():
    async with town_pilot(with_capacity()) as pilot:
        screen = await capacity(pilot)
        screen.table.move_to_key("FARGATE")
        await pilot.press("ctrl+d")
        await until(pilot, lambda: "cannot be deleted" in app_of(pilot).shown)


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ({}, "scale-in point 4/15"),
        ({"scaling": ScalingState(evaluated_at=NOW)}, "nothing to do, next look in 3s"),
        (
            {"booting": (BootingInstance(instance_id="x", zone="a", ready_at=NOW + 5),)},
            "1 instance booting, 3s left",
        ),
    ],
)
def test_what_comes_next_in_words(group, words):
    row = capacity_rows(with_capacity(**group).store, CLUSTER)["burst"]
    assert next_words(row, NOW + 2) == words
