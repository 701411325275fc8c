"""What the editor says beside the text: the place under the cursor, the change, the room. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from ecstui.model.requests.definitions import RegisterTaskDefinitionRequest
from ecstui.model.task_definition import TaskDefinition
from ecstui.plan.reservation import reservation_of
from ecstui.store.tables import View
from ecstui.ui.editor_text import as_definition, path_in_request
from ecstui.ui.glyphs import FAILED, HEALTHY, WARNING
from ecstui.ui.json_text import Path
from ecstui.ui.member_help import help_for
from ecstui.ui.modals.effects import Effect
from ecstui.ui.revisions import newest_of, next_revision
from ecstui.ui.room import Wish, dry_run, zones_text
from ecstui.ui.screens.service_diff import diff_lines, diff_of
from ecstui.ui.spans import BLANK, Line, Part, fitting, line, wrapped
from ecstui.ui.table import Span
from ecstui.ui.text import clean, number, plural

MOST_TRIED = 100
"""How many more tasks a dry run looks for."""
_MOST_DIFFERENCES = 40


def place_lines(path: Path, text: str, width: int) -> list[Line]:
    """What may stand under the cursor."""
    found = help_for(path_in_request(path, text))
    lines: list[Line] = [line(Span(part, "bold")) for part in wrapped(found.name, width, 2)]
    lines += [line(Span(part, "json.word")) for part in wrapped(found.kind, width, 3)]
    lines += [line(part) for part in wrapped(found.hint, width, 5)]
    if found.members:
        lines += [line(Span(part, "muted")) for part in wrapped(" ".join(found.members), width, 9)]
    return lines


def change_lines(base: TaskDefinition | None, now: TaskDefinition | None, width: int) -> list[Line]:
    """What differs from the revision that it began as."""
    if now is None:
        return [line(Span("told when it is valid", "muted"))]
    if base is None:
        return [line(Span("a new family", "muted"))]
    return list(diff_lines(diff_of(base, now), width, 3))[:_MOST_DIFFERENCES]


class RoomWords(NamedTuple):
    """What one task takes, and how many more of them find room."""

    need: str
    sign: Span
    room: str
    where: str = ""

    @property
    def words(self) -> Line:
        """On one line."""
        return line(self.sign, self.room)


def room_words(view: View, cluster: str, now: TaskDefinition) -> RoomWords:
    """A dry run of the scheduler's placement."""
    need = reservation_of(now)
    words = f"{number(need.cpu_units)} CPU units, {number(need.memory_mib)} MiB a task"
    room = dry_run(view, cluster, Wish(now, f"family:{now.family}", MOST_TRIED))
    zones = zones_text(room)
    fine = Span(f"{HEALTHY} ", "status.running")
    if room.is_enough:
        return RoomWords(words, fine, f"{MOST_TRIED} more fit, or even more")
    if room.placed:
        where = f": {zones}" if zones else ""
        return RoomWords(words, fine, f"{number(room.placed)} more fit now", where)
    bad = Span(f"{WARNING} ", "status.warning")
    return RoomWords(words, bad, f"not one fits now: {room.reason}")


def room_lines(room: RoomWords, width: int) -> list[Line]:
    """The same on several lines."""
    rows = wrapped(room.room + room.where, max(8, width - 2), 4)
    wide = [line(Span("  ") if index else room.sign, part) for index, part in enumerate(rows)]
    return [line(room.need), *wide]


def titled(title: str, lines: Sequence[Line]) -> list[Line]:
    """Lines under a heading; nothing for no lines."""
    return [line(Span(title, "muted")), *lines, BLANK] if lines else []


def status_line(parts: Sequence[tuple[Line, int]], width: int) -> Line:
    """What fits of the line below the editor, the least important left out."""
    return fitting([Part(spans, rank) for spans, rank in parts], width, "   ")


def problem_words(summary: str) -> Line:
    """`✓ valid`, `✗ 2 errors`."""
    if summary == "valid":
        return line(Span(f"{HEALTHY} valid", "status.running"))
    if "error" in summary:
        return line(Span(f"{FAILED} {summary}", "status.failed"))
    return line(Span(f"{WARNING} {summary}", "status.warning"))


def new_name(view: View, request: RegisterTaskDefinitionRequest | None, family: str) -> str:
    """`api:43`: what it will be; without a readable text, what it was opened for."""
    name = request.family if request is not None else family
    return clean(f"{name}:{next_revision(view, name)}") if name else "new family"


def register_effects(
    view: View, request: RegisterTaskDefinitionRequest, base: str, warnings: int
) -> list[Effect]:
    """What the new revision changes beside the newest one there is."""
    newest = newest_of(view, request.family)
    if newest is None:
        family = clean(request.family)
        found = [Effect(f"the first revision of a new family, {family}")]
        found += [
            Effect(f"container {clean(c.name)}, image {clean(c.image)}", "added")
            for c in request.container_definitions
        ]
    else:
        name = clean(newest.family_revision)
        now = as_definition(request, newest.revision + 1)
        differences = diff_of(newest, now).differences
        found = [Effect(f"beside {name}, the newest:" if differences else f"the same as {name}")]
        found += [Effect(text, kind) for kind, text in differences]
        if base and base != newest.family_revision:
            found.insert(0, Effect(f"it began as {clean(base)}; {name} came later", "warning"))
    if warnings:
        found.append(Effect(f"{plural(warnings, 'warning')} in the text", "warning"))
    return [*found, Effect("what runs goes on with its revision until a service is updated")]
