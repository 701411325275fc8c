"""Questions to a daemon that are no operations of ECS: who it is, and that it should stop.

Nothing here needs a feed; an answer is there in milliseconds or not at all.
"""

import asyncio
import json
from dataclasses import dataclass, field

from ecstui.base.errors import DaemonUnreachableError
from ecstui.client.http import fetch
from ecstui.settings import StatePaths

ANSWER_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Status:
    """What `GET /_ecstui/status` tells of a daemon."""

    version: str
    process_id: int
    owner: str = ""
    pace: str = ""
    engine: str = ""
    uptime_seconds: float = 0.0
    ignored_members: tuple[str, ...] = field(default_factory=tuple)
    region: str = ""
    endpoint: str = ""
    """URL of the door for AWS's own clients; empty: it is not open."""


async def ask_status(paths: StatePaths) -> Status | None:
    """Who serves a state directory; None when nobody does.

    Raises `DaemonUnreachableError` when somebody listens and gives no sensible answer.
    """
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            status, body = await fetch(paths.socket, "GET", "/_ecstui/status")
    except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
        return None
    except TimeoutError as error:
        raise DaemonUnreachableError(
            f"The daemon of {paths.root} listens but has not answered for {ANSWER_SECONDS:.0f} s."
        ) from error
    except PermissionError as error:
        raise DaemonUnreachableError(f"You may not use {paths.socket}.") from error
    except OSError:
        # It was on its way out: the connection ended before an answer came.
        return None
    if status != 200:
        raise DaemonUnreachableError(f"What listens at {paths.socket} is no daemon of ecstui.")
    return _read(body, paths)


def _read(body: bytes, paths: StatePaths) -> Status:
    try:
        told = json.loads(body)
        return Status(
            version=str(told["version"]),
            process_id=int(told["processId"]),
            owner=str(told.get("owner", "")),
            pace=str(told.get("pace", "")),
            engine=str(told.get("engine", "")),
            uptime_seconds=float(told.get("uptimeSeconds", 0)),
            ignored_members=tuple(str(name) for name in told.get("ignoredMembers", ())),
            region=str(told.get("region", "")),
            endpoint=str(told.get("endpoint", "")),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DaemonUnreachableError(
            f"What listens at {paths.socket} is no daemon of ecstui."
        ) from error


async def ask_to_stop(paths: StatePaths, *, tasks: bool) -> None:
    """Ask the daemon to stop; returns when it has agreed. Raises `DaemonUnreachableError`."""
    body = json.dumps({"tasks": tasks}).encode()
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            status, _ = await fetch(paths.socket, "POST", "/_ecstui/stop", body=body)
    except (OSError, TimeoutError) as error:
        raise DaemonUnreachableError("The daemon does not answer.") from error
    if status != 202:
        raise DaemonUnreachableError(f"The daemon answered with status {status}.")
