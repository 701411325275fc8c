import asyncio
import subprocess
import sys

import pytest

from ecstui.base.errors import ClientException, DaemonUnreachableError, EcsError
from ecstui.model.requests.services import DescribeServicesRequest, UpdateServiceRequest
from ecstui.ui.following import FRAME_SECONDS
from ecstui.ui.screens.frame import HeaderBar, KeyBar
from ecstui.ui.screens.list_screen import ListScreen
from ecstui.ui.screens.services import ServicesScreen
from ecstui.ui.table import plain
from tests.ui.conftest import until
from tests.ui.town import NOW, Town, a_town, app_of, town_pilot


def header(app) -> str:
    return plain(app.screen.query_one(HeaderBar)._lines[0])


def keys(app) -> str:
    return plain(app.screen.query_one(KeyBar)._lines[0])


# ---------------------------------------------------------------- header


async def test_the_header_sums_up_the_cluster(size):
    async with town_pilot(size=size) as pilot:
        shown = header(app_of(pilot))
        assert "shop ▾" in shown
        assert "svc 12 ✓9 ◆1 ✗2" in shown
        assert "tasks 35 ◇2" in shown
        assert "pace local" in shown


async def test_a_simulation_says_so(size):
    async with town_pilot(size=size) as pilot:
        assert ("SIMULATION" if size[0] >= 100 else "SIM ") in header(app_of(pilot))


async def test_without_records_the_header_counts_nothing():
    async with town_pilot(Town()) as pilot:
        assert "svc" not in header(app_of(pilot))


async def test_an_engine_that_is_gone_has_another_lamp():
    town = a_town()
    engine = town.engine().with_(is_connected=False, problem="connection refused")
    town.put_now(engine)
    async with town_pilot(town) as pilot:
        assert "✗ simulated" in header(app_of(pilot))


async def test_the_header_never_hides_a_warning_however_narrow():
    async with town_pilot(size=(60, 16), read_only=True) as pilot:
        app_of(pilot).town.client.go_offline()
        await until(pilot, lambda: "OFFLINE" in header(app_of(pilot)))
        assert "RO" in header(app_of(pilot))
        assert "SIM" in header(app_of(pilot))


# ---------------------------------------------------------------- the feed


async def test_a_change_reaches_the_screen():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await app.town.put(app.town.service("web").with_(desired_count=9))
        await until(pilot, lambda: "4/9" in app.row_with(" web "))


async def test_many_changes_are_drawn_together():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        told: list[frozenset[str]] = []
        screen = app.screen
        assert isinstance(screen, ServicesScreen)
        before = screen.refresh_data

        def note(kinds):
            told.append(kinds)
            before(kinds)

        screen.refresh_data = note  # type: ignore[method-assign]
        for count in range(20):
            await app.town.put(app.town.service("web").with_(desired_count=count))
        await until(pilot, lambda: "4/19" in app.row_with(" web "))
        assert 0 < len(told) < 20
        assert told[0] == frozenset({"service"})


async def test_a_hidden_list_catches_up_when_it_is_shown_again():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await pilot.press("3", "2")
        await pilot.press("3")
        await app.town.put(app.town.service("web").with_(desired_count=9))
        await pilot.press("2")
        await until(pilot, lambda: "4/9" in app.row_with(" web "))


async def test_a_frozen_screen_stands_still_and_counts_what_it_misses():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await pilot.press("P")
        await app.town.put(app.town.service("web").with_(desired_count=9))
        await until(pilot, lambda: "FROZEN +1" in header(app))
        assert "4/4" in app.row_with(" web ")
        await pilot.press("P")
        await until(pilot, lambda: "4/9" in app.row_with(" web "))
        assert "FROZEN" not in header(app)


async def test_without_records_rows_are_a_skeleton_until_they_come():
    town = Town()
    async with town_pilot(town) as pilot:
        app = app_of(pilot)
        assert "░░░" in app.shown
        town.build()
        await town.store.flush()
        await until(pilot, lambda: "analytics" in app.shown)
        assert "░░░" not in app.shown


