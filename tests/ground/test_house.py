"""The house stays small and its floors apart, as the README says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

CHECKOUT = Path(__file__).parents[2]
LINES_MOST = 600
LINES_MOST_OF = {"ecstui/ui/app.py": 400}


def python_files() -> list[str]:
    folders = ("ecstui", "tests", "demo")
    found = [path for folder in folders for path in (CHECKOUT / folder).rglob("*.py")]
    return sorted(str(path.relative_to(CHECKOUT)) for path in found)


@pytest.mark.parametrize("name", python_files())
def test_a_file_can_be_read_in_one_sitting(name):
    lines = (CHECKOUT / name).read_text().count("\n")
    assert lines <= LINES_MOST_OF.get(name, LINES_MOST), f"{name} has {lines} lines: take it apart"


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        # The screens must be there before anybody needs an engine or a journal.
        ("ecstui.ui.app", ("docker", "aiosqlite", "ecstui.control", "ecstui.engine")),
        # A control plane without a terminal, an engine of its own choice, and no door yet.
        ("ecstui.control.plane", ("textual", "docker", "aiohttp")),
        # `ecstui --help`, and the choice of what to load.
        ("ecstui.cli", ("textual", "docker", "aiohttp", "aiosqlite")),
        # Decisions are pure: importing them brings no I/O.
        ("ecstui.plan.service", ("textual", "docker", "aiohttp", "aiosqlite", "sqlite3")),
    ],
)
def test_importing_a_module_does_not_load(module, unwanted):
    program = f"import sys, {module}\nprint(*sorted({set(unwanted)!r} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=CHECKOUT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_work_after_a_refresh_asks_first_whether_the_screen_is_still_there():
    names = [name for name in python_files() if name.startswith("ecstui/")]
    bare = [name for name in names if ".call_after_refresh(" in (CHECKOUT / name).read_text()]
    assert bare == ["ecstui/ui/presence.py"], "use when_drawn of ecstui.ui.presence"


def test_no_property_is_timed():
    """An example that takes long on a busy machine is no failure."""
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check


def test_properties_draw_the_same_examples_each_time_unless_asked_to_explore():
    assert settings().derandomize is (os.environ.get("ECSTUI_EXPLORE") != "1")
