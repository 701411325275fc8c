"""Two revisions of a task definition: side by side, one below the other, or as what it means.

The left side is the older one. It reads; deploying the right side asks first, as everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from ecstui.model.enums import ServiceStatus
from ecstui.model.service import ServiceRecord
from ecstui.model.task_definition import TaskDefinition, TaskDefinitionRecord
from ecstui.store.kinds import SERVICES, TASK_DEFINITIONS
from ecstui.ui import definition_verbs
from ecstui.ui.columns.cells import since
from ecstui.ui.editor_text import revision_text
from ecstui.ui.outside_reading import file_stem, open_text
from ecstui.ui.presence import is_open
from ecstui.ui.revision_diff import Comparison, compare, side_by_side, summary, unified
from ecstui.ui.revisions import revisions_of
from ecstui.ui.screens.base import EcsScreen
from ecstui.ui.screens.panel import Panel
from ecstui.ui.screens.service_diff import diff_lines, diff_of, effect_lines, effects
from ecstui.ui.screens.service_parts import FluidLines
from ecstui.ui.spans import Line, line, line_text, spread
from ecstui.ui.table import Span
from ecstui.ui.text import clean, plural

WIDE = 100
"""From so many cells on, the sides stand beside each other at first."""
LOW = 20
"""With fewer rows there is only room for the differences."""
_MOST_SERVICES = 3
Mode = Literal["side by side", "unified", "meaning"]
_NEXT: Mapping[Mode, Mode] = {
    "side by side": "unified", "unified": "meaning", "meaning": "side by side",
}  # fmt: skip
_TEXT_COMMANDS = (
    "text.next_match",
    "text.previous_match",
    "text.down",
    "text.up",
    "text.top",
    "text.bottom",
    "text.page_down",
    "text.page_up",
    "text.half_down",
    "text.half_up",
)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two texts."""

    title: str
    text: str
    definition: TaskDefinition | None = None
    """What the text stands for; None where it is not valid."""
    note: str = ""


