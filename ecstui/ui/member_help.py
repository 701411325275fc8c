"""What may stand at a place of a task definition: its type, its values, its members, a hint.

Types and members are read from the records themselves, so they cannot differ from what is accepted;
only the hints are written here. Pure.
"""

from collections.abc import Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Literal, NamedTuple, Union, get_args, get_origin

from ecstui.model.requests.definitions import RegisterTaskDefinitionRequest
from ecstui.model.shape import Shape
from ecstui.ui.json_text import Path, path_text

HINTS: Mapping[str, str] = {
    "family": "Name of the family: letters, digits, - and _. A new one begins at revision 1.",
    "networkMode": "bridge unless said otherwise: host ports are published. awsvpc gives each task "
    "a network namespace, host shares the machine's, none has only loopback.",
    "cpu": "Of the task as a whole: CPU units or vCPUs, \"512\" or \"0.5 vCPU\".",
    "memory": "Of the task as a whole: MiB or GB, \"1024\" or \"1 GB\".",
    "pidMode": "host or task: whose processes the containers see.",
    "ipcMode": "host, task or none: who shares memory segments.",
    "requiresCompatibilities": "Launch types to check it against.",
    "taskRoleArn": "Kept and shown; there is no IAM here.",
    "executionRoleArn": "Kept and shown; there is no IAM here.",
    "volumes": "Volumes that containers mount by name.",
    "placementConstraints": "Where tasks may go: memberOf and an expression.",
    "containerDefinitions": "The containers of a task, each in a Docker container of its own.",
    "containerDefinitions.name": "Unique in the task; others name it in dependsOn and links.",
    "containerDefinitions.image": "As docker pull takes it.",
    "containerDefinitions.cpu": "CPU units, 1024 are one vCPU: a share, and what placement counts.",
    "containerDefinitions.memory": "MiB, the hard limit: more and it is killed.",
    "containerDefinitions.memoryReservation": "MiB that placement counts; it may use more.",
    "containerDefinitions.essential": "When it stops, the whole task stops. At least one must be.",
    "containerDefinitions.command": "What is run instead of the image's CMD.",
    "containerDefinitions.entryPoint": "Instead of the image's ENTRYPOINT.",
    "containerDefinitions.environment": "Variables, by name and value.",
    "containerDefinitions.secrets": "Variables by reference: name and valueFrom.",
    "containerDefinitions.portMappings": "Ports that are published.",
    "containerDefinitions.portMappings.containerPort": "The port that it listens on.",
    "containerDefinitions.portMappings.hostPort": "0 or left out: any free port of the instance. "
    "A fixed one lets a single task run on each instance.",
    "containerDefinitions.portMappings.protocol": "tcp unless said otherwise.",
    "containerDefinitions.dependsOn": "Which containers come before it.",
    "containerDefinitions.dependsOn.condition": "START, COMPLETE, SUCCESS (it ended with 0) or "
    "HEALTHY (its health check says so).",
    "containerDefinitions.healthCheck": "How its health is asked; a service counts on it.",
    "containerDefinitions.healthCheck.command": 'CMD-SHELL and a line, or CMD and words.',
    "containerDefinitions.healthCheck.interval": "Seconds between checks, 5 to 300.",
    "containerDefinitions.healthCheck.timeout": "Seconds that one may take, 2 to 60.",
    "containerDefinitions.healthCheck.retries": "Failures in a row until UNHEALTHY, 1 to 10.",
    "containerDefinitions.healthCheck.startPeriod": "Seconds at first in which none counts.",
    "containerDefinitions.stopTimeout": "Seconds between SIGTERM and SIGKILL; 30 if left out.",
    "containerDefinitions.startTimeout": "Seconds that others wait for it in dependsOn.",
    "containerDefinitions.restartPolicy": "Restarts it in place instead of stopping the task.",
    "containerDefinitions.mountPoints": "Volumes of the task, and where they are seen.",
    "containerDefinitions.volumesFrom": "All mounts of another container.",
    "containerDefinitions.logConfiguration": "Log driver and its options.",
    "containerDefinitions.ulimits": "Limits of its processes.",
    "containerDefinitions.user": "user, user:group, or numbers.",
    "containerDefinitions.workingDirectory": "Where its command begins.",
    "containerDefinitions.hostname": "Not in awsvpc mode.",
    "containerDefinitions.readonlyRootFilesystem": "It can write to volumes only.",
    "containerDefinitions.privileged": "It may do on the host what root may.",
    "containerDefinitions.linuxParameters": "Capabilities, devices, shared memory, tmpfs, swap.",
    "containerDefinitions.links": "Other containers by name; in bridge mode only.",
    "containerDefinitions.extraHosts": "Lines of its hosts file; not in awsvpc mode.",
    "containerDefinitions.dockerLabels": "Labels of the Docker container.",
}  # fmt: skip
"""By the path without indexes."""

