"""A way to an engine's Unix socket on another machine, through the system's own `ssh`.

One ssh process forwards a local socket for all connections, and ends with this process however
that ends. It asks no questions: what `ssh` cannot do without a person is an error in its words.
"""

import errno
import os
import select
import socket
import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from ecstui.engine.endpoint import Endpoint, TlsFiles

DEFAULT_REMOTE_SOCKET = "/var/run/docker.sock"
_CONNECT_SECONDS = 10
_READY = b"ready\n"
_END_SECONDS = 2.0
_OPTIONS = (
    "BatchMode=yes",
    "ExitOnForwardFailure=yes",
    f"ConnectTimeout={_CONNECT_SECONDS}",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=2",
    "ControlMaster=no",
    "ControlPath=none",
    "LogLevel=ERROR",
)


class SshTunnel:
    """The socket of a remote engine, reached over ssh; opened again when it has broken."""

    def __init__(self, endpoint: Endpoint) -> None:
        """`endpoint`: `ssh://user@host:port/path/of/socket`; nothing is started yet."""
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._is_closed = False

    def connect(self, timeout_seconds: float | None) -> socket.socket:
        """A connection to the engine's socket; may be called from several threads.

        Raises:
            OSError: ssh cannot get there; `strerror` is what it said.
        """
        path = self._ready_path()
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            opened.settimeout(timeout_seconds)
            opened.connect(path)
        except BaseException:
            opened.close()
            raise
        return opened

    def close(self) -> None:
        """End ssh; calls under way on its connections break. It cannot be used again."""
        with self._lock:
            self._is_closed = True
            self._end()

    def _ready_path(self) -> str:
        """Path of the local socket, once ssh has answered from the other side."""
        with self._lock:
            if self._is_closed:
                raise ConnectionAbortedError(errno.ECONNABORTED, "the tunnel was closed")
            if self._process is None or self._process.poll() is not None or self._folder is None:
                self._end()
                self._begin()
            assert self._folder is not None
            return _local_socket(self._folder)

    def _begin(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="ecstui-ssh-")
        errors = Path(self._folder.name) / "errors"
        with errors.open("wb") as said:
            try:
                self._process = subprocess.Popen(
                    ssh_command(self._endpoint, _local_socket(self._folder)),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=said,
                    start_new_session=True,  # Ctrl+C at the daemon's terminal is not for ssh
                )
            except FileNotFoundError as error:
                raise OSError(errno.ENOENT, "there is no program `ssh` here: install it") from error
        if not _echoes(self._process):
            lines = errors.read_text(errors="replace").strip().splitlines()
            self._end()
            words = lines[-1] if lines else "ssh did not get there in time"
            raise OSError(errno.EHOSTUNREACH, words.strip())

    def _end(self) -> None:
        process, self._process = self._process, None
        folder, self._folder = self._folder, None
        if process is not None:
            process.kill()
            with suppress(subprocess.TimeoutExpired):  # the kernel will let it go when it can
                process.wait(_END_SECONDS)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
        if folder is not None:
            folder.cleanup()


def ssh_command(endpoint: Endpoint, local_socket: str) -> list[str]:
    """The command that forwards `local_socket`; it ends when its standard input does.

    Raises:
        OSError: the address names no host.
    """
    parts = urlsplit(endpoint.address)
    host = parts.hostname
    if not host or host.startswith("-"):
        raise OSError(errno.EINVAL, "the address names no host: write ssh://user@host")
    command = ["ssh", "-T", *(word for option in _OPTIONS for word in ("-o", option))]
    command += _own_files(endpoint.tls)
    if parts.username:
        command += ["-l", parts.username]
    if parts.port:
        command += ["-p", str(parts.port)]
    remote = parts.path if parts.path.strip("/") else DEFAULT_REMOTE_SOCKET
    return [*command, "-L", f"{local_socket}:{remote}", "--", host, "cat"]


def _own_files(files: TlsFiles | None) -> list[str]:
    """Key and known hosts where the settings name them; else ssh's own settings hold."""
    found: list[str] = []
    if files is not None and files.key_file:
        found += ["-i", files.key_file, "-o", "IdentitiesOnly=yes"]
    if files is not None and files.ca_file:
        found += ["-o", f"UserKnownHostsFile={files.ca_file}", "-o", "StrictHostKeyChecking=yes"]
    return found


def _local_socket(folder: "tempfile.TemporaryDirectory[str]") -> str:
    return f"{folder.name}/s"


def _echoes(process: "subprocess.Popen[bytes]") -> bool:
    """Whether the other side has sent back what it was sent, which it does when all is set up."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(_READY)
        process.stdin.flush()
    except OSError:
        _let_it_say_why(process)
        return False
    heard = b""
    while not heard.endswith(_READY):
        if not select.select([process.stdout], [], [], 2 * _CONNECT_SECONDS)[0]:
            return False
        piece = os.read(process.stdout.fileno(), 4096)
        if not piece:
            _let_it_say_why(process)
            return False
        heard = (heard + piece)[-4096:]
    return True


def _let_it_say_why(process: "subprocess.Popen[bytes]") -> None:
    """Give ssh, which has hung up, the time to write what the matter is and to end."""
    with suppress(subprocess.TimeoutExpired):  # then it is killed
        process.wait(_END_SECONDS)
