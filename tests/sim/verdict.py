"""What the oracle found: a list, so that no product code can swallow it."""

import asyncio
from dataclasses import dataclass, field

_MOST = 20


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken; `rule` is its name in the design or here (S0 to S22, L0 to L3)."""

    rule: str
    at: float
    """Seconds since the scenario began."""
    words: str

    def __str__(self) -> str:
        return f"{self.at:9.3f} s  {self.rule}  {self.words}"


@dataclass(slots=True)
class Findings:
    """Violations in the order in which they were found."""

    violations: list[Violation] = field(default_factory=list)

    def break_rule(self, rule: str, words: str) -> None:
        """Note a violation."""
        if len(self.violations) < _MOST:
            at = asyncio.get_running_loop().time()
            self.violations.append(Violation(rule, at, words))

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.violations
