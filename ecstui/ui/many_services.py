"""What is done to several marked services at once, where one alone has a dialog: scale, delete.

Each says what becomes of every service, asks, and sends one request for each in turn until one is
refused. What a verb does not apply to is left out and named.
"""

from collections.abc import Sequence

from ecstui.model.requests.services import DeleteServiceRequest, UpdateServiceRequest
from ecstui.model.service import ServiceRecord
from ecstui.plan.counts import service_counts
from ecstui.store.kinds import TASKS
from ecstui.store.tables import View
from ecstui.ui.modals.scale import MOST_TASKS
from ecstui.ui.modals.service_effects import is_daemon, needs_force
from ecstui.ui.questions import Question, ask_and_send
from ecstui.ui.screens.ask import AskModal
from ecstui.ui.screens.base import EcsScreen
from ecstui.ui.service_verbs import names_of, services_of
from ecstui.ui.text import clean, plural

_SHOWN = 6


def scale(screen: EcsScreen, service_arns: Sequence[str]) -> None:
    """Ask for one desired count for all of the services, then whether it is right so."""
    services = [each for each in services_of(screen.view, service_arns) if not is_daemon(each)]
    if not services:
        screen.shell.say("A daemon service has no desired count: one task is on each instance.")
        return

    async def submit(text: str) -> str:
        if text.isascii() and text.isdigit() and len(text) <= 6 and int(text) <= MOST_TASKS:
            return ""
        return f"a whole number from 0 to {MOST_TASKS} is needed"

    def answered(text: str | None) -> None:
        if text is not None:
            _scale_to(screen, service_arns, int(text))

    title = f"Scale {plural(len(services), 'service')}"
    screen.app.push_screen(AskModal(title, "Desired count of each", submit), answered)


def _scale_to(screen: EcsScreen, service_arns: Sequence[str], wanted: int) -> None:
    services = services_of(screen.view, service_arns)
    changed = [s for s in services if not is_daemon(s) and s.desired_count != wanted]
    if not changed:
        screen.shell.say(f"Nothing changes: the desired count is {wanted} already.")
        return
    more = sum(max(0, wanted - service.desired_count) for service in changed)
    fewer = sum(max(0, service.desired_count - wanted) for service in changed)
    before = [f"{clean(service.service_name)} {service.desired_count}" for service in changed]
    counts = [f"{each} → {wanted}" for each in before]
    sums = [f"{plural(n, 'task')} {word}" for n, word in ((more, "more"), (fewer, "fewer")) if n]
    facts = [*counts, ", ".join(sums)]
    facts += [f"{clean(s.service_name)} is a daemon and stays" for s in services if is_daemon(s)]
    ask_and_send(
        screen,
        [
            UpdateServiceRequest(
                service=service.service_name, cluster=service.cluster_name, desired_count=wanted
            )
            for service in changed
        ],
        Question(
            "Scale",
            f"Scale {names_of(changed)} to {wanted}?",
            facts,
            f"{names_of(changed)} scaled to {wanted} (was {', '.join(_some(before))})",
            tier=2 if fewer else 1,
        ),
    )


def delete(screen: EcsScreen, service_arns: Sequence[str]) -> None:
    """Delete the services; where any runs something, how many there are must be typed."""
    services = services_of(screen.view, service_arns)
    if not services:
        return
    fates = [_fate(screen.view, service) for service in services]
    is_any_running = any(_runs(screen.view, service) for service in services)
    ask_and_send(
        screen,
        [
            DeleteServiceRequest(
                service=service.service_name,
                cluster=service.cluster_name,
                force=needs_force(service),
            )
            for service in services
        ],
        Question(
            "Delete",
            f"Delete {names_of(services)}?",
            [*fates, "task definitions are kept"],
            f"deleting {names_of(services)}",
            type_name=plural(len(services), "service") if is_any_running else "",
        ),
    )


def _fate(view: View, service: ServiceRecord) -> str:
    count = _tasks(view, service)
    what = f"{plural(count, 'task')} of it will be stopped" if count else "it runs nothing now"
    force = ", by force" if needs_force(service) else ""
    return f"{clean(service.service_name)}: {what}{force}"


def _runs(view: View, service: ServiceRecord) -> bool:
    return bool(_tasks(view, service)) or needs_force(service)


def _tasks(view: View, service: ServiceRecord) -> int:
    return service_counts(service, view.by(TASKS, "service", service.service_arn)).all.total


def _some(words: Sequence[str]) -> list[str]:
    left = len(words) - _SHOWN
    return [*words[:_SHOWN], f"and {left} more"] if left > 0 else list(words)
