"""What people set for a task role: the profile or the file that its credentials are read from.

Only names and paths stand here, never a key. It reads no file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ecstui.base.ids import short_name


@dataclass(frozen=True, slots=True)
class RoleSetting:
    """One of the two: a profile of AWS's own files, or a file of its own."""

    profile: str = ""
    """Section of ~/.aws/credentials, ~/.aws/config, or of `file` when that is given."""
    file: str = ""
    """Absolute path of a file in the form of ~/.aws/credentials."""

    @property
    def words(self) -> str:
        """Where credentials come from, for people."""
        if self.file:
            return f"profile {self.profile} of {self.file}"
        return f"profile {self.profile}"


def read_roles(value: object) -> Mapping[str, RoleSetting]:
    """The `[roles]` table of config.toml; raises `ValueError`.

    `"web" = {profile = "dev"}` or `"arn:..." = {file = "~/keys", profile = "default"}`.
    """
    if not isinstance(value, dict):
        raise ValueError("must be a table of roles")
    return {str(name): _role(str(name), entry) for name, entry in value.items()}


def _role(name: str, entry: object) -> RoleSetting:
    if not isinstance(entry, dict):
        raise ValueError(f'{name} must be written as {{profile = "..."}} or {{file = "..."}}')
    unknown = entry.keys() - {"profile", "file"}
    if unknown:
        raise ValueError(f"{name} has no member {min(unknown)}: there are profile and file")
    values = list(entry.values())
    if not values or not all(isinstance(text, str) and text for text in values):
        raise ValueError(f"{name} needs a profile, a file or both, as texts")
    file = entry.get("file", "")
    if file and not expanded(file).is_absolute():
        raise ValueError(f"the file of {name} must be an absolute path or begin with ~")
    path = str(expanded(file)) if file else ""
    return RoleSetting(profile=entry.get("profile", "default"), file=path)


def expanded(text: str) -> Path:
    """A path with the home that `~` or `~user` stands for; raises `ValueError`."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        user = Path(text).parts[0].removeprefix("~")
        words = f"there is no user {user}" if user else "this user has no home directory"
        raise ValueError(f"{text} cannot be found: {words}") from None


def role_setting_of(roles: Mapping[str, RoleSetting], arn: str) -> RoleSetting | None:
    """What is set for a role: by its ARN, else by its name."""
    return roles.get(arn) or roles.get(short_name(arn))
