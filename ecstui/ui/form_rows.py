"""The form of a task definition as rows: which member each one shows, and what typing there does.

Pure. The rows are made from the document and say how it changes; they hold nothing themselves, so
form and JSON cannot tell different things. What the form has no row for is named, not hidden.
"""

import json
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ecstui.plan.json_text import Json
from ecstui.ui import form_notation as notation
from ecstui.ui.form_notation import Notation, member_at
from ecstui.ui.json_edit import TextEdit, remove_value, set_value
from ecstui.ui.json_text import Path
from ecstui.ui.widgets.form_fields import FieldError

Kind = Literal["head", "text", "choice", "flag", "item", "entry", "container", "more", "fixed"]
CONTAINERS = "containerDefinitions"
LONGEST_IN_FORM = 2_000
"""Characters; what is longer is edited as JSON."""
MOST_ITEMS = 200
NEW_CONTAINER_MEMORY_MIB = 128


class Member(NamedTuple):
    """A member of the document that has a place in the form."""

    path: str
    label: str
    how: Notation = notation.TEXT
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    is_rare: bool = False
    default: str = ""
    """What holds where it is not given."""


_TASK = (
    Member("family", "family"),
    Member("networkMode", "network", kind="choice", choices=("bridge", "awsvpc", "host", "none")),
    Member("requiresCompatibilities", "made for", notation.WORDS),
    Member("cpu", "cpu"),
    Member("memory", "memory"),
    Member("taskRoleArn", "task role"),
    Member("executionRoleArn", "execution role"),
    Member("volumes", "volume", notation.VOLUME, "item"),
    Member("placementConstraints", "constraint", notation.CONSTRAINT, "item"),
    Member("pidMode", "pid mode", kind="choice", choices=("host", "task"), is_rare=True),
    Member("ipcMode", "ipc mode", kind="choice", choices=("host", "task", "none"), is_rare=True),
    Member("runtimePlatform.cpuArchitecture", "processor", kind="choice",
           choices=("X86_64", "ARM64"), is_rare=True),
    Member("tags", "tag", notation.TAG, "item", is_rare=True),
)  # fmt: skip
_CONTAINER = (
    Member("name", "name"),
    Member("image", "image"),
    Member("essential", "essential", notation.FLAG, "flag", default="yes"),
    Member("cpu", "cpu", notation.NUMBER),
    Member("memory", "memory", notation.NUMBER),
    Member("memoryReservation", "reserved", notation.NUMBER),
    Member("portMappings", "port", notation.PORT, "item"),
    Member("environment", "env", notation.ENVIRONMENT, "item"),
    Member("secrets", "secret", notation.SECRET, "item", is_rare=True),
    Member("environmentFiles", "env file", notation.FILE, "item", is_rare=True),
    Member("entryPoint", "entry point", notation.WORDS),
    Member("command", "command", notation.WORDS),
    Member("workingDirectory", "directory", is_rare=True),
    Member("user", "user", is_rare=True),
    Member("hostname", "hostname", is_rare=True),
    Member("dependsOn", "depends on", notation.WAIT, "item"),
    Member("links", "links", notation.WORDS, is_rare=True),
    Member("mountPoints", "mount", notation.MOUNT, "item"),
    Member("volumesFrom", "mounts of", notation.FROM, "item", is_rare=True),
    Member("healthCheck.command", "health", notation.CHECK),
    Member("healthCheck.interval", "  every", notation.NUMBER, is_rare=True),
    Member("healthCheck.timeout", "  timeout", notation.NUMBER, is_rare=True),
    Member("healthCheck.retries", "  retries", notation.NUMBER, is_rare=True),
    Member("healthCheck.startPeriod", "  not before", notation.NUMBER, is_rare=True),
    Member("restartPolicy.enabled", "restarts", notation.FLAG, "flag"),
    Member("stopTimeout", "stop timeout", notation.NUMBER, is_rare=True),
    Member("startTimeout", "start timeout", notation.NUMBER, is_rare=True),
    Member("logConfiguration.logDriver", "logs", kind="choice",
           choices=("json-file", "awslogs", "journald", "syslog", "fluentd", "gelf", "splunk",
                    "awsfirelens")),
    Member("logConfiguration.options", "  option", kind="entry", is_rare=True),
    Member("ulimits", "ulimit", notation.ULIMIT, "item", is_rare=True),
    Member("linuxParameters.capabilities.add", "caps added", notation.WORDS, is_rare=True),
    Member("linuxParameters.capabilities.drop", "caps dropped", notation.WORDS, is_rare=True),
    Member("linuxParameters.initProcessEnabled", "init", notation.FLAG, "flag", is_rare=True),
    Member("privileged", "privileged", notation.FLAG, "flag", is_rare=True),
    Member("readonlyRootFilesystem", "read only", notation.FLAG, "flag", is_rare=True),
    Member("extraHosts", "host", notation.HOST, "item", is_rare=True),
    Member("dnsServers", "dns", notation.WORDS, is_rare=True),
    Member("dockerLabels", "label", kind="entry", is_rare=True),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the form."""

    path: Path
    """Of the member that it is about, as in the request; of a head, of what stands below it."""
    label: str
    text: str
    """What is shown, and edited."""
    kind: Kind
    member: Member | None = None
    example: str = ""
    is_new: bool = False
    """Stands for an item that is not there yet."""


def rows_of(document: Json, opened: AbstractSet[Path] = frozenset()) -> list[Row]:
    """All rows; `opened`: heads of which also the rare and empty members are shown."""
    if not isinstance(document, dict):
        return []
    found = [Row((), "TASK", "", "head"), *_members(document, (), _TASK, (CONTAINERS,), opened)]
    containers = document.get(CONTAINERS)
    listed = containers if isinstance(containers, list) else []
    for index, container in enumerate(listed):
        path: Path = (CONTAINERS, index)
        name = container.get("name") if isinstance(container, dict) else None
        label = f"CONTAINER {index + 1}/{len(listed)}"
        found.append(Row(path, label, shown(name) if isinstance(name, str) else "", "head"))
        found += _members(document, path, _CONTAINER, (), opened)
    new = Row((CONTAINERS, len(listed)), "+ container", "", "container", None, "name", is_new=True)
    return [*found, new]


def _members(
    document: Json,
    base: Path,
    members: Sequence[Member],
    elsewhere: Sequence[str],
    opened: AbstractSet[Path],
) -> Iterator[Row]:
    hidden = 0
    for member in members:
        path = (*base, *member.path.split("."))
        value = member_at(document, path)
        is_empty = value is None or value in ([], {}, "")
        if member.is_rare and is_empty and base not in opened:
            hidden += 1
            continue
        yield from _rows(member, path, value)
    others = _others(member_at(document, base), members, elsewhere)
    if others:
        yield Row((*base, others[0]), "in JSON only", " ".join(map(shown, others)), "fixed")
    if hidden:
        yield Row((*base, ""), "more", f"{hidden} more fields: ↵ shows them", "more")


def _rows(member: Member, path: Path, value: Json) -> Iterator[Row]:
    if member.kind == "item":
        items = value if isinstance(value, list) else []
        for index, item in enumerate(items[:MOST_ITEMS]):
            yield _row(member, (*path, index), item, member.label)
        if len(items) > MOST_ITEMS:
            yield Row(path, member.label, f"{len(items) - MOST_ITEMS} more, in JSON", "fixed")
            return
        label, new = f"+ {member.label.strip()}", (*path, len(items))
        yield Row(new, label, "", "item", member, member.how.example, is_new=True)
    elif member.kind == "entry":
        entries = value if isinstance(value, dict) else {}
        for name, text in list(entries.items())[:MOST_ITEMS]:
            yield _row(member, (*path, name), f"{name}={text}", member.label)
        label = f"+ {member.label.strip()}"
        yield Row((*path, ""), label, "", "entry", member, notation.ENTRY_EXAMPLE, is_new=True)
    else:
        yield _row(member, path, value, member.label)


def _row(member: Member, path: Path, value: Json, label: str) -> Row:
    text = member.default if value is None else member.how.show(value)
    if len(text) > LONGEST_IN_FORM or not text.isprintable():
        return Row(path, label, shown(text), "fixed", member)
    kind = member.kind
    if kind == "choice" and text and text not in member.choices:
        kind = "text"
    return Row(path, label, text, kind, member, member.how.example)


def shown(text: str) -> str:
    """A text with what cannot be seen as an escape, and not too long."""
    short = text[:LONGEST_IN_FORM]
    return short if short.isprintable() else json.dumps(short)[1:-1]


def _others(value: Json, members: Sequence[Member], elsewhere: Sequence[str]) -> list[str]:
    """Names of members that no row shows."""
    known = {member.path.split(".")[0] for member in members} | set(elsewhere)
    return [name for name in value if name not in known] if isinstance(value, dict) else []


# ---------------------------------------------------------------- changing


def change(text: str, document: Json, row: Row, typed: str) -> TextEdit | None:
    """What typing into a row changes in the text; None for nothing.

    Empty takes the member away. FieldError if it is no value for the member.
    """
    edit = _change(text, document, row, typed)
    return None if edit is None or edit.text == text[edit.start : edit.end] else edit


def _change(text: str, document: Json, row: Row, typed: str) -> TextEdit | None:
    if row.kind in ("head", "more", "fixed") or typed == row.text:
        return None
    if row.kind == "container":
        return _new_container(text, row, typed.strip()) if typed.strip() else None
    if row.member is None:
        return None
    if not typed.strip():
        return None if row.is_new else remove_value(text, row.path)
    if row.kind == "entry":
        return _entry(text, document, row, typed)
    now = member_at(document, row.path)
    return set_value(text, row.path, row.member.how.read(typed, now))


def _new_container(text: str, row: Row, name: str) -> TextEdit | None:
    members: dict[str, Json] = {
        "name": name,
        "image": "",
        "essential": True,
        "memoryReservation": NEW_CONTAINER_MEMORY_MIB,
    }
    return set_value(text, row.path, members)


def _entry(text: str, document: Json, row: Row, typed: str) -> TextEdit | None:
    """A member of an object of texts: another name means another member at the same place."""
    name, value = notation.read_entry(typed)
    path = row.path[:-1]
    entries = member_at(document, path)
    present = dict(entries) if isinstance(entries, dict) else {}
    if row.is_new or name != row.path[-1]:
        if name in present:
            raise FieldError(f"{name} is there already")
        if row.is_new:
            return set_value(text, (*path, name), value)
        changed: dict[str, Json] = {
            (name if key == row.path[-1] else key): (value if key == row.path[-1] else old)
            for key, old in present.items()
        }
        return set_value(text, path, changed)
    return set_value(text, (*path, name), value)


def row_at(rows: Sequence[Row], path: Path) -> int:
    """The row that a path belongs to: the nearest around it; 0 when there is none."""
    best, length = 0, -1
    for index, row in enumerate(rows):
        common = len(row.path) if path[: len(row.path)] == row.path else -1
        if common > length or (common == length and rows[best].kind == "head"):
            best, length = index, common
    return best
