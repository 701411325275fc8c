"""What RunTask and StartTask share: rules for their members, and the record of a launched task.

Which instance takes a task is decided elsewhere. Source: ecs.md 1.2, 1.4, 3.9.
"""

import re
from collections.abc import Sequence

from ecstui.base.errors import InvalidParameterException
from ecstui.control.context import Context
from ecstui.control.operations.checks import (
    check_length,
    check_tags,
    invalid,
)
from ecstui.control.operations.events import say
from ecstui.control.operations.launch_choice import ON_INSTANCES, LaunchChoice, check_definition
from ecstui.control.operations.names import launchable_definition
from ecstui.control.operations.overrides import check_overrides
from ecstui.model.enums import LaunchType, PropagateTags
from ecstui.model.requests.tasks import RunTaskRequest, StartTaskRequest
from ecstui.model.shape import Tag
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.plan.capacity import Capacity
from ecstui.plan.new_task import managed_tags, new_task
from ecstui.plan.provider_placement import Berth
from ecstui.store.tables import Transaction

Launch = RunTaskRequest | StartTaskRequest
LONGEST_GROUP = 255
_STARTED_BY = re.compile(r"[A-Za-z0-9_/-]*")


def check_launched(request: Launch, longest_started_by: int) -> None:
    """Refuse members that break a rule of both operations."""
    started_by = request.started_by or ""
    if len(started_by) > longest_started_by or not _STARTED_BY.fullmatch(started_by):
        raise invalid(
            f"startedBy may have {longest_started_by} letters, digits, - _ and / at most.",
            "startedBy",
        )
    check_length(request.group, LONGEST_GROUP, "group")
    if request.group is not None and request.group.startswith("service:"):
        raise invalid("A group may not begin with service: which stands for services.", "group")
    if request.propagate_tags is PropagateTags.SERVICE:
        raise invalid("propagateTags should be one of [TASK_DEFINITION, NONE]", "propagateTags")
    check_tags(request.tags)


def definition_to_launch(
    tx: Transaction, request: Launch, choice: LaunchChoice = ON_INSTANCES
) -> TaskDefinitionRecord:
    """The ACTIVE task definition that the request names and that its other members fit."""
    definition = launchable_definition(
        tx, request.task_definition, inactive=InvalidParameterException
    )
    check_definition(definition, choice, request.network_configuration)
    check_overrides(request.overrides, definition, is_fargate=choice.is_fargate)
    check_tags(_given_tags(request, definition))
    return definition


def group_of(request: Launch, definition: TaskDefinitionRecord) -> str:
    """The group of the launched tasks: the request's, or that of the family."""
    return request.group or f"family:{definition.family}"


def launched(
    request: Launch,
    definition: TaskDefinitionRecord,
    capacity: Capacity,
    context: Context,
    task_id: str,
    berth: Berth | None = None,
) -> TaskRecord:
    """The record of a task that goes to the instance of `capacity`, or where `berth` says."""
    return new_task(
        definition,
        capacity,
        context.names,
        context.ids,
        context.now,
        group=group_of(request, definition),
        started_by=request.started_by,
        service=None,
        deployment_id=None,
        overrides=request.overrides,
        tags=_tags_of(request, definition, capacity.cluster_name),
        network_configuration=request.network_configuration,
        enable_execute_command=request.enable_execute_command,
        task_id=task_id,
        launch_type=LaunchType.EC2 if berth is None else berth.launch_type,
        capacity_provider=None if berth is None else berth.capacity_provider,
    )


def _tags_of(request: Launch, definition: TaskDefinitionRecord, cluster: str) -> tuple[Tag, ...]:
    """Tags of the request, those of the definition if they are to be passed on, managed ones."""
    managed = managed_tags(cluster) if request.enable_ecs_managed_tags else ()
    return (*managed, *_given_tags(request, definition))


def _given_tags(request: Launch, definition: TaskDefinitionRecord) -> tuple[Tag, ...]:
    """Tags that users gave: the definition's if they are to be passed on, then the request's."""
    passed = definition.tags if request.propagate_tags is PropagateTags.TASK_DEFINITION else ()
    return tuple({tag.key: tag for tag in (*passed, *request.tags)}.values())


def say_launched(
    tx: Transaction,
    context: Context,
    definition: TaskDefinitionRecord,
    tasks: Sequence[TaskRecord],
) -> None:
    """Tell how many tasks were launched, if any."""
    if not tasks:
        return
    number = "1 task" if len(tasks) == 1 else f"{len(tasks)} tasks"
    say(
        tx,
        context,
        f"started {number} of {definition.family_revision}",
        subject_arn=tasks[0].task_arn,
        cluster_name=tasks[0].cluster_name,
    )
