"""Makes requests for ECS's operations from botocore's shapes, by a seed.

Names of things come from a small pool and from earlier answers, so that requests meet what others
made; some values are of a wrong type, too long, negative, or strings that break things.
"""

import json
import random
from collections import deque
from typing import Any

from botocore.model import Shape

from ecstui.model.requests import OWN_OPERATIONS
from ecstui.model.requests.registry import REQUESTS
from tests.aws.shapes import model_of

HOSTILE = (
    "",
    " ",
    "\x00",
    "\u202e\ufeff",
    "é" * 300,
    "x" * 5_000,
    "../../etc/passwd",
    "'; DROP TABLE object; --",
    "${jndi:ldap://x}",
    "%s%n{0}",
    "<script>",
    "\U0001f600",
    "arn:aws:ecs:::",
    "arn:aws:ecs:us-east-1:000000000000:task/",
    "arn:aws:s3:::bucket",
    "default/x/y/z",
    "web:0",
    "web:99999999999999999999",
    "-1",
    "NaN",
    "null",
    "[",
)
NUMBERS = (0, 1, 2, 3, 5, 10, 64, 100, 128, 256, 1024, -1, 65_535, 65_536, 2**31, 2**63, -(2**63))
LOG_GROUPS = ("/ecs/web", "/ecs/batch")
LOGS_OPERATIONS = (
    "CreateLogGroup",
    "DeleteLogGroup",
    "DeleteRetentionPolicy",
    "DescribeLogGroups",
    "DescribeLogStreams",
    "FilterLogEvents",
    "GetLogEvents",
    "PutRetentionPolicy",
)
NAMES: dict[str, tuple[Any, ...]] = {
    "cluster": ("default", "default", "default", "blue", "green"),
    "clusterName": ("blue", "green", "default"),
    "clusters": ("default", "blue", "green"),
    "service": ("shop", "api", "spare"),
    "services": ("shop", "api", "spare"),
    "serviceName": ("shop", "api", "spare"),
    "family": ("web", "worker", "batch"),
    "familyPrefix": ("web", "w"),
    "taskDefinition": ("web", "worker", "batch", "web:1", "web:2"),
    "taskDefinitions": ("web:1", "worker:1", "batch:2"),
    "image": ("nginx:stable", "busybox:stable", "redis", "nope/nope:1"),
    "name": (
        "app",
        "app",
        "side",
        "CPU",
        "MEMORY",
        "stack",
        "containerInsights",
        "serviceLongArnFormat",
        "FARGATE",
        "pool",
    ),
    "containerName": ("app", "side"),
    "sourceContainer": ("app", "side"),
    "capacityProvider": ("FARGATE", "FARGATE_SPOT", "pool"),
    "capacityProviders": ("FARGATE", "FARGATE_SPOT", "pool"),
    "desiredCount": (0, 1, 2, 3),
    "count": (1, 2, 3),
    "memory": (32, 64, 128, "512", "1024", "0.5GB"),
    "memoryReservation": (32, 64),
    "cpu": (0, 32, 64, "256", "512", ".25 vCPU"),
    "containerPort": (80, 8080),
    "hostPort": (0, 8080),
    "minimumHealthyPercent": (0, 50, 100),
    "maximumPercent": (100, 150, 200),
    "clientToken": ("t1", "t2", "t3"),
    "expression": ("runningTasksCount == 0", "attribute:zone == a", "attribute:", "((("),
    "filter": ("runningTasksCount > 0", "task:group == x", "not ("),
    "field": ("attribute:ecs.availability-zone", "memory", "instanceId"),
    "integerValue": (1024, 2048, 8192),
    "type": ("INTEGER", "memberOf", "distinctInstance", "spread", "binpack", "GPU"),
    "targetType": ("container-instance",),
    "launchType": ("EC2", "EC2", "EC2", "FARGATE"),
    "requiresCompatibilities": ("EC2", "FARGATE"),
    "networkMode": ("bridge", "host", "none", "awsvpc"),
    "platformVersion": ("LATEST", "1.4.0"),
    "status": ("ACTIVE", "DRAINING", "INACTIVE"),
    "group": ("service:shop", "g"),
    "startedBy": ("me", "ecs-svc/1"),
    "key": ("a", "b", "aws:x"),
    "value": ("1", "enabled", "disabled", ""),
    "command": ("sh", "-c", "sleep 1"),
    "maxResults": (1, 2, 10, 100),
    "timeout": (1, 5, 60),
    "interval": (5, 30),
    "retries": (1, 3),
    "startPeriod": (0, 5),
    "stopTimeout": (1, 2),
    "force": (True, False),
    "logGroupName": (*LOG_GROUPS, "g"),
    "logGroupIdentifier": (*LOG_GROUPS, "arn:aws:logs:us-east-1:000000000000:log-group:/ecs/web"),
    "logGroupNamePrefix": ("/ecs", "g", ""),
    "logGroupNamePattern": ("e", "WEB"),
    "logStreamNamePrefix": ("p", "p/app/"),
    "limit": (1, 2, 3, 50),
    "startTime": (0, 1_700_000_000_000, 2**63 - 1, 2**63),
    "endTime": (0, 4_000_000_000_000, 2**63 - 1, 10**400),
    "filterPattern": ("line", "?line -3", '"line 1"', "{ $.a = 1 }", "%x%", "-"),
    "retentionInDays": (1, 7, 2),
    "nextToken": ("f/1.0/s", "b/999999999.999999999999999/s", "WzFlOTk5LCAicyIsIDEsIDFd"),
}
LEARNT = ("Arn", "Arns", "Token", "StreamName")
KEPT = 30
SOBER = 0.75
"""Share of requests that say little more than they must, and only what could be right."""
DEEPEST = 6

