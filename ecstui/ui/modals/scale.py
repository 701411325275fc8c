"""Asks for another desired count, and says what starts, what stops, and whether there is room."""

from collections.abc import Sequence

from ecstui.base.ids import short_name
from ecstui.model.requests.services import UpdateServiceRequest, UpdateServiceResponse
from ecstui.model.service import ServiceRecord
from ecstui.ui.modals.confirm import Confirm
from ecstui.ui.modals.effects import Effect
from ecstui.ui.modals.request_dialog import GENERAL, Errors, RequestDialog, number_in
from ecstui.ui.modals.service_effects import (
    counts_text,
    gone_effects,
    rollout_effects,
    room_effects,
    service_of,
    stop_effects,
)
from ecstui.ui.text import clean, plural
from ecstui.ui.widgets.form_fields import Field, NumberField, Values

MOST_TASKS = 5000


class ScaleModal(RequestDialog[UpdateServiceResponse]):
    """Changes the desired count of a service."""

    members = {"desiredCount": "desired_count"}
    submit_label = "Scale"

    def __init__(self, service_arn: str) -> None:
        """Of the service with that ARN."""
        self._arn = service_arn
        self._service_name = clean(short_name(service_arn))
        super().__init__(f"Scale {self._service_name}")

    def _service(self) -> ServiceRecord | None:
        return service_of(self.view, self._arn)

    def facts(self) -> Sequence[Effect]:
        """What the service has now."""
        service = self._service()
        if service is None:
            return gone_effects(self._service_name)
        return [Effect(counts_text(self.view, service))]

    def fields(self) -> Sequence[Field]:
        """The desired count."""
        service = self._service()
        now = 0 if service is None else service.desired_count
        return [NumberField("desired_count", "Desired count", now, help=f"now {now}")]

    def effects(self, values: Values) -> Sequence[Effect]:
        """What starts or stops."""
        service, wanted = self._service(), number_in(values, "desired_count")
        if service is None or wanted is None or wanted > MOST_TASKS:
            return ()
        if wanted == service.desired_count:
            return [Effect("nothing changes")]
        if wanted > service.desired_count:
            found = room_effects(self.view, service, wanted - service.desired_count)
        else:
            found = stop_effects(self.view, service, wanted)
        return [*found, *rollout_effects(service.with_(desired_count=wanted))]

    def request(self, values: Values) -> UpdateServiceRequest:
        """UpdateService with the count alone."""
        return UpdateServiceRequest(
            service=short_name(self._arn),
            cluster=self.cluster,
            desired_count=number_in(values, "desired_count"),
        )

    async def carry_out(self, values: Values) -> Errors:
        """Scaling to 0 takes everything away, so it is asked for once more."""
        service = self._service()
        if number_in(values, "desired_count") == 0 and service and service.desired_count:
            sure = Confirm(
                "Scale to 0",
                f"Stop every task of {self._service_name}?",
                facts=[f"{plural(service.desired_count, 'task')} wanted now", "the service stays"],
                command=self.command(values),
                yes="Scale to 0",
            )
            if not await self.app.push_screen_wait(sure):
                return {GENERAL: "Nothing was changed."}
        return await super().carry_out(values)

    def done(self, answer: UpdateServiceResponse, values: Values) -> Errors:
        """Tell it."""
        self.shell.say(f"{self._service_name}: desired count {answer.service.desired_count}")
        return {}
