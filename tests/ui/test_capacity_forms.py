"""Capacity providers and Auto Scaling groups, made, changed and deleted on the screen."""

import pytest

from ecstui.model.enums import SchedulingStrategy
from ecstui.model.requests.capacity_providers import (
    CreateAutoScalingGroupRequest,
    CreateCapacityProviderRequest,
    DeleteAutoScalingGroupRequest,
    InterruptSpotTaskRequest,
    UpdateAutoScalingGroupRequest,
    UpdateCapacityProviderRequest,
)
from ecstui.store.kinds import AUTO_SCALING_GROUPS, CAPACITY_PROVIDERS, CLUSTERS, TASKS
from ecstui.ui.modals import group_effects
from ecstui.ui.modals.capacity import (
    CreateGroupModal,
    CreateProviderModal,
    UpdateGroupModal,
    UpdateProviderModal,
)
from ecstui.ui.modals.confirm import Confirm
from ecstui.ui.screens.capacity import CapacityScreen
from ecstui.ui.screens.choose import ChooseModal
from ecstui.ui.widgets.form import FieldRow
from tests.ui.conftest import until
from tests.ui.test_screen_capacity import capacity, with_capacity, with_tasks_on_the_group
from tests.ui.town import CLUSTER, Town, a_town, app_of, town_pilot


async def choose(pilot, key: str, entry: int, dialog: type) -> None:
    """Press a key, take an entry of the list that it shows, wait for the dialog."""
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, ChooseModal))
    await pilot.press(*["down"] * entry, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, dialog))
    await pilot.pause()


async def fill(pilot, **values: object) -> None:
    for row in pilot.app.screen.query(FieldRow):
        if row.field.name in values:
            row.write(values[row.field.name])
    await pilot.pause()


async def submit(pilot) -> None:
    await pilot.press("ctrl+s")
    await until(pilot, lambda: isinstance(pilot.app.screen, CapacityScreen))


async def test_a_group_is_made_then_its_provider_and_the_cluster_uses_it(size):
    town = a_town()
    async with town_pilot(town, size=size) as pilot:
        await capacity(pilot)
        await choose(pilot, "n", 1, CreateGroupModal)
        await fill(pilot, name="pool", max_size=4, zones="zone-a, zone-b", boot_delay_seconds=0.5)
        await until(pilot, lambda: "no instance yet" in app_of(pilot).shown)
        await submit(pilot)
        await until(pilot, lambda: "n makes its provider" in app_of(pilot).row_with("  pool "))
        await choose(pilot, "n", 0, CreateProviderModal)
        await fill(pilot, name="burst", target=80)
        await until(pilot, lambda: "80 % of its instances" in app_of(pilot).shown)
        await submit(pilot)
        await until(pilot, lambda: "nothing to do" in app_of(pilot).row_with("  burst "))
    (group,) = town.client.requests(CreateAutoScalingGroupRequest)
    assert isinstance(group, CreateAutoScalingGroupRequest)
    assert (group.max_size, group.availability_zones) == (4, ("zone-a", "zone-b"))
    assert group.boot_delay_seconds == 0.5
    provider = town.store.get(CAPACITY_PROVIDERS, "burst")
    cluster = town.store.get(CLUSTERS, CLUSTER)
    assert provider is not None
    assert provider.auto_scaling_group_provider.managed_scaling.target_capacity == 80
    assert cluster is not None
    assert cluster.capacity_providers[-1] == "burst"


async def test_without_a_group_no_provider_can_be_made():
    async with town_pilot() as pilot:
        await capacity(pilot)
        await choose(pilot, "n", 0, CreateProviderModal)
        assert "make one first" in app_of(pilot).shown
        await fill(pilot, name="burst")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "choose one" in app_of(pilot).shown)
        assert not app_of(pilot).town.client.requests(CreateCapacityProviderRequest)


async def test_what_a_provider_does_is_changed():
    town = with_capacity()
    async with town_pilot(town) as pilot:
        await capacity(pilot)
        await choose(pilot, "e", 0, UpdateProviderModal)
        await fill(pilot, target=101)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "targetCapacity" in app_of(pilot).shown)
        await fill(pilot, target=50, scaling=False)
        await until(pilot, lambda: "nobody scales the group but you" in app_of(pilot).shown)
        await submit(pilot)
    provider = town.store.get(CAPACITY_PROVIDERS, "burst")
    assert provider is not None
    scaling = provider.auto_scaling_group_provider.managed_scaling
    assert (scaling.status, scaling.target_capacity) == ("DISABLED", 50)


