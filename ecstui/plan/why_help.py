"""What would help what waits: a line for each thing that somebody can do.

Pure: from the data of `plan/why.py`; what is in the way, `plan/why_words.py` says.
"""

from collections.abc import Sequence

from ecstui.plan.refusal import RefusalReason
from ecstui.plan.why import (
    AtCeiling,
    AtFloor,
    EngineAway,
    Failing,
    GivenUp,
    InstanceWhy,
    NotPlaced,
    OnDraining,
    Paused,
    PlacementWhy,
    ProviderWhy,
    Provisioning,
    Reason,
    Settling,
    Sick,
    Stuck,
    Throttled,
    UnderProtection,
    Unproven,
    Why,
)
from ecstui.plan.why_words import amounts, span

_MOST_ALIKE = 3
"""So many instances are named that would have room if something left."""
_OWN_PORT = (
    "let Docker choose the host port (hostPort 0), ask for fewer tasks, or, in a deployment, lower "
    "minimumHealthyPercent so that old tasks go first"
)
_WITHOUT_BLUE = "or wait: green goes on meanwhile, and is to replace blue"
_LONG_UNPROVEN_SECONDS = 30.0
"""Who waits for a passing check as long as that is told what to look at."""


def help_of(why: Why, now: float) -> list[str]:
    """What would help, the best first; empty where only waiting does."""
    found: list[str] = []
    lacks_room = any(isinstance(each, NotPlaced) and not each.is_blue for each in why.reasons)
    is_draining = any(isinstance(each, OnDraining) for each in why.reasons)
    for reason in why.reasons:
        if isinstance(reason, AtFloor) and lacks_room and not is_draining:
            found.append(_help_floor(reason))
        found += _help(reason, now)
    return list(dict.fromkeys(found))


def _help(reason: Reason, now: float) -> list[str]:
    match reason:
        case NotPlaced():
            found = _help_placing(reason.placement)
            return [*found, _WITHOUT_BLUE] if reason.is_blue else found
        case Stuck():
            return [_help_stuck(reason)]
        case Provisioning():
            return _help_provisioning(reason)
        case AtCeiling():
            return [f"raise maximumPercent above {reason.maximum_percent}, or wait for stops"]
        case GivenUp() | EngineAway() | UnderProtection() | Paused():
            return [_help_outside(reason)]
        case Sick() | Failing() | Settling() | Unproven():
            return _help_unwell(reason, now)
        case Throttled():
            return [_help_throttled(reason, now)]
        case _:
            return []


def _help_floor(reason: AtFloor) -> str:
    least = max(0, reason.floor - 1) * 100 // max(1, reason.desired_count)
    return f"lower minimumHealthyPercent to {least}, so that an old task makes room for a new one"


