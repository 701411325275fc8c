import pytest

from ecstui.base.errors import ClientException
from ecstui.model.enums import RolloutState, ServiceStatus, TaskDefinitionStatus
from ecstui.model.requests.services import (
    DeleteServiceRequest,
    DescribeServicesRequest,
    UpdateServiceRequest,
)
from ecstui.store.kinds import SERVICES
from ecstui.ui.commands import screen_entries
from ecstui.ui.modals.confirm import Confirm
from ecstui.ui.screens.document import DocumentScreen
from ecstui.ui.screens.events import EventsScreen
from ecstui.ui.screens.reader import Reader
from ecstui.ui.screens.services import ServicesScreen
from ecstui.ui.screens.task_definitions import TaskDefinitionsScreen
from ecstui.ui.service_verbs import rollback_target
from ecstui.ui.table import plain
from ecstui.ui.widgets.span_lines import SpanLines
from tests.factories import NAMES, a_definition, a_deployment, a_service
from tests.ui.conftest import until
from tests.ui.town import CLUSTER, NOW, a_town, app_of, ready, town_pilot


def screen_of(pilot) -> ServicesScreen:
    screen = pilot.app.screen
    assert isinstance(screen, ServicesScreen)
    return screen


def order(pilot) -> list[str]:
    table = screen_of(pilot).table
    return [table.model.rows[key].name for key in table.model.order]


async def at(pilot, name: str) -> ServicesScreen:
    """Put the cursor on a service."""
    screen = screen_of(pilot)
    assert screen.table.move_to_key(NAMES.service(CLUSTER, name))
    await pilot.pause()
    return screen


def inspector(pilot) -> str:
    return "\n".join(plain(line) for line in pilot.app.screen.query_one("#facts", SpanLines)._lines)


def top(pilot) -> str:
    """The class of what is on top."""
    return type(pilot.app.screen).__name__


async def yes(pilot, key: str) -> str:
    """Press a key that asks, read the question, say yes."""
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
    await pilot.pause()
    shown = app_of(pilot).shown
    button = pilot.app.screen.query_one("#yes")
    button.focus()
    await pilot.press("enter")
    await until(pilot, lambda: not isinstance(pilot.app.screen, Confirm))
    return shown


# ---------------------------------------------------------------- rows


async def test_what_is_wrong_comes_first_then_what_moves():
    async with town_pilot() as pilot:
        assert order(pilot)[:4] == ["analytics", "reports", "api", "auth"]


async def test_a_row_tells_counts_rollout_and_revision(size):
    async with town_pilot(size=size) as pilot:
        row = app_of(pilot).row_with(" api ")
        for part in ("8/8", "2", "◆ ROLLING 75%", "api:42", "2m"):
            assert part in row


async def test_troubles_have_their_own_words():
    async with town_pilot() as pilot:
        assert "▲ BLOCKED" in app_of(pilot).row_with(" analytics ")
        assert "✗ CRASH LOOP" in app_of(pilot).row_with(" reports ")


async def test_why_it_waits_stands_in_the_row_where_there_is_room():
    async with town_pilot(size=(140, 40)) as pilot:
        assert "waiting for 2 tasks starting" in app_of(pilot).row_with(" api ")


async def test_a_failed_and_a_deleted_service():
    town = a_town()
    web, cart = town.service("web"), town.service("cart")
    failed = web.primary.with_(rollout_state=RolloutState.FAILED)
    town.put_now(web.with_(deployments=(failed,)), cart.with_(status=ServiceStatus.INACTIVE))
    async with town_pilot(town) as pilot:
        assert "✗ FAILED" in app_of(pilot).row_with(" web ")
        assert "cart" not in order(pilot)


async def test_names_from_users_cannot_steer_the_terminal():
    town = a_town()
    town.put_now(a_service("x\x1b[31mred\x07\nline", cluster_name=CLUSTER))
    async with town_pilot(town) as pilot:
        assert "xred line" in app_of(pilot).shown
        assert "\x1b" not in app_of(pilot).shown


