"""`ecstui env`: the variables with which the AWS CLI and the SDKs talk to ecstui.

The only place that shows the secret key. It changes nothing and starts nothing.
"""

import asyncio
import shlex
from collections.abc import Mapping
from pathlib import PurePath

from ecstui.base.errors import DaemonUnreachableError, SettingsError
from ecstui.client.status import ask_status
from ecstui.commands.terminal import say
from ecstui.settings import Settings

CLEARED = (
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ENDPOINT_URL_ECS",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
)
"""What would take precedence over the variables that are set."""
EXAMPLE_PORT = 4599


def env(settings: Settings, environ: Mapping[str, str], shell: str | None) -> int:
    """Print the variables in the words of a shell; the exit code.

    Raises `DaemonUnreachableError` or `SettingsError` when there is no door to talk to.
    """
    for line in lines(variables(settings), shell or shell_of(environ)):
        say(line)
    return 0


def variables(settings: Settings) -> dict[str, str]:
    """The variables of a running daemon with an open port."""
    from ecstui.serve.credentials import read_credentials

    status = asyncio.run(ask_status(settings.paths))
    if status is None:
        raise DaemonUnreachableError(
            f"no daemon runs for {settings.state_directory}: start one with "
            f"`ecstui daemon --detach --port {EXAMPLE_PORT}`."
        )
    keys = read_credentials(settings.paths.keys)
    if not status.endpoint or keys is None:
        raise SettingsError(
            "the daemon has no port open for AWS's clients: "
            f"`ecstui stop`, then `ecstui daemon --detach --port {EXAMPLE_PORT}` (tasks keep "
            f"running), or `port = {EXAMPLE_PORT}` in {settings.config_file}."
        )
    return {
        "AWS_ENDPOINT_URL": status.endpoint,
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_REGION": status.region,
        "AWS_DEFAULT_REGION": status.region,
    }


def shell_of(environ: Mapping[str, str]) -> str:
    """`fish` where that is the person's shell, else `sh`."""
    return "fish" if PurePath(environ.get("SHELL", "")).name == "fish" else "sh"


def lines(values: Mapping[str, str], shell: str) -> list[str]:
    """What the shell is to evaluate."""
    if shell == "fish":
        given = [f"set -gx {name} {_fish_word(value)};" for name, value in values.items()]
        return [*given, *(f"set -e {name};" for name in CLEARED)]
    given = [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
    return [*given, f"unset {' '.join(CLEARED)}"]


def _fish_word(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
