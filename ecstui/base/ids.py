"""Identifiers and Amazon Resource Names: made, parsed and shortened here and nowhere else.

The only module that asks the machine for randomness to name things; planners get ids handed in.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from sys import intern

Ids = Callable[[], str]
"""Makes 32 hex digits, different at each call."""

PARTITION = "aws"
REGION = "us-east-1"
ACCOUNT = "000000000000"


def new_id() -> str:
    """32 hex digits, as ECS names tasks and container instances."""
    return secrets.token_hex(16)


def digits_of(identifier: str) -> str:
    """19 decimal digits derived from 32 hex digits, as ECS numbers deployments and revisions."""
    return str(10**18 + int(identifier, 16) % (9 * 10**18))


def deployment_id_of(identifier: str) -> str:
    """`ecs-svc/` and 19 digits: the id of a deployment inside a service (ecs.md 1.1)."""
    return f"ecs-svc/{digits_of(identifier)}"


_BASE_62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _base_62(identifier: str) -> str:
    """21 letters and digits derived from 32 hex digits, as ECS names service deployments."""
    number, found = int(identifier, 16), ""
    for _ in range(21):
        number, digit = divmod(number, 62)
        found += _BASE_62[digit]
    return found


@dataclass(frozen=True, slots=True)
class Namespace:
    """Partition, region and account that ARNs of one control plane carry."""

    region: str = REGION
    account: str = ACCOUNT
    partition: str = PARTITION

    def arn(self, resource: str, service: str = "ecs") -> str:
        """`arn:aws:ecs:REGION:ACCOUNT:` and `resource`, e.g. `cluster/default`."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def user(self, caller: str) -> str:
        """ARN of a caller's user, whichever program they use: `anna via aws-cli` is anna."""
        name = caller.partition(" via ")[0]
        return f"arn:{self.partition}:iam::{self.account}:user/{name}"

    def cluster(self, name: str) -> str:
        """ARN of a cluster: one text, as each of its tasks has it."""
        return intern(self.arn(f"cluster/{name}"))

    def service(self, cluster: str, name: str) -> str:
        """ARN of a service."""
        return self.arn(f"service/{cluster}/{name}")

    def service_deployment(self, cluster: str, name: str, identifier: str) -> str:
        """ARN of a service deployment; `identifier` is 32 hex digits (ecs.md 1.1)."""
        return self.arn(f"service-deployment/{cluster}/{name}/{_base_62(identifier)}")

    def service_revision(self, cluster: str, name: str, identifier: str) -> str:
        """ARN of a service revision; `identifier` is 32 hex digits (ecs.md 1.1)."""
        return self.arn(f"service-revision/{cluster}/{name}/{digits_of(identifier)}")

    def task(self, cluster: str, identifier: str) -> str:
        """ARN of a task."""
        return self.arn(f"task/{cluster}/{identifier}")

    def container_instance(self, cluster: str, identifier: str) -> str:
        """ARN of a container instance."""
        return self.arn(f"container-instance/{cluster}/{identifier}")

    def capacity_provider(self, name: str) -> str:
        """ARN of a capacity provider."""
        return self.arn(f"capacity-provider/{name}")

    def auto_scaling_group(self, name: str, identifier: str) -> str:
        """ARN of an Auto Scaling group; `identifier` is 32 hex digits, written as a UUID."""
        resource = f"autoScalingGroup:{_uuid(identifier)}:autoScalingGroupName/{name}"
        return self.arn(resource, service="autoscaling")

    def task_definition(self, family: str, revision: int) -> str:
        """ARN of a task definition revision."""
        return self.arn(f"task-definition/{family}:{revision}")

    def container(self, cluster: str, task_id: str, identifier: str) -> str:
        """ARN of a container; `identifier` is 32 hex digits, written as a UUID."""
        return self.arn(f"container/{cluster}/{task_id}/{_uuid(identifier)}")


def _uuid(i: str) -> str:
    return f"{i[:8]}-{i[8:12]}-{i[12:16]}-{i[16:20]}-{i[20:]}"


def is_arn(text: str) -> bool:
    """Whether `text` has the form of an ARN."""
    return text.startswith("arn:") and text.count(":") >= 5


def resource_of(arn: str) -> str:
    """The part of an ARN after the account, e.g. `service/default/web`."""
    return arn.split(":", 5)[5]


def short_name(arn_or_name: str) -> str:
    """The last part of an ARN's resource, e.g. `web`, `web:3` or a task id; a name stays itself."""
    return arn_or_name.rsplit("/", 1)[-1]
