"""What the terminal answers when the screens are up already is no key.

Before them it is asked for its background (`ecstui.commands.background`), and waited for only
shortly: over a slow line, or beside busy programs, the answer comes later. Textual would hand it on
letter by letter, and letters mean something: `?` opens the help, `:` the palette.
"""

import re
from collections.abc import Iterable

from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.message import Message

_ANSWERS = re.compile(r"\x1b\[\?[\d;]*c|\x1b\]11;rgba?:[\da-fA-F/]*(?:\x07|\x1b\\)")


class AnswersLeftOut(XTermParser):
    """Textual's reader of what the terminal sends, without answers to that question."""

    def feed(self, data: str) -> Iterable[Message]:
        """As Textual does; nothing at all is the end of input."""
        left = _ANSWERS.sub("", data)
        return super().feed(left) if left or not data else ()


def leave_out_answers() -> None:
    """Have screens that are opened from now on read so."""
    vars(linux_driver)["XTermParser"] = AnswersLeftOut  # made by that name
