"""History of services: list, describe, stop, continue; what is kept and what is forgotten."""

import json
import re

import pytest

from ecstui.base.ids import resource_of, short_name
from ecstui.control.reconcilers.history import MOST_KEPT, sweep_history
from ecstui.model.deployment import (
    HookRecord,
    HookStatus,
    MonitorStatus,
    ServiceDeploymentRecord,
    ServiceDeploymentStatus,
)
from ecstui.model.deployment_configuration import (
    DeploymentConfiguration,
    HookAction,
    HookTargetType,
    LifecycleStage,
)
from ecstui.model.enums import ServiceStatus
from ecstui.model.requests.deployments import (
    ContinueServiceDeploymentRequest,
    CreatedBetween,
    DescribeServiceDeploymentsRequest,
    DescribeServiceRevisionsRequest,
    ListServiceDeploymentsRequest,
    StopServiceDeploymentRequest,
)
from ecstui.model.requests.services import (
    CreateServiceResponse,
    DeleteServiceRequest,
    DescribeServicesRequest,
)
from ecstui.model.service import CircuitBreakerConfiguration, ServiceRecord
from ecstui.store.kinds import SERVICE_DEPLOYMENTS, SERVICE_REVISIONS, SERVICES
from tests.factories import NAMES, NOW, a_deployment, a_task
from tests.support.desk import Desk, create_request

Status = ServiceDeploymentStatus
ABSENT = NAMES.arn("service-deployment/default/web/absent")


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.register("web")
    desk.register("web")
    desk.create(task_definition="web:1")
    return desk


def deployments(desk: Desk) -> list[ServiceDeploymentRecord]:
    return list(desk.store.all(SERVICE_DEPLOYMENTS))


def ended(desk: Desk, record: ServiceDeploymentRecord, at: float = NOW) -> ServiceDeploymentRecord:
    return desk.change(record, status=Status.SUCCESSFUL, finished_at=at)


def listed(desk: Desk, **members: object) -> list[str]:
    request = ListServiceDeploymentsRequest.model_validate({"service": "web"} | members)
    return [brief.service_deployment_arn for brief in desk.call(request).service_deployments]


def stop(arn: str, stop_type: str | None = None) -> StopServiceDeploymentRequest:
    return StopServiceDeploymentRequest.model_validate(
        {"service_deployment_arn": arn, "stop_type": stop_type}
    )


# -- how a deployment begins ------------------------------------------------------------------


def test_a_new_service_begins_its_history(desk: Desk) -> None:
    (record,) = deployments(desk)
    (revision,) = desk.store.all(SERVICE_REVISIONS)
    service = desk.service("web")
    assert re.fullmatch(
        "service-deployment/default/web/[0-9A-Za-z]{21}", resource_of(record.service_deployment_arn)
    )
    assert re.fullmatch(
        "service-revision/default/web/[0-9]{19}", resource_of(revision.service_revision_arn)
    )
    assert (record.status, record.started_at) == (Status.PENDING, None)
    assert record.source_service_revisions == ()
    assert record.target_service_revision.arn == revision.service_revision_arn
    assert record.deployment_configuration == service.deployment_configuration
    assert record.deployment_circuit_breaker.status is MonitorStatus.DISABLED
    assert revision.task_definition == service.task_definition
    assert [(i.container_name, i.image) for i in revision.container_images] == [
        ("app", "busybox:stable")
    ]
    assert service.current_service_deployment == record.service_deployment_arn
    assert service.primary.service_revision_arn == revision.service_revision_arn


def test_what_a_service_shows_of_its_history(desk: Desk) -> None:
    service = desk.service("web")
    desk.put(a_task(service_arn=service.service_arn, deployment_id=service.primary.id))
    (shown,) = desk.call(DescribeServicesRequest(services=("web",))).services
    (revision,) = shown.current_service_revisions
    assert revision.arn == service.primary.service_revision_arn
    assert (revision.requested_task_count, revision.pending_task_count) == (2, 1)
    assert shown.current_service_deployment == service.current_service_deployment


