"""What screens and dialogs ask of the app: the client, the cluster, messages, the clipboard.

`EcsTui` adds navigation and drawing to it; `shell_of(widget)` is how anything gets hold of it. It
never decides what a request means: it sends it, and tells what came back.
"""

import os
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from textual.message_pump import MessagePump

from ecstui import __version__
from ecstui.base.errors import DaemonUnreachableError, EcsError
from ecstui.client.protocol import Client
from ecstui.client.recording import Recorder, RecordingError, snapshot_of
from ecstui.model.shape import Request, Shape
from ecstui.store.feed import Batch, Resync
from ecstui.store.tables import View
from ecstui.ui.clipboard import osc52
from ecstui.ui.keymap import Registry
from ecstui.ui.preset_k9s import PRESET
from ecstui.ui.text import clean, stamp
from ecstui.ui.theme import DEFAULT_THEME
from ecstui.ui.themed_app import ThemedApp

if TYPE_CHECKING:
    from ecstui.client.forwarding import Forward
    from ecstui.ui.app import EcsTui
    from ecstui.ui.undo import Undo

R = TypeVar("R", bound=Shape)

Severity = Literal["information", "warning", "error"]
READS = ("Describe", "List")
"""Operations that start so change nothing."""
_MESSAGES_KEPT = 200
_UNDOS_KEPT = 50
_SHOWN_SECONDS: dict[Severity, float] = {"information": 4.0, "warning": 6.0, "error": 10.0}


@dataclass(frozen=True, slots=True)
class Said:
    """A message to the user; `at` in POSIX seconds."""

    text: str
    severity: Severity
    at: float

    @property
    def shown_seconds(self) -> float:
        """How long it stays on the screen."""
        return _SHOWN_SECONDS[self.severity]


