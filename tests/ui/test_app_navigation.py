import base64

import pytest
from textual.widgets import Input

from ecstui.ui.modals.confirm import Confirm
from ecstui.ui.screens.base import EcsScreen
from ecstui.ui.screens.clusters import ClustersScreen
from ecstui.ui.screens.document import DocumentScreen
from ecstui.ui.screens.events import EventsScreen
from ecstui.ui.screens.frame import CrumbBar, HeaderBar, KeyBar
from ecstui.ui.screens.help import HelpModal
from ecstui.ui.screens.instances import InstancesScreen
from ecstui.ui.screens.list_screen import ListScreen
from ecstui.ui.screens.messages import MessagesModal
from ecstui.ui.screens.palette import PaletteModal
from ecstui.ui.screens.picker import Picker
from ecstui.ui.screens.services import ServicesScreen
from ecstui.ui.screens.task_definitions import TaskDefinitionsScreen
from ecstui.ui.screens.tasks import TasksScreen
from ecstui.ui.spans import line_text
from ecstui.ui.table import plain
from tests.factories import NAMES
from tests.ui.conftest import until
from tests.ui.town import CLUSTER, TownApp, a_town, app_of, ready, town_pilot

SCREENS: list[type[EcsScreen]] = [
    ServicesScreen,
    TasksScreen,
    TaskDefinitionsScreen,
    InstancesScreen,
    EventsScreen,
    ClustersScreen,
]
BY_KEY = dict(zip("234590", SCREENS, strict=True))


def on(app: TownApp, screen: type[object]) -> bool:
    """Whether a screen of that class is on top."""
    return isinstance(app.screen, screen)


def path(app: TownApp) -> str:
    return plain(app.screen.query_one(CrumbBar)._lines[0]).strip()


async def type_command(pilot, text: str, *, enter: bool = True) -> None:
    """Type after `:`; the box must be gone before what it opened can be looked at."""
    await pilot.press(":")
    await until(pilot, lambda: isinstance(pilot.app.screen, PaletteModal))
    pilot.app.screen.query_one(Input).value = text
    await pilot.pause()
    if enter:
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(pilot.app.screen, PaletteModal))
        await pilot.pause()


# ---------------------------------------------------------------- every screen


@pytest.mark.parametrize("screen", [*SCREENS, DocumentScreen], ids=lambda cls: cls.__name__)
def test_every_command_of_a_screen_has_its_action(screen):
    for command_id, command in ((c, screen._by_action.values()) for c in screen.commands):
        names = [one.action for one in command if one.id == command_id]
        assert names
        assert all(hasattr(screen, f"action_{name}") for name in names), command_id


@pytest.mark.parametrize("screen", [*SCREENS, DocumentScreen], ids=lambda cls: cls.__name__)
def test_every_command_says_what_it_does(screen):
    for command in screen._by_action.values():
        assert getattr(screen, f"action_{command.action}").__doc__


@pytest.mark.parametrize("screen", SCREENS, ids=lambda cls: cls.__name__)
def test_no_key_does_two_things_on_a_screen(screen):
    owners: dict[str, str] = {}
    for command in screen._by_action.values():
        for key in command.keys:
            assert owners.setdefault(key, command.id) == command.id, key


# ---------------------------------------------------------------- sections


async def test_digits_lead_to_the_sections(size):
    async with town_pilot(size=size) as pilot:
        for key, screen in BY_KEY.items():
            await pilot.press(key)
            assert isinstance(pilot.app.screen, screen), key


async def test_a_section_is_as_it_was_left():
    async with town_pilot() as pilot:
        await pilot.press("j", "j", "3", "2")
        screen = pilot.app.screen
        assert isinstance(screen, ServicesScreen)
        assert screen.key == NAMES.service(CLUSTER, "api")


async def test_esc_goes_back_level_by_level_and_not_further():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await pilot.press("w")
        assert on(app, EventsScreen)
        assert path(app).startswith("shop › Services › Events of analytics")
        await pilot.press("escape")
        assert on(app, ServicesScreen)
        await pilot.press("escape", "escape")
        assert on(app, ServicesScreen)


