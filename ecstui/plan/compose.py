"""A docker-compose file as a task definition: each service becomes a container of one task.

What cannot be carried over is told, line by line, and nothing is dropped in silence. It reads no
file itself: env files and variables are handed in. It must never raise, whatever the text holds.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ecstui.plan.compose_service import Notes, Service, Task, container_of
from ecstui.plan.compose_values import substituted
from ecstui.plan.compose_yaml import Place, Yaml, read_yaml
from ecstui.plan.json_text import Json

MOST_SERVICES = 50
_FALLBACK = "compose"
_TOP_WORDS: Mapping[str, str] = {
    "networks": "a task has one network: in bridge mode links make names known",
    "configs": "configs are not handed out: put the file into the image, or mount a host path",
    "secrets": "secrets come from Secrets Manager or Parameter Store: use `secrets` of a container",
    "include": "other compose files are not read: import them on their own",
}
_VOLUME_MEMBERS = {"driver_opts": "driverOpts", "labels": "labels"}


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was not carried over as it stood, and what became of it."""

    line: int
    """In the compose file, from 1."""
    where: str
    """`services.web.networks`."""
    words: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.where}: {self.words}"


@dataclass(frozen=True, slots=True)
class ComposeImport:
    """What came of a compose file."""

    document: Mapping[str, Json] = field(default_factory=dict)
    """A request to register; empty when there is a problem."""
    notes: Sequence[Note] = ()
    problem: str = ""
    """Why nothing came of it."""


def _no_file(_path: str) -> str | None:
    return None


def import_compose(
    text: str,
    *,
    family: str = "",
    folder: str = "",
    variables: Mapping[str, str] | None = None,
    read_file: Callable[[str], str | None] = _no_file,
) -> ComposeImport:
    """The task definition that a compose file would be.

    `family`: instead of the file's own name; `folder`: what relative paths are beside;
    `variables`: for `${…}`; `read_file`: gives the text of an env file, None if it cannot.
    """
    read = read_yaml(text)
    if read.problem:
        return ComposeImport(problem=f"line {read.line}: {read.problem}")
    if not isinstance(read.value, dict):
        return ComposeImport(problem="a compose file must be a mapping with services")
    services = read.value.get("services")
    if not isinstance(services, dict) or not services:
        return ComposeImport(problem="there are no services in it")
    if len(services) > MOST_SERVICES:
        return ComposeImport(problem=f"it has more than {MOST_SERVICES} services")
    reading = _Reading(read, variables or {})
    document = reading.document(services, family, folder, read_file)
    notes = sorted(reading.notes, key=lambda note: note.line)
    return ComposeImport(document, notes)


