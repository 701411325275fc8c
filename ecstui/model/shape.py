"""Base classes of every record and request: ECS's member names outside, snake_case inside.

A `Shape` is frozen. Records refuse members that they do not know; requests collect them, so that
a newer client is understood as far as possible and what was ignored can be reported.
"""

from functools import lru_cache
from typing import ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

Timestamp = float
"""POSIX seconds UTC; JSON number in the AWS JSON 1.1 protocol."""

R = TypeVar("R", bound="Shape")

_IRREGULAR = {
    "bind_ip": "bindIP",
    "vpc_id": "vpcId",
    "enable_ecs_managed_tags": "enableECSManagedTags",
    "running_ec2_tasks_count": "runningEC2TasksCount",
    "size_in_gib": "sizeInGiB",
    "efs_volume_configuration": "efsVolumeConfiguration",
    "s3files_volume_configuration": "s3filesVolumeConfiguration",
}


def alias_of(name: str) -> str:
    """ECS member name of a snake_case attribute: camelCase, but for the irregular ones."""
    return _IRREGULAR.get(name) or to_camel(name)


@lru_cache(maxsize=4096)
def _shared_set(names: frozenset[str]) -> set[str]:
    """The one set of these names: a set for every shape would take more than its values.

    Nothing changes it, as shapes are frozen. Limited, as callers choose what they send.
    """
    return set(names)


class Shape(BaseModel):  # noqa: PLW1641 (pydantic makes `__hash__` of what is frozen)
    """A frozen ECS structure; unknown members are an error."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=alias_of,
        populate_by_name=True,
        extra="forbid",
        use_enum_values=False,
        ser_json_inf_nan="null",
        defer_build=True,  # who never sees a shape need not pay for it at the start
    )

    def model_post_init(self, context: object, /) -> None:
        """Share the names of the members that were given with the shapes that were given them."""
        names = _shared_set(frozenset(self.__pydantic_fields_set__))
        object.__setattr__(self, "__pydantic_fields_set__", names)

    def __eq__(self, other: object) -> bool:
        """Whether it is of the same class with the same members: pydantic's rule, but quick."""
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        known, same = self.__pydantic_extra__, other.__pydantic_extra__
        return self.__dict__ == other.__dict__ and (known or {}) == (same or {})

    def with_(self, **changes: object) -> Self:
        """A copy with some attributes replaced; values are trusted, not validated again.

        The shape itself where it has these values already.
        """
        names, values = self.__pydantic_fields_set__, self.__dict__
        if changes.keys() <= names:
            if all(values[name] == value for name, value in changes.items()):
                return self
        else:
            assert changes.keys() <= values.keys(), sorted(changes)
            names = _shared_set(frozenset(names | changes.keys()))
        copied = object.__new__(type(self))  # by hand: `model_copy` takes four times as long
        fill = object.__setattr__
        fill(copied, "__dict__", {**values, **changes})
        fill(copied, "__pydantic_fields_set__", names)
        fill(copied, "__pydantic_extra__", self.__pydantic_extra__)
        fill(copied, "__pydantic_private__", None)
        return copied

    @classmethod
    def taken_from(cls, shape: "Shape", **changes: object) -> Self:
        """The members of `shape` that this class has, some replaced; values are trusted."""
        values = shape.__dict__
        fields = cls.__pydantic_fields__
        members = {name: values[name] for name in fields if name not in changes} | changes
        assert members.keys() == fields.keys(), sorted(changes)
        taken = cls.__new__(cls)
        fill = object.__setattr__
        fill(taken, "__dict__", members)
        fill(taken, "__pydantic_fields_set__", _shared_set(frozenset(members)))
        fill(taken, "__pydantic_extra__", None)
        fill(taken, "__pydantic_private__", None)
        return taken

    def to_json(self) -> bytes:
        """The same as `to_wire`, as the bytes of a JSON object."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()

    def to_wire(self) -> dict[str, object]:
        """Members under ECS's names, absent ones left out, ready for JSON."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class Tag(Shape):
    """A key and value that the user attached to a resource."""

    key: str
    value: str = ""


class KeyValuePair(Shape):
    """An environment variable or attribute."""

    name: str
    value: str = ""


class Failure(Shape):
    """One thing of a batch request that could not be done."""

    arn: str | None = None
    reason: str
    detail: str | None = None


class Request(Shape, Generic[R]):
    """A request whose answer is `R`; the operation is named as the class, less `Request`."""

    model_config = ConfigDict(extra="allow")

    response: ClassVar[type[Shape]]

    @classmethod
    def operation(cls) -> str:
        """ECS operation name, e.g. `UpdateService`."""
        return cls.__name__.removesuffix("Request")

    def unknown_members(self) -> tuple[str, ...]:
        """Names of top-level members that this version does not know."""
        return tuple(sorted(self.model_extra or ()))
