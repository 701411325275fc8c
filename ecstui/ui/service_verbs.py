"""What can be done to services with a plain yes or no: redeploy, roll back, scale to 0.

The list and the detail of services share it. Each says what will happen, with the AWS CLI line,
asks, and sends; the control plane decides what comes of it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ecstui.base.ids import short_name
from ecstui.model.requests.services import UpdateServiceRequest
from ecstui.model.service import ServiceRecord
from ecstui.plan.counts import service_counts
from ecstui.store.kinds import SERVICES, TASK_DEFINITIONS, TASKS
from ecstui.store.tables import View
from ecstui.ui.columns.cells import revision_of
from ecstui.ui.questions import Question, ask_and_send
from ecstui.ui.screens.base import EcsScreen
from ecstui.ui.screens.service_diff import diff_of, effects
from ecstui.ui.text import clean, plural

if TYPE_CHECKING:
    from ecstui.model.task_definition import TaskDefinitionRecord

_SHOWN_NAMES = 4
_SHOWN_CHANGES = 5


def services_of(view: View, service_arns: Sequence[str]) -> list[ServiceRecord]:
    """The services that are still there."""
    found = [view.get(SERVICES, arn) for arn in service_arns]
    return [service for service in found if service is not None]


def rollback_target(view: View, service: ServiceRecord) -> str | None:
    """ARN of the task definition to go back to; None where there is none.

    That of the last completed deployment with another one than now, else of an older deployment,
    else the ACTIVE revision before the present one.
    """
    present = service.primary.task_definition
    completed = service.last_completed
    if completed is not None and completed.task_definition != present:
        return completed.task_definition
    for deployment in service.deployments:
        if deployment.task_definition != present:
            return deployment.task_definition
    return _revision_before(view, present)


def _revision_before(view: View, task_definition: str) -> str | None:
    record = view.get(TASK_DEFINITIONS, task_definition)
    if record is None:
        return None
    older: list[TaskDefinitionRecord] = [
        other
        for other in view.by(TASK_DEFINITIONS, "family", record.family)
        if other.revision < record.revision and other.status == "ACTIVE"
    ]
    return max(older, key=lambda other: other.revision).task_definition_arn if older else None


def redeploy(screen: EcsScreen, service_arns: Sequence[str]) -> None:
    """Replace all tasks of the services by new ones of the same revision."""
    services = services_of(screen.view, service_arns)
    if not services:
        return
    one = services[0]
    facts = [
        f"{plural(_running(screen.view, services), 'running task')} will be replaced by new ones",
        f"floor {one.minimum_healthy_percent}%, ceiling {one.maximum_percent}% while it rolls",
    ]
    ask_and_send(
        screen,
        [
            UpdateServiceRequest(
                service=service.service_name, cluster=screen.cluster, force_new_deployment=True
            )
            for service in services
        ],
        Question(
            "Redeploy",
            f"Redeploy {names_of(services)}?",
            facts if len(services) == 1 else facts[:1],
            f"redeploying {names_of(services)}",
            tier=1,
        ),
    )


def roll_back(screen: EcsScreen, service_arn: str) -> None:
    """Put the task definition back in place that was there before."""
    services = services_of(screen.view, [service_arn])
    if not services:
        return
    service = services[0]
    name = clean(service.service_name)
    target = rollback_target(screen.view, service)
    if target is None:
        screen.shell.say(f"{name} has no earlier revision to go back to.", "warning")
        return
    before, after = revision_of(service.primary.task_definition), revision_of(target)
    ask_and_send(
        screen,
        [
            UpdateServiceRequest(
                service=service.service_name,
                cluster=screen.cluster,
                task_definition=short_name(target),
            )
        ],
        Question(
            "Roll back",
            f"Roll {name} back to {after}?",
            [
                f"a new deployment replaces {before} by {after}",
                f"{plural(_running(screen.view, services), 'running task')} now",
                *_preview(screen.view, service, target),
            ],
            f"rolling {name} back to {after}",
        ),
    )


def _preview(view: View, service: ServiceRecord, target: str) -> list[str]:
    """What a rollback undoes, and what that means."""
    old = view.get(TASK_DEFINITIONS, service.primary.task_definition)
    new = view.get(TASK_DEFINITIONS, target)
    if old is None or new is None:
        return []
    diff = diff_of(old, new)
    changes = [f"{each.kind}: {each.text}" for each in diff.differences]
    left = len(changes) - _SHOWN_CHANGES
    more = [f"and {plural(left, 'more difference')}: D shows all"] if left > 0 else []
    return [
        *changes[:_SHOWN_CHANGES],
        *more,
        *(text if is_fine else f"too little: {text}"
          for is_fine, text in effects(view, service, diff)),
    ]  # fmt: skip


def scale_to_zero(screen: EcsScreen, service_arns: Sequence[str]) -> None:
    """Stop all tasks of the services; the services stay."""
    services = services_of(screen.view, service_arns)
    if not services:
        return
    counts = ", ".join(
        f"{clean(service.service_name)} {service.desired_count}"
        for service in services[:_SHOWN_NAMES]
    )
    ask_and_send(
        screen,
        [
            UpdateServiceRequest(
                service=service.service_name, cluster=screen.cluster, desired_count=0
            )
            for service in services
        ],
        Question(
            "Scale to 0",
            f"Scale {names_of(services)} to 0?",
            [
                f"{plural(_running(screen.view, services), 'running task')} will be stopped",
                f"desired count now: {counts}",
            ],
            f"{names_of(services)} scaled to 0 (was {counts})",
        ),
    )


def _running(view: View, services: Sequence[ServiceRecord]) -> int:
    return sum(
        service_counts(s, view.by(TASKS, "service", s.service_arn)).all.running for s in services
    )


def names_of(services: Sequence[ServiceRecord]) -> str:
    """Their names; of many, how many they are."""
    names = [clean(service.service_name) for service in services]
    if len(names) <= _SHOWN_NAMES:
        return ", ".join(names)
    return f"{len(names)} services"
