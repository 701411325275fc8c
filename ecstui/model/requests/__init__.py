"""Every request and response that `Client.call` takes, one module per family.

`REQUESTS` maps ECS operation names to request classes; the doors dispatch by it.
"""

from ecstui.model.requests import (
    account,
    alarms,
    attributes,
    capacity_providers,
    clusters,
    definitions,
    deployments,
    engines,
    execute_command,
    instances,
    protection,
    services,
    tags,
    tasks,
)
from ecstui.model.shape import Request, Shape

OWN_OPERATIONS = frozenset(
    {
        "RegisterEngine",
        "DeregisterEngine",
        "DescribeEngines",
        "CreateAutoScalingGroup",
        "UpdateAutoScalingGroup",
        "DeleteAutoScalingGroup",
        "DescribeAutoScalingGroups",
        "InterruptSpotTask",
        "SetAlarmState",
        "DescribeAlarms",
        "DeleteAlarms",
    }
)
"""Operations that ECS does not have, for `ecstui call` and the screens."""

REQUESTS: dict[str, type[Request[Shape]]] = {
    request.operation(): request
    for module in (
        account,
        alarms,
        attributes,
        capacity_providers,
        clusters,
        definitions,
        deployments,
        engines,
        execute_command,
        instances,
        protection,
        services,
        tags,
        tasks,
    )
    for request in module.REQUESTS
}
