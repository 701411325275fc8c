"""The default keys, spelled as k9s spells them where k9s has the verb.

Data only. Nothing that takes away lies on a plain small letter next to a harmless one, and ctrl+a
and ctrl+k are never bound: the one is the prefix of tmux and screen, the other kills in k9s.
"""

from collections.abc import Mapping

from ecstui.ui.keymap import Command, Registry

GROUP_TITLES: Mapping[str, str] = {
    "global": "Everywhere",
    "list": "Lists",
    "text": "Text",
    "services": "Services",
    "service": "Service",
    "tasks": "Tasks",
    "task": "Task",
    "task_definitions": "Task definitions",
    "instances": "Instances",
    "capacity": "Capacity",
    "logs": "Logs",
    "events": "Events",
    "tree": "Tree",
    "editor": "Editor",
    "diff": "Differences",
    "document": "Documents",
}

# The groups whose keys are live together on one kind of screen.
SCOPES: Mapping[str, tuple[str, ...]] = {
    "services": ("global", "list", "services"),
    "service": ("global", "list", "service"),
    "tasks": ("global", "list", "tasks"),
    "task": ("global", "list", "task"),
    "task_definitions": ("global", "list", "task_definitions"),
    "instances": ("global", "list", "instances"),
    "capacity": ("global", "list", "capacity"),
    "events": ("global", "list", "events", "-list.group"),
    "tree": (
        "global",
        "list",
        "tree",
        "-list.mark",
        "-list.mark_range",
        "-list.mark_all",
        "-list.group",
    ),
    "text": ("global", "text"),
    "logs": ("global", "text", "logs"),
    "editor": ("editor",),
    "diff": ("global", "text", "diff"),
    "document": ("global", "text", "document"),
}


def _group(group: str, *rows: tuple[str, str, str] | tuple[str, str, str, str]) -> list[Command]:
    """Commands of one group from (name, key, label, flags) with flags `!` dangerous, `-` hidden."""
    found = []
    for name, key, label, *rest in rows:
        flags = rest[0] if rest else ""
        found.append(Command(f"{group}.{name}", key, label, group, "!" in flags, "-" not in flags))
    return found


_SERVICE = (
    ("scale", "s", "scale", "!"),
    ("redeploy", "r", "redeploy", "!"),
    ("update", "u,U", "update", "!"),
    ("rollback", "R", "rollback", "!"),
    ("deployments", "p", "deployments"),
    ("task_definition", "t", "task definition"),
    ("stop", "S", "scale to 0", "!"),
    ("ports", "f", "ports"),
)
_TASK = (
    ("shell", "s", "shell", "!"),
    ("stop", "S", "stop", "!"),
    ("restart", "r", "replace", "!"),
    ("previous_logs", "p", "previous logs"),
    ("task_definition", "t", "task definition"),
    ("ports", "f", "ports"),
)

