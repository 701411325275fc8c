"""Names and ARNs of requests: what they mean, and ECS's words for what they do not name."""

from typing import Any

import pytest

from ecstui.base.errors import EcsError
from ecstui.control.operations.names import (
    DefinitionName,
    cluster_name_of,
    definition_name_of,
    name_in_cluster,
)
from ecstui.model.enums import ClusterStatus
from ecstui.model.requests.capacity_providers import (
    DeleteCapacityProviderRequest,
    DescribeCapacityProvidersRequest,
    PutClusterCapacityProvidersRequest,
    UpdateCapacityProviderRequest,
)
from ecstui.model.requests.definitions import DescribeTaskDefinitionRequest
from ecstui.model.requests.instances import DescribeContainerInstancesRequest
from ecstui.model.requests.services import (
    CreateServiceRequest,
    DescribeServicesRequest,
    ListServicesRequest,
)
from ecstui.model.requests.tasks import (
    DescribeTasksRequest,
    ListTasksRequest,
    RunTaskRequest,
    StopTaskRequest,
)
from ecstui.model.service import CapacityProviderStrategyItem
from ecstui.model.shape import Request
from tests.factories import NAMES, a_cluster, a_definition, a_service
from tests.support.desk import Desk

ELSEWHERE = "arn:aws:ecs:eu-central-1:123456789012:"
ID = "0123456789abcdef0123456789abcdef"


def code_and_words(function, *arguments):
    with pytest.raises(EcsError) as caught:
        function(*arguments)
    return caught.value.code, caught.value.message


def refusal(desk: Desk, request: Request[Any]) -> tuple[str, str]:
    error = desk.refuse(request)
    return error.code, error.message


def test_an_absent_cluster_is_default():
    assert cluster_name_of(None) == "default"


@pytest.mark.parametrize("text", ["blue", NAMES.cluster("blue"), ELSEWHERE + "cluster/blue"])
def test_a_cluster_is_named_or_given_as_arn_of_any_region_and_account(text):
    assert cluster_name_of(text) == "blue"


@pytest.mark.parametrize("text", ["a b", "a/b", "ä", "x" * 256, "default\n"])
def test_a_cluster_name_has_ecs_characters_only(text):
    code, words = code_and_words(cluster_name_of, text)
    assert code == "InvalidParameterException"
    assert words.startswith(r"Cluster must match ^[a-zA-Z0-9\-_]{1,255}$, but was ")


def test_a_blank_cluster_is_refused():
    assert code_and_words(cluster_name_of, "") == (
        "InvalidParameterException",
        "Cluster can not be blank.",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (NAMES.service("blue", "web"), "Unsupported resource type: service"),
        ("arn:aws:iam::123456789012:role/x", "is not an ARN of Amazon ECS."),
        (NAMES.arn("cluster/"), "Invalid identifier: "),
        (NAMES.arn("cluster/a/b"), "Invalid identifier: "),
        ("arn:aws:ecs:::", "Unsupported resource type: "),
    ],
)
def test_an_arn_of_something_else_is_no_cluster(text, words):
    code, message = code_and_words(cluster_name_of, text)
    assert code == "InvalidParameterException"
    assert words in message


@pytest.mark.parametrize(
    "text",
    [
        "web",
        NAMES.service("blue", "web"),
        ELSEWHERE + "service/blue/web",
        NAMES.arn("service/web"),
    ],
)
def test_a_service_is_named_or_given_as_arn(text):
    assert name_in_cluster(text, "service", "blue", "service") == "web"


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (DescribeServicesRequest(services=("web", NAMES.service("red", "web"))), "services[1]"),
        (DescribeTasksRequest(tasks=(NAMES.task("red", ID),)), "tasks[0]"),
        (StopTaskRequest(task=NAMES.task("red", ID)), "task"),
        (
            DescribeContainerInstancesRequest(
                container_instances=(NAMES.container_instance("red", ID),)
            ),
            "containerInstances[0]",
        ),
        (ListTasksRequest(service_name=NAMES.service("red", "web")), "serviceName"),
    ],
)
def test_an_arn_of_another_cluster_is_refused_in_ecs_words(request_, field):
    error = Desk().refuse(request_)
    assert error.code == "InvalidParameterException"
    assert error.message == (
        "Invalid identifier: Identifier is for cluster red. Your cluster is default"
    )
    assert error.field == field


