"""Asks for another revision and other settings of a service, and says what the change would mean.

Only what differs from the service as it is goes into the request.
"""

from collections.abc import Sequence

from textual.app import ComposeResult

from ecstui.base.ids import short_name
from ecstui.model.enums import SchedulingStrategy
from ecstui.model.requests.services import UpdateServiceRequest, UpdateServiceResponse
from ecstui.model.service import DeploymentConfiguration, ServiceRecord
from ecstui.model.task import NetworkConfiguration
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.store.kinds import SERVICES, TASK_DEFINITIONS
from ecstui.ui.columns.cells import revision_of, since
from ecstui.ui.modals import update_effects
from ecstui.ui.modals.effects import Effect
from ecstui.ui.modals.launch_fields import (
    breaker_field,
    breaker_in,
    breaker_name,
    needs_network,
    network_in,
    subnets_field,
)
from ecstui.ui.modals.request_dialog import GENERAL, Errors, RequestDialog, number_in, text_in
from ecstui.ui.modals.service_effects import counts_text, gone_effects, service_of
from ecstui.ui.revisions import revisions_of
from ecstui.ui.text import clean
from ecstui.ui.widgets.form import Form
from ecstui.ui.widgets.form_fields import CheckField, Field, NumberField, SelectField, Values

MOST_REVISIONS = 200


