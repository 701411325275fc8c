"""All columns at full width, moved left and right; rows kept together by what they share."""

import pytest

from ecstui.ui.screens.choose import ChooseModal
from ecstui.ui.screens.list_screen import ListScreen
from ecstui.ui.table import Column, TableModel, lay_out_wide
from tests.ui.conftest import screen_text, until
from tests.ui.town import app_of, ready, town_pilot

COLUMNS: list[Column[str]] = [Column(key, key.upper(), lambda row, _: row, 10) for key in "abcd"]


def test_wide_columns_keep_the_first_and_go_on_after_those_left_out():
    assert [slot.column.key for slot in lay_out_wide(COLUMNS, 32, 0)] == ["a", "b", "c"]
    assert [slot.column.key for slot in lay_out_wide(COLUMNS, 32, 1)] == ["a", "c", "d"]
    assert [slot.column.key for slot in lay_out_wide(COLUMNS, 32, 2)] == ["a", "d"]
    (only,) = lay_out_wide(COLUMNS, 6, 0)
    assert only.width == 6


def test_groups_come_before_the_order_inside_them():
    model: TableModel[int, tuple[str, int]] = TableModel(
        (Column("number", "N", lambda row, _: str(row[1]), 4, sort=lambda row: row[1]),)
    )
    model.resync({n: ("xy"[n % 2], n) for n in range(6)})
    model.sort_by("number", descending=True)
    model.group_by("LETTER", lambda row: row[0])
    model.rebuild()
    assert model.order == [4, 2, 0, 5, 3, 1]
    model.put(4, ("z", 4))
    assert model.is_stale
    model.group_by("", None)
    model.rebuild()
    assert model.order == [5, 4, 3, 2, 1, 0]
    assert [column.key for column in model.columns] == ["number"]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_hidden_columns_come_into_sight(size: tuple[int, int]):
    async with town_pilot(size=size) as pilot:
        app = app_of(pilot)
        await pilot.press("3")
        await until(pilot, lambda: "RUNNING" in "\n".join(screen_text(app)))
        await pilot.press("ctrl+w")
        await until(pilot, lambda: "wide" in "\n".join(screen_text(app)))
        titles = screen_text(app)[3]
        for _ in range(14):
            await pilot.press("right")
        await until(pilot, lambda: screen_text(app)[3] != titles)
        assert "TASK" in screen_text(app)[3]
        assert "REASON" in screen_text(app)[3]
        await pilot.press("ctrl+w")
        await until(pilot, lambda: "wide" not in "\n".join(screen_text(app)))


async def test_tasks_are_grouped_by_zone_and_no_longer():
    async with town_pilot(size=(120, 40)) as pilot:
        app = app_of(pilot)
        await pilot.press("3")
        await ready(pilot)
        screen = app.screen
        assert isinstance(screen, ListScreen)
        await pilot.press("z")
        await until(pilot, lambda: isinstance(app.screen, ChooseModal))
        await pilot.press(*["down"] * 4, "enter")
        await until(pilot, lambda: "by zone" in "\n".join(screen_text(app)))
        rows = [screen.table.model.rows[key] for key in screen.table.model.order]
        zones = [row.task.availability_zone or "–" for row in rows]
        assert zones == sorted(zones, key=str.casefold)
        assert len(set(zones)) > 1
        await pilot.press("z")
        await until(pilot, lambda: isinstance(app.screen, ChooseModal))
        await pilot.press("enter")
        await until(pilot, lambda: "by zone" not in "\n".join(screen_text(app)))
