"""Hostile values in every field of every dialog and of the editor's form: none is drawn."""

from collections.abc import Callable
from typing import Any

import pytest
from textual import events
from textual.widgets import Input

from ecstui.model.capacity import AutoScalingGroupProvider
from ecstui.model.enums import TaskStatus
from ecstui.model.requests.capacity_providers import (
    CreateAutoScalingGroupRequest,
    CreateCapacityProviderRequest,
)
from ecstui.store.kinds import TASKS
from ecstui.ui import routes
from ecstui.ui.modals.capacity import (
    CreateGroupModal,
    CreateProviderModal,
    UpdateGroupModal,
    UpdateProviderModal,
)
from ecstui.ui.modals.confirm import Confirm
from ecstui.ui.modals.create_service import CreateServiceModal
from ecstui.ui.modals.delete_service import DeleteServiceModal
from ecstui.ui.modals.register_instance import RegisterEngineModal, RegisterInstanceModal
from ecstui.ui.modals.run_task import RunTaskModal
from ecstui.ui.modals.scale import ScaleModal
from ecstui.ui.modals.stop_task import StopTaskModal
from ecstui.ui.modals.update_service import UpdateServiceModal
from ecstui.ui.screens.ask import AskModal
from ecstui.ui.screens.editor import EditorScreen
from ecstui.ui.widgets.form_pane import FormPane
from tests.ui.conftest import screen_text
from tests.ui.plane_app import bench

HOSTILE = {
    "escape": "a\x1b[2J\x1b]0;t\x07b",
    "control": "a\x00\x08\x7f\x9b31mb",
    "lines": "a\r\nb\tc",
    "turned": "a\u202eb\u2066c",
    "nothing": "\u200b\u200d\ufeff",
    "empty": "",
    "nul": "\x00",
    "negative": "-1",
    "no number": "nan",
    "infinite": "-inf",
    "long number": "9" * 4_000,
    "other digits": "\u0663_\u0664",
    "huge": "y" * 102_400,
    "wide": "漢字" * 50,
    "markup": "[bold]x[/] [@click=app.quit]y[/]",
    "lone": "a\udcff",
}


def is_harmless(text):
    return all(c.isprintable() or c == "\xa0" for c in text)


async def refuse(_text):
    return HOSTILE["escape"]


async def with_capacity(client: Any) -> None:
    """Two groups, one of them of a capacity provider."""
    for name in ("pool", "spare"):
        group = await client.call(
            CreateAutoScalingGroupRequest(auto_scaling_group_name=name, cpu=256, memory=256)
        )
    arn = group.auto_scaling_group.auto_scaling_group_arn
    provider = AutoScalingGroupProvider(auto_scaling_group_arn=arn)
    await client.call(
        CreateCapacityProviderRequest(name="burst", auto_scaling_group_provider=provider)
    )


DIALOGS: dict[str, Callable[[str, str], Any]] = {
    "register instance": lambda service, task: RegisterInstanceModal(),
    "register engine": lambda service, task: RegisterEngineModal(),
    "create group": lambda service, task: CreateGroupModal(),
    "update group": lambda service, task: UpdateGroupModal("pool"),
    "create provider": lambda service, task: CreateProviderModal(),
    "update provider": lambda service, task: UpdateProviderModal("burst"),
    "create": lambda service, task: CreateServiceModal("web"),
    "run": lambda service, task: RunTaskModal("web"),
    "update": lambda service, task: UpdateServiceModal(service),
    "scale": lambda service, task: ScaleModal(service),
    "stop": lambda service, task: StopTaskModal([task]),
    "delete": lambda service, task: DeleteServiceModal(service),
    "ask": lambda service, task: AskModal("File", "File", refuse),
    "confirm": lambda service, task: Confirm("T", "Q", facts=list(HOSTILE.values()), command="c"),
}


def check(b):
    """What is on the screen is fit for a terminal."""
    bad = [line for line in screen_text(b.app) if not is_harmless(line)]
    assert bad == []


