"""RunTask: records of what was placed, failures for the rest, ECS's words for what cannot be."""

import pytest

from ecstui.base.errors import InvalidParameterException
from ecstui.control.operations.overrides import check_overrides
from ecstui.model.enums import (
    Compatibility,
    DesiredStatus,
    InstanceStatus,
    LaunchType,
    NetworkMode,
    PlacementConstraintType,
    PlacementStrategyType,
    PropagateTags,
    TaskStatus,
)
from ecstui.model.requests.definitions import DeregisterTaskDefinitionRequest
from ecstui.model.requests.tasks import RunTaskRequest
from ecstui.model.service import (
    CapacityProviderStrategyItem,
    PlacementConstraint,
    PlacementStrategy,
)
from ecstui.model.shape import KeyValuePair, Tag
from ecstui.model.task import (
    AwsVpcConfiguration,
    ContainerOverride,
    NetworkConfiguration,
    TaskOverride,
)
from ecstui.model.task_definition import (
    EnvironmentFile,
    EphemeralStorage,
    InferenceAccelerator,
    ResourceRequirement,
)
from ecstui.plan.translate import Setting, container_spec
from ecstui.store.kinds import TASKS, TOKENS
from tests.factories import (
    NAMES,
    NOW,
    a_container,
    a_definition,
    a_port,
    a_task,
    an_id,
    an_instance,
)
from tests.support.desk import Desk

SUBNETS = NetworkConfiguration(awsvpc_configuration=AwsVpcConfiguration(subnets=("subnet-1",)))
DISTINCT = PlacementConstraint(type=PlacementConstraintType.DISTINCT_INSTANCE)


@pytest.fixture
def desk():
    desk = Desk()
    desk.register("web", tags=(Tag(key="from", value="definition"),))
    return desk


def request(**members):
    return RunTaskRequest(**({"task_definition": "web"} | members))


def test_a_task_is_placed_and_waits_to_be_started(desk):
    (task,) = desk.run()
    assert task.last_status is TaskStatus.PENDING
    assert task.desired_status is DesiredStatus.RUNNING
    assert task.task_arn == NAMES.task("default", task.task_id)
    assert task.task_definition_arn == NAMES.task_definition("web", 1)
    assert task.container_instance_arn == NAMES.container_instance("default", an_id("local-1"))
    assert (task.availability_zone, task.engine, task.instance_ip) == (
        "local-a",
        "local",
        "127.0.1.1",
    )
    assert (task.group, task.started_by, task.launch_type) == ("family:web", None, LaunchType.EC2)
    assert (task.cpu, task.memory) == ("64", "64")
    assert (task.created_at, task.version) == (NOW, 1)
    assert [c.name for c in task.containers] == ["app"]
    assert task.containers[0].task_arn == task.task_arn
    assert desk.said()[-1] == "alice started 1 task of web:1"


def test_the_answer_holds_ecs_members_only(desk):
    (task,) = desk.call(request()).tasks
    assert "reservation" not in task.to_wire()
    assert "engineName" not in task.to_wire()["containers"][0]


def test_as_many_tasks_as_asked_for_each_with_an_id_of_its_own(desk):
    tasks = desk.run(count=10)
    assert len({task.task_id for task in tasks}) == 10
    assert len({task.containers[0].engine_name for task in tasks}) == 10
    assert desk.said()[-1] == "alice started 10 tasks of web:1"


def test_group_started_by_and_exec_are_kept(desk):
    (task,) = desk.run(group="night", started_by="cron-1/a_b", enable_execute_command=True)
    assert (task.group, task.started_by, task.enable_execute_command) == (
        "night",
        "cron-1/a_b",
        True,
    )


def test_a_task_in_awsvpc_mode_is_provisioned_first(desk):
    desk.register("net", network_mode=NetworkMode.AWSVPC)
    (task,) = desk.run("net", network_configuration=SUBNETS)
    assert task.last_status is TaskStatus.PROVISIONING
    assert task.pause_engine_name is not None
    assert [a.status for a in task.attachments] == ["PRECREATED"]
    assert task.network_configuration == SUBNETS


