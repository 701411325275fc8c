"""Credentials that a person mapped to a task role: read from a profile as they are asked for.

They are AWS's own files, read and never written. A key stands in the answer to the task and nowhere
else: in no log, no record and no error. Profiles that only name a way to get keys (role_arn, SSO,
credential_process) are not followed.
"""

import configparser
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ecstui.plan.role_setting import RoleSetting

VALID_SECONDS = 3600.0
"""So soon clients ask again, and so see a file that was changed."""
MOST_BYTES = 1024 * 1024


class NoCredentialsError(Exception):
    """There are none; the words say what to do and hold nothing secret."""


@dataclass(frozen=True, slots=True)
class RoleCredentials:
    """What a task signs with."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


def read_role_credentials(setting: RoleSetting, environ: Mapping[str, str]) -> RoleCredentials:
    """The keys of a profile; raises `NoCredentialsError`."""
    profile = setting.profile
    if setting.file:
        sections = _sections(Path(setting.file))
        found, where = sections.get(profile), setting.file
    else:
        home = Path(environ.get("HOME") or Path.home()) / ".aws"
        keys = Path(environ.get("AWS_SHARED_CREDENTIALS_FILE") or home / "credentials")
        config = Path(environ.get("AWS_CONFIG_FILE") or home / "config")
        found = _sections(keys).get(profile) or _sections(config).get(profile)
        where = f"{keys} and {config}"
    if found is None:
        raise NoCredentialsError(f"there is no profile {profile} in {where}")
    access_key, secret_key = found.get("aws_access_key_id"), found.get("aws_secret_access_key")
    if not access_key or not secret_key:
        ways = [name for name in ("role_arn", "sso_session", "credential_process") if name in found]
        words = f"profile {profile} in {where} has no aws_access_key_id and aws_secret_access_key"
        raise NoCredentialsError(words + (f"; {ways[0]} is not followed here" if ways else ""))
    return RoleCredentials(access_key, secret_key, found.get("aws_session_token", ""))


def _sections(path: Path) -> Mapping[str, Mapping[str, str]]:
    """The profiles of a file; none when it is not there."""
    try:
        if path.stat().st_size > MOST_BYTES or not path.is_file():
            raise NoCredentialsError(f"{path} is no file of profiles")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError):
        raise NoCredentialsError(f"{path} cannot be read") from None
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:  # its words would show lines of the file
        raise NoCredentialsError(f"{path} cannot be understood as a file of profiles") from None
    return {name.removeprefix("profile ").strip(): dict(parser[name]) for name in parser.sections()}
