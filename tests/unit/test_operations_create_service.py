"""CreateService: ECS's defaults, its first deployment, its errors, and making it only once."""

import pytest

from ecstui.model.enums import (
    Compatibility,
    DeploymentStatus,
    LaunchType,
    NetworkMode,
    PlacementConstraintType,
    PlacementStrategyType,
    PropagateTags,
    RolloutState,
    SchedulingStrategy,
    ServiceStatus,
)
from ecstui.model.requests.definitions import DeregisterTaskDefinitionRequest
from ecstui.model.requests.services import CreateServiceRequest
from ecstui.model.service import (
    CapacityProviderStrategyItem,
    CircuitBreakerConfiguration,
    DeploymentAlarms,
    DeploymentConfiguration,
    DeploymentController,
    LoadBalancer,
    PlacementConstraint,
    PlacementStrategy,
)
from ecstui.model.shape import Tag
from ecstui.model.task import AwsVpcConfiguration, NetworkConfiguration
from ecstui.store.kinds import SERVICES
from tests.factories import NAMES, NOW, a_cluster, a_definition, a_service
from tests.support.desk import Desk, create_request

IPE = "InvalidParameterException"
DAEMON = {"scheduling_strategy": SchedulingStrategy.DAEMON, "desired_count": None}
SUBNETS = NetworkConfiguration(awsvpc_configuration=AwsVpcConfiguration(subnets=("subnet-1",)))


@pytest.fixture
def desk():
    desk = Desk()
    desk.register("web")
    return desk


def configuration(**members):
    return {"deployment_configuration": DeploymentConfiguration(**members)}


def test_a_service_gets_ecs_defaults(desk):
    service = desk.call(create_request()).service
    assert service.service_arn == NAMES.service("default", "web")
    assert service.cluster_arn == NAMES.cluster("default")
    assert service.status is ServiceStatus.ACTIVE
    assert (service.desired_count, service.running_count, service.pending_count) == (2, 0, 0)
    assert service.task_definition == NAMES.task_definition("web", 1)
    assert service.deployment_configuration == DeploymentConfiguration(
        maximum_percent=200,
        minimum_healthy_percent=100,
        strategy="ROLLING",
        deployment_circuit_breaker=CircuitBreakerConfiguration(enable=False, rollback=False),
    )
    assert service.scheduling_strategy is SchedulingStrategy.REPLICA
    assert service.deployment_controller == DeploymentController(type="ECS")
    assert service.propagate_tags is PropagateTags.NONE
    assert service.launch_type is LaunchType.EC2
    assert service.created_at == NOW
    assert service.created_by == "arn:aws:iam::000000000000:user/alice"
    assert service.events == ()
    assert desk.said()[-1] == "alice created service web with 2 tasks"


def test_its_first_deployment_is_primary_and_in_progress(desk):
    (deployment,) = desk.call(create_request()).service.deployments
    assert deployment.id.startswith("ecs-svc/")
    assert len(deployment.id) == len("ecs-svc/") + 19
    assert deployment.status is DeploymentStatus.PRIMARY
    assert deployment.desired_count == 2
    assert deployment.rollout_state is RolloutState.IN_PROGRESS
    assert deployment.rollout_state_reason == f"ECS deployment {deployment.id} in progress."
    assert deployment.task_definition == NAMES.task_definition("web", 1)
    assert (deployment.created_at, deployment.updated_at) == (NOW, NOW)


def test_the_answer_has_no_member_of_ours(desk):
    wire = desk.call(create_request(tags=(Tag(key="a"),))).service.to_wire()
    assert "clusterName" not in wire
    assert wire["enableECSManagedTags"] is False
    assert "startFailures" not in wire["deployments"][0]
    assert wire["tags"] == [{"key": "a", "value": ""}]


