"""The doors of a daemon with ten thousand tasks that change, for `screens`: no engine behind them.

`python -m tests.bench.crowd STATE TASKS CHANGES_PER_SECOND`. Most changes are to the health of a
task; a few tasks go and others come in their place, so that lists have to be put in order again.
"""

import asyncio
import itertools
import os
import sys
from pathlib import Path

from ecstui import __version__
from ecstui.base.clock import SystemClock
from ecstui.base.garbage import spare_long_lived
from ecstui.model.enums import HealthStatus
from ecstui.model.task import TaskRecord
from ecstui.serve.app import Doors, Identity
from ecstui.serve.daemon import open_doors
from ecstui.settings import StatePaths
from ecstui.store.kinds import TASKS
from ecstui.store.tables import Transaction
from tests.doors.plane import FakePlane
from tests.factories import NAMES, an_id, ids
from tests.ui.town import CLUSTER, Town

BATCHES_PER_SECOND = 10
PER_SERVICE = 20
REPLACED = 20
"""One in so many changes takes a task away, another puts a new one in its place."""


class Crowd:
    """A town with many services more, whose tasks change in turn."""

    def __init__(self, tasks: int) -> None:
        """So many tasks."""
        self.town = Town()
        self._numbers = itertools.count()
        for number in range(tasks // PER_SERVICE):
            self.town.steady(f"crowd-{number}", PER_SERVICE, 1, cpu=64, memory=64)
        self._arns = [task.task_arn for task in self.town.store.all(TASKS)]
        self._turn = itertools.cycle(range(len(self._arns)))
        self.town.build()

    async def stir(self, per_second: int) -> None:
        """Change so many records every second, for ever."""
        count = per_second // BATCHES_PER_SECOND
        while True:
            for _ in range(count // REPLACED):
                self._replace(next(self._turn))
            for _ in range(count - 2 * (count // REPLACED)):
                self._change_health(next(self._turn))
            await self.town.store.flush()
            await asyncio.sleep(1 / BATCHES_PER_SECOND)

    def _task(self, place: int) -> TaskRecord:
        task = self.town.store.get(TASKS, self._arns[place])
        assert task is not None
        return task

    def _change_health(self, place: int) -> None:
        task = self._task(place)
        sick = task.health_status is HealthStatus.UNHEALTHY
        status = HealthStatus.HEALTHY if sick else HealthStatus.UNHEALTHY
        self.town.put_now(task.with_(health_status=status))

    def _replace(self, place: int) -> None:
        gone = self._task(place)
        task = gone.with_(task_arn=NAMES.task(CLUSTER, an_id(f"new:{next(self._numbers)}")))

        def change(tx: Transaction) -> None:
            tx.delete(TASKS, gone.task_arn)
            tx.put(task)

        self.town.store.update(change)
        self._arns[place] = task.task_arn


async def main(state: Path, tasks: int, per_second: int) -> None:
    """Serve until somebody ends it."""
    crowd = Crowd(tasks)
    await crowd.town.store.flush()
    spare_long_lived()
    plane = FakePlane()
    plane.store = crowd.town.store
    clock = SystemClock()
    identity = Identity(
        version=__version__,
        owner="0" * 32,
        process_id=os.getpid(),
        state_directory=str(state),
        pace="local",
        engine="simulated",
        started_at=clock.now(),
    )
    doors = Doors(plane, identity, clock, ids("crowd"), plane.stopped_with.append)
    async with open_doors(StatePaths(state), doors):
        print("open", flush=True)
        if per_second:
            await crowd.stir(per_second)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
