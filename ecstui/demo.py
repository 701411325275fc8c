"""The demo: registers the sample task definitions, creates the services, and keeps things moving.

Talks to a control plane only through a client, as a person would; what it does, anybody can do.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ecstui.base.errors import EcsError
from ecstui.client.protocol import Client
from ecstui.model.requests.definitions import RegisterTaskDefinitionRequest
from ecstui.model.requests.services import (
    CreateServiceRequest,
    UpdateServiceRequest,
)
from ecstui.model.requests.tasks import RunTaskRequest
from ecstui.model.service import ServiceRecord
from ecstui.store.kinds import SERVICES

ROLLING_SERVICE = "checkout"
"""The service that is always rolled from one revision to another, in the simulation."""
JOB_FAMILY = "nightly-report"
JOB_PAUSE_SECONDS = 60.0
ROLL_PAUSE_SECONDS = 25.0
SETTLE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Task definitions in the order of their revisions, and services, as ECS's JSON has them."""

    definitions: tuple[RegisterTaskDefinitionRequest, ...]
    services: tuple[CreateServiceRequest, ...]


def demo_folder() -> Path:
    """Where the sample files are: inside the installed package, or in the checkout."""
    package = Path(__file__).parent
    installed = package / "_demo"
    return installed if installed.is_dir() else package.parent / "demo"


def load_sample(name: str) -> Sample:
    """The sample `simulated` or `docker`."""
    folder = demo_folder()
    definitions = [
        RegisterTaskDefinitionRequest.model_validate(document)
        for path in sorted((folder / name).glob("*.json"))
        for document in json.loads(path.read_text(encoding="utf-8"))
    ]
    services = json.loads((folder / f"{name}-services.json").read_text(encoding="utf-8"))
    return Sample(
        tuple(definitions),
        tuple(CreateServiceRequest.model_validate(service) for service in services),
    )


async def seed(client: Client, sample: Sample) -> None:
    """Register and create everything; what an earlier run has made is left as it is."""
    known = {service.service_name for service in active_services(client)}
    if not known:
        for definition in sample.definitions:
            await client.call(definition)
    for service in sample.services:
        if service.service_name not in known:
            await client.call(service)


async def settled(client: Client, seconds: float = SETTLE_SECONDS) -> None:
    """Wait until most services are steady, but not longer than that."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await _until(client, lambda: _is_mostly_steady(client))


async def _until(client: Client, is_so: Callable[[], bool]) -> None:
    """Wait until the records say that something is so."""
    if is_so():
        return
    async with contextlib.aclosing(client.changes()) as changes:
        async for _ in changes:
            if is_so():
                return


def active_services(client: Client) -> Sequence[ServiceRecord]:
    """Services that have not been deleted."""
    return [s for s in client.view.all(SERVICES) if s.status == "ACTIVE"]


def _is_mostly_steady(client: Client) -> bool:
    services = active_services(client)
    return sum(not service.is_steady for service in services) <= len(services) // 6


async def direct(client: Client) -> None:
    """Keep the simulation moving until cancelled: a rollout under way, now and then a job."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_roll_for_ever(client))
        group.create_task(_run_jobs(client))


async def _roll_for_ever(client: Client) -> None:
    """Roll one service between its two revisions; leave it alone once a person changed it."""
    revision = 2
    while True:
        service = _service(client, ROLLING_SERVICE)
        if service is None:
            return
        try:
            await client.call(
                UpdateServiceRequest(
                    service=ROLLING_SERVICE, task_definition=f"{ROLLING_SERVICE}:{revision}"
                )
            )
        except EcsError:
            return
        await asyncio.sleep(ROLL_PAUSE_SECONDS)
        await _until(client, lambda: _has_rolled(client))
        service = _service(client, ROLLING_SERVICE)
        if service is None or not service.task_definition.endswith(f":{revision}"):
            return
        await asyncio.sleep(ROLL_PAUSE_SECONDS)
        revision = 3 - revision


async def _run_jobs(client: Client) -> None:
    while True:
        try:
            await client.call(RunTaskRequest(task_definition=JOB_FAMILY, started_by="demo"))
        except EcsError:
            return
        await asyncio.sleep(JOB_PAUSE_SECONDS)


def _has_rolled(client: Client) -> bool:
    service = _service(client, ROLLING_SERVICE)
    return service is None or service.is_steady


def _service(client: Client, name: str) -> ServiceRecord | None:
    return next((s for s in active_services(client) if s.service_name == name), None)
