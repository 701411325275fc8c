"""Placement: the worked placements of ecs.md 5.7, and the rules behind them."""

from collections import Counter

import pytest

from ecstui.base.ids import short_name
from ecstui.model.enums import PlacementConstraintType, PlacementStrategyType
from ecstui.model.service import PlacementConstraint, PlacementStrategy
from ecstui.model.task import Reservation, TaskOverride
from ecstui.model.task_definition import Attribute, RuntimePlatform
from ecstui.plan.placement import (
    Placed,
    RefusalReason,
    Unplaced,
    closest,
    default_strategies,
    demand_of,
    explain,
    failures_of,
    is_eligible,
    place,
    place_all,
    take,
)
from tests.factories import a_capacity, a_container, a_definition, a_demand, a_port, an_id

WEB = "service:web"
NAMES = ("A1", "A2", "B1", "B2", "C1", "C2")
NAME_OF = {an_id(name): name for name in NAMES}

DISTINCT = PlacementConstraint(type=PlacementConstraintType.DISTINCT_INSTANCE)


def member_of(expression):
    return PlacementConstraint(type=PlacementConstraintType.MEMBER_OF, expression=expression)


def spread(field):
    return PlacementStrategy(type=PlacementStrategyType.SPREAD, field=field)


def binpack(field):
    return PlacementStrategy(type=PlacementStrategyType.BINPACK, field=field)


RANDOM = PlacementStrategy(type=PlacementStrategyType.RANDOM)
ZONE = spread("attribute:ecs.availability-zone")


def six(**changes):
    """A1 A2, B1 B2, C1 C2, each empty; by name what differs."""
    return [
        a_capacity(name, zone=f"az-{name[0].lower()}", **changes.get(name, {})) for name in NAMES
    ]


def demands(number, **changes):
    values = {"is_service": True} | changes
    return [a_demand(salt, group=WEB, **values) for salt in range(number)]


def names_of(placements):
    return [
        NAME_OF[short_name(p.instance_arn)] if isinstance(p, Placed) else None for p in placements
    ]


# -- ecs.md 5.7, row by row ------------------------------------------------------------------------


def test_a_service_without_strategy_takes_each_zone_then_each_instance():
    names = names_of(place_all(demands(6), six()))
    assert sorted(name[0] for name in names[:3]) == ["A", "B", "C"]
    assert sorted(names) == sorted(NAMES)


def test_a_full_zone_does_not_stop_the_others():
    full = {"memory_mib": 0}
    names = names_of(place_all(demands(6), six(A1=full, A2=full)))
    assert Counter(name[0] for name in names) == {"B": 3, "C": 3}
    assert set(names[:4]) == {"B1", "B2", "C1", "C2"}


def test_the_task_that_fits_nowhere_is_refused_for_cpu():
    placements = place_all(demands(25), six())
    assert Counter(names_of(placements)) == dict.fromkeys(NAMES, 4) | {None: 1}
    last = placements[-1]
    assert isinstance(last, Unplaced)
    assert {refusal.reason for refusal in last.reasons} == {RefusalReason.CPU}
    assert len(last.reasons) == 6


def test_spread_over_zones_then_binpack_fills_one_instance_of_each():
    names = names_of(place_all(demands(6), six(), strategies=(ZONE, binpack("memory"))))
    counts = Counter(names)
    assert sorted(counts.values()) == [2, 2, 2]
    assert sorted(name[0] for name in counts) == ["A", "B", "C"]


def test_binpack_fills_one_instance_before_the_next():
    names = names_of(place_all(demands(5), six(), strategies=(binpack("cpu"),)))
    assert len(set(names[:4])) == 1
    assert names[4] != names[0]


def test_distinct_instance_takes_each_instance_once():
    placements = place_all(demands(7), six(), constraints=(DISTINCT,))
    assert sorted(names_of(placements[:6])) == sorted(NAMES)
    last = placements[6]
    assert isinstance(last, Unplaced)
    assert {refusal.reason for refusal in last.reasons} == {RefusalReason.DISTINCT_INSTANCE}


