"""The records as they are kept while no daemon serves them."""

from ecstui.base.errors import SettingsError
from ecstui.base.state_paths import StatePaths
from ecstui.store.tables import View


async def kept_records(paths: StatePaths) -> View:
    """What the journal holds; `SettingsError` when there is none, `JournalError` when it is bad."""
    from ecstui.store.journal import SqliteJournal
    from ecstui.store.store import Store

    if not paths.journal.exists():
        raise SettingsError("there is no journal to compare with")
    journal = await SqliteJournal.open(paths.journal)
    try:
        store = Store(journal)
        await store.load()
    finally:
        await journal.close()
    return store
