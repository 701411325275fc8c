"""What a terminal sends and is: keys in one write, function keys, its size, its colours."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.test_terminal_story import CHECKOUT
from tests.support.terminal import Terminal

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed"),
]
EDITOR = "sed -i s,demo/api:2026.11.1,demo/api:edited,"
MANY_COLOURS = re.compile("\x1b\\[[0-9;]*[34]8;[25];")


def demo(folder: Path, *flags: str, **exported: str) -> Terminal:
    """The demo at a terminal, with an editor that changes one word and is done."""
    command = [sys.executable, "-m", "ecstui", "--state", str(folder / "state"), *flags, "demo"]
    environ = {
        "PYTHONPATH": str(CHECKOUT),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "VISUAL": EDITOR,
        "XDG_CONFIG_HOME": str(folder),
        **exported,
    }
    return Terminal(command, environ, width=100, height=30)


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


def test_a_window_is_as_large_as_it_is_whatever_a_shell_exported(tmp_path):
    terminal = demo(tmp_path, COLUMNS="80", LINES="24")
    try:
        terminal.see("checkout", "› Services")
        terminal.resize(60, 16)
        terminal.until(is_as_small, "the header of 60 columns above the list of 16 lines")
    finally:
        terminal.close()


def is_as_small(screen: str) -> bool:
    lines = screen.splitlines()
    return "› Services" in lines[1] and lines[2].startswith("╭") and lines[2].endswith("╮")


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
