"""What a service deployment itself waits for: stages, pauses, bake time, alarms.

Pure, from the record that the scheduler keeps; nothing here moves a deployment on. Source: ecs.md
6.9, 6.14.
"""

from collections.abc import Mapping

from ecstui.model.deployment import (
    AlarmRecord,
    AlarmState,
    HookStatus,
    ServiceDeploymentRecord,
    ServiceDeploymentStatus,
)
from ecstui.model.deployment_configuration import HookAction, LifecycleStage
from ecstui.plan.blue_green import shown_stage
from ecstui.plan.pace import Pace
from ecstui.plan.service_deployment import bake_seconds, is_blue_green
from ecstui.plan.why import AtStage, Baking, InAlarm, Paused, Reason


def baked_at(
    deployment: ServiceDeploymentRecord, alarms: Mapping[str, AlarmRecord], pace: Pace
) -> float | None:
    """When the bake time that goes on is over; None while there is none."""
    if deployment.status is not ServiceDeploymentStatus.IN_PROGRESS:
        return None
    if deployment.lifecycle_stage is not LifecycleStage.BAKE_TIME:
        return None
    configuration = deployment.deployment_configuration
    is_staged = is_blue_green(configuration)
    began_at = deployment.stage_began_at if is_staged else deployment.baking_since
    if began_at is None:
        return None
    return began_at + bake_seconds(configuration, alarms, pace)


def of_deployment(
    deployment: ServiceDeploymentRecord | None, alarms: Mapping[str, AlarmRecord], pace: Pace
) -> list[Reason]:
    """What keeps a deployment that goes on at the stage where it is."""
    if deployment is None or deployment.status is not ServiceDeploymentStatus.IN_PROGRESS:
        return []
    found: list[Reason] = [
        Paused(
            hook.hook_id,
            shown_stage(hook.stage).value,
            hook.expires_at,
            (hook.timeout_action or HookAction.ROLLBACK).value,
        )
        for hook in deployment.lifecycle_hook_details
        if hook.status is HookStatus.AWAITING_ACTION and hook.answer is None
    ]
    stage, until = deployment.lifecycle_stage, baked_at(deployment, alarms, pace)
    watched = deployment.deployment_configuration.alarms
    names = watched.alarm_names if watched is not None and watched.enable else ()
    if until is not None:
        found.append(Baking(until, names))
    elif stage is not None and not found:
        found.append(AtStage(shown_stage(stage).value, deployment.stage_began_at or 0.0))
    ignored = tuple(
        name
        for name in deployment.ignored_alarm_names
        if name in alarms and alarms[name].state_value is AlarmState.ALARM
    )
    if ignored:
        found.append(InAlarm(ignored))
    return found
