"""What becomes of every member of a task definition here: the one list of it, for people and tests.

The README shows it and tests hold it against the model, against what Docker is told, against what
registration refuses and against what `untranslated` tells. It decides nothing itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Support(StrEnum):
    """What becomes of a member."""

    WORKS = "works"
    DIFFERS = "differs"
    """Works, in another way than on AWS."""
    REPORTED = "reported"
    """Kept and shown, not carried out; `untranslated` says so in words."""
    REFUSED = "refused"
    """Registration refuses it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Members of one shape that fare the same."""

    parent: str
    """Path of the shape, e.g. `containerDefinitions[].healthCheck`; empty for the task."""
    members: tuple[str, ...]
    support: Support
    docker: str
    """Member of the body of Docker's create call, dotted; empty when Docker is not told."""
    words: str
    """What happens, for people."""

    @property
    def paths(self) -> Iterator[str]:
        """Path of each member from the top of the definition."""
        for member in self.members:
            yield f"{self.parent}.{member}" if self.parent else member


def _rows(parent: str, *rows: tuple[str, Support, str, str]) -> tuple[Entry, ...]:
    return tuple(
        Entry(parent, tuple(members.split()), support, docker, words)
        for members, support, docker, words in rows
    )


_CONTAINER = "containerDefinitions[]"
_LINUX = f"{_CONTAINER}.linuxParameters"
_W, _D, _T, _R = Support.WORKS, Support.DIFFERS, Support.REPORTED, Support.REFUSED

