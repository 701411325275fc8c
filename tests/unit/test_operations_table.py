"""Every operation has a request, every request an operation."""

import pytest

from ecstui.control.operations import OPERATIONS, READ_ONLY
from ecstui.model.requests.clusters import ListClustersRequest
from ecstui.model.requests.registry import REQUESTS
from tests.support.desk import Desk


def test_each_request_has_its_operation():
    assert OPERATIONS.keys() == REQUESTS.keys()


def test_what_only_reads_is_named_so():
    questions = ("Describe", "List", "Get", "Execute")
    assert {n for n in OPERATIONS if n.startswith(questions)} == READ_ONLY


def test_an_operation_takes_no_request_of_another_one():
    desk = Desk()
    with pytest.raises(TypeError, match="CreateClusterRequest expected, got ListClustersRequest"):
        desk.store.update(
            lambda tx: OPERATIONS["CreateCluster"](tx, ListClustersRequest(), None)  # type: ignore[arg-type]
        )
