"""The IAM roles that task definitions name: what they are for, who uses them, what they map to.

Roles exist here by name only; none is assumed. No secret is known here: of credentials only where
they are read from. Pure.
"""

from dataclasses import dataclass

from ecstui.base.ids import short_name
from ecstui.model.enums import TaskDefinitionStatus
from ecstui.model.task_definition import TaskDefinition
from ecstui.store.kinds import PLANES, TASK_DEFINITIONS, TASKS
from ecstui.store.tables import View

EXECUTION = "execution"
TASK = "task"


@dataclass(frozen=True, slots=True)
class Role:
    """A role, as it is known here."""

    name: str
    arn: str
    """Empty: it is only mapped, and nobody names it."""
    uses: tuple[str, ...]
    """`task`, `execution` or both."""
    definitions: tuple[str, ...]
    """`family:revision` of those that name it, the newest of a family first."""
    tasks: int
    """That run with it as their task role."""
    source: str
    """Where its credentials come from, in words; empty: tasks get none."""


def roles_of(view: View) -> tuple[Role, ...]:
    """Every role that an active task definition or a running task names, or that is mapped."""
    plane = view.get(PLANES, "plane")
    sources = {} if plane is None else {pair.name: pair.value for pair in plane.role_sources}
    uses: dict[str, dict[str, None]] = {}
    definitions: dict[str, list[TaskDefinition]] = {}
    for definition in view.all(TASK_DEFINITIONS):
        if definition.status is not TaskDefinitionStatus.ACTIVE:
            continue
        given = ((TASK, definition.task_role_arn), (EXECUTION, definition.execution_role_arn))
        for use, role in given:
            if role:
                uses.setdefault(role, {})[use] = None
                named = definitions.setdefault(role, [])
                if definition not in named[-1:]:
                    named.append(definition)
    running = _running(view)
    for role in running:
        uses.setdefault(role, {})[TASK] = None
    found = [
        Role(
            name=short_name(role),
            arn=role if role.startswith("arn:") else "",
            uses=tuple(sorted(words, reverse=True)),
            definitions=_newest_first(definitions.get(role, [])),
            tasks=running.get(role, 0),
            source=sources.get(role) or sources.get(short_name(role), "") if TASK in words else "",
        )
        for role, words in uses.items()
    ]
    named_here = set(uses) | {short_name(role) for role in uses}
    found += [
        Role(short_name(role), role if role.startswith("arn:") else "", (), (), 0, source)
        for role, source in sources.items()
        if role not in named_here
    ]
    return tuple(sorted(found, key=lambda role: (role.name, role.arn)))


def _running(view: View) -> dict[str, int]:
    found: dict[str, int] = {}
    for task in view.by(TASKS, "active", "yes"):
        definition = view.get(TASK_DEFINITIONS, task.task_definition_arn)
        role = task.overrides.task_role_arn or (definition and definition.task_role_arn)
        if role:
            found[role] = found.get(role, 0) + 1
    return found


def _newest_first(definitions: list[TaskDefinition]) -> tuple[str, ...]:
    ordered = sorted(definitions, key=lambda one: (one.family, -one.revision))
    return tuple(f"{one.family}:{one.revision}" for one in ordered)
