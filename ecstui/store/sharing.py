"""Equal parts of many records become one object each: thousands of tasks say mostly the same.

For records that were just read and that nobody has seen yet; what a record says never changes.
"""

from typing import cast

from ecstui.model.shape import Shape

_ShapeType = type(Shape)
"""To ask a shape's class what it is takes a tenth of asking the shape."""


def take_over(before: Shape, after: Shape) -> None:
    """Have a record hold the parts of the one that it replaces, where they are equal."""
    known, members = before.__dict__, after.__dict__
    for name, value in members.items():
        members[name] = _kept(known.get(name), value)


def _kept(known: object, value: object) -> object:
    """What is known if it is equal; else the value, with those parts of it that are."""
    if type(known) is not type(value):
        return value
    if known == value:
        return known
    if isinstance(known, tuple) and isinstance(value, tuple):
        more = value[len(known) :]
        return tuple([_kept(old, new) for old, new in zip(known, value, strict=False)]) + more
    if isinstance(type(value), _ShapeType):
        take_over(cast("Shape", known), cast("Shape", value))
    return value


class Sharing:
    """What the records had in common so far; lives while many of them are read."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._texts: dict[str, str] = {}
        self._shapes: dict[tuple[object, ...], Shape] = {}

    def share(self, record: Shape) -> None:
        """Have a record hold the parts that an earlier one holds already, where they are equal."""
        members = record.__dict__
        for name, value in members.items():
            kind = type(value)
            if kind is str:  # no enumeration, though those equal texts
                members[name] = self._texts.setdefault(value, value)
            elif value and (kind is tuple or isinstance(kind, _ShapeType)):
                members[name] = self._shared(value)

    def _shared(self, value: object) -> object:
        if type(value) is str:
            return self._texts.setdefault(value, value)
        if isinstance(value, tuple):
            return tuple([self._shared(each) for each in value])
        if isinstance(type(value), _ShapeType):
            return self._shared_shape(cast("Shape", value))
        return value

    def _shared_shape(self, shape: Shape) -> Shape:
        said = (type(shape), *shape.__dict__.values())
        try:
            known = self._shapes.get(said)
        except TypeError:  # a mapping inside of it cannot be looked up
            known = shape
        if known is None or known is shape:
            self.share(shape)
        return known or self._shapes.setdefault(said, shape)
