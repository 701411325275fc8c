"""Judges the end of a scenario: faults are over, time has passed, all must be at rest.

Compares records with the worlds container by container. A service that is not steady needs a
reason that is worked out here, from the records, and not taken from the scheduler's own words.
"""

from collections.abc import Mapping, Sequence

from ecstui.engine.simulated_container import SimulatedContainer
from ecstui.engine.world import World
from ecstui.model.capacity import AutoScalingGroupRecord
from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.deployment import ServiceDeploymentStatus
from ecstui.model.enums import (
    ContainerStatus,
    InstanceStatus,
    LaunchType,
    PlacementConstraintType,
    RolloutState,
    SchedulingStrategy,
    ServiceStatus,
    TaskStatus,
)
from ecstui.model.service import FailedBy, ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.plan.reservation import reservation_of
from ecstui.store.kinds import (
    AUTO_SCALING_GROUPS,
    CAPACITY_PROVIDERS,
    ENGINES,
    INSTANCES,
    SERVICE_DEPLOYMENTS,
    SERVICES,
    TASK_DEFINITIONS,
    TASKS,
)
from ecstui.store.tables import View
from tests.sim.ground import Ground, names_of, task_of
from tests.sim.oracle import Oracle, ceiling_of, floor_of, held_on, is_last
from tests.sim.promises import green_of
from tests.sim.verdict import Findings

_UNEVEN = 2
_GOOD_ENDS = (ServiceDeploymentStatus.SUCCESSFUL, ServiceDeploymentStatus.ROLLBACK_SUCCESSFUL)


