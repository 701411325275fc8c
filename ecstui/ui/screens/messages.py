"""The messages that were shown, the newest last: what the row below forgets after some seconds."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import RichLog

from ecstui.ui.modals.dialog import Dialog
from ecstui.ui.roles import RoleStyles
from ecstui.ui.screens.frame import MESSAGE_ROLES
from ecstui.ui.shell import shell_of
from ecstui.ui.text import clock


class MessagesModal(Dialog[None]):
    """What was said."""

    DEFAULT_CSS = """
    MessagesModal {
        & > .frame { width: 100; height: 70%; padding: 0 1; }
        RichLog { background: $surface; height: 1fr; scrollbar-size-vertical: 1; }
    }
    """
    BINDINGS: ClassVar = [Binding("q,enter", "cancel", "close", show=False)]

    def compose(self) -> ComposeResult:
        """The messages with their times."""
        with Vertical(classes="frame") as frame:
            frame.border_title = "Messages"
            frame.border_subtitle = "esc closes"
            yield RichLog(wrap=True, markup=False)

    def on_mount(self) -> None:
        """Write them down."""
        shell = shell_of(self)
        roles = RoleStyles(shell.theme_variables)
        log = self.query_one(RichLog)
        for said in shell.said:
            text = Text.assemble(
                (f"{clock(said.at)}  ", roles["muted"]),
                (said.text, roles[MESSAGE_ROLES[said.severity]]),
            )
            log.write(text)
        if not shell.said:
            log.write("Nothing was said yet.")
        log.focus()