def _help_stuck(reason: Stuck) -> str:
    desired = max(1, reason.desired_count)
    most = -(-(reason.ceiling + 1) * 100 // desired)
    least = max(0, reason.floor - 1) * 100 // desired
    return (
        f"raise maximumPercent to {most} so that one task more may exist, or lower "
        f"minimumHealthyPercent to {least} so that one may stop"
    )


def _help_throttled(reason: Throttled, now: float) -> str:
    left = span(reason.until - now)
    if reason.is_blue:
        return f"wait {left}; green goes on meanwhile"
    return f"wait {left}, or update to a revision that starts: that is tried at once"


def _help_unwell(reason: Sick | Failing | Settling | Unproven, now: float) -> list[str]:
    match reason:
        case Failing() if not reason.has_run:
            return [_help_starting(reason.reason)]
        case Failing():
            return [f"read the logs of {reason.task_id[:8]}, which stay after it stopped"]
        case Unproven() if now - reason.since < _LONG_UNPROVEN_SECONDS:
            return []
        case Unproven():
            return ["read the logs of these tasks, and try their health check in one of them"]
        case Settling() if not reason.is_grace:
            return []
        case _:
            return ["read the logs of the unhealthy tasks"]


def _help_starting(reason: str) -> str:
    """What would help a task none of whose containers ever ran."""
    if "CannotPullContainerError" in reason:
        return "pull the image on the engine, or name one that can be pulled in a new revision"
    if "ResourceInitializationError" in reason:
        return "put in place what is missing: the next attempt finds it"
    return "mend what the reason names, on the engine or in a new revision"


def _help_outside(reason: GivenUp | EngineAway | UnderProtection | Paused) -> str:
    match reason:
        case UnderProtection():
            return "end the protection with UpdateTaskProtection, or stop the tasks by hand"
        case GivenUp():
            return "update to a revision that works, or to the one before"
        case EngineAway():
            return f"start engine {reason.engine} again, or deregister {reason.instance_name}"
        case Paused():
            return "answer with ContinueServiceDeployment"


def _help_provisioning(reason: Provisioning) -> list[str]:
    known = reason.provider
    if known is None:
        return []
    if known.elsewhere:
        return [_more_instances(known)]
    if reason.can_never_fit:
        return [_larger_group(reason.cpu_units, reason.memory_mib)]
    if known.booting or (known.is_scaled and known.instances < known.max_size):
        return []
    return [_more_instances(known)]


def _larger_group(cpu_units: int, memory_mib: int) -> str:
    return (
        f"use a capacity provider whose instances have at least {amounts(cpu_units, memory_mib)}, "
        "or ask for less in a new revision"
    )


def _more_instances(known: ProviderWhy) -> str:
    """What brings another instance to a group."""
    group = f"Auto Scaling group {known.group}"
    if known.elsewhere:
        return f"use a capacity provider of this cluster: {group} is of cluster {known.elsewhere}"
    if known.is_scaled:
        return f"raise maxSize of {group} above {known.max_size} (K in the screens)"
    size = "desiredCapacity" if known.desired < known.max_size else "maxSize and desiredCapacity"
    return (
        f"raise {size} of {group} above {known.desired}, or enable managed scaling of "
        f"capacity provider {known.name} (K in the screens)"
    )


def _help_placing(placement: PlacementWhy | None) -> list[str]:
    provider = None if placement is None else placement.provider
    if placement is not None and placement.is_fargate:
        return _help_placing_on_fargate(placement)
    if placement is not None and provider is not None:
        return _help_placing_by_provider(placement, provider)
    if placement is None or not placement.instances:
        return ["register a container instance"]
    needs = amounts(placement.cpu_units, placement.memory_mib)
    if placement.can_never_fit:
        return [f"register an instance with at least {needs}, or ask for less in a new revision"]
    found = _help_on_instances(placement)
    if placement.is_daemon:
        return [*found, "ask for less in a new revision"]
    return [*found, f"register another instance with {needs} free{_that_meets(placement)}"]


def _that_meets(placement: PlacementWhy) -> str:
    reasons = {refusal.reason for each in placement.instances for refusal in each.refusals}
    is_choosy = reasons & {RefusalReason.MEMBER_OF, RefusalReason.ATTRIBUTE}
    return ", which meets the constraints" if is_choosy else ""


def _help_placing_on_fargate(placement: PlacementWhy) -> list[str]:
    found = _help_on_instances(placement)
    if all(e.refusals and e.refusals[0].reason is RefusalReason.AGENT for e in placement.instances):
        return found
    if placement.can_never_fit:
        found.append("ask for less in a new revision")
    return [*found, 'or set capacity = "unlimited" under [fargate] in config.toml']


def _help_placing_by_provider(placement: PlacementWhy, provider: ProviderWhy) -> list[str]:
    if provider.is_too_small_for(placement.cpu_units, placement.memory_mib):
        return [_larger_group(placement.cpu_units, placement.memory_mib)]
    found = _help_on_instances(placement)
    # Who waits in PROVISIONING says itself what the group needs.
    return found if provider.is_scaled else [*found, _more_instances(provider)]


def _help_on_instances(placement: PlacementWhy) -> list[str]:
    """What would help on the instances that are there."""
    found = [*_help_with_ports(placement), *_help_with_room(placement)][:_MOST_ALIKE]
    first = {each.refusals[0].reason for each in placement.instances if each.refusals}
    draining = [each.name for each in placement.instances if each.status == "DRAINING"]
    if draining and not found:
        found.append(f"set {draining[0]} to ACTIVE again")
    if not found:
        found += _help_with_engines(placement)
    if RefusalReason.DISTINCT_INSTANCE in first and not placement.is_daemon:
        found.append("ask for fewer tasks, or give up the constraint distinctInstance")
    if first & {RefusalReason.MEMBER_OF, RefusalReason.ATTRIBUTE}:
        found.append("put the attributes on an instance, or relax the placement constraints")
    return found


def _help_with_ports(placement: PlacementWhy) -> list[str]:
    found = []
    for each in _only_obstacle(placement.instances, RefusalReason.PORTS):
        for holder in each.holders:
            if holder.group == placement.group:
                found.append(_OWN_PORT)
            elif holder.task_id:
                whose = f"{holder.group} {holder.task_id[:8]}"
                found.append(f"free port {holder.port} on {each.name}: stop {whose}")
    return list(dict.fromkeys(found))


def _help_with_room(placement: PlacementWhy) -> list[str]:
    return [
        f"free {' and '.join(_short(each))} on {each.name}: stop or shrink a task there"
        for each in _only_obstacle(placement.instances, RefusalReason.MEMORY, RefusalReason.CPU)
        if each.never_cpu is None and each.never_memory is None
    ]


def _help_with_engines(placement: PlacementWhy) -> list[str]:
    """Engines that do not answer, of instances that are refused for that."""
    away = {
        each.engine: None
        for each in placement.instances
        if each.engine and each.refusals and each.refusals[0].reason is RefusalReason.AGENT
    }
    return [f"start engine {engine} again" for engine in away][:_MOST_ALIKE]


def _only_obstacle(instances: Sequence[InstanceWhy], *reasons: RefusalReason) -> list[InstanceWhy]:
    """Instances that fail nothing but these checks, those that lack least first."""
    found = [
        each
        for each in instances
        if each.status == "ACTIVE"
        and each.refusals
        and all(refusal.reason in reasons for refusal in each.refusals)
    ]
    return sorted(found, key=lambda e: sum(r.missing_amount or 0 for r in e.refusals))


def _short(instance: InstanceWhy) -> list[str]:
    units = {RefusalReason.CPU: "CPU units", RefusalReason.MEMORY: "MiB"}
    return [f"{r.missing_amount} {units[r.reason]}" for r in instance.refusals if r.reason in units]