async def test_a_slow_look_is_taken_less_often(monkeypatch):
    async with town_pilot() as pilot:
        app = app_of(pilot)
        loop = asyncio.get_running_loop()
        real, slow = loop.time, [0.0]
        monkeypatch.setattr(loop, "time", lambda: real() + slow[0])
        screen = app.screen
        assert isinstance(screen, ServicesScreen)

        def late(kinds):
            slow[0] += 1.0

        screen.refresh_data = late  # type: ignore[method-assign]
        before = loop.time()
        app._following._tell()
        assert app._following._next_frame_at >= before + 5.0 > before + FRAME_SECONDS


# ---------------------------------------------------------------- offline, read-only


async def test_when_the_daemon_goes_the_screen_says_so_and_stays(size):
    async with town_pilot(size=size) as pilot:
        app = app_of(pilot)
        app.town.client.go_offline("The daemon is not running.")
        await until(pilot, lambda: "OFFLINE" in header(app))
        assert "The daemon is not running." in app.shown
        assert "worker" in app.shown
        app._end_message()
        await pilot.pause()
        assert "The daemon is not running." in app.shown.splitlines()[1]
        app.town.client.go_offline(None)
        await until(pilot, lambda: "OFFLINE" not in header(app))
        assert "The daemon is back." in app.shown


async def test_without_a_daemon_and_without_records_the_list_says_why():
    async with town_pilot(Town()) as pilot:
        app = app_of(pilot)
        app.town.client.go_offline("The daemon is not running.")
        await until(pilot, lambda: "Trying again" in app.shown)


async def test_offline_a_write_key_is_dim_and_says_why_it_is_off():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        app.town.client.go_offline()
        await until(pilot, lambda: "OFFLINE" in header(app))
        screen = app.screen
        assert isinstance(screen, ServicesScreen)
        live = {key.command.id: key.is_on for key in screen.live_keys()}
        assert live["services.redeploy"] is False
        assert live["list.filter"] is True
        await pilot.press("r")
        await until(pilot, lambda: "Nothing can be changed now." in app.shown)
        assert isinstance(app.screen, ServicesScreen)
        assert app.town.client.calls == []


async def test_read_only_no_write_key_works(size):
    async with town_pilot(size=size, read_only=True) as pilot:
        app = app_of(pilot)
        for key in ("s", "r", "u", "R", "S", "ctrl+d", "n"):
            await pilot.press(key)
            assert isinstance(app.screen, ServicesScreen), key
            assert "Read-only" in app.shown, key


async def test_read_only_a_write_is_refused_even_if_something_sends_it():
    async with town_pilot(read_only=True) as pilot:
        app = app_of(pilot)
        assert await app.send(UpdateServiceRequest(service="web", desired_count=0)) is None
        assert app.town.client.calls == []
        answer = await app.send(DescribeServicesRequest(services=("web",), cluster="shop"))
        assert answer is not None


# ---------------------------------------------------------------- send


async def test_a_refusal_shows_code_and_message():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        app.town.client.refusal = ClientException("There is no such revision.", field="x")
        assert await app.send(UpdateServiceRequest(service="web")) is None
        await until(
            pilot,
            lambda: "UpdateService: ClientException: There is no such revision." in app.shown,
        )


async def test_a_refusal_goes_to_whoever_asks_for_it():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        app.town.client.refusal = ClientException("no", field="desiredCount")
        seen: list[EcsError] = []
        await app.send(UpdateServiceRequest(service="web"), on_error=seen.append)
        assert [(error.field, error.message) for error in seen] == [("desiredCount", "no")]
        assert not app.said


async def test_a_daemon_that_went_away_is_a_message():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        app.town.client.refusal = DaemonUnreachableError("It went away before it answered.")
        assert await app.send(UpdateServiceRequest(service="web")) is None
        assert app.said[-1].severity == "error"


