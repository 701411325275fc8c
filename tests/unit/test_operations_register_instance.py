"""Container instances that people register, change and take away again."""

from typing import Any

import pytest

from ecstui.control.reconcilers.reaper import INACTIVE_SECONDS, Reaper
from ecstui.control.registration import RESERVED_PORTS, register
from ecstui.control.setup import InstanceSetup, Limits, Setup
from ecstui.model.cluster import ContainerInstanceRecord, EngineRecord, Resource
from ecstui.model.enums import ContainerStatus, DesiredStatus, InstanceStatus, StopCode, TaskStatus
from ecstui.model.requests.attributes import PutAttributesRequest
from ecstui.model.requests.instances import (
    DeregisterContainerInstanceRequest,
    DescribeContainerInstancesRequest,
    ListContainerInstancesRequest,
    RegisterContainerInstanceRequest,
)
from ecstui.model.requests.tasks import StartTaskRequest
from ecstui.model.shape import Tag
from ecstui.model.task_definition import Attribute
from ecstui.plan.pace import PACES, PaceName
from ecstui.store.kinds import INSTANCES, TASKS
from tests.factories import NAMES, NOW, a_cluster, an_id, an_instance, ids
from tests.support.desk import Desk
from tests.support.effects import NoEffects

ONE = NAMES.container_instance("default", an_id("local-1"))
ZONE = "ecs.availability-zone"


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.put(an_engine())
    return made


def an_engine(name="local", **members: Any) -> EngineRecord:
    values: dict[str, Any] = {
        "kind": "simulated",
        "cpu_units": 8192,
        "memory_mib": 16384,
        "is_connected": True,
    }
    return EngineRecord(**(values | {"name": name, "changed_at": NOW} | members))


def resources(cpu_units=1024, memory_mib=2048, *more):
    return (
        Resource(name="CPU", type="INTEGER", integer_value=cpu_units),
        Resource(name="MEMORY", type="INTEGER", integer_value=memory_mib),
        *more,
    )


def ports(*texts, name="PORTS"):
    return Resource(name=name, type="STRINGSET", string_set_value=texts)


def request(**members):
    return RegisterContainerInstanceRequest(**({"total_resources": resources()} | members))


def add(desk: Desk, **members: Any) -> ContainerInstanceRecord:
    instance = desk.call(request(**members)).container_instance
    found = desk.store.get(INSTANCES, instance.container_instance_arn)
    assert found is not None
    return found


def remove(desk, name=ONE, **members):
    asked = DeregisterContainerInstanceRequest(container_instance=name, **members)
    return desk.call(asked).container_instance


def test_a_slice_is_registered(desk):
    answer = desk.call(request(tags=(Tag(key="a", value="1"),)))
    instance = answer.container_instance
    assert (instance.status, instance.agent_connected, instance.version) == (
        InstanceStatus.ACTIVE,
        True,
        1,
    )
    assert instance.tags == (Tag(key="a", value="1"),)
    assert {
        r.name: r.integer_value or r.string_set_value for r in instance.registered_resources
    } == {
        "CPU": 1024,
        "MEMORY": 2048,
        "PORTS": tuple(str(port) for port in RESERVED_PORTS),
        "PORTS_UDP": (),
    }
    record = desk.store.get(INSTANCES, instance.container_instance_arn)
    assert (record.name, record.engine, record.ip) == ("slice-1", "local", "127.0.2.1")
    assert record.instance_id in record.container_instance_arn
    names = {attribute.name for attribute in record.attributes}
    assert {ZONE, "ecs.os-type", "ecs.capability.task-eni"} <= names
    assert desk.said()[-1] == (
        "alice registered container instance slice-1 with 1024 CPU units and 2048 MiB of engine "
        "local"
    )


def test_tasks_run_on_it(desk):
    desk.register()
    arn = add(desk).container_instance_arn
    (task,) = desk.call(StartTaskRequest(task_definition="web", container_instances=(arn,))).tasks
    assert desk.task(task.task_arn).instance_ip == "127.0.2.1"


def test_each_slice_has_a_name_and_an_address_of_its_own(desk):
    desk.put(a_cluster("blue"))
    made = [add(desk), add(desk, cluster="blue"), add(desk)]
    assert [i.name for i in made] == ["slice-1", "slice-2", "slice-3"]
    assert [i.ip for i in made] == ["127.0.2.1", "127.0.3.1", "127.0.4.1"]
    assert [i.cluster_name for i in made] == ["default", "blue", "default"]


def test_without_addresses_of_their_own_slices_have_none(desk):
    desk.put(an_instance(ip=""))
    assert add(desk).ip == ""


def test_the_zone_with_fewest_instances_is_taken(desk):
    desk.put(an_instance("local-2", zone="local-b"), an_instance("local-3", zone="local-b"))
    assert add(desk).zone == "local-a"
    zone = Attribute(name=ZONE, value="rack-7")
    assert add(desk, attributes=(zone, Attribute(name="stack", value="x"))).zone == "rack-7"