def test_a_daemon_gets_other_defaults_and_no_desired_count(desk):
    service = desk.create(**DAEMON)
    assert service.desired_count == 0
    assert (service.maximum_percent, service.minimum_healthy_percent) == (100, 0)
    assert service.deployment_configuration.maximum_percent == 100
    assert desk.said()[-1] == "alice created service web with one task on each container instance"


def test_a_bare_family_is_resolved_once(desk):
    desk.create()
    desk.register("web")
    assert desk.service().task_definition == NAMES.task_definition("web", 1)


def test_what_is_given_is_kept(desk):
    strategy = PlacementStrategy(type=PlacementStrategyType.BINPACK, field="CPU")
    constraint = PlacementConstraint(type=PlacementConstraintType.DISTINCT_INSTANCE)
    service = desk.create(
        desired_count=1,
        placement_strategy=(strategy,),
        placement_constraints=(constraint,),
        health_check_grace_period_seconds=9,
        enable_execute_command=True,
        enable_ecs_managed_tags=True,
        propagate_tags=PropagateTags.SERVICE,
        tags=(Tag(key="a"),),
        **configuration(maximum_percent=150),
    )
    assert service.placement_strategy == (
        PlacementStrategy(type=PlacementStrategyType.BINPACK, field="cpu"),
    )
    assert service.placement_constraints == (constraint,)
    assert service.health_check_grace_period_seconds == 9
    assert service.enable_execute_command
    assert service.enable_ecs_managed_tags
    assert service.propagate_tags is PropagateTags.SERVICE
    assert service.tags == (Tag(key="a"),)
    assert (service.maximum_percent, service.minimum_healthy_percent) == (150, 100)
    assert desk.said()[-1] == "alice created service web with 1 task"


def test_awsvpc_mode_takes_a_network_configuration(desk):
    desk.register("net", network_mode=NetworkMode.AWSVPC)
    service = desk.create(task_definition="net", network_configuration=SUBNETS)
    assert service.network_configuration == SUBNETS
    assert service.primary.network_configuration == SUBNETS


# -- once -------------------------------------------------------------------------------------


def test_the_same_request_again_returns_the_service(desk):
    first = desk.call(create_request()).service
    again = desk.call(create_request(cluster=NAMES.cluster("default"))).service
    assert again == first
    assert len(desk.store.all(SERVICES)) == 1
    assert len([words for words in desk.said() if "created service" in words]) == 1


@pytest.mark.parametrize(
    "members",
    [
        {"desired_count": 3},
        {"enable_execute_command": True},
        {"propagate_tags": PropagateTags.SERVICE},
        {"placement_strategy": (PlacementStrategy(type=PlacementStrategyType.RANDOM),)},
        configuration(maximum_percent=150),
        {"task_definition": "db"},
        DAEMON,
    ],
)
def test_the_same_name_with_other_parameters_is_not_idempotent(desk, members):
    desk.register("db")
    desk.create()
    error = desk.refuse(create_request(**members))
    assert (error.code, error.message, error.field) == (
        IPE,
        "Creation of service was not idempotent.",
        "serviceName",
    )


def test_the_name_of_a_draining_service_is_taken(desk):
    desk.put(a_service("web", status=ServiceStatus.DRAINING))
    error = desk.refuse(create_request())
    assert (error.code, error.message, error.field) == (
        IPE,
        "Unable to Start a service that is still Draining.",
        "serviceName",
    )


def test_the_name_of_an_inactive_service_is_free(desk):
    desk.put(a_service("web", status=ServiceStatus.INACTIVE, deployments=(), desired_count=0))
    assert desk.create().status is ServiceStatus.ACTIVE


def test_one_name_in_two_clusters_is_two_services(desk):
    desk.put(a_cluster("blue"))
    desk.create()
    desk.call(create_request(cluster="blue"))
    assert len(desk.store.all(SERVICES)) == 2


def test_a_token_returns_the_service_even_after_an_update(desk):
    desk.create(client_token="t")
    desk.update(desired_count=5)
    again = desk.call(create_request(client_token="t")).service
    assert again.desired_count == 5


