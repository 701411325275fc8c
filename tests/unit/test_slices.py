"""How an engine is cut into container instances."""

from pathlib import Path

import pytest

from ecstui.engine.protocol import EngineInfo
from ecstui.model.enums import RolloutOrder
from ecstui.plan.pace import PaceName
from ecstui.serve.slices import (
    MEBIBYTE,
    instances_of,
    remember_engine,
    remembered_engine,
    setup_of,
    slices_of,
    sources_of,
)
from ecstui.settings import InstanceSetting, Settings, StatePaths

ZONES = ("a", "b", "c")


def info(cpus: int = 8, gib: float = 16, *, loopback: bool = True) -> EngineInfo:
    return EngineInfo(
        kind="docker",
        version="27",
        endpoint="unix:///x",
        cpu_count=cpus,
        memory_bytes=int(gib * 1024) * MEBIBYTE,
        publishes_on_loopback=loopback,
    )


def settings(**changes: object) -> Settings:
    return Settings(state_directory=Path("/s"), config_file=Path("/c"), **changes)  # type: ignore[arg-type]


def test_a_large_engine_has_one_slice_in_each_zone_with_an_address_of_its_own():
    slices = slices_of(info(), "docker", ZONES)
    assert [(s.name, s.zone, s.ip) for s in slices] == [
        ("local-1", "a", "127.0.1.1"),
        ("local-2", "b", "127.0.2.1"),
        ("local-3", "c", "127.0.3.1"),
    ]
    assert {s.cpu_units for s in slices} == {8 * 1024 // 3}
    assert {s.memory_mib for s in slices} == {16 * 1024 // 3}


@pytest.mark.parametrize(
    ("cpus", "gib", "count"), [(1, 16, 1), (2, 16, 2), (8, 1.5, 1), (8, 0.5, 1), (2, 2, 2)]
)
def test_no_slice_is_smaller_than_a_task_of_one_cpu_and_one_gib(cpus, gib, count):
    assert len(slices_of(info(cpus, gib), "docker", ZONES)) == count


def test_without_addresses_of_their_own_there_is_one_for_all_ports():
    (only,) = slices_of(info(loopback=False), "docker", ZONES)
    assert (only.ip, only.cpu_units) == ("", 8192)


def test_a_number_that_was_set_holds():
    slices = slices_of(info(2), "docker", ZONES, count=5)
    assert [s.zone for s in slices] == ["a", "b", "c", "a", "b"]
    assert sum(s.cpu_units for s in slices) <= 2048


def test_instances_that_were_set_are_taken_as_they_are():
    wanted = InstanceSetting("big", "moon-1a", 4096, 8192, "127.0.9.1", "far")
    (found,) = instances_of(settings(instances=(wanted,)), info(1, 1), "docker")
    assert (found.name, found.zone, found.cpu_units, found.memory_mib, found.cluster_name) == (
        "big",
        "moon-1a",
        4096,
        8192,
        "far",
    )


def test_the_plane_is_told_what_was_set():
    given = settings(
        pace=PaceName.AWS,
        region="eu-west-1",
        account="123456789012",
        rollout_order=RolloutOrder.CONCURRENT,
    )
    setup = setup_of(given, info(), engine="docker", owner="o", version="1", process_id=7)
    assert setup.namespace.cluster("x") == "arn:aws:ecs:eu-west-1:123456789012:cluster/x"
    assert (setup.pace.name, setup.rollout_order) == ("aws", RolloutOrder.CONCURRENT)
    assert setup.instances[0].zone == "eu-west-1a"
    assert setup.endpoints == {"docker": "unix:///x"}
    assert not setup.is_simulation


def test_secrets_and_buckets_stand_beside_the_configuration_unless_set():
    sources = sources_of(settings())
    beside = settings().config_file.parent
    assert sources.secrets_directory == beside / "secrets"
    assert sources.buckets_directory == beside / "s3"
    given = settings(secrets={"a": "/a"}, secrets_directory=Path("/s"), file_systems={"fs-1": "/f"})
    assert sources_of(given).secrets == {"a": "/a"}
    assert sources_of(given).secrets_directory == Path("/s")
    setup = setup_of(given, info(), engine="docker", owner="o", version="1", process_id=7)
    assert setup.sources == sources_of(given)
    assert setup.file_systems == {"fs-1": "/f"}


def test_what_an_engine_said_is_remembered_for_that_kind(tmp_path: Path):
    paths = StatePaths(tmp_path)
    assert remembered_engine(paths, "docker") is None
    remember_engine(paths, info())
    assert remembered_engine(paths, "docker") == info()
    assert remembered_engine(paths, "simulated") is None
    paths.engine.write_text('{"kind": "docker"}')
    assert remembered_engine(paths, "docker") is None
