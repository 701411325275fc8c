"""Runs the plain shell scripts that people give to containers, one step at a time.

A run is a generator: it says what is printed and how long it waits, and whoever drives it owns the
clock. It must never wait itself, and never reach outside the machine that it is given.
"""

import ast
import math
import operator
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, TypeVar, assert_never

from ecstui.engine.shell_programs import (
    CLIENT_PROGRAMS,
    PROGRAMS,
    QUIET_PROGRAMS,
    Desk,
    Ended,
    Machine,
)
from ecstui.engine.shell_syntax import (
    Chain,
    Command,
    For,
    If,
    Loop,
    Negation,
    Node,
    NotPlainError,
    Redirection,
    Script,
    Substitution,
    Sum,
    Text,
    Variable,
    Word,
    parse,
)

T = TypeVar("T")
STDOUT, STDERR = 1, 2
NOT_FOUND = 127
INTERRUPTED = 130
_SHELLS = ("sh", "ash", "bash", "dash", "/bin/sh", "/bin/ash", "/bin/bash")
_READ_INPUT = ("python", "python3", "node", "irb", *_SHELLS)
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LOGS = {
    "/dev/stdout": STDOUT,
    "/dev/stderr": STDERR,
    "/proc/1/fd/1": STDOUT,
    "/proc/1/fd/2": STDERR,
}


@dataclass(frozen=True, slots=True)
class Print:
    """A line that goes to the container's log."""

    stream: str
    text: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing happens for so long; a trapped signal ends it at once if `is_interruptible`."""

    seconds: float
    is_interruptible: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A program that is no part of the shell: the driver sends its status, or takes over."""

    words: tuple[str, ...]
    is_client: bool


@dataclass(frozen=True, slots=True)
class EatMemory:
    """Takes memory until there is no more."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Waits for a line of input: the driver gives it with `give_line`, and then goes on."""


Step = Print | Wait | Call | EatMemory | Ask
Steps = Generator[Step, int | None, T]


class Reaction(Enum):
    """What a signal does to a script."""

    IGNORED = "ignored"
    TRAPPED = "trapped"
    DEFAULT = "default"


class Interrupted(Exception):
    """Somebody pressed ctrl-c: thrown into a run, it ends what runs at the moment."""


class _Exit(Exception):
    def __init__(self, status: int) -> None:
        self.status = status


class _Leave(Exception):
    """`break`, or `continue`."""

    def __init__(self, *, is_break: bool) -> None:
        self.is_break = is_break


@dataclass(slots=True)
class _Sink:
    """Where a stream goes: the log, or a text that is kept."""

    stream: int | None
    text: str = ""


