"""Keys as a terminal sends them: many in one write, function keys, colours of a slow line."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.test_terminal_story import CHECKOUT
from tests.support.terminal import Terminal

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed"),
]
EDITOR = "sed -i s,demo/api:2026.11.1,demo/api:edited,"
MANY_COLOURS = re.compile("\x1b\\[[0-9;]*[34]8;[25];")


def demo(folder: Path, *flags: str, width: int = 100, height: int = 30) -> Terminal:
    """The demo at a terminal, with an editor that changes one word and is done."""
    command = [sys.executable, "-m", "ecstui", "--state", str(folder / "state"), *flags, "demo"]
    environ = {
        "PYTHONPATH": str(CHECKOUT),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "VISUAL": EDITOR,
        "XDG_CONFIG_HOME": str(folder),
    }
    return Terminal(command, environ, width=width, height=height)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """The demo with its services on the screen."""
    terminal = demo(tmp_path)
    try:
        terminal.see("checkout", "› Services")
        yield terminal
    finally:
        terminal.close()


def test_a_command_in_one_write_goes_where_it_says(terminal):
    terminal.press(*":task", "Enter")
    terminal.see("› Tasks")
    terminal.press(*":td", "Enter", *":svc", "Enter", *"/checkout", "Enter", "Enter")
    terminal.see("› Services › checkout")
    terminal.press(*":ev", "Enter", "?")
    terminal.see("› Events", "Help · Events")


def test_function_keys_do_what_the_footer_says(terminal):
    terminal.press(*":td", "Enter", "e")
    terminal.see("f4 $EDITOR", "demo/api:2026")
    terminal.press("F4")
    terminal.see("demo/api:edited", "edited")
    terminal.press("F2")
    terminal.see("demo/api:edited", "→")
    terminal.press("Escape")
    terminal.press("F3")
    terminal.see("Dry run")
    terminal.press("Escape")
    terminal.press("F6")
    terminal.see('"family"')
    terminal.press("F5", "F1")
    terminal.see("Help · Editor")


@pytest.mark.parametrize(("flags", "has_many"), [((), True), (("--low-bandwidth",), False)])
def test_a_slow_line_gets_the_colours_of_the_terminal(tmp_path, flags, has_many):
    terminal = demo(tmp_path, *flags)
    try:
        terminal.see("checkout", "› Services")
        assert bool(MANY_COLOURS.search(terminal.colours())) is has_many
    finally:
        terminal.close()
