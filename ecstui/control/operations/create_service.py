"""CreateService: a service with its first deployment; the scheduler starts the tasks.

The same request again returns the service that is there. Source: ecs.md 6.1, 6.2.
"""

from ecstui.base.errors import ClientException, ConflictException, InvalidParameterException
from ecstui.control.context import Context
from ecstui.control.operations.checks import (
    check_constraints,
    check_tags,
    invalid,
    placement_strategy,
)
from ecstui.control.operations.deploying import begin_deployment, forget_history
from ecstui.control.operations.describe import TAGS, service_shape
from ecstui.control.operations.events import say
from ecstui.control.operations.launch_choice import (
    LaunchChoice,
    check_definition,
    check_fargate_rules,
    launch_choice,
)
from ecstui.control.operations.names import (
    active_cluster,
    check_name,
    find_service,
    launchable_definition,
    principal_of,
)
from ecstui.control.operations.service_rules import (
    check_desired_count,
    check_grace_period,
    merged_configuration,
    new_deployment,
    with_rebalancing,
)
from ecstui.control.operations.table import changes
from ecstui.control.operations.tokens import Token, made_before, remember, token_of
from ecstui.control.operations.unsupported import (
    SERVICE_MEMBERS,
    refuse_controller,
    refuse_load_balancers,
    refuse_members,
)
from ecstui.model.cluster import ClusterRecord
from ecstui.model.enums import PropagateTags, SchedulingStrategy, ServiceStatus
from ecstui.model.requests.services import CreateServiceRequest, CreateServiceResponse
from ecstui.model.service import ServiceRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.plan.fargate import PLATFORM_FAMILY
from ecstui.store.kinds import SERVICES, TASK_DEFINITIONS
from ecstui.store.tables import Transaction

LONGEST_TOKEN = 36
_SAME = (
    "task_definition",
    "desired_count",
    "launch_type",
    "capacity_provider_strategy",
    "platform_version",
    "deployment_configuration",
    "placement_constraints",
    "placement_strategy",
    "network_configuration",
    "health_check_grace_period_seconds",
    "scheduling_strategy",
    "enable_ecs_managed_tags",
    "propagate_tags",
    "enable_execute_command",
    "availability_zone_rebalancing",
)
"""Members in which a service and a request to make it again must agree."""


def create_service(
    tx: Transaction, request: CreateServiceRequest, context: Context
) -> CreateServiceResponse:
    """Make a service, or return the ACTIVE one that the same request made before."""
    cluster = active_cluster(tx, request.cluster)
    check_name(request.service_name, "Service", "serviceName")
    _refuse_unsupported(request)
    token = token_of(request, cluster.cluster_name, LONGEST_TOKEN)
    for arn in _made_before(tx, token, context.now):
        made = tx.get(SERVICES, arn)
        is_it = made is not None and made.client_token == request.client_token
        if made is not None and is_it and made.status is ServiceStatus.ACTIVE:
            return CreateServiceResponse(service=service_shape(tx, made, (TAGS,)))
    record = _record_of(tx, request, cluster, context)
    existing = find_service(tx, cluster.cluster_name, request.service_name)
    if existing is not None and existing.status is ServiceStatus.DRAINING:
        raise invalid("Unable to Start a service that is still Draining.", "serviceName")
    if existing is not None and existing.status is ServiceStatus.ACTIVE:
        _check_same(existing, record)
        return CreateServiceResponse(service=service_shape(tx, existing, (TAGS,)))
    forget_history(tx, record.service_arn)
    record = begin_deployment(tx, context, record, _primary_definition(tx, record))
    tx.put(record)
    remember(tx, token, (record.service_arn,), context.now)
    say(
        tx,
        context,
        f"created service {record.service_name} with {_size(record)}",
        subject_arn=record.service_arn,
        cluster_name=record.cluster_name,
        service_arn=record.service_arn,
    )
    return CreateServiceResponse(service=service_shape(tx, record, (TAGS,)))


def _made_before(tx: Transaction, token: Token | None, now: float) -> tuple[str, ...]:
    """As `made_before`; ECS declares no conflict for CreateService."""
    try:
        return made_before(tx, token, now)
    except ConflictException as conflict:
        words = f"Creation of service was not idempotent. {conflict.message}"
        raise invalid(words, "clientToken") from conflict


