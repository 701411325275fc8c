import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecstui.ui.log_json import one_line
from ecstui.ui.log_levels import level_of, level_span
from ecstui.ui.log_search import Finder, LineIndex, Sieve
from ecstui.ui.logstore import CHUNK_LINES, Incoming, LogStore, Position


def filled(count: int, **options) -> LogStore:
    store = LogStore(**options)
    store.extend(store.source("a"), [Incoming(n, f"line {n}") for n in range(count)])
    return store


def test_without_a_test_every_line_counts():
    index = LineIndex(filled(3000))
    index.refresh()
    assert len(index) == 3000
    assert index.line(2500).text == "line 2500"
    with pytest.raises(IndexError):
        index.line(3000)


def test_lines_that_pass_keep_their_order():
    index = LineIndex(filled(3000), lambda _, text: text.endswith("7"))
    index.refresh()
    assert len(index) == 300
    assert index.line(299).text == "line 2997"


def test_a_row_is_found_again_by_its_position():
    store = filled(3000)
    index = LineIndex(store, lambda _, text: text.endswith("7"))
    index.refresh()
    position = index.line(123).position
    assert index.row_of(position) == 123
    store.extend(store.source("b"), [Incoming(-1.0, "early 7")])
    index.refresh()
    assert index.row_of(position) == 124
    assert index.row_of(Position(1e9, 0)) == len(index)


@given(st.lists(st.integers(0, 9), max_size=60), st.integers(0, 10))
def test_the_row_of_a_moment_is_that_of_the_first_line_not_before_it(times, moment):
    store = LogStore()
    for at in times:
        store.extend(store.source("a"), [Incoming(at, str(at))])
    index = LineIndex(store, lambda _, text: text != "5")
    index.refresh()
    before = [at for at in times if at < moment and at != 5]
    assert index.row_of(Position(moment, 0)) == len(before)


def test_a_big_store_is_searched_in_slices_from_the_end():
    index = LineIndex(filled(5 * CHUNK_LINES), lambda _, text: "4" in text)
    assert not index.refresh(max_chunks=2)
    assert index.line(len(index) - 1).text == f"line {5 * CHUNK_LINES - 6}"
    while not index.refresh(max_chunks=2):
        pass
    assert index.line(0).text == "line 4"


def test_only_chunks_that_changed_are_looked_at_again():
    store = filled(5 * CHUNK_LINES)
    looked: list[str] = []

    def look(_: int, text: str) -> bool:
        looked.append(text)
        return True

    index = LineIndex(store, look)
    index.refresh()
    looked.clear()
    store.extend(store.source("a"), [Incoming(1e6, "new")])
    index.refresh()
    assert looked == ["new"]
    looked.clear()
    index.refresh()
    assert looked == []


def test_what_is_dropped_leaves_the_index():
    store = filled(3000)
    index = LineIndex(store, lambda *_: True)
    index.refresh()
    store.max_bytes = 1
    store.extend(store.source("a"), [Incoming(1e6, "new")])
    index.refresh()
    assert len(index) == len(store)


def test_small_letters_find_capitals_but_not_the_other_way():
    assert Finder("error").matches("An ERROR")
    assert not Finder("Error").matches("an error")
    assert Finder("a.c").matches("xa.cx")
    assert not Finder("a.c").matches("abc")


def test_a_regular_expression_finds_and_a_bad_one_is_refused():
    finder = Finder("pay.*502", regex=True)
    assert finder.spans("POST /pay 502 and pay") == [(6, 13)]
    with pytest.raises(ValueError, match="not a regular expression"):
        Finder("(", regex=True)


@pytest.mark.parametrize("wanted", ["a{4294967295}", "(" * 600 + ")" * 600])
def test_a_regular_expression_that_is_too_big_is_refused(wanted):
    with pytest.raises(ValueError, match="not a regular expression"):
        Finder(wanted, regex=True)


def test_a_level_of_more_digits_than_python_reads_stays_as_it_is():
    level = "9" * 5000
    assert one_line(f'{{"level": "{level}", "msg": "m"}}') == [(f"{level} ", ""), ("m", "")]


def test_colours_inside_a_word_do_not_hide_it():
    assert Finder("Refused").matches("connection Ref\x1b[31mused")


@pytest.mark.parametrize(
    ("text", "level"),
    [("14:03 ERROR boom", "error"), ("WARNING: old", "warn"), ('{"level":"error"}', "error"),
     ("level=debug x", "debug"), ("[info] up", "info"), ("GET /error 200", ""),
     ("Error: x", "error"), ("information", ""), ("x" * 200 + " ERROR", "")],
)  # fmt: skip
def test_levels_are_read_where_they_are_meant(text, level):
    assert level_of(text) == level


def test_the_level_word_is_located():
    assert level_span("a WARN b") == (2, 6, "warn")


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ('{"msg":"x","level":"warning"}', "warn"),
        ('{"severity": "CRITICAL"}', "error"),
        ('{"level":50,"msg":"pino"}', "error"),
        ('{"level":30}', "info"),
        ('{"level":"odd"}', ""),
        ('{"msg":"ERROR is only a word here"}', ""),
        ("\x1b[31mERROR\x1b[0m coloured", "error"),
    ],
)
def test_levels_are_read_in_json_and_under_colours(text, level):
    assert level_of(text) == level


@pytest.mark.parametrize(("context", "size"), [(0, 3), (1, 9), (5, 33)])
def test_context_goes_over_the_ends_of_chunks(context, size):
    store = filled(3 * CHUNK_LINES)
    wanted = {f"line {n}" for n in (CHUNK_LINES - 1, 2 * CHUNK_LINES, 500)}
    sieve = Sieve(test=lambda _, text: text in wanted, context=context)
    index = LineIndex(store, sieve=sieve)
    index.refresh()
    assert len(index) == size
    texts = {index.line(row).text for row in range(len(index))}
    for n in (CHUNK_LINES - 1, 2 * CHUNK_LINES, 500):
        assert {f"line {m}" for m in range(n - context, n + context + 1)} <= texts


def test_context_is_of_lines_that_are_shown():
    store = LogStore()
    a, b = store.source("a"), store.source("b")
    for n in range(30):
        store.extend(a if n % 2 else b, [Incoming(n, f"line {n}")])
    sieve = Sieve(frozenset({a}), test=lambda _, text: text == "line 10", context=1)
    index = LineIndex(store, sieve=sieve)
    index.refresh()
    assert [index.line(row).text for row in range(len(index))] == ["line 8", "line 10", "line 12"]


def test_a_search_may_be_stopped_after_each_chunk():
    index = LineIndex(filled(4 * CHUNK_LINES), lambda *_: True)
    assert not index.refresh(is_enough=lambda: True)
    assert len(index) == CHUNK_LINES
    assert index.refresh()
    assert len(index) == 4 * CHUNK_LINES