class _Reading:
    """One reading of one file."""

    def __init__(self, read: Yaml, variables: Mapping[str, str]) -> None:
        assert isinstance(read.value, dict)
        self.notes: list[Note] = []
        self._lines = read.lines
        self._variables = variables
        self._missing: set[str] = set()
        filled = self._filled(read.value, ())
        self._top: dict[str, Json] = filled if isinstance(filled, dict) else {}

    def _filled(self, value: Json, path: Place) -> Json:
        """The value with variables put in, at every depth."""
        if isinstance(value, str):
            return substituted(value, self._variables, lambda name: self._without(name, path))
        if isinstance(value, list):
            return [self._filled(item, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, dict):
            return {name: self._filled(item, (*path, name)) for name, item in value.items()}
        return value

    def _without(self, name: str, path: Place) -> None:
        if name not in self._missing:
            self._missing.add(name)
            self.tell(path, f"${{{name}}} has no value here and stays as it is written")

    def tell(self, path: Place, words: str) -> None:
        """Note what becomes of a member."""
        line, here = 1, path
        while here and here not in self._lines:
            here = here[:-1]
        line = self._lines.get(here, 1)
        self.notes.append(Note(line, _path_text(path), words))

    def document(
        self,
        services: Mapping[str, Json],
        family: str,
        folder: str,
        read_file: Callable[[str], str | None],
    ) -> dict[str, Json]:
        names = self._names(services)
        task = Task(names, folder, self._variables, read_file)
        self._tell_top()
        containers = []
        filled = self._top["services"]
        assert isinstance(filled, dict)
        for name, members in filled.items():
            notes = Notes(self.tell, ("services", name))
            if not isinstance(members, dict):
                notes.tell((), "this service is no mapping: it was left out")
                continue
            containers.append(container_of(Service(names[name], members, notes, task)))
        self._after(containers, task)
        found: dict[str, Json] = {"family": self._family(family, folder)}
        if task.network_mode:
            found["networkMode"] = task.network_mode
        found |= task.members
        found["containerDefinitions"] = [*containers]
        volumes = self._volumes(task)
        if volumes:
            found["volumes"] = volumes
        return found

    def _family(self, family: str, folder: str) -> str:
        name = self._top.get("name")
        own = name if isinstance(name, str) else folder.rstrip("/").rpartition("/")[2]
        return family or plain_name(own) or _FALLBACK

    def _names(self, services: Mapping[str, Json]) -> dict[str, str]:
        """Names of the containers by those of the services."""
        found: dict[str, str] = {}
        for service in services:
            name = plain_name(service) or "container"
            while name in found.values():
                name += "-2"
            if name != service:
                self.tell(("services", service), f"the container is called {name}")
            found[service] = name
        return found

    def _tell_top(self) -> None:
        for name in self._top:
            if name in ("services", "volumes", "name", "version") or name.startswith("x-"):
                continue
            self.tell((name,), _TOP_WORDS.get(name, "not known, not carried over"))

    def _after(self, containers: Sequence[dict[str, Json]], task: Task) -> None:
        """What can be said only when all services are known."""
        for name in task.run_once:
            for container in containers:
                if container["name"] == name and len(task.run_once) < len(containers):
                    container["essential"] = False
        checked = {c["name"] for c in containers if "healthCheck" in c}
        for container in containers:
            waits = container.get("dependsOn")
            for wait in waits if isinstance(waits, list) else ():
                assert isinstance(wait, dict)
                if wait["condition"] == "HEALTHY" and wait["containerName"] not in checked:
                    wait["condition"] = "START"
                    words = f"{wait['containerName']} has no healthcheck here: START is waited for"
                    self.tell(("services", task.service_of(str(container["name"]))), words)

    def _volumes(self, task: Task) -> list[Json]:
        """Bind mounts as they were met, and the named volumes of the top level."""
        found: list[Json] = list(task.host_volumes)
        declared = self._top.get("volumes")
        named = declared if isinstance(declared, dict) else {}
        if declared is not None and not isinstance(declared, dict):
            self.tell(("volumes",), "no mapping: left out")
        for name in [*named, *(n for n in task.named_volumes if n not in named)]:
            if name not in task.named_volumes:
                self.tell(("volumes", name), "no service mounts it: left out")
                continue
            if name not in named:
                self.tell(
                    ("volumes",), f"{name} is not declared at the top: it is made all the same"
                )
            found.append(self._named_volume(name, named.get(name), task.named_volumes[name]))
        return found

    def _named_volume(self, name: str, value: Json, as_name: str) -> Json:
        configuration: dict[str, Json] = {"scope": "shared", "autoprovision": True}
        for member, given in value.items() if isinstance(value, dict) else ():
            path: Place = ("volumes", name, member)
            to = _VOLUME_MEMBERS.get(member)
            if member == "driver" and isinstance(given, str):
                configuration[member] = given
                continue
            if to is not None and isinstance(given, dict):
                configuration[to] = {key: str(text) for key, text in given.items()}
                continue
            words = (
                "the volume goes by the name it has here" if member in ("name", "external") else ""
            )
            self.tell(path, words or "not carried over")
        return {"name": as_name, "dockerVolumeConfiguration": configuration}


def plain_name(text: str) -> str:
    """The name with what ECS does not take turned into dashes."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:200]


def _path_text(path: Place) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
