"""What `get`, `watch`, `why`, `logs`, `history` understand; loads nothing that carries it out."""

import argparse
import math
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecstui.settings import Settings

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001

LONGEST_NUMBER = 15
"""Digits of a count, far beyond any number of lines."""
MOST_SECONDS = 100_000_000
"""Of a recording: three years."""
LEAST_SPEED, MOST_SPEED = 0.1, 1000.0
"""Of a recording that is played (`ecstui.client.replay`)."""


def add_reading_words(commands: "Commands", common: argparse.ArgumentParser) -> None:
    """`common` holds what may stand behind every command."""
    get = commands.add_parser("get", parents=[common], help="list things, for scripts and readers")
    get.add_argument(
        "kind",
        metavar="KIND",
        help="services, tasks, task-definitions, container-instances, clusters or events",
    )
    get.add_argument("names", metavar="NAME", nargs="*", help="only these")
    get.add_argument(
        "-o", "--output", choices=("table", "csv", "json", "yaml"), default="table", metavar="FORM",
        help="table (default), csv, json or yaml",
    )  # fmt: skip
    _add_cluster(get)

    watch = commands.add_parser(
        "watch", parents=[common], help="follow a service, line by line, until it is steady"
    )
    watch.add_argument("kind", choices=("service",), metavar="service")
    watch.add_argument("name", metavar="NAME")
    watch.add_argument("--for-ever", action="store_true", help="go on when it is steady")
    _add_cluster(watch)

    why = commands.add_parser(
        "why", parents=[common], help="why a service or a task waits, and what would help"
    )
    why.add_argument(
        "name", metavar="NAME", help="a service, a task's ARN, or the beginning of its id"
    )
    _add_cluster(why)

    logs = commands.add_parser("logs", parents=[common], help="lines of a service or a task")
    logs.add_argument(
        "name", metavar="NAME", help="a service, a task's ARN, or the beginning of its id"
    )
    logs.add_argument("-f", "--follow", action="store_true", help="go on as lines come")
    logs.add_argument("--since", metavar="TIME", help="not older than that: 90s, 10m, 2h, 1d")
    logs.add_argument("--tail", type=whole_number, metavar="N", help="only the last N lines")
    logs.add_argument("-c", "--container", metavar="NAME", help="only that container")
    logs.add_argument("-t", "--times", action="store_true", help="with the time of each line")
    _add_cluster(logs)

    commands.add_parser(
        "roles", parents=[common], help="list the IAM roles that are named here, never a secret"
    )

    history = commands.add_parser(
        "history", parents=[common], help="say who changed what, and when"
    )
    forms = history.add_mutually_exclusive_group()
    forms.add_argument("--script", action="store_true", help="as a shell script that does it again")
    forms.add_argument("--json", action="store_true", help="as JSON")
    history.add_argument(
        "-n", "--count", type=whole_number, default=0, metavar="N", help="only the last N changes"
    )


def add_exec_words(commands: "Commands", common: argparse.ArgumentParser) -> None:
    """`ecstui exec`."""
    found = commands.add_parser(
        "exec",
        parents=[common],
        help="run a command, or a shell, in a task's container",
        epilog="Without a command, a shell with a terminal. The exit code is the command's.",
        usage="ecstui exec [-c CONTAINER] [-i] [-t] [--cluster NAME] TASK [-- COMMAND ...]",
    )
    found.add_argument(
        "name", metavar="TASK", help="a service, a task's ARN, or the beginning of its id"
    )
    found.add_argument("-c", "--container", default="", metavar="NAME", help="if it has several")
    found.add_argument("-i", "--input", action="store_true", help="hand standard input over")
    found.add_argument("-t", "--tty", action="store_true", help="with a terminal")
    _add_cluster(found)


def parsed(parser: argparse.ArgumentParser, arguments: "Sequence[str]") -> argparse.Namespace:
    """As `parse_args`; who left out the `--` of `exec` is told where it goes."""
    words, rest = parser.parse_known_args(arguments)
    if rest and words.command == "exec" and not rest[0].startswith("-"):
        line = f"ecstui exec {shlex.quote(words.name)} -- {shlex.join(rest)}"
        parser.exit(2, f"ecstui: put -- before the command: {line}\n")
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return words


