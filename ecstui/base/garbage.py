"""How Python looks for garbage in a process that holds many records.

A look at every object stops the process for as long as a second once there are 10,000 tasks.
Records form no cycles: they go when nobody holds them any more. Nothing is ever left uncollected
for good.
"""

import gc

_NEW_OBJECTS = 500
_YOUNG_LOOKS = 2
"""So that no look but the last kind takes longer than a few milliseconds."""
_MIDDLE_LOOKS = 8_000
"""Instead of 10: looks at everything become as rare as cycles are that live long."""


def spare_long_lived(*, search: bool = True) -> None:
    """Leave out what is there now, and look at everything else far less often than at new things.

    To be called when the records have been loaded; without a `search` for what is garbage by then
    where nobody can wait for it.
    """
    if search:
        gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, _YOUNG_LOOKS, _MIDDLE_LOOKS)
