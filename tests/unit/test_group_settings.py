"""Local Auto Scaling groups in config.toml, and what a plane makes of them."""

from pathlib import Path

import pytest

from ecstui.base.errors import SettingsError
from ecstui.control.group_registration import register_groups
from ecstui.control.setup import Setup
from ecstui.model.cluster import PlaneRecord
from ecstui.plan.group_setting import GroupSetting
from ecstui.settings import Settings, load_settings
from ecstui.store.kinds import AUTO_SCALING_GROUPS, CLUSTERS, PLANES
from tests.factories import NAMES, NOW, ids
from tests.support.desk import Desk

PLAIN = "[[auto_scaling_groups]]\nname = 'pool'\ncpu_units = 1024\nmemory_mib = 2048\n"
FULL = """
[fargate]
capacity = "host"
[[auto_scaling_groups]]
name = "pool"
min = 1
max = 4
desired = 2
cpu_units = 1024
memory_mib = 2048
zones = ["a", "b"]
boot_delay_seconds = 0.5
cluster = "shop"
"""


def loaded(home: Path, text: str) -> Settings:
    file = home / ".config" / "ecstui" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    return load_settings({"HOME": str(home)})


def test_a_group_has_its_members(tmp_path: Path) -> None:
    settings = loaded(tmp_path, FULL)
    wanted = GroupSetting("pool", 1, 4, 2, 1024, 2048, ("a", "b"), 0.5, "shop")
    assert settings.auto_scaling_groups == (wanted,)
    assert settings.fargate_capacity == "host"


def test_what_is_not_said_has_defaults(tmp_path: Path) -> None:
    settings = loaded(tmp_path, PLAIN)
    assert settings.auto_scaling_groups == (GroupSetting("pool", 0, 10, 0, 1024, 2048),)
    assert settings.fargate_capacity == "unlimited"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("auto_scaling_groups = 3", "must be written as"),
        (PLAIN + PLAIN, "two groups are named pool"),
        (PLAIN + "size = 3", "has no member size"),
        (PLAIN + "min = 5\nmax = 4", "needs max, a whole number from 5"),
        (PLAIN + "desired = 11", "needs desired, a whole number from 0 to 10"),
        (PLAIN + "boot_delay_seconds = -1", "boot_delay_seconds from 0"),
        (PLAIN + "zones = 'a'", "zones, a list of names"),
        (PLAIN.replace("'pool'", "'a b'"), "needs a name"),
        (PLAIN.replace("1024", "true"), "needs cpu_units"),
        ("[fargate]\ncapacity = 'much'", "unlimited or host"),
    ],
)
def test_a_group_that_cannot_be_meant_is_told(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words.replace("[", r"\[")):
        loaded(tmp_path, text)


def started(desk: Desk, *groups: GroupSetting, limited: bool = False) -> None:
    setup = Setup(
        owner="me",
        namespace=NAMES,
        ids=ids("setup"),
        auto_scaling_groups=groups,
        is_fargate_limited=limited,
    )
    desk.store.update(lambda tx: register_groups(tx, setup, NOW))


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.put(
        PlaneRecord(
            owner="me",
            pace="local",
            is_simulation=True,
            version="",
            started_at=NOW,
            region="us-east-1",
            account="0",
            process_id=1,
        )
    )
    return desk


def test_a_plane_keeps_the_desired_capacity_within_new_bounds(desk: Desk) -> None:
    started(desk, GroupSetting("pool", 0, 10, 0, 1024, 2048, cluster="shop"), limited=True)
    group = desk.store.get(AUTO_SCALING_GROUPS, "pool")
    plane = desk.store.get(PLANES, "plane")
    assert group is not None
    assert plane is not None
    assert plane.is_fargate_limited
    assert desk.store.get(CLUSTERS, "shop") is not None
    desk.put(group.with_(desired_capacity=7))
    started(desk, GroupSetting("pool", 1, 5, 1, 1024, 2048, cluster="shop"))
    again = desk.store.get(AUTO_SCALING_GROUPS, "pool")
    assert again is not None
    assert (again.min_size, again.max_size, again.desired_capacity) == (1, 5, 5)
    assert again.auto_scaling_group_arn == group.auto_scaling_group_arn


def test_a_group_that_is_named_no_more_shrinks_to_nothing(desk: Desk) -> None:
    started(desk, GroupSetting("pool", 1, 5, 2, 1024, 2048))
    started(desk)
    group = desk.store.get(AUTO_SCALING_GROUPS, "pool")
    assert group is not None
    assert (group.max_size, group.desired_capacity, group.is_from_settings) == (0, 0, False)
