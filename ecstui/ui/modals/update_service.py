"""Asks for another revision and other settings of a service, and says what the change would mean.

Only what the user changed goes into the request: what others set while the dialog was open stays.
"""

from collections.abc import Sequence

from textual.app import ComposeResult

from ecstui.base.ids import short_name
from ecstui.model.enums import SchedulingStrategy
from ecstui.model.requests.services import UpdateServiceRequest, UpdateServiceResponse
from ecstui.model.service import DeploymentConfiguration, ServiceRecord
from ecstui.model.task import AwsVpcConfiguration, NetworkConfiguration
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
    subnets_field,
    subnets_in,
    subnets_text,
)
from ecstui.ui.modals.request_dialog import (
    GENERAL,
    Errors,
    RequestDialog,
    changed,
    number_in,
    text_in,
)
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
        self._before: ServiceRecord | None = None
        super().__init__(f"Update {self._service_name}")

    def _service(self) -> ServiceRecord | None:
        return service_of(self.view, self._arn)

    def _present(self) -> ServiceRecord | None:
        """The service, whatever its status."""
        return self.view.get(SERVICES, self._arn)

    # ---------------------------------------------------------------- fields

    def compose_forms(self) -> ComposeResult:
        """The settings; subnets only where the chosen revision wants them."""
        before = self._before = self._present()
        yield Form(self.fields(), label_cells=self.label_cells)
        network = Form(
            [subnets_field(None if before is None else before.network_configuration)],
            label_cells=self.label_cells,
            id="network",
        )
        network.display = False
        yield network

    def fields(self) -> Sequence[Field]:
        """What can be changed, with what holds now."""
        service = self._before
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
        service, before = self._service(), self._before
        if service is None or before is None:
            return ()
        after = _after(before, service, values)
        definition = self.view.get(TASK_DEFINITIONS, after.task_definition)
        if definition is None:
            return ()
        is_forced = bool(values.get("force"))
        return update_effects.of(self.view, service, after, definition, is_forced=is_forced)

    def _chosen(self, values: Values) -> TaskDefinitionRecord | None:
        return self.view.get(TASK_DEFINITIONS, text_in(values, "task_definition"))

    def refresh_words(self) -> None:
        """Also show or hide the subnets."""
        network = self.query_one("#network", Form)
        network.display = needs_network(self._chosen(self.peek()))
        super().refresh_words()

    # ---------------------------------------------------------------- request

    def request(self, values: Values) -> UpdateServiceRequest:
        """UpdateService with what is not as it was."""
        before = self._before
        if before is None:
            return UpdateServiceRequest(service=short_name(self._arn), cluster=self.cluster)
        revision = _revision(before, values)
        return UpdateServiceRequest(
            service=before.service_name,
            cluster=before.cluster_name,
            task_definition=short_name(revision) if revision else None,
            desired_count=changed(number_in(values, "desired_count"), before.desired_count),
            deployment_configuration=_configuration(before, values),
            network_configuration=_network(before, self._present() or before, values),
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


def _revision(before: ServiceRecord, values: Values) -> str | None:
    """ARN of the revision, where another one was chosen."""
    return changed(text_in(values, "task_definition") or None, before.task_definition)


def _after(before: ServiceRecord, service: ServiceRecord, values: Values) -> ServiceRecord:
    """The service as it is, with what was changed in it, for the words only."""
    low = changed(number_in(values, "minimum_healthy_percent"), before.minimum_healthy_percent)
    high = changed(number_in(values, "maximum_percent"), before.maximum_percent)
    desired = changed(number_in(values, "desired_count"), before.desired_count)
    configuration = service.deployment_configuration.with_(
        minimum_healthy_percent=service.minimum_healthy_percent if low is None else low,
        maximum_percent=service.maximum_percent if high is None else high,
    )
    return service.with_(
        task_definition=_revision(before, values) or service.task_definition,
        desired_count=service.desired_count if desired is None else desired,
        deployment_configuration=configuration,
    )


def _configuration(before: ServiceRecord, values: Values) -> DeploymentConfiguration | None:
    """The members of the configuration that were changed; None when none was."""
    low = number_in(values, "minimum_healthy_percent")
    high = number_in(values, "maximum_percent")
    shown = breaker_name(before.deployment_configuration.deployment_circuit_breaker)
    found = DeploymentConfiguration(
        minimum_healthy_percent=changed(low, before.minimum_healthy_percent),
        maximum_percent=changed(high, before.maximum_percent),
        deployment_circuit_breaker=breaker_in(
            changed(text_in(values, "circuit_breaker"), shown) or ""
        ),
    )
    return None if found == DeploymentConfiguration() else found


def _network(
    before: ServiceRecord, service: ServiceRecord, values: Values
) -> NetworkConfiguration | None:
    """The network as it is, with the subnets that were typed; None where they are as before.

    A service that had no network is given one together with the revision that wants it.
    """
    if "subnets" not in values:
        return None
    subnets = subnets_in(text_in(values, "subnets"))
    present = service.network_configuration
    awsvpc = None if present is None else present.awsvpc_configuration
    is_first = awsvpc is None and _revision(before, values) is not None
    if not is_first and subnets == subnets_in(subnets_text(before.network_configuration)):
        return None
    awsvpc = (awsvpc or AwsVpcConfiguration(subnets=())).with_(subnets=subnets)
    return NetworkConfiguration(awsvpc_configuration=awsvpc)
