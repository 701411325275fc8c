import pytest

from ecstui.model.requests.definitions import DeregisterTaskDefinitionRequest
from ecstui.model.requests.services import UpdateServiceRequest
from ecstui.ui.modals.update_service import UpdateServiceModal
from tests.support.town import Town
from tests.ui.plane_app import QUICK, SIZES, bench


async def two_revisions(town, count=2, **members):
    """A service on `web:1`, and the ARN of `web:2`."""
    arn = await town.service("web", count, **members)
    await town.steady(arn)
    second = await town.definition(
        "web", image="demo/web:2", cpu=128, environment=[{"name": "LEVEL", "value": "s3cret"}]
    )
    return arn, second


@pytest.mark.parametrize("size", SIZES)
async def test_a_new_revision_is_told_apart_and_rolled_out(size):
    async with bench(size) as b:
        arn, second = await two_revisions(b.town)
        answers = await b.show(UpdateServiceModal(arn, second))
        assert "web:2" in b.text
        dialog = b.app.screen
        if size[1] < 20:
            await b.press("pagedown")
        for words in (
            "~ image demo/web:1 → 2",
            "~ cpu 64 → 128",
            "+ environment LEVEL",
            "2 tasks replaced by 2 of web:2",
            "never fewer than 2 healthy (100%), never more than 4 at once (200%)",
        ):
            if size[1] >= 20:
                await b.shows(words)
        assert "s3cret" not in b.text
        assert b.app.screen is dialog
        await b.press("ctrl+s")
        await b.until(lambda: answers)
        (request,) = b.client.of(UpdateServiceRequest)
        assert request.task_definition == "web:2"
        assert request.desired_count is None
        assert request.deployment_configuration is None
        await b.until(lambda: b.town.service_record(arn).task_definition == second)


async def test_only_what_differs_is_sent():
    async with bench((120, 40)) as b:
        arn, _ = await two_revisions(b.town)
        await b.show(UpdateServiceModal(arn))
        await b.fill(maximum_percent="150", desired_count="4", circuit_breaker="rollback")
        await b.press("f3")
        assert b.app.copied == (
            "aws ecs update-service --cluster default --service web --desired-count 4"
            " --deployment-configuration"
            " 'deploymentCircuitBreaker={enable=true,rollback=true},maximumPercent=150'"
        )
        await b.press("ctrl+s")
        await b.until(lambda: b.town.service_record(arn).maximum_percent == 150)
        record = b.town.service_record(arn)
        assert record.desired_count == 4
        assert record.minimum_healthy_percent == 100
        breaker = record.deployment_configuration.deployment_circuit_breaker
        assert breaker is not None
        assert breaker.rollback


async def test_what_others_set_while_the_dialog_was_open_stays():
    async with bench((120, 40)) as b:
        arn, second = await two_revisions(b.town)
        await b.show(UpdateServiceModal(arn))
        await b.town.update(
            "web",
            task_definition=second,
            desired_count=4,
            deployment_configuration={"minimum_healthy_percent": 50},
        )
        await b.shows("web:2, desired 4")
        await b.press("ctrl+s")
        await b.shows("Nothing is different yet.")
        await b.fill(maximum_percent="150")
        await b.shows("never fewer than 2 healthy (50%), never more than 6 at once (150%)")
        assert "tasks fewer" not in b.words
        b.client.made.clear()
        await b.press("ctrl+s")
        await b.until(lambda: b.town.service_record(arn).maximum_percent == 150)
        (request,) = b.client.of(UpdateServiceRequest)
        assert request.to_wire() == {
            "cluster": "default",
            "service": "web",
            "deploymentConfiguration": {"maximumPercent": 150},
            "forceNewDeployment": False,
        }
        record = b.town.service_record(arn)
        assert (record.task_definition, record.desired_count) == (second, 4)
        assert record.minimum_healthy_percent == 50


