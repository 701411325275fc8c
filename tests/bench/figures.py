"""One measured figure beside its goal, how a table of them looks, and time by two clocks."""

import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with the most that it may be; `detail`: what it was made of."""

    name: str
    value: float
    most: float
    unit: str = ""
    detail: str = ""

    @property
    def is_reached(self) -> bool:
        """Whether the goal is reached."""
        return self.value <= self.most

    def line(self) -> str:
        """As the table shows it."""
        verdict = "reached" if self.is_reached else "MISSED"
        goal = f"at most {self.most:.3g}{self.unit}"
        return f"{verdict:8} {self.value:7.3g}{self.unit}  ({goal})  {self.name}  [{self.detail}]"


class Spent:
    """Seconds of a core that this process used, and seconds on the wall, from now on."""

    def __init__(self) -> None:
        """Begins now."""
        self._began = time.process_time(), time.perf_counter()
        self.cpu = self.wall = 0.0

    def end(self, times: int = 1) -> "Spent":
        """What was spent since the beginning, for one of so many `times`."""
        cpu, wall = self._began
        self.cpu = (time.process_time() - cpu) / times
        self.wall = (time.perf_counter() - wall) / times
        return self

    def __str__(self) -> str:
        """As the table shows it."""
        return f"CPU {self.cpu:.2f} s, wall {self.wall:.2f} s"


def table(figures: Sequence[Figure]) -> str:
    """All figures, a line each."""
    return "\n".join(figure.line() for figure in figures)
