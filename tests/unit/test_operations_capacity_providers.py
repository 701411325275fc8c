"""Operations on capacity providers, with the words of ECS (ecs.md 4.6, 6.2, 13.2)."""

import pytest

from ecstui.model.capacity import AutoScalingGroupProvider, ManagedScaling
from ecstui.model.cluster import EngineRecord
from ecstui.model.enums import (
    DeploymentStatus,
    LaunchType,
    PlacementConstraintType,
    PlacementStrategyType,
    SchedulingStrategy,
    StopCode,
    TaskStatus,
)
from ecstui.model.placement import PlacementConstraint, PlacementStrategy
from ecstui.model.requests.capacity_providers import (
    AutoScalingGroupProviderUpdate,
    CreateAutoScalingGroupRequest,
    CreateCapacityProviderRequest,
    DeleteAutoScalingGroupRequest,
    DeleteCapacityProviderRequest,
    DescribeAutoScalingGroupsRequest,
    DescribeCapacityProvidersRequest,
    InterruptSpotTaskRequest,
    PutClusterCapacityProvidersRequest,
    UpdateAutoScalingGroupRequest,
    UpdateCapacityProviderRequest,
)
from ecstui.model.requests.clusters import CreateClusterRequest, DescribeClustersRequest
from ecstui.model.requests.services import CreateServiceRequest, UpdateServiceRequest
from ecstui.model.requests.tags import ListTagsForResourceRequest, TagResourceRequest
from ecstui.model.requests.tasks import RunTaskRequest
from ecstui.model.service import CapacityProviderStrategyItem
from ecstui.model.shape import Tag
from ecstui.model.task import AwsVpcConfiguration, NetworkConfiguration
from ecstui.plan.provider_placement import MOST_WAITING
from ecstui.store.kinds import ENGINES, SERVICES, TASKS
from tests.factories import NAMES, NOW, a_task
from tests.support.desk import Desk

NETWORK = NetworkConfiguration(
    awsvpc_configuration=AwsVpcConfiguration(subnets=("subnet-1",), assign_public_ip="ENABLED")
)
ENGINE = EngineRecord(name="docker", kind="docker", is_connected=True, changed_at=NOW)
ON = ManagedScaling(status="ENABLED")


def item(name: str, base: int = 0, weight: int = 0) -> CapacityProviderStrategyItem:
    return CapacityProviderStrategyItem(capacity_provider=name, base=base, weight=weight)


def a_provider(desk: Desk, name: str = "local", group: str = "pool", **settings):
    """A capacity provider of a new group."""
    desk.call(CreateAutoScalingGroupRequest(auto_scaling_group_name=group, cpu=256, memory=512))
    provider = AutoScalingGroupProvider(auto_scaling_group_arn=group, **settings)
    request = CreateCapacityProviderRequest(name=name, auto_scaling_group_provider=provider)
    return desk.call(request).capacity_provider


def association(*providers: str, strategy=()) -> PutClusterCapacityProvidersRequest:
    return PutClusterCapacityProvidersRequest(
        cluster="default",
        capacity_providers=providers,
        default_capacity_provider_strategy=strategy,
    )


def associate(desk: Desk, *providers: str, strategy=()):
    return desk.call(association(*providers, strategy=strategy)).cluster


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.register()
    return desk


@pytest.fixture
def fargate(desk: Desk) -> Desk:
    """A desk with the definition `cloud`, made for Fargate, and an engine that answers."""
    desk.put(ENGINE)
    desk.register(
        "cloud",
        network_mode="awsvpc",
        requires_compatibilities=("FARGATE",),
        cpu="256",
        memory="512",
    )
    return desk


# -- providers ------------------------------------------------------------------------------------


def test_a_provider_has_ecs_defaults(desk):
    provider = a_provider(desk, managed_scaling=ON)
    settings = provider.auto_scaling_group_provider
    assert settings is not None
    assert provider.capacity_provider_arn == NAMES.capacity_provider("local")
    assert (provider.status, provider.type, provider.update_status) == (
        "ACTIVE",
        "EC2_AUTOSCALING",
        "CREATE_COMPLETE",
    )
    assert settings.auto_scaling_group_arn.endswith(":autoScalingGroupName/pool")
    assert settings.managed_scaling == ManagedScaling(
        status="ENABLED",
        target_capacity=100,
        minimum_scaling_step_size=1,
        maximum_scaling_step_size=10_000,
        instance_warmup_period=10,
    )
    assert (settings.managed_termination_protection, settings.managed_draining) == (
        "DISABLED",
        "ENABLED",
    )


