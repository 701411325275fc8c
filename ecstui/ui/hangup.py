"""What is still to be done when the terminal goes away: SIGHUP, as SSH and closed windows send it.

The process ends as it would have ended anyway, a moment later. Nothing may be drawn any more then:
there is nobody to see it.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable


def before_hangup(save: Callable[[], None]) -> Callable[[], None]:
    """Call `save` when the terminal goes away; gives what takes that back.

    Does nothing where SIGHUP is ignored (`nohup`) or where this is not the main thread.
    """
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return _nothing
    loop = asyncio.get_running_loop()

    def hung_up() -> None:
        with contextlib.suppress(Exception):
            save()
        loop.remove_signal_handler(signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGHUP)

    def forget() -> None:
        loop.remove_signal_handler(signal.SIGHUP)

    try:
        loop.add_signal_handler(signal.SIGHUP, hung_up)
    except (ValueError, RuntimeError, NotImplementedError):
        return _nothing
    return forget


def _nothing() -> None:
    """There is nothing to take back."""
