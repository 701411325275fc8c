"""`ecstui roles`: the IAM roles that are named here, and what people mapped to them; no secrets."""

import asyncio
from collections.abc import Sequence

from ecstui.client.roles import Role, roles_of
from ecstui.commands.attached import attached
from ecstui.commands.columns import columns_of
from ecstui.commands.terminal import say
from ecstui.settings import Settings

NOTHING = "-"


def roles(settings: Settings) -> int:
    """Print them; the exit code."""
    return asyncio.run(_roles(settings))


async def _roles(settings: Settings) -> int:
    async with attached(settings, "ecstui-roles") as client:
        for text in table(roles_of(client.view)):
            say(text)
    return 0


def table(found: Sequence[Role]) -> list[str]:
    """A line for each role, below the titles."""
    rows = [("ROLE", "USED AS", "CREDENTIALS", "TASKS", "TASK DEFINITIONS")]
    rows += [
        (
            role.arn or role.name,
            ", ".join(role.uses) or NOTHING,
            role.source or NOTHING,
            str(role.tasks),
            ", ".join(role.definitions) or NOTHING,
        )
        for role in found
    ]
    return columns_of(rows)
