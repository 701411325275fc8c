"""Looks at containers: one by name, or all of an owner with as few calls as show everything.

A list shows less than an inspection, so each container is inspected once and again when the list
does not go with what was seen. One that cannot be inspected never spoils the list: of it the list
is believed. It only ever looks.
"""

import asyncio
import json
from collections.abc import Mapping
from urllib.parse import quote

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.engine.docker_calls import Calls
from ecstui.engine.docker_client import Client
from ecstui.engine.docker_observation import (
    Json,
    Summary,
    http_seconds_of,
    listed_observation,
    object_at,
    objects_in,
    observation_of,
    still_holds,
    summary_of,
    text_at,
)
from ecstui.plan.spec import ContainerName, Observation
from ecstui.plan.translate import OWNER_LABEL

_LONGEST_TRUST_SECONDS = 300.0
"""After so long a container is inspected again, whatever the list shows."""
_DIGESTS_MOST = 1_000
_PATIENCE_SECONDS = 5.0
"""A list waits no longer for one container: that would make the engine seem silent."""
_SILENT_MOST = 4
"""After so many without an answer a list waits for no other: they would add up."""
_REST_SECONDS = 60.0
"""So long a list does not inspect a container again that has given no answer."""
_NEVER = float("-inf")


class Looks:
    """What the containers of one engine look like."""

    def __init__(self, calls: Calls) -> None:
        """Begin with nothing seen."""
        self._calls = calls
        self._seen: dict[str, tuple[Observation, float]] = {}
        self._digests: dict[tuple[str, str], str] = {}
        self._rests_until: dict[str, float] = {}
        self._silent = 0
        self._few = asyncio.Semaphore(_SILENT_MOST)

    async def list(self, owner: str) -> Mapping[ContainerName, Observation]:
        """Every container with the owner's label.

        A sign of life comes first: an engine that is silent is given up sooner than a long list.
        """
        await self._calls.look(lambda client: client.check_alive())
        filters = json.dumps({"label": [f"{OWNER_LABEL}={owner}"]})
        answer, date = await self._calls.look(
            lambda client: client.look("/containers/json", all="1", filters=filters)
        )
        summaries = [summary_of(item) for item in objects_in(answer)]
        engine_now = http_seconds_of(date)
        self._silent = 0
        looks = (self._look_again(summary, engine_now) for summary in summaries)
        found = [each for each in await asyncio.gather(*looks) if each is not None]
        self._keep_only(owner, {each.engine_id for each in found})
        return {each.name: each for each in found if each.owner == owner}

    async def inspect(self, name: ContainerName) -> Observation | None:
        """One container, by its name; the next list tries again what could not be inspected."""
        try:
            answer = await self.answer(name)
        except EngineError as error:
            if error.kind is not EngineErrorKind.UNREACHABLE:
                self.forget(name)
            raise
        return None if answer is None else await self._observe(answer)

    async def answer(self, name: ContainerName, seconds: float | None = None) -> Json | None:
        """What Docker says of one container within so long; None when there is none."""
        path = f"/containers/{quote(name, safe='')}/json"
        if seconds is None:
            return await self._calls.look(lambda client: client.look_at(path))
        return await self._calls.look(lambda client: client.look_at(path, seconds))

    def forget(self, name: ContainerName) -> None:
        """Something was done to a container: what was seen holds no more."""
        for engine_id, (seen, _) in self._seen.items():
            if seen.name == name:
                self._seen[engine_id] = (seen, _NEVER)

    async def _look_again(self, summary: Summary, engine_now: int | None) -> Observation | None:
        seen, at = self._seen.get(summary.engine_id, (None, _NEVER))
        is_new = asyncio.get_running_loop().time() - at <= _LONGEST_TRUST_SECONDS
        if (
            seen is not None
            and is_new
            and engine_now is not None
            and still_holds(seen, summary, engine_now)
        ):
            return seen
        return await self._inspect_listed(summary, seen)

    async def _inspect_listed(
        self, summary: Summary, seen: Observation | None
    ) -> Observation | None:
        """A container that a list has shown, inspected if it lets itself be inspected.

        Raises:
            EngineError: UNREACHABLE; any other failure is that of one container alone.
        """
        now = asyncio.get_running_loop().time
        async with self._few:
            is_resting = self._rests_until.get(summary.engine_id, _NEVER) > now()
            if is_resting or self._silent >= _SILENT_MOST:
                return listed_observation(summary, seen)
            try:
                answer = await self.answer(summary.engine_id, _PATIENCE_SECONDS)
            except EngineError as error:
                if error.kind is EngineErrorKind.UNREACHABLE:
                    raise
                if error.kind is EngineErrorKind.TIMEOUT:
                    self._silent += 1
                    self._rests_until[summary.engine_id] = now() + _REST_SECONDS
                return listed_observation(summary, seen)
        return None if answer is None else await self._observe(answer)

    async def _observe(self, answer: Json) -> Observation:
        observation = observation_of(answer, await self._digest_of(answer))
        now = asyncio.get_running_loop().time()
        self._seen[observation.engine_id] = (observation, now)
        self._rests_until.pop(observation.engine_id, None)
        return observation

    def _keep_only(self, owner: str, engine_ids: set[str]) -> None:
        """Forget the owner's containers that are gone."""
        gone = [i for i, (s, _) in self._seen.items() if s.owner == owner and i not in engine_ids]
        for engine_id in gone:
            del self._seen[engine_id]
        over = [i for i in self._rests_until if i not in engine_ids]
        for engine_id in over:
            del self._rests_until[engine_id]

    async def _digest_of(self, answer: Json) -> str | None:
        """The digest under which a registry knows the image, else the image's own id (6.12)."""
        image_id = text_at(answer, "Image")
        name = text_at(object_at(answer, "Config"), "Image")
        if not image_id or (image_id, name) in self._digests:
            return self._digests.get((image_id, name))
        path = f"/images/{quote(image_id, safe=':')}/json"

        def look(client: Client) -> Json | None:
            return client.look_at(path, _PATIENCE_SECONDS)

        try:
            image = await self._calls.look(look)
        except EngineError as error:
            if error.kind is EngineErrorKind.UNREACHABLE:
                raise
            return None
        if len(self._digests) >= _DIGESTS_MOST:
            self._digests.clear()
        digest = _registry_digest(image or {}, name) or image_id
        self._digests[image_id, name] = digest
        return digest


def _registry_digest(image: Json, name: str) -> str:
    """Of the digests of an image, the one that belongs to the repository of this name."""
    digests = image.get("RepoDigests")
    known = [str(each).partition("@") for each in digests] if isinstance(digests, list) else []
    repository = name.partition("@")[0]
    own = [digest for place, _, digest in known if _is_of(repository, place)]
    return next(iter([*own, *(digest for _, _, digest in known)]), "")


def _is_of(name: str, repository: str) -> bool:
    return name == repository or name.startswith(f"{repository}:")