def test_tags_of_the_definition_come_along_when_wanted(desk):
    (plain,) = desk.run(tags=(Tag(key="a", value="1"),))
    assert plain.tags == (Tag(key="a", value="1"),)
    (all_of_them,) = desk.run(
        tags=(Tag(key="a", value="1"),),
        propagate_tags=PropagateTags.TASK_DEFINITION,
        enable_ecs_managed_tags=True,
    )
    assert {t.key: t.value for t in all_of_them.tags} == {
        "a": "1",
        "from": "definition",
        "aws:ecs:clusterName": "default",
    }


def test_a_tag_of_the_request_wins_over_that_of_the_definition(desk):
    (task,) = desk.run(
        tags=(Tag(key="from", value="request"),), propagate_tags=PropagateTags.TASK_DEFINITION
    )
    assert task.tags == (Tag(key="from", value="request"),)


def test_more_tags_than_a_resource_may_have_launch_nothing(desk):
    own = tuple(Tag(key=f"own{number}", value="1") for number in range(30))
    desk.register("tagged", tags=own)
    more = tuple(Tag(key=f"more{number}", value="1") for number in range(21))
    with pytest.raises(InvalidParameterException, match="can have at most 50 tags"):
        desk.run("tagged", tags=more, propagate_tags=PropagateTags.TASK_DEFINITION)
    (task,) = desk.run(
        "tagged",
        tags=(*more[1:], own[0]),
        propagate_tags=PropagateTags.TASK_DEFINITION,
        enable_ecs_managed_tags=True,
    )
    assert len(task.tags) == 51


# -- placement --------------------------------------------------------------------------------


def test_what_fits_is_placed_and_the_rest_is_a_failure(desk):
    desk.register("big", container_definitions=(a_container(cpu=1024, memory=64),))
    answer = desk.call(request(task_definition="big", count=4))
    assert len(answer.tasks) == 2
    assert [(f.arn, f.reason) for f in answer.failures] == [
        (NAMES.container_instance("default", an_id("local-1")), "RESOURCE:CPU")
    ]
    assert len(desk.store.all(TASKS)) == 2


def test_when_nothing_fits_nothing_is_said_to_be_started(desk):
    desk.register("big", container_definitions=(a_container(memory=5000),))
    before = desk.said()
    answer = desk.call(request(task_definition="big"))
    assert answer.tasks == ()
    assert [f.reason for f in answer.failures] == ["RESOURCE:MEMORY"]
    assert desk.said() == before


def test_a_static_port_is_taken_once_on_an_instance(desk):
    container = a_container(port_mappings=(a_port(80, 8080),))
    desk.register("port", container_definitions=(container,))
    answer = desk.call(request(task_definition="port", count=2))
    assert len(answer.tasks) == 1
    assert [f.reason for f in answer.failures] == ["RESOURCE:PORTS"]
    answer = desk.call(request(task_definition="port"))
    assert (len(answer.tasks), [f.reason for f in answer.failures]) == (0, ["RESOURCE:PORTS"])


def test_distinct_instances_take_one_task_each(desk):
    desk.put(an_instance("local-2", zone="local-b"))
    answer = desk.call(request(count=3, placement_constraints=(DISTINCT,)))
    assert len({task.container_instance_arn for task in answer.tasks}) == 2
    assert len(answer.tasks) == 2
    assert len(answer.failures) == 2


def test_an_expression_chooses_instances(desk):
    desk.put(an_instance("local-2", zone="local-b"))
    constraint = PlacementConstraint(
        type=PlacementConstraintType.MEMBER_OF,
        expression="attribute:ecs.availability-zone == local-b",
    )
    tasks = desk.run(count=5, placement_constraints=(constraint,))
    assert {task.availability_zone for task in tasks} == {"local-b"}


def test_binpack_fills_one_instance_first(desk):
    desk.put(an_instance("local-2", zone="local-b"))
    strategy = PlacementStrategy(type=PlacementStrategyType.BINPACK, field="MEMORY")
    tasks = desk.run(count=5, placement_strategy=(strategy,))
    assert len({task.container_instance_arn for task in tasks}) == 1


@pytest.mark.parametrize("status", [InstanceStatus.DRAINING, InstanceStatus.INACTIVE])
def test_without_an_active_instance_it_is_an_error(desk, status):
    desk.change(desk.all_instances()[0], status=status)
    error = desk.refuse(request())
    assert (error.code, error.message) == (
        "InvalidParameterException",
        "No Container Instances were found in your cluster.",
    )


