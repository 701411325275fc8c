"""What may be completed in a task definition: members, values of its types, names that are known.

Pure. Types are read from the records; names come from the document itself (containers, volumes) and
from the cluster (families, images). It must cope with text that is half typed.
"""

import json
from collections.abc import Sequence
from enum import Enum
from typing import Literal, NamedTuple, get_args, get_origin

from ecstui.plan.container_rules import LOG_DRIVERS, ULIMITS
from ecstui.plan.fargate_rules import MEMORY_BY_CPU
from ecstui.plan.json_text import Json
from ecstui.plan.units import cpu_units_of
from ecstui.store.kinds import FAMILIES, TASK_DEFINITIONS
from ecstui.store.tables import View
from ecstui.ui.form_notation import member_at
from ecstui.ui.form_rows import CONTAINERS, Row
from ecstui.ui.json_edit import TextEdit
from ecstui.ui.json_text import JsonMap, Path, tokens, visible
from ecstui.ui.member_help import annotation_at, help_for, options_of

MOST_OFFERED = 200
_MOST_IMAGES = 500
_FREE_VALUES: dict[str, Sequence[str]] = {
    "pidMode": ("host", "task"),
    "ipcMode": ("host", "task", "none"),
    "runtimePlatform.cpuArchitecture": ("X86_64", "ARM64"),
    "runtimePlatform.operatingSystemFamily": ("LINUX",),
    "placementConstraints.type": ("memberOf",),
    "containerDefinitions.logConfiguration.logDriver": LOG_DRIVERS,
    "containerDefinitions.ulimits.name": ULIMITS,
    "containerDefinitions.resourceRequirements.type": ("GPU",),
    "containerDefinitions.environmentFiles.type": ("s3",),
    "containerDefinitions.linuxParameters.devices.permissions": ("read", "write", "mknod"),
}


class Known(NamedTuple):
    """Names that the cluster knows."""

    families: Sequence[str] = ()
    images: Sequence[str] = ()


def known_of(view: View, _cluster: str) -> Known:
    """Families and images, the most often used first."""
    images: dict[str, int] = {}
    for definition in view.all(TASK_DEFINITIONS):
        for container in definition.container_definitions:
            images[container.image] = images.get(container.image, 0) + 1
    ordered = sorted(images, key=lambda image: (-images[image], image))[:_MOST_IMAGES]
    return Known(sorted(family.family for family in view.all(FAMILIES)), ordered)


def values_at(path: Path, document: Json, known: Known = Known()) -> list[str]:  # noqa: B008
    """Values that may stand at a path of a request."""
    name = ".".join(step for step in path if isinstance(step, str))
    found = [*_names_at(name, path, document, known), *_FREE_VALUES.get(name, ())]
    for option in options_of(annotation_at(path)):
        if option is bool:
            found += ("true", "false")
        elif get_origin(option) is Literal:
            found += map(str, get_args(option))
        elif isinstance(option, type) and issubclass(option, Enum):
            found += [str(item.value) for item in option]
    usable = [value for value in dict.fromkeys(found) if value and value.isprintable()]
    return usable[:MOST_OFFERED]


def _names_at(name: str, path: Path, document: Json, known: Known) -> Sequence[str]:
    if name == "family":
        return known.families
    if name == f"{CONTAINERS}.image":
        return known.images
    if name in ("cpu", "memory"):
        return _fargate_sizes(name, document)
    if name == f"{CONTAINERS}.mountPoints.sourceVolume":
        return _texts(document, ("volumes",))
    if name in (
        f"{CONTAINERS}.links",
        f"{CONTAINERS}.dependsOn.containerName",
        f"{CONTAINERS}.volumesFrom.sourceContainer",
    ):
        own = member_at(document, (*path[:2], "name"))
        return [one for one in _texts(document, (CONTAINERS,)) if one != own]
    if name == "proxyConfiguration.containerName":
        return _texts(document, (CONTAINERS,))
    return ()


def _texts(document: Json, path: Path) -> list[str]:
    """Names of the objects in a list."""
    items = member_at(document, path)
    names = [member_at(item, ("name",)) for item in items] if isinstance(items, list) else []
    return [name for name in names if isinstance(name, str)]


def _fargate_sizes(name: str, document: Json) -> Sequence[str]:
    made_for = member_at(document, ("requiresCompatibilities",))
    if not isinstance(made_for, list) or "FARGATE" not in made_for:
        return ()
    if name == "cpu":
        return [str(units) for units in MEMORY_BY_CPU]
    cpu = member_at(document, ("cpu",))
    units = cpu_units_of(cpu) if isinstance(cpu, str) else None
    return [str(mib) for mib in MEMORY_BY_CPU.get(units or 0, ())]


