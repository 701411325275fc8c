"""Where values that stand outside of task definitions are read: secrets and files of variables.

Files of this machine stand for SSM, Secrets Manager and S3. A value goes into the call that makes
a container and nowhere else: it is not kept, not logged and not told in an error.
"""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.engine.protocol import RegistryLogin
from ecstui.plan.environment import resolved, variables_of
from ecstui.plan.secret_names import SecretName, bucket_and_key, secret_name_of
from ecstui.plan.spec import ContainerSpec

MOST_BYTES = 1024 * 1024
"""Far more than AWS takes of any of them; larger files are a mistake."""

_SECRETS = "unable to pull secrets or registry auth"
_FILES = "failed to download env files"
HIDDEN = "******"


class Sources(Protocol):
    """What secrets and files of variables are read from.

    Raises `EngineError` of kind `CANNOT_INITIALIZE`, which says what to do, for one that is not
    there.
    """

    def secret(self, value_from: str) -> str:
        """Value of a secret."""
        ...

    def login(self, credentials_parameter: str) -> RegistryLogin:
        """User and password for a registry, from the secret of that name."""
        ...

    def environment_file(self, arn: str) -> str:
        """Text of a file of variables."""
        ...


def resolve(spec: ContainerSpec, sources: Sources) -> ContainerSpec:
    """The spec with everything that an engine needs to create it; itself when all is there."""
    wanted = spec.unresolved
    if not (wanted.environment_files or wanted.secrets or wanted.log_secrets):
        return spec
    files = [variables_of(sources.environment_file(arn)) for arn in wanted.environment_files]
    secrets = [(name, sources.secret(value_from)) for name, value_from in wanted.secrets]
    log_secrets = [(name, sources.secret(value_from)) for name, value_from in wanted.log_secrets]
    return resolved(spec, files, secrets, log_secrets)


def without_values(error: EngineError, spec: ContainerSpec, given: ContainerSpec) -> EngineError:
    """The engine's complaint about `given`, with no value of a secret that `spec` names."""
    environment = dict(given.environment)
    values = {environment[name] for name, _ in spec.unresolved.secrets}
    values |= {given.log_options[name] for name, _ in spec.unresolved.log_secrets}
    message = error.message
    for value in sorted(values - {""}, key=len, reverse=True):
        message = message.replace(value, HIDDEN)
    return EngineError(error.kind, message, retryable=error.retryable)


