import pytest
from textual.widgets import Input

from ecstui.model.enums import TaskDefinitionStatus
from ecstui.model.requests.definitions import DeregisterTaskDefinitionRequest
from ecstui.store.kinds import TASK_DEFINITIONS
from ecstui.ui.modals.confirm import Confirm
from ecstui.ui.screens.choose import ChooseModal
from ecstui.ui.screens.picker import Picker
from ecstui.ui.screens.reader import Reader
from ecstui.ui.screens.task_definitions import TaskDefinitionsScreen
from ecstui.ui.spans import line_text
from ecstui.ui.table import plain
from ecstui.ui.widgets.span_lines import SpanLines
from tests.factories import NAMES, a_definition
from tests.ui.conftest import until
from tests.ui.test_screens_services import top, yes
from tests.ui.town import a_town, app_of, ready, town_pilot


async def definitions(pilot, family: str = "") -> TaskDefinitionsScreen:
    await pilot.press("4")
    await ready(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, TaskDefinitionsScreen)
    if family:
        assert screen.table.move_to_key(family)
        await until(pilot, lambda: screen.revision is not None)
        await pilot.pause()
    return screen


def revisions(screen: TaskDefinitionsScreen) -> list[int]:
    model = screen.revisions.model
    return [model.rows[key].definition.revision for key in model.order]


async def test_families_and_the_revisions_of_the_one_under_the_cursor(size):
    async with town_pilot(size=size) as pilot:
        screen = await definitions(pilot, "api")
        assert revisions(screen) == [42, 41, 40, 39, 38, 37]
        await pilot.press("down")
        await until(pilot, lambda: revisions(screen) == [6, 5, 4, 3, 2, 1])


async def test_a_family_tells_what_its_newest_revision_takes_and_who_uses_it():
    async with town_pilot(size=(140, 40)) as pilot:
        await definitions(pilot)
        row = app_of(pilot).row_with(" api ")
        for part in (":42", "576", "576M", "2", "api"):
            assert part in row


async def test_revisions_tell_how_many_tasks_run_them():
    async with town_pilot() as pilot:
        await definitions(pilot, "api")
        assert "8 tasks" in app_of(pilot).row_with(":42 ")
        assert "4 tasks" in app_of(pilot).row_with(":41 ")


async def test_the_preview_is_the_json_of_the_revision():
    async with town_pilot() as pilot:
        screen = await definitions(pilot, "api")
        text = screen.query_one(Reader).text
        assert '"image": "shop/api:1.42.0"' in text
        assert "taskDefinitionArn" not in text
        await pilot.press("tab", "down")
        await until(pilot, lambda: "shop/api:1.41.0" in screen.query_one(Reader).text)


async def test_narrow_terminals_get_a_summary_instead():
    async with town_pilot(size=(80, 24)) as pilot:
        screen = await definitions(pilot, "api")
        await pilot.pause()
        lines = [plain(line) for line in screen.query_one("#summary", SpanLines)._lines]
        assert "reserves 576 cpu 576M" in lines[0]
        assert "api  shop/api:1.42.0  512 cpu 512M  dyn→8080  health check" in lines[1]


async def test_inactive_revisions_are_shown_on_x():
    town = a_town()
    gone = a_definition(family="api", revision=40, status=TaskDefinitionStatus.INACTIVE)
    old = a_definition(family="ancient", revision=1, status=TaskDefinitionStatus.INACTIVE)
    town.put_now(gone, old)
    async with town_pilot(town) as pilot:
        screen = await definitions(pilot, "api")
        assert 40 not in revisions(screen)
        assert "ancient" not in screen.table.model.rows
        await pilot.press("x")
        await until(pilot, lambda: 40 in revisions(screen))
        assert "ancient" in screen.table.model.rows
        assert "with inactive" in app_of(pilot).shown


async def test_a_new_revision_appears_by_itself():
    async with town_pilot() as pilot:
        screen = await definitions(pilot, "api")
        await app_of(pilot).town.put(a_definition(family="api", revision=43))
        await until(pilot, lambda: revisions(screen)[0] == 43)
        assert screen.revision is not None


async def test_enter_goes_to_the_revisions_and_then_into_one():
    async with town_pilot() as pilot:
        screen = await definitions(pilot, "api")
        await pilot.press("enter")
        assert screen.revisions.has_focus
        await pilot.press("escape")
        assert screen.table.has_focus
        await pilot.press("enter", "enter")
        await until(pilot, lambda: top(pilot) == "DocumentScreen")
        await until(pilot, lambda: "DescribeTaskDefinition" in app_of(pilot).shown)
        assert '"revision": 42' in pilot.app.screen.query_one(Reader).text


