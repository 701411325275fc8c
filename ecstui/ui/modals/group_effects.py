"""What another size of an Auto Scaling group would mean: what comes, and what goes with what.

Pure: a view and a group as it is go in. It says what the control plane would do as far as the
records tell; it never decides.
"""

from collections.abc import Sequence

from ecstui.model.capacity import AutoScalingGroupRecord, CapacityProviderRecord
from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.enums import SchedulingStrategy
from ecstui.model.task import TaskRecord
from ecstui.plan.managed_scaling import leaving
from ecstui.store.kinds import CAPACITY_PROVIDERS, CLUSTERS, INSTANCES, SERVICES, TASKS
from ecstui.store.tables import View
from ecstui.ui.modals.confirm import Confirm
from ecstui.ui.modals.effects import Effect
from ecstui.ui.text import clean, plural


def provider_of(view: View, group: AutoScalingGroupRecord) -> CapacityProviderRecord | None:
    """The capacity provider of a group, if the group's cluster uses it."""
    cluster = view.get(CLUSTERS, group.cluster)
    used = () if cluster is None else cluster.capacity_providers
    for provider in view.all(CAPACITY_PROVIDERS):
        if provider.auto_scaling_group == group.auto_scaling_group_name:
            return provider if provider.name in used else None
    return None


def of(view: View, group: AutoScalingGroupRecord, desired: int) -> list[Effect]:
    """What comes or goes when a group shall have another number of instances."""
    more = desired - group.desired_capacity
    if not more:
        return [Effect("no instance comes or goes")]
    if more < 0:
        return _fewer(view, group, desired)
    each = f"{group.cpu} CPU units and {group.memory} MiB each"
    come = f"{plural(more, 'instance')} more, {each}, in {group.boot_delay_seconds:g} s"
    return [Effect(come, "added")]


def _fewer(view: View, group: AutoScalingGroupRecord, desired: int) -> list[Effect]:
    count = group.desired_capacity - desired
    fewer = f"{plural(count, 'instance')} fewer"
    provider = provider_of(view, group)
    if _is_drained(provider):
        found = [Effect(f"{fewer}: those with the fewest tasks are drained first", "warning")]
    else:
        ended = len(_ended(view, group, desired))
        them = "it" if count == 1 else "them"
        what = f": no task runs on {them}"
        if ended:
            what = f", with all that runs on {them}: {_end_words(ended)}"
        found = [Effect(f"{fewer}{what}", "warning")]
    kept = _surplus(view, group, desired) - len(_leaving(view, group, desired))
    if kept > 0:
        words = f"managed termination protection keeps {kept} of them while tasks run there"
        found.append(Effect(words))
    return found


def question(
    view: View, group: AutoScalingGroupRecord, desired: int, command: str
) -> Confirm | None:
    """What asks once more where tasks end with their instance; None where none does."""
    ended = _ended(view, group, desired)
    if desired >= group.desired_capacity or not ended:
        return None
    gone = plural(group.desired_capacity - desired, "instance")
    facts = [
        f"{_end_words(len(ended))}: the instances are not drained before",
        "services start other tasks where there is room; a task of no service is lost",
    ]
    name = clean(group.auto_scaling_group_name)
    return Confirm(
        "Scale in", f"Take {gone} of {name} away?", facts=facts, command=command, yes="Scale in"
    )


def _end_words(count: int) -> str:
    return f"{plural(count, 'task')} {'ends' if count == 1 else 'end'}"


def _is_drained(provider: CapacityProviderRecord | None) -> bool:
    """Without managed draining an instance goes at once, with all that is on it."""
    if provider is None:
        return False
    return provider.auto_scaling_group_provider.managed_draining == "ENABLED"


def _is_protected(provider: CapacityProviderRecord | None) -> bool:
    if provider is None:
        return False
    return provider.auto_scaling_group_provider.managed_termination_protection == "ENABLED"


def _staying(view: View, group: AutoScalingGroupRecord) -> list[ContainerInstanceRecord]:
    members = view.by(INSTANCES, "group", group.auto_scaling_group_name)
    return [instance for instance in members if not instance.is_terminating]


def _surplus(view: View, group: AutoScalingGroupRecord, desired: int) -> int:
    """Instances too many, when those that still boot have been given up first."""
    return max(0, len(_staying(view, group)) - desired)


def _leaving(view: View, group: AutoScalingGroupRecord, desired: int) -> Sequence[str]:
    counts = [
        (arn, sum(1 for task in _tasks_on(view, arn) if not _is_daemons(view, task)))
        for arn in (i.container_instance_arn for i in _staying(view, group))
    ]
    is_protected = _is_protected(provider_of(view, group))
    return leaving(counts, _surplus(view, group, desired), is_protected=is_protected)


def _ended(view: View, group: AutoScalingGroupRecord, desired: int) -> list[TaskRecord]:
    """Tasks that end with their instance, a daemon's too; none where it is drained."""
    if _is_drained(provider_of(view, group)):
        return []
    return [task for arn in _leaving(view, group, desired) for task in _tasks_on(view, arn)]


def _tasks_on(view: View, instance_arn: str) -> list[TaskRecord]:
    return [task for task in view.by(TASKS, "instance", instance_arn) if not task.is_stopped]


def _is_daemons(view: View, task: TaskRecord) -> bool:
    service = view.get(SERVICES, task.service_arn or "")
    return service is not None and service.scheduling_strategy is SchedulingStrategy.DAEMON