class Rest:
    """Looks once, when everything should be over."""

    def __init__(
        self, findings: Findings, oracle: Oracle, ground: Ground, worlds: Mapping[str, World]
    ) -> None:
        """`worlds` by engine name."""
        self._findings = findings
        self._oracle = oracle
        self._ground = ground
        self._worlds = worlds

    def judge(self, view: View) -> None:
        """L1 and L2."""
        self._view = view
        for engine in self._view.all(ENGINES):
            if not engine.is_connected:
                self._findings.break_rule("L1", f"engine {engine.name} counts as away")
        for name, world in self._worlds.items():
            for container in world.containers.values():
                self._trace_back(name, container)
        for task in self._view.all(TASKS):
            self._compare(task)
        for service in self._view.all(SERVICES):
            self._judge_service(service)
        for group in self._view.all(AUTO_SCALING_GROUPS):
            self._judge_group(group)

    # -- records against the world ----------------------------------------------------------------

    def _compare(self, task: TaskRecord) -> None:
        """L1: what the record says of each container is so."""
        if not task.is_stopped and not task.is_wanted:
            self._findings.break_rule("L1", f"task {task.task_id[:6]} never stopped")
        if task.is_wanted and task.last_status is not TaskStatus.RUNNING:
            words = f"task {task.task_id[:6]} ({task.group}) is still {task.last_status}"
            self._findings.break_rule("L1", words)
        if not task.engine:
            return
        world = self._worlds[task.engine]
        for record in task.containers:
            container = world.containers.get(record.engine_name)
            runs = container is not None and container.is_running
            if runs != (record.last_status is ContainerStatus.RUNNING):
                fact = "runs" if runs else "does not run"
                words = f"{record.engine_name} is {record.last_status} and {fact}"
                self._findings.break_rule("L1", words)
        pause = task.pause_engine_name
        if pause is not None and (pause in world.containers) is task.is_stopped:
            words = "is left over" if task.is_stopped else "is missing"
            self._findings.break_rule("L2", f"{pause} {words}")

    def _trace_back(self, engine: str, container: SimulatedContainer) -> None:
        """L2: every container belongs to a task, and runs only if that is wanted.

        One that a call of a dead control plane made after its record was gone is never touched:
        it must be told of as an orphan.
        """
        record = self._view.get(ENGINES, engine)
        if container.name in self._ground.late and record and container.name in record.orphans:
            return
        task = self._view.get(TASKS, task_of(container))
        if task is None or task.engine != engine or container.name not in names_of(task):
            self._findings.break_rule("L2", f"{container.name} belongs to no task")
        elif container.is_running and not task.is_wanted:
            self._findings.break_rule("L2", f"{container.name} runs for a task that has stopped")

    # -- services ---------------------------------------------------------------------------------

    def _judge_service(self, service: ServiceRecord) -> None:
        """L1: steady on the newest deployment, or failed, or kept from it by what can be shown."""
        name = service.service_name
        if service.status is ServiceStatus.INACTIVE:
            if self._wanted(service):
                self._findings.break_rule("L1", f"deleted service {name} has tasks")
            return
        if service.status is not ServiceStatus.ACTIVE:
            words = f"deleted service {name} is {service.status}"
            self._findings.break_rule("L1", words)
            return
        if service.primary.rollout_state is RolloutState.FAILED:
            self._judge_failed(service)
            self._judge_history(service)
            return
        if self._is_steady(service):
            if not service.is_steady or service.waiting is not None:
                words = f"{name} is steady and says: {service.waiting}"
                self._findings.break_rule("L1", words)
            self._judge_history(service)
            self._judge_zones(service)
            return
        if not self._is_out_of_room(service) and not self._is_stuck(service):
            words = f"{name} is not steady: {self._picture(service)}; it says: {service.waiting}"
            self._findings.break_rule("L1", words)

    def _judge_failed(self, service: ServiceRecord) -> None:
        """L1: a deployment fails for a reason, and is gone back from if that was wanted."""
        name, failure = service.service_name, service.primary.failure
        breaker = service.deployment_configuration.deployment_circuit_breaker
        if failure is None:
            self._findings.break_rule("L1", f"{name} FAILED without a reason")
        elif failure.by is FailedBy.CIRCUIT_BREAKER and (breaker is None or not breaker.enable):
            self._findings.break_rule("L1", f"{name} FAILED without a circuit breaker")
        elif failure.wants_rollback and service.service_arn in self._oracle.promises.completed:
            completed = self._oracle.promises.completed[service.service_arn]
            self._findings.break_rule("L1", f"{name} did not go back to {completed.id}")

    def _judge_history(self, service: ServiceRecord) -> None:
        """L1: of a service at rest every service deployment is over, the newest as it should be."""
        state = service.primary.rollout_state
        for record in self._view.by(SERVICE_DEPLOYMENTS, "service", service.service_arn):
            is_newest = record.service_deployment_arn == service.current_service_deployment
            if not record.has_ended:
                words = f"deployment {record.deployment_id} of {service.service_name}"
                self._findings.break_rule("L1", f"{words} is still {record.status}")
            is_good = record.status in _GOOD_ENDS
            if is_newest and is_good is (state is RolloutState.FAILED):
                words = f"deployment {record.deployment_id} of {service.service_name}"
                self._findings.break_rule("L1", f"{words} is {record.status} of {state}")

    def _judge_zones(self, service: ServiceRecord) -> None:
        """L1: zones are even, unless the emptier ones have no room (ecs.md 5.6)."""
        is_on = service.availability_zone_rebalancing == "ENABLED"
        providers = {each.capacity_provider for each in service.capacity_provider_strategy}
        if not is_on or len(providers) > 1 or ceiling_of(service) <= service.desired_count:
            return
        if service.placement_strategy or service.scheduling_strategy is SchedulingStrategy.DAEMON:
            return
        instances = self._instances(service)
        if providers:
            instances = [i for i in instances if i.capacity_provider_name in providers]
        counts = {i.zone: 0 for i in instances if self._has_room(i, service)}
        for task in self._wanted(service):
            zone = task.availability_zone or ""
            counts[zone] = counts.get(zone, 0) + 1
        open_zones = {i.zone for i in instances if self._has_room(i, service)}
        least = min((counts[zone] for zone in open_zones), default=None)
        if least is not None and max(counts.values()) - least >= _UNEVEN:
            words = f"{service.service_name} has {counts}, with room in {sorted(open_zones)}"
            self._findings.break_rule("L1", words)

    def _judge_group(self, group: AutoScalingGroupRecord) -> None:
        """L1: a group has what it wants, and nothing leaves or boots for ever."""
        name = group.auto_scaling_group_name
        members = self._view.by(INSTANCES, "group", name)
        staying = [i for i in members if not i.is_terminating]
        providers = [p for p in self._view.all(CAPACITY_PROVIDERS) if p.auto_scaling_group == name]
        is_protecting = any(
            p.auto_scaling_group_provider.managed_termination_protection == "ENABLED"
            for p in providers
        )
        surplus = len(staying) - group.desired_capacity
        if len(members) != len(staying) or group.booting or surplus < 0:
            words = f"{len(members)} instances, {len(staying)} of them stay"
            words += f", {len(group.booting)} boot, {group.desired_capacity} wanted"
            self._findings.break_rule("L1", f"group {name} has {words}")
        elif surplus and not is_protecting:
            self._findings.break_rule("L1", f"group {name} has {surplus} instances too many")

    def _wanted(self, service: ServiceRecord) -> Sequence[TaskRecord]:
        tasks = self._view.by(TASKS, "service", service.service_arn)
        return [task for task in tasks if not task.is_stopped]

    def _is_steady(self, service: ServiceRecord) -> bool:
        tasks = [task for task in self._wanted(service) if not is_last(self._view, task)]
        is_placed = len(tasks) == service.desired_count
        if _is_daemon(service):
            open_to_it = [i for i in self._instances(service) if not _is_draining(i)]
            homes = [instance.container_instance_arn for instance in open_to_it]
            is_placed = sorted(t.container_instance_arn or "" for t in tasks) == sorted(homes)
        return (
            is_placed
            and len(service.deployments) == 1
            and service.primary.rollout_state is RolloutState.COMPLETED
            and all(task.deployment_id == service.primary.id for task in tasks)
            and all(self._oracle.is_healthy(task) for task in tasks)
            and not any(self._is_on_draining(task) for task in tasks)
        )

    def _is_on_draining(self, task: TaskRecord) -> bool:
        if task.launch_type is LaunchType.FARGATE:
            return False
        instance = self._view.get(INSTANCES, task.container_instance_arn or "")
        return instance is None or _is_draining(instance)

    def _instances(self, service: ServiceRecord) -> Sequence[ContainerInstanceRecord]:
        return self._view.by(INSTANCES, "cluster", service.cluster_name)

    def _is_out_of_room(self, service: ServiceRecord) -> bool:
        """Whether no instance can take one more task of the newest deployment."""
        if service.capacity_provider_strategy:
            return False
        wanted = {service.primary.task_definition}
        if green_of(self._view, service) is not None:
            wanted |= {deployment.task_definition for deployment in service.deployments}
        instances = self._instances(service)
        return not all(any(self._has_room(i, service, arn) for i in instances) for arn in wanted)

    def _has_room(
        self, instance: ContainerInstanceRecord, service: ServiceRecord, definition_arn: str = ""
    ) -> bool:
        definition_arn = definition_arn or service.primary.task_definition
        definition = self._view.get(TASK_DEFINITIONS, definition_arn)
        assert definition is not None
        needs = reservation_of(definition)
        held = held_on(self._view, instance)
        cpu_units = instance.cpu_units - sum(t.reservation.cpu_units for t in held)
        memory_mib = instance.memory_mib - sum(t.reservation.memory_mib for t in held)
        ports = {port for t in held for port in t.reservation.tcp_ports}
        is_taken = any(t.service_arn == service.service_arn and t.is_wanted for t in held)
        return (
            instance.status is InstanceStatus.ACTIVE
            and instance.agent_connected
            and (not needs.cpu_units or cpu_units >= needs.cpu_units)
            and (not needs.memory_mib or memory_mib >= needs.memory_mib)
            and not ports & {*needs.tcp_ports}
            and not (is_taken and _is_distinct(service))
        )

    def _is_stuck(self, service: ServiceRecord) -> bool:
        """Whether the ceiling forbids a start and the floor a stop (ecs.md 6.6)."""
        tasks = [task for task in self._wanted(service) if not is_last(self._view, task)]
        healthy = sum(1 for task in tasks if self._oracle.is_healthy(task))
        is_old = any(
            task.deployment_id != service.primary.id or self._is_on_draining(task) for task in tasks
        )
        is_full = len(tasks) >= ceiling_of(service)
        return is_old and is_full and healthy <= floor_of(service)

    def _picture(self, service: ServiceRecord) -> str:
        tasks = [f"{t.task_id[:6]} {t.last_status}" for t in self._wanted(service)]
        states = [f"{d.status} {d.rollout_state}" for d in service.deployments]
        return f"{service.desired_count} desired, {tasks}, {states}"


def _is_distinct(service: ServiceRecord) -> bool:
    types = [constraint.type for constraint in service.placement_constraints]
    return _is_daemon(service) or PlacementConstraintType.DISTINCT_INSTANCE in types


def _is_daemon(service: ServiceRecord) -> bool:
    return service.scheduling_strategy is SchedulingStrategy.DAEMON


def _is_draining(instance: ContainerInstanceRecord) -> bool:
    return instance.status is not InstanceStatus.ACTIVE
