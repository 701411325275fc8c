from typing import Any

import pytest

from ecstui.base.errors import DaemonUnreachableError
from ecstui.model.requests.tasks import RunTaskRequest
from ecstui.store.kinds import TASKS
from ecstui.ui.modals.launch_fields import command_in, environment_in
from ecstui.ui.modals.run_task import RunTaskModal
from ecstui.ui.widgets.form import FieldRow
from ecstui.ui.widgets.form_fields import FieldError
from tests.ui.plane_app import SIZES, bench


async def two_containers(town):
    return await town.register(
        "job",
        [
            {"name": "main", "image": "demo/job:1", "cpu": 64, "memory": 64,
             "command": ["serve"], "environment": [{"name": "MODE", "value": "hidden"}]},
            {"name": "proxy", "image": "demo/proxy:1", "memory": 32, "essential": False},
        ],
    )  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
async def test_tasks_are_started_with_what_was_typed(size):
    async with bench(size) as b:
        await two_containers(b.town)
        answers = await b.show(RunTaskModal("job:1"))
        await b.until(lambda: b.app.screen.query(FieldRow).last().field.name == "environment:proxy")
        await b.fill(
            count="2", group="batch", started_by="alice",
            **{"command:main": "serve --fast 'two words'", "environment:main": "A=1 B='x y'"},
        )  # fmt: skip
        await b.press("ctrl+s")
        await b.until(lambda: answers)
        tasks = b.view.all(TASKS)
        assert len(tasks) == 2
        assert {task.group for task in tasks} == {"batch"}
        assert {task.started_by for task in tasks} == {"alice"}
        (override,) = tasks[0].overrides.container_overrides
        assert override.name == "main"
        assert override.command == ("serve", "--fast", "two words")
        assert {(pair.name, pair.value) for pair in override.environment} == {
            ("A", "1"), ("B", "x y"),
        }  # fmt: skip


async def test_what_would_be_started_is_told_before():
    async with bench((120, 40)) as b:
        await two_containers(b.town)
        await b.show(RunTaskModal("job"))
        await b.fill(count="3")
        await b.shows("job:1: 2 containers, demo/job:1, demo/proxy:1")
        await b.shows("starts 3 tasks: 192 CPU units and 288 MiB")
        await b.shows("all 3 find room now")
        await b.shows("has MODE")
        assert "hidden" not in b.text
        await b.press("f3")
        assert b.app.copied == (
            "aws ecs run-task --cluster default --task-definition job --count 3"
        )


async def test_the_fields_of_containers_follow_the_task_definition():
    async with bench((120, 40)) as b:
        await two_containers(b.town)
        await b.town.definition("web")
        await b.show(RunTaskModal("job"))
        await b.shows("proxy command")
        await b.fill(**{"command:main": "echo hi"})
        await b.fill(task_definition="web")
        await b.shows("app command")
        assert "proxy command" not in b.text
        await b.shows("$ aws ecs run-task --cluster default --task-definition web")
        assert "--overrides" not in b.text
        await b.fill(task_definition="job")
        await b.shows("proxy command")
        await b.shows("echo hi")


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"count": "11"}, "count", "InvalidParameterException: count must be between 1 and 10"),
    ({"count": "0"}, "count", "count must be between 1 and 10, but was 0"),
    ({"started_by": "a b"}, "started_by", "startedBy may have 128 letters"),
    ({"group": "service:web"}, "group", "A group may not begin with service:"),
    ({"task_definition": "ghost"}, "task_definition", "ClientException: TaskDefinition not found."),
    ({"command:main": "echo 'x"}, "command:main", "cannot be read as a shell does"),
    ({"environment:main": "A"}, "environment:main", "must be NAME=value"),
    ({"environment:proxy": "A=" + "x" * 9000}, "", "Container Overrides length"),
]


