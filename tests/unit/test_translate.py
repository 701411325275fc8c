"""Task definitions as container specs (ecs.md 2.3 to 2.8, 2.10, 11.1)."""

import pytest

from ecstui.model.enums import LaunchType
from ecstui.model.shape import KeyValuePair
from ecstui.model.task import ContainerOverride, TaskOverride
from ecstui.model.task_definition import (
    HealthCheck,
    HostEntry,
    LinuxParameters,
    LogConfiguration,
    MountPoint,
    Secret,
    SystemControl,
    Volume,
)
from ecstui.plan.spec import HealthProbe, Mount, PortPublication
from ecstui.plan.translate import (
    PAUSE_IMAGE,
    Setting,
    container_spec,
    engine_name,
    pause_name_of,
    pause_spec,
    untranslated,
)
from tests.factories import (
    CLUSTER,
    NAMES,
    a_container,
    a_definition,
    a_port,
    a_task,
    an_id,
)

MIB = 1024 * 1024
SETTING = Setting(owner="me", region="eu-west-1")
TASK_ID = an_id("task")
SHORT = TASK_ID[:12]


def spec_of(definition, name="app", *, setting=SETTING, **changes):
    task = a_task(definition, **changes)
    return container_spec(task, definition, definition.container(name), setting)


# -- names -----------------------------------------------------------------------------------------


def test_a_name_holds_family_revision_container_and_task():
    definition = a_definition(a_container("app"), family="shop", revision=3)
    assert engine_name(definition, "app", TASK_ID) == f"ecs-shop-3-app-{SHORT}"


def test_a_container_name_is_reduced_to_letters_digits_and_hyphens():
    definition = a_definition(a_container("my_app-1"))
    assert engine_name(definition, "my_app-1", TASK_ID) == f"ecs-web-1-myapp-1-{SHORT}"


def test_containers_that_reduce_to_one_name_are_told_apart():
    definition = a_definition(a_container("a_b"), a_container("ab"), a_container("a_b_"))
    names = {engine_name(definition, n, TASK_ID) for n in ("a_b", "ab", "a_b_")}
    assert len(names) == 3


def test_a_container_cannot_take_the_name_of_the_pause_container():
    definition = a_definition(a_container("internalecspause"))
    name = engine_name(definition, "internalecspause", TASK_ID)
    assert name != pause_name_of(definition, TASK_ID)


def test_a_name_that_reduces_to_nothing_is_a_hash():
    definition = a_definition(a_container("___"), a_container("__"))
    first, second = (engine_name(definition, n, TASK_ID) for n in ("___", "__"))
    assert first != second
    assert "--" in first


def test_long_names_are_bounded_and_stay_apart():
    long = "x" * 254
    definition = a_definition(a_container(f"{long}a"), a_container(f"{long}b"), family="f" * 255)
    names = [engine_name(definition, f"{long}{end}", TASK_ID) for end in "ab"]
    assert len(set(names)) == 2
    assert all(len(name) < 140 for name in names)


def test_the_same_task_gives_the_same_names():
    definition = a_definition(a_container("a_b"), a_container("ab"))
    again = a_definition(a_container("a_b"), a_container("ab"))
    assert engine_name(definition, "a_b", TASK_ID) == engine_name(again, "a_b", TASK_ID)


# -- the worked example ----------------------------------------------------------------------------


def test_the_worked_translation():
    """ecs.md 2.10."""
    web = a_container(
        "web",
        image="nginx",
        cpu=256,
        memory=256,
        memory_reservation=128,
        port_mappings=(a_port(80),),
        health_check=HealthCheck(command=("CMD-SHELL", "curl -f localhost")),
        mount_points=(MountPoint(source_volume="data", container_path="/data"),),
        ulimits=({"name": "nofile", "softLimit": 1024, "hardLimit": 2048},),
        linux_parameters=LinuxParameters(init_process_enabled=True),
        stop_timeout=20,
        log_configuration=LogConfiguration(log_driver="awslogs"),
    )
    definition = a_definition(
        web, family="shop", revision=3, cpu="512", memory="512", volumes=(Volume(name="data"),)
    )
    spec = spec_of(definition, "web")
    assert spec.image == "nginx"
    assert spec.cpu_shares == 256
    assert spec.nano_cpus == 500_000_000
    assert spec.memory_bytes == 268435456
    assert spec.memory_reservation_bytes == 134217728
    assert spec.ports == (PortPublication(80, "tcp", "127.0.1.1", None),)
    assert spec.exposed_ports == ((80, "tcp"),)
    assert spec.stop_timeout_seconds == 20
    assert spec.health == HealthProbe(("CMD-SHELL", "curl -f localhost"), 30, 5, 3, 0)
    assert spec.mounts == (Mount(f"ecs-shop-3-data-{SHORT}", "/data"),)
    assert [(u.name, u.soft, u.hard) for u in spec.ulimits] == [("nofile", 1024, 2048)]
    assert spec.has_init is True
    assert (spec.log_driver, dict(spec.log_options)) == (
        None,
        {"max-size": "10m", "max-file": "2"},
    )


