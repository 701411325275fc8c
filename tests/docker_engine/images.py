"""The images that tests run, made of Debian's packages and named as the public ones.

To add one, add a `Recipe`. An image is made once and kept as an archive in the cache folder
($ECSTUI_TEST_CACHE, else .cache/ in the checkout); removing the folder renews it.
"""

import hashlib
import io
import json
import os
import platform
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from tests.docker_engine import packages
from tests.docker_engine.api import EngineApi

_CHECKOUT = Path(__file__).parents[2]
_MAKING = "1"  # goes up when root file systems of unchanged recipes come out differently

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MERGED = ("bin", "sbin", "lib", "lib64")  # Debian has them in usr, and links to there
_FOLDERS = ("data", "dev", "proc", "root", "run", "sys", "tmp", "var/lib", "var/log", "var/tmp")
_OPEN_TO_ALL = ("tmp", "var/tmp")
_LEFT_OUT = ("usr/share/doc/", "usr/share/man/", "usr/share/locale/", "usr/share/lintian/")
_ONLY_FOR_SCRIPTS = ("perl", "libperl", "adduser", "passwd", "debconf", "lsb-base", "ucf")
_USERS = "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/sh\n"
_GROUPS = "root:x:0:\nadm:x:4:\nwww-data:x:33:\n"
_ACCOUNTS = {
    "etc/passwd": _USERS + "nobody:x:65534:65534::/:/bin/sh\n",
    "etc/group": _GROUPS + "nogroup:x:65534:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}


@dataclass(frozen=True)
class Recipe:
    """An image: its names, the packages inside, files of our own, and how it runs."""

    names: tuple[str, ...]
    packages: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    """Beginnings of names of needed packages that the program does well without."""
    files: dict[str, str] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)
    """Members of the image's `config`, as `docker inspect` shows them."""


_NGINX_CONF = """\
worker_processes 1;
pid /run/nginx.pid;
error_log /dev/stderr notice;
events { worker_connections 1024; }
http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log /dev/stdout;
    include /etc/nginx/conf.d/*.conf;
}
"""
_NGINX_DEFAULT = """\
server {
    listen 80;
    root /usr/share/nginx/html;
}
"""

RECIPES = (
    Recipe(names=("busybox:stable", "busybox:latest"), settings={"Cmd": ["sh"]}),
    Recipe(
        names=("nginx:stable", "nginx:latest", "nginx:alpine"),
        packages=("nginx",),
        without=("iproute2", "libcap2-bin", "libgssapi", "libk", "libdb", "libtirpc", "libbpf"),
        files={
            "etc/nginx/nginx.conf": _NGINX_CONF,
            "etc/nginx/conf.d/default.conf": _NGINX_DEFAULT,
            "usr/share/nginx/html/index.html": "<h1>Welcome to nginx!</h1>\n",
        },
        settings={
            "Cmd": ["nginx", "-g", "daemon off;"],
            "ExposedPorts": {"80/tcp": {}},
            "StopSignal": "SIGQUIT",
        },
    ),
)


def load(engine: EngineApi) -> None:
    """Give the engine every image of `RECIPES` that it does not have.

    Raises:
        EngineUnavailable: packages cannot be fetched.
    """
    for recipe in RECIPES:
        if not all(engine.has_image(name) for name in recipe.names):
            engine.load_image(archive_of(recipe))


