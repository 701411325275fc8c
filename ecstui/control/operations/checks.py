"""Rules for members that several operations share: tags, placement, networks.

Each check returns what is to be kept or raises with ECS's words and the path of the member at
fault; none of them reads or changes a record. Source: ecs.md 1.2, 1.4, 3.9, 6.2.
"""

import re
from collections.abc import Sequence

from ecstui.base.errors import InvalidParameterException
from ecstui.model.enums import (
    NetworkMode,
    PlacementConstraintType,
    PlacementStrategyType,
)
from ecstui.model.placement import PlacementConstraint, PlacementStrategy
from ecstui.model.shape import Tag
from ecstui.model.task import AwsVpcConfiguration, NetworkConfiguration
from ecstui.plan.expression import Expression, Malformed, parse_expression

INT_MAX = 2**31 - 1
MOST_TAGS = 50
MOST_STRATEGIES = 5
MOST_CONSTRAINTS = 10
MOST_SUBNETS = 16
MOST_SECURITY_GROUPS = 5
LONGEST_EXPRESSION = 2000
AWS_PREFIX = "aws:"
"""Keys and values that begin so, in any case, are AWS's own."""
_TAG = re.compile(r"[\w +\-=.:/@]*")
_BINPACK_FIELDS = ("cpu", "memory")
_SPREAD_FIELDS = ("instanceId", "host")


def invalid(message: str, field: str) -> InvalidParameterException:
    """An `InvalidParameterException` for one member."""
    return InvalidParameterException(message, field=field)


def check_range(value: int, low: int, high: int, field: str) -> None:
    """Refuse a number outside `low..high`; a negative one in ECS's own words where it has some."""
    if value < 0 and low == 0:
        raise invalid(f"{field} cannot be a negative number.", field)
    if not low <= value <= high:
        raise invalid(f"{field} must be between {low} and {high}, but was {value}.", field)


def check_length(text: str | None, longest: int, field: str) -> None:
    """Refuse a text that is too long."""
    if text is not None and len(text) > longest:
        raise invalid(f"{field} must be at most {longest} characters, but has {len(text)}.", field)


def check_number_of_items(items: Sequence[object], most: int, what: str, field: str) -> None:
    """Refuse an empty list, and one with too many items; `what`: `Tasks`, `Services`."""
    if not items:
        raise invalid(f"{what} cannot be empty.", field)
    if len(items) > most:
        raise invalid(f"{what} cannot be more than {most}, but are {len(items)}.", field)


# -- tags -------------------------------------------------------------------------------------


def check_tags(tags: Sequence[Tag], field: str = "tags") -> None:
    """Refuse tags that break the rules (ecs.md 1.4)."""
    if len(tags) > MOST_TAGS:
        raise invalid(f"A resource can have at most {MOST_TAGS} tags.", field)
    keys = [tag.key for tag in tags]
    for position, tag in enumerate(tags):
        path = f"{field}[{position}]"
        check_tag_key(tag.key, f"{path}.key")
        _check_tag_text("value", tag.value, 0, 256, f"{path}.value")
        if tag.key in keys[:position]:
            raise invalid(f"The tag key {tag.key} is given twice.", f"{path}.key")


def check_tag_key(key: str, field: str) -> None:
    """Refuse what cannot be the key of a user's tag (ecs.md 1.4)."""
    _check_tag_text("key", key, 1, 128, field)


def _check_tag_text(what: str, text: str, shortest: int, longest: int, field: str) -> None:
    if not shortest <= len(text) <= longest:
        raise invalid(f"A tag's {what} must have {shortest} to {longest} characters.", field)
    if not _TAG.fullmatch(text):
        raise invalid(
            f"A tag's {what} may hold letters, digits, spaces and + - = . _ : / @ only.",
            field,
        )
    if text.lower().startswith(AWS_PREFIX):
        raise invalid(f"A tag's {what} may not begin with aws:", field)


# -- placement --------------------------------------------------------------------------------


def placement_strategy(
    strategies: Sequence[PlacementStrategy], field: str = "placementStrategy"
) -> tuple[PlacementStrategy, ...]:
    """Strategies as they are kept: `cpu` and `memory` in lower case (ecs.md 5.2, 6.2)."""
    if len(strategies) > MOST_STRATEGIES:
        raise invalid(f"Maximum number of strategies is {MOST_STRATEGIES}", field)
    return tuple(
        _strategy(strategy, f"{field}[{position}]") for position, strategy in enumerate(strategies)
    )


