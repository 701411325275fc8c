"""What goes through the door for a command in a container: the order, its input, its output.

The way is a WebSocket of the Unix socket. Binary messages are input, or one byte for the stream
and output; the others are JSON. Input waits for a word that the piece before was taken, so that
a command that does not read keeps nobody from noticing that its user has left.
"""

import json

from ecstui.base.errors import InvalidParameterException
from ecstui.model.exec import ExecOrder, ExecOutput, TerminalSize

PATH = "/_ecstui/exec"
MOST_MESSAGE_BYTES = 1024 * 1024
INPUT_BYTES = 32 * 1024
"""Of one message of input, at most."""
STARTED = '{"started":true}'
TAKEN = '{"taken":true}'
END_OF_INPUT = '{"endOfInput":true}'
_LARGEST_SIDE = 10_000
_STREAMS = {"stdout": b"\1", "stderr": b"\2"}

Fields = dict[str, object]


def order_text(task_arn: str, container: str, order: ExecOrder) -> str:
    """The first message: what is to run where."""
    return json.dumps(
        {
            "task": task_arn,
            "container": container,
            "command": list(order.command),
            "hasTty": order.has_tty,
            "hasInput": order.has_input,
            "size": [order.size.columns, order.size.rows],
            "attaches": order.attaches,
        }
    )


def read_order(text: str) -> tuple[str, str, ExecOrder]:
    """Task, container and order.

    Raises:
        InvalidParameterException: it is none.
    """
    fields = read_fields(text)
    task, container = fields.get("task"), fields.get("container", "")
    command, size = fields.get("command"), read_size(fields)
    if not isinstance(task, str) or not isinstance(container, str):
        raise InvalidParameterException("task and container must be texts.", field="task")
    if not isinstance(command, list) or not all(isinstance(word, str) for word in command):
        raise InvalidParameterException("command must be a list of texts.", field="command")
    order = ExecOrder(
        tuple(command),
        has_tty=fields.get("hasTty") is True,
        has_input=fields.get("hasInput") is True,
        size=size or TerminalSize(),
        attaches=fields.get("attaches") is True,
    )
    return task, container, order


def read_fields(text: str | bytes) -> Fields:
    """The object in a message of JSON; raises `InvalidParameterException`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidParameterException("A message must be an object of JSON.")
    return found


def size_text(size: TerminalSize) -> str:
    """Says that the terminal has another size."""
    return json.dumps({"size": [size.columns, size.rows]})


def read_size(fields: Fields) -> TerminalSize | None:
    """The size of a terminal, if the message has one that can be."""
    match fields.get("size"):
        case [int(columns), int(rows)] if all(0 < n <= _LARGEST_SIDE for n in (columns, rows)):
            return TerminalSize(columns, rows)
    return None


def exit_text(exit_code: int) -> str:
    """The last message: how it ended."""
    return json.dumps({"exitCode": exit_code})


def output_bytes(output: ExecOutput) -> bytes:
    """A piece of output as a message."""
    return _STREAMS[output.stream] + output.data


def read_output(data: bytes) -> ExecOutput:
    """The piece of output in a message."""
    return ExecOutput("stderr" if data[:1] == _STREAMS["stderr"] else "stdout", data[1:])
