"""Placement over generated clusters: against a plain reading of ecs.md 5, and its promises."""

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ecstui.model.enums import PlacementConstraintType, PlacementStrategyType
from ecstui.model.service import PlacementConstraint, PlacementStrategy
from ecstui.model.task import Reservation
from ecstui.plan.placement import (
    Candidate,
    Capacity,
    Demand,
    Placed,
    Unplaced,
    choose_scale_in,
    place,
    place_all,
    take,
    zones_with_room,
)
from tests.factories import a_capacity, a_demand

DISTINCT = PlacementConstraint(type=PlacementConstraintType.DISTINCT_INSTANCE)
NEAR = PlacementConstraint(
    type=PlacementConstraintType.MEMBER_OF,
    expression="attribute:ecs.availability-zone != az-b and not(task:group == service:g2)",
)
STRATEGIES = [
    PlacementStrategy(type=PlacementStrategyType.SPREAD, field="attribute:ecs.availability-zone"),
    PlacementStrategy(type=PlacementStrategyType.SPREAD, field="attribute:rack"),
    PlacementStrategy(type=PlacementStrategyType.SPREAD, field="instanceId"),
    PlacementStrategy(type=PlacementStrategyType.BINPACK, field="cpu"),
    PlacementStrategy(type=PlacementStrategyType.BINPACK, field="memory"),
    PlacementStrategy(type=PlacementStrategyType.RANDOM),
]
PORTS = (80, 81, 443)
GROUPS = ("service:g1", "service:g2")

ports = st.frozensets(st.sampled_from(PORTS), max_size=2)


@st.composite
def capacities(draw):
    number = draw(st.integers(0, 7))
    return [
        a_capacity(
            f"i{n}",
            zone=draw(st.sampled_from(["az-a", "az-b", ""])),
            engine=draw(st.sampled_from(["one", "two"])),
            cpu_units=draw(st.integers(-1, 6)) * 256,
            memory_mib=draw(st.integers(0, 6)) * 128,
            is_active=draw(st.sampled_from([True, True, True, False])),
            agent_connected=draw(st.sampled_from([True, True, True, False])),
            used_tcp_ports=draw(ports),
            used_udp_ports=draw(ports),
            attributes=draw(st.sampled_from([{}, {"rack": "1"}, {"rack": "2"}])),
            task_groups=draw(st.dictionaries(st.sampled_from(GROUPS), st.integers(1, 3))),
        )
        for n in range(number)
    ]


@st.composite
def demands(draw):
    kinds = [
        a_demand(
            group=draw(st.sampled_from(GROUPS)),
            is_service=draw(st.booleans()),
            takes_host_network=draw(st.booleans()),
            reservation=Reservation(
                cpu_units=draw(st.sampled_from([0, 256, 300])),
                memory_mib=draw(st.sampled_from([0, 128])),
                tcp_ports=tuple(sorted(draw(ports))),
                udp_ports=tuple(sorted(draw(ports))),
            ),
        )
        for _ in range(draw(st.integers(1, 3)))
    ]
    chosen = draw(st.lists(st.sampled_from(kinds), max_size=12))
    return [replace(demand, salt=str(number)) for number, demand in enumerate(chosen)]


constraints = st.sampled_from([(), (DISTINCT,), (NEAR,), (DISTINCT, NEAR)])
strategies = st.lists(st.sampled_from(STRATEGIES), max_size=3, unique_by=id).map(tuple)


def allowed(demand: Demand, room: Capacity, rooms: list[Capacity], rules) -> bool:
    """The filters of ecs.md 5.1, written down plainly."""
    needs = demand.reservation
    shared = [r for r in rooms if r.engine == room.engine] if demand.takes_host_network else [room]
    tcp = {port for r in shared for port in r.used_tcp_ports}
    udp = {port for r in shared for port in r.used_udp_ports}
    return (
        room.is_active
        and room.agent_connected
        and (not needs.cpu_units or needs.cpu_units <= room.cpu_units)
        and (not needs.memory_mib or needs.memory_mib <= room.memory_mib)
        and not tcp.intersection(needs.tcp_ports)
        and not udp.intersection(needs.udp_ports)
        and (DISTINCT not in rules or not room.task_groups.get(demand.group))
        and (NEAR not in rules or (room.zone == "az-a" and "service:g2" not in room.task_groups))
    )


def rank(demand: Demand, room: Capacity, rooms: list[Capacity], chain) -> tuple[int, ...]:
    """The order of ecs.md 5.2, written down plainly."""

    def of(strategy):
        match strategy.type, strategy.field:
            case PlacementStrategyType.BINPACK, "cpu":
                return room.cpu_units
            case PlacementStrategyType.BINPACK, _:
                return room.memory_mib
            case _, "instanceId":
                return room.task_groups.get(demand.group, 0)
            case _, field:
                name = (field or "").removeprefix("attribute:")
                same = [r for r in rooms if r.attribute(name) == room.attribute(name)]
                return sum(r.task_groups.get(demand.group, 0) for r in same)

    if not chain and demand.is_service:
        chain = (STRATEGIES[0], STRATEGIES[2])
    until = next(
        (n for n, s in enumerate(chain) if s.type is PlacementStrategyType.RANDOM), len(chain)
    )
    return tuple(of(strategy) for strategy in chain[:until])


def taken(rooms: list[Capacity], demand: Demand, arn: str) -> list[Capacity]:
    """The rooms after a placement."""
    engine = next(room.engine for room in rooms if room.instance_arn == arn)
    after = []
    for room in rooms:
        if room.instance_arn == arn:
            after.append(take(room, demand))
        elif demand.takes_host_network and room.engine == engine:
            tcp = room.used_tcp_ports | frozenset(demand.reservation.tcp_ports)
            udp = room.used_udp_ports | frozenset(demand.reservation.udp_ports)
            after.append(replace(room, used_tcp_ports=tcp, used_udp_ports=udp))
        else:
            after.append(room)
    return after


