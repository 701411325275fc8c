"""Opens an address in the browser of the person's desktop, where there is one.

A browser that would draw in this terminal is never started, nor one on the far end of an SSH line;
what a browser writes goes nowhere.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

_OPENERS = {"darwin": ("open",), "linux": ("xdg-open", "gio open", "wslview")}
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")
_REMOTE = ("SSH_CONNECTION", "SSH_TTY")


def browser_command(
    environ: Mapping[str, str],
    *,
    platform: str = sys.platform,
    which: Callable[[str], str | None] = shutil.which,
) -> list[str]:
    """The program that opens an address and its words; empty where there is no desktop."""
    if any(environ.get(name) for name in _REMOTE):
        return []
    if platform != "darwin" and not any(environ.get(name) for name in _DISPLAYS):
        return []
    for opener in _OPENERS.get(platform, ()):
        program, *words = opener.split()
        found = which(program)
        if found is not None:
            return [found, *words]
    return []


def open_in_browser(command: Sequence[str], address: str) -> None:
    """Start the program on the address and leave it to itself."""
    # By a shell that ends at once: nobody has to wait for the program, however long it stays.
    subprocess.run(
        ["/bin/sh", "-c", '"$@" &', "sh", *command, address],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
