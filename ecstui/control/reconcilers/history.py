"""Forgets the history of services: what is too old, too much, or of a service that is gone.

A revision stays while a deployment in the history names it, or the service can still go back to
it. Source: ecs.md 6.13.
"""

from ecstui.model.deployment import ServiceDeploymentRecord
from ecstui.model.service import ServiceRecord
from ecstui.store.kinds import SERVICE_DEPLOYMENTS, SERVICE_REVISIONS, SERVICES
from ecstui.store.tables import Transaction

MOST_KEPT = 200
"""Service deployments of one service, however young (architecture B.11)."""


def sweep_history(tx: Transaction, history_seconds: float, now: float) -> None:
    """One sweep; deployments are kept for `history_seconds` after they ended."""
    kept: dict[str, int] = {}
    named = {arn for service in tx.all(SERVICES) for arn in _revisions_of(service)}
    newest_first = sorted(tx.all(SERVICE_DEPLOYMENTS), key=lambda d: d.created_at, reverse=True)
    for record in newest_first:
        service = tx.get(SERVICES, record.service_arn)
        count = kept[record.service_arn] = kept.get(record.service_arn, 0) + 1
        if service is None or _is_over(record, service, count, history_seconds, now):
            tx.delete(SERVICE_DEPLOYMENTS, record.service_deployment_arn)
        else:
            named.update(_named_by(record))
    for revision in tx.all(SERVICE_REVISIONS):
        if revision.service_revision_arn not in named:
            tx.delete(SERVICE_REVISIONS, revision.service_revision_arn)


def _is_over(
    record: ServiceDeploymentRecord,
    service: ServiceRecord,
    count: int,
    history_seconds: float,
    now: float,
) -> bool:
    is_current = record.service_deployment_arn == service.current_service_deployment
    if is_current or not record.has_ended:
        return False
    return count > MOST_KEPT or (record.finished_at or record.created_at) + history_seconds < now


def _revisions_of(service: ServiceRecord) -> list[str]:
    """Revisions that a service has tasks of, or can go back to."""
    last = (service.last_completed,) if service.last_completed is not None else ()
    found = (d.service_revision_arn for d in (*service.deployments, *last))
    return [arn for arn in found if arn is not None]


def _named_by(record: ServiceDeploymentRecord) -> list[str]:
    found = [source.arn for source in record.source_service_revisions]
    found.append(record.target_service_revision.arn)
    if record.rollback is not None and record.rollback.service_revision_arn is not None:
        found.append(record.rollback.service_revision_arn)
    return found
