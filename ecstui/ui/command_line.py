"""What is typed after `:`: a verb or an alias, and what it is about: `:svc api`, `:scale api 5`.

Reading is pure but for looking up names in the view. An entry that comes of it says what will
happen, with the AWS CLI line, before enter makes it so. It never guesses a name: what is not
there is said.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ecstui.base.ids import short_name
from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.enums import ServiceStatus
from ecstui.model.requests.services import UpdateServiceRequest
from ecstui.model.service import ServiceRecord
from ecstui.store.kinds import CLUSTERS, FAMILIES, INSTANCES, SERVICES, TASKS
from ecstui.store.tables import View
from ecstui.ui import routes
from ecstui.ui.commands import Entry
from ecstui.ui.log_commands import LOG_READERS
from ecstui.ui.playing import place_of
from ecstui.ui.routes import SECTIONS
from ecstui.ui.spans import Line, line
from ecstui.ui.table import Span
from ecstui.ui.text import clean, clock

if TYPE_CHECKING:
    from ecstui.client.replay import ReplayClient
    from ecstui.ui.app import EcsTui

Reader = Callable[["EcsTui", Sequence[str]], Entry]
"""Makes an entry of the words after the verb."""


def read(app: "EcsTui", text: str) -> Entry | None:
    """The command that was typed; None where its first word is not a command."""
    words = text.strip().removeprefix(":").split()
    if not words:
        return None
    verb, rest = words[0].lower(), words[1:]
    section = _section_of(verb)
    if section and not rest:
        return Entry(f":{verb}", "go to", lambda: app.go_to(section))
    reader = READERS.get(section or verb)
    return None if reader is None else reader(app, rest)


def _section_of(word: str) -> str:
    for section in SECTIONS.values():
        if word in (section.name, *section.aliases):
            return section.name
    return ""


def _wrong(text: str) -> Entry:
    return Entry(text, "?", lambda: None, why_off=text, effect=_said(text))


def _said(text: str) -> Line:
    return line(Span(text, "status.warning"))


def _shell_line(words: str) -> Line:
    return line(Span("$ ", "frame.key"), Span(f"aws ecs {words}", "muted"))


def named_service(view: View, cluster: str, name: str) -> ServiceRecord | None:
    """The service of that name, or the only one whose name begins so."""
    services = [
        service
        for service in view.by(SERVICES, "cluster", cluster)
        if service.status is not ServiceStatus.INACTIVE
    ]
    exact = [service for service in services if service.service_name == name]
    begun = [service for service in services if service.service_name.startswith(name)]
    found = exact or begun
    return found[0] if len(found) == 1 else None


def _service(app: "EcsTui", words: Sequence[str], verb: str) -> ServiceRecord | Entry:
    if not words:
        return _wrong(f":{verb} needs the name of a service")
    service = named_service(app.view, app.cluster, words[0])
    return service or _wrong(f"no service {clean(words[0])!r}, or more than one")


def _open_service(app: "EcsTui", words: Sequence[str]) -> Entry:
    service = _service(app, words, "svc")
    if isinstance(service, Entry):
        return service
    name, arn = clean(service.service_name), service.service_arn
    effect = _shell_line(f"describe-services --cluster {clean(app.cluster)} --services {name}")
    return Entry(f"Open service {name}", "service", lambda: routes.open_service(app, arn),
                 effect=effect)  # fmt: skip


def _logs(app: "EcsTui", words: Sequence[str]) -> Entry:
    service = _service(app, words, "logs")
    if isinstance(service, Entry):
        return service
    name, arn = clean(service.service_name), service.service_arn
    return Entry(f"Logs of {name}", "logs", lambda: routes.open_logs_of_service(app, arn))


def _scale(app: "EcsTui", words: Sequence[str]) -> Entry:
    service = _service(app, words, "scale")
    if isinstance(service, Entry):
        return service
    name, arn, count = clean(service.service_name), service.service_arn, service.desired_count
    if len(words) < 2:
        return Entry(f"Scale {name}…", "services", lambda: routes.scale(app, arn))
    if not words[1].isdecimal() or len(words[1]) > 6:
        return _wrong(f"not a number of tasks: {clean(words[1])!r}")
    off = app.why_no_writes()
    if off:
        return _wrong(off)
    wanted = int(words[1])
    request = UpdateServiceRequest(service=arn, cluster=app.cluster, desired_count=wanted)
    screen = app.top_screen()

    async def send() -> None:
        if await app.send(request) is not None:
            app.say(f"{name} scaled from {count} to {wanted}")

    def run() -> None:
        if count and not wanted:
            routes.scale_to_zero(screen, [arn])
        else:
            app.run_worker(send(), group="requests")

    more = f"{wanted - count:+d} tasks  " if wanted != count else "no change  "
    options = f"--cluster {clean(app.cluster)} --service {name} --desired-count {wanted}"
    effect = line(f"{count} → {wanted}  ", Span(more, "muted")) + _shell_line(
        f"update-service {options}"
    )
    return Entry(f"Scale {name} to {wanted}", "services", run, effect=effect)


def _task(app: "EcsTui", words: Sequence[str]) -> Entry:
    wanted = words[0].lower()
    found = [t for t in app.view.by(TASKS, "cluster", app.cluster) if t.task_id.startswith(wanted)]
    if len(found) != 1:
        return _wrong(f"no task {clean(wanted)!r}, or more than one")
    task = found[0]
    return Entry(f"Open task {clean(task.task_id)}", "task",
                 lambda: routes.open_task(app, task.task_arn))  # fmt: skip


def _definition(app: "EcsTui", words: Sequence[str]) -> Entry:
    name = short_name(words[0])
    if app.view.get(FAMILIES, name.partition(":")[0]) is None:
        return _wrong(f"no family {clean(name)!r}")
    return Entry(f"Open task definition {clean(name)}", "task definition",
                 lambda: routes.open_task_definition(app, name))  # fmt: skip


def _named_instance(app: "EcsTui", name: str) -> ContainerInstanceRecord | None:
    for instance in app.view.by(INSTANCES, "cluster", app.cluster):
        if name in (instance.name, instance.instance_id):
            return instance
    return None


def _instance(app: "EcsTui", words: Sequence[str]) -> Entry:
    found = _named_instance(app, words[0])
    if found is None:
        return _wrong(f"no container instance {clean(words[0])!r}")
    arn, name = found.container_instance_arn, clean(found.name)
    return Entry(f"Tasks on {name}", "instance", lambda: routes.open_tasks_of_instance(app, arn))


def _events(app: "EcsTui", words: Sequence[str]) -> Entry:
    service = _service(app, words, "ev")
    if isinstance(service, Entry):
        return service
    name, arn = clean(service.service_name), service.service_arn
    return Entry(f"Events of {name}", "events", lambda: routes.open_events_of(app, arn))


def _cluster(app: "EcsTui", words: Sequence[str]) -> Entry:
    if app.view.get(CLUSTERS, words[0]) is None:
        return _wrong(f"no cluster {clean(words[0])!r}")
    return Entry(f"Show cluster {clean(words[0])}", "cluster", lambda: app.use_cluster(words[0]))


def _theme(app: "EcsTui", words: Sequence[str]) -> Entry:
    if not words:
        return _wrong(":theme needs the name of a theme")
    name = words[0]
    if name not in app.available_themes:
        return _wrong(f"no theme {clean(name)!r}")
    return Entry(f"Theme {name}", "theme", lambda: app.use_theme(name),
                 preview=lambda: app.try_theme(name))  # fmt: skip


def _messages(app: "EcsTui", words: Sequence[str]) -> Entry:
    return Entry("Messages", "ecstui", lambda: routes.open_messages(app))


def _undo(app: "EcsTui", words: Sequence[str]) -> Entry:
    off = app.why_no_writes()
    if off:
        return _wrong(off)
    if not app.undos:
        return _wrong("nothing was changed here that could be taken back")
    back = app.undos[-1]
    effect = line(Span(back.words, "muted"))
    screen = app.top_screen()
    return Entry("Undo the last change", "undo", lambda: routes.undo_last(screen), effect=effect)


def _history(app: "EcsTui", words: Sequence[str]) -> Entry:
    return Entry("History of changes", "ecstui", lambda: routes.open_history(app))


def _roles(app: "EcsTui", words: Sequence[str]) -> Entry:
    return Entry("IAM roles", "ecstui", lambda: routes.open_roles(app))


def _forwards(app: "EcsTui", words: Sequence[str]) -> Entry:
    return Entry("Forwards", "ecstui", lambda: routes.open_forwards(app))


def _ports(app: "EcsTui", words: Sequence[str]) -> Entry:
    if not words:
        return Entry("Host ports", "instance", lambda: routes.open_ports(app))
    instance = _named_instance(app, words[0])
    if instance is None:
        return _wrong(f"no container instance {clean(words[0])!r}")
    arn, name = instance.container_instance_arn, clean(instance.name)
    return Entry(f"Host ports of {name}", "instance", lambda: routes.open_ports(app, arn))


def _player(app: "EcsTui") -> "ReplayClient | Entry":
    return app.player or _wrong("this is no recording: ecstui replay FILE plays one")


def _seek(app: "EcsTui", words: Sequence[str]) -> Entry:
    player = _player(app)
    if isinstance(player, Entry):
        return player
    at = place_of(words[0], player.now()) if words else None
    if at is None:
        return _wrong(":seek +30s, -2m or a time of day 12:03:04")
    return Entry(f"Go to {clock(at)}", "recording", lambda: player.seek(at))


def _speed(app: "EcsTui", words: Sequence[str]) -> Entry:
    player = _player(app)
    if isinstance(player, Entry):
        return player
    try:
        speed = float(words[0].removeprefix("×").removeprefix("x")) if words else 0.0
    except ValueError:
        speed = 0.0
    if not 0.1 <= speed <= 1000:
        return _wrong(":speed from 0.1 to 1000")
    return Entry(f"Play ×{speed:g}", "recording", lambda: player.play(speed=speed))


def _pause(app: "EcsTui", words: Sequence[str]) -> Entry:
    player = _player(app)
    if isinstance(player, Entry):
        return player
    is_paused = not player.is_paused
    title = "Pause" if is_paused else "Go on"
    return Entry(title, "recording", lambda: player.play(is_paused=is_paused))


def _quit(app: "EcsTui", words: Sequence[str]) -> Entry:
    return Entry(
        "Quit", "ecstui", app.exit, effect=line(Span("what runs goes on running", "muted"))
    )


READERS: Mapping[str, Reader] = {
    "services": _open_service,
    "tasks": _task,
    "task_definitions": _definition,
    "instances": _instance,
    "events": _events,
    "clusters": _cluster,
    "logs": _logs,
    "scale": _scale,
    "theme": _theme,
    "messages": _messages,
    "undo": _undo,
    "seek": _seek,
    "speed": _speed,
    "pause": _pause,
    "history": _history,
    "roles": _roles,
    "ports": _ports,
    "forwards": _forwards,
    "fw": _forwards,
    **LOG_READERS,
    "q": _quit,
    "quit": _quit,
}