# ---------------------------------------------------------------- inspector


async def test_the_inspector_follows_the_cursor(size):
    async with town_pilot(size=size) as pilot:
        await at(pilot, "api")
        assert "api:41 → api:42" in inspector(pilot)
        assert "desired 8" in inspector(pilot)
        assert "2 tasks starting, for up to 4s" in inspector(pilot)
        assert "$ aws ecs describe-services --cluster shop --services api" in inspector(pilot)
        await at(pilot, "worker")
        assert "has reached a steady state." in inspector(pilot)


async def test_the_inspector_follows_the_records():
    async with town_pilot() as pilot:
        await at(pilot, "web")
        town = app_of(pilot).town
        await town.put(town.service("web").with_(is_steady=False, waiting="waiting for a miracle"))
        await until(pilot, lambda: "waiting for a miracle" in inspector(pilot))


async def test_i_hides_the_inspector_and_brings_it_back():
    async with town_pilot() as pilot:
        panel = screen_of(pilot).query_one("#inspector")
        await pilot.press("i")
        await until(pilot, lambda: not panel.display)
        await pilot.press("i")
        await until(pilot, lambda: panel.display)


async def test_without_services_the_list_says_what_to_do():
    async with town_pilot(cluster="staging") as pilot:
        assert "No services in this cluster." in app_of(pilot).shown
        assert "Nothing is selected." in inspector(pilot)
        await pilot.press("s")
        assert "No service is selected." in app_of(pilot).shown


# ---------------------------------------------------------------- filter, sort, marks, problems


async def test_slash_filters_while_one_types_and_esc_ends_it():
    async with town_pilot() as pilot:
        await pilot.press("/", *"pay")
        await until(pilot, lambda: order(pilot) == ["payments"])
        assert "1 of 12" in app_of(pilot).shown
        await pilot.press("enter")
        assert screen_of(pilot).table.has_focus
        assert "/pay" in app_of(pilot).shown
        await pilot.press("escape")
        await until(pilot, lambda: len(order(pilot)) == 12)


async def test_esc_in_the_filter_takes_it_away():
    async with town_pilot() as pilot:
        await pilot.press("/", *"pay", "escape")
        await until(pilot, lambda: len(order(pilot)) == 12)
        assert not screen_of(pilot).has_class("-filtering")


async def test_a_filter_that_fits_nothing_says_so():
    async with town_pilot() as pilot:
        await pilot.press("/", *"zzz")
        await until(pilot, lambda: "No row matches 'zzz'." in app_of(pilot).shown)


async def test_keys_typed_into_the_filter_run_nothing():
    async with town_pilot() as pilot:
        await pilot.press("/", *"rsq2")
        assert isinstance(pilot.app.screen, ServicesScreen)
        assert not app_of(pilot).town.client.calls


async def test_the_filter_looks_in_states_and_revisions():
    async with town_pilot() as pilot:
        await pilot.press("/", *"crash")
        await until(pilot, lambda: order(pilot) == ["reports"])


async def test_problems_only():
    async with town_pilot() as pilot:
        await pilot.press("!")
        assert order(pilot) == ["analytics", "reports"]
        assert "problems only" in app_of(pilot).shown
        await pilot.press("escape")
        assert len(order(pilot)) == 12


async def test_columns_sort_by_their_values():
    async with town_pilot() as pilot:
        await pilot.press("<", "<")
        assert "sort run" in app_of(pilot).shown
        assert order(pilot)[0] == "api"
        await pilot.press("O")
        assert order(pilot)[-1] == "api"
        await pilot.press("<")
        assert order(pilot)[0] == "analytics"
        assert order(pilot)[-1] == "worker"


async def test_esc_takes_marks_before_the_filter():
    async with town_pilot() as pilot:
        await pilot.press("/", "a", "enter", "space")
        assert "1 marked" in app_of(pilot).shown
        await pilot.press("escape")
        assert "marked" not in app_of(pilot).shown
        assert screen_of(pilot).table.model.filter_text == "a"
        await pilot.press("escape")
        assert screen_of(pilot).table.model.filter_text == ""


