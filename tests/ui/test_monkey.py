"""A few of the monkey's seeds, the same ones every time; `python -m tests.ui.monkey` tries more."""

import pytest

from tests.ui.monkey import plan_of, run


def test_a_seed_is_a_plan_for_ever():
    assert plan_of(7) == plan_of(7)
    assert plan_of(7) != plan_of(8)


@pytest.mark.parametrize("seed", [5, 37, 70, 71, 72, 73])
def test_the_screens_survive_the_monkey(seed):
    run(plan_of(seed))
