import pytest

from ecstui.ui.flashes import Flashes


def test_a_cell_is_lit_for_a_while():
    flashes: Flashes[str] = Flashes(0.5)
    flashes.light("api", "count", 10.0)
    flashes.light("api", "state", 10.2)
    assert flashes.columns_of("api") == {"count", "state"}
    assert flashes.wait(10.1) == pytest.approx(0.4)
    assert flashes.put_out(10.5) == [("api", "count")]
    assert flashes.columns_of("api") == {"state"}
    assert flashes.put_out(11.0) == [("api", "state")]
    assert flashes.wait(11.0) is None


def test_a_second_change_lights_it_anew():
    flashes: Flashes[str] = Flashes(0.5)
    flashes.light("api", "count", 10.0)
    flashes.light("api", "count", 10.4)
    assert flashes.put_out(10.5) == []
    assert flashes.columns_of("web") == set()