@pytest.mark.parametrize(
    ("name", "settings", "code", "words"),
    [
        ("fargate-x", {}, "InvalidParameterException", "name is invalid"),
        ("AWSome", {}, "InvalidParameterException", "name is invalid"),
        ("a b", {}, "InvalidParameterException", "name is invalid"),
        ("local", {}, "ClientException", "The specified capacity provider already exists"),
        ("other", {}, "ClientException", "already being used by another capacity provider"),
        ("x", {"auto_scaling_group_arn": "nobody"}, "ClientException", "is not valid"),
        (
            "x",
            {"auto_scaling_group_arn": "free", "managed_termination_protection": "ENABLED"},
            "ClientException",
            "managed termination protection setting",
        ),
        (
            "x",
            {
                "auto_scaling_group_arn": "free",
                "managed_scaling": ManagedScaling(target_capacity=101),
            },
            "InvalidParameterException",
            "targetCapacity must be between 1 and 100",
        ),
        (
            "x",
            {
                "auto_scaling_group_arn": "free",
                "managed_scaling": ManagedScaling(
                    minimum_scaling_step_size=3, maximum_scaling_step_size=2
                ),
            },
            "InvalidParameterException",
            "must not be greater",
        ),
    ],
)
def test_a_provider_that_cannot_be_made_is_refused(desk, name, settings, code, words):
    a_provider(desk)
    desk.call(CreateAutoScalingGroupRequest(auto_scaling_group_name="free", cpu=1, memory=1))
    provider = AutoScalingGroupProvider(**({"auto_scaling_group_arn": "pool"} | settings))
    error = desk.refuse(
        CreateCapacityProviderRequest(name=name, auto_scaling_group_provider=provider)
    )
    assert error.code == code
    assert words in error.message


def test_managed_instances_are_refused_plainly(desk):
    request = CreateCapacityProviderRequest.model_validate(
        {"name": "x", "managedInstancesProvider": {"infrastructureRoleArn": "r"}}
    )
    error = desk.refuse(request)
    assert (error.code, error.field) == ("UnsupportedFeatureException", "managedInstancesProvider")


def test_an_update_changes_what_it_names(desk):
    a_provider(desk, managed_scaling=ON)
    update = AutoScalingGroupProviderUpdate(
        managed_scaling=ManagedScaling(target_capacity=80), managed_draining="DISABLED"
    )
    changed = desk.call(
        UpdateCapacityProviderRequest(name="local", auto_scaling_group_provider=update)
    ).capacity_provider
    settings = changed.auto_scaling_group_provider
    assert settings is not None
    assert changed.update_status == "UPDATE_COMPLETE"
    assert (settings.managed_scaling.status, settings.managed_scaling.target_capacity) == (
        "ENABLED",
        80,
    )
    assert settings.managed_draining == "DISABLED"


def test_all_are_described_in_pages_and_unknown_ones_are_failures(desk):
    a_provider(desk)
    response = desk.call(DescribeCapacityProvidersRequest())
    names = [(p.name, p.type) for p in response.capacity_providers]
    assert names == [
        ("FARGATE", "FARGATE"),
        ("FARGATE_SPOT", "FARGATE_SPOT"),
        ("local", "EC2_AUTOSCALING"),
    ]
    first = desk.call(DescribeCapacityProvidersRequest(max_results=2))
    assert len(first.capacity_providers) == 2
    rest = desk.call(DescribeCapacityProvidersRequest(max_results=2, next_token=first.next_token))
    assert [p.name for p in rest.capacity_providers] == ["local"]
    asked = (NAMES.capacity_provider("local"), "nobody")
    some = desk.call(DescribeCapacityProvidersRequest(capacity_providers=asked))
    assert [p.name for p in some.capacity_providers] == ["local"]
    assert [(f.arn, f.reason) for f in some.failures] == [
        (NAMES.capacity_provider("nobody"), "MISSING")
    ]


