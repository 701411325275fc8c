"""Rules of RegisterTaskDefinition about ports, links and volumes (ecs.md 2.5, 2.6, 2.9)."""

import pytest

from tests.support.bodies import EFS, FIRST, app, body, found

PORTS_MATCH = "When networkMode={}, the host ports and container ports in port mappings must match."


def ports(*mappings, **members):
    return body(app(portMappings=list(mappings)), **members)


def volume(**members):
    return body(
        app(mountPoints=[{"sourceVolume": "v", "containerPath": "/v"}]),
        volumes=[{"name": "v"} | members],
    )


def efs(**members):
    return volume(efsVolumeConfiguration=EFS | members)


BAD = [
    # Ports
    *(
        (
            ports({"containerPort": 80, "hostPort": 81}, networkMode=mode),
            f"{FIRST}.portMappings[0].hostPort",
            PORTS_MATCH.format(mode),
        )
        for mode in ("awsvpc", "host")
    ),
    (
        ports({"containerPort": 80}, networkMode="none"),
        f"{FIRST}.portMappings",
        "Port mappings are not supported when networkMode=none",
    ),
    (
        ports({"containerPort": 80, "containerPortRange": "1-2"}),
        f"{FIRST}.portMappings[0]",
        "cannot specify both single port and port range",
    ),
    (
        ports({"hostPort": 80}),
        f"{FIRST}.portMappings[0]",
        "Port mapping needs a 'containerPort' or a 'containerPortRange'.",
    ),
    *(
        (
            ports({"containerPortRange": text}),
            f"{FIRST}.portMappings[0].containerPortRange",
            "Invalid 'containerPortRange' setting",
        )
        for text in ("9-8", "8-8", "0-5", "1-65536", "8", "a-b")
    ),
    (
        ports({"containerPortRange": "10-20"}, {"containerPortRange": "20-30"}),
        f"{FIRST}.portMappings[1].containerPortRange",
        "Port range 20-30 overlaps another one.",
    ),
    (
        ports({"containerPortRange": "10-20", "hostPort": 1}),
        f"{FIRST}.portMappings[0].hostPort",
        "hostPort cannot be given together with containerPortRange",
    ),
    (
        ports({"containerPortRange": "10-20"}, networkMode="host"),
        f"{FIRST}.portMappings[0].containerPortRange",
        "containerPortRange is not supported when networkMode=host",
    ),
    (
        ports({"containerPort": 80, "name": "a"}, {"containerPort": 81, "name": "a"}),
        f"{FIRST}.portMappings[1].name",
        "Port mapping names must be unique, but 'a' is given twice.",
    ),
    (
        ports({"containerPort": 80, "name": "-a"}),
        f"{FIRST}.portMappings[0].name",
        "Port mapping name must have 1 to 64 of a-z, 0-9, _ and -, not beginning with -.",
    ),
    (
        ports({"containerPort": 80, "appProtocol": "gopher"}),
        f"{FIRST}.portMappings[0].appProtocol",
        "appProtocol should be one of [http, http2, grpc]",
    ),
    (
        ports({"containerPort": 70000}),
        f"{FIRST}.portMappings[0].containerPort",
        "Invalid 'containerPort' setting. It must be between 1 and 65535, but was 70000.",
    ),
    (
        ports({"containerPort": 80, "hostPort": -1}),
        f"{FIRST}.portMappings[0].hostPort",
        "Invalid 'hostPort' setting. It must be between 0 and 65535, but was -1.",
    ),
    (
        ports({"containerPort": 53}, {"containerPort": 53, "protocol": "udp"}),
        f"{FIRST}.portMappings[1].protocol",
        "Container port 53 cannot be exposed for more than one protocol.",
    ),
    (
        ports({"containerPort": 80, "hostPort": 8080}, {"containerPort": 81, "hostPort": 8080}),
        f"{FIRST}.portMappings[1].hostPort",
        "Host port 8080/tcp is mapped more than once.",
    ),
    (
        body(
            app(portMappings=[{"containerPort": 80}]),
            app(name="b", portMappings=[{"containerPort": 80}]),
            networkMode="host",
        ),
        "containerDefinitions[1].portMappings[0].hostPort",
        "Host port 80/tcp is mapped more than once.",
    ),
    # Links and awsvpc
    (
        body(app(links=["x:y"])),
        f"{FIRST}.links[0]",
        "Invalid 'links' setting. Unknown container: 'x'",
    ),
    *(
        (
            body(app(links=["b"]), app(name="b"), networkMode=mode),
            f"{FIRST}.links",
            f"Links are not supported when networkMode={mode}",
        )
        for mode in ("awsvpc", "host", "none")
    ),
    *(
        (
            body(app(**{member: value}), networkMode="awsvpc"),
            f"{FIRST}.{member}",
            f"{words} not supported on container when networkMode=awsvpc",
        )
        for member, value, words in (
            ("hostname", "x", "hostname is"),
            ("extraHosts", [{"hostname": "a", "ipAddress": "b"}], "Extra hosts are"),
            ("dnsServers", ["x"], "DNS servers are"),
            ("disableNetworking", True, "Disable Networking is"),
        )
    ),
    # Volumes
    (
        body(app(mountPoints=[{"sourceVolume": "x", "containerPath": "/x"}])),
        f"{FIRST}.mountPoints[0].sourceVolume",
        "Invalid 'mountPoints' setting. Unknown volume 'x'",
    ),
    (
        body(app(mountPoints=[{"containerPath": "/x"}])),
        f"{FIRST}.mountPoints[0].sourceVolume",
        "A mount point needs a 'sourceVolume'.",
    ),
    (
        body(app(mountPoints=[{"sourceVolume": "v"}]), volumes=[{"name": "v"}]),
        f"{FIRST}.mountPoints[0].containerPath",
        "A mount point needs a 'containerPath'.",
    ),
    (
        body(volumes=[{"name": "v"}, {"name": "v"}]),
        "volumes[1].name",
        "Volume names must be unique within a task definition",
    ),
    (body(volumes=[{}]), "volumes[0].name", "Volume.name should not be null or empty."),
    (
        body(volumes=[{"name": "a b"}]),
        "volumes[0].name",
        "Volume.name contains invalid characters.",
    ),
    (
        body(volumes=[{"name": "v", "configuredAtLaunch": True}]),
        "volumes",
        "Volumes [v] are not referenced by any of the containers",
    ),
    (
        volume(host={}, efsVolumeConfiguration=EFS),
        "volumes[0]",
        "Volume 'v' can be of one kind only: host, Docker, EFS, FSx, S3 Files or configured at "
        "launch.",
    ),
    (
        volume(dockerVolumeConfiguration={"autoprovision": True}),
        "volumes[0].dockerVolumeConfiguration.autoprovision",
        "autoprovision can only be true for a volume of scope shared",
    ),
    (
        efs(transitEncryption="MAYBE"),
        "volumes[0].efsVolumeConfiguration.transitEncryption",
        "transitEncryption should be one of [ENABLED, DISABLED]",
    ),
    (
        efs(authorizationConfig={"iam": "ENABLED"}),
        "volumes[0].efsVolumeConfiguration.authorizationConfig.iam",
        "EFS IAM authorization requires TransitEncryption to be enabled",
    ),
    (
        efs(transitEncryptionPort=1),
        "volumes[0].efsVolumeConfiguration.transitEncryptionPort",
        "TransitEncryptionPort requires that TransitEncryption is enabled",
    ),
    (
        efs(
            rootDirectory="/a",
            transitEncryption="ENABLED",
            authorizationConfig={"accessPointId": "x"},
        ),
        "volumes[0].efsVolumeConfiguration.rootDirectory",
        'When using an EFS access point, the root directory must either be set to "/" or be '
        "omitted",
    ),
    (
        efs(authorizationConfig={"accessPointId": "x"}),
        "volumes[0].efsVolumeConfiguration.authorizationConfig.accessPointId",
        "EFS access points require TransitEncryption to be enabled",
    ),
]


@pytest.mark.parametrize(("definition", "path", "message"), BAD)
def test_bad(definition, path, message):
    assert found(definition) == [(path, message)]


def test_more_than_a_hundred_ranges():
    many = [{"containerPortRange": f"{2 * n}-{2 * n + 1}"} for n in range(1, 102)]
    assert found(ports(*many)) == [
        (f"{FIRST}.portMappings", "A container can have at most 100 port ranges.")
    ]
