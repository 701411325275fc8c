"""OpensWhole: a screen that is being opened is opened to the end before it closes, or the app ends.

Textual composes nothing more in what is to close, but goes on to tell every widget of it that it is
mounted: screens, dialogs and Textual's own widgets then ask for parts that they never got.
"""

import asyncio
from contextlib import suppress

from rich.console import RenderableType
from textual.app import App
from textual.screen import Screen

_PATIENCE_SECONDS = 1.0
"""So long the end of the app waits for a screen that is being opened."""


class OpensWhole(App[None]):
    """An app whose screens are never half there when they close."""

    async def _replace_screen(self, screen: Screen[object]) -> Screen[object]:
        await _opened(screen)
        return await super()._replace_screen(screen)

    def exit(
        self,
        result: None = None,
        return_code: int = 0,
        message: RenderableType | None = None,
    ) -> None:
        """As Textual does, when the screens are there that are being opened."""

        async def wait() -> None:
            await self._all_opened()
            leave(result, return_code, message)

        leave = super().exit
        if all(_is_opened(screen) for screen in self.screen_stack):
            leave(result, return_code, message)
        else:
            self.run_worker(wait(), group="exit")

    async def _shutdown(self) -> None:
        await self._all_opened()
        await super()._shutdown()

    async def _all_opened(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                for screen in self.screen_stack:
                    await _opened(screen)


def _is_opened(screen: Screen[object]) -> bool:
    return not screen.is_attached or screen._mounted_event.is_set()  # noqa: SLF001 - nothing public


async def _opened(screen: Screen[object]) -> None:
    if not _is_opened(screen):
        await screen._mounted_event.wait()  # noqa: SLF001 - tells it
