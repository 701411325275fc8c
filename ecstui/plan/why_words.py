"""Plain sentences on why something waits, and ECS's events on the same.

Pure: from the data of `plan/why.py`; what would help, `plan/why_help.py` says. Texts of the user's
are passed on as they are; a screen has to clean them.
"""

from ecstui.plan.protection import held_by_protection
from ecstui.plan.refusal import RefusalReason, explain
from ecstui.plan.why import (
    AtCeiling,
    AtFloor,
    AtStage,
    Baking,
    BeingDeleted,
    Ended,
    EngineAway,
    Failing,
    GivenUp,
    InAlarm,
    InstanceWhy,
    Moving,
    Noted,
    NotPlaced,
    OnDraining,
    Paused,
    PlacementWhy,
    ProviderWhy,
    Provisioning,
    Reason,
    Settling,
    Sick,
    Starting,
    Stopping,
    Stuck,
    SurgingFirst,
    Throttled,
    UnderProtection,
    Unproven,
    Why,
)

MORE = " For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
STUCK = (
    "was unable to stop or start tasks during a deployment because of the service deployment "
    "configuration. Update the minimumHealthyPercent or maximumPercent value and try again."
)
_MOST_PORTS = 5
_PROVIDER = "capacity provider"
_BLUE = "blue, the revision that serves"
START_IMPAIRED = "is unable to consistently start tasks successfully." + MORE


def event_of(reason: NotPlaced | Stuck | Throttled | UnderProtection) -> str | None:
    """The service event, without `(service NAME) `; None where ECS tells none (ecs.md 6.11)."""
    match reason:
        case NotPlaced():
            return explain(reason.unplaced)
        case Stuck():
            return STUCK
        case Throttled():
            return START_IMPAIRED if reason.start_failures else None
        case UnderProtection():
            return held_by_protection(reason.deployment_id, reason.count)


def sentences(why: Why, now: float) -> list[str]:
    """What is in the way, a sentence for each reason; empty when there is nothing."""
    found = []
    for reason in why.reasons:
        found.append(sentence(reason, now))
        if isinstance(reason, Failing) and reason.count_last_minute > 1:
            found.append(f"{tasks(reason.count_last_minute)} failed within the last minute")
    return found


def sentence(reason: Reason, now: float) -> str:
    """One reason in words."""
    match reason:
        case NotPlaced():
            return _not_placed(reason)
        case Stuck():
            return (
                f"the percentages leave no way: of {tasks(reason.desired_count)} "
                f"{reason.floor} must stay healthy and at most {reason.ceiling} may exist"
            )
        case Throttled():
            whose = f"{_BLUE}: " if reason.is_blue else ""
            return f"{whose}{throttled(reason)}: next attempt in {span(reason.until - now)}"
        case UnderProtection():
            until = (
                "" if reason.until is None else f"; the first ends in {span(reason.until - now)}"
            )
            return f"{tasks(reason.count)} under scale-in protection{until}"
        case GivenUp():
            return f"{reason.reason.rstrip('.')}; it starts nothing more"
        case AtCeiling():
            return f"no room below the ceiling: {reason.total} of {reason.ceiling} tasks exist"
        case AtFloor() | SurgingFirst():
            return f"old tasks stop only above {_least(reason)}"
        case _:
            return _of_tasks(reason, now)


def _least(reason: AtFloor | SurgingFirst) -> str:
    if isinstance(reason, AtFloor):
        return f"the floor: healthy {reason.healthy} of {reason.floor}"
    least = reason.desired_count
    return f"the desired count while new ones come: healthy {reason.healthy} of {least}"


def _of_tasks(reason: Reason, now: float) -> str:
    match reason:
        case Starting():
            return _starting(reason, now)
        case Provisioning():
            return _provisioning(reason, now)
        case Failing():
            ago = span(now - reason.at)
            return f"{reason.task_id[:8]} failed {ago} ago: {reason.reason}"
        case Settling():
            return _settling(reason, now)
        case Unproven():
            count, since = len(reason.task_ids), span(now - reason.since)
            wait = f"{tasks(count)} {'waits' if count == 1 else 'wait'}"
            return f"{wait} for a passing health check, up to {since} so far"
        case Sick():
            return f"{tasks(len(reason.task_ids))} unhealthy, to be replaced"
        case Stopping():
            left = span(max(0.0, reason.killed_at - now))
            who = f"{tasks(len(reason.task_ids))} stopping"
            words = f"{who}: {reason.failure.rstrip('.')};" if reason.failure else f"{who},"
            return f"{words} killed in {left} at the latest"
        case _:
            return _of_places(reason, now)


