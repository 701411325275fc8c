"""Operations on capacity providers, and which of them a cluster uses. Source: ecs.md 4.6, 13.2.

FARGATE and FARGATE_SPOT are always there. Who scales a group is `reconcilers/capacity.py`.
"""

import re
from collections.abc import Sequence

from ecstui.base.errors import ClientException, ResourceInUseException
from ecstui.base.ids import Namespace, short_name
from ecstui.control.context import Context
from ecstui.control.operations.checks import (
    check_number_of_items,
    check_range,
    check_tags,
    invalid,
)
from ecstui.control.operations.describe import TAGS, as_shape, cluster_shape, missing
from ecstui.control.operations.events import say
from ecstui.control.operations.launch_choice import NOT_FOUND, check_provider, checked_strategy
from ecstui.control.operations.names import active_cluster, provider_name_of, shown
from ecstui.control.operations.paging import page
from ecstui.control.operations.table import changes, reads
from ecstui.control.operations.unsupported import refuse_members
from ecstui.model.capacity import (
    FARGATE,
    FARGATE_PROVIDERS,
    AutoScalingGroupProvider,
    AutoScalingGroupRecord,
    CapacityProvider,
    CapacityProviderRecord,
    ManagedScaling,
)
from ecstui.model.enums import ClusterStatus, ServiceStatus
from ecstui.model.requests.capacity_providers import (
    CreateCapacityProviderRequest,
    CreateCapacityProviderResponse,
    DeleteCapacityProviderRequest,
    DeleteCapacityProviderResponse,
    DescribeCapacityProvidersRequest,
    DescribeCapacityProvidersResponse,
    PutClusterCapacityProvidersRequest,
    PutClusterCapacityProvidersResponse,
    UpdateCapacityProviderRequest,
    UpdateCapacityProviderResponse,
)
from ecstui.store.kinds import AUTO_SCALING_GROUPS, CAPACITY_PROVIDERS, CLUSTERS, SERVICES, TASKS
from ecstui.store.tables import Transaction, View

MOST_DESCRIBED = 100
MOST_OF_A_CLUSTER = 20
MOST_STEP = 10_000
GROUP_ARN = "autoScalingGroupProvider.autoScalingGroupArn"
IN_USE = "The specified capacity provider is in use and cannot be removed."
_NAME = re.compile(r"(?!aws|ecs|fargate)[A-Za-z0-9_-]{1,255}", re.IGNORECASE)
_MEMBERS = {
    "managedInstancesProvider": (
        "Managed instances are not available here. Leave managedInstancesProvider out and give an "
        "autoScalingGroupProvider."
    ),
}


def create_capacity_provider(
    tx: Transaction, request: CreateCapacityProviderRequest, context: Context
) -> CreateCapacityProviderResponse:
    """Make a capacity provider of a local Auto Scaling group (API CreateCapacityProvider)."""
    refuse_members(request, _MEMBERS)
    check_tags(request.tags)
    _check_name(request.name)
    given = request.auto_scaling_group_provider
    if given is None:
        raise invalid("autoScalingGroupProvider must be given.", "autoScalingGroupProvider")
    if tx.get(CAPACITY_PROVIDERS, request.name) is not None:
        raise ClientException(
            "The specified capacity provider already exists. To change the configuration of an "
            "existing capacity provider, update the capacity provider.",
            field="name",
        )
    group = _group_of(tx, given.auto_scaling_group_arn)
    record = CapacityProviderRecord(
        capacity_provider_arn=context.names.capacity_provider(request.name),
        name=request.name,
        type="EC2_AUTOSCALING",
        auto_scaling_group_provider=_completed(
            given.with_(auto_scaling_group_arn=group.auto_scaling_group_arn), context
        ),
        update_status="CREATE_COMPLETE",
        tags=request.tags,
        auto_scaling_group=group.auto_scaling_group_name,
        created_at=context.now,
    )
    tx.put(record)
    words = f"created capacity provider {record.name} of group {record.auto_scaling_group}"
    say(tx, context, words, subject_arn=record.capacity_provider_arn)
    return CreateCapacityProviderResponse(capacity_provider=provider_shape(record, (TAGS,)))


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise invalid(
            "The specified capacity provider name is invalid. Up to 255 characters are allowed, "
            "including letters (upper and lowercase), numbers, underscores (_), and hyphens (-). "
            'The name cannot be prefixed with "aws", "ecs", or "fargate". Specify a valid name '
            "and try again.",
            "name",
        )


def _group_of(view: View, text: str) -> AutoScalingGroupRecord:
    """The local group of that name or ARN, which no other capacity provider may use."""
    group = view.get(AUTO_SCALING_GROUPS, short_name(text))
    if group is None:
        known = [g.auto_scaling_group_name for g in view.all(AUTO_SCALING_GROUPS)]
        there_are = f"there are {', '.join(known)}" if known else "make one first"
        raise ClientException(
            f"The specified Auto Scaling group ARN is not valid: {there_are} "
            "(CreateAutoScalingGroup, or [[auto_scaling_groups]] in config.toml).",
            field=GROUP_ARN,
        )
    name = group.auto_scaling_group_name
    if any(p.auto_scaling_group == name for p in view.all(CAPACITY_PROVIDERS)):
        raise ClientException(
            "The specified Auto Scaling group ARN is already being used by another capacity "
            "provider. Specify a unique Auto Scaling group ARN and try again.",
            field=GROUP_ARN,
        )
    return group