WEIGHTS = {
    "RunTask": 6,
    "CreateCluster": 2,
    "DeleteCluster": 0.2,
    "DeregisterContainerInstance": 0.15,
    "UpdateContainerInstancesState": 0.3,
    "PutClusterCapacityProviders": 0.15,
    "DeregisterTaskDefinition": 0.5,
    "CreateService": 4,
    "UpdateService": 8,
    "RegisterTaskDefinition": 6,
    "DeleteService": 2,
    "StopTask": 4,
    "DescribeServices": 3,
    "DescribeTasks": 3,
    "DeleteLogGroup": 0.02,
    "FilterLogEvents": 4,
    "GetLogEvents": 4,
}


class Author:
    """Writes one request after the other."""

    def __init__(self, seed: int, service: str = "ecs") -> None:
        """The same seed writes the same, given the same answers; `service`: `ecs` or `logs`."""
        self.random = random.Random(seed)
        self._seen: dict[str, deque[str]] = {}
        self._model = model_of(service)
        self._operations = list(self._model.operation_names)
        known, rare = (REQUESTS, 0.05) if service == "ecs" else (LOGS_OPERATIONS, 0.005)
        self._weights = [
            WEIGHTS.get(name, 1 if name in known else rare) for name in self._operations
        ]
        self._canned = CANNED if service == "ecs" else ()
        self._is_sober = True

    def next(self) -> tuple[str, bytes]:
        """An operation and a body."""
        if self.random.random() < 0.01:
            return self._broken()
        if self._canned and self.random.random() < 0.01:
            name, request = self.random.choice(self._canned)
            return name, json.dumps(request).encode()
        (name,) = self.random.choices(self._operations, self._weights)
        self._is_sober = self.random.random() < SOBER
        shape = self._model.operation_model(name).input_shape
        members = {} if shape is None else self._structure(shape, 0, name)
        return name, json.dumps(members).encode()

    def learn(self, answer: Any, name: str = "") -> None:
        """Remember ARNs, ids and tokens of an answer, by the member that had them."""
        if isinstance(answer, dict):
            for key, value in answer.items():
                self.learn(value, key)
        elif isinstance(answer, list):
            for value in answer[:10]:
                self.learn(value, name)
        elif isinstance(answer, str) and (name.endswith(LEARNT) or name == "id"):
            self._seen.setdefault(_subject(name), deque(maxlen=KEPT)).append(answer)

    # -- values -----------------------------------------------------------------------------------

    def _broken(self) -> tuple[str, bytes]:
        name = self.random.choice([*self._operations, *sorted(OWN_OPERATIONS), "Nothing", ""])
        body = self.random.choice(
            [
                b"",
                b"{",
                b"[]",
                b"null",
                b"\xff\xfe",
                b"[" * 2_000,
                b'{"a":' * 500 + b"1" + b"}" * 500,
                b'{"a":' + b"[" * 900 + b"]" * 900 + b"}",
                b'{"cluster": {"a": 1}}',
                b'{"tasks": "x"}',
                b'{"a": 1e999}',
                b'{"cluster": "\\ud800"}',
                b"9" * 5_000,
                self.random.randbytes(40),
            ]
        )
        return name, body

    def _structure(self, shape: Any, depth: int, path: str) -> dict[str, Any]:
        found = {}
        required = set(shape.required_members)
        share = (0.06 if self._is_sober else 0.35) / (depth + 1)
        for name, member in shape.members.items():
            wanted = 0.98 if name in required or name in USUAL.get(shape.name, ()) else share
            if depth < DEEPEST and self.random.random() < wanted:
                usual = VALUES.get((shape.name, name))
                if usual and self._is_sober:
                    found[name] = self.random.choice(usual)
                else:
                    found[name] = self._value(member, name, depth + 1, path)
        if not self._is_sober and self.random.random() < 0.02:
            found[self.random.choice(["colour", "cluster_name", "", "__proto__"])] = 1
        return found

    def _value(self, shape: Shape, name: str, depth: int, path: str) -> Any:
        lot = 1.0 if self._is_sober else self.random.random()
        if lot < 0.01:
            return self.random.choice([None, 1, -1, 1.5, True, "x", [], {}, [None], {"a": []}])
        if lot < 0.03 and shape.type_name == "string":
            return self.random.choice(HOSTILE)
        return self._right(shape, name, depth, path)

    def _right(self, shape: Any, name: str, depth: int, path: str) -> Any:
        kind = shape.type_name
        if kind == "structure":
            return self._structure(shape, depth, path)
        if kind == "list":
            most = 1 if self._is_sober else self.random.choice((0, 1, 1, 1, 2, 3, 12))
            return [self._value(shape.member, name, depth + 1, path) for _ in range(most)]
        if kind == "map":
            return {
                self.random.choice(("a", "b", "awslogs-group", *HOSTILE[:3])): self._value(
                    shape.value, name, depth + 1, path
                )
                for _ in range(self.random.choice((0, 1, 2)))
            }
        if name in NAMES and self.random.random() < 0.9:
            chosen = [v for v in NAMES[name] if _fits(v, kind)]
            if chosen and not (self._seen.get(_subject(name)) and self.random.random() < 0.3):
                return self.random.choice(chosen)
        return self._plain(shape, name)

    def _plain(self, shape: Any, name: str) -> Any:
        kind = shape.type_name
        if kind == "boolean":
            return self.random.random() < 0.3
        if kind in ("integer", "long"):
            small = self.random.random() < 0.9
            return self.random.randrange(5) if small else self.random.choice(NUMBERS)
        if kind in ("double", "float", "timestamp"):
            return self.random.choice((0, 1.5, 25.0, 100.0, -1.0, 1e308))
        allowed = getattr(shape, "enum", None)
        if allowed and self.random.random() < 0.97:
            return self.random.choice(allowed)
        seen = self._seen.get(_subject(name))
        if seen and self.random.random() < 0.9:
            return self.random.choice(seen)
        return self.random.choice(("x", "a-1") if self._is_sober else ("default", *HOSTILE))


