import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecstui.ui.table import plain
from ecstui.ui.widgets.bars import (
    load_role,
    meter,
    percent,
    phase_line,
    spark,
)


@pytest.mark.parametrize(
    ("ratio", "drawn"),
    [(0, "░░░░"), (0.01, "█░░░"), (0.5, "██░░"), (1, "████"), (7, "████"), (-1, "░░░░"),
     (None, "–   ")],
)  # fmt: skip
def test_a_meter_starts_at_zero_and_shows_that_there_is_something(ratio, drawn):
    assert plain(meter(ratio, 4)) == drawn


def test_a_load_warns_before_it_fails():
    roles = [load_role(ratio) for ratio in (0.5, 0.75, 0.9)]
    assert roles == ["chart.series.1", "status.warning", "status.failed"]
    assert meter(0.99, 4, role="muted")[0].role == "muted"


def test_percentages_are_four_cells():
    assert [percent(ratio) for ratio in (0.066, 0.47, 1, 99, None)] == [
        "  7%", " 47%", "100%", "999%", "   –",
    ]  # fmt: skip


def test_a_sparkline_shows_the_newest_values_at_the_right():
    assert spark([0, 1, 2, 3, 4, 5, 6, 7], 8) == "▁▂▃▄▅▆▇█"
    assert spark([9, 9, 0, 9], 3) == "█▁█"
    assert spark([0.5], 4, top=1.0) == "   ▅"
    assert spark([1, None, 1], 3) == "█ █"
    assert spark([], 3) == "   "


@given(st.lists(st.none() | st.floats(-5, 5), max_size=30), st.integers(0, 20))
def test_a_sparkline_fills_its_cells(values, cells):
    assert len(spark(values, cells)) == cells


def test_phases_tell_done_from_now_and_next():
    spans = phase_line([("register", "done"), ("start 6/8", "now"), ("drain", "next")])
    assert plain(spans) == "✓ register  ◆ start 6/8  ○ drain"
    assert plain(phase_line([("validate", "failed")])) == "✗ validate"
