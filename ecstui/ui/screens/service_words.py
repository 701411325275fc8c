"""What the service screen says: title, phases, what each task waits for, why nothing goes on.

Pure functions from a `Situation` to words and spans. Every text of the user's that comes out of
here has been cleaned; nothing is left out because it is bad news.
"""

from collections.abc import Iterable, Sequence

from ecstui.model.cluster import EventRecord
from ecstui.model.deployment_configuration import LifecycleStage
from ecstui.model.enums import HealthStatus, SchedulingStrategy, TaskStatus
from ecstui.plan.health import Verdict
from ecstui.plan.task_end import is_failure
from ecstui.plan.why import Why
from ecstui.plan.why_words import sentences
from ecstui.ui.cockpit import Breaker, Member, Place, Situation, State
from ecstui.ui.columns.cells import memory_text
from ecstui.ui.columns.events import event_sign, event_words
from ecstui.ui.columns.launch import Fact, is_on_fargate
from ecstui.ui.glyphs import (
    DRAINING,
    FAILED,
    HEALTHY,
    MARK,
    NEW,
    OLD,
    STARTING,
    WARNING,
    Sign,
)
from ecstui.ui.screens.task_words import end_words, waits_of
from ecstui.ui.spans import Line, line, line_width, spread, wrapped
from ecstui.ui.stop_timeouts import task_stop_seconds
from ecstui.ui.table import Span
from ecstui.ui.text import (
    age,
    clean,
    clock,
    cut_end,
    cut_middle,
    duration,
    number,
    pad,
    width_of,
)
from ecstui.ui.widgets.bars import Phase, phase_line

_BRIEF_CELLS = 76
_STARTED = (Verdict.PENDING, Verdict.WARMING, Verdict.HEALTHY, Verdict.UNHEALTHY)
_SIGNS = {
    Verdict.PENDING: Sign(STARTING, "status.starting"),
    Verdict.WARMING: Sign(STARTING, "status.starting"),
    Verdict.UNHEALTHY: Sign(FAILED, "status.failed"),
    Verdict.STOPPING: Sign(DRAINING, "status.draining"),
    Verdict.STOPPED: Sign(FAILED, "status.failed"),
}


# ---------------------------------------------------------------- title and phases


def revisions(situation: Situation) -> str:
    """`web:41 → :42`, or `web:42` when nothing else runs."""
    new = situation.new_revision
    if not situation.old_revisions:
        return new
    old = situation.old_revisions[0]
    family, _, number = new.rpartition(":")
    if old == new:
        return f"{new} again"
    more = f" +{len(situation.old_revisions) - 1}" if len(situation.old_revisions) > 1 else ""
    return f"{old}{more} → :{number}" if old.startswith(f"{family}:") else f"{old}{more} → {new}"


def title(situation: Situation) -> str:
    """`api  rolling update  api:41 → :42`."""
    name = clean(situation.service.service_name)
    return f"{name}  {situation.state.value}  {revisions(situation)}"


def breaker_words(breaker: Breaker | None) -> str:
    """`breaker 0/4`; `breaker off` when nothing ends a failing deployment."""
    return (
        "breaker off" if breaker is None else f"breaker {breaker.failed_count}/{breaker.threshold}"
    )


def settings_words(situation: Situation) -> str:
    """What the service promises while it changes."""
    service, breaker = situation.service, situation.breaker
    words = f"min {service.minimum_healthy_percent}% max {service.maximum_percent}%"
    if service.scheduling_strategy is SchedulingStrategy.DAEMON:
        words = f"DAEMON, one on each instance · {words}"
    elif is_on_fargate(service):
        words = f"FARGATE {clean(service.platform_version or 'LATEST')} · {words}"
    return f"{words} · rollback on failure" if breaker and breaker.rolls_back else words


def phases_line(situation: Situation, width: int) -> Line:
    """How far it is, and at the right how long it took or will take."""
    shown = phases(situation, is_brief=width < _BRIEF_CELLS)
    return spread(phase_line(shown), (Span(time_words(situation), "muted"),), width)


