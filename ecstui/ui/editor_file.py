"""Reads the file that is imported into the editor; what is wrong with it is told, never raised.

A compose file is known by its name and turned into a request; the env files that it names and the
`.env` beside it are read with it.
"""

import stat
from collections.abc import Mapping
from pathlib import Path

from ecstui.plan.compose import ComposeImport, import_compose
from ecstui.plan.compose_values import variables_of
from ecstui.ui.editor_text import LONGEST_TEXT

COMPOSE_ENDINGS = (".yml", ".yaml")


def is_compose(path_text: str) -> bool:
    """Whether a file is read as a compose file."""
    return path_text.strip().lower().endswith(COMPOSE_ENDINGS)


def read_compose(
    path_text: str, family: str = "", environ: Mapping[str, str] | None = None
) -> ComposeImport:
    """The task definition that a compose file would be; `environ` wins over the `.env` beside it.

    No file beside the compose file is read but those it names and `.env`.
    """
    text, problem = read_import(path_text)
    if problem:
        return ComposeImport(problem=problem)
    folder = Path(path_text).expanduser().absolute().parent

    def beside(name: str) -> str | None:
        found, wrong = read_import(str(folder / name))
        return None if wrong else found

    variables = {**variables_of(beside(".env") or ""), **(environ or {})}
    return import_compose(
        text, family=family, folder=str(folder), variables=variables, read_file=beside
    )


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
