"""The inside of a simulated container: its files, and what its programs find there.

Volumes are dictionaries from path to content that several containers may share. Folders exist as
soon as something is in them; nothing else of a file system is simulated.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Files = dict[str, str]
_FOLDERS = ("/", "/tmp", "/etc", "/var", "/run", "/usr", "/bin", "/home", "/dev", "/proc")
_SOURCES = ("/dev/null", "/dev/zero", "/dev/stdout", "/dev/stderr")


@dataclass(frozen=True, slots=True)
class Mounted:
    """Files of a volume, at a place of the container."""

    target: str
    files: Files
    is_read_only: bool


class Interior:
    """Files of one container."""

    def __init__(self, mounts: Iterable[Mounted], *, is_root_read_only: bool) -> None:
        """`mounts`: of nested ones the innermost counts."""
        self.mounts: Sequence[Mounted] = sorted(mounts, key=lambda mount: -len(mount.target))
        self._root = Mounted("", {}, is_root_read_only)

    def read(self, path: str) -> str | None:
        """Content of a file, nothing of a folder, None of what is not there."""
        mount, inner = self._find(path)
        content = mount.files.get(inner)
        if content is not None:
            return content
        is_there = path in _FOLDERS or path in _SOURCES or path == mount.target
        return "" if is_there or any(each.startswith(inner + "/") for each in mount.files) else None

    def write(self, path: str, text: str, *, appends: bool) -> bool:
        """Write a file; False when its place is read-only."""
        mount, inner = self._find(path)
        if mount.is_read_only:
            return False
        mount.files[inner] = mount.files.get(inner, "") + text if appends else text
        return True

    def delete(self, path: str) -> None:
        """Remove a file, or all below a folder, unless its place is read-only."""
        mount, inner = self._find(path)
        if not mount.is_read_only:
            for each in [
                each for each in mount.files if each == inner or each.startswith(inner + "/")
            ]:
                del mount.files[each]

    def _find(self, path: str) -> tuple[Mounted, str]:
        for mount in self.mounts:
            if path == mount.target or path.startswith(mount.target.rstrip("/") + "/"):
                return mount, path[len(mount.target.rstrip("/")) :]
        return self._root, path
