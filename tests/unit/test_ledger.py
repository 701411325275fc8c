"""What the capacity ledger says of an instance, change by change."""

import pytest

from ecstui.control.ledger import CapacityLedger
from ecstui.model.enums import DesiredStatus, InstanceStatus, TaskStatus
from ecstui.plan.expression import Malformed, holds, parse_expression
from tests.factories import a_task, an_instance
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
