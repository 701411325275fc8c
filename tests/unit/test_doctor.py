"""The doctor's judgements: each thing that can be wrong has its own words and its own remedy."""

from dataclasses import replace
from pathlib import Path

import pytest

from ecstui.cli import run
from ecstui.commands.probe import secret_facts
from ecstui.doctor import (
    GIB,
    MIB,
    Answered,
    Check,
    DaemonFacts,
    DiskFacts,
    EngineFacts,
    Report,
    StateFacts,
    TerminalFacts,
    Verdict,
    check_daemon,
    check_disk,
    check_engine,
    check_ignored,
    check_orphans,
    check_python,
    check_secrets,
    check_settings,
    check_state,
    check_terminal,
)
from ecstui.engine.endpoint import DEFAULT_SOCKET, Endpoint, NoEndpoint, SocketState
from ecstui.settings import Settings

DEFAULT = Endpoint(f"unix://{DEFAULT_SOCKET}", "default")
SET = Endpoint("unix:///elsewhere.sock", "DOCKER_HOST")
WELL = Answered("27.1", "1.46", detail="8 CPUs, 16.0 GiB")


def engine(**facts: object) -> Check:
    return check_engine(EngineFacts(**{"endpoint": DEFAULT, "has_docker_program": True, **facts}))  # type: ignore[arg-type]


# -- engine ---------------------------------------------------------------------------------------


def test_an_engine_that_answers_is_well():
    check = engine(socket=SocketState.LISTENING, answered=WELL)
    assert check == Check(
        "engine", Verdict.OK, f"Docker 27.1 at {DEFAULT_SOCKET}, 8 CPUs, 16.0 GiB"
    )


def test_an_engine_that_was_set_is_named_with_who_set_it():
    check = engine(endpoint=SET, socket=SocketState.LISTENING, answered=WELL)
    assert "/elsewhere.sock (DOCKER_HOST)" in check.detail


def test_every_obstacle_has_words_of_its_own():
    obstacles = [
        engine(socket=SocketState.ABSENT, has_docker_program=False),
        engine(socket=SocketState.ABSENT),
        engine(socket=SocketState.REFUSED),
        engine(socket=SocketState.FORBIDDEN, socket_group="docker"),
        engine(endpoint=NoEndpoint("DOCKER_CONTEXT", "the context 'x' does not exist")),
        engine(endpoint=SET, socket=SocketState.ABSENT),
        engine(socket=SocketState.LISTENING, answered=Answered("5.0", "1.41", is_podman=True)),
        engine(socket=SocketState.LISTENING, answered=Answered("1.9", "1.21")),
        engine(socket=SocketState.LISTENING, problem="it has not answered for 10 s"),
    ]
    assert len({check.detail for check in obstacles}) == len(obstacles)
    assert all(check.remedy for check in obstacles)
    assert {check.verdict for check in obstacles} == {Verdict.FAIL, Verdict.WARN}


def test_no_program_and_no_socket_means_not_installed():
    check = engine(socket=SocketState.ABSENT, has_docker_program=False)
    assert check.detail == "Docker is not installed"
    assert "docker.io" in check.remedy


@pytest.mark.parametrize("state", [SocketState.ABSENT, SocketState.REFUSED])
def test_a_program_without_a_listener_means_not_running(state: SocketState):
    check = engine(socket=state)
    assert "does not run" in check.detail
    assert "systemctl start docker" in check.remedy


@pytest.mark.parametrize(
    ("group", "is_in_group", "remedy"),
    [
        ("docker", False, "usermod -aG docker"),
        ("docker", True, "log out and in again"),
        ("root", False, "Run as root"),
        ("", False, "Run as root"),
    ],
)
def test_no_permission_is_told_with_the_group_that_has_it(group, is_in_group, remedy):
    check = engine(socket=SocketState.FORBIDDEN, socket_group=group, is_in_group=is_in_group)
    assert f"no permission on {DEFAULT_SOCKET}" in check.detail
    assert remedy in check.remedy


def test_a_wrong_context_is_the_fault_of_who_set_it():
    check = engine(endpoint=NoEndpoint("DOCKER_CONTEXT", "DOCKER_CONTEXT names 'x'"))
    assert check.verdict is Verdict.FAIL
    assert check.remedy == "Correct or unset DOCKER_CONTEXT."


