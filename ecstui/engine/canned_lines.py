"""What simulated servers write: access logs, work done, databases, stack traces.

Every line is made from lots that are handed in and from its time, so the same seed writes the same
log, and no two lines of one log are alike. Addresses come from the ranges kept for documentation.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from ecstui.engine.behaviour import LogKind

Written = tuple[str, str]
"""Stream and text."""
Writer = Callable[[random.Random, float], Sequence[Written]]

_PATHS = (
    "/",
    "/",
    "/products",
    "/products/{number}",
    "/products/{number}/reviews?page={small}",
    "/search?q={word}",
    "/search?q={word}+{word2}&sort=price",
    "/cart",
    "/cart/items/{number}",
    "/checkout",
    "/account/orders/{number}",
    "/api/v1/products?limit={small}0",
    "/api/v1/orders/{number}",
    "/api/v1/stock/{number}",
    "/static/app.{hex}.js",
    "/static/site.{hex}.css",
    "/images/{word}-{small}.webp",
    "/favicon.ico",
    "/robots.txt",
)
_GOODS = (
    "lantern kettle anchor compass harbour rope canvas barrel copper oak linen walnut granite "
    "meadow bicycle teapot notebook umbrella marble saddle cabinet hammock telescope quilt"
)
_WORDS = tuple(_GOODS.split())
_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/138.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "curl/8.14.1",
    "python-requests/2.32.4",
    "ELB-HealthChecker/2.0",
)
_WELL = (200,) * 60 + (304,) * 12 + (201, 204, 301, 302, 302)
_STATUSES = (*_WELL, 404, 404, 404, 400, 401, 403, 429, 499, 500, 502, 503)
_FAILED = 500
_METHODS = ("GET", "GET", "GET", "GET", "POST", "PUT", "DELETE")
_RESOURCES = (
    "/v1/products/{number}",
    "/v1/products?category={word}&limit={small}0",
    "/v1/carts/{hex}",
    "/v1/carts/{hex}/items",
    "/v1/orders/{number}",
    "/v1/orders?since={small}d",
    "/v1/stock/{number}",
    "/v1/prices/{word}",
    "/health",
)
_REASONS = (
    "no answer from stock within {small}000 ms",
    "order {number} was changed by somebody else",
    "connection to catalog-db was reset",
    "payment {hex} was declined twice",
)
_JOBS = (
    "resize-image",
    "send-receipt",
    "sync-stock",
    "index-product",
    "render-invoice",
    "expire-carts",
    "import-prices",
    "warm-cache",
)
_QUEUES = ("default", "default", "mail", "media", "search")
_STATEMENTS = (
    "SELECT id, name, price FROM products WHERE category_id = {number} LIMIT {small}0",
    "UPDATE stock SET quantity = quantity - {small} WHERE product_id = {number}",
    "INSERT INTO orders (cart_id, total_cents) VALUES ({number}, {number2}) RETURNING id",
    "SELECT count(*) FROM events WHERE session = '{hex}{hex2}'",
    "DELETE FROM carts WHERE id = {number} AND updated_at < now() - interval '{small} days'",
)


def opening(kind: LogKind, lots: random.Random, at: float) -> list[tuple[float, Written]]:
    """What a server writes while it starts: seconds since the start, and the line."""
    texts = _OPENINGS[kind]
    lines: list[tuple[float, Written]] = []
    passed = 0.0
    for stream, text in texts:
        passed += lots.uniform(0.002, 0.12)
        lines.append((passed, (stream, _filled(text, lots, at + passed))))
    return lines


def line(kind: LogKind, lots: random.Random, at: float) -> Sequence[Written]:
    """What a server writes at one moment: one line, or several that belong together."""
    return _WRITERS[kind](lots, at)


def closing(kind: LogKind, lots: random.Random, at: float, exit_code: int) -> Sequence[Written]:
    """The last words of a server that was not killed."""
    if exit_code not in (0, 143):
        return _traceback(lots, at)
    return [(stream, _filled(text, lots, at)) for stream, text in _CLOSINGS[kind]]


def _filled(text: str, lots: random.Random, at: float) -> str:
    return text.format(
        number=lots.randrange(1_000, 99_999),
        number2=lots.randrange(1_000, 99_999),
        small=lots.randrange(1, 10),
        hex=f"{lots.getrandbits(32):08x}",
        hex2=f"{lots.getrandbits(32):08x}",
        word=lots.choice(_WORDS),
        word2=lots.choice(_WORDS),
        database=_database_time(at),
        cache=_cache_time(at),
        iso=_iso_time(at),
        nginx=datetime.fromtimestamp(at, UTC).strftime("%Y/%m/%d %H:%M:%S"),
    )


def _iso_time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _database_time(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} UTC"


def _cache_time(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%d %b %Y %H:%M:%S}.{moment.microsecond // 1000:03d}"


def _client(lots: random.Random) -> str:
    return f"{lots.choice(('203.0.113', '198.51.100', '192.0.2'))}.{lots.randrange(1, 255)}"


def _web(lots: random.Random, at: float) -> Sequence[Written]:
    client = _client(lots)
    path = _filled(lots.choice(_PATHS), lots, at)
    status = lots.choice(_STATUSES)
    method = "GET" if status != 201 else "POST"
    took = lots.lognormvariate(-4.2, 0.9) * (8 if status >= _FAILED else 1)
    size = 0 if status in (204, 304) else int(lots.lognormvariate(7.5, 1.2))
    moment = datetime.fromtimestamp(at, UTC)
    access = (
        f'{client} - - [{moment:%d/%b/%Y:%H:%M:%S +0000}] "{method} {path} HTTP/1.1" {status} '
        f'{size} "-" "{lots.choice(_AGENTS)}" rt={took:.3f} id={lots.getrandbits(48):012x}'
    )
    if status < _FAILED:
        return [("stdout", access)]
    error = (
        f"{moment:%Y/%m/%d %H:%M:%S} [error] 29#29: *{lots.randrange(100, 99999)} upstream timed "
        f"out (110: Connection timed out) while reading response header from upstream, client: "
        f'{client}, server: _, request: "{method} {path} HTTP/1.1"'
    )
    return [("stderr", error), ("stdout", access)]


def _api(lots: random.Random, at: float) -> Sequence[Written]:
    status = lots.choice(_STATUSES)
    took = lots.lognormvariate(2.6, 0.8) * (20 if status >= _FAILED else 1)
    level = "error" if status >= _FAILED else "info"
    path = _filled(lots.choice(_RESOURCES), lots, at)
    text = (
        f'{{"time":"{_iso_time(at)}","level":"{level}","method":"{lots.choice(_METHODS)}",'
        f'"path":"{path}","status":{status},"ms":{took:.1f},"trace":"{lots.getrandbits(64):016x}"'
    )
    if status >= _FAILED:
        return [("stderr", f'{text},"error":"{_filled(lots.choice(_REASONS), lots, at)}"}}')]
    return [("stdout", text + "}")]


def _worker(lots: random.Random, at: float) -> Sequence[Written]:
    job, queue = lots.choice(_JOBS), lots.choice(_QUEUES)
    took = int(lots.lognormvariate(4.6, 0.8))
    head = f"{_iso_time(at)} "
    tail = f"job={job} id={lots.getrandbits(40):010x} queue={queue}"
    chance = lots.random()
    if chance < 0.02:
        return [("stderr", f'{head}ERROR msg="job failed" {tail}'), *_traceback(lots, at)]
    if chance < 0.08:
        delay = 2 ** lots.randrange(1, 6)
        text = f'{head}WARN  msg="job failed, will be tried again" {tail} retry_in_seconds={delay}'
        return [("stderr", text)]
    if chance < 0.14:
        waiting = lots.randrange(0, 400)
        return [("stdout", f'{head}INFO  msg="queue length" queue={queue} waiting={waiting}')]
    return [("stdout", f'{head}INFO  msg="job done" {tail} took_ms={took}')]


def _database(lots: random.Random, at: float) -> Sequence[Written]:
    head = f"{_database_time(at)} [{lots.randrange(40, 900)}] "
    chance = lots.random()
    if chance < 0.5:
        took = lots.lognormvariate(4.5, 0.7)
        statement = _filled(lots.choice(_STATEMENTS), lots, at)
        return [("stderr", f"{head}LOG:  duration: {took:.3f} ms  statement: {statement}")]
    if chance < 0.65:
        buffers = lots.randrange(8, 900)
        wrote = lots.uniform(0.4, 30)
        text = f"{head}LOG:  checkpoint complete: wrote {buffers} buffers; write={wrote:.3f} s"
        return [("stderr", text)]
    if chance < 0.72:
        number = lots.randrange(1000, 99999)
        return [
            ("stderr", f'{head}ERROR:  duplicate key violates unique constraint "orders_key"'),
            ("stderr", f"{head}DETAIL:  Key (order_number)=({number}) already exists."),
        ]
    text = f"connection received: host=172.17.0.{lots.randrange(2, 40)}"
    return [("stderr", f"{head}LOG:  {text} port={lots.randrange(32768, 60999)}")]


def _cache(lots: random.Random, at: float) -> Sequence[Written]:
    head = f"1:M {_cache_time(at)} * "
    child = lots.randrange(20, 9999)
    changes, seconds = lots.randrange(1, 20_000), lots.choice((60, 300, 3600))
    copied = lots.uniform(0.1, 4)
    return [
        ("stdout", f"{head}{changes} changes in {seconds} seconds. Saving..."),
        ("stdout", f"{head}Background saving started by pid {child}"),
        (
            "stdout",
            f"{child}:C {_cache_time(at)} * DB saved on disk, {copied:.2f} MB copied on write",
        ),
    ]


def _crash(lots: random.Random, at: float) -> Sequence[Written]:
    tries, wait = lots.randrange(1, 9), lots.uniform(0.2, 3)
    text = (
        f'{_iso_time(at)} WARN  msg="no connection to the database, trying again" '
        f"host=orders-db port=5432 try={tries} wait_seconds={wait:.2f}"
    )
    return [("stderr", text)]


def _quiet(_: random.Random, __: float) -> Sequence[Written]:
    return []


_CAUSES = (
    "ConnectionRefusedError: [Errno 111] Connection refused",
    "TimeoutError: no answer within {small}.{number} s",
    "KeyError: 'SETTING_{hex}'",
    "ValueError: invalid literal for int() with base 10: '{word}-{number}'",
    "RuntimeError: schema version {number} is newer than {small}",
)


def _traceback(lots: random.Random, at: float) -> Sequence[Written]:
    line_number = lots.randrange(20, 400)
    texts = (
        "Traceback (most recent call last):",
        f'  File "/srv/app/main.py", line {lots.randrange(10, 90)}, in <module>',
        "    raise SystemExit(main())",
        f'  File "/srv/app/{lots.choice(("store", "queue", "settings"))}.py", line {line_number}, '
        f"in {lots.choice(('connect', 'load', 'open'))}",
        f"    return self._{lots.choice(('retry', 'read', 'call'))}(attempt={line_number % 7})",
        _filled(lots.choice(_CAUSES), lots, at),
    )
    return [("stderr", text) for text in texts]


_WRITERS: Mapping[LogKind, Writer] = {
    LogKind.QUIET: _quiet,
    LogKind.WEB: _web,
    LogKind.API: _api,
    LogKind.WORKER: _worker,
    LogKind.DATABASE: _database,
    LogKind.CACHE: _cache,
    LogKind.CRASH: _crash,
}
_OUT, _ERR = "stdout", "stderr"
_OPENINGS: Mapping[LogKind, Sequence[Written]] = {
    LogKind.QUIET: (),
    LogKind.WEB: (
        (_OUT, "/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to run it"),
        (_OUT, "/docker-entrypoint.sh: Configuration complete; ready for start up"),
        (_ERR, "{nginx} [notice] 1#1: using the epoll event method"),
        (_ERR, "{nginx} [notice] 1#1: start worker processes"),
        (_ERR, "{nginx} [notice] 1#1: start worker process {number}"),
    ),
    LogKind.API: (
        (_OUT, '{{"time":"{iso}","level":"info","message":"starting","version":"2.{small}"}}'),
        (_OUT, '{{"time":"{iso}","level":"info","message":"settings read","trace":"{hex}{hex2}"}}'),
        (_OUT, '{{"time":"{iso}","level":"info","message":"listening","address":"0.0.0.0"}}'),
    ),
    LogKind.WORKER: (
        (_OUT, '{iso} INFO  msg="starting" version=2.{small}.{number} commit={hex}'),
        (_OUT, '{iso} INFO  msg="settings read" source=environment'),
        (_OUT, '{iso} INFO  msg="waiting for work" queues=default,mail,media,search'),
    ),
    LogKind.DATABASE: (
        (
            _ERR,
            "{database} [1] LOG:  starting PostgreSQL 17.{small} on x86_64-pc-linux-gnu, 64-bit",
        ),
        (_ERR, '{database} [1] LOG:  listening on IPv4 address "0.0.0.0", port 5432'),
        (_ERR, "{database} [29] LOG:  database system was shut down at {database}"),
        (_ERR, "{database} [1] LOG:  database system is ready to accept connections"),
    ),
    LogKind.CACHE: (
        (_OUT, "1:C {cache} * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo"),
        (_OUT, "1:M {cache} * Running mode=standalone, port=6379."),
        (_OUT, "1:M {cache} * Server initialized"),
        (_OUT, "1:M {cache} * Ready to accept connections tcp"),
    ),
    LogKind.CRASH: (
        (_OUT, '{iso} INFO  msg="starting" version=2.{small}.{number} commit={hex}'),
        (_OUT, '{iso} INFO  msg="connecting to the database" host=orders-db port=5432'),
    ),
}
_CLOSINGS: Mapping[LogKind, Sequence[Written]] = {
    LogKind.QUIET: (),
    LogKind.WEB: (
        (_ERR, "{nginx} [notice] 1#1: signal received, gracefully shutting down"),
        (_ERR, "{nginx} [notice] 1#1: exit"),
    ),
    LogKind.API: (
        (_OUT, '{{"time":"{iso}","level":"info","message":"draining","open_requests":{small}}}'),
        (_OUT, '{{"time":"{iso}","level":"info","message":"bye"}}'),
    ),
    LogKind.WORKER: ((_OUT, '{iso} INFO  msg="signal received, finishing work" left={small}'),),
    LogKind.DATABASE: (
        (_ERR, "{database} [1] LOG:  received fast shutdown request"),
        (_ERR, "{database} [1] LOG:  database system is shut down"),
    ),
    LogKind.CACHE: (
        (_OUT, "1:signal-handler {cache} Received SIGTERM scheduling shutdown..."),
        (_OUT, "1:M {cache} # Redis is now ready to exit, bye bye..."),
    ),
    LogKind.CRASH: (),
}
