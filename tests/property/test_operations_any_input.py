"""Whatever a request holds: an answer that can be sent, or an `EcsError` that changed nothing."""

from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ecstui.base.errors import EcsError
from ecstui.model.enums import ServiceStatus
from ecstui.model.requests.registry import REQUESTS
from ecstui.model.shape import Request, Shape
from ecstui.store.journal import document_of
from ecstui.store.tables import Change
from tests.factories import NAMES, a_cluster, a_container, a_service, a_task, an_id
from tests.support.desk import Desk

TEXTS = (
    "web",
    "web:1",
    "net",
    "old",
    "default",
    "blue",
    "local-1",
    "app",
    "cpu",
    "memory",
    "host",
    "attribute:x exists",
    "256",
    "",
    " ",
    ":",
    "/",
    "a b",
    "é\n\0",
    "aws:x",
    "arn:",
    "arn:aws:ecs:::",
    "arn:aws:ecs:r:a:service/",
    "x" * 9000,
    an_id("local-1"),
    NAMES.cluster("blue"),
    NAMES.service("default", "web"),
    NAMES.service("blue", "web"),
    NAMES.task("default", "x"),
    NAMES.container_instance("default", an_id("local-1")),
    NAMES.task_definition("web", 1),
    "ACTIVE",
    "DRAINING",
)
FIRST_TASK = an_id("first")
NUMBERS = (-(10**30), -1, 0, 1, 2, 6, 10, 11, 80, 100, 101, 200, 65536, 2**31, 10**30)
FITTING: dict[str, tuple[Any, ...]] = {
    "cluster": ("default", NAMES.cluster("blue")),
    "service": ("web",),
    "service_name": ("web", "new"),
    "task_definition": ("web", "web:1", "net"),
    "desired_count": (0, 3),
    "count": (1, 10),
    "task": (FIRST_TASK,),
    "tasks": ((FIRST_TASK,), ("x",)),
    "services": (("web", "old"),),
    "clusters": (("default", "blue", "x"),),
    "container_instances": ((an_id("local-1"),),),
    "status": ("ACTIVE", "DRAINING"),
    "next_token": (None,),
    "max_results": (1, 100),
    "family": ("web", "new"),
    "container_definitions": ((a_container(),),),
    "client_token": ("t", "u"),
}
"""Values with which something can be done; without them hardly a request would come far."""

UNKNOWN = ("serviceRegistries", "volumeConfigurations", "serviceConnectConfiguration", "whatever")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
text = st.sampled_from(TEXTS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.sampled_from(NUMBERS)


@cache
def strategy_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Values that pydantic may or may not take for a member of that type."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return st.one_of([strategy_of(argument) for argument in arguments])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(strategy_of(arguments[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(text, text, max_size=2)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return st.sampled_from(list(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        return st.deferred(lambda: shape_of(annotation))
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: text,
        int: numbers,
        float: numbers.map(float),
        bool: st.booleans(),
        NoneType: st.none(),
    }
    return plain[annotation]


@cache
def shape_of(shape: type[Shape]) -> st.SearchStrategy[Shape]:
    fields: dict[str, Any] = dict(shape.model_fields)
    required = {n: member_of(n, f) for n, f in fields.items() if f.is_required()}
    usual = {"task_definition", "desired_count", "family", "container_definitions"}
    optional = {n: member_of(n, f) for n, f in fields.items() if n not in required}
    likely = {n: optional.pop(n) for n in sorted(usual & optional.keys())}
    more = dict.fromkeys(UNKNOWN, json_values) if issubclass(shape, Request) else {}
    return st.tuples(sparse(optional), sparse(more), sparse(likely, keep=len(likely))).flatmap(
        lambda chosen: st.fixed_dictionaries(required | chosen[0] | chosen[1] | chosen[2]).map(
            lambda values: shape(**values)
        )
    )


def member_of(name: str, field: Any) -> st.SearchStrategy[Any]:
    """Mostly what fits, where anything is known to fit."""
    anything = strategy_of(field.annotation)
    fitting = [value for value in FITTING.get(name, ()) if accepts(field.annotation, value)]
    if not fitting:
        return anything
    return st.integers(0, 9).flatmap(lambda die: anything if die == 0 else st.sampled_from(fitting))


def accepts(annotation: Any, value: Any) -> bool:
    try:
        TypeAdapter(annotation).validate_python(value)
    except ValidationError:
        return False
    return True


def sparse(
    optional: dict[str, st.SearchStrategy[Any]], keep: int = 0
) -> st.SearchStrategy[dict[str, st.SearchStrategy[Any]]]:
    """A few of the optional members: with all of them nothing would ever be carried out."""
    if not optional:
        return st.just({})
    if keep:
        return st.integers(0, 9).map(lambda die: {} if die == 0 else optional)
    names = st.lists(st.sampled_from(sorted(optional)), max_size=2)
    return names.map(lambda chosen: {name: optional[name] for name in chosen})


def a_desk() -> Desk:
    desk = Desk()
    desk.register("web")
    desk.register("net", network_mode="awsvpc")
    desk.put(a_cluster("blue"), a_service("old", status=ServiceStatus.DRAINING))
    desk.create()
    desk.put(a_task(task_id=FIRST_TASK))
    return desk


def check(desk: Desk, request: Any) -> None:
    before = desk.everything()
    try:
        answer = desk.call(request)
    except EcsError as refused:
        error = refused
    else:
        check_answer(desk, request, answer)
        return
    assert desk.everything() == before
    assert error.message
    assert error.field is None or error.field.strip()


def check_answer(desk: Desk, request: Any, answer: Shape) -> None:
    """The answer can be sent and every record kept."""
    answer.model_dump_json(by_alias=True, exclude_none=True)
    assert type(answer) is request.response
    for kind in desk.everything().values():
        for record in kind:
            document_of(Change(None, "", None, record))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_any_request_is_answered_or_refused(name):
    requests = shape_of(REQUESTS[name])

    @settings(
        max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(st.lists(requests, min_size=1, max_size=4))
    def run(given_requests):
        desk = a_desk()
        for request in given_requests:
            check(desk, request)

    run()
