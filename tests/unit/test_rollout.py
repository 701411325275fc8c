"""The rolling planner against every vector, and against its own promises."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecstui.model.enums import RolloutOrder
from ecstui.plan.rollout import (
    Bounds,
    Fleet,
    SingleFleet,
    failure_threshold,
    plan_replacement,
    plan_rollout,
    throttle_seconds,
)

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "rollout.json").read_text())
FLEET_FIELDS = tuple(Fleet.__dataclass_fields__)
CASES = [
    pytest.param(case, RolloutOrder(policy), id=f"{case['name']} [{policy}]")
    for case in VECTORS["cases"]
    for policy in case["policies"]
]


@pytest.mark.parametrize(("case", "order"), CASES)
def test_rollout_takes_the_steps_of_the_vector(case: dict[str, Any], order: RolloutOrder) -> None:
    for step in case["steps"]:
        desired = step.get("desired", case["desired"])
        bounds = Bounds(desired, case["min_percent"], case["max_percent"])
        fleet = Fleet(**{name: step[name] for name in FLEET_FIELDS})
        plan = plan_rollout(
            bounds,
            fleet,
            order,
            room=step.get("room"),
            count_stopping=case["count_stopping"],
        )
        expect = step["expect"]
        got = {
            "start_new": plan.start_new,
            "stop_old": plan.stop_old.total,
            "stop_old_detail": {
                "pending": plan.stop_old.pending,
                "unhealthy": plan.stop_old.unhealthy,
                "healthy": plan.stop_old.healthy,
            },
            "stop_new": plan.stop_new.total,
            "blocked": plan.blocked and plan.blocked.value,
            "done": plan.is_done,
        }
        assert got == {name: expect[name] for name in got}, step
        assert bounds.floor == expect.get("floor", case["floor"])
        assert bounds.ceiling == expect.get("ceiling", case["ceiling"])


@pytest.mark.parametrize("limit", VECTORS["limits"])
def test_floor_rounds_up_and_ceiling_rounds_down(limit: dict[str, Any]) -> None:
    bounds = Bounds(limit["desired"], limit["min_percent"], limit["max_percent"])
    assert (bounds.floor, bounds.ceiling) == (limit["floor"], limit["ceiling"])


@pytest.mark.parametrize("row", VECTORS["circuit_breaker_thresholds"])
def test_failure_threshold_is_half_of_desired_within_bounds(row: dict[str, Any]) -> None:
    assert failure_threshold(row["desired"]) == row["threshold"]


@pytest.mark.parametrize("case", VECTORS["replacement"]["cases"], ids=lambda case: case["name"])
def test_replacement_takes_the_steps_of_the_vector(case: dict[str, Any]) -> None:
    for step in case["steps"]:
        bounds = Bounds(case["desired"], case["min_percent"], case["max_percent"])
        fleet = SingleFleet(**{name: step[name] for name in SingleFleet.__dataclass_fields__})
        plan = plan_replacement(bounds, fleet)
        got = {name: getattr(plan, name) for name in step["expect"]}
        assert got == step["expect"], step


counts = st.integers(0, 30)


@given(
    desired=counts,
    minimum=st.integers(0, 100),
    maximum=st.integers(100, 300),
    old=st.tuples(counts, counts, counts),
    new=st.tuples(counts, counts, counts),
    healthy=st.tuples(counts, counts),
    order=st.sampled_from(RolloutOrder),
    room=st.none() | counts,
)
def test_rollout_keeps_floor_and_ceiling(
    desired: int,
    minimum: int,
    maximum: int,
    old: tuple[int, int, int],
    new: tuple[int, int, int],
    healthy: tuple[int, int],
    order: RolloutOrder,
    room: int | None,
) -> None:
    bounds = Bounds(desired, minimum, maximum)
    fleet = Fleet(*old, *new, min(healthy[0], old[0]), min(healthy[1], new[0]))
    plan = plan_rollout(bounds, fleet, order, room=room)
    assert fleet.total() + plan.start_new <= max(bounds.ceiling, fleet.total())
    healthy_left = fleet.healthy - plan.stop_old.healthy - plan.stop_new.healthy
    assert healthy_left >= min(bounds.floor, fleet.healthy)
    assert plan.stop_old.total <= fleet.running_old + fleet.pending_old
    assert plan.stop_new.total <= fleet.running_new + fleet.pending_new
    assert room is None or plan.start_new <= room


def test_throttle_doubles_from_the_third_failure_to_its_limit() -> None:
    waits = [throttle_seconds(n, 10.0, 900.0) for n in (0, 2, 3, 4, 5, 9, 10, 1000)]
    assert waits == [0.0, 0.0, 10.0, 20.0, 40.0, 640.0, 900.0, 900.0]
