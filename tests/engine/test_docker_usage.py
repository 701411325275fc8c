"""What containers use, from control group files of both versions and from Docker's statistics."""

import pytest

from ecstui.engine.docker_usage import (
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    Meter,
    Reading,
    group_files,
    read_group,
    usage_between,
    usage_of_stats,
)

ID = "0123abcd"


@pytest.fixture
def system(tmp_path):
    def write(path, text):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    return write


def files_in(folder):
    return group_files(ID, 7, folder / "proc", folder / "sys")


def test_version_1(system, tmp_path):
    system("proc/7/cgroup", f"4:memory:/docker/{ID}\n3:cpu,cpuacct:/docker/{ID}\n0::/\n")
    system(f"sys/cpuacct/docker/{ID}/cpuacct.usage", "2500000000\n")
    system(f"sys/memory/docker/{ID}/memory.usage_in_bytes", "9000\n")
    system(f"sys/memory/docker/{ID}/memory.stat", "inactive_file 1\ntotal_inactive_file 4000\n")
    files = files_in(tmp_path)
    assert files is not None
    assert read_group(files, 1.0) == Reading(1.0, 2_500_000_000, 5000)


def test_version_2(system, tmp_path):
    system("proc/7/cgroup", f"0::/system.slice/docker-{ID}.scope\n")
    system("sys/cgroup.controllers", "cpu memory")
    group = f"sys/system.slice/docker-{ID}.scope"
    system(f"{group}/cpu.stat", "usage_usec 2500\nuser_usec 9\n")
    system(f"{group}/memory.current", "9000\n")
    system(f"{group}/memory.stat", "anon 5\ninactive_file 4000\n")
    files = files_in(tmp_path)
    assert files is not None
    assert read_group(files, 1.0) == Reading(1.0, 2_500_000, 5000)


def test_a_process_of_another_machine_is_not_taken_for_the_containers(system, tmp_path):
    system("proc/7/cgroup", "0::/user.slice/session\n")
    system("sys/cgroup.controllers", "cpu memory")
    assert files_in(tmp_path) is None


def test_without_a_process_there_are_no_files(tmp_path):
    assert files_in(tmp_path) is None
    assert group_files(ID, 0, tmp_path, tmp_path) is None


def test_a_container_that_is_gone_has_no_reading(system, tmp_path):
    system("proc/7/cgroup", f"0::/{ID}\n")
    system("sys/cgroup.controllers", "cpu memory")
    files = files_in(tmp_path)
    assert files is not None
    assert read_group(files, 1.0) is None


def test_a_core_has_1024_units():
    used = usage_between(Reading(1.0, 0, 5), Reading(3.0, 1_000_000_000, 7))
    assert used.cpu_units == pytest.approx(512)
    assert used.memory_bytes == 7


def test_one_that_began_anew_counts_from_zero():
    used = usage_between(Reading(1.0, 9_000_000_000, 5), Reading(2.0, 500_000_000, 5))
    assert used.cpu_units == pytest.approx(512)


def test_usage_needs_two_readings_not_too_close_and_not_too_far():
    meter = Meter()
    meter.take({"a": Reading(0.0, 0, 1)})
    assert meter.usage_of("a") is None
    meter.take({"a": Reading(SHORTEST_SECONDS / 2, 0, 1)})
    assert meter.usage_of("a") is None
    meter.take({"a": Reading(1.0, 1_000_000_000, 2)})
    first = meter.usage_of("a")
    assert first is not None
    assert first.cpu_units == pytest.approx(1024)
    meter.take({"a": Reading(1.0 + SHORTEST_SECONDS / 2, 1_000_000_000, 2)})
    assert meter.usage_of("a") == first
    meter.take({"a": Reading(2.0 + LONGEST_SECONDS, 1_000_000_000, 2)})
    assert meter.usage_of("a") is None


def test_statistics_of_a_container_that_does_not_run_are_none():
    assert usage_of_stats({"read": "0001-01-01T00:00:00Z", "memory_stats": {}}) is None
