"""Requests for the tags of a resource that is named by its ARN."""

from typing import ClassVar

from ecstui.model.shape import Request, Shape, Tag


class TagResourceResponse(Shape):
    """Nothing: the tags are there."""


class TagResourceRequest(Request[TagResourceResponse]):
    """Add tags to a resource; a key that it has already gets the new value."""

    response: ClassVar[type[Shape]] = TagResourceResponse
    resource_arn: str
    tags: tuple[Tag, ...]


class UntagResourceResponse(Shape):
    """Nothing: the tags are gone."""


class UntagResourceRequest(Request[UntagResourceResponse]):
    """Remove tags of a resource by their keys."""

    response: ClassVar[type[Shape]] = UntagResourceResponse
    resource_arn: str
    tag_keys: tuple[str, ...]


class ListTagsForResourceResponse(Shape):
    """The tags of a resource."""

    tags: tuple[Tag, ...] = ()


class ListTagsForResourceRequest(Request[ListTagsForResourceResponse]):
    """List the tags of a resource."""

    response: ClassVar[type[Shape]] = ListTagsForResourceResponse
    resource_arn: str


REQUESTS = (
    TagResourceRequest,
    UntagResourceRequest,
    ListTagsForResourceRequest,
)
