"""Shapes share the names of their members, and keep to what was given."""

import json

from ecstui.model.requests.services import UpdateServiceRequest
from ecstui.model.shape import Tag
from ecstui.model.task import Task, TaskRecord
from tests.factories import a_task


def test_shapes_that_were_given_the_same_members_share_the_set_of_their_names():
    one, other = Tag(key="a", value="1"), Tag.model_validate_json('{"key": "b", "value": "2"}')
    assert one.model_fields_set is other.model_fields_set
    assert Tag(key="a").model_fields_set == {"key"}


def test_a_copy_knows_which_members_were_given_or_replaced():
    given = Tag(key="a")
    copied = given.with_(value="1")
    assert copied.model_fields_set == {"key", "value"}
    assert copied.model_fields_set is Tag(key="b", value="2").model_fields_set
    assert given.model_fields_set == {"key"}
    assert given.with_(key="c").model_fields_set is given.model_fields_set


def test_a_shape_that_has_the_values_already_is_its_own_copy():
    record = a_task(seed=1)
    assert record.with_(containers=(*record.containers,), task_id=record.task_id) is record
    assert record.with_(version=record.version + 1) is not record
    given = Tag(key="a")
    assert given.with_(value="").model_fields_set == {"key", "value"}


def test_shapes_are_equal_when_their_class_and_their_members_are():
    record = a_task(seed=1)
    again = TaskRecord.model_validate_json(record.model_dump_json(by_alias=True))
    assert again == record
    assert again.with_(version=0) != record
    assert Task.taken_from(record) != record
    assert record != "a task"
    assert {Tag(key="a"), Tag(key="a", value="")} == {Tag(key="a")}


def test_members_that_were_not_given_are_still_left_out():
    request = UpdateServiceRequest(service="web", desired_count=2)
    written = request.model_dump_json(by_alias=True, exclude_unset=True)
    assert written == '{"service":"web","desiredCount":2}'


def test_what_is_taken_from_a_record_is_as_if_validated():
    record = a_task(seed=1)
    taken = Task.taken_from(record, tags=(Tag(key="a"),))
    members = {name: getattr(record, name) for name in Task.model_fields}
    assert taken == Task.model_validate(members | {"tags": (Tag(key="a"),)})
    assert not hasattr(taken, "engine")
    assert TaskRecord.taken_from(record) == record


def test_bytes_and_members_of_an_answer_say_the_same():
    record = a_task(seed=1)
    assert json.loads(record.to_json()) == record.to_wire()
