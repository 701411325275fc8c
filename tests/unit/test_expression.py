"""The cluster query language (ecs.md 5.4)."""

import pytest

from ecstui.plan.expression import Malformed, holds, parse_expression
from tests.factories import NOW, a_capacity

HERE = a_capacity(
    zone="az-a",
    attributes={"stack": "prod", "ecs.instance-type": "g2.2xlarge", "flag": None, "n": "10"},
    task_groups={"service:web": 4, "family:job": 1, "service:gone": 0},
    running_tasks_count=3,
    agent_version="1.20.3",
    ec2_instance_id="i-0a1b",
    registered_at=NOW,  # 2023-11-14T22:13:20Z
)


def true_here(text, capacity=HERE):
    expression = parse_expression(text)
    assert not isinstance(expression, Malformed), expression
    return holds(expression, capacity)


@pytest.mark.parametrize(
    "text",
    [
        "attribute:stack == prod",
        "attribute:stack equals prod",
        "attribute:stack==prod",
        "attribute:stack != dev",
        "attribute:stack not_equals dev",
        "attribute:stack in [dev, prod]",
        "attribute:stack in [dev,prod]",
        "attribute:stack !in [dev, test]",
        "attribute:stack not_in [dev]",
        "attribute:stack =~ pr.*",
        "attribute:stack matches p..d",
        "attribute:stack !~ pr",
        "attribute:stack not_matches d.*",
        "attribute:stack exists",
        "attribute:stack",
        "attribute:flag exists",
        "attribute:none !exists",
        "attribute:none not_exists",
        "attribute:stack > dev",
        "attribute:stack >= prod",
        "attribute:stack less_than zoo",
        "attribute:stack <= prod",
        "attribute:ecs.instance-type =~ g2.*",
        "attribute:ecs.availability-zone == az-a",
        "attribute:stack == 'prod'",
        'attribute:stack in ["prod", "a b, c"]',
        "agentConnected == true",
        "agentVersion >= 1.2.0",
        "agentVersion > 1.9",
        "agentVersion == 1.20.3",
        "agentVersion < 1.21",
        "ec2InstanceId in [i-0a1b, i-2]",
        "ec2InstanceId =~ i-.*",
        "registeredAt > 2018-06-18",
        "registeredAt <= 2023-11-14T22:13:20",
        "registeredAt == 2023-11-14T22:13:20Z",
        "registeredAt == 2023-11-14T23:13:20+01:00",
        "runningTasksCount == 3",
        "runningTasksCount >= 3",
        "runningTasksCount < 10",
        "task:group == service:web",
        "task:group != service:db",
        "task:group =~ service:.*",
        "task:group !~ cron:.*",
        "task:group in [service:web, service:x]",
        "task:group exists",
        "not(task:group == service:db)",
        "!(task:group == service:db)",
        "not attribute:none",
        "attribute:stack == prod and runningTasksCount < 5",
        "attribute:stack == prod && runningTasksCount < 5",
        "attribute:stack == dev or attribute:n == 10",
        "attribute:stack == dev || attribute:n == 10",
        "attribute:stack == prod or attribute:none == 1 and attribute:none == 2",
        "!(attribute:stack == dev and attribute:n == 10)",
        "(attribute:stack == prod) and (attribute:n in [10] or attribute:none)",
        "not not attribute:stack",
        "  attribute:stack   ==   prod  ",
    ],
)
def test_holds(text):
    assert true_here(text)


@pytest.mark.parametrize(
    "text",
    [
        "attribute:stack == dev",
        "attribute:stack == pro",
        "attribute:stack =~ pr",
        "attribute:stack != prod",
        "attribute:none == x",
        "attribute:none != x",
        "attribute:none !in [x]",
        "attribute:none !~ x",
        "attribute:none > a",
        "attribute:none",
        "attribute:stack !exists",
        "agentConnected == false",
        "agentVersion >= 1.100",
        "agentVersion < 1.3",
        "registeredAt < 2018-06-18",
        "runningTasksCount > 10",
        "task:group == service:gone",
        "task:group != service:web",
        "task:group == service",
        "attribute:stack == prod and attribute:n == 9",
        "(attribute:stack == dev or attribute:n == 10) and attribute:none",
        "not(attribute:stack == prod)",
    ],
)
def test_does_not_hold(text):
    assert not true_here(text)


def test_an_instance_without_tasks_runs_none_of_any_group():
    empty = a_capacity()
    assert true_here("task:group != service:web", empty)
    assert true_here("task:group !in [service:web]", empty)
    assert not true_here("task:group exists", empty)
    assert true_here("runningTasksCount == 0", empty)


def test_what_is_not_known_of_an_instance_compares_with_nothing():
    bare = a_capacity()
    assert not true_here("agentVersion >= 0.0.1", bare)
    assert not true_here("registeredAt > 1990-01-01", bare)
    assert not true_here("ec2InstanceId != i-1", bare)


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 0, "expected one of"),
        ("nonsense == 1", 0, "expected one of"),
        ("attribute: == 1", 0, "expected one of"),
        ("attribute:a ==", 14, "expected a value"),
        ("attribute:a in x", 15, "expected ["),
        ("attribute:a in []", 16, "expected a value"),
        ("attribute:a in [x", 17, "expected ]"),
        ("attribute:a in [x y]", 18, "expected ]"),
        ("attribute:a like b", 12, "expected an operator, not like"),
        ("attribute:a == b c", 17, "expected and, or, or the end"),
        ("(attribute:a", 12, "expected )"),
        ("attribute:a)", 11, "expected and, or, or the end"),
        ("attribute:a == b and", 20, "expected one of"),
        ("not", 3, "expected one of"),
        ("agentConnected > true", 0, "cannot be compared with >"),
        ("agentVersion =~ 1.*", 0, "cannot be compared with =~"),
        ("runningTasksCount in [1]", 0, "cannot be compared with in"),
        ("runningTasksCount == many", 0, "many is no number"),
        ("agentVersion > new", 0, "new is no version"),
        ("registeredAt > yesterday", 0, "yesterday is no time"),
        ("attribute:a =~ *", 0, "is no regular expression"),
        ("attribute:a =~ [", 15, "expected a value"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, position, words):
    malformed = parse_expression(text)
    assert isinstance(malformed, Malformed)
    assert words in malformed.words
    assert malformed.position == position


@pytest.mark.parametrize("opening", ["(", "not ", "!", "!("])
def test_nesting_without_end_is_refused(opening):
    malformed = parse_expression(opening * 1000 + "attribute:a")
    assert isinstance(malformed, Malformed)
    assert malformed.words == "too deeply nested"


def test_no_regular_expression_holds_placement_up():
    here = a_capacity(attributes={"stack": "a" * 128})
    assert not true_here("attribute:stack =~ '(a+)+x'", here)
    assert not true_here("attribute:stack =~ .*.*.*.*.*.*.*.*.*.*x", here)


def test_parentheses_without_end_are_no_regular_expression():
    found = parse_expression(f"attribute:stack =~ '{'(' * 1_001}'")
    assert isinstance(found, Malformed)
    assert "is no regular expression: missing )" in found.words


def test_a_quote_that_is_not_closed_is_told():
    assert parse_expression('attribute:stack == "prod') == Malformed("expected a value", 19)
