"""The same requests with real signatures through the door on TCP, in real time."""

import json

from tests.aws.raw import post, signed
from tests.aws.served import Served
from tests.fuzz.words import Author
from tests.fuzz.world import Outcome, faults_of


def run_over_tcp(seed: int, requests: int) -> Outcome:
    """Send so many requests, each over a connection of its own."""
    served = Served().open()
    author, outcome = Author(seed), Outcome()
    try:
        for number in range(requests):
            operation, body = author.next()
            answer = post(served, signed(served, operation or "Nothing", body), body)
            told = json.loads(answer.body)
            where = f"seed {seed}, request {number}, {operation} {body[:2_000]!r}"
            outcome.faults += [f"{where}: {w}" for w in faults_of(operation, answer.status, told)]
            outcome.requests += 1
            outcome.codes[str(told.get("__type", answer.status))] += 1
            if answer.status == 200:
                outcome.worked[operation] += 1
                author.learn(told)
    finally:
        served.close()
    if served.left:
        outcome.faults.append(f"seed {seed}: {served.left} asyncio tasks were left")
    return outcome
