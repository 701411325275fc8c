"""What the capacity ledger says of an instance, change by change."""

import random
from functools import partial
from typing import Any

import pytest

from ecstui.control.ledger import CapacityLedger
from ecstui.model.enums import DesiredStatus, InstanceStatus, TaskStatus
from ecstui.model.task import Reservation, TaskRecord
from ecstui.plan.expression import Malformed, holds, parse_expression
from ecstui.store.kinds import TASKS
from ecstui.store.tables import Transaction
from tests.factories import NOW, a_task, an_instance
from tests.support.desk import Desk

HERE = an_instance("local-1", capacity_provider_name="local")


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.put(HERE)
    return desk


def followed(desk: Desk) -> CapacityLedger:
    ledger = CapacityLedger()
    ledger.load(desk.store)
    desk.store.on_change(ledger.on_change)
    return ledger


def runs(ledger: CapacityLedger, number: int) -> bool:
    """Whether the query language says that so many tasks run on the instance."""
    expression = parse_expression(f"runningTasksCount == {number}")
    assert not isinstance(expression, Malformed)
    return holds(expression, ledger.capacities()[HERE.container_instance_arn])


def test_only_tasks_that_run_count_as_running(desk: Desk):
    ledger = followed(desk)
    task = a_task(container_instance_arn=HERE.container_instance_arn)
    desk.put(task)
    assert runs(ledger, 0), "PENDING"
    task = desk.change(task, last_status=TaskStatus.RUNNING)
    assert runs(ledger, 1)
    desk.change(task, desired_status=DesiredStatus.STOPPED)
    assert runs(ledger, 0), "told to stop, it is stopping"
    assert runs(followed(desk), 0), "made anew"


def test_an_instance_that_was_deregistered_is_no_part_of_its_provider(desk: Desk):
    ledger = followed(desk)
    arn = HERE.container_instance_arn
    instance = desk.change(HERE, status=InstanceStatus.DRAINING)
    assert ledger.capacities()[arn].capacity_provider == "local"
    desk.change(instance, status=InstanceStatus.INACTIVE)
    assert ledger.capacities()[arn].capacity_provider == ""


@pytest.mark.parametrize("seed", range(4))
def test_what_is_followed_is_what_would_be_made_anew(desk: Desk, seed: int):
    lots = random.Random(seed)
    arns = [HERE.container_instance_arn]
    for number in range(3):
        there = an_instance(
            f"more-{number}", ip="" if number else "127.0.0.9", reserved_ports=(22, 51678)
        )
        desk.put(there)
        arns.append(there.container_instance_arn)
    ledger = followed(desk)
    tasks: list[TaskRecord] = []
    for step in range(300):
        kind = lots.random()
        if kind < 0.35 or not tasks:
            ports = tuple(lots.sample(range(80, 84), lots.randrange(3)))
            reservation = Reservation(
                cpu_units=lots.randrange(64),
                memory_mib=lots.randrange(64),
                tcp_ports=ports,
                udp_ports=ports[:1],
                takes_host_network=lots.random() < 0.3,
            )
            task = a_task(
                seed=step,
                container_instance_arn=lots.choice([None, *arns]),
                instance_ip=lots.choice(["", "127.0.0.9"]),
                reservation=reservation,
                group=lots.choice([None, "service:a", "service:b"]),
            )
            desk.put(task)
            tasks.append(task)
        else:
            at = lots.randrange(len(tasks))
            if tasks[at].is_stopped:
                desk.store.update(partial(_delete, tasks.pop(at).task_arn))
                continue
            changes: dict[str, Any] = lots.choice(
                [
                    {"last_status": TaskStatus.RUNNING},
                    {"last_status": TaskStatus.STOPPED},
                    {"desired_status": DesiredStatus.STOPPED},
                    {"healthy_at": NOW + step},
                    {"container_instance_arn": lots.choice(arns)},
                    {"group": "service:c"},
                ]
            )
            tasks[at] = desk.change(tasks[at], **changes)
        anew = CapacityLedger()
        anew.load(desk.store)
        assert ledger.capacities() == anew.capacities()


def _delete(arn: str, tx: Transaction) -> None:
    tx.delete(TASKS, arn)
