"""How RunTask, CreateService and UpdateService launch: launch type, or capacity providers.

Checks the members and fills in the cluster's default strategy. Reads records, changes none.
Source: ecs.md 3.9, 4.6, 6.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ecstui.base.errors import PlatformUnknownException, UnsupportedFeatureException
from ecstui.control.operations.checks import check_network, check_range, invalid
from ecstui.control.operations.names import provider_name_of, shown
from ecstui.model.capacity import FARGATE_PROVIDERS
from ecstui.model.cluster import ClusterRecord
from ecstui.model.enums import Compatibility, LaunchType, SchedulingStrategy
from ecstui.model.placement import PlacementConstraint, PlacementStrategy
from ecstui.model.service import CapacityProviderStrategyItem
from ecstui.model.task import NetworkConfiguration
from ecstui.model.task_definition import TaskDefinition
from ecstui.plan.fargate import LATEST, PLATFORM_VERSION, PLATFORM_VERSIONS
from ecstui.plan.ports import network_mode_of
from ecstui.store.kinds import CAPACITY_PROVIDERS
from ecstui.store.tables import View

MOST_ITEMS = 20
HIGHEST_WEIGHT = 1000
HIGHEST_BASE = 100_000
STRATEGY = "capacityProviderStrategy"
NOT_FOUND = (
    "The specified capacity provider {} was not found. Specify a valid name or ARN and try again."
)
NOT_ASSOCIATED = (
    "The specified capacity provider strategy cannot contain a capacity provider that is not "
    "associated with the cluster. Associate the capacity provider with the cluster and try again."
)
MIXED = (
    "The specified capacity provider strategy cannot contain both Fargate and Auto Scaling group "
    "capacity providers. Specify one or the other and try again."
)
MUST_FORCE = (
    "When switching from launch type to capacity provider strategy on an existing service, or "
    "making a change to a capacity provider strategy on a service that is already using one, you "
    "must force a new deployment."
)


@dataclass(frozen=True, slots=True)
class LaunchChoice:
    """A launch type, or a strategy: one of the two."""

    launch_type: LaunchType | None
    strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    platform_version: str | None = None
    """As asked for, `LATEST` unless said otherwise; None without Fargate."""

    @property
    def is_fargate(self) -> bool:
        """Whether tasks run on Fargate."""
        if self.strategy:
            return self.strategy[0].capacity_provider in FARGATE_PROVIDERS
        return self.launch_type is LaunchType.FARGATE

    @property
    def running_version(self) -> str | None:
        """The platform version that tasks show: a number, never LATEST."""
        return PLATFORM_VERSION if self.platform_version == LATEST else self.platform_version


ON_INSTANCES = LaunchChoice(LaunchType.EC2)
"""Launch type EC2."""


def launch_choice(
    view: View,
    cluster: ClusterRecord,
    launch_type: LaunchType | None,
    strategy: Sequence[CapacityProviderStrategyItem],
    platform_version: str | None,
    scheduling: SchedulingStrategy = SchedulingStrategy.REPLICA,
) -> LaunchChoice:
    """What holds: the members given, else the cluster's default strategy, else EC2.

    Daemons are on every instance, whatever the default strategy says.
    """
    if launch_type is not None and strategy:
        raise invalid(
            "Specifying both a launch type and capacity provider strategy is not supported",
            STRATEGY,
        )
    if launch_type not in {None, LaunchType.EC2, LaunchType.FARGATE}:
        raise UnsupportedFeatureException(
            f"Launch type {launch_type} is not available here. Leave launchType out, or use EC2 "
            "or FARGATE.",
            field="launchType",
        )
    if launch_type is None:
        items = tuple(strategy)
        if not items and scheduling is SchedulingStrategy.REPLICA:
            items = cluster.default_capacity_provider_strategy
        items = checked_strategy(view, items, cluster.capacity_providers, STRATEGY)
        choice = LaunchChoice(None if items else LaunchType.EC2, items)
    else:
        choice = LaunchChoice(launch_type)
    return _with_platform(choice, platform_version)


def _with_platform(choice: LaunchChoice, platform_version: str | None) -> LaunchChoice:
    field = "platformVersion"
    if not choice.is_fargate:
        if platform_version is not None:
            words = "The platform version must be null when specifying an EC2 launch type"
            raise invalid(words, field)
        return choice
    if platform_version is not None and platform_version not in PLATFORM_VERSIONS:
        raise PlatformUnknownException(
            f"The specified platform version {platform_version} does not exist.", field=field
        )
    return LaunchChoice(choice.launch_type, choice.strategy, platform_version or LATEST)


def checked_strategy(
    view: View,
    items: Sequence[CapacityProviderStrategyItem],
    associated: Sequence[str],
    field: str,
) -> tuple[CapacityProviderStrategyItem, ...]:
    """The items with names instead of ARNs; refuses what breaks a rule (ecs.md 4.6, 6.2)."""
    if len(items) > MOST_ITEMS:
        raise invalid(f"A strategy can have at most {MOST_ITEMS} capacity providers.", field)
    found = tuple(
        item.with_(
            capacity_provider=provider_name_of(
                item.capacity_provider, f"{field}[{position}].capacityProvider"
            )
        )
        for position, item in enumerate(items)
    )
    for position, item in enumerate(found):
        path = f"{field}[{position}]"
        check_range(item.weight, 0, HIGHEST_WEIGHT, f"{path}.weight")
        check_range(item.base, 0, HIGHEST_BASE, f"{path}.base")
        check_provider(view, item.capacity_provider, f"{path}.capacityProvider")
        if item.capacity_provider in {other.capacity_provider for other in found[:position]}:
            words = f"Capacity provider {item.capacity_provider} is given twice."
            raise invalid(words, f"{path}.capacityProvider")
        if item.capacity_provider not in associated:
            raise invalid(NOT_ASSOCIATED, f"{path}.capacityProvider")
    _check_as_a_whole(found, field)
    return found


def _check_as_a_whole(items: Sequence[CapacityProviderStrategyItem], field: str) -> None:
    if sum(1 for item in items if item.base) > 1:
        raise invalid(
            "There are multiple capacity providers in the specified capacity provider strategy "
            "with a base value defined",
            field,
        )
    if len(items) > 1 and not any(item.weight for item in items):
        raise invalid(
            "There are no capacity providers in the capacity provider strategy with a weight "
            "value greater than zero",
            field,
        )
    if len({item.capacity_provider in FARGATE_PROVIDERS for item in items}) > 1:
        raise invalid(MIXED, field)


def check_provider(view: View, name: str, field: str) -> None:
    """Refuse a capacity provider that is not there."""
    if name not in FARGATE_PROVIDERS and view.get(CAPACITY_PROVIDERS, name) is None:
        raise invalid(NOT_FOUND.format(shown(name)), field)


def check_definition(
    definition: TaskDefinition, choice: LaunchChoice, network: NetworkConfiguration | None
) -> None:
    """Refuse a task definition, or a network, that does not suit the way of launching."""
    wanted = Compatibility.FARGATE if choice.is_fargate else Compatibility.EC2
    is_open = not definition.compatibilities and not choice.is_fargate
    if not is_open and wanted not in definition.compatibilities:
        raise invalid(
            f"Task definition does not support launch_type {wanted.value}.", "taskDefinition"
        )
    check_network(network_mode_of(definition), network, is_fargate=choice.is_fargate)


def check_fargate_rules(
    choice: LaunchChoice,
    constraints: Sequence[PlacementConstraint],
    strategies: Sequence[PlacementStrategy],
    scheduling: SchedulingStrategy = SchedulingStrategy.REPLICA,
) -> None:
    """Refuse what Fargate, and daemons, do not go with (ecs.md 6.2)."""
    if choice.strategy and scheduling is SchedulingStrategy.DAEMON:
        words = "A capacity provider strategy cannot be used with the DAEMON scheduling strategy."
        raise invalid(words, STRATEGY)
    if not choice.is_fargate:
        return
    if scheduling is SchedulingStrategy.DAEMON:
        words = "The daemon scheduling strategy is not supported with the Fargate launch type."
        raise invalid(words, "schedulingStrategy")
    if constraints:
        words = "Placement constraints are not supported with FARGATE launch type."
        raise invalid(words, "placementConstraints")
    if strategies:
        words = "Placement strategies are not supported with FARGATE launch type."
        raise invalid(words, "placementStrategy")
