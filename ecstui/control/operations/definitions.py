"""Operations on task definitions and their families. Source: ecs.md 2.1, 2.9.

Revisions are numbered and never changed; the rules between their members are `plan/definition.py`.
"""

from ecstui.base.errors import ClientException, EcsError, InvalidParameterException
from ecstui.control.context import Context
from ecstui.control.operations.checks import check_tags, invalid
from ecstui.control.operations.describe import as_shape, definition_shape
from ecstui.control.operations.events import say
from ecstui.control.operations.names import (
    definition_name_of,
    find_definition,
    principal_of,
    shown,
)
from ecstui.control.operations.paging import page
from ecstui.control.operations.table import changes, reads
from ecstui.model.enums import TaskDefinitionStatus
from ecstui.model.requests.definitions import (
    DeleteTaskDefinitionsRequest,
    DeleteTaskDefinitionsResponse,
    DeregisterTaskDefinitionRequest,
    DeregisterTaskDefinitionResponse,
    DescribeTaskDefinitionRequest,
    DescribeTaskDefinitionResponse,
    ListTaskDefinitionFamiliesRequest,
    ListTaskDefinitionFamiliesResponse,
    ListTaskDefinitionsRequest,
    ListTaskDefinitionsResponse,
    RegisterTaskDefinitionRequest,
    RegisterTaskDefinitionResponse,
)
from ecstui.model.shape import Failure
from ecstui.model.task_definition import FamilyRecord, TaskDefinitionBody, TaskDefinitionRecord
from ecstui.plan.definition import (
    Problem,
    check_definition,
    compatibilities_of,
    normalise,
    requires_attributes_of,
)
from ecstui.store.kinds import FAMILIES, TASK_DEFINITIONS
from ecstui.store.tables import Transaction, View

MOST_DELETED = 10
_FIELD = "taskDefinitions"
_UNKNOWN = "Unable to describe task definition."
_STILL_ACTIVE = (
    "The specified task definition is still in ACTIVE status. Please deregister the target and "
    "try again."
)
_NO_NAME = (
    "The specified task definition identifier is invalid. Specify a valid name or ARN and try "
    "again."
)
_NOT_THERE = (
    "The specified task definition does not exist. Specify a valid account, family, revision and "
    "try again."
)


def register_task_definition(
    tx: Transaction, request: RegisterTaskDefinitionRequest, context: Context
) -> RegisterTaskDefinitionResponse:
    """Keep a new revision: one more than the family ever had; the first broken rule is raised."""
    given = as_shape(TaskDefinitionBody, request)
    for problem in check_definition(given):
        if not problem.is_notice:
            raise _error_of(problem)
    check_tags(request.tags)
    body = normalise(given)
    family = tx.get(FAMILIES, body.family)
    revision = 1 if family is None else family.latest_revision + 1
    record = TaskDefinitionRecord(
        **{name: getattr(body, name) for name in TaskDefinitionBody.model_fields},
        task_definition_arn=context.names.task_definition(body.family, revision),
        revision=revision,
        requires_attributes=requires_attributes_of(body),
        compatibilities=compatibilities_of(body),
        registered_at=context.now,
        registered_by=principal_of(context),
        tags=request.tags,
    )
    tx.put(FamilyRecord(family=body.family, latest_revision=revision))
    tx.put(record)
    _say(tx, context, "registered", record)
    return RegisterTaskDefinitionResponse(
        task_definition=definition_shape(record), tags=record.tags
    )


def _error_of(problem: Problem) -> EcsError:
    field = problem.path or None
    if problem.code == InvalidParameterException.__name__:
        return InvalidParameterException(problem.message, field=field)
    return ClientException(problem.message, field=field, code=problem.code)


def _say(tx: Transaction, context: Context, verb: str, record: TaskDefinitionRecord) -> None:
    message = f"{verb} task definition {record.family_revision}"
    say(tx, context, message, subject_arn=record.task_definition_arn)


def deregister_task_definition(
    tx: Transaction, request: DeregisterTaskDefinitionRequest, context: Context
) -> DeregisterTaskDefinitionResponse:
    """Make a revision INACTIVE; what uses it goes on (API DeregisterTaskDefinition)."""
    name = definition_name_of(request.task_definition)
    if name.revision is None:
        raise ClientException("Revision is missing.", field="taskDefinition")
    record = find_definition(tx, name)
    if record is None:
        raise ClientException(_UNKNOWN, field="taskDefinition")
    if record.status is TaskDefinitionStatus.ACTIVE:
        record = record.with_(status=TaskDefinitionStatus.INACTIVE, deregistered_at=context.now)
        tx.put(record)
        _say(tx, context, "deregistered", record)
    return DeregisterTaskDefinitionResponse(task_definition=definition_shape(record))


