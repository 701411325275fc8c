"""How `valueFrom` names a secret (API Secret.valueFrom), and objects of S3."""

import pytest

from ecstui.plan.secret_names import bucket_and_key, secret_name_of

ASM = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
SSM = "arn:aws:ssm:us-east-1:123456789012:parameter"


@pytest.mark.parametrize(
    ("value_from", "names", "key"),
    [
        ("password", ("password", "/password"), ""),
        ("/prod/db/password", ("/prod/db/password", "prod/db/password"), ""),
        (f"{SSM}/prod/db", (f"{SSM}/prod/db", "/prod/db", "prod/db"), ""),
        (f"{ASM}db-AbCdEf", (f"{ASM}db-AbCdEf", "db-AbCdEf", "db"), ""),
        (f"{ASM}prod/db", (f"{ASM}prod/db", "prod/db"), ""),
        (f"{ASM}db-AbCdEf:host::", (f"{ASM}db-AbCdEf", "db-AbCdEf", "db"), "host"),
        (f"{ASM}db-AbCdEf:::", (f"{ASM}db-AbCdEf", "db-AbCdEf", "db"), ""),
        (f"{ASM}db-AbCdEf::AWSCURRENT:", (f"{ASM}db-AbCdEf", "db-AbCdEf", "db"), ""),
        (
            f"{ASM}db-AbCdEf:host:AWSPREVIOUS:",
            (f"{ASM}db-AbCdEf@AWSPREVIOUS", "db-AbCdEf@AWSPREVIOUS", "db@AWSPREVIOUS"),
            "host",
        ),
        (f"{ASM}db-AbCdEf:::v7", (f"{ASM}db-AbCdEf@v7", "db-AbCdEf@v7", "db@v7"), ""),
    ],
)
def test_a_secret_has_names_from_the_most_exact_to_the_plainest(value_from, names, key):
    found = secret_name_of(value_from)
    assert (found.names, found.json_key) == (names, key)


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:s3:::config/web/prod.env", ("config", "web/prod.env")),
        ("arn:aws-cn:s3:::b/x.env", ("b", "x.env")),
        ("s3://b/x.env", ("", "")),
    ],
)
def test_an_object_of_s3(arn, expected):
    assert bucket_and_key(arn) == expected