def whole_number(text: str) -> int:
    """A count of things, as argparse reads it."""
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        shown = text[:LONGEST_NUMBER] + ("…" if len(text) > LONGEST_NUMBER else "")
        raise argparse.ArgumentTypeError(f"{shown!r} is not a whole number, 0 or more")
    return int(text)


def seconds(text: str) -> float:
    """How long something goes on, as argparse reads it."""
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    # Nor is nan between the two.
    if not 0 <= found <= MOST_SECONDS:
        raise argparse.ArgumentTypeError(
            f"{text[:LONGEST_NUMBER]!r} is not a number of seconds from 0 to {MOST_SECONDS}"
        )
    return found


def speed(text: str) -> float:
    """How many times faster a recording is played, as argparse reads it."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    # Nor is nan between the two.
    if not LEAST_SPEED <= found <= MOST_SPEED:
        raise argparse.ArgumentTypeError(
            f"{text[:LONGEST_NUMBER]!r} is not from {LEAST_SPEED:g} to {MOST_SPEED:g}"
        )
    return found


def split_exec(arguments: "Sequence[str]") -> "tuple[Sequence[str], Sequence[str]]":
    """Our own words, and behind `exec … --` those of the command, which nobody reads here."""
    if "--" in arguments:
        place = list(arguments).index("--")
        if "exec" in arguments[:place]:
            return arguments[:place], arguments[place + 1 :]
    return arguments, ()


def add_recording_words(commands: "Commands", common: argparse.ArgumentParser) -> None:
    """`ecstui record` and `ecstui replay`."""
    record = commands.add_parser("record", parents=[common], help="write what happens into a file")
    record.add_argument("file", metavar="FILE", help="a new file")
    record.add_argument("--seconds", type=seconds, metavar="N", help="end after that time")

    replay = commands.add_parser("replay", parents=[common], help="show a recording on the screens")
    replay.add_argument("file", metavar="FILE")
    replay.add_argument(
        "--speed", type=speed, default=1.0, metavar="N", help="so many times faster: 0.1 to 1000"
    )


def add_import_words(commands: "Commands", common: argparse.ArgumentParser) -> None:
    """`ecstui import compose`."""
    found = commands.add_parser(
        "import", parents=[common], help="print a docker-compose file as a task definition"
    )
    found.add_argument("form", choices=("compose",), metavar="compose")
    found.add_argument("file", metavar="FILE", help="docker-compose.yml")
    found.add_argument("--family", default="", metavar="NAME", help="default: the file's own name")


def add_keys_words(commands: "Commands", common: argparse.ArgumentParser) -> None:
    """`ecstui keys`."""
    keys = commands.add_parser("keys", parents=[common], help="every command and its keys")
    keys.add_argument("--preset", default=None, metavar="NAME", help="k9s, e1s, lazydocker or vim")


def _add_cluster(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cluster", default="default", metavar="NAME", help="default: default")


def read(settings: "Settings", words: argparse.Namespace) -> int:
    """Carry out one of them; the exit code."""
    match words.command:
        case "get":
            from ecstui.commands.get import get

            return get(settings, words.kind, words.names, words.output, words.cluster)
        case "watch":
            from ecstui.commands.watch import watch

            return watch(settings, words.name, words.cluster, for_ever=words.for_ever)
        case "why":
            from ecstui.commands.why import why

            return why(settings, words.name, words.cluster)
        case "logs":
            from ecstui.commands.logs import logs, window_of

            window = window_of(words.since, words.tail, follow=words.follow)
            return logs(settings, words.name, words.cluster, words.container, window,
                        with_times=words.times)  # fmt: skip
        case "exec":
            from ecstui.commands.execute import Order, execute

            return execute(settings, words.name, words.cluster, words.container,
                           Order(words.behind, words.tty, words.input))  # fmt: skip
    if words.command == "roles":
        from ecstui.commands.roles import roles

        return roles(settings)
    if words.command == "keys":
        from ecstui.commands.keys import keys

        return keys(settings, words.preset or str(settings.screen.get("keys", "k9s")))
    from ecstui.commands.history import history

    form = "script" if words.script else "json" if words.json else "table"
    return history(settings, form, words.count)
