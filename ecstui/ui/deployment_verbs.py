"""What can be done to a service deployment that goes on: stop and roll it back, answer a pause.

Each says what will happen, asks, and sends; the scheduler decides what comes of it.
"""

from collections.abc import Callable, Sequence

from ecstui.model.deployment import (
    HookRecord,
    ServiceDeploymentRecord,
    ServiceDeploymentStatus,
)
from ecstui.model.deployment_configuration import HookAction
from ecstui.model.requests.deployments import (
    ContinueServiceDeploymentRequest,
    StopServiceDeploymentRequest,
)
from ecstui.plan.blue_green import shown_stage
from ecstui.plan.counts import service_counts
from ecstui.store.kinds import SERVICES, TASKS
from ecstui.store.tables import View
from ecstui.ui import routes
from ecstui.ui.cockpit import paused_hooks
from ecstui.ui.columns.cells import revision_of, short_id
from ecstui.ui.questions import Question, ask_and_send
from ecstui.ui.screens.base import EcsScreen
from ecstui.ui.text import clean, plural

_STOPPABLE = frozenset({ServiceDeploymentStatus.PENDING, ServiceDeploymentStatus.IN_PROGRESS})


def why_not_stop(deployment: ServiceDeploymentRecord | None) -> str | None:
    """Why a deployment cannot be stopped; None when it can."""
    if deployment is None:
        return "No deployment goes on."
    if deployment.has_ended:
        return "This deployment is over."
    if deployment.status not in _STOPPABLE:
        return "This deployment is being rolled back already."
    return None


def why_not_answer(deployment: ServiceDeploymentRecord | None) -> str | None:
    """Why there is nothing to answer; None when a pause waits."""
    if deployment is None or not paused_hooks(deployment):
        return "No pause of a deployment waits for an answer."
    return None


def stop_facts(view: View, deployment: ServiceDeploymentRecord) -> list[str]:
    """What stopping a deployment does."""
    service = view.get(SERVICES, deployment.service_arn)
    if service is None:
        return ["the service is gone"]
    counts = service_counts(service, view.by(TASKS, "service", service.service_arn))
    new = counts.of(deployment.deployment_id)
    target = service.last_completed
    if target is None or target.id == deployment.deployment_id:
        return [
            "no completed deployment is there to go back to",
            f"it fails and starts nothing more; {plural(new.running, 'task')} of it run on",
        ]
    old = counts.of(target.id)
    return [
        f"the service goes back to {revision_of(target.task_definition)}",
        f"{plural(new.running + new.pending, 'new task')} will be stopped",
        f"{plural(max(0, service.desired_count - old.running), 'task')} of the old revision "
        f"will be started, {old.running} run",
    ]


def stop(screen: EcsScreen, deployment: ServiceDeploymentRecord | None) -> None:
    """Ask, then stop a deployment and roll it back."""
    problem = why_not_stop(deployment)
    if deployment is None or problem is not None:
        screen.shell.say(problem or "")
        return
    name = clean(deployment.service_arn.rpartition("/")[2])
    ask_and_send(
        screen,
        [StopServiceDeploymentRequest(service_deployment_arn=deployment.service_deployment_arn)],
        Question(
            "Stop and roll back",
            f"Stop the deployment of {name} and roll it back?",
            stop_facts(screen.view, deployment),
            f"rolling the deployment of {name} back",
        ),
    )


def answer(screen: EcsScreen, deployment: ServiceDeploymentRecord | None) -> None:
    """Ask how a paused deployment is to go on."""
    hooks = () if deployment is None else paused_hooks(deployment)
    if deployment is None or not hooks:
        screen.shell.say(why_not_answer(deployment) or "")
        return
    verbs: dict[tuple[str, str], Callable[[], None]] = {}
    for hook in hooks:
        place = _place_of(hook, hooks)
        for action, words in (
            (HookAction.CONTINUE, f"Continue after {place}"),
            (HookAction.ROLLBACK, f"Roll back at {place}"),
        ):
            verbs[words, hook.hook_id] = _answering(screen, deployment, hook.hook_id, action)
    routes.choose(screen.shell, "Paused deployment", list(verbs), lambda *chosen: verbs[chosen]())


def _place_of(hook: HookRecord, hooks: Sequence[HookRecord]) -> str:
    """The stage that a hook holds up, with the hook's id where others hold up the same."""
    stage = shown_stage(hook.stage)
    is_alone = sum(1 for other in hooks if shown_stage(other.stage) is stage) == 1
    return stage.value if is_alone else f"{stage.value} {short_id(hook.hook_id)}"


def _answering(
    screen: EcsScreen, deployment: ServiceDeploymentRecord, hook_id: str, action: HookAction
) -> Callable[[], None]:
    is_back = action is HookAction.ROLLBACK
    name = clean(deployment.service_arn.rpartition("/")[2])
    verb = "Roll back" if is_back else "Continue"
    facts = stop_facts(screen.view, deployment) if is_back else ["the next stage begins at once"]
    question = Question(
        verb,
        f"{verb} the deployment of {name}?",
        facts,
        f"{'rolling back' if is_back else 'continuing'} the deployment of {name}",
        tier=2 if is_back else 1,
    )
    request = ContinueServiceDeploymentRequest(
        service_deployment_arn=deployment.service_deployment_arn, hook_id=hook_id, action=action
    )
    return lambda: ask_and_send(screen, [request], question)
