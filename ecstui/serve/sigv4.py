"""Signature Version 4: whether a request was signed by somebody who has the secret key.

Pure: bytes, headers and the time in, a `SignatureError` unless it was. It compares in constant
time, and no error tells what the right signature would have been.
Source: IAM user guide, "Signature Version 4 signing process" (ecs.md 13.1, common errors).
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from urllib.parse import quote, unquote_to_bytes

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW_SECONDS = 15 * 60
_DATE_FORMAT = "%Y%m%dT%H%M%SZ"
_DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_LONGEST_SHOWN = 100


class Trouble(Enum):
    """Why a signature does not count; each protocol has its own words for it."""

    MISSING = auto()
    INCOMPLETE = auto()
    UNKNOWN_KEY = auto()
    EXPIRED = auto()
    WRONG = auto()


class SignatureError(Exception):
    """A request that is not signed as it has to be."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        """`message` goes to the caller: it must hold nothing secret."""
        super().__init__(message)
        self.trouble = trouble
        self.message = message


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a signature covers."""

    method: str
    path: str
    """As sent, without the query."""
    query: str
    """As sent, without the question mark."""
    headers: Sequence[tuple[str, str]]
    body: bytes = b""

    def values(self, name: str) -> list[str]:
        """Every value of a header; `name` in lower case."""
        return [value for given, value in self.headers if given.lower() == name]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a signing key is for: a day, a region and a service."""

    date: str
    region: str
    service: str

    @property
    def text(self) -> str:
        """As it stands in the credential and in what is signed."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


@dataclass(frozen=True, slots=True)
class Claim:
    """Whom the head of a request says it is from, and what has to be signed to show it."""

    access_key: str
    scope: Scope
    signed_headers: tuple[str, ...]
    at: str
    signature: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Authorization:
    access_key: str
    scope: Scope
    signed_headers: tuple[str, ...]
    signature: str


def claim_of(
    request: SignedRequest,
    service: str | None,
    secret_of: Callable[[str], str | None],
    now: float,
) -> Claim:
    """What a request claims, before its body is there; raises `SignatureError`.

    `service`: what the credential has to be scoped to, None: any. Any region is taken. Nothing is
    shown to be true before `check_signature`.
    """
    given = _authorization(request)
    at = _signed_at(request, given.scope)
    secret = secret_of(given.access_key)
    if secret is None or request.values("x-amz-security-token"):
        words = "The security token included in the request is invalid."
        raise SignatureError(Trouble.UNKNOWN_KEY, words)
    _check_time(at, now)
    if service is not None and given.scope.service != service:
        words = f"Credential should be scoped to correct service: '{service}'. "
        raise SignatureError(Trouble.WRONG, words)
    _check_covered(request, given.signed_headers)
    return Claim(given.access_key, given.scope, given.signed_headers, at, given.signature, secret)


def check_signature(request: SignedRequest, claim: Claim) -> None:
    """Raise `SignatureError` unless whoever has the secret signed the whole request."""
    right = signature(request, claim.signed_headers, claim.scope, claim.at, claim.secret)
    if not hmac.compare_digest(_bytes(right), _bytes(claim.signature)):
        words = (
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method: `ecstui env` prints the key."
        )
        raise SignatureError(Trouble.WRONG, words)


def signature(
    request: SignedRequest, signed_headers: Sequence[str], scope: Scope, at: str, secret: str
) -> str:
    """The signature that a request must have; `at` as `20260131T235959Z`."""
    digest = hashlib.sha256(_canonical(request, signed_headers)).hexdigest()
    text = "\n".join((ALGORITHM, at, scope.text, digest))
    key = _bytes(f"AWS4{secret}")
    for part in (scope.date, scope.region, scope.service, "aws4_request"):
        key = hmac.digest(key, _bytes(part), "sha256")
    return hmac.digest(key, _bytes(text), "sha256").hex()


# -- what was sent --------------------------------------------------------------------------------