def test_a_host_that_points_nowhere_is_not_taken_for_a_missing_docker():
    check = engine(endpoint=SET, socket=SocketState.ABSENT, has_docker_program=False)
    assert "DOCKER_HOST names /elsewhere.sock" in check.detail
    assert "install" not in check.remedy.lower()


def test_a_remote_engine_that_does_not_answer_points_at_who_set_it():
    remote = Endpoint("tcp://10.0.0.9:2375", "docker context 'far'")
    check = engine(endpoint=remote, problem="EngineUnreachable: no route to host")
    assert check.detail == "EngineUnreachable: no route to host"
    assert check.remedy == "Check docker context 'far'."


@pytest.mark.parametrize(
    ("version", "verdict"),
    [("1.23", Verdict.FAIL), ("1.24", Verdict.OK), ("1.100", Verdict.OK), ("", Verdict.FAIL)],
)
def test_an_api_version_is_compared_by_its_numbers(version, verdict):
    check = engine(socket=SocketState.LISTENING, answered=Answered("x", version))
    assert check.verdict is verdict


# -- state, disk, daemon --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "verdict", "words"),
    [
        (StateFacts("/s"), Verdict.OK, "/s"),
        (StateFacts("/s", exists=False), Verdict.OK, "made at the first start"),
        (StateFacts("/s", is_own=False), Verdict.FAIL, "another user"),
        (StateFacts("/s", mode=0o755), Verdict.WARN, "open to others (mode 755)"),
        (StateFacts("/s", problem="is no directory"), Verdict.FAIL, "is no directory"),
    ],
)
def test_the_state_directory_is_judged(facts, verdict, words):
    check = check_state(facts)
    assert check.verdict is verdict
    assert words in check.detail


@pytest.mark.parametrize(
    ("disk", "verdict", "words"),
    [
        (DiskFacts(2 * GIB), Verdict.OK, "2.0 GiB free at /s"),
        (DiskFacts(100 * MIB), Verdict.WARN, "nearly full: 100 MiB"),
        (DiskFacts(1 * MIB), Verdict.FAIL, "full: 1 MiB"),
        (DiskFacts(2 * GIB, free_files=0), Verdict.FAIL, "no files"),
        (DiskFacts(2 * GIB, free_files=9), Verdict.OK, "2.0 GiB"),
    ],
)
def test_a_disk_is_judged_by_what_is_free(disk, verdict, words):
    check = check_disk("disk", "/s", disk, least=50 * MIB, enough=500 * MIB)
    assert check.verdict is verdict
    assert check.detail.startswith(words) or words in check.detail


@pytest.mark.parametrize(
    ("facts", "verdict", "words"),
    [
        (DaemonFacts(), Verdict.OK, "not running; `ecstui` starts it"),
        (
            DaemonFacts(holder=7, serving=7, version="1", own_version="1"),
            Verdict.OK,
            "process 7, ecstui 1",
        ),
        (
            DaemonFacts(holder=7, serving=7, version="1", own_version="2"),
            Verdict.WARN,
            "runs ecstui 1, this is 2",
        ),
        (DaemonFacts(holder=7), Verdict.FAIL, "locked by process 7, which does not answer"),
        (DaemonFacts(holder=0), Verdict.FAIL, "locked by process ?"),
        (DaemonFacts(holder=7, problem="it listens only"), Verdict.FAIL, "it listens only"),
        (DaemonFacts(failure="disk full"), Verdict.FAIL, "it had to stop: disk full"),
    ],
)
def test_the_daemon_is_judged(facts, verdict, words):
    check = check_daemon(facts)
    assert check.verdict is verdict
    assert words in check.detail


@pytest.mark.parametrize(
    ("failure", "cure"),
    [
        ("database or disk is full", "Make room"),
        ("[Errno 28] No space left on device", "Make room"),
        ("file is not a database", "move journal.sqlite* away"),
        ("something else", "daemon.log"),
    ],
)
def test_a_failure_has_its_cure(failure, cure):
    assert cure in check_daemon(DaemonFacts(failure=failure)).remedy


def test_orphans_are_counted_and_some_are_named():
    assert check_orphans(()).verdict is Verdict.OK
    check = check_orphans(("a", "b", "c", "d"))
    assert check.detail == "4 without a record: a, b, c and 1 more"
    assert "--fix" in check.remedy


def test_members_that_were_passed_over_are_named():
    assert check_ignored(()) is None
    check = check_ignored(("RunTask.colour",))
    assert check is not None
    assert "RunTask.colour" in check.detail
    assert "not carried out here" in check.remedy


