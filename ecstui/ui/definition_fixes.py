"""Offers a fix for what is wrong with a task definition, where one is obvious.

Candidates are tried: only a change after which the check of RegisterTaskDefinition no longer finds
the problem, and finds nothing new, is offered. Pure.
"""

import json
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from ecstui.plan.fargate_rules import MEMORY_BY_CPU
from ecstui.plan.json_text import Json
from ecstui.plan.units import cpu_units_of, memory_mib_of
from ecstui.ui.completion import values_at
from ecstui.ui.editor_text import checked
from ecstui.ui.form_notation import member_at
from ecstui.ui.form_rows import CONTAINERS, shown
from ecstui.ui.json_edit import TextEdit, remove_value, rename_member, set_value
from ecstui.ui.json_text import Path, Problem, path_text

MOST_TRIED = 60
LONGEST_FIXED = 64 * 1024
_SAFE_MEMORY_MIB = 128
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_BETWEEN = re.compile(r"between (-?\d+) and (-?\d+)")
_AT_LEAST = re.compile(r"at least (\d+)")
_MEANT = re.compile(r"Did you mean '([^']+)'")


class Fix(NamedTuple):
    """A change that puts one problem right."""

    words: str
    edit: TextEdit


class _Change(NamedTuple):
    """A candidate: values by their paths, a member's new name, or a member to take out."""

    values: tuple[tuple[Path, Json], ...] = ()
    rename: tuple[Path, str] | None = None
    remove: Path | None = None


def first_fix(text: str, problems: Sequence[Problem], near: Path = ()) -> Fix | None:
    """A fix for one of the errors, those at `near` first."""
    if len(text) > LONGEST_FIXED:
        return None
    try:
        document: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None
    errors = [problem for problem in problems if problem.severity == "error"]
    here = path_text(near)
    errors.sort(key=lambda problem: not (here and problem.path.startswith(here)))
    before = {(one.path, one.message) for one in errors}
    tried = 0
    for problem in errors:
        for candidate in _candidates(problem, document):
            tried += 1
            if tried > MOST_TRIED:
                return None
            fix = _tried(text, document, candidate, problem, before)
            if fix is not None:
                return fix
    return None


def _tried(
    text: str, document: Json, change: _Change, problem: Problem, before: set[tuple[str, str]]
) -> Fix | None:
    after = _changed(text, change)
    if after is None or after == text:
        return None
    result = checked(after)
    now = {(one.path, one.message) for one in result.problems if one.severity == "error"}
    # While the text has not its shape, the rules are not asked: they may say more afterwards.
    is_shape = result.request is not None and checked(text).request is None
    if (problem.path, problem.message) in now or not (now < before or is_shape):
        return None
    return Fix(_words(document, change), _difference(text, after))


def _changed(text: str, change: _Change) -> str | None:
    for path, value in change.values:
        edit = set_value(text, path, value)
        if edit is None:
            return None
        text = edit.applied(text)
    if change.rename is not None:
        renamed = rename_member(text, *change.rename)
        return None if renamed is None else renamed.applied(text)
    if change.remove is not None:
        removed = remove_value(text, change.remove)
        return None if removed is None else removed.applied(text)
    return text


def _difference(before: str, after: str) -> TextEdit:
    """The smallest piece that differs."""
    start = 0
    shortest = min(len(before), len(after))
    while start < shortest and before[start] == after[start]:
        start += 1
    end = 0
    while end < shortest - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return TextEdit(start, len(before) - end, after[start : len(after) - end])


def _words(document: Json, change: _Change) -> str:
    if change.rename is not None:
        return f"{change.rename[0][-1]} renamed to {change.rename[1]}"
    if change.remove is not None:
        return f"{path_text(change.remove)} taken out"
    parts = []
    for path, value in change.values:
        was = member_at(document, path)
        now = shown(json.dumps(value))
        parts.append(
            f"{path_text(path)} {f'{shown(json.dumps(was))} → ' if was is not None else ''}{now}"
        )
    return ", ".join(parts)


# ---------------------------------------------------------------- candidates


def _path_of(text: str) -> Path:
    return tuple(int(index) if index else name for name, index in _STEP.findall(text))


def _set(path: Path, value: Json) -> _Change:
    return _Change(((path, value),))


