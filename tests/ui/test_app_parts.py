import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecstui.model.enums import HealthStatus
from ecstui.plan.counts import service_counts
from ecstui.ui.clipboard import MAX_BYTES, osc52
from ecstui.ui.columns.conditions import Grade, condition_of
from ecstui.ui.columns.plane import Facts, facts_of
from ecstui.ui.documents import described, json_text, registrable
from ecstui.ui.history import History, Place
from ecstui.ui.preset_k9s import PRESET
from ecstui.ui.routes import SECTIONS
from ecstui.ui.screens.frame import Flags, LiveKey, header_line
from ecstui.ui.screens.help import help_lines
from ecstui.ui.screens.reader import rows_of
from ecstui.ui.spans import Part, fitting, line, line_text, line_width, spread, wrapped
from ecstui.ui.table import Span
from ecstui.ui.text import width_of
from tests.factories import a_container, a_definition
from tests.ui.town import CLUSTER, a_town

# ---------------------------------------------------------------- history


def test_history_walks_back_and_forward():
    history = History()
    for name in "abc":
        history.visit(Place(name))
    assert history.travel(-1) == Place("b")
    assert history.travel(-1) == Place("a")
    assert history.travel(-1) is None
    assert history.travel(1) == Place("b")
    assert history.last == Place("a")


def test_a_visit_forgets_what_lay_forward():
    history = History()
    for name in "abc":
        history.visit(Place(name))
    history.travel(-1)
    history.visit(Place("d"))
    assert history.travel(1) is None
    assert history.travel(-1) == Place("b")


def test_the_same_place_twice_is_one_visit():
    history = History()
    history.visit(Place("a", "1"))
    history.visit(Place("a", "1"))
    assert history.travel(-1) is None


# ---------------------------------------------------------------- clipboard


def test_osc52_plain_in_tmux_and_in_screen():
    encoded = base64.b64encode(b"hi").decode()
    plain = f"\x1b]52;c;{encoded}\a"
    assert osc52("hi", {}) == plain
    tmux = osc52("hi", {"TMUX": "/tmp/x"})
    assert tmux == f"\x1bPtmux;\x1b\x1b]52;c;{encoded}\a\x1b\\"
    assert osc52("hi", {"TERM": "screen-256color"}) == f"\x1bP{plain}\x1b\\"


def test_osc52_takes_no_more_than_terminals_do():
    text = "x" * (MAX_BYTES + 10)
    encoded = osc52(text, {}).removeprefix("\x1b]52;c;").removesuffix("\a")
    assert len(base64.b64decode(encoded)) == MAX_BYTES


# ---------------------------------------------------------------- lines of spans

WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=40)


@given(WORDS, WORDS, st.integers(1, 120))
def test_spread_fills_exactly_its_width(left, right, width):
    assert line_width(spread(line(left), line(right), width)) == width


@given(st.lists(WORDS, max_size=5), st.integers(1, 80))
def test_fitting_never_exceeds_its_width(texts, width):
    parts = [Part(line(text), rank) for rank, text in enumerate(texts)]
    assert line_width(fitting(parts, width)) <= width


def test_fitting_leaves_out_the_highest_rank_first():
    parts = [Part(line("aaaa"), 0), Part(line("bbbb"), 2), Part(line("cccc"), 1)]
    assert line_text(fitting(parts, 12)) == "aaaa  cccc"


@given(WORDS, st.integers(4, 60), st.integers(1, 4))
def test_wrapped_keeps_to_its_room(text, width, limit):
    lines = wrapped(text, width, limit)
    assert len(lines) <= limit
    assert all(width_of(one) <= width for one in lines)


def test_wrapped_ends_in_an_ellipsis_where_it_does_not_fit():
    assert wrapped("one two three four", 9, 2) == ["one two", "three fo…"]


@given(WORDS, st.integers(10, 60))
def test_rows_of_a_line_hold_all_of_it(text, width):
    rows = rows_of(0, text, width)
    assert "".join(text[row.start : row.end] for row in rows) == text
    assert all(row.indent + width_of(text[row.start : row.end]) <= width for row in rows)


# ---------------------------------------------------------------- header


@pytest.mark.parametrize("width", [10, 20, 40, 60, 80, 100, 120, 200])
def test_the_header_is_exactly_as_wide_as_the_terminal(width):
    facts = facts_of(a_town().store, CLUSTER)
    flags = Flags(offline_seconds=12.0, frozen_changes=37, read_only=True, clock="14:03")
    assert line_width(header_line(facts, flags, width)) == width