def _of_places(reason: Reason, now: float) -> str:
    match reason:
        case OnDraining():
            return f"{tasks(reason.count)} on {reason.instance_name}, which is DRAINING"
        case EngineAway():
            return _engine_away(reason, now)
        case Moving():
            return (
                f"a task moves from {reason.source_zone} to {reason.target_zone} "
                "to even out the Availability Zones"
            )
        case BeingDeleted():
            return f"deleted; {tasks(reason.count)} still stopping"
        case Ended():
            at = "" if reason.at is None else f" {span(now - reason.at)} ago"
            return f"stopped{at}: {reason.reason}"
        case Noted():
            return reason.words.removesuffix(MORE)
        case _:
            return _of_deployment(reason, now)


def _of_deployment(reason: Reason, now: float) -> str:
    match reason:
        case Paused():
            end = "" if reason.expires_at is None else f" in {span(reason.expires_at - now)}"
            after = "goes on" if reason.timeout_action == "CONTINUE" else "rolls back"
            return (
                f"paused at {reason.stage} until somebody continues it or rolls it back; "
                f"it {after} by itself{end}"
            )
        case Baking():
            left = span(max(0.0, reason.until - now))
            watched = f", and so are {', '.join(reason.alarm_names)}" if reason.alarm_names else ""
            return f"bake time: the new tasks are watched for {left} more{watched}"
        case AtStage():
            return f"at {reason.stage} for {span(now - reason.since)}"
        case InAlarm():
            names = ", ".join(reason.alarm_names)
            return f"in ALARM since before the deployment began, so not looked at: {names}"
        case _:
            return ""


def _starting(reason: Starting, now: float) -> str:
    since = span(now - reason.since)
    if len(reason.task_ids) == 1:
        return f"{reason.task_ids[0][:8]} {reason.what}, for {since}"
    return f"{tasks(len(reason.task_ids))} {reason.what}, for up to {since}"


def _provisioning(reason: Provisioning, now: float) -> str:
    known, count = reason.provider, len(reason.task_ids)
    who = f"{reason.task_ids[0][:8]} waits" if count == 1 else f"{tasks(count)} wait"
    words = (
        f"{who} in PROVISIONING for {_PROVIDER} {reason.provider_name}, for "
        f"{'up to ' if count > 1 else ''}{span(now - reason.since)}, given up in "
        f"{span(reason.until - now)}"
    )
    return words if known is None else f"{words}: {_group_words(reason, known)}"


def _group_words(reason: Provisioning, known: ProviderWhy) -> str:
    if known.elsewhere:
        return f"the instances of group {known.group} join cluster {known.elsewhere}: none comes"
    if reason.can_never_fit:
        return (
            f"an instance of group {known.group} has {known.cpu_units} CPU units and "
            f"{known.memory_mib} MiB, {reason.cpu_units} and {reason.memory_mib} are needed: "
            "it can never fit"
        )
    has = f"group {known.group} has {known.instances} of at most {_instances(known.max_size)}"
    if known.booting:
        return f"{has}, {_instances(known.booting)} on the way"
    return has if known.is_scaled else f"{has}, and managed scaling is off"


def _settling(reason: Settling, now: float) -> str:
    left = span(max(0.0, reason.until - now))
    if reason.is_grace:
        return f"{tasks(len(reason.task_ids))} unhealthy, the grace period ends in {left}"
    wait = f"{reason.settling_seconds:g} s after start, pace {reason.pace}"
    counts = "counts" if len(reason.task_ids) == 1 else "count"
    return f"{tasks(len(reason.task_ids))} {counts} as healthy in {left} ({wait})"


def _engine_away(reason: EngineAway, now: float) -> str:
    since = "" if reason.since is None else f" for {span(now - reason.since)}"
    lost = ""
    if reason.lost_at is not None and reason.lost_at > now:
        lost = f", lost in {span(reason.lost_at - now)}"
    words = f"engine {reason.engine} of {reason.instance_name} has not answered{since}"
    return f"{words}: {tasks(reason.count)} there{lost}"


