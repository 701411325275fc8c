"""One synchronous function per ECS operation, each inside one transaction.

`OPERATIONS` maps operation names to functions; `ControlPlane.call` dispatches by it. Those named
in `READ_ONLY` put nothing, so that their answer needs no flush of its own.
"""

from collections.abc import Mapping

from ecstui.control.operations import (
    account,
    alarms,
    attributes,
    auto_scaling_groups,
    capacity_providers,
    clusters,
    create_service,
    definitions,
    deployments,
    deregister_instance,
    engines,
    execute_command,
    instances,
    protection,
    register_instance,
    run_task,
    services,
    start_task,
    tags,
    tasks,
    update_service,
)
from ecstui.control.operations.table import Entry, Operation

_ENTRIES: tuple[Entry, ...] = (
    *clusters.ENTRIES,
    *definitions.ENTRIES,
    *run_task.ENTRIES,
    *start_task.ENTRIES,
    *tasks.ENTRIES,
    *protection.ENTRIES,
    *create_service.ENTRIES,
    *update_service.ENTRIES,
    *services.ENTRIES,
    *deployments.ENTRIES,
    *alarms.ENTRIES,
    *instances.ENTRIES,
    *register_instance.ENTRIES,
    *deregister_instance.ENTRIES,
    *engines.ENTRIES,
    *execute_command.ENTRIES,
    *attributes.ENTRIES,
    *capacity_providers.ENTRIES,
    *auto_scaling_groups.ENTRIES,
    *account.ENTRIES,
    *tags.ENTRIES,
)

OPERATIONS: Mapping[str, Operation] = {entry.name: entry.carry_out for entry in _ENTRIES}
READ_ONLY: frozenset[str] = frozenset(entry.name for entry in _ENTRIES if entry.is_read_only)

__all__ = ["OPERATIONS", "READ_ONLY", "Operation"]
