"""The list of events: signs and words of an event, its row and its columns. Pure.

ECS's sentences stay as they are in the records; here they lose what the subject's column says
already, and ids of 32 digits are cut to what is shown elsewhere.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ecstui.base.ids import is_arn, short_name
from ecstui.model.cluster import EventRecord
from ecstui.store.kinds import EVENTS, INSTANCES
from ecstui.store.tables import View
from ecstui.ui.columns.cells import SHORT_ID, since
from ecstui.ui.columns.inspect import facts_line
from ecstui.ui.glyphs import CHANGING, DRAINING, FAILED, HEALTHY, RUNNING, Sign
from ecstui.ui.spans import Line, line, wrapped
from ecstui.ui.table import Cell, Column, Span
from ecstui.ui.text import clean, clock

KINDS = frozenset({"event", "containerInstance"})

_SUBJECT = re.compile(r"^\((?:service|task|instance) [^)]*\) ")
_OF_DEPLOYMENT = re.compile(r"^\(deployment [^)]*\) (deployment )")
_LONG_ID = re.compile(r"\b([0-9a-f]{32})\b")
_DEPLOYMENT_ID = re.compile(r"\becs-svc/(\d{19})\b")
_SIGNS = (
    (re.compile(r"steady state|completed|is connected|came back|became healthy", re.IGNORECASE),
     Sign(HEALTHY, "status.running")),
    (re.compile(r"stopped|draining|drained|deregistered|deleted|scaled", re.IGNORECASE),
     Sign(DRAINING, "status.draining")),
    (re.compile(r"started|created|registered|rolling|updated|deployment", re.IGNORECASE),
     Sign(CHANGING, "status.changing")),
)  # fmt: skip
_PROBLEM = Sign(FAILED, "status.failed")
_OTHER = Sign(RUNNING, "status.unknown")


def event_sign(event: EventRecord) -> Sign:
    """What kind of news an event is."""
    if event.is_problem:
        return _PROBLEM
    for pattern, sign in _SIGNS:
        if pattern.search(event.message):
            return sign
    return _OTHER


def event_words(message: str) -> str:
    """The sentence without its subject, and with short ids."""
    text = _SUBJECT.sub("", clean(message), count=1)
    text = _OF_DEPLOYMENT.sub(lambda found: found[1], text, count=1)
    text = _LONG_ID.sub(lambda found: found[1][:SHORT_ID], text)
    return _DEPLOYMENT_ID.sub(lambda found: f"…{found[1][-SHORT_ID:]}", text)


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event with the name of what it is about."""

    event: EventRecord
    subject: str


def subject_of(view: View, event: EventRecord) -> str:
    """The name of what an event is about."""
    arn = event.subject_arn
    if ":container-instance/" in arn:
        instance = view.get(INSTANCES, arn)
        if instance is not None:
            return clean(instance.name)
    if not is_arn(arn):
        return clean(arn)
    name = clean(short_name(arn))
    return name[:SHORT_ID] if _LONG_ID.fullmatch(name) else name


def event_rows(view: View, cluster: str, about: str = "") -> Mapping[str, EventRow]:
    """Events of a cluster, newest first; with `about`, only those of that service or subject."""
    if about:
        events = {e.id: e for e in view.by(EVENTS, "subject", about)}
        events |= {e.id: e for e in view.by(EVENTS, "service", about)}
        found = list(events.values())
    else:
        found = [e for e in view.all(EVENTS) if e.cluster_name in ("", cluster)]
    found.sort(key=lambda event: event.created_at, reverse=True)
    return {event.id: EventRow(event, subject_of(view, event)) for event in found}


@dataclass(slots=True)
class Times:
    """How times are written."""

    is_absolute: bool = True


def event_columns(times: Times) -> tuple[Column[EventRow], ...]:
    """Columns; times of day or ages, as `times` says at the moment."""

    def when(row: EventRow, now: float) -> Cell:
        at = row.event.created_at
        return (Span(clock(at) if times.is_absolute else since(at, now), "muted"),)

    def sign(row: EventRow, _now: float) -> Cell:
        found = event_sign(row.event)
        return (Span(found.glyph, found.role),)

    return (
        Column(
            "time", "TIME", when, 8, min_width=5, priority=0, sort=lambda row: row.event.created_at,
            descending=True, flash=False,
        ),
        Column("sign", " ", sign, 1, priority=0, sort=lambda row: -row.event.is_problem),
        Column("subject", "SUBJECT", lambda row, _: row.subject, 16, min_width=8, priority=0,
               name=True),
        Column("source", "KIND", lambda row, _: (Span(row.event.source.value, "muted"),), 8,
               priority=2),
        Column("event", "EVENT", lambda row, _: event_words(row.event.message), 60, min_width=20,
               grow=1, priority=0),
    )  # fmt: skip


def inspect(row: EventRow, width: int, height: int) -> Sequence[Line]:
    """The whole sentence as ECS words it, and below it when and about what."""
    event = row.event
    sign = event_sign(event)
    words = wrapped(clean(event.message), width - 2, max(1, height - 2))
    lines: list[Line] = [
        line(Span("  " if index else f"{sign.glyph} ", sign.role), text)
        for index, text in enumerate(words)
    ]
    when = datetime.fromtimestamp(event.created_at, UTC).astimezone()
    lines.append(
        facts_line(
            width,
            ("at", when.strftime("%Y-%m-%d %H:%M:%S")),
            ("about", event.source.value),
            ("", Span("problem", "status.failed") if event.is_problem else ""),
        )
    )
    lines.append(line(Span(clean(event.subject_arn), "muted")))
    return lines[:height]


def search_text(row: EventRow) -> str:
    """What the filter looks in."""
    return f"{row.subject}\n{row.event.source}\n{clean(row.event.message)}"
