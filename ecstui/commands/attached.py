"""A client of the daemon for one command: there when the records are, gone when it is done."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

from ecstui.base.errors import DaemonUnreachableError, EcstuiError
from ecstui.client.remote import NOT_RUNNING, RemoteClient
from ecstui.commands.call import no_daemon
from ecstui.settings import Settings

FIRST_SECONDS = 10.0


class NotFoundError(EcstuiError):
    """Nothing, or more than one thing, is called what the command line says."""


@asynccontextmanager
async def attached(settings: Settings, program: str) -> AsyncGenerator[RemoteClient]:
    """A client whose view holds the records; `DaemonUnreachableError` when nobody answers."""
    client = RemoteClient(settings.paths, program)
    try:
        await _first_view(client, settings)
        yield client
    finally:
        await client.close()


async def _first_view(client: RemoteClient, settings: Settings) -> None:
    try:
        async with asyncio.timeout(FIRST_SECONDS), aclosing(client.changes()) as changes:
            if await anext(changes) is None:
                if client.problem == NOT_RUNNING:
                    raise no_daemon(settings)
                raise DaemonUnreachableError(client.problem or "the daemon does not answer")
    except TimeoutError:
        raise DaemonUnreachableError("the daemon does not answer") from None