@settings(max_examples=200, deadline=None)
@given(capacities(), demands(), constraints, strategies)
def test_each_task_goes_to_a_best_instance_that_may_take_it(rooms, wanted, rules, chain):
    placements = place_all(wanted, rooms, rules, chain)
    assert len(placements) == len(wanted)
    for demand, placement in zip(wanted, placements, strict=True):
        candidates = [room for room in rooms if allowed(demand, room, rooms, rules)]
        if isinstance(placement, Unplaced):
            assert not candidates
            active = [room.instance_arn for room in rooms if room.is_active]
            assert [refusal.instance_arn for refusal in placement.reasons] == active
            continue
        best = min(rank(demand, room, rooms, chain) for room in candidates)
        chosen = next(room for room in candidates if room.instance_arn == placement.instance_arn)
        assert rank(demand, chosen, rooms, chain) == best
        rooms = taken(rooms, demand, placement.instance_arn)


@settings(max_examples=150, deadline=None)
@given(capacities(), demands(), constraints, strategies)
def test_nothing_is_promised_twice(rooms, wanted, rules, chain):
    placements = place_all(wanted, rooms, rules, chain)
    for room in rooms:
        here = [
            demand.reservation
            for demand, placement in zip(wanted, placements, strict=True)
            if isinstance(placement, Placed) and placement.instance_arn == room.instance_arn
        ]
        assert sum(r.cpu_units for r in here) <= max(0, room.cpu_units)
        assert sum(r.memory_mib for r in here) <= room.memory_mib
        tcp = Counter(port for r in here for port in r.tcp_ports)
        udp = Counter(port for r in here for port in r.udp_ports)
        assert not here or max((tcp | udp).values(), default=0) <= 1
        assert not room.used_tcp_ports.intersection(tcp)
        assert not room.used_udp_ports.intersection(udp)


@settings(max_examples=100, deadline=None)
@given(capacities(), demands(), constraints, strategies)
def test_together_is_as_one_after_another(rooms, wanted, rules, chain):
    together = place_all(wanted, rooms, rules, chain)
    for demand, placement in zip(wanted, together, strict=True):
        alone = place(demand, rooms, rules, chain)
        assert isinstance(alone, Placed) == isinstance(placement, Placed)
        if isinstance(placement, Placed):
            rooms = taken(rooms, demand, placement.instance_arn)


@settings(max_examples=30, deadline=None)
@given(capacities(), demands(), constraints, strategies)
def test_the_same_question_has_the_same_answer(rooms, wanted, rules, chain):
    assert place_all(wanted, rooms, rules, chain) == place_all(wanted, rooms, rules, chain)


@st.composite
def candidates(draw):
    return [
        Candidate(
            task_arn=f"t{n}",
            instance_arn=a_capacity(instance := draw(st.sampled_from("ABCDE"))).instance_arn,
            zone=f"az-{'a' if instance in 'AB' else 'b'}",
            is_on_draining=draw(st.booleans()),
            is_pending=draw(st.booleans()),
            is_unhealthy=draw(st.booleans()),
            deployment_created_at=draw(st.integers(1, 2)),
            reservation=Reservation(cpu_units=draw(st.sampled_from([128, 256]))),
        )
        for n in range(draw(st.integers(0, 12)))
    ]


@settings(max_examples=150, deadline=None)
@given(candidates(), strategies, st.integers(0, 14))
def test_scale_in_orders_all_candidates_once(given_, chain, count):
    rooms = [a_capacity(name, zone=f"az-{'a' if name in 'AB' else 'b'}") for name in "ABCD"]
    order = choose_scale_in(given_, rooms, chain)
    assert Counter(order) == Counter(given_)
    classes = [
        (not c.is_on_draining, not c.is_pending, not c.is_unhealthy, c.deployment_created_at)
        for c in order
    ]
    assert classes == sorted(classes)
    assert choose_scale_in(given_, rooms, chain, count=count) == order[:count]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from("ABCDE"), max_size=15), st.integers(0, 15))
def test_scale_in_of_a_spread_service_keeps_it_spread(instances, count):
    """No zone that gave one up is left with fewer than any other by more than one."""
    given_ = [
        Candidate(f"t{n}", a_capacity(name).instance_arn, f"az-{name}")
        for n, name in enumerate(instances)
    ]
    stopped = choose_scale_in(given_, count=count)
    left = Counter(c.zone for c in given_) - Counter(c.zone for c in stopped)
    for zone in {c.zone for c in stopped}:
        assert left[zone] >= max(left.values(), default=0) - 1


@settings(max_examples=150, deadline=None)
@given(capacities(), demands(), constraints, strategies)
def test_one_zone_alone_is_as_if_the_others_were_draining(rooms, wanted, rules, chain):
    for zone in ("az-a", "az-b"):
        closed = [replace(room, is_active=room.is_active and room.zone == zone) for room in rooms]
        expected = place_all(wanted, closed, rules, chain)
        assert place_all(wanted, rooms, rules, chain, zone=zone) == expected


@settings(max_examples=150, deadline=None)
@given(capacities(), demands().filter(bool), constraints)
def test_a_zone_has_room_when_a_task_can_be_placed_there(rooms, wanted, rules):
    expected = {room.zone for room in rooms if allowed(wanted[0], room, rooms, rules)}
    assert zones_with_room(wanted[0], rooms, rules) == expected
