"""The application behind the doors: ECS's operations, and what front ends need besides.

`aws_routes` is all that a door to other programs may show; `own_routes` are for the Unix socket
alone, whose mode lets nobody else in. It listens nowhere by itself.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from ecstui.base.clock import Clock
from ecstui.base.errors import EcsError, InvalidParameterException
from ecstui.base.ids import Ids, Namespace
from ecstui.client.exec_wire import PATH
from ecstui.client.plane import Plane
from ecstui.client.wire import VERSION_HEADER, status_of, write_error
from ecstui.serve.aws_json import AwsJsonDoor
from ecstui.serve.executions import Executions
from ecstui.serve.guard import Guard
from ecstui.serve.logs_door import LogsDoor, is_logs
from ecstui.serve.streams import Streams
from ecstui.serve.sts import StsDoor, is_query

logger = logging.getLogger(__name__)

LARGEST_BODY_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Identity:
    """Who serves, as `GET /_ecstui/status` tells."""

    version: str
    owner: str
    process_id: int
    state_directory: str
    pace: str
    engine: str
    started_at: float
    """POSIX seconds."""
    names: Namespace = field(default_factory=Namespace)
    """Region and account."""
    endpoint: str = ""
    """URL of the door on TCP; empty: it is not open."""


class Doors:
    """One plane's doors: what they share."""

    def __init__(
        self,
        plane: Plane,
        identity: Identity,
        clock: Clock,
        ids: Ids,
        stop: Callable[[bool], None],
    ) -> None:
        """`stop` is called once somebody asks to stop, with whether tasks are to stop too."""
        self.aws = AwsJsonDoor(plane, ids)
        self.sts = StsDoor(identity.names, ids)
        self.logs = LogsDoor(identity.names, clock, ids)
        self.streams = Streams(plane, version=identity.version, epoch=ids())
        self.executions = Executions(plane)
        self._identity = identity
        self._clock = clock
        self._stop = stop

    def aws_routes(self) -> list[web.AbstractRouteDef]:
        """ECS's own protocol, and the companions that scripts ask beside it."""
        return [web.post("/", self._aws), web.get("/", self._aws, allow_head=False)]

    def own_routes(self) -> list[web.AbstractRouteDef]:
        """Feed, logs, commands in containers and control of the daemon."""
        return [
            web.get("/_ecstui/changes", self.streams.changes),
            web.get("/_ecstui/logs", self.streams.logs),
            web.get(PATH, self.executions.execute),
            web.get("/_ecstui/status", self._status),
            web.post("/_ecstui/stop", self._stop_asked),
        ]

    async def _aws(self, http: web.Request) -> web.StreamResponse:
        if is_query(http):
            return await self.sts.answer(http)
        if http.method != "POST":
            raise web.HTTPMethodNotAllowed(http.method, ["POST"])
        return await (self.logs if is_logs(http) else self.aws).answer(http)

    async def _status(self, http: web.Request) -> web.Response:
        who = self._identity
        body = {
            "version": who.version,
            "processId": who.process_id,
            "owner": who.owner,
            "stateDirectory": who.state_directory,
            "pace": who.pace,
            "engine": who.engine,
            "uptimeSeconds": round(self._clock.now() - who.started_at, 3),
            "region": who.names.region,
            "endpoint": who.endpoint,
            "openStreams": self.streams.open,
            "ignoredMembers": self.aws.ignored_members,
        }
        return web.json_response(body, headers={VERSION_HEADER: who.version})

    async def _stop_asked(self, http: web.Request) -> web.Response:
        body = await http.read()
        try:
            asked = json.loads(body or b"{}")
            tasks = asked.get("tasks", False)
        except (ValueError, AttributeError) as error:
            raise InvalidParameterException('The body must be {"tasks": true} or empty.') from error
        if not isinstance(tasks, bool):
            raise InvalidParameterException("tasks must be true or false.", field="tasks")
        self._stop(tasks)
        return web.json_response({"stopping": True, "tasks": tasks}, status=202)


def make_app(doors: Doors) -> web.Application:
    """The application of the Unix socket."""
    app = web.Application(middlewares=[_as_ecs_error], client_max_size=LARGEST_BODY_BYTES)
    app.add_routes([*doors.aws_routes(), *doors.own_routes()])
    app.on_shutdown.append(doors.streams.close)
    app.on_shutdown.append(doors.executions.close)
    return app


def make_tcp_app(doors: Doors, guard: Guard) -> web.Application:
    """The application of the listener on TCP: what AWS has, and only to those who signed."""
    app = web.Application(
        middlewares=[guard.middleware(LARGEST_BODY_BYTES), _as_ecs_error],
        client_max_size=LARGEST_BODY_BYTES,
    )
    app.add_routes(doors.aws_routes())
    return app


@web.middleware
async def _as_ecs_error(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Errors outside of ECS's protocol take the same form: `__type` and `message`."""
    try:
        return await handler(request)
    except EcsError as error:
        return web.json_response(write_error(error), status=status_of(error))
    except web.HTTPException as error:
        words = {404: f"There is nothing at {request.path[:200]}.", 405: "Not with this method."}
        body = {
            "__type": "UnknownOperationException" if error.status in words else "ClientException",
            "message": words.get(error.status, error.reason),
        }
        return web.json_response(body, status=error.status)
    except ConnectionError:
        raise  # The caller has gone: there is nobody to tell.
    except Exception:
        logger.exception("fault at %s", request.path[:200])
        body = {"__type": "ServerException", "message": "ecstui made a mistake; see its log."}
        return web.json_response(body, status=500)