def test_a_token_with_other_parameters_is_refused(desk):
    desk.create(client_token="t")
    error = desk.refuse(create_request("other", client_token="t"))
    assert (error.code, error.field) == ("InvalidParameterException", "clientToken")
    assert error.message.startswith("Creation of service was not idempotent.")
    assert "for web." in error.message


def test_a_token_of_a_deleted_service_makes_it_anew(desk):
    service = desk.create(client_token="t")
    desk.change(service, status=ServiceStatus.INACTIVE)
    desk.now += 1
    assert desk.create(client_token="t").created_at == NOW + 1


def test_a_token_never_returns_a_namesake_that_another_request_made(desk):
    service = desk.create(client_token="t")
    desk.change(service, status=ServiceStatus.INACTIVE)
    desk.create(desired_count=7, client_token="u")
    error = desk.refuse(create_request(client_token="t"))
    assert error.message == "Creation of service was not idempotent."


@pytest.mark.parametrize("token", ["", "x" * 37, "a b", "é"])
def test_a_token_has_1_to_36_characters(desk, token):
    error = desk.refuse(create_request(client_token=token))
    assert (error.message, error.field) == (
        "clientToken must be 1 to 36 characters from ASCII 33 to 126.",
        "clientToken",
    )


# -- refusals ---------------------------------------------------------------------------------

REFUSED = [
    ({"name": ""}, "Service can not be blank.", "serviceName"),
    (
        {"name": "a b"},
        r"Service must match ^[a-zA-Z0-9\-_]{1,255}$, but was a b",
        "serviceName",
    ),
    ({"desired_count": -1}, "desiredCount cannot be a negative number.", "desiredCount"),
    (
        {"desired_count": 5001},
        "desiredCount must be between 0 and 5000, but was 5001.",
        "desiredCount",
    ),
    (
        {"desired_count": None},
        "desiredCount is required when the scheduling strategy is REPLICA.",
        "desiredCount",
    ),
    (
        {"scheduling_strategy": SchedulingStrategy.DAEMON, "desired_count": 0},
        "The daemon scheduling strategy does not support a desired count for services. Remove the "
        "desired count and try again.",
        "desiredCount",
    ),
    ({"task_definition": None}, "TaskDefinition can not be blank.", "taskDefinition"),
    (
        configuration(minimum_healthy_percent=100, maximum_percent=100),
        "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block "
        "deployments",
        "deploymentConfiguration.maximumPercent",
    ),
    (
        configuration(maximum_percent=100),
        "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block "
        "deployments",
        "deploymentConfiguration.maximumPercent",
    ),
    (
        configuration(minimum_healthy_percent=101),
        "minimumHealthyPercent must be at most 100",
        "deploymentConfiguration.minimumHealthyPercent",
    ),
    (
        configuration(minimum_healthy_percent=-1),
        "minimumHealthyPercent must be at least 0",
        "deploymentConfiguration.minimumHealthyPercent",
    ),
    (
        configuration(maximum_percent=99),
        "maximumPercent must be at least 100",
        "deploymentConfiguration.maximumPercent",
    ),
    (
        configuration(maximum_percent=2**31),
        "maximumPercent must be at most 2147483647",
        "deploymentConfiguration.maximumPercent",
    ),
    (
        DAEMON | configuration(maximum_percent=150),
        "maximumPercent must be 100 for the daemon scheduling strategy",
        "deploymentConfiguration.maximumPercent",
    ),
    (
        {
            "launch_type": LaunchType.EC2,
            "capacity_provider_strategy": (CapacityProviderStrategyItem(capacity_provider="x"),),
        },
        "Specifying both a launch type and capacity provider strategy is not supported",
        "capacityProviderStrategy",
    ),
    (
        {"platform_version": "1.4.0"},
        "The platform version must be null when specifying an EC2 launch type",
        "platformVersion",
    ),
    (
        {"role": "ecsServiceRole"},
        "IAM roles are only valid for services configured to use load balancers",
        "role",
    ),
    (
        {"health_check_grace_period_seconds": -1},
        "healthCheckGracePeriodSeconds cannot be a negative number.",
        "healthCheckGracePeriodSeconds",
    ),
    (
        {"health_check_grace_period_seconds": 2**31},
        "healthCheckGracePeriodSeconds must be between 0 and 2147483647, but was 2147483648.",
        "healthCheckGracePeriodSeconds",
    ),
    (
        {"network_configuration": SUBNETS},
        "Network Configuration is not valid for the given networkMode of this task definition.",
        "networkConfiguration",
    ),
    (
        {"task_definition": "net"},
        "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        "networkConfiguration",
    ),
    (
        {"task_definition": "far"},
        "Task definition does not support launch_type EC2.",
        "taskDefinition",
    ),
    (
        DAEMON | {"placement_strategy": (PlacementStrategy(type=PlacementStrategyType.RANDOM),)},
        "The daemon scheduling strategy does not support placement strategies. Remove the "
        "placement strategies and try again.",
        "placementStrategy",
    ),
]


