"""Regular expressions of the cluster query language, asked in time that no pattern can blow up.

Python's own matching tries one way after another, and `(a+)+x` has more ways than can ever be
tried: one placement constraint would hold the whole control plane. RE2 goes all ways side by side;
what needs to know the way itself (look-around, back references) it refuses. Source: ecs.md 5.4.
"""

from functools import lru_cache
from typing import Protocol, cast

MOST_CHARACTERS = 2_000
MOST_TOLD = 80
"""Characters of what is wrong: the pattern itself may be in it."""


class RegularError(ValueError):
    """A text that is no regular expression, or none that is taken here; the words say why."""


class Regular(Protocol):
    """A regular expression that was read."""

    def fullmatch(self, text: str) -> object | None:
        """Something where the whole text is meant."""


@lru_cache(maxsize=4096)
def matches(pattern: str, text: str) -> bool:
    """Whether a pattern, which is known to be one, means the whole text.

    Remembered: the same few values are asked for every task that is placed.
    """
    return read_regular(pattern).fullmatch(text) is not None


@lru_cache(maxsize=256)
def read_regular(pattern: str) -> Regular:
    """Read a regular expression; raises `RegularError`."""
    import re2  # Only who places by expressions waits for it.

    if len(pattern) > MOST_CHARACTERS:
        raise RegularError(f"it has more than {MOST_CHARACTERS} characters")
    quiet = re2.Options()
    quiet.log_errors = False
    try:
        return cast("Regular", re2.compile(pattern, quiet))
    except re2.error as error:
        reason = error.args[0]
        text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise RegularError(text[:MOST_TOLD]) from None
    except UnicodeEncodeError:
        raise RegularError("it has characters that no text can have") from None
