from dataclasses import dataclass, replace

import pytest
from textual import on
from textual.geometry import Region
from textual.widgets import Static

from ecstui.ui import live
from ecstui.ui.live import LiveTable
from ecstui.ui.table import Column, Span
from ecstui.ui.text import age
from tests.ui.conftest import NOW, WidgetApp, screen_text, until


@dataclass(frozen=True)
class Row:
    name: str
    count: int = 0
    note: str = ""
    created_at: float = NOW


COLUMNS = [
    Column[Row]("name", "NAME", lambda row, _: row.name, 12, 6, grow=1, priority=0, name=True),
    Column[Row](
        "count", "COUNT", lambda row, _: str(row.count), 6, right=True, sort=lambda row: row.count
    ),
    Column[Row]("note", "NOTE", lambda row, _: (Span(row.note, "status.failed"),), 20, priority=3),
    Column[Row](
        "age", "AGE", lambda row, now: age(now - row.created_at), 4, right=True, flash=False
    ),
]


class Recorded(LiveTable[str, Row]):
    """Keeps the regions that it asks to be sent."""

    def __init__(self, **options):
        self.sent: list[Region] = []
        super().__init__(COLUMNS, options.pop("now", lambda: NOW), **options)

    def refresh(self, *regions, **options):
        self.sent += regions or [Region(0, 0, 999, 999)]
        return super().refresh(*regions, **options)

    def taken(self) -> list[Region]:
        sent, self.sent = self.sent, []
        return sent


class TableApp(WidgetApp):
    def __init__(self, **options):
        self.table = Recorded(**options)
        self.heard: list[tuple[str, object]] = []
        super().__init__(self.table)

    @on(LiveTable.Highlighted)
    @on(LiveTable.Opened)
    def hear(self, event):
        self.heard.append((type(event).__name__, event.key))


def filled(count: int, **options) -> TableApp:
    app = TableApp(**options)
    app.table.resync({f"r{n:05}": Row(f"r{n:05}", n) for n in range(count)})
    return app


def lines(app) -> list[str]:
    return [line.strip("▌ ") for line in screen_text(app)]


def backgrounds(app) -> set[object]:
    return {segment.style and segment.style.bgcolor for segment in app.table.render_line(2)}


async def test_rows_are_drawn_with_their_header(size):
    app = filled(3)
    async with app.run_test(size=size):
        drawn = screen_text(app)
        assert drawn[0].split() == ["NAME", "COUNT", "NOTE", "AGE"]
        assert drawn[1].split() == ["▌", "r00000", "0", "0s"]
        assert drawn[3].split() == ["r00002", "2", "0s"]
        assert drawn[1].index("0s") + 2 == size[0] - 1
        assert drawn[4] == ""


async def test_columns_go_when_it_is_narrow():
    app = filled(1)
    async with app.run_test(size=(40, 10)):
        assert screen_text(app)[0].split() == ["NAME", "COUNT", "AGE"]


async def test_only_the_cell_that_differs_is_sent(size):
    app = filled(10)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.table.taken()
        app.table.put("r00004", Row("r00004", 77))
        app.table.flush()
        (region,) = app.table.taken()
        assert (region.y, region.height, region.width) == (5, 1, 6)
        await pilot.pause()
        assert "77" in screen_text(app)[5]


async def test_an_equal_row_and_a_row_off_the_screen_send_nothing(size):
    app = filled(500)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.table.taken()
        app.table.put("r00004", Row("r00004", 4))
        app.table.put("r00400", Row("r00400", 9))
        app.table.flush()
        assert app.table.taken() == []
        await pilot.press("end")
        await pilot.pause()
        assert "r00499" in lines(app)[-1]


async def test_many_writes_become_one_frame():
    app = filled(10)
    async with app.run_test() as pilot:
        await pilot.pause()
        app.table.taken()
        for n in range(500):
            app.table.put("r00001", Row("r00001", n))
        assert app.table.taken() == []
        await until(pilot, lambda: "499" in screen_text(app)[2])
        assert len(app.table.taken()) == 1


async def test_a_new_row_refreshes_only_lines_that_hold_another_row(size):
    app = filled(5)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.table.taken()
        app.table.put("new", Row("new"))
        app.table.flush()
        assert [region.y for region in app.table.taken()] == [0, 6]


