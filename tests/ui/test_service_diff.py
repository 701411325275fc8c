from ecstui.model.shape import KeyValuePair
from ecstui.model.task_definition import PortMapping, Secret
from ecstui.ui.screens.service_diff import diff_lines, diff_of, effects, image_step
from ecstui.ui.spans import line_text
from tests.factories import a_container, a_definition, an_instance
from tests.ui.rollouts import Rollout


def pair(name, value):
    return KeyValuePair(name=name, value=value)


def told(old, new):
    return [(kind, text) for kind, text in diff_of(old, new).differences]


def test_equal_revisions_differ_in_nothing():
    old, new = a_definition(revision=1), a_definition(revision=2)
    diff = diff_of(old, new)
    assert diff.differences == ()
    assert line_text(diff_lines(diff, 60)[0]) == "the two revisions are the same"


def test_members_of_the_only_container():
    old = a_definition(a_container(image="shop/api:1.8.2", cpu=256, memory=512, command=("a",)))
    new = a_definition(
        a_container(
            image="shop/api:1.9.0", cpu=512, memory_reservation=64, memory=None, command=("b",)
        ),
        revision=2,
    )
    assert told(old, new) == [
        ("changed", "image shop/api:1.8.2 → 1.9.0"),
        ("changed", "cpu 256 → 512"),
        ("removed", "memory 512"),
        ("added", "memoryReservation 64"),
        ("changed", "command changed"),
    ]


def test_the_values_of_variables_and_secrets_are_never_told():
    old = a_definition(
        a_container(
            environment=(pair("URL", "postgres://u:hunter2@db"), pair("GONE", "x")),
            secrets=(Secret(name="TOKEN", value_from="arn:old"),),
        )
    )
    new = a_definition(
        a_container(
            environment=(pair("URL", "postgres://u:swordfish@db"), pair("NEW", "topsecret")),
            secrets=(Secret(name="TOKEN", value_from="arn:new"),),
            command=("--password=hush",),
        ),
        revision=2,
    )
    found = told(old, new)
    assert ("added", "environment NEW") in found
    assert ("changed", "environment URL") in found
    assert ("removed", "environment GONE") in found
    assert ("changed", "secret TOKEN") in found
    shown = " ".join(text for _, text in found)
    for secret in ("hunter2", "swordfish", "topsecret", "arn:", "hush"):
        assert secret not in shown


def test_containers_come_and_go_and_are_named_where_there_are_several():
    old = a_definition(a_container("api", cpu=1), a_container("old"))
    new = a_definition(a_container("api", cpu=2), a_container("envoy", image="envoy:1"), revision=2)
    assert told(old, new) == [
        ("changed", "api: cpu 1 → 2"),
        ("added", "container envoy, image envoy:1"),
        ("removed", "container old"),
    ]


def test_ports_and_members_of_the_task():
    old = a_definition(a_container(port_mappings=(PortMapping(container_port=80),)), cpu="256")
    new = a_definition(
        a_container(port_mappings=(PortMapping(container_port=80, host_port=8080),)),
        cpu="512",
        network_mode="host",
        revision=2,
    )
    assert told(old, new) == [
        ("added", "port 80/tcp on host port 8080"),
        ("removed", "port 80/tcp"),
        ("added", "networkMode host"),
        ("changed", "cpu 256 → 512"),
    ]


def test_a_step_of_the_tag_names_the_image_once():
    assert image_step("shop/api:1", "shop/api:2") == "shop/api:1 → 2"
    assert image_step("shop/api:1", "shop/web:1") == "shop/api:1 → shop/web:1"
    assert image_step("host:5000/api", "host:5001/api") == "host:5000/api → host:5001/api"


def test_what_it_means_for_the_tasks_and_for_the_cluster():
    rollout = Rollout(zones=("a",))
    rollout.new = a_definition(a_container("api", cpu=600, memory=10), family="api", revision=2)
    rollout.put(rollout.new, an_instance("i-0", cpu_units=2048, memory_mib=4096))
    service = rollout.steady(4)
    rollout.healthy(rollout.old, 4)
    found = effects(rollout.store, service, diff_of(rollout.old, rollout.new))
    assert found == [
        (True, "4 tasks replaced, never fewer than 4 healthy, never more than 8 at once"),
        (False, "up to 2 400 cpu units more while it rolls, free now 1 792"),
        (True, "up to 40 MiB more while it rolls, free now 3 840"),
        (True, "api:1 stays, to roll back to"),
    ]
