"""Which tasks stop first (ecs.md 5.5, 5.7)."""

from collections import Counter

from ecstui.model.enums import PlacementStrategyType
from ecstui.model.service import CapacityProviderStrategyItem, PlacementStrategy
from ecstui.model.task import Reservation
from ecstui.plan.placement import Candidate, choose_scale_in
from tests.factories import a_capacity

NEEDS = Reservation(cpu_units=256, memory_mib=512)


def binpack(field):
    return PlacementStrategy(type=PlacementStrategyType.BINPACK, field=field)


def spread(field):
    return PlacementStrategy(type=PlacementStrategyType.SPREAD, field=field)


RANDOM = PlacementStrategy(type=PlacementStrategyType.RANDOM)


def a_candidate(name, instance="A1", **changes):
    values = {"instance_arn": a_capacity(instance).instance_arn, "zone": f"az-{instance[0]}"}
    return Candidate(**({"task_arn": name, "reservation": NEEDS} | values | changes))


def names(candidates):
    return [candidate.task_arn for candidate in candidates]


def zones_left(candidates, stopped):
    gone = set(names(stopped))
    return Counter(c.zone for c in candidates if c.task_arn not in gone)


def test_six_to_four_without_strategy_keeps_every_zone():
    candidates = [
        a_candidate(f"t{n}", instance)
        for n, instance in enumerate(("A1", "A2", "B1", "B2", "C1", "C2"))
    ]
    stopped = choose_scale_in(candidates, count=2)
    assert sorted(zones_left(candidates, stopped).values()) == [1, 1, 2]


def test_the_fullest_instance_of_the_fullest_zone_gives_first():
    candidates = [
        a_candidate("t1", "A1"),
        a_candidate("t2", "A2"),
        a_candidate("t3", "A2"),
        a_candidate("t4", "B1"),
        a_candidate("t5", "B1"),
    ]
    (first,) = choose_scale_in(candidates, count=1)
    assert first.task_arn in ("t2", "t3")


def test_after_binpack_the_instance_that_becomes_empty_goes_first():
    candidates = [*(a_candidate(f"t{n}", "A1") for n in range(4)), a_candidate("single", "A2")]
    capacities = [a_capacity("A1", cpu_units=0), a_capacity("A2", cpu_units=768)]
    stopped = choose_scale_in(candidates, capacities, (binpack("cpu"),))
    assert names(stopped)[0] == "single"


def test_binpack_goes_on_where_it_has_begun():
    candidates = [a_candidate(f"{name}{n}", name) for name in ("A1", "A2") for n in range(2)]
    capacities = [a_capacity("A1", memory_mib=1024), a_capacity("A2", memory_mib=1025)]
    stopped = choose_scale_in(candidates, capacities, (binpack("memory"),))
    assert [name[:2] for name in names(stopped)] == ["A2", "A2", "A1", "A1"]


def test_draining_then_pending_then_unhealthy_then_older_deployments():
    candidates = [
        a_candidate("new", deployment_created_at=2),
        a_candidate("old", deployment_created_at=1),
        a_candidate("sick", is_unhealthy=True, deployment_created_at=2),
        a_candidate("pending", is_pending=True, deployment_created_at=2),
        a_candidate("pending on draining", is_pending=True, is_on_draining=True),
        a_candidate("draining", is_on_draining=True, deployment_created_at=2),
    ]
    assert names(choose_scale_in(candidates)) == [
        "pending on draining",
        "draining",
        "pending",
        "sick",
        "old",
        "new",
    ]


def test_classes_keep_the_spread_in_mind():
    """A pending task that stops counts: afterwards its zone has one less."""
    candidates = [
        a_candidate("a1", "A1"),
        a_candidate("a2", "A1", is_pending=True),
        a_candidate("b1", "B1"),
        a_candidate("b2", "B1"),
    ]
    assert [c.zone for c in choose_scale_in(candidates, count=2)] == ["az-A", "az-B"]


def test_of_one_instance_the_youngest_goes_first():
    candidates = [a_candidate(f"t{n}", task_created_at=n) for n in (2, 9, 5)]
    assert names(choose_scale_in(candidates)) == ["t9", "t5", "t2"]


def test_spread_over_an_attribute_of_the_instance():
    capacities = [
        a_capacity("A1", attributes={"rack": "x"}),
        a_capacity("B1", attributes={"rack": "x"}),
        a_capacity("C1", attributes={"rack": "y"}),
    ]
    candidates = [a_candidate("t1", "A1"), a_candidate("t2", "B1"), a_candidate("t3", "C1")]
    (first,) = choose_scale_in(candidates, capacities, (spread("attribute:rack"),), count=1)
    assert first.task_arn in ("t1", "t2")


def test_random_is_the_same_each_time():
    candidates = [a_candidate(f"t{n}", f"A{n}") for n in range(20)]
    order = choose_scale_in(candidates, (), (RANDOM,))
    assert order == choose_scale_in(candidates, (), (RANDOM,))
    assert sorted(names(order)) == sorted(names(candidates))
    assert names(order) != names(candidates)


def test_nobody_is_chosen_of_none():
    assert choose_scale_in([]) == ()
    assert choose_scale_in([a_candidate("t")], count=0) == ()


def test_what_stays_is_shared_by_the_capacity_providers():
    on_demand = [a_candidate(f"d{n}", "AB"[n % 2] + "1", provider="D") for n in range(4)]
    spot = [a_candidate(f"s{n}", "AB"[n % 2] + "2", provider="S") for n in range(6)]
    providers = (
        CapacityProviderStrategyItem(capacity_provider="D", base=2, weight=1),
        CapacityProviderStrategyItem(capacity_provider="S", weight=3),
    )
    candidates = [*spot, *on_demand]
    for count, wanted in ((4, {"D": 3, "S": 3}), (8, {"D": 2})):
        gone = choose_scale_in(candidates, count=count, providers=providers)
        stay = [candidate for candidate in candidates if candidate not in gone]
        assert Counter(candidate.provider for candidate in stay) == wanted
        zones = Counter(candidate.zone for candidate in stay)
        assert abs(zones["az-A"] - zones["az-B"]) <= 1