async def test_the_cursor_stays_on_its_row(size):
    app = filled(5, sort="count")
    async with app.run_test(size=size) as pilot:
        await pilot.press("j", "j")
        assert app.table.cursor_key == "r00002"
        app.table.put("r00002", Row("r00002", 99))
        app.table.flush(at_once=True)
        await pilot.pause()
        assert app.table.cursor_key == "r00002"
        assert screen_text(app)[5].startswith("▌  r00002")
        app.table.drop("r00002")
        app.table.flush(at_once=True)
        assert app.table.cursor_key == "r00004"


async def test_rows_keep_their_places_just_after_a_key(monkeypatch):
    monkeypatch.setattr(live, "QUIET_SECONDS", 1_000.0)
    app = filled(3, sort="count")
    async with app.run_test() as pilot:
        await pilot.press("j")
        app.table.put("r00000", Row("r00000", 99))
        app.table.flush()
        assert app.table.model.order[0] == "r00000"
        app.table._quiet_at = 0.0
        app.table.flush()
        assert app.table.model.order[-1] == "r00000"


async def test_a_row_keeps_its_line_when_rows_come_in_above(size):
    app = filled(200, sort="count")
    async with app.run_test(size=size) as pilot:
        app.table.move_to(100)
        await pilot.pause()
        line = next(i for i, text in enumerate(screen_text(app)) if "▌" in text)
        for n in range(7):
            app.table.put(f"new{n}", Row(f"new{n}", -1))
        app.table.flush(at_once=True)
        await pilot.pause()
        assert "r00100" in screen_text(app)[line]


async def test_a_cursor_that_follows_the_top_stays_first():
    app = filled(3, sort="count", follow_top=True)
    async with app.run_test() as pilot:
        await pilot.press("j", "k")
        app.table.put("new", Row("new", -1))
        app.table.flush(at_once=True)
        assert app.table.cursor_key == "new"


async def test_keys_move_open_and_mark(size):
    app = filled(60)
    async with app.run_test(size=size) as pilot:
        await pilot.press("G", "k", "enter")
        assert app.heard[-1] == ("Opened", "r00058")
        await pilot.press("g", "space", "j", "space")
        assert app.table.selection == ["r00000", "r00002"]
        assert app.table.summary == "60 · 2 marked"
        assert "•" in screen_text(app)[1]
        await pilot.press("G", "ctrl+@")
        assert len(app.table.selection) == 59
        await pilot.press("*", "*")
        assert app.table.selection == ["r00059"]
        assert not app.table.clear_marks()


async def test_a_page_is_what_can_be_seen():
    app = filled(100)
    async with app.run_test(size=(80, 11)) as pilot:
        await pilot.press("ctrl+f")
        assert app.table.cursor_key == "r00010"
        await pilot.press("ctrl+b")
        assert app.table.cursor_key == "r00000"


async def test_sorting_by_key_and_by_click(size):
    app = filled(3)
    async with app.run_test(size=size) as pilot:
        await pilot.press(">", ">", "O")
        assert app.table.sort_summary == "count ↓"
        assert "COUNT↓" in screen_text(app)[0]
        assert lines(app)[1].startswith("r00002")
        await pilot.click(offset=(4, 0))
        assert app.table.sort_summary == "name ↑"


async def test_a_click_puts_the_cursor_and_a_second_opens():
    app = filled(5)
    async with app.run_test() as pilot:
        await pilot.click(offset=(5, 3))
        assert app.table.cursor_key == "r00002"
        await pilot.click(offset=(5, 3), times=2)
        assert ("Opened", "r00002") in app.heard


async def test_the_filter_says_so_when_nothing_matches(size):
    app = filled(5)
    async with app.run_test(size=size) as pilot:
        app.table.set_filter("r00003")
        await pilot.pause()
        assert app.table.summary == "1 of 5"
        assert lines(app)[1].startswith("r00003")
        app.table.set_filter("nowhere")
        await pilot.pause()
        assert any("No row matches 'nowhere'." in line for line in screen_text(app))
        assert app.table.cursor_key is None
        app.table.set_filter("")
        await pilot.pause()
        assert app.table.cursor_key == "r00000"


