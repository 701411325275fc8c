"""Asks for what CreateService needs, and says where its tasks would go.

What is left alone is left out of the request: ECS's defaults are the control plane's to know.
"""

from collections.abc import Sequence

from textual.app import ComposeResult

from ecstui.model.enums import SchedulingStrategy, ServiceStatus
from ecstui.model.requests.services import CreateServiceRequest, CreateServiceResponse
from ecstui.model.service import DeploymentConfiguration, PlacementConstraint, ServiceRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.plan.rollout import Bounds
from ecstui.store.kinds import INSTANCES, SERVICES
from ecstui.ui.modals.effects import Effect
from ecstui.ui.modals.launch_fields import (
    DISTINCT,
    breaker_field,
    breaker_in,
    definition_effects,
    definition_field,
    needs_network,
    network_in,
    strategy_field,
    strategy_in,
    subnets_field,
)
from ecstui.ui.modals.request_dialog import Errors, RequestDialog, number_in, text_in
from ecstui.ui.modals.service_effects import bound_effects, need_text, room_effect
from ecstui.ui.revisions import definition_named
from ecstui.ui.room import Wish, dry_run
from ecstui.ui.text import clean, plural
from ecstui.ui.widgets.form import Form
from ecstui.ui.widgets.form_fields import (
    CheckField,
    Field,
    NumberField,
    SelectField,
    TextField,
    Values,
)

_DAEMON = SchedulingStrategy.DAEMON.value
_REPLICA = SchedulingStrategy.REPLICA.value
_MOST = 5000
_PERCENTS = {_REPLICA: (100, 200), _DAEMON: (0, 100)}


