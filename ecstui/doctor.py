"""What may be wrong with a machine, a state directory, a daemon or an engine, and what to do.

Everything here is pure: facts in, checks out. Gathering the facts is `commands/probe.py`'s work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ecstui.engine.endpoint import Endpoint, NoEndpoint, SocketState

GIB = 1024**3
MIB = 1024**2
OLDEST_PYTHON = (3, 11)
OLDEST_API = (1, 24)
"""Of Docker's own client for Python, which ecstui uses."""
SMALLEST_SIZE = (60, 16)
USUAL_SIZE = (80, 24)


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report; `remedy` says what to do, empty when there is nothing to do."""

    name: str
    verdict: Verdict
    detail: str
    remedy: str = ""


def _ok(name: str, detail: str) -> Check:
    return Check(name, Verdict.OK, detail)


# -- machine --------------------------------------------------------------------------------------


def check_python(version: tuple[int, int, int]) -> Check:
    """Whether this Python runs ecstui."""
    words = ".".join(map(str, version))
    if version[:2] < OLDEST_PYTHON:
        return Check("python", Verdict.FAIL, words, "Use Python 3.11 or newer.")
    return _ok("python", words)


@dataclass(frozen=True, slots=True)
class TerminalFacts:
    """What standard output is; size in columns and lines."""

    is_terminal: bool
    size: tuple[int, int] = USUAL_SIZE
    term: str = ""
    colour_term: str = ""
    encoding: str = "utf-8"


def check_terminal(facts: TerminalFacts) -> Check:
    """Whether the screens can be drawn here."""
    name = "terminal"
    if not facts.is_terminal:
        return _ok(name, "none here: the output goes elsewhere")
    if facts.term in ("", "dumb"):
        detail = f"TERM is {facts.term or 'not set'}"
        return Check(name, Verdict.FAIL, detail, "Set TERM, e.g. xterm-256color.")
    columns, lines = facts.size
    detail = f"{columns}x{lines}, {_colours(facts)}, {facts.encoding or 'unknown encoding'}"
    if columns < SMALLEST_SIZE[0] or lines < SMALLEST_SIZE[1]:
        return Check(name, Verdict.WARN, detail, "Make it 60x16 at least, better 80x24.")
    if "utf" not in facts.encoding.lower():
        return Check(name, Verdict.WARN, detail, "Set LANG to a UTF-8 locale.")
    if columns < USUAL_SIZE[0] or lines < USUAL_SIZE[1]:
        return Check(name, Verdict.WARN, detail, "80x24 or more shows every column.")
    return _ok(name, detail)


def _colours(facts: TerminalFacts) -> str:
    if facts.colour_term in ("truecolor", "24bit"):
        return "16 million colours"
    return "256 colours" if "256" in facts.term else "16 colours"


# -- state directory ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """Room on a file system."""

    free_bytes: int
    free_files: int | None = None


@dataclass(frozen=True, slots=True)
class StateFacts:
    """A state directory as it is found."""

    path: str
    exists: bool = True
    is_own: bool = True
    mode: int = 0o700
    problem: str = ""
    """Why it cannot be looked at or written to, or empty."""
    disk: DiskFacts | None = None


def check_state(facts: StateFacts) -> Check:
    """Whether the state directory can be used, and by nobody else."""
    name = "state"
    if facts.problem:
        return Check(
            name, Verdict.FAIL, f"{facts.path}: {facts.problem}", "Choose another with --state DIR."
        )
    if not facts.exists:
        return _ok(name, f"{facts.path} (made at the first start)")
    if not facts.is_own:
        return Check(
            name,
            Verdict.FAIL,
            f"{facts.path} belongs to another user",
            "Choose another with --state DIR, or run ecstui as that user.",
        )
    if facts.mode & 0o077:
        return Check(
            name,
            Verdict.WARN,
            f"{facts.path} is open to others (mode {facts.mode:o})",
            f"chmod 700 {facts.path}",
        )
    return _ok(name, facts.path)


def check_disk(name: str, path: str, disk: DiskFacts, *, least: int, enough: int) -> Check:
    """Whether a file system has room: at least `least` bytes, and better `enough`."""
    detail = f"{_bytes(disk.free_bytes)} free at {path}"
    if disk.free_files == 0:
        return Check(name, Verdict.FAIL, f"no files can be made at {path}", "Remove some files.")
    if disk.free_bytes < least:
        return Check(name, Verdict.FAIL, f"full: {detail}", "Make room.")
    if disk.free_bytes < enough:
        return Check(name, Verdict.WARN, f"nearly full: {detail}", "Make room.")
    return _ok(name, detail)


def _bytes(count: int) -> str:
    return f"{count / GIB:.1f} GiB" if count >= GIB else f"{count // MIB} MiB"


# -- daemon ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DaemonFacts:
    """Who serves a state directory; process ids are None where there is nobody, 0 if unknown."""

    holder: int | None = None
    """Process that holds the lock."""
    serving: int | None = None
    """Process that answers on the socket."""
    version: str = ""
    own_version: str = ""
    problem: str = ""
    """What was wrong with its answer, or empty."""
    failure: str = ""
    """Why the latest daemon had to stop by itself, or empty."""
    ignored_members: tuple[str, ...] = ()


def check_daemon(facts: DaemonFacts) -> Check:
    """Whether a daemon serves, and whether it is ours."""
    name = "daemon"
    who = f"process {facts.serving or facts.holder or '?'}"
    if facts.problem:
        return Check(name, Verdict.FAIL, facts.problem, f"Look at {who}; `kill` it if need be.")
    if facts.serving is not None:
        if facts.version != facts.own_version:
            return Check(
                name,
                Verdict.WARN,
                f"{who} runs ecstui {facts.version}, this is {facts.own_version}",
                "`ecstui stop`, then `ecstui`: tasks keep running.",
            )
        return _ok(name, f"{who}, ecstui {facts.version}")
    if facts.holder is not None:
        return Check(
            name,
            Verdict.FAIL,
            f"the state is locked by {who}, which does not answer",
            f"Wait a moment; then `kill {facts.holder or 'it'}`. Nothing acknowledged is lost.",
        )
    if facts.failure:
        return Check(name, Verdict.FAIL, f"it had to stop: {facts.failure}", _cure(facts.failure))
    return _ok(name, "not running; `ecstui` starts it")


def _cure(failure: str) -> str:
    if "full" in failure or "No space" in failure:
        return "Make room on the disk, then start it again."
    if "malformed" in failure or "not a database" in failure:
        return "The journal is damaged: move journal.sqlite* away, or put a copy back."
    return "Start it again; see daemon.log in the state directory."


def check_ignored(members: Sequence[str]) -> Check | None:
    """Tell of request members that ecstui passed over because it does not know them."""
    if not members:
        return None
    shown = ", ".join(members[:5]) + (" …" if len(members) > 5 else "")
    remedy = (
        "Check their spelling; those that ECS has are not carried out here (README, How much of "
        "ECS)."
    )
    return Check("requests", Verdict.WARN, f"passed over: {shown}", remedy)


# -- engine ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answered:
    """What an engine says of itself."""

    version: str
    api_version: str
    is_podman: bool = False
    detail: str = ""
    """CPUs, memory, operating system."""


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """How far one gets on the way to the engine; each step is None when it was not reached."""

    endpoint: Endpoint | NoEndpoint
    has_docker_program: bool
    socket: SocketState | None = None
    socket_group: str = ""
    """Name of the group that may use the socket."""
    is_in_group: bool = False
    """Whether the user database has this user in that group already."""
    problem: str = ""
    """Why no answer came, in words, or empty."""
    answered: Answered | None = None


def check_engine(facts: EngineFacts) -> Check:
    """Tell apart what can stand between ecstui and a Docker Engine."""
    endpoint = facts.endpoint
    if isinstance(endpoint, NoEndpoint):
        return _engine(Verdict.FAIL, endpoint.reason, f"Correct or unset {endpoint.source}.")
    where = endpoint.socket_path or endpoint.address
    match facts.socket:
        case SocketState.ABSENT:
            return _absent(facts, endpoint)
        case SocketState.FORBIDDEN:
            return _forbidden(facts, where)
        case SocketState.REFUSED:
            return _engine(
                Verdict.FAIL,
                f"the Docker daemon does not run: nobody listens at {where}",
                "Start it: `systemctl start docker`, or open Docker Desktop.",
            )
        case _:
            return _reached(facts, endpoint, where)


def _engine(verdict: Verdict, detail: str, remedy: str = "") -> Check:
    return Check("engine", verdict, detail, remedy)


def _absent(facts: EngineFacts, endpoint: Endpoint) -> Check:
    where = endpoint.socket_path
    if endpoint.source not in ("default", "given"):
        return _engine(
            Verdict.FAIL,
            f"{endpoint.source} names {where}, where there is no socket",
            f"Correct {endpoint.source}, or start the engine that it names.",
        )
    if not facts.has_docker_program:
        return _engine(
            Verdict.FAIL,
            "Docker is not installed",
            "Install Docker Engine (Debian: `apt install docker.io`) or Docker Desktop. "
            "`ecstui demo` needs none.",
        )
    return _engine(
        Verdict.FAIL,
        f"the Docker daemon does not run: there is no {where}",
        "Start it: `systemctl start docker`, or open Docker Desktop.",
    )


def _forbidden(facts: EngineFacts, where: str) -> Check:
    group = facts.socket_group
    if facts.is_in_group:
        remedy = f"You are in the group {group} already: log out and in again."
    elif group and group != "root":
        remedy = f"`sudo usermod -aG {group} $USER`, then log out and in again; or run as root."
    else:
        remedy = "Run as root, or let a group of yours own the socket."
    return _engine(Verdict.FAIL, f"no permission on {where}", remedy)


def _reached(facts: EngineFacts, endpoint: Endpoint, where: str) -> Check:
    answered = facts.answered
    if answered is None:
        remedy = (
            f"Check {endpoint.source}."
            if endpoint.source not in ("default", "given")
            else "Restart the Docker daemon."
        )
        return _engine(Verdict.FAIL, facts.problem or f"no answer from {where}", remedy)
    if answered.is_podman:
        return _engine(
            Verdict.WARN,
            f"Podman {answered.version} answers at {where}, not Docker",
            "ecstui is made for Docker Engine: set DOCKER_HOST to one.",
        )
    if _version(answered.api_version) < OLDEST_API:
        return _engine(
            Verdict.FAIL,
            f"Docker {answered.version} speaks API {answered.api_version or '?'}, too old",
            "Update Docker: API 1.24 (Docker 1.12) is the oldest that works.",
        )
    detail = f"Docker {answered.version} at {where}"
    if endpoint.source not in ("default", "given"):
        detail += f" ({endpoint.source})"
    return _engine(Verdict.OK, f"{detail}, {answered.detail}" if answered.detail else detail)


def _version(words: str) -> tuple[int, ...]:
    parts = words.split(".")
    return tuple(int(part) for part in parts) if all(p.isdigit() for p in parts) else (0,)


def check_orphans(names: Sequence[str]) -> Check:
    """Tell of containers that carry this state's label and belong to no record."""
    if not names:
        return _ok("orphans", "none")
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return Check(
        "orphans",
        Verdict.WARN,
        f"{len(names)} without a record: {shown}",
        "`ecstui doctor --fix` removes them.",
    )


