"""Where a capacity provider, or Fargate, puts a task; and when the task waits (ecs.md 4.6)."""

from dataclasses import replace

import pytest

from ecstui.model.enums import LaunchType
from ecstui.model.service import CapacityProviderStrategyItem
from ecstui.model.shape import Failure
from ecstui.model.task import AwsVpcConfiguration, NetworkConfiguration, Reservation
from ecstui.plan.capacity import Capacity, Demand
from ecstui.plan.fargate import FargatePool
from ecstui.plan.provider_placement import (
    MOST_WAITING,
    Berth,
    Launching,
    ProviderFacts,
    Surroundings,
    place_by_provider,
)
from ecstui.plan.refusal import Unplaced, explain, failures_of

SCALED = ProviderFacts("scaled", is_fargate=False, is_scaled=True)
FIXED = ProviderFacts("fixed", is_fargate=False)
SPOT = ProviderFacts("FARGATE_SPOT", is_fargate=True)
ZONES = ("zone-a", "zone-b", "zone-c")
POOL = FargatePool("docker", "127.0.0.1", ZONES, "default")
AROUND = Surroundings("default", {f.name: f for f in (SCALED, FIXED, SPOT)}, (POOL,))


def instance(name: str, provider: str, cpu_units: int = 512) -> Capacity:
    return Capacity(
        instance_arn=name,
        instance_id=name,
        cluster_name="default",
        engine="docker",
        ip="",
        zone="zone-a",
        is_active=True,
        agent_connected=True,
        cpu_units=cpu_units,
        memory_mib=4096,
        capacity_provider=provider,
    )


def by(*items: tuple[str, int], **members) -> Launching:
    strategy = tuple(
        CapacityProviderStrategyItem(capacity_provider=name, weight=weight)
        for name, weight in items
    )
    return Launching(strategy=strategy, **members)


def demands(number: int, cpu_units: int = 256) -> list[Demand]:
    reservation = Reservation(cpu_units=cpu_units, memory_mib=512)
    return [Demand(reservation, "service:web", str(n), is_service=True) for n in range(number)]


def words(berth: Berth | Unplaced) -> str:
    """Where a task goes, in one word."""
    if isinstance(berth, Unplaced):
        return berth.failure or "unplaced"
    return "waits" if berth.is_waiting else berth.capacity.instance_arn or berth.capacity.zone


def placed(number, capacities, launching, surroundings=AROUND, cpu_units=256):
    found = place_by_provider(demands(number, cpu_units), capacities, surroundings, launching)
    return [words(berth) for berth in found]


def test_a_task_goes_to_an_instance_of_its_provider_only():
    there = [instance("i-1", "fixed"), instance("i-2", "scaled"), instance("i-3", "")]
    assert placed(2, there, by(("scaled", 1))) == ["i-2", "i-2"]


def test_without_room_it_waits_where_instances_may_come():
    assert placed(4, [instance("i-2", "scaled")], by(("scaled", 1))) == [
        "i-2",
        "i-2",
        "waits",
        "waits",
    ]


def test_without_managed_scaling_it_does_not_wait():
    assert placed(3, [instance("i-1", "fixed")], by(("fixed", 1))) == ["i-1", "i-1", "unplaced"]
    (unplaced,) = place_by_provider(demands(1), [], AROUND, by(("fixed", 1)))
    assert isinstance(unplaced, Unplaced)
    assert unplaced.failure == "EMPTY CAPACITY PROVIDER"
    assert unplaced.sentence.endswith(
        "No Container Instances were found in your capacity provider."
    )


def test_instances_that_are_all_draining_are_no_empty_provider():
    draining = replace(instance("i-1", "fixed"), is_active=False)
    (unplaced,) = place_by_provider(demands(1), [draining], AROUND, by(("fixed", 1)))
    assert isinstance(unplaced, Unplaced)
    assert failures_of(unplaced) == (Failure(reason="NO ACTIVE INSTANCES"),)
    assert explain(unplaced).endswith(
        "No Container Instances were found in your capacity provider."
    )
    assert placed(1, [replace(draining, capacity_provider="scaled")], by(("fixed", 1))) == [
        "EMPTY CAPACITY PROVIDER"
    ]


def test_no_more_than_five_hundred_wait():
    crowded = Surroundings("default", AROUND.providers, waiting=MOST_WAITING - 1)
    first, second = placed(2, [], by(("scaled", 1)), crowded)
    assert (first, second) == ("waits", "The tasks provisioning capacity limit was exceeded.")


def test_weights_hold_across_providers_and_the_order_stays():
    there = [instance("i-1", "fixed"), instance("i-2", "scaled", 256)]
    assert placed(4, there, by(("fixed", 1), ("scaled", 1))) == ["i-1", "i-2", "i-1", "waits"]


def test_launch_type_fargate_has_no_provider_and_no_instance():
    (berth,) = place_by_provider(demands(1), [instance("i-1", "")], AROUND, Launching())
    assert isinstance(berth, Berth)
    assert (berth.launch_type, berth.capacity_provider) == (LaunchType.FARGATE, None)
    assert (berth.capacity.engine, berth.capacity.instance_arn) == ("docker", "")


@pytest.mark.parametrize(
    ("subnets", "zones"),
    [
        (("s-1",), ["zone-a"] * 4),
        (("s-1", "s-2"), ["zone-a", "zone-b", "zone-a", "zone-b"]),
        (("s-1", "s-2", "s-3", "s-4"), ["zone-a", "zone-b", "zone-c", "zone-a"]),
    ],
)
def test_fargate_spreads_over_the_zones_of_the_subnets(subnets, zones):
    network = NetworkConfiguration(awsvpc_configuration=AwsVpcConfiguration(subnets=subnets))
    assert placed(4, [], by(("FARGATE_SPOT", 1), network=network)) == zones


def test_a_limited_pool_runs_out():
    small = FargatePool("docker", "", ZONES, "default", cpu_units=512, memory_mib=4096)
    around = Surroundings("default", AROUND.providers, (small,))
    *fit, last = placed(3, [], by(("FARGATE_SPOT", 1)), around)
    assert fit == ["zone-a", "zone-a"]
    assert last.startswith("You've reached the limit on the number of vCPUs")


def test_without_an_engine_that_answers_capacity_is_unavailable():
    away = FargatePool("docker", "", ZONES, "default", is_connected=False)
    (only,) = placed(1, [], Launching(), Surroundings("default", {}, (away,)))
    assert only.startswith("Capacity is unavailable at this time.")


def test_the_emptier_engine_takes_the_next_task():
    pools = (FargatePool("one", "", ("z",), "default"), FargatePool("two", "", ("z",), "default"))
    around = Surroundings("default", {}, pools)
    found = place_by_provider(demands(3), [], around, Launching())
    assert [b.capacity.engine for b in found if isinstance(b, Berth)] == ["one", "two", "one"]
