from ecstui.model.enums import InstanceStatus, LaunchType, PlacementConstraintType
from ecstui.model.service import CapacityProviderStrategyItem, PlacementConstraint
from ecstui.model.task_definition import TaskDefinitionPlacementConstraint
from ecstui.plan.attributes import INSTANCE_CAPABILITIES
from ecstui.store.journal import MemoryJournal
from ecstui.store.store import Store
from ecstui.ui.revisions import (
    definition_named,
    names_to_suggest,
    newest_of,
    next_revision,
    revisions_of,
)
from ecstui.ui.room import (
    MOST_TRIED,
    Wish,
    capacities_of,
    dry_run,
    wish_of_service,
    zones_text,
)
from tests.factories import (
    CLUSTER,
    a_cluster,
    a_container,
    a_definition,
    a_service,
    a_task,
    an_instance,
)
from tests.support.desk import Desk


def a_store(*records):
    store = Store(MemoryJournal())

    def put(tx):
        for record in records:
            tx.put(record)

    store.update(put)
    return store


def an_empty_instance(name, zone="zone-a", **members):
    return an_instance(name, zone=zone, cpu_units=1024, memory_mib=1024, **members)


DEFINITION = a_definition(a_container("app", cpu=256, memory=256), family="web", revision=1)


def test_what_tasks_hold_is_not_free():
    instance = an_empty_instance("i-1")
    held = a_task(DEFINITION, seed=1, container_instance_arn=instance.container_instance_arn)
    store = a_store(instance, DEFINITION, held)
    (capacity,) = capacities_of(store, instance.cluster_name)
    assert capacity.cpu_units == 1024 - held.reservation.cpu_units
    assert capacity.memory_mib == 1024 - held.reservation.memory_mib
    room = dry_run(store, instance.cluster_name, Wish(DEFINITION, "family:web", 9))
    assert room.placed == 3
    assert not room.is_enough
    assert room.reason == "needs 256 CPU units, 0 left"


def test_tasks_of_a_service_are_spread_over_zones():
    instances = [an_empty_instance(f"i-{zone}", f"zone-{zone}") for zone in "abc"]
    store = a_store(*instances, DEFINITION)
    wish = Wish(DEFINITION, "service:web", 6, is_service=True)
    room = dry_run(store, instances[0].cluster_name, wish)
    assert room.is_enough
    assert zones_text(room) == "zone-a 2, zone-b 2, zone-c 2"


def test_constraints_of_wish_and_definition_hold():
    instances = [an_empty_instance(f"i-{zone}", f"zone-{zone}") for zone in "ab"]
    only_a = TaskDefinitionPlacementConstraint(
        type=PlacementConstraintType.MEMBER_OF,
        expression="attribute:ecs.availability-zone == zone-a",
    )
    pinned = DEFINITION.with_(placement_constraints=(only_a,))
    store = a_store(*instances, pinned)
    cluster = instances[0].cluster_name
    assert dry_run(store, cluster, Wish(pinned, "g", 9)).by_zone == {"zone-a": 4}
    distinct = PlacementConstraint(type=PlacementConstraintType.DISTINCT_INSTANCE)
    room = dry_run(store, cluster, Wish(pinned, "g", 9, constraints=(distinct,)))
    assert room.placed == 1


def test_a_draining_instance_takes_nothing():
    instance = an_empty_instance("i-1", status=InstanceStatus.DRAINING)
    store = a_store(instance, DEFINITION)
    room = dry_run(store, instance.cluster_name, Wish(DEFINITION, "g", 1))
    assert (room.placed, room.reason) == (0, "no container instance is ACTIVE")


def test_only_so_many_are_tried():
    instance = an_instance("i-1", cpu_units=10**6, memory_mib=10**6)
    store = a_store(instance, DEFINITION)
    room = dry_run(store, instance.cluster_name, Wish(DEFINITION, "g", MOST_TRIED * 20))
    assert room.is_enough


def test_the_dry_run_agrees_with_run_task():
    desk = Desk()
    for instance in desk.all_instances():
        desk.change(instance, attributes=(*instance.attributes, *INSTANCE_CAPABILITIES))
    desk.register("web")
    definition = definition_named(desk.store, "web")
    assert definition is not None
    free = dry_run(desk.store, "default", Wish(definition, "family:web", 100)).placed
    assert 0 < free < 100
    for _ in range(free):
        desk.run("web")
    assert dry_run(desk.store, "default", Wish(definition, "family:web", 1)).placed == 0


def test_revisions_by_the_names_that_people_type():
    desk = Desk()
    for _ in range(3):
        desk.register("web")
    view = desk.store
    assert [r.revision for r in revisions_of(view, "web")] == [3, 2, 1]
    for name in ("web", "web:3", "arn:aws:ecs:us-east-1:000000000000:task-definition/web:3"):
        found = definition_named(view, name)
        assert found is not None
        assert found.revision == 3
    assert definition_named(view, "web:9") is None
    assert definition_named(view, "ghost") is None
    assert definition_named(view, "") is None
    assert newest_of(view, "ghost") is None
    assert (next_revision(view, "web"), next_revision(view, "ghost")) == (4, 1)
    assert names_to_suggest(view) == ["web", "web:3", "web:2", "web:1"]


def test_capacity_providers_make_room():
    service = a_service(
        launch_type=LaunchType.FARGATE, task_definition=DEFINITION.task_definition_arn
    )
    store = a_store(a_cluster(), DEFINITION, service)
    assert not dry_run(store, CLUSTER, Wish(DEFINITION, "family:web", 3)).is_enough
    assert dry_run(store, CLUSTER, wish_of_service(service, DEFINITION, 3)).is_enough
    item = CapacityProviderStrategyItem(capacity_provider="FARGATE", weight=1)
    store = a_store(a_cluster(default_capacity_provider_strategy=(item,)), DEFINITION)
    assert dry_run(store, CLUSTER, Wish(DEFINITION, "family:web", 3)).is_enough
    plain = a_service(launch_type=LaunchType.EC2, task_definition=DEFINITION.task_definition_arn)
    assert not dry_run(store, CLUSTER, wish_of_service(plain, DEFINITION, 3)).is_enough
