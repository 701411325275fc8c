"""Filter patterns of CloudWatch Logs, as far as terms go: which lines of a log are meant.

Terms that all must be there, `?terms` of which one must, `-terms` that must not, and phrases in
quotes; case counts. Patterns for JSON, for columns and for regular expressions are refused.
"""

import re
from dataclasses import dataclass

_TERM = re.compile(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))(?=\s|$)')
_PLAIN = re.compile(r"\w+")


class FilterPatternError(ValueError):
    """A pattern that cannot be used; the words say why."""


@dataclass(frozen=True, slots=True)
class FilterPattern:
    """Texts that a line must, may or must not hold."""

    every: tuple[str, ...] = ()
    some: tuple[str, ...] = ()
    none: tuple[str, ...] = ()

    def takes(self, text: str) -> bool:
        """Whether a line is meant."""
        if not all(term in text for term in self.every):
            return False
        if self.some and not any(term in text for term in self.some):
            return False
        return not any(term in text for term in self.none)


def read_pattern(pattern: str) -> FilterPattern:
    """What a pattern says; raises `FilterPatternError`."""
    text = pattern.strip()
    if text.startswith("{"):
        raise FilterPatternError("Patterns for JSON ({ $.member = ... }) are not supported here.")
    if text.startswith("["):
        raise FilterPatternError("Patterns for columns ([a, b, ...]) are not supported here.")
    found: dict[str, list[str]] = {"": [], "?": [], "-": []}
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise FilterPatternError(f"Invalid character(s) in term at {text[position:][:40]!r}.")
        sign, phrase, word = match.groups()
        found[sign].append(_unquoted(phrase) if word is None else _plain(word))
        position = match.end()
        while position < len(text) and text[position].isspace():
            position += 1
    if found["?"] and (found[""] or found["-"]):
        raise FilterPatternError("Terms with ? cannot be mixed with other terms here.")
    return FilterPattern(tuple(found[""]), tuple(found["?"]), tuple(found["-"]))


def _plain(word: str) -> str:
    if word.startswith("%"):
        raise FilterPatternError("Regular expressions (%...%) are not supported here.")
    if not _PLAIN.fullmatch(word):
        words = "with anything but letters, digits and _ must stand in quotes"
        raise FilterPatternError(f"Invalid character(s) in term {word[:40]!r}: terms {words}.")
    return word


def _unquoted(phrase: str) -> str:
    return re.sub(r"\\(.)", r"\1", phrase)