def suggestions(row: Row, document: Json, known: Known) -> list[str]:
    """What a row of the form can be completed to, in the form's own way of writing."""
    path, member = row.path, row.member
    if member is None or row.kind not in ("text", "item"):
        return []
    if member.path == "dependsOn":
        names = values_at((*path, "containerName"), document, known)
        conditions = values_at((*path, "condition"), document, known)
        return [f"{name} {condition}" for name in names for condition in conditions]
    if member.path == "mountPoints":
        return [f"{name}:/" for name in values_at((*path, "sourceVolume"), document, known)]
    if member.path == "volumesFrom":
        return values_at((*path, "sourceContainer"), document, known)
    if member.path == "ulimits":
        return [f"{name} " for name in ULIMITS]
    if member.path in ("links", "requiresCompatibilities"):
        return values_at((*path, 0), document, known)
    return values_at(path, document, known)


# ---------------------------------------------------------------- in the JSON


class Completion(NamedTuple):
    """What could stand at the cursor."""

    title: str
    options: Sequence[str]
    """As they are shown."""
    edits: Sequence[TextEdit]
    """What each would do."""


def complete(text: str, offset: int, known: Known) -> Completion | None:
    """What can be completed at a place of the text; None where nothing is known."""
    start, end, typed = _word_at(text, offset)
    places = JsonMap(text[:start] + '"?"')
    path = next((p for p, (begin, _) in places.keys.items() if begin == start), None)
    if path is not None:
        return _members(text, (start, end), typed, path[:-1])
    path = next((p for p, (begin, _) in places.spans.items() if begin == start), None)
    if path is None or not path:
        return None
    whole = _document_of(text)
    wanted = _starting(values_at(path, whole, known), typed)
    is_bare = bool in options_of(annotation_at(path))
    edits = [TextEdit(start, end, value if is_bare else _quoted(value)) for value in wanted]
    return Completion(help_for(path).name, wanted, edits) if wanted else None


def _members(text: str, span: tuple[int, int], typed: str, around: Path) -> Completion | None:
    start, end = span
    taken = {p[-1] for p in JsonMap(text).keys if p[:-1] == around} - {typed}
    wanted = _starting([one for one in help_for(around).members if one not in taken], typed)
    colon = "" if text[end:].lstrip().startswith(":") else ": "
    edits = [TextEdit(start, end, f"{_quoted(name)}{colon}") for name in wanted]
    known = help_for(around).name
    return Completion(known, wanted, edits) if wanted else None


def _word_at(text: str, offset: int) -> tuple[int, int, str]:
    """Begin and end of the word that the cursor is in, and what of it stands before the cursor."""
    line_start = text.rfind("\n", 0, offset) + 1
    line_end = text.find("\n", offset)
    line = text[line_start : len(text) if line_end < 0 else line_end]
    column = offset - line_start
    for token in tokens(line):
        if token.kind == "mark" or not token.start < column <= token.end:
            continue
        raw = line[token.start : token.end]
        is_closed = len(raw) > 1 and raw.endswith('"') and raw.startswith('"')
        if token.kind in ("string", "key") and is_closed and column == token.end:
            break
        typed = line[token.start : column].strip('"')
        end = token.end if is_closed or token.kind not in ("string", "key") else column
        return line_start + token.start, line_start + end, typed
    return offset, offset, ""


def _starting(values: Sequence[str], typed: str) -> list[str]:
    """Those that begin as it is typed; else those that have it anywhere."""
    low = typed.lower()
    begin = [value for value in values if value.lower().startswith(low)]
    return begin or [value for value in values if low in value.lower()]


def _quoted(value: str) -> str:
    return visible(json.dumps(value, ensure_ascii=False))


def _document_of(text: str) -> Json:
    """The document, or what of it can be read for names: nothing while it is half typed."""
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return _names_only(text)
    return value


def _names_only(text: str) -> Json:
    """Names of containers and volumes in a text that is no JSON at the moment."""
    places = JsonMap(text)
    found: dict[str, Json] = {}
    for name in (CONTAINERS, "volumes"):
        items: list[Json] = []
        for path, (start, end) in places.spans.items():
            if len(path) == 3 and path[0] == name and path[2] == "name":
                items.append({"name": text[start:end].strip('"')})
        found[name] = items
    return found
