"""One service in every situation, as records: for tests of the cockpit's figures and words."""

from typing import Any

from ecstui.model.cluster import EventRecord, PlaneRecord
from ecstui.model.enums import (
    ContainerStatus,
    DeploymentStatus,
    DesiredStatus,
    EventSource,
    RolloutState,
    StopCode,
    TaskStatus,
)
from ecstui.model.service import DeploymentRecord, ServiceRecord
from ecstui.model.shape import Shape
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.store.journal import MemoryJournal
from ecstui.store.store import Store
from ecstui.ui.cockpit import Situation, situation_of
from tests.factories import (
    NAMES,
    a_cluster,
    a_container,
    a_definition,
    a_deployment,
    a_service,
    a_task,
    an_id,
    an_instance,
)

NOW = 1_700_000_000.0
ARN = NAMES.service("default", "api")
LONG_AGO = NOW - 3600.0


class Rollout:
    """`api` on three instances in three zones, with a revision that runs and one that comes."""

    def __init__(self, *, zones: tuple[str, ...] = ("a", "b", "c"), pace: str = "local") -> None:
        self.store = Store(MemoryJournal())
        self.old = a_definition(a_container("api", image="shop/api:1"), family="api", revision=1)
        self.new = a_definition(a_container("api", image="shop/api:2"), family="api", revision=2)
        self.first = a_deployment(
            "first",
            task_definition=self.old.task_definition_arn,
            rollout_state=RolloutState.COMPLETED,
            created_at=LONG_AGO,
            updated_at=LONG_AGO + 20,
        )
        self.second = a_deployment(
            "second", task_definition=self.new.task_definition_arn, created_at=NOW - 30
        )
        self._count = 0
        self.put(
            PlaneRecord(
                owner="0123456789ab", pace=pace, is_simulation=True, version="1",
                started_at=LONG_AGO, region="us-east-1", account="000000000000", process_id=1,
            ),
            a_cluster(),
            self.old,
            self.new,
            *(an_instance(f"i-{n}", zone=f"zone-{zone}") for n, zone in enumerate(zones)),
        )  # fmt: skip
        self.zones = zones

    def put(self, *records: Shape) -> None:
        def put_all(tx: Any) -> None:
            for record in records:
                tx.put(record)

        self.store.update(put_all)

    # ---------------------------------------------------------------- the service

    def steady(self, desired_count: int = 4, **changes: Any) -> ServiceRecord:
        """At rest on the old revision."""
        values = {"is_steady": True, "last_completed": self.first, "created_at": LONG_AGO}
        return self._put_service(desired_count, (self.first,), self.old, values | changes)

    def rolling(self, desired_count: int = 4, **changes: Any) -> ServiceRecord:
        """On the way from the old revision to the new one."""
        before = self.first.with_(status=DeploymentStatus.ACTIVE)
        values = {"last_completed": self.first, "created_at": LONG_AGO}
        return self._put_service(desired_count, (self.second, before), self.new, values | changes)

    def _put_service(
        self,
        desired_count: int,
        deployments: tuple[DeploymentRecord, ...],
        definition: TaskDefinitionRecord,
        changes: dict[str, Any],
    ) -> ServiceRecord:
        service = a_service(
            "api",
            desired_count=desired_count,
            deployments=changes.pop("deployments", deployments),
            task_definition=definition.task_definition_arn,
            **changes,
        )
        self.put(service)
        return service

    # ---------------------------------------------------------------- its tasks

    def task(self, definition: TaskDefinitionRecord, **changes: Any) -> TaskRecord:
        """A task of one of the two revisions, on the next instance in turn."""
        number = self._count
        self._count += 1
        deployment = self.first if definition is self.old else self.second
        place = an_instance(f"i-{number % len(self.zones)}")
        task = a_task(
            definition,
            seed=f"api:{number}",
            service_arn=ARN,
            deployment_id=deployment.id,
            container_instance_arn=place.container_instance_arn,
            availability_zone=f"zone-{self.zones[number % len(self.zones)]}",
            created_at=LONG_AGO if definition is self.old else NOW - 20,
        ).with_(**changes)
        self.put(task)
        return task

    def healthy(self, definition: TaskDefinitionRecord, count: int = 1, **changes: Any) -> None:
        """Tasks that count."""
        for _ in range(count):
            at = LONG_AGO if definition is self.old else NOW - 15
            task = self.task(definition)
            running = tuple(
                c.with_(last_status=ContainerStatus.RUNNING, started_at=at) for c in task.containers
            )
            self.put(
                task.with_(
                    **{
                        "last_status": TaskStatus.RUNNING,
                        "started_at": at,
                        "healthy_at": at + 2,
                        "containers": running,
                    }
                    | changes
                )
            )

    def stopping(self, definition: TaskDefinitionRecord, count: int = 1, ago: float = 3) -> None:
        """Tasks told to stop that run on for a while."""
        self.healthy(
            definition,
            count,
            desired_status=DesiredStatus.STOPPED,
            last_status=TaskStatus.STOPPING,
            stopping_at=NOW - ago,
            stop_code=StopCode.SERVICE_SCHEDULER_INITIATED,
            stopped_reason="Scaling activity initiated by (deployment ecs-svc/1)",
        )

    def failed(
        self, definition: TaskDefinitionRecord, count: int = 1, ago: float = 5, **changes: Any
    ) -> None:
        """Tasks that never ran."""
        for number in range(count):
            self.task(
                definition,
                **{
                    "last_status": TaskStatus.STOPPED,
                    "desired_status": DesiredStatus.STOPPED,
                    "stopped_at": NOW - ago - number,
                    "stop_code": StopCode.TASK_FAILED_TO_START,
                    "stopped_reason": "CannotPullContainerError: not found",
                }
                | changes,
            )

    def event(self, message: str, ago: float, **changes: Any) -> None:
        """Something told of the service."""
        values: dict[str, Any] = {
            "id": an_id(f"{message}{ago}"),
            "created_at": NOW - ago,
            "source": EventSource.SERVICE,
            "cluster_name": "default",
            "subject_arn": ARN,
            "service_arn": ARN,
            "message": f"(service api) {message}",
        }
        self.put(EventRecord(**(values | changes)))

    # ---------------------------------------------------------------- what the cockpit makes of it

    def situation(self, now: float = NOW) -> Situation:
        """What the cockpit sees."""
        found = situation_of(self.store, ARN, now)
        assert found is not None
        return found