def test_an_instance_whose_engine_is_silent_is_a_failure(desk):
    desk.change(desk.all_instances()[0], agent_connected=False)
    answer = desk.call(request())
    assert (answer.tasks, [f.reason for f in answer.failures]) == ((), ["AGENT"])


# -- overrides --------------------------------------------------------------------------------


def test_overrides_change_what_the_task_reserves(desk):
    override = ContainerOverride(name="app", cpu=128, memory=256)
    (task,) = desk.run(overrides=TaskOverride(container_overrides=(override,)))
    assert (task.reservation.cpu_units, task.reservation.memory_mib) == (128, 256)
    assert (task.containers[0].cpu, task.containers[0].memory) == ("128", "256")
    (task,) = desk.run(overrides=TaskOverride(cpu="1 vCPU", memory="1 GB"))
    assert (task.cpu, task.memory) == ("1024", "1024")


def override(**members):
    return TaskOverride(container_overrides=(ContainerOverride(**({"name": "app"} | members)),))


@pytest.mark.parametrize(
    ("overrides", "words", "field"),
    [
        (
            override(name="x"),
            "Override for container named x is not a container in the TaskDefinition.",
            "overrides.containerOverrides[0].name",
        ),
        (
            override(name=None),
            "Override for container named  is not a container in the TaskDefinition.",
            "overrides.containerOverrides[0].name",
        ),
        (
            override(command=("x" * 8192,)),
            "Container Overrides length must be at most 8192",
            "overrides",
        ),
        (
            override(environment_files=(EnvironmentFile(value="s3://b/x.env"),)),
            "Invalid arn syntax",
            "overrides.containerOverrides[0].environmentFiles[0].value",
        ),
        (
            override(environment_files=(EnvironmentFile(value="arn:aws:s3:::b/x.env"),) * 11),
            "The maximum number of environment files was exceeded. Specify ten or less and try "
            "again",
            "overrides.containerOverrides[0].environmentFiles[10]",
        ),
        (
            override(resource_requirements=(ResourceRequirement(type="GPU", value="many"),)),
            "The number of GPUs must be a positive whole number.",
            "overrides.containerOverrides[0].resourceRequirements",
        ),
        (
            TaskOverride(task_role_arn="arn:aws:iam::1:policy/x"),
            "Role is not valid",
            "overrides.taskRoleArn",
        ),
        (
            TaskOverride(ephemeral_storage=EphemeralStorage(size_in_gib=30)),
            "EphemeralStorage is only supported on Fargate.",
            "overrides.ephemeralStorage",
        ),
        (
            TaskOverride(
                inference_accelerator_overrides=(
                    InferenceAccelerator(device_name="a", device_type="b"),
                )
            ),
            "Inference accelerators are no longer supported.",
            "overrides.inferenceAcceleratorOverrides",
        ),
        (
            override(cpu=-1),
            "cpu cannot be a negative number.",
            "overrides.containerOverrides[0].cpu",
        ),
        (
            override(memory=0),
            "memory must be at least 6 MiB.",
            "overrides.containerOverrides[0].memory",
        ),
        (
            override(memory_reservation=5),
            "memoryReservation must be at least 6 MiB.",
            "overrides.containerOverrides[0].memoryReservation",
        ),
        (
            override(memory_reservation=65),
            "Invalid setting for container 'app'. 'memory' must be greater than or equal to "
            "'memoryReservation'",
            "overrides.containerOverrides[0].memory",
        ),
        (
            override(environment=(KeyValuePair(name="A=B"),)),
            "The name of an environment variable can not be blank or hold =, and neither name "
            "nor value may hold a NUL.",
            "overrides.containerOverrides[0].environment[0].name",
        ),
        (
            TaskOverride(cpu="much"),
            "Invalid 'cpu' setting for task: much. Give CPU units, e.g. 256, or vCPUs, e.g. "
            ".25 vCPU.",
            "overrides.cpu",
        ),
        (
            TaskOverride(memory="0"),
            "Invalid 'memory' setting for task: 0. Give MiB, e.g. 512, or GB, e.g. 0.5 GB.",
            "overrides.memory",
        ),
    ],
)
def test_an_override_that_cannot_be_carried_out_is_refused(desk, overrides, words, field):
    error = desk.refuse(request(overrides=overrides))
    assert (error.code, error.message, error.field) == ("InvalidParameterException", words, field)