@pytest.mark.parametrize(
    ("desired", "words"),
    [(5, "2 instances more, 1024 CPU units"), (2, "1 instance fewer"), (3, "no instance comes")],
)
async def test_a_group_says_what_comes_or_goes_before_it_is_changed(desired, words):
    town = with_capacity()
    async with town_pilot(town) as pilot:
        await capacity(pilot)
        await choose(pilot, "e", 1, UpdateGroupModal)
        await fill(pilot, desired=desired)
        await until(pilot, lambda: words in app_of(pilot).shown)
        assert "managed scaling of burst may set it otherwise" in app_of(pilot).shown
        await submit(pilot)
    group = town.store.get(AUTO_SCALING_GROUPS, "pool")
    assert group is not None
    assert group.desired_capacity == desired


def with_a_lone_group() -> Town:
    town = with_capacity()
    group = town.store.get(AUTO_SCALING_GROUPS, "pool")
    assert group is not None
    town.put_now(group.with_(auto_scaling_group_name="spare", desired_capacity=0))
    return town


async def test_a_group_without_provider_is_deleted_only_when_its_name_is_typed():
    town = with_a_lone_group()
    async with town_pilot(town) as pilot:
        screen = await capacity(pilot)
        assert screen.table.move_to_key("group/spare")
        await pilot.press("ctrl+d")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.pause()
        assert "it has 0 instances" in app_of(pilot).shown
        assert "ecstui call DeleteAutoScalingGroup" in app_of(pilot).shown
        await pilot.press("enter")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, CapacityScreen))
        assert not town.client.requests(DeleteAutoScalingGroupRequest)
        await pilot.press("ctrl+d")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press(*"spare", "enter", "enter")
        await until(pilot, lambda: town.client.requests(DeleteAutoScalingGroupRequest))
        await until(pilot, lambda: "group/spare" not in screen.table.model.rows)
    assert town.store.get(AUTO_SCALING_GROUPS, "spare") is None


async def test_a_spot_task_is_interrupted_only_after_a_yes():
    town = a_town()
    task = town.tasks("mailer")[0].with_(capacity_provider_name="FARGATE_SPOT")
    town.put_now(task)
    async with town_pilot(town) as pilot:
        await capacity(pilot)
        for keys in (["enter"], ["right", "enter"]):
            await choose(pilot, "I", 0, Confirm)
            assert "of mailer away?" in app_of(pilot).shown
            assert not town.client.requests(InterruptSpotTaskRequest)
            await pilot.press(*keys)
            await until(pilot, lambda: isinstance(pilot.app.screen, CapacityScreen))
        await until(pilot, lambda: town.client.requests(InterruptSpotTaskRequest))
        await until(pilot, lambda: "interrupted" in app_of(pilot).shown)
    now = town.store.get(TASKS, task.task_arn)
    assert now is not None
    assert not now.is_wanted


async def test_without_spot_tasks_nothing_is_interrupted():
    async with town_pilot() as pilot:
        await capacity(pilot)
        await pilot.press("I")
        await until(pilot, lambda: "No task runs on FARGATE_SPOT." in app_of(pilot).shown)


# ---------------------------------------------------------------- only what was changed is sent


async def test_what_others_set_while_the_dialog_was_open_stays():
    town = with_capacity()
    async with town_pilot(town) as pilot:
        await capacity(pilot)
        await choose(pilot, "e", 1, UpdateGroupModal)
        group = town.store.get(AUTO_SCALING_GROUPS, "pool")
        assert group is not None
        await town.put(group.with_(desired_capacity=5))
        await until(pilot, lambda: "desired is 5 by now" in app_of(pilot).shown)
        await fill(pilot, max_size=9)
        assert "no instance comes or goes" in app_of(pilot).shown
        await submit(pilot)
    (request,) = town.client.requests(UpdateAutoScalingGroupRequest)
    assert isinstance(request, UpdateAutoScalingGroupRequest)
    assert (request.max_size, request.min_size, request.desired_capacity) == (9, None, None)


