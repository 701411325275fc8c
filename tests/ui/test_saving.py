"""Lists saved as files, answers copied as JSON and YAML."""

import csv
import io
import json
from pathlib import Path

import pytest
import yaml

from ecstui.ui.columns import services
from ecstui.ui.columns.services import service_rows
from ecstui.ui.documents import yaml_text
from ecstui.ui.export import csv_text, json_rows
from ecstui.ui.screens.choose import ChooseModal
from ecstui.ui.screens.document import DocumentScreen
from ecstui.ui.screens.reader import Reader
from ecstui.ui.table import Column
from tests.ui.conftest import until
from tests.ui.town import CLUSTER, NOW, a_town, app_of, ready, town_pilot


def test_csv_and_json_hold_every_column_of_every_row():
    rows = list(service_rows(a_town().store, CLUSTER).values())
    table = list(csv.DictReader(io.StringIO(csv_text(services.COLUMNS, rows, NOW))))
    objects = json.loads(json_rows(services.COLUMNS, rows, NOW))
    assert len(table) == len(objects) == len(rows)
    web = next(row for row in table if row["NAME"] == "web")
    assert web["RUN"] == "4/4"
    assert web["TASK DEF"] == "web:17"
    assert next(row for row in objects if row["NAME"] == "web") == web


@pytest.mark.parametrize(
    ("cell", "written"),
    [("=1+1", "'=1+1"), ("@now", "'@now"), ("-x", "'-x"), ("-1", "-1"), ("+2.5", "+2.5")],
)
def test_a_spreadsheet_runs_nothing(cell: str, written: str):
    columns = [Column("name", "NAME", lambda row, _: row, 10)]
    rows = list(csv.reader(io.StringIO(csv_text(columns, [cell], NOW))))
    assert rows == [["NAME"], [written]]


def test_yaml_says_the_same_and_steers_no_terminal():
    document = {"name": "a\x1b[31mb", "on": True, "count": 3, "list": [{"a": None}], "no": "no"}
    text = yaml_text(document)
    assert yaml.safe_load(text) == document
    assert "\x1b" not in text


async def test_what_is_shown_is_saved_and_never_over_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    async with town_pilot(size=(80, 24)) as pilot:
        await pilot.press("slash", *"mail", "enter", "ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChooseModal))
        await pilot.press("enter")
        await until(pilot, lambda: bool(list(tmp_path.iterdir())))
        (file,) = tmp_path.iterdir()
        rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8"))))
        assert [row["NAME"] for row in rows] == ["mailer"]
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChooseModal))
        await pilot.press("enter")
        await until(pilot, lambda: "was not saved" in app_of(pilot).said[-1].text)
        assert file.read_text("utf-8").count("mailer") == 1 + rows[0]["TASK DEF"].count("mailer")


async def test_a_description_is_read_as_yaml_and_copied_in_every_form():
    async with town_pilot(size=(120, 40)) as pilot:
        app = app_of(pilot)
        await ready(pilot)
        await pilot.press("C")
        await until(pilot, lambda: isinstance(app.screen, ChooseModal))
        await until(pilot, lambda: "YAML" in app.shown)
        await pilot.press(*["down"] * 4, "enter")
        await until(pilot, lambda: bool(app.copied))
        assert yaml.safe_load(app.copied)["serviceName"] == "analytics"
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DocumentScreen))
        await pilot.press("y")
        reader = app.screen.query_one(Reader)
        await until(pilot, lambda: "serviceName: analytics" in reader.text)
        await pilot.press("y")
        await until(pilot, lambda: '"serviceName": "analytics"' in reader.text)
