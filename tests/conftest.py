"""Which loop a test runs on, and whether it may use Docker.

Keeps every test away from what the person who runs it has: their state directory and, unless they
asked for it, their Docker Engine.
"""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.docker_engine.api import EngineApi
from tests.docker_engine.choice import is_required
from tests.support.simloop import SimLoop

_ONE_ENGINE = pytest.mark.xdist_group("docker")

# No property holds only on a quick machine: an example that takes long is no failure. The suite
# draws the same examples each time; ECSTUI_EXPLORE=1 draws others.
settings.register_profile(
    "ecstui",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("ECSTUI_EXPLORE") != "1",
)
settings.load_profile("ecstui")


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Simulated time for the tests marked `sim`."""
    if item.get_closest_marker("sim"):
        return {"simulated": SimLoop}
    return {"real": asyncio.new_event_loop}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests that share the engine go first and to one worker: they take longest."""
    for item in items:
        if item.get_closest_marker("docker"):
            item.add_marker(_ONE_ENGINE)
    items.sort(key=lambda item: item.get_closest_marker("docker") is None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs Docker where nobody gave leave to use an engine."""
    if item.get_closest_marker("docker") and not is_required(os.environ):
        pytest.skip("needs a Docker Engine: ./tests/run starts one")


@pytest.fixture(scope="session")
def docker_host() -> str:
    """Address of the Docker Engine for the tests marked `docker`, known to answer."""
    address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    path = address.removeprefix("unix://")
    if path != address and not EngineApi(Path(path)).is_ready():
        pytest.fail(f"no Docker Engine answers at {address}")
    return address


@pytest.fixture(autouse=True, scope="session")
def _nothing_of_the_person_who_runs_this(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as environment:
        for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
            environment.setenv(name, str(home / name.lower()))
        environment.setenv("SSH_TTY", "none")  # no desktop either, whose browser would open
        for name in [name for name in os.environ if name.startswith("ECSTUI_")]:
            if name not in ("ECSTUI_REQUIRE_DOCKER", "ECSTUI_TEST_CACHE"):
                environment.delenv(name)
        yield home