def test_only_an_unused_provider_is_deleted(desk):
    a_provider(desk)
    associate(desk, "local")
    error = desk.refuse(DeleteCapacityProviderRequest(capacity_provider="local"))
    assert error.message == (
        "The capacity provider cannot be deleted because it is associated with cluster: default. "
        "Remove the capacity provider from the cluster and try again."
    )
    associate(desk)
    gone = desk.call(DeleteCapacityProviderRequest(capacity_provider="local")).capacity_provider
    assert (gone.status, gone.update_status) == ("INACTIVE", "DELETE_COMPLETE")
    reserved = desk.refuse(DeleteCapacityProviderRequest(capacity_provider="FARGATE"))
    assert "reserved" in reserved.message


def test_a_provider_has_tags_and_those_of_fargate_have_none(desk):
    arn = a_provider(desk).capacity_provider_arn
    tag = Tag(key="team", value="web")
    desk.call(TagResourceRequest(resource_arn=arn, tags=(tag,)))
    assert desk.call(ListTagsForResourceRequest(resource_arn=arn)).tags == (tag,)
    shown = desk.call(DescribeCapacityProvidersRequest(capacity_providers=("local",)))
    assert shown.capacity_providers[0].tags == ()
    error = desk.refuse(
        TagResourceRequest(resource_arn=NAMES.capacity_provider("FARGATE"), tags=(tag,))
    )
    assert "cannot be tagged" in error.message


# -- clusters -------------------------------------------------------------------------------------


def test_a_cluster_shows_its_providers_and_what_they_attach(desk):
    a_provider(desk, managed_scaling=ON)
    cluster = associate(desk, "local", strategy=(item("local", 1, 2),))
    assert cluster.capacity_providers == ("local",)
    assert cluster.default_capacity_provider_strategy == (item("local", 1, 2),)
    assert [(a.type, a.status) for a in cluster.attachments] == [
        ("as_policy", "CREATED"),
        ("managed_draining", "CREATED"),
    ]
    assert cluster.attachments_status == "UPDATE_COMPLETE"
    plain = desk.call(DescribeClustersRequest()).clusters[0]
    assert (plain.capacity_providers, plain.attachments) == (("local",), ())


def test_a_new_cluster_takes_providers_along(desk):
    request = CreateClusterRequest(
        cluster_name="shop",
        capacity_providers=("FARGATE", "FARGATE_SPOT"),
        default_capacity_provider_strategy=(item("FARGATE_SPOT", 0, 1),),
    )
    cluster = desk.call(request).cluster
    assert cluster.capacity_providers == ("FARGATE", "FARGATE_SPOT")


@pytest.mark.parametrize(
    ("providers", "strategy", "words"),
    [
        (("nobody",), (), "The specified capacity provider nobody was not found"),
        (("FARGATE",), (item("local", 0, 1),), "that is not associated with the cluster"),
        (
            ("FARGATE", "local"),
            (item("FARGATE", 0, 1), item("local", 0, 1)),
            "cannot contain both Fargate and Auto Scaling group",
        ),
        (
            ("FARGATE", "FARGATE_SPOT"),
            (item("FARGATE", 1, 1), item("FARGATE_SPOT", 1, 1)),
            "There are multiple capacity providers in the specified capacity provider strategy "
            "with a base value defined",
        ),
        (
            ("FARGATE", "FARGATE_SPOT"),
            (item("FARGATE"), item("FARGATE_SPOT")),
            "There are no capacity providers in the capacity provider strategy with a weight "
            "value greater than zero",
        ),
        (("FARGATE",), (item("FARGATE", 0, 1001),), "weight must be between 0 and 1000"),
        (("FARGATE",), (item("FARGATE", 100_001, 1),), "base must be between 0 and 100000"),
        (("FARGATE",), (item("FARGATE", 0, 1),) * 2, "is given twice"),
        (("FARGATE",), (item("FARGATE", 0, 1),) * 21, "at most 20"),
    ],
)
def test_a_strategy_that_breaks_a_rule_is_refused(desk, providers, strategy, words):
    a_provider(desk)
    error = desk.refuse(
        PutClusterCapacityProvidersRequest(
            cluster="default",
            capacity_providers=providers,
            default_capacity_provider_strategy=strategy,
        )
    )
    assert error.code == "InvalidParameterException"
    assert words in error.message


