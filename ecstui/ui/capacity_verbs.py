"""What can be done on the screen of capacity providers: make, change and delete them and groups.

It says what will happen, asks, and sends; managed scaling itself is the control plane's.
"""

from ecstui.model.capacity import FARGATE_SPOT
from ecstui.model.requests.capacity_providers import (
    DeleteAutoScalingGroupRequest,
    DeleteCapacityProviderRequest,
    InterruptSpotTaskRequest,
)
from ecstui.store.kinds import TASKS
from ecstui.ui import routes
from ecstui.ui.columns.capacity import CapacityRow
from ecstui.ui.columns.tasks import TaskRow
from ecstui.ui.questions import Question, ask_and_send
from ecstui.ui.screens.base import EcsScreen
from ecstui.ui.text import clean, plural

PROVIDER, GROUP = "capacity provider", "Auto Scaling group"


def create(screen: EcsScreen) -> None:
    """Ask which of the two is wanted, then for what makes it."""
    makers = {PROVIDER: routes.create_capacity_provider, GROUP: routes.create_auto_scaling_group}
    choices = [
        (PROVIDER, "scales a group by what tasks need"),
        (GROUP, "instances of one size that come and go"),
    ]
    routes.choose(screen.shell, "New", choices, lambda name, _: makers[name](screen.shell))


def edit(screen: EcsScreen, row: CapacityRow) -> None:
    """Ask what to change: how the provider scales, or the bounds of its group."""
    if row.group is None:
        screen.shell.say(f"{row.name} has nothing to change.")
        return
    group = row.group.auto_scaling_group_name
    if row.provider is None:
        routes.update_auto_scaling_group(screen.shell, group)
        return

    def chosen(name: str, _text: str) -> None:
        if name == GROUP:
            routes.update_auto_scaling_group(screen.shell, group)
        else:
            routes.update_capacity_provider(screen.shell, row.raw_name)

    choices = [(PROVIDER, f"how {row.name} scales"), (GROUP, f"how big {clean(group)} may be")]
    routes.choose(screen.shell, "Change", choices, chosen)


def delete(screen: EcsScreen, row: CapacityRow) -> None:
    """Ask, with the name to be typed, then delete the provider, or the group that has none."""
    if row.provider is not None:
        facts = [
            "a provider that a cluster uses is not deleted: the request is refused then",
            "its Auto Scaling group and the instances stay",
        ]
        provider = DeleteCapacityProviderRequest(capacity_provider=row.raw_name)
        ask_and_send(screen, [provider], _deletion(PROVIDER, row, facts))
    elif row.group is not None:
        there = plural(len(row.instances) + len(row.group.booting), "instance")
        facts = [f"it has {there}; with any of them the request is refused: scale to 0 first"]
        group = DeleteAutoScalingGroupRequest(auto_scaling_group_name=row.raw_name)
        ask_and_send(screen, [group], _deletion(GROUP, row, facts))
    else:
        screen.shell.say(f"{row.name} is always there and cannot be deleted.")


def _deletion(kind: str, row: CapacityRow, facts: list[str]) -> Question:
    return Question(
        "Delete",
        f"You are about to delete {kind} {row.name}",
        facts,
        f"deleted {kind} {row.name}",
        type_name=row.raw_name,
    )


def interrupt(screen: EcsScreen) -> None:
    """Ask which Spot task loses its capacity, as AWS takes it now and then."""
    rows = [
        TaskRow(task, "")
        for task in screen.view.by(TASKS, "cluster", screen.cluster)
        if task.capacity_provider_name == FARGATE_SPOT and task.is_wanted
    ]
    if not rows:
        screen.shell.say("No task runs on FARGATE_SPOT.")
        return
    by_id = {row.id: row for row in rows}
    choices = [(row.id, row.owner) for row in rows]
    routes.choose(
        screen.shell,
        "Interrupt a Spot task",
        choices,
        lambda name, _: _ask_interrupt(screen, by_id[name]),
    )


def _ask_interrupt(screen: EcsScreen, row: TaskRow) -> None:
    facts = ["SIGTERM now, SIGKILL after its stopTimeout"]
    if row.task.service_arn:
        facts.append("its service starts another one, where there is room")
    question = Question(
        "Interrupt",
        f"Take the Spot capacity of task {row.id} of {row.owner} away?",
        facts,
        f"interrupted {row.id} of {row.owner}",
    )
    request = InterruptSpotTaskRequest(task=row.task.task_id, cluster=screen.cluster)
    ask_and_send(screen, [request], question)
