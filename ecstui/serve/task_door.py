"""What containers ask: metadata and statistics, their role's credentials, their own protection.

The id in the path is the only way in, and it shows one task and nothing else. Paths are never
logged, since whoever knows one may ask as that container. Source: ecs.md 3.11.
"""

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import NoneType
from typing import Protocol, runtime_checkable

from aiohttp import web

from ecstui.base.clock import Clock
from ecstui.base.errors import EcsError, EngineError
from ecstui.base.ids import Ids
from ecstui.client.plane import Plane
from ecstui.engine.protocol import ContainerEngine
from ecstui.model.requests.protection import (
    GetTaskProtectionRequest,
    GetTaskProtectionResponse,
    UpdateTaskProtectionRequest,
    UpdateTaskProtectionResponse,
)
from ecstui.model.task import ContainerRecord, TaskRecord
from ecstui.model.task_definition import TaskDefinition
from ecstui.plan.spec import Observation, Phase
from ecstui.plan.task_endpoint import TaskEndpoint, role_of
from ecstui.plan.task_metadata import container_json, tags_json, task_json
from ecstui.serve.role_credentials import (
    VALID_SECONDS,
    NoCredentialsError,
    read_role_credentials,
)
from ecstui.serve.task_sockets import TaskSockets
from ecstui.serve.tcp import ConnectionLimits, open_tcp
from ecstui.store.kinds import INSTANCES, TASK_DEFINITIONS, TASKS

logger = logging.getLogger(__name__)

REQUESTS_PER_SECOND = 40.0
BURST = 60.0
MOST_BUCKETS = 20_000
BODY_BYTES = 4096
BODY_SECONDS = 20.0

Json = dict[str, object]


