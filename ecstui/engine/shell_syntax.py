"""Reads the plain part of the shell's language: what people write into `command` and health checks.

Commands, lists, redirections, `if`, `while`, `for`, variables, substitutions and sums. What goes
beyond (pipes, functions, `case`, here documents) raises NotPlainError: nothing is ever guessed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache


class NotPlainError(Exception):
    """The text uses a part of the shell's language that is not read here."""


@dataclass(frozen=True, slots=True)
class Text:
    """Characters as they stand."""

    text: str
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name` or `${name:-default}`."""

    name: str
    default: str = ""
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Substitution:
    """`$(commands)`."""

    script: "Script"
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Sum:
    """`$((expression))`."""

    expression: str


Part = Text | Variable | Substitution | Sum


@dataclass(frozen=True, slots=True)
class Word:
    """Parts that belong together."""

    parts: tuple[Part, ...]

    @property
    def literal(self) -> str | None:
        """The text of a word that is one unquoted piece of text."""
        match self.parts:
            case (Text(text, False),):
                return text
        return None


@dataclass(frozen=True, slots=True)
class Redirection:
    """`2>FILE`, `>>FILE`, `2>&1`: where a stream goes; the target of `<` is not followed."""

    descriptor: int
    operator: str
    target: Word


@dataclass(frozen=True, slots=True)
class Command:
    """Assignments, words, redirections."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirections: tuple[Redirection, ...] = ()
    is_background: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """`left && right` or `left || right`."""

    left: "Node"
    operator: str
    right: "Node"


@dataclass(frozen=True, slots=True)
class Negation:
    """`! command`."""

    node: "Node"


@dataclass(frozen=True, slots=True)
class Loop:
    """`while condition; do body; done`, or `until`."""

    condition: "Script"
    body: "Script"
    is_until: bool


@dataclass(frozen=True, slots=True)
class For:
    """`for name in words; do body; done`."""

    name: str
    words: tuple[Word, ...]
    body: "Script"


@dataclass(frozen=True, slots=True)
class If:
    """Conditions with what follows from them, and what else."""

    branches: tuple[tuple["Script", "Script"], ...]
    otherwise: "Script"


Node = Command | Chain | Negation | Loop | For | If
Script = tuple[Node, ...]
Token = Word | str

_OPERATORS = ("&&", "||", ";;", "<<", "<&", ";", "&", "|", "(", ")", "\n")
_REDIRECTION = re.compile(r"([12]?)(>>|>&|>)|<(?![<&])")
_WORD_ENDS = " \t\n;&|<>()"
_NOT_PLAIN_WORDS = frozenset({"case", "function", "{", "}", "select", "[[", "source", ".", "eval"})
_CLOSERS = frozenset({"do", "done", "then", "elif", "else", "fi"})


@lru_cache(maxsize=256)
def parse(text: str) -> Script:
    """The script in `text`.

    Raises:
        NotPlainError: it goes beyond what is read here.
    """
    parser = _Parser(list(_tokens(text)))
    script = parser.script(frozenset())
    parser.expect_end()
    return script


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        character = text[at]
        if character in " \t" or text.startswith("\\\n", at):
            at += 1 if character in " \t" else 2
        elif character == "#":
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif match := _REDIRECTION.match(text, at):
            yield match.group()
            at = match.end()
        elif operator := next((each for each in _OPERATORS if text.startswith(each, at)), None):
            yield operator
            at += len(operator)
        else:
            reader = _WordReader(text, at)
            yield reader.word()
            at = reader.at


class _WordReader:
    """Reads one word, from quotes to substitutions."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self.at = at
        self._parts: list[Part] = []

    def word(self) -> Word:
        while self.at < len(self._text) and self._text[self.at] not in _WORD_ENDS:
            self._piece()
        return Word(tuple(self._parts))

    def _piece(self) -> None:
        character = self._text[self.at]
        if character == "'":
            end = self._find("'", self.at + 1)
            self._add(self._text[self.at + 1 : end], is_quoted=True)
            self.at = end + 1
        elif character == '"':
            self._double_quoted()
        elif character == "\\":
            self._add(self._text[self.at + 1 : self.at + 2], is_quoted=True)
            self.at += 2
        elif character == "$":
            self._dollar(is_quoted=False)
        elif character == "`":
            raise NotPlainError("backquotes")
        else:
            self._add(character, is_quoted=False)
            self.at += 1

    def _double_quoted(self) -> None:
        self._add("", is_quoted=True)
        self.at += 1
        while (character := self._peek()) != '"':
            if character == "\\" and self._text[self.at + 1 : self.at + 2] in ('"', "\\", "$", "`"):
                self._add(self._text[self.at + 1], is_quoted=True)
                self.at += 2
            elif character == "$":
                self._dollar(is_quoted=True)
            elif character == "`":
                raise NotPlainError("backquotes")
            else:
                self._add(character, is_quoted=True)
                self.at += 1
        self.at += 1

    def _dollar(self, *, is_quoted: bool) -> None:
        text = self._text
        if text.startswith("$((", self.at):
            end = self._find("))", self.at)
            self._parts.append(Sum(text[self.at + 3 : end]))
            self.at = end + 2
        elif text.startswith("$(", self.at):
            end = self._closing_parenthesis(self.at + 2)
            self._parts.append(Substitution(parse(text[self.at + 2 : end]), is_quoted))
            self.at = end + 1
        elif text.startswith("${", self.at):
            end = self._find("}", self.at)
            name, separator, default = text[self.at + 2 : end].partition(":-")
            if not name.isidentifier() or (not separator and default):
                raise NotPlainError("an expansion with an operator")
            self._parts.append(Variable(name, default, is_quoted))
            self.at = end + 1
        else:
            self._plain_variable(is_quoted)

    def _plain_variable(self, is_quoted: bool) -> None:
        end = self.at + 1
        while end < len(self._text) and (self._text[end].isalnum() or self._text[end] == "_"):
            end += 1
        if end == self.at + 1 and self._text[end : end + 1] in ("$", "?", "@", "#", "!"):
            end += 1
        name = self._text[self.at + 1 : end]
        if name:
            self._parts.append(Variable(name, is_quoted=is_quoted))
        else:
            self._add("$", is_quoted=is_quoted)
        self.at = end

    def _add(self, text: str, *, is_quoted: bool) -> None:
        match self._parts:
            case [*_, Text(before, quoted)] if quoted == is_quoted:
                self._parts[-1] = Text(before + text, is_quoted)
            case _:
                self._parts.append(Text(text, is_quoted))

    def _peek(self) -> str:
        if self.at >= len(self._text):
            raise NotPlainError("an open quote")
        return self._text[self.at]

    def _find(self, what: str, start: int) -> int:
        end = self._text.find(what, start)
        if end < 0:
            raise NotPlainError(f"{what} is missing")
        return end

    def _closing_parenthesis(self, start: int) -> int:
        depth = 1
        for at in range(start, len(self._text)):
            depth += {"(": 1, ")": -1}.get(self._text[at], 0)
            if depth == 0:
                return at
        raise NotPlainError(") is missing")


