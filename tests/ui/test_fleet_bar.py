import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecstui.ui.table import plain
from ecstui.ui.text import width_of
from ecstui.ui.widgets.fleet_bar import (
    Fleet,
    FleetBar,
    FleetChart,
    FleetSample,
    bar_spans,
    chart_lines,
    fleet_lines,
)
from tests.ui.conftest import NOW, WidgetApp, screen_text

ROLLING = Fleet(6, 2, 2, 2, desired=8, floor=8, ceiling=16, ceiling_percent=200)
COUNTS = st.integers(0, 40)
FLEETS = st.builds(
    Fleet, COUNTS, COUNTS, COUNTS, COUNTS, failed=COUNTS, desired=COUNTS, floor=COUNTS,
    ceiling=COUNTS,
)  # fmt: skip


def test_the_bar_stacks_new_old_and_moving_tasks():
    assert plain(bar_spans(ROLLING, 32)) == "█" * 12 + "░" * 4 + "▒" * 8 + "·" * 8
    assert [span.role for span in bar_spans(ROLLING, 32)] == [
        "rollout.new", "rollout.old", "status.starting", "rollout.moving", "chart.grid",
    ]  # fmt: skip


def test_one_task_of_many_is_still_seen():
    drawn = plain(bar_spans(Fleet(new_healthy=1, old_serving=300, ceiling=600), 30))
    assert drawn.startswith("█░")


@given(FLEETS, st.integers(16, 120))
def test_the_bar_always_fills_its_cells(fleet, cells):
    assert width_of(plain(bar_spans(fleet, cells))) == cells


@given(FLEETS, st.integers(40, 160))
def test_markers_stand_under_the_tasks_that_they_limit(fleet, width):
    bar, markers, legend = (plain(line) for line in fleet_lines(fleet, width))
    assert "headroom" in bar
    assert "▲" in markers
    assert f"{fleet.failed} failed" in legend
    assert f"ceiling {fleet.ceiling}" in markers or len(markers) > width
    if fleet.floor < fleet.ceiling and "·" not in markers:
        assert markers.index("▲") < markers.rindex("▲")


def test_the_fleet_is_told_in_numbers_too():
    bar, markers, legend = (plain(line) for line in fleet_lines(ROLLING, 98))
    assert bar == f"fleet  {'█' * 24}{'░' * 8}{'▒' * 16}{'·' * 16}  12 of 16   headroom 4"
    assert markers.index("▲ floor 8 = desired") == 7 + 32 - 1
    assert markers.index("▲ ceiling 16 (200%)") == 7 + 64 - 1
    assert "6 new healthy" in legend
    assert "2 draining ▨" in legend


def test_floor_and_ceiling_at_one_place_share_a_marker():
    lines = fleet_lines(Fleet(4, desired=4, floor=4, ceiling=4), 80)
    assert plain(lines[1]).strip() == "▲ floor and ceiling 4"


def test_headroom_is_never_below_zero():
    fleet = Fleet(new_healthy=3, stopping=2, ceiling=4)
    assert (fleet.total, fleet.headroom) == (5, 0)


async def test_only_lines_that_differ_are_sent(size):
    class Recorded(FleetBar):
        def __init__(self, fleet):
            self.sent: list[int] = []
            super().__init__(fleet)

        def refresh(self, *regions, **options):
            self.sent += [region.y for region in regions]
            return super().refresh(*regions, **options)

    bar = Recorded(ROLLING)
    app = WidgetApp(bar)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert "12" in screen_text(app)[0]
        assert "new" in screen_text(app)[2]
        bar.sent.clear()
        bar.fleet = Fleet(7, 2, 1, 2, desired=8, floor=8, ceiling=16, ceiling_percent=200)
        assert bar.sent == [0, 2]
        await pilot.pause()
        assert "7 new" in screen_text(app)[2]


def samples(*fleets: Fleet) -> list[FleetSample]:
    return [FleetSample(NOW + 5 * step, fleet) for step, fleet in enumerate(fleets)]


def test_the_chart_has_whole_tasks_per_row_and_both_limits():
    lines = [plain(line) for line in chart_lines(samples(ROLLING), 40, 9)]
    assert [line[:4] for line in lines[:8]] == [f"{n:3}┤" for n in range(16, 0, -2)]
    assert "".join(line[4] for line in lines[:8]) == "╌ ▒▒░███"
    assert lines[0].endswith("max")
    assert lines[4].endswith("min")
    assert lines[8].strip() != ""


def test_a_small_fleet_uses_the_height_that_there_is():
    lines = [plain(line) for line in chart_lines(samples(Fleet(1, ceiling=2, floor=1)), 30, 9)]
    assert [line[:4] for line in lines[:8]] == [
        "  2┤", "   │", "   │", "   │", "  1┤", "   │", "   │", "   │",
    ]  # fmt: skip


@pytest.mark.parametrize("count", [0, 1, 500])
def test_the_chart_has_as_many_lines_as_it_is_high(count):
    lines = chart_lines(samples(*[ROLLING] * count), 60, 10)
    assert len(lines) == 10
    assert all(width_of(plain(line)) <= 60 for line in lines)


async def test_the_chart_shows_its_samples(size):
    chart = FleetChart()
    app = WidgetApp(chart)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        chart.show(samples(ROLLING, ROLLING, ROLLING))
        await pilot.pause()
        assert any("███" in line for line in screen_text(app))