# ---------------------------------------------------------------- verbs


@pytest.mark.parametrize(
    ("key", "opened"),
    [
        ("enter", "ServiceScreen"),
        ("p", "DeploymentsScreen"),
        ("l", "LogsScreen"),
        ("L", "LogsScreen"),
        ("s", "ScaleModal"),
        ("u", "UpdateServiceModal"),
        ("U", "UpdateServiceModal"),
        ("n", "CreateServiceModal"),
        ("ctrl+d", "DeleteServiceModal"),
        ("delete", "DeleteServiceModal"),
        ("e", "EditorScreen"),
        ("f", "ChooseModal"),
    ],
)
async def test_keys_open_what_they_name(key, opened):
    async with town_pilot() as pilot:
        await at(pilot, "api")
        await pilot.press(key)
        await until(pilot, lambda: top(pilot) == opened)


async def test_redeploy_says_what_happens_and_does_it():
    async with town_pilot() as pilot:
        await at(pilot, "web")
        shown = await yes(pilot, "r")
        assert "Redeploy web?" in shown
        assert "4 running tasks" in shown
        assert "aws ecs update-service --cluster shop --service web" in shown
        assert "--force-new-deployment" in shown
        await until(pilot, lambda: "redeploying web" in app_of(pilot).shown)
        (request,) = app_of(pilot).town.client.requests(UpdateServiceRequest)
        assert isinstance(request, UpdateServiceRequest)
        assert (request.service, request.force_new_deployment) == ("web", True)
        assert len(app_of(pilot).town.service("web").deployments) == 2


async def test_no_is_the_default_of_a_question():
    async with town_pilot() as pilot:
        await at(pilot, "web")
        await pilot.press("r")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, ServicesScreen)
        assert not app_of(pilot).town.client.calls


async def test_marked_services_are_redeployed_together():
    async with town_pilot() as pilot:
        for name in ("web", "cart"):
            await at(pilot, name)
            await pilot.press("space")
        shown = await yes(pilot, "r")
        assert "Redeploy cart, web?" in shown
        assert "7 running tasks" in shown
        client = app_of(pilot).town.client
        await until(pilot, lambda: len(client.requests(UpdateServiceRequest)) == 2)


@pytest.mark.parametrize("key", ["s", "ctrl+d", "u", "W", "w", "p", "R", "f", "l", "S"])
async def test_a_verb_on_a_service_that_has_just_gone_says_so(key):
    async with town_pilot() as pilot:
        screen = await at(pilot, "web")
        await pilot.press("j", "k")  # Just after a key a row keeps its place.
        assert screen.table.cursor_key == NAMES.service(CLUSTER, "web")
        screen.table.drop(NAMES.service(CLUSTER, "web"))
        await pilot.press(key)
        assert "No service is selected." in app_of(pilot).shown
        assert isinstance(pilot.app.screen, ServicesScreen)


async def test_marks_are_for_verbs_that_take_many_and_the_cursor_for_the_others():
    async with town_pilot() as pilot:
        for name in ("web", "cart"):
            await at(pilot, name)
            await pilot.press("space")
        screen = await at(pilot, "api")
        titles = {entry.title for entry in screen_entries(app_of(pilot), screen)}
        entries = {"Scale 2 marked services", "Delete 2 marked services", "Update api"}
        assert entries <= titles, sorted(titles)
        await pilot.press("u")
        await until(pilot, lambda: top(pilot) == "UpdateServiceModal")
        assert "Update api" in app_of(pilot).shown


async def marked(pilot, *names: str) -> None:
    for name in names:
        await at(pilot, name)
        await pilot.press("space")


