import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from textual.theme import BUILTIN_THEMES

from ecstui.ui.roles import RoleStyles, default_variables
from ecstui.ui.table import Span
from ecstui.ui.widgets.span_lines import SpanLines, changed_cells, spans_strip
from tests.ui.conftest import WidgetApp, screen_text


async def test_names_with_brackets_are_drawn_as_they_are(size):
    app = WidgetApp(SpanLines(["[bold]x[/]", (Span("● ", "status.running"), Span("[api]"))]))
    async with app.run_test(size=size):
        assert screen_text(app)[:2] == ["[bold]x[/]", "● [api]"]


async def test_more_lines_make_it_higher(size):
    lines = SpanLines(["one"])
    app = WidgetApp(lines, SpanLines(["below"]))
    async with app.run_test(size=size) as pilot:
        assert screen_text(app)[1] == "below"
        lines.update(["one", "two"])
        await pilot.pause()
        assert screen_text(app)[:3] == ["one", "two", "below"]
        lines.update(["one", "2"])
        await pilot.pause()
        assert screen_text(app)[1] == "2"


async def test_a_line_that_is_too_long_is_cut():
    app = WidgetApp(SpanLines([(Span("x" * 100), Span("end"))]))
    async with app.run_test():
        assert screen_text(app)[0] == "x" * 79 + "…"


async def test_another_theme_brings_its_colours():
    lines = SpanLines([(Span("x", "status.failed"),)])
    app = WidgetApp(lines)
    async with app.run_test() as pilot:
        before = lines.render_line(0)._segments[0].style
        app.theme = "harbor-light"
        await pilot.pause()
        assert lines.render_line(0)._segments[0].style != before


@pytest.mark.parametrize(
    ("was", "now", "cells"),
    [
        ("12:01 ok", "12:02 ok", (4, 5)),
        ("9 of 12", "10 of 12", (0, 20)),
        ((Span("a"), Span("b", "muted")), (Span("a"), Span("b")), (1, 2)),
        ("x" * 20, "x" * 21, (0, 20)),
    ],
)
def test_only_the_cells_that_differ_are_drawn_again(was, now, cells):
    assert changed_cells(was, now, 20) == cells


ROLES = RoleStyles(default_variables(BUILTIN_THEMES["nord"]))
SPANS = st.builds(
    Span,
    st.text(st.sampled_from("ab●漢 "), min_size=1, max_size=6),
    st.sampled_from(["", "status.failed"]),
)
CELLS = st.lists(SPANS, max_size=4).map(tuple)


@given(CELLS, CELLS)
def test_no_cell_outside_them_looks_otherwise(was, now):
    start, end = changed_cells(was, now, 12)
    before, after = (spans_strip(cell, 12, Style(bold=True), ROLES) for cell in (was, now))
    for left, right in ((0, start), (end, 12)):
        if left < right:
            old, new = before.crop(left, right), after.crop(left, right)
            assert list(old.simplify()) == list(new.simplify())