@pytest.mark.parametrize(("members", "words", "field"), REFUSED)
def test_what_cannot_be_made_is_refused_in_ecs_words(desk, members, words, field):
    desk.register("net", network_mode=NetworkMode.AWSVPC)
    desk.put(a_definition(family="far", compatibilities=(Compatibility.FARGATE,)))
    error = desk.refuse(create_request(**members))
    assert (error.code, error.message, error.field) == (IPE, words, field)


def test_a_definition_that_is_not_there_or_inactive_is_refused(desk):
    error = desk.refuse(create_request(task_definition="x"))
    assert (error.code, error.message) == ("ClientException", "TaskDefinition not found.")
    desk.call(DeregisterTaskDefinitionRequest(task_definition="web:1"))
    error = desk.refuse(create_request(task_definition="web:1"))
    assert (error.code, error.message, error.field) == (
        "ClientException",
        "TaskDefinition is inactive",
        "taskDefinition",
    )


def strategies(*given):
    return tuple(PlacementStrategy(type=PlacementStrategyType(t), field=f) for t, f in given)


@pytest.mark.parametrize(
    ("given", "words", "field"),
    [
        (
            strategies(*[("random", None)] * 6),
            "Maximum number of strategies is 5",
            "placementStrategy",
        ),
        (
            strategies(("random", "cpu")),
            "random field should not be specified",
            "placementStrategy[0].field",
        ),
        (
            strategies(("spread", "host"), ("binpack", "disk")),
            "binpack field should be one of [cpu, memory]",
            "placementStrategy[1].field",
        ),
        (
            strategies(("binpack", None)),
            "binpack field should be one of [cpu, memory]",
            "placementStrategy[0].field",
        ),
        (
            strategies(("spread", "zone")),
            "spread field should be instanceId, host or attribute:NAME",
            "placementStrategy[0].field",
        ),
    ],
)
def test_placement_strategies_keep_ecs_rules(desk, given, words, field):
    error = desk.refuse(create_request(placement_strategy=given))
    assert (error.code, error.message, error.field) == (IPE, words, field)


def constraints(*given):
    return tuple(
        PlacementConstraint(type=PlacementConstraintType(t), expression=e) for t, e in given
    )