def test_a_provider_that_a_service_uses_stays(desk):
    a_provider(desk)
    associate(desk, "local")
    desk.create(capacity_provider_strategy=(item("local", 0, 1),))
    error = desk.refuse(association())
    assert (error.code, error.message) == (
        "ResourceInUseException",
        "The specified capacity provider is in use and cannot be removed.",
    )


def test_a_provider_that_only_an_older_deployment_uses_stays_until_that_is_gone(desk):
    a_provider(desk, managed_scaling=ON)
    associate(desk, "local", "FARGATE")
    service = desk.create(capacity_provider_strategy=(item("local", 0, 1),))
    record = desk.store.get(SERVICES, service.service_arn)
    moved = record.primary.with_(capacity_provider_strategy=(item("FARGATE", 0, 1),))
    blue = record.primary.with_(id="ecs-svc/1", status=DeploymentStatus.ACTIVE)
    after = record.with_(
        capacity_provider_strategy=moved.capacity_provider_strategy, deployments=(moved, blue)
    )
    goes = association("FARGATE")
    desk.put(after)
    assert desk.refuse(goes).code == "ResourceInUseException"
    desk.put(after.with_(deployments=(moved,), last_completed=blue))
    assert desk.refuse(goes).code == "ResourceInUseException"
    desk.put(after.with_(deployments=(moved,), last_completed=moved))
    assert associate(desk, "FARGATE").capacity_providers == ("FARGATE",)


def test_a_provider_by_which_a_task_runs_stays_until_that_has_stopped(desk):
    a_provider(desk, managed_scaling=ON)
    associate(desk, "local")
    run = RunTaskRequest(task_definition="web", capacity_provider_strategy=(item("local", 0, 1),))
    (task,) = desk.call(run).tasks
    assert desk.refuse(association()).code == "ResourceInUseException"
    record = desk.store.get(TASKS, task.task_arn)
    desk.put(record.with_(last_status=TaskStatus.STOPPED))
    assert associate(desk).capacity_providers == ()


# -- tasks and services ---------------------------------------------------------------------------


def test_the_default_strategy_holds_for_services_and_tasks_that_say_nothing(desk):
    a_provider(desk, managed_scaling=ON)
    associate(desk, "local", strategy=(item("local", 0, 1),))
    service = desk.create()
    assert (service.launch_type, service.capacity_provider_strategy) == (
        None,
        (item("local", 0, 1),),
    )
    assert service.primary.capacity_provider_strategy == service.capacity_provider_strategy
    task = desk.call(RunTaskRequest(task_definition="web")).tasks[0]
    assert (task.capacity_provider_name, task.last_status) == ("local", TaskStatus.PROVISIONING)
    assert task.container_instance_arn is None
    plain = desk.call(RunTaskRequest(task_definition="web", launch_type=LaunchType.EC2)).tasks[0]
    assert (plain.capacity_provider_name, plain.launch_type) == (None, LaunchType.EC2)


def test_daemons_do_not_follow_the_default_strategy(desk):
    a_provider(desk)
    associate(desk, "local", strategy=(item("local", 0, 1),))
    daemon = desk.create("logs", desired_count=None, scheduling_strategy=SchedulingStrategy.DAEMON)
    assert (daemon.launch_type, daemon.capacity_provider_strategy) == (LaunchType.EC2, ())


def test_without_managed_scaling_tasks_do_not_wait(desk):
    a_provider(desk)
    associate(desk, "local")
    request = RunTaskRequest(
        task_definition="web", capacity_provider_strategy=(item("local", 0, 1),)
    )
    response = desk.call(request)
    assert response.tasks == ()
    assert [f.reason for f in response.failures] == ["EMPTY CAPACITY PROVIDER"]


