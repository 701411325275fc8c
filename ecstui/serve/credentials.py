"""The key with which callers sign: made once per state directory, kept in a file of mode 0600.

It must never be written to a log, an answer or a record; `ecstui env` alone shows it.
"""

import json
import re
from base64 import b32encode, b64encode
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ecstui.base.errors import SettingsError
from ecstui.base.ids import Ids
from ecstui.serve.state import write_whole

_ACCESS_KEY = re.compile(r"[A-Z0-9]{16,128}")
_SECRET_KEY = re.compile(r"[!-~]{16,128}")


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key and its secret, in AWS's form but never one of AWS's."""

    access_key: str
    secret_key: str = field(repr=False)

    def secret_of(self, access_key: str) -> str | None:
        """The secret of that access key, if it is this one."""
        return self.secret_key if access_key == self.access_key else None


def make_credentials(ids: Ids) -> Credentials:
    """A fresh key: 20 characters that begin as no key of AWS does, and 40 of 240 bits."""
    name = b32encode(bytes.fromhex(ids())).decode()[:14]
    secret = b64encode(bytes.fromhex(ids() + ids())[:30]).decode()
    return Credentials(f"ECSTUI{name}", secret)


def credentials_of(path: Path, ids: Ids) -> Credentials:
    """The key of a state directory, made at its first use; `SettingsError` for a damaged file."""
    found = read_credentials(path)
    if found is None:
        found = make_credentials(ids)
        write_whole(path, json.dumps(asdict(found)) + "\n")
    path.chmod(0o600)
    return found


def read_credentials(path: Path) -> Credentials | None:
    """The key in that file; None when there is none yet."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    try:
        found = Credentials(**json.loads(text))
        is_whole = _ACCESS_KEY.fullmatch(found.access_key) and _SECRET_KEY.fullmatch(
            found.secret_key
        )
    except (ValueError, TypeError):
        is_whole = None
    if not is_whole:
        raise SettingsError(
            f"{path} holds no access key and secret: remove it, and the next start of the daemon "
            "makes a new one."
        )
    return found
