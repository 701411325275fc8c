"""Asks before a service is deleted; where it runs anything, its name must be typed."""

from collections.abc import Sequence

from textual.widgets import Button

from ecstui.base.ids import short_name
from ecstui.model.requests.services import DeleteServiceRequest, DeleteServiceResponse
from ecstui.model.service import ServiceRecord
from ecstui.plan.counts import service_counts
from ecstui.store.kinds import TASKS
from ecstui.ui.columns.cells import revision_of
from ecstui.ui.modals.effects import Effect
from ecstui.ui.modals.request_dialog import Errors, RequestDialog, text_in
from ecstui.ui.modals.service_effects import gone_effects, needs_force, service_of
from ecstui.ui.stop_timeouts import service_stop_seconds
from ecstui.ui.text import clean, plural
from ecstui.ui.widgets.form import Form
from ecstui.ui.widgets.form_fields import Field, TextField, Values


class DeleteServiceModal(RequestDialog[DeleteServiceResponse]):
    """Deletes a service, with `force` where it is scaled above 0."""

    is_dangerous = True
    submit_label = "Delete"

    def __init__(self, service_arn: str) -> None:
        """Of the service with that ARN."""
        self._arn = service_arn
        self._service_name = clean(short_name(service_arn))
        self._is_typed = False
        super().__init__("Delete service")

    def _service(self) -> ServiceRecord | None:
        return service_of(self.view, self._arn)

    def _counts(self, service: ServiceRecord) -> int:
        tasks = self.view.by(TASKS, "service", service.service_arn)
        return service_counts(service, tasks).all.total

    # ---------------------------------------------------------------- what is asked

    def question(self) -> str:
        """Which one."""
        return f"Delete service {self._service_name}?"

    def facts(self) -> Sequence[Effect]:
        """What is taken away, and what stays."""
        service = self._service()
        if service is None:
            return gone_effects(self._service_name)
        found = []
        count = self._counts(service)
        if count:
            seconds = service_stop_seconds(self.view, service)
            what = f"{plural(count, 'task')} of it will be stopped"
            found.append(Effect(f"{what}: SIGTERM first, SIGKILL after {seconds} s", "warning"))
        else:
            found.append(Effect("it runs nothing now"))
        if needs_force(service):
            wanted = plural(service.desired_count, "task")
            found.append(Effect(f"it is scaled to {wanted}, so it is deleted by force", "warning"))
        found.append(Effect(f"task definition {revision_of(service.task_definition)} is kept"))
        return [*found, Effect("its events stay for a while, under its name")]

    def fields(self) -> Sequence[Field]:
        """The name, where it must be typed."""
        service = self._service()
        must_type = service is not None and (self._counts(service) or needs_force(service))
        self._is_typed = bool(must_type)
        if not must_type:
            return []
        return [TextField("name", f"Type {self._service_name}", placeholder="to confirm")]

    def focus_first(self) -> None:
        """Begin where the name is typed, if it must be."""
        if self._is_typed:
            self.query_one(Form).focus_first()
        else:
            super().focus_first()

    def refresh_words(self) -> None:
        """Also whether the button works."""
        super().refresh_words()
        self.query_one("#submit", Button).disabled = not self._may(self.peek())

    def _may(self, values: Values) -> bool:
        return not self._is_typed or text_in(values, "name") == short_name(self._arn)

    def check(self, values: Values) -> Errors:
        """The name must be the service's."""
        if self._may(values):
            return {}
        return {"name": f"Type {self._service_name} to delete it, or leave with esc."}

    # ---------------------------------------------------------------- request

    def request(self, values: Values) -> DeleteServiceRequest:
        """DeleteService; by force only where the dialog has said so and the name was typed."""
        service = self._service()
        is_forced = self._is_typed and service is not None and needs_force(service)
        return DeleteServiceRequest(
            service=short_name(self._arn), cluster=self.cluster, force=is_forced
        )

    def done(self, answer: DeleteServiceResponse, values: Values) -> Errors:
        """Tell it."""
        self.shell.say(f"deleting {self._service_name}: {answer.service.status}")
        return {}
