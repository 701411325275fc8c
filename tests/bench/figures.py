"""One measured figure beside its goal, and how a table of them looks."""

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


def table(figures: Sequence[Figure]) -> str:
    """All figures, a line each."""
    return "\n".join(figure.line() for figure in figures)
