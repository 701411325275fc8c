"""`ecstui call`: one operation from the shell, answered as the AWS CLI answers.

The JSON goes to the daemon as it is; what ECS makes of it is the daemon's business.
"""

import asyncio
import json
import sys
from pathlib import Path

from ecstui.base.errors import DaemonUnreachableError, EcsError
from ecstui.commands.terminal import say, tell
from ecstui.settings import Settings

EXIT_REFUSED = 254
"""As the AWS CLI: the service refused the request."""
EXIT_USAGE = 252
"""As the AWS CLI: the command line is wrong."""
EXIT_UNREACHABLE = 255


class UsageError(Exception):
    """The input is no request."""


def call(
    settings: Settings,
    operation: str,
    source: str,
    *,
    echoes: bool = False,
    only_echo: bool = False,
) -> int:
    """Send one request and print the answer; the exit code.

    `echoes`: print the AWS CLI line that does the same on standard error before; `only_echo`: on
    standard output, and send nothing.
    """
    name = operation_named(operation)
    try:
        if not (name.isascii() and name.isalpha()):
            raise UsageError(f"{operation!r} is no operation: write RunTask or run-task.")
        body = read_body(source)
    except UsageError as error:
        tell(f"ecstui: {error}")
        return EXIT_USAGE
    if echoes or only_echo:
        line = _line_of(name, body)
        if line is None:
            return EXIT_USAGE
        if only_echo:
            say(line)
            return 0
        tell(line)
    try:
        status, answer = asyncio.run(_send(settings, name, body))
    except DaemonUnreachableError as error:
        tell(f"ecstui: {error}")
        return EXIT_UNREACHABLE
    return _print(name, status, answer)


def _line_of(operation: str, body: bytes) -> str | None:
    """The command line that does the same; None for what is no request, which is told."""
    from ecstui.ui.call_words import command_line_of

    try:
        return command_line_of(operation, body.decode())
    except EcsError as error:
        tell(f"ecstui: {error.message}")
        return None


def operation_named(words: str) -> str:
    """`UpdateService`, whether written so or as `update-service`."""
    if "-" not in words and words[:1].isupper():
        return words
    return "".join(part[:1].upper() + part[1:] for part in words.split("-"))


def read_body(source: str) -> bytes:
    """The request: JSON itself, `@FILE`, or `-` for standard input; raises `UsageError`."""
    if source == "-":
        text, where = sys.stdin.read(), "standard input"
    elif source.startswith("@"):
        text, where = _read_file(source[1:]), source[1:]
    else:
        text, where = source, "the request"
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(
            f"{where} is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}. "
            "Put JSON in single quotes, or use @FILE or - for standard input."
        ) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where} is not valid JSON: {error}.") from error
    if not isinstance(value, dict):
        raise UsageError(f'{where} must be a JSON object such as \'{{"cluster": "default"}}\'.')
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{where} is not UTF-8.") from error


def _read_file(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name} cannot be read: {error}.") from error


async def _send(settings: Settings, operation: str, body: bytes) -> tuple[int, bytes]:
    from ecstui.client.http import fetch

    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "User-Agent": "ecstui-call",
        "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{operation}",
    }
    try:
        return await fetch(settings.paths.socket, "POST", "/", headers=headers, body=body)
    except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError) as error:
        raise no_daemon(settings) from error
    except OSError as error:
        raise DaemonUnreachableError(f"the daemon gave no answer: {error}.") from error


def no_daemon(settings: Settings) -> DaemonUnreachableError:
    """Nobody answers: what to do."""
    return DaemonUnreachableError(
        f"no daemon runs for {settings.state_directory}: start one with `ecstui` or "
        "`ecstui daemon --detach`."
    )


def _print(operation: str, status: int, answer: bytes) -> int:
    try:
        value = json.loads(answer)
    except ValueError:
        tell(f"ecstui: the daemon's answer is not JSON: {answer[:200]!r}")
        return EXIT_UNREACHABLE
    if status == 200:
        say(json.dumps(value, indent=4, ensure_ascii=False))
        return 0
    code = str(value.get("__type", "Unknown")).rsplit("#", 1)[-1]
    tell(
        f"\nAn error occurred ({code}) when calling the {operation} operation: "
        f"{value.get('message', '')}"
    )
    return EXIT_REFUSED