def test_an_update_that_deploys_takes_the_place_of_what_goes_on(desk: Desk) -> None:
    desk.update(task_definition="web:2")
    first, second = deployments(desk)
    assert first.status is Status.STOP_REQUESTED
    assert second.status is Status.PENDING
    assert [s.arn for s in second.source_service_revisions] == [first.target_service_revision.arn]
    assert desk.service("web").current_service_deployment == second.service_deployment_arn


def test_a_forced_deployment_has_a_revision_of_its_own(desk: Desk) -> None:
    desk.update(force_new_deployment=True)
    assert len({d.target_service_revision.arn for d in deployments(desk)}) == 2


def test_a_change_that_deploys_nothing_leaves_the_history_alone(desk: Desk) -> None:
    desk.update(desired_count=5)
    assert len(deployments(desk)) == 1


def test_the_breaker_of_a_deployment_starts_with_its_threshold(desk: Desk) -> None:
    breaker = CircuitBreakerConfiguration(enable=True, rollback=False)
    desk.update(
        task_definition="web:2",
        desired_count=9,
        deployment_configuration=DeploymentConfiguration(deployment_circuit_breaker=breaker),
    )
    state = deployments(desk)[-1].deployment_circuit_breaker
    assert (state.status, state.failure_count, state.threshold) == (MonitorStatus.MONITORING, 0, 5)


# -- list -------------------------------------------------------------------------------------


def test_deployments_are_listed_newest_first_by_page(desk: Desk) -> None:
    for _ in range(4):
        desk.now += 1
        desk.update(force_new_deployment=True)
    arns = [d.service_deployment_arn for d in reversed(deployments(desk))]
    assert listed(desk) == arns
    page = desk.call(ListServiceDeploymentsRequest(service="web", max_results=2))
    assert [d.service_deployment_arn for d in page.service_deployments] == arns[:2]
    assert listed(desk, max_results=2, next_token=page.next_token) == arns[2:4]


def test_deployments_are_listed_by_status_and_time(desk: Desk) -> None:
    desk.now += 10
    desk.update(task_definition="web:2")
    first, second = (d.service_deployment_arn for d in deployments(desk))
    assert listed(desk, status=["PENDING"]) == [second]
    assert listed(desk, status=["PENDING", "STOP_REQUESTED"]) == [second, first]
    assert listed(desk, created_at=CreatedBetween(after=NOW + 5)) == [second]
    assert listed(desk, created_at=CreatedBetween(before=NOW + 10)) == [first]


def test_only_a_service_that_is_there_has_a_history(desk: Desk) -> None:
    error = desk.refuse(ListServiceDeploymentsRequest(service="absent"))
    assert error.code == "ServiceNotFoundException"
    error = desk.refuse(ListServiceDeploymentsRequest(service="web", cluster="absent"))
    assert error.code == "ClusterNotFoundException"
    error = desk.refuse(ListServiceDeploymentsRequest(service="web", max_results=101))
    assert error.field == "maxResults"


# -- describe ---------------------------------------------------------------------------------


def test_a_deployment_that_goes_on_is_shown_with_the_counts_of_the_moment(desk: Desk) -> None:
    service = desk.service("web")
    (record,) = deployments(desk)
    desk.put(a_task(service_arn=service.service_arn, deployment_id=service.primary.id))
    arns = (record.service_deployment_arn, ABSENT)
    answer = desk.call(DescribeServiceDeploymentsRequest(service_deployment_arns=arns))
    (shown,) = answer.service_deployments
    target = shown.target_service_revision
    assert (target.requested_task_count, target.pending_task_count) == (2, 1)
    assert [(f.arn, f.reason) for f in answer.failures] == [(ABSENT, "MISSING")]
    assert "deploymentId" not in shown.to_wire()


def test_a_stage_that_only_hooks_know_is_shown_as_the_one_before(desk: Desk) -> None:
    (record,) = deployments(desk)
    desk.change(record, lifecycle_stage=LifecycleStage.PRE_PRODUCTION_TRAFFIC_SHIFT)
    arns = (record.service_deployment_arn,)
    (shown,) = desk.call(
        DescribeServiceDeploymentsRequest(service_deployment_arns=arns)
    ).service_deployments
    assert shown.lifecycle_stage is LifecycleStage.POST_TEST_TRAFFIC_SHIFT


