"""A terminal that goes away, a process that is killed: what was typed is there the next time."""

import asyncio
import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ecstui.ui.drafts import DraftFolder

ROOT = Path(__file__).parents[2]
EDIT = """
import asyncio, sys
from pathlib import Path
from ecstui.client.local import LocalClient
from ecstui.ui.app import EcsTui
from ecstui.ui.routes import open_editor
from ecstui.ui.theme import packaged_folder
from tests.support.town import Town

class Editing(EcsTui):
    def on_ready(self):
        open_editor(self, "web")

async def main():
    town = await Town(instances=1).open()
    await town.definition("web")
    drafts, themes = Path(sys.argv[1]), [packaged_folder()]
    app = Editing(LocalClient(town.plane), drafts=drafts, theme_folders=themes)
    await app.run_async()

asyncio.run(main())
"""


class Terminal:
    """A process on a terminal of its own."""

    def __init__(self, drafts: Path) -> None:
        self.master, slave = pty.openpty()
        environment = os.environ | {
            "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24", "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-c", EDIT, str(drafts)],
            stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.seen = b""
        asyncio.get_running_loop().add_reader(self.master, self._read)

    def _read(self) -> None:
        try:
            self.seen += os.read(self.master, 65536)
        except OSError:
            asyncio.get_running_loop().remove_reader(self.master)

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    async def until(self, condition) -> None:
        for _ in range(12_000):
            if condition():
                return
            await asyncio.sleep(0.01)
        raise AssertionError(self.seen[-30000:].decode(errors="replace"))

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.master)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            os.close(self.master)


def kept(drafts: Path) -> str:
    """The text of the newest draft file, held or not."""
    texts = [json.loads(path.read_text())["text"] for path in drafts.glob("*.json")]
    return texts[0] if texts else ""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGHUP])
async def test_what_was_typed_is_offered_again(how, tmp_path):
    drafts = tmp_path / "drafts"
    terminal = Terminal(drafts)
    try:
        await terminal.until(lambda: b"web:2" in terminal.seen and b"unchanged" in terminal.seen)
        terminal.type("\x1b[17~")  # F6: from the form to the JSON
        await terminal.until(lambda: b'"family"' in terminal.seen)
        terminal.type("half")
        await terminal.until(lambda: kept(drafts).startswith("half"))
        if how is signal.SIGHUP:
            # Not a moment is left for the next draft that is due.
            terminal.type(" done")
            await terminal.until(lambda: b"done" in terminal.seen)
        assert DraftFolder(drafts).lost("web") == []
        terminal.process.send_signal(how)
        await terminal.until(lambda: terminal.process.poll() is not None)
        assert terminal.process.returncode == -how
    finally:
        terminal.close()
    (draft,) = DraftFolder(drafts).lost("web")
    assert draft.text.startswith("half done" if how is signal.SIGHUP else "half")
    assert draft.base == "web:1"
