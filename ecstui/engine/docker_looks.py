"""Looks at containers: one by name, or all of an owner with as few calls as show everything.

A list shows less than an inspection, so each container is inspected once and again when the list
does not go with what was seen. It only ever looks.
"""

import asyncio
import json
from collections.abc import Mapping
from urllib.parse import quote

from ecstui.engine.docker_calls import Calls
from ecstui.engine.docker_client import Client
from ecstui.engine.docker_observation import (
    Json,
    Summary,
    http_seconds_of,
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


class Looks:
    """What the containers of one engine look like."""

    def __init__(self, calls: Calls) -> None:
        """Begin with nothing seen."""
        self._calls = calls
        self._seen: dict[str, tuple[Observation, float]] = {}
        self._digests: dict[tuple[str, str], str] = {}

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
        looks = (self._look_again(summary, engine_now) for summary in summaries)
        found = [each for each in await asyncio.gather(*looks) if each is not None]
        self._keep_only(owner, {each.engine_id for each in found})
        return {each.name: each for each in found if each.owner == owner}

    async def inspect(self, name: ContainerName) -> Observation | None:
        """One container, by its name or id."""
        answer = await self.answer(name)
        return None if answer is None else await self._observe(answer)

    async def answer(self, name: ContainerName) -> Json | None:
        """What Docker says of one container; None when there is none of that name."""
        path = f"/containers/{quote(name, safe='')}/json"
        return await self._calls.look(lambda client: client.look_at(path))

    def forget(self, name: ContainerName) -> None:
        """Something was done to a container: what was seen holds no more."""
        for engine_id in [i for i, (seen, _) in self._seen.items() if seen.name == name]:
            del self._seen[engine_id]

    async def _look_again(self, summary: Summary, engine_now: int | None) -> Observation | None:
        seen, at = self._seen.get(summary.engine_id, (None, 0.0))
        is_old = asyncio.get_running_loop().time() - at > _LONGEST_TRUST_SECONDS
        if seen is None or is_old or engine_now is None:
            return await self.inspect(summary.engine_id)
        if still_holds(seen, summary, engine_now):
            return seen
        return await self.inspect(summary.engine_id)

    async def _observe(self, answer: Json) -> Observation:
        observation = observation_of(answer, await self._digest_of(answer))
        now = asyncio.get_running_loop().time()
        self._seen[observation.engine_id] = (observation, now)
        return observation

    def _keep_only(self, owner: str, engine_ids: set[str]) -> None:
        """Forget the owner's containers that are gone."""
        gone = [i for i, (s, _) in self._seen.items() if s.owner == owner and i not in engine_ids]
        for engine_id in gone:
            del self._seen[engine_id]

    async def _digest_of(self, answer: Json) -> str | None:
        """The digest under which a registry knows the image, else the image's own id (6.12)."""
        image_id = text_at(answer, "Image")
        name = text_at(object_at(answer, "Config"), "Image")
        if not image_id or (image_id, name) in self._digests:
            return self._digests.get((image_id, name))
        path = f"/images/{quote(image_id, safe=':')}/json"

        def look(client: Client) -> Json | None:
            return client.look_at(path)

        image = await self._calls.look(look)
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