def archive_of(recipe: Recipe) -> Path:
    """The recipe's image as an archive in the cache, made if it is not there."""
    stem = recipe.names[0].replace(":", "-")
    target = _cache() / f"{stem}-{_fingerprint(recipe)}.tar"
    if not target.exists():
        print(f"Making the image {recipe.names[0]} of Debian's packages.", flush=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            layer = Path(folder, "layer.tar")
            _make_layer(recipe, Path(folder), layer)
            archive = Path(folder, "image.tar")
            _make_archive(recipe, layer, archive)
            for outdated in target.parent.glob(f"{stem}-*.tar"):
                outdated.unlink()
            archive.rename(target)
    return target


def _cache() -> Path:
    return Path(os.environ.get("ECSTUI_TEST_CACHE") or _CHECKOUT / ".cache") / "images"


def _fingerprint(recipe: Recipe) -> str:
    release = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    parts = (_MAKING, platform.machine(), release, repr(recipe))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _make_archive(recipe: Recipe, layer: Path, target: Path) -> None:
    """An archive as `docker save` writes it: the layer, how to run it, and the image's names."""
    with layer.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    image = {
        "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "created": "2025-01-01T00:00:00Z",
        "config": {"Env": [f"PATH={_PATH}"], **recipe.settings},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        "history": [{"created": "2025-01-01T00:00:00Z", "created_by": "ecstui's tests"}],
    }
    manifest = [
        {"Config": "image.json", "RepoTags": list(recipe.names), "Layers": ["layer.tar"]},
    ]
    with tarfile.open(target, "w") as tar:
        tar.add(layer, "layer.tar")
        _add_text(tar, "image.json", json.dumps(image))
        _add_text(tar, "manifest.json", json.dumps(manifest))


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode()
    member = tarfile.TarInfo(name)
    member.size = len(content)
    member.mode = 0o644
    tar.addfile(member, io.BytesIO(content))


def _make_layer(recipe: Recipe, folder: Path, target: Path) -> None:
    debs = packages.download(
        (*recipe.packages, "busybox-static"), (*_ONLY_FOR_SCRIPTS, *recipe.without), folder
    )
    with tarfile.open(target, "w") as tar:
        root = _Root(tar)
        root.add_skeleton()
        for path, text in (_ACCOUNTS | recipe.files).items():
            root.add_file(path, text)
        for deb in debs:
            with packages.opened(deb) as archive:
                root.add_package(archive)
        for applet in _applets(debs, folder):
            root.add_link(f"usr/bin/{applet}", "busybox")


def _applets(debs: list[Path], folder: Path) -> Iterator[str]:
    """Names of busybox's commands, as its own binary tells them."""
    (deb,) = [each for each in debs if each.name.startswith("busybox-static_")]
    with packages.opened(deb) as archive:
        (member,) = [each for each in archive if each.name.endswith("bin/busybox")]
        content = archive.extractfile(member)
        assert content is not None
        binary = folder / "busybox"
        binary.write_bytes(content.read())
    binary.chmod(0o755)
    listed = subprocess.run([binary, "--list"], check=True, capture_output=True, text=True)
    yield from listed.stdout.split()


class _Root:
    """A root file system while it grows: what was added first stays."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._names: set[str] = set()

    def add_skeleton(self) -> None:
        """The folders that every root has, with bin, sbin and lib in usr."""
        for name in ("usr", "etc", "var", *(f"usr/{each}" for each in _MERGED), *_FOLDERS):
            self._add_folder(name, 0o1777 if name in _OPEN_TO_ALL else 0o755)
        for name in _MERGED:
            self.add_link(name, f"usr/{name}")

    def add_file(self, name: str, text: str) -> None:
        """A text file that everybody may read."""
        self._names.add(name)
        _add_text(self._tar, name, text)

    def add_link(self, name: str, target: str) -> None:
        """A symbolic link."""
        member = tarfile.TarInfo(name)
        member.type = tarfile.SYMTYPE
        member.linkname = target
        self._add(member)

    def add_package(self, archive: tarfile.TarFile) -> None:
        """A package's files, without documentation and translations."""
        for member in archive:
            member.name = _in_usr(member.name)
            if member.name.startswith(_LEFT_OUT):
                continue
            if member.islnk():
                member.linkname = _in_usr(member.linkname)
            self._add(member, archive.extractfile(member) if member.isreg() else None)

    def _add_folder(self, name: str, mode: int) -> None:
        member = tarfile.TarInfo(name)
        member.type = tarfile.DIRTYPE
        member.mode = mode
        self._add(member)

    def _add(self, member: tarfile.TarInfo, content: IO[bytes] | None = None) -> None:
        if member.name in self._names or member.name == ".":
            return
        self._names.add(member.name)
        self._tar.addfile(member, content)


def _in_usr(name: str) -> str:
    """A path inside a package as it is in the image: `./bin/sh` is `usr/bin/sh`."""
    path = PurePosixPath(name)
    merged = path.parts and path.parts[0] in _MERGED
    return str("usr" / path if merged else path)
