"""The screens over a town in which nothing happens but that time passes, for `screens`.

`python -m tests.bench.standing`: in a pty of its own.
"""

import asyncio
import gc

from ecstui.base.clock import SystemClock
from ecstui.ui.theme import packaged_folder
from tests.ui.town import CLUSTER, NOW, Town, TownApp


class StandingApp(TownApp):
    """The town's app with animations, and with a time that passes."""

    def __init__(self, town: Town) -> None:
        super().__init__(town, cluster=CLUSTER, theme_folders=[packaged_folder()])
        clock = SystemClock()
        began = clock.now()
        self.now = lambda: NOW + clock.now() - began
        self.animation_level = "full"


async def main() -> None:
    """Show the services until somebody ends it."""
    town = Town().build()
    await town.store.flush()
    app = StandingApp(town)
    gc.freeze()  # as `ecstui` does before it shows its screens
    await app.run_async()


if __name__ == "__main__":
    asyncio.run(main())
