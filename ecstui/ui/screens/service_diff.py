"""What differs between two revisions of a task definition, in words, and what it means for tasks.

Pure. Values of environment variables and secrets are never among the words, only their names: what
is on a screen is seen by others. Commands may hold secrets too, so that they differ is all it says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ecstui.model.enums import InstanceStatus
from ecstui.model.service import ServiceRecord
from ecstui.model.shape import KeyValuePair, Shape, alias_of
from ecstui.model.task_definition import (
    ContainerDefinition,
    PortMapping,
    TaskDefinition,
    TaskDefinitionBody,
)
from ecstui.plan.counts import usage_of
from ecstui.plan.reservation import reservation_of
from ecstui.plan.rollout import Bounds
from ecstui.store.kinds import INSTANCES, TASKS
from ecstui.store.tables import View
from ecstui.ui.glyphs import FAILED, HEALTHY
from ecstui.ui.spans import Line, line, wrapped
from ecstui.ui.table import Span
from ecstui.ui.text import clean, number, plural

Kind = Literal["added", "removed", "changed"]
_MARKS: Mapping[Kind, str] = {"added": "+", "removed": "−", "changed": "~"}

_OWN_WORDS = frozenset({"name", "environment", "secrets", "port_mappings"})
"""Members of a container that are told by what is in them."""
_IDENTITY = frozenset(TaskDefinition.model_fields) - frozenset(TaskDefinitionBody.model_fields)


class Difference(NamedTuple):
    """One thing that differs, as a sentence."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class RevisionDiff:
    """Two revisions side by side, and what is different."""

    old: TaskDefinition
    new: TaskDefinition
    differences: tuple[Difference, ...]


def diff_of(old: TaskDefinition, new: TaskDefinition) -> RevisionDiff:
    """What differs, containers first, in the order of the new revision."""
    before = {c.name: c for c in old.container_definitions}
    after = {c.name: c for c in new.container_definitions}
    is_single = len(before) == len(after) == 1 and before.keys() == after.keys()
    found: list[Difference] = []
    for name, container in after.items():
        if name not in before:
            found.append(Difference("added", f"container {name}, image {container.image}"))
            continue
        front = "" if is_single else f"{name}: "
        found += [
            Difference(kind, front + text)
            for kind, text in _container_differences(before[name], container)
        ]
    gone = [name for name in before if name not in after]
    found += [Difference("removed", f"container {name}") for name in gone]
    found += _member_differences(old, new, _IDENTITY | {"container_definitions"})
    cleaned = tuple(Difference(kind, clean(text)) for kind, text in found)
    return RevisionDiff(old, new, cleaned)


def _container_differences(old: ContainerDefinition, new: ContainerDefinition) -> list[Difference]:
    found = _member_differences(old, new, _OWN_WORDS)
    found += _named_differences("environment", _values(old.environment), _values(new.environment))
    found += _named_differences(
        "secret",
        {secret.name: secret.value_from for secret in old.secrets},
        {secret.name: secret.value_from for secret in new.secrets},
    )
    found += _set_differences("port", _ports(old.port_mappings), _ports(new.port_mappings))
    return found


def _values(pairs: Sequence[KeyValuePair]) -> dict[str, str]:
    return {pair.name: pair.value for pair in pairs}


def _ports(mappings: Sequence[PortMapping]) -> list[str]:
    return [
        f"{m.container_port_range or m.container_port}/{m.protocol}"
        + (f" on host port {m.host_port}" if m.host_port else "")
        for m in mappings
    ]


def _member_differences(old: Shape, new: Shape, left_out: frozenset[str]) -> list[Difference]:
    """Members by their ECS names; plain values with what they were and are."""
    found = []
    for name in type(old).model_fields:
        before, after = getattr(old, name), getattr(new, name)
        if name not in left_out and before != after:
            found.append(_member_difference(alias_of(name), before, after))
    return found


def _member_difference(member: str, before: object, after: object) -> Difference:
    if before in (None, ()):
        return Difference("added", f"{member} {after}" if _is_plain(after) else member)
    if after in (None, ()):
        return Difference("removed", f"{member} {before}" if _is_plain(before) else member)
    if member == "image":
        return Difference("changed", f"image {image_step(str(before), str(after))}")
    if _is_plain(before) and _is_plain(after):
        return Difference("changed", f"{member} {before} → {after}")
    return Difference("changed", f"{member} changed")


