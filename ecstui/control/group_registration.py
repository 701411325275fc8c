"""Local Auto Scaling groups of the settings, as the plane registers them at its start.

A group that is there keeps its desired capacity within the new bounds; one that the settings name
no more shrinks to nothing. Instances come and go in `reconcilers/capacity.py`.
"""

from ecstui.control.setup import Setup
from ecstui.control.surroundings import zones_of
from ecstui.model.capacity import AutoScalingGroupRecord
from ecstui.model.cluster import ClusterRecord
from ecstui.plan.group_setting import GroupSetting
from ecstui.store.kinds import AUTO_SCALING_GROUPS, CLUSTERS, PLANES
from ecstui.store.tables import Transaction


def register_groups(tx: Transaction, setup: Setup, now: float) -> None:
    """Put the groups of the settings, and whether Fargate is limited by its engine."""
    plane = tx.get(PLANES, "plane")
    assert plane is not None, "the plane is registered first"
    tx.put(plane.with_(is_fargate_limited=setup.is_fargate_limited))
    for group in setup.auto_scaling_groups:
        if tx.get(CLUSTERS, group.cluster) is None:
            arn = setup.namespace.cluster(group.cluster)
            tx.put(ClusterRecord(cluster_arn=arn, cluster_name=group.cluster, created_at=now))
        before = tx.get(AUTO_SCALING_GROUPS, group.name)
        tx.put(_new(tx, setup, group, now) if before is None else _renewed(before, group))
    wanted = {group.name for group in setup.auto_scaling_groups}
    for known in tx.all(AUTO_SCALING_GROUPS):
        if known.is_from_settings and known.auto_scaling_group_name not in wanted:
            nothing = {"min_size": 0, "max_size": 0, "desired_capacity": 0}
            tx.put(known.with_(is_from_settings=False, **nothing))


def _new(tx: Transaction, setup: Setup, group: GroupSetting, now: float) -> AutoScalingGroupRecord:
    return AutoScalingGroupRecord(
        auto_scaling_group_name=group.name,
        auto_scaling_group_arn=setup.namespace.auto_scaling_group(group.name, setup.ids()),
        cluster=group.cluster,
        min_size=group.min_size,
        max_size=group.max_size,
        desired_capacity=group.desired_capacity,
        cpu=group.cpu_units,
        memory=group.memory_mib,
        availability_zones=group.zones or zones_of(tx),
        boot_delay_seconds=group.boot_delay_seconds,
        is_from_settings=True,
        created_at=now,
    )


def _renewed(before: AutoScalingGroupRecord, group: GroupSetting) -> AutoScalingGroupRecord:
    """The group as it is set now; instances that are there keep their size."""
    desired = min(max(before.desired_capacity, group.min_size), group.max_size)
    return before.with_(
        min_size=group.min_size,
        max_size=group.max_size,
        desired_capacity=desired,
        cpu=group.cpu_units,
        memory=group.memory_mib,
        availability_zones=group.zones or before.availability_zones,
        boot_delay_seconds=group.boot_delay_seconds,
        is_from_settings=True,
    )
