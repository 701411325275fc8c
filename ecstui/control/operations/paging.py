"""Pages of a list: `maxResults` items, and a token that says where the next page begins.

A token holds the last item's sort key and a digest of the filters, so that pages stay right while
items come and go, and a token of another list is refused. It holds nothing secret.
"""

import binascii
import hashlib
import heapq
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Generic, Protocol, TypeVar

from ecstui.base.errors import InvalidParameterException

T = TypeVar("T")
SortKey = tuple[str | int, ...]

MOST = 100


class ListRequest(Protocol):
    """A request for one page."""

    @property
    def next_token(self) -> str | None:
        """Where the page begins."""
        ...

    @property
    def max_results(self) -> int | None:
        """How many items the page may have."""
        ...

    def model_dump_json(self, *, exclude: set[str]) -> str:
        """The members as JSON, less the excluded ones."""
        ...


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Items of one page, and the token of the next one, if any."""

    items: tuple[T, ...]
    next_token: str | None


def page(
    request: ListRequest,
    items: Iterable[T],
    key: Callable[[T], SortKey],
    *,
    default: int = MOST,
    descending: bool = False,
) -> Page[T]:
    """The page that `request` asks for; `key` orders the items and differs for each.

    Raises `InvalidParameterException` for a bad `maxResults` or `nextToken` (ecs.md 13.1).
    """
    size = _size(request, default)
    digest = _digest(request)
    if request.next_token is not None:
        after = _read_token(request.next_token, digest)
        try:
            items = [i for i in items if (key(i) < after if descending else key(i) > after)]
        except TypeError as error:
            raise _bad_token() from error
    first = (heapq.nlargest if descending else heapq.nsmallest)(size + 1, items, key=key)
    chosen = tuple(first[:size])
    has_more = len(first) > size
    return Page(chosen, _write_token(digest, key(chosen[-1])) if has_more else None)


def page_in_order(
    request: ListRequest, items_after: Callable[[str], Iterable[T]], key: Callable[[T], str]
) -> Page[T]:
    """The page that `request` asks for, of items that come in the order of their keys.

    `items_after`: those with keys after one; no more of them are taken than stand on the page.
    Raises `InvalidParameterException` as `page` does.
    """
    size = _size(request, MOST)
    digest = _digest(request)
    after = ""
    if request.next_token is not None:
        begin = _read_token(request.next_token, digest)
        if len(begin) != 1 or not isinstance(begin[0], str):
            raise _bad_token()
        after = begin[0]
    first = tuple(islice(items_after(after), size + 1))
    chosen = first[:size]
    has_more = len(first) > size
    return Page(chosen, _write_token(digest, (key(chosen[-1]),)) if has_more else None)


def _size(request: ListRequest, default: int) -> int:
    size = default if request.max_results is None else request.max_results
    if not 1 <= size <= MOST:
        raise InvalidParameterException(
            f"maxResults must be between 1 and {MOST}, but was {size}.", field="maxResults"
        )
    return size


def _digest(request: ListRequest) -> str:
    filters = request.model_dump_json(exclude={"next_token", "max_results"})
    return hashlib.sha256(f"{type(request).__name__}{filters}".encode()).hexdigest()[:16]


def _write_token(digest: str, key: SortKey) -> str:
    return urlsafe_b64encode(json.dumps([digest, *key]).encode()).decode()


def _read_token(token: str, digest: str) -> SortKey:
    try:
        content: object = json.loads(urlsafe_b64decode(token.encode("ascii")))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise _bad_token() from error
    if not isinstance(content, list) or content[:1] != [digest]:
        raise _bad_token()
    key = tuple(part for part in content[1:] if isinstance(part, str | int))
    if len(key) != len(content) - 1:
        raise _bad_token()
    return key


def _bad_token() -> InvalidParameterException:
    return InvalidParameterException(
        "Invalid token: use the nextToken of the page before, with the same filters.",
        field="nextToken",
    )