async def test_marked_services_are_scaled_together():
    async with town_pilot() as pilot:
        await marked(pilot, "web", "cart", "auth")
        town = app_of(pilot).town
        before = {name: town.service(name).desired_count for name in ("web", "cart", "auth")}
        assert before == {"web": 4, "cart": 3, "auth": 2}
        await pilot.press("s")
        await until(pilot, lambda: top(pilot) == "AskModal")
        await pilot.press(*"99999", "enter")
        await until(pilot, lambda: "a whole number from 0 to 5000" in app_of(pilot).shown)
        await pilot.press(*["backspace"] * 5, *"3")
        shown = await yes(pilot, "enter")
        for words in ("Scale auth, web to 3?", "web 4 → 3", "auth 2 → 3", "1 task more, 1 task"):
            assert words in shown
        assert "cart 3" not in shown
        await until(pilot, lambda: len(town.client.requests(UpdateServiceRequest)) == 2)
        assert all(town.service(name).desired_count == 3 for name in before)


async def test_marked_services_are_deleted_when_how_many_is_typed():
    async with town_pilot() as pilot:
        await marked(pilot, "web", "cart")
        await pilot.press("ctrl+d")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.pause()
        shown = app_of(pilot).shown
        assert "Delete cart, web?" in shown
        assert "web: 4 tasks of it will be stopped, by force" in shown
        client = app_of(pilot).town.client
        await pilot.press("enter")
        assert not client.requests(DeleteServiceRequest)
        await pilot.press("2", "space", *"services", "enter", "enter")
        await until(pilot, lambda: len(client.requests(DeleteServiceRequest)) == 2)
        assert {
            (request.service, request.force)
            for request in client.requests(DeleteServiceRequest)
            if isinstance(request, DeleteServiceRequest)
        } == {("web", True), ("cart", True)}


async def test_a_refusal_among_many_says_how_many_were_done_before_it():
    async with town_pilot() as pilot:
        await marked(pilot, "web", "cart")
        await pilot.press("ctrl+d")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        town = app_of(pilot).town
        town.store.update(lambda tx: tx.delete(SERVICES, NAMES.service(CLUSTER, "web")))
        await pilot.press("2", "space", *"services", "enter", "enter")
        await until(pilot, lambda: "ServiceNotFoundException" in app_of(pilot).shown)
        assert "(1 of 2 done before it)" in app_of(pilot).shown
        assert len(town.client.requests(DeleteServiceRequest)) == 2


async def test_scale_to_zero_remembers_what_was_in_the_message():
    async with town_pilot() as pilot:
        await at(pilot, "web")
        shown = await yes(pilot, "S")
        assert "4 running tasks will be stopped" in shown
        await until(pilot, lambda: "web scaled to 0 (was web 4)" in app_of(pilot).shown)
        assert app_of(pilot).town.service("web").desired_count == 0


async def test_roll_back_goes_to_what_ran_before():
    async with town_pilot() as pilot:
        await at(pilot, "api")
        shown = await yes(pilot, "R")
        assert "Roll api back to api:41?" in shown
        await until(pilot, lambda: "rolling api back to api:41" in app_of(pilot).shown)
        assert app_of(pilot).town.service("api").task_definition.endswith("api:41")


async def test_without_an_earlier_revision_there_is_no_way_back():
    async with town_pilot() as pilot:
        await at(pilot, "analytics")
        await pilot.press("R")
        assert "no earlier revision" in app_of(pilot).shown
        assert isinstance(pilot.app.screen, ServicesScreen)


async def test_a_refused_verb_says_why():
    async with town_pilot() as pilot:
        await at(pilot, "web")
        app_of(pilot).town.client.refusal = ClientException("Not today.")
        await yes(pilot, "r")
        await until(pilot, lambda: "ClientException: Not today." in app_of(pilot).shown)


async def test_f_offers_the_addresses_of_the_tasks():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await at(pilot, "mailer")
        await pilot.press("f")
        await until(pilot, lambda: top(pilot) == "ChooseModal")
        await pilot.press("enter")
        await until(pilot, lambda: app.copied.startswith("localhost:327"))


async def test_f_on_a_service_without_ports_says_so():
    async with town_pilot() as pilot:
        await at(pilot, "analytics")
        await pilot.press("f")
        assert "Nothing of this is published on a port." in app_of(pilot).shown


