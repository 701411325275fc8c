"""Debian packages: installs the programs that an engine needs, and fetches what images are made of.

Images are made of packages that are unpacked, never installed: apt works out what they need on an
empty system, and no maintainer script runs.
"""

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.docker_engine.errors import EngineUnavailable

_ENGINE_PROGRAMS = {"dockerd": "docker.io", "iptables": "iptables", "tmux": "tmux"}
"""tmux is for the tests that sit at a terminal in front of the engine."""
_AWS_CLI = Path("/usr/bin/aws"), "awscli"
"""Version 2, beside the version 1 that the tests' own environment has."""
_POLICY = Path("/usr/sbin/policy-rc.d")
_APT_OPTIONS = (
    "-qq",
    *("-o", "APT::Install-Recommends=0"),
    *("-o", "APT::Sandbox::User=root"),
    *("-o", "DPkg::Lock::Timeout=300"),
)


def install_engine() -> None:
    """Install what a Docker Engine needs where it is missing; no service is started.

    Raises:
        EngineUnavailable: it cannot be installed here.
    """
    install(_ENGINE_PROGRAMS)


def install_aws_cli() -> None:
    """Install version 2 of the AWS CLI where this distribution has it; fewer tests run else."""
    program, package = _AWS_CLI
    if program.exists() or not shutil.which("apt-cache"):
        return
    known = subprocess.run(["apt-cache", "show", package], capture_output=True, check=False)
    if known.returncode == 0:
        with suppress(EngineUnavailable):
            install({str(program): package})


def install(programs: Mapping[str, str]) -> None:
    """Install the packages of programs that are missing; no service is started.

    Raises:
        EngineUnavailable: they cannot be installed here.
    """
    missing = [pkg for program, pkg in programs.items() if not shutil.which(program)]
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise EngineUnavailable(f"{' and '.join(missing)} not installed, and there is no apt-get")
    print(f"Installing {' '.join(missing)} from Debian's packages.", flush=True)
    with _no_services_started():
        _apt_fresh("install", "-y", *missing)


def download(packages: Sequence[str], without: Sequence[str], folder: Path) -> list[Path]:
    """Fetch packages and all they need, as .deb files in `folder`.

    `without`: beginnings of the names of packages that only maintainer scripts need.
    """
    if not shutil.which("apt-get"):
        raise EngineUnavailable("test images are made of Debian's packages; there is no apt-get")
    empty_system = ("-o", "Dir::State::status=/dev/null")
    plan = _apt_fresh(*empty_system, "--simulate", "install", *packages)
    names = [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
    wanted = [name for name in names if not name.startswith(tuple(without))]
    _apt_fresh("download", *wanted, folder=folder)
    return sorted(folder.glob("*.deb"))


@contextmanager
def opened(deb: Path) -> Iterator[tarfile.TarFile]:
    """The files of a package, as an open tar file."""
    unpacked = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], check=True, capture_output=True)
    with tarfile.open(fileobj=io.BytesIO(unpacked.stdout)) as archive:
        yield archive


def _apt_fresh(*arguments: str, folder: Path | None = None) -> str:
    """apt-get's output; package lists are brought up to date when it fails with the present ones.

    A fresh machine has none, and old ones name versions that are gone.
    """
    done = _apt(*arguments, folder=folder)
    if done.returncode != 0:
        updated = _apt("update")
        done = _apt(*arguments, folder=folder) if updated.returncode == 0 else updated
    if done.returncode != 0:
        raise EngineUnavailable(f"apt-get {' '.join(arguments)}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def _apt(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    command = ["apt-get", *_APT_OPTIONS, *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@contextmanager
def _no_services_started() -> Iterator[None]:
    """Keep packages from starting their services while they are installed.

    Debian's policy-rc.d decides about that; one that is there already is left alone.
    """
    if _POLICY.exists():
        yield
        return
    with tempfile.NamedTemporaryFile("w", dir=_POLICY.parent, delete=False) as policy:
        policy.write("#!/bin/sh\nexit 101\n")
    Path(policy.name).chmod(0o755)
    Path(policy.name).rename(_POLICY)
    try:
        yield
    finally:
        _POLICY.unlink(missing_ok=True)
