"""How the form writes values on one line, and reads them back: ports, variables, mounts, words.

Pure. Reading keeps what the notation has no place for: an item that is there is changed, not made
anew. What cannot be read raises FieldError with what is wanted.
"""

import shlex
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ecstui.plan.json_text import Json
from ecstui.ui.widgets.form_fields import FieldError

Item = dict[str, Json]


class Notation(NamedTuple):
    """One way to write a value."""

    show: Callable[[Json], str]
    read: Callable[[str, Json], Json]
    """The typed text and what is there now; FieldError if it cannot be read."""
    example: str = ""


def _text_of(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _read_text(typed: str, _now: Json) -> Json:
    return typed.strip()


def _read_number(typed: str, _now: Json) -> Json:
    text = typed.strip().replace(" ", "")
    if not (text.removeprefix("-").isdecimal() and text.isascii() and len(text) < 19):
        raise FieldError("must be a whole number")
    return int(text)


def _read_flag(typed: str, _now: Json) -> Json:
    return typed == "yes"


def _show_words(value: Json) -> str:
    items = value if isinstance(value, list) else [value]
    return " ".join(shlex.quote(_text_of(item)) for item in items)


def _read_words(typed: str, _now: Json) -> Json:
    try:
        return [*shlex.split(typed)]
    except ValueError:
        raise FieldError("a quote does not close") from None


_SHELL = "CMD-SHELL"


def _show_check(value: Json) -> str:
    if isinstance(value, list) and len(value) == 2 and value[0] == _SHELL:
        return f"{_SHELL} {_text_of(value[1])}"
    return _show_words(value)


def _read_check(typed: str, now: Json) -> Json:
    text = typed.strip()
    if text.startswith(f"{_SHELL} "):
        return [_SHELL, text.removeprefix(_SHELL).strip()]
    if text.startswith("CMD "):
        return _read_words(text, now)
    return [_SHELL, text]


def _item(now: Json) -> Item:
    return dict(now) if isinstance(now, dict) else {}


def _show_port(value: Json) -> str:
    item = _item(value)
    inner = item.get("containerPort", item.get("containerPortRange"))
    host, protocol = item.get("hostPort"), item.get("protocol")
    text = f"{host}:{_text_of(inner)}" if host else _text_of(inner)
    return f"{text}/{_text_of(protocol)}" if protocol not in (None, "tcp") else text


def _read_port(typed: str, now: Json) -> Json:
    ports, _, protocol = typed.strip().partition("/")
    host, colon, inner = ports.rpartition(":")
    item = _item(now)
    if "-" in inner and not colon:
        item.pop("containerPort", None)
        item["containerPortRange"] = inner
    else:
        if not inner.isdecimal() or (colon and not host.isdecimal()):
            raise FieldError("write 80, 8080:80 or 53:53/udp")
        item["containerPort"] = int(inner[:6])
        item.pop("containerPortRange", None)
    if colon:
        item["hostPort"] = int(host[:6])
    else:
        item.pop("hostPort", None)
    if protocol:
        item["protocol"] = protocol
    else:
        item.pop("protocol", None)
    return item


def _pair(name: str, value: str, sign: str = "=") -> Notation:
    """`NAME=value` as an object of two members."""

    def show(given: Json) -> str:
        item = _item(given)
        return f"{_text_of(item.get(name))}{sign}{_text_of(item.get(value))}"

    def read(typed: str, now: Json) -> Json:
        first, found, second = typed.partition(sign)
        if not found or not first.strip():
            raise FieldError(f"write {name}{sign}{value}")
        return {**_item(now), name: first.strip(), value: second}

    return Notation(show, read, f"{name}{sign}{value}")


def _show_wait(value: Json) -> str:
    item = _item(value)
    return f"{_text_of(item.get('containerName'))} {_text_of(item.get('condition'))}".strip()


def _read_wait(typed: str, now: Json) -> Json:
    words = typed.split()
    if len(words) > 2 or not words:
        raise FieldError("write a container and START, COMPLETE, SUCCESS or HEALTHY")
    condition = words[1].upper() if len(words) == 2 else "START"
    return {**_item(now), "containerName": words[0], "condition": condition}


def _show_mount(value: Json) -> str:
    item = _item(value)
    text = f"{_text_of(item.get('sourceVolume'))}:{_text_of(item.get('containerPath'))}"
    return f"{text}:ro" if item.get("readOnly") else text


def _read_mount(typed: str, now: Json) -> Json:
    text, is_read_only = typed.strip(), False
    if text.endswith((":ro", ":rw")):
        text, is_read_only = text[:-3], text.endswith(":ro")
    name, colon, path = text.partition(":")
    if not colon or not name or not path:
        raise FieldError("write volume:/path or volume:/path:ro")
    item = {**_item(now), "sourceVolume": name, "containerPath": path}
    item.pop("readOnly", None)
    if is_read_only:
        item["readOnly"] = True
    return item


def _show_from(value: Json) -> str:
    item = _item(value)
    return _text_of(item.get("sourceContainer")) + (":ro" if item.get("readOnly") else "")


def _read_from(typed: str, now: Json) -> Json:
    name, _, word = typed.strip().partition(":")
    item = {**_item(now), "sourceContainer": name}
    item.pop("readOnly", None)
    if word == "ro":
        item["readOnly"] = True
    return item


def _show_ulimit(value: Json) -> str:
    item = _item(value)
    return " ".join(_text_of(item.get(name)) for name in ("name", "softLimit", "hardLimit"))


def _read_ulimit(typed: str, now: Json) -> Json:
    words = typed.split()
    if len(words) not in (2, 3):
        raise FieldError("write nofile 1024 2048")
    soft, hard = (_read_number(word, None) for word in (words[1], words[-1]))
    return {**_item(now), "name": words[0], "softLimit": soft, "hardLimit": hard}


def _show_volume(value: Json) -> str:
    item = _item(value)
    host = _item(item.get("host")).get("sourcePath")
    return f"{_text_of(item.get('name'))} {_text_of(host)}".strip()


def _read_volume(typed: str, now: Json) -> Json:
    name, _, path = typed.strip().partition(" ")
    item = {**_item(now), "name": name}
    if path.strip():
        item["host"] = {**_item(item.get("host")), "sourcePath": path.strip()}
    elif _item(item.get("host")).get("sourcePath"):
        del item["host"]
    return item


def _show_constraint(value: Json) -> str:
    return _text_of(_item(value).get("expression"))


def _read_constraint(typed: str, now: Json) -> Json:
    return {"type": "memberOf", **_item(now), "expression": typed.strip()}


def _show_file(value: Json) -> str:
    return _text_of(_item(value).get("value"))


def _read_file(typed: str, now: Json) -> Json:
    return {"type": "s3", **_item(now), "value": typed.strip()}


TEXT = Notation(_text_of, _read_text)
NUMBER = Notation(_text_of, _read_number)
FLAG = Notation(_text_of, _read_flag)
WORDS = Notation(_show_words, _read_words)
CHECK = Notation(_show_check, _read_check, "curl -f localhost/")
PORT = Notation(_show_port, _read_port, "8080:80")
ENVIRONMENT = _pair("name", "value")
SECRET = _pair("name", "valueFrom")
TAG = _pair("key", "value")
HOST = _pair("hostname", "ipAddress")
WAIT = Notation(_show_wait, _read_wait, "db HEALTHY")
MOUNT = Notation(_show_mount, _read_mount, "data:/var/lib:ro")
FROM = Notation(_show_from, _read_from, "container:ro")
ULIMIT = Notation(_show_ulimit, _read_ulimit, "nofile 1024 2048")
VOLUME = Notation(_show_volume, _read_volume, "data /host/path")
CONSTRAINT = Notation(_show_constraint, _read_constraint, "attribute:zone == a")
FILE = Notation(_show_file, _read_file, "arn:aws:s3:::bucket/x.env")

ENTRY_EXAMPLE = "name=value"


def read_entry(typed: str) -> tuple[str, str]:
    """`name=value`, a member of an object of texts."""
    name, sign, value = typed.partition("=")
    if not sign or not name.strip():
        raise FieldError(f"write {ENTRY_EXAMPLE}")
    return name.strip(), value


def member_at(document: Json, path: tuple[str | int, ...]) -> Json:
    """The value at a path; None where there is none."""
    value = document
    for step in path:
        if isinstance(step, str) and isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and 0 <= step < len(value):
            value = value[step]
        else:
            return None
    return value
