"""Asks the terminal for its background (OSC 11), so that the theme is light where that is light.

The question goes out before the screens are imported and is read after, so that it costs no time
where the terminal answers at all. With it goes one that every terminal answers (DA1): when that
comes first there is no other answer to wait for. What is not in a terminal's hands is left alone.
"""

import asyncio
import os
import re
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

QUESTION = b"\x1b]11;?\x1b\\\x1b[c"
LIMIT_SECONDS = 0.5
"""From the question; then there is no answer."""
_LAST = re.compile(rb"\x1b\[\?[\d;]*c")
_COLOR = re.compile(rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")
_MUTE_TERMS = frozenset({"", "dumb", "linux", "unknown"})
_WEIGHTS = (0.299, 0.587, 0.114)
"""Of red, green and blue, as an eye sees them."""


def may_ask(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is one to be asked, and the answer would change anything."""
    return environ.get("TERM", "") not in _MUTE_TERMS and not environ.get("NO_COLOR")


class Background:
    """A question that is on its way."""

    def __init__(self, descriptor: int) -> None:
        """`descriptor`: of the terminal, where the answer is read; the question is out."""
        self._descriptor = descriptor
        self._asked_at = asyncio.get_running_loop().time()

    async def is_light(self) -> bool | None:
        """Whether the background is light; None when the terminal has not said by the limit."""
        answer, is_whole = bytearray(), asyncio.Event()

        def take() -> None:
            data = os.read(self._descriptor, 1024)
            answer.extend(data)
            if not data or _LAST.search(answer):
                is_whole.set()

        loop = asyncio.get_running_loop()
        loop.add_reader(self._descriptor, take)
        try:
            async with asyncio.timeout_at(self._asked_at + LIMIT_SECONDS):
                await is_whole.wait()
        except TimeoutError:
            pass
        finally:
            loop.remove_reader(self._descriptor)
        return light_in(bytes(answer))


@contextmanager
def asking(descriptor: int) -> Iterator[Background | None]:
    """Ask the terminal; while this lasts nothing that it says is shown. None: it is none."""
    try:
        before = termios.tcgetattr(descriptor)
        mode = termios.tcgetattr(descriptor)
        mode[_LOCAL_FLAGS] &= ~(termios.ICANON | termios.ECHO)
        termios.tcsetattr(descriptor, termios.TCSANOW, mode)
    except termios.error:
        yield None
        return
    try:
        os.write(descriptor, QUESTION)
        yield Background(descriptor)
    finally:
        with suppress(termios.error):
            termios.tcsetattr(descriptor, termios.TCSANOW, before)


_LOCAL_FLAGS = 3


def light_in(answer: bytes) -> bool | None:
    """Whether the colour in an answer is light; None where it has none."""
    found = _COLOR.search(answer)
    if found is None:
        return None
    parts = [int(part, 16) / ((1 << 4 * len(part)) - 1) for part in found.groups()]
    return sum(weight * part for weight, part in zip(_WEIGHTS, parts, strict=True)) > 0.5