class Shell:
    """One process: variables, traps and the script it runs."""

    def __init__(
        self,
        machine: Machine,
        environment: Iterable[tuple[str, str]],
        *,
        has_input: bool = False,
        is_attached: bool = False,
    ) -> None:
        """`environment`: what the container was given; `has_input`: its input is kept open.

        `is_attached`: somebody is at the other end of its input, and is asked for lines.
        """
        self._machine = machine
        self._has_input = has_input
        self._is_attached = is_attached
        self._typed: str | None = None
        self._variables = dict(environment)
        self._traps: dict[str, str] = {}
        self._pending: list[str] = []
        self._status = 0
        self._background_until = 0.0
        self._waited = 0.0
        self._ends_on_error = False
        self._conditions = 0
        self._sinks = {STDOUT: _Sink(STDOUT), STDERR: _Sink(STDERR)}

    def run(self, words: Sequence[str]) -> Steps[int]:
        """Run a program with its arguments; the exit status is the generator's value.

        Raises:
            NotPlainError: a script in it goes beyond what is read here.
        """
        try:
            status = yield from self._run(list(words))
        except _Exit as exit_:
            status = exit_.status
        yield from self._flush()
        return status

    def signal(self, name: str) -> Reaction:
        """Receive a signal, e.g. `TERM`."""
        body = self._traps.get(name)
        if body is None:
            return Reaction.DEFAULT
        if not body:
            return Reaction.IGNORED
        self._pending.append(body)
        return Reaction.TRAPPED

    def give_line(self, line: str | None) -> None:
        """The line that was asked for; None at the end of the input."""
        self._typed = line

    def _interact(self) -> Steps[int]:
        """Run line after line, until the input ends or `exit`."""
        while True:
            try:
                yield Ask()
                if self._typed is None:
                    return self._status
                self._status = yield from self._script(parse(self._typed))
            except (NotPlainError, ValueError, IndexError, RecursionError) as error:
                self._status = 2
                yield from self._write(f"sh: this is simulated, and too much: {error}\n", STDERR)
            except Interrupted:
                self._status = INTERRUPTED
                self._sinks = {STDOUT: _Sink(STDOUT), STDERR: _Sink(STDERR)}
            except _Leave:
                continue
            except _Exit as exit_:
                return exit_.status
            yield from self._flush()

    # Nodes

    def _script(self, script: Script) -> Steps[int]:
        status = 0
        for node in script:
            status = yield from self._node(node)
            self._status = status
            is_checked = self._conditions or isinstance(node, Chain | Negation | Loop | If)
            if status and self._ends_on_error and not is_checked:
                raise _Exit(status)
        return status

    def _node(self, node: Node) -> Steps[int]:
        match node:
            case Command():
                return (yield from self._command(node))
            case Chain():
                return (yield from self._chain(node))
            case Negation():
                return int(not (yield from self._condition((node.node,))))
            case Loop():
                return (yield from self._loop(node))
            case For():
                return (yield from self._for(node))
            case If():
                for condition, body in node.branches:
                    if (yield from self._condition(condition)) == 0:
                        return (yield from self._script(body))
                return (yield from self._script(node.otherwise))
            case _:
                assert_never(node)

    def _condition(self, script: Script) -> Steps[int]:
        self._conditions += 1
        try:
            return (yield from self._script(script))
        finally:
            self._conditions -= 1

    def _chain(self, node: Chain) -> Steps[int]:
        status = yield from self._condition((node.left,))
        self._status = status
        if (status == 0) == (node.operator == "&&"):
            status = yield from self._node(node.right)
        return status

    def _loop(self, node: Loop) -> Steps[int]:
        status = 0
        while ((yield from self._condition(node.condition)) != 0) == node.is_until:
            try:
                status = yield from self._script(node.body)
            except _Leave as leave:
                if leave.is_break:
                    break
            yield from self._pass(0.0)
        return status

    def _for(self, node: For) -> Steps[int]:
        status = 0
        for value in (yield from self._expand_all(node.words)):
            self._variables[node.name] = value
            try:
                status = yield from self._script(node.body)
            except _Leave as leave:
                if leave.is_break:
                    break
        return status

    def _command(self, node: Command) -> Steps[int]:
        for name, word in node.assignments:
            self._variables[name] = "".join((yield from self._expand(word)))
        words = yield from self._expand_all(node.words)
        if not words:
            return 0
        if node.is_background:
            self._background_until = self._waited + sum(map(_seconds, words[1:]))
            return 0
        before = dict(self._sinks)
        files = []
        for redirection in node.redirections:
            files += yield from self._redirect(redirection)
        try:
            status = yield from self._run(words)
        finally:
            self._sinks = before
        for path, sink, appends in files:
            if not self._machine.write(path, sink.text, appends=appends):
                yield from self._write(f"sh: can't create {path}: Read-only file system\n", STDERR)
                status = 1
        return status

    def _redirect(self, redirection: Redirection) -> Steps[list[tuple[str, _Sink, bool]]]:
        target = "".join((yield from self._expand(redirection.target)))
        if redirection.operator == "<":
            return []
        if redirection.operator == ">&":
            self._sinks[redirection.descriptor] = self._sinks[2 if target == "2" else 1]
            return []
        stream = _LOGS.get(target)
        sink = _Sink(stream)
        self._sinks[redirection.descriptor] = sink
        is_file = stream is None and target != "/dev/null"
        return [(target, sink, redirection.operator == ">>")] if is_file else []

    # Words

    def _expand_all(self, words: Iterable[Word]) -> Steps[list[str]]:
        fields: list[str] = []
        for word in words:
            fields += yield from self._expand(word)
        return fields

    def _expand(self, word: Word) -> Steps[list[str]]:
        """The fields that a word becomes: what is not quoted is split at spaces."""
        fields: list[str] = []
        is_open = False
        for part in word.parts:
            text = yield from self._text_of(part)
            if isinstance(part, Text | Sum) or part.is_quoted:
                pieces, is_joined, stays_open = [text], True, True
            else:
                pieces = text.split()
                is_joined = text[:1].strip() != ""
                stays_open = text[-1:].strip() != ""
            if pieces and is_open and is_joined:
                fields[-1] += pieces.pop(0)
            fields += pieces
            is_open = stays_open if text or isinstance(part, Text) else is_open
        return fields

    def _text_of(self, part: Text | Variable | Substitution | Sum) -> Steps[str]:
        match part:
            case Text(text):
                return text
            case Variable(name, default):
                return self._value(name) or default
            case Sum(expression):
                return str(_sum(expression, self._variables))
            case Substitution(script):
                return (yield from self._substitute(script))
            case _:
                assert_never(part)

    def _value(self, name: str) -> str:
        match name:
            case "?":
                return str(self._status)
            case "$":
                return "1"
            case "HOSTNAME":
                return self._variables.get(name, self._machine.hostname)
        return self._variables.get(name, "")

    def _substitute(self, script: Script) -> Steps[str]:
        before = self._sinks[STDOUT]
        sink = _Sink(None)
        self._sinks[STDOUT] = sink
        try:
            self._status = yield from self._script(script)
        except _Exit as exit_:
            self._status = exit_.status
        finally:
            self._sinks[STDOUT] = before
        return sink.text.rstrip("\n")

    # Programs

    def _run(self, words: list[str]) -> Steps[int]:
        name, arguments = words[0], words[1:]
        if name in self._own:
            return (yield from self._own[name](self, arguments))
        if self._is_attached and name in _SHELLS and set(arguments) <= {"-i", "-l"}:
            return (yield from self._interact())
        if name in _READ_INPUT and not arguments:
            yield from self._pass(math.inf if self._has_input else 0.0)
            return 0
        if name in _SHELLS:
            return (yield from self._shell(name, arguments))
        if not self._machine.has_program(name):
            return (yield from self._end(Ended(NOT_FOUND, errors=f"sh: {name}: not found\n")))
        plain = name.rsplit("/", 1)[-1]
        if plain in PROGRAMS:
            desk = Desk(self._machine, self._variables)
            return (yield from self._end(PROGRAMS[plain](desk, arguments)))
        if plain in QUIET_PROGRAMS:
            return 0
        return (yield Call(tuple(words), plain in CLIENT_PROGRAMS)) or 0

    def _end(self, ended: Ended) -> Steps[int]:
        yield from self._write(ended.output, STDOUT)
        yield from self._write(ended.errors, STDERR)
        return ended.status

    def _shell(self, name: str, arguments: list[str]) -> Steps[int]:
        while arguments and arguments[0] in ("-e", "-x", "-u", "-l", "-ex", "-ec", "-lc", "-exc"):
            option = arguments[0]
            self._ends_on_error = self._ends_on_error or "e" in option
            arguments = ["-c" if option.endswith("c") else "", *arguments[1:]]
            arguments = [each for each in arguments if each]
        if len(arguments) < 2 or arguments[0] != "-c":
            return (yield Call((name, *arguments), is_client=False)) or 0
        script = parse(arguments[1])
        for position, value in enumerate(arguments[2:]):
            self._variables[str(position)] = value
        try:
            return (yield from self._script(script))
        except _Exit as exit_:
            return exit_.status

    def _sleep(self, arguments: list[str]) -> Steps[int]:
        yield from self._pass(sum(map(_seconds, arguments)))
        return 0

    def _wait(self, _: list[str]) -> Steps[int]:
        yield from self._pass(
            max(0.0, self._background_until - self._waited), is_interruptible=True
        )
        return 0

    def _tail(self, arguments: list[str]) -> Steps[int]:
        if "/dev/zero" in arguments:
            yield EatMemory()
        if any(argument.startswith("-") and "f" in argument.lower() for argument in arguments):
            yield from self._pass(math.inf)
        return 0

    def _exit(self, arguments: list[str]) -> Steps[int]:
        yield from ()
        raise _Exit(int(arguments[0]) & 255 if arguments else self._status)

    def _exec(self, arguments: list[str]) -> Steps[int]:
        self._traps = {name: body for name, body in self._traps.items() if not body}
        raise _Exit((yield from self._run(arguments)))

    def _command_word(self, arguments: list[str]) -> Steps[int]:
        if arguments[:1] != ["-v"]:
            return (yield from self._run(arguments)) if arguments else 0
        missing = [name for name in arguments[1:] if not self._machine.has_program(name)]
        found = "".join(f"/bin/{name}\n" for name in arguments[1:] if name not in missing)
        return (yield from self._end(Ended(NOT_FOUND if missing else 0, found)))

    def _trap(self, arguments: list[str]) -> Steps[int]:
        yield from ()
        for name in arguments[1:]:
            signal = name.upper().removeprefix("SIG")
            if arguments[0] == "-":
                self._traps.pop(signal, None)
            else:
                self._traps[signal] = arguments[0]
        return 0

    def _set(self, arguments: list[str]) -> Steps[int]:
        yield from ()
        self._ends_on_error = any(each.startswith("-") and "e" in each for each in arguments)
        return 0

    def _break(self, _: list[str]) -> Steps[int]:
        yield from ()
        raise _Leave(is_break=True)

    def _continue(self, _: list[str]) -> Steps[int]:
        yield from ()
        raise _Leave(is_break=False)

    _own: ClassVar[Mapping[str, Callable[["Shell", list[str]], Steps[int]]]] = {
        "sleep": _sleep,
        "wait": _wait,
        "tail": _tail,
        "exit": _exit,
        "exec": _exec,
        "command": _command_word,
        "trap": _trap,
        "set": _set,
        "break": _break,
        "continue": _continue,
    }

    # Time and output

    def _pass(self, seconds: float, *, is_interruptible: bool = False) -> Steps[None]:
        """Wait, then do what traps say that became due meanwhile."""
        yield Wait(seconds, is_interruptible)
        self._waited += 0.0 if math.isinf(seconds) else seconds
        while self._pending:
            yield from self._script(parse(self._pending.pop(0)))

    def _write(self, text: str, descriptor: int) -> Steps[None]:
        sink = self._sinks[descriptor]
        sink.text += text
        if sink.stream is not None:
            *lines, sink.text = sink.text.split("\n")
            for line in lines:
                yield Print("stdout" if sink.stream == STDOUT else "stderr", line)

    def _flush(self) -> Steps[None]:
        for descriptor in (STDOUT, STDERR):
            if self._sinks[descriptor].text:
                yield from self._write("\n", descriptor)