# -- labels ----------------------------------------------------------------------------------------


def test_labels_of_ecs_and_ours_win_over_the_users():
    app = a_container(docker_labels={"team": "x", "ecstui.owner": "not me"})
    definition = a_definition(app, family="shop", revision=3)
    task = a_task(definition, service_arn=NAMES.service(CLUSTER, "front"))
    labels = container_spec(task, definition, app, SETTING).labels
    assert labels == {
        "team": "x",
        "com.amazonaws.ecs.cluster": "default",
        "com.amazonaws.ecs.task-arn": task.task_arn,
        "com.amazonaws.ecs.container-name": "app",
        "com.amazonaws.ecs.task-definition-family": "shop",
        "com.amazonaws.ecs.task-definition-version": "3",
        "ecstui.owner": "me",
        "ecstui.task": TASK_ID,
        "ecstui.service": "front",
        "ecstui.instance": an_id("instance"),
    }


def test_a_task_without_service_has_no_service_label():
    assert "ecstui.service" not in spec_of(a_definition()).labels


# -- environment -----------------------------------------------------------------------------------


def test_later_variables_win_and_added_ones_never_replace():
    app = a_container(
        environment=(
            KeyValuePair(name="A", value="1"),
            KeyValuePair(name="B", value="1"),
            KeyValuePair(name="A", value="2"),
            KeyValuePair(name="AWS_REGION", value="mars-1"),
        )
    )
    override = ContainerOverride(
        name="app",
        environment=(KeyValuePair(name="B", value="3"), KeyValuePair(name="C", value="4")),
    )
    spec = spec_of(a_definition(app), overrides=TaskOverride(container_overrides=(override,)))
    assert dict(spec.environment) == {
        "A": "2",
        "B": "3",
        "C": "4",
        "AWS_REGION": "mars-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EXECUTION_ENV": "AWS_ECS_EC2",
    }
    assert len(spec.environment) == 6


def test_fargate_tasks_are_told_so():
    spec = spec_of(a_definition(), launch_type=LaunchType.FARGATE)
    assert dict(spec.environment)["AWS_EXECUTION_ENV"] == "AWS_ECS_FARGATE"


# -- network modes ---------------------------------------------------------------------------------


def test_bridge_publishes_static_and_dynamic_ports_on_the_instance():
    app = a_container(
        port_mappings=(a_port(80, 8080), a_port(81, 0), a_port(53, protocol="udp")),
        hostname="box",
        dns_servers=("9.9.9.9",),
        extra_hosts=(HostEntry(hostname="db", ip_address="10.0.0.1"),),
    )
    spec = spec_of(a_definition(app), instance_ip="127.0.3.1")
    assert spec.network_mode == "bridge"
    assert spec.ports == (
        PortPublication(80, "tcp", "127.0.3.1", 8080),
        PortPublication(81, "tcp", "127.0.3.1", None),
        PortPublication(53, "udp", "127.0.3.1", None),
    )
    assert spec.exposed_ports == ((80, "tcp"), (81, "tcp"), (53, "udp"))
    assert (spec.hostname, spec.dns) == ("box", ("9.9.9.9",))
    assert spec.extra_hosts == (("db", "10.0.0.1"),)


def test_bridge_tasks_join_the_network_that_is_set():
    spec = spec_of(a_definition(), setting=Setting(owner="me", network="ecstui"))
    assert spec.network_mode == "ecstui"


def test_links_name_containers_of_the_same_task():
    app = a_container(links=("db:store", "log"))
    definition = a_definition(app, a_container("db"), a_container("log"))
    assert spec_of(definition).links == (
        (f"ecs-web-1-db-{SHORT}", "store"),
        (f"ecs-web-1-log-{SHORT}", "log"),
    )


