"""What an operation is: a request class and the synchronous function that carries it out.

Each module of operations lists its own; `operations/__init__.py` puts the lists together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ecstui.control.context import Context
from ecstui.model.shape import Shape
from ecstui.store.tables import Transaction, View

Q = TypeVar("Q", bound=Shape)
R = TypeVar("R", bound=Shape)

Operation = Callable[[Transaction, Shape, Context], Shape]
"""Carries out one request inside one transaction; raises `EcsError` and nothing else."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An operation under its ECS name; one that only reads puts nothing."""

    name: str
    carry_out: Operation
    is_read_only: bool


def changes(request_type: type[Q], carry_out: Callable[[Transaction, Q, Context], R]) -> Entry:
    """An operation that changes records."""

    def checked(tx: Transaction, request: Shape, context: Context) -> Shape:
        return carry_out(tx, _of_type(request_type, request), context)

    return Entry(_name_of(request_type), checked, is_read_only=False)


def reads(request_type: type[Q], carry_out: Callable[[View, Q, Context], R]) -> Entry:
    """An operation that only reads."""

    def checked(tx: Transaction, request: Shape, context: Context) -> Shape:
        return carry_out(tx, _of_type(request_type, request), context)

    return Entry(_name_of(request_type), checked, is_read_only=True)


def _name_of(request_type: type[Shape]) -> str:
    return request_type.__name__.removesuffix("Request")


def _of_type(request_type: type[Q], request: Shape) -> Q:
    if not isinstance(request, request_type):
        expected, given = request_type.__name__, type(request).__name__
        raise TypeError(f"{expected} expected, got {given}")
    return request
