"""One registry of commands, which bindings, footer, help and palette all read.

A command has an id (`services.scale`), keys, and the group of screens in which it works. A screen
names the commands that it implements and gets Textual bindings from here; it must never write a
key itself. The user may move any command by its id; what clashes is dropped and reported, the rest
of the user's keys stand.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from textual.binding import Binding

from ecstui.ui.glyphs import ENTER

_LABELS = {
    "enter": ENTER, "escape": "esc", "delete": "del", "backspace": "bksp", "pageup": "pgup",
    "pagedown": "pgdn", "underscore": "_", "up": "↑", "down": "↓", "left": "←", "right": "→",
    # What terminals send for control and space.
    "@": "space",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Command:
    """Something that a key does. Its action method is named after the last part of its id."""

    id: str
    key: str
    """Textual's key names or single characters; a comma between alternatives."""
    label: str
    """One or two words, as the footer shows them."""
    group: str
    """The group of screens that it belongs to, a key of `GROUP_TITLES` of the preset."""
    dangerous: bool = False
    """Changes something in the cluster: off in read-only mode, asks first where it takes away."""
    shown: bool = True
    """May take room in the footer; help and palette show every command."""
    help: str = ""
    """One sentence for help and palette, where the label does not say it all."""

    @property
    def action(self) -> str:
        """The name of the action: `scale` for `services.scale`, so `action_scale` runs it."""
        return self.id.rpartition(".")[2]

    @property
    def keys(self) -> tuple[str, ...]:
        """Its keys one by one."""
        return tuple(key.strip() for key in self.key.split(",")) if self.key != "," else (",",)

    @property
    def key_label(self) -> str:
        """Its first key as the footer writes it."""
        return key_label(self.keys[0])


def key_label(key: str) -> str:
    """A key as people write it: `^d`, `↵`, `⇧tab`, `F7`."""
    *modifiers, name = key.split("+") if len(key) > 1 else [key]
    front = "".join({"ctrl": "^", "shift": "⇧"}.get(word, f"{word}+") for word in modifiers)
    return front + _LABELS.get(name, name)


@dataclass(frozen=True, slots=True)
class KeyProblem:
    """One entry of the user's keymap that was not used, and why."""

    command_id: str
    message: str

    def __str__(self) -> str:
        """As a toast says it."""
        return f"{self.command_id}: {self.message}"


class Registry:
    """The commands that exist, in order of importance, and the keys that run them."""

    def __init__(self, commands: Iterable[Command], scopes: Mapping[str, tuple[str, ...]]) -> None:
        """`scopes`: for each kind of screen, the groups whose keys are live in it together.

        A command whose id stands there after a `-` is not.
        """
        self._commands = {command.id: command for command in commands}
        self._scopes = scopes

    def __getitem__(self, command_id: str) -> Command:
        """The command of that id; KeyError if there is none."""
        return self._commands[command_id]

    def __iter__(self) -> Iterator[Command]:
        """All commands, most important first."""
        return iter(self._commands.values())

    def get(self, command_id: str | None) -> Command | None:
        """The command of that id, if there is one."""
        return self._commands.get(command_id or "")

    def rank(self, command_id: str) -> int:
        """Where the command stands in the order of importance; 0 is first."""
        return list(self._commands).index(command_id)

    def bindings(self, *command_ids: str) -> list[Binding]:
        """Textual bindings for a screen's or widget's BINDINGS; KeyError for an unknown id."""
        return [
            Binding(
                command.key,
                command.action,
                command.label,
                show=command.shown,
                key_display=command.key_label,
                tooltip=command.help,
                id=command.id,
            )
            for command in (self._commands[command_id] for command_id in command_ids)
        ]

    def clashes(self) -> list[str]:
        """Keys that would do two things in one kind of screen, as sentences; empty if sound."""
        found: dict[str, None] = {}
        for scope, groups in self._scopes.items():
            owners: dict[str, str] = {}
            for command in self._commands.values():
                is_live = command.group in groups and f"-{command.id}" not in groups
                for key in command.keys if is_live else ():
                    other = owners.setdefault(key, command.id)
                    if other != command.id:
                        found[f"{scope}: {key_label(key)} is both {other} and {command.id}"] = None
        return list(found)

    def remapped(self, keys: Mapping[str, str]) -> tuple["Registry", list[KeyProblem]]:
        """This registry with the user's keys, and the entries that had to be left out."""
        current = self
        problems: list[KeyProblem] = []
        for command_id, key in keys.items():
            if command_id not in self._commands:
                problems.append(KeyProblem(command_id, "no such command"))
                continue
            moved = current._with(command_id, key)
            new = [clash for clash in moved.clashes() if clash not in current.clashes()]
            if new or not key.strip():
                problems.append(KeyProblem(command_id, new[0] if new else "no key given"))
            else:
                current = moved
        return current, problems

    def moved(self, keys: Mapping[str, str]) -> "Registry":
        """This registry with all these keys at once, as a preset has them; clashes are not seen."""
        commands = [replace(command, key=keys.get(command.id, command.key)) for command in self]
        return Registry(commands, self._scopes)

    def _with(self, command_id: str, key: str) -> "Registry":
        moved = replace(self._commands[command_id], key=key)
        return Registry({**self._commands, command_id: moved}.values(), self._scopes)

    def moved_from(self, preset: "Registry") -> dict[str, str]:
        """What differs from the preset, for Textual's `App.set_keymap`."""
        return {
            command.id: command.key for command in self if preset[command.id].key != command.key
        }


def read_keymap(path: Path) -> tuple[dict[str, str], list[KeyProblem]]:
    """The user's keys by command id, from `[keys]` of a TOML file; none if there is no file."""
    try:
        document: dict[str, object] = dict(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return {}, []
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return {}, [KeyProblem(path.name, str(error))]
    table = document.get("keys")
    if not isinstance(table, dict):
        return {}, [KeyProblem(path.name, "needs a [keys] table")]
    wrong = [
        KeyProblem(str(name), "is not text")
        for name, key in table.items()
        if not isinstance(key, str)
    ]
    return {str(name): key for name, key in table.items() if isinstance(key, str)}, wrong