@pytest.mark.parametrize("mode", ["host", "none"])
def test_host_and_none_publish_nothing(mode):
    app = a_container(port_mappings=(a_port(80, 80),) if mode == "host" else ())
    spec = spec_of(a_definition(app, network_mode=mode))
    assert spec.network_mode == mode
    assert spec.ports == ()
    assert spec.exposed_ports == ()


def test_awsvpc_containers_join_the_pause_container():
    app = a_container(
        port_mappings=(a_port(80, 80), a_port(81, 81)),
        dns_search_domains=("corp.example",),
        system_controls=(
            SystemControl(namespace="net.core.somaxconn", value="1"),
            SystemControl(namespace="kernel.sem", value="2"),
        ),
    )
    side = a_container(
        "side",
        port_mappings=(a_port(80, 80),),
        system_controls=(SystemControl(namespace="net.core.somaxconn", value="9"),),
    )
    definition = a_definition(app, side, network_mode="awsvpc")
    task = a_task(definition)
    pause = pause_spec(task, definition, SETTING)
    spec = container_spec(task, definition, app, SETTING)
    assert spec.network_mode == f"container:{pause.name}"
    assert (spec.ports, spec.exposed_ports, spec.dns_search) == ((), (), ())
    assert dict(spec.sysctls) == {"kernel.sem": "2"}
    assert pause.name == task.pause_engine_name
    assert pause.image == PAUSE_IMAGE
    assert pause.network_mode == "bridge"
    assert pause.ports == (
        PortPublication(80, "tcp", "127.0.1.1", None),
        PortPublication(81, "tcp", "127.0.1.1", None),
    )
    assert pause.dns_search == ("corp.example",)
    assert dict(pause.sysctls) == {"net.core.somaxconn": "9"}
    assert pause.labels["com.amazonaws.ecs.container-name"] == "~internal~ecs~pause"
    assert pause.labels["ecstui.owner"] == "me"


def test_pid_and_ipc_are_shared_through_the_pause_container():
    definition = a_definition(network_mode="awsvpc", pid_mode="task", ipc_mode="task")
    task = a_task(definition)
    spec = spec_of(definition)
    assert spec.pid_mode == spec.ipc_mode == f"container:{task.pause_engine_name}"
    assert pause_spec(task, definition, SETTING).ipc_mode == "shareable"


def test_host_pid_and_ipc_are_passed_on():
    spec = spec_of(a_definition(pid_mode="host", ipc_mode="none"))
    assert (spec.pid_mode, spec.ipc_mode) == ("host", "none")


def test_a_port_range_is_published_port_by_port_up_to_a_bound():
    app = a_container(port_mappings=({"containerPortRange": "8000-9000"},))
    definition = a_definition(app)
    spec = spec_of(definition)
    assert [port.container_port for port in spec.ports] == list(range(8000, 8100))
    assert [notice.words for notice in untranslated(definition)] == [
        "only the first 100 ports of the range are published"
    ]


# -- limits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cpu", "shares"), [(0, 2), (1, 2), (2, 2), (512, 512), (999999, 262144)])
def test_cpu_becomes_shares(cpu, shares):
    assert spec_of(a_definition(a_container(cpu=cpu))).cpu_shares == shares


@pytest.mark.parametrize(
    ("memory", "reservation", "task_memory", "expected"),
    [
        (256, None, None, (256, 0)),
        (None, 128, None, (0, 128)),
        (256, 128, None, (256, 128)),
        (256, None, "512", (256, 0)),
        (None, None, "512", (512, 0)),
        (None, 128, "512", (512, 128)),
        (None, 600, "512", (512, 512)),
        (None, None, "0.5 GB", (512, 0)),
        (None, None, "4", (6, 0)),
        (4, 4, None, (6, 6)),
    ],
)
def test_memory_of_container_and_task(memory, reservation, task_memory, expected):
    app = a_container(memory=memory, memory_reservation=reservation)
    spec = spec_of(a_definition(app, memory=task_memory))
    assert (spec.memory_bytes, spec.memory_reservation_bytes) == tuple(m * MIB for m in expected)


def test_without_task_cpu_there_is_no_ceiling():
    assert spec_of(a_definition()).nano_cpus == 0