def test_revisions_are_shown_by_arn(desk: Desk) -> None:
    (revision,) = desk.store.all(SERVICE_REVISIONS)
    absent = NAMES.arn("service-revision/default/web/1")
    arns = (revision.service_revision_arn, absent)
    answer = desk.call(DescribeServiceRevisionsRequest(service_revision_arns=arns))
    assert [r.task_definition for r in answer.service_revisions] == [revision.task_definition]
    assert [f.arn for f in answer.failures] == [absent]


@pytest.mark.parametrize("arn", ["", "web", NAMES.service("default", "web"), "arn:aws:ecs:::x"])
def test_other_things_than_arns_of_deployments_are_refused(desk: Desk, arn: str) -> None:
    request = DescribeServiceDeploymentsRequest(service_deployment_arns=(ABSENT, arn))
    assert desk.refuse(request).field == "serviceDeploymentArns[1]"
    revisions = DescribeServiceRevisionsRequest(service_revision_arns=(arn,))
    assert desk.refuse(revisions).field == "serviceRevisionArns[0]"
    assert desk.refuse(stop(arn)).field == "serviceDeploymentArn"


@pytest.mark.parametrize("count", [0, 21])
def test_one_to_twenty_are_described(desk: Desk, count: int) -> None:
    request = DescribeServiceDeploymentsRequest(service_deployment_arns=(ABSENT,) * count)
    assert desk.refuse(request).code == "InvalidParameterException"


# -- stop and continue ------------------------------------------------------------------------


def test_a_stop_is_asked_for_once(desk: Desk) -> None:
    (record,) = deployments(desk)
    arn = record.service_deployment_arn
    assert desk.call(stop(arn)).service_deployment_arn == arn
    assert deployments(desk)[0].status is Status.ROLLBACK_REQUESTED
    before = desk.everything()
    assert desk.call(stop(arn, "ROLLBACK")).service_deployment_arn == arn
    assert desk.everything() == before
    assert desk.said()[-1] == "alice stopped the deployment of service web"


def test_what_is_over_cannot_be_stopped(desk: Desk) -> None:
    record = ended(desk, deployments(desk)[0])
    error = desk.refuse(stop(record.service_deployment_arn))
    assert (error.code, error.field) == ("ConflictException", "serviceDeploymentArn")


def test_what_is_unknown_cannot_be_stopped_or_continued(desk: Desk) -> None:
    assert desk.refuse(stop(ABSENT)).code == "ServiceDeploymentNotFoundException"
    request = ContinueServiceDeploymentRequest(service_deployment_arn=ABSENT, hook_id="x")
    assert desk.refuse(request).code == "ServiceDeploymentNotFoundException"


def test_nobody_knows_what_abort_does(desk: Desk) -> None:
    error = desk.refuse(stop(deployments(desk)[0].service_deployment_arn, "ABORT"))
    assert (error.code, error.field) == ("UnsupportedFeatureException", "stopType")


def paused(desk: Desk) -> str:
    (record,) = deployments(desk)
    hook = HookRecord(
        hook_id="pause",
        target_type=HookTargetType.PAUSE,
        status=HookStatus.AWAITING_ACTION,
        stage=LifecycleStage.PRE_SCALE_UP,
    )
    desk.change(record, status=Status.IN_PROGRESS, lifecycle_hook_details=(hook,))
    return record.service_deployment_arn


def resume(arn: str, hook: str = "pause", action: HookAction | None = None):
    return ContinueServiceDeploymentRequest(service_deployment_arn=arn, hook_id=hook, action=action)


@pytest.mark.parametrize(
    ("action", "kept"),
    [(None, HookAction.CONTINUE), (HookAction.ROLLBACK, HookAction.ROLLBACK)],
)
def test_a_pause_is_answered(desk: Desk, action: HookAction | None, kept: HookAction) -> None:
    arn = paused(desk)
    assert desk.call(resume(arn, action=action)).service_deployment_arn == arn
    assert deployments(desk)[0].lifecycle_hook_details[0].answer is kept
    assert desk.refuse(resume(arn)).field == "hookId"


