"""Rules of RegisterTaskDefinition about tasks and containers, one by one (ecs.md 2.9)."""

import pytest

from ecstui.model.requests.definitions import RegisterTaskDefinitionRequest
from ecstui.model.task_definition import TaskDefinitionBody
from ecstui.plan.definition import check_definition
from tests.support.bodies import (
    APP,
    AWSLOGS,
    CHECK,
    EFS,
    FARGATE,
    FIRST,
    PROXY,
    SECOND,
    app,
    body,
    found,
)

# -- what is good ----------------------------------------------------------------------------------

GOOD = {
    "plain": body(),
    "task memory alone": body({"name": "a", "image": "b"}, memory="512"),
    "memory equals reservation": body(app(memory=64, memoryReservation=64)),
    "containers fill the task": body(app(memory=256), app(name="b", memory=256), memory="512"),
    "a digest": body(app(image="r.example:5000/a/b@sha256:" + "0" * 64)),
    "a tag": body(app(image="r.example:5000/a/b:1.2-x_y#z")),
    "roles by name": body(taskRoleArn="my-role", executionRoleArn="team-role"),
    "roles by arn": body(taskRoleArn="arn:aws:iam::123456789012:role/path/name"),
    "host mode": body(app(portMappings=[{"containerPort": 80}]), networkMode="host"),
    "port 0": body(app(portMappings=[{"containerPort": 80, "hostPort": 0}])),
    "one port twice dynamically": body(
        app(portMappings=[{"containerPort": 80}]),
        app(name="b", portMappings=[{"containerPort": 80}]),
    ),
    "one port, two protocols, two containers": body(
        app(portMappings=[{"containerPort": 53, "hostPort": 53}]),
        app(name="b", portMappings=[{"containerPort": 53, "hostPort": 53, "protocol": "udp"}]),
    ),
    "ranges": body(
        app(
            portMappings=[
                {"containerPortRange": "8000-8010"},
                {"containerPortRange": "8011-8020"},
                {"containerPortRange": "8000-8010", "protocol": "udp"},
            ]
        )
    ),
    "a finished init container": body(
        app(dependsOn=[{"containerName": "init", "condition": "SUCCESS"}]),
        app(name="init", essential=False),
    ),
    "health": body(
        app(dependsOn=[{"containerName": "db", "condition": "HEALTHY"}]),
        app(name="db", healthCheck=CHECK),
    ),
    "unlimited": body(app(ulimits=[{"name": "core", "softLimit": -1, "hardLimit": -1}])),
    "windows path": body(
        app(mountPoints=[{"sourceVolume": "v", "containerPath": "\\\\.\\pipe\\x"}]),
        volumes=[{"name": "v", "host": {"sourcePath": "\\\\.\\pipe\\x"}}],
    ),
    "constraint": body(
        placementConstraints=[{"type": "memberOf", "expression": "attribute:a == b"}]
    ),
    "efs with access point": body(
        app(mountPoints=[{"sourceVolume": "v", "containerPath": "/v"}]),
        volumes=[
            {
                "name": "v",
                "efsVolumeConfiguration": EFS
                | {
                    "rootDirectory": "/",
                    "transitEncryption": "ENABLED",
                    "transitEncryptionPort": 2999,
                    "authorizationConfig": {"accessPointId": "fsap-1", "iam": "ENABLED"},
                },
            }
        ],
    ),
    "proxy": body(networkMode="awsvpc", proxyConfiguration=PROXY),
    "fargate": body(app(logConfiguration=AWSLOGS), **FARGATE),
    "fargate with more disk": body(**FARGATE, ephemeralStorage={"sizeInGiB": 21}),
    "fargate may trace": body(
        app(linuxParameters={"capabilities": {"add": ["SYS_PTRACE"]}}), **FARGATE
    ),
    "log router": body(
        app(name="router", firelensConfiguration={"type": "fluentbit"}),
        app(logConfiguration={"logDriver": "awsfirelens"}),
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_good(name):
    assert found(GOOD[name]) == []


# -- what is not -----------------------------------------------------------------------------------

NO_MEMORY = (
    "Invalid setting for container 'a'. At least one of 'memory' or 'memoryReservation' must be "
    "specified."
)
ESSENTIAL = (
    "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container"
)
UNCHECKED = "A dependency container with HEALTHY condition must have health check configured"
SHARED_NAME = (
    "The secret name must be unique and not shared with any new or existing environment "
    "variables set on the container, such as 'A'."
)
NO_ROLE = (
    "When you are specifying container secrets, you must also specify a value for "
    "'executionRoleArn'"
)
SECRET = {"name": "A", "valueFrom": "x"}


def waiting(name, condition):
    return {"dependsOn": [{"containerName": name, "condition": condition}]}


BAD = [
    # The task
    (body(family=""), "family", "Family should not be null or empty."),
    (body(family="a b"), "family", "Family contains invalid characters."),
    (body(family="x" * 256), "family", "Family should not be longer than 255 characters."),
    (
        body(executionRoleArn="arn:aws:iam::aws:policy/x"),
        "executionRoleArn",
        "Role is not valid",
    ),
    (body(taskRoleArn="a b"), "taskRoleArn", "Role is not valid"),
    (
        body(app(), app()),
        f"{SECOND}.name",
        "Container names must be unique within a task definition",
    ),
    (
        body(*(app(name=f"c{n}") for n in range(11))),
        "containerDefinitions",
        "A task definition can have at most 10 containers.",
    ),
    (
        body(app(essential=False)),
        "containerDefinitions",
        "Task definition doesn't have any essential container",
    ),
    (
        body(pidMode="shared"),
        "pidMode",
        "Invalid 'pidMode' setting for task. Use one of [host, task].",
    ),
    (
        body(ipcMode="x"),
        "ipcMode",
        "Invalid 'ipcMode' setting for task. Use one of [host, task, none].",
    ),
    (
        body(memory="lots"),
        "memory",
        "Invalid 'memory' setting for task. It must be a number of MiB or GB, but was 'lots'.",
    ),
    (
        body(placementConstraints=[{"type": "distinctInstance"}]),
        "placementConstraints[0].type",
        "Placement constraints of a task definition should be one of [memberOf]",
    ),
    (
        body(placementConstraints=[{"type": "memberOf"}]),
        "placementConstraints[0]",
        "memberOf expression should be specified",
    ),
    (
        body(placementConstraints=[{"type": "memberOf", "expression": "attribute:a =="}]),
        "placementConstraints[0].expression",
        "Invalid expression at character 15: expected a value.",
    ),
    (
        body(placementConstraints=[{"type": "memberOf", "expression": "attribute:a"}] * 11),
        "placementConstraints",
        "Maximum number of constraints is 10",
    ),
    (
        body(inferenceAccelerators=[{"deviceName": "a", "deviceType": "b"}]),
        "inferenceAccelerators",
        "Inference accelerators are no longer supported.",
    ),
    (
        body(runtimePlatform={"operatingSystemFamily": "BEOS"}),
        "runtimePlatform.operatingSystemFamily",
        "operatingSystemFamily should be LINUX or begin with WINDOWS_SERVER_",
    ),
    (
        body(
            runtimePlatform={
                "operatingSystemFamily": "WINDOWS_SERVER_2022_CORE",
                "cpuArchitecture": "ARM64",
            }
        ),
        "runtimePlatform.cpuArchitecture",
        "Windows containers do not run on the ARM64 architecture.",
    ),
    (
        body(runtimePlatform={"cpuArchitecture": "Z80"}),
        "runtimePlatform.cpuArchitecture",
        "cpuArchitecture should be one of [X86_64, ARM64]",
    ),
    # Names and images
    (body(app(name="")), f"{FIRST}.name", "Container.name should not be null or empty."),
    (body(app(name="a.b")), f"{FIRST}.name", "Container.name contains invalid characters."),
    (body(app(image="")), f"{FIRST}.image", "Container.image should not be null or empty."),
    (body(app(image="a ")), f"{FIRST}.image", "Container.image contains invalid characters."),
    (
        body(app(image="x" * 256)),
        f"{FIRST}.image",
        "Container.image contains invalid characters.",
    ),
    (
        body(app(image="a@sha256:12")),
        f"{FIRST}.image",
        "Container.image contains invalid characters.",
    ),
    # Sizes
    (body({"name": "a", "image": "b"}), f"{FIRST}.memory", NO_MEMORY),
    (
        body(app(memory=64, memoryReservation=65)),
        f"{FIRST}.memory",
        "Invalid setting for container 'app'. 'memory' must be greater than or equal to "
        "'memoryReservation'",
    ),
    (
        body(app(memory=3)),
        f"{FIRST}.memory",
        "Invalid setting for container 'app'. 'memory' must be at least 4 MiB",
    ),
    (
        body(app(cpu=-1)),
        f"{FIRST}.cpu",
        "Invalid setting for container 'app'. 'cpu' must not be negative",
    ),
    (
        body(app(memory=600, memoryReservation=100), memory="512"),
        f"{FIRST}.memory",
        "The 'memory' setting for container 'app' is greater than for the task",
    ),
    (
        body(app(memory=300), app(name="b", memory=300), memory="512"),
        "memory",
        "The sum of all container 'memory' values cannot be greater than the value of the task "
        "'memory': 600 MiB are reserved, the task has 512 MiB.",
    ),
    # Dependencies
    (
        body(app(**waiting("x", "START"))),
        f"{FIRST}.dependsOn[0].containerName",
        "Cannot depend on container x because it does not exist",
    ),
    (
        body(app(**waiting("b", "SUCCESS")), app(name="b")),
        f"{FIRST}.dependsOn[0].condition",
        ESSENTIAL,
    ),
    (
        body(app(**waiting("b", "COMPLETE")), app(name="b")),
        f"{FIRST}.dependsOn[0].condition",
        ESSENTIAL,
    ),
    (
        body(app(**waiting("b", "HEALTHY")), app(name="b")),
        f"{FIRST}.dependsOn[0].condition",
        UNCHECKED,
    ),
    (
        body(app(**waiting("b", "START")), app(name="b", links=["app"])),
        "containerDefinitions",
        "Container dependencies must not form a cycle: app -> b -> app",
    ),
    (
        body(app(volumesFrom=[{"sourceContainer": "x"}])),
        f"{FIRST}.volumesFrom[0].sourceContainer",
        "Invalid 'volumesFrom' setting. Unknown container: 'x'",
    ),
    (
        body(app(links=["x:y"])),
        f"{FIRST}.links[0]",
        "Invalid 'links' setting. Unknown container: 'x'",
    ),
    # Variables
    (
        body(app(environment=[{"name": "A"}], secrets=[SECRET]), executionRoleArn="role"),
        f"{FIRST}.secrets[0].name",
        SHARED_NAME,
    ),
    (
        body(app(secrets=[SECRET, SECRET]), executionRoleArn="role"),
        f"{FIRST}.secrets[1].name",
        SHARED_NAME,
    ),
    (body(app(secrets=[SECRET])), f"{FIRST}.secrets", NO_ROLE),
    (
        body(app(logConfiguration={"logDriver": "syslog", "secretOptions": [SECRET]})),
        f"{FIRST}.logConfiguration.secretOptions",
        NO_ROLE,
    ),
    (
        body(app(environment=[{"name": "", "value": "x"}])),
        f"{FIRST}.environment[0].name",
        "Environment variable names should not be null or empty.",
    ),
    (
        body(app(environmentFiles=[{"value": "x.env"}])),
        f"{FIRST}.environmentFiles[0].value",
        "Invalid arn syntax",
    ),
    (
        body(app(environmentFiles=[{"value": "arn:aws:s3:::b/x.txt"}])),
        f"{FIRST}.environmentFiles[0].value",
        "An environment file's name must end in .env",
    ),
    (
        body(app(environmentFiles=[{"value": "arn:aws:s3:::b/x.env"}] * 11)),
        f"{FIRST}.environmentFiles[10]",
        "The maximum number of environment files was exceeded. Specify ten or less and try again",
    ),
    # Health, restarts, logs, limits
    (
        body(app(healthCheck={"command": ["curl x"]})),
        f"{FIRST}.healthCheck.command",
        "Health check command must begin with CMD or CMD-SHELL, followed by a command.",
    ),
    *(
        (
            body(app(healthCheck=CHECK | {member: value})),
            f"{FIRST}.healthCheck.{member}",
            f"Health check {member} must be between {low} and {high}, but was {value}.",
        )
        for member, value, low, high in (
            ("interval", 4, 5, 300),
            ("interval", 301, 5, 300),
            ("timeout", 1, 2, 60),
            ("timeout", 61, 2, 60),
            ("retries", 0, 1, 10),
            ("retries", 11, 1, 10),
            ("startPeriod", -1, 0, 300),
            ("startPeriod", 301, 0, 300),
        )
    ),
    (
        body(app(restartPolicy={"enabled": True, "restartAttemptPeriod": 59})),
        f"{FIRST}.restartPolicy.restartAttemptPeriod",
        "restartAttemptPeriod must be between 60 and 1800 seconds.",
    ),
    (
        body(app(restartPolicy={"enabled": True, "ignoredExitCodes": list(range(51))})),
        f"{FIRST}.restartPolicy.ignoredExitCodes",
        "ignoredExitCodes can have at most 50 exit codes.",
    ),
    (body(app(stopTimeout=-1)), f"{FIRST}.stopTimeout", "stopTimeout must not be negative."),
    (
        body(app(stopTimeout=2**31)),
        f"{FIRST}.stopTimeout",
        "stopTimeout must be at most 2147483647 seconds.",
    ),
    (
        body(app(memory=2**31)),
        f"{FIRST}.memory",
        "Invalid setting for container 'app'. 'memory' must be at most 2147483647 MiB",
    ),
    (
        body(app(cpu=2**31)),
        f"{FIRST}.cpu",
        "Invalid setting for container 'app'. 'cpu' must be at most 2147483647",
    ),
    (
        body(app(logConfiguration={"logDriver": "awslogs", "options": {"awslogs-region": "r"}})),
        f"{FIRST}.logConfiguration.options",
        "Log driver awslogs requires options: awslogs-group",
    ),
    (
        body(app(logConfiguration={"logDriver": "awslogs"})),
        f"{FIRST}.logConfiguration.options",
        "Log driver awslogs requires options: awslogs-region, awslogs-group",
    ),
    (
        body(app(logConfiguration={"logDriver": "awsfirelens"})),
        f"{FIRST}.logConfiguration.logDriver",
        "A container of the task must have firelensConfiguration to use awsfirelens.",
    ),
    (
        body(app(ulimits=[{"name": "core", "softLimit": 2, "hardLimit": 1}])),
        f"{FIRST}.ulimits[0].softLimit",
        "Ulimit core: softLimit must not be greater than hardLimit.",
    ),
    (
        body(app(resourceRequirements=[{"type": "GPU", "value": "some"}])),
        f"{FIRST}.resourceRequirements[0].value",
        "The number of GPUs must be a positive whole number.",
    ),
    (
        body(app(linuxParameters={"swappiness": 101})),
        f"{FIRST}.linuxParameters.swappiness",
        "swappiness must be between 0 and 100.",
    ),
    (
        body(
            app(linuxParameters={"devices": [{"hostPath": "/dev/a", "permissions": ["execute"]}]})
        ),
        f"{FIRST}.linuxParameters.devices[0].permissions",
        "Device permissions should be one of [read, write, mknod]",
    ),
    (
        body(app(systemControls=[{"namespace": "net.x", "value": "1"}]), networkMode="host"),
        f"{FIRST}.systemControls[0].namespace",
        "net.x is not supported when networkMode=host",
    ),
    (
        body(app(systemControls=[{"namespace": "kernel.sem", "value": "1"}]), ipcMode="host"),
        f"{FIRST}.systemControls[0].namespace",
        "kernel.sem is not supported when ipcMode=host",
    ),
    (
        body(app(systemControls=[{"namespace": "vm.swappiness", "value": "1"}])),
        f"{FIRST}.systemControls[0].namespace",
        "System control 'vm.swappiness' is not supported.",
    ),
    # Proxy
    (
        body(proxyConfiguration=PROXY),
        "proxyConfiguration",
        "proxyConfiguration is only supported when networkMode=awsvpc",
    ),
    (
        body(networkMode="awsvpc", proxyConfiguration=PROXY | {"containerName": "x"}),
        "proxyConfiguration.containerName",
        "proxyConfiguration names container 'x', which does not exist",
    ),
    (
        body(networkMode="awsvpc", proxyConfiguration=PROXY | {"properties": []}),
        "proxyConfiguration.properties",
        "proxyConfiguration requires properties: AppPorts, ProxyIngressPort, ProxyEgressPort, "
        "IgnoredUID or IgnoredGID",
    ),
    # Disk
    (
        body(ephemeralStorage={"sizeInGiB": 30}),
        "ephemeralStorage",
        "EphemeralStorage is only supported on Fargate.",
    ),
    *(
        (
            body(**FARGATE, ephemeralStorage={"sizeInGiB": size}),
            "ephemeralStorage.sizeInGiB",
            words,
        )
        for size, words in (
            (20, "EphemeralStorage size should be at least 21"),
            (201, "EphemeralStorage size should be at most 200"),
        )
    ),
]


@pytest.mark.parametrize(("definition", "path", "message"), BAD)
def test_bad(definition, path, message):
    assert found(definition) == [(path, message)]


def test_no_containers():
    definition = TaskDefinitionBody(family="web")
    assert found(definition) == [("containerDefinitions", "Container list cannot be empty.")]


@pytest.mark.parametrize("cpu", ["64", "127", "196609", "one", "0.1 vCPU", "-1", ""])
def test_task_cpu_out_of_bounds(cpu):
    (problem,) = check_definition(body(cpu=cpu))
    assert problem.path == "cpu"
    assert problem.message.startswith("Invalid 'cpu' setting for task.")


def test_unknown_drivers_and_limits_name_what_is_allowed():
    (driver,) = check_definition(body(app(logConfiguration={"logDriver": "carrier-pigeon"})))
    assert driver.code == "InvalidParameterException"
    assert "json-file" in driver.message
    ulimit = {"name": "patience", "softLimit": 1, "hardLimit": 1}
    (limit,) = check_definition(body(app(ulimits=[ulimit])))
    assert "nofile" in limit.message


def test_a_definition_too_large():
    huge = app(environment=[{"name": f"A{n}", "value": "x" * 1000} for n in range(70)])
    (problem,) = check_definition(body(huge))
    assert problem.path == ""
    assert problem.message.endswith("Max allowed length is '65536' bytes.")


def test_everything_wrong_is_told_at_once():
    definition = body(app(image="", cpu=-1), family="")
    assert [problem.path for problem in check_definition(definition)] == [
        "family",
        f"{FIRST}.image",
        f"{FIRST}.cpu",
    ]


def test_a_request_is_checked_like_a_body():
    request = RegisterTaskDefinitionRequest.model_validate(
        {"family": "", "containerDefinitions": [APP], "tags": []}
    )
    assert [problem.path for problem in check_definition(request)] == ["family"]
