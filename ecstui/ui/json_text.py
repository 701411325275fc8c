"""Reads JSON that is being typed: its tokens for colours, where each value stands, what is wrong.

Pure. It says where a problem is, never whether a document makes sense: that is for the callback
that checks documents. Text that is only half typed must never raise anything here.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Path = tuple[str | int, ...]
"""Names and indexes from the root to a value: `("containerDefinitions", 0, "memory")`."""

TokenKind = Literal["key", "string", "number", "word", "mark", "odd"]
Severity = Literal["error", "warning"]

MOST_COMPARED_LINES = 6_000

_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\\n]|\\.)*"?)'
    r"|(?P<number>-?\d[\d.eE+-]*)"
    r"|(?P<word>\b(?:true|false|null)\b)"
    r"|(?P<mark>[{}\[\],:])"
    r'|(?P<odd>[^\s{}\[\],:"]+)'
)
_KINDS: dict[str | None, TokenKind] = {
    "string": "string", "number": "number", "word": "word", "mark": "mark", "odd": "odd",
}  # fmt: skip
_HINTS = {
    "Expecting property name enclosed in double quotes": "a name in double quotes must follow",
    "Illegal trailing comma before end of object": "nothing follows the comma: take it away",
    "Illegal trailing comma before end of array": "nothing follows the comma: take it away",
    "Expecting ',' delimiter": "a comma is missing before this",
    "Expecting ':' delimiter": "a colon is missing before this",
    "Expecting value": "a value is missing here",
    "Unterminated string starting at": "this string has no closing quote",
    "Invalid control character at": "this string goes over the end of its line",
    "Extra data": "nothing may follow the end of the document",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a text. Lines and columns count from 1, in characters."""

    line: int
    column: int
    path: str
    """Where in the document, as people write it: `containerDefinitions[0].memory`; may be empty."""
    message: str
    length: int = 1
    """Characters to underline."""
    severity: Severity = "error"


class Token(NamedTuple):
    """A run of characters of one kind; offsets in its text."""

    kind: TokenKind
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a line or a whole text, strings before a colon as keys."""
    for match in _TOKEN.finditer(text):
        kind = _KINDS[match.lastgroup]
        if kind == "string" and text[match.end() : match.end() + 40].lstrip().startswith(":"):
            kind = "key"
        yield Token(kind, match.start(), match.end())


def path_text(path: Path) -> str:
    """A path as people write it."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


@dataclass(slots=True)
class _Level:
    """An object or array that is open while the text is read."""

    path: Path
    start: int
    is_object: bool
    step: str | int | None
    names: set[str] = field(default_factory=set)
    after_colon: bool = False


class JsonMap:
    """Where each value is in a text, valid or half typed."""

    def __init__(self, text: str) -> None:
        """Read the text once."""
        self.spans: dict[Path, tuple[int, int]] = {}
        self.keys: dict[Path, tuple[int, int]] = {}
        self.repeated: list[Path] = []
        self._text = text
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._starts: list[int] = []
        self._paths: list[Path] = []
        open_levels: list[_Level] = []
        for token in tokens(text):
            self._take(token, open_levels)
        for level in open_levels:
            self.spans.setdefault(level.path, (level.start, len(text)))

    def _take(self, token: Token, levels: list[_Level]) -> None:
        mark = self._text[token.start : token.end]
        top = levels[-1] if levels else None
        if token.kind == "mark" and mark in ":,]}":
            if top is not None:
                self._close_or_go_on(mark, token, levels)
            return
        if top is not None and top.is_object and not top.after_colon:
            self._name(token, top, mark)
            return
        path = (*top.path, top.step if top.step is not None else "") if top else ()
        self._starts.append(token.start)
        self._paths.append(path)
        if mark in ("{", "[") and token.kind == "mark":
            levels.append(_Level(path, token.start, mark == "{", None if mark == "{" else 0))
        else:
            self.spans.setdefault(path, (token.start, token.end))

    def _close_or_go_on(self, mark: str, token: Token, levels: list[_Level]) -> None:
        top = levels[-1]
        if mark == ":":
            top.after_colon = True
        elif mark == ",":
            top.after_colon = False
            top.step = top.step + 1 if isinstance(top.step, int) else None
        else:
            done = levels.pop()
            self.spans.setdefault(done.path, (done.start, token.end))

    def _name(self, token: Token, top: _Level, mark: str) -> None:
        try:
            name = str(json.loads(mark))
        except ValueError:
            name = mark.strip('"')
        top.step = name
        path = (*top.path, name)
        self._starts.append(token.start)
        self._paths.append(path)
        if name in top.names:
            self.repeated.append(path)
        top.names.add(name)
        self.keys[path] = (token.start, token.end)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of an offset."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def locate(self, path: Path) -> tuple[tuple[int, int, int], Path]:
        """Line, column and length of the value at `path`, and the part of the path that exists.

        Of what is not in the document the nearest value around it is told, of an object or array
        its name or opening bracket. Steps that are in no document (the branch of a union) are
        passed over.
        """
        found: Path = ()
        for step in path:
            if (*found, step) in self.spans:
                found = (*found, step)
        start, end = self.spans.get(found, (0, 1))
        if self._text[start : start + 1] in ("{", "["):
            start, end = self.keys.get(found, (start, start + 1))
        line, column = self.place(start)
        return (line, column, max(1, end - start)), found

    def path_at(self, line: int, column: int) -> Path:
        """The path of the value or name at a line and column from 1, or of the one before."""
        offset = self._line_starts[min(line, len(self._line_starts)) - 1] + column - 1
        index = bisect_right(self._starts, offset) - 1
        return self._paths[index] if index >= 0 else ()


