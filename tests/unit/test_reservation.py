"""Container records of a new task, and what placement counts of it (ecs.md 2.4, 2.5)."""

import pytest

from ecstui.model.task import ContainerOverride, Reservation, TaskOverride
from ecstui.plan.translate import (
    containers_of,
    engine_name,
    reservation_of,
)
from tests.factories import (
    CLUSTER,
    NAMES,
    a_container,
    a_definition,
    a_port,
    an_id,
    ids,
)

TASK_ID = an_id("task")


def test_container_records_are_pending_with_sizes_as_text():
    override = ContainerOverride(name="b", memory=99)
    definition = a_definition(
        a_container("a", cpu=10, memory=20), a_container("b", essential=False, memory_reservation=5)
    )
    overrides = TaskOverride(container_overrides=(override,))
    first, second = containers_of(definition, NAMES, CLUSTER, TASK_ID, ids(), overrides)
    assert (first.name, first.cpu, first.memory, first.memory_reservation) == (
        "a",
        "10",
        "20",
        None,
    )
    assert (second.memory, second.memory_reservation, second.essential) == ("99", "5", False)
    assert first.container_arn != second.container_arn
    assert first.task_arn == NAMES.task(CLUSTER, TASK_ID)
    assert first.engine_name == engine_name(definition, "a", TASK_ID)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, Reservation(cpu_units=74, memory_mib=84)),
        ({"cpu": "512"}, Reservation(cpu_units=512, memory_mib=84)),
        ({"memory": "1 GB"}, Reservation(cpu_units=74, memory_mib=1024)),
        ({"cpu": ".25 vcpu", "memory": ".5 gb"}, Reservation(cpu_units=256, memory_mib=512)),
    ],
)
def test_what_placement_counts(members, expected):
    definition = a_definition(
        a_container("a"), a_container("b", cpu=10, memory=100, memory_reservation=20), **members
    )
    assert reservation_of(definition) == expected


def test_overrides_change_what_placement_counts():
    override = ContainerOverride(name="app", cpu=1000, memory_reservation=7)
    overrides = TaskOverride(container_overrides=(override,))
    expected = Reservation(cpu_units=1000, memory_mib=7)
    assert reservation_of(a_definition(), overrides) == expected
    assert reservation_of(a_definition(), TaskOverride(cpu="256", memory="512")) == Reservation(
        cpu_units=256, memory_mib=512
    )


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (None, ((8080,), (53,))),
        ("bridge", ((8080,), (53,))),
        ("host", ((81, 8080), (53,))),
        ("awsvpc", ((), ())),
        ("none", ((), ())),
    ],
)
def test_static_ports_by_network_mode(mode, expected):
    app = a_container(
        port_mappings=(a_port(80, 8080), a_port(81, 0), a_port(53, 53, protocol="udp"))
    )
    reservation = reservation_of(a_definition(app, network_mode=mode))
    assert (reservation.tcp_ports, reservation.udp_ports) == expected
