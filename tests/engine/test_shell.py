"""The plain part of the shell, as simulated containers run it."""

from itertools import islice

import pytest

from ecstui.engine.interior import Interior
from ecstui.engine.shell import Call, Print, Reaction, Shell, Step, Wait
from ecstui.engine.shell_programs import BUSYBOX
from ecstui.engine.shell_syntax import NotPlainError, parse


class Machine:
    """A container's inside without a container."""

    hostname = "harbour"

    def __init__(self) -> None:
        self.interior = Interior([], is_root_read_only=False)
        self.read, self.write = self.interior.read, self.interior.write
        self.delete = self.interior.delete

    def now(self) -> float:
        return 1_790_000_000.0

    def has_program(self, name: str) -> bool:
        return name.rsplit("/", 1)[-1] in BUSYBOX or name == "server"


def steps_of(text: str, *environment: tuple[str, str]) -> tuple[list[Step], int]:
    """The steps of a script and its exit status; programs that it calls end well."""
    steps = Shell(Machine(), environment).run(["sh", "-c", text])
    taken: list[Step] = []
    while True:
        try:
            taken.append(next(steps))
        except StopIteration as end:
            return taken, end.value


def printed(text: str, *environment: tuple[str, str]) -> list[str]:
    steps, _ = steps_of(text, *environment)
    return [step.text for step in steps if isinstance(step, Print)]


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        ("echo a   b", ["a b"]),
        ("echo 'a   b' \"c  d\"e", ["a   b c  de"]),
        ("echo a; echo b\necho c", ["a", "b", "c"]),
        ("echo $X ${X} ${Y:-no thing} $Y.", ["1 1 no thing ."]),
        ('echo "$LIST"; echo $LIST', ["a  b", "a b"]),
        ("X=2; echo $X; X=3 Y=$X; echo $Y", ["2", "3"]),
        ("true && echo yes || echo no", ["yes"]),
        ("false && echo yes || echo no", ["no"]),
        ("false; echo $?; ! false; echo $?", ["1", "0"]),
        ("if [ $X = 1 ]; then echo one; elif true; then echo two; fi", ["one"]),
        ("if false; then echo one; elif true; then echo two; else echo three; fi", ["two"]),
        ("for i in 1 2 3; do echo $i; done", ["1", "2", "3"]),
        ("for i in $(seq 2 4); do echo -n $i; done", ["234"]),
        ("i=0; while [ $i -lt 3 ]; do i=$((i + 1)); echo $i; done", ["1", "2", "3"]),
        ("i=3; until [ $i = 0 ]; do i=$((i-1)); done; echo $i", ["0"]),
        ("while true; do echo once; break; done", ["once"]),
        ("for i in 1 2; do continue; echo never; done; echo end", ["end"]),
        ("echo $((7 * (2 + 3) % 4 - 10 / 3))", ["0"]),
        ("echo hello > /f; echo again >> /f; cat /f", ["hello", "again"]),
        ("echo x > /dev/null; echo y 2>&1", ["y"]),
        ("cat /none 2>/dev/null || echo none", ["none"]),
        ("touch /f; test -f /f && echo there; rm /f; test -f /f || echo gone", ["there", "gone"]),
        ("[ -z '' ] && [ -n a ] && [ a != b ] && [ 3 -ge 2 ] && echo all", ["all"]),
        ("echo $(hostname)-$HOSTNAME", ["harbour-harbour"]),
        ("date +%Y; date", ["2026", "Mon Sep 21 14:13:20 UTC 2026"]),
        ("printf '%s-%d\\n' a 3; printf b", ["a-3", "b"]),
        ("printenv X NONE; echo $?", ["1", "1"]),
        ("sh -c 'echo inner; exit 4'; echo $?", ["inner", "4"]),
        ("sh -c 'echo $1' name first", ["first"]),
        ("set -e; false; echo never", []),
        ("set -e; false || true; if false; then :; fi; echo still", ["still"]),
        ("exec echo last; echo never", ["last"]),
        ("no-such; echo $?", ["sh: no-such: not found", "127"]),
        ("# nothing\necho a # b\n", ["a"]),
        ("echo a \\\n b", ["a b"]),
    ],
)
def test_scripts_print(script, lines):
    assert printed(script, ("X", "1"), ("LIST", "a  b")) == lines


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("", 0),
        ("exit 7", 7),
        ("exit 256", 0),
        ("false; exit", 1),
        ("true; false", 1),
        ("exec sh -c 'exit 9'", 9),
        ("set -e; sh -c 'exit 5'; exit 6", 5),
        ("cat /none", 1),
    ],
)
def test_scripts_end_with(script, status):
    assert steps_of(script)[1] == status


def test_time_passes_only_where_a_script_sleeps():
    steps, status = steps_of("sleep 1.5; sleep 2m; sleep 1 & wait; sleep infinity")
    assert [step.seconds for step in steps if isinstance(step, Wait)] == [1.5, 120, 1, float("inf")]
    assert status == 0


def test_errors_go_to_their_stream():
    steps, _ = steps_of("echo a >&2; echo b; cat /none")
    assert steps == [
        Print("stderr", "a"),
        Print("stdout", "b"),
        Print("stderr", "cat: can't open '/none': No such file or directory"),
    ]


def test_other_programs_are_the_drivers_business():
    steps = Shell(Machine(), ()).run(["sh", "-c", "wget -q http://a || exit 8; server --now"])
    assert steps.send(None) == Call(("wget", "-q", "http://a"), is_client=True)
    assert steps.send(0) == Call(("server", "--now"), is_client=False)
    again = Shell(Machine(), ()).run(["sh", "-c", "wget -q http://a || exit 8"])
    again.send(None)
    with pytest.raises(StopIteration) as end:
        again.send(1)
    assert end.value.value == 8


def test_signals():
    shell = Shell(Machine(), ())
    steps = shell.run(
        ["sh", "-c", "trap 'echo caught; exit 3' TERM; trap '' INT; sleep 5; echo no"]
    )
    assert shell.signal("TERM") is Reaction.DEFAULT
    assert next(steps) == Wait(5.0)
    assert shell.signal("HUP") is Reaction.DEFAULT
    assert shell.signal("INT") is Reaction.IGNORED
    assert shell.signal("SIGTERM".removeprefix("SIG")) is Reaction.TRAPPED
    assert next(steps) == Print("stdout", "caught")
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value == 3


@pytest.mark.parametrize(
    "script",
    [
        "a | b",
        "f() { true; }",
        "case x in x) true;; esac",
        "echo `date`",
        "echo ${X%%.*}",
        "(true)",
        "server &",
        "cat <<END",
        "echo 'open",
        "if true; then",
        "done",
        "echo $(true",
        "while true; do true",
    ],
)
def test_what_is_not_plain_is_refused(script):
    with pytest.raises(NotPlainError):
        parse(script)


def test_a_loop_without_end_can_be_stopped_anywhere():
    steps = Shell(Machine(), ()).run(["sh", "-c", "while true; do echo a; done"])
    assert list(islice(steps, 50)).count(Print("stdout", "a")) == 25
