"""`ecstui why`: which thing is meant, and what is said of it."""

import pytest

from ecstui.client.why import why_of
from ecstui.commands.attached import NotFoundError
from ecstui.commands.named import arn_named
from ecstui.commands.why import lines_of
from tests.factories import a_container, a_definition, an_instance
from tests.ui.rollouts import ARN, NOW, Rollout


def test_a_service_by_name_a_task_by_the_begin_of_its_id():
    rollout = Rollout()
    rollout.rolling(1)
    task = rollout.task(rollout.new)
    assert arn_named(rollout.store, "api", "default") == ARN
    assert arn_named(rollout.store, task.task_id[:8], "default") == task.task_arn
    assert arn_named(rollout.store, task.task_arn, "default") == task.task_arn


@pytest.mark.parametrize("name", ["nothing", "b", "ffff", "\x1b[2J"])
def test_what_is_not_there_is_said_to_be_missing(name):
    rollout = Rollout()
    rollout.rolling(1)
    with pytest.raises(NotFoundError):
        arn_named(rollout.store, name, "default")


def test_reasons_instances_and_help():
    rollout = Rollout(zones=())
    rollout.old = a_definition(a_container("api", memory=512), family="api", revision=1)
    rollout.put(rollout.old, an_instance("small\x1b[2J", memory_mib=256))
    rollout.steady(1, is_steady=False)
    found = why_of(rollout.store, ARN, NOW)
    assert found is not None
    lines = lines_of(found, NOW)
    assert lines[0] == "api:"
    assert "and never can" in lines[1]
    assert "instance by instance:" in lines
    assert "what would help:" in lines
    assert "\x1b" not in "".join(lines)


def test_nothing_to_wait_for():
    rollout = Rollout()
    rollout.steady(1)
    rollout.healthy(rollout.old)
    found = why_of(rollout.store, ARN, NOW)
    assert found is not None
    assert lines_of(found, NOW) == ["api: nothing to wait for"]