def test_swap_is_memory_and_swap_together():
    linux = LinuxParameters(max_swap=32, swappiness=10)
    spec = spec_of(a_definition(a_container(memory=64, linux_parameters=linux)))
    assert (spec.memory_swap_bytes, spec.swappiness) == (96 * MIB, 10)


def test_no_swap_is_said():
    spec = spec_of(a_definition(a_container(linux_parameters=LinuxParameters(max_swap=0))))
    assert spec.memory_swap_bytes == spec.memory_bytes


def test_overrides_change_command_and_size():
    override = ContainerOverride(name="app", command=("b",), cpu=512, memory=32)
    overrides = TaskOverride(container_overrides=(override,), cpu="1 vCPU", memory="1024")
    definition = a_definition(a_container(command=("a",)), a_container("other", command=("c",)))
    spec = spec_of(definition, overrides=overrides)
    assert (spec.command, spec.cpu_shares, spec.memory_bytes) == (("b",), 512, 32 * MIB)
    assert spec.nano_cpus == 1_000_000_000
    assert spec_of(definition, "other", overrides=overrides).command == ("c",)


@pytest.mark.parametrize(
    ("permissions", "letters"), [((), "rwm"), (("read",), "r"), (("mknod", "read"), "mr")]
)
def test_devices(permissions, letters):
    linux = LinuxParameters.model_validate(
        {"devices": [{"hostPath": "/dev/fuse", "permissions": permissions}]}
    )
    (device,) = spec_of(a_definition(a_container(linux_parameters=linux))).devices
    assert (device.host_path, device.container_path) == ("/dev/fuse", "/dev/fuse")
    assert device.permissions == letters


def test_tmpfs_and_capabilities():
    linux = LinuxParameters.model_validate(
        {
            "tmpfs": [{"containerPath": "/t", "size": 8, "mountOptions": ["noexec", "ro"]}],
            "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]},
            "sharedMemorySize": 128,
        }
    )
    spec = spec_of(a_definition(a_container(linux_parameters=linux)))
    assert dict(spec.tmpfs) == {"/t": "size=8m,noexec,ro"}
    assert (spec.capabilities_added, spec.capabilities_dropped) == (("NET_ADMIN",), ("ALL",))
    assert spec.shared_memory_bytes == 128 * MIB


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("no-new-privileges", "no-new-privileges"),
        ("apparmor:mine", "apparmor=mine"),
        ("label:user:U", "label=user:U"),
        ("seccomp=unconfined", "seccomp=unconfined"),
    ],
)
def test_security_options(given, written):
    spec = spec_of(a_definition(a_container(docker_security_options=(given,))))
    assert spec.security_options == (written,)


# -- the image's own check, logs, timeouts ---------------------------------------------------------


def test_the_images_own_check_is_switched_off():
    assert spec_of(a_definition()).health == HealthProbe(("NONE",))


@pytest.mark.parametrize("driver", ["json-file", "local", "journald", "syslog", "none", "gelf"])
def test_drivers_of_the_engine_are_passed_on(driver):
    logging = LogConfiguration(log_driver=driver, options={"tag": "x"})
    definition = a_definition(a_container(log_configuration=logging))
    spec = spec_of(definition)
    assert (spec.log_driver, dict(spec.log_options)) == (driver, {"tag": "x"})
    assert untranslated(definition) == ()


@pytest.mark.parametrize(
    "logging",
    [
        LogConfiguration(log_driver="awslogs", options={"awslogs-group": "g"}),
        LogConfiguration(log_driver="awsfirelens"),
        LogConfiguration(
            log_driver="awslogs", secret_options=(Secret(name="t", value_from="arn:x"),)
        ),
    ],
)
def test_logs_stay_readable_where_their_driver_is_not_here(logging):
    definition = a_definition(a_container(log_configuration=logging))
    setting = Setting(owner="me", log_max_size="1m", log_max_files=5)
    spec = spec_of(definition, setting=setting)
    assert spec.log_driver is None
    assert dict(spec.log_options) == {"max-size": "1m", "max-file": "5"}
    (notice,) = untranslated(definition)
    assert notice.path == "containerDefinitions[0].logConfiguration"
    words = "kept here" if logging.log_driver == "awslogs" else "readable here"
    assert words in notice.words


def test_stop_timeout_is_30_seconds_unless_given():
    assert spec_of(a_definition()).stop_timeout_seconds == 30
    assert spec_of(a_definition(a_container(stop_timeout=2))).stop_timeout_seconds == 2