async def test_a_click_on_the_path_goes_up():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await pilot.press("w")
        await until(pilot, lambda: on(app, EventsScreen) and path(app))
        crumbs = app.screen.query_one(CrumbBar)
        await pilot.click(crumbs, offset=(path(app).index("Services") + 2, 0))
        await until(pilot, lambda: on(app, ServicesScreen))
        crumbs = app.screen.query_one(CrumbBar)
        await pilot.click(crumbs, offset=(2, 0))
        await until(pilot, lambda: on(app, ClustersScreen))


async def test_a_click_on_the_cluster_leads_to_the_clusters():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await pilot.click(app.screen.query_one(HeaderBar), offset=(12, 0))
        await until(pilot, lambda: on(app, ClustersScreen))


async def test_brackets_walk_through_what_was_seen():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await pilot.press("3", "9")
        await pilot.press("[")
        assert on(app, TasksScreen)
        await pilot.press("[")
        assert on(app, ServicesScreen)
        await pilot.press("[")
        assert "nothing before this" in app.shown
        await pilot.press("]", "]")
        assert on(app, EventsScreen)


async def test_dash_goes_to_and_fro():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await pilot.press("w")
        await pilot.press("5")
        await pilot.press("-")
        await until(pilot, lambda: on(app, EventsScreen))
        await ready(pilot)
        assert "Events of analytics" in str(app.screen.query_one("#list").border_title)
        await pilot.press("-")
        await until(pilot, lambda: on(app, InstancesScreen))


async def test_tab_goes_round_the_panes():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await pilot.press("4")
        await ready(pilot)
        screen = app.screen
        assert isinstance(screen, TaskDefinitionsScreen)
        assert screen.table.has_focus
        await pilot.press("tab")
        assert screen.revisions.has_focus
        await pilot.press("shift+tab")
        assert screen.table.has_focus


# ---------------------------------------------------------------- command line and palette


@pytest.mark.parametrize(
    ("typed", "screen"),
    [
        ("svc", ServicesScreen),
        ("task", TasksScreen),
        ("td", TaskDefinitionsScreen),
        ("ci", InstancesScreen),
        ("ev", EventsScreen),
        ("cl", ClustersScreen),
        (":svc", ServicesScreen),
    ],
)
async def test_aliases_lead_to_sections(typed, screen):
    async with town_pilot() as pilot:
        await pilot.press("9")
        await type_command(pilot, typed)
        assert isinstance(pilot.app.screen, screen)


async def test_svc_with_a_name_opens_the_service():
    async with town_pilot() as pilot:
        await type_command(pilot, "svc api")
        assert type(pilot.app.screen).__name__ == "ServiceScreen"


async def test_an_unknown_name_is_said_and_nothing_is_done():
    async with town_pilot() as pilot:
        await type_command(pilot, "svc nothere", enter=False)
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, PaletteModal)
        assert "no service 'nothere', or more than one" in app_of(pilot).shown


async def test_scale_says_what_it_will_do_and_does_it():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await type_command(pilot, "scale web 6", enter=False)
        assert "4 → 6  +2 tasks" in app.shown
        await pilot.press("enter")
        await until(pilot, lambda: app.town.service("web").desired_count == 6)
        await until(pilot, lambda: "web scaled from 4 to 6" in app.shown)


async def test_scale_to_0_stops_nothing_before_a_yes():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        for keys in (["enter"], ["right", "enter"]):
            await type_command(pilot, "scale web 0", enter=False)
            assert "4 → 0  -4 tasks" in app.shown
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, Confirm))
            await pilot.pause()
            assert "Scale web to 0?" in app.shown
            assert app.town.service("web").desired_count == 4
            await pilot.press(*keys)
            await until(pilot, lambda: on(app, EcsScreen))
        await until(pilot, lambda: app.town.service("web").desired_count == 0)


