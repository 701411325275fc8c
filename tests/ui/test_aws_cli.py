import json
import shlex

import pytest

from ecstui.model.enums import PlacementStrategyType
from ecstui.model.requests.capacity_providers import UpdateAutoScalingGroupRequest
from ecstui.model.requests.services import CreateServiceRequest, UpdateServiceRequest
from ecstui.model.requests.tasks import RunTaskRequest, StopTaskRequest
from ecstui.model.service import (
    CircuitBreakerConfiguration,
    DeploymentConfiguration,
    PlacementStrategy,
)
from ecstui.model.shape import KeyValuePair, Tag
from ecstui.model.task import (
    AwsVpcConfiguration,
    ContainerOverride,
    NetworkConfiguration,
    TaskOverride,
)
from ecstui.ui.aws_cli import aws_command, command_rows

SPREAD = PlacementStrategy(
    type=PlacementStrategyType.SPREAD, field="attribute:ecs.availability-zone"
)


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        (
            UpdateServiceRequest(service="web", cluster="shop", desired_count=0),
            "aws ecs update-service --cluster shop --service web --desired-count 0",
        ),
        (
            UpdateServiceRequest(service="web", force_new_deployment=True),
            "aws ecs update-service --service web --force-new-deployment",
        ),
        (
            UpdateServiceRequest(service="web", enable_execute_command=False),
            "aws ecs update-service --service web --no-enable-execute-command",
        ),
        (
            UpdateAutoScalingGroupRequest(auto_scaling_group_name="it's", desired_capacity=0),
            """ecstui call UpdateAutoScalingGroup '{"autoScalingGroupName": "it'"'"'s", """
            """"desiredCapacity": 0}'""",
        ),
        (
            UpdateServiceRequest(service="web", placement_strategy=()),
            "aws ecs update-service --service web --placement-strategy []",
        ),
        (
            CreateServiceRequest(
                service_name="web", placement_strategy=(SPREAD,), client_token="x"
            ),
            "aws ecs create-service --service-name web"
            " --placement-strategy type=spread,field=attribute:ecs.availability-zone",
        ),
        (
            CreateServiceRequest(
                service_name="web",
                deployment_configuration=DeploymentConfiguration(
                    maximum_percent=150,
                    deployment_circuit_breaker=CircuitBreakerConfiguration(
                        enable=True, rollback=False
                    ),
                ),
            ),
            "aws ecs create-service --service-name web --deployment-configuration"
            " 'deploymentCircuitBreaker={enable=true,rollback=false},maximumPercent=150'",
        ),
        (
            RunTaskRequest(
                task_definition="web",
                network_configuration=NetworkConfiguration(
                    awsvpc_configuration=AwsVpcConfiguration(subnets=("a", "b"))
                ),
            ),
            "aws ecs run-task --task-definition web"
            " --network-configuration 'awsvpcConfiguration={subnets=[a,b]}'",
        ),
        (
            RunTaskRequest(task_definition="web", tags=(Tag(key="team", value="a b"),)),
            """aws ecs run-task --task-definition web --tags '[{"key": "team", "value": "a b"}]'""",
        ),
        (
            StopTaskRequest(task="abc", reason="it's over"),
            """aws ecs stop-task --task abc --reason 'it'"'"'s over'""",
        ),
    ],
)
def test_a_request_as_the_aws_cli_says_it(request_, command):
    assert aws_command(request_) == command


def test_what_the_shorthand_cannot_say_is_json_that_a_shell_gives_back():
    nasty = "a,b=c{d}'e\"[f] g"
    request = RunTaskRequest(
        task_definition="web",
        overrides=TaskOverride(
            container_overrides=(
                ContainerOverride(
                    name="app",
                    command=("sh", "-c", nasty),
                    environment=(KeyValuePair(name="A", value=nasty),),
                ),
            )
        ),
    )
    words = shlex.split(aws_command(request))
    given = json.loads(words[words.index("--overrides") + 1])
    assert given["containerOverrides"] == [
        {
            "name": "app",
            "command": ["sh", "-c", nasty],
            "environment": [{"name": "A", "value": nasty}],
        }
    ]


def test_no_control_character_is_in_the_line():
    assert "\x1b" not in aws_command(StopTaskRequest(task="abc", reason="\x1b[31mred"))


@pytest.mark.parametrize("width", [20, 40, 58, 120])
def test_rows_hold_the_whole_command_and_fit(width):
    command = aws_command(
        CreateServiceRequest(
            cluster="shop",
            service_name="web",
            task_definition="web:3",
            desired_count=12,
            placement_strategy=(SPREAD, SPREAD),
            deployment_configuration=DeploymentConfiguration(maximum_percent=150),
        )
    )
    rows = command_rows(command, width, 99)
    assert all(len(row) <= width for row in rows)
    assert "".join(rows).replace(" ", "") == command.replace(" ", "")
    cut = command_rows(command, width, 2)
    assert len(cut) == min(2, len(rows))
    assert (cut[-1][-1] == "…") is (len(rows) > 2)
