"""The two panes of the editor, a form and JSON, as two views of one text.

The text is the document: the form changes it like a key typed into the JSON, so that undo, drafts
and checks know only one thing. It decides nothing about task definitions.
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from textual import events, on
from textual.widgets import TextArea

from ecstui.ui import editor_words
from ecstui.ui.completion import complete, known_of, suggestions
from ecstui.ui.definition_fixes import first_fix
from ecstui.ui.editor_text import LONGEST_CHECKED, form_document, path_in_request
from ecstui.ui.form_rows import Row
from ecstui.ui.glyphs import RUNNING
from ecstui.ui.json_edit import TextEdit
from ecstui.ui.json_text import JsonMap, Path
from ecstui.ui.member_help import help_for
from ecstui.ui.presence import is_open
from ecstui.ui.screens.base import EcsScreen
from ecstui.ui.screens.choose import ChooseModal
from ecstui.ui.screens.panel import Panel
from ecstui.ui.screens.service_parts import FluidLines
from ecstui.ui.text import clean
from ecstui.ui.widgets.form_pane import FormPane
from ecstui.ui.widgets.json_area import JsonArea
from ecstui.ui.widgets.json_editor import JsonEditor

if TYPE_CHECKING:
    from ecstui.plan.json_text import Json

Layout = Literal["form", "split", "json"]
LAYOUTS: tuple[Layout, ...] = ("form", "split", "json")
WIDE = 100
"""From so many cells on, form and JSON stand beside each other."""


class EditorPanes(EcsScreen):
    """Form and JSON; who inherits composes them (`#form`, `#editor`) and `#about` beside them."""

    def __init__(self) -> None:
        """Both panes at first, where there is room."""
        super().__init__()
        self._layout: Layout = "split"
        self._document: tuple[str, Json, str] = ("", None, "")
        self._map = ("", JsonMap(""))

    @property
    def _is_edited(self) -> bool:
        raise NotImplementedError

    @property
    def editor(self) -> JsonEditor:
        """The text and its problems."""
        return self.query_one(JsonEditor)

    @property
    def form(self) -> FormPane:
        """The same text as a form."""
        return self.query_one(FormPane)

    def show_layout(self, layout: Layout) -> None:
        """Form, JSON, or both; where there is no room for both, the form."""
        is_narrow = self.size.width < WIDE
        shown: Layout = "form" if layout == "split" and is_narrow else layout
        self._layout = layout
        for one in LAYOUTS:
            self.set_class(one == shown, f"-layout-{one}")
        if shown == "json":
            self.editor.area.focus()
        elif not self.editor.area.has_focus or shown == "form":
            self.form.input.focus()
        self._show_form()
        self._show_place()

    def on_resize(self, event: events.Resize) -> None:
        """Another width may have room for both, or not any more."""
        super().on_resize(event)
        if is_open(self) and self._layout == "split":
            self.show_layout("json" if self.editor.area.has_focus and self._is_narrow else "split")

    @property
    def _is_narrow(self) -> bool:
        return self.size.width < WIDE

    def action_layout(self) -> None:
        """Form, JSON, or both beside each other."""
        order: Sequence[Layout] = ("form", "json") if self._is_narrow else LAYOUTS
        now = "form" if self._is_narrow and self._layout == "split" else self._layout
        self.show_layout(order[(order.index(now) + 1) % len(order)])

    def action_next_pane(self) -> None:
        """From the form to the JSON, or back."""
        self.form.apply()
        is_form = self.form.has_input
        if self._layout != "split" or self._is_narrow:
            self.show_layout("json" if is_form else "form")
        elif is_form:
            self.editor.area.focus()
        else:
            self.form.input.focus()

    def action_previous_pane(self) -> None:
        """From the form to the JSON, or back."""
        self.action_next_pane()

    def on_descendant_focus(self) -> None:
        """Help is about the pane that has the keys."""
        self._show_place()

    def _suggest(self, row: Row) -> Sequence[str]:
        document = self._document[1]
        return suggestions(row, document, known_of(self.view, self.cluster))

    def _apply_edit(self, edit: TextEdit) -> None:
        """What the form changes is a step in the text, which undo takes back."""
        area, text = self.editor.area, self.editor.text
        area.replace(edit.text, _place_in(text, edit.start), _place_in(text, edit.end))
        self._show_form()

    def _show_form(self) -> None:
        text = self.editor.text
        if self._document[0] != text or not self._document[1]:
            self._document = (text, *form_document(text))
        _, document, unread = self._document
        self.form.show(text, document, self.editor.problems, unread)
        self._show_form_title()

    def _show_form_title(self) -> None:
        state = f"{RUNNING} edited" if self._is_edited else "unchanged"
        self.query_one("#form", Panel).set_title("Form", state)

    @on(FormPane.Moved)
    def _follow_form(self, event: FormPane.Moved) -> None:
        """The cursor in the JSON stands where the form's does."""
        text = self.editor.text
        if len(text) <= LONGEST_CHECKED:
            self._path()
            (row, column, _), _ = self._map[1].locate(event.path)
            self.editor.area.move_cursor((row - 1, column - 1), center=True)
        self._show_place()

    @on(JsonArea.Asked)
    def _complete(self) -> None:
        """Put in what must stand at the cursor, or ask which of several."""
        text, area = self.editor.text, self.editor.area
        if len(text) > LONGEST_CHECKED:
            return
        row, column = area.cursor_location
        offset = sum(len(one) + 1 for one in text.split("\n")[:row]) + column
        found = complete(text, offset, known_of(self.view, self.cluster))
        if found is None:
            self.shell.say("Nothing is known that could stand here.")
            return

        def chosen(index: int | None) -> None:
            if index is not None and self.editor.text == text:
                edit = found.edits[index]
                self._apply_edit(edit)
                area.move_cursor(_place_in(self.editor.text, edit.start + len(edit.text)))

        if len(found.options) == 1:
            chosen(0)
            return
        choices = [(option, "") for option in found.options]
        self.app.push_screen(ChooseModal(found.title, choices), chosen)

    def action_undo(self) -> None:
        """Take the last change back, from whichever side it came."""
        if not (self.form.has_input and self.form.drop_typed()):
            self.editor.area.undo()
            self._show_form()

    def action_redo(self) -> None:
        """Make the change again that was taken back."""
        self.editor.area.redo()
        self._show_form()

    def action_fix(self) -> None:
        """Put right what can be put right by itself, one problem at a time."""
        self.form.apply()
        self.editor.check_now()
        path = self.form.row.path if self.form.has_input and self.form.row else self._path()
        fix = first_fix(self.editor.text, self.editor.problems, path)
        if fix is None:
            self.shell.say("There is no fix that is certain.", "warning")
            return
        self._apply_edit(fix.edit)
        self.editor.check_now()
        self.shell.say(f"{clean(fix.words)}; ^z takes it back")

    def show_what_is_wrong(self) -> None:
        """Where the form cannot show the text, go to the JSON."""
        self._show_form()
        if not self._document[2]:
            return
        if self._layout == "split" and not self._is_narrow:
            self.editor.area.focus()
        else:
            self.show_layout("json")

    # ---------------------------------------------------------------- where the cursor is

    @on(TextArea.SelectionChanged)
    def _follow_cursor(self) -> None:
        if self.editor.area.has_focus:
            self.form.go_to(path_in_request(self._path(), self.editor.text))
        self._show_place()

    def _show_place(self) -> None:
        self._show_help()
        if self.query_one("#about").display:
            row = self.form.row
            is_form = self.form.has_input and row is not None
            path, text = (row.path if is_form and row else self._path()), self.editor.text
            place = partial(editor_words.place_lines, path, "" if is_form else text)
            self.query_one("#here", FluidLines).show(
                lambda width: editor_words.titled("here", place(width))
            )

    def _show_help(self) -> None:
        """What may stand in the field or under the cursor, in the border below."""
        row = self.form.row
        found = help_for(row.path) if row is not None else None
        words = (
            f"{found.kind}: {found.hint}" if found and found.hint else found.kind if found else ""
        )
        self.query_one("#form", Panel).set_subtitle("" if row is None or not row.path else words)
        path = path_in_request(self._path(), self.editor.text[:100])
        here = help_for(path)
        self.query_one("#editor", Panel).set_subtitle(f"{here.name}: {here.kind}" if path else "")

    def _path(self) -> Path:
        text = self.editor.text
        if self._map[0] != text:
            self._map = (text, JsonMap(text if len(text) <= LONGEST_CHECKED else ""))
        row, column = self.editor.area.cursor_location
        is_mapped = len(text) <= LONGEST_CHECKED
        return self._map[1].path_at(row + 1, column + 1) if is_mapped else ()


def _place_in(text: str, offset: int) -> tuple[int, int]:
    """Row and column, from 0, of a character."""
    before = text[:offset]
    return before.count("\n"), len(before) - (before.rfind("\n") + 1)