@pytest.mark.parametrize(
    ("key", "opened"),
    [
        ("n", "EditorScreen"),
        ("e", "EditorScreen"),
        ("r", "RunTaskModal"),
        ("d", "DocumentScreen"),
        ("J", "DocumentScreen"),
        ("u", "ChooseModal"),
        ("D", "DiffScreen"),
    ],
)
async def test_keys_open_what_they_name(key, opened):
    async with town_pilot() as pilot:
        await definitions(pilot, "api")
        await pilot.press(key)
        await until(pilot, lambda: top(pilot) == opened)


async def test_deploy_offers_the_services_of_the_family_first_and_asks():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await definitions(pilot, "web")
        await pilot.press("tab", "down", "u")
        await until(pilot, lambda: isinstance(app.screen, ChooseModal))
        await pilot.pause()
        items = [line_text(item) for item in app.screen.query_one(Picker)._items]
        assert items[0].startswith("web ")
        assert items[-1].startswith("new service…")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.pause()
        assert "Deploy web:16 to web?" in app.shown
        await pilot.press("y")
        await until(pilot, lambda: "deploying web:16 to web" in app.shown)
        assert app.town.service("web").task_definition == NAMES.task_definition("web", 16)


async def test_diff_takes_two_marks_or_the_revision_before():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await definitions(pilot, "api")
        await pilot.press("enter", "space", "down", "space", "D")
        await until(pilot, lambda: top(pilot) == "DiffScreen")
        await pilot.pause()
        assert ":40" in app.shown
        assert ":42" in app.shown


async def test_diff_needs_another_revision_and_no_more_than_two():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await definitions(pilot, "analytics")
        await pilot.press("D")
        assert "no other revision to compare with" in app.shown
        await definitions(pilot, "api")
        await pilot.press("enter", "space", "space", "space", "D")
        assert "Mark two revisions, or none." in app.shown


async def test_deploy_can_make_a_new_service():
    async with town_pilot() as pilot:
        await definitions(pilot, "web")
        await pilot.press("u", "up", "enter")
        await until(pilot, lambda: top(pilot) == "CreateServiceModal")


async def test_deregister_asks_and_does_it():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        screen = await definitions(pilot, "api")
        await pilot.press("enter", "down", "down")
        shown = await yes(pilot, "ctrl+d")
        assert "Deregister api:40?" in shown
        await until(pilot, lambda: "deregistered api:40" in app.shown)
        record = app.town.store.get(TASK_DEFINITIONS, NAMES.task_definition("api", 40))
        assert record is not None
        assert record.status is TaskDefinitionStatus.INACTIVE
        await until(pilot, lambda: 40 not in revisions(screen))


async def test_deregister_says_what_still_runs_and_takes_marks():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await definitions(pilot, "api")
        await pilot.press("enter", "space", "space")
        shown = await yes(pilot, "ctrl+d")
        assert "Deregister api:42, api:41?" in shown
        assert "12 running tasks of it will not be stopped" in shown
        await until(
            pilot, lambda: len(app.town.client.requests(DeregisterTaskDefinitionRequest)) == 2
        )


async def test_copies_of_a_revision():
    async with town_pilot() as pilot:
        screen = await definitions(pilot, "api")
        await pilot.press("c")
        assert app_of(pilot).copied == "api:42"
        assert [name for name, _ in screen.copies()] == ["name", "ARN", "JSON", "AWS CLI command"]


async def test_the_filter_finds_families_by_image():
    async with town_pilot() as pilot:
        screen = await definitions(pilot)
        await pilot.press("/", *"envoy", "enter")
        await until(pilot, lambda: screen.table.model.order == ["api", "web"])


async def test_without_families_the_list_says_what_to_do():
    town = a_town()

    def forget(tx):
        for definition in tx.all(TASK_DEFINITIONS):
            tx.delete(TASK_DEFINITIONS, definition.task_definition_arn)

    town.store.update(forget)
    async with town_pilot(town) as pilot:
        screen = await definitions(pilot)
        assert "n writes one" in app_of(pilot).shown
        assert screen.revision is None
        await pilot.press("e")
        assert "No task definition is selected." in app_of(pilot).shown
        assert pilot.app.screen.query(Input)