def _completed(given: AutoScalingGroupProvider, context: Context) -> AutoScalingGroupProvider:
    """The provider with defaults filled in (ecs.md 4.6); refuses what breaks a rule."""
    scaling = given.managed_scaling
    _check_scaling(scaling)
    is_scaled = scaling.status == "ENABLED"
    if given.managed_termination_protection == "ENABLED" and not is_scaled:
        raise ClientException(
            "The managed termination protection setting for the capacity provider is invalid. To "
            "enable managed termination protection for a capacity provider, managed scaling must "
            "be enabled.",
            field="autoScalingGroupProvider.managedTerminationProtection",
        )
    warmup = scaling.instance_warmup_period
    if warmup is None:
        warmup = round(context.pace.instance_warmup_seconds)
    scaling = ManagedScaling(
        status=scaling.status or "DISABLED",
        target_capacity=scaling.target_capacity or 100,
        minimum_scaling_step_size=scaling.minimum_scaling_step_size or 1,
        maximum_scaling_step_size=scaling.maximum_scaling_step_size or MOST_STEP,
        instance_warmup_period=warmup,
    )
    return given.with_(managed_scaling=scaling)


def _check_scaling(scaling: ManagedScaling) -> None:
    path = "autoScalingGroupProvider.managedScaling"
    bounds = (
        ("targetCapacity", scaling.target_capacity, 1, 100),
        ("minimumScalingStepSize", scaling.minimum_scaling_step_size, 1, MOST_STEP),
        ("maximumScalingStepSize", scaling.maximum_scaling_step_size, 1, MOST_STEP),
        ("instanceWarmupPeriod", scaling.instance_warmup_period, 0, 10_000),
    )
    for name, value, low, high in bounds:
        if value is not None:
            check_range(value, low, high, f"{path}.{name}")
    low_step, high_step = scaling.minimum_scaling_step_size, scaling.maximum_scaling_step_size
    if low_step is not None and high_step is not None and low_step > high_step:
        words = "minimumScalingStepSize must not be greater than maximumScalingStepSize."
        raise invalid(words, f"{path}.minimumScalingStepSize")


def update_capacity_provider(
    tx: Transaction, request: UpdateCapacityProviderRequest, context: Context
) -> UpdateCapacityProviderResponse:
    """Change managed scaling, draining or protection (API UpdateCapacityProvider)."""
    refuse_members(request, _MEMBERS)
    before = _own_provider(tx, request.name, "name")
    given = request.auto_scaling_group_provider
    provider = before.auto_scaling_group_provider
    if given is not None:
        members = {
            name: value
            for name in ("managed_termination_protection", "managed_draining")
            if (value := getattr(given, name)) is not None
        }
        scaling = provider.managed_scaling
        for name in ManagedScaling.model_fields:
            value = None if given.managed_scaling is None else getattr(given.managed_scaling, name)
            scaling = scaling if value is None else scaling.with_(**{name: value})
        provider = _completed(provider.with_(managed_scaling=scaling, **members), context)
    record = before.with_(auto_scaling_group_provider=provider, update_status="UPDATE_COMPLETE")
    tx.put(record)
    words = f"changed capacity provider {record.name}"
    say(tx, context, words, subject_arn=record.capacity_provider_arn)
    return UpdateCapacityProviderResponse(capacity_provider=provider_shape(record, (TAGS,)))


def _own_provider(view: View, text: str, field: str) -> CapacityProviderRecord:
    name = provider_name_of(text, field)
    if name in FARGATE_PROVIDERS:
        raise invalid(
            f"The {name} capacity provider is reserved: it cannot be changed or deleted.", field
        )
    record = view.get(CAPACITY_PROVIDERS, name)
    if record is None:
        raise invalid(NOT_FOUND.format(shown(name)), field)
    return record


def delete_capacity_provider(
    tx: Transaction, request: DeleteCapacityProviderRequest, context: Context
) -> DeleteCapacityProviderResponse:
    """Delete a capacity provider that no cluster uses; its group and instances stay."""
    record = _own_provider(tx, request.capacity_provider, "capacityProvider")
    for cluster in tx.all(CLUSTERS):
        if cluster.status is ClusterStatus.ACTIVE and record.name in cluster.capacity_providers:
            raise ClientException(
                "The capacity provider cannot be deleted because it is associated with cluster: "
                f"{cluster.cluster_name}. Remove the capacity provider from the cluster and try "
                "again.",
                field="capacityProvider",
            )
    tx.delete(CAPACITY_PROVIDERS, record.name)
    words = f"deleted capacity provider {record.name}"
    say(tx, context, words, subject_arn=record.capacity_provider_arn)
    gone = record.with_(status="INACTIVE", update_status="DELETE_COMPLETE")
    return DeleteCapacityProviderResponse(capacity_provider=provider_shape(gone, (TAGS,)))


