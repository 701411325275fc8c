"""Brings a cluster's capacity closer to what its tasks need: the key is the cluster's name.

Instances of local Auto Scaling groups come after their boot delay and go when they are drained;
tasks that wait in PROVISIONING are placed, or given up after the waiting limit; once a period
managed scaling sets the desired capacity. What must survive is in the group's record, and an
instance gets its id when it is decided: a restart makes none twice. Source: ecs.md 4.6.
"""

from collections.abc import Callable, Sequence
from itertools import groupby

from ecstui.base.clock import Clock
from ecstui.control.events import say_task
from ecstui.control.group_members import GroupMembers
from ecstui.control.loop import Reconciled
from ecstui.control.lost_tasks import lost_task_record
from ecstui.control.setup import Setup
from ecstui.control.waiting_tasks import WaitingTask, give_up_reason, waiting_tasks
from ecstui.model.capacity import AutoScalingGroupRecord, CapacityProviderRecord
from ecstui.model.enums import ClusterStatus, StopCode
from ecstui.model.task import TaskRecord
from ecstui.plan.capacity import Capacity, take
from ecstui.plan.managed_scaling import GroupFacts, WaitingGroup, evaluate, needed_instances
from ecstui.plan.new_task import placed_task
from ecstui.plan.placement import Placed, place_all
from ecstui.plan.provider_placement import of_provider
from ecstui.store.kinds import AUTO_SCALING_GROUPS, CAPACITY_PROVIDERS, CLUSTERS, TASKS
from ecstui.store.tables import Transaction


