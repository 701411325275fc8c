"""The cluster query language: which container instances an expression means (ecs.md 5.4).

Read once by `parse_expression`, then asked of any number of instances by its `meaning_of`. It knows
one instance at a time and never the cluster.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from ecstui.plan.capacity import Capacity
from ecstui.plan.regular import RegularError, matches, read_regular

DEEPEST = 40
"""So many parentheses and negations may stand inside each other."""


class Subject(StrEnum):
    """What an instance is asked for."""

    AGENT_CONNECTED = "agentConnected"
    AGENT_VERSION = "agentVersion"
    ATTRIBUTE = "attribute"
    EC2_INSTANCE_ID = "ec2InstanceId"
    REGISTERED_AT = "registeredAt"
    RUNNING_TASKS_COUNT = "runningTasksCount"
    TASK_GROUP = "task:group"


class Operator(StrEnum):
    """How it is compared, by the sign that stands for it."""

    EXISTS = "exists"
    NOT_EXISTS = "!exists"
    EQUALS = "=="
    NOT_EQUALS = "!="
    GREATER = ">"
    GREATER_EQUAL = ">="
    LESS = "<"
    LESS_EQUAL = "<="
    MATCHES = "=~"
    NOT_MATCHES = "!~"
    IN = "in"
    NOT_IN = "!in"


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; `name` is that of the attribute."""

    subject: Subject
    name: str
    operator: Operator
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """Holds where its part does not."""

    part: "Expression"


@dataclass(frozen=True, slots=True)
class All:
    """Holds where every part does."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Holds where at least one part does."""

    parts: tuple["Expression", ...]


Expression = Condition | Not | All | Either


@dataclass(frozen=True, slots=True)
class Malformed:
    """A text that is no expression: what is wrong, and at which character."""

    words: str
    position: int


# -- reading -------------------------------------------------------------------------------------

_WORDS = {
    "exists": Operator.EXISTS,
    "!exists": Operator.NOT_EXISTS,
    "not_exists": Operator.NOT_EXISTS,
    "==": Operator.EQUALS,
    "equals": Operator.EQUALS,
    "!=": Operator.NOT_EQUALS,
    "not_equals": Operator.NOT_EQUALS,
    ">=": Operator.GREATER_EQUAL,
    "greater_than_equal": Operator.GREATER_EQUAL,
    ">": Operator.GREATER,
    "greater_than": Operator.GREATER,
    "<=": Operator.LESS_EQUAL,
    "less_than_equal": Operator.LESS_EQUAL,
    "<": Operator.LESS,
    "less_than": Operator.LESS,
    "=~": Operator.MATCHES,
    "matches": Operator.MATCHES,
    "!~": Operator.NOT_MATCHES,
    "not_matches": Operator.NOT_MATCHES,
    "in": Operator.IN,
    "!in": Operator.NOT_IN,
    "not_in": Operator.NOT_IN,
}

_BLANKS = re.compile(r"\s*")
_OR = re.compile(r"\|\||or\b")
_AND = re.compile(r"&&|and\b")
_NOT = re.compile(r"!(?!exists\b|in\b|=|~)|not\b")
_SUBJECT = re.compile(
    r"(attribute):([\w./\\-]+)"
    r"|(task:group|agentConnected|agentVersion|ec2InstanceId|registeredAt|runningTasksCount)\b"
)
_OPERATOR = re.compile(r"[!=<>]=|=~|!~|[<>]|!exists\b|!in\b|[a-z_]+\b")
_VALUE = re.compile(r"\"([^\"]*)\"|'([^']*)'|([^\s,\[\]()\"'][^\s,\[\]()]*)")

_EQUALITY = frozenset({Operator.EQUALS, Operator.NOT_EQUALS})
_ORDER = frozenset({Operator.GREATER, Operator.GREATER_EQUAL, Operator.LESS, Operator.LESS_EQUAL})
_MEMBERSHIP = frozenset({Operator.IN, Operator.NOT_IN})
_PATTERN = frozenset({Operator.MATCHES, Operator.NOT_MATCHES})
_SAMENESS = _EQUALITY | _MEMBERSHIP
_POSITIVE = frozenset({Operator.EQUALS, Operator.IN})
_EXISTENCE = frozenset({Operator.EXISTS, Operator.NOT_EXISTS})

_ALLOWED = {
    Subject.AGENT_CONNECTED: _EXISTENCE | _EQUALITY | _MEMBERSHIP | _PATTERN,
    Subject.EC2_INSTANCE_ID: _EXISTENCE | _EQUALITY | _MEMBERSHIP | _PATTERN,
    Subject.AGENT_VERSION: _EXISTENCE | _EQUALITY | _ORDER,
    Subject.REGISTERED_AT: _EXISTENCE | _EQUALITY | _ORDER,
    Subject.RUNNING_TASKS_COUNT: _EXISTENCE | _EQUALITY | _ORDER,
    Subject.ATTRIBUTE: frozenset(Operator),
    Subject.TASK_GROUP: frozenset(Operator),
}