@runtime_checkable
class GivesStatistics(Protocol):
    """An engine with statistics in Docker's own form."""

    async def statistics(self, name: str) -> Mapping[str, object] | None:
        """Of one container; None: there is none of that name."""
        ...


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks."""

    task: TaskRecord
    definition: TaskDefinition
    container: ContainerRecord


class TaskDoor:
    """Answers the containers of one engine."""

    def __init__(
        self,
        plane: Plane,
        endpoint: TaskEndpoint,
        engine: ContainerEngine,
        clock: Clock,
        environ: Mapping[str, str],
    ) -> None:
        """`engine`: what runs the containers; statistics come from it, when it gives any."""
        self._plane = plane
        self._endpoint = endpoint
        self._engine = engine
        self._clock = clock
        self._environ = environ
        self.seen: Callable[[str], Mapping[str, Observation]] = _nothing
        """Containers of an engine by name, as they were looked at last."""
        self._buckets: dict[str, tuple[float, float]] = {}

    def app(self) -> web.Application:
        """The application."""
        app = web.Application(client_max_size=BODY_BYTES, middlewares=[_as_words])
        app.add_routes(
            [
                web.get("/v4/{id}", self._container),
                web.get("/v4/{id}/task", self._task),
                web.get("/v4/{id}/taskWithTags", self._task_with_tags),
                web.get("/v4/{id}/stats", self._statistics),
                web.get("/v4/{id}/task/stats", self._task_statistics),
                web.get("/v2/credentials/{id}", self._credentials),
                web.get("/api/{id}/task-protection/v1/state", self._protection),
                web.put("/api/{id}/task-protection/v1/state", self._protect),
            ]
        )
        return app

    # -- metadata ---------------------------------------------------------------------------------

    async def _container(self, http: web.Request) -> web.Response:
        who = self._who(http, "V4 container metadata handler: unable to get container ID")
        seen = await self._look(who.task)
        return _json(container_json(who.task, who.definition, who.container, seen))

    async def _task(self, http: web.Request) -> web.Response:
        who = self._who(http, "V4 task metadata handler: unable to get task ARN")
        return _json(task_json(who.task, who.definition, await self._look(who.task)))

    async def _task_with_tags(self, http: web.Request) -> web.Response:
        who = self._who(http, "V4 task metadata handler: unable to get task ARN")
        told = task_json(who.task, who.definition, await self._look(who.task))
        instance = self._plane.store.get(INSTANCES, who.task.container_instance_arn or "")
        for name, tags in (
            ("TaskTags", who.task.tags),
            ("ContainerInstanceTags", () if instance is None else instance.tags),
        ):
            if tags:
                told[name] = tags_json(tags)
        return _json(told)

    async def _look(self, task: TaskRecord) -> Mapping[str, Observation]:
        """The task's containers; those that were not seen running are looked at once more."""
        seen = self.seen(task.engine)
        names = [one.engine_name for one in task.containers]
        if task.pause_engine_name:
            names.append(task.pause_engine_name)
        found = {name: seen[name] for name in names if name in seen}
        for name in () if task.is_stopped else names:
            if name not in found or found[name].phase is not Phase.RUNNING:
                try:
                    look = await self._engine.inspect(name)
                except EngineError:
                    continue
                if look is not None:
                    found[name] = look
        return found

    async def _statistics(self, http: web.Request) -> web.Response:
        who = self._who(http, "V4 container stats handler: unable to get container")
        found = await self._stats_of(who.container)
        if found is None:
            raise _Refusal(404, "V4 container stats handler: the container has no statistics")
        return _json(dict(found))

    async def _task_statistics(self, http: web.Request) -> web.Response:
        who = self._who(http, "V4 task stats handler: unable to get task ARN")
        containers = [one for one in who.task.containers if one.runtime_id]
        found = await asyncio.gather(*(self._stats_of(one) for one in containers))
        pairs = zip(containers, found, strict=True)
        return _json({str(one.runtime_id): told and dict(told) for one, told in pairs})

    async def _stats_of(self, container: ContainerRecord) -> Mapping[str, object] | None:
        if not isinstance(self._engine, GivesStatistics):
            return None
        try:
            return await self._engine.statistics(container.engine_name)
        except EngineError:
            return None

    # -- credentials ------------------------------------------------------------------------------

    async def _credentials(self, http: web.Request) -> web.Response:
        given = http.match_info["id"]
        task, definition = self._task_of(given)
        if (
            task is None
            or definition is None
            or not _is_same(given, self._endpoint.credentials_id(task.task_id))
        ):
            words = "CredentialsV2Request: Credentials not found"
            return _credentials_error("InvalidIdInRequest", words, 400)
        self._count(given)
        setting = self._endpoint.role_setting(task, definition)
        if setting is None or task.is_stopped:
            words = "CredentialsV2Request: Credentials uninitialized for ID"
            return _credentials_error("CredentialsUninitialized", words, 503)
        try:
            found = read_role_credentials(setting, self._environ)
        except NoCredentialsError as error:
            logger.warning("task %s gets no credentials: %s", task.task_id, error)
            words = f"CredentialsV2Request: {error}"
            return _credentials_error("CredentialsUninitialized", words, 503)
        until = datetime.fromtimestamp(self._clock.now() + VALID_SECONDS, UTC)
        return _json(
            {
                "RoleArn": role_of(task, definition),
                "AccessKeyId": found.access_key,
                "SecretAccessKey": found.secret_key,
                "Token": found.token,
                "Expiration": f"{until:%Y-%m-%dT%H:%M:%SZ}",
            }
        )

    # -- protection -------------------------------------------------------------------------------

    async def _protection(self, http: web.Request) -> web.Response:
        who = self._who(http, "Invalid request: unable to get task ARN")
        task = who.task
        asked = GetTaskProtectionRequest(cluster=task.cluster_name, tasks=(task.task_arn,))
        return await self._protected(task, self._plane.call(asked, caller=f"task {task.task_id}"))

    async def _protect(self, http: web.Request) -> web.Response:
        who = self._who(http, "Invalid request: unable to get task ARN")
        task = who.task
        try:
            async with asyncio.timeout(BODY_SECONDS):
                given = json.loads(await http.read())
            enabled, minutes = given["ProtectionEnabled"], given.get("ExpiresInMinutes")
            if not isinstance(enabled, bool) or type(minutes) not in (int, NoneType):
                raise TypeError
        except TimeoutError:
            raise _Refusal(408, "Request Timeout") from None
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            words = "Invalid request: does not contain 'ProtectionEnabled' field"
            return _protection_error(task, "InvalidParameterException", words, 400)
        asked = UpdateTaskProtectionRequest(
            cluster=task.cluster_name,
            tasks=(task.task_arn,),
            protection_enabled=enabled,
            expires_in_minutes=minutes,
        )
        return await self._protected(task, self._plane.call(asked, caller=f"task {task.task_id}"))

    async def _protected(
        self,
        task: TaskRecord,
        call: Awaitable[GetTaskProtectionResponse] | Awaitable[UpdateTaskProtectionResponse],
    ) -> web.Response:
        try:
            answer = await call
        except EcsError as error:
            return _protection_error(task, error.code, error.message, 400)
        for failure in answer.failures:
            told = {"Arn": failure.arn, "Detail": failure.detail, "Reason": failure.reason}
            return _json({"failure": told})
        (found,) = answer.protected_tasks
        state: Json = {
            "ProtectionEnabled": found.protection_enabled,
            "TaskArn": found.task_arn,
        }
        if found.expiration_date is not None:
            at = datetime.fromtimestamp(found.expiration_date, UTC)
            state["ExpirationDate"] = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        return _json({"protection": state})

    # -- who --------------------------------------------------------------------------------------

    def _who(self, http: web.Request, words: str) -> Asking:
        given = http.match_info["id"]
        task, definition = self._task_of(given)
        for container in () if task is None else task.containers:
            assert task is not None
            right = self._endpoint.container_id(task.task_id, container.engine_name)
            if definition is not None and _is_same(given, right):
                self._count(given)
                return Asking(task, definition, container)
        raise _Refusal(404, f"{words} from request: no container has this id")

    def _task_of(self, given: str) -> tuple[TaskRecord | None, TaskDefinition | None]:
        view = self._plane.store
        task_id = given.partition("-")[0]
        tasks = view.by(TASKS, "task_id", task_id)
        task = next(iter(tasks), None)
        if task is None:
            return None, None
        return task, view.get(TASK_DEFINITIONS, task.task_definition_arn)

    def _count(self, given: str) -> None:
        """Let 40 requests a second through for each id, 60 at once."""
        now = asyncio.get_running_loop().time()
        left, at = self._buckets.get(given, (BURST, now))
        left = min(BURST, left + (now - at) * REQUESTS_PER_SECOND)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.clear()
        self._buckets[given] = (max(left - 1.0, 0.0), now)
        if left < 1.0:
            raise _Refusal(429, "You have reached maximum request limit.")


