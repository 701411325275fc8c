from datetime import UTC

import pytest
from textual import on

from ecstui.ui.logstore import CHUNK_LINES, Incoming, LogStore
from ecstui.ui.widgets.log_pane import FindInput, LogPane
from ecstui.ui.widgets.log_view import LogView
from tests.ui.conftest import NOW, WidgetApp, screen_text, until


class Recorded(LogView):
    """Counts how often it asks to be drawn."""

    draws: int = 0

    def refresh(self, *regions, **options):
        self.draws += 1
        return super().refresh(*regions, **options)


class LogApp(WidgetApp):
    def __init__(self, store: LogStore | None = None, pane: bool = False):
        self.store = LogStore() if store is None else store
        self.view = Recorded(self.store, lambda: NOW, zone=UTC)
        self.statuses: list[str] = []
        super().__init__(LogPane(self.view) if pane else self.view)

    def on_mount(self):
        self.view.focus()

    @on(LogView.StatusChanged)
    def status(self, event):
        self.statuses.append(event.status.text)

    def feed(self, *texts: str, source: str = "api/1b9c", at: float = NOW):
        number = self.store.source(source)
        self.store.extend(number, [Incoming(at + i, text) for i, text in enumerate(texts)])
        self.view.flush()

    def shown(self) -> list[str]:
        """The text of the lines without times and the scroll bar."""
        lines = screen_text(self, right=1)[: self.view.size.height]
        return [line.partition(" ")[2].lstrip() for line in lines]


def color(app: LogApp, row: int, part: int) -> str:
    """Name of the colour of one run of a row on the screen."""
    style = app.view.render_line(row)._segments[part].style
    assert style is not None
    assert style.color is not None
    return style.color.name


def numbered(start: int, stop: int) -> list[str]:
    return [f"line {n}" for n in range(start, stop)]


async def test_the_newest_lines_are_followed(size):
    app = LogApp()
    async with app.run_test(size=size) as pilot:
        app.feed(*numbered(0, 100))
        await pilot.pause()
        assert app.shown()[-1].endswith("line 99")
        app.feed("line 100", at=NOW + 100)
        await pilot.pause()
        assert app.shown()[-1].endswith("line 100")
        assert app.view.status.text == "FOLLOW"


async def test_paused_stands_still_and_loses_nothing(size):
    app = LogApp()
    async with app.run_test(size=size) as pilot:
        app.feed(*numbered(0, 100))
        await pilot.press("space")
        await pilot.pause()
        before, draws = app.shown(), app.view.draws
        app.feed(*numbered(100, 1200), at=NOW + 100)
        await pilot.pause()
        assert app.shown() == before
        assert app.view.draws == draws
        assert app.view.status.text == "PAUSED +1 100"
        await pilot.press("space")
        await pilot.pause()
        assert app.shown()[-1].endswith("line 1199")
        assert len(app.store) == 1200


async def test_scrolled_up_the_lines_stay_where_they_are(size):
    app = LogApp()
    async with app.run_test(size=size) as pilot:
        app.feed(*numbered(0, 100))
        await pilot.press("k", "k", "k")
        await pilot.pause()
        before = app.shown()
        app.feed(*numbered(100, 130), at=NOW + 100)
        app.feed("older", source="envoy", at=NOW - 5)
        await pilot.pause()
        assert [line.split()[-1] for line in app.shown()] == [line.split()[-1] for line in before]
        assert app.view.status.text == "SCROLLED +33"
        await pilot.press("G")
        await pilot.pause()
        assert app.view.following
        assert app.shown()[-1].endswith("line 129")


async def test_scrolling_down_to_the_end_follows_again():
    app = LogApp()
    async with app.run_test() as pilot:
        app.feed(*numbered(0, 100))
        await pilot.press("ctrl+u")
        assert app.view.status.mode == "scrolled"
        await pilot.press("ctrl+d")
        assert app.view.following
        await pilot.press("g")
        await pilot.pause()
        assert app.shown()[0].endswith("line 0")
        await pilot.press("s")
        await pilot.pause()
        assert app.shown()[-1].endswith("line 99")


