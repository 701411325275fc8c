"""What stands before the door on TCP: who may come in, how many at once, and how slowly.

Every request there is signed (`sigv4.py`), addressed to this machine by name, whole within seconds,
and small. What is refused is told in AWS's own errors. It must never log a body or a header.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from aiohttp import web
from aiohttp.typedefs import Middleware

from ecstui.base.clock import machine_time
from ecstui.base.errors import EcsError
from ecstui.base.ids import Ids
from ecstui.client.wire import TARGET_PREFIX
from ecstui.model.requests import OWN_OPERATIONS
from ecstui.serve.credentials import Credentials
from ecstui.serve.logs_door import LOGS_PREFIX
from ecstui.serve.sigv4 import SignatureError, SignedRequest, Trouble, check_signature, claim_of
from ecstui.serve.sts import is_query, query_error
from ecstui.serve.tcp import ConnectionLimits, json_error

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SERVICES = {TARGET_PREFIX: "ecs", LOGS_PREFIX: "logs"}
"""What a target begins with, and the service that its signature is for."""
HOSTS = ("127.0.0.1", "localhost")

JSON_CODES = {
    Trouble.MISSING: "MissingAuthenticationTokenException",
    Trouble.INCOMPLETE: "IncompleteSignatureException",
    Trouble.UNKNOWN_KEY: "UnrecognizedClientException",
    Trouble.EXPIRED: "InvalidSignatureException",
    Trouble.WRONG: "InvalidSignatureException",
}
"""Services of the JSON protocol answer with these and status 400."""
QUERY_CODES = {
    Trouble.MISSING: "MissingAuthenticationToken",
    Trouble.INCOMPLETE: "IncompleteSignature",
    Trouble.UNKNOWN_KEY: "InvalidClientTokenId",
    Trouble.EXPIRED: "SignatureDoesNotMatch",
    Trouble.WRONG: "SignatureDoesNotMatch",
}
"""Services of the Query protocol answer with these and status 403."""


@dataclass(frozen=True, slots=True)
class GuardLimits(ConnectionLimits):
    """How much the door on TCP takes at once, and how long it waits."""

    requests: int = 2_000
    body_bytes: int = 64 * 1024 * 1024
    """Of all requests that are being answered."""
    body_seconds: float = 20.0
    answer_seconds: float = 60.0
    """For the caller to take the answer."""


class Refused(Exception):
    """A request that does not come in: AWS's code and words for it."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        """`message` goes to the caller."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class Guard:
    """Lets signed requests in."""

    def __init__(
        self, credentials: Credentials, ids: Ids, limits: GuardLimits | None = None
    ) -> None:
        """`credentials`: the key that callers sign with, by the machine's clock as we read it."""
        self.credentials = credentials
        self.limits = limits or GuardLimits()
        self._ids = ids
        self._requests = 0
        self._body_bytes = 0

    @property
    def requests(self) -> int:
        """How many are being answered."""
        return self._requests

    def middleware(self, most_bytes: int) -> Middleware:
        """Stands before every handler; `most_bytes` that one body may have."""

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            size = 0
            if request.body_exists:
                size = min(request.content_length or most_bytes, most_bytes)
            with self._room(size) as refused:
                response = await self._let_in(request, handler, refused)
                return await self._sent(request, response)

        return guarded

    # -- in ---------------------------------------------------------------------------------------

    @contextmanager
    def _room(self, size: int) -> Iterator[Refused | None]:
        self._requests += 1
        self._body_bytes += size
        is_full = self._requests > self.limits.requests or self._body_bytes > self.limits.body_bytes
        try:
            yield Refused("ThrottlingException", "Rate exceeded") if is_full else None
        finally:
            self._requests -= 1
            self._body_bytes -= size

    async def _let_in(
        self, http: web.Request, handler: Handler, refused: Refused | None
    ) -> web.StreamResponse:
        try:
            if refused is not None:
                raise refused
            self._check_host(http)
            await self._check_signature(http)
        except Refused as reason:
            return self._refusal(http, reason)
        return await handler(http)

    def _check_host(self, http: web.Request) -> None:
        """A page of the web that a browser shows must not reach this door by a name of its own."""
        name, _, port = (http.headers.get("Host") or "").rpartition(":")
        if not port.isdigit():
            name = f"{name}:{port}" if name else port
        if name not in HOSTS:
            words = "This door answers at 127.0.0.1 and localhost only: correct the endpoint URL."
            raise Refused("AccessDeniedException", words, 403)

    async def _check_signature(self, http: web.Request) -> None:
        """The head first: for the body of a caller without a key nobody waits."""
        path, _, query = http.raw_path.partition("?")
        signed = SignedRequest(http.method, path, query, list(http.headers.items()))
        in_query = is_query(http)
        target = http.headers.get("X-Amz-Target", "")
        services = (name for prefix, name in SERVICES.items() if target.startswith(prefix))
        service = None if in_query else next(services, None)
        try:
            claim = claim_of(signed, service, self.credentials.secret_of, machine_time())
            check_signature(replace(signed, body=await self._body(http)), claim)
        except SignatureError as error:
            codes = QUERY_CODES if in_query else JSON_CODES
            status = 403 if in_query else 400
            raise Refused(codes[error.trouble], error.message, status) from None
        if target.removeprefix(TARGET_PREFIX) in OWN_OPERATIONS:
            words = "This is no operation of ECS: `ecstui call` carries it out."
            raise Refused("UnknownOperationException", words)

    async def _body(self, http: web.Request) -> bytes:
        try:
            async with asyncio.timeout(self.limits.body_seconds):
                return await http.read()
        except TimeoutError:
            words = "The request was not whole in time."
            raise Refused("RequestTimeoutException", words, 408) from None
        except web.HTTPRequestEntityTooLarge:
            words = "A request may have 1 MiB at most."
            raise Refused("RequestEntityTooLargeException", words, 413) from None

    # -- out --------------------------------------------------------------------------------------

    def _refusal(self, http: web.Request, refused: Refused) -> web.StreamResponse:
        code, words, status = refused.code, refused.message, refused.status
        if is_query(http):
            answer = query_error(code.removesuffix("Exception"), words, status, self._ids())
        else:
            answer = json_error(EcsError(words, code=code), status, self._ids())
        if http.body_exists and not http.content.at_eof():
            answer.force_close()  # What is left of the body is not worth reading.
        return answer

    async def _sent(self, http: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        """Give the caller the answer; who does not take it is let go."""
        try:
            async with asyncio.timeout(self.limits.answer_seconds):
                await response.prepare(http)
                await response.write_eof()
        except TimeoutError:
            if http.transport is not None:
                http.transport.abort()
        return response
