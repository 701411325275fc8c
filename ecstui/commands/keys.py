"""`ecstui keys`: every command with its keys, and what is wrong with the user's own."""

from ecstui.commands.terminal import say, tell
from ecstui.settings import Settings, SettingsError
from ecstui.ui.keymap import Registry, key_label, read_keymap
from ecstui.ui.preset_k9s import GROUP_TITLES
from ecstui.ui.presets import MOVES, preset

EXIT_PROBLEMS = 1


def keys(settings: Settings, name: str) -> int:
    """Print the keys that hold with a preset and the user's file; 1 if some of them cannot."""
    if name not in MOVES:
        raise SettingsError(f"there is no preset {name}: there are {', '.join(MOVES)}.")
    path = settings.config_file.with_name("keys.toml")
    own, problems = read_keymap(path)
    registry, more = preset(name).remapped(own)
    for text in table(registry):
        say(text)
    for problem in (*problems, *more):
        tell(f"ecstui: {path}: {problem}")
    return EXIT_PROBLEMS if problems or more else 0


def table(registry: Registry) -> list[str]:
    """A line for each command, by the screens in which it works."""
    lines = []
    for group, title in GROUP_TITLES.items():
        for command in registry:
            if command.group == group:
                labels = " ".join(key_label(key) for key in command.keys)
                lines.append(f"{title:17} {labels:14} {command.label:18} {command.id}")
    return lines
