"""Distribution and managed scaling on any numbers: promises that hold whatever comes."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as some

from ecstui.model.capacity import ManagedScaling, ScalingState
from ecstui.model.service import CapacityProviderStrategyItem
from ecstui.plan.capacity_provider import distribute, withdraw
from ecstui.plan.managed_scaling import GroupFacts, evaluate


@some.composite
def strategies(draw):
    names = draw(some.lists(some.sampled_from("abcd"), min_size=1, max_size=4, unique=True))
    based = draw(some.sampled_from((*names, "")))
    weights = [draw(some.integers(0, 5)) for _ in names]
    if not any(weights):
        weights[0] = 1
    return [
        CapacityProviderStrategyItem(
            capacity_provider=name,
            weight=weight,
            base=draw(some.integers(1, 5)) if name == based else 0,
        )
        for name, weight in zip(names, weights, strict=True)
    ]


@given(strategies(), some.integers(0, 60))
def test_the_base_comes_first_and_weights_hold_to_within_one_round(strategy, number):
    given_to = distribute(strategy, {}, number)
    assert len(given_to) == number
    base = sum(item.base for item in strategy)
    based = {item.capacity_provider for item in strategy if item.base}
    assert set(given_to[:base]) <= based
    beyond = given_to[base:]
    total = sum(item.weight for item in strategy)
    for item in strategy:
        share = len(beyond) * item.weight / total
        assert abs(beyond.count(item.capacity_provider) - share) <= len(strategy)


@given(strategies(), some.integers(0, 30), some.integers(0, 30))
def test_tasks_in_two_goes_are_distributed_as_in_one(strategy, first, second):
    before = distribute(strategy, {}, first)
    counts = {name: before.count(name) for name in before}
    assert before + distribute(strategy, counts, second) == distribute(strategy, {}, first + second)


@given(strategies(), some.integers(0, 30), some.integers(0, 30))
def test_a_service_that_shrinks_is_shared_as_if_it_had_never_been_larger(strategy, stay, leave):
    there = Counter(distribute(strategy, {}, stay + leave))
    there.subtract(withdraw(strategy, there, there, leave))
    assert +there == Counter(distribute(strategy, {}, stay))


@some.composite
def facts(draw):
    low = draw(some.integers(0, 5))
    high = draw(some.integers(low, 20))
    running = draw(some.integers(low, high))
    new = draw(some.integers(0, 10))
    return GroupFacts(
        running=running,
        busy=draw(some.integers(0, running)),
        waiting=new,
        new_instances=new,
        min_size=low,
        max_size=high,
        desired=running,
        is_warming_up=draw(some.booleans()),
    )


@given(facts(), some.integers(1, 100), some.integers(0, 20))
def test_a_group_stays_within_its_bounds_and_moves_with_reason(group, target, low_points):
    scaling = ManagedScaling(status="ENABLED", target_capacity=target)
    decision = evaluate(scaling, group, ScalingState(low_points=low_points), 0.0)
    state = decision.state
    assert group.min_size <= decision.desired <= group.max_size
    if decision.desired > group.desired:
        assert state.reservation > target
        assert not group.is_warming_up
    if decision.desired < group.desired:
        assert state.reservation < target
        assert state.low_points >= 15
        assert group.desired - decision.desired <= max(1, (group.desired - 1) // 2)
        assert decision.desired >= group.busy


@given(facts(), some.integers(1, 100))
def test_left_alone_a_group_comes_to_rest(group, target):
    """Instances come at once, tasks stay: the desired capacity stops moving, and for good."""
    scaling = ManagedScaling(status="ENABLED", target_capacity=target)
    state, seen = ScalingState(), []
    busy, running = group.busy, group.running
    for _ in range(400):
        now = GroupFacts(running, busy, 0, 0, group.min_size, group.max_size, running, False)
        decision = evaluate(scaling, now, state, 0.0)
        state, running = decision.state, decision.desired
        seen.append(running)
    assert len(set(seen[-50:])) == 1
