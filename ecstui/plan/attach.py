"""How one is at a container's own process: its terminal, its input, or neither. Pure.

Both ends ask here, so that the terminal in front of it and the engine behind it do the same.
"""

from ecstui.model.exec import ExecOrder, TerminalSize
from ecstui.model.task_definition import TaskDefinition


def attach_order(
    definition: TaskDefinition | None, container: str, size: TerminalSize
) -> ExecOrder | None:
    """The order to attach; None for a container that takes no input and has no terminal.

    Source: ContainerDefinition, `interactive` (input) and `pseudoTerminal` (a terminal).
    """
    containers = () if definition is None else definition.container_definitions
    for each in containers:
        if each.name == container and (each.interactive or each.pseudo_terminal):
            return ExecOrder(
                (),
                has_tty=bool(each.pseudo_terminal),
                has_input=bool(each.interactive),
                size=size,
                attaches=True,
            )
    return None