def describe_capacity_providers(
    view: View, request: DescribeCapacityProvidersRequest, context: Context
) -> DescribeCapacityProvidersResponse:
    """Capacity providers by name or ARN, or a page of all; unknown ones are failures."""
    there = {p.name: p for p in all_providers(view, context.names)}
    if not request.capacity_providers:
        chosen = page(request, there.values(), key=lambda p: (p.name,), default=10)
        shown = tuple(provider_shape(p, request.include) for p in chosen.items)
        return DescribeCapacityProvidersResponse(
            capacity_providers=shown, next_token=chosen.next_token
        )
    asked = request.capacity_providers
    check_number_of_items(asked, MOST_DESCRIBED, "Capacity providers", "capacityProviders")
    names = dict.fromkeys(
        provider_name_of(text, f"capacityProviders[{position}]")
        for position, text in enumerate(asked)
    )
    return DescribeCapacityProvidersResponse(
        capacity_providers=tuple(
            provider_shape(there[name], request.include) for name in names if name in there
        ),
        failures=tuple(
            missing(context.names.capacity_provider(name)) for name in names if name not in there
        ),
    )


def all_providers(view: View, names: Namespace) -> list[CapacityProvider]:
    """Every capacity provider: those of Fargate, then those that people made."""
    of_fargate = [
        CapacityProvider(
            capacity_provider_arn=names.capacity_provider(name),
            name=name,
            type="FARGATE" if name == FARGATE else "FARGATE_SPOT",
        )
        for name in FARGATE_PROVIDERS
    ]
    return [*of_fargate, *view.all(CAPACITY_PROVIDERS)]


def provider_shape(record: CapacityProvider, include: Sequence[str] = ()) -> CapacityProvider:
    """A capacity provider as ECS shows it; tags only when `include` has `TAGS`."""
    return as_shape(CapacityProvider, record, tags=record.tags if TAGS in include else ())


# -- which of them a cluster uses -------------------------------------------------------------


def put_cluster_capacity_providers(
    tx: Transaction, request: PutClusterCapacityProvidersRequest, context: Context
) -> PutClusterCapacityProvidersResponse:
    """Replace a cluster's providers and default strategy; one in use cannot be taken away."""
    before = active_cluster(tx, request.cluster)
    providers = checked_providers(tx, request.capacity_providers)
    given = request.default_capacity_provider_strategy
    strategy = checked_strategy(tx, given, providers, "defaultCapacityProviderStrategy")
    _check_unused(tx, before.cluster_name, set(before.capacity_providers) - set(providers))
    record = before.with_(capacity_providers=providers, default_capacity_provider_strategy=strategy)
    if record != before:
        tx.put(record)
        words = f"set the capacity providers of cluster {record.cluster_name}: "
        words += ", ".join(providers) or "none"
        arn, name = record.cluster_arn, record.cluster_name
        say(tx, context, words, subject_arn=arn, cluster_name=name)
    shown = ("SETTINGS", TAGS, "ATTACHMENTS")
    return PutClusterCapacityProvidersResponse(cluster=cluster_shape(tx, record, shown))


def checked_providers(view: View, texts: Sequence[str]) -> tuple[str, ...]:
    """Names of capacity providers that are there; refuses others."""
    field = "capacityProviders"
    if len(texts) > MOST_OF_A_CLUSTER:
        words = "The maximum number of capacity providers per cluster has been exceeded."
        raise invalid(words, field)
    named = (provider_name_of(text, f"{field}[{i}]") for i, text in enumerate(texts))
    names = tuple(dict.fromkeys(named))
    for position, name in enumerate(names):
        check_provider(view, name, f"{field}[{position}]")
    return names


def _check_unused(view: View, cluster: str, leaving: set[str]) -> None:
    """Refuse to take away what a task runs by, or what a service may start tasks by.

    That is, besides its own strategy, the one of a deployment that is being replaced or that a
    rollback would go back to (API PutClusterCapacityProviders).
    """
    if leaving and leaving & _used(view, cluster):
        raise ResourceInUseException(IN_USE, field="capacityProviders")


def _used(view: View, cluster: str) -> set[str]:
    tasks = view.by(TASKS, "cluster", cluster)
    used = {task.capacity_provider_name or "" for task in tasks if not task.is_stopped}
    for service in view.by(SERVICES, "cluster", cluster):
        if service.status is ServiceStatus.INACTIVE:
            continue
        target = () if service.last_completed is None else (service.last_completed,)
        for owner in (service, *service.deployments, *target):
            used |= {item.capacity_provider for item in owner.capacity_provider_strategy}
    return used


ENTRIES = (
    changes(CreateCapacityProviderRequest, create_capacity_provider),
    changes(UpdateCapacityProviderRequest, update_capacity_provider),
    changes(DeleteCapacityProviderRequest, delete_capacity_provider),
    reads(DescribeCapacityProvidersRequest, describe_capacity_providers),
    changes(PutClusterCapacityProvidersRequest, put_cluster_capacity_providers),
)
