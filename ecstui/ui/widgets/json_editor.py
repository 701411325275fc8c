"""JsonEditor: JSON that is checked while one types, with the list of what is wrong below it.

Who uses it gives it two callbacks: `validate` tells what is wrong with a text, `save_draft` puts
the text where a killed terminal cannot take it. It must never lose a key: checking waits until
typing pauses, the draft does not wait for that.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import OptionList, TextArea
from textual.widgets.option_list import Option

from ecstui.ui.glyphs import FAILED, WARNING
from ecstui.ui.json_text import Problem, changed_lines
from ecstui.ui.presence import Parted
from ecstui.ui.preset_k9s import PRESET
from ecstui.ui.roles import RoleStyles
from ecstui.ui.text import clean, plural
from ecstui.ui.widgets.json_area import JsonArea

if TYPE_CHECKING:
    from textual.timer import Timer

CHECK_SECONDS = 0.25
DRAFT_SECONDS = 0.2
"""A killed terminal takes no more than what was typed in so long."""
MAX_LISTED = 50

Validate = Callable[[str], Sequence[Problem]]


class JsonEditor(Parted, Vertical):
    """The text, and under it its problems; enter or a click on one goes there."""

    DEFAULT_CSS = """
    JsonEditor {
        JsonArea { height: 1fr; }
        OptionList, OptionList:focus {
            height: auto; max-height: 6; display: none; padding: 0; background: $surface;
            border: none; border-top: solid $frame-border;
        }
        &.-problems OptionList { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *PRESET.bindings("editor.next_problem", "editor.previous_problem", "editor.format")
    ]

    class Edited(Message):
        """The text is not what it was."""

        def __init__(self, editor: "JsonEditor") -> None:
            self.editor = editor
            super().__init__()

        @property
        def control(self) -> "JsonEditor":
            """The editor."""
            return self.editor

    class Checked(Edited):
        """The text has been checked; `editor.problems` is what was found."""

    def __init__(
        self,
        text: str = "",
        *,
        validate: Validate,
        save_draft: Callable[[str], None] | None = None,
        base_text: str | None = None,
        read_only: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`base_text`: what changes are marked against; by default nothing is marked."""
        super().__init__(id=id, classes=classes)
        self.area = JsonArea(text, read_only=read_only)
        self.problems: tuple[Problem, ...] = ()
        self._validate = validate
        self._save_draft = save_draft
        self._base_lines = None if base_text is None else base_text.split("\n")
        self._check_timer: Timer | None = None
        self._draft_timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """The text and the list."""
        yield self.area
        yield OptionList(markup=False, compact=True)

    def on_mount(self) -> None:
        """Check what is there already."""
        self.check_now()

    @property
    def text(self) -> str:
        """What is in the editor."""
        return self.area.text

    @text.setter
    def text(self, text: str) -> None:
        self.area.load_text(text)
        self.check_now()

    @property
    def is_valid(self) -> bool:
        """Whether the last check found no error; warnings are no errors."""
        return all(problem.severity != "error" for problem in self.problems)

    @property
    def summary(self) -> str:
        """For the title: `valid`, `1 error`, `2 errors, 1 warning`."""
        errors = sum(problem.severity == "error" for problem in self.problems)
        warnings = len(self.problems) - errors
        parts = [plural(errors, "error")] * bool(errors) + [plural(warnings, "warning")] * bool(
            warnings
        )
        return ", ".join(parts) or "valid"

    def check_now(self) -> Sequence[Problem]:
        """Check the text without waiting, show what is wrong, and return it."""
        if self._check_timer is not None:
            self._check_timer.stop()
            self._check_timer = None
        self.show_problems(self._validate(self.text))
        return self.problems

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Show these problems until the next check: those of a refused registration, say."""
        is_same = tuple(problems) == self.problems
        self.problems = tuple(problems)
        self.area.show_problems(problems)
        if self._base_lines is not None:
            self.area.show_marks(changed_lines(self._base_lines, self.text.split("\n")))
        if not is_same:
            self._list_problems()
        self.post_message(self.Checked(self))

    def _list_problems(self) -> None:
        listed = self.query_one(OptionList)
        roles = RoleStyles(self.app.theme_variables)
        listed.clear_options()
        listed.add_options(Option(_problem_line(one, roles)) for one in self.problems[:MAX_LISTED])
        self.set_class(bool(self.problems), "-problems")

    @on(TextArea.Changed)
    def _after_key(self, event: TextArea.Changed) -> None:
        event.stop()
        if self._check_timer is not None:
            self._check_timer.stop()
        self._check_timer = self.set_timer(CHECK_SECONDS, self.check_now)
        if self._draft_timer is None and self._save_draft is not None:
            self._draft_timer = self.set_timer(DRAFT_SECONDS, self.save_draft_now)
        self.post_message(self.Edited(self))

    def save_draft_now(self) -> None:
        """Hand the text to `save_draft` without waiting."""
        if self._draft_timer is not None:
            self._draft_timer.stop()
            self._draft_timer = None
        if self._save_draft is not None:
            self._save_draft(self.text)

    def on_unmount(self) -> None:
        """A draft that is due is not lost with the editor."""
        if self._draft_timer is not None:
            self.save_draft_now()

    @on(OptionList.OptionSelected)
    def _jump(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.area.go_to(self.problems[event.option_index])
        self.area.focus()

    def action_next_problem(self) -> None:
        """To the next problem below the cursor, or round to the first."""
        self._step(1)

    def action_previous_problem(self) -> None:
        """To the next problem above the cursor, or round to the last."""
        self._step(-1)

    def _step(self, step: int) -> None:
        if not self.problems:
            return
        row, column = self.area.cursor_location
        here = (row + 1, column + 1)
        places = [(problem.line, problem.column) for problem in self.problems]
        if step > 0:
            index = next((i for i, place in enumerate(places) if place > here), 0)
        else:
            index = next((i for i in reversed(range(len(places))) if places[i] < here), -1)
        self.area.go_to(self.problems[index])
        self.query_one(OptionList).highlighted = index % len(places)

    def action_format(self) -> None:
        """Set the document on lines of its own."""
        if not self.area.format_text():
            self.notify("Only valid JSON can be formatted.", severity="warning")


def _problem_line(problem: Problem, roles: RoleStyles) -> Text:
    """`✗ 24:5  containerDefinitions[0].memory  sum of memory 1152 > task 1024`."""
    is_error = problem.severity == "error"
    sign, role = (FAILED, "status.failed") if is_error else (WARNING, "status.warning")
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f"{sign} ", roles[role])
    line.append(f"{problem.line}:{problem.column}  ", roles["muted"])
    if problem.path:
        line.append(f"{clean(problem.path)}  ", roles["json.key"])
    return line.append(clean(problem.message))
