"""`ecstui config`: the default config.toml with every setting in it, commented out.

What it prints is a valid file that changes nothing; taking a `#` away sets what stands there. It
must name every setting, which a test sees to.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum

from ecstui.commands.terminal import say
from ecstui.settings import OPTIONS, Settings

DEFAULT_FILE = """\
# ecstui's settings. This file changes nothing as it is: take a "#" away to set what stands there.
# Its place is ~/.config/ecstui/config.toml ($XDG_CONFIG_HOME counts). The environment comes before
# it, flags before that; `ecstui doctor` shows what holds and where it came from.
# The state directory is set by --state or $ECSTUI_STATE alone.

# -- the control plane ----------------------------------------------------------------------------

# ECS's own waits: "local" (quick) or "aws" (as long as AWS takes).     $ECSTUI_PACE, --pace
#pace = "local"

# In a rolling update: "SURGE_FIRST" starts new tasks before it stops old ones, "CONCURRENT" does
# both as far as floor and ceiling allow.                               $ECSTUI_ROLLOUT_ORDER
#rollout_order = "SURGE_FIRST"

# Of ARNs; zones are the region and a, b or c.          $ECSTUI_REGION, $ECSTUI_ACCOUNT
#region = "us-east-1"
#account = "000000000000"

# A port of 127.0.0.1 at which AWS's own clients are answered too; 0: any that is free.
# Without one there is only the Unix socket.                            $ECSTUI_PORT, --port
#port = 4599

# Whether containers are told where their task metadata endpoint is.    $ECSTUI_TASK_METADATA
#task_metadata = "on"

# Folders of files named as their secrets, and of folders named as their S3 buckets; without them
# `secrets` and `s3` beside this file.                  $ECSTUI_SECRETS, $ECSTUI_BUCKETS
#secrets_directory = "~/.config/ecstui/secrets"
#buckets_directory = "~/.config/ecstui/s3"

# -- engines and container instances --------------------------------------------------------------

# (Names in [brackets] begin a table: what is set below them belongs to it.)

# Slices of equal size that the engine is cut into, each a container instance of its own. Without
# it: as many as the engine's size allows.                              $ECSTUI_INSTANCE_COUNT
#instance_count = 3

# Or exactly these; zone, ip and cluster may be left out.
#[[instances]]
#name = "big"
#zone = "us-east-1a"
#cpu_units = 2048
#memory_mib = 4096
#ip = "127.0.0.2"
#cluster = "default"

# The engine. Without it: as the docker command finds it.       $ECSTUI_DOCKER_HOST, $DOCKER_HOST
#[docker]
#host = "unix:///var/run/docker.sock"

# More engines, each an instance when it answers; all but name and address may be left out.
# As one line: ECSTUI_ENGINES="box=ssh://me@box,lab=tcp://lab:2376"     $ECSTUI_ENGINES
#[[engines]]
#name = "box"
#address = "ssh://me@box"
#ca_file = ""
#certificate_file = ""
#key_file = ""
#zone = ""
#cluster = "default"
#cpu_units = 1024
#memory_mib = 2048
#reserved_ports = [22]
#attributes = { disk = "ssd" }

# Local Auto Scaling groups behind capacity providers.
#[[auto_scaling_groups]]
#name = "spot"
#min = 0
#max = 4
#desired = 1
#cpu_units = 1024
#memory_mib = 1024
#zones = ["us-east-1a"]
#boot_delay_seconds = 3.0
#cluster = "default"

# What Fargate has: "unlimited", or "host" for no more than the engine. $ECSTUI_FARGATE_CAPACITY
#[fargate]
#capacity = "unlimited"

# -- what task definitions refer to ---------------------------------------------------------------

# One by one: the name or ARN of a secret, and the file with its value.
#[secrets]
#"shop/database" = "~/secrets/database"

# Folders that stand for S3 buckets, one by one.
#[buckets]
#my-bucket = "~/buckets/mine"

# EFS and FSx file systems, and the folders of the engine's machine that stand for them.
#[file_systems]
#fs-0123456789abcdef0 = "/srv/files"

# Credentials of task roles: a profile of AWS's own files, or a file.
#[roles]
#web = { profile = "dev" }

# Whose lines are kept when the container is gone ("awslogs", "all" or "none"), and how many MiB.
#[logs]
#keep = "awslogs"
#all_mib = 256
#stream_mib = 16

# -- the screens ----------------------------------------------------------------------------------

#[ui]
# Any theme by name; without it the one that suits the terminal: mono with NO_COLOR, ansi on slow
# lines and old terminals, else harbor-dark or harbor-light.            $ECSTUI_THEME, --theme
#theme = "harbor-dark"
# Keys: "k9s", "e1s", "lazydocker" or "vim"; your own stand in keys.toml beside this file.
#keys = "k9s"
# The cluster that is shown first.
#cluster = "default"
# Signs as letters; without it only where the terminal is known not to show them.
#ascii = false
# Nothing can be changed.
#read_only = false
# Few and small frames, for a slow line.            $ECSTUI_LOW_BANDWIDTH=1, --low-bandwidth
#low_bandwidth = false

# A theme while a cluster is shown, e.g. red for production.
#[clusters.prod]
#theme = "harbor-red"
"""


def config() -> int:
    """Print the file."""
    say(DEFAULT_FILE.rstrip())
    return 0


def holding(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Every setting: its name in the file, what holds now, and where that came from.

    Of what may be secret or long only the number of entries is told.
    """
    for option in OPTIONS:
        value = getattr(settings, option.name)
        origin = settings.origin(option.name)
        if option.name == "screen":
            continue
        name = option.toml or option.name
        yield name, _words(value), origin
    for name, value in settings.screen.items():
        yield f"ui.{name}", _words(value), settings.origin("screen")


def _words(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Mapping | tuple):
        return f"{len(value)} set" if value else "–"
    if is_dataclass(value) and not isinstance(value, type):
        return ", ".join(f"{member.name} {getattr(value, member.name)}" for member in fields(value))
    return str(value)


def holding_lines(settings: Settings) -> list[str]:
    """The settings as lines in three columns."""
    rows = list(holding(settings))
    name, value = (max(len(row[place]) for row in rows) for place in (0, 1))
    return [f"  {row[0]:{name}}  {row[1]:{value}}  {row[2]}" for row in rows]
