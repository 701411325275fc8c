from ecstui.ui.table import Span
from ecstui.ui.widgets.span_lines import SpanLines
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
