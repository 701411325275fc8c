"""Which capacity provider gets the next task: base first, then in proportion to weights.

Pure arithmetic on counts. Whether the provider has room, others decide. Source: ecs.md 4.6; AWS
does not say how ties round: here the provider listed first wins.
"""

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
