"""Sums of services are remembered for as long as their records are the same, and no longer."""

import random

from ecstui.model.enums import HealthStatus, ServiceStatus, TaskStatus
from ecstui.store.kinds import SERVICES, TASKS
from ecstui.ui.columns.plane import facts_of
from ecstui.ui.columns.services import service_rows
from ecstui.ui.columns.sums import Sums
from ecstui.ui.columns.tasks import task_rows
from tests.factories import NAMES
from tests.ui.town import CLUSTER, NOW, Town, a_town


def test_a_service_is_added_up_again_only_when_it_or_a_task_of_it_is_another() -> None:
    town = a_town()
    sums = Sums()
    before = dict(sums.of_cluster(town.store, CLUSTER))
    town.put_now(town.tasks("cart")[0].with_(health_status=HealthStatus.UNHEALTHY))
    town.put_now(town.service("analytics").with_(desired_count=99))
    after = sums.of_cluster(town.store, CLUSTER)
    others = {arn for arn in after if after[arn] is not before[arn]}
    assert others == {NAMES.service(CLUSTER, "cart"), NAMES.service(CLUSTER, "analytics")}
    assert after[NAMES.service(CLUSTER, "cart")].condition.text == "UNHEALTHY"


def test_remembered_sums_say_what_fresh_ones_say() -> None:
    town, sums, rng = a_town(), Sums(), random.Random(1)
    for _ in range(60):
        change_something(town, rng)
        assert facts_of(town.store, CLUSTER, sums) == facts_of(town.store, CLUSTER)
        assert service_rows(town.store, CLUSTER, sums) == service_rows(town.store, CLUSTER)
    assert facts_of(town.store, "staging", sums) == facts_of(town.store, "staging")


def change_something(town: Town, rng: random.Random) -> None:
    """As a control plane might, in any order."""
    tasks = [task for task in town.store.all(TASKS) if not task.is_stopped]
    task, service = rng.choice(tasks), rng.choice(town.store.all(SERVICES))
    match rng.randrange(5):
        case 0:
            town.put_now(task.with_(last_status=TaskStatus.STOPPED, stopped_at=NOW))
        case 1:
            town.put_now(task.with_(health_status=rng.choice(list(HealthStatus))))
        case 2:
            town.store.update(lambda tx: tx.delete(TASKS, task.task_arn))
        case 3:
            town.put_now(service.with_(status=rng.choice(list(ServiceStatus))))
        case _:
            town.put_now(service.with_(desired_count=rng.randrange(9)))


def test_rows_of_tasks_that_are_as_they_were_are_taken_over() -> None:
    town = a_town()
    before = task_rows(town.store, CLUSTER)
    changed = town.tasks("cart")[0]
    town.put_now(changed.with_(health_status=HealthStatus.UNHEALTHY))
    after = task_rows(town.store, CLUSTER, before=before)
    assert {arn for arn in after if after[arn] is not before[arn]} == {changed.task_arn}
    assert after == task_rows(town.store, CLUSTER)
