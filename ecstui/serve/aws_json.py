"""The AWS JSON 1.1 door: `POST /` with an `X-Amz-Target`, an ECS answer or an ECS error.

Nothing that a caller sends makes it answer with anything else: faults of ecstui itself are
logged with a reference and answered as `ServerException` with that reference, never a traceback.
"""

import asyncio
import json
import logging
from dataclasses import dataclass

from aiohttp import web

from ecstui.base.errors import ClientException, EcsError
from ecstui.base.ids import Ids
from ecstui.client.plane import Plane
from ecstui.client.wire import (
    CONTENT_TYPE,
    SEQ_HEADER,
    TARGET_PREFIX,
    read_request,
    status_of,
    write_error,
)
from ecstui.model.shape import Request, Shape
from ecstui.serve.absent import refuse_absent
from ecstui.serve.callers import caller_of

logger = logging.getLogger(__name__)

IGNORED_KEPT = 1_000
QUESTIONS = ("Describe", "List", "Get")
"""How operations begin that change nothing."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent back: a JSON object, the status, and the code of a refusal."""

    body: bytes
    status: int
    code: str | None = None


class AwsJsonDoor:
    """Answers requests with what one plane makes of them."""

    def __init__(self, plane: Plane, ids: Ids) -> None:
        """`ids` names requests and faults."""
        self._plane = plane
        self._ids = ids
        self._ignored: dict[str, None] = {}
        self._calls: set[asyncio.Task[Shape]] = set()
        self.is_stopping = False
        """Once true, only questions are answered: nothing new may begin."""

    @property
    def ignored_members(self) -> tuple[str, ...]:
        """`Operation.member` of what callers sent and ecstui does not know."""
        return tuple(sorted(self._ignored))

    async def answer(self, http: web.Request) -> web.Response:
        """Carry out one request of HTTP."""
        try:
            body = await http.read()
        except web.HTTPRequestEntityTooLarge:
            words = "A request may have 1 MiB at most."
            too_large = EcsError(words, code="RequestEntityTooLargeException")
            reply = Reply(_json(write_error(too_large)), 413, too_large.code)
            return self._response(reply, self._ids())
        request_id = self._ids()
        target = http.headers.get("X-Amz-Target", "")
        return self._response(
            await self.reply(target, body, caller_of(http), request_id), request_id
        )

    async def reply(self, target: str, body: bytes, caller: str, request_id: str) -> Reply:
        """Carry out one request; every fault becomes a reply."""
        try:
            response = await self._carry_out(target, body, caller)
            return Reply(response.to_json(), 200)
        except EcsError as error:
            return Reply(_json(write_error(error)), status_of(error), error.code)
        except Exception:
            return Reply(_json(self._fault(request_id)), 500, "ServerException")

    async def _carry_out(self, target: str, body: bytes, caller: str) -> Shape:
        if not target.startswith(TARGET_PREFIX):
            raise EcsError(
                f"The header X-Amz-Target must be {TARGET_PREFIX} and an operation; "
                f"it is {target[:100] or 'absent'}.",
                code="UnknownOperationException",
            )
        operation = target.removeprefix(TARGET_PREFIX)[:100]
        refuse_absent(operation)
        request = read_request(operation, body)
        if self.is_stopping and not operation.startswith(QUESTIONS):
            raise ClientException("ecstui is being stopped and takes no changes any more.")
        # Shielded: a caller that goes away must not leave an operation half done.
        call = asyncio.create_task(self._plane.call(request, caller))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        response = await asyncio.shield(call)
        self._note_ignored(request)
        return response

    def _note_ignored(self, request: Request[Shape]) -> None:
        for member in request.unknown_members():
            shown = "".join(c if c.isprintable() else "?" for c in member[:100])
            name = f"{request.operation()}.{shown}"
            if name not in self._ignored and len(self._ignored) < IGNORED_KEPT:
                self._ignored[name] = None
                words = "%s is passed over: misspelt, or not carried out (README, How much of ECS)"
                logger.warning(words, name)

    def _fault(self, request_id: str) -> dict[str, object]:
        reference = request_id[:12]
        logger.exception("fault %s", reference)
        words = f"ecstui made a mistake; its log tells more under the reference {reference}."
        return {"__type": "ServerException", "message": words}

    def _response(self, reply: Reply, request_id: str) -> web.Response:
        headers = {"x-amzn-RequestId": _uuid(request_id), SEQ_HEADER: str(self._plane.store.seq)}
        if reply.code is not None:
            headers["x-amzn-ErrorType"] = reply.code
        return web.Response(
            body=reply.body,
            status=reply.status,
            content_type=CONTENT_TYPE,
            headers=headers,
        )


def _json(members: dict[str, object]) -> bytes:
    return json.dumps(members, separators=(",", ":")).encode()


def _uuid(identifier: str) -> str:
    i = identifier
    return f"{i[:8]}-{i[8:12]}-{i[12:16]}-{i[16:20]}-{i[20:]}"