def delete_task_definitions(
    tx: Transaction, request: DeleteTaskDefinitionsRequest, context: Context
) -> DeleteTaskDefinitionsResponse:
    """Begin to delete INACTIVE revisions; the reaper ends it (API DeleteTaskDefinitions)."""
    if not request.task_definitions:
        raise invalid("Task definitions cannot be empty.", _FIELD)
    if len(request.task_definitions) > MOST_DELETED:
        raise invalid(
            f"Size of TaskDefinition references list cannot exceed {MOST_DELETED}", _FIELD
        )
    deleted: dict[str, TaskDefinitionRecord] = {}
    failures: dict[str, Failure] = {}
    for text in request.task_definitions:
        outcome = _delete(tx, text, context)
        if isinstance(outcome, Failure):
            failures[text] = outcome
        else:
            deleted[outcome.task_definition_arn] = outcome
    return DeleteTaskDefinitionsResponse(
        task_definitions=tuple(definition_shape(record) for record in deleted.values()),
        failures=tuple(failures.values()),
    )


def _delete(tx: Transaction, text: str, context: Context) -> TaskDefinitionRecord | Failure:
    """The revision with its deletion begun, again being fine; or why it cannot be deleted."""
    try:
        name = definition_name_of(text, _FIELD)
    except EcsError:
        return Failure(arn=shown(text), reason=_NO_NAME)
    if name.revision is None:
        return Failure(arn=shown(text), reason=_NO_NAME)
    record = find_definition(tx, name)
    if record is None:
        return Failure(arn=shown(text), reason=_NOT_THERE)
    if record.status is TaskDefinitionStatus.ACTIVE:
        return Failure(arn=record.task_definition_arn, reason=_STILL_ACTIVE)
    if record.status is TaskDefinitionStatus.INACTIVE:
        status = TaskDefinitionStatus.DELETE_IN_PROGRESS
        record = record.with_(status=status, delete_requested_at=context.now)
        tx.put(record)
        _say(tx, context, "deleted", record)
    return record


def describe_task_definition(
    view: View, request: DescribeTaskDefinitionRequest, context: Context
) -> DescribeTaskDefinitionResponse:
    """One revision, INACTIVE ones too when the revision is named."""
    record = find_definition(view, definition_name_of(request.task_definition))
    if record is None:
        raise ClientException(_UNKNOWN, field="taskDefinition")
    return DescribeTaskDefinitionResponse(
        task_definition=definition_shape(record),
        tags=record.tags if "TAGS" in request.include else (),
    )


def list_task_definitions(
    view: View, request: ListTaskDefinitionsRequest, context: Context
) -> ListTaskDefinitionsResponse:
    """ARNs of revisions by family and number; `familyPrefix` is the whole name of a family."""
    if request.family_prefix is None:
        records = view.all(TASK_DEFINITIONS)
    else:
        records = view.by(TASK_DEFINITIONS, "family", request.family_prefix)
    status = TaskDefinitionStatus(request.status or "ACTIVE")
    chosen = page(
        request,
        [record for record in records if record.status is status],
        key=lambda record: (record.family, record.revision),
        descending=request.sort == "DESC",
    )
    return ListTaskDefinitionsResponse(
        task_definition_arns=tuple(record.task_definition_arn for record in chosen.items),
        next_token=chosen.next_token,
    )


def list_task_definition_families(
    view: View, request: ListTaskDefinitionFamiliesRequest, context: Context
) -> ListTaskDefinitionFamiliesResponse:
    """Names of families that begin with `familyPrefix`, of any status unless one is asked for."""
    has_active: dict[str, bool] = {}
    for record in view.all(TASK_DEFINITIONS):
        if record.status is TaskDefinitionStatus.DELETE_IN_PROGRESS:
            continue
        is_active = record.status is TaskDefinitionStatus.ACTIVE
        has_active[record.family] = has_active.get(record.family, False) or is_active
    prefix = request.family_prefix or ""
    families = [
        family
        for family, is_active in has_active.items()
        if family.startswith(prefix) and _is_asked_for(request.status, is_active=is_active)
    ]
    chosen = page(request, families, key=lambda family: (family,))
    return ListTaskDefinitionFamiliesResponse(families=chosen.items, next_token=chosen.next_token)


def _is_asked_for(status: str | None, *, is_active: bool) -> bool:
    if status is None or status == "ALL":
        return True
    return is_active is (status == "ACTIVE")


ENTRIES = (
    changes(RegisterTaskDefinitionRequest, register_task_definition),
    changes(DeregisterTaskDefinitionRequest, deregister_task_definition),
    changes(DeleteTaskDefinitionsRequest, delete_task_definitions),
    reads(DescribeTaskDefinitionRequest, describe_task_definition),
    reads(ListTaskDefinitionsRequest, list_task_definitions),
    reads(ListTaskDefinitionFamiliesRequest, list_task_definition_families),
)
