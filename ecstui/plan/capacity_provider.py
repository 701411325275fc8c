"""Which capacity provider gets the next task: base first, then in proportion to weights.

And which gives one when a service shrinks: the last that came goes first, so that the base, "how
many tasks, at a minimum, to run" there (API CapacityProviderStrategyItem), stays the longest.

Pure arithmetic on counts. Whether the provider has room, others decide. Source: ecs.md 4.6; AWS
does not say how ties round: here the provider listed first wins.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

from ecstui.model.service import CapacityProviderStrategyItem


def next_provider(
    strategy: Sequence[CapacityProviderStrategyItem], counts: Mapping[str, int]
) -> str | None:
    """The provider of the next task; None when nothing in the strategy has a weight.

    `counts`: tasks that each provider has already, by its name.
    """
    for item in strategy:
        if counts.get(item.capacity_provider, 0) < item.base:
            return item.capacity_provider
    weighted = [item for item in strategy if item.weight]
    if not weighted:
        # A single provider without a weight: one item need not have any (ecs.md 4.6).
        return strategy[0].capacity_provider if len(strategy) == 1 else None
    return min(weighted, key=lambda item: _share(item, counts)).capacity_provider


def _share(item: CapacityProviderStrategyItem, counts: Mapping[str, int]) -> Fraction:
    above_base = max(0, counts.get(item.capacity_provider, 0) - item.base)
    return Fraction(above_base, item.weight)


def distribute(
    strategy: Sequence[CapacityProviderStrategyItem], counts: Mapping[str, int], number: int
) -> tuple[str, ...]:
    """The providers of so many tasks, one after another."""
    so_far = dict(counts)
    chosen: list[str] = []
    for _ in range(number):
        provider = next_provider(strategy, so_far)
        if provider is None:
            break
        so_far[provider] = so_far.get(provider, 0) + 1
        chosen.append(provider)
    return tuple(chosen)


def withdraw(
    strategy: Sequence[CapacityProviderStrategyItem],
    counts: Mapping[str, int],
    may_stop: Mapping[str, int],
    number: int,
) -> dict[str, int]:
    """How many of so many tasks that stop each provider gives: `distribute` undone.

    `counts`: tasks that each provider has; `may_stop`: those among them that may stop. Tasks of
    providers that the strategy does not name, or gives no more tasks, go first.
    """
    places = {item.capacity_provider: place for place, item in enumerate(strategy)}
    left, given = Counter(counts), Counter[str]()

    def came_last(name: str) -> tuple[int, Fraction, int]:
        place = places.get(name, -1)
        above_base = left[name] - strategy[place].base
        if place >= 0 and above_base <= 0:
            return 0, Fraction(0), place
        if place < 0 or not strategy[place].weight:  # none of the next tasks would be there
            return 2, Fraction(0), place
        return 1, Fraction(above_base - 1, strategy[place].weight), place

    for _ in range(number):
        there = [name for name in may_stop if given[name] < may_stop[name]]
        if not there:
            break
        name = max(there, key=came_last)
        left[name] -= 1
        given[name] += 1
    return dict(given)
