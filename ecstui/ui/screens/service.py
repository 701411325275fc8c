"""The rollout cockpit: one service live, its fleet between floor and ceiling, and why it waits.

It shows what `cockpit.situation_of` makes of the records, again at every change and every second
while it is on top. Its verbs open dialogs or ask; the control plane decides.
"""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal

from ecstui.base.ids import short_name
from ecstui.client.rooms import Rooms
from ecstui.client.why import why_of
from ecstui.model.requests.services import DescribeServicesRequest
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.store.kinds import EVENTS, SERVICES, TASK_DEFINITIONS, TASKS
from ecstui.ui import deployment_verbs, routes, service_verbs, task_verbs
from ecstui.ui.cockpit import Member, Situation, State, ongoing_of, situation_of
from ecstui.ui.cockpit_past import samples_of
from ecstui.ui.columns.launch import service_facts
from ecstui.ui.described import Described, described_by
from ecstui.ui.live import LiveTable
from ecstui.ui.presence import is_open
from ecstui.ui.screens.base import GO_COMMANDS
from ecstui.ui.screens.panel import Panel
from ecstui.ui.screens.service_diff import RevisionDiff, diff_lines, diff_of, effects
from ecstui.ui.screens.service_parts import EventLines, FluidLines
from ecstui.ui.screens.service_table import COLUMNS, member_rows
from ecstui.ui.screens.service_words import (
    breaker_words,
    fact_lines,
    phases_line,
    place_lines,
    reasons_of,
    settings_words,
    title,
    why_line,
    why_lines,
)
from ecstui.ui.screens.watching import WatchingScreen
from ecstui.ui.spans import BLANK, Line, line
from ecstui.ui.table import Span
from ecstui.ui.text import clean
from ecstui.ui.widgets.fleet_bar import FleetBar, FleetChart, FleetSample

KINDS = frozenset(
    {
        "service",
        "serviceDeployment",
        "task",
        "event",
        "containerInstance",
        "taskDefinition",
        "plane",
        "alarm",
    }
)
_AFTERGLOW_SECONDS = 15.0
_COLUMN_SECONDS = {"local": 1.0, "aws": 5.0}