class UpdateServiceModal(RequestDialog[UpdateServiceResponse]):
    """Updates a service."""

    DEFAULT_CSS = "UpdateServiceModal > .frame { width: 84; }"
    members = {
        "taskDefinition": "task_definition",
        "desiredCount": "desired_count",
        "deploymentConfiguration.minimumHealthyPercent": "minimum_healthy_percent",
        "deploymentConfiguration.maximumPercent": "maximum_percent",
        "deploymentConfiguration.deploymentCircuitBreaker": "circuit_breaker",
        "networkConfiguration": "subnets",
    }
    label_cells = 24
    submit_label = "Update"

    def __init__(self, service_arn: str, task_definition: str | None = None) -> None:
        """`task_definition`: ARN of the revision that is chosen at first, not the present one."""
        self._arn = service_arn
        self._service_name = clean(short_name(service_arn))
        self._wanted = task_definition
        super().__init__(f"Update {self._service_name}")

    def _service(self) -> ServiceRecord | None:
        return service_of(self.view, self._arn)

    def _present(self) -> ServiceRecord | None:
        """The service, whatever its status."""
        return self.view.get(SERVICES, self._arn)

    # ---------------------------------------------------------------- fields

    def compose_forms(self) -> ComposeResult:
        """The settings; subnets only where the chosen revision wants them."""
        yield Form(self.fields(), label_cells=self.label_cells)
        present = self._present()
        network = Form(
            [subnets_field(None if present is None else present.network_configuration)],
            label_cells=self.label_cells,
            id="network",
        )
        network.display = False
        yield network

    def fields(self) -> Sequence[Field]:
        """What can be changed, with what holds now."""
        service = self._present()
        if service is None:
            return []
        found: list[Field] = [self._revision_field(service)]
        is_replica = service.scheduling_strategy is SchedulingStrategy.REPLICA
        if is_replica:
            now = service.desired_count
            found.append(
                NumberField("desired_count", "Desired count", now, help=f"now {now}", minimum=None)
            )
        low, high = service.minimum_healthy_percent, service.maximum_percent
        return [
            *found,
            NumberField(
                "minimum_healthy_percent", "Minimum healthy %", low, help=f"now {low}", minimum=None
            ),
            NumberField(
                "maximum_percent", "Maximum %", high, help=f"now {high}", minimum=None
            ),
            breaker_field(
                breaker_name(service.deployment_configuration.deployment_circuit_breaker)
            ),
            CheckField("force", "Force new deployment", help="replace tasks even so"),
        ]  # fmt: skip

    def _revision_field(self, service: ServiceRecord) -> Field:
        present = self.view.get(TASK_DEFINITIONS, service.task_definition)
        family = revision_of(service.task_definition).partition(":")[0]
        if self._wanted is not None:
            family = revision_of(self._wanted).partition(":")[0]
        revisions = revisions_of(self.view, family)[:MOST_REVISIONS]
        if present is not None and present not in revisions:
            revisions.append(present)
        choices = [
            (self._revision_text(one, service, newest=not index), one.task_definition_arn)
            for index, one in enumerate(revisions)
        ]
        chosen = self._wanted or service.task_definition
        return SelectField("task_definition", "Revision", choices, chosen)

    def _revision_text(
        self, record: TaskDefinitionRecord, service: ServiceRecord, *, newest: bool
    ) -> str:
        notes = [since(record.registered_at, self.shell.now())]
        notes += ["newest"] * newest
        notes += ["now"] * (record.task_definition_arn == service.task_definition)
        return f"{clean(record.family_revision)}  {', '.join(notes)}"

    # ---------------------------------------------------------------- words

    def facts(self) -> Sequence[Effect]:
        """What the service is now."""
        service = self._service()
        if service is None:
            return gone_effects(self._service_name)
        return [Effect(counts_text(self.view, service))]

    def effects(self, values: Values) -> Sequence[Effect]:
        """What the new revision changes, and how the rollout can move."""
        service = self._service()
        definition = self._chosen(values)
        if service is None or definition is None:
            return ()
        is_forced = bool(values.get("force"))
        after = self._after(service, values)
        return update_effects.of(self.view, service, after, definition, is_forced=is_forced)

    def _chosen(self, values: Values) -> TaskDefinitionRecord | None:
        return self.view.get(TASK_DEFINITIONS, text_in(values, "task_definition"))

    @staticmethod
    def _after(service: ServiceRecord, values: Values) -> ServiceRecord:
        """The service with what was typed, for the words only."""
        low = number_in(values, "minimum_healthy_percent")
        high = number_in(values, "maximum_percent")
        desired = number_in(values, "desired_count")
        configuration = service.deployment_configuration.with_(
            minimum_healthy_percent=service.minimum_healthy_percent if low is None else low,
            maximum_percent=service.maximum_percent if high is None else high,
        )
        return service.with_(
            task_definition=text_in(values, "task_definition") or service.task_definition,
            desired_count=service.desired_count if desired is None else desired,
            deployment_configuration=configuration,
        )

    def refresh_words(self) -> None:
        """Also show or hide the subnets."""
        network = self.query_one("#network", Form)
        network.display = needs_network(self._chosen(self.peek()))
        super().refresh_words()

    # ---------------------------------------------------------------- request

    def request(self, values: Values) -> UpdateServiceRequest:
        """UpdateService with what is not as it was."""
        service = self._present()
        if service is None:
            return UpdateServiceRequest(service=short_name(self._arn), cluster=self.cluster)
        arn = text_in(values, "task_definition")
        is_other = bool(arn) and arn != service.task_definition
        desired = number_in(values, "desired_count")
        return UpdateServiceRequest(
            service=service.service_name,
            cluster=service.cluster_name,
            task_definition=short_name(arn) if is_other else None,
            desired_count=desired if desired != service.desired_count else None,
            deployment_configuration=_configuration(service, values),
            network_configuration=_network(service, values),
            force_new_deployment=bool(values.get("force")),
        )

    def check(self, values: Values) -> Errors:
        """Something must be different."""
        request = self.request(values)
        if request == UpdateServiceRequest(service=request.service, cluster=request.cluster):
            return {GENERAL: "Nothing is different yet. Force new deployment replaces all tasks."}
        return {}

    def done(self, answer: UpdateServiceResponse, values: Values) -> Errors:
        """Tell it."""
        to = revision_of(answer.service.task_definition)
        self.shell.say(
            f"updating {self._service_name}: {to}, desired {answer.service.desired_count}"
        )
        return {}


def _configuration(service: ServiceRecord, values: Values) -> DeploymentConfiguration | None:
    """The members of the configuration that differ; None when none does."""
    low = number_in(values, "minimum_healthy_percent")
    high = number_in(values, "maximum_percent")
    present = service.deployment_configuration.deployment_circuit_breaker
    breaker = text_in(values, "circuit_breaker")
    found = DeploymentConfiguration(
        minimum_healthy_percent=low if low != service.minimum_healthy_percent else None,
        maximum_percent=high if high != service.maximum_percent else None,
        deployment_circuit_breaker=(
            breaker_in(breaker) if breaker and breaker != breaker_name(present) else None
        ),
    )
    return None if found == DeploymentConfiguration() else found


def _network(service: ServiceRecord, values: Values) -> NetworkConfiguration | None:
    if "subnets" not in values:
        return None
    typed = network_in(text_in(values, "subnets"))
    present = service.network_configuration
    awsvpc = None if present is None else present.awsvpc_configuration
    given = typed.awsvpc_configuration
    if awsvpc is not None and given is not None:
        if given.subnets == awsvpc.subnets:
            return None
        return NetworkConfiguration(awsvpc_configuration=awsvpc.with_(subnets=given.subnets))
    return typed
