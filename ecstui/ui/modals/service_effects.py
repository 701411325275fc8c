"""What a change of a service would mean, in words: starts, stops, room, floor and ceiling.

Pure: a view and a service as it would be go in. It says what the scheduler would do as far as the
records tell; it never decides.
"""

from ecstui.model.enums import SchedulingStrategy, ServiceStatus
from ecstui.model.service import ServiceRecord
from ecstui.model.task_definition import TaskDefinition
from ecstui.plan.counts import service_counts
from ecstui.plan.reservation import reservation_of
from ecstui.plan.rollout import Bounds
from ecstui.store.kinds import SERVICES, TASK_DEFINITIONS, TASKS
from ecstui.store.tables import View
from ecstui.ui.columns.cells import revision_of
from ecstui.ui.modals.effects import Effect
from ecstui.ui.room import Room, dry_run, wish_of_service, zones_text
from ecstui.ui.stop_timeouts import service_stop_seconds
from ecstui.ui.text import clean, number, plural


def service_of(view: View, service_arn: str) -> ServiceRecord | None:
    """The service, unless it is being deleted or gone."""
    service = view.get(SERVICES, service_arn)
    return service if service is not None and service.status is ServiceStatus.ACTIVE else None


def gone_effects(name: str) -> list[Effect]:
    """That there is nothing to change any more."""
    return [Effect(f"{name} is not ACTIVE any more: nothing can be changed", "bad")]


def is_daemon(service: ServiceRecord) -> bool:
    """Whether it has no desired count of its own."""
    return service.scheduling_strategy is SchedulingStrategy.DAEMON


def needs_force(service: ServiceRecord) -> bool:
    """Whether DeleteService refuses it without `force`: it is scaled above 0 (ecs.md 6.8)."""
    return service.desired_count > 0 and not is_daemon(service)


def counts_text(view: View, service: ServiceRecord) -> str:
    """`web:17, desired 4: 3 running, 1 starting`."""
    counts = service_counts(service, view.by(TASKS, "service", service.service_arn)).all
    parts = [f"{counts.running} running"]
    parts += [f"{counts.pending} starting"] * bool(counts.pending)
    parts += [f"{counts.stopping} stopping"] * bool(counts.stopping)
    wanted = f"desired {service.desired_count}"
    if is_daemon(service):
        wanted = "a daemon: one task on each instance"
    return f"{revision_of(service.task_definition)}, {wanted}: {', '.join(parts)}"


def bounds_of(service: ServiceRecord) -> Bounds:
    """Floor and ceiling of the service."""
    return Bounds(service.desired_count, service.minimum_healthy_percent, service.maximum_percent)


def need_text(definition: TaskDefinition, count: int = 1) -> str:
    """`512 CPU units and 256 MiB`; what so many tasks take together."""
    need = reservation_of(definition)
    cpu = f"{number(need.cpu_units * count)} CPU units"
    return f"{cpu} and {number(need.memory_mib * count)} MiB"


def room_effects(view: View, service: ServiceRecord, more: int) -> list[Effect]:
    """More tasks of the present revision: how many, what they take, whether there is room."""
    definition = view.get(TASK_DEFINITIONS, service.task_definition)
    started = f"{number(more)} more {'task' if more == 1 else 'tasks'} of"
    if definition is None:
        return [Effect(f"{started} {revision_of(service.task_definition)}")]
    room = dry_run(view, service.cluster_name, wish_of_service(service, definition, more))
    name = clean(definition.family_revision)
    return [
        Effect(f"{started} {name}: {need_text(definition, more)}"),
        room_effect(room),
    ]


def room_effect(room: Room, others: str = "the others wait") -> Effect:
    """Whether the tasks find a place now, and where; `others`: what those do that do not."""
    zones = zones_text(room)
    where = f": {zones}" if zones else ""
    wanted, placed = number(room.wanted), number(room.placed)
    if room.is_enough:
        what = "it finds" if room.wanted == 1 else f"all {wanted} find"
        return Effect(f"{what} room now{where}", "fine")
    if room.placed:
        words = f"only {placed} of {wanted} find room now{where}"
        return Effect(f"{words}; {others}. Closest instance: {room.reason}", "warning")
    what = "it finds no" if room.wanted == 1 else f"none of the {wanted} finds"
    return Effect(f"{what} room now. Closest instance: {room.reason}", "warning")


def stop_effects(view: View, service: ServiceRecord, wanted: int) -> list[Effect]:
    """Fewer tasks: how many stop, and how."""
    fewer = service.desired_count - wanted
    what = "every task stops" if not wanted else f"{plural(fewer, 'task')} fewer"
    seconds = service_stop_seconds(view, service)
    order = "tasks that are starting or not healthy go first"
    return [
        Effect(f"{what}: SIGTERM first, SIGKILL after {seconds} s", "warning"),
        Effect(order if wanted else "the service stays, with nothing to run"),
    ]


def rollout_effects(service: ServiceRecord) -> list[Effect]:
    """While a rollout is on its way: what the new count does to its bounds."""
    if len(service.deployments) < 2 or not service.desired_count:
        return []
    return [Effect("a rollout is on its way"), *bound_effects(bounds_of(service))]


def bound_effects(bounds: Bounds, when: str = "while it rolls") -> list[Effect]:
    """Floor and ceiling in tasks, and whether a rollout could move between them."""
    if not bounds.desired_count:
        return []
    floor, ceiling = bounds.floor, bounds.ceiling
    if floor >= bounds.desired_count >= ceiling:
        what = "one task" if bounds.desired_count == 1 else f"{bounds.desired_count} tasks"
        return [
            Effect(
                f"{when} it cannot progress: {bounds.minimum_healthy_percent}% of {what} is a "
                f"floor of {floor}, {bounds.maximum_percent}% a ceiling of {ceiling}: no task may "
                "stop and none may start",
                "bad",
            )
        ]
    return [
        Effect(
            f"{when}: never fewer than {floor} healthy"
            f" ({bounds.minimum_healthy_percent}%), never more than {ceiling} at once"
            f" ({bounds.maximum_percent}%)"
        )
    ]