def phases(situation: Situation, *, is_brief: bool = False) -> tuple[Phase, ...]:
    """The steps of what the service is doing."""
    desired = situation.bounds.desired_count
    healthy = situation.count(Verdict.HEALTHY)
    match situation.state:
        case State.STEADY:
            since = situation.steady_at
            ago = "" if since is None else f" for {age(situation.now - since)}"
            return ((f"steady{ago}", "done"), (f"{healthy} of {desired} healthy", "done"))
        case State.SETTLING:
            return ((f"{healthy} of {desired} healthy", "now"), ("steady", "next"))
        case State.DELETING:
            return (("deleted", "done"), (f"{len(situation.members)} tasks stopping", "now"))
        case State.GONE:
            return (("deleted", "done"), ("no task left", "done"))
        case State.FAILED:
            return _rollout_phases(situation, is_brief=is_brief, failed=True)
        case State.ROLLING_BACK:
            return (("failed", "failed"), *_rollout_phases(situation, is_brief=is_brief))
        case _:
            return _rollout_phases(situation, is_brief=is_brief)


def _rollout_phases(
    situation: Situation, *, is_brief: bool, failed: bool = False
) -> tuple[Phase, ...]:
    if situation.is_staged and not failed and situation.state is not State.ROLLING_BACK:
        return _staged_phases(situation, is_brief=is_brief)
    desired = situation.bounds.desired_count
    started = situation.count(*_STARTED, is_new=True)
    healthy = situation.count(Verdict.HEALTHY, is_new=True)
    is_up = healthy >= desired
    start = "new" if is_brief else "start new"
    found: list[Phase] = [_step(f"{start} {started}/{desired}", started >= desired, is_on=True)]
    found.append(_step(f"healthy {healthy}/{desired}", is_up, is_on=started > 0))
    if situation.state is not State.STARTING:
        old = sum(1 for member in situation.members if not member.is_new)
        is_on = healthy > 0 or situation.count(Verdict.STOPPING, is_new=False) > 0
        words = f"{old} old" if is_brief else f"drain old, {old} left" if old else "drain old"
        found.append(_step(words, not old, is_on=is_on))
    if failed:
        return (*[step if step[1] == "done" else (step[0], "failed") for step in found[:2]],)
    if situation.baked_at is not None:
        found.append((_bake_words(situation), "now"))
    return tuple(found) if is_brief else (*found, ("steady", "next"))


def _staged_phases(situation: Situation, *, is_brief: bool) -> tuple[Phase, ...]:
    """Green comes, is watched, and blue goes; traffic is not told of: there is none yet."""
    desired = situation.bounds.desired_count
    healthy = situation.count(Verdict.HEALTHY, is_new=True)
    stages = tuple(LifecycleStage)
    at = stages.index(situation.stage or LifecycleStage.RECONCILE_SERVICE)
    bake, end = stages.index(LifecycleStage.BAKE_TIME), stages.index(LifecycleStage.CLEAN_UP)
    old = sum(1 for member in situation.members if not member.is_new)
    found = [
        _step(f"green {healthy}/{desired}", healthy >= desired, is_on=True),
        _step(_bake_words(situation), at > bake, is_on=at == bake),
        _step(f"blue {old} left" if old else "blue gone", not old, is_on=at == end),
    ]
    if situation.is_paused and situation.stage is not None:
        found.insert(0, (f"paused at {situation.stage.value}", "now"))
    elif not is_brief and situation.stage is not None:
        found.insert(0, (situation.stage.value.lower().replace("_", " "), "now"))
    return tuple(found)


def _bake_words(situation: Situation) -> str:
    if situation.baked_at is None:
        return "bake"
    return f"bake {duration(max(0.0, situation.baked_at - situation.now))}"


def _step(text: str, is_done: bool, *, is_on: bool) -> Phase:
    if is_done:
        return (text, "done")
    return (text, "now" if is_on else "next")


def time_words(situation: Situation) -> str:
    """`2m14s  ETA ~50s`; of what is done, how long it took."""
    if situation.state is State.STEADY:
        return f"rollout took {duration(situation.elapsed_seconds)}"
    if not situation.is_moving or situation.elapsed_seconds is None:
        return ""
    eta = situation.eta_seconds
    words = duration(situation.elapsed_seconds)
    return words if eta is None else f"{words}  ETA ~{duration(max(1.0, eta))}"


# ---------------------------------------------------------------- tasks


def sign_of_member(member: Member) -> Sign:
    """The cell of a task: new, old, starting, stopping or failing."""
    if member.verdict is Verdict.HEALTHY:
        return Sign(NEW, "rollout.new") if member.is_new else Sign(OLD, "rollout.old")
    return _SIGNS[member.verdict]


