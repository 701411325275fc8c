"""Command line of the private engine; `tests.docker_engine` says what it offers."""

import argparse
import os
import sys
from pathlib import Path

from tests.docker_engine import daemon, images, session
from tests.docker_engine.api import ApiError, EngineApi
from tests.docker_engine.errors import EngineUnavailable


def main(arguments: list[str]) -> int:
    """Do what the arguments say; return the exit code."""
    asked = _parser().parse_args(arguments)
    command = asked.command[1:] if asked.command[:1] == ["--"] else asked.command
    match asked.verb:
        case "run":
            return session.run(command, asked.ends_with)
        case "up":
            try:
                session.up(asked.folder.resolve())
            except (ApiError, EngineUnavailable):
                daemon.stop(asked.folder.resolve())
                raise
            print(f"DOCKER_HOST=unix://{daemon.socket_of(asked.folder.resolve())}")
        case "exec":
            folder = asked.folder.resolve()
            program = daemon.inside(folder, command)
            os.execvpe(program[0], program, session.settings_for(folder))
        case "images":
            images.load(EngineApi(Path(os.environ["DOCKER_HOST"].removeprefix("unix://"))))
        case "down":
            daemon.stop(asked.folder.resolve())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.docker_engine")
    parser.set_defaults(command=[])
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("run", "up", "exec", "images", "down"):
        asked = verbs.add_parser(verb)
        if verb in ("up", "exec", "down"):
            asked.add_argument("folder", type=Path)
        if verb == "run":
            asked.add_argument("--ends-with", type=int, metavar="PARENT")
        if verb in ("run", "exec"):
            asked.add_argument("command", nargs=argparse.REMAINDER)
    return parser


if __name__ == "__main__":
    # A root shell that came through `su` may have no sbin in its PATH.
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    try:
        sys.exit(main(sys.argv[1:]))
    except (ApiError, EngineUnavailable) as error:
        sys.exit(f"No engine: {error}")
