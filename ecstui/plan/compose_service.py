"""One service of a compose file as a container definition, member by member.

Each member has a reader here or words that say why it is not carried over; a value that a reader
cannot take is told too. Pure.
"""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ecstui.plan.compose_values import mebibytes, variables_of
from ecstui.plan.compose_yaml import Place
from ecstui.plan.json_text import Json

Container = dict[str, Json]
LEAST_MEMORY_MIB = 4
ASSUMED_MEMORY_MIB = 128
MOST_ENVIRONMENT = 2_000


@dataclass(frozen=True, slots=True)
class Notes:
    """Where the notes of one service go."""

    _tell: Callable[[Place, str], None]
    _path: Place

    def tell(self, path: Place, words: str) -> None:
        """Say what becomes of a member; the path is inside the service."""
        self._tell((*self._path, *path), words)


@dataclass(slots=True)
class Task:
    """What the services of one file share."""

    names: Mapping[str, str]
    """Names of containers by those of services."""
    folder: str
    variables: Mapping[str, str]
    read_file: Callable[[str], str | None]
    network_mode: str = ""
    members: dict[str, Json] = field(default_factory=dict)
    """Members of the task definition as a whole."""
    host_volumes: list[Json] = field(default_factory=list)
    named_volumes: dict[str, str] = field(default_factory=dict)
    run_once: set[str] = field(default_factory=set)
    """Containers that others wait to see the end of."""

    def service_of(self, container: str) -> str:
        """The service that a container was."""
        return next((s for s, name in self.names.items() if name == container), container)


@dataclass(frozen=True, slots=True)
class Service:
    """A service that is being read."""

    name: str
    members: Mapping[str, Json]
    notes: Notes
    task: Task
    container: Container = field(default_factory=dict)

    def refuse(self, member: str, words: str = "") -> None:
        """Say that a value cannot be read."""
        self.notes.tell((member,), words or "this value is not understood: left out")

    def linux(self) -> dict[str, Json]:
        """Its linuxParameters, made when they are first needed."""
        found = self.container.setdefault("linuxParameters", {})
        assert isinstance(found, dict)
        return found

    def add(self, member: str, *values: Json) -> None:
        """Append to a list of the container, leaving out what is in it already."""
        found = self.container.setdefault(member, [])
        assert isinstance(found, list)
        found.extend(value for value in values if value not in found)


Reader = Callable[[Service, str, Json], None]


def container_of(service: Service) -> Container:
    """The container definition that a service becomes; what is left out is told."""
    from ecstui.plan.compose_members import READERS, WORDS

    container = service.container
    container["name"] = service.name
    _image(service)
    container["essential"] = True
    for member, reader in READERS.items():
        if member in service.members and service.members[member] is not None:
            reader(service, member, service.members[member])
    for member in service.members:
        if member in READERS or member in ("image", "build") or member.startswith("x-"):
            continue
        service.notes.tell((member,), WORDS.get(member, "not known, not carried over"))
    if not container.get("memory") and not container.get("memoryReservation"):
        container["memoryReservation"] = ASSUMED_MEMORY_MIB
        words = f"ECS wants memory to be set: {ASSUMED_MEMORY_MIB} MiB are reserved"
        service.notes.tell((), words)
    return container


def _image(service: Service) -> None:
    image = service.members.get("image")
    if isinstance(image, str) and image:
        service.container["image"] = image
    else:
        service.container["image"] = f"{service.name}:latest"
        service.notes.tell(("image",), f"there is none: {service.name}:latest stands for it")
    if service.members.get("build") is not None:
        words = f"images are not built here: build {service.container['image']} first"
        service.notes.tell(("build",), words)


# -- readers that many members share ---------------------------------------------------------------


def text_as(member_to: str) -> Reader:
    """Carry a text over as it is."""

    def read(service: Service, member: str, value: Json) -> None:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            service.refuse(member)
        else:
            service.container[member_to] = str(value)

    return read


def flag_as(member_to: str) -> Reader:
    """Carry true or false over; false says nothing."""

    def read(service: Service, member: str, value: Json) -> None:
        if not isinstance(value, bool):
            service.refuse(member)
        elif value:
            service.container[member_to] = True

    return read


