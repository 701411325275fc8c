from hypothesis import given
from hypothesis import strategies as st

from ecstui.ui.logstore import (
    CHUNK_LINES,
    LINE_COST_BYTES,
    MAX_LINE_CHARACTERS,
    OWN_SOURCE,
    Incoming,
    LogStore,
)


def batch(*times: float, prefix: str = "l") -> list[Incoming]:
    return [Incoming(at, f"{prefix}{at:g}") for at in times]


def texts(store: LogStore) -> list[str]:
    return [text for chunk in store.chunks for text in chunk.text]


def test_lines_of_many_sources_are_merged_by_time():
    store = LogStore()
    one, other = store.source("one"), store.source("other")
    store.extend(one, batch(1, 3, 5, prefix="a"))
    store.extend(other, batch(2, 4, 6, prefix="b"))
    assert texts(store) == ["a1", "b2", "a3", "b4", "a5", "b6"]
    assert [store.chunks[0].line(i).source for i in range(2)] == [one, other]
    assert store.source("one") == one


def test_lines_of_one_moment_stay_as_they_arrived():
    store = LogStore()
    for name in ("a", "b", "c"):
        store.extend(store.source(name), [Incoming(7.0, name)])
    assert texts(store) == ["a", "b", "c"]


def test_a_late_backlog_finds_its_place_across_chunks():
    store = LogStore()
    store.extend(store.source("a"), batch(*range(0, 6000, 2)))
    store.extend(store.source("b"), batch(*range(1, 6000, 2)))
    assert texts(store) == [f"l{n}" for n in range(6000)]
    assert all(len(chunk) <= CHUNK_LINES for chunk in store.chunks)
    assert len(store) == 6000


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.lists(st.integers(0, 20), max_size=8)),
        max_size=30,
    )
)
def test_any_order_of_arrival_gives_the_order_of_time(arrivals):
    store = LogStore()
    for source, times in arrivals:
        store.extend(store.source(f"s{source}"), batch(*sorted(times)))
    positions = [chunk.line(i).position for chunk in store.chunks for i in range(len(chunk))]
    assert positions == sorted(positions)
    assert len(positions) == len(store) == sum(len(times) for _, times in arrivals)
    assert store.bytes == sum(chunk.cost for chunk in store.chunks)


def test_a_batch_that_is_out_of_order_itself_is_sorted():
    store = LogStore()
    store.extend(store.source("a"), batch(3, 1, 2))
    assert texts(store) == ["l1", "l2", "l3"]


def test_the_oldest_go_and_are_counted():
    store = LogStore(max_bytes=3 * CHUNK_LINES * (LINE_COST_BYTES + 10))
    source = store.source("a")
    for start in range(0, 20_000, 500):
        store.extend(source, [Incoming(n, "x" * 10) for n in range(start, start + 500)])
    assert store.bytes <= store.max_bytes
    assert store.dropped_count > 0
    assert len(store) + store.dropped_count == 20_000
    assert store.received_count(source) == 20_000


def test_while_a_reader_has_paused_twice_as_much_is_kept():
    store = LogStore(max_bytes=2 * CHUNK_LINES * (LINE_COST_BYTES + 1))
    source = store.source("a")
    store.held = True
    store.extend(source, [Incoming(n, "x") for n in range(4 * CHUNK_LINES)])
    assert store.dropped_count == 0
    store.held = False
    store.extend(source, [Incoming(99_999, "x")])
    assert store.dropped_count > 0


def test_a_line_without_end_is_cut():
    store = LogStore()
    store.extend(store.source("a"), [Incoming(1.0, "x" * 10**6)])
    text = texts(store)[0]
    assert text == "x" * MAX_LINE_CHARACTERS + " … 983 616 more characters were cut"


def test_the_program_adds_its_own_lines():
    store = LogStore()
    store.note(1.0, "mark")
    assert store.chunks[0].line(0).source == OWN_SOURCE


def test_cleared_is_empty_and_not_dropped():
    store = LogStore()
    store.extend(store.source("a"), batch(1, 2))
    store.clear()
    assert (len(store), store.bytes, store.dropped_count) == (0, 0, 0)
    store.extend(store.source("a"), batch(1))
    assert texts(store) == ["l1"]


def test_what_an_earlier_reading_dropped_is_forgotten_with_it():
    store = LogStore(max_bytes=10_000)
    store.extend(store.source("a"), batch(*range(20_000)))
    assert store.dropped_count > 0
    store.clear()
    assert store.dropped_count == 0


def test_packed_chunks_read_the_same_and_take_late_lines():
    store = LogStore()
    source = store.source("a")
    count = 20 * CHUNK_LINES
    for start in range(0, count, 512):
        store.extend(
            source, [Incoming(n, f"l{n} \ud800é\u05d0") for n in range(start, start + 512)]
        )
    assert sum(chunk.is_packed for chunk in store.chunks) > 10
    assert store.bytes == sum(chunk.cost for chunk in store.chunks)
    assert store.bytes < count * LINE_COST_BYTES
    store.extend(store.source("b"), [Incoming(100.5, "late\nline")])
    expected = [f"l{n} \ud800é\u05d0" for n in range(count)]
    expected.insert(101, "late line")
    assert texts(store) == expected
    assert store.bytes == sum(chunk.cost for chunk in store.chunks)


def test_many_late_lines_leave_no_small_chunks():
    store = LogStore()
    store.extend(store.source("a"), batch(*range(8 * CHUNK_LINES)))
    other = store.source("b")
    for n in range(0, 8 * CHUNK_LINES, 16):
        store.extend(other, [Incoming(n + 0.5, "late")])
    assert min(map(len, store.chunks[:-1])) >= CHUNK_LINES // 2


def test_what_goes_while_it_is_still_loose_is_not_counted_twice():
    store = LogStore(max_bytes=1)
    source = store.source("a")
    for start in range(0, 30 * CHUNK_LINES, 100):
        store.extend(source, [Incoming(n, "x") for n in range(start, start + 100)])
    assert len(store.chunks) == 1
    assert store.bytes == store.chunks[0].cost
    assert len(store) + store.dropped_count == store.received_count(source)