class _Unreadable(Exception):
    """Ends the reading of a malformed expression; never leaves this module."""

    def __init__(self, words: str, position: int) -> None:
        super().__init__(words)
        self.malformed = Malformed(words, position)


def parse_expression(text: str) -> Expression | Malformed:
    """Read an expression; what is not one comes back as `Malformed`, never as an exception.

    Source: ECS developer guide, cluster query language (ecs.md 5.4). Quotes around values are an
    extension of ours.
    """
    reader = _Reader(text)
    try:
        expression = reader.either(0)
        reader.skip_blanks()
        if reader.position < len(text):
            raise _Unreadable("expected and, or, or the end", reader.position)
    except _Unreadable as unreadable:
        return unreadable.malformed
    return expression


class _Reader:
    """Recursive descent over one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.position = 0

    def skip_blanks(self) -> None:
        blanks = _BLANKS.match(self._text, self.position)
        self.position = blanks.end() if blanks else self.position

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self.skip_blanks()
        found = pattern.match(self._text, self.position)
        if found is not None:
            self.position = found.end()
        return found

    def _take_sign(self, sign: str) -> bool:
        self.skip_blanks()
        is_there = self._text.startswith(sign, self.position)
        self.position += len(sign) if is_there else 0
        return is_there

    def either(self, depth: int) -> Expression:
        parts = [self._all(depth)]
        while self._take(_OR):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all(self, depth: int) -> Expression:
        parts = [self._single(depth)]
        while self._take(_AND):
            parts.append(self._single(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _single(self, depth: int) -> Expression:
        if depth > DEEPEST:
            raise _Unreadable("too deeply nested", self.position)
        if self._take(_NOT):
            return Not(self._single(depth + 1))
        if self._take_sign("("):
            inner = self.either(depth + 1)
            if not self._take_sign(")"):
                raise _Unreadable("expected )", self.position)
            return inner
        return self._condition()

    def _condition(self) -> Condition:
        self.skip_blanks()
        start = self.position
        found = self._take(_SUBJECT)
        if found is None:
            subjects = ", ".join(f"{s}:NAME" if s is Subject.ATTRIBUTE else s for s in Subject)
            raise _Unreadable(f"expected one of {subjects}", start)
        subject = Subject(found[1] or found[3])
        operator = self._operator()
        if operator not in _ALLOWED[subject]:
            raise _Unreadable(f"{subject} cannot be compared with {operator}", start)
        values = self._values(operator)
        for value in values:
            _check_value(subject, operator, value, start)
        return Condition(subject, found[2] or "", operator, values)

    def _operator(self) -> Operator:
        """The operator that follows; none at all means `exists`."""
        before = self.position
        found = self._take(_OPERATOR)
        if found is None:
            return Operator.EXISTS
        operator = _WORDS.get(found[0])
        if operator is not None:
            return operator
        self.position = before
        if found[0] in ("and", "or"):
            return Operator.EXISTS
        raise _Unreadable(f"expected an operator, not {found[0]}", found.start())

    def _values(self, operator: Operator) -> tuple[str, ...]:
        if operator in _EXISTENCE:
            return ()
        if operator not in _MEMBERSHIP:
            return (self._value(),)
        if not self._take_sign("["):
            raise _Unreadable("expected [", self.position)
        values = [self._value()]
        while self._take_sign(","):
            values.append(self._value())
        if not self._take_sign("]"):
            raise _Unreadable("expected ]", self.position)
        return tuple(values)

    def _value(self) -> str:
        found = self._take(_VALUE)
        if found is None:
            raise _Unreadable("expected a value", self.position)
        return next(group for group in found.groups() if group is not None)


def _check_value(subject: Subject, operator: Operator, value: str, position: int) -> None:
    """Refuse a value that could never be compared."""
    if operator in _PATTERN:
        try:
            read_regular(value)
        except RegularError as error:
            raise _Unreadable(f"{value} is no regular expression: {error}", position) from None
        return
    if _comparable(subject, value) is None:
        raise _Unreadable(f"{value} is no {_KIND_OF_VALUE[subject]}", position)


# -- asking --------------------------------------------------------------------------------------

_KIND_OF_VALUE = {
    Subject.AGENT_CONNECTED: "value",
    Subject.AGENT_VERSION: "version, such as 1.2.0",
    Subject.ATTRIBUTE: "value",
    Subject.EC2_INSTANCE_ID: "value",
    Subject.REGISTERED_AT: "time, such as 2018-06-18T22:28:28Z",
    Subject.RUNNING_TASKS_COUNT: "number",
    Subject.TASK_GROUP: "value",
}

_Comparable = str | float | tuple[int, ...]


Meaning = Callable[[Capacity], bool]
"""Whether an instance is one that an expression means."""


def holds(expression: Expression, capacity: Capacity) -> bool:
    """Whether an instance is one that the expression means."""
    return meaning_of(expression)(capacity)


def meaning_of(expression: Expression) -> Meaning:
    """What an expression asks of an instance: made once, cheap to ask of every instance."""
    match expression:
        case Condition():
            return _meaning_of_condition(expression)
        case Not(part):
            meaning = meaning_of(part)
            return lambda capacity: not meaning(capacity)
        case All(parts):
            meanings = [meaning_of(part) for part in parts]
            return lambda capacity: all(meaning(capacity) for meaning in meanings)
        case Either(parts):
            meanings = [meaning_of(part) for part in parts]
            return lambda capacity: any(meaning(capacity) for meaning in meanings)


def _meaning_of_condition(condition: Condition) -> Meaning:
    if condition.subject is Subject.ATTRIBUTE and condition.operator in _SAMENESS:
        return _meaning_of_value(condition)
    return lambda capacity: _condition_holds(condition, capacity)


def _meaning_of_value(condition: Condition) -> Meaning:
    """The usual condition, asked of every instance for every service: kept short."""
    name, values = condition.name, condition.values
    is_wanted = condition.operator in _POSITIVE

    def meaning(capacity: Capacity) -> bool:
        value = capacity.attribute(name)
        if value is None:  # unlike nothing, as nothing is there
            return False
        return (value in values) is is_wanted

    return meaning


def _condition_holds(condition: Condition, capacity: Capacity) -> bool:
    found = _values_of(condition, capacity)
    match condition.operator:
        case Operator.EXISTS:
            return bool(found)
        case Operator.NOT_EXISTS:
            return not found
        case Operator.NOT_EQUALS | Operator.NOT_IN | Operator.NOT_MATCHES:
            # An attribute that is not there is unlike nothing; an instance without tasks runs
            # none of any group.
            is_comparable = bool(found) or condition.subject is Subject.TASK_GROUP
            return is_comparable and not any(_agrees(condition, value) for value in found)
        case _:
            return any(_agrees(condition, value) for value in found)


def _agrees(condition: Condition, value: str) -> bool:
    """Whether one value of the instance compares as the condition asks, negation left aside."""
    wanted = condition.values
    if condition.operator in _PATTERN:
        return matches(wanted[0], value)
    here = _comparable(condition.subject, value)
    there = [_comparable(condition.subject, text) for text in wanted]
    if here is None:
        return False
    if condition.operator in _SAMENESS:
        return here in there
    return _is_ordered(condition.operator, here, there[0])


def _is_ordered(operator: Operator, here: _Comparable, there: _Comparable | None) -> bool:
    """`here` before or after `there`; values of different kinds are not ordered."""
    sign = _sign(here, there)
    if sign is None:
        return False
    return {
        Operator.GREATER: sign > 0,
        Operator.GREATER_EQUAL: sign >= 0,
        Operator.LESS: sign < 0,
        Operator.LESS_EQUAL: sign <= 0,
    }[operator]


def _sign(here: _Comparable, there: _Comparable | None) -> int | None:
    if isinstance(here, str) and isinstance(there, str):
        return (here > there) - (here < there)
    if isinstance(here, float) and isinstance(there, float):
        return (here > there) - (here < there)
    if isinstance(here, tuple) and isinstance(there, tuple):
        return (here > there) - (here < there)
    return None


def _comparable(subject: Subject, text: str) -> _Comparable | None:
    """A value in the form in which it is compared; None when it has none."""
    match subject:
        case Subject.RUNNING_TASKS_COUNT:
            return float(text) if re.fullmatch(r"\d{1,9}", text) else None
        case Subject.AGENT_VERSION:
            return _version(text)
        case Subject.REGISTERED_AT:
            return _time(text)
        case _:
            return text


def _version(text: str) -> tuple[int, ...] | None:
    """Numbers of a version, without the zeros at its end, so that 1.2 equals 1.2.0."""
    if re.fullmatch(r"v?\d{1,9}(\.\d{1,9})*", text) is None:
        return None
    numbers = [int(part) for part in text.removeprefix("v").split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _time(text: str) -> float | None:
    """POSIX seconds of a date or time, or of their own; UTC where it names no offset."""
    if re.fullmatch(r"\d{9,12}(\.\d+)?", text):
        return float(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _values_of(condition: Condition, capacity: Capacity) -> tuple[str, ...]:
    """What the instance has of the subject; empty when it has none of it."""
    match condition.subject:
        case Subject.AGENT_CONNECTED:
            return ("true" if capacity.agent_connected else "false",)
        case Subject.AGENT_VERSION:
            return (capacity.agent_version,) if capacity.agent_version else ()
        case Subject.EC2_INSTANCE_ID:
            return (capacity.ec2_instance_id,) if capacity.ec2_instance_id else ()
        case Subject.REGISTERED_AT:
            return () if capacity.registered_at is None else (repr(capacity.registered_at),)
        case Subject.RUNNING_TASKS_COUNT:
            return (str(capacity.running_tasks_count),)
        case Subject.TASK_GROUP:
            return tuple(group for group, count in capacity.task_groups.items() if count > 0)
        case Subject.ATTRIBUTE:
            value = capacity.attribute(condition.name)
            return () if value is None else (value,)
