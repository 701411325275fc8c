"""Client tokens: a request that is sent twice makes nothing twice.

A token is remembered for a day with a digest of the request's other members and with what it
made. Source: ECS API reference, idempotency; ecs.md 1.2 (form of tokens), 3.9.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Protocol

from ecstui.base.errors import ConflictException, InvalidParameterException
from ecstui.base.ids import short_name
from ecstui.model.cluster import TokenRecord
from ecstui.store.kinds import TOKENS
from ecstui.store.tables import Transaction, View

VALID_SECONDS = 24 * 3600.0
_ALLOWED = re.compile(r"[!-~]+")


class TokenRequest(Protocol):
    """A request that may carry a client token."""

    @property
    def client_token(self) -> str | None:
        """The caller's own name for this request."""
        ...

    def model_dump(self, *, mode: str, by_alias: bool, exclude: set[str]) -> dict[str, object]:
        """The members as plain data, less the excluded ones."""
        ...


@dataclass(frozen=True, slots=True)
class Token:
    """A client token within its operation and cluster, and what else the request said."""

    key: str
    digest: str


def token_of(request: TokenRequest, cluster_name: str, longest: int) -> Token | None:
    """The token of a request, or None; `longest`: characters that the operation allows.

    Raises `InvalidParameterException` for a token of a wrong form.
    """
    text = request.client_token
    if text is None:
        return None
    if len(text) > longest or not _ALLOWED.fullmatch(text):
        raise InvalidParameterException(
            f"clientToken must be 1 to {longest} characters from ASCII 33 to 126.",
            field="clientToken",
        )
    members = request.model_dump(mode="json", by_alias=True, exclude={"client_token", "cluster"})
    digest = hashlib.sha256(json.dumps(members, sort_keys=True).encode()).hexdigest()
    operation = type(request).__name__.removesuffix("Request")
    return Token(f"{operation}/{cluster_name}/{text}", digest)


def made_before(view: View, token: Token | None, now: float) -> tuple[str, ...]:
    """ARNs of what the same request made before; empty when it is new or too long ago.

    Raises `ConflictException` when the token came with other parameters.
    """
    record = None if token is None else view.get(TOKENS, token.key)
    if token is None or record is None or now - record.created_at > VALID_SECONDS:
        return ()
    if record.digest != token.digest:
        made = ", ".join(short_name(arn) for arn in record.arns)
        raise ConflictException(
            "The client token was used before with other parameters, for "
            f"{made}. Use a new client token.",
            field="clientToken",
            resource_ids=record.arns,
        )
    return record.arns


def remember(tx: Transaction, token: Token | None, arns: tuple[str, ...], now: float) -> None:
    """Keep what a request with a token made, and forget tokens that are too old to matter."""
    if token is None or not arns:
        return
    for old in tx.all(TOKENS):
        if now - old.created_at <= VALID_SECONDS:
            break
        tx.delete(TOKENS, old.key)
    tx.put(TokenRecord(key=token.key, digest=token.digest, arns=arns, created_at=now))