class _Parser:
    """Recursive descent over tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def script(self, closers: frozenset[str]) -> Script:
        """Commands up to one of the closing words, which is left unread."""
        nodes: list[Node] = []
        while True:
            self._skip(";", "\n")
            if self._next is None or self._keyword in closers:
                return tuple(nodes)
            nodes.append(self._chain())
            if self._next == "&":
                nodes[-1] = self._in_background(nodes[-1])
            elif self._next not in (";", "\n", None) and self._keyword not in closers:
                raise NotPlainError(f"{self._next} here")

    def expect_end(self) -> None:
        if self._next is not None:
            raise NotPlainError("unfinished")

    def _in_background(self, node: Node) -> Node:
        if not isinstance(node, Command) or [word.literal for word in node.words[:1]] != ["sleep"]:
            raise NotPlainError("only sleep runs in the background")
        self._at += 1
        return Command(node.assignments, node.words, node.redirections, is_background=True)

    def _chain(self) -> Node:
        node = self._negated()
        while self._next in ("&&", "||"):
            operator = str(self._take())
            self._skip("\n")
            node = Chain(node, operator, self._negated())
        return node

    def _negated(self) -> Node:
        if self._keyword == "!":
            self._at += 1
            return Negation(self._negated())
        match self._keyword:
            case "while" | "until":
                return self._loop()
            case "for":
                return self._for()
            case "if":
                return self._if()
            case word if word in _NOT_PLAIN_WORDS or word in _CLOSERS:
                raise NotPlainError(f"{word} here")
        return self._command()

    def _loop(self) -> Node:
        is_until = self._take_keyword("while", "until") == "until"
        condition = self.script(frozenset({"do"}))
        return Loop(condition, self._body(), is_until)

    def _body(self) -> Script:
        self._take_keyword("do")
        body = self.script(frozenset({"done"}))
        self._take_keyword("done")
        return body

    def _for(self) -> Node:
        self._take_keyword("for")
        name = self._keyword or ""
        self._at += 1
        self._take_keyword("in")
        words = []
        while isinstance(self._next, Word):
            words.append(self._next)
            self._at += 1
        self._skip(";", "\n")
        return For(name, tuple(words), self._body())

    def _if(self) -> Node:
        branches = []
        word = self._take_keyword("if")
        while word in ("if", "elif"):
            condition = self.script(frozenset({"then"}))
            self._take_keyword("then")
            branches.append((condition, self.script(frozenset({"elif", "else", "fi"}))))
            word = self._take_keyword("elif", "else", "fi")
        otherwise: Script = ()
        if word == "else":
            otherwise = self.script(frozenset({"fi"}))
            self._take_keyword("fi")
        return If(tuple(branches), otherwise)

    def _command(self) -> Node:
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        redirections: list[Redirection] = []
        while self._next is not None:
            token = self._next
            if isinstance(token, Word):
                self._at += 1
                assignment = None if words else _assignment(token)
                if assignment:
                    assignments.append(assignment)
                else:
                    words.append(token)
            elif match := _REDIRECTION.fullmatch(token):
                self._at += 1
                redirections.append(self._redirection(match))
            else:
                break
        if not (assignments or words):
            raise NotPlainError(f"{self._next} here")
        return Command(tuple(assignments), tuple(words), tuple(redirections))

    def _redirection(self, match: re.Match[str]) -> Redirection:
        target = self._take()
        if not isinstance(target, Word):
            raise NotPlainError(f"{match.group()} without a target")
        if match.group() == "<":
            return Redirection(0, "<", target)
        return Redirection(int(match.group(1) or "1"), match.group(2), target)

    @property
    def _next(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    @property
    def _keyword(self) -> str | None:
        return self._next.literal if isinstance(self._next, Word) else None

    def _take(self) -> Token | None:
        token = self._next
        self._at += 1
        return token

    def _take_keyword(self, *expected: str) -> str:
        word = self._keyword
        if word not in expected or word is None:
            raise NotPlainError(f"{' or '.join(expected)} is missing")
        self._at += 1
        return word

    def _skip(self, *tokens: str) -> None:
        while self._next in tokens:
            self._at += 1


def _assignment(word: Word) -> tuple[str, Word] | None:
    match word.parts:
        case (Text(text, False), *rest):
            name, separator, value = text.partition("=")
            if separator and name.isidentifier():
                return name, Word((Text(value), *rest) if value else tuple(rest))
    return None
