"""The AWS CLI in the versions that are here: 1, which pip installs; 2, as Debian packages it."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from botocore.session import Session

WAITERS = ("TasksRunning", "TasksStopped", "ServicesStable", "ServicesInactive")
"""Those that every version has."""
_OF_DEBIAN = Path("/usr/bin/aws")


@dataclass(frozen=True)
class AwsCli:
    """A program, and the exit code with which it says that the service refused."""

    version: int
    command: tuple[str, ...]
    refused: int

    def line(self, environ: Mapping[str, str], *words: str) -> list[str]:
        """A whole command line; before 2.13 the CLI does not know AWS_ENDPOINT_URL."""
        return [*self.command, "--endpoint-url", environ["AWS_ENDPOINT_URL"], *words]


FIRST = AwsCli(1, (sys.executable, str(Path(sys.executable).with_name("aws"))), 255)


@cache
def second() -> list[AwsCli]:
    """Version 2, if it is here."""
    if not _OF_DEBIAN.exists():
        return []
    asked = [str(_OF_DEBIAN), "--version"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    return [AwsCli(2, (str(_OF_DEBIAN),), 254)] if told.startswith("aws-cli/2.") else []


def version_of(cli: AwsCli) -> str:
    """How a test with it is named."""
    return f"aws-cli-{cli.version}"


def hurry(home: Path) -> None:
    """Have the CLI ask more often while it waits: botocore looks into ~/.aws/models first."""
    model = Session().get_component("data_loader").load_service_model("ecs", "waiters-2")
    hurried = {"delay": 0, "maxAttempts": 20_000}
    waiters = {name: model["waiters"][name] | hurried for name in WAITERS}
    folder = home / ".aws/models/ecs/2014-11-13"
    folder.mkdir(parents=True)
    (folder / "waiters-2.json").write_text(json.dumps({"version": 2, "waiters": waiters}))