@pytest.mark.parametrize(
    "request_",
    [
        ListServicesRequest(cluster="blue"),
        DescribeServicesRequest(services=("web",), cluster="blue"),
        CreateServiceRequest(
            service_name="web", cluster="blue", task_definition="web", desired_count=1
        ),
        RunTaskRequest(task_definition="web", cluster="blue"),
        StopTaskRequest(task=ID, cluster="blue"),
        DescribeTasksRequest(tasks=(ID,), cluster="blue"),
        DescribeContainerInstancesRequest(container_instances=(ID,), cluster="blue"),
    ],
    ids=lambda request: request.operation(),
)
def test_an_unknown_and_a_deleted_cluster_are_told_apart(request_):
    desk = Desk()
    error = desk.refuse(request_)
    assert (error.code, error.message) == ("ClusterNotFoundException", "Cluster not found.")
    assert error.field == "cluster"
    desk.put(a_cluster("blue", status=ClusterStatus.INACTIVE))
    error = desk.refuse(request_)
    assert (error.code, error.message) == (
        "ClusterNotFoundException",
        "The referenced cluster was inactive.",
    )


@pytest.mark.parametrize(
    ("text", "family", "revision"),
    [
        ("web", "web", None),
        ("web:3", "web", 3),
        (NAMES.task_definition("web", 3), "web", 3),
        (NAMES.arn("task-definition/web"), "web", None),
        (ELSEWHERE + "task-definition/web:12", "web", 12),
    ],
)
def test_a_task_definition_is_a_family_or_a_revision_of_it(text, family, revision):
    assert definition_name_of(text) == DefinitionName(family, revision)


@pytest.mark.parametrize("revision", ["x", "", "-1", "1.0", "٣", "9" * 5000, "1:2"])
def test_a_revision_is_a_number(revision):
    code, words = code_and_words(definition_name_of, f"web:{revision}")
    assert code == "InvalidParameterException"
    assert words.startswith("Invalid revision number. Number: ")


def test_a_long_identifier_is_not_repeated_whole():
    _, words = code_and_words(cluster_name_of, "x" * 10_000)
    assert len(words) < 200


def test_things_of_one_name_in_two_clusters_are_told_apart():
    desk = Desk()
    desk.put(a_cluster("blue"), a_service("web"), a_service("web", cluster_name="blue"))
    for cluster in ("default", "blue"):
        answer = desk.call(DescribeServicesRequest(services=("web",), cluster=cluster))
        assert [s.cluster_arn for s in answer.services] == [NAMES.cluster(cluster)]


def test_records_keep_their_arn_when_the_region_is_another_now():
    desk = Desk()
    desk.put(a_service("web", service_arn=ELSEWHERE + "service/default/web"))
    answer = desk.call(DescribeServicesRequest(services=(NAMES.service("default", "web"),)))
    assert [s.service_arn for s in answer.services] == [ELSEWHERE + "service/default/web"]


def test_a_definition_is_found_by_an_arn_of_another_region():
    desk = Desk()
    desk.put(a_definition())
    request = DescribeTaskDefinitionRequest(task_definition=ELSEWHERE + "task-definition/web:1")
    assert desk.call(request).task_definition.family == "web"


@pytest.mark.parametrize("arn", [NAMES.cluster("FARGATE"), NAMES.service("default", "FARGATE")])
def test_an_arn_of_something_else_names_no_capacity_provider(arn):
    desk = Desk()
    item = CapacityProviderStrategyItem(capacity_provider=arn, weight=1)
    requests = (
        DescribeCapacityProvidersRequest(capacity_providers=(arn,)),
        DeleteCapacityProviderRequest(capacity_provider=arn),
        UpdateCapacityProviderRequest(name=arn),
        PutClusterCapacityProvidersRequest(
            cluster="default", capacity_providers=(arn,), default_capacity_provider_strategy=()
        ),
        RunTaskRequest(task_definition="web", capacity_provider_strategy=(item,)),
    )
    for request in requests:
        code, words = refusal(desk, request)
        assert code == "InvalidParameterException"
        assert words.startswith("Unsupported resource type"), words
