"""UpdateService: what changes at once, and what starts a new deployment (ecs.md 6.2).

An absent member stays as it is, an empty list removes. The scheduler does the rest: here only the
PRIMARY deployment is set, and the one before is made ACTIVE.
"""

from ecstui.base.errors import ClientException, ServiceNotActiveException
from ecstui.base.ids import short_name
from ecstui.control.context import Context
from ecstui.control.operations.checks import (
    check_constraints,
    invalid,
    placement_strategy,
)
from ecstui.control.operations.deploying import begin_deployment
from ecstui.control.operations.describe import TAGS, service_shape
from ecstui.control.operations.events import say
from ecstui.control.operations.launch_choice import (
    MUST_FORCE,
    STRATEGY,
    LaunchChoice,
    check_definition,
    check_fargate_rules,
    launch_choice,
)
from ecstui.control.operations.names import (
    active_cluster,
    definition_name_of,
    find_definition,
    launchable_definition,
    service_named,
)
from ecstui.control.operations.service_rules import (
    check_desired_count,
    check_grace_period,
    keep_rebalancing,
    merged_configuration,
    new_deployment,
)
from ecstui.control.operations.table import changes
from ecstui.control.operations.unsupported import (
    SERVICE_MEMBERS,
    UPDATE_MEMBERS,
    refuse_load_balancers,
    refuse_members,
)
from ecstui.model.cluster import ClusterRecord
from ecstui.model.enums import (
    DeploymentStatus,
    NetworkMode,
    SchedulingStrategy,
    ServiceStatus,
    TaskDefinitionStatus,
)
from ecstui.model.requests.services import UpdateServiceRequest, UpdateServiceResponse
from ecstui.model.service import ServiceRecord
from ecstui.model.shape import alias_of
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.plan.fargate import PLATFORM_FAMILY
from ecstui.plan.ports import network_mode_of
from ecstui.store.kinds import TASK_DEFINITIONS
from ecstui.store.tables import Transaction

_TAKEN_OVER = (
    "desired_count",
    "health_check_grace_period_seconds",
    "enable_execute_command",
    "enable_ecs_managed_tags",
    "propagate_tags",
    "placement_constraints",
)
"""Members that are put into the service as they come and start no deployment."""


def update_service(
    tx: Transaction, request: UpdateServiceRequest, context: Context
) -> UpdateServiceResponse:
    """Change an ACTIVE service; the answer already lists the deployment that this starts."""
    cluster = active_cluster(tx, request.cluster)
    before = service_named(tx, cluster.cluster_name, request.service, "service")
    if before.status is not ServiceStatus.ACTIVE:
        raise ServiceNotActiveException("Service was not ACTIVE.", field="service")
    _check(request, before)
    definition = _definition_of(tx, request, before)
    service = _with_members(request, before)
    choice = _choice_of(tx, request, service, cluster)
    service = _with_choice(service, choice)
    service = _with_network(request, service, definition, choice)
    if _starts_deployment(request, before, service, definition):
        if definition.status is TaskDefinitionStatus.DELETE_IN_PROGRESS:
            raise ClientException("TaskDefinition is inactive", field="taskDefinition")
        service = _with_deployment(service, definition, choice, context)
        service = begin_deployment(tx, context, service, definition)
    tx.put(service)
    _say(tx, context, request, before, service)
    return UpdateServiceResponse(service=service_shape(tx, service, (TAGS,)))


def _check(request: UpdateServiceRequest, before: ServiceRecord) -> None:
    refuse_members(request, {**SERVICE_MEMBERS, **UPDATE_MEMBERS})
    refuse_load_balancers(request.load_balancers)
    check_desired_count(request.desired_count, before.scheduling_strategy, is_required=False)
    check_grace_period(request.health_check_grace_period_seconds)
    check_constraints(request.placement_constraints or ())
    if before.scheduling_strategy is SchedulingStrategy.DAEMON and request.placement_strategy:
        raise invalid(
            "The daemon scheduling strategy does not support placement strategies. Remove the "
            "placement strategies and try again.",
            "placementStrategy",
        )


def _definition_of(
    tx: Transaction, request: UpdateServiceRequest, before: ServiceRecord
) -> TaskDefinitionRecord:
    """The task definition that holds after the change; a deregistered one only if it is in use."""
    current = tx.get(TASK_DEFINITIONS, before.task_definition)
    if request.task_definition is None:
        assert current is not None, f"{before.task_definition} is gone"
        return current
    if current is not None:
        named = find_definition(tx, definition_name_of(request.task_definition))
        if named is not None and named.task_definition_arn == current.task_definition_arn:
            return current
    return launchable_definition(tx, request.task_definition, inactive=ClientException)


