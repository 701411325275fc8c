"""A terminal with a person in front of it: tmux types keys and reads the screen."""

import shlex
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from uuid import uuid4

PATIENCE_SECONDS = 120.0


class Terminal:
    """One program in one tmux window of a given size, with a tmux server of its own."""

    def __init__(
        self, command: Sequence[str], environ: Mapping[str, str], *, width: int, height: int
    ) -> None:
        """Start the program."""
        self._socket = f"ecstui-{uuid4().hex[:12]}"
        settings = [f"{name}={value}" for name, value in environ.items()]
        program = shlex.join(["env", *settings, *command])
        size = ["-x", str(width), "-y", str(height)]
        # A program that ends leaves its last words on the screen, for the test to show.
        keep = ["set-option", "-g", "remain-on-exit", "on", ";"]
        self._tmux(
            "-f", "/dev/null", "start-server", ";", *keep, "new-session", "-d", *size, program
        )

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, *words], capture_output=True, text=True, check=True
        )
        return done.stdout

    def screen(self) -> str:
        """What is on the screen."""
        return self._tmux("capture-pane", "-p")

    def colours(self) -> str:
        """What is on the screen, with the escape sequences that colour it."""
        return self._tmux("capture-pane", "-p", "-e")

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names, in one write."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type a text, letter by letter as it stands."""
        self._tmux("send-keys", "-l", text)

    def resize(self, width: int, height: int) -> None:
        """Give the window another size."""
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    def until(self, is_so: Callable[[str], bool], what: str) -> str:
        """Wait until the screen shows something; fails with the screen when it never does."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            screen = self.screen()
            if is_so(screen):
                return screen
            assert time.monotonic() < end, f"never seen: {what}\n{screen}"
            time.sleep(0.1)

    def see(self, *words: str) -> str:
        """Wait until all these words are on the screen."""
        return self.until(lambda screen: all(w in screen for w in words), " and ".join(words))

    def miss(self, *words: str) -> str:
        """Wait until none of these words is on the screen any more."""
        return self.until(
            lambda screen: not any(w in screen for w in words), f"without {' and '.join(words)}"
        )

    def close(self) -> None:
        """End the program and its server."""
        subprocess.run(
            ["tmux", "-L", self._socket, "kill-server"], capture_output=True, check=False
        )
