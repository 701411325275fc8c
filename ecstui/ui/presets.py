"""The keys of other tools, as moves of the default ones: whose fingers know what.

Data, and the one function that makes a registry of it. A preset never binds ctrl+k or ctrl+a, and
never puts what takes away on a plain small letter; all of a preset is taken or none.
"""

from collections.abc import Mapping

from ecstui.ui.keymap import Registry
from ecstui.ui.preset_k9s import PRESET

DEFAULT = "k9s"

_E1S = {
    "global.back": "escape,h",
    "list.pan_left": "left",
    "text.left": "left",
    "text.right": "right",
    "list.open": "enter,l",
    "list.logs": "L",
    "global.palette": ":,f5",
    "global.refresh": "f6",
    "list.go_clusters": "0,ctrl+r,ctrl+p",
}
_LAZYDOCKER = {
    "list.logs": "m,L",
    "list.pan_right": "l,right",
    "tasks.shell": "E",
    "task.shell": "E",
    "tasks.stop": "S",
    "list.mark_all": "b,*",
    "global.help": "?,f1",
}
_VIM = {
    "list.delete": "delete",
    "list.logs": "L",
    "list.pan_right": "l,right",
    "list.page_down": "ctrl+f,pagedown,ctrl+d",
    "list.page_up": "ctrl+b,pageup,ctrl+u",
    "global.refresh": "ctrl+l",
    "logs.clear": "ctrl+r",
}
MOVES: Mapping[str, Mapping[str, str]] = {
    DEFAULT: {},
    "e1s": _E1S,
    "lazydocker": _LAZYDOCKER,
    "vim": _VIM,
}
"""What each preset moves, by the ids of commands."""


def preset(name: str) -> Registry:
    """The registry of a preset; KeyError for a name that there is not."""
    return PRESET.moved(MOVES[name])
