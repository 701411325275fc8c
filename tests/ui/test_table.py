from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ecstui.ui.table import Column, Span, TableModel, lay_out, plain


@dataclass(frozen=True)
class Row:
    name: str
    count: int | None = 0
    bad: bool = False


NAME = Column[Row]("name", "NAME", lambda row, _: row.name, 10, 4, grow=2, priority=0, name=True)
COUNT = Column[Row](
    "count", "N", lambda row, _: str(row.count), 5, right=True, priority=2,
    sort=lambda row: row.count, descending=True,
)  # fmt: skip
NOTE = Column[Row]("note", "NOTE", lambda row, _: (Span("x", "muted"), Span("y")), 8, 4, grow=1)


def model(*rows: Row) -> TableModel[str, Row]:
    made: TableModel[str, Row] = TableModel((NAME, COUNT))
    for row in rows:
        made.put(row.name, row)
    made.rebuild()
    return made


def test_rows_stand_in_the_order_in_which_they_came():
    made = model(Row("b"), Row("a"))
    made.put("b", Row("b", 5))
    assert not made.is_stale
    assert made.order == ["b", "a"]


def test_numbers_sort_as_numbers_and_unknown_ones_stand_last():
    made = model(Row("a", 9), Row("b", None), Row("c", 100), Row("d", 10))
    made.sort_by("count")
    made.rebuild()
    assert made.order == ["c", "d", "a", "b"]
    made.sort_by("count")
    made.rebuild()
    assert made.order == ["a", "d", "c", "b"]


def test_without_a_sort_key_the_cells_text_sorts():
    made = model(Row("beta"), Row("Alpha"))
    made.sort_by("name")
    made.rebuild()
    assert made.order == ["Alpha", "beta"]


def test_equal_rows_keep_their_order_in_both_directions():
    made = model(Row("a", 1), Row("b", 1), Row("c", 1))
    for _ in range(2):
        made.sort_by("count")
        made.rebuild()
        assert made.order == ["a", "b", "c"]


def test_only_a_change_that_moves_rows_makes_the_order_stale():
    made = model(Row("a", 1), Row("b", 2))
    made.sort_by("count")
    made.rebuild()
    made.put("a", Row("a", 1, bad=True))
    assert not made.is_stale
    made.put("a", Row("a", 3))
    assert made.is_stale


def test_a_filter_wants_every_word_and_none_of_those_after_a_bang():
    made = model(Row("api-green"), Row("api-blue"), Row("web"))
    for text, shown in [
        ("API", ["api-green", "api-blue"]),
        ("api !blue", ["api-green"]),
        ("!", []),
    ]:
        made.set_filter(text)
        made.rebuild()
        assert made.order == shown


def test_a_row_enters_and_leaves_the_filter_as_it_changes():
    made = model(Row("a"), Row("b", bad=True))
    made.set_keep(lambda row: row.bad)
    made.rebuild()
    assert made.order == ["b"]
    made.put("a", Row("a", bad=True))
    assert made.is_stale
    made.rebuild()
    assert made.order == ["a", "b"]


def test_resync_touches_only_what_differs():
    made = model(Row("a"), Row("b"), Row("c"))
    made.changed.clear()
    made.resync({"a": Row("a"), "b": Row("b", 7), "d": Row("d")})
    made.rebuild()
    assert made.changed == {"b", "d"}
    assert made.order == ["a", "b", "d"]


def test_a_dropped_row_takes_its_mark_along():
    made = model(Row("a"), Row("b"))
    made.marks = {"a", "b"}
    made.drop("a")
    made.drop("never was")
    made.rebuild()
    assert made.marked() == ["b"]


def test_marks_outside_the_filter_count_too():
    made = model(Row("a"), Row("b"))
    made.marks = {"a", "b"}
    made.set_filter("b")
    made.rebuild()
    assert made.marked() == ["b", "a"]


def test_columns_go_by_priority_when_it_is_narrow():
    columns = [NAME, COUNT, NOTE]
    assert [slot.column.key for slot in lay_out(columns, 40)] == ["name", "count", "note"]
    assert [slot.column.key for slot in lay_out(columns, 14)] == ["name", "note"]
    assert [slot.column.key for slot in lay_out(columns, 5)] == ["name"]
    assert [slot.column.key for slot in lay_out(columns, 1)] == ["name"]


def test_what_is_left_over_is_shared_by_the_columns_that_grow():
    name, count, note = lay_out([NAME, COUNT, NOTE], 40, x=3, gap=1)
    assert (name.width, count.width, note.width) == (20, 5, 13)
    assert (name.x, count.x, note.x) == (3, 24, 30)


@given(st.integers(0, 200), st.integers(1, 3))
def test_columns_never_overlap_and_fill_the_width(width, gap):
    slots = lay_out([NAME, COUNT, NOTE], width, gap=gap)
    for left, right in pairwise(slots):
        assert right.x == left.x + left.width + gap
    if width >= NAME.least:
        assert slots[-1].x + slots[-1].width == width


def test_plain_text_of_a_cell():
    assert plain("a") == "a"
    assert plain((Span("x", "muted"), Span("y"))) == "xy"
