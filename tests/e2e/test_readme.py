"""What the README tells people to type, typed: every block marked as tested, in its order."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import CHECKOUT, Ecstui

BLOCKS = re.compile(r"<!-- tested -->\n```sh\n(.*?)```", re.DOTALL)
LIMIT_SECONDS = 600


def blocks() -> list[str]:
    return BLOCKS.findall((CHECKOUT / "README.md").read_text("utf-8"))


def test_every_line_for_the_aws_cli_stands_in_a_block_that_is_run():
    text = (CHECKOUT / "README.md").read_text("utf-8")
    lines = [line for line in text.splitlines() if line.startswith(("aws ", "ecstui call "))]
    run = [line for block in blocks() for line in block.splitlines()]
    assert lines
    assert [line for line in lines if line not in run] == []


@pytest.mark.timeout(LIMIT_SECONDS)
def test_the_blocks_do_what_they_say(ecstui: Ecstui, tmp_path: Path):
    (tmp_path / "ecstui").write_text(
        f'#!/bin/sh\nexec {sys.executable} -m ecstui --engine simulated "$@"\n'
    )
    (tmp_path / "ecstui").chmod(0o755)
    bin_folder = Path(sys.executable).parent
    environ = {
        **ecstui.environ,
        "PATH": f"{tmp_path}:{bin_folder}:{os.environ['PATH']}",
        "ECSTUI_STATE": str(ecstui.paths.root),
        "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(tmp_path),
        "TMPDIR": str(tmp_path),
    }
    script = "\n".join(["set -euo pipefail", *blocks()])
    done = subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        env=environ,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-4000:]
    assert "Traceback" not in said
    assert "web steady web:1: 5 of 5 healthy" in said
    assert "has reached a steady state." in said