def doing(member: Member, now: float) -> str:
    """What a task does, or what it waits for."""
    task = member.task
    match member.verdict:
        case Verdict.STOPPING | Verdict.STOPPED:
            return _stopping(member, now)
        case Verdict.PENDING:
            return _starting(member, now)
        case Verdict.WARMING:
            return _warming(member, now)
        case Verdict.UNHEALTHY:
            sick = [c.name for c in task.containers if c.health_status is HealthStatus.UNHEALTHY]
            return clean("unhealthy: " + ", ".join(sick)) if sick else "unhealthy"
        case Verdict.HEALTHY:
            words = "healthy" if member.is_new else "to be replaced"
            return f"{words}, protected" if task.is_protected(now) else words


def _stopping(member: Member, now: float) -> str:
    task = member.task
    if task.is_stopped:
        return end_words(task)
    waited = "" if task.stopping_at is None else f" {duration(max(0.0, now - task.stopping_at))}"
    cause = f", {end_words(task)}" if is_failure(task) else ""
    return f"stopping{waited} of {task_stop_seconds(member.definition)}s{cause}"


def _starting(member: Member, now: float) -> str:
    task = member.task
    since = duration(max(0.0, now - task.created_at))
    if task.is_waiting_for_capacity:
        provider = clean(task.capacity_provider_name or "its provider")
        return f"waits for {provider} {since}"
    if task.last_status is TaskStatus.PROVISIONING:
        return f"sets up its network {since}"
    waits = waits_of(task, member.definition, now)
    if waits:
        name, words = next(iter(waits.items()))
        return f"{name} {words}"
    is_pulling = task.pull_started_at is not None and task.pull_stopped_at is None
    if is_pulling and not any(c.started_at for c in task.containers):
        return f"prepares its image {since}"
    return f"starting {since}"


def _warming(member: Member, now: float) -> str:
    settles_at = member.health.settles_at
    if settles_at is None:
        return "health check pending"
    left = duration(max(0.0, settles_at - now))
    if member.task.health_status is HealthStatus.UNHEALTHY:
        return f"unhealthy, grace ends in {left}"
    return f"settles in {left}"