def test_no_more_than_five_hundred_tasks_wait(desk):
    a_provider(desk, managed_scaling=ON)
    associate(desk, "local")
    waiting = [
        a_task(seed=n, engine="", container_instance_arn=None) for n in range(MOST_WAITING - 1)
    ]
    desk.put(*waiting)
    request = RunTaskRequest(
        task_definition="web", count=3, capacity_provider_strategy=(item("local", 0, 1),)
    )
    response = desk.call(request)
    assert len(response.tasks) == 1
    assert [f.reason for f in response.failures] == [
        "The tasks provisioning capacity limit was exceeded."
    ]


def test_a_change_of_strategy_must_be_forced(desk):
    a_provider(desk)
    associate(desk, "local")
    desk.create()
    strategy = (item("local", 0, 1),)
    error = desk.refuse(UpdateServiceRequest(service="web", capacity_provider_strategy=strategy))
    assert error.message.endswith("you must force a new deployment.")
    changed = desk.update(capacity_provider_strategy=strategy, force_new_deployment=True)
    assert (changed.launch_type, len(changed.deployments)) == (None, 2)
    assert desk.update(capacity_provider_strategy=strategy) == changed


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"launch_type": LaunchType.EC2}, "both a launch type and capacity provider strategy"),
        ({"platform_version": "1.4.0"}, "The platform version must be null"),
    ],
)
def test_members_that_exclude_a_strategy_are_refused(desk, members, words):
    a_provider(desk)
    associate(desk, "local")
    strategy = (item("local", 0, 1),)
    for request in (
        RunTaskRequest(task_definition="web", capacity_provider_strategy=strategy, **members),
        CreateServiceRequest(
            service_name="web",
            task_definition="web",
            desired_count=1,
            capacity_provider_strategy=strategy,
            **members,
        ),
    ):
        assert words in desk.refuse(request).message


# -- Fargate --------------------------------------------------------------------------------------


def cloud(**members) -> RunTaskRequest:
    values = {"task_definition": "cloud", "network_configuration": NETWORK} | members
    return RunTaskRequest.model_validate(values)


def test_a_fargate_task_has_a_platform_and_no_instance(fargate):
    (task,) = fargate.call(cloud(launch_type=LaunchType.FARGATE)).tasks
    assert (task.launch_type, task.container_instance_arn) == (LaunchType.FARGATE, None)
    assert (task.platform_version, task.platform_family) == ("1.4.0", "Linux")
    assert (task.cpu, task.memory) == ("256", "512")
    statistics = fargate.call(DescribeClustersRequest(include=("STATISTICS",))).clusters[0]
    counts = {s.name: s.value for s in statistics.statistics}
    assert (counts["pendingFargateTasksCount"], counts["pendingEC2TasksCount"]) == ("1", "0")


def test_by_strategy_it_names_its_provider_too(fargate):
    associate(fargate, "FARGATE", "FARGATE_SPOT")
    strategy = (item("FARGATE", 1, 1), item("FARGATE_SPOT", 0, 1))
    tasks = fargate.call(cloud(count=4, capacity_provider_strategy=strategy)).tasks
    names = [task.capacity_provider_name for task in tasks]
    assert names == ["FARGATE", "FARGATE", "FARGATE_SPOT", "FARGATE"]


@pytest.mark.parametrize(
    ("members", "code", "words"),
    [
        (
            {"task_definition": "web", "network_configuration": None},
            "InvalidParameterException",
            "Task definition does not support launch_type FARGATE.",
        ),
        (
            {"network_configuration": None},
            "InvalidParameterException",
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        ),
        ({"platform_version": "9.9"}, "PlatformUnknownException", "9.9 does not exist"),
        (
            {"placement_strategy": (PlacementStrategy(type=PlacementStrategyType.RANDOM),)},
            "InvalidParameterException",
            "Placement strategies are not supported with FARGATE launch type.",
        ),
        (
            {
                "placement_constraints": (
                    PlacementConstraint(type=PlacementConstraintType.DISTINCT_INSTANCE),
                )
            },
            "InvalidParameterException",
            "Placement constraints are not supported with FARGATE launch type.",
        ),
    ],
)
def test_what_fargate_does_not_take_is_refused(fargate, members, code, words):
    error = fargate.refuse(cloud(launch_type=LaunchType.FARGATE, **members))
    assert error.code == code
    assert words in error.message


