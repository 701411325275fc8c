"""The command line: reads the words, puts the settings together, and runs one command.

It loads only what the command needs: neither the screens nor Docker's client for `ecstui call`.
"""

import argparse
import asyncio
import gc
import io
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ecstui import __version__
from ecstui.base.errors import (
    DaemonUnreachableError,
    EcstuiError,
    EngineError,
    JournalError,
    SettingsError,
    StateLockedError,
)
from ecstui.commands.instance_words import add_engine_words, add_instance_words
from ecstui.commands.reading_words import (
    add_exec_words,
    add_import_words,
    add_keys_words,
    add_reading_words,
    add_recording_words,
    parsed,
    read,
    split_exec,
)
from ecstui.commands.terminal import OutputError, drop, flush_answer, prepare_streams, tell
from ecstui.settings import Settings, bare_settings, load_settings

EXIT_UNAVAILABLE = 69
EXIT_CODES: tuple[tuple[type[EcstuiError], int], ...] = (
    (DaemonUnreachableError, EXIT_UNAVAILABLE),
    (EngineError, EXIT_UNAVAILABLE),
    (JournalError, 74),
    (OutputError, 74),
    (StateLockedError, 75),
    (SettingsError, 78),
)
"""As sysexits.h has them."""
EXIT_INTERRUPTED = 130

EPILOG = """\
Without a command, ecstui opens its screens: it attaches to the daemon that keeps the services
running, and starts it if none answers. Everything that is kept is in one state directory.

examples:
  ecstui
  ecstui call RunTask '{"taskDefinition": "web", "count": 2}'
  ecstui --state /tmp/try stop --tasks
  ecstui daemon --detach --port 4599; eval "$(ecstui env)"; aws ecs list-services
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        # As arguments: bytes that are no text are refused where they matter, not where they come.
        sys.stdin.reconfigure(errors="surrogateescape")
    sys.exit(run(sys.argv[1:] if arguments is None else arguments, os.environ))


def run(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run one command; its exit code. Expected errors become one sentence on standard error."""
    prepare_streams()
    try:
        try:
            return _run(_read(arguments), environ)
        finally:
            flush_answer()
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Who read our output has gone.
        drop(sys.stdout)
        return 1
    except EcstuiError as error:
        if isinstance(error, OutputError):
            drop(sys.stdout)
        code = next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)
        tell(f"ecstui: {error}")
        if code == EXIT_UNAVAILABLE:
            tell("`ecstui doctor` says what is wrong; `ecstui demo` needs no Docker.")
        return code


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    own, command = split_exec(arguments)
    words = parsed(parser(), own)
    words.behind = command
    return words


def _run(words: argparse.Namespace, environ: Mapping[str, str]) -> int:
    flags = {
        "state_directory": words.state,
        "pace": words.pace,
        "port": getattr(words, "port", None),
        "theme": words.theme,
        "low_bandwidth": "1" if words.low_bandwidth else None,
    }
    if words.command == "config":
        from ecstui.commands.config import config

        return config()
    if words.command == "doctor":
        return _doctor(words, environ, flags)
    settings = load_settings(environ, flags)
    match words.command:
        case "daemon" | "stop" | "status":
            return _daemon(words, settings, environ)
        case "call" | "env" | "record" | "replay" | "import":
            return _once(settings, words, environ)
        case "get" | "watch" | "why" | "logs" | "history" | "roles" | "keys" | "exec":
            return read(settings, words)
        case "instance" | "engine":
            from ecstui.commands import instances

            return instances.run(settings, words)
        case "demo":
            from ecstui.commands.demo import demo

            return demo(settings, environ, on_docker=words.docker)
        case _:
            return _screens(settings, words, environ)


def _once(settings: Settings, words: argparse.Namespace, environ: Mapping[str, str]) -> int:
    match words.command:
        case "call":
            from ecstui.commands.call import call

            return call(
                settings, words.operation, words.request,
                echoes=words.echo, only_echo=words.only_echo,
            )  # fmt: skip
        case "env":
            from ecstui.commands.env import env

            return env(settings, environ, words.shell)
        case "import":
            from ecstui.commands.import_file import import_compose_file

            return import_compose_file(words.file, words.family, environ)
        case "record":
            from ecstui.commands.record import record

            return record(settings, Path(words.file), words.seconds)
    from ecstui.commands.record import replay

    return replay(settings, environ, Path(words.file), words.speed)


def _screens(settings: Settings, words: argparse.Namespace, environ: Mapping[str, str]) -> int:
    if words.plain:
        return _plain(settings, words, environ)
    # Nothing that a start makes is garbage; `show` switches the collector on again.
    gc.disable()
    from ecstui.commands.screens import attach

    return attach(settings, environ, words.engine)