def throttled(reason: Throttled) -> str:
    """How often tasks failed in a row."""
    if reason.start_failures:
        return f"{reason.start_failures} starts in a row failed"
    return f"{reason.quick_exits} tasks in a row died soon"


def _not_placed(reason: NotPlaced) -> str:
    placement = reason.placement
    if placement is None:
        return explain(reason.unplaced).removesuffix(MORE)
    needs = f"needs {_needs(placement)}"
    whose = f" of {_BLUE}," if reason.is_blue else ""
    who = f"a task{whose}" if reason.count == 1 else f"{_many(reason.count, whose)} each of which"
    if not placement.instances and placement.provider is not None:
        return f"{who} {needs}: {_PROVIDER} {placement.provider.name} has no container instances"
    if not placement.instances:
        return f"{who} {needs}: the cluster has no container instances"
    of = "" if placement.provider is None else f" of {_PROVIDER} {placement.provider.name}"
    of += " without one" if placement.is_daemon else ""
    if placement.is_fargate:
        return f"{who} {needs}: Fargate has no room for it on any engine"
    if len(placement.instances) == 1:
        never = ", and never can" if placement.can_never_fit else ""
        return f"{who} {needs}: the one instance{of} cannot take it{never}"
    never = ", and none ever can" if placement.can_never_fit else ""
    return f"{who} {needs}: none of {len(placement.instances)} instances{of} can take it{never}"


def _needs(placement: PlacementWhy) -> str:
    room = amounts(placement.cpu_units, placement.memory_mib)
    if not placement.ports:
        return room
    ports = ", ".join(placement.ports[:_MOST_PORTS])
    more = ", …" if len(placement.ports) > _MOST_PORTS else ""
    return f"{room.replace(' and ', ', ')} and host port {ports}{more}"


def _many(count: int, whose: str) -> str:
    return f"{count} tasks{whose or ','}"


# -- instance by instance ------------------------------------------------------------------------


def instance_words(instance: InstanceWhy) -> str:
    """Why one instance does not take the task, every check that it fails."""
    parts = [] if instance.status == "ACTIVE" else [f"is {instance.status}"]
    for refusal in instance.refusals:
        words = refusal.detail
        if refusal.reason is RefusalReason.CPU and instance.never_cpu is not None:
            words += f", {instance.never_cpu} in all: can never fit"
        elif refusal.reason is RefusalReason.MEMORY and instance.never_memory is not None:
            words += f", {instance.never_memory} MiB in all: can never fit"
        elif refusal.reason is RefusalReason.PORTS and instance.holders:
            words = ", ".join(
                f"host port {holder.port}/{holder.protocol} "
                + (f"held by {holder.group} {holder.task_id[:8]}" if holder.task_id else "reserved")
                for holder in instance.holders
            )
        parts.append(words)
    return "; ".join(parts) or "can take it"


def placements_of(why: Why) -> dict[str, PlacementWhy]:
    """What instances said where tasks are not placed, by its heading: of blue apart from green."""
    found = {}
    for reason in why.reasons:
        if isinstance(reason, NotPlaced) and reason.placement and reason.placement.instances:
            whose = ", for a task of blue" if reason.is_blue else ""
            what = "Engine by engine" if reason.placement.is_fargate else "Instance by instance"
            found[f"{what}{whose}"] = reason.placement
    return found


# -- small words ---------------------------------------------------------------------------------


def tasks(count: int) -> str:
    """`1 task`, `3 tasks`."""
    return "1 task" if count == 1 else f"{count} tasks"


def _instances(count: int) -> str:
    return "1 instance" if count == 1 else f"{count} instances"


def amounts(cpu_units: int, memory_mib: int) -> str:
    """`64 CPU units and 128 MiB`, without what is not asked for."""
    if not cpu_units:
        return f"{memory_mib} MiB"
    return f"{cpu_units} CPU units and {memory_mib} MiB" if memory_mib else f"{cpu_units} CPU units"


def span(seconds: float) -> str:
    """A time in two units at most: `12s`, `1m15s`, `2h5m`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}m{rest}s" if rest else f"{minutes}m"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes}m" if minutes else f"{hours}h"