def test_the_engine_that_answers_and_has_most_room_is_taken(desk):
    desk.put(
        an_engine("big", cpu_units=99999, is_connected=False), an_engine("other", cpu_units=8000)
    )
    assert add(desk, total_resources=resources(4096)).engine == "other"
    assert add(desk).engine == "local"
    away = add(desk, attributes=(Attribute(name="ecstui.engine", value="big"),))
    assert (away.engine, away.agent_connected, away.ip) == ("big", False, "")
    error = desk.refuse(request(attributes=(Attribute(name="ecstui.engine", value="x"),)))
    assert error.message == "ecstui.engine should be one of [big, local, other]"


def test_without_any_engine_nothing_is_registered():
    desk = Desk()
    desk.store.update(lambda tx: tx.delete(INSTANCES, ONE))
    assert desk.refuse(request()).code == "ClientException"


def test_more_than_the_engine_has_is_told(desk):
    add(desk, total_resources=resources(8192))
    assert desk.said()[-1].endswith(
        "; its slices now have 10240 CPU units and 6144 MiB, the engine has 8192 and 16384"
    )


def test_reserved_ports_are_kept_from_tasks(desk):
    added = add(
        desk, total_resources=resources(1, 1, ports("80", "22", "80"), ports(name="PORTS_UDP"))
    )
    assert added.reserved_ports == (22, 80)


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"total_resources": ()}, "totalResources"),
        ({"total_resources": resources()[:1]}, "totalResources"),
        ({"total_resources": resources(0)}, "totalResources[0].integerValue"),
        ({"total_resources": resources(1, -1)}, "totalResources[1].integerValue"),
        ({"total_resources": resources(2**31)}, "totalResources[0].integerValue"),
        ({"total_resources": resources(1, 1, ports("0"))}, "totalResources[2].stringSetValue"),
        ({"total_resources": resources(1, 1, ports("x"))}, "totalResources[2].stringSetValue"),
        ({"total_resources": resources(1, 1, ports("65536"))}, "totalResources[2].stringSetValue"),
        (
            {"total_resources": resources(1, 1, ports(*map(str, range(1, 102))))},
            "totalResources[2].stringSetValue",
        ),
        ({"attributes": (Attribute(name="a b"),)}, "attributes[0].name"),
        ({"attributes": (Attribute(name="a"), Attribute(name="a"))}, "attributes[1].name"),
        ({"attributes": tuple(Attribute(name=f"a{n}") for n in range(11))}, "attributes"),
        ({"tags": (Tag(key="aws:x"),)}, "tags[0].key"),
        ({"container_instance_arn": "x"}, "containerInstanceArn"),
    ],
)
def test_members_that_break_a_rule_are_refused(desk, members, field):
    error = desk.refuse(request(**members))
    assert (error.code, error.field) == ("InvalidParameterException", field)


@pytest.mark.parametrize("more", [ports("53", name="PORTS_UDP"), ports("gpu-1", name="GPU")])
def test_resources_that_are_not_offered_are_refused(desk, more):
    error = desk.refuse(request(total_resources=resources(1, 1, more)))
    assert (error.code, error.field) == ("UnsupportedFeatureException", "totalResources[2]")


def test_the_cluster_must_be_there(desk):
    assert desk.refuse(request(cluster="x")).code == "ClusterNotFoundException"


def test_a_registered_instance_is_changed_by_its_arn(desk):
    before = add(desk, attributes=(Attribute(name="stack", value="x"),))
    arn = before.container_instance_arn
    after = add(
        desk,
        container_instance_arn=arn,
        total_resources=resources(512, 512, ports("80")),
        attributes=(Attribute(name="rack", value="7"),),
    )
    assert after.container_instance_arn == arn
    assert (after.cpu_units, after.memory_mib, after.reserved_ports) == (512, 512, (80,))
    assert (after.name, after.ip, after.version) == (before.name, before.ip, 2)
    named = {a.name: a.value for a in after.attributes}
    assert (named["stack"], named["rack"]) == ("x", "7")


def test_what_the_settings_name_is_changed_in_the_settings(desk):
    error = desk.refuse(request(container_instance_arn=ONE))
    assert (error.code, error.field) == ("ClientException", "containerInstanceArn")


def test_registered_instances_outlive_a_restart(desk):
    mine = add(desk)
    away = add(desk, attributes=(Attribute(name="ecstui.engine", value="local"),))
    desk.change(away, engine="gone")
    own = InstanceSetup("slice-1", "local", "local-a", 1024, 1024)
    setup = Setup(owner="o", ids=ids("setup"), instances=(own,))
    desk.store.update(lambda tx: register(tx, setup, NOW))
    assert desk.store.get(INSTANCES, mine.container_instance_arn) == mine
    assert not desk.store.get(INSTANCES, away.container_instance_arn).agent_connected
    assert desk.store.get(INSTANCES, ONE).status is InstanceStatus.DRAINING


