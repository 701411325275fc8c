"""Under which names a secret is kept here, read from the `valueFrom` that a definition gives.

Source: API Secret.valueFrom. Pure: it never learns a value.
"""

import re
from dataclasses import dataclass

CURRENT = "AWSCURRENT"
_SSM = re.compile(r"arn:[\w-]+:ssm:[\w-]*:\d*:parameter(/.+)")
_SECRETS_MANAGER = re.compile(r"(arn:[\w-]+:secretsmanager:[\w-]*:\d*:secret:)([^:]+)(.*)")
_WITH_RANDOM_END = re.compile(r"(.+)-[A-Za-z0-9]{6}")
"""Secrets Manager ends the names in its ARNs so."""

_S3 = re.compile(r"arn:[\w-]+:s3:::([^/]+)/(.+)")


@dataclass(frozen=True, slots=True)
class SecretName:
    """A secret as a definition names it."""

    names: tuple[str, ...]
    """As what it may be kept, the most exact first; the last is the plainest."""
    json_key: str = ""
    """Member of the value, which is a JSON object then; empty: the value as a whole."""


def secret_name_of(value_from: str) -> SecretName:
    """The names of an SSM parameter or a secret of Secrets Manager, given by name or by ARN.

    A version other than the current one is a name of its own: `NAME@VERSION`.
    """
    parameter = _SSM.fullmatch(value_from)
    if parameter is not None:
        path = parameter[1]
        return SecretName((value_from, path, path.removeprefix("/")))
    secret = _SECRETS_MANAGER.fullmatch(value_from)
    if secret is None:
        plain = value_from.removeprefix("/")
        return SecretName(tuple(dict.fromkeys((value_from, f"/{plain}", plain))))
    prefix, name, rest = secret[1], secret[2], secret[3]
    json_key, stage, version = (*rest.removeprefix(":").split(":"), "", "", "")[:3]
    wanted = version or ("" if stage == CURRENT else stage)
    end = f"@{wanted}" if wanted else ""
    names = [prefix + name + end, name + end]
    match = _WITH_RANDOM_END.fullmatch(name)
    if match is not None:
        names.append(match[1] + end)
    return SecretName(tuple(names), json_key)


def bucket_and_key(arn: str) -> tuple[str, str]:
    """Bucket and key of an object's ARN; two empty texts when it is none."""
    match = _S3.fullmatch(arn)
    return ("", "") if match is None else (match[1], match[2])