def test_a_static_port_takes_each_instance_once():
    needs = Reservation(cpu_units=1, memory_mib=1, tcp_ports=(80,))
    placements = place_all(demands(7, reservation=needs), six())
    assert sorted(names_of(placements[:6])) == sorted(NAMES)
    last = placements[6]
    assert isinstance(last, Unplaced)
    assert {str(refusal.reason) for refusal in last.reasons} == {"RESOURCE:PORTS"}
    assert "is already using a port required by your task." in explain(last)


def test_member_of_zones():
    only = member_of("attribute:ecs.availability-zone in [az-a, az-b]")
    names = names_of(place_all(demands(3), six(), constraints=(only,)))
    assert {name[0] for name in names[:2]} == {"A", "B"}
    assert names[2][0] in "AB"


def test_not_where_a_group_runs():
    apart = member_of("not(task:group == service:db)")
    capacities = six(A1={"task_groups": {"service:db": 1}})
    names = names_of(place_all(demands(60), capacities, (apart,)))
    assert "A1" not in names
    assert set(filter(None, names)) == set(NAMES) - {"A1"}


def test_run_task_without_strategy_goes_anywhere():
    one_by_one = [place(a_demand(salt, group="family:job"), six()) for salt in range(60)]
    assert set(names_of(one_by_one)) == set(NAMES)
    together = names_of(place_all(demands(3, is_service=False), six()))
    assert None not in together


# -- strategies ------------------------------------------------------------------------------------


def test_the_same_salt_gives_the_same_instance():
    assert place_all(demands(20), six()) == place_all(demands(20), six())


def test_another_salt_may_give_another_instance():
    assert len(set(names_of([place(demand, six()) for demand in demands(30)]))) > 1


def test_spread_counts_tasks_of_its_own_group_only():
    capacities = six(A1={"task_groups": {"service:other": 9}}, B1={"task_groups": {WEB: 1}})
    names = names_of(place_all(demands(2), capacities))
    assert sorted(name[0] for name in names) == ["A", "C"]


def test_spread_counts_tasks_on_instances_that_take_no_more():
    draining = {"task_groups": {WEB: 3}, "is_active": False}
    names = names_of(place_all(demands(4), six(A1=draining)))
    assert {name[0] for name in names} == {"B", "C"}


@pytest.mark.parametrize("field", ["instanceId", "host"])
def test_spread_over_instances(field):
    capacities = six(A1={"task_groups": {WEB: 1}})
    names = names_of(place_all(demands(5), capacities, strategies=(spread(field),)))
    assert sorted(names) == ["A2", "B1", "B2", "C1", "C2"]


def test_spread_over_an_own_attribute_with_instances_that_have_none():
    rack = {"attributes": {"rack": "r1"}}
    capacities = six(A1=rack, A2=rack, B1={"attributes": {"rack": "r2"}})
    names = names_of(place_all(demands(3), capacities, strategies=(spread("attribute:rack"),)))
    assert sorted("r1" if n in ("A1", "A2") else n if n == "B1" else "none" for n in names) == [
        "B1",
        "none",
        "r1",
    ]


def test_spread_after_binpack_breaks_its_ties():
    strategies = (binpack("memory"), ZONE)
    capacities = six(A1={"task_groups": {WEB: 1}}, B1={"task_groups": {WEB: 1}})
    assert names_of([place(demands(1)[0], capacities, (), strategies)])[0][0] == "C"


def test_nothing_counts_after_random():
    chosen = {
        names_of([place(demand, six(A1={"cpu_units": 300}), (), (RANDOM, binpack("cpu")))])[0]
        for demand in demands(60)
    }
    assert chosen == set(NAMES)


def test_binpack_by_memory_is_not_binpack_by_cpu():
    capacities = six(A1={"cpu_units": 300}, B1={"memory_mib": 600})
    demand = demands(1)[0]
    assert names_of([place(demand, capacities, (), (binpack("cpu"),))]) == ["A1"]
    assert names_of([place(demand, capacities, (), (binpack("memory"),))]) == ["B1"]


def test_default_strategies():
    assert [s.field for s in default_strategies(is_service=True)] == [
        "attribute:ecs.availability-zone",
        "instanceId",
    ]
    assert default_strategies(is_service=False) == (RANDOM,)


