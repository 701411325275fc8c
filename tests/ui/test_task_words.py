import pytest

from ecstui.model.enums import (
    ContainerStatus,
    DependencyCondition,
    DesiredStatus,
    HealthStatus,
    LaunchType,
    StopCode,
    TaskStatus,
)
from ecstui.model.shape import KeyValuePair
from ecstui.model.task import ContainerOverride, NetworkBinding, TaskOverride
from ecstui.model.task_definition import ContainerDependency, HealthCheck, MountPoint, Secret
from ecstui.store.journal import MemoryJournal
from ecstui.store.store import Store
from ecstui.ui.call_words import HIDDEN
from ecstui.ui.screens.task_containers import (
    COLUMNS,
    container_rows,
    environment_lines,
    variable_count,
)
from ecstui.ui.screens.task_facts import end_lines, fact_lines, state_words
from ecstui.ui.screens.task_words import (
    container_ports,
    depends_words,
    life_line,
    ports_of,
    steps_of,
    waits_of,
)
from ecstui.ui.spans import line_text
from ecstui.ui.table import plain
from tests.factories import NOW, a_container, a_definition, a_task, an_instance


def life(task, width=100, now=NOW + 60):
    return line_text(life_line(steps_of(task, now), width))


def bound(*bindings):
    task = a_task()
    container = task.containers[0].with_(
        network_bindings=tuple(
            NetworkBinding(bind_ip=ip, host_port=host, container_port=port, protocol=protocol)
            for ip, host, port, protocol in bindings
        )
    )
    return task.with_(containers=(container,))


# ---------------------------------------------------------------- ports


def test_a_port_is_told_with_the_address_that_reaches_it():
    task = bound(("127.0.2.1", 32768, 80, "tcp"), ("0.0.0.0", 53, 53, "udp"))
    assert [port.text for port in ports_of(task)] == [
        "127.0.2.1:32768→80",
        "localhost:53/udp",
    ]
    assert ports_of(task)[0].short_text == "32768→80"


def test_a_port_on_several_addresses_is_told_once():
    task = bound(("0.0.0.0", 80, 80, "tcp"), ("::", 80, 80, "tcp"))
    assert len(container_ports(task.containers[0])) == 1


# ---------------------------------------------------------------- life


def test_a_task_that_starts():
    assert life(a_task()) == "◆ pending 1m00s ─ ○ running ─ ○ stopping ─ ○ stopped"


def test_a_task_that_runs_tells_how_long_its_image_took():
    task = a_task(
        last_status=TaskStatus.RUNNING,
        pull_started_at=NOW + 1,
        pull_stopped_at=NOW + 3,
        started_at=NOW + 4,
    )
    assert life(task) == "✓ started 4s (image 2s) ─ ◆ running 56s ─ ○ stopping ─ ○ stopped"


def test_steps_to_come_are_left_out_where_there_is_no_room():
    task = a_task(last_status=TaskStatus.RUNNING, started_at=NOW + 4)
    assert life(task, width=50) == "✓ started 4s ─ ◆ running 56s ─ ○ stopping"
    assert life(task, width=10) == "✓ started 4s ─ ◆ running 56s"


def test_a_task_that_stops_and_one_that_has_stopped():
    stopping = a_task(
        last_status=TaskStatus.STOPPING,
        desired_status=DesiredStatus.STOPPED,
        started_at=NOW + 4,
        stopping_at=NOW + 50,
    )
    assert life(stopping) == "✓ started 4s ─ ✓ ran 46s ─ ◆ stopping 10s ─ ○ stopped"
    stopped = stopping.with_(last_status=TaskStatus.STOPPED, stopped_at=NOW + 58)
    assert life(stopped) == "✓ started 4s ─ ✓ ran 46s ─ ✓ stopped 8s"


def test_a_task_that_never_ran():
    task = a_task(
        last_status=TaskStatus.STOPPED,
        desired_status=DesiredStatus.STOPPED,
        stopping_at=NOW + 2,
        stopped_at=NOW + 2,
    )
    assert life(task) == "✗ started 2s ─ ○ running ─ ✓ stopped 0.0s"


def test_the_reason_of_the_end_is_told_with_its_code():
    task = a_task(
        desired_status=DesiredStatus.STOPPED,
        stop_code=StopCode.TASK_FAILED_TO_START,
        stopped_reason="CannotPullContainerError: \x1b[1mno such image",
    )
    (one,) = end_lines(task, 90)
    assert line_text(one) == "✗ TaskFailedToStart: CannotPullContainerError: no such image"
    assert end_lines(a_task(), 90) == []
    assert len(end_lines(task, 24, limit=2)) == 2


def test_the_state_in_words():
    task = a_task(last_status=TaskStatus.RUNNING, health_status=HealthStatus.UNHEALTHY)
    assert state_words(task) == "● RUNNING  ✗ UNHEALTHY"
    assert state_words(task.with_(desired_status=DesiredStatus.STOPPED)).startswith(
        "● RUNNING → STOPPED"
    )


# ---------------------------------------------------------------- containers


