"""Requests for task definitions and families."""

from typing import ClassVar, Literal

from ecstui.model.shape import Failure, Request, Shape, Tag
from ecstui.model.task_definition import TaskDefinition, TaskDefinitionBody


class RegisterTaskDefinitionResponse(Shape):
    """The revision that was registered."""

    task_definition: TaskDefinition
    tags: tuple[Tag, ...] = ()


class RegisterTaskDefinitionRequest(TaskDefinitionBody, Request[RegisterTaskDefinitionResponse]):
    """Register a new revision of a family."""

    response: ClassVar[type[Shape]] = RegisterTaskDefinitionResponse
    tags: tuple[Tag, ...] = ()


class DeregisterTaskDefinitionResponse(Shape):
    """The revision, now INACTIVE."""

    task_definition: TaskDefinition


class DeregisterTaskDefinitionRequest(Request[DeregisterTaskDefinitionResponse]):
    """Make a revision unusable for anything new."""

    response: ClassVar[type[Shape]] = DeregisterTaskDefinitionResponse
    task_definition: str


class DeleteTaskDefinitionsResponse(Shape):
    """Revisions that are being deleted, and why others are not."""

    task_definitions: tuple[TaskDefinition, ...] = ()
    failures: tuple[Failure, ...] = ()


class DeleteTaskDefinitionsRequest(Request[DeleteTaskDefinitionsResponse]):
    """Delete up to 10 INACTIVE revisions, each as soon as nothing refers to it."""

    response: ClassVar[type[Shape]] = DeleteTaskDefinitionsResponse
    task_definitions: tuple[str, ...]


class DescribeTaskDefinitionResponse(Shape):
    """One revision, whole."""

    task_definition: TaskDefinition
    tags: tuple[Tag, ...] = ()


class DescribeTaskDefinitionRequest(Request[DescribeTaskDefinitionResponse]):
    """Show one revision; a bare family means its newest ACTIVE one."""

    response: ClassVar[type[Shape]] = DescribeTaskDefinitionResponse
    task_definition: str
    include: tuple[Literal["TAGS"], ...] = ()


class ListTaskDefinitionsResponse(Shape):
    """A page of revision ARNs."""

    task_definition_arns: tuple[str, ...] = ()
    next_token: str | None = None


class ListTaskDefinitionsRequest(Request[ListTaskDefinitionsResponse]):
    """List revisions; `familyPrefix` is a whole family name."""

    response: ClassVar[type[Shape]] = ListTaskDefinitionsResponse
    family_prefix: str | None = None
    status: Literal["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"] | None = None
    sort: Literal["ASC", "DESC"] | None = None
    next_token: str | None = None
    max_results: int | None = None


class ListTaskDefinitionFamiliesResponse(Shape):
    """A page of family names."""

    families: tuple[str, ...] = ()
    next_token: str | None = None


class ListTaskDefinitionFamiliesRequest(Request[ListTaskDefinitionFamiliesResponse]):
    """List families; `familyPrefix` is a true prefix."""

    response: ClassVar[type[Shape]] = ListTaskDefinitionFamiliesResponse
    family_prefix: str | None = None
    status: Literal["ACTIVE", "INACTIVE", "ALL"] | None = None
    next_token: str | None = None
    max_results: int | None = None


REQUESTS = (
    RegisterTaskDefinitionRequest,
    DeregisterTaskDefinitionRequest,
    DeleteTaskDefinitionsRequest,
    DescribeTaskDefinitionRequest,
    ListTaskDefinitionsRequest,
    ListTaskDefinitionFamiliesRequest,
)