# -- filters ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"agent_connected": False, "cpu_units": 0}, RefusalReason.AGENT),
        ({"attributes": {}, "cpu_units": 0}, RefusalReason.ATTRIBUTE),
        ({"zone": "elsewhere", "cpu_units": 0}, RefusalReason.MEMBER_OF),
        ({"task_groups": {WEB: 1}, "cpu_units": 0}, RefusalReason.DISTINCT_INSTANCE),
        ({"cpu_units": 255, "memory_mib": 0}, RefusalReason.CPU),
        ({"memory_mib": 511, "used_tcp_ports": frozenset({80})}, RefusalReason.MEMORY),
        ({"used_tcp_ports": frozenset({80})}, RefusalReason.PORTS),
        ({"used_udp_ports": frozenset({53})}, RefusalReason.PORTS),
    ],
)
def test_the_first_check_that_fails_is_told(state, reason):
    needs = Reservation(cpu_units=256, memory_mib=512, tcp_ports=(80,), udp_ports=(53,))
    demand = a_demand(
        group=WEB, reservation=needs, required_attributes=(Attribute(name="gpu", value="a"),)
    )
    values = {"attributes": {"gpu": "a"}, "zone": "az-a"} | state
    placement = place(
        demand,
        [a_capacity(**values)],
        (member_of("attribute:ecs.availability-zone == az-a"), DISTINCT),
    )
    assert isinstance(placement, Unplaced)
    assert [refusal.reason for refusal in placement.reasons] == [reason]


def test_what_is_missing_is_told_in_amounts_and_words():
    needs = Reservation(cpu_units=100, memory_mib=512, tcp_ports=(80, 81), udp_ports=(81,))
    small = a_capacity("small", memory_mib=128)
    taken = a_capacity("taken", used_tcp_ports=frozenset({81}), used_udp_ports=frozenset({81}))
    placement = place(a_demand(reservation=needs), [small, taken])
    assert isinstance(placement, Unplaced)
    memory, ports = placement.reasons
    assert (memory.missing_amount, memory.detail) == (384, "needs 512 MiB, 128 MiB left")
    assert (ports.missing_amount, ports.detail) == (None, "host port 81/tcp, 81/udp in use")


def test_a_task_that_reserves_nothing_fits_where_nothing_is_left():
    full = a_capacity(cpu_units=-256, memory_mib=0)
    assert isinstance(place(a_demand(reservation=Reservation()), [full]), Placed)


def test_an_expression_that_cannot_be_read_places_nothing():
    placement = place(a_demand(), [a_capacity()], (member_of("nonsense"),))
    assert isinstance(placement, Unplaced)
    assert "cannot be read" in placement.reasons[0].detail


def test_a_port_of_the_host_is_taken_on_every_instance_of_its_engine():
    needs = Reservation(cpu_units=1, memory_mib=1, tcp_ports=(80,))
    capacities = [
        a_capacity("A1", engine="one"),
        a_capacity("A2", engine="one"),
        a_capacity("B1", engine="two"),
    ]
    host = demands(3, reservation=needs, takes_host_network=True)
    placements = place_all(host, capacities)
    assert sum(isinstance(p, Placed) for p in placements) == 2
    of_one = place_all([host[0], *demands(1, reservation=needs)], capacities[:2])
    assert [type(placement) for placement in of_one] == [Placed, Unplaced]
    after = [take(capacities[0], demands(1, reservation=needs)[0]), *capacities[1:]]
    assert names_of([place(host[0], after)]) == ["B1"]


def test_instances_that_are_not_active_are_no_candidates():
    placement = place(a_demand(), [a_capacity(is_active=False)])
    assert placement == Unplaced(())


def test_eligible_for_a_daemon_even_when_full():
    definition = a_definition().with_(requires_attributes=(Attribute(name="gpu"),))
    assert is_eligible(a_capacity(attributes={"gpu": None}, cpu_units=0), definition, (DISTINCT,))
    assert not is_eligible(a_capacity(), definition, ())
    assert not is_eligible(a_capacity(attributes={"gpu": None}, is_active=False), definition, ())
    elsewhere = (member_of("attribute:gpu == b"),)
    assert not is_eligible(a_capacity(attributes={"gpu": "a"}), definition, elsewhere)


