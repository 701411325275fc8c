"""Forwards of container ports to 127.0.0.1, from the screens: asked for, held, ended with them.

The app holds them in `forwards`; each asks the live records where its connections can go. It never
listens anywhere but on loopback.
"""

from typing import TYPE_CHECKING

from ecstui.base.ids import short_name
from ecstui.client.forwarding import Forward, open_forward
from ecstui.client.reach import Goal, goals_of, ways_to
from ecstui.store.kinds import SERVICES
from ecstui.ui import routes
from ecstui.ui.columns.cells import short_id
from ecstui.ui.text import clean

if TYPE_CHECKING:
    from ecstui.ui.app import EcsTui

_LOWEST_FREE_PORT = 1024
_LIFT = 8000
"""Port 80 is offered at 8080."""
_HIGHEST_PORT = 65_535


def ask_forward(app: "EcsTui", arn: str) -> None:
    """Ask which port of a task or a service is to be reached, and at which port of here."""
    goals = goals_of(app.view, arn)
    if app.player is not None:
        app.say("This is a recording: nothing of it runs, so nothing can be reached.", "warning")
    elif not goals:
        app.say("Its task definition names no TCP port.", "warning")
    elif len(goals) == 1:
        _ask_port(app, goals[0])
    else:
        choices = [(f"{clean(goal.container)} {goal.container_port}", "") for goal in goals]
        at = {name: goal for (name, _), goal in zip(choices, goals, strict=True)}
        routes.choose(app, "Forward", choices, lambda name, _: _ask_port(app, at[name]))


def name_of(app: "EcsTui", goal: Goal) -> str:
    """`api web:80`: whose port it is."""
    is_service = app.view.get(SERVICES, goal.arn) is not None or ":service/" in goal.arn
    owner = clean(short_name(goal.arn)) if is_service else f"task {short_id(goal.arn)}"
    return f"{owner} {clean(goal.container)}:{goal.container_port}"


def _ask_port(app: "EcsTui", goal: Goal) -> None:
    from ecstui.ui.screens.ask import AskModal

    ways = ways_to(app.view, goal)
    if not ways.found:
        app.say(f"{name_of(app, goal)} cannot be reached. {clean(ways.reason)}", "warning")
        return

    async def accept(text: str) -> str:
        if not text.isdecimal() or len(text) > 5 or int(text) > _HIGHEST_PORT:
            return "That is no port: 1 to 65535, or 0 for any that is free."
        return await begin(app, goal, int(text))

    title = f"Forward {name_of(app, goal)} to 127.0.0.1"
    app.push_screen(AskModal(title, "port", accept, value=str(_offered(goal.container_port))))


def _offered(container_port: int) -> int:
    return container_port + _LIFT if container_port < _LOWEST_FREE_PORT else container_port


async def begin(app: "EcsTui", goal: Goal, port: int) -> str:
    """Begin to forward; why it could not, or nothing."""
    try:
        forward = await open_forward(goal, lambda: ways_to(app.view, goal), port)
    except OSError as error:
        return f"127.0.0.1:{port}: {(error.strerror or str(error)).lower()}"
    app.forwards.append(forward)
    app.run_worker(_hold(app, forward), group="forwards")
    app.say(f"127.0.0.1:{forward.port} leads to {name_of(app, goal)}; :forwards lists it")
    return ""


async def _hold(app: "EcsTui", forward: Forward) -> None:
    """Until it is ended, or the screens are."""
    try:
        await forward.until_closed()
    finally:
        await forward.close()
        if forward in app.forwards:
            app.forwards.remove(forward)
