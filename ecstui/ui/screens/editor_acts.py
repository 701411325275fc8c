"""What the editor of task definitions does beside editing: compare, go outside, what comes next."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import App, ComposeResult, SuspendNotSupported
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll

from ecstui.base.ids import short_name
from ecstui.model.enums import ServiceStatus
from ecstui.model.service import ServiceRecord
from ecstui.model.task_definition import TaskDefinition, TaskDefinitionRecord
from ecstui.store.kinds import SERVICES
from ecstui.ui import routes
from ecstui.ui.columns.cells import revision_of, since
from ecstui.ui.editor_text import revision_text
from ecstui.ui.glyphs import MARK
from ecstui.ui.modals.dialog import Dialog
from ecstui.ui.outside_editor import Edited, edit_outside
from ecstui.ui.revisions import definition_named, names_to_suggest, revisions_of
from ecstui.ui.screens.ask import AskModal
from ecstui.ui.screens.base import EcsScreen
from ecstui.ui.screens.choose import ChooseModal
from ecstui.ui.screens.diff import DiffScreen, Mode, Side
from ecstui.ui.screens.service_parts import FluidLines
from ecstui.ui.spans import Line, line, wrapped
from ecstui.ui.table import Span
from ecstui.ui.text import clean, plural

if TYPE_CHECKING:
    from ecstui.ui.app import EcsTui

_MOST_LISTED = 200
_LONGEST_NOTE = 4


def choose_diff(
    screen: EcsScreen, new: Side, base: TaskDefinitionRecord | None, family: str
) -> None:
    """Show a text beside its base; where there are others to choose from, ask which."""
    found = revisions_of(screen.view, family, with_inactive=True)[:_MOST_LISTED]
    others = [one for one in found if base is None or one.revision != base.revision]
    if base is None and not found and not names_to_suggest(screen.view):
        screen.app.push_screen(DiffScreen(Side("nothing", ""), new))
        return
    if base is not None and not others:
        show_diff(screen, base, new)
        return
    offered = [*([base] if base is not None else []), *others]
    now = screen.shell.now()
    choices = [
        (one.family_revision, f"{since(one.registered_at, now)} ago" + _beside(one, base))
        for one in offered
    ]
    choices.append(("another…", "of any family, by its name"))

    def chosen(index: int | None) -> None:
        if index is None:
            return
        if index < len(offered):
            show_diff(screen, offered[index], new)
        else:
            _ask_other(screen, new)

    screen.app.push_screen(ChooseModal(f"{new.title} beside", choices), chosen)


def _beside(one: TaskDefinitionRecord, base: TaskDefinitionRecord | None) -> str:
    status = "" if one.status == "ACTIVE" else f", {one.status}"
    is_base = base is not None and one.task_definition_arn == base.task_definition_arn
    return f"{status}, it began as this" if is_base else status


def show_diff(
    screen: EcsScreen, old: TaskDefinitionRecord, new: Side, *, mode: Mode | None = None
) -> None:
    """Show a text beside a revision."""
    side = Side(clean(old.family_revision), revision_text(old), old)
    screen.app.push_screen(DiffScreen(side, new, mode=mode))


def _ask_other(screen: EcsScreen, new: Side) -> None:
    async def submit(name: str) -> str:
        if definition_named(screen.view, name) is None:
            return "There is no such revision."
        return ""

    def named(name: str | None) -> None:
        found = definition_named(screen.view, name) if name else None
        if found is not None:
            show_diff(screen, found, new)

    screen.app.push_screen(AskModal("Compare", "family or family:revision", submit), named)


def run_outside(app: App[None], text: str) -> Edited:
    """Give the terminal to $EDITOR; where it cannot be given away, that is said."""
    try:
        with app.suspend():
            return edit_outside(text, os.environ)
    except SuspendNotSupported:
        return Edited(text, "this terminal cannot be handed to another program")


class NotesModal(Dialog[None]):
    """Lines that are worth reading once: what an import could not carry over."""

    DEFAULT_CSS = """
    NotesModal {
        & > .frame { width: 100; height: auto; max-height: 90%; padding: 0 1; }
        VerticalScroll { height: auto; background: $surface; scrollbar-size-vertical: 1; }
    }
    """
    BINDINGS = [Binding("q,enter", "cancel", "close", show=False)]

    def __init__(self, notes: Sequence[str]) -> None:
        """`notes`: a sentence each."""
        super().__init__()
        self._notes = notes

    def compose(self) -> ComposeResult:
        """The lines."""
        with Vertical(classes="frame") as frame:
            frame.border_title = f"Imported, with {plural(len(self._notes), 'note')}"
            frame.border_subtitle = "esc closes"
            with VerticalScroll():
                yield FluidLines(id="notes")

    def on_mount(self) -> None:
        """Show them."""
        self.query_one("#notes", FluidLines).show(self._lines)
        self.query_one(VerticalScroll).focus()

    def _lines(self, width: int) -> Sequence[Line]:
        found: list[Line] = []
        for note in self._notes:
            rows = wrapped(clean(note), max(8, width - 2), _LONGEST_NOTE)
            found += [
                line(Span(f"{MARK} " if i == 0 else "  ", "muted"), row)
                for i, row in enumerate(rows)
            ]
        return found


def show_notes(screen: EcsScreen, notes: Sequence[str]) -> None:
    """Open the notes of an import."""
    screen.app.push_screen(NotesModal(notes))


def offer_next(shell: "EcsTui", definition: TaskDefinition) -> None:
    """Ask which service is to run the new revision, or what else is to be done with it."""
    arn = definition.task_definition_arn
    services = [
        service
        for service in shell.view.by(SERVICES, "cluster", shell.cluster)
        if service.status is ServiceStatus.ACTIVE and _family_of(service) == definition.family
    ]
    choices = [
        (f"update {clean(s.service_name)}", f"runs {revision_of(s.task_definition)}")
        for s in services
    ]
    choices += [("run a task", ""), ("create a service", ""), ("nothing more", "")]

    def chosen(index: int | None) -> None:
        if index is None:
            return
        if index < len(services):
            routes.update_service(shell, services[index].service_arn, arn)
        elif index == len(services):
            routes.run_task(shell, definition.family_revision)
        elif index == len(services) + 1:
            routes.create_service(shell, definition.family_revision)

    title = f"{clean(definition.family_revision)} is registered"
    shell.push_screen(ChooseModal(title, choices), chosen)


def _family_of(service: ServiceRecord) -> str:
    return short_name(service.task_definition).partition(":")[0]
