"""`ecstui --plain`: a session of lines, for screen readers and for terminals that only print.

What one types is what `ecstui` understands as a command (`get services`, `watch service web`,
`logs web`, `call …`), one line at a time; nothing is ever drawn twice, and the cursor never moves.
"""

import shlex
import sys
from collections.abc import Callable, Sequence

from ecstui.commands.terminal import answer, say, tell

PROMPT = "ecstui> "
HELP = """\
get services            list services; also tasks, events, clusters, container-instances
get service web -o yaml everything about one
watch service web       a rolling update, line by line, until it is steady
why web                 why a service or a task waits, and what would help
logs web --tail 20      lines of a service or a task
exec web -- ls /        a command in a task's container
call update-service '{"service": "web", "desiredCount": 3}'
history                 who changed what
roles                   the IAM roles that are named here
instance drain NAME     also activate, deregister, register, list
engine list             also add, remove: other Docker Engines
status                  whether the daemon runs
stop                    stop the daemon; tasks keep running
help, quit"""
REFUSED = frozenset({"demo", "daemon", "replay"})
"""What opens screens, or is the daemon itself."""


def session(run: Callable[[Sequence[str]], int]) -> int:
    """Read commands from standard input until its end or `quit`; `run` carries one out."""
    say("ecstui, plain: type help for the commands, quit to leave.")
    while True:
        answer(PROMPT)
        try:
            text = sys.stdin.readline()
        except KeyboardInterrupt:
            text = ""
        if not text:
            say()
            return 0
        try:
            words = shlex.split(text)
        except ValueError as error:
            tell(f"ecstui: {error}".replace("No closing quotation", "a quote is not closed"))
            continue
        if words[:1] in (["quit"], ["exit"], ["q"]):
            return 0
        _carry_out(words, run)


def _carry_out(words: Sequence[str], run: Callable[[Sequence[str]], int]) -> None:
    if not words:
        return
    if words[0] in ("help", "?"):
        say(HELP)
    elif words[0] in REFUSED or words[0].startswith("-"):
        tell(f"ecstui: {words[0]} is not for a session of lines: type help.")
    else:
        try:
            run(words)
        except SystemExit:
            # The parser has said what is wrong with the line.
            return
