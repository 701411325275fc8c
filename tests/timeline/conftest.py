"""A town for each story."""

from collections.abc import AsyncIterator

import pytest

from ecstui.engine.behaviour import Behaviour
from tests.support.town import Town


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    """An open town of three instances whose web image starts in 0.5 s and stops in 1.5 s."""
    town = Town()
    plain = Behaviour(
        pull_seconds=0.0, create_seconds=0.0, start_seconds=0.5, stops_after_seconds=1.5
    )
    town.image("town/web", plain)
    await town.open()
    yield town
    await town.close()
