from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from ecstui.ui.ansi import to_plain, to_segments, to_spans

RED = Style.parse("color(1)")


def test_colours_are_kept_as_styles():
    assert to_spans("a\x1b[31mb\x1b[0mc") == [("a", Style.null()), ("b", RED), ("c", Style.null())]


def test_extended_colours_and_attributes_add_up():
    ((text, style),) = to_spans("\x1b[1;38;5;208;48;2;1;2;3mx\x1b[m")
    assert text == "x"
    assert style == Style.parse("bold color(208) on #010203")


def test_a_colour_that_is_cut_short_is_left_out():
    assert to_spans("\x1b[38;5mx") == [("x", Style.null())]


def test_a_colour_of_more_digits_than_python_reads_is_no_colour():
    assert to_spans(f"\x1b[{'9' * 5000}mx") == [("x", Style.null())]


def test_everything_but_colours_is_removed():
    hostile = "a\x1b[2J\x1b[10;10Hb\x1b]8;;http://x\x1b\\c\x1bP+q\x1b\\d\x07\x08e\x9bf\x1b"
    assert "".join(text for text, _ in to_spans(hostile)) == "abcdef"


def test_segments_lie_over_the_base_style():
    (segment,) = to_segments("\x1b[31mx", Style.parse("bold"))
    assert segment.style == Style.parse("bold color(1)")


@given(st.text(alphabet=st.sampled_from("\x1b[]mP;:0159?\\\x07\x9b\tab \n\x00é…"), max_size=40))
def test_no_control_character_ever_gets_through(text):
    drawn = "".join(run for run, _ in to_spans(text))
    assert all(ord(char) >= 32 and not 127 <= ord(char) < 160 for char in drawn)
    assert "\x1b" not in to_plain(text)
