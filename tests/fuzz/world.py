"""One world of the fuzz: a control plane on a simulated engine, and what must hold in it."""

import asyncio
import json
import logging
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ecstui.base.ids import new_id
from ecstui.client.wire import TARGET_PREFIX
from ecstui.serve.aws_json import AwsJsonDoor
from ecstui.store.kinds import KINDS
from ecstui.store.store import Store
from tests.aws.shapes import mismatches, model_of
from tests.fuzz.words import Author
from tests.support.simloop import SimLoop
from tests.support.town import Town

PAUSE_SECONDS = 0.05
"""Time between two requests, so that tasks start and stop meanwhile."""


COMMON = {
    "SerializationException",
    "UnknownOperationException",
    "UnsupportedFeatureException",
}
"""What any operation may answer: to what is no request, and to a member that is absent here."""


@dataclass
class Outcome:
    """What was seen in one world or in many."""

    requests: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    worked: Counter[str] = field(default_factory=Counter)
    """Operation to how often it succeeded."""
    faults: list[str] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        self.requests += other.requests
        self.codes += other.codes
        self.worked += other.worked
        self.faults += other.faults


class _Errors(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter().format(record))


def run_world(seed: int, requests: int, *, tell: Any = None) -> Outcome:
    """Live through one world; `tell` is called with a line for each request."""
    heard = _Errors()
    logger = logging.getLogger("ecstui")
    before = logger.propagate
    logger.addHandler(heard)
    logger.propagate = False
    try:
        with asyncio.Runner(loop_factory=SimLoop) as runner:
            outcome = runner.run(_live(seed, requests, tell))
    finally:
        logger.removeHandler(heard)
        logger.propagate = before
    outcome.faults += [f"seed {seed}: logged {line}" for line in heard.lines]
    return outcome


async def _live(seed: int, requests: int, tell: Any) -> Outcome:
    town = await Town(seed=seed).open()
    door = AwsJsonDoor(town.plane, new_id)
    author = Author(seed)
    outcome = Outcome()
    for number in range(requests):
        operation, body = author.next()
        reply = await door.reply(TARGET_PREFIX + operation, body, "fuzz", new_id())
        answer = json.loads(reply.body)
        where = f"seed {seed}, request {number}, {operation} {body[:2_000]!r}"
        outcome.faults += [
            f"{where}: {words}" for words in faults_of(operation, reply.status, answer)
        ]
        outcome.requests += 1
        if reply.status == 200:
            outcome.worked[operation] += 1
            author.learn(answer)
        outcome.codes[reply.code or "200"] += 1
        if tell is not None:
            tell(f"{number} {operation} {body[:300]!r} -> {reply.status} {str(answer)[:300]}")
        await asyncio.sleep(PAUSE_SECONDS)
    outcome.faults += [f"seed {seed}: {words}" for words in await damage(town)]
    await town.close()
    return outcome


def faults_of(
    operation: str, status: int, answer: dict[str, Any], service: str = "ecs"
) -> list[str]:
    """What is wrong with an answer, by its status and its shape."""
    if status >= 500:
        return [f"status {status}: {answer}"]
    model = model_of(service)
    is_known = operation in model.operation_names
    if status != 200:
        declared = _declared(service, operation) if is_known else set()
        if not answer.get("__type") or not answer.get("message"):
            return [f"no words: {answer}"]
        is_strange = is_known and answer["__type"] not in declared | COMMON
        return [f"an error that is not declared: {answer}"] if is_strange else []
    shape = model.operation_model(operation).output_shape if is_known else None
    return [] if shape is None else mismatches(answer, shape)


@cache
def _declared(service: str, operation: str) -> set[str]:
    """Codes of the errors that a service declares for an operation."""
    return {shape.name for shape in model_of(service).operation_model(operation).error_shapes}


async def damage(town: Town) -> list[str]:
    """What is wrong with the records, and what a restart would find differently."""
    store = town.plane.store
    await store.flush()
    found = []
    again = Store(town.journal)
    await again.load()
    for kind in KINDS:
        here = {kind.key(record): record for record in store.all(kind)}
        there = {kind.key(record): record for record in again.all(kind)}
        for key in here.keys() | there.keys():
            one, other = here.get(key), there.get(key)
            if one is None or other is None or one.to_wire() != other.to_wire():
                found.append(f"{kind.name} {key} is another after a restart: {one!r} {other!r}")
            if one is not None:
                text = one.model_dump_json(by_alias=True, exclude_none=True)
                try:
                    kind.type.model_validate_json(text)
                except ValueError as error:
                    found.append(f"{kind.name} {key} is not valid: {error}")
    return found