@pytest.mark.parametrize(
    ("given", "words", "field"),
    [
        (
            constraints(*[("distinctInstance", None)] * 11),
            "Maximum number of constraints is 10",
            "placementConstraints",
        ),
        (
            constraints(("distinctInstance", "runningTasksCount == 1")),
            "distinctInstance expression should not be specified",
            "placementConstraints[0].expression",
        ),
        (
            constraints(("distinctInstance", None), ("memberOf", None)),
            "memberOf expression should be specified",
            "placementConstraints[1].expression",
        ),
        (
            constraints(("memberOf", "x" * 2001)),
            "placementConstraints[0].expression must be at most 2000 characters, but has 2001.",
            "placementConstraints[0].expression",
        ),
    ],
)
def test_placement_constraints_keep_ecs_rules(desk, given, words, field):
    error = desk.refuse(create_request(placement_constraints=given))
    assert (error.code, error.message, error.field) == (IPE, words, field)


def test_an_expression_must_be_one(desk):
    error = desk.refuse(create_request(placement_constraints=constraints(("memberOf", "what"))))
    assert (error.code, error.field) == (IPE, "placementConstraints[0].expression")
    assert error.message.startswith("Invalid expression: ")


@pytest.mark.parametrize(
    ("tags", "words", "field"),
    [
        ((Tag(key="a"),) * 51, "A resource can have at most 50 tags.", "tags"),
        ((Tag(key=""),), "A tag's key must have 1 to 128 characters.", "tags[0].key"),
        ((Tag(key="x" * 129),), "A tag's key must have 1 to 128 characters.", "tags[0].key"),
        (
            (Tag(key="a", value="x" * 257),),
            "A tag's value must have 0 to 256 characters.",
            "tags[0].value",
        ),
        (
            (Tag(key="a"), Tag(key="b\n")),
            "A tag's key may hold letters, digits, spaces and + - = . _ : / @ only.",
            "tags[1].key",
        ),
        ((Tag(key="AWS:x"),), "A tag's key may not begin with aws:", "tags[0].key"),
        ((Tag(key="a", value="aws:x"),), "A tag's value may not begin with aws:", "tags[0].value"),
        ((Tag(key="a"), Tag(key="a")), "The tag key a is given twice.", "tags[1].key"),
    ],
)
def test_tags_keep_ecs_rules(desk, tags, words, field):
    error = desk.refuse(create_request(tags=tags))
    assert (error.code, error.message, error.field) == (IPE, words, field)


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"launch_type": LaunchType.MANAGED_INSTANCES}, "launchType"),
        ({"load_balancers": (LoadBalancer(target_group_arn="x"),)}, "loadBalancers"),
        (
            {"deployment_controller": DeploymentController(type="EXTERNAL")},
            "deploymentController.type",
        ),
        ({"serviceRegistries": [{"registryArn": "x"}]}, "serviceRegistries"),
        ({"serviceConnectConfiguration": {"enabled": True}}, "serviceConnectConfiguration"),
        ({"volumeConfigurations": [{"name": "x"}]}, "volumeConfigurations"),
        ({"vpcLatticeConfigurations": [{"roleArn": "x"}]}, "vpcLatticeConfigurations"),
    ],
)
def test_what_ecs_has_and_ecstui_has_not_is_refused_plainly(desk, members, field):
    error = desk.refuse(create_request(**members))
    assert (error.code, error.field) == ("UnsupportedFeatureException", field)
    assert "Leave " in error.message


@pytest.mark.parametrize(
    "members",
    [
        {"load_balancers": ()},
        {"serviceRegistries": []},
        {"serviceConnectConfiguration": {"enabled": False}},
        {"deployment_controller": DeploymentController(type="ECS")},
        {"availability_zone_rebalancing": "DISABLED"},
        configuration(strategy="ROLLING", bake_time_in_minutes=0),
        configuration(alarms=DeploymentAlarms()),
        {"unknownToEveryone": 1},
    ],
)
def test_members_that_change_nothing_are_taken(desk, members):
    assert desk.create(**members).status is ServiceStatus.ACTIVE


def test_the_names_of_ecs_reach_the_same_members(desk):
    request = CreateServiceRequest.model_validate(
        {"serviceName": "web", "taskDefinition": "web", "desiredCount": 1}
    )
    assert desk.call(request).service.desired_count == 1