async def test_every_refusal_stands_beside_its_field_or_at_the_foot():
    async with bench((120, 40)) as b:
        await two_containers(b.town)
        for typed, field, words in REFUSED:
            answers = await b.show(RunTaskModal("job:1"))
            await b.until(lambda: len(b.app.screen.query(FieldRow)) > 6)
            await b.fill(**typed)
            await b.press("ctrl+s")
            await b.shows(words)
            bad = [row.field.name for row in b.app.screen.query(FieldRow) if row.has_class("-bad")]
            assert bad == [field] * bool(field)
            assert b.app.screen.has_class("-refused") is not bool(field)
            assert answers == []
            await b.press("escape")
        assert not b.view.all(TASKS)


async def test_a_refused_override_stands_beside_its_container():
    async with bench((120, 40)) as b:
        await two_containers(b.town)
        dialog = RunTaskModal("job:1")
        await b.show(dialog)
        await b.until(lambda: len(b.app.screen.query(FieldRow)) > 6)
        await b.fill(**{"environment:proxy": "A=1", "command:main": "x"})
        paths = [
            "overrides.containerOverrides[1].environment[0].name",
            "overrides.containerOverrides[0].memory",
            "overrides.containerOverrides[7]",
        ]
        assert [dialog.field_of(path) for path in paths] == [
            "environment:proxy",
            "command:main",
            "",
        ]


@pytest.mark.parametrize("size", SIZES)
async def test_what_finds_no_place_keeps_the_dialog_open_with_the_reason(size):
    async with bench(size) as b:
        await b.town.definition("big", memory=4096)
        answers = await b.show(RunTaskModal("big"))
        if size[1] >= 20:
            await b.shows("it finds no room now. Closest instance: needs 4096 MiB, 2048 MiB left")
        await b.press("ctrl+s")
        await b.shows("No task was placed. RESOURCE:MEMORY on i-1 (needs 4096 MiB, 2048 MiB left)")
        assert answers == []


async def test_a_part_that_is_placed_is_told():
    async with bench() as b:
        await b.town.definition("big", memory=1500)
        answers = await b.show(RunTaskModal("big"))
        await b.fill(count="5")
        await b.shows("only 3 of 5 find room now")
        await b.press("ctrl+s")
        await b.until(lambda: answers)
        assert b.app.said[-1].text.startswith("started 3 of 5 tasks of big:1. RESOURCE:MEMORY")
        assert b.app.said[-1].severity == "warning"


async def test_trying_again_after_a_lost_answer_starts_nothing_twice():
    async with bench() as b:
        await b.town.definition("web")
        answers = await b.show(RunTaskModal("web"))
        call = b.client.call

        async def lose_the_answer(request):
            await call(request)
            raise DaemonUnreachableError("It went away before it answered.")

        b.client.call = lose_the_answer  # type: ignore[method-assign]
        await b.press("ctrl+s")
        await b.shows("It went away before it answered.")
        b.client.call = call  # type: ignore[method-assign]
        await b.press("ctrl+s")
        await b.until(lambda: answers)
        assert len(b.client.of(RunTaskRequest)) == 2
        assert len(b.view.all(TASKS)) == 1


async def test_names_from_elsewhere_do_not_steer_the_terminal():
    async with bench() as b:
        await b.town.register(
            "odd",
            [
                {"name": "app", "image": "demo:1", "memory": 32,
                 "command": ["\x1b]0;title\x07echo", "\x1b[31mred"]}
            ],
        )  # fmt: skip
        await b.show(RunTaskModal("odd"))
        await b.shows("app command echo red")
        assert "\x1b" not in b.text


@pytest.mark.parametrize(
    ("typed", "command"), [("", None), (" a  b ", ("a", "b")), ("sh -c 'x y'", ("sh", "-c", "x y"))]
)
def test_a_command_is_read_as_a_shell_does(typed, command):
    assert command_in(typed) == command


def test_an_environment_is_read_as_a_shell_does():
    pairs = environment_in("A=1 B='x y' C= D=a=b")
    assert [(pair.name, pair.value) for pair in pairs] == [
        ("A", "1"), ("B", "x y"), ("C", ""), ("D", "a=b"),
    ]  # fmt: skip
    for wrong in ("A", "=1", "A=1 'B"):
        with pytest.raises(FieldError):
            environment_in(wrong)
