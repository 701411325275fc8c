import pytest

from ecstui.store.kinds import TASK_DEFINITIONS
from ecstui.ui import routes
from ecstui.ui.screens.diff import DiffScreen
from tests.ui.plane_app import SIZES, bench


async def three_revisions(b):
    """ARNs of `web:1` to `web:3`; a service runs the first."""
    first = await b.town.definition("web")
    await b.town.service("web", 2, first)
    second = await b.town.definition("web", image="demo/web:2")
    many = [{"name": f"V{number}", "value": "secret"} for number in range(12)]
    third = await b.town.definition("web", image="demo/web:3", environment=many, stopTimeout=5)
    return first, second, third


async def compare(b, old, new) -> DiffScreen:
    routes.open_diff(b.app, old, new)
    await b.until(lambda: isinstance(b.app.screen, DiffScreen))
    await b.pilot.pause()
    screen = b.app.screen
    assert isinstance(screen, DiffScreen)
    return screen


@pytest.mark.parametrize("size", SIZES)
async def test_what_differs_stands_in_both_sides(size):
    async with bench(size) as b:
        first, second, _ = await three_revisions(b)
        await compare(b, first, second)
        assert "web:1 → web:2" in b.text
        assert "1 difference" in b.text
        assert "− " in b.text
        rows = [line for line in b.text.split("\n") if '"image"' in line]
        is_beside = size[0] >= 100
        assert len(rows) == (1 if is_beside else 2)
        assert '"image": "demo/web:1"' in rows[0]
        assert '"image": "demo/web:2"' in rows[-1]


async def test_what_it_means_for_the_service_that_runs_the_old_one():
    async with bench((120, 40)) as b:
        first, second, _ = await three_revisions(b)
        await compare(b, first, second)
        await b.shows("~ image demo/web:1 → 2")
        await b.shows("moving web to web:2")
        await b.shows("never fewer than 2 healthy, never more than 4 at once")


async def test_modes_and_folding():
    async with bench((120, 40)) as b:
        first, _, third = await three_revisions(b)
        await compare(b, first, third)
        assert "equal lines folded" in b.text
        assert "side by side" in b.text
        await b.press("m")
        assert "unified" in b.text
        await b.press("z")
        assert "folded" not in b.text
        assert '"family": "web"' in b.text


async def test_keys_lead_from_difference_to_difference():
    async with bench((80, 24)) as b:
        first, _, third = await three_revisions(b)
        screen = await compare(b, first, third)
        scroll = screen.query_one("#scroll")
        await b.press("n")
        first_at = scroll.scroll_offset.y
        assert "1 of 2 differences" in b.text
        await b.press("n")
        assert scroll.scroll_offset.y > first_at
        await b.press("N")
        assert scroll.scroll_offset.y == first_at
        await b.press("N")
        assert "2 of 2 differences" in b.text
        await b.press("G")
        assert scroll.scroll_offset.y == scroll.max_scroll_y
        await b.press("g")
        assert scroll.scroll_offset.y == 0


async def test_other_revisions_come_with_brackets():
    async with bench((120, 40)) as b:
        _, second, third = await three_revisions(b)
        screen = await compare(b, second, third)
        await b.press("[")
        assert screen.breadcrumb() == "diff web:1 → web:3"
        await b.press("[")
        assert "no other revision" in b.app.said[-1].text
        await b.press("]", "]")
        assert screen.breadcrumb() == "diff web:3 → web:3"
        assert "The two say the same." in b.text


async def test_the_right_side_is_deployed_after_a_question():
    async with bench((120, 40)) as b:
        first, second, _ = await three_revisions(b)
        await compare(b, first, second)
        await b.press("u")
        await b.shows("Deploy web:2 to")
        await b.press("enter")
        await b.shows("Deploy web:2 to web?")
        await b.press("y")
        arn = "arn:aws:ecs:us-east-1:000000000000:service/default/web"
        await b.until(lambda: b.town.service_record(arn).task_definition == second)


async def test_a_revision_that_is_gone_is_said():
    async with bench() as b:
        first, *_ = await three_revisions(b)
        ghost = first.replace("web:1", "web:99")
        assert b.view.get(TASK_DEFINITIONS, ghost) is None
        await compare(b, ghost, first)
        assert "is gone" in b.text


async def test_the_differences_can_be_copied():
    async with bench((120, 40)) as b:
        first, second, _ = await three_revisions(b)
        await compare(b, first, second)
        await b.press("c")
        assert "− " in b.app.copied
        assert '"demo/web:2"' in b.app.copied


def mode_of(screen: DiffScreen) -> str:
    return screen.mode


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40)])
async def test_the_third_mode_is_what_it_means(size):
    async with bench(size) as b:
        first, _, third = await three_revisions(b)
        screen = await compare(b, first, third)
        while mode_of(screen) != "unified":
            await b.press("m")
        await b.press("m")
        assert mode_of(screen) == "meaning"
        await b.shows("~ image demo/web:1 → 3")
        await b.shows("+ stopTimeout 5")
        assert '"image"' not in b.text
        assert "secret" not in b.text  # values of variables stay unsaid
        await b.press("n")  # no difference to go to
        await b.press("G")
        await b.shows("moving web to web:3")
        await b.shows("stays, to roll back to")
        await b.press("m")
        assert mode_of(screen) == "side by side"
