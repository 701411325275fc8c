"""CapacityProviderReservation and its steps, with the figures of ecs.md 4.6."""

from dataclasses import replace

import pytest

from ecstui.model.capacity import ManagedScaling, ScalingState
from ecstui.model.enums import PlacementConstraintType
from ecstui.model.placement import PlacementConstraint
from ecstui.model.task import Reservation
from ecstui.plan.capacity import Capacity, Demand
from ecstui.plan.managed_scaling import (
    GroupFacts,
    WaitingGroup,
    evaluate,
    leaving,
    needed_instances,
    wanted_instances,
)

ON = ManagedScaling(status="ENABLED", target_capacity=100)
FACTS = GroupFacts(
    running=4,
    busy=4,
    waiting=0,
    new_instances=0,
    min_size=0,
    max_size=20,
    desired=4,
    is_warming_up=False,
)
FRESH = Capacity(
    instance_arn="",
    instance_id="",
    cluster_name="default",
    engine="",
    ip="",
    zone="a",
    is_active=True,
    agent_connected=True,
    cpu_units=1024,
    memory_mib=2048,
)


def decide(scaling=ON, before=None, **facts):
    return evaluate(scaling, replace(FACTS, **facts), before or ScalingState(), 100.0)


def points(scaling, number, **facts):
    """The decision after so many points that look the same."""
    state = ScalingState()
    for _ in range(number):
        decision = decide(scaling, state, **facts)
        state = decision.state
    return decision


def waiting(number, cpu_units=256, memory_mib=512, constraints=(), **needs):
    reservation = Reservation(cpu_units=cpu_units, memory_mib=memory_mib, **needs)
    return WaitingGroup(Demand(reservation, f"g{cpu_units}", "x"), constraints, number)


@pytest.mark.parametrize(
    ("running", "busy", "new", "reservation"),
    [
        (0, 0, 0, 100.0),
        (0, 0, 3, 200.0),
        (4, 4, 0, 100.0),
        (4, 2, 0, 50.0),
        (4, 0, 0, 0.0),
        (4, 4, 2, 150.0),
        (4, 3, 2, 150.0),
    ],
)
def test_reservation_is_needed_by_running(running, busy, new, reservation):
    facts = {"running": running, "busy": busy, "new_instances": new, "waiting": new * 4}
    assert decide(**facts).state.reservation == reservation


def test_with_no_instance_the_first_step_is_two():
    assert decide(running=0, busy=0, desired=0, waiting=40, new_instances=10).desired == 2
    few = decide(running=0, busy=0, desired=0, waiting=1, new_instances=1)
    assert (few.desired, few.state.decision) == (2, "scales out from 0 to 2")


def test_a_group_of_at_most_one_launches_one():
    assert decide(running=0, busy=0, desired=0, waiting=9, new_instances=3, max_size=1).desired == 1


@pytest.mark.parametrize(
    ("low", "high", "new", "desired"),
    [(1, 10_000, 3, 7), (5, 10_000, 3, 9), (1, 2, 3, 6), (1, 10_000, 30, 20)],
)
def test_steps_are_clamped_and_the_group_keeps_its_most(low, high, new, desired):
    scaling = ON.with_(minimum_scaling_step_size=low, maximum_scaling_step_size=high)
    assert decide(scaling, waiting=9, new_instances=new).desired == desired


def test_nothing_is_launched_while_the_last_launch_warms_up():
    decision = decide(waiting=9, new_instances=3, is_warming_up=True)
    assert (decision.desired, decision.state.reservation) == (4, 175.0)
    assert decision.state.decision == "waits until the last launch has warmed up"


def test_a_group_at_its_most_says_so():
    decision = decide(waiting=9, new_instances=3, max_size=4)
    assert (decision.desired, decision.state.decision) == (
        4,
        "needs more, but has its most: 4 instances",
    )


def test_tasks_that_fit_no_new_instance_launch_none():
    decision = decide(waiting=2, new_instances=0)
    assert (decision.desired, decision.state.reservation) == (4, 100.0)
    assert decision.state.decision == "2 tasks wait, but would not fit on a new instance"


@pytest.mark.parametrize(("needed", "target", "wanted"), [(3, 100, 3), (3, 50, 6), (7, 80, 9)])
def test_a_lower_target_keeps_spare_instances(needed, target, wanted):
    assert wanted_instances(needed, target) == wanted


def test_spare_instances_are_launched_and_kept():
    half = ON.with_(target_capacity=50)
    assert decide(half, running=2, busy=2, desired=2).desired == 4
    assert points(half, 30, running=4, busy=2).desired == 4


def test_a_target_that_cannot_be_met_exactly_does_not_swing():
    third = ON.with_(target_capacity=33)
    assert decide(third, running=3, busy=1, desired=3).desired == 4
    assert points(third, 30, running=4, busy=1).desired == 4


def test_scale_in_begins_at_the_fifteenth_point():
    fourteenth = points(ON, 14, busy=1)
    assert (fourteenth.desired, fourteenth.state.decision) == (4, "scale-in point 14/15")
    assert points(ON, 15, busy=1).desired == 3


@pytest.mark.parametrize(
    ("running", "busy", "desired"),
    [(1, 0, 0), (2, 0, 1), (3, 0, 2), (5, 0, 3), (10, 0, 6), (10, 9, 9), (10, 10, 10)],
)
def test_a_scale_in_takes_less_than_half(running, busy, desired):
    assert points(ON, 15, running=running, busy=busy, desired=running).desired == desired


def test_the_group_keeps_its_least():
    assert points(ON, 15, busy=0, min_size=4).desired == 4
    assert points(ON, 15, running=10, busy=0, desired=10, min_size=8).desired == 8


def test_a_scale_out_begins_the_count_anew():
    low = points(ON, 14, busy=1).state
    high = decide(before=low, waiting=4, new_instances=1).state
    assert (low.low_points, high.low_points) == (14, 0)
    assert decide(before=high, busy=1).desired == 4


@pytest.mark.parametrize(
    ("groups", "wanted"),
    [
        ([], 0),
        ([waiting(4)], 1),
        ([waiting(5)], 2),
        ([waiting(6, cpu_units=512)], 3),
        ([waiting(3, memory_mib=2048)], 3),
        ([waiting(6, cpu_units=512), waiting(4)], 3),
        ([waiting(3, cpu_units=2048)], 0),
        ([waiting(3, cpu_units=2048), waiting(1)], 1),
        ([waiting(3, cpu_units=1, memory_mib=1, tcp_ports=(80,))], 3),
    ],
)
def test_waiting_tasks_are_packed_group_by_group(groups, wanted):
    assert needed_instances(groups, FRESH) == wanted


def test_constraints_hold_on_new_instances_too():
    distinct = PlacementConstraint(type=PlacementConstraintType.DISTINCT_INSTANCE)
    assert needed_instances([waiting(3, constraints=(distinct,))], FRESH) == 3
    nowhere = PlacementConstraint(
        type=PlacementConstraintType.MEMBER_OF, expression="attribute:rack == 7"
    )
    assert needed_instances([waiting(3, constraints=(nowhere,))], FRESH) == 0


def test_empty_instances_leave_first_and_busy_ones_only_unprotected():
    there = [("a", 2), ("b", 0), ("c", 1), ("d", 0)]
    assert leaving(there, 3, is_protected=False) == ("b", "d", "c")
    assert leaving(there, 3, is_protected=True) == ("b", "d")
