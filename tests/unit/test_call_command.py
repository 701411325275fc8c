"""`ecstui call`: what the words on the command line mean."""

import pytest

from ecstui.cli import EXIT_CODES, parser
from ecstui.commands.call import operation_named
from ecstui.commands.daemon import duration


@pytest.mark.parametrize(
    ("words", "operation"),
    [
        ("RunTask", "RunTask"),
        ("run-task", "RunTask"),
        ("list-task-definition-families", "ListTaskDefinitionFamilies"),
        ("", ""),
    ],
)
def test_an_operation_may_be_written_as_the_aws_cli_writes_it(words, operation):
    assert operation_named(words) == operation


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5.9, "5 s"), (60, "1 min"), (3600 * 3 + 1200, "3 h 20 min"), (86400 * 2 + 3600, "2 d 1 h")],
)
def test_a_duration_is_told_in_words(seconds, words):
    assert duration(seconds) == words


def test_the_state_directory_may_be_named_before_and_after_the_command():
    for words in (["--state", "x", "stop"], ["stop", "--state", "x"]):
        assert parser().parse_args(words).state == "x"
    assert parser().parse_args(["stop"]).state is None


def test_every_exit_code_belongs_to_an_error_of_its_own():
    assert len({kind for kind, _ in EXIT_CODES}) == len(EXIT_CODES)
