"""Requests for attributes of container instances."""

from typing import ClassVar, Literal

from ecstui.model.shape import Request, Shape
from ecstui.model.task_definition import Attribute

TargetType = Literal["container-instance"]


class PutAttributesResponse(Shape):
    """The attributes that were put."""

    attributes: tuple[Attribute, ...] = ()


class PutAttributesRequest(Request[PutAttributesResponse]):
    """Put up to 10 attributes on container instances; one of the same name is replaced."""

    response: ClassVar[type[Shape]] = PutAttributesResponse
    attributes: tuple[Attribute, ...]
    cluster: str | None = None


class DeleteAttributesResponse(Shape):
    """The attributes that were deleted."""

    attributes: tuple[Attribute, ...] = ()


class DeleteAttributesRequest(Request[DeleteAttributesResponse]):
    """Delete up to 10 attributes of container instances."""

    response: ClassVar[type[Shape]] = DeleteAttributesResponse
    attributes: tuple[Attribute, ...]
    cluster: str | None = None


class ListAttributesResponse(Shape):
    """A page of attributes, one entry for each instance that has one."""

    attributes: tuple[Attribute, ...] = ()
    next_token: str | None = None


class ListAttributesRequest(Request[ListAttributesResponse]):
    """List attributes of the container instances of a cluster."""

    response: ClassVar[type[Shape]] = ListAttributesResponse
    target_type: TargetType
    cluster: str | None = None
    attribute_name: str | None = None
    attribute_value: str | None = None
    next_token: str | None = None
    max_results: int | None = None


REQUESTS = (
    PutAttributesRequest,
    DeleteAttributesRequest,
    ListAttributesRequest,
)
