"""Names that a task's containers and volumes have in an engine: the same for ever.

The same task gives the same names, so that creating twice meets what is there. Two containers of
one task never share a name, whatever is cut off.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping

from ecstui.model.task_definition import TaskDefinition

PAUSE_CONTAINER = "~internal~ecs~pause"
"""Container name of the owner of a task's network namespace, as the ECS agent has it."""

TASK_DIGITS = 12
"""So many digits of the task's id are in a name."""

_LONGEST_FAMILY = 64
_LONGEST_PART = 40
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9-]")


def engine_name(definition: TaskDefinition, container_name: str, task_id: str) -> str:
    """`ecs-FAMILY-REVISION-CONTAINER-` and 12 digits of the task's id (ecs.md 2.8).

    The container's name is reduced to letters, digits and hyphens; where that makes two names of
    the task equal, or one too long, a hash tells them apart.
    """
    siblings = [container.name for container in definition.container_definitions]
    short = _short_names([PAUSE_CONTAINER, *siblings, container_name])[container_name]
    return f"ecs-{_stem(definition)}-{short}-{task_id[:TASK_DIGITS]}"


def pause_name_of(definition: TaskDefinition, task_id: str) -> str:
    """Name of the container that owns a task's network namespace, in awsvpc mode."""
    return engine_name(definition, PAUSE_CONTAINER, task_id)


def volume_name(definition: TaskDefinition, volume: str, task_id: str) -> str:
    """`ecs-FAMILY-REVISION-VOLUME-` and 12 digits of the task's id: a volume of one task."""
    short = bounded(volume, _LONGEST_PART)
    return f"ecs-{_stem(definition)}-{short}-{task_id[:TASK_DIGITS]}"


def bounded(text: str, limit: int) -> str:
    """The text, or so much of it as leaves room for a hash of the whole within `limit`."""
    if len(text) <= limit:
        return text
    return f"{text[: limit - 9]}-{_hash(text)[:8]}"


def _stem(definition: TaskDefinition) -> str:
    return f"{bounded(definition.family, _LONGEST_FAMILY)}-{definition.revision}"


def _short_names(names: Iterable[str]) -> Mapping[str, str]:
    """Each name reduced to what is allowed, bounded and unlike all others."""
    reduced = {name: _NOT_ALLOWED.sub("", name) for name in dict.fromkeys(names)}
    alike: dict[str, list[str]] = {}
    for name, short in reduced.items():
        alike.setdefault(short, []).append(name)
    plain = {
        name: short
        for name, short in reduced.items()
        if short and len(short) <= _LONGEST_PART and len(alike[short]) == 1
    }
    taken = set(plain.values())
    hashed: dict[str, str] = {}
    for name, short in reduced.items():
        if name not in plain:
            hashed[name] = _hashed(name, short, taken)
            taken.add(hashed[name])
    return plain | hashed


def _hashed(name: str, short: str, taken: set[str]) -> str:
    """A name with as much of its hash as sets it apart from those taken."""
    digest = _hash(name)
    for length in range(8, len(digest)):
        candidate = f"{short[: _LONGEST_PART - 9]}-{digest[:length]}"
        if candidate not in taken:
            return candidate
    raise AssertionError(f"no name is left for container {name!r}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
