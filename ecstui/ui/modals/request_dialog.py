"""RequestDialog: a form whose values become a request, with what it would do and how AWS says it.

It sends the request itself and stays open when it is refused: ECS's code and sentence stand beside
the field that caused it, or at the foot, and nothing that was typed is lost. Subclasses say which
fields there are, which request the values make, and what comes of it; they never send anything.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Label

from ecstui.base.errors import DaemonUnreachableError, EcsError
from ecstui.base.ids import new_id
from ecstui.model.shape import Request, Shape
from ecstui.store.kinds import (
    AUTO_SCALING_GROUPS,
    CAPACITY_PROVIDERS,
    INSTANCES,
    SERVICES,
    TASK_DEFINITIONS,
    TASKS,
)
from ecstui.store.tables import View
from ecstui.ui.aws_cli import aws_command
from ecstui.ui.modals.dialog import Choice, Dialog
from ecstui.ui.modals.effects import Effect, command_lines, effect_lines
from ecstui.ui.presence import is_open, when_drawn
from ecstui.ui.screens.service_parts import FluidLines
from ecstui.ui.shell import shell_of
from ecstui.ui.text import clean
from ecstui.ui.widgets.form import Form
from ecstui.ui.widgets.form_fields import Field, Values

if TYPE_CHECKING:
    from ecstui.ui.app import EcsTui

R = TypeVar("R", bound=Shape)
T = TypeVar("T")

GENERAL = ""
"""Name under which `Errors` holds what concerns no field."""
Errors = Mapping[str, str]
"""What was refused, by field name."""
_KINDS = frozenset(
    kind.name
    for kind in (
        SERVICES,
        TASKS,
        INSTANCES,
        TASK_DEFINITIONS,
        CAPACITY_PROVIDERS,
        AUTO_SCALING_GROUPS,
    )
)
_SHARE = 0.96
_BORDER_ROWS = 2


class RequestDialog(Dialog[bool], Generic[R]):
    """Gives True when the request was carried out, None when it was left."""

    DEFAULT_CSS = """
    RequestDialog {
        & > .frame { padding: 1 2 0 2; }
        .body { height: auto; background: $surface; scrollbar-size-vertical: 1; }
        .question { text-style: bold; width: 1fr; height: auto; margin: 0 0 1 0; }
        .question.-empty, .facts.-empty, .effects.-empty, .command.-empty { display: none; }
        Form { height: auto; max-height: 1000; overflow: hidden; margin: 0 0 1 0; }
        .facts, .effects, .command { height: auto; margin: 0 0 1 0; }
        .refused { display: none; color: $error; width: 1fr; height: auto; margin: 0 0 1 0; }
        &.-refused .refused { display: block; }
        &.-short, &.-dense {
            & > .frame { padding: 0 1; }
            Form, .question, .facts, .effects, .command, .refused, .buttons { margin: 0; }
        }
    }
    """
    BINDINGS = [
        Binding("ctrl+s", "submit", "submit", show=False),
        Binding("f3", "copy_command", "copy the command", show=False),
        Binding("up", "app.focus_previous", "previous", show=False),
        Binding("down", "app.focus_next", "next", show=False),
        Binding("left", "app.focus_previous", "previous", show=False),
        Binding("right", "app.focus_next", "next", show=False),
        Binding("pagedown", "scroll(1)", "down", show=False),
        Binding("pageup", "scroll(-1)", "up", show=False),
    ]
    members: ClassVar[Mapping[str, str]] = {}
    """Members of the request, as in `EcsError.field`, to the fields that they come from."""
    is_dangerous: ClassVar[bool] = False
    """Takes something away: a red frame, and the focus on what leaves it alone."""
    label_cells: ClassVar[int] = 0
    """Width of the labels where there is more than one form."""
    submit_label: ClassVar[str] = "OK"
    cancel_label: ClassVar[str] = "Cancel"

    def __init__(self, title: str) -> None:
        """`title`: of the frame; what users named in it must be harmless."""
        super().__init__(classes="-danger" if self.is_dangerous else "")
        self._title = title
        self._token = ""
        self._token_of: Request[R] | None = None
        self._is_trying = False
        self._shell: EcsTui | None = None

    # ---------------------------------------------------------------- what subclasses say

    @abstractmethod
    def fields(self) -> Sequence[Field]:
        """The fields of the form; none for a plain question."""

    @abstractmethod
    def request(self, values: Values) -> Request[R]:
        """The request that the values make; values that cannot be read yet are not there."""

    def question(self) -> str:
        """What is asked, above everything."""
        return ""

    def facts(self) -> Sequence[Effect]:
        """What is so now, above the fields."""
        return ()

    def effects(self, values: Values) -> Sequence[Effect]:
        """What would come of it."""
        return ()

    def check(self, values: Values) -> Errors:
        """What is wrong with the values together, before anything is sent."""
        return {}

    def done(self, answer: R, values: Values) -> Errors:
        """Say what came of it; errors keep the dialog open."""
        return {}

    def command(self, values: Values) -> str:
        """The AWS CLI line."""
        return aws_command(self.request(values))

    def field_of(self, member: str) -> str:
        """The field that a member of the request comes from, or GENERAL."""
        fitting = [name for name in self.members if _is_within(member, name)]
        return self.members[max(fitting, key=len)] if fitting else GENERAL

    # ---------------------------------------------------------------- parts

    @property
    def shell(self) -> "EcsTui":
        """The app; known from the first time that it is asked for."""
        if self._shell is None:
            self._shell = shell_of(self)
        return self._shell

    @property
    def view(self) -> View:
        """The live records."""
        return self.shell.view

    @property
    def cluster(self) -> str:
        """Name of the cluster that is shown."""
        return self.shell.cluster

    def compose(self) -> ComposeResult:
        """Question, facts, fields, consequences, command; below, always in sight, the buttons."""
        with Vertical(classes="frame") as frame:
            frame.border_title = self._title.replace("[", r"\[")
            frame.border_subtitle = self._keys(has_more=False)
            with VerticalScroll(classes="body", can_focus=False):
                yield Label("", classes="question", markup=False)
                yield FluidLines(classes="facts")
                yield from self.compose_forms()
                yield FluidLines(classes="effects")
                yield Label("", classes="refused", markup=False)
                yield FluidLines(classes="command")
            with Horizontal(classes="buttons"):
                yield Choice(self.cancel_label, id="cancel")
                if self.is_dangerous:
                    yield Choice(self.submit_label, id="submit", variant="error")
                else:
                    yield Choice(self.submit_label, id="submit", variant="primary")

    def compose_forms(self) -> ComposeResult:
        """The form; dialogs with fields that come and go have several."""
        fields = self.fields()
        if fields:
            yield Form(fields, label_cells=self.label_cells)

    def on_mount(self) -> None:
        """Say what is so, and begin."""
        self.watch(self.query_one(".body"), "show_vertical_scrollbar", self._pack, init=False)
        self.refresh_words()
        self.focus_first()

    def focus_first(self) -> None:
        """Begin in the first field, or on what changes nothing."""
        self.query_one("#cancel").focus()
        forms = self.query(Form)
        if forms and not self.is_dangerous:
            forms.first().focus_first()

    def on_resize(self, event: events.Resize) -> None:
        """Leave room for the buttons whatever the terminal's height."""
        self.remove_class("-dense")
        self._leave_room(event.size.height)
        when_drawn(self, self._pack)

    def _leave_room(self, height: int) -> None:
        is_dense = self.has_class("-short") or self.has_class("-dense")
        around = _BORDER_ROWS + (1 if is_dense else 3)
        self.query_one(".body").styles.max_height = max(3, int(height * _SHARE) - around)

    def _pack(self) -> None:
        """Where not everything fits, do without the blank lines, and say how to see the rest."""
        if not is_open(self):
            return
        has_more = self.query_one(".body", VerticalScroll).max_scroll_y > 0
        self.query_one(".frame").border_subtitle = self._keys(has_more=has_more)
        if has_more and not self.has_class("-dense"):
            self.add_class("-dense")
            self._leave_room(self.size.height)
            when_drawn(self, self._pack)

    def _keys(self, *, has_more: bool) -> str:
        accepts = "" if self.is_dangerous else "^s accepts · "
        if has_more:
            return f"{accepts}pgdn more · F3 copies · esc cancels"
        return f"{accepts}F3 copies the command · esc cancels"

    def refresh_data(self, kinds: frozenset[str]) -> None:
        """What would come of it may be otherwise now."""
        if is_open(self) and kinds & _KINDS:
            self.refresh_words()

    @on(Form.Changed)
    def _changed(self) -> None:
        self.refresh_words()

    def refresh_words(self) -> None:
        """Bring what is said in line with what was typed and with the records."""
        values = self.peek()
        question, effects = self.question(), self.effects(values)
        command = self.command(values)
        label = self.query_one(".question", Label)
        label.update(question)
        label.set_class(not question, "-empty")
        self._show(".facts", self.facts())
        self._show(".effects", effects)
        lines = self.query_one(".command", FluidLines)
        lines.set_class(not command, "-empty")
        lines.show(lambda width: command_lines(command, width))
        when_drawn(self, self._pack)

    def _show(self, selector: str, effects: Sequence[Effect]) -> None:
        lines = self.query_one(selector, FluidLines)
        lines.set_class(not effects, "-empty")
        lines.show(lambda width: effect_lines(effects, width))

    # ---------------------------------------------------------------- values and errors

    def peek(self) -> Values:
        """The values that can be read so far."""
        found: Values = {}
        for form in self.shown_forms():
            found |= form.peek()[0]
        return found

    def shown_forms(self) -> list[Form]:
        """The forms that are not hidden: fields that do not matter now have no values."""
        return [form for form in self.query(Form) if form.display]

    def _values(self) -> Values | None:
        """All values, or None after marking what cannot be read."""
        found: Values = {}
        errors: dict[str, str] = {}
        for form in self.shown_forms():
            values, wrong = form.peek()
            found |= values
            errors |= wrong
        errors = errors or dict(self.check(found))
        self.show_errors(errors)
        return None if errors else found

    def show_errors(self, errors: Errors) -> None:
        """Each beside its field, those of no field at the foot; the first field gets the focus."""
        known: set[str] = set()
        for form in reversed(self.shown_forms()):
            mine = {name: text for name, text in errors.items() if name in form.names}
            known |= mine.keys()
            form.show_errors(mine)
        general = [text for name, text in errors.items() if name not in known]
        self.set_class(bool(general), "-refused")
        refused = self.query_one(".refused", Label)
        refused.update("\n".join(general))
        when_drawn(self, self._pack)
        if general and not known:
            when_drawn(refused, lambda: refused.scroll_visible(animate=False))

    # ---------------------------------------------------------------- sending

    @on(Form.Submitted)
    def _entered(self) -> None:
        """Enter in a field; what takes something away wants its button."""
        if self.is_dangerous:
            self.query_one("#submit").focus()
        else:
            self.action_submit()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No key but the button's own takes something away."""
        return not (action == "submit" and self.is_dangerous)

    def action_submit(self) -> None:
        """Send the request, if the values can be read."""
        values = self._values()
        if values is not None and not self._is_trying:
            self._is_trying = True
            button = self.query_one("#submit", Button)
            if button.has_focus:
                # Disabled, it hands the focus on to Cancel, which a second enter would press.
                self.set_focus(None)
            button.disabled = True
            # The app's worker, not the dialog's: esc must not hide what came of the request.
            self.app.run_worker(self._send(values), group="requests")

    async def _send(self, values: Values) -> None:
        try:
            errors = await self.carry_out(values)
        finally:
            self._is_trying = False
        if is_open(self):
            button = self.query_one("#submit", Button)
            button.disabled = False
            if self.focused is None:
                button.focus()
            if errors:
                self.show_errors(errors)
            else:
                self.dismiss(True)
        else:
            for text in errors.values():
                self.shell.say(text, "error")

    async def carry_out(self, values: Values) -> Errors:
        """Send what the values mean; errors by field name when it was refused."""
        answer, errors = await self.try_request(self.request(values))
        return errors if answer is None else self.done(answer, values)

    async def try_request(self, request: Request[R]) -> tuple[R | None, Errors]:
        """The answer, or None and why, by field name."""
        reason = self.shell.why_no_writes()
        if reason is not None:
            return None, {GENERAL: reason}
        try:
            return await self.shell.client.call(request), {}
        except EcsError as error:
            field = self.field_of(error.field or "")
            return None, {field: f"{error.code}: {clean(error.message)}"}
        except DaemonUnreachableError as error:
            return None, {GENERAL: clean(str(error))}

    def token_for(self, request: Request[R]) -> str:
        """A client token: the same for the same request, so that trying again makes nothing twice.

        Who lost the daemon before it answered may press enter again without a second thought.
        """
        if request != self._token_of:
            self._token_of, self._token = request, new_id()
        return self._token

    # ---------------------------------------------------------------- keys

    def action_scroll(self, pages: int) -> None:
        """Show what does not fit, where the terminal is low."""
        body = self.query_one(".body", VerticalScroll)
        (body.scroll_page_down if pages > 0 else body.scroll_page_up)(animate=False)

    def action_copy_command(self) -> None:
        """Put the AWS CLI line on the clipboard."""
        command = self.command(self.peek())
        if command:
            self.shell.copy(command, "the AWS CLI command")

    @on(Button.Pressed, "#submit")
    def _submit_pressed(self) -> None:
        self.action_submit()

    @on(Button.Pressed, "#cancel")
    def _cancel_pressed(self) -> None:
        self.action_cancel()


def number_in(values: Values, name: str) -> int | None:
    """A whole number among the values; None where it is not there or cannot be read."""
    value = values.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def changed(value: T | None, before: T | None) -> T | None:
    """The value where it is not as it was; None, which a request leaves out, where it is."""
    return None if value == before else value


def text_in(values: Values, name: str) -> str:
    """A text among the values; empty where there is none."""
    value = values.get(name)
    return value if isinstance(value, str) else ""


def _is_within(member: str, name: str) -> bool:
    """Whether a member is `name` or something inside it."""
    return member == name or member.startswith((f"{name}.", f"{name}["))
