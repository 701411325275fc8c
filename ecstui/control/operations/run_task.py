"""RunTask: place up to ten tasks and write their records; the tasks reconciler starts them.

What could not be placed is a failure in the answer, not an error. Source: ecs.md 3.9, 5.
"""

from collections.abc import Sequence

from ecstui.control.context import Context
from ecstui.control.operations.checks import (
    check_constraints,
    check_range,
    invalid,
    placement_strategy,
)
from ecstui.control.operations.describe import TAGS, task_shape
from ecstui.control.operations.launch import (
    check_launched,
    definition_to_launch,
    group_of,
    launched,
    say_launched,
)
from ecstui.control.operations.launch_choice import (
    LaunchChoice,
    check_fargate_rules,
    launch_choice,
)
from ecstui.control.operations.names import active_cluster
from ecstui.control.operations.table import changes
from ecstui.control.operations.tokens import made_before, remember, token_of
from ecstui.control.operations.unsupported import TASK_MEMBERS, refuse_members
from ecstui.control.surroundings import surroundings_of
from ecstui.model.enums import LaunchType, PlacementConstraintType
from ecstui.model.requests.tasks import RunTaskRequest, RunTaskResponse
from ecstui.model.service import PlacementConstraint
from ecstui.model.shape import Failure
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.plan.placement import Capacity, Placed, demand_of, failures_of, place_all
from ecstui.plan.provider_placement import Berth, Launching, place_by_provider, waiting
from ecstui.store.kinds import TASKS
from ecstui.store.tables import Transaction

MOST_TASKS = 10
MOST_FAILURES = 10
LONGEST_TOKEN = 64
LONGEST_STARTED_BY = 128


def run_task(tx: Transaction, request: RunTaskRequest, context: Context) -> RunTaskResponse:
    """Place `count` tasks; the same request with the same token returns the same tasks."""
    record = active_cluster(tx, request.cluster)
    cluster = record.cluster_name
    refuse_members(request, TASK_MEMBERS)
    token = token_of(request, cluster, LONGEST_TOKEN)
    made = [tx.get(TASKS, arn) for arn in made_before(tx, token, context.now)]
    if made:
        again = tuple(task_shape(task, (TAGS,)) for task in made if task is not None)
        return RunTaskResponse(tasks=again)
    _check(request)
    choice = launch_choice(
        tx,
        record,
        request.launch_type,
        request.capacity_provider_strategy,
        request.platform_version,
    )
    check_fargate_rules(choice, request.placement_constraints, request.placement_strategy)
    definition = definition_to_launch(tx, request, choice)
    if choice.launch_type is LaunchType.EC2:
        tasks, failures = _placed(request, definition, _capacities(cluster, context), context)
    else:
        tasks, failures = _by_provider(tx, request, definition, choice, cluster, context)
    for task in tasks:
        tx.put(task)
    remember(tx, token, tuple(task.task_arn for task in tasks), context.now)
    say_launched(tx, context, definition, tasks)
    return RunTaskResponse(
        tasks=tuple(task_shape(task, (TAGS,)) for task in tasks), failures=failures
    )


def _check(request: RunTaskRequest) -> None:
    if request.count is not None:
        check_range(request.count, 1, MOST_TASKS, "count")
    check_launched(request, LONGEST_STARTED_BY)
    check_constraints(request.placement_constraints)


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
    group = group_of(request, definition)
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
            tasks.append(launched(request, definition, capacity, context, task_id))
        else:
            failures |= {(f.arn, f.reason): f for f in failures_of(placement)}
    return tuple(tasks), tuple(failures.values())[:MOST_FAILURES]


def _by_provider(
    tx: Transaction,
    request: RunTaskRequest,
    definition: TaskDefinitionRecord,
    choice: LaunchChoice,
    cluster: str,
    context: Context,
) -> tuple[tuple[TaskRecord, ...], tuple[Failure, ...]]:
    """Tasks on Fargate or by the strategy; some may wait for an instance (ecs.md 4.6)."""
    group = group_of(request, definition)
    ids = [context.ids() for _ in range(request.count or 1)]
    demands = [
        demand_of(definition, group, task_id, overrides=request.overrides) for task_id in ids
    ]
    launching = Launching(
        strategy=choice.strategy,
        constraints=(*request.placement_constraints, *_own_constraints(definition)),
        strategies=placement_strategy(request.placement_strategy),
        network=request.network_configuration,
    )
    capacities = [c for c in context.capacities.values() if c.cluster_name == cluster]
    berths = place_by_provider(demands, capacities, surroundings_of(tx, cluster), launching)
    tasks: list[TaskRecord] = []
    failures: dict[tuple[str | None, str], Failure] = {}
    for task_id, berth in zip(ids, berths, strict=True):
        if isinstance(berth, Berth):
            task = launched(request, definition, berth.capacity, context, task_id, berth)
            task = task.with_(platform_version=choice.running_version)
            tasks.append(waiting(task, launching) if berth.is_waiting else task)
        else:
            failures |= {(f.arn, f.reason): f for f in failures_of(berth)}
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


ENTRIES = (changes(RunTaskRequest, run_task),)