def texts_as(member_to: str) -> Reader:
    """Carry a text or a list of texts over as a list."""

    def read(service: Service, member: str, value: Json) -> None:
        texts = texts_of(value)
        if texts is None:
            service.refuse(member)
        elif texts:
            service.add(member_to, *texts)

    return read


def texts_of(value: Json) -> list[str] | None:
    """A text, or a list of texts and numbers, as texts."""
    items = value if isinstance(value, list) else [value]
    if any(isinstance(item, bool | list | dict) or item is None for item in items):
        return None
    return [str(item) for item in items]


def words_as(member_to: str) -> Reader:
    """Carry a command over; a text is taken apart as a shell would."""

    def read(service: Service, member: str, value: Json) -> None:
        if isinstance(value, str):
            try:
                words = shlex.split(value)
            except ValueError:
                service.refuse(member, "its quotes do not close: left out")
                return
        else:
            found = texts_of(value)
            if found is None:
                service.refuse(member)
                return
            words = found
        if words:
            service.container[member_to] = [*words]
        else:
            service.refuse(member, "empty: what the image has is run")

    return read


def pairs_of(value: Json) -> dict[str, str | None] | None:
    """A mapping, or a list of `NAME=value`, as names and texts; None for a name alone."""
    if isinstance(value, list):
        texts = texts_of(value)
        if texts is None:
            return None
        split = [text.partition("=") for text in texts]
        return {name: text if equals else None for name, equals, text in split}
    if not isinstance(value, dict):
        return None
    found: dict[str, str | None] = {}
    for name, item in value.items():
        if isinstance(item, list | dict):
            return None
        found[name] = as_text(item)
    return found


def as_text(value: Json) -> str | None:
    """A scalar as Compose hands it on."""
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def memory_as(member_to: str) -> Reader:
    """Carry a size over as MiB."""

    def read(service: Service, member: str, value: Json) -> None:
        size = mebibytes(value)
        if size is None:
            service.refuse(member)
        elif size:
            service.container[member_to] = max(size, LEAST_MEMORY_MIB)
            if size < LEAST_MEMORY_MIB:
                service.notes.tell((member,), f"raised to {LEAST_MEMORY_MIB} MiB, ECS's least")

    return read


# -- environment -----------------------------------------------------------------------------------


def environment(service: Service, member: str, value: Json) -> None:
    """Variables of env files first, then its own, which win."""
    pairs = pairs_of(value)
    if pairs is None:
        service.refuse(member)
        return
    found: dict[str, str] = {}
    for name, text in pairs.items():
        known = service.task.variables.get(name) if text is None else text
        if known is None:
            service.notes.tell((member,), f"{name} has no value here: left out")
        elif name:
            found[name] = known
    put_environment(service, found)


def env_file(service: Service, member: str, value: Json) -> None:
    """Read now: ECS's own environment files lie in S3."""
    items = value if isinstance(value, list) else [value]
    for item in items:
        path = item.get("path") if isinstance(item, dict) else item
        if not isinstance(path, str):
            service.refuse(member)
            continue
        text = service.task.read_file(path)
        if text is None:
            service.notes.tell((member,), f"{path} cannot be read: its variables are missing")
            continue
        found = variables_of(text)
        put_environment(service, found)
        words = f"{path} was read now: its {len(found)} variables stand in environment"
        service.notes.tell((member,), words)


def put_environment(service: Service, variables: Mapping[str, str]) -> None:
    """Add variables; a later value of a name wins."""
    present = service.container.get("environment")
    merged: dict[str, Json] = {}
    for pair in present if isinstance(present, list) else ():
        assert isinstance(pair, dict)
        merged[str(pair["name"])] = pair["value"]
    merged |= variables
    if len(merged) > MOST_ENVIRONMENT:
        service.notes.tell(("environment",), f"more than {MOST_ENVIRONMENT}: the rest is left out")
    pairs: Sequence[tuple[str, Json]] = list(merged.items())[:MOST_ENVIRONMENT]
    if pairs:
        service.container["environment"] = [{"name": n, "value": v} for n, v in pairs]