class CapacityReconciler:
    """Reconciles the capacity of clusters by name."""

    def __init__(
        self, clock: Clock, setup: Setup, capacities: Callable[[str], Sequence[Capacity]]
    ) -> None:
        """`capacities`: what is left of the instances of a cluster, by its name."""
        self._clock = clock
        self._setup = setup
        self._capacities = capacities
        self._members = GroupMembers(setup)

    def __call__(self, tx: Transaction, cluster: str) -> Reconciled:
        """One pass over one cluster."""
        now = self._clock.now()
        self._end_unwanted(tx, cluster, now)
        record = tx.get(CLUSTERS, cluster)
        if record is None or record.status is not ClusterStatus.ACTIVE:
            return Reconciled()
        wakes = self._place_waiting(tx, cluster, now)
        for group in tx.all(AUTO_SCALING_GROUPS):
            if group.cluster == cluster:
                wakes += self._group(tx, group, now)
        return Reconciled(wake_at=min(wakes, default=None))

    # -- tasks that wait ----------------------------------------------------------------------

    def _end_unwanted(self, tx: Transaction, cluster: str, now: float) -> None:
        """A waiting task that was told to stop has nothing to stop."""
        for task in tx.by(TASKS, "waiting", cluster):
            if not task.is_wanted:
                code = task.stop_code or StopCode.USER_INITIATED
                self._end(tx, task, code, task.stopped_reason or "", now)

    def _end(
        self, tx: Transaction, task: TaskRecord, code: StopCode, reason: str, now: float
    ) -> None:
        """A waiting task is STOPPED at once: nothing of it runs anywhere."""
        tx.put(lost_task_record(task, code, reason, now))
        words = f"(task {task.task_id}) stopped while it waited for capacity: {reason}"
        is_problem = code is StopCode.TASK_FAILED_TO_START
        say_task(tx, now, self._setup.ids, task, words, is_problem=is_problem)

    def _place_waiting(self, tx: Transaction, cluster: str, now: float) -> list[float]:
        """Place what fits, oldest first; give up what has waited too long."""
        waiting = waiting_tasks(tx, cluster)
        if not waiting:
            return []
        rooms = {c.instance_arn: c for c in self._capacities(cluster)}
        wakes = []
        for _, same in groupby(waiting, key=lambda each: each.likeness):
            for each, arn in _places(list(same), rooms):
                limit = each.task.created_at + self._setup.pace.waiting_limit_seconds
                if arn is not None:
                    tx.put(placed_task(each.task, rooms[arn]))
                    rooms[arn] = take(rooms[arn], each.demand)
                elif limit > now:
                    wakes.append(limit)
                else:
                    reason = give_up_reason(each, list(rooms.values()))
                    self._end(tx, each.task, StopCode.TASK_FAILED_TO_START, reason, now)
        return wakes

    # -- groups -------------------------------------------------------------------------------

    def _group(self, tx: Transaction, group: AutoScalingGroupRecord, now: float) -> list[float]:
        provider = _provider_of(tx, group)
        group = self._members.without_surplus(tx, group)
        group = self._members.arrive(tx, group, provider, now)
        wakes = []
        if provider is not None and _is_scaled(provider):
            group = self._scale(tx, group, provider, now)
            assert group.scaling.evaluated_at is not None
            wakes.append(group.scaling.evaluated_at + self._setup.pace.scaling_period_seconds)
        group = self._members.adjust(tx, group, provider, now)
        wakes += [booting.ready_at for booting in group.booting]
        held = [instance.terminates_at or now for instance in self._members.held(tx, group)]
        return [*wakes, *(at for at in held if at > now)]

    def _scale(
        self,
        tx: Transaction,
        group: AutoScalingGroupRecord,
        provider: CapacityProviderRecord,
        now: float,
    ) -> AutoScalingGroupRecord:
        """One data point of managed scaling, when it is due."""
        evaluated_at = group.scaling.evaluated_at
        if (
            evaluated_at is not None
            and now < evaluated_at + self._setup.pace.scaling_period_seconds
        ):
            return group
        scaling = provider.auto_scaling_group_provider.managed_scaling
        decision = evaluate(scaling, self._facts(tx, group, provider, now), group.scaling, now)
        after = group.with_(desired_capacity=decision.desired, scaling=decision.state)
        if decision.desired != group.desired_capacity:
            self._members.say_scaled(tx, after, provider, now)
        tx.put(after)
        return after

    def _facts(
        self,
        tx: Transaction,
        group: AutoScalingGroupRecord,
        provider: CapacityProviderRecord,
        now: float,
    ) -> GroupFacts:
        staying = self._members.staying(tx, group)
        waiting = [w for w in waiting_tasks(tx, group.cluster) if w.provider == provider.name]
        groups = [
            WaitingGroup(members[0].demand, members[0].task.placement_constraints, len(members))
            for _, same in groupby(waiting, key=lambda each: each.likeness)
            if (members := list(same))
        ]
        warmup = provider.auto_scaling_group_provider.managed_scaling.instance_warmup_period or 0
        return GroupFacts(
            running=len(staying),
            busy=sum(1 for instance in staying if self._members.task_count(tx, instance)),
            waiting=len(waiting),
            new_instances=needed_instances(groups, self._members.fresh(tx, group, provider, now)),
            min_size=group.min_size,
            max_size=group.max_size,
            desired=group.desired_capacity,
            is_warming_up=bool(group.booting)
            or any(now < instance.registered_at + warmup for instance in staying),
        )


def _places(
    tasks: Sequence[WaitingTask], rooms: dict[str, Capacity]
) -> list[tuple[WaitingTask, str | None]]:
    """An instance for each of some tasks that need the same, or None."""
    first = tasks[0]
    placements = place_all(
        [each.demand for each in tasks],
        of_provider(list(rooms.values()), first.provider),
        first.task.placement_constraints,
        first.task.placement_strategy,
    )
    return [
        (each, placement.instance_arn if isinstance(placement, Placed) else None)
        for each, placement in zip(tasks, placements, strict=True)
    ]


def _provider_of(tx: Transaction, group: AutoScalingGroupRecord) -> CapacityProviderRecord | None:
    """The capacity provider of a group, if the group's cluster uses it."""
    cluster = tx.get(CLUSTERS, group.cluster)
    for provider in tx.all(CAPACITY_PROVIDERS):
        if provider.auto_scaling_group == group.auto_scaling_group_name:
            is_used = cluster is not None and provider.name in cluster.capacity_providers
            return provider if is_used else None
    return None


def _is_scaled(provider: CapacityProviderRecord) -> bool:
    return provider.auto_scaling_group_provider.managed_scaling.status == "ENABLED"
