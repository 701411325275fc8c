"""Our shapes beside botocore's: no member of ours that ECS has not, none of another type."""

import pytest

from tests.aws.shapes import ecs_model
from tests.doors.coverage import (
    BEGIN,
    END,
    README,
    REFUSED,
    Members,
    Operation,
    operations,
    table,
    written,
)

EXCEPT = ("serviceRegistries[]", "sharingStrategy.nvidiaMps")
"""A list that is never filled, for what would fill it is refused; a structure kept as given."""


def wrong(members: Members) -> list[str]:
    return [words for words in members.of_another_type if not any(e in words for e in EXCEPT)]


@pytest.fixture(scope="module")
def found() -> list[Operation]:
    return operations()


def test_what_we_send_exists_in_ecs_with_that_type(found: list[Operation]):
    for one in found:
        assert one.response.foreign == [], one.name
        assert wrong(one.response) == [], one.name


def test_what_we_take_exists_in_ecs_with_that_type(found: list[Operation]):
    for one in found:
        assert one.request.foreign == [], one.name
        assert wrong(one.request) == [], one.name


def test_what_is_refused_by_name_is_a_member_of_ecs():
    for name, members in REFUSED.items():
        shape = ecs_model().operation_model(name).input_shape
        known = set() if shape is None else set(shape.members)
        has_both = name in ("ListServices", "ListTasks")  # one table for all lists
        assert has_both or set(members) & known, name


def test_most_of_what_may_be_asked_is_taken(found: list[Operation]):
    working = [one for one in found if not one.code]
    over = sum(len(one.passed_over) for one in working)
    taken = sum(len(one.request.known) for one in working)
    assert len(working) >= 41
    assert over < taken / 20


def test_the_readme_has_the_table_of_today(found: list[Operation]):
    readme = README.read_text(encoding="utf-8")
    assert BEGIN in readme
    assert END in readme
    assert written(readme, table(found)) == readme, "python -m tests.doors.coverage --write"