def _authorization(request: SignedRequest) -> _Authorization:
    values = request.values("authorization")
    if not values:
        raise SignatureError(Trouble.MISSING, "Missing Authentication Token")
    algorithm, _, rest = values[0].strip().partition(" ")
    if algorithm != ALGORITHM or len(values) > 1:
        raise _incomplete(f"Authorization must be one header that begins with {ALGORITHM}.")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    absent = [n for n in ("Credential", "SignedHeaders", "Signature") if not parts.get(n)]
    if absent:
        words = " ".join(f"Authorization header requires '{name}' parameter." for name in absent)
        raise _incomplete(words)
    credential = parts["Credential"].split("/")
    if len(credential) != 5 or credential[4] != "aws4_request":
        raise _incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g. "
            f"keyid/date/region/service/aws4_request, got '{_shown(parts['Credential'])}'."
        )
    key, date, region, service, _ = credential
    names = tuple(parts["SignedHeaders"].split(";"))
    return _Authorization(key, Scope(date, region, service), names, parts["Signature"])


def _signed_at(request: SignedRequest, scope: Scope) -> str:
    values = request.values("x-amz-date")
    if len(values) != 1:
        raise _incomplete(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    at = values[0].strip()
    if not _DATE.fullmatch(at):
        words = f"Date must be in ISO-8601 'basic format'. Got '{_shown(at)}'."
        raise _incomplete(words)
    if at[:8] != scope.date:
        raise SignatureError(
            Trouble.WRONG,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            f"HTTP: '{_shown(scope.date)}' != '{at[:8]}', from '{at}'.",
        )
    return at


def _check_time(at: str, now: float) -> None:
    try:
        signed = datetime.strptime(at, _DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise _incomplete(f"Date must be in ISO-8601 'basic format'. Got '{at}'.") from None
    here = datetime.fromtimestamp(now, UTC)
    skew = timedelta(seconds=SKEW_SECONDS)
    if signed < here - skew:
        edge = (here - skew).strftime(_DATE_FORMAT)
        words = f"Signature expired: {at} is now earlier than {edge}"
    elif signed > here + skew:
        edge = (here + skew).strftime(_DATE_FORMAT)
        words = f"Signature not yet current: {at} is still later than {edge}"
    else:
        return
    raise SignatureError(Trouble.EXPIRED, f"{words}: is the clock of the caller right?")


def _check_covered(request: SignedRequest, names: Sequence[str]) -> None:
    """What says where a request goes, when and what it does must be signed, not only its body."""
    given = {name.lower() for name, _ in request.headers}
    must = {"host", "x-amz-date"} | ({"x-amz-target"} & given)
    bare = sorted(must - set(names))
    if bare:
        words = f"'{bare[0]}' must be a 'SignedHeader' in the AWS Authorization."
        raise SignatureError(Trouble.WRONG, words)


# -- canonical form -------------------------------------------------------------------------------


def _canonical(request: SignedRequest, names: Sequence[str]) -> bytes:
    lines = [request.method, _canonical_path(request.path), _canonical_query(request.query)]
    for name in names:
        values = (" ".join(value.split()) for value in request.values(name))
        lines.append(f"{name}:{','.join(values)}")
    lines += ["", ";".join(names), hashlib.sha256(request.body).hexdigest()]
    return _bytes("\n".join(lines))


def _canonical_path(path: str) -> str:
    """Encoded once more, as every service but S3 has it."""
    return quote(_bytes(path or "/"), safe="/~")


def _canonical_query(query: str) -> str:
    pairs = [pair.partition("=")[::2] for pair in query.split("&") if pair]
    encoded = sorted((_encoded(name), _encoded(value)) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text.replace("+", " ")), safe="-_.~")


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _incomplete(words: str) -> SignatureError:
    return SignatureError(Trouble.INCOMPLETE, words)


def _shown(text: str) -> str:
    return ascii(text[:_LONGEST_SHOWN])[1:-1]
