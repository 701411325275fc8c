"""Lines of logs in files: kept over a kill, within their bounds."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ecstui.control.log_cursor import LogCursor
from ecstui.model.logs import LogLine
from ecstui.store.log_store import LogLimits, LogStore, StreamName

WEB = StreamName("/ecs/web", "app/web/1")
NOW = 1_800_000_000.0


def opened(root: Path, limits: LogLimits | None = None) -> LogStore:
    store = LogStore(root / "logs", limits)
    store.load()
    return store


def lines(count: int, *, at: float = NOW, text: str = "hello") -> list[LogLine]:
    return [LogLine(at + number, "stdout", f"{text} {number}") for number in range(count)]


def texts(store: LogStore, name: StreamName = WEB) -> list[str]:
    return [stored.line.text for piece in store.pieces(name) for stored in piece]


def test_what_was_written_is_there_after_a_kill(tmp_path: Path):
    store = opened(tmp_path)
    store.append(WEB, lines(3), NOW)
    store.keep_days("/ecs/web", 7, NOW)
    again = opened(tmp_path)
    assert texts(again) == ["hello 0", "hello 1", "hello 2"]
    assert [(g.name, g.retention_days, g.created_at) for g in again.groups()] == [
        ("/ecs/web", 7, NOW)
    ]
    assert again.size == store.size > 0


def test_a_torn_line_is_as_if_it_was_never_written(tmp_path: Path):
    opened(tmp_path).append(WEB, lines(2), NOW)
    (path,) = tmp_path.rglob("*.log")
    path.write_bytes(path.read_bytes()[:-4])
    store = opened(tmp_path)
    assert texts(store) == ["hello 0"]
    store.append(WEB, lines(1, at=NOW + 9, text="next"), NOW)
    assert texts(opened(tmp_path)) == ["hello 0", "next 0"]


def test_a_file_of_nothing_whole_is_removed(tmp_path: Path):
    opened(tmp_path).append(WEB, lines(1), NOW)
    (path,) = tmp_path.rglob("*.log")
    path.write_bytes(b"[1.0,")
    assert texts(opened(tmp_path)) == []
    assert not path.exists()


def test_files_are_nobody_elses(tmp_path: Path):
    opened(tmp_path).append(WEB, lines(1), NOW)
    assert {p.stat().st_mode & 0o77 for p in (tmp_path / "logs").rglob("*") if p.is_dir()} == {0}
    assert {p.stat().st_mode & 0o77 for p in tmp_path.rglob("*.log")} == {0}


def test_a_stream_is_bounded_and_loses_its_oldest_lines(tmp_path: Path):
    store = opened(tmp_path, LogLimits(stream_bytes=4_000, segment_bytes=1_000))
    for number in range(200):
        store.append(WEB, lines(1, at=NOW + number, text=f"{number}"), NOW)
    assert 2_000 < store.size <= 4_000
    assert texts(store)[-1] == "199 0"
    assert texts(opened(tmp_path)) == texts(store)


def test_all_together_are_bounded_and_the_oldest_goes_first(tmp_path: Path):
    store = opened(tmp_path, LogLimits(all_bytes=10_000, segment_bytes=1_000))
    for number in range(100):
        for name in "ab":
            store.append(StreamName("g", name), lines(2, at=NOW + number), NOW + number)
    store.open.add(StreamName("g", "a"))
    assert store.size <= 10_000
    assert store.size == sum(p.stat().st_size for p in tmp_path.rglob("*.log"))
    assert texts(store, StreamName("g", "b"))


def test_retention_removes_what_is_too_old_and_streams_that_are_empty(tmp_path: Path):
    store = opened(tmp_path)
    store.append(WEB, lines(2), NOW)
    store.append(StreamName("/ecs/web", "young"), lines(2, at=NOW + 86_400), NOW)
    store.keep_days("/ecs/web", 1, NOW + 86_410)
    assert texts(store) == []
    (group,) = store.groups()
    assert list(group.streams) == ["young"]


def test_the_end_of_a_stream_that_is_written_stays(tmp_path: Path):
    store = opened(tmp_path)
    store.open.add(WEB)
    store.append(WEB, lines(2), NOW)
    store.keep_days("/ecs/web", 1, NOW + 10 * 86_400)
    assert store.recent(WEB, 0.5) == lines(2)[1:]


def test_what_was_deleted_does_not_come_back(tmp_path: Path):
    store = opened(tmp_path)
    store.append(WEB, lines(2), NOW)
    store.delete_group("/ecs/web", NOW + 5)
    assert (store.groups(), store.size) == ([], 0)
    again = opened(tmp_path)
    again.append(WEB, lines(7), NOW + 6)
    assert texts(again) == ["hello 6"]


@given(
    gaps=st.lists(st.sampled_from([0.0, 0.0, 0.0001, 0.3, 2.0]), min_size=1, max_size=30),
    sides=st.lists(st.booleans(), min_size=30, max_size=30),
    kills=st.lists(st.integers(0, 12), max_size=6),
    size=st.integers(1, 5),
)
def test_whenever_it_is_killed_every_line_is_stored_once(
    tmp_path_factory, gaps, sides, kills, size
):
    """Each stream of a container is in order, both together need not be."""
    at, log = NOW, []
    for number, gap in enumerate(gaps):
        at += gap
        late = 0.05 if sides[number] else 0.0
        log.append(LogLine(at - late, "stderr" if sides[number] else "stdout", str(number)))
    root = tmp_path_factory.mktemp("kills")
    for most in [*kills, len(log)]:
        store = opened(root)
        cursor = LogCursor(store.recent(WEB, 0.5))
        since = cursor.window(follow=True).since
        told = [line for line in log if since is None or line.at >= since]
        written = 0
        for start in range(0, len(told), size):
            fresh = cursor.fresh(told[start : start + size])
            if written >= most:
                break
            if fresh:
                store.append(WEB, fresh, NOW)
                cursor.note(fresh)
                written += 1
    assert sorted(texts(opened(root)), key=int) == [line.text for line in log]
