"""What the palette offers: the verbs of the screen, places, things by name, themes, typed commands.

Each entry says what it does before it does it. Entries are made when the box opens; nothing here
draws, and nothing here runs before it is chosen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.fuzzy import Matcher
from textual.theme import BUILTIN_THEMES

from ecstui.model.enums import ServiceStatus
from ecstui.store.kinds import CLUSTERS, FAMILIES, INSTANCES, SERVICES, TASKS
from ecstui.ui import routes
from ecstui.ui.columns.cells import revision_of, short_id
from ecstui.ui.keymap import Registry
from ecstui.ui.preset_k9s import GROUP_TITLES
from ecstui.ui.routes import SECTIONS
from ecstui.ui.spans import Line, line
from ecstui.ui.table import Span
from ecstui.ui.text import clean

if TYPE_CHECKING:
    from ecstui.ui.app import EcsTui
    from ecstui.ui.screens.base import EcsScreen

MAX_HITS = 200
_MAX_TASKS = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be chosen in the palette."""

    title: str
    kind: str
    """Where it belongs: `services`, `go to`, `theme`."""
    run: Callable[[], object]
    key: str = ""
    """How its key is written, if it has one."""
    effect: Line = ()
    """What will happen, for the line below the list."""
    why_off: str = ""
    """Why it cannot be chosen now."""
    preview: Callable[[], object] | None = None
    """Shows what it would look like while the cursor is on it."""


def entries(app: "EcsTui", screen: "EcsScreen") -> list[Entry]:
    """Everything that can be chosen from a screen."""
    return [
        *screen_entries(app, screen),
        *place_entries(app),
        *thing_entries(app),
        *app_entries(app),
    ]


def screen_entries(app: "EcsTui", screen: "EcsScreen") -> list[Entry]:
    """The commands whose keys work on the screen."""
    found = []
    for live in screen.live_keys():
        command = live.command
        if command.id in ("global.palette", "global.interrupt"):
            continue
        title = command.label[:1].upper() + command.label[1:]
        subject = screen.subject_of(command.id)
        if subject and command.id in screen.row_commands:
            title = f"{title} {subject}"
        why = "" if live.is_on else screen.why_not(command.action) or "not now"
        found.append(
            Entry(
                title,
                GROUP_TITLES.get(command.group, command.group).lower(),
                _runner(app, screen, command.id),
                command.key_label,
                effect=line(Span(why or live.help, "status.warning" if why else "muted")),
                why_off=why,
            )
        )
    return found


def _runner(app: "EcsTui", screen: "EcsScreen", command_id: str) -> Callable[[], object]:
    return lambda: app.call_later(screen.run_command, command_id)


def place_entries(app: "EcsTui") -> list[Entry]:
    """The sections."""
    return [
        Entry(
            f"Go to {section.title.lower()}",
            "go to",
            _goer(app, section.name),
            _key_of(app.registry, section.command_id),
            effect=line(Span(f":{section.aliases[0]}", "accent")),
        )
        for section in SECTIONS.values()
    ]


def _goer(app: "EcsTui", name: str) -> Callable[[], object]:
    return lambda: app.go_to(name)


def _key_of(registry: Registry, command_id: str) -> str:
    command = registry.get(command_id)
    return command.key_label if command is not None else ""


def thing_entries(app: "EcsTui") -> list[Entry]:
    """Services, tasks, families, instances and clusters by name."""
    view, cluster = app.view, app.cluster
    found = []
    for service in view.by(SERVICES, "cluster", cluster):
        if service.status is not ServiceStatus.INACTIVE:
            name = clean(service.service_name)
            found.append(_thing(app, name, "service", routes.open_service, service.service_arn))
    for family in view.all(FAMILIES):
        name = clean(family.family)
        found.append(
            _thing(app, name, "task definition", routes.open_task_definition, family.family)
        )
    for instance in view.by(INSTANCES, "cluster", cluster):
        arn = instance.container_instance_arn
        found.append(
            _thing(app, clean(instance.name), "instance", routes.open_tasks_of_instance, arn)
        )
    tasks = [task for task in view.by(TASKS, "cluster", cluster) if not task.is_stopped]
    for task in tasks[:_MAX_TASKS]:
        name = f"{short_id(task.task_id)} {revision_of(task.task_definition_arn)}"
        found.append(_thing(app, name, "task", routes.open_task, task.task_arn))
    for record in view.all(CLUSTERS):
        name = record.cluster_name
        found.append(Entry(clean(name), "cluster", lambda name=name: app.use_cluster(name)))  # type: ignore[misc]
    return found


def _thing(
    app: "EcsTui", name: str, kind: str, opener: "Callable[[EcsTui, str], None]", key: str
) -> Entry:
    return Entry(name, kind, lambda: opener(app, key))


def app_entries(app: "EcsTui") -> list[Entry]:
    """Themes, messages, the way out."""
    found = [
        Entry(
            f"Theme {name}",
            "theme",
            lambda name=name: app.use_theme(name),  # type: ignore[misc]
            effect=line(Span("enter keeps it, esc goes back", "muted")),
            preview=lambda name=name: app.try_theme(name),  # type: ignore[misc]
        )
        for name in sorted(app.available_themes, key=lambda name: (name in BUILTIN_THEMES, name))
    ]
    return [
        Entry(
            "Messages",
            "ecstui",
            lambda: routes.open_messages(app),
            effect=line(Span(":messages", "accent")),
        ),
        Entry(
            "History of changes",
            "ecstui",
            lambda: routes.open_history(app),
            effect=line(Span(":history", "accent")),
        ),
        Entry(
            "IAM roles",
            "ecstui",
            lambda: routes.open_roles(app),
            effect=line(Span(":roles", "accent")),
        ),
        Entry(
            "Host ports",
            "ecstui",
            lambda: routes.open_ports(app),
            effect=line(Span(":ports", "accent")),
        ),
        Entry(
            "Forwards of ports",
            "ecstui",
            lambda: routes.open_forwards(app),
            effect=line(Span(":forwards", "accent")),
        ),
        Entry("Reload themes", "ecstui", app.reload_theme_files),
        Entry("ASCII signs on or off", "ecstui", app.toggle_ascii),
        Entry("Quit", "ecstui", app.exit, effect=line(Span(":q", "accent"))),
        *found,
    ]


def find(offered: Sequence[Entry], wanted: str) -> list[Entry]:
    """Entries that fit what was typed, the best first; all of them for nothing typed."""
    words = wanted.strip()
    if not words:
        return list(offered[:MAX_HITS])
    matcher = Matcher(words)
    scored = []
    for index, entry in enumerate(offered):
        score = matcher.match(entry.title) * _bonus(entry.title, words)
        if score <= 0:
            score = matcher.match(f"{entry.title} {entry.kind}") / 2
        if score > 0:
            scored.append((-score, index, entry))
    scored.sort(key=lambda hit: hit[:2])
    return [entry for _, _, entry in scored[:MAX_HITS]]


def _bonus(title: str, words: str) -> float:
    """A title that begins with what was typed is what was meant."""
    lowered, wanted = title.casefold(), words.casefold()
    if lowered == wanted:
        return 4.0
    return 2.0 if lowered.startswith(wanted) else 1.0
