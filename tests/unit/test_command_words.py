"""What is typed behind `ecstui`: which words are understood, and what is said of the others."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from ecstui.base.errors import (
    ClientException,
    DaemonUnreachableError,
    EcsError,
    EcstuiError,
    ServerException,
)
from ecstui.cli import parser, run
from ecstui.client.recording import Recorder, RecordingError
from ecstui.commands.attached import NotFoundError
from ecstui.commands.call import EXIT_USAGE, UsageError, call, read_body
from ecstui.commands.execute import Order, execute, task_named
from ecstui.commands.get import RESOURCES, Table, chosen
from ecstui.commands.logs import Reader, seconds_of, window_of
from ecstui.commands.named import arn_named
from ecstui.commands.plain import HELP, REFUSED
from ecstui.model.enums import ContainerStatus, TaskStatus
from ecstui.model.logs import LogLine, LogWindow
from ecstui.settings import Settings
from ecstui.store.tables import View
from tests.factories import CLUSTER, NAMES
from tests.ui.rollouts import Rollout


def settings_at(path) -> Settings:
    return Settings(state_directory=path, config_file=path / "config.toml")


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "1e99", "soon", ""])
def test_a_recording_lasts_a_number_of_seconds(text, capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["record", "file", f"--seconds={text}"])
    assert "is not a number of seconds" in capsys.readouterr().err


def test_a_file_of_a_user_who_is_not_there_is_refused(capsys):
    words = ["engine", "add", "shed", "tcp://10.0.0.5:2376", "--ca", "~no-such-user/ca.pem"]
    with pytest.raises(SystemExit):
        parser().parse_args(words)
    assert "there is no user no-such-user" in capsys.readouterr().err


BEGINNING = "abcd"
"""Of the ids of two tasks."""


@pytest.fixture
def two_tasks() -> Rollout:
    """Two tasks of a service that run, with ids that begin alike."""
    found = Rollout()
    found.rolling(2)
    for digit in "12":
        task_id = BEGINNING + digit * 28
        task = found.task(
            found.new, task_id=task_id, task_arn=NAMES.task(CLUSTER, task_id),
            last_status=TaskStatus.RUNNING,
        )  # fmt: skip
        containers = [each.with_(last_status=ContainerStatus.RUNNING) for each in task.containers]
        found.put(task.with_(containers=tuple(containers)))
    return found


ONE = NAMES.task(CLUSTER, BEGINNING + "1" * 28)
"""The ARN of one of them."""


# -- names ----------------------------------------------------------------------------------------


def test_a_command_for_no_task_is_told_from_one_for_several(two_tasks: Rollout):
    with pytest.raises(NotFoundError) as caught:
        task_named(two_tasks.store, "default", "moon")
    assert str(caught.value) == "there is no running task and no service moon in cluster default."
    with pytest.raises(NotFoundError, match="2 tasks begin with abcd: give more of the id"):
        task_named(two_tasks.store, "default", BEGINNING)
    with pytest.raises(NotFoundError, match="2 tasks begin with abcd: give more of the id"):
        arn_named(two_tasks.store, BEGINNING, "default")


def reader_of(view: View, name: str, window: LogWindow = LogWindow(), client=None) -> Reader:  # noqa: B008
    client = client or SimpleNamespace(view=view)
    return Reader(client, name, "default", None, window, with_times=False)


def test_the_log_of_a_task_is_found_by_its_arn_as_why_finds_it(two_tasks: Rollout):
    arn = ONE
    (source,) = {info.source.task_arn for info in reader_of(two_tasks.store, arn).sources()}
    assert source == arn
    with pytest.raises(NotFoundError, match="there is no service and no task moon in cluster"):
        reader_of(two_tasks.store, "moon")
    with pytest.raises(NotFoundError, match="give more of the id"):
        reader_of(two_tasks.store, BEGINNING)


def test_what_cannot_be_got_is_told_with_its_kind_and_its_cluster():
    by_name = {resource.name: resource for resource in RESOURCES}
    table = Table(("NAME",), {"arn:a/web": ("web",)})
    for kind, words in (
        ("services", "there is no service moon in cluster blue."),
        ("container-instances", "there is no container-instance moon in cluster blue."),
        ("clusters", "there is no cluster moon."),
        ("task-definitions", "there is no task-definition moon."),
    ):
        with pytest.raises(NotFoundError) as caught:
            chosen(table, ["moon"], by_name[kind], "blue")
        assert str(caught.value) == words


# -- exec -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Order((), has_tty=False, has_input=False), "a shell needs a terminal; give a command"),
        (Order(("ls",), has_tty=True, has_input=False), "-t needs a terminal"),
    ],
)
def test_no_terminal_to_type_at(tmp_path, monkeypatch, asked, words):
    with Path("/dev/null").open() as nothing, monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", nothing)
        with pytest.raises(NotFoundError, match=words):
            execute(settings_at(tmp_path), "web", "default", "", asked)


def test_a_command_without_two_dashes_is_told_where_they_go(capsys):
    with pytest.raises(SystemExit) as caught:
        run(["exec", "web", "ls", "a b"], {})
    assert caught.value.code == 2
    assert "put -- before the command: ecstui exec web -- ls 'a b'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run(["get", "services", "--colour"], {})
    assert "unrecognized arguments: --colour" in capsys.readouterr().err


# -- numbers and times ----------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["-3", "²", "1.5", "many", "", "9" * 5000])
@pytest.mark.parametrize("words", [["history", "-n"], ["logs", "web", "--tail"]])
def test_a_count_is_a_whole_number(capsys, words, text):
    with pytest.raises(SystemExit):
        parser().parse_args([*words, text])
    assert "is not a whole number, 0 or more" in capsys.readouterr().err


def test_counts_are_read():
    assert parser().parse_args(["history", "-n", "3"]).count == 3
    assert parser().parse_args(["logs", "web", "--tail", "0"]).tail == 0


@pytest.mark.parametrize("text", ["²m", "٣m", "9" * 400, "9" * 400 + "d", "", "m", "-3m"])
def test_no_time_is_told(text):
    with pytest.raises(NotFoundError, match="is no time"):
        seconds_of(text)


def test_a_time_before_all_times_is_their_beginning():
    assert window_of("999999999d", None, follow=False).since == 0.0
    assert seconds_of("2h") == 7200.0


class Refusing:
    """A client whose logs fail in the same way each time they are asked for."""

    def __init__(self, view: View, *errors: EcstuiError) -> None:
        self.view = view
        self.errors = list(errors)
        self.asked = 0

    async def logs(self, task_arn, container, window):
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        yield [LogLine(1.0, "stdout", "at last")]


@pytest.mark.sim
@pytest.mark.parametrize(
    ("errors", "times", "lines"),
    [
        ([ClientException("no such log")] * 9, 1, ""),
        ([ServerException("The log cannot be read on")] * 3, 4, "at last\n"),
        ([EcsError("too many", code="ThrottlingException")] * 2, 3, "at last\n"),
        ([DaemonUnreachableError("gone")] * 2, 3, "at last\n"),
    ],
)
async def test_only_what_may_pass_is_asked_again(two_tasks: Rollout, capsys, errors, times, lines):
    client = Refusing(two_tasks.store, *errors)
    reader = reader_of(two_tasks.store, ONE, client=client)
    info = reader.sources()[0]
    reader._readers[info.source] = None  # type: ignore[assignment]
    await reader._read(info.source)
    said = capsys.readouterr()
    assert (client.asked, said.out) == (times, lines)
    assert said.err.count("ecstui:") == 1, "once, however often it is asked"


# -- call -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["\udcff", "Run\r\nTask", "", "Läuf", "Run Task"])
def test_an_operation_has_a_name_of_letters(tmp_path, capsys, operation):
    assert call(settings_at(tmp_path), operation, "{}") == EXIT_USAGE
    assert "is no operation" in capsys.readouterr().err


def test_a_request_is_utf_8(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="the request is not UTF-8"):
        read_body('{"cluster": "\udcff"}')
    with (tmp_path / "in").open("w+", errors="surrogateescape") as typed:
        typed.write('{"cluster": "\udcff"}')
        typed.seek(0)
        monkeypatch.setattr(sys, "stdin", typed)
        with pytest.raises(UsageError, match="standard input is not UTF-8"):
            read_body("-")


# -- record ---------------------------------------------------------------------------------------


def test_a_full_disk_is_told_at_the_end_too(tmp_path):
    recorder = Recorder(tmp_path / "r", "1", lambda: 0.0)
    recorder._file.close()
    recorder._file = Path("/dev/full").open("wb")  # noqa: SIM115
    recorder._put({})
    with pytest.raises(RecordingError, match="No space left"):
        recorder.close()
    recorder.close()


# -- the rest -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", [["--engine", "foo"], ["daemon", "--engine", "foo"], ["--engine", "shed", "instance"]]
)
def test_the_daemons_engine_is_one_of_two(capsys, words):
    with pytest.raises(SystemExit):
        parser().parse_args(words)
    assert "choose from 'docker', 'simulated'" in capsys.readouterr().err


def test_a_session_of_lines_tells_of_every_command_that_it_takes():
    for word in ("why", "exec", "engine", "status", "stop"):
        assert any(line.startswith(word) for line in HELP.splitlines()), word
    assert "replay" in REFUSED


@pytest.mark.parametrize("words", [["get", "services"], ["watch", "service", "x"], ["logs", "x"]])
def test_without_a_daemon_it_is_said_how_to_start_one(tmp_path, capsys, words):
    environ = {"HOME": str(tmp_path)}
    assert run(["--state", str(tmp_path / "s"), *words], environ) == 69
    assert (
        f"no daemon runs for {tmp_path / 's'}: start one with `ecstui`" in capsys.readouterr().err
    )


@pytest.mark.parametrize("words", [["instance", "list"], ["instance", "register"], ["get"]])
def test_every_cluster_option_has_a_help(capsys, words):
    with pytest.raises(SystemExit):
        parser().parse_args([*words, "--help"])
    assert "--cluster NAME  " in capsys.readouterr().out