def _candidates(problem: Problem, document: Json) -> Iterator[_Change]:
    path, value = _path_of(problem.path), None
    value = member_at(document, path)
    meant = _MEANT.search(problem.message)
    if meant is not None:
        yield _Change(rename=(path, meant[1]))
    yield from _retyped(path, value)
    yield from _in_bounds(path, value, problem.message)
    yield from _near_values(path, value, document)
    of_container = len(path) == 3 and path[2] in ("cpu", "memory")
    if path in (("cpu",), ("memory",)) or (of_container and member_at(document, path[2:])):
        yield from _sizes(document)
    yield from _of_container(path, document)
    if path == (CONTAINERS,):
        yield _set((CONTAINERS, 0, "essential"), True)
    if "not support" in problem.message and path:
        yield _Change(remove=path)


def _retyped(path: Path, value: Json) -> Iterator[_Change]:
    """The same value as another type."""
    if isinstance(value, str):
        text = value.strip()
        if re.fullmatch(r"-?\d{1,15}", text):
            yield _set(path, int(text))
        if text.lower() in ("true", "false"):
            yield _set(path, text.lower() == "true")
    elif isinstance(value, bool):
        yield _set(path, str(value).lower())
    elif isinstance(value, int | float):
        if isinstance(value, float) and value.is_integer():
            yield _set(path, int(value))
        yield _set(path, str(value))
    if value is not None and not isinstance(value, list):
        yield _set(path, [value])


def _in_bounds(path: Path, value: Json, message: str) -> Iterator[_Change]:
    between, least = _BETWEEN.search(message), _AT_LEAST.search(message)
    if isinstance(value, int) and between is not None:
        yield _set(path, min(int(between[2]), max(int(between[1]), value)))
    if isinstance(value, int) and least is not None:
        yield _set(path, int(least[1]))


def _near_values(path: Path, value: Json, document: Json) -> Iterator[_Change]:
    """One of the values that may stand there, the most like it first."""
    values = values_at(path, document)
    if isinstance(value, str) and values:
        by_low = {one.lower(): one for one in values}
        for close in get_close_matches(value.lower(), by_low, n=3, cutoff=0.4):
            yield _set(path, by_low[close])
    if path == ("networkMode",) and "FARGATE" in str(
        member_at(document, ("requiresCompatibilities",))
    ):
        yield _set(path, "awsvpc")
    if len(values) == 1:
        yield _set(path, values[0])


def _sizes(document: Json) -> Iterator[_Change]:
    """Sizes of the task that its containers fit into; on Fargate the nearest pair there is."""
    containers = member_at(document, (CONTAINERS,))
    listed = containers if isinstance(containers, list) else []
    cpu, memory = _sum(listed, "cpu"), _sum(listed, "memory", "memoryReservation")
    given_cpu, given_memory = (member_at(document, (name,)) for name in ("cpu", "memory"))
    cpu = max(cpu, cpu_units_of(given_cpu) or 0 if isinstance(given_cpu, str) else 0)
    memory = max(memory, memory_mib_of(given_memory) or 0 if isinstance(given_memory, str) else 0)
    if memory:
        yield _set(("memory",), str(memory))
    if cpu:
        yield _set(("cpu",), str(cpu))
    pairs = [(units, mib) for units, sizes in MEMORY_BY_CPU.items() for mib in sizes]
    pairs.sort(
        key=lambda pair: (
            pair[0] < cpu,
            pair[1] < memory,
            abs(pair[0] - cpu),
            abs(pair[1] - memory),
        )
    )
    for units, mib in pairs[:2]:
        yield _Change(((("cpu",), str(units)), (("memory",), str(mib))))


def _sum(containers: Sequence[Json], *names: str) -> int:
    total = 0
    for container in containers:
        values = [member_at(container, (name,)) for name in names]
        total += next((v for v in values if isinstance(v, int) and not isinstance(v, bool)), 0)
    return total


def _of_container(path: Path, document: Json) -> Iterator[_Change]:
    """What is missing from a container, or does not go together in it."""
    if path[:1] != (CONTAINERS,) or len(path) < 2:
        return
    container = path[:2]
    reserved = member_at(document, (*container, "memoryReservation"))
    if path[2:] in ((), ("memory",), ("memoryReservation",)):
        if isinstance(reserved, int):
            yield _set((*container, "memory"), reserved)
        else:
            yield _set((*container, "memoryReservation"), _SAFE_MEMORY_MIB)
        total = memory_mib_of(str(member_at(document, ("memory",)) or ""))
        if total:
            yield _set((*container, "memory"), total)
    if path[2:3] == ("portMappings",) and len(path) > 3:
        mapping = path[:4]
        if member_at(document, (*mapping, "hostPort")) is not None:
            yield _Change(remove=(*mapping, "hostPort"))
    name = member_at(document, path)
    if path[2:] == ("name",) and isinstance(name, str):
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")
        yield _set(path, plain)
        yield _set(path, f"{plain}-{path[1]}")