USUAL: dict[str, tuple[str, ...]] = {
    "ContainerDefinition": ("name", "image", "memory"),
    "RegisterTaskDefinitionRequest": ("family", "containerDefinitions"),
    "CreateServiceRequest": ("serviceName", "taskDefinition", "desiredCount"),
    "UpdateServiceRequest": ("service",),
    "DescribeServicesRequest": ("services",),
    "Tag": ("key", "value"),
    "Attribute": ("name", "value", "targetId", "targetType"),
    "Resource": ("name", "type", "integerValue"),
    "RegisterContainerInstanceRequest": ("totalResources",),
    "CreateCapacityProviderRequest": ("autoScalingGroupProvider",),
    "DeleteServiceRequest": ("service", "force"),
    "PlacementConstraint": ("type", "expression"),
    "PlacementStrategy": ("type", "field"),
    "CapacityProviderStrategyItem": ("capacityProvider",),
}

_RESOURCES = [
    {"name": "CPU", "type": "INTEGER", "integerValue": 1024},
    {"name": "MEMORY", "type": "INTEGER", "integerValue": 2048},
]
CANNED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("RegisterContainerInstance", {"totalResources": _RESOURCES}),
    ("RegisterContainerInstance", {"cluster": "blue", "totalResources": _RESOURCES}),
    ("CreateAutoScalingGroup", {"autoScalingGroupName": "group", "cpu": 512, "memory": 1024}),
    ("UpdateAutoScalingGroup", {"autoScalingGroupName": "group", "desiredCapacity": 2}),
    ("DeleteAutoScalingGroup", {"autoScalingGroupName": "group"}),
    ("DescribeAutoScalingGroups", {}),
    ("SetAlarmState", {"alarmName": "a", "stateValue": "ALARM"}),
    ("DescribeEngines", {}),
)
"""What takes more than chance to hit upon, and operations of ours, which botocore has not."""

VALUES: dict[tuple[str, str], tuple[Any, ...]] = {
    ("Resource", "name"): ("CPU", "MEMORY"),
    ("Resource", "type"): ("INTEGER",),
    ("Attribute", "value"): ("a", "b"),
    ("DeleteServiceRequest", "force"): (True, True, False),
    ("CreateCapacityProviderRequest", "name"): ("pool", "pool-2"),
    ("AutoScalingGroupProvider", "autoScalingGroupArn"): ("group", "group-2"),
    ("PlacementConstraint", "type"): ("distinctInstance",),
    ("PlacementStrategy", "type"): ("spread", "binpack"),
}
"""What a structure's member is in requests that could be right."""


def _fits(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, str) == (kind == "string")


SUBJECTS = {
    "resource": "service",
    "targetid": "containerinstance",
    "nextforwardtoken": "nexttoken",
    "nextbackwardtoken": "nexttoken",
}


def _subject(name: str) -> str:
    """`taskArn`, `taskArns`, `tasks` and `task` are all about tasks."""
    name = name.removesuffix("s").removesuffix("Arn").lower()
    return SUBJECTS.get(name, name)
