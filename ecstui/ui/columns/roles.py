"""IAM roles: rows, columns, and what the inspector tells. Pure."""

from collections.abc import Mapping, Sequence

from ecstui.client.roles import Role, roles_of
from ecstui.store.tables import View
from ecstui.ui.columns.cells import quiet
from ecstui.ui.columns.inspect import facts_line
from ecstui.ui.spans import Line, line
from ecstui.ui.table import Cell, Column, Span
from ecstui.ui.text import clean

KINDS = frozenset({"plane", "taskDefinition", "task"})
NONE_MAPPED = "tasks get none"


def role_rows(view: View) -> Mapping[str, Role]:
    """Every role that is named here."""
    return {role.arn or role.name: role for role in roles_of(view)}


def _source(role: Role, _now: float) -> Cell:
    if role.source:
        return clean(role.source)
    return quiet(NONE_MAPPED if "task" in role.uses else "")


COLUMNS: tuple[Column[Role], ...] = (
    Column("name", "ROLE", lambda role, _: clean(role.name), 28, min_width=12, priority=0,
           name=True, sort=lambda role: role.name),
    Column("uses", "USED AS", lambda role, _: quiet(", ".join(role.uses)), 15, priority=1),
    Column("credentials", "CREDENTIALS", _source, 40, min_width=14, grow=1, priority=0),
    Column("tasks", "TASKS", lambda role, _: str(role.tasks), 5, priority=1,
           sort=lambda role: role.tasks),
    Column("definitions", "DEFS", lambda role, _: str(len(role.definitions)), 5, priority=2,
           sort=lambda role: len(role.definitions)),
)  # fmt: skip


def search_text(role: Role) -> str:
    """What the filter looks in."""
    return clean("\n".join((role.name, role.arn, role.source, *role.definitions)))


def inspect(role: Role, width: int, _height: int) -> Sequence[Line]:
    """ARN, where credentials come from, who names it."""
    facts = facts_line(
        width,
        ("used as", ", ".join(role.uses) or "nothing"),
        ("tasks", str(role.tasks)),
        ("credentials", clean(role.source) or NONE_MAPPED),
    )
    words = clean(", ".join(role.definitions)) or "no active task definition names it"
    return [facts, line(Span(clean(role.arn), "muted")), line(Span("named by ", "muted"), words)]
