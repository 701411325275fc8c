"""Counts: every task counts once, and a stopped one not at all."""

from typing import Any

import pytest

from ecstui.model.enums import DesiredStatus, InstanceStatus, ServiceStatus, TaskStatus
from ecstui.plan.counts import (
    ClusterCounts,
    Stage,
    TaskCounts,
    cluster_counts,
    registered_resources,
    remaining_resources,
    service_counts,
    stage_of,
    task_counts,
    usage_of,
)
from tests.factories import (
    a_container,
    a_definition,
    a_deployment,
    a_port,
    a_service,
    a_task,
    an_instance,
)

STOPPED = DesiredStatus.STOPPED


@pytest.mark.parametrize(
    ("last", "stage"),
    [
        (TaskStatus.PROVISIONING, Stage.PENDING),
        (TaskStatus.PENDING, Stage.PENDING),
        (TaskStatus.ACTIVATING, Stage.PENDING),
        (TaskStatus.RUNNING, Stage.RUNNING),
        (TaskStatus.DEACTIVATING, Stage.STOPPING),
        (TaskStatus.STOPPING, Stage.STOPPING),
        (TaskStatus.DEPROVISIONING, Stage.STOPPING),
        (TaskStatus.STOPPED, Stage.GONE),
    ],
)
def test_a_wanted_task_counts_by_its_last_status(last, stage):
    assert stage_of(a_task(last_status=last)) is stage


@pytest.mark.parametrize("last", [status for status in TaskStatus if status != "STOPPED"])
def test_a_task_told_to_stop_is_stopping_until_it_has_stopped(last):
    assert stage_of(a_task(last_status=last, desired_status=STOPPED)) is Stage.STOPPING
    stopped = a_task(last_status=TaskStatus.STOPPED, desired_status=STOPPED)
    assert stage_of(stopped) is Stage.GONE


def test_tasks_are_counted():
    tasks = [a_task(seed=1), a_task(seed=2, last_status=TaskStatus.RUNNING)]
    assert task_counts(tasks) == TaskCounts(running=1, pending=1)
    assert task_counts(tasks).total == 2
    assert task_counts([]) == TaskCounts()


def test_a_service_counts_its_own_tasks_by_deployment():
    new, old = a_deployment("new"), a_deployment("old")
    service = a_service(deployments=(new, old))
    own: dict[str, Any] = {"service_arn": service.service_arn}
    tasks = [
        a_task(seed=1, deployment_id=new.id, **own),
        a_task(seed=2, deployment_id=new.id, desired_status=STOPPED, **own),
        a_task(seed=3, deployment_id="ecs-svc/gone", last_status=TaskStatus.RUNNING, **own),
        a_task(seed=4, deployment_id=new.id),
    ]
    counts = service_counts(service, tasks)
    assert counts.all == TaskCounts(running=1, pending=1, stopping=1)
    assert counts.of(new.id) == TaskCounts(pending=1, stopping=1)
    assert counts.of(old.id) == TaskCounts()
    assert counts.of("ecs-svc/gone") == TaskCounts(running=1)
    assert counts.of("ecs-svc/never") == TaskCounts()
    assert set(counts.by_deployment) == {new.id, old.id, "ecs-svc/gone"}


def test_a_cluster_counts_what_is_registered_and_active():
    counts = cluster_counts(
        TaskCounts(running=1),
        [a_service(status=status) for status in ServiceStatus],
        [an_instance(status=status) for status in InstanceStatus],
    )
    assert counts == ClusterCounts(
        tasks=TaskCounts(running=1),
        container_instances=2,
        active_services=1,
        draining_services=1,
    )


def test_a_task_holds_what_it_takes_until_it_has_stopped():
    port = a_port(80, 8080)
    definition = a_definition(a_container(cpu=100, memory=200, port_mappings=(port,)))
    stopping = a_task(definition, seed=1, desired_status=STOPPED)
    stopped = a_task(definition, seed=2, last_status=TaskStatus.STOPPED)
    usage = usage_of([stopping, stopped])
    assert (usage.cpu_units, usage.memory_mib) == (100, 200)
    assert (usage.tcp_ports, usage.udp_ports) == (frozenset({8080}), frozenset())


def test_ports_of_an_instance_are_those_that_are_not_free_in_ascending_order():
    instance = an_instance(reserved_ports=(2375, 22))
    port = a_port(80, 80)
    definition = a_definition(a_container(port_mappings=(port,)))
    remaining = remaining_resources(instance, usage_of([a_task(definition)]))
    assert {r.name: r.string_set_value for r in remaining}["PORTS"] == ("22", "80", "2375")
    registered = registered_resources(instance)
    assert {r.name: r.string_set_value for r in registered}["PORTS"] == ("22", "2375")
    assert [r.name for r in remaining] == ["CPU", "MEMORY", "PORTS", "PORTS_UDP"]
    assert [r.integer_value for r in remaining] == [2048 - 64, 4096 - 64, 0, 0]
