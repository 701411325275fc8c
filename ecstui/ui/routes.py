"""Ways to every screen and dialog, by function: the one place that knows where they are defined.

Each is imported when it is opened first, so that the first screen is there soon. Nothing here
looks at records: a screen that is opened for something that is gone says so itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecstui.ui.history import Place

if TYPE_CHECKING:
    from ecstui.ui.app import EcsTui
    from ecstui.ui.described import Described
    from ecstui.ui.screens.base import EcsScreen


@dataclass(frozen=True, slots=True)
class Section:
    """A list that stands at the root of the screens, reached by a digit and by its aliases."""

    name: str
    title: str
    aliases: tuple[str, ...]
    command_id: str
    make: Callable[[], "EcsScreen"]


def _dashboard() -> "EcsScreen":
    from ecstui.ui.screens.dashboard import DashboardScreen

    return DashboardScreen()


def _services() -> "EcsScreen":
    from ecstui.ui.screens.services import ServicesScreen

    return ServicesScreen()


def _tasks() -> "EcsScreen":
    from ecstui.ui.screens.tasks import TasksScreen

    return TasksScreen()


def _task_definitions() -> "EcsScreen":
    from ecstui.ui.screens.task_definitions import TaskDefinitionsScreen

    return TaskDefinitionsScreen()


def _instances() -> "EcsScreen":
    from ecstui.ui.screens.instances import InstancesScreen

    return InstancesScreen()


def _capacity() -> "EcsScreen":
    from ecstui.ui.screens.capacity import CapacityScreen

    return CapacityScreen()


def _engines() -> "EcsScreen":
    from ecstui.ui.screens.engines import EnginesScreen

    return EnginesScreen()


def _events() -> "EcsScreen":
    from ecstui.ui.screens.events import EventsScreen

    return EventsScreen()


def _clusters() -> "EcsScreen":
    from ecstui.ui.screens.clusters import ClustersScreen

    return ClustersScreen()


SECTIONS: Mapping[str, Section] = {
    section.name: section
    for section in (
        Section("dashboard", "Dashboard", ("dash", "home"), "list.go_dashboard", _dashboard),
        Section("services", "Services", ("svc", "service"), "list.go_services", _services),
        Section("tasks", "Tasks", ("task",), "list.go_tasks", _tasks),
        Section(
            "task_definitions",
            "Task definitions",
            ("td", "taskdef", "task-definitions"),
            "list.go_task_definitions",
            _task_definitions,
        ),
        Section(
            "instances",
            "Container instances",
            ("ci", "instance"),
            "list.go_instances",
            _instances,
        ),
        Section(
            "capacity",
            "Capacity providers",
            ("cp", "capacity-providers"),
            "list.go_capacity",
            _capacity,
        ),
        Section("engines", "Engines", ("engine", "eng"), "list.go_engines", _engines),
        Section("events", "Events", ("ev", "event"), "list.go_events", _events),
        Section("clusters", "Clusters", ("cl", "cluster"), "list.go_clusters", _clusters),
    )
}


def open_place(app: "EcsTui", place: Place) -> None:
    """Open a place of the history again."""
    opener = _OPENERS.get(place.route)
    if opener is not None:
        opener(app, place.key)
    else:
        app.go_to(place.route)


# ---------------------------------------------------------------- screens


def open_service(app: "EcsTui", service_arn: str) -> None:
    """The detail of a service."""
    from ecstui.ui.screens.service import ServiceScreen

    app.open_screen(ServiceScreen(service_arn), Place("service", service_arn))


def open_deployments(app: "EcsTui", service_arn: str) -> None:
    """The deployments of a service, those that are over too."""
    from ecstui.ui.screens.deployments import DeploymentsScreen

    app.open_screen(DeploymentsScreen(service_arn), Place("deployments", service_arn))


def open_deployment(app: "EcsTui", service_deployment_arn: str) -> None:
    """One deployment of a service."""
    from ecstui.ui.screens.deployment import DeploymentScreen

    place = Place("deployment", service_deployment_arn)
    app.open_screen(DeploymentScreen(service_deployment_arn), place)


def open_task(app: "EcsTui", task_arn: str) -> None:
    """The detail of a task."""
    from ecstui.ui.screens.task import TaskScreen

    app.open_screen(TaskScreen(task_arn), Place("task", task_arn))


def open_tasks_of_service(app: "EcsTui", service_arn: str) -> None:
    """The tasks of one service as a list."""
    from ecstui.ui.screens.tasks import TasksScreen

    app.open_screen(TasksScreen(service_arn=service_arn), Place("tasks_of_service", service_arn))


def open_tasks_of_instance(app: "EcsTui", instance_arn: str) -> None:
    """The tasks of one container instance as a list."""
    from ecstui.ui.screens.tasks import TasksScreen

    place = Place("tasks_of_instance", instance_arn)
    app.open_screen(TasksScreen(instance_arn=instance_arn), place)


def open_events_of(app: "EcsTui", subject_arn: str) -> None:
    """The events of one service, task or container instance."""
    from ecstui.ui.screens.events import EventsScreen

    app.open_screen(EventsScreen(subject_arn=subject_arn), Place("events_of", subject_arn))


def open_tree(app: "EcsTui", _key: str = "") -> None:
    """The cluster as a tree."""
    from ecstui.ui.screens.tree import TreeScreen

    if not isinstance(app.screen, TreeScreen):
        app.open_screen(TreeScreen(), Place("tree"))


def open_history(app: "EcsTui", _key: str = "") -> None:
    """Every change that was made, and by whom."""
    from ecstui.ui.screens.calls import CallsScreen

    if not isinstance(app.screen, CallsScreen):
        app.open_screen(CallsScreen(), Place("history"))


def open_roles(app: "EcsTui", _key: str = "") -> None:
    """The IAM roles that are named here."""
    from ecstui.ui.screens.roles import RolesScreen

    if not isinstance(app.screen, RolesScreen):
        app.open_screen(RolesScreen(), Place("roles"))


def open_forwards(app: "EcsTui", _key: str = "") -> None:
    """The ports of 127.0.0.1 that lead to containers."""
    from ecstui.ui.screens.forwards import ForwardsScreen

    if not isinstance(app.screen, ForwardsScreen):
        app.open_screen(ForwardsScreen(), Place("forwards"))


def open_ports(app: "EcsTui", instance_arns: str = "") -> None:
    """The host ports of a cluster, or of instances: their ARNs with spaces between."""
    from ecstui.ui.screens.ports import PortsScreen

    app.open_screen(PortsScreen(instance_arns.split()), Place("ports", instance_arns))


def open_map(app: "EcsTui", _key: str = "") -> None:
    """The placement map on the whole screen."""
    from ecstui.ui.screens.placement import PlacementScreen

    if not isinstance(app.screen, PlacementScreen):
        app.open_screen(PlacementScreen(), Place("map"))


def open_task_definition(app: "EcsTui", name: str) -> None:
    """The task definitions with the cursor on a family, or on one revision of it (`web:3`)."""
    from ecstui.ui.screens.task_definitions import TaskDefinitionsScreen

    app.open_screen(TaskDefinitionsScreen(name), Place("task_definition", name))


def open_logs_of_service(app: "EcsTui", service_arn: str) -> None:
    """The logs of all tasks of a service; tasks that come join by themselves.

    Several services: their ARNs with spaces between.
    """
    from ecstui.ui.screens.logs import LogsScreen

    app.open_screen(LogsScreen(service_arn), Place("logs", service_arn))


def open_logs(app: "EcsTui", sources: Sequence[tuple[str, str]]) -> None:
    """The logs of some containers: pairs of task ARN and container name."""
    from ecstui.ui.screens.logs import LogSource, LogsScreen

    app.open_screen(LogsScreen([LogSource(task_arn, name) for task_arn, name in sources]), None)


def open_editor(app: "EcsTui", name: str | None = None) -> None:
    """The editor for a new revision that begins as `family` or `family:revision`, or a new one."""
    from ecstui.ui.screens.editor import EditorScreen

    app.open_screen(EditorScreen(name), None)


def open_diff(app: "EcsTui", old_arn: str, new_arn: str) -> None:
    """Two revisions beside each other."""
    from ecstui.ui.screens.diff import DiffScreen

    app.open_screen(DiffScreen(old_arn, new_arn), None)


def open_document(app: "EcsTui", described: "Described", *, is_json: bool) -> None:
    """The description of something, to read."""
    from ecstui.ui.screens.document import DocumentScreen

    app.open_screen(DocumentScreen(described, is_json=is_json), None)


_OPENERS: Mapping[str, Callable[["EcsTui", str], None]] = {
    "service": open_service,
    "deployments": open_deployments,
    "deployment": open_deployment,
    "task": open_task,
    "tasks_of_service": open_tasks_of_service,
    "tasks_of_instance": open_tasks_of_instance,
    "events_of": open_events_of,
    "task_definition": open_task_definition,
    "logs": open_logs_of_service,
    "tree": open_tree,
    "history": open_history,
    "roles": open_roles,
    "ports": open_ports,
    "forwards": open_forwards,
    "map": open_map,
}


# ---------------------------------------------------------------- boxes


def open_palette(app: "EcsTui", screen: "EcsScreen") -> None:
    """The box for commands, names and `:`."""
    from ecstui.ui.screens.palette import PaletteModal

    app.push_screen(PaletteModal(screen))


def open_help(app: "EcsTui", screen: "EcsScreen") -> None:
    """The keys of a screen."""
    from ecstui.ui.screens.help import HelpModal

    app.push_screen(HelpModal(screen))


def open_why(app: "EcsTui", arn: str) -> None:
    """Why a service or a task waits, and what would help."""
    from ecstui.ui.screens.why import WhyModal

    app.push_screen(WhyModal(arn))


def open_messages(app: "EcsTui") -> None:
    """All that was said."""
    from ecstui.ui.screens.messages import MessagesModal

    app.push_screen(MessagesModal())


def open_copy(app: "EcsTui", choices: Sequence[tuple[str, str]]) -> None:
    """Ask what to copy: names and texts."""
    if choices:
        choose(app, "Copy", choices, lambda name, text: app.copy(text, name))


def choose(
    app: "EcsTui",
    title: str,
    choices: Sequence[tuple[str, str]],
    chosen: Callable[[str, str], object],
) -> None:
    """Ask for one of the choices: names and texts."""
    from ecstui.ui.screens.choose import ChooseModal

    def answered(index: int | None) -> None:
        if index is not None:
            chosen(*choices[index])

    app.push_screen(ChooseModal(title, choices), answered)


def undo_last(screen: "EcsScreen") -> None:
    """Ask whether to take the last change back."""
    from ecstui.ui.questions import undo_last

    undo_last(screen)


def confirm_quit(app: "EcsTui") -> None:
    """Ask whether to leave."""
    from ecstui.ui.modals.confirm import Confirm

    def answered(yes: bool | None) -> None:
        if yes:
            app.exit()

    facts = () if app.is_demo else ("what runs goes on running",)
    app.push_screen(Confirm("Quit", "Quit ecstui?", facts=facts, yes="Quit", tier=1), answered)


# ---------------------------------------------------------------- dialogs


def run_task(app: "EcsTui", task_definition: str | None = None) -> None:
    """Ask for what RunTask needs."""
    from ecstui.ui.modals.run_task import RunTaskModal

    app.push_screen(RunTaskModal(task_definition))


def create_service(app: "EcsTui", task_definition: str | None = None) -> None:
    """Ask for what CreateService needs."""
    from ecstui.ui.modals.create_service import CreateServiceModal

    app.push_screen(CreateServiceModal(task_definition))


def scale(app: "EcsTui", service_arn: str) -> None:
    """Ask for another desired count."""
    from ecstui.ui.modals.scale import ScaleModal

    app.push_screen(ScaleModal(service_arn))


def scale_to_zero(screen: "EcsScreen", service_arns: Sequence[str]) -> None:
    """Ask before all tasks of services are stopped."""
    from ecstui.ui import service_verbs

    service_verbs.scale_to_zero(screen, service_arns)


def update_service(app: "EcsTui", service_arn: str, task_definition_arn: str | None = None) -> None:
    """Ask for another revision, the given one at first, and other settings."""
    from ecstui.ui.modals.update_service import UpdateServiceModal

    app.push_screen(UpdateServiceModal(service_arn, task_definition_arn))


def stop_tasks(app: "EcsTui", task_arns: Sequence[str]) -> None:
    """Ask before tasks are stopped."""
    from ecstui.ui.modals.stop_task import StopTaskModal

    app.push_screen(StopTaskModal(list(task_arns)))


def register_instance(app: "EcsTui") -> None:
    """Ask for what makes a container instance."""
    from ecstui.ui.modals.register_instance import RegisterInstanceModal

    app.push_screen(RegisterInstanceModal())


def deregister_instance(app: "EcsTui", instance_arn: str) -> None:
    """Ask before a container instance is taken out of its cluster."""
    from ecstui.ui.modals.register_instance import DeregisterInstanceModal

    app.push_screen(DeregisterInstanceModal(instance_arn))


def register_engine(app: "EcsTui") -> None:
    """Ask where another engine is."""
    from ecstui.ui.modals.register_instance import RegisterEngineModal

    app.push_screen(RegisterEngineModal())


def create_capacity_provider(app: "EcsTui") -> None:
    """Ask for what makes a capacity provider."""
    from ecstui.ui.modals.capacity import CreateProviderModal

    app.push_screen(CreateProviderModal())


def update_capacity_provider(app: "EcsTui", name: str) -> None:
    """Ask how a capacity provider shall scale its group."""
    from ecstui.ui.modals.capacity import UpdateProviderModal

    app.push_screen(UpdateProviderModal(name))


def create_auto_scaling_group(app: "EcsTui") -> None:
    """Ask for what makes a local Auto Scaling group."""
    from ecstui.ui.modals.capacity import CreateGroupModal

    app.push_screen(CreateGroupModal())


def update_auto_scaling_group(app: "EcsTui", name: str) -> None:
    """Ask for other bounds of a local Auto Scaling group."""
    from ecstui.ui.modals.capacity import UpdateGroupModal

    app.push_screen(UpdateGroupModal(name))


def delete_service(app: "EcsTui", service_arn: str) -> None:
    """Ask before a service is deleted."""
    from ecstui.ui.modals.delete_service import DeleteServiceModal

    app.push_screen(DeleteServiceModal(service_arn))
