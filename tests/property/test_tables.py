"""Tables: undoing a transaction gives back exactly what was there, indexes included."""

from hypothesis import given
from hypothesis import strategies as st

from ecstui.model.cluster import EventRecord
from ecstui.model.enums import EventSource
from ecstui.store.kinds import EVENTS, KIND_OF, KINDS
from ecstui.store.tables import Tables, Transaction

keys = st.sampled_from(["a", "b", "c", "d"])
services = st.none() | st.sampled_from(["web", "db"])
steps = st.lists(st.tuples(keys, services, st.booleans()), max_size=12)


def an_event(key: str, service: str | None) -> EventRecord:
    return EventRecord(
        id=key,
        created_at=1.0,
        source=EventSource.SERVICE,
        cluster_name="default",
        subject_arn="x",
        message="",
        service_arn=service,
    )


def run(tx: Transaction, plan: list[tuple[str, str | None, bool]]) -> None:
    for key, service, is_delete in plan:
        if is_delete:
            tx.delete(EVENTS, key)
        else:
            tx.put(an_event(key, service))


def picture(tables: Tables) -> tuple[object, ...]:
    by_service = {s: sorted(e.id for e in tables.by(EVENTS, "service", s)) for s in ("web", "db")}
    return {e.id: e for e in tables.all(EVENTS)}, by_service


@given(before=steps, inside=steps)
def test_undo_is_identity(
    before: list[tuple[str, str | None, bool]], inside: list[tuple[str, str | None, bool]]
) -> None:
    tables = Tables(KINDS)
    run(Transaction(tables, KIND_OF), before)
    expected = picture(tables)
    tx = Transaction(tables, KIND_OF)
    run(tx, inside)
    tx.undo()
    assert picture(tables) == expected


@given(before=steps, inside=steps)
def test_changes_lead_from_before_to_after(
    before: list[tuple[str, str | None, bool]], inside: list[tuple[str, str | None, bool]]
) -> None:
    tables = Tables(KINDS)
    run(Transaction(tables, KIND_OF), before)
    rows = {event.id: event for event in tables.all(EVENTS)}
    tx = Transaction(tables, KIND_OF)
    run(tx, inside)
    for change in tx.changes():
        assert rows.get(change.key) == change.before
        if isinstance(change.after, EventRecord):
            rows[change.key] = change.after
        else:
            rows.pop(change.key)
    assert rows == {event.id: event for event in tables.all(EVENTS)}


@given(plan=steps)
def test_an_index_finds_what_the_rows_say(plan: list[tuple[str, str | None, bool]]) -> None:
    tables = Tables(KINDS)
    run(Transaction(tables, KIND_OF), plan)
    rows = tables.all(EVENTS)
    for service in ("web", "db"):
        mine = {event.id for event in rows if event.service_arn == service}
        found = tables.by(EVENTS, "service", service)
        assert {event.id for event in found} == mine
        assert len(found) == tables.count_by(EVENTS, "service", service)
        ordered = tables.in_order(EVENTS, "service", service)
        assert [event.id for event in ordered] == sorted(mine)
