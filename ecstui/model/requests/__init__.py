"""Every request and response that `Client.call` takes, one module per family.

`registry` knows them all by the names of their operations; who sends some imports their family
alone, which is quicker.
"""

OWN_OPERATIONS = frozenset(
    {
        "RegisterEngine",
        "DeregisterEngine",
        "DescribeEngines",
        "CreateAutoScalingGroup",
        "UpdateAutoScalingGroup",
        "DeleteAutoScalingGroup",
        "DescribeAutoScalingGroups",
        "InterruptSpotTask",
        "SetAlarmState",
        "DescribeAlarms",
        "DeleteAlarms",
    }
)
"""Operations that ECS does not have, for `ecstui call` and the screens."""
