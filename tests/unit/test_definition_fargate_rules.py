"""Rules of RegisterTaskDefinition for Fargate (ecs.md 2.9)."""

import pytest

from ecstui.model.enums import Compatibility
from ecstui.plan.definition import compatibilities_of
from ecstui.plan.fargate_rules import MEMORY_BY_CPU
from tests.support.bodies import AWSLOGS, FARGATE, FIRST, app, body, found

NO_PAIR = (
    "No Fargate configuration exists for given values: {} CPU, {} memory. See the Amazon ECS "
    "documentation for the valid values."
)
NOT_SUPPORTED = "Fargate compatible task definitions do not support {}"
NO_ROLE = "Fargate requires task definition to have execution role ARN to support {}."

BAD = [
    ({"cpu": None}, (), "cpu", "Fargate requires that 'cpu' be defined at the task level."),
    (
        {"memory": None},
        (app(),),
        "memory",
        "Fargate requires that 'memory' be defined at the task level.",
    ),
    ({"cpu": "4096", "memory": "4096"}, (), "memory", NO_PAIR.format(4096, 4096)),
    ({"cpu": ".25 vCPU", "memory": "3 GB"}, (), "memory", NO_PAIR.format(256, 3072)),
    ({"cpu": "300"}, (), "cpu", NO_PAIR.format(300, 512)),
    (
        {},
        (app(cpu=200), app(name="b", cpu=100)),
        "cpu",
        "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.",
    ),
    (
        {"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}},
        (),
        "cpu",
        "Windows tasks on Fargate need at least 1024 CPU units.",
    ),
    ({"networkMode": None}, (), "networkMode", "Fargate only supports network mode ‘awsvpc’."),
    (
        {"pidMode": "host"},
        (),
        "pidMode",
        "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value "
        "for pidMode is 'task'.",
    ),
    (
        {"ipcMode": "task"},
        (),
        "ipcMode",
        "Tasks using the Fargate launch type do not support ipcMode.",
    ),
    (
        {"placementConstraints": [{"type": "memberOf", "expression": "attribute:a"}]},
        (),
        "placementConstraints",
        NOT_SUPPORTED.format("placementConstraints"),
    ),
    (
        {"volumes": [{"name": "v", "dockerVolumeConfiguration": {}}]},
        (),
        "volumes[0].dockerVolumeConfiguration",
        NOT_SUPPORTED.format("dockerVolumeConfiguration"),
    ),
    (
        {"volumes": [{"name": "v", "host": {"sourcePath": "/x"}}]},
        (),
        "volumes[0].host.sourcePath",
        NOT_SUPPORTED.format("sourcePath"),
    ),
    (
        {"executionRoleArn": None},
        (app(image="123456789012.dkr.ecr.us-east-1.amazonaws.com/x"),),
        "executionRoleArn",
        NO_ROLE.format("ECR images"),
    ),
    (
        {"executionRoleArn": None},
        (app(logConfiguration=AWSLOGS),),
        f"{FIRST}.logConfiguration",
        NO_ROLE.format("log driver awslogs"),
    ),
    *(
        ({}, (app(**{member: value}),), f"{FIRST}.{member}", NOT_SUPPORTED.format(member))
        for member, value in (
            ("privileged", True),
            ("dockerSecurityOptions", ["no-new-privileges"]),
            ("dnsSearchDomains", ["x"]),
            ("credentialSpecs", ["x"]),
            ("resourceRequirements", [{"type": "GPU", "value": "1"}]),
        )
    ),
    *(
        (
            {},
            (app(linuxParameters={member: value}),),
            f"{FIRST}.linuxParameters.{member}",
            NOT_SUPPORTED.format(member),
        )
        for member, value in (
            ("devices", [{"hostPath": "/dev/a"}]),
            ("sharedMemorySize", 1),
            ("maxSwap", 0),
            ("swappiness", 1),
        )
    ),
    (
        {},
        (app(linuxParameters={"capabilities": {"add": ["NET_ADMIN"]}}),),
        f"{FIRST}.linuxParameters.capabilities.add",
        "NET_ADMIN is not allowed on Fargate.",
    ),
    (
        {},
        (app(logConfiguration={"logDriver": "json-file"}),),
        f"{FIRST}.logConfiguration.logDriver",
        "Fargate only supports log drivers awslogs, splunk, awsfirelens.",
    ),
    (
        {},
        (
            app(
                logConfiguration={
                    "logDriver": "awslogs",
                    "options": {"awslogs-group": "g", "awslogs-region": "r"},
                }
            ),
        ),
        f"{FIRST}.logConfiguration.options",
        "Log driver awslogs requires options: awslogs-stream-prefix",
    ),
    *(
        (
            {},
            (app(**{member: seconds}),),
            f"{FIRST}.{member}",
            f"{member} must be between 2 and 120 seconds on Fargate.",
        )
        for member, seconds in (("startTimeout", 121), ("stopTimeout", 1))
    ),
    (
        {},
        (app(ulimits=[{"name": "core", "softLimit": 1, "hardLimit": 1}]),),
        f"{FIRST}.ulimits[0].name",
        "Ulimit core is not supported on Fargate: only nofile is.",
    ),
]


@pytest.mark.parametrize(("members", "containers", "path", "message"), BAD)
def test_bad_for_fargate(members, containers, path, message):
    definition = body(*containers, **(FARGATE | members))
    assert found(definition) == [(path, message)]


@pytest.mark.parametrize(("members", "containers", "path", "message"), BAD)
def test_what_is_bad_for_fargate_alone_is_not_compatible(members, containers, path, message):
    definition = body(*containers, **(FARGATE | members))
    for_ec2 = definition.with_(requires_compatibilities=(Compatibility.EC2,))
    assert (path, message) not in found(for_ec2)
    assert Compatibility.FARGATE not in compatibilities_of(for_ec2)


def test_the_pairs_of_fargate():
    assert sum(len(memories) for memories in MEMORY_BY_CPU.values()) == 74
    for cpu, memories in MEMORY_BY_CPU.items():
        for memory in memories:
            assert found(body(**(FARGATE | {"cpu": str(cpu), "memory": str(memory)}))) == []


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"networkMode": "bridge"}, {"EXTERNAL", "EC2"}),
        ({"networkMode": "host"}, {"EXTERNAL", "EC2"}),
        ({"networkMode": "awsvpc"}, {"EC2"}),
        (FARGATE, {"EC2", "FARGATE"}),
        (
            FARGATE | {"requiresCompatibilities": ["MANAGED_INSTANCES"]},
            {"EC2", "FARGATE", "MANAGED_INSTANCES"},
        ),
    ],
)
def test_compatibilities(members, expected):
    assert {str(found_) for found_ in compatibilities_of(body(**members))} == expected
