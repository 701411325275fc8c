"""What an update of a service would mean: the revision's differences, and how the rollout can move.

Pure: the service as it is and as it would be go in.
"""

from ecstui.model.enums import SchedulingStrategy
from ecstui.model.service import ServiceRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.plan.counts import service_counts
from ecstui.store.kinds import TASK_DEFINITIONS, TASKS
from ecstui.store.tables import View
from ecstui.ui.columns.cells import revision_of
from ecstui.ui.modals.effects import Effect
from ecstui.ui.modals.service_effects import (
    bound_effects,
    bounds_of,
    room_effect,
    room_effects,
    stop_effects,
)
from ecstui.ui.room import dry_run, wish_of_service
from ecstui.ui.screens.service_diff import diff_of
from ecstui.ui.text import plural

MOST_DIFFERENCES = 12
_MOST = 5000


def of(
    view: View,
    before: ServiceRecord,
    after: ServiceRecord,
    definition: TaskDefinitionRecord,
    *,
    is_forced: bool,
) -> list[Effect]:
    """The consequences, what matters most first."""
    rolls = is_forced or after.task_definition != before.task_definition
    found = differences(view, before, definition)
    if rolls:
        found += _replaced(view, before, after)
        found += bound_effects(bounds_of(after))
        found += _surge_room(view, after, definition)
    if after.desired_count > before.desired_count and after.desired_count <= _MOST:
        found += room_effects(view, after, after.desired_count - before.desired_count)
    elif 0 <= after.desired_count < before.desired_count:
        found += stop_effects(view, before, after.desired_count)
    if not rolls and bounds_of(after) != bounds_of(before):
        found += bound_effects(bounds_of(after))
    return found


def differences(view: View, before: ServiceRecord, new: TaskDefinitionRecord) -> list[Effect]:
    """What is not the same in the new revision."""
    old = view.get(TASK_DEFINITIONS, before.task_definition)
    if old is None or old.task_definition_arn == new.task_definition_arn:
        return []
    found = diff_of(old, new).differences
    if not found:
        words = f"{revision_of(new.task_definition_arn)} says the same as {old.family_revision}"
        return [Effect(words)]
    shown = [Effect(text, kind) for kind, text in found[:MOST_DIFFERENCES]]
    more = len(found) - len(shown)
    return [*shown, *[Effect(f"and {plural(more, 'more difference')}")] * bool(more)]


def _replaced(view: View, before: ServiceRecord, after: ServiceRecord) -> list[Effect]:
    tasks = view.by(TASKS, "service", before.service_arn)
    counts = service_counts(before, tasks).all
    old = counts.running + counts.pending
    name = revision_of(after.task_definition)
    if not old:
        return [Effect(f"{plural(max(0, after.desired_count), 'task')} of {name}")]
    if after.scheduling_strategy is SchedulingStrategy.DAEMON:
        return [Effect(f"{plural(old, 'task')} replaced, one instance after the other")]
    return [Effect(f"{plural(old, 'task')} replaced by {after.desired_count} of {name}")]


def _surge_room(view: View, after: ServiceRecord, definition: TaskDefinitionRecord) -> list[Effect]:
    """Whether new tasks find a place beside the old ones."""
    bounds = bounds_of(after)
    surge = min(bounds.desired_count, bounds.ceiling - bounds.desired_count)
    if after.scheduling_strategy is SchedulingStrategy.DAEMON or not 0 < surge <= _MOST:
        return []
    room = dry_run(view, after.cluster_name, wish_of_service(after, definition, surge))
    if not room.placed and bounds.floor >= bounds.desired_count:
        words = "there is no room for even one more, and the floor lets none stop: it will wait"
        return [Effect(f"{words}. Closest instance: {room.reason}", "bad")]
    effect = room_effect(room, "it rolls in smaller steps")
    return [Effect(f"{plural(surge, 'new task')} may start at once; {effect.text}", effect.kind)]