def _plain(settings: Settings, words: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Commands line by line, all on the same state directory."""
    from ecstui.commands.plain import session
    from ecstui.commands.screens import reach

    asyncio.run(reach(settings, environ, words.engine))
    same = ["--state", str(settings.state_directory), "--engine", words.engine]
    return session(lambda typed: run([*same, *typed], environ))


def _daemon(words: argparse.Namespace, settings: Settings, environ: Mapping[str, str]) -> int:
    from ecstui.commands import daemon

    if words.command == "stop":
        return daemon.stop(settings, tasks=words.tasks, is_confirmed=words.yes)
    if words.command == "status":
        return daemon.status(settings)
    if words.detach:
        return daemon.start(settings, environ, words.engine)
    return daemon.run(settings, environ, words.engine, is_quiet=words.quiet)


def _doctor(
    words: argparse.Namespace, environ: Mapping[str, str], flags: Mapping[str, str | None]
) -> int:
    from ecstui.commands.doctor import doctor

    problem = ""
    try:
        settings = load_settings(environ, flags)
    except SettingsError as error:
        # The rest can be looked at all the same, at the places that hold without settings.
        problem = str(error)
        settings = bare_settings(environ, words.state)
    return doctor(settings, environ, problem=problem, fixes=words.fix, is_confirmed=words.yes)


# -- words ----------------------------------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    """Everything that the command line understands."""
    common = _common()
    found = argparse.ArgumentParser(
        prog="ecstui",
        description="Amazon ECS in a terminal, running for real on local Docker.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument("--version", action="version", version=f"ecstui {__version__}")
    found.add_argument("--state", metavar="DIR", help="state directory (also ECSTUI_STATE)")
    found.add_argument(
        "--pace", metavar="PACE", help="ECS's own waits: local (quick, default) or aws (as AWS has)"
    )
    found.add_argument(
        "--low-bandwidth", action="store_true", help="few and small frames, for a slow line"
    )
    found.add_argument("--theme", metavar="NAME", help="of the screens (also ECSTUI_THEME)")
    found.add_argument("--plain", action="store_true", help="a session of lines instead of screens")
    found.add_argument(
        "--engine", default="docker", choices=("docker", "simulated"), help=argparse.SUPPRESS
    )
    commands = found.add_subparsers(dest="command", metavar="COMMAND")

    daemon = commands.add_parser(
        "daemon", parents=[common], help="run the daemon here, e.g. under systemd"
    )
    daemon.add_argument("--detach", action="store_true", help="run it in the background")
    daemon.add_argument("--quiet", action="store_true", help=argparse.SUPPRESS)
    daemon.add_argument(
        "--port",
        metavar="PORT",
        help="answer AWS's own clients at this port of 127.0.0.1 too (0: any that is free)",
    )

    stop = commands.add_parser("stop", parents=[common], help="stop the daemon; tasks keep running")
    stop.add_argument("--tasks", action="store_true", help="stop every task and service too")
    stop.add_argument("--yes", action="store_true", help="do not ask")

    commands.add_parser("status", parents=[common], help="say whether the daemon runs")

    call = commands.add_parser(
        "call", parents=[common], help="call an ECS operation and print its answer"
    )
    call.add_argument("operation", metavar="OPERATION", help="e.g. RunTask or run-task")
    call.add_argument(
        "request",
        metavar="JSON",
        nargs="?",
        default="{}",
        help="the request, @FILE, or - for standard input",
    )
    echo = call.add_mutually_exclusive_group()
    echo.add_argument("--echo", action="store_true", help="say the AWS CLI line that does the same")
    echo.add_argument("--only-echo", action="store_true", help="print that line and send nothing")

    add_reading_words(commands, common)
    add_keys_words(commands, common)
    add_import_words(commands, common)
    add_recording_words(commands, common)
    add_exec_words(commands, common)
    commands.add_parser("config", help="print a config.toml with every setting, commented out")

    env = commands.add_parser(
        "env",
        parents=[common],
        help='print variables for AWS\'s own clients: eval "$(ecstui env)"',
    )
    env.add_argument(
        "--shell", choices=("sh", "fish"), help="whose words to use (default: those of $SHELL)"
    )

    behind = _common(with_engine=False)
    add_instance_words(commands, behind)
    add_engine_words(commands, behind)

    demo = commands.add_parser("demo", parents=[common], help="open a cluster to play with")
    demo.add_argument(
        "--docker", action="store_true", help="a small sample on Docker instead of a simulation"
    )

    doctor = commands.add_parser(
        "doctor", parents=[common], help="say what is wrong and what to do"
    )
    doctor.add_argument(
        "--fix", action="store_true", help="remove containers that belong to no record"
    )
    doctor.add_argument("--yes", action="store_true", help="do not ask")
    return found


def _common(*, with_engine: bool = True) -> argparse.ArgumentParser:
    """What may stand behind a command as well as before it."""
    found = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    found.add_argument("--state", metavar="DIR", help=argparse.SUPPRESS)
    found.add_argument("--pace", metavar="PACE", help=argparse.SUPPRESS)
    if with_engine:
        found.add_argument("--engine", choices=("docker", "simulated"), help=argparse.SUPPRESS)
    return found
