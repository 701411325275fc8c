"""`ecstui import compose FILE`: a docker-compose file as a task definition, printed as JSON.

It registers nothing. What cannot be carried over goes to standard error, line by line.
"""

import json
from collections.abc import Mapping

from ecstui.commands.terminal import say, tell
from ecstui.ui.editor_file import read_compose
from ecstui.ui.text import clean

EXIT_UNREADABLE = 65
"""As sysexits.h has it for input that is not what it should be."""


def import_compose_file(path: str, family: str, environ: Mapping[str, str]) -> int:
    """Print the request to register; the exit code."""
    found = read_compose(path, family, environ)
    if found.problem:
        tell(f"ecstui: {clean(path)}: {clean(found.problem)}")
        return EXIT_UNREADABLE
    for note in found.notes:
        tell(clean(str(note)))
    say(json.dumps(found.document, indent=2))
    return 0
