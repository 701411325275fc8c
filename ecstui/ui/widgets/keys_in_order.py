"""Text widgets that take their keys in the order in which they were typed.

Textual lets a printable key work at once, but a bound one (backspace, an arrow) only after it has
climbed to the app: keys that come together, as over a slow line, would change places.
"""

from textual import events
from textual.widget import Widget
from textual.widgets import Input

from ecstui.ui.presence import Parted
from ecstui.ui.text import clean


class KeysInOrder(Parted):
    """Put before a text widget: runs the widget's own bindings as their keys come."""

    async def _on_key(self, event: events.Key) -> None:
        assert isinstance(self, Widget)
        if event.is_printable:
            return
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            # What it has no use for (an arrow down in a single line) is for those around it.
            if await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return


class OrderedInput(KeysInOrder, Input):
    """A line of text; what would steer a terminal never stands in it, wherever it came from."""

    def validate_value(self, value: str) -> str:
        """The value without what cannot be seen."""
        return value if value.isascii() and value.isprintable() else clean(value)

    def on_paste(self, event: events.Paste) -> None:
        """The first line of what is pasted, without what cannot be seen."""
        lines = event.text.splitlines()
        event.text = clean(lines[0]) if lines else ""
