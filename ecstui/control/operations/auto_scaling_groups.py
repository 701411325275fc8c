"""ecstui's own operations: local Auto Scaling groups, and the interruption of Fargate Spot tasks.

A group is a pool of slices of an engine. Here its bounds and desired capacity are set; the
instances come and go in `reconcilers/capacity.py`. Source: ecs.md 3.3, 4.6 ([REC]).
"""

from ecstui.base.errors import ClientException, InvalidParameterException
from ecstui.control.context import Context
from ecstui.control.operations.checks import INT_MAX, check_range, invalid
from ecstui.control.operations.describe import as_shape, task_shape
from ecstui.control.operations.events import say
from ecstui.control.operations.names import active_cluster, check_name, find_task, name_in_cluster
from ecstui.control.operations.table import changes, reads
from ecstui.control.surroundings import zones_of
from ecstui.model.capacity import FARGATE_SPOT, AutoScalingGroup, AutoScalingGroupRecord
from ecstui.model.enums import StopCode
from ecstui.model.requests.capacity_providers import (
    CreateAutoScalingGroupRequest,
    CreateAutoScalingGroupResponse,
    DeleteAutoScalingGroupRequest,
    DeleteAutoScalingGroupResponse,
    DescribeAutoScalingGroupsRequest,
    DescribeAutoScalingGroupsResponse,
    InterruptSpotTaskRequest,
    InterruptSpotTaskResponse,
    UpdateAutoScalingGroupRequest,
    UpdateAutoScalingGroupResponse,
)
from ecstui.plan.task import stop_task_record
from ecstui.store.kinds import AUTO_SCALING_GROUPS, CAPACITY_PROVIDERS, INSTANCES
from ecstui.store.tables import Transaction, View

MOST_INSTANCES = 1000
LONGEST_BOOT_SECONDS = 3600
SPOT_REASON = "Your Spot Task was interrupted."
_NAME = "autoScalingGroupName"


def create_auto_scaling_group(
    tx: Transaction, request: CreateAutoScalingGroupRequest, context: Context
) -> CreateAutoScalingGroupResponse:
    """Make a group; its instances come after the boot delay."""
    name = request.auto_scaling_group_name
    check_name(name, "Auto Scaling group", _NAME)
    cluster = active_cluster(tx, request.cluster).cluster_name
    if tx.get(AUTO_SCALING_GROUPS, name) is not None:
        raise ClientException(f"Auto Scaling group {name} exists already.", field=_NAME)
    check_range(request.cpu, 1, INT_MAX, "cpu")
    check_range(request.memory, 1, INT_MAX, "memory")
    delay = request.boot_delay_seconds
    if not 0 <= delay <= LONGEST_BOOT_SECONDS:
        words = f"bootDelaySeconds must be between 0 and {LONGEST_BOOT_SECONDS}, but was {delay}."
        raise invalid(words, "bootDelaySeconds")
    desired = request.min_size if request.desired_capacity is None else request.desired_capacity
    record = AutoScalingGroupRecord(
        auto_scaling_group_name=name,
        auto_scaling_group_arn=context.names.auto_scaling_group(name, context.ids()),
        cluster=cluster,
        min_size=request.min_size,
        max_size=request.max_size,
        desired_capacity=desired,
        cpu=request.cpu,
        memory=request.memory,
        availability_zones=request.availability_zones or zones_of(tx),
        boot_delay_seconds=delay,
        created_at=context.now,
    )
    _check_sizes(record)
    tx.put(record)
    words = f"created Auto Scaling group {name} ({record.min_size} to {record.max_size} instances)"
    say(tx, context, words, subject_arn=record.auto_scaling_group_arn, cluster_name=cluster)
    return CreateAutoScalingGroupResponse(auto_scaling_group=_shape(record))


def _check_sizes(group: AutoScalingGroupRecord) -> None:
    check_range(group.min_size, 0, MOST_INSTANCES, "minSize")
    check_range(group.max_size, 0, MOST_INSTANCES, "maxSize")
    if group.min_size > group.max_size:
        raise invalid("minSize must not be greater than maxSize.", "minSize")
    if not group.min_size <= group.desired_capacity <= group.max_size:
        raise invalid(
            f"desiredCapacity must be between {group.min_size} and {group.max_size}, but was "
            f"{group.desired_capacity}.",
            "desiredCapacity",
        )


def _shape(record: AutoScalingGroupRecord) -> AutoScalingGroup:
    return as_shape(AutoScalingGroup, record)


