"""The collector leaves alone what is there when it is told so."""

import gc
from collections.abc import Iterator

import pytest

from ecstui.base.garbage import spare_long_lived


@pytest.fixture(autouse=True)
def collector_as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_what_is_there_is_not_looked_at_again():
    record = [object()]
    spare_long_lived()
    assert not any(found is record for found in gc.get_objects())
    assert gc.isenabled()


def test_what_comes_later_is_still_collected():
    spare_long_lived()
    cycle: list[object] = []
    cycle.append(cycle)
    assert any(found is cycle for found in gc.get_objects())
    del cycle
    assert gc.collect() > 0
