"""The request for a command in a running container."""

from typing import ClassVar

from ecstui.model.shape import Request, Shape


class Session(Shape):
    """A stream of the Session Manager; ecstui never has one to give."""

    session_id: str | None = None
    stream_url: str | None = None
    token_value: str | None = None


class ExecuteCommandResponse(Shape):
    """Where the command runs."""

    cluster_arn: str | None = None
    container_arn: str | None = None
    container_name: str | None = None
    interactive: bool | None = None
    session: Session | None = None
    task_arn: str | None = None


class ExecuteCommandRequest(Request[ExecuteCommandResponse]):
    """Run a command in a container of a task."""

    response: ClassVar[type[Shape]] = ExecuteCommandResponse
    cluster: str | None = None
    container: str | None = None
    command: str
    interactive: bool
    task: str


REQUESTS = (ExecuteCommandRequest,)
