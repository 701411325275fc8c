"""Asks for what RunTask needs: how many tasks of what, and what each container does otherwise.

The fields for containers follow the task definition that stands in its field; what was typed for a
container stays as long as there is a container of that name.
"""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from ecstui.base.ids import short_name
from ecstui.model.requests.tasks import RunTaskRequest, RunTaskResponse
from ecstui.model.shape import Failure
from ecstui.model.task import ContainerOverride, TaskOverride
from ecstui.model.task_definition import ContainerDefinition, TaskDefinitionRecord
from ecstui.store.kinds import INSTANCES
from ecstui.ui.modals.effects import Effect
from ecstui.ui.modals.launch_fields import (
    command_in,
    definition_effects,
    definition_field,
    environment_in,
    needs_network,
    network_in,
    subnets_field,
)
from ecstui.ui.modals.request_dialog import GENERAL, Errors, RequestDialog, number_in, text_in
from ecstui.ui.modals.service_effects import need_text, room_effect
from ecstui.ui.revisions import definition_named
from ecstui.ui.room import Wish, dry_run
from ecstui.ui.text import clean, plural
from ecstui.ui.widgets.form import Form
from ecstui.ui.widgets.form_fields import Field, FieldError, NumberField, TextField, Values

MOST_TASKS = 10
MOST_REASONS = 3
_OVERRIDES = "overrides.containerOverrides["


