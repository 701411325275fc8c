"""What would become of a task definition here: who could take a task now, what is done otherwise.

A dry run by the rules of placement, instance by instance. It starts and registers nothing.
"""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll

from ecstui.client.rooms import Rooms
from ecstui.model.enums import PlacementConstraintType
from ecstui.model.placement import PlacementConstraint
from ecstui.model.task_definition import TaskDefinition
from ecstui.plan.field_support import SUPPORT, Support
from ecstui.plan.placement import demand_of
from ecstui.plan.untranslated import untranslated
from ecstui.plan.why import PlacementWhy
from ecstui.plan.why_words import instance_words
from ecstui.store.tables import View
from ecstui.ui.editor_words import room_words
from ecstui.ui.glyphs import FAILED, HEALTHY, MARK, WARNING
from ecstui.ui.modals.dialog import Dialog
from ecstui.ui.screens.service_parts import FluidLines
from ecstui.ui.spans import Line, line, wrapped
from ecstui.ui.table import Span
from ecstui.ui.text import clean, plural

_MOST_INSTANCES = 200
_MOST_MEMBERS = 60
_LONGEST = 4


def placement_of(view: View, cluster: str, definition: TaskDefinition) -> PlacementWhy:
    """What each instance says to one task of a definition that need not be registered."""
    constraints = tuple(
        PlacementConstraint(
            type=one.type or PlacementConstraintType.MEMBER_OF, expression=one.expression
        )
        for one in definition.placement_constraints
    )
    demand = demand_of(definition, f"family:{definition.family}", "dry-run")
    return Rooms().explain(view, (cluster, None), demand, constraints)


def differing(document: object) -> list[tuple[str, str]]:
    """Members that the document gives and that work in another way than on AWS, with the words."""
    found: dict[str, str] = {}

    def look(value: object, path: str) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                here = f"{path}.{name}" if path else name
                entry = SUPPORT.get(here)
                if entry is not None and entry.support is Support.DIFFERS and inner is not None:
                    found.setdefault(here, entry.words)
                look(inner, here)
        elif isinstance(value, list):
            for item in value:
                look(item, f"{path}[]")

    look(document, "")
    return list(found.items())


class DryRunModal(Dialog[None]):
    """The answer to `f3`."""

    DEFAULT_CSS = """
    DryRunModal {
        & > .frame { width: 100; height: auto; max-height: 90%; padding: 0 1; }
        VerticalScroll { height: auto; background: $surface; scrollbar-size-vertical: 1; }
    }
    """
    BINDINGS: ClassVar = [Binding("q,enter,f3", "cancel", "close", show=False)]

    def __init__(self, view: View, cluster: str, definition: TaskDefinition) -> None:
        """`definition`: valid, registered or not."""
        super().__init__()
        self._view, self._cluster, self._definition = view, cluster, definition

    def compose(self) -> ComposeResult:
        """The lines, as many as there are."""
        with Vertical(classes="frame") as frame:
            frame.border_title = f"Dry run  {clean(self._definition.family_revision)}".replace(
                "[", "\\["
            )
            frame.border_subtitle = "esc closes"
            with VerticalScroll():
                yield FluidLines(id="found")

    def on_mount(self) -> None:
        """Try it once; what is shown is of this moment."""
        self.query_one("#found", FluidLines).show(self._lines)
        self.query_one(VerticalScroll).focus()

    def _lines(self, width: int) -> Sequence[Line]:
        now, view = self._definition, self._view
        room = room_words(view, self._cluster, now)
        found = [
            line(room.need),
            *_item(room.sign.text, room.sign.role, room.room + room.where, width),
        ]
        compatible = ", ".join(one.value for one in now.compatibilities)
        found += [line(Span("may be launched on ", "muted"), compatible or "nothing"), line("")]
        found += _instances(placement_of(view, self._cluster, now), width)
        notices = untranslated(now)
        if notices:
            found += [line(""), line(Span("Not carried out here", "bold"))]
            for notice in notices[:_MOST_MEMBERS]:
                text = f"{notice.path}: {notice.words}"
                found += _item(f"{WARNING} ", "status.warning", text, width)
        others = differing(now.to_wire())
        if others:
            found += [line(""), line(Span("Done in another way than on AWS", "bold"))]
            for path, words in others[:_MOST_MEMBERS]:
                found += _item(f"{MARK} ", "muted", f"{path}: {words}", width)
        return found


def _instances(placement: PlacementWhy, width: int) -> list[Line]:
    if not placement.instances:
        return [line(Span("There is no container instance in this cluster.", "status.warning"))]
    fitting = sum(instance.fits for instance in placement.instances)
    head = f"{fitting} of {plural(len(placement.instances), 'instance')} could take a task now"
    found = [line(Span(head, "bold"))]
    for instance in placement.instances[:_MOST_INSTANCES]:
        glyph, role = (HEALTHY, "status.running") if instance.fits else (FAILED, "status.failed")
        found += _item(f"{glyph} ", role, f"{instance.name}  {instance_words(instance)}", width)
    left = len(placement.instances) - _MOST_INSTANCES
    return [*found, line(Span(f"and {left} more", "muted"))] if left > 0 else found


def _item(glyph: str, role: str, text: str, width: int) -> list[Line]:
    parts = wrapped(clean(text), max(8, width - 2), _LONGEST)
    return [
        line(Span(glyph if index == 0 else "  ", role), part) for index, part in enumerate(parts)
    ]
