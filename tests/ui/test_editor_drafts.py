import json
import os
import stat

import pytest

from ecstui.ui.drafts import MOST_BYTES, MOST_DRAFTS, DraftFolder


@pytest.fixture
def folder(tmp_path):
    return DraftFolder(tmp_path / "state" / "drafts")


def files(tmp_path, ending):
    return sorted((tmp_path / "state" / "drafts").glob(f"*.{ending}"))


def test_a_draft_outlives_its_session(folder):
    draft = folder.open("api", "api:42")
    assert draft.save("one", 10.0) == ""
    assert draft.save("two", 11.0) == ""
    assert folder.lost("api") == []
    draft.close()
    (lost,) = folder.lost("api")
    assert (lost.family, lost.base, lost.text, lost.saved_at) == ("api", "api:42", "two", 11.0)


def test_nothing_is_left_of_a_session_that_typed_nothing(folder, tmp_path):
    folder.open("api", "api:42").close()
    draft = folder.open("api", "api:42")
    draft.save("x", 1.0)
    draft.discard()
    draft.close()
    assert os.listdir(tmp_path / "state" / "drafts") == []  # noqa: PTH208


def test_two_sessions_have_drafts_of_their_own(folder):
    one, two = folder.open("api", "api:42"), folder.open("api", "api:42")
    assert folder.is_edited_elsewhere("api", one)
    one.save("one", 1.0)
    two.save("two", 2.0)
    one.save("one again", 3.0)
    one.close()
    assert not folder.is_edited_elsewhere("api", two)
    assert [draft.text for draft in folder.lost("api")] == ["one again"]
    two.close()
    assert [draft.text for draft in folder.lost("api")] == ["one again", "two"]


def test_families_do_not_mix(folder):
    for family in ("api", "api-canary", "api_canary", ""):
        draft = folder.open(family, "")
        draft.save(f"text of {family}", 1.0)
        draft.close()
    held = folder.open("api_canary", "")
    for family in ("api", "api-canary", "api_canary", ""):
        assert [draft.text for draft in folder.lost(family)] == [f"text of {family}"]
    assert not folder.is_edited_elsewhere("api-canary", None)
    held.close()


def test_a_draft_that_was_taken_up_is_gone(folder, tmp_path):
    draft = folder.open("api", "")
    draft.save("x", 1.0)
    draft.close()
    folder.remove(folder.lost("api")[0])
    assert folder.lost("api") == []
    assert files(tmp_path, "lock") == []


def test_only_its_owner_may_read_it(folder, tmp_path):
    draft = folder.open("api", "")
    draft.save("DB_PASSWORD", 1.0)
    (path,) = files(tmp_path, "json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    draft.close()


def test_a_file_is_whole_or_not_there(folder, tmp_path):
    draft = folder.open("api", "")
    draft.save("good", 1.0)
    (path,) = files(tmp_path, "json")
    path.with_suffix(".part").mkdir()
    assert draft.save("better", 2.0) != ""
    assert json.loads(path.read_text())["text"] == "good"
    path.with_suffix(".part").rmdir()
    assert draft.save("better", 3.0) == ""
    assert json.loads(path.read_text())["text"] == "better"
    draft.close()


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    folder = DraftFolder(tmp_path / "file" / "drafts")
    draft = folder.open("api", "")
    assert "director" in draft.save("x", 1.0)
    draft.discard()
    draft.close()
    assert folder.lost("api") == []


def test_too_long_a_text_is_said_and_the_last_one_stays(folder):
    draft = folder.open("api", "")
    draft.save("short", 1.0)
    assert draft.save("x" * MOST_BYTES, 2.0) == "it is longer than 1024 KiB"
    draft.close()
    assert folder.lost("api")[0].text == "short"


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"family": 3}', '{"family": "api", "base": "", "text": "x"}', "[" * 9000,
     '{"family": "api", "base": "", "text": 1, "savedAt": 1}', "\xff"],
)  # fmt: skip
def test_a_damaged_file_is_no_draft(folder, tmp_path, content):
    draft = folder.open("api", "")
    draft.save("x", 1.0)
    (path,) = files(tmp_path, "json")
    path.write_bytes(content.encode("latin-1"))
    draft.close()
    assert folder.lost("api") == []


def test_there_are_never_too_many(folder, tmp_path):
    held = folder.open("held", "")
    held.save("held", 0.0)
    for number in range(MOST_DRAFTS + 5):
        draft = folder.open("api", "")
        draft.save(str(number), float(number))
        draft.close()
    (oldest,) = [path for path in files(tmp_path, "json") if path.name.startswith("held")]
    os.utime(oldest, (1, 1))
    folder.open("api", "").close()
    assert len(files(tmp_path, "json")) <= MOST_DRAFTS + 1
    assert oldest.exists()
    held.close()


def test_a_long_or_odd_family_has_a_name_that_a_file_may_have(folder):
    for family in ("f" * 255, "../../etc/passwd", "a b\n*"):
        draft = folder.open(family, "")
        assert draft.save("x", 1.0) == ""
        draft.close()
        assert len(folder.lost(family)) == 1
