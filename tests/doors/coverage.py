"""How much of ECS the door has, counted against botocore's model: `python -m tests.doors.coverage`.

Prints a table: for each operation the members that it takes, refuses in words or passes over (and
reports), and the members of its answer, at every depth. `--write` puts it into the README.
"""

import sys
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from botocore.model import Shape as Model
from pydantic import BaseModel

from ecstui.control.operations import capacity_providers, unsupported
from ecstui.model.requests.registry import REQUESTS
from ecstui.serve.absent import ABSENT
from tests.aws.shapes import ecs_model

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- coverage: begin -->", "<!-- coverage: end -->"

REFUSED: Mapping[str, Mapping[str, str]] = {
    "CreateCapacityProvider": capacity_providers._MEMBERS,
    "CreateCluster": unsupported.CLUSTER_MEMBERS,
    "CreateService": unsupported.SERVICE_MEMBERS,
    "ListServices": unsupported.LIST_MEMBERS,
    "ListTasks": unsupported.LIST_MEMBERS,
    "RunTask": unsupported.TASK_MEMBERS,
    "StartTask": unsupported.TASK_MEMBERS,
    "UpdateCapacityProvider": capacity_providers._MEMBERS,
    "UpdateCluster": unsupported.CLUSTER_MEMBERS,
    "UpdateService": {**unsupported.SERVICE_MEMBERS, **unsupported.UPDATE_MEMBERS},
}
"""Members that an operation refuses by name although its request does not have them."""

NEVER_DONE = {"ExecuteCommand": "TargetNotConnectedException"}
"""Operations that check a request and then refuse it all the same."""


@dataclass
class Members:
    """What became of the members of one structure, with all that is inside."""

    known: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    """ECS has them, we have not."""
    foreign: list[str] = field(default_factory=list)
    """We have them, ECS has not."""
    of_another_type: list[str] = field(default_factory=list)


def compare(model: Model | None, ours: Any) -> Members:
    """The members of one of ECS's structures beside those of one of our classes."""
    found = Members()
    if model is not None:
        _compare_structure(model, ours, "", found, ())
    return found


def _compare_structure(
    model: Any, ours: type[BaseModel], path: str, found: Members, above: tuple[str, ...]
) -> None:
    if model.name in above:
        return
    fields = {info.alias or name: info for name, info in ours.model_fields.items()}
    found.foreign += [path + name for name in fields.keys() - model.members.keys()]
    for name, member in model.members.items():
        if name not in fields:
            found.absent.append(path + name)
            continue
        found.known.append(path + name)
        _compare(member, fields[name].annotation, path + name, found, (*above, model.name))


def _compare(
    model: Any, annotation: Any, path: str, found: Members, above: tuple[str, ...]
) -> None:
    for choice in _choices(annotation):
        origin, arguments = get_origin(choice), get_args(choice)
        kind = model.type_name
        if kind == "structure" and origin is dict and not model.members:
            continue
        if kind == "structure" and isinstance(choice, type) and issubclass(choice, BaseModel):
            _compare_structure(model, choice, f"{path}.", found, above)
        elif kind == "list" and origin in (tuple, list):
            _compare(model.member, arguments[0], f"{path}[]", found, above)
        elif kind == "map" and origin in (dict, Mapping, types.MappingProxyType):
            _compare(model.value, arguments[1], f"{path}{{}}", found, above)
        elif not _is_plain(kind, choice):
            found.of_another_type.append(f"{path}: {choice}, not {kind}")


def _choices(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) in (Union, types.UnionType):
        for choice in get_args(annotation):
            yield from _choices(choice)
    elif annotation is not type(None):
        yield annotation


_PLAIN: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "double": (float, int),
    "float": (float, int),
    "timestamp": (float,),
    "boolean": (bool,),
}


def _is_plain(kind: str, choice: Any) -> bool:
    if get_origin(choice) is Literal:
        return kind == "string" and all(isinstance(word, str) for word in get_args(choice))
    if not isinstance(choice, type):
        return False
    if choice is bool or kind == "boolean":
        return choice is bool and kind == "boolean"
    if issubclass(choice, Enum):
        return kind == "string" and issubclass(choice, str)
    return issubclass(choice, _PLAIN.get(kind, ()))


@dataclass(frozen=True)
class Operation:
    """One operation of ECS and what the door makes of it."""

    name: str
    request: Members
    response: Members
    code: str = ""
    """Of the refusal, where there is nothing else."""

    @property
    def refused(self) -> list[str]:
        """Members that lead to an error which names them: inside of others, all unknown ones."""
        by_name = REFUSED.get(self.name, {})
        return [path for path in self.request.absent if "." in path or path in by_name]

    @property
    def passed_over(self) -> list[str]:
        """Members that are reported in the log and by `ecstui status`, and do nothing."""
        return [path for path in self.request.absent if path not in self.refused]


def operations() -> list[Operation]:
    """Every operation of botocore's model."""
    found = []
    for name in ecs_model().operation_names:
        model = ecs_model().operation_model(name)
        request = REQUESTS.get(name)
        if request is None or name in NEVER_DONE:
            refusal = ABSENT.get(name)
            code = refusal.code if refusal else NEVER_DONE.get(name, "UnknownOperationException")
            found.append(Operation(name, Members(), Members(), code))
            continue
        ours = compare(model.input_shape, request)
        found.append(Operation(name, ours, compare(model.output_shape, request.response)))
    return found


def table(found: list[Operation]) -> str:
    """The coverage as Markdown."""
    working = [one for one in found if not one.code]
    taken = sum(len(one.request.known) for one in working)
    refused = sum(len(one.refused) for one in working)
    over = sum(len(one.passed_over) for one in working)
    lines = [
        f"Of the {len(found)} operations that botocore's model of ECS has, {len(working)} work. Of "
        f"their request members (at every depth) {taken} are taken, {refused} refused by name and "
        f"{over} passed over and reported.",
        "",
        "| operation | taken | refused | passed over | members of the answer |",
        "|---|---|---|---|---|",
    ]
    for one in working:
        answer = f"{len(one.response.known)} of {len(one.response.known + one.response.absent)}"
        over_names = ", ".join(f"`{path}`" for path in one.passed_over)
        lines.append(
            f"| {one.name} | {len(one.request.known)} | {len(one.refused) or ''} | {over_names} | "
            f"{answer} |"
        )
    lines += ["", "The others are answered with ECS's own errors and never with a success:", ""]
    by_code: dict[str, list[str]] = {}
    for one in found:
        if one.code:
            by_code.setdefault(one.code, []).append(one.name)
    lines += [f"- {code}: {', '.join(names)}" for code, names in sorted(by_code.items())]
    return "\n".join(lines)


def written(readme: str, text: str) -> str:
    """The README with the table between its marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


def main() -> None:
    text = table(operations())
    if "--write" in sys.argv:
        README.write_text(written(README.read_text(encoding="utf-8"), text), encoding="utf-8")
    else:
        sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
