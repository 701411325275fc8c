from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecstui.ui.text import (
    age,
    clean,
    clock,
    cut_end,
    cut_middle,
    duration,
    number,
    pad,
    plural,
    short_number,
    size,
    width_of,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (-3, "0s"), (0, "0s"), (59.9, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h"),
     (86_399, "23h"), (86_400, "1d"), (9 * 86_400, "9d")],
)  # fmt: skip
def test_an_age_is_told_in_its_largest_unit(seconds, text):
    assert age(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (0.84, "0.8s"), (9, "9s"), (134, "2m14s"), (3900, "1h05m"), (273_600, "3d04h")],
)
def test_a_duration_is_told_in_two_units(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(512, "512 B"), (1536, "1.5 KiB"), (268_435_456, "256 MiB"), (0, "0 B"),
                        (5 * 1024**4, "5.0 TiB")]
)  # fmt: skip
def test_sizes_are_binary(count, text):
    assert size(count) == text


def test_counts():
    assert number(1204) == "1 204"
    assert [short_number(n) for n in (812, 2100, 48_000, 1_200_000)] == [
        "812",
        "2.1k",
        "48k",
        "1.2M",
    ]
    assert plural(1, "task") == "1 task"
    assert plural(2, "policy", "policies") == "2 policies"


def test_the_clock_is_read_in_the_zone_asked_for():
    assert clock(1_700_000_000.25, UTC) == "22:13:20"
    assert clock(1_700_000_000.25, timezone(timedelta(hours=1)), millis=True) == "23:13:20.250"
    assert clock(None) == "–"


def test_the_ends_of_a_long_name_stay():
    assert cut_middle("checkout-eu-central-1-green", 18) == "checkout-e…1-green"
    assert cut_middle("short", 18) == "short"
    assert cut_end("checkout-eu", 6) == "check…"


@given(st.text(max_size=60), st.integers(0, 40))
def test_what_is_cut_fits(text, width):
    text = clean(text)
    assert width_of(cut_middle(text, width)) <= width
    assert width_of(cut_end(text, width)) <= width
    assert width_of(pad(text, width)) == width


@given(st.text(max_size=80))
def test_clean_text_cannot_steer_the_terminal(text):
    assert all(ord(char) >= 32 and not 127 <= ord(char) < 160 for char in clean(text))


def test_escape_sequences_go_as_a_whole():
    assert clean("\x1b[2J\x1b[31mweb\x1b[0m\x1b]0;title\x07-1\nx\t\u202ey") == "web-1 x y"