async def test_lines_that_the_bound_pushes_out_are_told():
    app = LogApp(LogStore(max_bytes=1))
    async with app.run_test() as pilot:
        app.feed(*numbered(0, 10))
        await pilot.press("k")
        app.feed(*numbered(10, 10 + 2 * CHUNK_LINES), at=NOW + 10)
        await pilot.pause()
        assert app.view.status.dropped_text.endswith("older lines dropped")
        assert app.view.status.dropped_count + len(app.store) == 10 + 2 * CHUNK_LINES


async def test_many_writes_are_one_frame():
    app = LogApp()
    async with app.run_test() as pilot:
        app.feed("first")
        await pilot.pause()
        draws, source = app.view.draws, app.store.source("api/1b9c")
        for n in range(300):
            app.store.extend(source, [Incoming(NOW + n, f"line {n}")])
            app.view.touch()
        assert app.view.draws == draws
        await until(pilot, lambda: app.shown()[-1].endswith("line 299"))
        assert app.view.draws - draws <= 3


@pytest.mark.parametrize("keys", ["tt", "w", "o"])
async def test_a_key_is_answered_at_once_however_seldom_new_lines_are_drawn(keys):
    app = LogApp()
    async with app.run_test() as pilot:
        app.view.frame_seconds = 1e9
        app.feed('{"level": "info", "msg": "' + 200 * "long " + '"}')
        await pilot.pause()
        before = screen_text(app)
        await pilot.press(*keys)
        await pilot.pause()
        assert screen_text(app) != before


async def test_several_sources_have_labels_and_colours(size):
    app = LogApp()
    async with app.run_test(size=size) as pilot:
        app.feed("one")
        await pilot.pause()
        assert app.shown()[0] == "one"
        app.view.set_label("api/1b9c", "1b9c")
        app.feed("two", source="api/7c1e", at=NOW + 1)
        await pilot.pause()
        assert app.shown()[0].split() == ["1b9c", "one"]
        assert app.shown()[1].split() == ["api/7c1e", "two"]
        assert color(app, 0, 1) != color(app, 1, 1)


async def test_a_muted_source_is_hidden_and_comes_back():
    app = LogApp()
    async with app.run_test() as pilot:
        app.feed("one", "three")
        app.feed("two", source="envoy", at=NOW + 0.5)
        app.view.mute("envoy")
        await pilot.pause()
        assert [line.split()[-1] for line in app.shown() if line] == ["one", "three"]
        await pilot.press("a")
        await pilot.pause()
        assert [line.split()[-1] for line in app.shown() if line] == ["one", "two", "three"]


async def test_only_errors_and_warnings():
    app = LogApp()
    async with app.run_test() as pilot:
        app.feed("INFO a", "ERROR b", "c", "WARN d")
        await pilot.press("!")
        await pilot.pause()
        assert [line[-1] for line in app.shown() if line] == ["b", "d"]
        await pilot.press("!")
        await pilot.pause()
        assert [line[-1] for line in app.shown() if line] == ["a", "b", "c", "d"]


async def test_escape_sequences_never_reach_the_screen(size):
    app = LogApp()
    async with app.run_test(size=size) as pilot:
        app.feed("a\x1b[2J\x1b[31mred\x1b[0m\x07 \x1b]0;owned\x07b\ttab")
        await pilot.pause()
        assert app.shown()[0] == "ared b" + " " * 2 + "tab"
        assert color(app, 0, 2) == "color(1)"


async def test_find_marks_and_steps_round(size):
    app = LogApp()
    async with app.run_test(size=size) as pilot:
        app.feed(*[f"line {n}" + (" pay 502" if n % 40 == 3 else "") for n in range(200)])
        app.view.find("PAY".lower())
        await pilot.pause()
        assert app.view.status.find_text == "5 of 5"
        assert not app.view.following
        assert any("line 163 pay 502" in line for line in app.shown())
        await pilot.press("n")
        assert app.view.status.find_text == "1 of 5"
        await pilot.press("N", "N")
        assert app.view.status.find_text == "4 of 5"
        await pilot.press("&")
        await pilot.pause()
        assert app.view.status.line_count == 5
        assert all("pay" in line for line in app.shown() if line)
        app.view.find("nowhere")
        assert app.view.status.find_text == "no match"
        app.view.find("")
        assert app.view.status.line_count == 200