def place_lines(situation: Situation, width: int, *, has_head: bool = True) -> list[Line]:
    """One line for each zone: cells of old tasks, then of new ones."""
    if not situation.places:
        return []
    has_old = any(place.old for place in situation.places)
    name_width = min(16, max(width_of(place.name) for place in situation.places), width // 3)
    free = max(2, width - name_width - 2)
    old_width = 0
    if has_old:
        old_width = min(free // 2, max(3, *(2 * len(place.old) for place in situation.places)))
    head = line(
        Span(pad("", name_width + 2)),
        Span(pad("old" if has_old else "", old_width + (2 if has_old else 0)), "muted"),
        Span("new" if has_old else "tasks", "muted"),
    )
    lines = [_place_line(place, name_width, old_width, free) for place in situation.places]
    return [head, *lines] if has_head else lines


def _place_line(place: Place, name_width: int, old_width: int, free: int) -> Line:
    old = _cells(place.old, old_width)
    gap = old_width - line_width(old) + 2 if old_width else 0
    new_width = free - (old_width + 2 if old_width else 0)
    name = pad(cut_middle(place.name or "–", name_width), name_width)
    return (Span(f"{name}  "), *old, Span(" " * max(0, gap)), *_cells(place.new, new_width))


def _cells(members: Sequence[Member], width: int) -> Line:
    """A cell for each task with a space between, without spaces, or as a count: as it fits."""
    signs = [sign_of_member(member) for member in members]
    gap = " " if 2 * len(signs) - 1 <= width else ""
    shown = signs if len(signs) <= width or gap else signs[: max(0, width - 4)]
    spans = [Span(sign.glyph + gap, sign.role) for sign in shown]
    if len(shown) < len(signs):
        spans.append(Span(f"+{len(signs) - len(shown)}", "muted"))
    return tuple(spans)


# ---------------------------------------------------------------- why


def reasons_of(why: Why | None, now: float) -> list[str]:
    """Why it is not where it should be yet, harmless sentences; empty when it is."""
    return [] if why is None else [clean(text) for text in sentences(why, now)]


def why_lines(situation: Situation, words: Sequence[str], width: int) -> list[Line]:
    """The reasons as a list."""
    if not words:
        fine = line(Span(f"{HEALTHY} ", "status.running"), "nothing to wait for")
        return [fine, *_rolled_back_lines(situation, width)]
    head = "Why is it waiting?" if situation.state is not State.FAILED else "Why did it fail?"
    return [line(Span(head, "bold")), *bullets(words, width)]


def _rolled_back_lines(situation: Situation, width: int) -> list[Line]:
    """That a service at rest is so because its last rollout failed, and why that failed."""
    at = situation.rolled_back_at
    if at is None:
        return []
    words = f"rolled back {age(situation.now - at)} ago"
    if situation.failures:
        words += f": {end_words(situation.failures[0])}"
    return [
        line(Span(f"{WARNING} " if index == 0 else "  ", "status.warning"), part)
        for index, part in enumerate(wrapped(words, max(8, width - 2), 4))
    ]


def bullets(words: Iterable[str], width: int, limit: int = 5) -> list[Line]:
    """A list of sentences, each in at most `limit` lines."""
    found: list[Line] = []
    for text in words:
        parts = wrapped(text, max(8, width - 2), limit)
        found += [
            line(Span(f"{MARK} " if index == 0 else "  ", "muted"), part)
            for index, part in enumerate(parts)
        ]
    return found


def why_line(words: Sequence[str]) -> Line:
    """The reasons in one line, for where there is no room for a list."""
    if not words:
        return line(Span(f"{HEALTHY} ", "status.running"), Span("nothing to wait for", "muted"))
    return line(Span("W ", "frame.key"), Span("waiting: ", "muted"), "; ".join(words))


# ---------------------------------------------------------------- events


def event_lines(events: Sequence[EventRecord], width: int, height: int) -> list[Line]:
    """The newest events that fit, the newest first, each in at most two lines."""
    found: list[Line] = []
    oldest_first = sorted(events, key=lambda e: e.created_at)
    for event in reversed(oldest_first):
        if len(found) >= height:
            break
        sign = event_sign(event)
        front = (Span(f"{clock(event.created_at)} ", "muted"), Span(f"{sign.glyph} ", sign.role))
        inset = line_width(front)
        parts = wrapped(event_words(event.message), max(8, width - inset), 2) or [""]
        found.append((*front, Span(parts[0])))
        found += [(Span(" " * inset), Span(part)) for part in parts[1:]]
    return found[:height] or [line(Span("No events yet.", "muted"))]


# ---------------------------------------------------------------- settings


def fact_lines(situation: Situation, width: int, launch: Sequence[Fact] = ()) -> list[Line]:
    """What the service is set to, for when nothing moves; `launch`: daemon, Fargate."""
    service = situation.service
    strategies = [
        f"{s.type}({s.field.rpartition(':')[2].rpartition('.')[2]})" if s.field else str(s.type)
        for s in service.placement_strategy
    ]
    constraints = [
        f"{c.type}{f' {c.expression}' if c.expression else ''}"
        for c in service.placement_constraints
    ]
    grace = service.health_check_grace_period_seconds
    held = [member.task.reservation for member in situation.members]
    cpu, memory = sum(r.cpu_units for r in held), sum(r.memory_mib for r in held)
    facts = (
        ("reserved", f"{number(cpu)} cpu units, {memory_text(memory)} memory"),
        *launch,
        ("strategy", service.scheduling_strategy.value),
        ("launch", service.launch_type.value if service.launch_type else ""),
        (
            "providers",
            ", ".join(
                f"{i.capacity_provider} {i.base}+{i.weight}"
                for i in service.capacity_provider_strategy
            ),
        ),
        (
            "rebalance",
            ""
            if service.rebalancing is None
            else f"{service.rebalancing.source_zone} → {service.rebalancing.target_zone}",
        ),
        ("breaker", "on, rolls back" if situation.breaker and situation.breaker.rolls_back else ""),
        ("placement", ", ".join([*strategies, *constraints])),
        ("grace", f"{grace} s" if grace else ""),
        ("tags", ", ".join(f"{tag.key}={tag.value}" for tag in service.tags)),
        ("created", f"{age(situation.now - service.created_at)} ago"),
    )
    return [
        line(Span(pad(name, 11), "muted"), cut_end(clean(value), max(1, width - 11)))
        for name, value in facts
        if value
    ]
