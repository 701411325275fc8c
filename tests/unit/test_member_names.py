"""Names on the wire that no rule gives: as ECS spells them (API reference, service model)."""

import pytest

from ecstui.model.shape import Shape
from ecstui.model.task import NetworkBinding, NetworkInterface
from ecstui.model.task_definition import EphemeralStorage, Volume


@pytest.mark.parametrize(
    ("shape", "attribute", "name"),
    [
        (NetworkBinding, "bind_ip", "bindIP"),
        (NetworkInterface, "private_ipv4_address", "privateIpv4Address"),
        (EphemeralStorage, "size_in_gib", "sizeInGiB"),
        (Volume, "efs_volume_configuration", "efsVolumeConfiguration"),
        (
            Volume,
            "fsx_windows_file_server_volume_configuration",
            "fsxWindowsFileServerVolumeConfiguration",
        ),
    ],
)
def test_irregular_names_are_spelt_as_ecs_does(shape: type[Shape], attribute: str, name: str):
    assert shape.model_fields[attribute].alias == name
