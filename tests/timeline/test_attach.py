"""At a container's own input, through the control plane: what its definition allows, no more."""

import pytest

from ecstui.base.errors import InvalidParameterException
from ecstui.model.exec import ExecOrder
from tests.support.town import Town

ATTACH = ExecOrder((), has_tty=True, has_input=True, attaches=True)


async def running(town: Town, **container: object) -> str:
    (arn,) = await town.run(await town.definition("web", **container))
    await town.until(lambda: town.task(arn).last_status.value == "RUNNING")
    return arn


async def test_lines_reach_the_shell_that_is_the_container(town: Town):
    arn = await running(town, command=["sh"], interactive=True)
    session = await town.plane.execute(arn, "", ATTACH)
    try:
        await session.write(b"echo $((6*7))\n")
        found = await session.read() or ()
        assert [each.data for each in found] == [b"42\n"]  # no terminal: the definition has none
    finally:
        await session.close()
    assert town.task(arn).last_status.value == "RUNNING"


async def test_a_container_without_input_and_terminal_refuses(town: Town):
    arn = await running(town)
    with pytest.raises(InvalidParameterException, match="not interactive and has no pseudo"):
        await town.plane.execute(arn, "", ATTACH)
