"""From the progress that Docker reports of a pull to how far it is as a whole; pure."""

import re
from dataclasses import dataclass, field

from ecstui.engine.docker_observation import Json, object_at, one_line, text_at
from ecstui.engine.protocol import PullProgress

_PASSING = re.compile(
    r"time(d )?\s?out|connection re(set|fused)|no such host|temporary failure|server misbehaving"
    r"|too ?many ?requests|unexpected eof|network is unreachable|service unavailable|bad gateway",
    re.IGNORECASE,
)


@dataclass(slots=True)
class PullMeter:
    """Adds up the layers of one pull."""

    image: str
    error: str = ""
    """The engine's words for why it failed, in one line, or empty."""
    _status: str = "Pulling"
    _layers: dict[str, tuple[int, int]] = field(default_factory=dict)

    def take(self, event: Json) -> None:
        """Take in one line of the pull's report."""
        self.error = one_line(text_at(event, "error")) or self.error
        layer, status = text_at(event, "id"), text_at(event, "status")
        detail = object_at(event, "progressDetail")
        current, total = detail.get("current"), detail.get("total")
        if status == "Downloading" and isinstance(current, int) and isinstance(total, int):
            self._layers[layer] = (current, max(current, total))
        elif status in ("Download complete", "Pull complete", "Extracting"):
            _, size = self._layers.get(layer, (0, 0))
            self._layers[layer] = (size, size)
        if status and not status.startswith("Digest:"):
            self._status = status.removeprefix("Status: ")

    @property
    def progress(self) -> PullProgress:
        """How far it is; the total grows while layers are still being announced."""
        current = sum(done for done, _ in self._layers.values())
        total = sum(size for _, size in self._layers.values())
        return PullProgress(self.image, self._status, current, total)


def may_pass(error: str) -> bool:
    """Whether a failed pull may succeed when it is tried again: the network, not the name."""
    return _PASSING.search(error) is not None