@dataclass(frozen=True, slots=True)
class LocalSources:
    """Files of this machine; names that are not given a file of their own stand in folders."""

    secrets: Mapping[str, str] = field(default_factory=dict)
    """Name or ARN to the file with the value."""
    buckets: Mapping[str, str] = field(default_factory=dict)
    """Name of a bucket to the folder that stands for it."""
    secrets_directory: Path | None = None
    buckets_directory: Path | None = None

    def secret(self, value_from: str) -> str:
        """Value of a secret: the text of its file without the newline at its end."""
        wanted = secret_name_of(value_from)
        path = self._secret_path(wanted)
        if path is None:
            raise _failed(_SECRETS, f"there is no value for {value_from} here. {self._way(wanted)}")
        text = _text_of(path, _SECRETS).removesuffix("\n").removesuffix("\r")
        if "\0" in text:
            raise _failed(_SECRETS, f"{path} holds a NUL, which no variable can have")
        return _member(text, wanted.json_key, path) if wanted.json_key else text

    def login(self, credentials_parameter: str) -> RegistryLogin:
        """User and password: a JSON object with `username` and `password`."""
        try:
            members: object = json.loads(self.secret(credentials_parameter))
        except ValueError:
            members = None
        if isinstance(members, dict):
            username, password = members.get("username"), members.get("password")
            if isinstance(username, str) and isinstance(password, str):
                return RegistryLogin(username, password)
        form = '{"username": "...", "password": "..."}'
        raise _failed(_SECRETS, f"the value of {credentials_parameter} must be {form}")

    def environment_file(self, arn: str) -> str:
        """Text of a file of variables."""
        bucket, key = bucket_and_key(arn)
        folder = self._folder_of(bucket)
        if not bucket or folder is None:
            words = f"there is no folder for bucket {bucket} here. Name one under [buckets] in"
            raise _failed(_FILES, f"{words} config.toml")
        path = _inside(folder, key)
        if path is None or not _is_there(path):
            raise _failed(_FILES, f"{arn} is not here. Put it at {folder / key}")
        text = _text_of(path, _FILES)
        if "\0" in text:
            raise _failed(_FILES, f"{path} holds a NUL, which no variable can have")
        return text

    def _secret_path(self, wanted: SecretName) -> Path | None:
        for name in wanted.names:
            if name in self.secrets:
                return Path(self.secrets[name])
        if self.secrets_directory is None:
            return None
        for name in wanted.names:
            path = _inside(self.secrets_directory, name.removeprefix("/"))
            if path is not None and _is_there(path):
                return path
        return None

    def _way(self, wanted: SecretName) -> str:
        """How a person makes the secret known."""
        told = f'name its file under [secrets] in config.toml: "{wanted.names[0]}" = "FILE"'
        if self.secrets_directory is None:
            return told[0].upper() + told[1:]
        return f"Write it to {self.secrets_directory / wanted.names[-1]}, or {told}"

    def _folder_of(self, bucket: str) -> Path | None:
        if bucket in self.buckets:
            return Path(self.buckets[bucket])
        if self.buckets_directory is None or _inside(self.buckets_directory, bucket) is None:
            return None
        return self.buckets_directory / bucket


@dataclass(frozen=True, slots=True)
class SimulatedSources:
    """Stand-ins for a simulation, where no container reads them."""

    def secret(self, value_from: str) -> str:
        """Words that say of which secret they are."""
        return f"simulated value of {value_from}"

    def login(self, credentials_parameter: str) -> RegistryLogin:
        """Somebody: a simulated registry lets everybody in."""
        return RegistryLogin("simulated", credentials_parameter)

    def environment_file(self, arn: str) -> str:
        """One variable that says of which file it is."""
        return f"SIMULATED_FILE={arn}"


NO_SOURCES: Sources = LocalSources()
"""Nothing is there: whatever needs a secret or a file fails, and says so."""


def _inside(folder: Path, name: str) -> Path | None:
    """The file below the folder; None for a name that leads out of it."""
    parts = name.split("/")
    if not name or any(part in ("", ".", "..") for part in parts) or "\0" in name:
        return None
    return folder.joinpath(*parts)


def _is_there(path: Path) -> bool:
    """Whether something has that name; reading it tells what is wrong with it."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _text_of(path: Path, words: str) -> str:
    """The whole text of a plain file of a sensible size."""
    try:
        # Not to block: what looks like a file may be a pipe that nobody writes to.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise _failed(words, f"{path} is not a file")
            text = os.read(descriptor, MOST_BYTES + 1)
        finally:
            os.close(descriptor)
        if len(text) > MOST_BYTES:
            raise _failed(words, f"{path} is larger than {MOST_BYTES} bytes")
        return text.decode()
    except OSError as error:
        raise _failed(words, f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _failed(words, f"{path} is not a UTF-8 text") from None


def _member(text: str, key: str, path: Path) -> str:
    """One member of a JSON object; texts as they are, all else as JSON."""
    try:
        members: object = json.loads(text)
    except ValueError:
        members = None
    if not isinstance(members, dict):
        raise _failed(_SECRETS, f"{path} is not a JSON object, but its member {key} is asked for")
    if key not in members:
        raise _failed(_SECRETS, f"retrieved secret did not contain json key {key}: {path}")
    value: object = members[key]
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _failed(words: str, detail: str) -> EngineError:
    return EngineError(EngineErrorKind.CANNOT_INITIALIZE, f"{words}: {detail}")
