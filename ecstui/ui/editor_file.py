"""Reads the file that is imported into the editor; what is wrong with it is told, never raised."""

import stat
from pathlib import Path

from ecstui.ui.editor_text import LONGEST_TEXT


def read_import(path_text: str) -> tuple[str, str]:
    """The text of a file and nothing, or nothing and why it cannot be read."""
    if not path_text:
        return "", "Name a file, or leave with esc."
    try:
        path = Path(path_text).expanduser()
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            return "", "This is not a file."
        if about.st_size > LONGEST_TEXT:
            return "", f"This file is longer than {LONGEST_TEXT // 1024} KiB."
        return path.read_text("utf-8"), ""
    except UnicodeDecodeError:
        return "", "This file is not text in UTF-8."
    except (OSError, ValueError, RuntimeError) as error:
        return "", getattr(error, "strerror", None) or str(error)
