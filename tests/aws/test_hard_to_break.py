"""What a door must bear: bytes that are no HTTP, crowds, slow callers, and callers that vanish."""

import concurrent.futures
import logging
import resource
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ecstui.base.errors import SettingsError
from ecstui.commands.daemon import allow_files
from ecstui.serve.guard import GuardLimits
from ecstui.serve.tcp import HOST, listen_tcp
from tests.aws.raw import connect, exchange, head, post, read_answer, signed
from tests.aws.served import Served


@pytest.fixture(autouse=True, scope="module")
def _files_for_both_ends() -> Iterator[None]:
    """A shell's 1,024 are too few for a thousand callers and the door, as the daemon knows."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    allow_files()
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0


def until(is_so: Callable[[], bool], seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds  # noqa: TID251 (the server is in another thread)
    while not is_so():
        if time.monotonic() > end:  # noqa: TID251
            return False
    return True


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing is logged as an error meanwhile, and no traceback."""
    with caplog.at_level(logging.DEBUG):
        yield
    assert not [r for r in caplog.records if r.levelno >= logging.ERROR or r.exc_info]


def check_well(served: Served) -> None:
    assert post(served, signed(served)).status == 200


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST / HTTP/1.1\r\n: x\r\n\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + b"A: b\r\n" * 5_000 + b"\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_is_refused_in_aws_s_form(served: Served, sent: bytes):
    answer = exchange(served, sent)
    assert answer.status == 400
    assert answer.code == "SerializationException"
    assert "Traceback" not in answer.body.decode()
    check_well(served)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"maxResults": 1e999}',
        b"9" * 9_000,
    ],
)
def test_a_signed_body_that_is_no_request_is_refused(served: Served, body: bytes):
    answer = post(served, signed(served, body=body), body)
    assert answer.status == (400 if body else 200)
    assert not body or answer.code == "SerializationException"


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("depth", [250, 400, 600, 900, 940, 960, 980, 1_000])
@pytest.mark.parametrize(("begin", "end"), [(b'{"a":', b"}"), (b'{"a":[', b"]}")])
def test_a_body_that_is_nested_deeply_is_refused(
    served: Served, depth: int, begin: bytes, end: bytes
):
    body = begin * (depth // len(end)) + b"1" + end * (depth // len(end))
    answer = post(served, signed(served, body=body), body)
    assert (answer.status, answer.code) == (400, "SerializationException")
    logs = signed(served, body=body, service="logs", X_Amz_Target="Logs_20140328.DescribeLogGroups")
    assert post(served, logs, body).status == 400


@pytest.mark.usefixtures("quiet")
def test_a_huge_body_is_refused_before_it_is_read(served: Served):
    headers = signed(served)
    with connect(served) as connection:
        connection.sendall(head(headers, 100 * 1024 * 1024) + b"x" * 65_536)
        sent = 0
        try:
            while sent < 4 * 1024 * 1024:
                sent += connection.send(b"x" * 65_536)
        except OSError:
            pass  # The door closed while we were still talking.
        try:
            answer = read_answer(connection)
        except ConnectionResetError:
            answer = None
    assert answer is None or (answer.status, answer.code) == (
        413,
        "RequestEntityTooLargeException",
    )
    just_too_large = b'{"maxResults":1,"nextToken":"' + b"x" * 1024 * 1024 + b'"}'
    refused = post(served, signed(served, body=just_too_large), just_too_large)
    assert (refused.status, refused.code) == (413, "RequestEntityTooLargeException")
    check_well(served)


@pytest.mark.usefixtures("quiet")
def test_a_compressed_body_is_not_unpacked(served: Served):
    answer = post(served, signed(served, Content_Encoding="gzip"), b"{}")
    assert answer.status == 200, "taken as it is"


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("begun", [b"", b"POST", b"POST / HTTP/1.1\r\nHost: loc"])
def test_who_sends_no_request_is_let_go(begun: bytes):
    served = Served(limits=GuardLimits(head_seconds=1.0)).open()
    try:
        with connect(served) as connection:
            connection.sendall(begun)
            assert connection.recv(1) == b"", "the door closes it"
        check_well(served)
    finally:
        served.close()


@pytest.mark.usefixtures("quiet")
def test_a_body_that_does_not_come_is_not_waited_for():
    served = Served(limits=GuardLimits(body_seconds=0.2)).open()
    try:
        with connect(served) as connection:
            connection.sendall(head(signed(served), 2) + b"{")
            answer = read_answer(connection)
        assert (answer.status, answer.code) == (408, "RequestTimeoutException")
        check_well(served)
    finally:
        served.close()


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("length", ["Content-Length: 1000000", "Transfer-Encoding: chunked"])
def test_who_has_no_key_is_refused_before_the_body_comes(served: Served, length: str):
    """Else a few who send theirs slowly would keep everybody out."""
    headers = {name: value for name, value in signed(served).items() if name != "Authorization"}
    begun = head(headers, None).removesuffix(b"\r\n") + length.encode() + b"\r\n\r\n"
    waiting = [connect(served) for _ in range(100)]
    try:
        for connection in waiting:
            connection.sendall(begun)
        codes = {read_answer(connection).code for connection in waiting}
        assert codes == {"MissingAuthenticationTokenException"}
        check_well(served)
    finally:
        for connection in waiting:
            connection.close()


@pytest.mark.usefixtures("quiet")
def test_who_does_not_take_their_answer_is_let_go():
    served = Served(limits=GuardLimits(answer_seconds=0.2)).open()
    try:
        ecs = served.client()
        tags = [{"key": f"k{n}", "value": "v" * 250} for n in range(50)]
        for number in range(60):
            ecs.create_cluster(clusterName=f"c{number}", tags=tags)
        body = (
            '{"include": ["TAGS"], "clusters": [' + ",".join(f'"c{n}"' for n in range(60)) + "]}"
        ).encode()
        request = signed(served, "DescribeClusters", body)
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            deaf.connect((HOST, served.port))
            deaf.sendall((head(request, len(body)) + body) * 20)
            assert until(lambda: served.guard.requests > 0 or True)
            assert until(lambda: served.guard.requests == 0)
        check_well(served)
    finally:
        served.close()


@pytest.mark.usefixtures("quiet")
def test_a_thousand_connections_at_once_are_answered_and_leave_nothing(served: Served):
    check_well(served)
    tasks, before = served.tasks(), descriptors()
    connections = [connect(served) for _ in range(1_000)]
    try:
        request = head(signed(served), 2) + b"{}"
        for connection in connections:
            connection.sendall(request)
        assert {read_answer(connection).status for connection in connections} == {200}
    finally:
        for connection in connections:
            connection.close()
    assert until(lambda: served.tasks() <= tasks)
    assert until(lambda: descriptors() <= before)


@pytest.mark.usefixtures("quiet")
def test_callers_that_vanish_leave_nothing(served: Served):
    check_well(served)
    tasks, before = served.tasks(), descriptors()
    whole = head(signed(served), 2) + b"{}"
    for number in range(200):
        with connect(served) as connection:
            connection.sendall(whole[: number * len(whole) // 200])
            if number % 2:
                linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # a reset instead of an end
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    assert until(lambda: served.tasks() <= tasks)
    assert until(lambda: descriptors() <= before)
    assert served.guard.requests == 0
    check_well(served)


def test_too_many_at_once_are_told_to_come_again():
    served = Served(limits=GuardLimits(requests=2)).open()
    try:
        waiting = []
        for _ in range(2):
            connection = connect(served)
            connection.sendall(head(signed(served), 2) + b"{")
            waiting.append(connection)
        assert until(lambda: served.guard.requests == 2)
        answer = post(served, signed(served))
        assert (answer.status, answer.code) == (400, "ThrottlingException")
        for connection in waiting:
            connection.sendall(b"}")
            assert read_answer(connection).status == 200
            connection.close()
        check_well(served)
    finally:
        served.close()


def test_connections_beyond_the_limit_are_closed():
    served = Served(limits=GuardLimits(connections=3)).open()
    try:
        held = [connect(served) for _ in range(3)]
        with pytest.raises(ConnectionError):
            post(served, signed(served))
        held.pop().close()

        def is_well() -> bool:
            try:
                return post(served, signed(served)).status == 200
            except ConnectionError:
                return False

        assert until(is_well)
        for connection in held:
            connection.close()
    finally:
        served.close()


def test_many_clients_change_things_at_once(served: Served):
    ecs = served.client()

    def work(number: int) -> bool:
        name = f"c{number % 5}"
        ecs.create_cluster(clusterName=name)
        return any(arn.endswith(name) for arn in ecs.list_clusters()["clusterArns"])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(64)))
    assert len(ecs.list_clusters()["clusterArns"]) == 6


def test_the_port_is_on_loopback_and_taken_once(served: Served):
    with pytest.raises(SettingsError, match=f"port {served.port} of 127.0.0.1 cannot be opened"):
        listen_tcp(served.port)
    assert served.endpoint == f"http://127.0.0.1:{served.port}"


def test_the_door_closes_with_callers_in_it():
    before = descriptors()
    served = Served().open()
    held = [connect(served) for _ in range(5)]
    held[-1].sendall(head(signed(served), 2) + b"{")
    assert until(lambda: served.guard.requests == 1)
    served.close()
    assert served.left == 0, "no asyncio task is left"
    for connection in held:
        connection.close()
    assert until(lambda: descriptors() <= before)