def test_only_a_pause_that_waits_is_answered(desk: Desk) -> None:
    arn = paused(desk)
    assert desk.refuse(resume(arn, "other")).field == "hookId"
    ended(desk, deployments(desk)[0])
    assert desk.refuse(resume(arn)).field == "hookId"


@pytest.mark.parametrize(
    "status", [Status.ROLLBACK_REQUESTED, Status.ROLLBACK_IN_PROGRESS, Status.STOP_REQUESTED]
)
def test_a_deployment_that_goes_back_is_not_continued(desk: Desk, status: Status) -> None:
    arn = paused(desk)
    desk.change(deployments(desk)[0], status=status)
    assert desk.refuse(resume(arn)).field == "hookId"


# -- what is kept -----------------------------------------------------------------------------


def sweep(desk: Desk, now: float, seconds: float = 100.0) -> None:
    desk.store.update(lambda tx: sweep_history(tx, seconds, now))


def test_old_deployments_are_forgotten_but_never_the_last(desk: Desk) -> None:
    desk.update(task_definition="web:2")
    first, second = deployments(desk)
    ended(desk, first)
    ended(desk, second)
    sweep(desk, NOW + 99)
    assert len(deployments(desk)) == 2
    sweep(desk, NOW + 101)
    assert deployments(desk) == [desk.store.get(SERVICE_DEPLOYMENTS, second.service_deployment_arn)]


def test_a_revision_stays_while_the_service_can_go_back_to_it(desk: Desk) -> None:
    service = desk.service("web")
    kept = service.primary.service_revision_arn
    desk.change(service, last_completed=service.primary)
    for _ in range(3):
        desk.now += 1
        desk.update(force_new_deployment=True)
    for record in deployments(desk):
        ended(desk, record)
    service = desk.service("web")
    desk.change(service, deployments=(service.primary,))
    sweep(desk, NOW + 200)
    left = {r.service_revision_arn for r in desk.store.all(SERVICE_REVISIONS)}
    assert kept in left
    (current,) = deployments(desk)
    assert {s.arn for s in current.source_service_revisions} < left


def test_a_service_keeps_a_bounded_number_of_deployments(desk: Desk) -> None:
    (record,) = deployments(desk)
    desk.put(
        *(
            record.with_(
                service_deployment_arn=f"{ABSENT}{number}",
                created_at=NOW - number,
                status=Status.SUCCESSFUL,
                finished_at=NOW,
            )
            for number in range(MOST_KEPT + 5)
        )
    )
    sweep(desk, NOW)
    assert len(deployments(desk)) == MOST_KEPT


def test_the_history_goes_with_its_service(desk: Desk) -> None:
    desk.store.update(lambda tx: tx.delete(SERVICES, desk.service("web").service_arn))
    sweep(desk, NOW)
    assert deployments(desk) == []
    assert list(desk.store.all(SERVICE_REVISIONS)) == []


def test_a_new_service_of_an_old_name_has_no_old_history(desk: Desk) -> None:
    desk.call(DeleteServiceRequest(service="web", force=True))
    desk.change(desk.service("web"), status=ServiceStatus.INACTIVE)
    made = desk.call(create_request(task_definition="web:2"))
    assert isinstance(made, CreateServiceResponse)
    (record,) = deployments(desk)
    assert made.service.current_service_deployment == record.service_deployment_arn


def test_a_service_written_before_there_was_a_history_is_read() -> None:
    service = ServiceRecord(
        service_arn=NAMES.service("default", "web"),
        service_name="web",
        cluster_arn=NAMES.cluster("default"),
        cluster_name="default",
        created_at=NOW,
        deployments=(a_deployment(),),
    )
    document = json.loads(service.model_dump_json(by_alias=True))
    newer = {"currentServiceDeployment", "currentServiceRevisions", "rolledBack"}
    old = {name: value for name, value in document.items() if name not in newer}
    for deployment in old["deployments"]:
        for name in ("hasRun", "serviceRevisionArn", "failure"):
            del deployment[name]
    assert ServiceRecord.model_validate_json(json.dumps(old)) == service
    assert short_name(service.service_arn) == "web"
