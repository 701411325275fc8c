"""Effects: what was done to a container is always looked at."""

import asyncio
from typing import Any, cast

from ecstui.base.clock import LoopClock
from ecstui.control.effects import Effects
from ecstui.control.setup import Limits
from ecstui.plan.actions import CreateContainer, Outcome
from ecstui.plan.spec import ContainerName, ContainerSpec


class Bench:
    """An engine of which only what is done is told."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.is_wanted = True

    async def create(self, spec: ContainerSpec) -> None:
        self.done.append(f"create {spec.name}")
        self.is_wanted = False

    async def start(self, name: ContainerName) -> None:
        self.done.append(f"start {name}")


async def test_a_container_whose_task_ended_as_it_was_made_has_an_outcome_and_does_not_start():
    bench, ended = Bench(), list[Outcome]()
    effects = Effects(
        {"e": cast("Any", bench)},
        LoopClock(0.0),
        Limits(),
        ended.append,
        is_wanted=lambda _action: bench.is_wanted,
    )
    action = CreateContainer("e", ContainerSpec("web", "app:1", "me", {}), and_start=True)
    assert effects.start(action)
    await asyncio.gather(*effects._tasks.values())
    assert bench.done == ["create web"]
    assert [(outcome.action, outcome.error) for outcome in ended] == [(action, None)]
