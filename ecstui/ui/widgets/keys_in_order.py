"""Text widgets that take their keys in the order in which they were typed.

Textual lets a printable key work at once, but a bound one (backspace, an arrow) only after it has
climbed to the app: keys that come together, as over a slow line, would change places.
"""

from textual import events
from textual.widget import Widget
from textual.widgets import Input


class KeysInOrder:
    """Put before a text widget: runs the widget's own bindings as their keys come."""

    async def _on_key(self, event: events.Key) -> None:
        assert isinstance(self, Widget)
        if event.is_printable:
            return
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            event.stop()
            event.prevent_default()
            await self.run_action(binding.action)
            return


class OrderedInput(KeysInOrder, Input):
    """A line of text."""
