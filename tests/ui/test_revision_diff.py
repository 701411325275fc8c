import pytest

from ecstui.ui.revision_diff import compare, side_by_side, summary, unified
from ecstui.ui.spans import line_text, line_width

OLD = "\n".join(f"line {n}" for n in range(1, 31))
NEW = OLD.replace("line 5\n", "line five\n").replace("line 20\n", "").replace(
    "line 25\n", "line 25\nline 25a\n"
)  # fmt: skip


def texts(lines):
    return [line_text(one).rstrip() for one in lines]


def test_differences_are_counted_and_equal_lines_folded():
    found = compare(OLD, NEW)
    assert (found.changed, found.removed, found.added) == (1, 1, 1)
    assert line_text(summary(found)) == "~1 +1 −1"
    assert len(found.hunks) == 3
    assert [row.folded for row in found.rows if row.kind == "fold"] == [8, 2]
    whole = compare(OLD, NEW, is_folded=False)
    assert not any(row.kind == "fold" for row in whole.rows)


def test_unified_shows_old_before_new_with_their_numbers():
    lines, starts = unified(compare(OLD, NEW), 60)
    shown = texts(lines)
    assert shown[starts[0]] == "   5 − line 5"
    assert shown[starts[0] + 1] == "   5 + line five"
    assert shown[starts[1]] == "  20 − line 20"
    assert shown[starts[2]] == "  25 + line 25a"
    assert "  … 8 equal lines" in shown


@pytest.mark.parametrize("width", [60, 81, 120])
def test_sides_stand_beside_each_other_in_rows_of_one_width(width):
    found = compare(OLD, NEW)
    lines = side_by_side(found, width)
    assert {line_width(one) for one in lines} == {width}
    row = texts(lines)[found.hunks[0]]
    assert row.split("│")[0].strip() == "5 − line 5"
    assert row.split("│")[1].strip() == "5 + line five"
    gone = texts(lines)[found.hunks[1]]
    assert gone.split("│")[1].strip() == ""


def test_what_differs_within_a_line_stands_out():
    lines, starts = unified(compare("image:1.41.0", "image:1.42.0"), 60)
    bold = [span.text for span in lines[starts[0]] if "bold" in span.role]
    assert bold == ["1"]


@pytest.mark.parametrize(("old", "new"), [("a", "a"), ("", "")])
def test_the_same_is_the_same(old, new):
    assert compare(old, new).is_same


def test_control_characters_do_not_reach_the_screen():
    lines, _ = unified(compare("a", "\x1b[31mb"), 60)
    assert "\x1b" not in "".join(texts(lines))


def test_far_too_long_texts_are_compared_in_part():
    found = compare("\n".join("a" * 9000), "\n".join("b" * 9000))
    assert len(found.rows) == 3000
