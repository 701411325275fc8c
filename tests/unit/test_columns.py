"""Rows below each other in a terminal."""

from ecstui.commands.columns import columns_of


def test_cells_stand_below_each_other() -> None:
    assert columns_of([("NAME", "STATE"), ("a", "connected")]) == ["NAME  STATE", "a     connected"]


def test_wide_characters_take_the_cells_that_they_take() -> None:
    assert columns_of([("NAME", "X"), ("日本", "y")]) == ["NAME  X", "日本  y"]


def test_a_cell_cannot_steer_the_terminal() -> None:
    lines = columns_of([("NAME", "STATE"), ("\x1b[2Jevil", "away: \x1b]0;x\x07no\nroute\x9b1m")])
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
