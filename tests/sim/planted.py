"""Planted bugs in protection, blue/green, the history, rollbacks and Auto Scaling groups.

As `mutants`, which lists them with the rules that must find them.
"""

from dataclasses import replace

import pytest

from ecstui.control import plane as plane_module
from ecstui.control.reconcilers import capacity as capacity_module
from ecstui.control.reconcilers import deploying as deploying_module
from ecstui.control.reconcilers import services as services_module
from ecstui.control.reconcilers.deploying import Deploying
from ecstui.model.capacity import ManagedScaling, ScalingState
from ecstui.model.deployment import ServiceDeploymentRecord, ServiceDeploymentStatus
from ecstui.model.deployment_configuration import LifecycleStage
from ecstui.model.service import ServiceRecord
from ecstui.plan import blue_green, failing
from ecstui.plan import service as service_module
from ecstui.plan.blue_green import Progress
from ecstui.plan.managed_scaling import GroupFacts, ScalingDecision, evaluate
from ecstui.plan.rollout import ReplacementStep, SingleFleet
from ecstui.plan.service import plan_service
from ecstui.plan.service_deployment import follow
from ecstui.plan.service_steps import ServicePlan, ServiceSituation


def protection_ignored(patch: pytest.MonkeyPatch) -> None:
    """Tasks are chosen as if none was protected."""

    def plan(situation: ServiceSituation) -> ServicePlan:
        bare = tuple(task.with_(protected_until=None) for task in situation.tasks)
        return plan_service(replace(situation, tasks=bare))

    patch.setattr(services_module, "plan_service", plan)


def blue_goes_before_green_is_there(patch: pytest.MonkeyPatch) -> None:
    """The new side is taken for ready at once, and the old one goes as a whole."""
    is_over, nothing_left = blue_green.is_over, blue_green._nothing_left

    def hasty(stage: LifecycleStage, began_at: float, progress: Progress) -> bool:
        # Nobody to go back to: no bake time in which green could come after all.
        return is_over(stage, began_at, replace(progress, is_green_ready=True, has_blue=False))

    def all_of(fleet: SingleFleet, _: int) -> ReplacementStep:
        return nothing_left(fleet, fleet.healthy)

    patch.setattr(blue_green, "is_over", hasty)
    patch.setattr(blue_green, "_nothing_left", all_of)
    patch.setattr(service_module, "above_floor", lambda _situation, stops, _bounds: stops)


def overtaken_deployment_left_open(patch: pytest.MonkeyPatch) -> None:
    """A service deployment that a newer one has overtaken never ends."""
    patch.setattr(Deploying, "_end_superseded", lambda *_: None)


def ended_deployment_goes_on(patch: pytest.MonkeyPatch) -> None:
    """What is written down does not ask whether the service deployment is over."""

    def again(current: ServiceDeploymentRecord, *arguments: object) -> object:
        reopened = current.with_(status=ServiceDeploymentStatus.IN_PROGRESS)
        return follow(reopened if current.has_ended else current, *arguments)  # type: ignore[arg-type]

    patch.setattr(deploying_module, "follow", again)


def calls_are_counted_anew(patch: pytest.MonkeyPatch) -> None:
    """A restart forgets how many calls there were."""
    patch.setattr(plane_module, "last_number", lambda _: 0)


def most_of_a_group_ignored(patch: pytest.MonkeyPatch) -> None:
    """Managed scaling scales out as far as tasks wait."""

    def endless(
        scaling: ManagedScaling, facts: GroupFacts, before: ScalingState, now: float
    ) -> ScalingDecision:
        return evaluate(scaling, replace(facts, max_size=1_000), before, now)

    patch.setattr(capacity_module, "evaluate", endless)


def rollback_leaves_the_task_definition(patch: pytest.MonkeyPatch) -> None:
    """The deployment that worked is PRIMARY again, but the service names the one that failed."""
    roll_back = failing._roll_back

    def halfway(service: ServiceRecord, *arguments: object) -> ServiceRecord:
        back = roll_back(service, *arguments)  # type: ignore[arg-type]
        return back.with_(task_definition=service.task_definition)

    patch.setattr(failing, "_roll_back", halfway)


PLANTED = {
    protection_ignored: ("S19",),
    blue_goes_before_green_is_there: ("S3",),
    overtaken_deployment_left_open: ("L1", "S20"),
    ended_deployment_goes_on: ("S20",),
    calls_are_counted_anew: ("S21",),
    most_of_a_group_ignored: ("S13",),
    rollback_leaves_the_task_definition: ("S22",),
}
"""Which rule finds each, the proper one first."""