async def test_empty_loading_and_failed_are_drawn(size):
    app = TableApp(empty_text="No services.\nn creates one")
    async with app.run_test(size=size) as pilot:
        assert any("n creates one" in line for line in screen_text(app))
        app.table.show_phase("loading")
        await pilot.pause()
        assert "░" in screen_text(app)[1]
        app.table.show_phase("failed", "The daemon does not answer.")
        await pilot.pause()
        assert any("The daemon does not answer." in line for line in screen_text(app))
        app.table.put("a", Row("a"))
        app.table.flush()
        await pilot.pause()
        assert lines(app)[1].startswith("a")


async def test_ages_grow_without_a_write():
    now = [NOW]
    app = filled(3, now=lambda: now[0])
    async with app.run_test() as pilot:
        now[0] += 5
        app.table._tick()
        app.table.taken()
        app.table.flush()
        assert {region.width for region in app.table.taken()} == {4}
        await pilot.pause()
        assert screen_text(app)[1].endswith("5s")


@pytest.mark.parametrize("animated", [True, False])
async def test_a_changed_cell_flashes_only_with_animations(animated):
    app = filled(3)
    async with app.run_test() as pilot:
        app.animation_level = "full" if animated else "none"
        await pilot.pause()
        app.table.put(
            "r00001", replace(app.table.model.rows["r00001"], count=8, created_at=NOW - 9)
        )
        app.table.flush()
        assert app.table._flashes.columns_of("r00001") == ({"count"} if animated else set())
        assert len(backgrounds(app)) == (2 if animated else 1)
        app.table.taken()
        await until(pilot, lambda: len(backgrounds(app)) == 1)
        assert [region.y for region in app.table.taken()] == ([2] if animated else [])


async def test_long_names_keep_both_ends():
    app = TableApp()
    app.table.put("x", Row("checkout-eu-central-1-customer-facing-frontend-green"))
    async with app.run_test(size=(60, 5)):
        text = lines(app)[1]
        assert text.startswith("checkout")
        assert "…" in text
        assert "green" in text


async def test_a_change_of_theme_redraws_with_its_colours():
    app = filled(1)
    async with app.run_test() as pilot:
        before = [segment.style for segment in app.table.render_line(1)]
        app.theme = "harbor-light"
        await pilot.pause()
        assert [segment.style for segment in app.table.render_line(1)] != before


async def test_ten_thousand_rows_scroll_and_change(size):
    app = filled(10_000, sort="count")
    async with app.run_test(size=size) as pilot:
        await pilot.press("G")
        assert app.table.cursor_key == "r09999"
        app.table.taken()
        for n in range(10_000):
            app.table.put(f"r{n:05}", Row(f"r{n:05}", n, note="!"))
        app.table.flush()
        assert len(app.table.taken()) == size[1] - 1
        assert not app.table.model.changed


async def test_losing_the_focus_changes_only_the_cursor_line():
    app = filled(3)
    async with app.run_test() as pilot:
        await pilot.pause()
        app.table.taken()
        app.screen.set_focus(None)
        await pilot.pause()
        assert Region(0, 1, 80, 1) in app.table.taken()


async def test_asked_for_a_row_it_goes_there():
    app = filled(50)
    async with app.run_test():
        assert app.table.move_to_key("r00040")
        assert app.table.cursor_row == Row("r00040", 40)
        assert not app.table.move_to_key("gone")


async def test_ascii_goes_for_every_widget():
    app = WidgetApp(Static("● web … 4/4 █░"), ascii_glyphs=True)
    async with app.run_test() as pilot:
        assert screen_text(app)[0] == "R web ~ 4/4 #."
        app.ascii_glyphs = False
        await pilot.pause()
        assert screen_text(app)[0] == "● web … 4/4 █░"


class Shrinking(Recorded):
    """Can be told that it has become narrow before anything is drawn again."""

    width: int | None = None

    @property
    def scrollable_content_region(self):
        region = super().scrollable_content_region
        return region if self.width is None else Region(region.x, region.y, self.width, 20)


async def test_a_row_may_change_between_a_resize_and_the_next_drawing():
    table = Shrinking()
    app = WidgetApp(table)
    table.resync({"one": Row("one", 1)})
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        wide = len(table._layout())
        table.width = 30
        table.put("one", Row("one", 99))
        table.flush(at_once=True)
        assert len(table._layout()) < wide
