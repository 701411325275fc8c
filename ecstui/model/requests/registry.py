"""The request class of every operation that there is, by its name; the doors dispatch by it.

It loads every family of requests: what is to start soon imports it when it is needed.
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
