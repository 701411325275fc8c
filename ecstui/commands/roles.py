"""`ecstui roles`: the IAM roles that are named here, and what people mapped to them; no secrets."""

import asyncio

from ecstui.client.roles import Role, roles_of
from ecstui.commands.attached import attached
from ecstui.commands.terminal import say
from ecstui.settings import Settings
from ecstui.ui.text import clean

NOTHING = "-"


def roles(settings: Settings) -> int:
    """Print them; the exit code."""
    return asyncio.run(_roles(settings))


async def _roles(settings: Settings) -> int:
    async with attached(settings, "ecstui-roles") as client:
        for text in table(roles_of(client.view)):
            say(text)
    return 0


def table(found: tuple[Role, ...]) -> list[str]:
    """A line for each role, below the titles."""
    rows = [("ROLE", "USED AS", "CREDENTIALS", "TASKS", "TASK DEFINITIONS")]
    rows += [
        (
            clean(role.arn or role.name),
            ", ".join(role.uses) or NOTHING,
            clean(role.source) or NOTHING,
            str(role.tasks),
            clean(", ".join(role.definitions)) or NOTHING,
        )
        for role in found
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return [
        "  ".join([*(text.ljust(size) for text, size in zip(row, widths, strict=False)), row[4]])
        for row in rows
    ]
