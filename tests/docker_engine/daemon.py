"""Starts and stops a private dockerd that touches nothing outside its folder.

It has a network and a mount namespace of its own: its bridges, firewall chains and published ports
clash with nobody's, and its mounts go when it goes. Programs that talk to published ports run
inside that network (`inside`). No systemd is needed.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from tests.docker_engine.api import ApiError, EngineApi
from tests.docker_engine.errors import EngineUnavailable

_READY_SECONDS = 180
_STOP_SECONDS = 60
_POLL_SECONDS = 0.02
_PR_SET_PDEATHSIG = 1
_BRING_LOOPBACK_UP = """\
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    SIOCSIFFLAGS, IFF_UP_RUNNING = 0x8914, 0x41
    fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP_RUNNING))
os.execvp(sys.argv[1], sys.argv[1:])
"""


def socket_of(folder: Path) -> Path:
    """Where the engine of this folder listens."""
    return folder / "docker.sock"


def start(
    folder: Path,
    python: str,
    *,
    stops_with_us: bool,
    network_of: int | None = None,
    options: Sequence[str] = (),
) -> subprocess.Popen[bytes]:
    """Start dockerd with everything it keeps below `folder`; return it when it answers.

    `python` is the interpreter to start it through. With `stops_with_us` it ends when this process
    does, whatever way that is. `network_of`: a process whose network it shares instead of having
    one of its own; `options`: more of dockerd's own.

    Raises:
        EngineUnavailable: it does not start here; the message has the last line of its log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "daemon.json").write_text("{}")
    command: list[str | Path] = [
        *_network(network_of),
        *("unshare", "--mount", "--propagation", "slave", "--"),
        *(python, "-c", _BRING_LOOPBACK_UP),
        "dockerd",
        *("--config-file", folder / "daemon.json"),
        *("--data-root", folder / "data"),
        *("--exec-root", folder / "exec"),
        *("--pidfile", folder / "dockerd.pid"),
        *("--host", f"unix://{socket_of(folder)}"),
        *("--exec-opt", "native.cgroupdriver=cgroupfs"),
        *("--cgroup-parent", _cgroup_of(folder)),
        *options,
    ]
    with (folder / "dockerd.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=end_with_parent if stops_with_us else None,  # noqa: PLW1509
        )
    engine = EngineApi(socket_of(folder))
    _wait_until(lambda: engine.is_ready() or process.poll() is not None, _READY_SECONDS)
    if not engine.is_ready():
        said = (folder / "dockerd.log").read_text(errors="replace").split("\n")
        last = next((line for line in reversed(said) if line.strip()), "nothing")
        raise EngineUnavailable(f"dockerd did not start; the last it said was: {last}")
    return process


def _network(of: int | None) -> list[str]:
    """The beginning of a command that has a network of its own, or that of a process."""
    return ["unshare", "--net", "--"] if of is None else ["nsenter", f"--net=/proc/{of}/ns/net"]


def inside(folder: Path, command: Iterable[str]) -> list[str]:
    """The command that runs `command` in the network of this folder's engine."""
    return ["nsenter", f"--net=/proc/{_dockerd_of(folder)}/ns/net", "--", *command]


def stop(folder: Path) -> None:
    """Kill the containers, stop the engine, and remove what it left: processes, mounts, folder.

    Programs that still run in the engine's own network are ended too.
    """
    dockerd = _dockerd_of(folder)
    neighbours = _others_in_network_of(dockerd) if dockerd else set()
    _kill_containers(folder)
    if dockerd:
        _signal(dockerd, signal.SIGTERM)
        _wait_until(lambda: not _is_alive(dockerd), _STOP_SECONDS)
    left = neighbours | _processes_of(folder)
    for pid in left:
        _signal(pid, signal.SIGKILL)
    _wait_until(lambda: not any(_is_alive(pid) for pid in left), _STOP_SECONDS)
    _unmount_below(folder)
    _remove_cgroups(folder)
    shutil.rmtree(folder, ignore_errors=True)


def end_with_parent() -> None:
    """Have the kernel end this process when the one that started it is gone."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _kill_containers(folder: Path) -> None:
    """All at once: dockerd would give each its ten seconds."""
    engine = EngineApi(socket_of(folder), timeout_seconds=10)
    try:
        containers = engine.running_containers()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(engine.kill, containers))
    except ApiError:
        pass  # it hangs or is gone: its processes are found without it


def _dockerd_of(folder: Path) -> int | None:
    """Process id of the folder's dockerd, if that is what still runs under its number."""
    try:
        pid = int((folder / "dockerd.pid").read_text())
    except (OSError, ValueError):
        return None
    return pid if str(folder / "data") in _arguments_of(pid) else None


def _processes_of(folder: Path) -> set[int]:
    """containerd and the shims of this folder, and what runs below them."""
    socket = f"{folder}/exec/containerd/"
    found = {pid for pid in _all_processes() if any(socket in a for a in _arguments_of(pid))}
    grown = found
    while grown:
        grown = {pid for pid in _all_processes() if _parent_of(pid) in found} - found
        found |= grown
    return found - {os.getpid()}


def _others_in_network_of(dockerd: int) -> set[int]:
    """Processes in the network that was made for dockerd; none where it is everybody's."""
    network = _network_of(dockerd)
    if network == _network_of(os.getpid()):
        return set()
    there = {pid for pid in _all_processes() if _network_of(pid) == network}
    return there - {dockerd, os.getpid()}


def _all_processes() -> Iterator[int]:
    return (int(path.name) for path in Path("/proc").glob("[0-9]*"))


def _arguments_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def _status_of(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _parent_of(pid: int) -> int | None:
    status = _status_of(pid)
    return int(status[1]) if status else None


def _network_of(pid: int) -> str | None:
    try:
        return str(Path(f"/proc/{pid}/ns/net").readlink())
    except OSError:
        return None


def _is_alive(pid: int) -> bool:
    return _status_of(pid)[:1] not in ([], ["Z"])


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _wait_until(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(_POLL_SECONDS)


def _unmount_below(folder: Path) -> None:
    """Mounts that are seen from here; those in the engine's own namespace went with it."""
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for mount in reversed(mounts):
        if mount.startswith(f"{folder}/"):
            subprocess.run(["umount", "--lazy", mount], check=False, capture_output=True)


def _cgroup_of(folder: Path) -> str:
    return f"/{folder.name}"


def _remove_cgroups(folder: Path) -> None:
    """The control groups of the containers, empty now, on both versions of cgroups."""
    root = Path("/sys/fs/cgroup")
    name = _cgroup_of(folder).lstrip("/")
    for top in (*root.glob(name), *root.glob(f"*/{name}")):
        folders = [path for path in top.rglob("*") if path.is_dir()]
        for group in (*sorted(folders, reverse=True), top):
            try:
                group.rmdir()
            except OSError:
                break