async def test_a_search_goes_on_while_lines_arrive():
    app = LogApp()
    async with app.run_test():
        app.feed(*numbered(0, 30 * CHUNK_LINES))
        app.view.find("line 5", only=True)
        assert app.view.status.find_text.endswith("…")
        for _ in range(20):
            app.view.flush()
        assert not app.view.status.is_searching
        before = app.view.status.hit_count
        app.feed("line 5 again", at=NOW + 1e6)
        assert app.view.status.hit_count == before + 1


async def test_the_next_error_is_one_key_away():
    app = LogApp()
    async with app.run_test() as pilot:
        app.feed(*[("ERROR " if n in (20, 150) else "") + f"line {n}" for n in range(200)])
        await pilot.press("e")
        await pilot.pause()
        assert any("line 20" in line for line in app.shown())
        await pilot.press("e")
        await pilot.pause()
        assert any("line 150" in line for line in app.shown())


async def test_wrapped_lines_lose_nothing_and_end_at_the_last_row(size):
    app = LogApp()
    async with app.run_test(size=size) as pilot:
        long = "".join(f"{n:04}" for n in range(200))
        app.feed(*numbered(0, 50), long, "last")
        await pilot.press("w")
        await pilot.pause()
        shown = app.shown()
        assert shown[-1].endswith("last")
        text = "".join(line.strip() for line in shown)
        assert "0000000100020003" in text
        assert "01980199" in text
        await pilot.press("g")
        await pilot.pause()
        assert app.shown()[0].endswith("line 0")


@pytest.mark.parametrize(
    ("times", "first"),
    [("off", "x"), ("clock", "22:13:20 x"), ("utc", "22:13:20 x"), ("age", "  0s x")],
)
async def test_times_are_written_as_asked(times, first):
    app = LogApp()
    async with app.run_test() as pilot:
        app.feed("x")
        app.view.times = times
        await pilot.pause()
        await until(pilot, lambda: screen_text(app, right=1)[0] == first)


async def test_long_lines_are_read_to_the_side():
    app = LogApp()
    async with app.run_test() as pilot:
        app.feed("start" + "-" * 100 + "end")
        await pilot.pause()
        assert "start" in app.shown()[0]
        await pilot.press("l", "l", "l", "l", "l")
        await until(pilot, lambda: "end" in app.shown()[0])
        await pilot.press("h", "h", "h", "h", "h")
        await until(pilot, lambda: "start" in app.shown()[0])


async def test_the_programs_own_lines_are_rules():
    app = LogApp()
    async with app.run_test() as pilot:
        app.store.note(NOW, "container started")
        app.view.flush()
        await pilot.pause()
        assert screen_text(app)[0].startswith("─── 22:13:20 container started ───")


async def test_cleared_lines_are_gone_and_new_ones_come(size):
    app = LogApp()
    async with app.run_test(size=size) as pilot:
        assert any("No log lines yet." in line for line in screen_text(app))
        app.feed("x")
        await pilot.press("ctrl+l")
        app.feed("y", at=NOW + 9)
        await pilot.pause()
        assert [line for line in app.shown() if line] == ["y"]


async def test_the_find_line_searches_while_one_types(size):
    app = LogApp(pane=True)
    async with app.run_test(size=size) as pilot:
        app.feed("GET /v1", "POST /pay 502", "pay 200")
        await pilot.press("slash", *"pay")
        await pilot.pause()
        assert "2 of 2" in screen_text(app)[-1]
        await pilot.press("tab")
        await pilot.pause()
        assert app.view.status.line_count == 2
        await pilot.press("up", "enter", "n")
        assert app.focused is app.view
        assert app.view.status.find_text == "2 of 2"
        await pilot.press("slash", *"/pay.*502/")
        await pilot.pause()
        assert app.view.status.hit_count == 1
        await pilot.press("backspace", "backspace", *"[/")
        await pilot.pause()
        assert "not a regular expression" in screen_text(app)[-1]
        await pilot.press("escape")
        await pilot.pause()
        assert app.view.status.line_count == 3
        assert not app.query_one(FindInput).has_focus


async def test_selected_text_is_copied_as_drawn():
    app = LogApp()
    async with app.run_test() as pilot:
        app.feed("one", "two")
        await pilot.pause()
        await pilot.mouse_down(app.view, offset=(9, 0))
        await pilot.hover(app.view, offset=(12, 1))
        await pilot.mouse_up(app.view, offset=(12, 1))
        assert app.screen.get_selected_text() == "one\n22:13:21 two"
