"""Where containers find what ECS tells them: their metadata and their role's credentials.

Each container has an id that follows from a key of this state directory, so that it stays the same
for ever and nobody else can guess it; the id is the only way in (ecs.md 3.11). Pure.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from ecstui.model.enums import NetworkMode
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import TaskDefinition
from ecstui.plan.ports import network_mode_of
from ecstui.plan.role_setting import RoleSetting, role_setting_of

CREDENTIALS_ADDRESS = "169.254.170.2"
"""What SDKs take credentials from besides loopback."""
CREDENTIALS_NETWORK = "ecstui-credentials"
CREDENTIALS_SUBNET = "169.254.170.0/24"
HTTP_PORT = 80
_DIGITS = 32


@dataclass(frozen=True, slots=True)
class TaskEndpoint:
    """The endpoint for containers of one engine."""

    engine: str
    gateway: str
    """Address of the engine's machine, as containers in bridge mode see it."""
    port: int
    key: str = field(repr=False)
    credentials_port: int | None = None
    """Port of 169.254.170.2; None: only containers in host mode can get credentials."""
    roles: Mapping[str, RoleSetting] = field(default_factory=dict)

    def container_id(self, task_id: str, engine_name: str) -> str:
        """Id of a container in the paths of its metadata."""
        return f"{task_id}-{self._digits(f'container {engine_name}')}"

    def credentials_id(self, task_id: str) -> str:
        """Id of a task in the path of its role's credentials."""
        return f"{task_id}-{self._digits(f'credentials {task_id}')}"

    def _digits(self, text: str) -> str:
        return hmac.digest(self.key.encode(), text.encode(), hashlib.sha256).hex()[:_DIGITS]

    def variables(
        self, task: TaskRecord, definition: TaskDefinition, engine_name: str
    ) -> dict[str, str]:
        """What the environment of a container says of the endpoint; nothing where it cannot be."""
        mode = network_mode_of(definition)
        if task.engine != self.engine or mode is NetworkMode.NONE:
            return {}
        base = f"http://{self.gateway}:{self.port}"
        found = {
            "ECS_CONTAINER_METADATA_URI_V4": (
                f"{base}/v4/{self.container_id(task.task_id, engine_name)}"
            ),
            "ECS_AGENT_URI": f"{base}/api/{self.container_id(task.task_id, engine_name)}",
        }
        if self.has_credentials(task, definition):
            path = f"/v2/credentials/{self.credentials_id(task.task_id)}"
            found |= self._credentials(mode, path)
        return found

    def _credentials(self, mode: NetworkMode, path: str) -> dict[str, str]:
        if mode is NetworkMode.HOST:
            uri = f"http://127.0.0.1:{self.port}{path}"
            return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": uri}
        if self.credentials_port == HTTP_PORT:
            return {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": path}
        uri = f"http://{CREDENTIALS_ADDRESS}:{self.credentials_port}{path}"
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": uri}

    def has_credentials(self, task: TaskRecord, definition: TaskDefinition) -> bool:
        """Whether containers of a task are told where credentials are."""
        mode = network_mode_of(definition)
        if task.engine != self.engine or self.role_setting(task, definition) is None:
            return False
        if mode is NetworkMode.HOST:
            return True
        return mode is not NetworkMode.NONE and self.credentials_port is not None

    def networks(self, task: TaskRecord, definition: TaskDefinition) -> tuple[str, ...]:
        """Networks that whatever owns the task's addresses joins besides its own."""
        is_own = network_mode_of(definition) is not NetworkMode.HOST
        return (CREDENTIALS_NETWORK,) if is_own and self.has_credentials(task, definition) else ()

    def role_setting(self, task: TaskRecord, definition: TaskDefinition) -> RoleSetting | None:
        """What is set for the role of a task; None: it gets no credentials."""
        role = role_of(task, definition)
        return role_setting_of(self.roles, role) if role else None


def role_of(task: TaskRecord, definition: TaskDefinition) -> str:
    """The task role: that of RunTask, else that of the definition; empty: none."""
    return task.overrides.task_role_arn or definition.task_role_arn or ""
