"""Task definitions by the names that people type: `web`, `web:17`, an ARN. Pure reads of a view."""

from collections.abc import Sequence

from ecstui.base.ids import short_name
from ecstui.model.enums import TaskDefinitionStatus
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.store.kinds import FAMILIES, TASK_DEFINITIONS
from ecstui.store.tables import View

MOST_SUGGESTED = 1000


def revisions_of(
    view: View, family: str, *, with_inactive: bool = False
) -> list[TaskDefinitionRecord]:
    """Revisions of a family, newest first."""
    found = [
        record
        for record in view.by(TASK_DEFINITIONS, "family", family)
        if with_inactive or record.status is TaskDefinitionStatus.ACTIVE
    ]
    return sorted(found, key=lambda record: -record.revision)


def newest_of(view: View, family: str) -> TaskDefinitionRecord | None:
    """The newest ACTIVE revision, else the newest of any status."""
    revisions = revisions_of(view, family) or revisions_of(view, family, with_inactive=True)
    return revisions[0] if revisions else None


def definition_named(view: View, name: str) -> TaskDefinitionRecord | None:
    """The revision that a request with this name would mean; None where there is none."""
    family, colon, revision = short_name(name).partition(":")
    if not colon:
        revisions = revisions_of(view, family)
        return revisions[0] if revisions else None
    for record in view.by(TASK_DEFINITIONS, "family", family):
        if str(record.revision) == revision:
            return record
    return None


def next_revision(view: View, family: str) -> int:
    """The number that the next revision of the family gets; 1 for a family that is new."""
    record = view.get(FAMILIES, family)
    return 1 if record is None else record.latest_revision + 1


def names_to_suggest(view: View) -> Sequence[str]:
    """Families, then `family:revision` newest first, for a field that completes what is typed."""
    active = [
        record
        for record in view.all(TASK_DEFINITIONS)
        if record.status is TaskDefinitionStatus.ACTIVE
    ]
    families = sorted({record.family for record in active})
    revisions = sorted(active, key=lambda record: (record.family, -record.revision))
    return [*families, *(record.family_revision for record in revisions)][:MOST_SUGGESTED]