def _with_members(request: UpdateServiceRequest, before: ServiceRecord) -> ServiceRecord:
    given = {name: value for name in _TAKEN_OVER if (value := getattr(request, name)) is not None}
    if request.placement_strategy is not None:
        given["placement_strategy"] = placement_strategy(request.placement_strategy)
    given["deployment_configuration"] = merged_configuration(
        before.deployment_configuration,
        request.deployment_configuration,
        before.scheduling_strategy,
    )
    return keep_rebalancing(before.with_(**given), request.availability_zone_rebalancing)


def _choice_of(
    tx: Transaction, request: UpdateServiceRequest, service: ServiceRecord, cluster: ClusterRecord
) -> LaunchChoice:
    """How the service launches after the change; a change of strategy must be forced (4.6)."""
    given = request.capacity_provider_strategy
    before = LaunchChoice(
        service.launch_type, service.capacity_provider_strategy, service.platform_version
    )
    if given is None:
        version = request.platform_version
        if version is None:
            choice = before
        else:
            choice = launch_choice(tx, cluster, before.launch_type, before.strategy, version)
    else:
        has_none = not given and not cluster.default_capacity_provider_strategy
        launch_type = before.launch_type if has_none else None
        choice = launch_choice(tx, cluster, launch_type, given, request.platform_version)
        if choice.strategy != before.strategy and not request.force_new_deployment:
            raise invalid(MUST_FORCE, STRATEGY)
    constraints, strategies = service.placement_constraints, service.placement_strategy
    check_fargate_rules(choice, constraints, strategies, service.scheduling_strategy)
    return choice


def _with_choice(service: ServiceRecord, choice: LaunchChoice) -> ServiceRecord:
    return service.with_(
        launch_type=choice.launch_type,
        capacity_provider_strategy=choice.strategy,
        platform_version=choice.platform_version,
        platform_family=PLATFORM_FAMILY if choice.is_fargate else None,
    )


def _with_network(
    request: UpdateServiceRequest,
    service: ServiceRecord,
    definition: TaskDefinitionRecord,
    choice: LaunchChoice,
) -> ServiceRecord:
    """The service with the network that its task definition calls for.

    The network of an older task definition in awsvpc mode goes when the new one has another mode:
    no request could take it away.
    """
    mode = network_mode_of(definition)
    network = request.network_configuration
    if network is None and mode is NetworkMode.AWSVPC:
        network = service.network_configuration
    check_definition(definition, choice, network)
    return service.with_(network_configuration=network)


def _starts_deployment(
    request: UpdateServiceRequest,
    before: ServiceRecord,
    after: ServiceRecord,
    definition: TaskDefinitionRecord,
) -> bool:
    return (
        request.force_new_deployment
        or definition.task_definition_arn != before.task_definition
        or after.network_configuration != before.network_configuration
        or after.platform_version != before.platform_version
    )


def _with_deployment(
    service: ServiceRecord,
    definition: TaskDefinitionRecord,
    choice: LaunchChoice,
    context: Context,
) -> ServiceRecord:
    """A new PRIMARY deployment that is meant to have no task yet; every other one is ACTIVE."""
    older = tuple(
        deployment.with_(status=DeploymentStatus.ACTIVE, updated_at=context.now)
        if deployment.status is DeploymentStatus.PRIMARY
        else deployment
        for deployment in service.deployments
    )
    primary = new_deployment(
        context,
        definition.task_definition_arn,
        service.network_configuration,
        desired_count=0,
        choice=choice,
    )
    return service.with_(
        task_definition=definition.task_definition_arn, deployments=(primary, *older)
    )


# -- what to tell -----------------------------------------------------------------------------


def _say(
    tx: Transaction,
    context: Context,
    request: UpdateServiceRequest,
    before: ServiceRecord,
    after: ServiceRecord,
) -> None:
    if after == before:
        return
    say(
        tx,
        context,
        ", ".join(_sentences(request, before, after)),
        subject_arn=after.service_arn,
        cluster_name=after.cluster_name,
        service_arn=after.service_arn,
    )


def _sentences(
    request: UpdateServiceRequest, before: ServiceRecord, after: ServiceRecord
) -> list[str]:
    name = after.service_name
    said = []
    if after.desired_count != before.desired_count:
        said.append(f"scaled service {name} from {before.desired_count} to {after.desired_count}")
    if after.task_definition != before.task_definition:
        old, new = short_name(before.task_definition), short_name(after.task_definition)
        said.append(f"updated service {name} from {old} to {new}")
    elif request.force_new_deployment:
        said.append(f"forced a new deployment of service {name}")
    told = {
        "desired_count",
        "task_definition",
        "deployments",
        "current_service_deployment",
        "rolled_back",
    }
    members = [
        alias_of(member)
        for member in ServiceRecord.model_fields
        if member not in told and getattr(after, member) != getattr(before, member)
    ]
    if members:
        said.append(f"changed {', '.join(members)} of service {name}")
    return said


ENTRIES = (changes(UpdateServiceRequest, update_service),)
