"""A second Docker Engine, as if on another machine: reached over TLS, and over ssh.

It has a network of its own, joined to ours by one cable that can be pulled. Keys and certificates
are made for the occasion and go with its folder; everything ends with the process that started it.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.docker_engine import daemon, images, packages
from tests.docker_engine.api import EngineApi

_OURS, _THEIRS = "10.211.77.1", "10.211.77.2"
TLS_PORT = 2376
SSH_PORT = 2222
_CABLE = "ecstui-far0"
_PROGRAMS = {"ip": "iproute2", "openssl": "openssl", "ssh": "openssh-client"}
_SSHD = {"sshd": "openssh-server"}


class RemoteEngine:
    """An engine on a machine of its own, as far as the network goes."""

    def __init__(self, folder: Path) -> None:
        """Start it with the test images, and an sshd beside it.

        Raises:
            EngineUnavailable: it cannot be had here.
        """
        packages.install(_PROGRAMS | _SSHD)
        self.folder = folder
        self._keys = folder.with_name(f"{folder.name}-keys")
        self._keys.mkdir(parents=True)
        _make_certificates(self._keys)
        _make_ssh_keys(self._keys)
        self._machine = subprocess.Popen(
            ["unshare", "--net", "--", "sh", "-c", "ip link set lo up; echo; exec sleep infinity"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            preexec_fn=daemon.end_with_parent,  # noqa: PLW1509
        )
        assert self._machine.stdout is not None
        self._machine.stdout.readline()
        self._machine.stdout.close()
        self._lay_cable()
        self._sshd = self._start_sshd()
        self.dockerd = self._start_dockerd()
        images.load(EngineApi(daemon.socket_of(folder)))

    # -- where it is ------------------------------------------------------------------------------

    @property
    def tls(self) -> dict[str, str]:
        """How it is reached over TLS, in the words of RegisterEngine."""
        return {
            "address": f"tcp://{_THEIRS}:{TLS_PORT}",
            "ca_file": str(self._keys / "ca.pem"),
            "certificate_file": str(self._keys / "client.pem"),
            "key_file": str(self._keys / "client-key.pem"),
        }

    @property
    def ssh(self) -> dict[str, str]:
        """How it is reached over ssh."""
        return {
            "address": f"ssh://root@{_THEIRS}:{SSH_PORT}{daemon.socket_of(self.folder)}",
            "ca_file": str(self._keys / "known_hosts"),
            "key_file": str(self._keys / "id"),
        }

    @property
    def local_address(self) -> str:
        """Its Unix socket, for tests to look behind everybody's back."""
        return f"unix://{daemon.socket_of(self.folder)}"

    # -- what is done to it -----------------------------------------------------------------------

    def pull_cable(self) -> None:
        """Nothing gets there any more, and nobody is told; what it runs goes on."""
        _run("ip", "link", "set", _CABLE, "down")

    def plug_cable(self) -> None:
        """It is there again."""
        _run("ip", "link", "set", _CABLE, "up")

    def stop_dockerd(self) -> None:
        """Only its engine stops, and with it the containers; the machine is there."""
        self.dockerd.terminate()
        self.dockerd.wait(30)

    def start_dockerd(self) -> None:
        """Its engine is there again."""
        self.dockerd = self._start_dockerd()

    def close(self) -> None:
        """End everything and remove what it kept."""
        for process in (self._sshd,):
            process.kill()
            process.wait(10)
        daemon.stop(self.folder)
        if self.dockerd.poll() is None:
            self.dockerd.kill()
        self.dockerd.wait(30)
        self._machine.kill()
        self._machine.wait(10)
        for file in self._keys.iterdir():
            file.unlink()
        self._keys.rmdir()

    # -- parts ------------------------------------------------------------------------------------

    def _lay_cable(self) -> None:
        subprocess.run(["ip", "link", "del", _CABLE], check=False, capture_output=True)
        peer = ("peer", "name", "far1", "netns", str(self._machine.pid))
        _run("ip", "link", "add", _CABLE, "type", "veth", *peer)
        _run("ip", "address", "add", f"{_OURS}/30", "dev", _CABLE)
        self._inside("ip", "address", "add", f"{_THEIRS}/30", "dev", "far1")
        self._inside("ip", "link", "set", "far1", "up")
        self.plug_cable()

    def _inside(self, *command: str) -> None:
        _run("nsenter", f"--net=/proc/{self._machine.pid}/ns/net", "--", *command)

    def _start_dockerd(self) -> "subprocess.Popen[bytes]":
        keys = self._keys
        return daemon.start(
            self.folder,
            sys.executable,
            stops_with_us=True,
            network_of=self._machine.pid,
            options=(
                *("--host", f"tcp://{_THEIRS}:{TLS_PORT}", "--tlsverify"),
                *("--tlscacert", str(keys / "ca.pem")),
                *("--tlscert", str(keys / "server.pem")),
                *("--tlskey", str(keys / "server-key.pem")),
            ),
        )

    def _start_sshd(self) -> "subprocess.Popen[bytes]":
        keys = self._keys
        settings = keys / "sshd_config"
        settings.write_text(
            f"ListenAddress {_THEIRS}:{SSH_PORT}\n"
            f"HostKey {keys / 'host'}\n"
            f"AuthorizedKeysFile {keys / 'id.pub'}\n"
            "PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
            "PermitRootLogin prohibit-password\nAllowStreamLocalForwarding yes\n"
        )
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with (keys / "sshd.log").open("wb") as log:
            return subprocess.Popen(
                [
                    *("nsenter", f"--net=/proc/{self._machine.pid}/ns/net", "--"),
                    *("/usr/sbin/sshd", "-D", "-e", "-f", str(settings)),
                ],
                stdin=subprocess.DEVNULL,
                stderr=log,
                preexec_fn=daemon.end_with_parent,  # noqa: PLW1509
            )


def _make_certificates(folder: Path) -> None:
    """A CA, and what it signed: a server that is the far machine, and a client."""
    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl(folder, *new, "-x509", "-days", "2", "-subj", "/CN=ecstui test CA",
             "-keyout", "ca-key.pem", "-out", "ca.pem")  # fmt: skip
    for name, extension in (
        ("server", f"subjectAltName=IP:{_THEIRS}\nextendedKeyUsage=serverAuth\n"),
        ("client", "extendedKeyUsage=clientAuth\n"),
    ):
        _openssl(folder, *new, "-subj", f"/CN={name}",
                 "-keyout", f"{name}-key.pem", "-out", f"{name}.csr")  # fmt: skip
        (folder / f"{name}.ext").write_text(extension)
        _openssl(folder, "x509", "-req", "-days", "2", "-in", f"{name}.csr", "-CA", "ca.pem",
                 "-CAkey", "ca-key.pem", "-CAcreateserial", "-extfile", f"{name}.ext",
                 "-out", f"{name}.pem")  # fmt: skip


def _openssl(folder: Path, *words: str) -> None:
    _run("openssl", *words, folder=folder)


def _make_ssh_keys(folder: Path) -> None:
    for name in ("host", "id"):
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name))
    host = (folder / "host.pub").read_text().split()[:2]
    (folder / "known_hosts").write_text(f"[{_THEIRS}]:{SSH_PORT} {' '.join(host)}\n")


def _run(*command: str, folder: Path | None = None) -> None:
    done = subprocess.run(
        command, cwd=folder, env=os.environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