# -- settings -------------------------------------------------------------------------------------


def check_settings(origins: Mapping[str, str], problem: str = "") -> Check:
    """Say which settings are not the default and who set them."""
    if problem:
        return Check("settings", Verdict.FAIL, problem, "Correct it.")
    if not origins:
        return _ok("settings", "all default")
    return _ok("settings", ", ".join(f"{name} by {by}" for name, by in sorted(origins.items())))


@dataclass(frozen=True, slots=True)
class SecretFacts:
    """Where secrets are kept, as found; nothing of what they say."""

    directory: str = ""
    """The folder, empty when there is none."""
    missing: tuple[str, ...] = ()
    """Files that `[secrets]` names and that are not there."""
    exposed: tuple[str, ...] = ()
    """What others than its owner may read."""


def check_secrets(facts: SecretFacts) -> Check | None:
    """Say whether secrets are there and nobody else's; None where none are kept."""
    if facts.missing:
        words = f"not there: {', '.join(facts.missing[:3])}"
        remedy = "Put them there, or correct [secrets] in config.toml."
        return Check("secrets", Verdict.WARN, words, remedy)
    if facts.exposed:
        words = f"others may read {', '.join(facts.exposed[:3])}"
        return Check("secrets", Verdict.WARN, words, f"chmod go= {facts.exposed[0]}")
    return _ok("secrets", facts.directory) if facts.directory else None


# -- report ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Report:
    """All checks, in the order in which one depends on the other."""

    checks: tuple[Check, ...] = field(default=())

    @property
    def exit_code(self) -> int:
        """1 when something fails, else 0."""
        return int(any(check.verdict is Verdict.FAIL for check in self.checks))

    def lines(self) -> list[str]:
        """The table, a remedy below what needs one."""
        width = max((len(check.name) for check in self.checks), default=0)
        found = []
        for check in self.checks:
            found.append(f"{check.verdict.value:<4}  {check.name:<{width}}  {check.detail}")
            if check.remedy:
                found.append(f"{'':<4}  {'':<{width}}  → {check.remedy}")
        return found