class _Refusal(Exception):
    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


@web.middleware
async def _as_words(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refusals are JSON strings, as the ECS agent's."""
    try:
        return await handler(request)
    except _Refusal as refusal:
        return web.json_response(refusal.words, status=refusal.status)
    except web.HTTPException as error:
        return web.json_response(error.reason, status=error.status)
    except ConnectionError:
        raise
    except Exception:
        logger.exception("fault of the task endpoint")
        return web.json_response("ecstui made a mistake; see its log.", status=500)


def open_task_door(
    sockets: TaskSockets, door: TaskDoor, ids: Ids, limits: ConnectionLimits | None = None
) -> AbstractAsyncContextManager[object]:
    """The endpoint, served for as long as the block runs; then its listeners are closed."""
    return open_tcp(sockets.listeners, door.app(), limits or ConnectionLimits(), ids)


def _nothing(_engine: str) -> Mapping[str, Observation]:
    return {}


def _is_same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())


def _json(value: Json) -> web.Response:
    return web.json_response(value)


def _credentials_error(code: str, message: str, status: int) -> web.Response:
    body = {"code": code, "message": message, "HTTPErrorCode": status}
    return web.json_response(body, status=status)


def _protection_error(task: TaskRecord, code: str, message: str, status: int) -> web.Response:
    told = {"Arn": task.task_arn, "Code": code, "Message": message}
    return web.json_response({"error": told}, status=status)
