"""Documents written by older versions, brought to the shape that this version reads.

Each step takes one kind from one version to the next, dict to dict; it never loses a member.
"""

import json
from collections.abc import Callable

from ecstui.base.errors import JournalError

Document = dict[str, object]

CURRENT_VERSION = 1
STEPS: dict[tuple[str, int], Callable[[Document], Document]] = {}
"""(kind name, version) to the step that leads to the next version."""


def upgrade(kind_name: str, version: int, document: str) -> str:
    """The document as JSON in the current version; `JournalError` when it is newer than that."""
    if version > CURRENT_VERSION:
        raise JournalError(
            f"a record of {kind_name} was written by a newer version of ecstui: use that one, or "
            "another state directory with --state DIR"
        )
    if version == CURRENT_VERSION:
        return document
    value: Document = json.loads(document)
    for step_version in range(version, CURRENT_VERSION):
        step = STEPS.get((kind_name, step_version))
        if step is not None:
            value = step(value)
    return json.dumps(value)