class DiffScreen(EcsScreen):
    """What differs."""

    DEFAULT_CSS = """
    DiffScreen {
        #diff { height: 1fr; padding: 0 1; }
        #scroll { height: 1fr; scrollbar-size-vertical: 1; }
        #sides { height: 1; }
        #meaning { height: auto; max-height: 11; padding: 0 1; }
        #meaning VerticalScroll { height: auto; }
        &.-short #meaning { max-height: 8; }
        &.-flat #meaning, &.-tiny #meaning, &.-low #meaning { display: none; }
        &.-meaning #meaning { display: none; }
    }
    """
    title_text = "Diff"
    commands: ClassVar[tuple[str, ...]] = (
        *_TEXT_COMMANDS, "text.outside", "diff.mode", "diff.fold", "task_definitions.deploy",
    )  # fmt: skip

    def __init__(self, old: Side | str, new: Side | str, *, mode: Mode | None = None) -> None:
        """Each side as a text, or the ARN of a revision; `mode`: None as the width allows."""
        super().__init__()
        self._given = (old, new)
        self._chosen = mode
        self._is_folded = True
        self._comparison = Comparison((), ())
        self._starts: Sequence[int] = ()
        self._at = -1
        """Which of the differences one has gone to."""

    # ---------------------------------------------------------------- the two sides

    def _side(self, given: Side | str) -> Side:
        if isinstance(given, Side):
            return given
        record = self.view.get(TASK_DEFINITIONS, given)
        if record is None:
            return Side(clean(given.rsplit("/", 1)[-1]), "", note="is gone")
        age = since(record.registered_at, self.shell.now())
        note = f"{age} ago" + ("" if record.status == "ACTIVE" else f", {record.status}")
        return Side(clean(record.family_revision), revision_text(record), record, note)

    @property
    def sides(self) -> tuple[Side, Side]:
        """Old and new."""
        return self._side(self._given[0]), self._side(self._given[1])

    def breadcrumb(self) -> str:
        """Which two."""
        old, new = self.sides
        return f"diff {old.title} → {new.title}"

    def view_state(self) -> Line:
        """How it is shown."""
        is_folded = self._is_folded and self.mode != "meaning"
        return line(Span(f"{self.mode}{', equal lines folded' if is_folded else ''}", "muted"))

    @property
    def mode(self) -> Mode:
        """How it is shown: as was chosen, else as the width allows."""
        return self._chosen or ("side by side" if self.size.width >= WIDE else "unified")

    # ---------------------------------------------------------------- parts

    def compose_body(self) -> ComposeResult:
        """The lines, and what they mean."""
        with Panel(id="diff"):
            yield FluidLines(id="sides")
            with VerticalScroll(id="scroll"):
                yield FluidLines(id="lines")
        with Panel(id="meaning"), VerticalScroll(can_focus=False):
            yield FluidLines(id="words")

    def on_mount(self) -> None:
        """Compare."""
        self._compare()
        self.query_one("#scroll").focus()

    def on_resize(self, event: events.Resize) -> None:
        """Another width may be too narrow for two sides."""
        super().on_resize(event)
        self.set_class(event.size.height < LOW, "-low")
        if is_open(self):
            self._compare()

    def _compare(self) -> None:
        old, new = self.sides
        self.set_class(self.mode == "meaning", "-meaning")
        self._comparison = compare(old.text, new.text, is_folded=self._is_folded)
        self.query_one("#sides", FluidLines).show(self._heads)
        self.query_one("#lines", FluidLines).show(self._lines)
        self.query_one("#words", FluidLines).show(self._meaning)
        self._at = -1
        panel = self.query_one("#diff", Panel)
        panel.set_title(*self._title())
        panel.set_subtitle(line_text(summary(self._comparison)))
        self.query_one("#meaning", Panel).set_title("What this means")
        self.refresh_crumbs()

    def _title(self) -> tuple[str, str]:
        old, new = self.sides
        count = len(self._comparison.hunks)
        place = f"{self._at + 1} of " if self._at >= 0 else ""
        return f"{old.title} → {new.title}", f"{place}{plural(count, 'difference')}"

    def _heads(self, width: int) -> Sequence[Line]:
        old, new = self.sides
        heads = [
            line(Span(f"{sign} ", role), Span(side.title, "bold"), Span(f"  {side.note}", "muted"))
            for sign, role, side in (("−", "diff.removed", old), ("+", "diff.added", new))
        ]
        half = (width - 3) // 2
        if self.mode == "side by side":
            return [(*spread(heads[0], (), half), Span(" │ ", "frame.border"), *heads[1])]
        return [spread(heads[0], heads[1], width)]

    def _lines(self, width: int) -> Sequence[Line]:
        self._starts = ()
        if self.mode == "meaning":
            return self._meaning(width)
        if self._comparison.is_same:
            return [line(Span("The two say the same.", "muted"))]
        if self.mode == "side by side":
            self._starts = self._comparison.hunks
            return side_by_side(self._comparison, width)
        lines, self._starts = unified(self._comparison, width)
        return lines

    def _meaning(self, width: int) -> Sequence[Line]:
        old, new = self.sides
        if old.definition is None or new.definition is None:
            return [line(Span("It is told when both are valid.", "muted"))]
        diff = diff_of(old.definition, new.definition)
        found = list(diff_lines(diff, width))
        for service in self._services(old.definition)[:_MOST_SERVICES]:
            name = clean(service.service_name)
            found.append(line(Span(f"moving {name} to {new.title}", "bold")))
            found += effect_lines(effects(self.view, service, diff), width)
        return found

    def _services(self, old: TaskDefinition) -> list[ServiceRecord]:
        """ACTIVE services of the cluster that run the old side."""
        return [
            service
            for service in self.view.by(SERVICES, "cluster", self.cluster)
            if service.status is ServiceStatus.ACTIVE
            and service.task_definition == old.task_definition_arn
        ]

    def copies(self) -> Sequence[tuple[str, str]]:
        """The differences as text, and either side."""
        old, new = self.sides
        lines, _ = unified(self._comparison, WIDE)
        text = "\n".join(line_text(one).rstrip() for one in lines)
        meaning = "\n".join(line_text(one).rstrip() for one in self._meaning(WIDE))
        return (
            ("differences", text),
            ("what it means", meaning),
            (old.title, old.text),
            (new.title, new.text),
        )

    # ---------------------------------------------------------------- commands

    def why_not(self, action: str) -> str | None:
        """Only a registered revision can be deployed."""
        if action == "deploy" and self._record() is None:
            return "Only a registered revision can be deployed."
        return super().why_not(action)

    def _record(self) -> TaskDefinitionRecord | None:
        new = self._given[1]
        return self.view.get(TASK_DEFINITIONS, new) if isinstance(new, str) else None

    def action_deploy(self) -> None:
        """Bring the right side to a service."""
        record = self._record()
        if record is not None:
            services = self.view.by(SERVICES, "cluster", self.cluster)
            active = [s for s in services if s.status is ServiceStatus.ACTIVE]
            definition_verbs.deploy(self, record, active)

    def action_outside(self) -> None:
        """Read the differences in $EDITOR."""
        old, new = (file_stem(side.title) for side in self.sides)
        open_text(self, f"{old}-{new}.diff", self.copies()[0][1])

    def action_mode(self) -> None:
        """Side by side, one below the other, or what it means."""
        self._chosen = _NEXT[self.mode]
        self._compare()
        self._scroll.scroll_home(animate=False)

    def action_fold(self) -> None:
        """Show all equal lines, or those near differences."""
        self._is_folded = not self._is_folded
        self._compare()

    def action_previous(self) -> None:
        """Compare with an older revision."""
        self._move(1)

    def action_next(self) -> None:
        """Compare with a newer revision."""
        self._move(-1)

    def _move(self, step: int) -> None:
        """Another left side, `step` revisions older."""
        old = self._side(self._given[0]).definition
        if old is None:
            return
        revisions = revisions_of(self.view, old.family, with_inactive=True)
        numbers = [record.revision for record in revisions]
        if old.revision not in numbers:
            return
        index = numbers.index(old.revision) + step
        if 0 <= index < len(revisions):
            self._given = (revisions[index].task_definition_arn, self._given[1])
            self._compare()
        else:
            self.shell.say("There is no other revision that way.")

    @property
    def _scroll(self) -> VerticalScroll:
        return self.query_one("#scroll", VerticalScroll)

    def action_next_match(self) -> None:
        """To the next difference."""
        self._go(self._at + 1)

    def action_previous_match(self) -> None:
        """To the difference before."""
        self._go(self._at - 1)

    def _go(self, index: int) -> None:
        """To a difference by its number, round to the other end."""
        if self._starts:
            self._at = index % len(self._starts)
            self._scroll.scroll_to(y=max(0, self._starts[self._at] - 1), animate=False)
            self.query_one("#diff", Panel).set_title(*self._title())

    def action_down(self) -> None:
        """One line down."""
        self._scroll.scroll_down(animate=False)

    def action_up(self) -> None:
        """One line up."""
        self._scroll.scroll_up(animate=False)

    def action_top(self) -> None:
        """To the first line."""
        self._scroll.scroll_home(animate=False)

    def action_bottom(self) -> None:
        """To the last line."""
        self._scroll.scroll_end(animate=False)

    def action_page_down(self) -> None:
        """A page down."""
        self._scroll.scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        """A page up."""
        self._scroll.scroll_page_up(animate=False)

    def action_half_down(self) -> None:
        """Half a page down."""
        self._scroll.scroll_relative(y=self._scroll.size.height // 2, animate=False)

    def action_half_up(self) -> None:
        """Half a page up."""
        self._scroll.scroll_relative(y=-(self._scroll.size.height // 2), animate=False)