def test_the_header_shows_more_the_more_room_there_is():
    facts = facts_of(a_town().store, CLUSTER)
    flags = Flags(clock="14:03")
    assert "reserved cpu 58% mem 34%" in line_text(header_line(facts, flags, 120))
    assert "tasks 35 ◇2" in line_text(header_line(facts, flags, 80))
    assert "svc 12" in line_text(header_line(facts, flags, 60))
    assert "shop" in line_text(header_line(facts, flags, 20))


def test_facts_of_an_empty_view():
    from tests.ui.town import Town

    facts = facts_of(Town().store, "default")
    assert facts == Facts("default")
    assert facts.services == 0


def test_facts_count_only_one_cluster():
    town = a_town()
    assert facts_of(town.store, "staging").services == 0
    assert facts_of(town.store, CLUSTER).services == 12


# ---------------------------------------------------------------- conditions


def condition(town, name):
    service = town.service(name)
    tasks = town.tasks(name)
    return condition_of(service, service_counts(service, tasks), tasks)


def test_conditions_of_the_town():
    town = a_town()
    found = {name: condition(town, name) for name in ("web", "api", "reports", "analytics")}
    assert {name: (c.grade, c.text) for name, c in found.items()} == {
        "web": (Grade.GOOD, "COMPLETED"),
        "api": (Grade.CHANGING, "ROLLING 75%"),
        "reports": (Grade.BAD, "CRASH LOOP"),
        "analytics": (Grade.BAD, "BLOCKED"),
    }


def test_more_conditions():
    town = a_town()
    web = town.service("web")
    primary = web.primary
    town.put_now(web.with_(desired_count=9, deployments=(primary.with_(desired_count=9),)))
    assert condition(town, "web").text == "SCALING"
    failing = primary.with_(start_failures=3)
    town.put_now(web.with_(deployments=(failing,)))
    assert condition(town, "web").text == "NOT STARTING"
    town.put_now(web)
    sick = town.tasks("web")[0].with_(health_status=HealthStatus.UNHEALTHY)
    town.put_now(sick)
    assert condition(town, "web").text == "UNHEALTHY"


def test_a_rollback_has_its_own_word():
    town = a_town()
    api = town.service("api")
    back = api.primary.with_(
        rollout_state_reason="ECS deployment circuit breaker: rolling back to deploymentId x."
    )
    town.put_now(api.with_(deployments=(back, *api.deployments[1:])))
    assert condition(town, "api").text == "ROLLBACK 75%"


def test_a_service_scaled_to_nothing_is_fine():
    town = a_town()
    service = town.steady("idle", 0, 1)
    assert condition(town, service.service_name).text == "SCALED TO 0"


# ---------------------------------------------------------------- documents


def test_a_description_has_no_brackets_and_no_empty_values():
    text = described(
        {
            "name": "web",
            "empty": [],
            "none": None,
            "enabled": True,
            "createdAt": 1_700_000_000.0,
            "ports": [80, 443],
            "containers": [{"name": "app", "env": {"A": "b"}}, {"name": "side"}],
        }
    )
    assert text.splitlines()[0] == "name       web"
    assert "enabled    yes" in text
    assert "createdAt  2023-11-1" in text
    assert "ports  80 443" in text
    assert "  - name  app" in text
    assert "empty" not in text
    assert "none" not in text
    assert not set("[]{}") & set(text)


def test_documents_cannot_steer_the_terminal():
    evil = {"name": "x\x1b[2J\x07y\nz"}
    assert "\x1b" not in described(evil)
    assert "\x1b" not in json_text(evil)
    assert json_text(evil).count("\n") == 2


def test_what_can_be_registered_again_has_nothing_that_ecs_adds():
    members = registrable(a_definition(a_container(environment=()), family="web", revision=3))
    assert members == {
        "family": "web",
        "containerDefinitions": [
            {"name": "app", "image": "busybox:stable", "cpu": 64, "memory": 64}
        ],
    }


# ---------------------------------------------------------------- help, sections


@pytest.mark.parametrize("width", [34, 60, 80, 110])
def test_help_shows_the_key_under_the_cursor_at_any_size(width):
    keys = [LiveKey(command) for command in PRESET if command.group in ("list", "global")]
    for index in (0, len(keys) // 2, len(keys) - 1):
        lines = help_lines(keys, index, width, 10)
        assert len(lines) <= 10
        drawn = [span for one in lines for span in one if "table.cursor" in span.role]
        assert any(keys[index].command.label in span.text for span in drawn)


def test_every_section_has_a_key_and_aliases_of_its_own():
    aliases = [alias for section in SECTIONS.values() for alias in section.aliases]
    assert len(aliases) == len(set(aliases))
    assert all(PRESET.get(section.command_id) for section in SECTIONS.values())


def test_the_line_helper_takes_text_and_spans():
    assert line("a", Span("b", "muted")) == (Span("a"), Span("b", "muted"))