# -- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "code", "words", "field"),
    [
        (
            {"task_definition": "nothing"},
            "ClientException",
            "TaskDefinition not found.",
            "taskDefinition",
        ),
        (
            {"task_definition": "web:2"},
            "ClientException",
            "TaskDefinition not found.",
            "taskDefinition",
        ),
        (
            {"count": 0},
            "InvalidParameterException",
            "count must be between 1 and 10, but was 0.",
            "count",
        ),
        (
            {"count": 11},
            "InvalidParameterException",
            "count must be between 1 and 10, but was 11.",
            "count",
        ),
        (
            {"started_by": "a b"},
            "InvalidParameterException",
            "startedBy may have 128 letters, digits, - _ and / at most.",
            "startedBy",
        ),
        (
            {"started_by": "x" * 129},
            "InvalidParameterException",
            "startedBy may have 128 letters, digits, - _ and / at most.",
            "startedBy",
        ),
        (
            {"group": "service:web"},
            "InvalidParameterException",
            "A group may not begin with service: which stands for services.",
            "group",
        ),
        (
            {"group": "x" * 256},
            "InvalidParameterException",
            "group must be at most 255 characters, but has 256.",
            "group",
        ),
        (
            {"propagate_tags": PropagateTags.SERVICE},
            "InvalidParameterException",
            "propagateTags should be one of [TASK_DEFINITION, NONE]",
            "propagateTags",
        ),
        (
            {
                "launch_type": LaunchType.EC2,
                "capacity_provider_strategy": (
                    CapacityProviderStrategyItem(capacity_provider="x"),
                ),
            },
            "InvalidParameterException",
            "Specifying both a launch type and capacity provider strategy is not supported",
            "capacityProviderStrategy",
        ),
        (
            {"platform_version": "LATEST"},
            "InvalidParameterException",
            "The platform version must be null when specifying an EC2 launch type",
            "platformVersion",
        ),
        (
            {"network_configuration": SUBNETS},
            "InvalidParameterException",
            "Network Configuration is not valid for the given networkMode of this task definition.",
            "networkConfiguration",
        ),
        (
            {"client_token": "x" * 65},
            "InvalidParameterException",
            "clientToken must be 1 to 64 characters from ASCII 33 to 126.",
            "clientToken",
        ),
    ],
)
def test_what_cannot_be_run_is_refused_in_ecs_words(desk, members, code, words, field):
    error = desk.refuse(request(**members))
    assert (error.code, error.message, error.field) == (code, words, field)


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"launch_type": LaunchType.EXTERNAL}, "launchType"),
        ({"volumeConfigurations": [{"name": "data"}]}, "volumeConfigurations"),
    ],
)
def test_what_ecs_has_and_ecstui_has_not_is_refused_plainly(desk, members, field):
    error = desk.refuse(request(**members))
    assert (error.code, error.field) == ("UnsupportedFeatureException", field)
    assert "Leave " in error.message


def test_members_that_nobody_knows_are_ignored_and_known_as_such(desk):
    unknown = request(whatever=1, volumeConfigurations=[])
    assert unknown.unknown_members() == ("volumeConfigurations", "whatever")
    assert len(desk.call(unknown).tasks) == 1


def test_a_deregistered_revision_runs_no_new_task(desk):
    desk.call(DeregisterTaskDefinitionRequest(task_definition="web:1"))
    error = desk.refuse(request(task_definition="web:1"))
    assert (error.code, error.message) == (
        "InvalidParameterException",
        "TaskDefinition is inactive",
    )
    assert desk.refuse(request()).message == "TaskDefinition not found."


def test_a_definition_not_made_for_instances_is_refused(desk):
    desk.put(a_definition(family="far", compatibilities=(Compatibility.FARGATE,)))
    error = desk.refuse(request(task_definition="far"))
    assert (error.message, error.field) == (
        "Task definition does not support launch_type EC2.",
        "taskDefinition",
    )


def vpc(**members):
    values = {"subnets": ("subnet-1",)} | members
    return NetworkConfiguration(awsvpc_configuration=AwsVpcConfiguration(**values))