def _seconds(text: str) -> float:
    if text in ("infinity", "inf"):
        return math.inf
    unit = _UNITS.get(text[-1:], 0.0)
    try:
        return float(text[:-1]) * unit if unit else float(text)
    except ValueError:
        return 0.0


_ARITHMETIC: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda left, right: int(left / right) if right else 0,
    ast.Mod: lambda left, right: left - int(left / right) * right if right else 0,
}


def _sum(expression: str, variables: Mapping[str, str]) -> int:
    """Value of a sum of whole numbers and variables; a variable that is none counts as 0."""
    try:
        tree = ast.parse(expression.replace("$", "").strip(), mode="eval")
    except SyntaxError:
        raise NotPlainError(f"the sum {expression}") from None
    return _value_of(tree.body, variables)


def _value_of(node: ast.expr, variables: Mapping[str, str]) -> int:
    match node:
        case ast.Constant(value=int(value)):
            return value
        case ast.Name(id=name):
            text = variables.get(name, "0")
            return int(text) if text.lstrip("-").isdecimal() else 0
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value_of(operand, variables)
        case ast.BinOp(left=left, op=kind, right=right) if type(kind) in _ARITHMETIC:
            return _ARITHMETIC[type(kind)](_value_of(left, variables), _value_of(right, variables))
    raise NotPlainError("a sum with an operator")
