"""The files of one state directory, by name. Nothing is made or opened here."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StatePaths:
    """The files of one state directory; everything that ecstui keeps is one of them."""

    root: Path

    def all(self) -> tuple[Path, ...]:
        """Every one of them."""
        return (
            self.journal,
            self.lock,
            self.socket,
            self.owner,
            self.log,
            self.start_errors,
            self.failure,
            self.engine,
            self.keys,
            self.logs,
            self.metadata,
            self.drafts,
            self.screen,
            self.screen_log,
            self.demo,
        )

    @property
    def journal(self) -> Path:
        """The records, in SQLite."""
        return self.root / "journal.sqlite"

    @property
    def lock(self) -> Path:
        """Held by the daemon as long as it lives; says its process id."""
        return self.root / "lock"

    @property
    def socket(self) -> Path:
        """The door, mode 0600."""
        return self.root / "socket"

    @property
    def owner(self) -> Path:
        """Id of this directory, on the label of every container."""
        return self.root / "owner"

    @property
    def log(self) -> Path:
        """What the daemon tells; rotated."""
        return self.root / "daemon.log"

    @property
    def start_errors(self) -> Path:
        """What the latest daemon in the background wrote to its standard error."""
        return self.root / "daemon.err"

    @property
    def failure(self) -> Path:
        """Why the latest daemon had to stop by itself; absent otherwise."""
        return self.root / "failure"

    @property
    def engine(self) -> Path:
        """What the engine said of itself when it answered last."""
        return self.root / "engine.json"

    @property
    def keys(self) -> Path:
        """The key that callers of the door on TCP sign with, mode 0600."""
        return self.root / "keys.json"

    @property
    def logs(self) -> Path:
        """Folder of lines that containers wrote, kept when they are gone."""
        return self.root / "logs"

    @property
    def metadata(self) -> Path:
        """Port and key of the task metadata endpoint, mode 0600."""
        return self.root / "metadata.json"

    @property
    def drafts(self) -> Path:
        """Folder of what people edit and have not sent."""
        return self.root / "drafts"

    @property
    def screen(self) -> Path:
        """Where the screens remember what people chose."""
        return self.root / "screen.json"

    @property
    def screen_log(self) -> Path:
        """What the screens had to tell beside what they show; rotated."""
        return self.root / "screen.log"

    @property
    def demo(self) -> Path:
        """State directory of the demo on Docker, apart from one's own."""
        return self.root / "demo"
