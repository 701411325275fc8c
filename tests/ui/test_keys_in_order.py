"""Keys that come together are taken in the order in which they were typed."""

import pytest
from textual import events
from textual.widgets import Input, TextArea

from ecstui.ui.widgets.json_area import JsonArea
from ecstui.ui.widgets.keys_in_order import OrderedInput
from tests.ui.conftest import WidgetApp


def type_at_once(app: WidgetApp, *keys: tuple[str, str | None]) -> None:
    """Hand the app all keys before it can handle the first, as a slow line does."""
    for key, character in keys:
        app.post_message(events.Key(key, character))


async def test_an_input_deletes_before_it_inserts():
    app = WidgetApp(JsonArea("{}"))
    async with app.run_test() as pilot:
        line = OrderedInput("12")
        await app.mount(line)
        line.focus()
        await pilot.pause()
        line.cursor_position = 2
        type_at_once(app, ("backspace", "\x7f"), ("4", "4"))
        await pilot.pause()
        assert line.value == "14"


async def test_an_editor_moves_before_it_inserts():
    area = JsonArea("ab")
    app = WidgetApp(area)
    async with app.run_test() as pilot:
        area.focus()
        await pilot.pause()
        type_at_once(app, ("end", None), ("backspace", "\x7f"), ("c", "c"))
        await pilot.pause()
        assert area.text == "ac"


@pytest.mark.parametrize("widget", [Input, TextArea])
def test_only_widgets_that_need_it_are_changed(widget):
    assert "_on_key" in widget.__dict__, "Textual handles keys elsewhere now: look again"
