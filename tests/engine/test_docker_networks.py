"""The address of this machine in Docker's bridge, from what Docker says of the network."""

import pytest

from ecstui.engine.docker_networks import gateway_in


@pytest.mark.parametrize(
    ("config", "gateway"),
    [
        ({"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.9"}, "172.17.0.9"),
        ({"Subnet": "172.17.0.0/16"}, "172.17.0.1"),
        ({"Subnet": "fd00::/64"}, ""),
        ({}, ""),
    ],
)
def test_an_engine_that_has_just_made_its_bridge_names_the_subnet_alone(config, gateway):
    assert gateway_in(config) == gateway
