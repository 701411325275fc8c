"""What a cluster offers besides its instances: its capacity providers, Fargate's pools.

Reads records only; who gets what, `plan/provider_placement.py` decides.
"""

from collections import Counter

from ecstui.base.ids import REGION
from ecstui.model.capacity import FARGATE_PROVIDERS
from ecstui.model.cluster import EngineRecord
from ecstui.plan.fargate import FargatePool
from ecstui.plan.provider_placement import ProviderFacts, Surroundings
from ecstui.store.kinds import CAPACITY_PROVIDERS, ENGINES, INSTANCES, PLANES, TASKS
from ecstui.store.tables import View

_ZONE_LETTERS = ("a", "b", "c")
_LOOPBACK = "127.0.0.1"


def surroundings_of(view: View, cluster_name: str) -> Surroundings:
    """What placement by capacity provider looks at, besides what is left of instances."""
    facts = {name: ProviderFacts(name, is_fargate=True) for name in FARGATE_PROVIDERS}
    for record in view.all(CAPACITY_PROVIDERS):
        scaling = record.auto_scaling_group_provider.managed_scaling
        facts[record.name] = ProviderFacts(
            record.name, is_fargate=False, is_scaled=scaling.status == "ENABLED"
        )
    zones = zones_of(view)
    return Surroundings(
        cluster_name=cluster_name,
        providers=facts,
        pools=tuple(_pool(view, engine, cluster_name, zones) for engine in view.all(ENGINES)),
        waiting=len(view.by(TASKS, "waiting", cluster_name)),
    )


def zones_of(view: View) -> tuple[str, ...]:
    """Zones that instances are in; without any, those of the region."""
    zones = sorted({instance.zone for instance in view.all(INSTANCES) if instance.zone})
    if zones:
        return tuple(zones)
    plane = view.get(PLANES, "plane")
    region = REGION if plane is None else plane.region
    return tuple(region + letter for letter in _ZONE_LETTERS)


def _pool(
    view: View, engine: EngineRecord, cluster_name: str, zones: tuple[str, ...]
) -> FargatePool:
    tasks = view.by(TASKS, "fargate", engine.name)
    plane = view.get(PLANES, "plane")
    is_limited = plane is not None and plane.is_fargate_limited
    cpu_units = engine.cpu_units - sum(task.reservation.cpu_units for task in tasks)
    memory_mib = engine.memory_mib - sum(task.reservation.memory_mib for task in tasks)
    has_loopback = any(instance.ip for instance in view.by(INSTANCES, "engine", engine.name))
    wanted = [task for task in tasks if task.is_wanted]
    return FargatePool(
        engine=engine.name,
        ip=_LOOPBACK if has_loopback else "",
        zones=zones,
        cluster_name=cluster_name,
        is_connected=engine.is_connected,
        cpu_units=cpu_units if is_limited else None,
        memory_mib=memory_mib if is_limited else None,
        number_of_tasks=len(wanted),
        task_zones=Counter((task.group or "", task.availability_zone or "") for task in wanted),
    )
