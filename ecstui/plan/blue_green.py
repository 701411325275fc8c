"""The blue/green planner: stages of a deployment, and how many tasks either side is to have.

Blue is the revision that serves, green the one that is to serve. From counts alone; it knows
nothing of single tasks, and without a load balancer the stages that shift traffic are passed at
once. Source: ecs.md 6.14.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ecstui.model.deployment import HookRecord, HookStatus
from ecstui.model.deployment_configuration import HookAction, LifecycleHook, LifecycleStage
from ecstui.plan.rollout import Bounds, ReplacementStep, SingleFleet, plan_replacement

STAGES = tuple(LifecycleStage)
LONGEST_STAGE_SECONDS = 24 * 3600.0
"""A stage without a hook that takes longer fails the deployment (ecs.md 6.14)."""
USUAL_TIMEOUT_MINUTES = 1440
"""`timeoutInMinutes` of a pause that gives none (API DeploymentLifecycleHookTimeout…)."""
UNHOOKED = frozenset({LifecycleStage.SCALE_UP, LifecycleStage.BAKE_TIME, LifecycleStage.CLEAN_UP})
"""Stages that take no hook."""
LAMBDA_ONLY = frozenset(
    {LifecycleStage.TEST_TRAFFIC_SHIFT, LifecycleStage.PRODUCTION_TRAFFIC_SHIFT}
)
"""Stages at which nothing can be paused."""
_BEFORE_GREEN = frozenset({LifecycleStage.RECONCILE_SERVICE, LifecycleStage.PRE_SCALE_UP})


@dataclass(frozen=True, slots=True)
class BlueGreenStep:
    """What to do now on either side."""

    blue: ReplacementStep
    green: ReplacementStep
    is_done: bool
    """Whether blue is gone and green is all there."""


def plan_blue_green(
    stage: LifecycleStage, bounds: Bounds, blue: SingleFleet, green: SingleFleet
) -> BlueGreenStep:
    """One step: both sides at the desired count, but for green before and blue after its time.

    Where green has lost tasks after it was ready, blue goes no further than the floor.
    """
    is_over = stage is LifecycleStage.CLEAN_UP
    spare = max(0, blue.healthy + green.healthy - bounds.floor)
    blue_step = _nothing_left(blue, spare) if is_over else plan_replacement(bounds, blue)
    green_step = plan_replacement(bounds, green)
    if stage in _BEFORE_GREEN:
        green_step = _nothing_left(green, green.healthy)
    is_all_there = green == SingleFleet(healthy=bounds.desired_count)
    return BlueGreenStep(blue_step, green_step, is_over and is_all_there and not _wanted(blue))


def _wanted(fleet: SingleFleet) -> int:
    return fleet.healthy + fleet.unhealthy + fleet.warming + fleet.pending


def _nothing_left(fleet: SingleFleet, most_healthy: int) -> ReplacementStep:
    return ReplacementStep(
        start=0,
        stop_unhealthy=fleet.unhealthy,
        stop_healthy=min(fleet.healthy, most_healthy),
        stop_pending=fleet.pending,
        stop_warming=fleet.warming,
    )


# -- stages -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """What the stages wait for."""

    has_blue: bool
    """Whether there is a revision to go back to."""
    strays: int
    """Tasks, not stopped, that belong to neither side."""
    is_green_ready: bool
    """Whether green has its desired count of healthy tasks."""
    bake_seconds: float
    now: float


def first_stage(progress: Progress) -> LifecycleStage:
    """Where a deployment begins: reconciling only when there are more than two revisions."""
    is_crowded = progress.strays > 0
    return LifecycleStage.RECONCILE_SERVICE if is_crowded else LifecycleStage.PRE_SCALE_UP


def is_over(stage: LifecycleStage, began_at: float, progress: Progress) -> bool:
    """Whether a stage has done its work; its hooks are looked at apart."""
    match stage:
        case LifecycleStage.RECONCILE_SERVICE:
            return not progress.strays
        case LifecycleStage.SCALE_UP:
            return progress.is_green_ready
        case LifecycleStage.BAKE_TIME:
            return not progress.has_blue or progress.now >= began_at + progress.bake_seconds
        case LifecycleStage.CLEAN_UP:
            return False
        case _:
            return True


def after(stage: LifecycleStage) -> LifecycleStage:
    """The stage that follows; the last one follows itself."""
    return STAGES[min(STAGES.index(stage) + 1, len(STAGES) - 1)]


def shown_stage(stage: LifecycleStage) -> LifecycleStage:
    """The stage as `lifecycleStage` shows it: one is known to hooks only."""
    if stage is LifecycleStage.PRE_PRODUCTION_TRAFFIC_SHIFT:
        return LifecycleStage.POST_TEST_TRAFFIC_SHIFT
    return stage


# -- hooks ------------------------------------------------------------------------------------


def hooks_at(
    stage: LifecycleStage, hooks: Sequence[LifecycleHook], hook_ids: Sequence[str], now: float
) -> tuple[HookRecord, ...]:
    """The pauses of a stage that has just begun; `hook_ids`: one for each hook of the service."""
    found = []
    for hook, hook_id in zip(hooks, hook_ids, strict=True):
        if stage not in hook.lifecycle_stages or hook.target_type is None:
            continue
        timeout = hook.timeout_configuration
        minutes = USUAL_TIMEOUT_MINUTES if timeout is None else timeout.timeout_in_minutes
        found.append(
            HookRecord(
                hook_id=hook_id,
                target_type=hook.target_type,
                status=HookStatus.AWAITING_ACTION,
                expires_at=now + 60.0 * (minutes or USUAL_TIMEOUT_MINUTES),
                timeout_action=(timeout and timeout.action) or HookAction.ROLLBACK,
                stage=stage,
            )
        )
    return tuple(found)


def settled_hook(hook: HookRecord, now: float) -> HookRecord:
    """A pause after its answer came or its time was up; still AWAITING_ACTION before that."""
    if hook.status is not HookStatus.AWAITING_ACTION:
        return hook
    if hook.answer is not None:
        is_good = hook.answer is HookAction.CONTINUE
        return hook.with_(status=HookStatus.SUCCEEDED if is_good else HookStatus.FAILED)
    if hook.expires_at is not None and hook.expires_at <= now:
        return hook.with_(status=HookStatus.TIMED_OUT)
    return hook


def wants_rollback(hook: HookRecord) -> bool:
    """Whether the end of a pause sends the deployment back."""
    if hook.status is HookStatus.TIMED_OUT:
        return hook.timeout_action is not HookAction.CONTINUE
    return hook.status is HookStatus.FAILED
