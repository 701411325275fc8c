"""At the first process of a Docker container: what it writes from now on, and its input.

Whoever leaves cuts the connection and no more: the container goes on, with its input kept open.
"""

from contextlib import suppress

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.engine.docker_exec import HijackedSession
from ecstui.engine.docker_observation import object_at
from ecstui.model.exec import TerminalSize

_LOOKS = 50
_LOOK_WAIT_SECONDS = 0.1
_KIND = EngineErrorKind.CANNOT_EXECUTE


class DockerAttach(HijackedSession):
    """One connection to a container's own input and output; an `ExecSession`."""

    async def resize(self, size: TerminalSize) -> None:
        """Tell its terminal the new size; a container that has ended wants none."""
        name = self.name
        with suppress(EngineError):
            await self.calls.look(
                lambda client: client.resize_container(name, size.columns, size.rows), _KIND
            )

    async def exit_code(self) -> int:
        """How the container ended.

        Raises:
            EngineError: it runs on, or the engine cannot tell.
        """
        path = f"/containers/{self.name}/json"
        for _ in range(_LOOKS):
            answer = await self.calls.look(lambda client: client.look_at(path), _KIND)
            if answer is None:
                raise EngineError(_KIND, "the container is gone")
            state = object_at(answer, "State")
            code = state.get("ExitCode")
            if not state.get("Running") and isinstance(code, int):
                return code
            await self.calls.nap(_LOOK_WAIT_SECONDS)
        message = "the connection ended, but the container runs on"
        raise EngineError(EngineErrorKind.TIMEOUT, message)

    async def close(self) -> None:
        """Leave it to itself."""
        if self.cut():
            self.forget()