# -- and away again ---------------------------------------------------------------------------


def test_an_empty_instance_is_deregistered(desk):
    instance = remove(desk)
    assert (instance.status, instance.version) == (InstanceStatus.INACTIVE, 2)
    assert desk.call(ListContainerInstancesRequest()).container_instance_arns == ()
    answer = desk.call(DescribeContainerInstancesRequest(container_instances=(ONE,)))
    assert [i.status for i in answer.container_instances] == [InstanceStatus.INACTIVE]
    assert desk.said() == ["alice deregistered container instance local-1"]


def test_tasks_on_it_are_an_error_without_force(desk):
    desk.register()
    (task,) = desk.run()
    error = desk.refuse(DeregisterContainerInstanceRequest(container_instance=ONE))
    assert (error.code, error.message, error.field) == (
        "InvalidParameterException",
        "Found running tasks on the instance.",
        "containerInstance",
    )
    desk.change(task, last_status=TaskStatus.STOPPED)
    assert remove(desk, an_id("local-1")).status is InstanceStatus.INACTIVE


def test_force_ends_the_tasks_on_it(desk):
    desk.register()
    first, second = desk.run(count=2)
    desk.change(second, last_status=TaskStatus.STOPPED, stopped_reason="before")
    desk.now += 5
    remove(desk, force=True)
    task = desk.task(first.task_arn)
    assert (task.desired_status, task.last_status) == (DesiredStatus.STOPPED, TaskStatus.PENDING)
    assert task.stopped_reason == "Container instance deregistration forced by user"
    assert (task.stop_code, task.stopping_at) == (StopCode.USER_INITIATED, NOW + 5)
    assert desk.task(second.task_arn).stopped_reason == "before"
    assert desk.said()[-1] == (
        "alice deregistered container instance local-1, and ended 1 of its tasks"
    )


def test_force_gives_up_tasks_whose_engine_does_not_answer(desk):
    desk.register()
    (task,) = desk.run()
    desk.put(an_instance(agent_connected=False))
    desk.now += 5
    remove(desk, force=True)
    task = desk.task(task.task_arn)
    assert (task.is_stopped, task.stopped_at) == (True, NOW + 5)
    assert {c.last_status for c in task.containers} == {ContainerStatus.STOPPED}
    assert task.stopped_reason == "Container instance deregistration forced by user"


@pytest.mark.parametrize("name", ["x", an_id("old")])
def test_what_is_not_registered_cannot_be_deregistered(desk, name):
    desk.put(an_instance("old", status=InstanceStatus.INACTIVE))
    error = desk.refuse(DeregisterContainerInstanceRequest(container_instance=name))
    assert error.message == "The referenced container instance was not found."


def test_a_deregistered_instance_takes_nothing_and_nothing_is_put_on_it(desk):
    desk.register()
    remove(desk)
    start = StartTaskRequest(task_definition="web", container_instances=(ONE,))
    assert [f.reason for f in desk.call(start).failures] == ["INACTIVE"]
    put = PutAttributesRequest(attributes=(Attribute(name="a", target_id=ONE),))
    assert desk.refuse(put).code == "TargetNotFoundException"


class Standstill:
    """A clock that shows one time."""

    def __init__(self, now: float) -> None:
        self._now = now

    def now(self) -> float:
        return self._now


def test_a_deregistered_instance_is_forgotten_when_its_tasks_are(desk):
    def sweep(now):
        reaper = Reaper(
            Standstill(now), PACES[PaceName.LOCAL], Limits(), lambda engine: None, NoEffects()
        )
        desk.store.update(lambda tx: reaper(tx, "sweep"))
        return desk.store.get(INSTANCES, ONE) is not None

    desk.register()
    (task,) = desk.run()
    remove(desk, force=True)
    assert sweep(NOW + INACTIVE_SECONDS + 1), "a task refers to it"
    desk.store.update(lambda tx: tx.delete(TASKS, task.task_arn))
    assert sweep(NOW + INACTIVE_SECONDS - 1)
    assert not sweep(NOW + INACTIVE_SECONDS + 1)


def test_an_instance_that_the_settings_name_comes_back(desk):
    remove(desk)
    own = InstanceSetup("local-1", "local", "local-a", 1024, 1024)
    setup = Setup(owner="o", ids=ids("setup"), instances=(own,))
    desk.store.update(lambda tx: register(tx, setup, NOW))
    instance = desk.store.get(INSTANCES, ONE)
    assert (instance.status, instance.deregistered_at) == (InstanceStatus.ACTIVE, None)