def a_pair():
    return a_definition(
        a_container(
            "api",
            environment=(
                KeyValuePair(name="URL", value="postgres://u:hunter2@db"),
                KeyValuePair(name="LEVEL", value="info"),
            ),
            secrets=(Secret(name="TOKEN", value_from="arn:aws:ssm:token"),),
            depends_on=(
                ContainerDependency(container_name="db", condition=DependencyCondition.HEALTHY),
            ),
            mount_points=(
                MountPoint(source_volume="data", container_path="/data", read_only=True),
            ),
        ),
        a_container("db", essential=False, health_check=HealthCheck(command=("CMD", "true"))),
    )


def cells(row):
    return {column.key: plain(column.cell(row, NOW)) for column in COLUMNS}


def test_a_container_tells_what_it_waits_for_until_it_starts():
    definition = a_pair()
    task = a_task(definition)
    rows = container_rows(task, definition, NOW)
    assert cells(rows["api"])["words"] == "waits for db to be HEALTHY"
    assert cells(rows["db"])["words"] == "not essential"
    assert waits_of(task, None, NOW) == {}
    running = [c.with_(last_status=ContainerStatus.RUNNING) for c in task.containers]
    rows = container_rows(task.with_(containers=tuple(running)), definition, NOW)
    assert cells(rows["api"])["words"] == "db HEALTHY"
    assert cells(rows["db"])["health"] == "…"
    assert cells(rows["api"])["health"] == "–"


def test_a_container_that_failed_shows_code_and_reason():
    definition = a_pair()
    task = a_task(definition)
    dead = task.containers[0].with_(
        last_status=ContainerStatus.STOPPED,
        exit_code=137,
        reason="OutOfMemoryError",
        restart_count=2,
    )
    row = container_rows(task.with_(containers=(dead,)), definition, NOW)["api"]
    shown = cells(row)
    assert shown["state"] == "✗ stopped"
    assert shown["exit"] == "137"
    assert shown["restarts"] == "2"
    assert shown["words"] == "OutOfMemoryError"


def test_the_environment_is_hidden_until_it_is_asked_for():
    definition = a_pair()
    overrides = TaskOverride(
        container_overrides=(
            ContainerOverride(
                name="api",
                environment=(
                    KeyValuePair(name="LEVEL", value="debug"),
                    KeyValuePair(name="EXTRA", value="yes"),
                ),
            ),
        )
    )
    task = a_task(definition, overrides=overrides)
    row = container_rows(task, definition, NOW)["api"]
    assert variable_count(task, row) == 4
    hidden = [line_text(one) for one in environment_lines(task, row, 60, is_revealed=False)]
    assert hidden == [
        f"URL    {HIDDEN}",
        f"LEVEL  {HIDDEN}  override",
        f"TOKEN  {HIDDEN}  secret",
        f"EXTRA  {HIDDEN}  override",
        "mount  /data ← data ro",
    ]
    shown = [line_text(one) for one in environment_lines(task, row, 60, is_revealed=True)]
    assert shown[0] == "URL    postgres://u:hunter2@db"
    assert shown[1] == "LEVEL  debug  override"


def test_a_container_without_variables_says_so():
    definition = a_definition()
    task = a_task(definition)
    row = container_rows(task, definition, NOW)["app"]
    assert line_text(environment_lines(task, row, 40, is_revealed=False)[0]) == "no variables"
    assert depends_words(None) == ""


# ---------------------------------------------------------------- facts


def test_facts_say_where_it_is_and_how_it_is_reached():
    store = Store(MemoryJournal())
    instance = an_instance("i-1", zone="zone-a")
    store.update(lambda tx: tx.put(instance))
    task = bound(("127.0.2.1", 32768, 80, "tcp")).with_(
        container_instance_arn=instance.container_instance_arn,
        availability_zone="zone-a",
        overrides=TaskOverride(
            container_overrides=(
                ContainerOverride(
                    name="app",
                    command=("sleep", "5"),
                    environment=(KeyValuePair(name="KEY", value="topsecret"),),
                ),
            )
        ),
    )
    lines = [line_text(one) for one in fact_lines(store, task, None, 70)]
    assert "open       http://127.0.2.1:32768 → app 80" in lines
    assert "instance   i-1, zone-a on engine local" in lines
    assert "override   app: command sleep 5; environment KEY" in lines
    assert "topsecret" not in "".join(lines)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"engine": "", "capacity_provider_name": "burst"},
            "instance   waits for an instance of capacity provider burst",
        ),
        ({"launch_type": LaunchType.FARGATE}, "instance   Fargate, zone-a"),
        (
            {"launch_type": LaunchType.FARGATE, "capacity_provider_name": "FARGATE_SPOT"},
            "instance   FARGATE_SPOT, zone-a",
        ),
    ],
)
def test_facts_of_a_task_without_an_instance(changes, words):
    values = {"container_instance_arn": None, "availability_zone": "zone-a"} | changes
    lines = fact_lines(Store(MemoryJournal()), a_task(**values), None, 70)
    assert words in [line_text(one) for one in lines]