@pytest.mark.parametrize("name", DIALOGS)
async def test_no_field_of_a_dialog_lets_it_through(name):
    async with bench((100, 40)) as b:
        await b.town.definition("web")
        service = await b.town.service("web", 1)
        await b.until(lambda: list(b.view.by(TASKS, "service", service)))
        task = next(iter(b.view.by(TASKS, "service", service))).task_arn
        await with_capacity(b.client)
        await b.show(DIALOGS[name](service, task))
        dialog = b.app.screen
        for kind, value in HOSTILE.items():
            for field in list(dialog.query(Input)):
                if not field.is_attached:
                    continue
                field.value = value
                check_or_name(b, kind)
            await b.pilot.pause()
            check(b)
            if dialog.query(Input):
                dialog.query(Input).first().focus()
                await b.press("enter")
                check(b)
                if b.app.screen is not dialog:
                    await b.press("escape")
                if b.app.screen is not dialog and dialog not in b.app.screen_stack:
                    await b.show(DIALOGS[name](service, task))
                    dialog = b.app.screen
        assert b.app.is_running


def check_or_name(b, kind):
    assert b.app.is_running, kind


@pytest.mark.parametrize("kind", HOSTILE)
async def test_nothing_of_it_is_drawn_by_the_editor(kind, tmp_path):
    async with bench((120, 40), drafts=tmp_path / "drafts") as b:
        await b.town.definition("web")
        routes.open_editor(b.app, "web")
        await b.until(lambda: isinstance(b.app.screen, EditorScreen))
        screen = b.app.screen
        assert isinstance(screen, EditorScreen)
        await b.until(lambda: screen.query(FormPane) and screen.form.rows)
        for index in range(len(screen.form.rows)):
            screen.form.index = min(index, len(screen.form.rows) - 1)
            screen.form._load()
            if screen.form.input.kind in ("text", "item", "entry", "container"):
                screen.form.input.value = HOSTILE[kind]
                screen.form.apply(is_last=True)
                check(b)
        screen.editor.check_now()
        await b.pilot.pause()
        check(b)
        assert is_harmless(screen.editor.text.replace("\n", ""))
        await b.press("f6", "ctrl+s", "f3", "f7")
        check(b)


@pytest.mark.parametrize("kind", HOSTILE)
async def test_what_is_pasted_into_a_field_is_cleaned(kind):
    async with bench((80, 24)) as b:
        await b.show(AskModal("File", "File", refuse))
        field = b.app.screen.query_one(Input)
        field.post_message(events.Paste(HOSTILE[kind]))
        await b.pilot.pause()
        assert is_harmless(field.value)
        check(b)
        await b.press("enter")
        check(b)


LINES: dict[str, tuple[Callable[[Any, str, str], Any], list[str]]] = {
    "filter": (lambda app, service, task: app.go_to("tasks"), ["slash"]),
    "help": (lambda app, service, task: app.go_to("services"), ["question_mark"]),
    "palette": (lambda app, service, task: app.go_to("services"), ["colon"]),
    "find": (lambda app, service, task: routes.open_logs_of_service(app, service), ["slash"]),
    "run": (lambda app, service, task: routes.open_task(app, task), ["X"]),
    "import": (lambda app, service, task: routes.open_editor(app, "web"), ["ctrl+o"]),
}
"""Lines outside of forms: what is opened, and the keys that lead to the line."""
RUNS_WHAT_FITS = ("help", "palette")


@pytest.mark.parametrize("name", LINES)
async def test_no_line_outside_of_a_form_lets_it_through(name):
    show, keys = LINES[name]
    async with bench((100, 40)) as b:
        await b.town.definition("web")
        service = await b.town.service("web", 1)
        await b.until(lambda: list(b.view.by(TASKS, "service", service)))
        task = next(iter(b.view.by(TASKS, "service", service))).task_arn
        await b.until(lambda: [t for t in b.view.all(TASKS) if t.last_status is TaskStatus.RUNNING])
        show(b.app, service, task)
        await b.pilot.pause()
        for kind, value in HOSTILE.items():
            await b.press(*keys)
            await b.until(lambda: isinstance(b.app.focused, Input))
            field = b.app.focused
            assert isinstance(field, Input)
            field.value = value
            await b.pilot.pause()
            check(b)
            if name not in RUNS_WHAT_FITS:
                await b.press("enter")
                check(b)
            if b.app.screen.is_modal or isinstance(b.app.focused, Input):
                await b.press("escape")
            await b.until(lambda: not b.app.screen.is_modal)
            check_or_name(b, kind)
