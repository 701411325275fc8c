"""How tasks are scheduled and launched, where that is not the usual way: daemons, Fargate. Pure."""

from ecstui.model.capacity import FARGATE_PROVIDERS
from ecstui.model.enums import InstanceStatus, LaunchType, SchedulingStrategy
from ecstui.model.service import ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.plan.reservation import reservation_of
from ecstui.store.kinds import INSTANCES, TASK_DEFINITIONS
from ecstui.store.tables import View
from ecstui.ui.columns.cells import memory_text
from ecstui.ui.text import clean, plural

Fact = tuple[str, str]
"""A name and a value; without a name for what says itself."""
_CPU_UNITS_PER_VCPU = 1024


def service_facts(view: View, service: ServiceRecord) -> tuple[Fact, ...]:
    """That a service is a daemon, and on how many instances; its platform on Fargate."""
    found: list[Fact] = []
    if service.scheduling_strategy is SchedulingStrategy.DAEMON:
        instances = view.by(INSTANCES, "cluster", service.cluster_name)
        active = sum(1 for each in instances if each.status is InstanceStatus.ACTIVE)
        found.append(("DAEMON", f"one on each of {plural(active, 'ACTIVE instance')}"))
    if is_on_fargate(service):
        definition = view.get(TASK_DEFINITIONS, service.task_definition)
        size = ""
        if definition is not None:
            held = reservation_of(definition)
            size = f", {pair_text(held.cpu_units, held.memory_mib)}"
        version = clean(service.platform_version or "LATEST")
        found.append(("FARGATE", f"platform {version}{size}"))
    return tuple(found)


def task_facts(task: TaskRecord) -> tuple[Fact, ...]:
    """The platform of a task on Fargate."""
    if task.launch_type is not LaunchType.FARGATE:
        return ()
    held = task.reservation
    size = pair_text(held.cpu_units, held.memory_mib)
    name = clean(task.capacity_provider_name or "FARGATE")
    return ((name, f"platform {clean(task.platform_version or 'LATEST')}, {size}"),)


def is_on_fargate(service: ServiceRecord) -> bool:
    """Whether its tasks run without container instances."""
    providers = {item.capacity_provider for item in service.capacity_provider_strategy}
    return service.launch_type is LaunchType.FARGATE or bool(providers & set(FARGATE_PROVIDERS))


def pair_text(cpu_units: int, memory_mib: int) -> str:
    """`0.25 vCPU 512M`."""
    return f"{cpu_units / _CPU_UNITS_PER_VCPU:g} vCPU {memory_text(memory_mib)}"
