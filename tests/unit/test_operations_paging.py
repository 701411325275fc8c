"""Pages of lists: complete, stable while things come and go, and strict about their tokens."""

import base64
import json
from typing import Any

import pytest

from ecstui.model.requests.clusters import ListClustersRequest
from ecstui.model.requests.definitions import (
    ListTaskDefinitionFamiliesRequest,
    ListTaskDefinitionsRequest,
)
from ecstui.model.requests.services import ListServicesRequest
from tests.factories import NAMES, a_cluster, a_definition, a_service
from tests.support.desk import Desk


def clusters(desk, **members):
    """Names on every page, page by page."""
    pages, token = [], None
    while True:
        answer = desk.call(ListClustersRequest(next_token=token, **members))
        pages.append([arn.split("/")[-1] for arn in answer.cluster_arns])
        token = answer.next_token
        if token is None:
            return pages


def test_pages_hold_everything_once_and_in_order():
    desk = Desk()
    desk.put(*(a_cluster(name) for name in ("c", "a", "b", "d")))
    assert clusters(desk, max_results=2) == [["a", "b"], ["c", "d"], ["default"]]


def test_a_full_last_page_has_no_token():
    desk = Desk()
    desk.put(a_cluster("a"))
    assert clusters(desk, max_results=2) == [["a", "default"]]


def test_a_hundred_are_on_a_page_unless_asked_otherwise():
    desk = Desk()
    desk.put(*(a_cluster(f"c{number:03}") for number in range(101)))
    assert [len(names) for names in clusters(desk)] == [100, 2]


def test_ten_services_are_on_a_page_unless_asked_otherwise():
    desk = Desk()
    desk.put(*(a_service(f"s{number:02}") for number in range(11)))
    answer = desk.call(ListServicesRequest())
    assert len(answer.service_arns) == 10
    rest = desk.call(ListServicesRequest(next_token=answer.next_token, max_results=100))
    assert rest.service_arns == (NAMES.service("default", "s10"),)
    assert rest.next_token is None


def test_what_comes_and_goes_between_pages_moves_nothing_else():
    desk = Desk()
    desk.put(*(a_cluster(name) for name in ("a", "b", "c", "d")))
    first = desk.call(ListClustersRequest(max_results=2))
    desk.put(a_cluster("aa"))
    desk.store.update(lambda tx: tx.delete(tx._tables.tables["cluster"].kind, "b"))
    rest = desk.call(ListClustersRequest(max_results=10, next_token=first.next_token))
    assert [arn.split("/")[-1] for arn in rest.cluster_arns] == ["c", "d", "default"]


def test_descending_pages_go_on_downwards():
    desk = Desk()
    desk.put(*(a_definition(family="web", revision=number) for number in (9, 10, 11)))
    first = desk.call(ListTaskDefinitionsRequest(sort="DESC", max_results=2))
    rest = desk.call(
        ListTaskDefinitionsRequest(sort="DESC", max_results=2, next_token=first.next_token)
    )
    arns = (*first.task_definition_arns, *rest.task_definition_arns)
    assert [arn.split(":")[-1] for arn in arns] == ["11", "10", "9"]


@pytest.mark.parametrize("size", [0, -1, 101, 10**30])
def test_a_page_has_1_to_100_items(size):
    error = Desk().refuse(ListClustersRequest(max_results=size))
    assert (error.code, error.field) == ("InvalidParameterException", "maxResults")
    assert error.message == f"maxResults must be between 1 and 100, but was {size}."


@pytest.mark.parametrize("token", ["", "x", "é", "W10=", "bnVsbA==", "WyJhIl0=", "[" * 5000])
def test_a_token_that_is_none_is_refused(token):
    error = Desk().refuse(ListClustersRequest(next_token=token))
    assert (error.code, error.field) == ("InvalidParameterException", "nextToken")
    assert error.message.startswith("Invalid token")


def test_a_token_of_other_filters_or_another_list_is_refused():
    desk = Desk()
    desk.put(*(a_definition(family=name) for name in ("a", "b")))
    answer = desk.call(ListTaskDefinitionsRequest(max_results=1))
    token = answer.next_token
    assert token is not None
    requests: tuple[Any, ...] = (
        ListTaskDefinitionsRequest(max_results=1, next_token=token, sort="DESC"),
        ListTaskDefinitionFamiliesRequest(next_token=token),
        ListClustersRequest(next_token=token),
    )
    for request in requests:
        assert desk.refuse(request).field == "nextToken"


def test_a_token_whose_key_has_other_types_is_refused():
    desk = Desk()
    desk.put(*(a_cluster(name) for name in ("a", "b")))
    token = desk.call(ListClustersRequest(max_results=1)).next_token
    assert token is not None
    content = json.loads(base64.urlsafe_b64decode(token))
    for bad in ([content[0], 1], [content[0], None], [content[0], {}], {"a": 1}):
        forged = base64.urlsafe_b64encode(json.dumps(bad).encode()).decode()
        assert desk.refuse(ListClustersRequest(next_token=forged)).field == "nextToken"
