"""Every screen looks as it was kept: at two sizes, in colour, in the terminal's own, in none.

When a screen is meant to look otherwise: `python -m tests.ui.stills NAME`, then read the
difference that git shows.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from ecstui.store.tables import View
from ecstui.ui.columns import instances, services, tasks
from ecstui.ui.glyphs import to_ascii
from ecstui.ui.table import Column, Span
from tests.ui.still import Still, difference
from tests.ui.stills import FOLDER, SCENES, SIZES, path_of, still_of
from tests.ui.town import CLUSTER, NOW, a_town


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("name", SCENES)
def test_a_screen_looks_as_it_was_kept(name, size):
    kept = Still.read(path_of(name, size).read_text("utf-8"))
    changed = difference(kept, still_of(name, size))
    again = f"if it is meant to look so: python -m tests.ui.stills {name}, then read git diff"
    assert not changed, f"{name} {changed}\n{again}"


def test_nothing_is_kept_of_screens_that_are_no_more():
    assert {path.name for path in FOLDER.iterdir()} == {
        path_of(name, size).name for size in SIZES for name in SCENES
    }


PLAIN = Still(("ab", "cd"), {"ansi": (("red", "red"), ("red", "bold red"))})
CHANGES = {
    "a letter": Still(("ab", "cx"), PLAIN.looks),
    "a style": Still(PLAIN.lines, {"ansi": (("red", "red"), ("red", "blue"))}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_difference_names_the_cell(what):
    words = difference(PLAIN, CHANGES[what])
    assert words.startswith("differs in 1 cell, first in theme ansi, row 2, column 2\n")
    assert "kept 'd' in 'bold red'" in words


def test_a_still_that_was_kept_is_the_same():
    again = Still.read(PLAIN.text())
    assert again == PLAIN
    assert difference(again, PLAIN) == ""


def test_a_screen_of_another_size_differs():
    assert "no such cell" in difference(PLAIN, Still(("a",), {"ansi": (("red",),)}))


LISTS: dict[str, tuple[Sequence[Column[Any]], Callable[[View], Mapping[str, Any]]]] = {
    "services": (services.COLUMNS, lambda view: services.service_rows(view, CLUSTER)),
    "tasks": (tasks.COLUMNS, lambda view: tasks.task_rows(view, CLUSTER)),
    "instances": (instances.COLUMNS, lambda view: instances.instance_rows(view, CLUSTER)),
}


@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_state_is_told_by_its_letters_and_never_by_its_colour_alone(name):
    """Cells with the same text in ASCII mean the same, whatever their colours."""
    columns, rows_of = LISTS[name]
    rows = list(rows_of(a_town().store).values())
    for column in columns:
        looks: dict[str, set[tuple[str, ...]]] = {}
        for row in rows:
            cell = column.cell(row, NOW)
            spans = [Span(cell)] if isinstance(cell, str) else cell
            text = to_ascii("".join(span.text for span in spans))
            # A dash for no data is the same in any grey.
            roles = tuple(
                role for role in (span.role for span in spans)
                if role.startswith("status.") and role != "status.unknown"
            )  # fmt: skip
            looks.setdefault(text, set()).add(roles)
        told = {text: roles for text, roles in looks.items() if len(roles) > 1}
        assert not told, f"{name}, {column.title}"
