"""What can be read about a thing: the request that asks for it, and the document in the answer.

A screen says which request describes what its cursor is on; reading it, and copying it as JSON or
YAML, is the same for all. Nothing here changes anything.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from ecstui.model.shape import Request, Shape
from ecstui.ui.shell import Shell

R = TypeVar("R", bound=Shape)

Document = Mapping[str, object]
Take = Callable[[Document | None], object]
"""Gets the document, or None when the thing is gone."""


@dataclass(frozen=True, slots=True)
class Described:
    """Something that has a description."""

    name: str
    operation: str
    ask: Callable[[Shell, Take], Awaitable[None]]
    """Asks and hands over what came; a refusal goes to the messages instead."""


def described_by(name: str, request: Request[R], read: Callable[[R], Document | None]) -> Described:
    """`read`: takes the document out of the answer."""

    async def ask(shell: Shell, take: Take) -> None:
        answer = await shell.send(request)
        if answer is not None:
            take(read(answer))

    return Described(name, request.operation(), ask)
