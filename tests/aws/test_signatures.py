"""Who comes in: the right key, in time, for this door; all others get AWS's own errors."""

import logging
from datetime import timedelta
from typing import Any

import botocore.auth
import pytest
from botocore.exceptions import ClientError

from ecstui.base.errors import SettingsError
from ecstui.base.ids import new_id
from ecstui.serve.credentials import (
    Credentials,
    credentials_of,
    make_credentials,
    read_credentials,
)
from tests.aws.raw import exchange, head, post, signed
from tests.aws.served import Served


def code_of(client: Any) -> str:
    with pytest.raises(ClientError) as error:
        client.list_clusters()
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return str(error.value.response["Error"]["Code"])


def test_the_right_key_comes_in_from_any_region(served: Served):
    assert served.client().list_clusters()["clusterArns"]
    assert served.client(region_name="eu-west-3").list_clusters()["clusterArns"]


def test_a_wrong_secret_does_not(served: Served):
    assert code_of(served.client(aws_secret_access_key="wrong")) == "InvalidSignatureException"


def test_a_key_that_nobody_made_does_not(served: Served):
    client = served.client(aws_access_key_id="AKIAIOSFODNN7EXAMPLE")
    assert code_of(client) == "UnrecognizedClientException"


def test_a_session_token_belongs_to_no_key_of_ours(served: Served):
    assert code_of(served.client(aws_session_token="t")) == "UnrecognizedClientException"


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_signature_of_another_time_does_not_count(
    served: Served, monkeypatch: pytest.MonkeyPatch, minutes: int
):
    right = botocore.auth.get_current_datetime
    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda: right() + timedelta(minutes=minutes)
    )
    with pytest.raises(ClientError, match=r"Signature (expired|not yet current)") as error:
        served.client().list_clusters()
    assert error.value.response["Error"]["Code"] == "InvalidSignatureException"


def test_a_clock_that_is_a_little_wrong_is_taken(served: Served, monkeypatch: pytest.MonkeyPatch):
    right = botocore.auth.get_current_datetime
    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda: right() - timedelta(minutes=14)
    )
    assert served.client().list_clusters()["clusterArns"]


def test_another_service_s_signature_does_not_count(served: Served):
    answer = post(served, signed(served, service="dynamodb"))
    assert (answer.status, answer.code) == (400, "InvalidSignatureException")
    assert "correct service: 'ecs'" in answer.told["message"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Authorization": None}, "MissingAuthenticationTokenException"),
        ({"Authorization": "Bearer x"}, "IncompleteSignatureException"),
        ({"Authorization": "AWS4-HMAC-SHA256"}, "IncompleteSignatureException"),
        ({"Authorization": "AWS4-HMAC-SHA256 Credential=,,=,"}, "IncompleteSignatureException"),
        (
            {"Authorization": "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0"},
            "IncompleteSignatureException",
        ),
        ({"X-Amz-Date": None}, "IncompleteSignatureException"),
        ({"X-Amz-Date": "today"}, "IncompleteSignatureException"),
        ({"X-Amz-Date": "20269999T999999Z"}, "InvalidSignatureException"),
        (
            {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListTasks"},
            "InvalidSignatureException",
        ),
        ({"Content-Type": "text/plain"}, "InvalidSignatureException"),
        ({"Host": "localhost"}, "InvalidSignatureException"),
    ],
)
def test_a_request_that_was_changed_on_its_way_does_not_come_in(
    served: Served, change: dict[str, str | None], code: str
):
    headers: dict[str, str | None] = {**signed(served), **change}
    answer = post(served, {name: value for name, value in headers.items() if value is not None})
    assert (answer.status, answer.code) == (400, code)
    assert answer.headers["content-type"].startswith("application/x-amz-json-1.1")
    assert answer.headers["x-amzn-errortype"] == code


def test_a_body_that_was_changed_does_not_come_in(served: Served):
    answer = post(served, signed(served), b'{"maxResults": 5}')
    assert answer.code == "InvalidSignatureException"


@pytest.mark.parametrize("unsigned", ["x-amz-target", "host", "x-amz-date"])
def test_what_says_where_and_when_must_be_signed(served: Served, unsigned: str):
    headers = signed(served)
    headers["Authorization"] = (
        headers["Authorization"].replace(f"{unsigned};", "").replace(f";{unsigned}", "")
    )
    answer = post(served, headers)
    assert answer.code == "InvalidSignatureException"
    assert f"'{unsigned}' must be a 'SignedHeader'" in answer.told["message"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_a_name_that_somebody_gave_this_address_is_refused(served: Served, host: str):
    answer = post(served, signed(served, Host=host))
    assert (answer.status, answer.code) == (403, "AccessDeniedException")


def test_localhost_is_a_name_of_this_door(served: Served):
    answer = post(served, signed(served, Host=f"localhost:{served.port}"))
    assert answer.status == 200


def test_the_query_protocol_is_refused_in_its_own_form(served: Served):
    form = {"Host": "localhost", "Content-Type": "application/x-www-form-urlencoded"}
    answer = exchange(served, head(form, 24) + b"Action=GetCallerIdentity")
    assert answer.status == 403
    assert b"<Code>MissingAuthenticationToken</Code>" in answer.body
    with pytest.raises(ClientError) as error:
        served.client("sts", aws_secret_access_key="x").get_caller_identity()
    assert error.value.response["Error"]["Code"] == "SignatureDoesNotMatch"


def test_what_belongs_to_the_screens_is_not_on_tcp(served: Served):
    for line in ("GET /_ecstui/status HTTP/1.1", "POST /_ecstui/stop HTTP/1.1"):
        answer = exchange(served, head({"Host": "localhost"}, 0, line))
        assert answer.code == "MissingAuthenticationTokenException"
    answer = post(served, signed(served, "DescribeEngines"))
    assert (answer.status, answer.code) == (400, "UnknownOperationException")


def test_no_key_stands_in_a_log_or_an_answer(served: Served, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG, logger="ecstui"):
        code_of(served.client(aws_secret_access_key="wrong-secret"))
        served.client().list_clusters()
        answer = post(served, {**signed(served), "Authorization": "AWS4-HMAC-SHA256 x"})
    secret = served.credentials.secret_key
    assert secret not in caplog.text
    assert secret not in answer.body.decode()
    assert secret not in repr(served.credentials)


# -- the key --------------------------------------------------------------------------------------


def test_a_key_is_made_once_and_is_private(tmp_path: Any):
    path = tmp_path / "keys.json"
    assert read_credentials(path) is None
    made = credentials_of(path, new_id)
    path.chmod(0o644)
    assert credentials_of(path, new_id) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert (len(made.access_key), len(made.secret_key)) == (20, 40)
    assert make_credentials(new_id) != made
    assert not made.access_key.startswith(("AKIA", "ASIA")), "it is no key of AWS"


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"access_key": "a", "secret_key": "b"}', "\udcff"]
)
def test_a_damaged_key_is_told_and_kept(tmp_path: Any, text: str):
    path = tmp_path / "keys.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(SettingsError, match=r"keys\.json"):
        credentials_of(path, new_id)
    assert path.read_bytes() == text.encode(errors="surrogateescape")


def test_only_its_own_access_key_has_the_secret():
    keys = Credentials("ECSTUIAAAAAAAAAAAAAA", "s" * 40)
    assert keys.secret_of("ECSTUIAAAAAAAAAAAAAA") == "s" * 40
    assert keys.secret_of("") is None