async def test_t_shows_the_revision_that_runs():
    async with town_pilot() as pilot:
        await at(pilot, "api")
        await pilot.press("t")
        await ready(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, TaskDefinitionsScreen)
        assert screen.revision is not None
        assert screen.revision.definition.family_revision == "api:42"


async def test_w_shows_the_events_of_the_service():
    async with town_pilot() as pilot:
        await at(pilot, "api")
        await pilot.press("w")
        await ready(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, EventsScreen)
        assert {row.subject for row in screen.table.model.rows.values()} == {"api"}


@pytest.mark.parametrize(
    ("key", "shown"), [("d", "serviceName "), ("y", '"serviceName": "web"'), ("J", '"serviceName"')]
)
async def test_describe_and_json_show_what_the_api_answers(key, shown):
    async with town_pilot() as pilot:
        await at(pilot, "web")
        await pilot.press(key)
        await until(pilot, lambda: shown in app_of(pilot).shown)
        (request,) = app_of(pilot).town.client.requests(DescribeServicesRequest)
        assert isinstance(request, DescribeServicesRequest)
        assert request.services == (NAMES.service(CLUSTER, "web"),)


async def test_a_document_can_be_turned_searched_copied_and_asked_for_again():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await at(pilot, "web")
        await pilot.press("y")
        await until(pilot, lambda: '"desiredCount": 4' in app.shown)
        screen = app.screen
        assert isinstance(screen, DocumentScreen)
        reader = screen.query_one(Reader)
        await pilot.press("d")
        assert "desiredCount          4" in reader.text
        await pilot.press("/", *"arn", "enter")
        assert reader.has_focus
        assert reader.found_words.startswith("1 of ")
        await pilot.press("n")
        assert reader.found_words.startswith("2 of ")
        await pilot.press("N")
        assert reader.found_words.startswith("1 of ")
        await pilot.press("c")
        assert app.copied == reader.text
        await app.town.put(app.town.service("web").with_(desired_count=5))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "desiredCount          5" in reader.text)
        await pilot.press("escape")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ServicesScreen))


async def test_c_and_shift_c_copy_the_service():
    async with town_pilot() as pilot:
        await at(pilot, "web")
        await pilot.press("c")
        assert app_of(pilot).copied == "web"
        names = [name for name, _ in screen_of(pilot).copies()]
        assert names == ["name", "ARN", "AWS CLI command"]


# ---------------------------------------------------------------- where a rollback goes


def test_rollback_prefers_the_last_completed_deployment():
    town = a_town()
    api = town.service("api")
    assert rollback_target(town.store, api) == NAMES.task_definition("api", 41)


def test_rollback_without_history_takes_the_revision_before():
    town = a_town()
    web = town.service("web")
    assert rollback_target(town.store, web) == NAMES.task_definition("web", 16)


def test_rollback_leaves_out_revisions_that_are_not_active():
    town = a_town()
    inactive = a_definition(family="web", revision=16, status=TaskDefinitionStatus.INACTIVE)
    town.put_now(inactive)
    assert rollback_target(town.store, town.service("web")) == NAMES.task_definition("web", 15)


def test_rollback_of_an_older_deployment_that_never_completed():
    town = a_town()
    now = a_deployment(seed="n", task_definition=NAMES.task_definition("x", 9), created_at=NOW)
    before = a_deployment(
        seed="b", status="ACTIVE", task_definition=NAMES.task_definition("x", 8), created_at=NOW
    )
    service = a_service("x", cluster_name=CLUSTER, deployments=(now, before))
    assert rollback_target(town.store, service) == NAMES.task_definition("x", 8)


async def test_a_screen_that_is_being_closed_inspects_nothing_more():
    async with town_pilot() as pilot:
        screen = app_of(pilot).screen
        assert isinstance(screen, ServicesScreen)
        await screen.query("#facts").remove()
        screen.refresh_inspector()
