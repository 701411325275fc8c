"""The same requests with real signatures through the door on TCP, in real time; logs among them."""

import json
import random
from pathlib import Path
from tempfile import TemporaryDirectory

from ecstui.client.wire import TARGET_PREFIX
from ecstui.serve.logs_door import LOGS_PREFIX
from tests.aws.raw import post, signed
from tests.aws.served import Served
from tests.fuzz.words import LOG_GROUPS, Author
from tests.fuzz.world import Outcome, faults_of

PREFIXES = {"ecs": TARGET_PREFIX, "logs": LOGS_PREFIX}
LOGS_RATIO = 0.3
_TALK = "i=0; while [ $i -lt 50 ]; do echo line $i; i=$((i+1)); sleep 0.01; done"


def run_over_tcp(seed: int, requests: int) -> Outcome:
    """Send so many requests, each over a connection of its own."""
    with TemporaryDirectory() as folder:
        served = Served(logs=Path(folder)).open()
        outcome = Outcome()
        try:
            _talk(served)
            _ask(served, seed, requests, outcome)
        finally:
            served.close()
    if served.left:
        outcome.faults.append(f"seed {seed}: {served.left} asyncio tasks were left")
    return outcome


def _ask(served: Served, seed: int, requests: int, outcome: Outcome) -> None:
    lots = random.Random(seed)
    authors = {service: Author(seed, service) for service in PREFIXES}
    for number in range(requests):
        service = "logs" if lots.random() < LOGS_RATIO else "ecs"
        operation, body = authors[service].next()
        target = PREFIXES[service] + (operation or "Nothing")
        answer = post(served, signed(served, body=body, service=service, X_Amz_Target=target), body)
        told = json.loads(answer.body)
        where = f"seed {seed}, request {number}, {target} {body[:2_000]!r}"
        faults = faults_of(operation, answer.status, told, service)
        outcome.faults += [f"{where}: {words}" for words in faults]
        outcome.requests += 1
        outcome.codes[str(told.get("__type", answer.status))] += 1
        if answer.status == 200:
            outcome.worked[operation] += 1
            authors[service].learn(told)


def _talk(served: Served) -> None:
    """Have containers whose lines are kept."""
    ecs = served.client()
    for number, group in enumerate(LOG_GROUPS):
        options = {"awslogs-group": group, "awslogs-region": "us-east-1"}
        container = {
            "name": "app",
            "image": "web",
            "memory": 64,
            "command": ["sh", "-c", _TALK],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": options | {"awslogs-stream-prefix": "p"},
            },
        }
        ecs.register_task_definition(family=f"talk-{number}", containerDefinitions=[container])
        ecs.run_task(taskDefinition=f"talk-{number}", count=2)
