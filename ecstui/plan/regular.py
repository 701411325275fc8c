"""Regular expressions of the cluster query language, asked in time that no pattern can blow up.

Python's own matching tries one way after another, and `(a+)+x` has more ways than can ever be
tried: one placement constraint would hold the whole control plane. Here all ways go side by side,
as the set of positions that the pattern may have come to, which is never larger than the text.
What needs to know the way itself (look-around, back references) is refused. Source: ecs.md 5.4.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import import_module
from typing import Protocol, cast

MOST_CHARACTERS = 2_000
DEEPEST_REPEATS = 4
"""So many repeats may stand inside each other: each may ask those inside it three times."""
DEEPEST_GROUPS = 40

_PARSER = import_module("re._parser")
"""Reads patterns as `re` does; there is no public way to what it reads."""
_FLAGS = re.UNICODE | re.IGNORECASE | re.DOTALL | re.VERBOSE

_Positions = set[int]
_Step = Callable[[str, _Positions], _Positions]
"""Where a part of a pattern may end in a text, when it begins at any of these positions."""
_Test = Callable[[str], bool]
"""Whether a part of a pattern means this character."""


class RegularError(ValueError):
    """A text that is no regular expression, or none that is taken here; the words say why."""


@dataclass(frozen=True, slots=True)
class Regular:
    """A regular expression that was read."""

    _step: _Step

    def matches(self, text: str) -> bool:
        """Whether the whole text is meant."""
        return len(text) in self._step(text, {0})


@lru_cache(maxsize=4096)
def matches(pattern: str, text: str) -> bool:
    """Whether a pattern, which is known to be one, means the whole text.

    Remembered: the same few values are asked for every task that is placed.
    """
    return read_regular(pattern).matches(text)


@lru_cache(maxsize=256)
def read_regular(pattern: str) -> Regular:
    """Read a regular expression; raises `RegularError`."""
    if len(pattern) > MOST_CHARACTERS:
        raise RegularError(f"it has more than {MOST_CHARACTERS} characters")
    try:
        tree = _PARSER.parse(pattern)
    except (re.error, OverflowError) as error:
        raise RegularError(str(error)) from None
    except RecursionError:
        raise RegularError("too deeply nested") from None
    flags: int = tree.state.flags
    if flags & ~_FLAGS:
        raise RegularError("it has flags other than i, s and x")
    return Regular(_sequence(tree, _Place(flags)))


# -- parts ---------------------------------------------------------------------------------------


class _Op(Protocol):
    """What a node of the tree is: `LITERAL`, `BRANCH` and so on."""

    @property
    def name(self) -> str: ...


_Tree = Iterable[tuple[_Op, object]]


@dataclass(frozen=True, slots=True)
class _Place:
    """How far inside groups and repeats a part stands, and the pattern's flags."""

    flags: int
    groups: int = 0
    repeats: int = 0

    def inside(self, repeats: int = 0) -> "_Place":
        place = _Place(self.flags, self.groups + 1, self.repeats + repeats)
        if place.groups > DEEPEST_GROUPS or place.repeats > DEEPEST_REPEATS:
            raise RegularError("too deeply nested")
        return place


def _sequence(tree: _Tree, place: _Place) -> _Step:
    steps = tuple(_part(node.name, given, place) for node, given in tree)

    def step(text: str, starts: _Positions) -> _Positions:
        for each in steps:
            if not starts:
                break
            starts = each(text, starts)
        return starts

    return step


def _part(name: str, given: object, place: _Place) -> _Step:
    match name, given:
        case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN", _:
            return partial(_one_character, _character(name, given, place.flags))
        case "AT", _ if (here := _WHERE.get(str(given))) is not None:
            return partial(_at, here)
        case "BRANCH", (_, list(trees)):
            return partial(_either, [_sequence(tree, place.inside()) for tree in trees])
        case "SUBPATTERN", (_, 0, 0, tree):
            return _sequence(cast("_Tree", tree), place.inside())
        case "MAX_REPEAT" | "MIN_REPEAT", (int(least), int(most), tree):
            return partial(_repeated, least, most, _sequence(cast("_Tree", tree), place.inside(1)))
    raise RegularError("look-around, back references and the like are not taken here")


def _one_character(test: _Test, text: str, starts: _Positions) -> _Positions:
    return {p + 1 for p in starts if p < len(text) and test(text[p])}


def _at(test: Callable[[str, int], bool], text: str, starts: _Positions) -> _Positions:
    return {p for p in starts if test(text, p)}


def _either(steps: list[_Step], text: str, starts: _Positions) -> _Positions:
    return {end for step in steps for end in step(text, starts)}


def _repeated(least: int, most: int, step: _Step, text: str, starts: _Positions) -> _Positions:
    count = 0
    while starts and count < least:
        ends = step(text, starts)
        if ends == starts:  # more of it leads nowhere else
            count = least
            break
        starts, count = ends, count + 1
    found, fresh = set(starts), starts
    while fresh and count < most:
        fresh = step(text, fresh) - found
        found |= fresh
        count += 1
    return found


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _is_boundary(text: str, position: int) -> bool:
    before = position > 0 and _is_word(text[position - 1])
    after = position < len(text) and _is_word(text[position])
    return before is not after


_WHERE: dict[str, Callable[[str, int], bool]] = {
    "AT_BEGINNING": lambda _, position: position == 0,
    "AT_BEGINNING_STRING": lambda _, position: position == 0,
    "AT_END": lambda text, position: text[position:] in ("", "\n"),
    "AT_END_STRING": lambda text, position: position == len(text),
    "AT_BOUNDARY": _is_boundary,
    "AT_NON_BOUNDARY": lambda text, position: not _is_boundary(text, position),
}


# -- single characters ---------------------------------------------------------------------------

_CATEGORIES: dict[str, _Test] = {
    "CATEGORY_DIGIT": str.isdecimal,
    "CATEGORY_NOT_DIGIT": lambda c: not c.isdecimal(),
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_NOT_SPACE": lambda c: not c.isspace(),
    "CATEGORY_WORD": _is_word,
    "CATEGORY_NOT_WORD": lambda c: not _is_word(c),
}


def _character(name: str, given: object, flags: int) -> _Test:
    is_negated = name == "NOT_LITERAL"
    match name, given:
        case "ANY", _:
            return (lambda _: True) if flags & re.DOTALL else (lambda c: c != "\n")
        case "IN", list(given_members):
            is_negated = given_members[0][0].name == "NEGATE"
            members = [_member(each.name, value) for each, value in given_members[is_negated:]]
        case _:
            members = [_member("LITERAL", given)]
    forms = _forms if flags & re.IGNORECASE else _itself
    return lambda c: any(member(form) for form in forms(c) for member in members) is not is_negated


def _member(name: str, given: object) -> _Test:
    match name, given:
        case "LITERAL", int(code):
            return chr(code).__eq__
        case "RANGE", (int(first), int(last)):
            low, high = chr(first), chr(last)
            return lambda c: low <= c <= high
    return _CATEGORIES[str(given)]


def _itself(character: str) -> tuple[str, ...]:
    return (character,)


def _forms(character: str) -> tuple[str, ...]:
    """The character in either case."""
    return character, character.lower(), character.upper()
