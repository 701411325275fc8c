"""The machine's clock: what happens to it must neither turn time back nor stop it."""

from ecstui.base.clock import SystemClock


class Machine:
    """A wall clock that somebody sets, and a clock that only counts."""

    def __init__(self) -> None:
        self.wall = 1_000.0
        self.counted = 5.0
        self.clock = SystemClock(lambda: self.wall, lambda: self.counted)

    def pass_time(self, seconds: float) -> None:
        self.wall += seconds
        self.counted += seconds


def test_it_is_the_wall_clock():
    machine = Machine()
    assert machine.clock.now() == 1_000
    machine.pass_time(7)
    assert machine.clock.now() == 1_007


def test_set_back_it_goes_on_without_going_back():
    machine = Machine()
    machine.pass_time(10)
    machine.clock.now()
    machine.wall -= 3_600
    assert machine.clock.now() == 1_010
    machine.pass_time(5)
    assert machine.clock.now() == 1_015


def test_set_forward_it_follows():
    machine = Machine()
    machine.clock.now()
    machine.wall += 3_600
    assert machine.clock.now() == 4_600


def test_set_right_again_it_joins_the_wall_clock():
    machine = Machine()
    machine.clock.now()
    machine.wall -= 100
    machine.pass_time(30)
    assert machine.clock.now() == 1_030
    machine.wall += 100
    assert machine.clock.now() == 1_030
    machine.pass_time(1)
    assert machine.clock.now() == 1_031


def test_it_begins_where_the_records_end():
    machine = Machine()
    machine.clock.not_before(1_500.0)
    assert machine.clock.now() == 1_500
    machine.pass_time(2)
    assert machine.clock.now() == 1_502
    machine.clock.not_before(1_400.0)
    assert machine.clock.now() == 1_502
