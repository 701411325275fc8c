"""Finds a small scenario that breaks the same rule: fewer steps, calmer weather, usual limits.

Tries one change after another and keeps those after which the rule is still broken.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from ecstui.control.setup import Limits
from ecstui.engine.faults import Faults
from tests.sim.acts import Scenario, Weather
from tests.sim.run import run


def shrink(scenario: Scenario, is_same: Callable[[Scenario], bool] | None = None) -> Scenario:
    """The smallest scenario found; the same one if it breaks no rule."""
    if is_same is None:
        violations = run(scenario).violations
        if not violations:
            return scenario
        rule = violations[0].rule

        def is_same(candidate: Scenario) -> bool:
            found = run(candidate).violations
            return bool(found) and found[0].rule == rule

    has_changed = True
    while has_changed:
        has_changed = False
        for candidate in _smaller(scenario):
            if candidate != scenario and is_same(candidate):
                scenario, has_changed = candidate, True
                break
    return scenario


def _smaller(scenario: Scenario) -> Iterator[Scenario]:
    steps = scenario.steps
    size = len(steps)
    while size:
        for start in range(0, len(steps), size):
            yield replace(scenario, steps=steps[:start] + steps[start + size :])
        size //= 2
    yield replace(scenario, weather=tuple(Faults() for _ in scenario.weather))
    yield replace(scenario, limits=Limits())
    yield replace(scenario, reader_seconds=0.0)
    for number, step in enumerate(steps):
        if isinstance(step.act, Weather):
            calmer = [
                replace(step, act=replace(step.act, faults=each))
                for each in _calmer(step.act.faults)
            ]
            for one in calmer:
                yield replace(scenario, steps=(*steps[:number], one, *steps[number + 1 :]))
    for number, faults in enumerate(scenario.weather):
        for each in _calmer(faults):
            weather = (*scenario.weather[:number], each, *scenario.weather[number + 1 :])
            yield replace(scenario, weather=weather)
    for name in Limits.__dataclass_fields__:
        usual = replace(scenario.limits, **{name: getattr(Limits(), name)})
        yield replace(scenario, limits=usual)


def _calmer(faults: Faults) -> Iterator[Faults]:
    """The weather with one thing less that goes wrong."""
    calm = Faults()
    for name in Faults.__dataclass_fields__:
        if getattr(faults, name) != getattr(calm, name):
            yield replace(faults, **{name: getattr(calm, name)})