async def test_bounds_that_pull_the_desired_capacity_along_say_what_goes():
    async with town_pilot(with_capacity()) as pilot:
        await capacity(pilot)
        await choose(pilot, "e", 1, UpdateGroupModal)
        await fill(pilot, max_size=1)
        await until(pilot, lambda: "2 instances fewer" in app_of(pilot).shown)


async def test_of_a_provider_only_what_was_changed_is_sent():
    town = with_capacity()
    async with town_pilot(town) as pilot:
        await capacity(pilot)
        await choose(pilot, "e", 0, UpdateProviderModal)
        provider = town.store.get(CAPACITY_PROVIDERS, "burst")
        assert provider is not None
        own = provider.auto_scaling_group_provider
        await town.put(
            provider.with_(auto_scaling_group_provider=own.with_(managed_draining="DISABLED"))
        )
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Nothing is different yet." in app_of(pilot).shown)
        await fill(pilot, target=50)
        await submit(pilot)
    (request,) = town.client.requests(UpdateCapacityProviderRequest)
    assert request.to_wire() == {
        "name": "burst",
        "autoScalingGroupProvider": {"managedScaling": {"targetCapacity": 50}},
    }


# ---------------------------------------------------------------- what goes with the instances


def words(town: Town, desired: int) -> list[str]:
    group = town.store.get(AUTO_SCALING_GROUPS, "pool")
    assert group is not None
    return [effect.text for effect in group_effects.of(town.store, group, desired)]


def test_drained_instances_give_their_tasks_time():
    town = with_tasks_on_the_group(3, 1, 2, draining=True)
    assert words(town, 2) == ["1 instance fewer: those with the fewest tasks are drained first"]


@pytest.mark.parametrize(
    ("tasks", "desired", "said"),
    [
        ((3, 1, 2), 2, "1 instance fewer, with all that runs on it: 1 task ends"),
        ((3, 1, 2), 1, "2 instances fewer, with all that runs on them: 3 tasks end"),
        ((3, 0, 2), 2, "1 instance fewer: no task runs on it"),
        ((1, 0, 0), 1, "2 instances fewer: no task runs on them"),
    ],
)
def test_without_managed_draining_tasks_end_with_their_instance(tasks, desired, said):
    assert words(with_tasks_on_the_group(*tasks, draining=False), desired) == [said]


def test_a_group_of_no_provider_and_of_one_that_the_cluster_does_not_use_is_not_drained():
    town = with_tasks_on_the_group(1, 1, 1, draining=True)
    cluster = town.store.get(CLUSTERS, CLUSTER)
    assert cluster is not None
    town.put_now(cluster.with_(capacity_providers=()))
    assert words(town, 2) == ["1 instance fewer, with all that runs on it: 1 task ends"]


def test_instances_that_still_boot_go_first():
    town = with_tasks_on_the_group(1, 1, 1, draining=False, booting=2, desired_capacity=5)
    assert words(town, 4) == ["1 instance fewer: no task runs on it"]
    assert words(town, 2) == ["3 instances fewer, with all that runs on them: 1 task ends"]


def test_protection_keeps_instances_with_tasks():
    town = with_tasks_on_the_group(2, 0, 1, draining=False, protection="ENABLED")
    assert words(town, 0) == [
        "3 instances fewer: no task runs on them",
        "managed termination protection keeps 2 of them while tasks run there",
    ]


def test_tasks_of_a_daemon_keep_no_instance_and_end_with_it():
    town = with_tasks_on_the_group(1, 2, 3, draining=False)
    town.put_now(town.service("web").with_(scheduling_strategy=SchedulingStrategy.DAEMON))
    assert words(town, 2) == ["1 instance fewer, with all that runs on it: 1 task ends"]


async def test_what_ends_tasks_is_asked_for_once_more():
    town = with_tasks_on_the_group(1, 2, 3, draining=False)
    async with town_pilot(town) as pilot:
        await capacity(pilot)
        await choose(pilot, "e", 1, UpdateGroupModal)
        await fill(pilot, desired=1)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.pause()
        assert "3 tasks end" in app_of(pilot).shown
        await pilot.press("enter")
        await until(pilot, lambda: "Nothing was changed." in app_of(pilot).shown)
        assert not town.client.requests(UpdateAutoScalingGroupRequest)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("right", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, CapacityScreen))
    assert len(town.client.requests(UpdateAutoScalingGroupRequest)) == 1