@pytest.mark.parametrize("typed", ["scale web x", "scale web -1", "scale web 12345678"])
async def test_scale_takes_only_numbers(typed):
    async with town_pilot() as pilot:
        await type_command(pilot, typed, enter=False)
        assert "not a number of tasks" in app_of(pilot).shown


async def test_scale_is_off_when_nothing_can_be_written():
    async with town_pilot(read_only=True) as pilot:
        await type_command(pilot, "scale web 6", enter=False)
        assert "Read-only" in app_of(pilot).shown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("ev api", "Events of api"),
        ("ci ci-a1", "Tasks on ci-a1"),
        ("td api:42", "Task definitions api:42"),
        ("td api", "Task definitions api"),
    ],
)
async def test_commands_with_names(typed, shown):
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await type_command(pilot, typed)
        await until(pilot, lambda: on(app, EcsScreen) and shown in path(app))


async def test_a_cluster_is_changed_by_name_and_all_lists_follow():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await type_command(pilot, "cl staging")
        await until(pilot, lambda: "No services in this cluster." in app.shown)
        assert path(app).startswith("staging ›")
        assert "svc 0" in app.shown


async def test_the_palette_finds_verbs_places_and_things():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await pilot.press("ctrl+p")
        for typed, found in [
            ("redeploy", "Redeploy analytics"),
            ("container inst", "Go to container instances"),
            ("worker", "worker"),
            ("harbor-l", "Theme harbor-light"),
        ]:
            app.screen.query_one(Input).value = typed
            await pilot.pause()
            first = line_text(app.screen.query_one(Picker)._items[0])
            assert first.startswith(found)


async def test_the_palette_runs_a_verb_of_the_screen():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await pilot.press("ctrl+p")
        app.screen.query_one(Input).value = "redeploy"
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: on(app, Confirm))


async def test_the_palette_says_why_a_verb_is_off():
    async with town_pilot(read_only=True) as pilot:
        app = app_of(pilot)
        await pilot.press("ctrl+p")
        app.screen.query_one(Input).value = "redeploy"
        await pilot.pause()
        await pilot.press("enter")
        assert on(app, PaletteModal)
        assert "Read-only" in app.shown


async def test_the_palette_moves_with_arrows_and_completes_with_tab():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await pilot.press("ctrl+p")
        picker = app.screen.query_one(Picker)
        await pilot.press("down", "down", "up")
        assert picker.index == 1
        await pilot.press("up", "up")
        assert picker.index == len(picker._items) - 1
        app.screen.query_one(Input).value = "svc work"
        await pilot.pause()
        app.screen.query_one(Input).value = "work"
        await pilot.pause()
        await pilot.press("tab")
        assert app.screen.query_one(Input).value == "worker "


async def test_a_click_in_the_palette_chooses():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await pilot.press("ctrl+p")
        app.screen.query_one(Input).value = "go to events"
        await pilot.pause()
        await pilot.click(app.screen.query_one(Picker), offset=(5, 0))
        await until(pilot, lambda: on(app, EventsScreen))


async def test_themes_are_shown_while_one_looks_and_kept_with_enter():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await type_command(pilot, "theme harbor-light", enter=False)
        assert app.theme == "harbor-light"
        await pilot.press("escape")
        assert app.theme == "harbor-dark"
        await type_command(pilot, "theme harbor-light")
        assert app.theme == "harbor-light"


async def test_messages_are_kept():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        app.say("first")
        app.say("second", "warning")
        await type_command(pilot, "messages")
        await until(pilot, lambda: on(app, MessagesModal))
        await pilot.pause()
        assert app.shown.index("first") < app.shown.index("second")
        await pilot.press("escape")
        assert on(app, ServicesScreen)


# ---------------------------------------------------------------- help


async def test_help_shows_the_keys_of_the_screen(size):
    async with town_pilot(size=size) as pilot:
        await pilot.press("?")
        await until(pilot, lambda: "redeploy" in app_of(pilot).shown)
        assert "Help · Services" in app_of(pilot).shown


