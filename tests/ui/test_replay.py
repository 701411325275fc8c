"""A recording on the screens: made with f9, played, moved, paused."""

from pathlib import Path

import pytest

from ecstui.client.recording import Recorder, Recording, read_recording, snapshot_of
from ecstui.client.replay import ReplayClient
from ecstui.store.feed import Resync
from ecstui.ui.app import EcsTui
from ecstui.ui.playing import place_of
from tests.ui.conftest import screen_text, until
from tests.ui.town import CLUSTER, NOW, a_town, app_of, town_pilot


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("+30s", NOW + 30),
        ("-2m", NOW - 120),
        ("+1.5h", NOW + 5400),
        ("soon", None),
        ("25:00", None),
    ],
)
def test_places_in_a_recording_are_read(text: str, at: float | None):
    assert place_of(text, NOW) == at


def test_a_time_of_day_is_that_of_the_recorded_day():
    at = place_of("12:03:04", NOW)
    assert at is not None
    assert abs(at - NOW) < 86_400
    assert place_of("12:03", at) == at - 4


async def test_f9_records_until_it_is_pressed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    async with town_pilot(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await pilot.press("f9")
        await until(pilot, lambda: "REC" in screen_text(app)[0])
        await app.town.put(app.town.service("web").with_(desired_count=7))
        await until(pilot, lambda: "/7" in "\n".join(screen_text(app)))
        await pilot.press("f9")
        await until(pilot, lambda: "REC" not in screen_text(app)[0])
    (path,) = tmp_path.iterdir()
    recording = read_recording(path)
    assert len(recording.lines) > 1
    assert b'"desiredCount":7' in recording.lines[-1][1]


async def test_a_recording_ends_with_the_screens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    async with town_pilot() as pilot:
        await pilot.press("f9")
        recorder = app_of(pilot).recorder
        assert recorder is not None
    assert recorder._file.closed


async def test_a_recording_is_shown_with_its_own_time(tmp_path: Path):
    path = tmp_path / "town.recording"
    town = a_town()
    moments = iter([NOW, NOW, NOW + 3600, NOW + 3600])
    recorder = Recorder(path, "1.0", lambda: next(moments))
    recorder.take(snapshot_of(town.store))
    changed = town.service("web").with_(desired_count=9)
    town.put_now(changed)
    recorder.take(Resync(1, snapshot_of(town.store).records))
    recorder.close()
    client = ReplayClient(read_recording(path))
    app = EcsTui(client, cluster=CLUSTER, read_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "PLAY ×1" in screen_text(app)[0])
        await until(pilot, lambda: "4/4" in "\n".join(screen_text(app)))
        await pilot.press(":", *"seek +2h", "enter")
        await until(pilot, lambda: "4/9" in "\n".join(screen_text(app)))
        await until(pilot, lambda: "END" in screen_text(app)[0])
        await pilot.press(":", *"seek -2h", "enter")
        await until(pilot, lambda: "4/4" in "\n".join(screen_text(app)))
        await pilot.press("F")
        await until(pilot, lambda: "nothing of it runs" in app.said[-1].text)
        await pilot.press(":", *"pause", "enter")
        await until(pilot, lambda: "PAUSE" in screen_text(app)[0])
        await pilot.press(":", *"pause", "enter", ":", *"speed 20", "enter")
        await until(pilot, lambda: "PLAY ×20" in screen_text(app)[0])
        await pilot.press("s")
        await until(pilot, lambda: bool(app.said) and "Read-only" in app.said[-1].text)


async def test_a_damaged_line_is_told_and_what_is_before_it_stays(tmp_path: Path):
    path = tmp_path / "town.recording"
    recorder = Recorder(path, "1.0", lambda: NOW)
    recorder.take(snapshot_of(a_town().store))
    recorder.close()
    recording = Recording((*read_recording(path).lines, (NOW + 5, b"{")))
    app = EcsTui(ReplayClient(recording, 1000), cluster=CLUSTER, read_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: any("cannot be read on" in said.text for said in app.said))
        await until(pilot, lambda: "END" in screen_text(app)[0])
        await until(pilot, lambda: "4/4" in "\n".join(screen_text(app)))
