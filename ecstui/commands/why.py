"""`ecstui why NAME`: why a service or a task is not where it should be, and what would help.

Sentences, a line each, for shells and screen readers. It reads records and changes nothing.
"""

import asyncio

from ecstui.base.clock import SystemClock
from ecstui.client.why import why_of
from ecstui.commands.attached import NotFoundError, attached
from ecstui.commands.named import arn_named
from ecstui.commands.terminal import say
from ecstui.plan.why import Why
from ecstui.plan.why_help import help_of
from ecstui.plan.why_words import instance_words, placements_of, sentences
from ecstui.settings import Settings
from ecstui.ui.text import clean


def why(settings: Settings, name: str, cluster: str) -> int:
    """Print the reasons; the exit code is 0 when there are none, else 1."""
    return asyncio.run(_why(settings, name, cluster))


async def _why(settings: Settings, name: str, cluster: str) -> int:
    async with attached(settings, "ecstui-why") as client:
        arn = arn_named(client.view, name, cluster)
        now = SystemClock().now()
        found = why_of(client.view, arn, now)
    if found is None:
        raise NotFoundError(f"{name} is gone.")
    for text in lines_of(found, now):
        say(text)
    return 0 if found.is_fine else 1


def lines_of(why: Why, now: float) -> list[str]:
    """The whole answer: reasons, what each instance says, what would help."""
    if why.is_fine:
        return [clean(f"{why.name}: nothing to wait for")]
    found = [f"{why.name}:", *(f"  {text}" for text in sentences(why, now))]
    for heading, placement in placements_of(why).items():
        found.append(f"{heading.lower()}:")
        found += [f"  {each.name}: {instance_words(each)}" for each in placement.instances]
    helps = help_of(why, now)
    if helps:
        found += ["what would help:", *(f"  {text}" for text in helps)]
    return [clean(text) for text in found]