def test_daemons_do_not_run_on_fargate(fargate):
    error = fargate.refuse(
        CreateServiceRequest(
            service_name="web",
            task_definition="cloud",
            launch_type=LaunchType.FARGATE,
            network_configuration=NETWORK,
            scheduling_strategy=SchedulingStrategy.DAEMON,
        )
    )
    assert error.field == "schedulingStrategy"


def test_without_an_engine_that_answers_there_is_no_capacity(fargate):
    engine = fargate.store.all(ENGINES)[0]
    fargate.put(engine.with_(is_connected=False))
    response = fargate.call(cloud(launch_type=LaunchType.FARGATE))
    assert response.tasks == ()
    assert response.failures[0].reason.startswith("Capacity is unavailable at this time.")


def test_a_platform_version_is_a_new_deployment(fargate):
    fargate.call(
        CreateServiceRequest(
            service_name="web",
            task_definition="cloud",
            desired_count=1,
            launch_type=LaunchType.FARGATE,
            network_configuration=NETWORK,
        )
    )
    before = fargate.service("web")
    assert (before.platform_version, before.primary.platform_version) == ("LATEST", "1.4.0")
    assert len(fargate.update(desired_count=2).deployments) == 1
    after = fargate.update(platform_version="1.3.0")
    assert (len(after.deployments), after.primary.platform_version) == (2, "1.3.0")


def test_only_spot_tasks_are_interrupted(fargate):
    associate(fargate, "FARGATE", "FARGATE_SPOT")
    (plain,) = fargate.call(cloud(launch_type=LaunchType.FARGATE)).tasks
    spot_strategy = (item("FARGATE_SPOT", 0, 1),)
    (spot,) = fargate.call(cloud(capacity_provider_strategy=spot_strategy)).tasks
    error = fargate.refuse(InterruptSpotTaskRequest(task=plain.task_arn))
    assert error.message == "The task does not run on FARGATE_SPOT."
    fargate.call(InterruptSpotTaskRequest(task=spot.task_arn))
    record = fargate.store.get(TASKS, spot.task_arn)
    assert record is not None
    assert (record.stop_code, record.stopped_reason, record.stopping_at) == (
        StopCode.SPOT_INTERRUPTION,
        "Your Spot Task was interrupted.",
        NOW,
    )


# -- groups ---------------------------------------------------------------------------------------


def test_a_group_is_made_changed_and_deleted(desk):
    made = desk.call(
        CreateAutoScalingGroupRequest(
            auto_scaling_group_name="pool", cpu=256, memory=512, min_size=1, max_size=4
        )
    ).auto_scaling_group
    assert (made.desired_capacity, made.cluster) == (1, "default")
    changed = desk.call(
        UpdateAutoScalingGroupRequest(auto_scaling_group_name="pool", min_size=0, max_size=0)
    ).auto_scaling_group
    assert (changed.min_size, changed.max_size, changed.desired_capacity) == (0, 0, 0)
    assert desk.call(DescribeAutoScalingGroupsRequest()).auto_scaling_groups == (changed,)
    desk.call(DeleteAutoScalingGroupRequest(auto_scaling_group_name="pool"))
    assert desk.call(DescribeAutoScalingGroupsRequest()).auto_scaling_groups == ()


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"min_size": 3, "max_size": 2}, "minSize"),
        ({"desired_capacity": 11}, "desiredCapacity"),
        ({"boot_delay_seconds": -1.0}, "bootDelaySeconds"),
        ({"cpu": 0}, "cpu"),
        ({"auto_scaling_group_name": "a b"}, "autoScalingGroupName"),
        ({"cluster": "nobody"}, "cluster"),
    ],
)
def test_a_group_that_cannot_be_is_refused(desk, members, field):
    values = {"auto_scaling_group_name": "pool", "cpu": 256, "memory": 512} | members
    assert desk.refuse(CreateAutoScalingGroupRequest(**values)).field == field


def test_a_group_in_use_stays(desk):
    a_provider(desk)
    error = desk.refuse(DeleteAutoScalingGroupRequest(auto_scaling_group_name="pool"))
    assert "is used by capacity provider local" in error.message
