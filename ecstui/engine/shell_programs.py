"""The small programs that end at once, as simulated containers have them: `echo`, `cat`, `test`.

Each takes a desk (what a process can reach) and its arguments and says how it ended and what it
printed. What a program cannot do here it leaves out quietly; none of them waits.
"""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Machine(Protocol):
    """What the inside of a container looks like to the programs in it."""

    @property
    def hostname(self) -> str:
        """Its host name."""
        ...

    def now(self) -> float:
        """Wall time, POSIX seconds."""
        ...

    def read(self, path: str) -> str | None:
        """Content of a file; None when there is none."""
        ...

    def write(self, path: str, text: str, *, appends: bool) -> bool:
        """Write a file; False when the place is read-only."""
        ...

    def delete(self, path: str) -> None:
        """Remove a file, or all below a folder."""
        ...

    def has_program(self, name: str) -> bool:
        """Whether a program can be run in it."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What a program is given."""

    machine: Machine
    variables: MutableMapping[str, str]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended and what it printed."""

    status: int = 0
    output: str = ""
    errors: str = ""


Program = Callable[[Desk, Sequence[str]], Ended]


def _true(_: Desk, __: Sequence[str]) -> Ended:
    return Ended()


def _false(_: Desk, __: Sequence[str]) -> Ended:
    return Ended(1)


def _echo(_: Desk, arguments: Sequence[str]) -> Ended:
    ending = "\n"
    rest = list(arguments)
    while rest and rest[0] in ("-n", "-e", "-ne", "-en"):
        option = rest.pop(0)
        ending = "" if "n" in option else ending
    return Ended(output=" ".join(rest) + ending)


def _printf(_: Desk, arguments: Sequence[str]) -> Ended:
    if not arguments:
        return Ended(1, errors="usage: printf FORMAT [ARG]...\n")
    text, values = _escaped(arguments[0]), list(arguments[1:])
    while values:
        places = [(text.find(mark), mark) for mark in ("%s", "%d") if mark in text]
        if not places:
            break
        text = text.replace(min(places)[1], values.pop(0), 1)
    return Ended(output=text.replace("%s", "").replace("%d", "0").replace("%%", "%"))


def _escaped(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\t", "\t")


def _cat(desk: Desk, arguments: Sequence[str]) -> Ended:
    output, errors = "", ""
    for path in arguments:
        content = desk.machine.read(path)
        if content is None:
            errors += f"cat: can't open '{path}': No such file or directory\n"
        else:
            output += content
    return Ended(1 if errors else 0, output, errors)


def _touch(desk: Desk, arguments: Sequence[str]) -> Ended:
    for path in arguments:
        if not desk.machine.write(path, "", appends=True):
            return Ended(1, errors=f"touch: {path}: Read-only file system\n")
    return Ended()


def _rm(desk: Desk, arguments: Sequence[str]) -> Ended:
    status = 0
    for path in arguments:
        if not path.startswith("-"):
            status = status or int(desk.machine.read(path) is None and "-f" not in arguments)
            desk.machine.delete(path)
    return Ended(status)


def _seq(_: Desk, arguments: Sequence[str]) -> Ended:
    try:
        numbers = [int(each) for each in arguments]
    except ValueError:
        return Ended(1, errors=f"seq: invalid number '{arguments[0]}'\n")
    match numbers:
        case [last]:
            found = range(1, last + 1)
        case [first, last]:
            found = range(first, last + 1)
        case [first, step, last] if step:
            found = range(first, last + (1 if step > 0 else -1), step)
        case _:
            return Ended(1, errors="usage: seq [FIRST [INC]] LAST\n")
    return Ended(output="".join(f"{number}\n" for number in found[:100_000]))


def _date(desk: Desk, arguments: Sequence[str]) -> Ended:
    at = datetime.fromtimestamp(desk.machine.now(), UTC)
    for argument in arguments:
        if argument.startswith("+"):
            written = argument[1:].replace("%s", str(int(desk.machine.now())))
            return Ended(output=at.strftime(written) + "\n")
    return Ended(output=at.strftime("%a %b %e %H:%M:%S UTC %Y") + "\n")


def _hostname(desk: Desk, _: Sequence[str]) -> Ended:
    return Ended(output=f"{desk.machine.hostname}\n")


def _env(desk: Desk, _: Sequence[str]) -> Ended:
    return Ended(output="".join(f"{name}={value}\n" for name, value in desk.variables.items()))


def _printenv(desk: Desk, arguments: Sequence[str]) -> Ended:
    if not arguments:
        return _env(desk, arguments)
    found = [desk.variables[name] for name in arguments if name in desk.variables]
    return Ended(int(len(found) < len(arguments)), "".join(f"{value}\n" for value in found))


def _whoami(_: Desk, __: Sequence[str]) -> Ended:
    return Ended(output="root\n")


def _pwd(_: Desk, __: Sequence[str]) -> Ended:
    return Ended(output="/\n")


def _uname(_: Desk, __: Sequence[str]) -> Ended:
    return Ended(output="Linux\n")


def _export(desk: Desk, arguments: Sequence[str]) -> Ended:
    for argument in arguments:
        name, separator, value = argument.partition("=")
        if separator:
            desk.variables[name] = value
    return Ended()


def _test(desk: Desk, arguments: Sequence[str]) -> Ended:
    words = [word for word in arguments if word != "]"]
    return Ended(int(not _holds(desk, words)))


def _holds(desk: Desk, words: Sequence[str]) -> bool:
    match list(words):
        case ["!", *rest]:
            return not _holds(desk, rest)
        case ["-n", text] | [text]:
            return bool(text)
        case ["-z", text]:
            return not text
        case [option, path] if option.startswith("-"):
            content = desk.machine.read(path)
            return bool(content) if option == "-s" else content is not None
        case [left, "=" | "==", right]:
            return left == right
        case [left, "!=", right]:
            return left != right
        case [left, operator, right] if operator in _COMPARISONS:
            return _is_number(left) and _is_number(right) and _COMPARISONS[operator](left, right)
    return False


def _is_number(text: str) -> bool:
    return text.lstrip("-").isdecimal()


_COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {
    "-eq": lambda left, right: int(left) == int(right),
    "-ne": lambda left, right: int(left) != int(right),
    "-lt": lambda left, right: int(left) < int(right),
    "-le": lambda left, right: int(left) <= int(right),
    "-gt": lambda left, right: int(left) > int(right),
    "-ge": lambda left, right: int(left) >= int(right),
}


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


PROGRAMS: Mapping[str, Program] = {
    "true": _true,
    ":": _true,
    "false": _false,
    "echo": _echo,
    "printf": _printf,
    "cat": _cat,
    "touch": _touch,
    "rm": _rm,
    "seq": _seq,
    "date": _date,
    "hostname": _hostname,
    "env": _env,
    "printenv": _printenv,
    "whoami": _whoami,
    "pwd": _pwd,
    "uname": _uname,
    "export": _export,
    "test": _test,
    "[": _test,
}
"""Programs that end at once, by name."""

QUIET_PROGRAMS = _names(
    "awk basename cd chmod chown cp cut df dirname du expr find free grep gunzip gzip head id "
    "install kill ln local ls md5sum mkdir mktemp mv nproc ps readlink readonly rmdir sed "
    "sha256sum shift sort stat stty sync tar tee tr tty umask uniq unset unzip uptime wc xargs"
)
"""Programs that do nothing here, and succeed."""

CLIENT_PROGRAMS = _names(
    "curl wget ping nslookup traceroute mysqladmin pg_isready redis-cli mongosh"
)
"""Programs that ask a server: they succeed when what they ask is well."""

LASTING_PROGRAMS = _names("crond ftpd httpd inetd nc ntpd syslogd telnetd top watch yes")
"""busybox's programs that run until they are stopped."""

SHELL_WORDS = _names(
    "sh ash bash dash sleep exit exec trap wait set tail break continue usleep timeout"
)
"""What the shell does itself, and programs that wait."""

BUSYBOX = frozenset(
    {*PROGRAMS, *QUIET_PROGRAMS, *LASTING_PROGRAMS, *SHELL_WORDS, "wget", "ping", "nslookup"}
)
"""What can be run in an image that has busybox and nothing else."""
