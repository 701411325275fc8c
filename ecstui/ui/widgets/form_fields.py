"""What a form asks for: fields that read what was typed and say what is wrong with it.

Pure. A field knows its own rules (a whole number, not below zero); what only the control plane
knows comes back from there and is shown beside the field by its name.
"""

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

Value = str | int | float | bool | None
"""What a field gives: None for a field that may be left empty and is."""
Values = dict[str, Value]
"""What a form gives, by the fields' names."""
_LARGEST = 10**15
"""No number that ECS takes is near it."""


class FieldError(ValueError):
    """What was typed is not what the field wants; the message is shown beside it."""


@dataclass(frozen=True, slots=True)
class TextField:
    """A line of text."""

    name: str
    label: str
    value: str = ""
    help: str = ""
    required: bool = False
    placeholder: str = ""
    suggestions: Sequence[str] = ()
    """What the text is completed to while one types; the right arrow takes it."""

    def read(self, typed: str) -> Value:
        """The text without spaces at its ends."""
        text = typed.strip()
        if not text and self.required:
            raise FieldError("is needed")
        return text or None


@dataclass(frozen=True, slots=True)
class NumberField:
    """A number, whole unless told otherwise."""

    name: str
    label: str
    value: float | None = None
    help: str = ""
    required: bool = True
    minimum: float | None = 0
    maximum: float | None = None
    whole: bool = True
    placeholder: str = ""

    def read(self, typed: str) -> Value:
        """The number; FieldError says what it must be."""
        text = typed.strip().replace(" ", "")
        if not text:
            if self.required:
                raise FieldError("is needed")
            return None
        number = self._number(text)
        if abs(number) > _LARGEST:
            raise FieldError("is too big")
        if self.minimum is not None and number < self.minimum:
            raise FieldError(f"must be {self.minimum:g} or more")
        if self.maximum is not None and number > self.maximum:
            raise FieldError(f"must be {self.maximum:g} or less")
        return number

    def _number(self, text: str) -> int | float:
        """What the digits say; Python reads more as a number than people write."""
        with contextlib.suppress(ValueError):
            number = int(text) if self.whole else float(text)
            is_finite = isinstance(number, int) or math.isfinite(number)
            if is_finite and text.isascii() and "_" not in text:
                return number
        raise FieldError("must be a whole number" if self.whole else "must be a number")


@dataclass(frozen=True, slots=True)
class SelectField:
    """One of several values, each with the text that stands for it."""

    name: str
    label: str
    choices: Sequence[tuple[str, str]]
    """Text and value."""
    value: str | None = None
    help: str = ""
    required: bool = True

    def read(self, typed: str) -> Value:
        """The value that was chosen."""
        if not typed and self.required:
            raise FieldError("choose one")
        return typed or None


@dataclass(frozen=True, slots=True)
class CheckField:
    """Yes or no."""

    name: str
    label: str
    value: bool = False
    help: str = ""


Field = TextField | NumberField | SelectField | CheckField