def _primary_definition(tx: Transaction, record: ServiceRecord) -> TaskDefinitionRecord:
    definition = tx.get(TASK_DEFINITIONS, record.task_definition)
    assert definition is not None, f"{record.task_definition} is gone"
    return definition


def _check_same(existing: ServiceRecord, wanted: ServiceRecord) -> None:
    if any(getattr(existing, name) != getattr(wanted, name) for name in _SAME):
        raise invalid("Creation of service was not idempotent.", "serviceName")


def _size(record: ServiceRecord) -> str:
    if record.scheduling_strategy is SchedulingStrategy.DAEMON:
        return "one task on each container instance"
    return "1 task" if record.desired_count == 1 else f"{record.desired_count} tasks"


def _refuse_unsupported(request: CreateServiceRequest) -> None:
    refuse_members(request, SERVICE_MEMBERS)
    refuse_controller(request.deployment_controller)
    refuse_load_balancers(request.load_balancers)


def _definition_of(
    tx: Transaction, request: CreateServiceRequest, choice: LaunchChoice
) -> TaskDefinitionRecord:
    if request.task_definition is None:
        raise InvalidParameterException("TaskDefinition can not be blank.", field="taskDefinition")
    definition = launchable_definition(tx, request.task_definition, inactive=ClientException)
    check_definition(definition, choice, request.network_configuration)
    return definition


def _choice_of(
    tx: Transaction,
    request: CreateServiceRequest,
    cluster: ClusterRecord,
    scheduling: SchedulingStrategy,
) -> LaunchChoice:
    choice = launch_choice(
        tx,
        cluster,
        request.launch_type,
        request.capacity_provider_strategy,
        request.platform_version,
        scheduling,
    )
    constraints, strategies = request.placement_constraints, request.placement_strategy
    check_fargate_rules(choice, constraints, strategies, scheduling)
    return choice


def _record_of(
    tx: Transaction, request: CreateServiceRequest, cluster: ClusterRecord, context: Context
) -> ServiceRecord:
    """The service that the request describes, with ECS's defaults filled in."""
    scheduling = request.scheduling_strategy or SchedulingStrategy.REPLICA
    check_desired_count(request.desired_count, scheduling, is_required=True)
    configuration = merged_configuration(None, request.deployment_configuration, scheduling)
    choice = _choice_of(tx, request, cluster, scheduling)
    definition = _definition_of(tx, request, choice)
    _check_rest(request, scheduling)
    name, desired_count = request.service_name, request.desired_count or 0
    deployment = new_deployment(
        context,
        definition.task_definition_arn,
        request.network_configuration,
        desired_count=desired_count,
        choice=choice,
    )
    record = ServiceRecord(
        service_arn=context.names.service(cluster.cluster_name, name),
        service_name=name,
        cluster_arn=cluster.cluster_arn,
        cluster_name=cluster.cluster_name,
        desired_count=desired_count,
        launch_type=choice.launch_type,
        capacity_provider_strategy=choice.strategy,
        platform_version=choice.platform_version,
        platform_family=PLATFORM_FAMILY if choice.is_fargate else None,
        task_definition=definition.task_definition_arn,
        deployment_configuration=configuration,
        deployments=(deployment,),
        created_at=context.now,
        placement_constraints=request.placement_constraints,
        placement_strategy=placement_strategy(request.placement_strategy),
        network_configuration=request.network_configuration,
        health_check_grace_period_seconds=request.health_check_grace_period_seconds,
        scheduling_strategy=scheduling,
        tags=request.tags,
        created_by=principal_of(context),
        enable_ecs_managed_tags=request.enable_ecs_managed_tags,
        propagate_tags=request.propagate_tags or PropagateTags.NONE,
        enable_execute_command=request.enable_execute_command,
        client_token=request.client_token,
    )
    return with_rebalancing(record, request.availability_zone_rebalancing)


def _check_rest(request: CreateServiceRequest, scheduling: SchedulingStrategy) -> None:
    if request.role:
        raise invalid(
            "IAM roles are only valid for services configured to use load balancers", "role"
        )
    if scheduling is SchedulingStrategy.DAEMON and request.placement_strategy:
        raise invalid(
            "The daemon scheduling strategy does not support placement strategies. Remove the "
            "placement strategies and try again.",
            "placementStrategy",
        )
    check_grace_period(request.health_check_grace_period_seconds)
    check_constraints(request.placement_constraints)
    check_tags(request.tags)


ENTRIES = (changes(CreateServiceRequest, create_service),)