_SCALARS = {str: "text", int: "whole number", float: "number", bool: "true or false"}


class MemberHelp(NamedTuple):
    """What may stand at a place."""

    name: str
    """The path, as people write it."""
    kind: str
    """`whole number`, `list of objects`, `one of tcp, udp`."""
    hint: str
    members: tuple[str, ...]
    """Of an object, or of the objects in a list: what may be in it."""


def help_for(path: Path) -> MemberHelp:
    """What may stand at a path of a request to register; for an unknown one, of what is around."""
    annotation: object = RegisterTaskDefinitionRequest
    known: Path = ()
    for step in path:
        inner = _step(annotation, step)
        if inner is None:
            break
        annotation, known = inner, (*known, step)
    names = ".".join(str(step) for step in known if isinstance(step, str))
    shape = _shape_of(annotation)
    members = tuple(_names_of(shape)) if shape is not None else ()
    name = path_text(known) or "task definition"
    return MemberHelp(name, _kind_of(annotation), HINTS.get(names, ""), members)


def annotation_at(path: Path) -> object:
    """The type of what stands at a path; None where nothing is known."""
    annotation: object = RegisterTaskDefinitionRequest
    for step in path:
        annotation = _step(annotation, step)
        if annotation is None:
            return None
    return annotation


def _step(annotation: object, step: str | int) -> object | None:
    """The type of a member, or of an item of a list."""
    for option in options_of(annotation):
        if isinstance(step, int):
            if get_origin(option) is tuple:
                return get_args(option)[0]  # type: ignore[no-any-return]
        elif isinstance(option, type) and issubclass(option, Shape):
            for name, field in option.model_fields.items():
                if (field.alias or name) == step:
                    return field.annotation
        elif get_origin(option) is dict:
            return str
    return None


def options_of(annotation: object) -> list[object]:
    """The types of a union, less None."""
    if get_origin(annotation) in (Union, UnionType):
        return [option for option in get_args(annotation) if option is not NoneType]
    return [annotation]


def _shape_of(annotation: object) -> type[Shape] | None:
    for option in options_of(annotation):
        inner: object = get_args(option)[0] if get_origin(option) is tuple else option
        if isinstance(inner, type) and issubclass(inner, Shape):
            return inner
    return None


def _names_of(shape: type[Shape]) -> list[str]:
    return [field.alias or name for name, field in shape.model_fields.items()]


def _kind_of(annotation: object) -> str:
    return " or ".join(dict.fromkeys(_word(option) for option in options_of(annotation)))


def _word(option: object) -> str:
    origin = get_origin(option)
    if origin is tuple:
        inner = get_args(option)[0]
        item = _kind_of(inner)
        return f"list of {'objects' if item == 'object' else item if ' ' in item else item + 's'}"
    if origin is dict:
        return "object of texts"
    if origin is Literal:
        return f"one of {', '.join(str(value) for value in get_args(option))}"
    if isinstance(option, type):
        if issubclass(option, Enum):
            return f"one of {', '.join(str(item.value) for item in option)}"
        if issubclass(option, Shape):
            return "object"
        return _SCALARS.get(option, option.__name__)
    return "value"