class ServiceScreen(WatchingScreen):
    """One service."""

    DEFAULT_CSS = """
    ServiceScreen {
        #situation { height: auto; }
        #middle { height: 1fr; }
        #bottom { height: 1fr; }
        #chart, #members { width: 1fr; }
        #events { width: 3fr; }
        #explain { width: 2fr; }
        #why_line { height: 1; display: none; }
        #why { height: 1fr; }
        #gone { height: 1fr; display: none; padding: 1 2; }
        #chart, #places { display: none; }
        &.-moving #chart, &.-moving #places { display: block; }
        &.-steady #fleet { height: 1; }
        &.-steady #middle { height: 3fr; }
        &.-steady #bottom { height: 2fr; }
        &.-short {
            #bottom { height: 6; }
            #explain { display: none; }
            #why_line { display: block; }
            &.-why #events { display: none; }
            &.-why #explain { display: block; }
        }
        &.-plain #explain { display: none; }
        &.-low {
            #chart, #bottom { display: none; }
            #low_why { display: block; }
            Panel { border: none; border-top: solid $frame-border; }
        }
        #low_why { height: 1; display: none; }
        &.-gone { #situation, #middle, #bottom, #low_why { display: none; } }
        &.-gone #gone { display: block; }
    }
    """
    commands: ClassVar[tuple[str, ...]] = (
        "list.logs",
        "list.delete",
        "list.describe",
        "list.json",
        "list.events",
        "service.scale",
        "service.redeploy",
        "service.update",
        "service.rollback",
        "service.deployments",
        "service.answer",
        "service.task_definition",
        "service.stop",
        "service.ports",
        "service.forward",
        "service.diff",
        "global.why",
        *GO_COMMANDS,
    )
    title_text = "Service"
    kinds = KINDS

    def __init__(self, service_arn: str) -> None:
        """`service_arn`: the service to watch; it may be gone by now."""
        super().__init__()
        self.service_arn = service_arn
        self.situation: Situation | None = None
        self._samples: list[FleetSample] = []
        self._samples_of: tuple[object, ...] = ()
        self._rooms = Rooms()
        self.table: LiveTable[str, Member] = LiveTable(
            COLUMNS, self._time, sort="doing", empty_text="No task runs."
        )

    def _time(self) -> float:
        return self.shell.now()

    def breadcrumb(self) -> str:
        """The name of the service."""
        return clean(short_name(self.service_arn))

    # ---------------------------------------------------------------- parts

    def compose_body(self) -> ComposeResult:
        """Situation on top, tasks in the middle, events and reasons below."""
        yield FluidLines(id="gone")
        with Panel(id="situation"):
            yield FluidLines(id="phases")
            yield FleetBar(id="fleet")
        with Horizontal(id="middle"):
            with Panel(title="Fleet over time", id="chart"):
                yield FleetChart()
            with Panel(title="Tasks", id="members"):
                yield FluidLines(id="places")
                yield self.table
        with Horizontal(id="bottom"):
            with Panel(title="Events", id="events"):
                yield EventLines()
                yield FluidLines(id="why_line")
            with Panel(title="Explain", id="explain"):
                yield FluidLines(id="why")
        yield FluidLines(id="low_why")

    def on_mount(self) -> None:
        """The keys move among its tasks."""
        super().on_mount()
        self.table.focus()

    # ---------------------------------------------------------------- data

    def look(self) -> None:
        """The situation and all that follows from it, or that the service is gone."""
        situation = situation_of(self.view, self.service_arn, self.shell.now())
        self.situation = situation
        self.set_class(situation is None, "-gone")
        if situation is None:
            self._show_gone()
            return
        is_moving = situation.is_moving or self._has_just_ended(situation)
        self.set_class(is_moving, "-moving")
        self.set_class(not is_moving, "-steady")
        self._show_situation(situation)
        self._show_tasks(situation)
        why = why_of(self.view, self.service_arn, situation.now, self._rooms)
        reasons = reasons_of(why, situation.now)
        self._show_events(reasons)
        self._show_reasons(situation, reasons)

    def _has_just_ended(self, situation: Situation) -> bool:
        """Whether a rollout that was watched is over so shortly that its picture stays."""
        ended_at = situation.finished_at
        return bool(self._samples) and (
            ended_at is not None and situation.now - ended_at < _AFTERGLOW_SECONDS
        )

    def _show_gone(self) -> None:
        name = clean(short_name(self.service_arn))
        text = line(Span(f"There is no service {name} any more.", "bold"))
        hint = line(
            Span("Its records are kept for a while after it was deleted, then they go.", "muted")
        )
        self.query_one("#gone", FluidLines).show(lambda _width: [text, hint])

    def _show_situation(self, situation: Situation) -> None:
        panel = self.query_one("#situation", Panel)
        panel.set_title(title(situation), breaker_words(situation.breaker))
        panel.set_subtitle(settings_words(situation))
        phases = self.query_one("#phases", FluidLines)
        phases.show(lambda width: [phases_line(situation, width)])
        self.query_one(FleetBar).fleet = situation.fleet

    def _show_tasks(self, situation: Situation) -> None:
        self.table.resync(member_rows(self.view, situation))
        has_head = not self.has_class("-short")
        self.query_one("#places", FluidLines).show(
            lambda width: place_lines(situation, width, has_head=has_head)
        )
        panel = self.query_one("#members", Panel)
        kind = "zone" if situation.are_places_zones else "instance"
        is_moving = self.has_class("-moving")
        panel.set_title(f"Tasks by {kind}" if is_moving else "Tasks", str(len(situation.members)))
        if is_moving:
            self._show_past(situation)

    def _show_past(self, situation: Situation) -> None:
        """One sample for every step of time; all of them anew where they mean something else."""
        chart = self.query_one(FleetChart)
        step = _COLUMN_SECONDS.get(situation.pace.name, 1.0)
        primary = situation.primary
        basis = (primary and primary.id, situation.begun_at, chart.columns, step)
        at = situation.now // step * step
        if basis != self._samples_of:
            self._samples_of = basis
            tasks = self.view.by(TASKS, "service", self.service_arn)
            self._samples = samples_of(situation, tasks, step, chart.columns)
        elif not self._samples or at > self._samples[-1].at:
            self._samples = [*self._samples, FleetSample(at, situation.fleet)][-chart.columns :]
        else:
            return
        chart.show(self._samples)
        self.query_one("#chart", Panel).set_title("Fleet over time", f"{step:g}s/col")

    def _show_events(self, reasons: Sequence[str]) -> None:
        self.query_one(EventLines).show(self.view.by(EVENTS, "service", self.service_arn))
        self.query_one("#events", Panel).set_title("Events", "w all")
        for name in ("#why_line", "#low_why"):
            self.query_one(name, FluidLines).show(lambda _width: [why_line(reasons)])

    def _show_reasons(self, situation: Situation, reasons: Sequence[str]) -> None:
        diff = self._diff(situation) if situation.is_moving else None
        launch = service_facts(self.view, situation.service)

        def make(width: int) -> Sequence[Line]:
            lines = [*why_lines(situation, reasons, width)]
            if diff is not None:
                front = Span("diff  ", "muted")
                lines += [BLANK, line(front, Span("D all", "muted")), *diff_lines(diff, width, 1)]
            else:
                lines += [BLANK, *fact_lines(situation, width, launch)]
            return lines

        self.query_one("#why", FluidLines).show(make)
        self.query_one("#explain", Panel).set_title("Explain", "W hide")

    def _diff(self, situation: Situation) -> RevisionDiff | None:
        """What the rollout changes; of a service at rest, what a rollback would undo."""
        service = situation.service
        new = self._definition(service.task_definition)
        older = [d.task_definition for d in service.deployments]
        older += [m.task.task_definition_arn for m in situation.members if not m.is_new]
        other = next((arn for arn in older if arn != service.task_definition), None)
        old = self._definition(other)
        return None if old is None or new is None else diff_of(old, new)

    def _definition(self, arn: str | None) -> TaskDefinitionRecord | None:
        return None if arn is None else self.view.get(TASK_DEFINITIONS, arn)

    def copies(self) -> Sequence[tuple[str, str]]:
        """Name, ARN, command."""
        name = clean(short_name(self.service_arn))
        command = f"aws ecs describe-services --cluster {self.cluster} --services {name}"
        return (("name", name), ("ARN", self.service_arn), ("AWS CLI command", command))

    # ---------------------------------------------------------------- verbs

    def why_not(self, action: str) -> str | None:
        """Also: nothing can be done to what is gone."""
        command = self.command_of(action)
        is_gone = self.situation is None or self.situation.state is State.GONE
        if command is not None and command.dangerous and is_gone and is_open(self):
            return "This service is deleted."
        return super().why_not(action)

    @on(LiveTable.Opened)
    def _open_task(self, event: LiveTable.Opened) -> None:
        if isinstance(event.key, str):
            routes.open_task(self.shell, event.key)

    def action_logs(self) -> None:
        """The logs of all its tasks."""
        routes.open_logs_of_service(self.shell, self.service_arn)

    def action_scale(self) -> None:
        """Another desired count."""
        routes.scale(self.shell, self.service_arn)

    def action_update(self) -> None:
        """Another revision or other settings."""
        routes.update_service(self.shell, self.service_arn)

    def action_redeploy(self) -> None:
        """New tasks of the same revision."""
        service_verbs.redeploy(self, [self.service_arn])

    def action_rollback(self) -> None:
        """Back to the revision before."""
        service_verbs.roll_back(self, self.service_arn)

    def action_stop(self) -> None:
        """Scale to 0."""
        service_verbs.scale_to_zero(self, [self.service_arn])

    def action_delete(self) -> None:
        """Delete the service."""
        routes.delete_service(self.shell, self.service_arn)

    def action_events(self) -> None:
        """All its events."""
        routes.open_events_of(self.shell, self.service_arn)

    def action_deployments(self) -> None:
        """Its deployments, those that are over too."""
        routes.open_deployments(self.shell, self.service_arn)

    def action_answer(self) -> None:
        """Continue its paused deployment, or roll it back."""
        deployment_verbs.answer(self, ongoing_of(self.view, self.service_arn))

    def action_task_definition(self) -> None:
        """The revision that it runs."""
        service = self.view.get(SERVICES, self.service_arn)
        if service is not None:
            routes.open_task_definition(self.shell, service.task_definition)

    def action_ports(self) -> None:
        """Open a port of its tasks in the browser; without one, copy its address."""
        members = () if self.situation is None else self.situation.members
        task_verbs.open_ports(self.shell, [member.task for member in members])

    def action_forward(self) -> None:
        """Let a port of 127.0.0.1 lead to whichever of its tasks runs."""
        task_verbs.forward(self, self.service_arn)

    def action_diff(self) -> None:
        """What differs between the present revision and the one before."""
        from ecstui.ui.screens.service_diff_modal import DiffModal

        service = self.view.get(SERVICES, self.service_arn)
        if service is None or self.situation is None:
            return
        diff = self._diff(self.situation)
        if diff is None:
            target = service_verbs.rollback_target(self.view, service)
            old, new = self._definition(target), self._definition(service.task_definition)
            diff = None if old is None or new is None else diff_of(old, new)
        if diff is None:
            self.shell.say("There is no other revision to compare with.")
            return
        self.app.push_screen(DiffModal(diff, effects(self.view, service, diff)))

    def action_why(self) -> None:
        """Show or hide the reasons; where there is little room, in place of the events."""
        self.toggle_class("-why" if self.has_class("-short") else "-plain")

    def described(self) -> Described | None:
        """What the API tells of it."""
        request = DescribeServicesRequest(
            services=(self.service_arn,), cluster=self.cluster, include=("TAGS",)
        )
        return described_by(
            clean(short_name(self.service_arn)),
            request,
            lambda answer: answer.services[0].to_wire() if answer.services else None,
        )