async def test_submit_answers_in_a_worker():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        screen = app.screen
        assert isinstance(screen, ServicesScreen)
        answers: list[object] = []
        screen.submit(
            UpdateServiceRequest(service="web", cluster="shop", desired_count=7),
            done=answers.append,
        )
        await until(pilot, lambda: answers)
        assert app.town.service("web").desired_count == 7


# ---------------------------------------------------------------- messages


async def test_a_message_goes_after_its_time_and_is_kept():
    async with town_pilot(size=(80, 24)) as pilot:
        app = app_of(pilot)
        app.say("something happened")
        await pilot.pause()
        assert "something happened" in app.shown.splitlines()[1]
        app._end_message()
        await pilot.pause()
        assert "something happened" not in app.shown
        await pilot.press(*":messages", "enter")
        await until(pilot, lambda: "something happened" in app.shown)


async def test_a_message_has_a_row_of_its_own_where_there_is_room():
    async with town_pilot(size=(120, 40)) as pilot:
        app = app_of(pilot)
        app.say("something happened")
        await pilot.pause()
        lines = app.shown.splitlines()
        assert "something happened" in lines[-2]
        assert "Services" in lines[1]


async def test_a_message_cannot_steer_the_terminal():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        app.say("bad \x1b]0;owned\x07\x1b[2J name\r\n")
        assert app.said[-1].text == "bad  name "


# ---------------------------------------------------------------- sizes


@pytest.mark.parametrize("size", [(20, 6), (40, 10), (59, 15), (60, 16), (80, 24), (200, 60)])
async def test_every_size_works(size):
    async with town_pilot(size=size) as pilot:
        app = app_of(pilot)
        for key in ("3", "4", "5", "9", "0", "2"):
            await pilot.press(key)
            await pilot.pause()
            lines = app.shown.splitlines()
            assert all(len(line) <= size[0] for line in lines)
            assert isinstance(app.screen, ListScreen)


async def test_a_terminal_that_changes_its_size_is_followed():
    async with town_pilot(size=(120, 40)) as pilot:
        app = app_of(pilot)
        for size in [(60, 16), (30, 8), (140, 25), (80, 24)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert len(header(app)) == size[0]
            assert "analytics" in app.shown


async def test_a_tiny_terminal_shows_one_pane():
    async with town_pilot(size=(50, 14)) as pilot:
        app = app_of(pilot)
        assert app.screen.query_one("#inspector").display is False
        assert "╭" not in app.shown


async def test_sizes_are_right_after_a_change_under_a_box():
    async with town_pilot(size=(120, 40)) as pilot:
        app = app_of(pilot)
        below = app.screen
        await pilot.press("ctrl+p")
        await pilot.resize_terminal(50, 14)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is below)
        await pilot.pause()
        assert below.has_class("-tiny", "-flat")
        assert not below.has_class("-normal")


# ---------------------------------------------------------------- start


def test_the_app_loads_neither_engine_nor_docker_nor_other_screens():
    program = (
        "import sys, ecstui.ui.app, ecstui.ui.screens.services\n"
        "banned = ('docker', 'aiohttp', 'aiosqlite', 'ecstui.control', 'ecstui.engine',"
        " 'ecstui.ui.screens.logs', 'ecstui.ui.screens.palette', 'ecstui.ui.screens.tasks')\n"
        "print([name for name in banned if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


async def test_the_clock_is_that_of_the_app():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        assert app.now() == NOW


async def test_what_is_wrong_with_a_theme_file_is_said(tmp_path):
    (tmp_path / "bad.toml").write_text('name = "bad"\n[base]\nprimary = "#zzz"\n')
    async with town_pilot(theme_folders=[tmp_path]) as pilot:
        assert "bad.toml:3" in app_of(pilot).said[0].text
