"""UpdateService: what starts a deployment and what does not, and what it refuses."""

import pytest

from ecstui.model.enums import (
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
from ecstui.model.requests.services import UpdateServiceRequest
from ecstui.model.service import (
    CircuitBreakerConfiguration,
    DeploymentConfiguration,
    LoadBalancer,
    PlacementConstraint,
    PlacementStrategy,
)
from ecstui.model.task import AwsVpcConfiguration, NetworkConfiguration
from ecstui.store.kinds import EVENTS
from tests.factories import NAMES, NOW, a_container, a_service
from tests.support.desk import Desk

IPE = "InvalidParameterException"
RANDOM = PlacementStrategy(type=PlacementStrategyType.RANDOM)
DISTINCT = PlacementConstraint(type=PlacementConstraintType.DISTINCT_INSTANCE)


def network(subnet="subnet-1"):
    return NetworkConfiguration(awsvpc_configuration=AwsVpcConfiguration(subnets=(subnet,)))


@pytest.fixture
def desk():
    """A service `web` of `web:1` with 2 tasks wanted, completed; `web:2` is registered too."""
    desk = Desk()
    desk.register("web")
    service = desk.create()
    desk.change(
        service,
        deployments=(service.primary.with_(rollout_state=RolloutState.COMPLETED),),
    )
    desk.register("web")
    desk.now += 60
    return desk


def request(**members):
    return UpdateServiceRequest(**({"service": "web"} | members))


# -- deployments ------------------------------------------------------------------------------


def test_a_new_revision_starts_a_deployment_that_the_answer_lists_already(desk):
    old = desk.service().primary
    service = desk.call(request(task_definition="web:2")).service
    assert service.task_definition == NAMES.task_definition("web", 2)
    primary, active = service.deployments
    assert primary.status is DeploymentStatus.PRIMARY
    assert primary.task_definition == NAMES.task_definition("web", 2)
    assert (primary.desired_count, primary.rollout_state) == (0, RolloutState.IN_PROGRESS)
    assert primary.rollout_state_reason == f"ECS deployment {primary.id} in progress."
    assert primary.created_at == NOW + 60
    assert (active.id, active.status) == (old.id, DeploymentStatus.ACTIVE)
    assert (active.desired_count, active.rollout_state) == (2, RolloutState.COMPLETED)
    assert desk.said()[-1] == "alice updated service web from web:1 to web:2"


def test_a_third_revision_makes_both_others_active(desk):
    desk.update(task_definition="web:2")
    desk.register("web")
    service = desk.update(task_definition="web")
    assert [d.status for d in service.deployments] == ["PRIMARY", "ACTIVE", "ACTIVE"]
    assert [d.task_definition.split(":")[-1] for d in service.deployments] == ["3", "2", "1"]


def test_the_first_revision_again_is_a_new_deployment(desk):
    first = desk.service().primary
    desk.update(task_definition="web:2")
    service = desk.update(task_definition="web:1")
    assert service.primary.id != first.id
    assert len(service.deployments) == 3


@pytest.mark.parametrize("name", ["web:1", NAMES.task_definition("web", 1)])
def test_naming_the_revision_in_use_does_nothing(desk, name):
    before = desk.service()
    said = desk.said()
    assert desk.update(task_definition=name) == before
    assert desk.said() == said


def test_a_bare_family_means_its_newest_revision(desk):
    assert desk.update(task_definition="web").task_definition == NAMES.task_definition("web", 2)


def test_a_deployment_can_be_forced(desk):
    before = desk.service()
    service = desk.update(force_new_deployment=True)
    assert service.task_definition == before.task_definition
    assert [d.status for d in service.deployments] == ["PRIMARY", "ACTIVE"]
    assert service.primary.id != before.primary.id
    assert desk.said()[-1] == "alice forced a new deployment of service web"


def test_another_network_starts_a_deployment_the_same_one_does_not():
    desk = Desk()
    desk.register("net", network_mode=NetworkMode.AWSVPC)
    desk.create(task_definition="net", network_configuration=network())
    assert len(desk.update(network_configuration=network()).deployments) == 1
    service = desk.update(network_configuration=network("subnet-2"))
    assert [d.network_configuration for d in service.deployments] == [
        network("subnet-2"),
        network(),
    ]
    assert service.network_configuration == network("subnet-2")
    assert desk.said()[-1] == "alice changed networkConfiguration of service web"


@pytest.mark.parametrize(
    ("members", "attribute", "value", "words"),
    [
        ({"desired_count": 5}, "desired_count", 5, "scaled service web from 2 to 5"),
        ({"desired_count": 0}, "desired_count", 0, "scaled service web from 2 to 0"),
        (
            {"health_check_grace_period_seconds": 7},
            "health_check_grace_period_seconds",
            7,
            "changed healthCheckGracePeriodSeconds of service web",
        ),
        (
            {"enable_execute_command": True},
            "enable_execute_command",
            True,
            "changed enableExecuteCommand of service web",
        ),
        (
            {"enable_ecs_managed_tags": True},
            "enable_ecs_managed_tags",
            True,
            "changed enableECSManagedTags of service web",
        ),
        (
            {"propagate_tags": PropagateTags.SERVICE},
            "propagate_tags",
            PropagateTags.SERVICE,
            "changed propagateTags of service web",
        ),
        (
            {"placement_constraints": (DISTINCT,)},
            "placement_constraints",
            (DISTINCT,),
            "changed placementConstraints of service web",
        ),
        (
            {"placement_strategy": (RANDOM,)},
            "placement_strategy",
            (RANDOM,),
            "changed placementStrategy of service web",
        ),
    ],
)
def test_other_members_change_without_a_deployment(desk, members, attribute, value, words):
    before = desk.service()
    service = desk.update(**members)
    assert getattr(service, attribute) == value
    assert service.deployments == before.deployments
    assert desk.said()[-1] == f"alice {words}"


def test_an_absent_member_stays_and_an_empty_list_removes(desk):
    desk.update(placement_constraints=(DISTINCT,), placement_strategy=(RANDOM,))
    service = desk.update(desired_count=3)
    assert service.placement_constraints == (DISTINCT,)
    service = desk.update(placement_constraints=(), placement_strategy=())
    assert (service.placement_constraints, service.placement_strategy) == ((), ())
    assert service.desired_count == 3


def test_members_of_the_configuration_are_merged(desk):
    breaker = CircuitBreakerConfiguration(enable=True, rollback=True)
    desk.update(deployment_configuration=DeploymentConfiguration(maximum_percent=150))
    service = desk.update(
        deployment_configuration=DeploymentConfiguration(deployment_circuit_breaker=breaker)
    )
    assert service.deployment_configuration == DeploymentConfiguration(
        maximum_percent=150,
        minimum_healthy_percent=100,
        strategy="ROLLING",
        deployment_circuit_breaker=breaker,
    )
    assert len(service.deployments) == 1


def test_several_changes_are_one_sentence(desk):
    desk.update(desired_count=3, task_definition="web:2", propagate_tags=PropagateTags.SERVICE)
    assert desk.said()[-1] == (
        "alice scaled service web from 2 to 3, updated service web from web:1 to web:2, "
        "changed propagateTags of service web"
    )


def test_the_event_is_about_the_service(desk):
    desk.update(desired_count=5)
    event = desk.store.all(EVENTS)[-1]
    assert event.subject_arn == event.service_arn == NAMES.service("default", "web")
    assert (event.cluster_name, event.created_at) == ("default", NOW + 60)


def test_nothing_asked_for_is_nothing_done(desk):
    before, said = desk.service(), desk.said()
    assert desk.update() == before
    assert desk.said() == said


def test_leaving_awsvpc_mode_takes_the_network_away(desk):
    desk.register("net", network_mode=NetworkMode.AWSVPC)
    error = desk.refuse(request(task_definition="net"))
    assert error.message == (
        "Network Configuration must be provided when networkMode 'awsvpc' is specified."
    )
    service = desk.update(task_definition="net", network_configuration=network())
    assert service.network_configuration == network()
    service = desk.update(task_definition="web:2")
    assert service.network_configuration is None
    assert service.primary.network_configuration is None


# -- refusals ---------------------------------------------------------------------------------


def test_a_service_that_is_not_there(desk):
    error = desk.refuse(request(service="x"))
    assert (error.code, error.message, error.field) == (
        "ServiceNotFoundException",
        "Service not found.",
        "service",
    )


@pytest.mark.parametrize("status", [ServiceStatus.DRAINING, ServiceStatus.INACTIVE])
def test_a_service_that_is_not_active(desk, status):
    desk.put(a_service("gone", status=status))
    error = desk.refuse(request(service="gone", desired_count=1))
    assert (error.code, error.message, error.field) == (
        "ServiceNotActiveException",
        "Service was not ACTIVE.",
        "service",
    )


def test_a_new_revision_must_be_there_and_active(desk):
    error = desk.refuse(request(task_definition="web:9"))
    assert (error.code, error.message) == ("ClientException", "TaskDefinition not found.")
    desk.call(DeregisterTaskDefinitionRequest(task_definition="web:2"))
    error = desk.refuse(request(task_definition="web:2"))
    assert (error.code, error.message, error.field) == (
        "ClientException",
        "TaskDefinition is inactive",
        "taskDefinition",
    )


def test_a_deregistered_revision_goes_on_where_it_is_used(desk):
    desk.call(DeregisterTaskDefinitionRequest(task_definition="web:1"))
    assert desk.update(desired_count=4).desired_count == 4
    assert len(desk.update(force_new_deployment=True).deployments) == 2
    assert desk.update(task_definition="web:1").task_definition.endswith("web:1")


@pytest.mark.parametrize(
    ("members", "words", "field"),
    [
        ({"desired_count": -1}, "desiredCount cannot be a negative number.", "desiredCount"),
        (
            {"desired_count": 10**30},
            f"desiredCount must be between 0 and 5000, but was {10**30}.",
            "desiredCount",
        ),
        (
            {"deployment_configuration": DeploymentConfiguration(maximum_percent=100)},
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block "
            "deployments",
            "deploymentConfiguration.maximumPercent",
        ),
        (
            {"network_configuration": network()},
            "Network Configuration is not valid for the given networkMode of this task definition.",
            "networkConfiguration",
        ),
        (
            {"platform_version": "LATEST"},
            "The platform version must be null when specifying an EC2 launch type",
            "platformVersion",
        ),
        (
            {"health_check_grace_period_seconds": -5},
            "healthCheckGracePeriodSeconds cannot be a negative number.",
            "healthCheckGracePeriodSeconds",
        ),
        (
            {"placement_strategy": (RANDOM.with_(field="cpu"),)},
            "random field should not be specified",
            "placementStrategy[0].field",
        ),
        (
            {"placement_constraints": (DISTINCT.with_(expression="x"),)},
            "distinctInstance expression should not be specified",
            "placementConstraints[0].expression",
        ),
        (
            {"task_definition": "web:x"},
            "Invalid revision number. Number: x",
            "taskDefinition",
        ),
    ],
)
def test_what_cannot_be_changed_is_refused_in_ecs_words(desk, members, words, field):
    error = desk.refuse(request(**members))
    assert (error.code, error.message, error.field) == (IPE, words, field)


def test_a_daemon_has_neither_desired_count_nor_strategies():
    desk = Desk()
    desk.register("web")
    desk.create(scheduling_strategy=SchedulingStrategy.DAEMON, desired_count=None)
    assert desk.refuse(request(desired_count=0)).field == "desiredCount"
    assert desk.refuse(request(placement_strategy=(RANDOM,))).field == "placementStrategy"
    more = DeploymentConfiguration(maximum_percent=150)
    assert desk.refuse(request(deployment_configuration=more)).message == (
        "maximumPercent must be 100 for the daemon scheduling strategy"
    )


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"load_balancers": (LoadBalancer(target_group_arn="x"),)}, "loadBalancers"),
        ({"serviceConnectConfiguration": {"enabled": True}}, "serviceConnectConfiguration"),
    ],
)
def test_what_ecs_has_and_ecstui_has_not_is_refused_plainly(desk, members, field):
    error = desk.refuse(request(**members))
    assert (error.code, error.field) == ("UnsupportedFeatureException", field)
    assert "Leave " in error.message


@pytest.mark.parametrize(
    "members",
    [{"load_balancers": ()}, {"capacity_provider_strategy": ()}, {"serviceRegistries": []}],
)
def test_taking_away_what_is_not_there_is_fine(desk, members):
    assert len(desk.update(**members).deployments) == 1


def test_a_changed_image_is_another_revision_not_another_service(desk):
    container = a_container(image="busybox:new")
    desk.register("web", container_definitions=(container,))
    service = desk.update(task_definition="web")
    assert service.launch_type is LaunchType.EC2
    assert service.service_arn == NAMES.service("default", "web")
