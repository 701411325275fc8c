"""Signatures: AWS's own example, botocore's for odd requests, and nothing but a refusal else."""

import contextlib

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from ecstui.serve.sigv4 import (
    Scope,
    SignatureError,
    SignedRequest,
    Trouble,
    check_signature,
    claim_of,
    signature,
)

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
AT_2015 = 1_440_938_160.0
"""2015-08-30T12:36:00Z."""


def example() -> SignedRequest:
    """ListUsers, as the IAM user guide signs it."""
    headers = [
        ("Host", "iam.amazonaws.com"),
        ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
        ("X-Amz-Date", "20150830T123600Z"),
        (
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date, "
            "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        ),
    ]
    return SignedRequest("GET", "/", "Action=ListUsers&Version=2010-05-08", headers, b"")


def secret_of(access_key: str) -> str | None:
    return SECRET if access_key == "AKIDEXAMPLE" else None


def verify(request: SignedRequest, service: str | None, now: float) -> str:
    claim = claim_of(request, service, secret_of, now)
    check_signature(request, claim)
    assert SECRET not in repr(claim)
    return claim.access_key


def test_the_example_of_the_guide_is_right():
    assert verify(example(), "iam", AT_2015) == "AKIDEXAMPLE"
    assert verify(example(), None, AT_2015 + 899) == "AKIDEXAMPLE"


@pytest.mark.parametrize(
    ("service", "now", "trouble"),
    [
        ("ecs", AT_2015, Trouble.WRONG),
        ("iam", AT_2015 + 901, Trouble.EXPIRED),
        ("iam", AT_2015 - 901, Trouble.EXPIRED),
    ],
)
def test_the_example_at_another_time_or_place_is_not(service: str, now: float, trouble: Trouble):
    with pytest.raises(SignatureError) as error:
        verify(example(), service, now)
    assert error.value.trouble is trouble


@pytest.mark.parametrize(
    "url",
    [
        "http://h/",
        "http://h/a%20b/?b=1&a=x%20y&c",
        "http://h/?a=1&a=0&A=~-_.&e=%C3%A9",
        "http://h/?x=a%2Bb&y=%2F&z",
    ],
)
def test_it_signs_as_botocore_does(url: str):
    request = AWSRequest("POST", url, headers={"Host": "h", "X-A": "  a   b  "}, data=b"{}")
    SigV4Auth(Credentials("AKIDEXAMPLE", SECRET), "ecs", "us-east-1").add_auth(request)
    path, _, query = url.removeprefix("http://h").partition("?")
    headers = list(request.headers.items())
    signed = SignedRequest("POST", path, query, headers, b"{}")
    given_ = request.headers["Authorization"]
    names = given_.split("SignedHeaders=")[1].split(",")[0].split(";")
    at = request.headers["X-Amz-Date"]
    scope = Scope(at[:8], "us-east-1", "ecs")
    assert given_.endswith(signature(signed, names, scope, at, SECRET))


@given(
    st.sampled_from(["Authorization", "X-Amz-Date", "Host", "X-Amz-Security-Token"]),
    st.one_of(
        st.text(),
        st.text(alphabet="Credential=SignedHeaders,/;AWS4-HMAC-SHA256 20150830TZ", max_size=200),
        st.text().map(lambda t: f"AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, {t}"),
    ),
    st.binary(max_size=20),
)
def test_whatever_else_comes_is_refused_in_words(name: str, value: str, body: bytes):
    request = example()
    headers = [(n, v) for n, v in request.headers if n != name]
    changed = SignedRequest("POST", "/", "", [*headers, (name, value)], body)
    with contextlib.suppress(SignatureError):
        verify(changed, "iam", AT_2015)
        raise AssertionError("it came in")