async def test_subnets_that_nobody_touched_are_not_sent_back():
    async with bench((120, 40)) as b:
        arn = await b.town.service(
            "web",
            1,
            await b.town.register(
                "web", [{"name": "app", "image": "demo:1", "memory": 64}], network_mode="awsvpc"
            ),
            network_configuration={"awsvpc_configuration": {"subnets": ["subnet-a"]}},
        )
        await b.town.steady(arn)
        await b.show(UpdateServiceModal(arn))
        network = {"awsvpc_configuration": {"subnets": ["subnet-b"]}}
        await b.town.update("web", network_configuration=network)
        await b.fill(maximum_percent="150")
        await b.press("f3")
        assert "subnet" not in b.app.copied


async def test_floor_and_ceiling_that_meet_cannot_progress():
    async with bench((120, 40)) as b:
        arn, second = await two_revisions(b.town, 1)
        await b.show(UpdateServiceModal(arn, second))
        await b.fill(minimum_healthy_percent="50", maximum_percent="150")
        await b.shows("it cannot progress: 50% of one task is a floor of 1, 150% a ceiling of 1")


@pytest.mark.parametrize("size", SIZES)
async def test_what_ecs_refuses_stands_beside_the_percentage(size):
    async with bench(size) as b:
        arn, _ = await two_revisions(b.town)
        answers = await b.show(UpdateServiceModal(arn))
        await b.fill(maximum_percent="100")
        await b.press("ctrl+s")
        await b.shows("InvalidParameterException: Both maximumPercent and minimumHealthyPercent")
        assert b.app.focused is not None
        assert b.app.focused.value == "100"  # type: ignore[attr-defined]
        assert answers == []


async def test_nothing_different_is_not_sent():
    async with bench((100, 40)) as b:
        arn, _ = await two_revisions(b.town)
        before = b.town.service_record(arn).primary.id
        await b.show(UpdateServiceModal(arn))
        await b.press("ctrl+s")
        await b.shows("Nothing is different yet.")
        assert b.client.made == []
        await b.fill(force=True)
        await b.shows("--force-new-deployment")
        await b.press("ctrl+s")
        await b.until(lambda: b.client.made)
        assert b.client.of(UpdateServiceRequest)[0].force_new_deployment
        await b.until(lambda: b.town.service_record(arn).primary.id != before)


async def test_no_room_for_a_surge_is_told():
    town = Town(instances=1, cpu_units=256, memory_mib=512, pace=QUICK)
    async with bench((120, 40), town=town) as b:
        arn = await town.service("web", 2, await town.definition("web", cpu=128))
        await town.steady(arn)
        second = await town.definition("web", cpu=128, image="demo/web:2")
        await b.show(UpdateServiceModal(arn, second))
        await b.shows("no room for even one more, and the floor lets none stop: it will wait")


async def test_the_revision_that_runs_is_offered_even_when_it_is_deregistered():
    async with bench((120, 40)) as b:
        arn, _ = await two_revisions(b.town)
        await b.town.plane.call(DeregisterTaskDefinitionRequest(task_definition="web:1"))
        await b.show(UpdateServiceModal(arn))
        await b.shows("web:1")
        await b.press("enter")
        await b.shows("web:2")
        assert "newest" in b.text


async def test_a_revision_in_awsvpc_mode_asks_for_subnets():
    async with bench((120, 40)) as b:
        arn, _ = await two_revisions(b.town)
        third = await b.town.register(
            "web", [{"name": "app", "image": "demo:3", "memory": 64}], network_mode="awsvpc"
        )
        await b.show(UpdateServiceModal(arn, third))
        await b.shows("Subnets")
        await b.shows("'awsvpcConfiguration={subnets=[subnet-local]}'")
        await b.fill(subnets="")
        await b.press("ctrl+s")
        await b.shows("InvalidParameterException: subnets can not be empty.")
        await b.fill(subnets="subnet-a, subnet-b")
        await b.press("ctrl+s")
        await b.until(lambda: b.town.service_record(arn).task_definition == third)
        network = b.town.service_record(arn).network_configuration
        assert network is not None
        assert network.awsvpc_configuration is not None
        assert network.awsvpc_configuration.subnets == ("subnet-a", "subnet-b")


async def test_a_service_that_is_gone_has_nothing_to_change():
    async with bench() as b:
        await b.show(UpdateServiceModal("arn:aws:ecs:us-east-1:0:service/default/ghost"))
        await b.shows("ghost is not ACTIVE any more")
        await b.press("escape")
        assert b.client.made == []