def _strategy(strategy: PlacementStrategy, path: str) -> PlacementStrategy:
    field = strategy.field
    match strategy.type:
        case PlacementStrategyType.RANDOM:
            if field is not None:
                raise invalid("random field should not be specified", f"{path}.field")
        case PlacementStrategyType.BINPACK:
            if field is None or field.lower() not in _BINPACK_FIELDS:
                raise invalid("binpack field should be one of [cpu, memory]", f"{path}.field")
            return strategy.with_(field=field.lower())
        case PlacementStrategyType.SPREAD:
            if field is None or not _is_spread_field(field):
                raise invalid(
                    "spread field should be instanceId, host or attribute:NAME", f"{path}.field"
                )
    return strategy


def _is_spread_field(field: str) -> bool:
    return field in _SPREAD_FIELDS or re.fullmatch(r"attribute:[\w./\\-]{1,128}", field) is not None


def check_constraints(
    constraints: Sequence[PlacementConstraint], field: str = "placementConstraints"
) -> None:
    """Refuse constraints that break the rules (ecs.md 5.3, 6.2)."""
    if len(constraints) > MOST_CONSTRAINTS:
        raise invalid(f"Maximum number of constraints is {MOST_CONSTRAINTS}", field)
    for position, constraint in enumerate(constraints):
        path = f"{field}[{position}].expression"
        if constraint.type is PlacementConstraintType.DISTINCT_INSTANCE:
            if constraint.expression is not None:
                raise invalid("distinctInstance expression should not be specified", path)
        elif not constraint.expression:
            raise invalid("memberOf expression should be specified", path)
        else:
            check_length(constraint.expression, LONGEST_EXPRESSION, path)
            parsed_expression(constraint.expression, path)


def parsed_expression(text: str, field: str) -> Expression:
    """An expression of the cluster query language; refuses what is none (ecs.md 5.4)."""
    expression = parse_expression(text)
    if isinstance(expression, Malformed):
        raise invalid(
            f"Invalid expression: {expression.words}, at character {expression.position + 1}.",
            field,
        )
    return expression


# -- network ----------------------------------------------------------------------------------


def check_network(
    mode: NetworkMode | None,
    configuration: NetworkConfiguration | None,
    field: str = "networkConfiguration",
    *,
    is_fargate: bool = False,
) -> None:
    """A network configuration is there in awsvpc mode, and only there (ecs.md 3.9, 6.2).

    Only Fargate takes a public address; here it makes no difference.
    """
    awsvpc = None if configuration is None else configuration.awsvpc_configuration
    if mode is not NetworkMode.AWSVPC:
        if awsvpc is not None:
            raise invalid(
                "Network Configuration is not valid for the given networkMode of this task "
                "definition.",
                field,
            )
        return
    if awsvpc is None:
        raise invalid(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.", field
        )
    _check_awsvpc(awsvpc, f"{field}.awsvpcConfiguration", is_fargate=is_fargate)


def _check_awsvpc(awsvpc: AwsVpcConfiguration, path: str, *, is_fargate: bool) -> None:
    if not awsvpc.subnets:
        raise invalid("subnets can not be empty.", f"{path}.subnets")
    if len(awsvpc.subnets) > MOST_SUBNETS:
        raise invalid(f"subnets can have at most {MOST_SUBNETS} items.", f"{path}.subnets")
    if len(awsvpc.security_groups) > MOST_SECURITY_GROUPS:
        raise invalid(
            f"securityGroups can have at most {MOST_SECURITY_GROUPS} items.",
            f"{path}.securityGroups",
        )
    if awsvpc.assign_public_ip not in {None, "ENABLED", "DISABLED"}:
        raise invalid(
            "assignPublicIp should be one of [ENABLED, DISABLED]", f"{path}.assignPublicIp"
        )
    if awsvpc.assign_public_ip == "ENABLED" and not is_fargate:
        raise invalid(
            "Assign public IP is not supported for this launch type.", f"{path}.assignPublicIp"
        )