# -- many at once ----------------------------------------------------------------------------------


def test_capacities_given_are_not_changed():
    capacities = six()
    place_all(demands(20), capacities)
    assert capacities == six()


def test_a_placement_reduces_what_is_left():
    needs = Reservation(cpu_units=1, memory_mib=2, tcp_ports=(80,), udp_ports=(53,))
    before = a_capacity(task_groups={WEB: 1})
    after = take(before, a_demand(group=WEB, reservation=needs))
    assert (after.cpu_units, after.memory_mib) == (1023, 2046)
    assert (set(after.used_tcp_ports), set(after.used_udp_ports)) == ({80}, {53})
    assert after.task_groups == {WEB: 2}
    assert before.task_groups == {WEB: 1}


def test_different_demands_see_what_the_ones_before_took():
    big = a_demand("big", reservation=Reservation(cpu_units=1000, memory_mib=1))
    small = a_demand("small", reservation=Reservation(cpu_units=100, memory_mib=1))
    placements = place_all([big, small, big], [a_capacity("A1")])
    assert names_of(placements) == ["A1", None, None]


# -- words -----------------------------------------------------------------------------------------

START = "was unable to place a task because no container instance met all of its requirements."
END = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."


def test_no_instances_at_all():
    words = explain(Unplaced(()))
    assert words == f"{START} Reason: No Container Instances were found in your cluster. {END}"
    (failure,) = failures_of(Unplaced(()))
    assert failure.reason == "No Container Instances were found in your cluster."


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"cpu_units": 0}, "has insufficient CPU units available."),
        ({"memory_mib": 0}, "has insufficient memory available."),
        ({"agent_connected": False}, 'encountered error "AGENT".'),
    ],
)
def test_the_event_names_the_closest_instance(state, sentence):
    placement = place(a_demand(), [a_capacity("A1", **state)])
    assert isinstance(placement, Unplaced)
    assert explain(placement) == (
        f"{START} The closest matching (container-instance {an_id('A1')}) {sentence} {END}"
    )


def test_the_closest_failed_last_and_has_most_left():
    capacities = [
        a_capacity("A1", cpu_units=0),
        a_capacity("A2", memory_mib=100),
        a_capacity("B1", memory_mib=200),
        a_capacity("B2", agent_connected=False),
    ]
    placement = place(a_demand(), capacities)
    assert isinstance(placement, Unplaced)
    best = closest(placement)
    assert best is not None
    assert NAME_OF[short_name(best.instance_arn)] == "B1"


def test_at_most_ten_failures_are_reported():
    placement = place(a_demand(), [a_capacity(f"i{n}", cpu_units=0) for n in range(12)])
    assert isinstance(placement, Unplaced)
    failures = failures_of(placement)
    assert len(failures) == 10
    assert len(placement.reasons) == 12
    assert failures[0].arn == a_capacity("i0").instance_arn
    assert failures[0].reason == "RESOURCE:CPU"
    assert failures[0].detail == "needs 256 CPU units, 0 left"


# -- from a definition -----------------------------------------------------------------------------


def test_a_demand_of_a_definition():
    app = a_container(cpu=10, memory=20, port_mappings=(a_port(80),))
    definition = a_definition(
        app,
        network_mode="host",
        requires_attributes=(Attribute(name="ecs.capability.task-eni"),),
        runtime_platform=RuntimePlatform(operating_system_family="WINDOWS_SERVER_2022_CORE"),
    )
    demand = demand_of(
        definition, WEB, "salt", is_service=True, overrides=TaskOverride(memory="64")
    )
    assert demand.reservation == Reservation(
        cpu_units=10, memory_mib=64, tcp_ports=(80,), takes_host_network=True
    )
    assert demand.takes_host_network
    assert demand.is_service
    assert [(a.name, a.value) for a in demand.required_attributes] == [
        ("ecs.capability.task-eni", None),
        ("ecs.os-type", "windows"),
    ]
