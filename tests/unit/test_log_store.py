"""Lines of logs in files: kept over a kill, within their bounds."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecstui.control.log_cursor import LogCursor
from ecstui.engine.docker_logs import LONGEST_LINE_BYTES
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


def no_room(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let every file of that name be one for which there is no room."""
    right = Path.write_text

    def write(path: Path, *arguments: Any, **options: Any) -> int:
        if path.name.startswith(name):
            path.touch()
            raise OSError(28, "No space left on device")
        return right(path, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", write)


def test_a_group_for_which_there_is_no_room_is_made_with_the_next_lines(tmp_path, monkeypatch):
    store = opened(tmp_path)
    for name in ("group", "stream"):
        with monkeypatch.context() as patch:
            no_room(patch, name)
            with pytest.raises(OSError, match="No space left"):
                store.append(WEB, lines(1), NOW)
    store.append(WEB, lines(2), NOW)
    assert texts(store) == texts(opened(tmp_path)) == ["hello 0", "hello 1"]
    assert store.size == opened(tmp_path).size


def test_lines_of_a_group_that_has_lost_its_name_are_told_of_and_come_back(tmp_path, caplog):
    store = opened(tmp_path)
    store.append(WEB, lines(2), NOW)
    store.append(StreamName(WEB.group, "other"), lines(1), NOW)
    (path,) = tmp_path.rglob("group.json")
    path.unlink()
    again = opened(tmp_path)
    assert (again.groups(), again.size) == ([], 0)
    assert str(path.parent) in caplog.text
    again.append(WEB, lines(1, at=NOW + 9, text="next"), NOW)
    for each in (again, opened(tmp_path)):
        assert texts(each) == ["hello 0", "hello 1", "next 0"]
        assert texts(each, StreamName(WEB.group, "other")) == ["hello 0"]
        assert each.size == sum(file.stat().st_size for file in tmp_path.rglob("*.log"))


def test_lines_of_a_stream_that_has_lost_its_name_are_not_overwritten(tmp_path):
    opened(tmp_path).append(WEB, lines(2), NOW)
    (path,) = tmp_path.rglob("stream.json")
    path.write_text("")
    store = opened(tmp_path)
    store.append(WEB, lines(1, at=NOW + 9, text="next"), NOW)
    for each in (store, opened(tmp_path)):
        assert texts(each) == ["hello 0", "hello 1", "next 0"]
        assert each.size == sum(file.stat().st_size for file in tmp_path.rglob("*.log"))


def test_what_could_not_be_removed_with_its_group_does_not_come_back(tmp_path, monkeypatch):
    store = opened(tmp_path)
    store.append(WEB, lines(2), NOW)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)
        store.delete_group(WEB.group, NOW + 5)
    store.append(WEB, lines(1, at=NOW + 9, text="next"), NOW + 9)
    assert texts(store) == texts(opened(tmp_path)) == ["next 0"]


@pytest.mark.parametrize("tail", [b"", b"[1.0,"])
def test_a_segment_that_ends_in_a_long_binary_line_stays(tmp_path, tail):
    store = opened(tmp_path)
    store.append(WEB, lines(1), NOW)
    long = LogLine(NOW + 1, "stdout", "\x01" * LONGEST_LINE_BYTES)
    store.append(WEB, [long], NOW)
    paths = sorted(tmp_path.rglob("*.log"))
    assert paths[-1].stat().st_size > 1_500_000
    paths[-1].write_bytes(paths[-1].read_bytes() + tail)
    assert texts(opened(tmp_path)) == ["hello 0", long.text]


def test_a_segment_with_a_spoilt_last_line_keeps_the_others(tmp_path):
    opened(tmp_path).append(WEB, lines(2), NOW)
    (path,) = tmp_path.rglob("*.log")
    path.write_bytes(path.read_bytes() + b"spoilt\n")
    store = opened(tmp_path)
    assert texts(store) == ["hello 0", "hello 1"]
    store.append(WEB, lines(1, at=NOW + 9, text="next"), NOW)
    assert texts(opened(tmp_path)) == ["hello 0", "hello 1", "next 0"]
