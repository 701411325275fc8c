import pytest
from rich.cells import cell_len

from ecstui.ui import glyphs
from ecstui.ui.glyphs import sign_of, to_ascii, wants_ascii

SIGNS = [value for name, value in vars(glyphs).items() if name.isupper() and isinstance(value, str)]


@pytest.mark.parametrize("sign", [char for text in SIGNS for char in text])
def test_every_sign_is_one_cell_in_both_sets(sign):
    assert cell_len(sign) == 1
    twin = to_ascii(sign)
    assert twin.isascii()
    assert len(twin) == 1


def test_states_differ_by_shape_in_both_sets():
    states = ["RUNNING", "PENDING", "IN_PROGRESS", "STOPPING", "STOPPED", "FAILED", "HEALTHY", None]
    drawn = [sign_of(state).glyph for state in states]
    assert len(set(drawn)) == len(drawn)
    assert len({to_ascii(sign) for sign in drawn}) == len(drawn)


def test_a_word_that_is_not_known_gets_the_sign_for_not_known():
    assert sign_of("SOMETHING_NEW") == sign_of("UNKNOWN")


def test_frames_and_bars_become_ascii_and_letters_stay():
    assert to_ascii("╭─ é ─╮ ██░ ⠿") == "+- é -+ ##. *"


@pytest.mark.parametrize(
    ("environ", "ascii_only"),
    [({"TERM": "linux"}, True), ({"LANG": "C"}, True), ({"LANG": "C.UTF-8"}, False),
     ({"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}, True), ({"TERM": "xterm-256color"}, False)],
)  # fmt: skip
def test_terminals_that_cannot_show_signs_are_known(environ, ascii_only):
    assert wants_ascii(environ) is ascii_only