@pytest.mark.parametrize(
    ("network", "words", "field"),
    [
        (
            None,
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
            "networkConfiguration",
        ),
        (
            NetworkConfiguration(),
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
            "networkConfiguration",
        ),
        (vpc(subnets=()), "subnets can not be empty.", ".subnets"),
        (vpc(subnets=("s",) * 17), "subnets can have at most 16 items.", ".subnets"),
        (
            vpc(security_groups=("g",) * 6),
            "securityGroups can have at most 5 items.",
            ".securityGroups",
        ),
        (
            vpc(assign_public_ip="YES"),
            "assignPublicIp should be one of [ENABLED, DISABLED]",
            ".assignPublicIp",
        ),
        (
            vpc(assign_public_ip="ENABLED"),
            "Assign public IP is not supported for this launch type.",
            ".assignPublicIp",
        ),
    ],
)
def test_the_network_of_awsvpc_mode_keeps_ecs_rules(desk, network, words, field):
    desk.register("net", network_mode=NetworkMode.AWSVPC)
    error = desk.refuse(request(task_definition="net", network_configuration=network))
    assert (error.code, error.message) == ("InvalidParameterException", words)
    assert (error.field or "").endswith(field)


# -- tokens -----------------------------------------------------------------------------------


def test_the_same_token_returns_the_same_tasks(desk):
    first = desk.call(request(client_token="t", count=2))
    again = desk.call(request(client_token="t", count=2))
    assert [t.task_arn for t in again.tasks] == [t.task_arn for t in first.tasks]
    assert len(desk.store.all(TASKS)) == 2


def test_the_same_token_by_another_spelling_of_the_cluster_is_the_same(desk):
    first = desk.call(request(client_token="t"))
    again = desk.call(request(client_token="t", cluster=NAMES.cluster("default")))
    assert again.tasks == first.tasks


def test_the_same_token_with_other_parameters_is_a_conflict(desk):
    (task,) = desk.call(request(client_token="t")).tasks
    error = desk.refuse(request(client_token="t", count=2))
    assert (error.code, error.field) == ("ConflictException", "clientToken")
    assert error.resource_ids == (task.task_arn,)
    assert task.task_arn.split("/")[-1] in error.message


def test_a_token_is_forgotten_after_a_day(desk):
    desk.call(request(client_token="t"))
    desk.call(request(client_token="u"))
    desk.now += 24 * 3600 + 1
    desk.call(request(client_token="t", count=2))
    assert len(desk.store.all(TASKS)) == 4
    assert [token.key for token in desk.store.all(TOKENS)] == ["RunTask/default/t"]


def test_a_token_that_made_nothing_is_not_kept(desk):
    desk.register("big", container_definitions=(a_container(memory=5000),))
    desk.call(request(task_definition="big", client_token="t"))
    assert desk.store.all(TOKENS) == ()


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (TaskOverride(cpu="512"), "No Fargate configuration exists for given values: 512 CPU, 512"),
        (TaskOverride(memory="3 GB"), "No Fargate configuration exists for given values: 256 CPU"),
        (
            TaskOverride(ephemeral_storage=EphemeralStorage(size_in_gib=20)),
            "EphemeralStorage size should be at least 21",
        ),
    ],
)
def test_overrides_of_a_fargate_task_keep_to_its_pairs(overrides, words):
    definition = a_definition(
        network_mode=NetworkMode.AWSVPC,
        cpu="256",
        memory="512",
        compatibilities=(Compatibility.EC2, Compatibility.FARGATE),
    )
    check_overrides(TaskOverride(cpu="512", memory="1024"), definition, is_fargate=True)
    with pytest.raises(InvalidParameterException, match=words):
        check_overrides(overrides, definition, is_fargate=True)


def test_an_override_of_gpus_replaces_those_of_the_definition():
    wanted = ResourceRequirement(type="GPU", value="1")
    definition = a_definition(a_container(resource_requirements=(wanted,)))
    container = definition.container("app")
    tasks = a_task(definition), a_task(definition, overrides=override(resource_requirements=()))
    specs = [container_spec(task, definition, container, Setting(owner="me")) for task in tasks]
    assert [spec.gpu_count for spec in specs] == [1, 0]
