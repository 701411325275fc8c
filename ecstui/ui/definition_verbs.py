"""What can be done with a revision of a task definition: deploy it to a service, deregister it.

Each says what will happen, with the AWS CLI line, asks, and sends.
"""

from collections.abc import Sequence

from ecstui.model.enums import TaskDefinitionStatus
from ecstui.model.requests.definitions import DeregisterTaskDefinitionRequest
from ecstui.model.requests.services import UpdateServiceRequest
from ecstui.model.service import ServiceRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.plan.counts import service_counts
from ecstui.store.kinds import TASK_DEFINITIONS, TASKS
from ecstui.ui import routes
from ecstui.ui.columns.cells import revision_of
from ecstui.ui.questions import Question, ask_and_send
from ecstui.ui.screens.base import EcsScreen
from ecstui.ui.screens.choose import ChooseModal
from ecstui.ui.text import clean, plural

_NEW_SERVICE = "new service…"


def deploy(
    screen: EcsScreen, definition: TaskDefinitionRecord, services: Sequence[ServiceRecord]
) -> None:
    """Choose a service for the revision; services of the same family stand first."""
    view = screen.view

    def is_other(service: ServiceRecord) -> bool:
        present = view.get(TASK_DEFINITIONS, service.task_definition)
        return present is None or present.family != definition.family

    found = sorted(services, key=lambda service: (is_other(service), service.service_name))
    name = clean(definition.family_revision)
    choices = [(clean(s.service_name), f"runs {revision_of(s.task_definition)}") for s in found]
    choices.append((_NEW_SERVICE, f"of {name}"))

    def chosen(index: int | None) -> None:
        if index is None:
            return
        if index == len(found):
            routes.create_service(screen.shell, definition.family_revision)
        else:
            confirm_deploy(screen, found[index], definition)

    screen.app.push_screen(ChooseModal(f"Deploy {name} to", choices), chosen)


def confirm_deploy(
    screen: EcsScreen, service: ServiceRecord, definition: TaskDefinitionRecord
) -> None:
    """Ask, then update the service to the revision."""
    name, after = clean(service.service_name), clean(definition.family_revision)
    before = revision_of(service.task_definition)
    tasks = screen.view.by(TASKS, "service", service.service_arn)
    running = service_counts(service, tasks).all.running
    facts = [
        f"{before} → {after}",
        f"{plural(running, 'running task')} replaced by {service.desired_count} new",
        f"floor {service.minimum_healthy_percent}%, ceiling {service.maximum_percent}%"
        " while it rolls",
    ]

    request = UpdateServiceRequest(
        service=service.service_name,
        cluster=screen.cluster,
        task_definition=definition.family_revision,
    )
    ask_and_send(
        screen,
        [request],
        Question(
            "Deploy", f"Deploy {after} to {name}?", facts, f"deploying {after} to {name}", tier=1
        ),
    )


def deregister(screen: EcsScreen, definitions: Sequence[TaskDefinitionRecord]) -> None:
    """Ask, then deregister revisions that are ACTIVE."""
    active = [d for d in definitions if d.status is TaskDefinitionStatus.ACTIVE]
    if not active:
        screen.shell.say("This revision is not active.", "warning")
        return
    names = ", ".join(clean(d.family_revision) for d in active[:4])
    what = names if len(active) <= 4 else plural(len(active), "revision")
    arns = {d.task_definition_arn for d in active}
    running = sum(t.task_definition_arn in arns for t in screen.view.by(TASKS, "active", "yes"))
    facts = ["nothing new can be started from an INACTIVE revision"]
    if running:
        facts.append(f"{plural(running, 'running task')} of it will not be stopped")

    requests = [
        DeregisterTaskDefinitionRequest(task_definition=definition.family_revision)
        for definition in active
    ]
    question = Question("Deregister", f"Deregister {what}?", facts, f"deregistered {what}")
    ask_and_send(screen, requests, question)
