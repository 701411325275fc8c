"""Which Docker Engine the tests run on, decided from who runs them and what they asked for.

Pure. A person's own engine is used only when asked for by name; root gets a private one.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PrivateEngine:
    """One that is started for the tests and stopped after them."""


@dataclass(frozen=True)
class GivenEngine:
    """The one at DOCKER_HOST, or at Docker's usual socket."""


@dataclass(frozen=True)
class NoEngine:
    """The tests that need Docker are not run; `reason` is a clause that says why."""

    reason: str


Choice = PrivateEngine | GivenEngine | NoEngine


def choose(environment: Mapping[str, str], *, is_root: bool, is_linux: bool) -> Choice:
    """The engine for the tests marked `docker`."""
    asked = environment.get("ECSTUI_TEST_DOCKER", "")
    if asked == "0":
        return NoEngine("they were switched off (--fast, or ECSTUI_TEST_DOCKER=0)")
    if is_root and is_linux:
        return PrivateEngine()
    if asked:
        return GivenEngine()
    return NoEngine(
        "they start a Docker Engine of their own, which takes root on Linux "
        "(or set ECSTUI_TEST_DOCKER=1 to run them on the engine at DOCKER_HOST)"
    )


def is_required(environment: Mapping[str, str]) -> bool:
    """Whether having no engine is a failure."""
    return environment.get("ECSTUI_REQUIRE_DOCKER", "") not in ("", "0")
