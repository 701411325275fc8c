"""Documents written by older versions, brought to the shape that this version reads.

Each step takes one kind from one version to the next, dict to dict; it never loses a member.
"""

import json
from collections.abc import Callable

Document = dict[str, object]

CURRENT_VERSION = 1
STEPS: dict[tuple[str, int], Callable[[Document], Document]] = {}
"""(kind name, version) to the step that leads to the next version."""


def upgrade(kind_name: str, version: int, document: str) -> str:
    """The document as JSON in the current version."""
    if version >= CURRENT_VERSION:
        return document
    value: Document = json.loads(document)
    for step_version in range(version, CURRENT_VERSION):
        step = STEPS.get((kind_name, step_version))
        if step is not None:
            value = step(value)
    return json.dumps(value)
