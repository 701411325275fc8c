"""The deployments of a service: the list, one of them, stop, answers to pauses, neighbours."""

import re

import pytest

from ecstui.model.deployment import (
    HookRecord,
    HookStatus,
    RevisionSummary,
    ServiceDeploymentStatus,
)
from ecstui.model.deployment_configuration import HookAction, HookTargetType, LifecycleStage
from ecstui.model.history import CallRecord
from ecstui.model.requests.deployments import (
    ContinueServiceDeploymentRequest,
    StopServiceDeploymentRequest,
)
from ecstui.store.kinds import SERVICE_DEPLOYMENTS
from ecstui.ui import routes
from ecstui.ui.modals.confirm import Confirm
from ecstui.ui.screens.choose import ChooseModal
from ecstui.ui.screens.deployment import DeploymentScreen
from ecstui.ui.screens.deployments import DeploymentsScreen
from ecstui.ui.screens.services import ServicesScreen
from tests.factories import NAMES
from tests.histories import a_service_deployment, a_service_revision, revision_arn
from tests.ui.conftest import until
from tests.ui.town import CLUSTER, NOW, a_town, app_of, ready, town_pilot

API = NAMES.service(CLUSTER, "api")
SIZES = [(80, 24), (120, 40)]
PAUSE = HookRecord(
    hook_id="hook-1",
    target_type=HookTargetType.PAUSE,
    status=HookStatus.AWAITING_ACTION,
    expires_at=NOW + 90,
    timeout_action=HookAction.ROLLBACK,
    stage=LifecycleStage.POST_SCALE_UP,
)


def a_history(*, paused=False):
    """`api` after a deployment that failed, and in one that goes on."""
    town = a_town()
    primary = town.service("api").primary
    for number in (41, 42):
        town.put_now(
            a_service_revision(
                f"r{number}",
                cluster=CLUSTER,
                task_definition=NAMES.task_definition("api", number),
            )
        )
    source = (RevisionSummary(arn=revision_arn("r41", cluster=CLUSTER)),)
    target = RevisionSummary(arn=revision_arn("r42", cluster=CLUSTER))
    town.put_now(
        a_service_deployment(
            "failed",
            cluster=CLUSTER,
            created_at=NOW - 900,
            started_at=NOW - 900,
            finished_at=NOW - 840,
            status=ServiceDeploymentStatus.ROLLBACK_SUCCESSFUL,
            status_reason="Service deployment rolled back because of \x1b[2Jtrouble.",
            source_service_revisions=source,
            target_service_revision=target,
        ),
        a_service_deployment(
            "now",
            cluster=CLUSTER,
            created_at=NOW - 134,
            started_at=NOW - 134,
            status=ServiceDeploymentStatus.IN_PROGRESS,
            deployment_id=primary.id,
            source_service_revisions=source,
            target_service_revision=target,
            lifecycle_stage=LifecycleStage.POST_SCALE_UP if paused else None,
            lifecycle_hook_details=(PAUSE,) if paused else (),
        ),
        CallRecord(
            number=1, at=NOW - 134, caller="anna via aws-cli", operation="UpdateService",
            request="{}",
        ),
    )  # fmt: skip
    return town


def arn_of(seed):
    return a_service_deployment(seed, cluster=CLUSTER).service_deployment_arn


@pytest.mark.parametrize("size", SIZES)
async def test_p_lists_what_was_deployed_and_enter_shows_one(size):
    async with town_pilot(a_history(), size=size) as pilot:
        app = app_of(pilot)
        screen = app.screen
        assert isinstance(screen, ServicesScreen)
        assert screen.table.move_to_key(API)
        await pilot.pause()
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, DeploymentsScreen))
        await ready(pilot)
        shown = app.shown
        assert "in progress" in shown
        assert "rollback successful" in shown
        assert "api:41 → api:42" in shown
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DeploymentScreen))
        await until(pilot, lambda: "What it changes" in app.shown)
        assert "by anna via aws-cli" in app.shown
        assert "1 of 2" in app.shown


@pytest.mark.parametrize("size", SIZES)
async def test_brackets_go_to_the_neighbours_and_reasons_are_harmless(size):
    async with town_pilot(a_history(), size=size) as pilot:
        app = app_of(pilot)
        routes.open_deployment(app, arn_of("now"))
        await until(pilot, lambda: "1 of 2" in app.shown)
        await pilot.press("]")
        await until(pilot, lambda: "2 of 2" in app.shown)
        assert "trouble" in app.shown
        assert "\x1b" not in app.shown
        await pilot.press("]")
        await until(pilot, lambda: "no older one" in app.message.text if app.message else False)
        await pilot.press("[")
        await until(pilot, lambda: "1 of 2" in app.shown)