# -- the command ----------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a home without a Docker; the current folder is somebody's project."""
    project = tmp_path / "project"
    (project / "secrets").mkdir(parents=True, mode=0o755)
    monkeypatch.chdir(project)
    return {"HOME": str(tmp_path), "DOCKER_HOST": f"unix://{tmp_path}/nothing.sock"}


def test_settings_that_cannot_be_read_lead_to_no_other_folder(home, tmp_path, monkeypatch, capsys):
    (tmp_path / ".config" / "ecstui").mkdir(parents=True)
    (tmp_path / ".config" / "ecstui" / "config.toml").write_text("pace = ")
    monkeypatch.setenv("HOME", str(tmp_path))
    run(["--state", "~/mine", "doctor"], home)
    said = capsys.readouterr().out
    assert "not valid TOML" in said
    assert "chmod" not in said
    assert str(tmp_path / "mine") in said
    assert "~" not in said


def test_orphans_that_could_not_be_looked_for_are_not_said_to_be_none(home, tmp_path, capsys):
    state = tmp_path / "state"
    state.mkdir()
    run(["--state", str(state), "doctor", "--fix"], home)
    assert "There is nothing that --fix could remove." in capsys.readouterr().out
    (state / "owner").write_text("0123456789ab")
    run(["--state", str(state), "doctor", "--fix"], home)
    said = capsys.readouterr().out
    assert "nothing that --fix" not in said
    assert "Orphans could not be looked for: see above." in said


# -- machine --------------------------------------------------------------------------------------


def test_an_old_python_is_refused():
    assert check_python((3, 10, 9)).verdict is Verdict.FAIL
    assert check_python((3, 11, 0)).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (TerminalFacts(False), Verdict.OK),
        (TerminalFacts(True, (120, 40), "xterm-256color", "truecolor"), Verdict.OK),
        (TerminalFacts(True, (79, 24), "xterm"), Verdict.WARN),
        (TerminalFacts(True, (59, 24), "xterm"), Verdict.WARN),
        (TerminalFacts(True, (120, 40), "dumb"), Verdict.FAIL),
        (TerminalFacts(True, (120, 40), ""), Verdict.FAIL),
        (TerminalFacts(True, (120, 40), "xterm", encoding="ascii"), Verdict.WARN),
    ],
)
def test_a_terminal_is_judged(facts, verdict):
    assert check_terminal(facts).verdict is verdict


def test_an_encoding_without_every_sign_is_named_once():
    check = check_terminal(TerminalFacts(True, (120, 40), "xterm", encoding="ascii"))
    assert check.detail == "120x40, 16 colours, ascii"


def test_settings_say_who_made_them():
    assert check_settings({}).detail == "all default"
    assert check_settings({"pace": "--pace"}).detail == "pace by --pace"
    assert check_settings({}, "config.toml: bad").verdict is Verdict.FAIL


# -- report ---------------------------------------------------------------------------------------


def test_the_report_is_a_table_with_a_remedy_below_what_needs_one():
    report = Report(
        (Check("a", Verdict.OK, "fine"), Check("longer", Verdict.WARN, "so so", "Do this."))
    )
    assert report.lines() == [
        "ok    a       fine",
        "warn  longer  so so",
        "              → Do this.",
    ]
    assert report.exit_code == 0


def test_one_failure_makes_the_exit_code():
    assert Report((Check("a", Verdict.FAIL, "bad"),)).exit_code == 1


# -- secrets -------------------------------------------------------------------------------------


def test_secrets_that_are_missing_or_open_are_told(tmp_path):
    folder, named = tmp_path / "secrets", tmp_path / "named"
    settings = Settings(
        state_directory=tmp_path,
        config_file=tmp_path / "config.toml",
        secrets={"token": str(named)},
    )
    assert check_secrets(secret_facts(replace(settings, secrets={}))) is None
    missing = check_secrets(secret_facts(settings))
    assert missing is not None
    assert (missing.verdict, missing.detail) == (Verdict.WARN, f"not there: {named}")
    folder.mkdir()
    folder.chmod(0o755)
    named.touch(mode=0o600)
    exposed = check_secrets(secret_facts(settings))
    assert exposed is not None
    assert (exposed.verdict, exposed.remedy) == (Verdict.WARN, f"chmod go= {folder}")
    folder.chmod(0o700)
    fine = check_secrets(secret_facts(settings))
    assert fine is not None
    assert (fine.verdict, fine.detail) == (Verdict.OK, str(folder))
