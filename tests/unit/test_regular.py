"""Regular expressions of the cluster query language (ecs.md 5.4)."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecstui.plan.regular import RegularError, matches, read_regular

ATOMS = ["a", "b", ".", "[ab]", "[^a]", "\\w", "\\d", "^", "$", "\\b", ""]
PATTERNS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map("(?:{0[0]}|{0[1]})".format),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "*?", "{2}", "{1,3}", "{0,2}"])).map(
            "(?:{0[0]}){0[1]}".format
        ),
    ),
    max_leaves=4,
)


@given(pattern=PATTERNS, text=st.text("aAb1- ", max_size=7), ignores_case=st.booleans())
@settings(max_examples=400, deadline=None)
def test_it_means_what_python_means(pattern, text, ignores_case):
    pattern = "(?i)" * ignores_case + pattern
    assert matches(pattern, text) is (re.fullmatch(pattern, text) is not None)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("g2.[0-9]?xlarge", "g2.2xlarge"),
        ("(dev|prod)-[0-9]{2,}", "prod-123"),
        ("(?i)PROD", "prod"),
        ("(?P<name>a)b", "ab"),
        ("(?i:PR)od", "prod"),
        ("[a-c\\d_]+", "b_9"),
    ],
)
def test_whole_values_are_meant(pattern, text):
    assert matches(pattern, text)
    assert not matches(pattern, f"{text}!")


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a|a)*",
        "((a*)*)*",
        "((((a+)+)+)+)",
        ".*.*.*.*.*.*.*.*.*.*",
        "(a|aa|aaa)+",
        "a*" * 900,
    ],
)
def test_no_pattern_takes_long(pattern):
    """One that did would never end: the time limit of every test is what fails."""
    assert read_regular(f"{pattern}x").fullmatch("a" * 255) is None


@pytest.mark.parametrize(
    "pattern",
    [
        "[",
        "(a",
        "(?=a)b",
        "(a)\\1",
        "a++",
        "(?>a)",
        "a{4000}",
        "(((((a{99}){99}){99}){99}){99}){99}",
        "(" * 1_001,
        "\ud800",
        "a" * 2_001,
    ],
)
def test_what_is_not_taken_is_said(pattern):
    with pytest.raises(RegularError, match=r"\w"):
        read_regular(pattern)
