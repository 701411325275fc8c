"""Which engine the tests run on, and that it is cleaned up after."""

import pytest

from tests.docker_engine.choice import GivenEngine, NoEngine, PrivateEngine, choose, is_required


def test_root_gets_a_private_engine_whatever_docker_host_says():
    choice = choose({"DOCKER_HOST": "unix:///run/docker.sock"}, is_root=True, is_linux=True)
    assert choice == PrivateEngine()


def test_a_persons_engine_is_used_only_when_asked_for():
    assert isinstance(choose({}, is_root=False, is_linux=True), NoEngine)
    asked = choose({"ECSTUI_TEST_DOCKER": "1"}, is_root=False, is_linux=True)
    assert asked == GivenEngine()


def test_there_is_no_private_engine_outside_linux():
    assert isinstance(choose({}, is_root=True, is_linux=False), NoEngine)


def test_docker_can_be_switched_off():
    off = choose({"ECSTUI_TEST_DOCKER": "0"}, is_root=True, is_linux=True)
    assert isinstance(off, NoEngine)


@pytest.mark.parametrize(("value", "required"), [("1", True), ("0", False), ("", False)])
def test_a_missing_engine_is_a_failure_when_docker_is_required(value, required):
    assert is_required({"ECSTUI_REQUIRE_DOCKER": value}) is required
