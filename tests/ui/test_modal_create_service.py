from typing import Any

import pytest

from ecstui.base.errors import DaemonUnreachableError
from ecstui.base.ids import short_name
from ecstui.control.loop import Reconciled
from ecstui.control.reconcilers.services import ServiceReconciler
from ecstui.model.enums import SchedulingStrategy
from ecstui.model.requests.services import CreateServiceRequest, DeleteServiceRequest
from ecstui.store.kinds import SERVICES
from ecstui.ui.modals.create_service import CreateServiceModal
from ecstui.ui.widgets.form import FieldRow, Form
from tests.ui.plane_app import SIZES, bench


def names(b):
    return {service.service_name for service in b.view.all(SERVICES)}


@pytest.mark.parametrize("size", SIZES)
async def test_a_service_is_made_of_what_was_typed(size):
    async with bench(size) as b:
        await b.town.definition("web")
        answers = await b.show(CreateServiceModal("web:1"))
        await b.type("shop-front")
        await b.fill(desired_count="3")
        assert "Create" in b.text
        await b.press("ctrl+s")
        await b.until(lambda: answers)
        (service,) = b.view.all(SERVICES)
        assert service.service_name == "shop-front"
        assert service.desired_count == 3
        assert short_name(service.task_definition) == "web:1"
        breaker = service.deployment_configuration.deployment_circuit_breaker
        assert breaker is not None
        assert (breaker.enable, breaker.rollback) == (True, True)
        assert service.minimum_healthy_percent == 100
        assert service.maximum_percent == 200
        assert service.placement_strategy == ()
        await b.until(lambda: len(b.town.tasks(service.service_arn)) == 3)


async def test_the_familys_name_is_offered_unless_it_is_taken():
    async with bench() as b:
        await b.town.service("web", 0)
        await b.town.definition("api")
        await b.show(CreateServiceModal("api:1"))
        assert b.app.screen.query_one(Form).peek()[0]["service_name"] == "api"
        await b.press("escape")
        await b.show(CreateServiceModal("web:1"))
        assert "service_name" not in b.app.screen.query_one(Form).peek()[0]
        await b.type("web")
        await b.shows("a service named web is there")


async def test_where_the_tasks_would_go_is_told_before():
    async with bench((120, 40)) as b:
        await b.town.definition("web")
        await b.show(CreateServiceModal("web"))
        await b.fill(desired_count="6")
        await b.shows("web:1: 1 container, demo/web:1")
        await b.shows("starts 6 tasks: 384 CPU units and 384 MiB")
        await b.shows("all 6 find room now: zone-a 2, zone-b 2, zone-c 2")
        await b.shows("in a rollout: never fewer than 6 healthy (100%), never more than 12 at once")
        await b.fill(distinct=True)
        await b.shows("only 3 of 6 find room now")
        await b.shows("--placement-constraints type=distinctInstance")
        await b.fill(distinct=False, placement="memory")
        await b.shows("--placement-strategy type=binpack,field=memory")
        await b.press("ctrl+s")
        await b.until(lambda: b.view.all(SERVICES))
        (service,) = b.view.all(SERVICES)
        assert [strategy.field for strategy in service.placement_strategy] == ["memory"]


