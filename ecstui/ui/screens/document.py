"""One answer of the API to read: as JSON, or as plain lines without brackets.

The document is asked for once, and again on `ctrl+r`. It never changes anything.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from ecstui.model.shape import Request, Shape
from ecstui.ui.documents import described, json_text
from ecstui.ui.screens.base import GO_COMMANDS, EcsScreen
from ecstui.ui.screens.panel import Panel
from ecstui.ui.screens.reader import Reader

R = TypeVar("R", bound=Shape)

Document = Mapping[str, object]


class FindLine(Input):
    """The line that takes what is looked for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "end search", show=False),
        Binding("down", "step(1)", "next", show=False),
        Binding("up", "step(-1)", "previous", show=False),
    ]

    def action_close(self) -> None:
        """End the search."""
        self.value = ""
        self.screen.query_one(Reader).focus()
        self.display = False

    def action_step(self, step: int) -> None:
        """To the next place or the one before."""
        reader = self.screen.query_one(Reader)
        (reader.action_next_match if step > 0 else reader.action_previous_match)()


class DocumentScreen(EcsScreen, Generic[R]):
    """An answer, to read and to copy."""

    DEFAULT_CSS = """
    DocumentScreen {
        Reader { height: 1fr; }
        FindLine, FindLine:focus {
            height: 1; border: none; padding: 0 1; background: $panel; display: none;
        }
    }
    """
    commands: ClassVar[tuple[str, ...]] = (
        "text.find", "list.describe", "list.json", *GO_COMMANDS
    )  # fmt: skip
    title_text = "Document"

    def __init__(
        self,
        subject: str,
        request: Request[R],
        read: Callable[[R], Document | None],
        *,
        is_json: bool,
    ) -> None:
        """`subject`: the name of the thing; `read`: takes the document out of the answer."""
        super().__init__()
        self._subject = subject
        self._request = request
        self._read = read
        self._is_json = is_json
        self._document: Document | None = None

    def breadcrumb(self) -> str:
        """The name of the thing, and how it is shown."""
        return f"{self._subject} · {'JSON' if self._is_json else 'describe'}"

    def compose_body(self) -> ComposeResult:
        """The text, and the line to look for something."""
        with Panel(title=self._subject):
            yield Reader()
            yield FindLine(placeholder="text to find", select_on_focus=True, compact=True)

    def on_mount(self) -> None:
        """Ask for it."""
        super().on_mount()
        self.query_one(Reader).focus()
        self._ask()

    def _ask(self) -> None:
        self.submit(self._request, done=self._take)

    def _take(self, answer: R) -> None:
        self._document = self._read(answer)
        self._show()

    def _show(self) -> None:
        reader = self.query_one(Reader)
        if self._document is None:
            reader.show("It is gone.", is_json=False)
        elif self._is_json:
            reader.show(json_text(self._document), is_json=True)
        else:
            reader.show(described(self._document), is_json=False)
        self._show_titles()
        self.refresh_crumbs()

    @on(Reader.Moved)
    def _show_titles(self) -> None:
        panel = self.query_one(Panel)
        reader = self.query_one(Reader)
        panel.set_title(self._subject, self._request.operation())
        panel.set_subtitle(reader.found_words or "c copies it · ^r asks again")

    def copies(self) -> tuple[tuple[str, str], ...]:
        """The text as it is shown, and in both forms."""
        if self._document is None:
            return ()
        return (
            ("what is shown", self.query_one(Reader).text),
            ("JSON", json_text(self._document)),
            ("description", described(self._document)),
        )

    def action_find(self) -> None:
        """Open the line for what to find."""
        field = self.query_one(FindLine)
        field.display = True
        field.focus()

    @on(Input.Changed)
    def _find(self, event: Input.Changed) -> None:
        self.query_one(Reader).find(event.value)
        self._show_titles()

    @on(Input.Submitted)
    def _found(self) -> None:
        self.query_one(Reader).focus()

    def action_back(self) -> None:
        """End the search, then back."""
        field = self.query_one(FindLine)
        if field.display:
            field.action_close()
        else:
            super().action_back()

    def action_refresh(self) -> None:
        """Ask again."""
        super().action_refresh()
        self._ask()

    def action_describe(self) -> None:
        """Without brackets."""
        self._is_json = False
        self._show()

    def action_json(self) -> None:
        """As the API answers."""
        self._is_json = True
        self._show()

    def action_copy(self) -> None:
        """Copy the whole text."""
        choices = self.copies()
        if choices:
            self.shell.copy(choices[0][1], self.breadcrumb())