class Shell(ThemedApp):
    """The app as its screens see it."""

    def __init__(
        self,
        client: Client,
        *,
        cluster: str,
        now: Callable[[], float],
        theme_name: str = DEFAULT_THEME,
        theme_folders: Sequence[Path] = (),
        ascii_glyphs: bool = False,
        read_only: bool = False,
        is_demo: bool = False,
        registry: Registry = PRESET,
        drafts: Path | None = None,
    ) -> None:
        """`now`: POSIX seconds; `registry`: the commands with the user's keys.

        `drafts`: folder of what people edit and have not sent; None keeps nothing.
        """
        super().__init__(
            now, theme_name=theme_name, theme_folders=theme_folders, ascii_glyphs=ascii_glyphs
        )
        self.client = client
        self.cluster = cluster
        self.read_only = read_only
        self.is_demo = is_demo
        self.registry = registry
        self.drafts = drafts
        self.said: deque[Said] = deque(maxlen=_MESSAGES_KEPT)
        self.recorder: Recorder | None = None
        """Writes what happens into a file, while somebody wants it."""
        self.undos: deque[Undo] = deque(maxlen=_UNDOS_KEPT)
        """Ways back from the changes that were made here, the last one last."""
        self.forwards: list[Forward] = []
        """Ports of 127.0.0.1 that lead to containers, while the screens are open."""
        self.offline_since: float | None = None
        """POSIX seconds at which the view stopped being live."""

    @property
    def view(self) -> View:
        """The live records."""
        return self.client.view

    # ---------------------------------------------------------------- writing

    def why_no_writes(self) -> str | None:
        """Why nothing can be changed at the moment, as a sentence; None when it can."""
        if self.read_only:
            return "Read-only: this session may look, not change."
        problem = self.client.problem
        return None if problem is None else f"Nothing can be changed now. {clean(problem)}"

    async def send(
        self, request: Request[R], *, on_error: Callable[[EcsError], None] | None = None
    ) -> R | None:
        """Carry out a request; None when it was refused.

        A refusal goes to `on_error` (its `field` says which member is at fault), or else to the
        messages, with its code. Call it from a worker: the answer may take a while.
        """
        operation = request.operation()
        if self.read_only and not operation.startswith(READS):
            self.say(f"{operation}: {self.why_no_writes()}", "warning")
            return None
        from ecstui.ui.undo import undo_of  # the first screen sends nothing

        back = undo_of(self.view, request, self.cluster)
        try:
            answer = await self.client.call(request)
        except EcsError as error:
            if on_error is not None:
                on_error(error)
            else:
                self.say(f"{operation}: {error.code}: {error.message}", "error")
        except DaemonUnreachableError as error:
            self.say(f"{operation}: {error}", "error")
        else:
            if back is not None:
                self.undos.append(back)
            return answer
        return None

    # ---------------------------------------------------------------- telling

    def say(self, text: str, severity: Severity = "information") -> None:
        """Show a message for some seconds and keep it for `:messages`."""
        said = Said(clean(text), severity, self.now())
        self.said.append(said)
        self.show_message(said)

    def show_message(self, said: Said) -> None:
        """Put a message on the screen; the app says how."""
        raise NotImplementedError

    def copy(self, text: str, what: str = "") -> None:
        """Put text on the terminal's clipboard, through tmux and screen too."""
        driver = self._driver
        if driver is not None:
            driver.write(osc52(text, os.environ))
            driver.flush()
        self.copied = text
        self.say(f"copied {what or text}")

    def copy_to_clipboard(self, text: str) -> None:
        """As text widgets copy: for their own paste, and through tmux and screen too."""
        super().copy_to_clipboard(text)
        self.copy(text, "selection")

    def toggle_recording(self) -> None:
        """Begin to record what happens into a new file in the working directory, or end it."""
        if self.recorder is not None:
            self._end_recording(f"recorded {self.recorder.path}: ecstui replay shows it")
            return
        path = Path.cwd() / f"ecstui-{stamp(self.now())}.recording"
        try:
            self.recorder = Recorder(path, __version__, self.now)
            self.recorder.take(snapshot_of(self.view))
        except RecordingError as error:
            self._end_recording(str(error), "error")
        else:
            self.say(f"recording into {path}")

    def record(self, item: Batch | Resync) -> None:
        """Write down what has changed, if it is recorded."""
        if self.recorder is None:
            return
        try:
            self.recorder.take(item)
        except RecordingError as error:
            self._end_recording(f"The recording has ended: {error}", "error")

    def _end_recording(self, words: str, severity: Severity = "information") -> None:
        if self.recorder is not None:
            self.recorder.close()
        self.recorder = None
        self.say(words, severity)

    def on_unmount(self) -> None:
        """A recording ends with the screens, whole."""
        if self.recorder is not None:
            self.recorder.close()

    def save_picture(self) -> None:
        """Save the screen as SVG in the working directory."""
        try:
            path = self.save_screenshot(f"ecstui-{stamp(self.now())}.svg", path=str(Path.cwd()))
        except OSError as error:
            self.say(f"The picture was not saved: {error}", "error")
        else:
            self.say(f"saved {path}")

    def save_file(self, name: str, text: str) -> None:
        """Write a file that is not there yet into the working directory, and say where it is."""
        path = Path.cwd() / name
        try:
            with path.open("x", encoding="utf-8", newline="") as file:
                file.write(text)
        except OSError as error:
            self.say(f"{path} was not saved: {error.strerror or error}", "error")
        else:
            self.say(f"saved {path}")

    low_bandwidth = False
    """Whether what comes by itself is drawn less often, for a slow line."""

    def flush_terminal(self) -> None:
        """Have everything written that was drawn: the screens step aside."""
        if self._driver is not None:
            self._driver.close()

    copied = ""
    """What was copied last."""
    last_command = ""
    """What was run in a container last."""


def shell_of(node: MessagePump) -> "EcsTui":
    """The app that a screen, dialog or widget runs in, with its own type."""
    from ecstui.ui.app import EcsTui

    app = node.app
    assert isinstance(app, EcsTui)
    return app
