"""Stills of the screens are for people to compare: `python -m tests.ui.stills`, then git's diff.

No test compares them: some screens are still being drawn when they are taken. What is tested here
is that each screen has one, and that no state is told by its colour alone.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from ecstui.store.tables import View
from ecstui.ui.columns import instances, services, tasks
from ecstui.ui.glyphs import to_ascii
from ecstui.ui.table import Column, Span
from tests.ui.stills import FOLDER, SCREENS, SIZES, path_of
from tests.ui.town import CLUSTER, NOW, a_town


def test_nothing_is_kept_of_screens_that_are_no_more():
    assert {path.name for path in FOLDER.iterdir()} == {
        path_of(name, size).name for size in SIZES for name in SCREENS
    }


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
