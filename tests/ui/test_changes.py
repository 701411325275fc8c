"""Screens are told which records changed; one that shows thousands looks at no others."""

import gc
import random
import weakref
from functools import partial

from textual.screen import Screen

from ecstui.model.enums import TaskStatus
from ecstui.model.task import TaskRecord
from ecstui.store.kinds import SERVICES, TASKS
from ecstui.store.tables import Change
from ecstui.ui import routes
from ecstui.ui.changed import ALL_KINDS, Changed
from ecstui.ui.columns.tasks import task_rows
from ecstui.ui.screens.services import ServicesScreen
from ecstui.ui.screens.tasks import TasksScreen
from tests.factories import NAMES
from tests.ui.conftest import until
from tests.ui.town import CLUSTER, NOW, Town, TownApp, a_town

CART = NAMES.service(CLUSTER, "cart")


def a_change(town: Town, name: str) -> Change:
    task = town.tasks(name)[0]
    return Change(TASKS, task.task_arn, task, task)  # type: ignore[arg-type]


def test_changed_records_are_known_by_kind_and_key() -> None:
    town, changed = a_town(), Changed()
    changed.note([a_change(town, "cart"), a_change(town, "search"), a_change(town, "cart")])
    assert changed.kinds == {"task"}
    assert changed.keys_of(TASKS) == {town.tasks(n)[0].task_arn for n in ("cart", "search")}
    assert changed.keys_of(SERVICES) == frozenset()


def test_after_a_snapshot_anything_may_have_changed() -> None:
    town, changed = a_town(), Changed()
    changed.note_everything()
    changed.note([a_change(town, "cart")])
    assert changed.kinds == ALL_KINDS
    assert changed.keys_of(TASKS) is None


async def test_lists_of_tasks_follow_whatever_changes() -> None:
    town, rng = a_town(), random.Random(7)
    await town.store.flush()
    app = TownApp(town, cluster=CLUSTER)
    async with app.run_test(size=(120, 40)) as pilot:
        for service, instance in (("", ""), (CART, ""), ("", an_instance_of(town))):
            screen = TasksScreen(service_arn=service, instance_arn=instance)
            expected = partial(
                task_rows, town.store, CLUSTER, service_arn=service, instance_arn=instance
            )
            app.open_screen(screen, None)
            await until(pilot, lambda: screen.table.model.rows)  # noqa: B023
            for _ in range(12):
                town.put_now(*changes(town, rng))
                await town.store.flush()
                await until(pilot, lambda: screen.table.model.rows == expected())  # noqa: B023


def an_instance_of(town: Town) -> str:
    return town.tasks("cart")[0].container_instance_arn or ""


def changes(town: Town, rng: random.Random) -> list[TaskRecord]:
    """One task ends, one moves to another service, one is new, one is gone."""
    running = [task for task in town.store.all(TASKS) if not task.is_stopped]
    ended, moved, copied, gone = rng.sample(running, 4)
    town.store.update(lambda tx: tx.delete(TASKS, gone.task_arn))
    return [
        ended.with_(last_status=TaskStatus.STOPPED, stopped_at=NOW),
        moved.with_(service_arn=CART if moved.service_arn != CART else None),
        copied.with_(task_arn=NAMES.task(CLUSTER, f"{rng.getrandbits(128):032x}")),
    ]


async def test_figures_that_take_long_come_with_the_clock(monkeypatch) -> None:
    town = a_town()
    await town.store.flush()
    app = TownApp(town, cluster=CLUSTER)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.facts.services == 12)
        app._following._facts_at = float("inf")
        await town.put(town.service("cart").with_(cluster_name="staging"))
        screen = app.top_screen()
        assert isinstance(screen, ServicesScreen)
        await until(pilot, lambda: len(screen.table.model.rows) == 11)
        assert app.facts.services == 12
        app._following._facts_at = 0.0
        app._tick()
        assert app.facts.services == 11


async def test_what_a_closed_screen_held_is_let_go_of_when_nobody_types() -> None:
    app = TownApp(a_town(), cluster=CLUSTER)
    gc.disable()
    try:
        async with app.run_test() as pilot:
            routes.open_tasks_of_service(app, CART)
            await until(pilot, lambda: isinstance(app.screen, TasksScreen))
            closed = weakref.ref(app.screen)
            await pilot.press("escape")
            await until(pilot, lambda: not is_open(closed))
            app._tick()
            assert closed() is not None
            app._key_at = float("-inf")
            await until(pilot, lambda: not held_after_a_tick(app, closed))
    finally:
        gc.enable()


def is_open(screen: weakref.ref[Screen[object]]) -> bool:
    found = screen()
    return found is not None and found.is_running


def held_after_a_tick(app: TownApp, screen: weakref.ref[Screen[object]]) -> bool:
    app._tick()
    app._has_closed = True  # it may still have been on its way out
    return screen() is not None


async def test_a_row_that_is_gone_may_still_have_its_place_after_a_key(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    town = a_town()
    await town.store.flush()
    app = TownApp(town, cluster=CLUSTER)
    async with app.run_test() as pilot:
        await pilot.press("3", "j")
        screen = app.screen
        assert isinstance(screen, TasksScreen)
        await until(pilot, lambda: screen.table.model.order)
        gone = screen.table.model.order[-1]
        screen.table.move_to(0)
        town.store.update(lambda tx: tx.delete(TASKS, gone))
        await town.store.flush()
        await until(pilot, lambda: gone not in screen.table.model.rows)
        assert gone in screen.table.model.order
        screen.refresh_titles()
        screen._save("CSV", "tasks.csv")
        assert (tmp_path / "tasks.csv").exists()