COMMANDS: tuple[Command, ...] = (
    *_group(
        "list",
        ("open", "enter", "open"),
        ("logs", "l,L", "logs"),
    ),
    *_group("services", *_SERVICE),
    *_group("service", *_SERVICE, ("diff", "D", "diff")),
    *_group("tasks", *_TASK, ("stopped", "x", "stopped too")),
    *_group("task", *_TASK, ("reveal", "v", "reveal")),
    *_group(
        "task_definitions",
        ("deploy", "u", "deploy to…", "!"),
        ("run", "r", "run task", "!"),
        ("diff", "D", "diff"),
        ("inactive", "x", "inactive too"),
    ),
    *_group("capacity", ("scale", "s", "scale", "!")),
    *_group("instances", ("drain", "D", "drain", "!"), ("ports", "f", "ports")),
    *_group(
        "tree",
        ("fold", "space", "fold"),
        ("fold_all", "x", "fold all"),
        ("regroup", "z", "regroup"),
    ),
    *_group("events", ("times", "t", "abs/rel time"), ("kinds", "z", "kinds")),
    *_group(
        "logs",
        ("pause", "space", "pause"),
        ("follow", "s", "follow"),
    ),
    *_group(
        "text",
        ("find", "/", "find"),
        ("only_matches", "&", "filter"),
        ("next_match", "n", "next", "-"),
        ("previous_match", "N", "previous", "-"),
        ("wrap", "w", "wrap"),
        ("full", "f", "full"),
        ("down", "j,down", "down", "-"),
        ("up", "k,up", "up", "-"),
        ("left", "h,left", "left", "-"),
        ("right", "l,right", "right", "-"),
        ("top", "g,home", "top", "-"),
        ("bottom", "G,end", "bottom", "-"),
        ("page_down", "ctrl+f,pagedown", "page down", "-"),
        ("page_up", "ctrl+b,pageup", "page up", "-"),
        ("half_down", "ctrl+d", "half page down", "-"),
        ("half_up", "ctrl+u", "half page up", "-"),
    ),
    *_group(
        "logs",
        ("times", "t", "times"),
        ("mark", "m", "mark"),
        ("next_error", "e", "next error"),
        ("errors", "!", "errors only"),
        ("mute", "x", "mute source"),
        ("all_sources", "a", "all sources"),
        ("stopped", "p", "stopped too"),
        ("clear", "ctrl+l", "clear"),
        ("details", "enter", "details", "-"),
        ("window_tail", "0", "tail", "-"),
        ("window_head", "1", "head", "-"),
        ("window_1m", "2", "1 min", "-"),
        ("window_5m", "3", "5 min", "-"),
        ("window_15m", "4", "15 min", "-"),
        ("window_30m", "5", "30 min", "-"),
        ("window_1h", "6", "1 hour", "-"),
        ("window_all", "7", "all", "-"),
    ),
    *_group(
        "list",
        ("edit", "e", "edit", "!"),
        ("new", "n", "new", "!"),
        ("filter", "/", "filter"),
        ("delete", "ctrl+d,delete", "delete", "!"),
        ("mark", "space", "mark"),
        ("describe", "d", "describe"),
        ("json", "y,J", "JSON"),
        ("events", "w", "events"),
        ("related", "o", "go to…"),
        ("problems", "!", "problems only"),
        ("inspector", "i", "inspector"),
        ("save", "ctrl+s", "save as file"),
        ("group", "z", "group by…"),
        ("wide", "ctrl+w", "wide columns"),
        ("pan_left", "h,left", "columns left", "-"),
        ("pan_right", "right", "columns right", "-"),
        ("mark_range", "ctrl+@", "mark range", "-"),
        ("mark_all", "*", "mark all", "-"),
        ("sort_left", "<", "sort column left", "-"),
        ("sort_right", ">", "sort column right", "-"),
        ("sort_reverse", "O", "reverse sort", "-"),
        ("down", "j,down", "down", "-"),
        ("up", "k,up", "up", "-"),
        ("top", "g,home", "top", "-"),
        ("bottom", "G,end", "bottom", "-"),
        ("page_down", "ctrl+f,pagedown", "page down", "-"),
        ("page_up", "ctrl+b,pageup", "page up", "-"),
        ("go_dashboard", "1", "dashboard", "-"),
        ("go_services", "2", "services", "-"),
        ("go_tasks", "3", "tasks", "-"),
        ("go_task_definitions", "4", "task definitions", "-"),
        ("go_instances", "5", "instances", "-"),
        ("go_capacity", "K", "capacity", "-"),
        ("go_events", "9", "events", "-"),
        ("go_clusters", "0", "clusters", "-"),
    ),
    *_group(
        "editor",
        ("register", "ctrl+s", "register", "!"),
        ("next_problem", "f8", "next problem"),
        ("previous_problem", "shift+f8", "previous problem", "-"),
        ("diff", "f2", "diff"),
        ("import_file", "ctrl+o", "import"),
        ("format", "f5", "format"),
        ("undo", "ctrl+z", "undo"),
        ("redo", "ctrl+y", "redo"),
        ("close", "escape", "close"),
    ),
    *_group(
        "document",
        ("describe", "d", "describe"),
        ("yaml", "y", "YAML"),
        ("json", "J", "JSON"),
    ),
    *_group("diff", ("mode", "m", "side by side"), ("fold", "z", "fold")),
    *_group(
        "global",
        ("palette", "ctrl+p,:", "palette"),
        ("help", "?,f1", "help"),
        ("why", "W", "why"),
        ("tree", "T", "tree", "-"),
        ("map", "M", "placement map", "-"),
        ("undo", "ctrl+underscore", "undo", "!-"),
        ("record", "f9", "record", "-"),
        ("back", "escape", "back", "-"),
        ("leave", "q", "back or quit", "-"),
        ("next_pane", "tab", "next pane", "-"),
        ("previous_pane", "shift+tab", "previous pane", "-"),
        ("freeze", "P", "freeze"),
        ("copy", "c", "copy", "-"),
        ("copy_as", "C", "copy as…", "-"),
        ("refresh", "ctrl+r", "refresh", "-"),
        ("last_view", "-", "last view", "-"),
        ("previous", "[", "previous", "-"),
        ("next", "]", "next", "-"),
        ("picture", "f8", "save picture", "-"),
        ("interrupt", "ctrl+c", "copy or quit", "-"),
    ),
)  # fmt: skip

PRESET = Registry(COMMANDS, SCOPES)
