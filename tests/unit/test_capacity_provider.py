"""Base first, then weights: which provider gets the next task (ecs.md 4.6)."""

import pytest

from ecstui.model.service import CapacityProviderStrategyItem
from ecstui.plan.capacity_provider import distribute, next_provider, withdraw


def strategy(*items: tuple[str, int, int]) -> tuple[CapacityProviderStrategyItem, ...]:
    return tuple(
        CapacityProviderStrategyItem(capacity_provider=name, base=base, weight=weight)
        for name, base, weight in items
    )


@pytest.mark.parametrize(
    ("items", "number", "wanted"),
    [
        ((("a", 0, 1),), 3, "aaa"),
        ((("a", 0, 0),), 2, "aa"),
        ((("a", 0, 1), ("b", 0, 1)), 4, "abab"),
        ((("a", 0, 1), ("b", 0, 3)), 8, "abbbabbb"),
        ((("a", 2, 1), ("b", 0, 1)), 6, "aaabab"),
        ((("a", 2, 0), ("b", 0, 1)), 5, "aabbb"),
        ((("a", 0, 1), ("b", 3, 0)), 5, "bbbaa"),
        ((("a", 1, 1), ("b", 0, 4)), 11, "aabbbbabbbb"),
        ((("a", 0, 1000), ("b", 0, 1)), 4, "abaa"),
    ],
)
def test_tasks_are_distributed(items, number, wanted):
    assert "".join(distribute(strategy(*items), {}, number)) == wanted


def test_what_is_there_already_counts():
    items = strategy(("a", 2, 1), ("b", 0, 1))
    assert "".join(distribute(items, {"a": 1, "b": 4}, 8)) == "aaaaaaba"


def test_a_base_that_is_lost_is_made_up_for_first():
    assert next_provider(strategy(("a", 0, 1), ("b", 2, 0)), {"a": 0, "b": 1}) == "b"


def test_several_without_a_weight_take_nothing_beyond_the_base():
    assert distribute(strategy(("a", 1, 0), ("b", 0, 0)), {}, 3) == ("a",)


def test_the_base_stays_the_longest():
    items = strategy(("a", 2, 1), ("b", 0, 3))
    there = {"a": 5, "b": 9}
    assert withdraw(items, there, there, 12) == {"a": 3, "b": 9}


def test_what_the_strategy_does_not_name_goes_first_and_what_may_not_stop_stays():
    items = strategy(("a", 0, 1), ("b", 0, 1), ("c", 1, 0))
    there = {"a": 2, "b": 2, "c": 2, "old": 1}
    assert withdraw(items, there, there, 2) == {"old": 1, "c": 1}
    assert withdraw(items, there, {"a": 1}, 3) == {"a": 1}