class CreateServiceModal(RequestDialog[CreateServiceResponse]):
    """Creates a service in the cluster that is shown."""

    DEFAULT_CSS = "CreateServiceModal > .frame { width: 84; }"
    members = {
        "serviceName": "service_name",
        "taskDefinition": "task_definition",
        "schedulingStrategy": "scheduling",
        "desiredCount": "desired_count",
        "deploymentConfiguration.minimumHealthyPercent": "minimum_healthy_percent",
        "deploymentConfiguration.maximumPercent": "maximum_percent",
        "deploymentConfiguration.deploymentCircuitBreaker": "circuit_breaker",
        "placementStrategy": "placement",
        "placementConstraints": "distinct",
        "networkConfiguration": "subnets",
    }
    label_cells = 22
    submit_label = "Create"

    def __init__(self, task_definition: str | None = None) -> None:
        """`task_definition`: name of the one that stands in its field at first."""
        self._definition = task_definition or ""
        super().__init__("Create service")

    # ---------------------------------------------------------------- fields

    def compose_forms(self) -> ComposeResult:
        """The settings; subnets only where the task definition wants them."""
        yield Form(self.fields(), label_cells=self.label_cells)
        network = Form([subnets_field()], label_cells=self.label_cells, id="network")
        network.display = False
        yield network

    def fields(self) -> Sequence[Field]:
        """What a service is made of."""
        return [
            TextField("service_name", "Service name", self._free_name(), required=True),
            definition_field(self.view, self._definition),
            SelectField(
                "scheduling",
                "Scheduling",
                [
                    ("a number of tasks (REPLICA)", _REPLICA),
                    ("one on each instance (DAEMON)", _DAEMON),
                ],
                _REPLICA,
            ),
            NumberField(
                "desired_count", "Desired count", 1, required=False, minimum=None
            ),
            NumberField(
                "minimum_healthy_percent", "Minimum healthy %", None, required=False, minimum=None,
                placeholder="100, or 0 for a daemon",
            ),
            NumberField(
                "maximum_percent", "Maximum %", None, required=False, minimum=None,
                placeholder="200, or 100 for a daemon",
            ),
            breaker_field("rollback"),
            strategy_field("zones, then instances"),
            CheckField("distinct", "Distinct instances", help="never two of its tasks on one"),
        ]  # fmt: skip

    def _free_name(self) -> str:
        """The family's name, unless a service has it already."""
        definition = definition_named(self.view, self._definition)
        name = "" if definition is None else definition.family
        return "" if self._existing(name) else name

    def _existing(self, name: str) -> ServiceRecord | None:
        for service in self.view.by(SERVICES, "cluster", self.cluster):
            if service.service_name == name and service.status is not ServiceStatus.INACTIVE:
                return service
        return None

    def refresh_words(self) -> None:
        """Also show or hide the subnets."""
        name = text_in(self.peek(), "task_definition")
        network = self.query_one("#network", Form)
        network.display = needs_network(definition_named(self.view, name) if name else None)
        super().refresh_words()

    # ---------------------------------------------------------------- words

    def effects(self, values: Values) -> Sequence[Effect]:
        """What is started, where it goes, how a rollout would move."""
        found = []
        existing = self._existing(text_in(values, "service_name"))
        if existing is not None:
            state = "is still draining" if existing.status is ServiceStatus.DRAINING else "is there"
            found.append(
                Effect(f"a service named {clean(existing.service_name)} {state}", "warning")
            )
        name = text_in(values, "task_definition")
        definition = definition_named(self.view, name) if name else None
        found += definition_effects(name, definition)
        if definition is not None:
            found += self._start_effects(definition, values)
        bounds = _bounds(values)
        return [*found, *(bound_effects(bounds, "in a rollout") if bounds else ())]

    def _start_effects(self, definition: TaskDefinitionRecord, values: Values) -> list[Effect]:
        count = number_in(values, "desired_count") or 0
        is_daemon = text_in(values, "scheduling") == _DAEMON
        if is_daemon:
            instances = self.view.by(INSTANCES, "cluster", self.cluster)
            count = sum(instance.status == "ACTIVE" for instance in instances)
        if not 0 < count <= _MOST:
            return [Effect("starts nothing until it is scaled up")] if not count else []
        wish = Wish(
            definition,
            f"service:{text_in(values, 'service_name')}",
            count,
            is_service=True,
            constraints=DISTINCT if is_daemon else _constraints(values),
            strategies=() if is_daemon else strategy_in(text_in(values, "placement")),
        )
        room = room_effect(dry_run(self.view, self.cluster, wish))
        words = f"starts {plural(count, 'task')}: {need_text(definition, count)}"
        return [Effect(words), room]

    # ---------------------------------------------------------------- request

    def request(self, values: Values) -> CreateServiceRequest:
        """CreateService; what is left at ECS's default is left out."""
        scheduling = text_in(values, "scheduling")
        is_daemon = scheduling == _DAEMON
        request = CreateServiceRequest(
            cluster=self.cluster,
            service_name=text_in(values, "service_name"),
            task_definition=text_in(values, "task_definition") or None,
            desired_count=number_in(values, "desired_count"),
            scheduling_strategy=SchedulingStrategy.DAEMON if is_daemon else None,
            deployment_configuration=DeploymentConfiguration(
                deployment_circuit_breaker=breaker_in(text_in(values, "circuit_breaker")),
                minimum_healthy_percent=number_in(values, "minimum_healthy_percent"),
                maximum_percent=number_in(values, "maximum_percent"),
            ),
            placement_strategy=strategy_in(text_in(values, "placement")),
            placement_constraints=_constraints(values),
            network_configuration=(
                network_in(text_in(values, "subnets")) if "subnets" in values else None
            ),
        )
        if is_daemon and request.desired_count == 1:
            # What the field says before anybody touched it is no wish.
            request = request.with_(desired_count=None)
        return request.with_(client_token=self.token_for(request))

    def done(self, answer: CreateServiceResponse, values: Values) -> Errors:
        """Tell it."""
        name = clean(answer.service.service_name)
        self.shell.say(f"created {name}, desired {answer.service.desired_count}")
        return {}


def _constraints(values: Values) -> tuple[PlacementConstraint, ...]:
    return DISTINCT if values.get("distinct") else ()


def _bounds(values: Values) -> Bounds | None:
    """Floor and ceiling of the service as typed; None where they say nothing."""
    desired = number_in(values, "desired_count")
    scheduling = text_in(values, "scheduling")
    if desired is None or not 0 < desired <= _MOST or scheduling != _REPLICA:
        return None
    low, high = _PERCENTS[scheduling]
    minimum = number_in(values, "minimum_healthy_percent")
    maximum = number_in(values, "maximum_percent")
    return Bounds(
        desired, low if minimum is None else minimum, high if maximum is None else maximum
    )