async def test_help_finds_and_runs():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await pilot.press("f1")
        await pilot.press(*"redep")
        await until(pilot, lambda: "1 match" in app.shown)
        await pilot.press("enter")
        await until(pilot, lambda: on(app, Confirm))


async def test_help_says_why_a_key_is_off():
    async with town_pilot(read_only=True) as pilot:
        app = app_of(pilot)
        await pilot.press("?")
        await pilot.press(*"redep")
        await until(pilot, lambda: "Read-only" in app.shown)
        assert "redeploy  (off)" in app.shown


async def test_help_can_be_walked_to_its_end_in_a_small_terminal():
    async with town_pilot(size=(60, 16)) as pilot:
        app = app_of(pilot)
        await pilot.press("?")
        await until(pilot, lambda: on(app, HelpModal))
        for _ in range(12):
            await pilot.press("pagedown")
        assert "copy or quit" in app.shown
        await pilot.press("escape")
        assert on(app, ServicesScreen)


async def test_a_remapped_key_works_and_is_shown():
    town = a_town()
    async with town_pilot(town) as pilot:
        registry, problems = app_of(pilot).registry.remapped({"services.scale": "Z"})
    assert not problems
    async with town_pilot(town, registry=registry) as pilot:
        app = app_of(pilot)
        assert "Z scale" in app.shown
        await pilot.press("Z")
        await until(pilot, lambda: type(app.screen).__name__ == "ScaleModal")


# ---------------------------------------------------------------- keys of every screen


async def test_the_footer_can_be_clicked():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        bar = app.screen.query_one(KeyBar)
        at = plain(bar._lines[0]).index("redeploy")
        await pilot.click(bar, offset=(at, 0))
        await until(pilot, lambda: on(app, Confirm))


async def test_c_copies_the_name_with_an_escape_sequence(monkeypatch):
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    async with town_pilot() as pilot:
        app = app_of(pilot)
        written: list[str] = []
        assert app._driver is not None
        monkeypatch.setattr(app._driver, "write", written.append)
        await pilot.press("c")
        assert app.copied == "analytics"
        encoded = base64.b64encode(b"analytics").decode()
        assert f"\x1b]52;c;{encoded}\a" in written
        assert "copied analytics" in app.shown


async def test_shift_c_asks_what_to_copy():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await pilot.press("C")
        await pilot.pause()
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.copied == NAMES.service(CLUSTER, "analytics"))


async def test_q_goes_back_and_asks_at_the_root():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await pilot.press("w")
        await until(pilot, lambda: on(app, EventsScreen))
        await pilot.press("q")
        assert on(app, ServicesScreen)
        await pilot.press("q")
        assert on(app, Confirm)
        await pilot.press("n")
        assert on(app, ServicesScreen)
        await pilot.press("q", "y")
        await until(pilot, lambda: not app.is_running or app._exit)


async def test_ctrl_c_twice_quits():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await pilot.press("ctrl+c")
        assert "again to quit" in app.shown
        assert not app._exit
        await pilot.press("ctrl+c")
        assert app._exit


async def test_f8_saves_a_picture(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await pilot.press("f8")
        saved = list(tmp_path.glob("ecstui-*.svg"))
        assert len(saved) == 1
        assert "analytics" in saved[0].read_text()
        assert f"saved {saved[0]}"[:40] in app.said[-1].text


async def test_f8_says_when_it_cannot(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    async with town_pilot() as pilot:
        app = app_of(pilot)
        monkeypatch.setattr("ecstui.ui.app.Path.cwd", lambda: gone / "nowhere")
        await pilot.press("f8")
        assert app.said[-1].severity == "error"


async def test_ctrl_r_draws_from_the_records():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await pilot.press("P")
        await app.town.put(app.town.service("web").with_(desired_count=9))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "4/9" in app.row_with(" web "))


async def test_ascii_signs_can_be_turned_on():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        assert not app.ascii_glyphs
        await type_command(pilot, "ascii")
        assert app.ascii_glyphs


async def test_lists_are_lists():
    assert all(issubclass(screen, ListScreen) for screen in SCREENS)