def _group(view: View, name: str) -> AutoScalingGroupRecord:
    record = view.get(AUTO_SCALING_GROUPS, name)
    if record is None:
        raise invalid(f"There is no Auto Scaling group {name}.", _NAME)
    return record


def update_auto_scaling_group(
    tx: Transaction, request: UpdateAutoScalingGroupRequest, context: Context
) -> UpdateAutoScalingGroupResponse:
    """Change bounds or desired capacity; new bounds pull the desired capacity along."""
    before = _group(tx, request.auto_scaling_group_name)
    members = {
        name: value
        for name in ("min_size", "max_size", "desired_capacity")
        if (value := getattr(request, name)) is not None
    }
    record = before.with_(**members)
    if request.desired_capacity is None:
        desired = min(max(record.desired_capacity, record.min_size), record.max_size)
        record = record.with_(desired_capacity=desired)
    _check_sizes(record)
    if record != before:
        tx.put(record)
        words = (
            f"set Auto Scaling group {record.auto_scaling_group_name} to {record.desired_capacity} "
            f"of {record.min_size} to {record.max_size} instances"
        )
        arn = record.auto_scaling_group_arn
        say(tx, context, words, subject_arn=arn, cluster_name=record.cluster)
    return UpdateAutoScalingGroupResponse(auto_scaling_group=_shape(record))


def delete_auto_scaling_group(
    tx: Transaction, request: DeleteAutoScalingGroupRequest, context: Context
) -> DeleteAutoScalingGroupResponse:
    """Delete a group without instances that no capacity provider uses."""
    record = _group(tx, request.auto_scaling_group_name)
    name = record.auto_scaling_group_name
    users = [p.name for p in tx.all(CAPACITY_PROVIDERS) if p.auto_scaling_group == name]
    if users:
        words = f"Auto Scaling group {name} is used by capacity provider {users[0]}."
        raise ClientException(words, field=_NAME)
    instances = tx.by(INSTANCES, "group", name)
    if instances or record.booting:
        words = f"Auto Scaling group {name} has instances. Set its desired capacity to 0 first."
        raise ClientException(words, field=_NAME)
    tx.delete(AUTO_SCALING_GROUPS, name)
    arn = record.auto_scaling_group_arn
    say(
        tx,
        context,
        f"deleted Auto Scaling group {name}",
        subject_arn=arn,
        cluster_name=record.cluster,
    )
    return DeleteAutoScalingGroupResponse(auto_scaling_group=_shape(record))


def describe_auto_scaling_groups(
    view: View, request: DescribeAutoScalingGroupsRequest, context: Context
) -> DescribeAutoScalingGroupsResponse:
    """Local groups by name; those that are not there are left out."""
    wanted = request.auto_scaling_group_names
    groups = sorted(view.all(AUTO_SCALING_GROUPS), key=lambda g: g.auto_scaling_group_name)
    return DescribeAutoScalingGroupsResponse(
        auto_scaling_groups=tuple(
            _shape(g) for g in groups if not wanted or g.auto_scaling_group_name in wanted
        )
    )


def interrupt_spot_task(
    tx: Transaction, request: InterruptSpotTaskRequest, context: Context
) -> InterruptSpotTaskResponse:
    """Interrupt a FARGATE_SPOT task: SIGTERM now, SIGKILL after its stopTimeout (ecs.md 4.6)."""
    cluster = active_cluster(tx, request.cluster).cluster_name
    task = find_task(tx, cluster, name_in_cluster(request.task, "task", cluster, "task"))
    if task is None:
        raise InvalidParameterException("The referenced task was not found.", field="task")
    if task.capacity_provider_name != FARGATE_SPOT:
        raise ClientException("The task does not run on FARGATE_SPOT.", field="task")
    if task.is_wanted:
        task = stop_task_record(task, StopCode.SPOT_INTERRUPTION, SPOT_REASON, context.now)
        tx.put(task)
        words = f"took the Spot capacity of task {task.task_id} away: it has until its stopTimeout"
        say(
            tx,
            context,
            words,
            subject_arn=task.task_arn,
            cluster_name=cluster,
            service_arn=task.service_arn,
        )
    return InterruptSpotTaskResponse(task=task_shape(task))


ENTRIES = (
    changes(CreateAutoScalingGroupRequest, create_auto_scaling_group),
    changes(UpdateAutoScalingGroupRequest, update_auto_scaling_group),
    changes(DeleteAutoScalingGroupRequest, delete_auto_scaling_group),
    reads(DescribeAutoScalingGroupsRequest, describe_auto_scaling_groups),
    changes(InterruptSpotTaskRequest, interrupt_spot_task),
)
