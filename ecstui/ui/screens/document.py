"""One answer of the API to read: as plain lines without brackets, as YAML, or as JSON.

The document is asked for once, and again on `ctrl+r`. It never changes anything.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from ecstui.ui.described import Described, Document
from ecstui.ui.documents import described, json_text, yaml_text
from ecstui.ui.outside_reading import file_stem, open_text
from ecstui.ui.presence import is_open
from ecstui.ui.screens.base import GO_COMMANDS, EcsScreen
from ecstui.ui.screens.panel import Panel
from ecstui.ui.screens.reader import Reader

Form = Literal["describe", "YAML", "JSON"]


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


class DocumentScreen(EcsScreen):
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
        "text.find", "text.outside", "document.describe", "document.yaml", "document.json",
        *GO_COMMANDS,
    )  # fmt: skip
    title_text = "Document"

    def __init__(self, subject: Described, *, is_json: bool) -> None:
        """`subject`: what is described; `is_json`: as the API answers, at first."""
        super().__init__()
        self._subject = subject
        self._form: Form = "JSON" if is_json else "describe"
        self._document: Document | None = None

    def breadcrumb(self) -> str:
        """The name of the thing, and how it is shown."""
        return f"{self._subject.name} · {self._form}"

    def compose_body(self) -> ComposeResult:
        """The text, and the line to look for something."""
        with Panel(title=self._subject.name):
            yield Reader()
            yield FindLine(placeholder="text to find", select_on_focus=True, compact=True)

    def on_mount(self) -> None:
        """Ask for it."""
        super().on_mount()
        self.query_one(Reader).focus()
        self._ask()

    def _ask(self) -> None:
        self.app.run_worker(self._subject.ask(self.shell, self._take), group="requests")

    def _take(self, document: Document | None) -> None:
        if is_open(self):
            self._document = document
            self._show()

    def _show(self) -> None:
        reader = self.query_one(Reader)
        if self._document is None:
            reader.show("It is gone.", is_json=False)
        else:
            reader.show(_WRITERS[self._form](self._document), is_json=self._form == "JSON")
        self._show_titles()
        self.refresh_crumbs()

    @on(Reader.Moved)
    def _show_titles(self) -> None:
        panel = self.query_one(Panel)
        reader = self.query_one(Reader)
        panel.set_title(self._subject.name, self._subject.operation)
        panel.set_subtitle(reader.found_words or "c copies it · ^r asks again")

    def copies(self) -> tuple[tuple[str, str], ...]:
        """The text as it is shown, and in both forms."""
        if self._document is None:
            return ()
        return (
            ("what is shown", self.query_one(Reader).text),
            ("JSON", json_text(self._document)),
            ("YAML", yaml_text(self._document)),
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
        self._change("describe")

    def action_yaml(self) -> None:
        """As YAML; again as the API answers."""
        self._change("JSON" if self._form == "YAML" else "YAML")

    def action_json(self) -> None:
        """As the API answers."""
        self._change("JSON")

    def _change(self, form: Form) -> None:
        self._form = form
        self._show()

    def action_outside(self) -> None:
        """Read it in $EDITOR."""
        name = f"{file_stem(self._subject.name)}.{_ENDINGS[self._form]}"
        open_text(self, name, self.query_one(Reader).text)

    def action_copy(self) -> None:
        """Copy the whole text."""
        choices = self.copies()
        if choices:
            self.shell.copy(choices[0][1], self.breadcrumb())

    def action_copy_as(self) -> None:
        """Choose the form to copy."""
        self.shell.open_copy(self.copies())


_ENDINGS: Mapping[Form, str] = {"describe": "txt", "YAML": "yaml", "JSON": "json"}
_WRITERS: Mapping[Form, Callable[[Document], str]] = {
    "describe": described,
    "YAML": yaml_text,
    "JSON": json_text,
}