_TASK = _rows(
    "",
    ("family", _W, "Labels", "name of the revisions; part of container names"),
    ("taskRoleArn", _T, "", "no role is assumed; the task gets what `[roles]` maps to it"),
    ("executionRoleArn", _T, "", "checked and kept; no role is assumed"),
    ("networkMode", _D, "HostConfig.NetworkMode", "awsvpc: a pause container owns the namespace"),
    ("requiresCompatibilities", _W, "", "checked; decides on how a task may be launched"),
    ("cpu", _D, "HostConfig.NanoCpus", "reserved; a ceiling of each container, not of their sum"),
    ("memory", _D, "HostConfig.Memory", "reserved; a ceiling of each container, not of their sum"),
    ("pidMode", _D, "HostConfig.PidMode", "`task` shares in awsvpc mode only, else it is told"),
    ("ipcMode", _D, "HostConfig.IpcMode", "`task` shares in awsvpc mode only, else it is told"),
    ("enableFaultInjection", _T, "", "no fault injection endpoint"),
    ("tags", _W, "", "kept, and passed on by propagateTags"),
)
_TASK_SHAPES = (
    *_rows(
        "runtimePlatform",
        ("cpuArchitecture", _D, "", "placement keeps to such instances; Fargate takes the engine"),
        ("operatingSystemFamily", _D, "", "Windows waits for an instance that is never there"),
    ),
    *_rows("placementConstraints[]", ("type expression", _W, "", "placement keeps to it")),
    *_rows("ephemeralStorage", ("sizeInGiB", _T, "", "checked and kept; disk is not limited")),
    *_rows(
        "proxyConfiguration",
        ("type containerName", _T, "", "the proxy runs; no traffic is led through it"),
    ),
    *_rows("proxyConfiguration.properties[]", ("name value", _T, "", "checked and kept, as above")),
    *_rows("inferenceAccelerators[]", ("deviceName deviceType", _R, "", "as AWS does by now")),
    *_rows(
        "trustedExecutionConfiguration",
        ("isolationMode attestationPolicy", _R, "", "all but SHARED, which changes nothing"),
    ),
)
_CONTAINERS = _rows(
    _CONTAINER,
    ("name", _W, "Labels", "part of the container's name in Docker"),
    ("image", _W, "Image", "pulled when Docker does not have it"),
    ("cpu", _W, "HostConfig.CpuShares", "at least 2 shares"),
    ("memory", _W, "HostConfig.Memory", "at least 6 MiB"),
    ("memoryReservation", _W, "HostConfig.MemoryReservation", "at least 6 MiB"),
    ("links", _W, "HostConfig.Links", "bridge mode; the target starts first"),
    ("essential", _W, "", "the task stops when the container does"),
    ("entryPoint", _W, "Entrypoint", ""),
    ("command", _W, "Cmd", ""),
    ("startTimeout", _W, "", "what waits for the container is given up"),
    ("stopTimeout", _W, "StopTimeout", "30 s if absent"),
    ("versionConsistency", _T, "", "the image goes by its tag; its digest is not pinned"),
    ("hostname", _W, "Hostname", ""),
    ("user", _W, "User", ""),
    ("workingDirectory", _W, "WorkingDir", ""),
    ("disableNetworking", _W, "NetworkDisabled", ""),
    ("privileged", _W, "HostConfig.Privileged", ""),
    ("readonlyRootFilesystem", _W, "HostConfig.ReadonlyRootfs", ""),
    ("dnsServers", _W, "HostConfig.Dns", ""),
    ("dnsSearchDomains", _W, "HostConfig.DnsSearch", "awsvpc: of the whole task"),
    ("dockerSecurityOptions", _W, "HostConfig.SecurityOpt", ""),
    ("interactive", _W, "OpenStdin", ""),
    ("pseudoTerminal", _W, "Tty", ""),
    ("dockerLabels", _W, "Labels", "ECS's own labels win"),
    ("credentialSpecs", _T, "", "not handed to Docker"),
)
_CONTAINER_SHAPES = (
    *_rows(
        f"{_CONTAINER}.portMappings[]",
        (
            "containerPort",
            _D,
            "HostConfig.PortBindings",
            "awsvpc: published on a dynamic host port besides",
        ),
        ("hostPort", _W, "HostConfig.PortBindings", "0 or absent: Docker chooses one"),
        ("protocol", _W, "HostConfig.PortBindings", ""),
        (
            "containerPortRange",
            _D,
            "HostConfig.PortBindings",
            "host ports one by one, not as a range; the first 100 ports",
        ),
        ("name appProtocol", _T, "", "kept for Service Connect, which is absent"),
    ),
    *_rows(
        f"{_CONTAINER}.restartPolicy",
        (
            "enabled ignoredExitCodes restartAttemptPeriod",
            _W,
            "",
            "restarted in place by ecstui, not by Docker",
        ),
    ),
    *_rows(f"{_CONTAINER}.environment[]", ("name value", _W, "Env", "")),
    *_rows(
        f"{_CONTAINER}.environmentFiles[]",
        ("value", _D, "Env", "read from a local folder that stands for the bucket"),
        ("type", _W, "", "`s3` only; others are refused"),
    ),
    *_rows(
        f"{_CONTAINER}.secrets[]",
        ("name valueFrom", _D, "Env", "read from a local file as the container is made"),
    ),
    *_rows(
        f"{_CONTAINER}.mountPoints[]",
        ("sourceVolume containerPath readOnly", _W, "HostConfig.Binds", ""),
    ),
    *_rows(
        f"{_CONTAINER}.volumesFrom[]",
        ("sourceContainer readOnly", _W, "HostConfig.VolumesFrom", "the source starts first"),
    ),
    *_rows(
        f"{_CONTAINER}.dependsOn[]", ("containerName condition", _W, "", "order of start, stop")
    ),
    *_rows(f"{_CONTAINER}.extraHosts[]", ("hostname ipAddress", _W, "HostConfig.ExtraHosts", "")),
    *_rows(f"{_CONTAINER}.ulimits[]", ("name softLimit hardLimit", _W, "HostConfig.Ulimits", "")),
    *_rows(
        f"{_CONTAINER}.logConfiguration",
        (
            "logDriver",
            _D,
            "HostConfig.LogConfig",
            "awslogs: kept here as CloudWatch would; awsfirelens: readable here",
        ),
        ("options", _D, "HostConfig.LogConfig", "those of Docker's own drivers"),
    ),
    *_rows(
        f"{_CONTAINER}.logConfiguration.secretOptions[]",
        ("name valueFrom", _D, "HostConfig.LogConfig", "read from a local file, as secrets"),
    ),
    *_rows(
        f"{_CONTAINER}.healthCheck",
        ("command", _W, "Healthcheck.Test", "an image's own check never runs"),
        ("interval", _W, "Healthcheck.Interval", ""),
        ("timeout", _W, "Healthcheck.Timeout", ""),
        ("retries", _W, "Healthcheck.Retries", ""),
        ("startPeriod", _W, "Healthcheck.StartPeriod", ""),
    ),
    *_rows(
        f"{_CONTAINER}.systemControls[]",
        ("namespace value", _W, "HostConfig.Sysctls", "awsvpc: `net.` ones of the whole task"),
    ),
    *_rows(
        f"{_CONTAINER}.resourceRequirements[]",
        ("type value", _D, "HostConfig.DeviceRequests", "GPUs, not counted by placement; no other"),
    ),
    *_rows(
        f"{_CONTAINER}.resourceRequirements[].sharingStrategy.nvidiaMps",
        ("memory maxComputePercent", _T, "", "GPUs are not shared"),
    ),
    *_rows(
        f"{_CONTAINER}.firelensConfiguration",
        ("type options", _T, "", "the log router runs; no logs are led to it"),
    ),
    *_rows(
        f"{_CONTAINER}.repositoryCredentials",
        ("credentialsParameter", _D, "", "user and password, as JSON, from a local file"),
    ),
)
_LINUX_PARAMETERS = (
    *_rows(
        _LINUX,
        ("initProcessEnabled", _W, "HostConfig.Init", ""),
        ("sharedMemorySize", _W, "HostConfig.ShmSize", ""),
        ("maxSwap", _W, "HostConfig.MemorySwap", "with a memory limit"),
        ("swappiness", _W, "HostConfig.MemorySwappiness", "with maxSwap, else it is told"),
    ),
    *_rows(
        f"{_LINUX}.capabilities",
        ("add", _W, "HostConfig.CapAdd", ""),
        ("drop", _W, "HostConfig.CapDrop", ""),
    ),
    *_rows(
        f"{_LINUX}.devices[]", ("hostPath containerPath permissions", _W, "HostConfig.Devices", "")
    ),
    *_rows(f"{_LINUX}.tmpfs[]", ("containerPath size mountOptions", _W, "HostConfig.Tmpfs", "")),
)
_EFS = "volumes[].efsVolumeConfiguration"
_FSX = "volumes[].fsxWindowsFileServerVolumeConfiguration"
_S3 = "volumes[].s3filesVolumeConfiguration"
_STANDS = "a local folder or Docker volume stands for it"
_OPEN = "nothing is encrypted or authorised"
_VOLUMES = (
    *_rows(
        "volumes[]",
        ("name", _W, "HostConfig.Binds", "alone: an empty volume, removed with the task"),
        ("configuredAtLaunch", _D, "", "a Docker volume stands for EBS"),
    ),
    *_rows("volumes[].host", ("sourcePath", _W, "HostConfig.Binds", "made if it is missing")),
    *_rows(
        "volumes[].dockerVolumeConfiguration",
        ("scope", _W, "HostConfig.Binds", "`task`: removed with the task; `shared`: never"),
        ("autoprovision", _D, "", "a shared volume that is missing is made all the same"),
        ("driver driverOpts labels", _W, "HostConfig.Mounts", ""),
    ),
    *_rows(
        _EFS,
        ("fileSystemId rootDirectory", _D, "HostConfig.Binds", _STANDS),
        ("transitEncryption transitEncryptionPort", _T, "", _OPEN),
    ),
    *_rows(
        f"{_EFS}.authorizationConfig",
        ("accessPointId", _D, "HostConfig.Binds", "a folder of that name"),
        ("iam", _T, "", _OPEN),
    ),
    *_rows(_FSX, ("fileSystemId rootDirectory", _D, "HostConfig.Binds", _STANDS)),
    *_rows(f"{_FSX}.authorizationConfig", ("credentialsParameter domain", _T, "", _OPEN)),
    *_rows(
        _S3,
        ("fileSystemArn rootDirectory accessPointArn", _D, "HostConfig.Binds", _STANDS),
        ("transitEncryptionPort", _T, "", _OPEN),
    ),
)

ENTRIES = (
    *_TASK,
    *_TASK_SHAPES,
    *_CONTAINERS,
    *_CONTAINER_SHAPES,
    *_LINUX_PARAMETERS,
    *_VOLUMES,
)
"""Every member, each once."""

SUPPORT = {path: entry for entry in ENTRIES for path in entry.paths}


def as_markdown() -> str:
    """The list as a table of Markdown, with how many members fare how."""
    number = dict.fromkeys(Support, 0)
    for entry in SUPPORT.values():
        number[entry.support] += 1
    counts = ", ".join(f"{count} {support}" for support, count in number.items())
    lines = [
        f"{len(SUPPORT)} members: {counts}.",
        "",
        "| member | here | Docker is told | what happens |",
        "|---|---|---|---|",
    ]
    for entry in ENTRIES:
        members = ", ".join(f"`{member}`" for member in entry.members)
        where = f"`{entry.parent}` " if entry.parent else ""
        docker = f"`{entry.docker}`" if entry.docker else ""
        lines.append(f"| {where}{members} | {entry.support} | {docker} | {entry.words} |")
    return "\n".join(lines)
