"""Naps: waiting for an event that is set by the time at the latest.

For loops that are woken up or look by themselves from time to time. It costs half of what
`asyncio.timeout` does, which has to cancel a task and to catch that again.
"""

import asyncio


async def nap(wanted: asyncio.Event, seconds: float) -> None:
    """Wait until somebody sets the event, or have it set after so many seconds."""
    timer = asyncio.get_running_loop().call_later(seconds, wanted.set)
    try:
        await wanted.wait()
    finally:
        timer.cancel()
