"""One answer of the API to read: as JSON, or as plain lines without brackets.

The document is asked for once, and again on `ctrl+r`. It never changes anything.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult

from ecstui.model.shape import Request, Shape
from ecstui.ui.documents import described, json_text
from ecstui.ui.screens.base import GO_COMMANDS, EcsScreen
from ecstui.ui.screens.panel import Panel
from ecstui.ui.widgets.json_area import JsonArea

R = TypeVar("R", bound=Shape)

Document = Mapping[str, object]


class DocumentScreen(EcsScreen, Generic[R]):
    """An answer, to read and to copy."""

    DEFAULT_CSS = "DocumentScreen Panel { padding: 0 1; }"
    commands: ClassVar[tuple[str, ...]] = ("list.describe", "list.json", *GO_COMMANDS)
    title_text = "Document"

    def __init__(
        self,
        name: str,
        request: Request[R],
        read: Callable[[R], Document | None],
        *,
        is_json: bool,
    ) -> None:
        """`read`: takes the document out of the answer; None where it is gone."""
        super().__init__()
        self._subject = name
        self._request = request
        self._read = read
        self._is_json = is_json
        self._document: Document | None = None

    def breadcrumb(self) -> str:
        """The name of the thing."""
        return f"{self._subject} {'JSON' if self._is_json else 'describe'}"

    def compose_body(self) -> ComposeResult:
        """The text."""
        with Panel(title=self._subject):
            yield JsonArea("", read_only=True)

    def on_mount(self) -> None:
        """Ask for it."""
        super().on_mount()
        self.query_one(JsonArea).focus()
        self._ask()

    def _ask(self) -> None:
        self.submit(self._request, done=self._take)

    def _take(self, answer: R) -> None:
        self._document = self._read(answer)
        self._show()

    def _show(self) -> None:
        area = self.query_one(JsonArea)
        panel = self.query_one(Panel)
        form = "JSON" if self._is_json else "describe"
        panel.set_title(self._subject, f"{self._request.operation()} · {form}")
        panel.set_subtitle("c copies it · ctrl+r asks again")
        if self._document is None:
            area.text = "It is gone."
        else:
            area.text = json_text(self._document) if self._is_json else described(self._document)
        self.refresh_crumbs()

    def copies(self) -> tuple[tuple[str, str], ...]:
        """The text as it is shown, and as JSON."""
        if self._document is None:
            return ()
        return (
            ("what is shown", self.query_one(JsonArea).text),
            ("JSON", json_text(self._document)),
            ("description", described(self._document)),
        )

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
