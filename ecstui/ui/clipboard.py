"""The escape sequence that puts text on the clipboard of the terminal that one sits at.

OSC 52 works over SSH; inside tmux and screen it must be wrapped, or it stays there. Pure.
"""

import base64
from collections.abc import Mapping

MAX_BYTES = 74_994
"""xterm takes no more (100,000 characters of base64)."""
_SCREEN_CHUNK = 240


def osc52(text: str, environ: Mapping[str, str]) -> str:
    """The sequence for `text`, cut to what terminals take."""
    encoded = base64.b64encode(text.encode()[:MAX_BYTES]).decode()
    sequence = f"\x1b]52;c;{encoded}\a"
    if environ.get("TMUX"):
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environ.get("TERM", "").startswith("screen"):
        pieces = [
            sequence[start : start + _SCREEN_CHUNK]
            for start in range(0, len(sequence), _SCREEN_CHUNK)
        ]
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return sequence