@pytest.mark.parametrize("size", SIZES)
async def test_a_deployment_is_stopped_only_after_a_yes(size):
    async with town_pilot(a_history(), size=size) as pilot:
        app = app_of(pilot)
        routes.open_deployments(app, API)
        await ready(pilot)
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.pause()
        assert "goes back to api:41" in app.shown
        await pilot.press("enter")  # The default is no.
        await until(pilot, lambda: isinstance(app.screen, DeploymentsScreen))
        assert not app.town.client.requests(StopServiceDeploymentRequest)
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("right", "enter")
        await until(pilot, lambda: "rollback requested" in app.shown)
        request = app.town.client.requests(StopServiceDeploymentRequest)[0]
        assert isinstance(request, StopServiceDeploymentRequest)
        assert request.service_deployment_arn == arn_of("now")


async def test_what_is_over_is_not_stopped():
    async with town_pilot(a_history()) as pilot:
        app = app_of(pilot)
        routes.open_deployments(app, API)
        await ready(pilot)
        screen = app.screen
        assert isinstance(screen, DeploymentsScreen)
        assert screen.table.move_to_key(arn_of("failed"))
        await pilot.pause()
        await pilot.press("S")
        await pilot.pause()
        assert isinstance(app.screen, DeploymentsScreen)
        assert "This deployment is over." in app.shown


@pytest.mark.parametrize("size", SIZES)
async def test_a_pause_is_answered_from_the_service(size):
    async with town_pilot(a_history(paused=True), size=size) as pilot:
        app = app_of(pilot)
        routes.open_service(app, API)
        await until(pilot, lambda: "paused at POST_SCALE_UP" in app.shown)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ChooseModal))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: app.town.client.requests(ContinueServiceDeploymentRequest))
        request = app.town.client.requests(ContinueServiceDeploymentRequest)[0]
        assert isinstance(request, ContinueServiceDeploymentRequest)
        assert (request.hook_id, request.action) == ("hook-1", HookAction.CONTINUE)


@pytest.mark.parametrize(
    ("downs", "hook_id", "action"),
    [
        (0, "1f" * 16, HookAction.CONTINUE),
        (1, "1f" * 16, HookAction.ROLLBACK),
        (2, "2e" * 16, HookAction.CONTINUE),
        (3, "2e" * 16, HookAction.ROLLBACK),
    ],
)
async def test_two_pauses_at_one_stage_are_told_apart(downs, hook_id, action):
    town = a_history(paused=True)
    ongoing = town.store.get(SERVICE_DEPLOYMENTS, arn_of("now"))
    assert ongoing is not None
    hooks = tuple(PAUSE.with_(hook_id=number * 16) for number in ("1f", "2e"))
    town.put_now(ongoing.with_(lifecycle_hook_details=hooks))
    async with town_pilot(town) as pilot:
        app = app_of(pilot)
        routes.open_service(app, API)
        await until(pilot, lambda: "paused at POST_SCALE_UP" in app.shown)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ChooseModal))
        await pilot.pause()
        for words in ("Continue after", "Roll back at"):
            for short in ("1f1f1f", "2e2e2e"):
                assert re.search(rf"{words} P\S+_UP {short} ", app.shown)
        await pilot.press(*["down"] * downs, "enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("right", "enter")
        await until(pilot, lambda: app.town.client.requests(ContinueServiceDeploymentRequest))
        (request,) = app.town.client.requests(ContinueServiceDeploymentRequest)
        assert isinstance(request, ContinueServiceDeploymentRequest)
        assert (request.hook_id, request.action) == (hook_id, action)


async def test_a_rollback_shows_what_it_undoes():
    async with town_pilot(a_history()) as pilot:
        app = app_of(pilot)
        routes.open_service(app, API)
        await until(pilot, lambda: "rolling update" in app.shown)
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.pause()
        assert "changed: api: image shop/api:1.42.0 → 1.41.0" in app.shown
        assert "never fewer than" in app.shown


@pytest.mark.parametrize("size", SIZES)
async def test_revisions_of_one_family_name_it_once(size):
    async with town_pilot(a_history(), size=size) as pilot:
        app = app_of(pilot)
        routes.open_deployments(app, API)
        await ready(pilot)
        await until(pilot, lambda: "api:41 → :42" in app.row_with("in progress"))
