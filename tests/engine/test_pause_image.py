"""The pause program: a static program that waits for SIGTERM and does nothing else."""

import io
import os
import platform
import signal
import subprocess
import sys
import tarfile

import pytest

from ecstui.engine.pause_image import pause_archive, pause_program

IS_NATIVE = sys.platform == "linux" and pause_program(platform.machine()) is not None


@pytest.mark.parametrize(
    ("names", "machine"), [(("x86_64", "amd64"), 62), (("aarch64", "arm64"), 183)]
)
def test_it_is_a_small_program_for_the_machine(names, machine):
    programs = {pause_program(name) for name in names}
    assert len(programs) == 1
    program = programs.pop()
    assert program is not None
    assert program[:5] == b"\x7fELF\x02"
    assert int.from_bytes(program[18:20], "little") == machine
    assert len(program) < 300


def test_an_unknown_machine_has_none():
    assert pause_program("s390x") is None
    assert pause_archive("s390x") is None


def test_the_archive_holds_nothing_else():
    archive = pause_archive("x86_64")
    assert archive is not None
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        (entry,) = files.getmembers()
        assert (entry.name, entry.mode) == ("pause", 0o755)
        content = files.extractfile(entry)
        assert content is not None
        assert content.read() == pause_program("x86_64")


@pytest.mark.skipif(not IS_NATIVE, reason="this machine runs no such program")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_waits_and_ends_properly_when_told(tmp_path, number):
    program = tmp_path / "pause"
    program.write_bytes(pause_program(platform.machine()) or b"")
    program.chmod(0o755)
    # The signals are blocked before it starts, so that one that comes early is not deadly.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    try:
        process = subprocess.Popen([program])
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    assert process.poll() is None
    for each in (signal.SIGSTOP, signal.SIGCONT, signal.SIGCHLD, number):
        os.kill(process.pid, each)
    assert process.wait(60) == 0
