"""Daemons and Fargate on the screens of services and tasks; why a task waits in the inspector."""

import pytest

from ecstui.model.enums import HealthStatus, LaunchType, SchedulingStrategy
from ecstui.model.service import CapacityProviderStrategyItem
from ecstui.store.kinds import TASK_DEFINITIONS
from ecstui.ui import routes
from ecstui.ui.columns.launch import pair_text, service_facts, task_facts
from tests.ui.conftest import until
from tests.ui.test_screens_services import at as at_service
from tests.ui.test_screens_tasks import at, inspector, tasks_pilot
from tests.ui.town import Town, a_town, app_of, town_pilot

SIZES = [(80, 24), (120, 40)]


def a_town_on_fargate() -> Town:
    town = a_town()
    service = town.service("mailer")
    definition = town.store.get(TASK_DEFINITIONS, service.task_definition)
    assert definition is not None
    town.put_now(
        definition.with_(cpu="256", memory="512"),
        service.with_(launch_type=LaunchType.FARGATE, platform_version="1.4.0"),
        *(t.with_(launch_type=LaunchType.FARGATE, platform_version="1.4.0",
                  capacity_provider_name="FARGATE_SPOT", container_instance_arn=None)
          for t in town.tasks("mailer")),
    )  # fmt: skip
    return town


def a_town_with_a_daemon() -> Town:
    town = a_town()
    town.put_now(town.service("mailer").with_(scheduling_strategy=SchedulingStrategy.DAEMON))
    return town


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("town", "in_list", "in_detail"),
    [
        (a_town_with_a_daemon, "DAEMON one on each of 5 ACTIVE instances", "one on each instance"),
        (a_town_on_fargate, "FARGATE platform 1.4.0, 0.25 vCPU 512M", "FARGATE 1.4.0"),
    ],
)
async def test_services_tell_how_they_are_scheduled_and_launched(size, town, in_list, in_detail):
    async with town_pilot(town(), size=size) as pilot:
        app = app_of(pilot)
        await at_service(pilot, "mailer")
        await until(pilot, lambda: in_list in app.shown)
        routes.open_service(app, app.town.service("mailer").service_arn)
        await until(pilot, lambda: in_detail in app.shown)


@pytest.mark.parametrize("size", SIZES)
async def test_a_task_on_fargate_tells_its_platform_and_size(size):
    async with town_pilot(a_town_on_fargate(), size=size) as pilot:
        app = app_of(pilot)
        (task,) = app.town.tasks("mailer")
        routes.open_task(app, task.task_arn)
        await until(pilot, lambda: "FARGATE_SPOT" in app.shown)
        assert "platform 1.4.0" in app.shown


def test_a_strategy_of_fargate_is_fargate_and_instances_are_the_usual_way():
    town = a_town()
    service = town.service("mailer")
    assert service_facts(town.store, service) == ()
    assert task_facts(town.tasks("mailer")[0]) == ()
    spot = service.with_(
        capacity_provider_strategy=(CapacityProviderStrategyItem(capacity_provider="FARGATE_SPOT"),)
    )
    ((name, words),) = service_facts(town.store, spot)
    assert (name, words.partition(",")[0]) == ("FARGATE", "platform LATEST")
    assert pair_text(16_384, 122_880) == "16 vCPU 120G"


@pytest.mark.parametrize("size", SIZES)
async def test_the_inspector_tells_why_a_task_is_not_running_yet(size):
    async with town_pilot(size=size) as pilot:
        await tasks_pilot(pilot)
        await at(pilot, "young0")
        await until(pilot, lambda: "starting, for 4s" in inspector(pilot))


async def test_the_inspector_tells_what_would_help_an_unhealthy_task():
    town = a_town()
    (task,) = [t for t in town.tasks("reports") if not t.is_stopped]
    container = task.containers[0].with_(health_status=HealthStatus.UNHEALTHY)
    town.put_now(task.with_(containers=(container,)))
    async with town_pilot(town, size=(120, 40)) as pilot:
        await tasks_pilot(pilot)
        await at(pilot, "reports:up")
        await until(pilot, lambda: "unhealthy" in inspector(pilot).split("● reports")[0])
        assert "→ " in inspector(pilot)
