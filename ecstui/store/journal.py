"""Makes batches of changes durable and reads them back: SQLite for real, memory for tests.

Documents are JSON, one row a record. Only the store's single flush writes; a failed write raises
`JournalError` and leaves the journal as it was before.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from sqlite3 import Error as SqliteError
from typing import Protocol

import aiosqlite

from ecstui.base.errors import JournalError
from ecstui.store.tables import Change
from ecstui.store.upgrade import CURRENT_VERSION

Row = tuple[str, str, int, str]
"""Kind name, key, document version, document."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    kind TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, doc TEXT NOT NULL,
    PRIMARY KEY (kind, key)
);
"""
_PUT = """
INSERT INTO object (kind, key, version, doc) VALUES (?, ?, ?, ?)
ON CONFLICT (kind, key) DO UPDATE SET version = excluded.version, doc = excluded.doc
"""
_DELETE = "DELETE FROM object WHERE kind = ? AND key = ?"


class Journal(Protocol):
    """Where changes are kept."""

    async def load(self) -> Iterable[Row]:
        """Every document, in the order in which they first came."""
        ...

    async def write(self, changes: Sequence[Change]) -> None:
        """Make these changes durable, all or none."""
        ...

    async def close(self) -> None:
        """Give the file free."""
        ...


def document_of(change: Change) -> str | None:
    """The JSON document of a change's record, or None when it was deleted."""
    if change.after is None:
        return None
    return change.after.model_dump_json(by_alias=True, exclude_none=True)


class MemoryJournal:
    """A journal that lives as long as its object: a crash of the plane does not lose it."""

    def __init__(self) -> None:
        """An empty journal."""
        self.documents: dict[tuple[str, str], str] = {}
        self.writes = 0

    async def load(self) -> Iterable[Row]:
        """Every document, in the order in which they first came."""
        rows = self.documents.items()
        return [(kind, key, CURRENT_VERSION, document) for (kind, key), document in rows]

    async def write(self, changes: Sequence[Change]) -> None:
        """Keep the documents."""
        self.writes += 1
        for change in changes:
            document = document_of(change)
            if document is None:
                self.documents.pop((change.kind.name, change.key), None)
            else:
                self.documents[change.kind.name, change.key] = document

    async def close(self) -> None:
        """Nothing to give free."""


def _row_of(change: Change) -> Row:
    """Made as SQLite takes it, on the connection's own thread: records never change."""
    document = document_of(change)
    assert document is not None, "only what is there is put"
    return change.kind.name, change.key, CURRENT_VERSION, document


class SqliteJournal:
    """A journal in one SQLite file, in WAL mode."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        """Use `open`."""
        self._connection = connection

    @classmethod
    async def open(cls, path: Path) -> "SqliteJournal":
        """Open or make the file; `JournalError` says why it cannot be used."""
        try:
            connection = await aiosqlite.connect(path)
        except SqliteError as error:
            raise JournalError(f"{path} cannot be used: {error}") from error
        try:
            await connection.execute("PRAGMA journal_mode = WAL")
            await connection.execute("PRAGMA synchronous = NORMAL")
            await connection.executescript(_SCHEMA)
            await connection.commit()
        except SqliteError as error:
            # Left open, its thread would keep the process from ending.
            await connection.close()
            raise JournalError(f"{path} cannot be used: {error}") from error
        return cls(connection)

    async def load(self) -> Iterable[Row]:
        """Every document, in the order in which they first came."""
        query = "SELECT kind, key, version, doc FROM object ORDER BY rowid"
        try:
            async with self._connection.execute(query) as cursor:
                rows = await cursor.fetchall()
        except SqliteError as error:
            raise JournalError(f"the journal cannot be read: {error}") from error
        return [(str(r[0]), str(r[1]), int(r[2]), str(r[3])) for r in rows]

    async def write(self, changes: Sequence[Change]) -> None:
        """Write these changes in one SQLite transaction."""
        puts = [change for change in changes if change.after is not None]
        deletes = [(change.kind.name, change.key) for change in changes if change.after is None]
        try:
            if puts:
                await self._connection.executemany(_PUT, map(_row_of, puts))
            if deletes:
                await self._connection.executemany(_DELETE, deletes)
            await self._connection.commit()
        except SqliteError as error:
            await self._roll_back()
            raise JournalError(f"the journal cannot be written: {error}") from error

    async def _roll_back(self) -> None:
        try:
            await self._connection.rollback()
        except SqliteError:
            return

    async def close(self) -> None:
        """Close the file."""
        await self._connection.close()
