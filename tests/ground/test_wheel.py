"""What is installed has everything that the checkout has at run time."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def packaged(wheel, folder):
    return {name.removeprefix(folder) for name in wheel.namelist() if name.startswith(folder)}


@pytest.mark.parametrize(
    ("folder", "inside", "pattern"),
    [("themes", "ecstui/_themes/", "*.toml"), ("demo", "ecstui/_demo/", "*.json")],
)
def test_themes_and_demo_are_inside(wheel, folder, inside, pattern):
    in_checkout = {
        str(path.relative_to(CHECKOUT / folder)) for path in (CHECKOUT / folder).rglob(pattern)
    }
    assert in_checkout, f"no {pattern} in {folder}/"
    assert in_checkout <= packaged(wheel, inside)


def test_every_module_is_inside(wheel):
    modules = {str(path.relative_to(CHECKOUT)) for path in (CHECKOUT / "ecstui").rglob("*.py")}
    assert modules <= set(wheel.namelist())


def test_it_installs_one_command(wheel):
    (points,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert wheel.read(points).decode().split() == [
        "[console_scripts]",
        "ecstui",
        "=",
        "ecstui.cli:main",
    ]