class RunTaskModal(RequestDialog[RunTaskResponse]):
    """Runs tasks in the cluster that is shown."""

    DEFAULT_CSS = "RunTaskModal > .frame { width: 84; }"
    members = {
        "taskDefinition": "task_definition",
        "count": "count",
        "group": "group",
        "startedBy": "started_by",
        "networkConfiguration": "subnets",
    }
    label_cells = 24
    submit_label = "Run"

    def __init__(self, task_definition: str | None = None) -> None:
        """`task_definition`: name of the one that stands in its field at first."""
        self._first_name = task_definition or ""
        self._containers: tuple[str, ...] = ()
        self._override_form: Form | None = None
        self._typed: Values = {}
        super().__init__("Run task")

    # ---------------------------------------------------------------- fields

    def compose_forms(self) -> ComposeResult:
        """What and how many; subnets where they are wanted; the fields of containers come later."""
        yield Form(self.fields(), label_cells=self.label_cells, id="what")
        network = Form([subnets_field()], label_cells=self.label_cells, id="network")
        network.display = False
        yield network

    def fields(self) -> Sequence[Field]:
        """What is asked whatever the task definition."""
        return [
            definition_field(self.view, self._first_name),
            NumberField("count", "Count", 1, minimum=None, help=f"1 to {MOST_TASKS}"),
            TextField("group", "Group", placeholder="family:…"),
            TextField("started_by", "Started by", placeholder="letters, digits, - _ /"),
        ]

    def _definition(self, values: Values) -> TaskDefinitionRecord | None:
        name = text_in(values, "task_definition")
        return definition_named(self.view, name) if name else None

    def refresh_words(self) -> None:
        """Also bring the fields of containers in line with the task definition."""
        values = self.peek()
        self._typed |= values
        definition = self._definition(values)
        self.query_one("#network", Form).display = needs_network(definition)
        if definition is not None:
            self._show_containers(definition.container_definitions)
        super().refresh_words()

    def _show_containers(self, containers: Sequence[ContainerDefinition]) -> None:
        names = tuple(container.name for container in containers)
        if names == self._containers:
            return
        self._containers = names
        if self._override_form is not None:
            self._override_form.remove()
        fields = [field for container in containers for field in self._container_fields(container)]
        self._override_form = Form(fields, label_cells=self.label_cells)
        body = self.query_one(".body", VerticalScroll)
        body.mount(self._override_form, after=self.query_one("#network"))

    def _container_fields(self, container: ContainerDefinition) -> list[Field]:
        label = clean(container.name)
        command = clean(" ".join(container.command)) or "the image's own"
        names = ", ".join(clean(pair.name) for pair in container.environment)
        return [
            TextField(
                f"command:{container.name}",
                f"{label} command",
                text_in(self._typed, f"command:{container.name}"),
                placeholder=command,
            ),
            TextField(
                f"environment:{container.name}",
                f"{label} environment",
                text_in(self._typed, f"environment:{container.name}"),
                placeholder=f"NAME=value …{f'  has {names}' if names else ''}",
            ),
        ]

    def shown_forms(self) -> list[Form]:
        """Not the fields of the task definition that stood there before."""
        what, network = self.query_one("#what", Form), self.query_one("#network", Form)
        found = [what] + [network] * network.display
        return [*found, self._override_form] if self._override_form is not None else found

    # ---------------------------------------------------------------- words

    def effects(self, values: Values) -> Sequence[Effect]:
        """What would be started, and where."""
        definition = self._definition(values)
        found = definition_effects(text_in(values, "task_definition"), definition)
        count = number_in(values, "count")
        if definition is None or count is None or not 0 < count <= MOST_TASKS:
            return found
        group = text_in(values, "group") or f"family:{definition.family}"
        room = dry_run(self.view, self.cluster, Wish(definition, group, count))
        return [
            *found,
            Effect(f"starts {plural(count, 'task')}: {need_text(definition, count)}"),
            room_effect(room, "the others are not started"),
        ]

    # ---------------------------------------------------------------- request

    def check(self, values: Values) -> Errors:
        """Commands and environments as a shell reads them."""
        errors = {}
        for name, value in values.items():
            reads = {"command": command_in, "environment": environment_in}.get(name.split(":")[0])
            if reads is None or not isinstance(value, str):
                continue
            try:
                reads(value)
            except FieldError as error:
                errors[name] = str(error)
        return errors

    def request(self, values: Values) -> RunTaskRequest:
        """RunTask; what cannot be read yet is left out."""
        count = number_in(values, "count")
        request = RunTaskRequest(
            cluster=self.cluster,
            task_definition=text_in(values, "task_definition"),
            count=count,
            group=text_in(values, "group") or None,
            started_by=text_in(values, "started_by") or None,
            overrides=TaskOverride(container_overrides=self._container_overrides(values)),
            network_configuration=(
                network_in(text_in(values, "subnets")) if "subnets" in values else None
            ),
        )
        return request.with_(client_token=self.token_for(request))

    def _container_overrides(self, values: Values) -> tuple[ContainerOverride, ...]:
        found = []
        for name in self._containers:
            try:
                override = ContainerOverride(
                    name=name,
                    command=command_in(text_in(values, f"command:{name}")),
                    environment=environment_in(text_in(values, f"environment:{name}")),
                )
            except FieldError:
                continue
            if override != ContainerOverride(name=name):
                found.append(override)
        return tuple(found)

    def field_of(self, member: str) -> str:
        """Members of overrides come from the field of their container."""
        if not member.startswith(_OVERRIDES):
            return super().field_of(member)
        index, _, inner = member.removeprefix(_OVERRIDES).partition("]")
        overridden = self._container_overrides(self.peek())
        if not index.isdecimal() or int(index) >= len(overridden):
            return GENERAL
        what = "environment" if inner.startswith(".environment") else "command"
        return f"{what}:{overridden[int(index)].name}"

    def done(self, answer: RunTaskResponse, values: Values) -> Errors:
        """Tell what was started; where nothing was, stay open and say why."""
        reasons = self._reasons(answer.failures)
        if not answer.tasks:
            return {GENERAL: f"No task was placed. {reasons}"}
        name = clean(short_name(answer.tasks[0].task_definition_arn))
        if answer.failures:
            wanted = number_in(values, "count") or 1
            said = f"started {len(answer.tasks)} of {wanted} tasks of {name}. {reasons}"
            self.shell.say(said, "warning")
        else:
            self.shell.say(f"started {plural(len(answer.tasks), 'task')} of {name}")
        return {}

    def _reasons(self, failures: Sequence[Failure]) -> str:
        """ECS's reasons, each with the instance that it is about."""
        words = []
        for failure in failures[:MOST_REASONS]:
            instance = self.view.get(INSTANCES, failure.arn or "")
            where = f" on {clean(instance.name)}" if instance is not None else ""
            detail = f" ({clean(failure.detail)})" if failure.detail else ""
            words.append(f"{clean(failure.reason)}{where}{detail}")
        more = len(failures) - len(words)
        words += [f"and on {plural(more, 'more instance')}"] * bool(more)
        return "; ".join(words)