async def test_a_daemon_has_no_count_and_other_percentages():
    async with bench((120, 40)) as b:
        await b.town.definition("agent")
        await b.show(CreateServiceModal("agent"))
        await b.fill(scheduling="DAEMON")
        await b.shows("starts 3 tasks")
        await b.press("ctrl+s")
        await b.until(lambda: b.view.all(SERVICES))
        (service,) = b.view.all(SERVICES)
        assert service.scheduling_strategy is SchedulingStrategy.DAEMON
        assert (service.minimum_healthy_percent, service.maximum_percent) == (0, 100)


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"service_name": "a b"}, "service_name", "InvalidParameterException: Service must match"),
    ({"desired_count": "-1"}, "desired_count", "cannot be a negative number"),
    ({"desired_count": ""}, "desired_count", "desiredCount is required"),
    ({"desired_count": "x"}, "desired_count", "must be a whole number"),
    ({"task_definition": "ghost"}, "task_definition", "TaskDefinition not found."),
    ({"task_definition": "web:x"}, "task_definition", "Invalid revision number. Number: x"),
    ({"task_definition": ""}, "task_definition", "is needed"),
    ({"minimum_healthy_percent": "101"}, "minimum_healthy_percent", "must be at most 100"),
    ({"maximum_percent": "99"}, "maximum_percent", "must be at least 100"),
    ({"scheduling": "DAEMON", "desired_count": "4"}, "desired_count", "daemon scheduling"),
    (
        {"scheduling": "DAEMON", "placement": "cpu"},
        "placement",
        "does not support placement strategies",
    ),
]


async def test_every_refusal_stands_beside_its_field():
    async with bench((120, 40)) as b:
        await b.town.definition("web")
        for typed, field, words in REFUSED:
            answers = await b.show(CreateServiceModal("web:1"))
            await b.fill(**typed)
            await b.press("ctrl+s")
            await b.shows(words)
            bad = [row.field.name for row in b.app.screen.query(FieldRow) if row.has_class("-bad")]
            assert bad == [field]
            assert answers == []
            await b.press("escape")
        assert names(b) == set()


async def test_a_service_that_still_drains_is_refused_beside_its_name(
    monkeypatch: pytest.MonkeyPatch,
):
    async with bench((120, 40)) as b:
        await b.town.steady(await b.town.service("web", 1, await b.town.definition("web")))
        await b.show(CreateServiceModal("web:1"))
        # It drains only until the scheduler has told all of its tasks to stop.
        monkeypatch.setattr(ServiceReconciler, "__call__", lambda *_: Reconciled())
        await b.town.plane.call(DeleteServiceRequest(service="web", force=True))
        await b.fill(service_name="web")
        await b.shows("a service named web is still draining")
        await b.press("ctrl+s")
        await b.shows("InvalidParameterException: Unable to Start a service that is still Draining")


async def test_trying_again_after_a_lost_answer_makes_nothing_twice():
    async with bench((120, 40)) as b:
        await b.town.definition("web")
        answers = await b.show(CreateServiceModal("web:1"))
        b.client.refusal = DaemonUnreachableError("The daemon went away before it answered.")
        await b.press("ctrl+s")
        await b.shows("went away before it answered")
        await b.press("ctrl+s")
        await b.until(lambda: len(b.client.made) == 2)
        await b.fill(desired_count="2")
        b.client.refusal = None
        await b.press("ctrl+s")
        await b.until(lambda: answers)
        tokens = [request.client_token for request in b.client.of(CreateServiceRequest)]
        assert tokens[0] == tokens[1]
        assert tokens[2] != tokens[1]
        assert None not in tokens


async def test_a_name_is_completed_by_the_right_arrow():
    async with bench() as b:
        await b.town.definition("checkout")
        await b.show(CreateServiceModal())
        await b.press("tab", "c", "h")
        await b.until(lambda: getattr(b.app.focused, "_suggestion", "") == "checkout")
        await b.press("right")
        assert b.app.focused.value == "checkout"  # type: ignore[union-attr]
        await b.shows("checkout:1: 1 container")


async def test_subnets_are_asked_for_only_in_awsvpc_mode():
    async with bench((120, 40)) as b:
        await b.town.definition("web")
        await b.town.register(
            "net", [{"name": "app", "image": "demo:3", "memory": 64}], network_mode="awsvpc"
        )
        answers = await b.show(CreateServiceModal("web"))
        assert "Subnets" not in b.text
        await b.fill(task_definition="net", service_name="net")
        await b.shows("Subnets")
        await b.press("ctrl+s")
        await b.until(lambda: answers)
        (service,) = b.view.all(SERVICES)
        assert service.network_configuration is not None
