"""The screens over ten thousand tasks that change: run in a pty of its own by `screens`.

`python -m tests.bench.crowded TASKS CHANGES_PER_SECOND`. The view is the attached UI's: records in
memory, batches of changes as the feed brings them.
"""

import asyncio
import gc
import sys

from ecstui.base.clock import SystemClock
from ecstui.model.enums import HealthStatus
from ecstui.ui.theme import packaged_folder
from tests.factories import an_id
from tests.ui.town import CLUSTER, NOW, Town, TownApp

BATCHES_PER_SECOND = 10


class CrowdedApp(TownApp):
    """The town's app with animations, and with a time that passes."""

    def __init__(self, town: Town) -> None:
        super().__init__(town, cluster=CLUSTER, theme_folders=[packaged_folder()])
        clock = SystemClock()
        began = clock.now()
        self.now = lambda: NOW + clock.now() - began
        self.animation_level = "full"


def crowd(tasks: int) -> Town:
    """A town with so many tasks more."""
    town = Town()
    if tasks:
        definition = town.family("crowd", 1, cpu=64, memory=64)
        town.put_now(*(
            town.task(definition, "", seed=f"crowd:{number}", age=3600.0 + number)
            for number in range(tasks)
        ))  # fmt: skip
    return town.build()


async def stir(town: Town, per_second: int, tasks: int) -> None:
    """Change the health of tasks in turn, for ever."""
    from ecstui.store.kinds import TASKS
    from tests.factories import NAMES

    arns = [NAMES.task(CLUSTER, an_id(f"crowd:{number}")) for number in range(tasks)]
    place, count = 0, per_second // BATCHES_PER_SECOND
    while True:
        found = []
        for _ in range(count):
            task = town.store.get(TASKS, arns[place % tasks])
            place += 1
            if task is not None:
                sick = task.health_status is HealthStatus.UNHEALTHY
                status = HealthStatus.HEALTHY if sick else HealthStatus.UNHEALTHY
                found.append(task.with_(health_status=status))
        town.put_now(*found)
        await town.store.flush()
        await asyncio.sleep(1 / BATCHES_PER_SECOND)


async def main(tasks: int, per_second: int) -> None:
    """Show the services until somebody ends it."""
    town = crowd(tasks)
    await town.store.flush()
    app = CrowdedApp(town)
    stirring = asyncio.create_task(stir(town, per_second, tasks)) if per_second else None
    gc.freeze()  # as `ecstui` does before it shows its screens
    await app.run_async()
    if stirring is not None:
        stirring.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
