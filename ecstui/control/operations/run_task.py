"""RunTask: place up to ten tasks and write their records; the tasks reconciler starts them.

What could not be placed is a failure in the answer, not an error. Source: ecs.md 3.9, 5.
"""

import re
from collections.abc import Sequence

from ecstui.base.errors import InvalidParameterException
from ecstui.control.context import Context
from ecstui.control.operations.checks import (
    check_compatibility,
    check_constraints,
    check_launch,
    check_length,
    check_network,
    check_range,
    check_tags,
    invalid,
    placement_strategy,
)
from ecstui.control.operations.describe import TAGS, task_shape
from ecstui.control.operations.events import say
from ecstui.control.operations.names import active_cluster, launchable_definition
from ecstui.control.operations.overrides import check_overrides
from ecstui.control.operations.table import changes
from ecstui.control.operations.tokens import made_before, remember, token_of
from ecstui.control.operations.unsupported import TASK_MEMBERS, refuse_members
from ecstui.model.enums import PlacementConstraintType, PropagateTags
from ecstui.model.requests.tasks import RunTaskRequest, RunTaskResponse
from ecstui.model.service import PlacementConstraint
from ecstui.model.shape import Failure, Tag
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.plan.new_task import managed_tags, new_task
from ecstui.plan.placement import Capacity, Placed, demand_of, failures_of, place_all
from ecstui.plan.ports import network_mode_of
from ecstui.store.kinds import TASKS
from ecstui.store.tables import Transaction

MOST_TASKS = 10
MOST_FAILURES = 10
LONGEST_TOKEN = 64
LONGEST_GROUP = 255
_STARTED_BY = re.compile(r"[A-Za-z0-9_/-]{0,128}")


def run_task(tx: Transaction, request: RunTaskRequest, context: Context) -> RunTaskResponse:
    """Place `count` tasks; the same request with the same token returns the same tasks."""
    cluster = active_cluster(tx, request.cluster).cluster_name
    refuse_members(request, TASK_MEMBERS)
    token = token_of(request, cluster, LONGEST_TOKEN)
    made = [tx.get(TASKS, arn) for arn in made_before(tx, token, context.now)]
    if made:
        again = tuple(task_shape(task, (TAGS,)) for task in made if task is not None)
        return RunTaskResponse(tasks=again)
    _check(request)
    definition = _definition_of(tx, request)
    tasks, failures = _placed(request, definition, _capacities(cluster, context), context)
    for task in tasks:
        tx.put(task)
    remember(tx, token, tuple(task.task_arn for task in tasks), context.now)
    if tasks:
        _say(tx, context, definition, tasks)
    return RunTaskResponse(
        tasks=tuple(task_shape(task, (TAGS,)) for task in tasks), failures=failures
    )


def _say(
    tx: Transaction,
    context: Context,
    definition: TaskDefinitionRecord,
    tasks: Sequence[TaskRecord],
) -> None:
    number = "1 task" if len(tasks) == 1 else f"{len(tasks)} tasks"
    say(
        tx,
        context,
        f"started {number} of {definition.family_revision}",
        subject_arn=tasks[0].task_arn,
        cluster_name=tasks[0].cluster_name,
    )


def _check(request: RunTaskRequest) -> None:
    if request.count is not None:
        check_range(request.count, 1, MOST_TASKS, "count")
    if request.started_by is not None and not _STARTED_BY.fullmatch(request.started_by):
        raise invalid("startedBy may have 128 letters, digits, - _ and / at most.", "startedBy")
    check_length(request.group, LONGEST_GROUP, "group")
    if request.group is not None and request.group.startswith("service:"):
        raise invalid("A group may not begin with service: which stands for services.", "group")
    if request.propagate_tags is PropagateTags.SERVICE:
        raise invalid("propagateTags should be one of [TASK_DEFINITION, NONE]", "propagateTags")
    check_tags(request.tags)
    check_constraints(request.placement_constraints)
    check_launch(request.launch_type, request.capacity_provider_strategy, request.platform_version)


def _definition_of(tx: Transaction, request: RunTaskRequest) -> TaskDefinitionRecord:
    definition = launchable_definition(
        tx, request.task_definition, inactive=InvalidParameterException
    )
    check_compatibility(definition)
    check_network(network_mode_of(definition), request.network_configuration)
    check_overrides(request.overrides, definition)
    return definition


def _capacities(cluster: str, context: Context) -> tuple[Capacity, ...]:
    """What is left of the cluster's ACTIVE instances; there must be one (ecs.md 3.9)."""
    found = [c for c in context.capacities.values() if c.cluster_name == cluster and c.is_active]
    if not found:
        raise invalid("No Container Instances were found in your cluster.", "cluster")
    return tuple(found)


def _placed(
    request: RunTaskRequest,
    definition: TaskDefinitionRecord,
    capacities: Sequence[Capacity],
    context: Context,
) -> tuple[tuple[TaskRecord, ...], tuple[Failure, ...]]:
    """Tasks that found a place, and why the others did not."""
    group = request.group or f"family:{definition.family}"
    ids = [context.ids() for _ in range(request.count or 1)]
    demands = [
        demand_of(definition, group, task_id, overrides=request.overrides) for task_id in ids
    ]
    constraints = (*request.placement_constraints, *_own_constraints(definition))
    strategies = placement_strategy(request.placement_strategy)
    placements = place_all(demands, capacities, constraints, strategies)
    by_arn = {capacity.instance_arn: capacity for capacity in capacities}
    tasks: list[TaskRecord] = []
    failures: dict[tuple[str | None, str], Failure] = {}
    for task_id, placement in zip(ids, placements, strict=True):
        if isinstance(placement, Placed):
            capacity = by_arn[placement.instance_arn]
            tasks.append(_new(request, definition, capacity, context, group, task_id))
        else:
            failures |= {(f.arn, f.reason): f for f in failures_of(placement)}
    return tuple(tasks), tuple(failures.values())[:MOST_FAILURES]


def _own_constraints(definition: TaskDefinitionRecord) -> tuple[PlacementConstraint, ...]:
    """Constraints that every task of the definition keeps."""
    return tuple(
        PlacementConstraint(
            type=constraint.type or PlacementConstraintType.MEMBER_OF,
            expression=constraint.expression,
        )
        for constraint in definition.placement_constraints
    )


def _new(
    request: RunTaskRequest,
    definition: TaskDefinitionRecord,
    capacity: Capacity,
    context: Context,
    group: str,
    task_id: str,
) -> TaskRecord:
    return new_task(
        definition,
        capacity,
        context.names,
        context.ids,
        context.now,
        group=group,
        started_by=request.started_by,
        service=None,
        deployment_id=None,
        overrides=request.overrides,
        tags=_tags_of(request, definition, capacity.cluster_name),
        network_configuration=request.network_configuration,
        enable_execute_command=request.enable_execute_command,
        task_id=task_id,
    )


def _tags_of(
    request: RunTaskRequest, definition: TaskDefinitionRecord, cluster: str
) -> tuple[Tag, ...]:
    """Tags of the request, those of the definition if they are to be passed on, managed ones."""
    passed = definition.tags if request.propagate_tags is PropagateTags.TASK_DEFINITION else ()
    managed = managed_tags(cluster) if request.enable_ecs_managed_tags else ()
    by_key = {tag.key: tag for tag in (*managed, *passed, *request.tags)}
    return tuple(by_key.values())


ENTRIES = (changes(RunTaskRequest, run_task),)