CheckDocument = Callable[[object], Iterable[tuple[Path, str]]]
"""What is wrong with a document, each with the path of the value that is to blame."""


def json_problems(text: str, check: CheckDocument | None = None) -> list[Problem]:
    """What is wrong with a text: as JSON, or else as a document, in the order of the text."""
    if not text.strip():
        return [Problem(1, 1, "", "nothing here yet")]
    try:
        document: object = json.loads(text)
    except json.JSONDecodeError as error:
        return [_syntax_problem(text, error)]
    except RecursionError:
        return [Problem(1, 1, "", "nested too deeply")]
    places = JsonMap(text)
    found = [_repeated(places, path) for path in places.repeated]
    for path, message in check(document) if check else ():
        (line, column, length), known = places.locate(path)
        found.append(Problem(line, column, path_text(_meant(path, known)), message, length))
    return sorted(found, key=lambda problem: (problem.line, problem.column))


def _meant(path: Path, known: Path) -> Path:
    """The known part of a path and the one step that is missing from it."""
    if len(known) >= len(path):
        return known
    return (*known, path[-1]) if path[-1:] != known[-1:] else known


def _repeated(places: JsonMap, path: Path) -> Problem:
    start, end = places.keys[path]
    line, column = places.place(start)
    message = f"{path[-1]!r} is here twice; only the last one counts"
    return Problem(line, column, path_text(path), message, end - start, "warning")


def _syntax_problem(text: str, error: json.JSONDecodeError) -> Problem:
    lines = text.split("\n")
    line, column = error.lineno, error.colno
    message = error.msg.removesuffix(":")
    hint = next((hint for start, hint in _HINTS.items() if message.startswith(start)), message)
    before = text[: error.pos].rstrip()
    if before.endswith(",") and text[error.pos : error.pos + 1] in ("}", "]"):
        hint = _HINTS["Illegal trailing comma before end of object"]
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1)
    length = max(1, len(lines[line - 1].rstrip()) - column + 1) if line <= len(lines) else 1
    return Problem(line, column, "", hint, length)


def indented(text: str) -> str | None:
    """The document on lines of its own with two spaces per level; None if it is not JSON."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None


def visible(text: str) -> str:
    """The text with JSON's escapes for what cannot be seen or would steer a terminal."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if plain.isprintable():
        return plain
    return "".join(c if c.isprintable() or c in "\n\t" else _escape(c) for c in plain)


def _escape(character: str) -> str:
    return json.dumps(character)[1:-1]


def changed_lines(before: Sequence[str], after: Sequence[str]) -> dict[int, str]:
    """Lines of `after` (from 0) that are new (`+`) or different (`~`) from `before`.

    None of a text that is far longer than ECS takes: comparing it would hold up the keys.
    """
    from difflib import SequenceMatcher

    marks: dict[int, str] = {}
    if len(before) + len(after) > MOST_COMPARED_LINES:
        return marks
    for tag, _, _, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag in ("insert", "replace"):
            marks |= dict.fromkeys(range(start, end), "+" if tag == "insert" else "~")
    return marks