def _is_plain(value: object) -> bool:
    return isinstance(value, (str, int, float, bool))


def image_step(old: str, new: str) -> str:
    """`shop/api:1.8.2 → 1.9.0`; the whole names where more than the tag differs."""
    name, colon, tag = new.rpartition(":")
    old_name, _, _ = old.rpartition(":")
    is_tag = bool(colon) and "/" not in tag and old_name == name
    return f"{old} → {tag if is_tag else new}"


def _named_differences(
    what: str, old: Mapping[str, str], new: Mapping[str, str]
) -> list[Difference]:
    """Names that came, went, or have another value; the values stay unsaid."""
    groups: tuple[tuple[Kind, list[str]], ...] = (
        ("added", [name for name in new if name not in old]),
        ("changed", [name for name in new if name in old and new[name] != old[name]]),
        ("removed", [name for name in old if name not in new]),
    )
    return [Difference(kind, f"{what} {', '.join(names)}") for kind, names in groups if names]


def _set_differences(what: str, old: Sequence[str], new: Sequence[str]) -> list[Difference]:
    found = [Difference("added", f"{what} {one}") for one in new if one not in old]
    return found + [Difference("removed", f"{what} {one}") for one in old if one not in new]


# ---------------------------------------------------------------- what it means


def effects(view: View, service: ServiceRecord, diff: RevisionDiff) -> list[tuple[bool, str]]:
    """What moving the service to the new revision means: whether it is fine, and a sentence."""
    bounds = Bounds(service.desired_count, service.minimum_healthy_percent, service.maximum_percent)
    desired = bounds.desired_count
    found = [
        (
            True,
            f"{plural(desired, 'task')} replaced, never fewer than {bounds.floor} healthy, "
            f"never more than {bounds.ceiling} at once",
        )
    ]
    found += _capacity_effects(view, service, diff, bounds)
    found.append((True, f"{clean(diff.old.family_revision)} stays, to roll back to"))
    return found


def _capacity_effects(
    view: View, service: ServiceRecord, diff: RevisionDiff, bounds: Bounds
) -> list[tuple[bool, str]]:
    """What the surge takes from the cluster, if it takes all that it may."""
    need = reservation_of(diff.new)
    surge = max(0, min(bounds.desired_count, bounds.ceiling - bounds.desired_count))
    free_cpu, free_memory = _free(view, service.cluster_name)
    found = []
    for amount, free, unit in (
        (need.cpu_units, free_cpu, "cpu units"),
        (need.memory_mib, free_memory, "MiB"),
    ):
        wanted = amount * surge
        if wanted:
            words = f"up to {number(wanted)} {unit} more while it rolls, free now {number(free)}"
            found.append((wanted <= free, words))
    return found


def _free(view: View, cluster: str) -> tuple[int, int]:
    cpu = memory = 0
    for instance in view.by(INSTANCES, "cluster", cluster):
        if instance.status is InstanceStatus.ACTIVE:
            held = usage_of(view.by(TASKS, "instance", instance.container_instance_arn))
            cpu += instance.cpu_units - held.cpu_units
            memory += instance.memory_mib - held.memory_mib
    return cpu, memory


# ---------------------------------------------------------------- lines


def diff_lines(diff: RevisionDiff, width: int, limit: int = 2) -> list[Line]:
    """The differences as a list, each in at most `limit` lines."""
    if not diff.differences:
        return [line(Span("the two revisions are the same", "muted"))]
    found: list[Line] = []
    for kind, text in diff.differences:
        for index, part in enumerate(wrapped(text, max(8, width - 2), limit)):
            mark = f"{_MARKS[kind]} " if index == 0 else "  "
            found.append(line(Span(mark, f"diff.{kind}"), Span(part)))
    return found


def effect_lines(found: Sequence[tuple[bool, str]], width: int) -> list[Line]:
    """The effects as a list."""
    lines: list[Line] = []
    for is_fine, text in found:
        sign = (
            Span(f"{HEALTHY} ", "status.running")
            if is_fine
            else Span(f"{FAILED} ", "status.failed")
        )
        for index, part in enumerate(wrapped(text, max(8, width - 2), 2)):
            lines.append(line(sign if index == 0 else "  ", part))
    return lines
