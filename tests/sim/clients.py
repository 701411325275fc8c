"""What people ask of a control plane: acts as requests, and what an answer promises.

A promise is looked up in the journal as soon as the answer is there (S11): what was acknowledged
must survive a crash in that very moment.
"""

from collections.abc import Callable, Sequence

from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.enums import InstanceStatus, ServiceStatus
from ecstui.model.requests.definitions import (
    RegisterTaskDefinitionRequest,
    RegisterTaskDefinitionResponse,
)
from ecstui.model.requests.instances import (
    DeregisterContainerInstanceRequest,
    RegisterContainerInstanceRequest,
    RegisterContainerInstanceResponse,
    UpdateContainerInstancesStateRequest,
)
from ecstui.model.requests.services import (
    CreateServiceRequest,
    DeleteServiceRequest,
    UpdateServiceRequest,
)
from ecstui.model.requests.tasks import (
    RunTaskRequest,
    RunTaskResponse,
    StartTaskRequest,
    StartTaskResponse,
    StopTaskRequest,
)
from ecstui.model.service import ServiceRecord
from ecstui.model.shape import Request, Shape
from ecstui.model.task import TaskRecord
from ecstui.store.kinds import INSTANCES, SERVICES, TASK_DEFINITIONS, TASKS
from ecstui.store.tables import View
from tests.sim.acts import (
    Body,
    Bungle,
    Create,
    Delete,
    Enlist,
    Expel,
    Found,
    Interrupt,
    Launch,
    Offer,
    Piece,
    Protect,
    Provide,
    Register,
    Resize,
    Run,
    SetAlarm,
    SetDraining,
    Stop,
    StopDeployment,
    Update,
)
from tests.sim.errands import Asked, Durable, errand

Deed = (
    Register
    | Create
    | Update
    | Delete
    | Run
    | Launch
    | Stop
    | SetDraining
    | Enlist
    | Expel
    | Bungle
    | Protect
    | StopDeployment
    | SetAlarm
    | Found
    | Provide
    | Offer
    | Resize
    | Interrupt
)

_NETWORK = {"awsvpc_configuration": {"subnets": ["subnet-1"]}}


def ask(deed: Deed, view: View, arn_of_service: Callable[[str], str]) -> Asked | None:
    """The request of a deed; None when there is nothing to do it to."""
    match deed:
        case Create() | Update() | Delete() | Bungle():
            return _about_service(deed, arn_of_service(deed.service))
        case SetDraining() | Enlist() | Expel():
            return _about_instance(view, deed)
        case Register(body=body):
            return Asked(_register(body), body.family, _is_registered)
        case Run():
            return Asked(_run(deed), "", _were_run)
        case Launch():
            return _launch(view, deed)
        case Stop(pick=pick):
            return _stop(view, pick)
        case _:
            return errand(deed, view, arn_of_service)


# -- services -----------------------------------------------------------------------------------


def _about_service(deed: Create | Update | Delete | Bungle, arn: str) -> Asked:
    match deed:
        case Create():
            return _service(_create(deed), arn, _is_active)
        case Update():
            return _update(deed, arn)
        case Delete(service=name, is_forced=is_forced):
            return _service(DeleteServiceRequest(service=name, force=is_forced), arn, _is_deleted)  # type: ignore[arg-type]
        case Bungle(service=name):
            percentages = {"minimum_healthy_percent": 100, "maximum_percent": 100}
            bungled = UpdateServiceRequest.model_validate(
                {"service": name, "desired_count": 7, "deployment_configuration": percentages}
            )
            return Asked(bungled, "", lambda _, __: False, must_fail=True)  # type: ignore[arg-type]


def _service(
    request: Request[Shape], arn: str, is_so: Callable[[ServiceRecord | None], bool]
) -> Asked:
    def holds(_: Shape, durable: Durable) -> bool:
        record = durable.get((SERVICES.name, arn))
        return is_so(record if isinstance(record, ServiceRecord) else None)

    return Asked(request, arn, holds)


def _is_active(service: ServiceRecord | None) -> bool:
    return service is not None and service.status is ServiceStatus.ACTIVE


def _is_deleted(service: ServiceRecord | None) -> bool:
    return service is None or service.status is not ServiceStatus.ACTIVE


def _create(create: Create) -> Request[Shape]:
    configuration = _configuration(create.minimum, create.maximum, create.rolls_back, is_new=True)
    values: dict[str, object] = {
        "service_name": create.service,
        "task_definition": create.family,
        "deployment_configuration": (configuration or {}) | _watched(create),
        "health_check_grace_period_seconds": create.grace_seconds,
    }
    if create.is_daemon:
        values["scheduling_strategy"] = "DAEMON"
    else:
        values["desired_count"] = create.desired_count
    if create.is_awsvpc:
        values["network_configuration"] = _NETWORK
    if create.provider:
        values["capacity_provider_strategy"] = [{"capacity_provider": create.provider, "weight": 1}]
    if create.is_distinct:
        values["placement_constraints"] = [{"type": "distinctInstance"}]
    if create.strategy:
        field = {"spread": "instanceId", "binpack": "memory"}.get(create.strategy)
        values["placement_strategy"] = [{"type": create.strategy, "field": field}]
    return CreateServiceRequest.model_validate(values)  # type: ignore[return-value]


def _configuration(
    minimum: int | None, maximum: int | None, rolls_back: bool | None, *, is_new: bool
) -> dict[str, object] | None:
    values: dict[str, object] = {}
    if minimum is not None:
        values["minimum_healthy_percent"] = minimum
    if maximum is not None:
        values["maximum_percent"] = maximum
    if is_new and rolls_back is not None:
        values["deployment_circuit_breaker"] = {"enable": True, "rollback": rolls_back}
    return values or None


def _watched(create: Create) -> dict[str, object]:
    """How deployments go, and what is looked at meanwhile."""
    values: dict[str, object] = {}
    if create.is_blue_green:
        values["strategy"] = "BLUE_GREEN"
    if create.bake_minutes is not None:
        values["bake_time_in_minutes"] = create.bake_minutes
    if create.alarm:
        values["alarms"] = {"alarm_names": [create.alarm], "enable": True, "rollback": True}
    return values


def _update(update: Update, arn: str) -> Asked:
    values: dict[str, object] = {
        "service": update.service,
        "force_new_deployment": update.is_forced,
    }
    configuration = _configuration(update.minimum, update.maximum, None, is_new=False)
    if configuration is not None:
        values["deployment_configuration"] = configuration
    if update.desired_count is not None:
        values["desired_count"] = update.desired_count
    if update.family is not None:
        values["task_definition"] = update.family

    def is_so(service: ServiceRecord | None) -> bool:
        if service is None:
            return False
        return update.desired_count in (None, service.desired_count) and update.minimum in (
            None,
            service.minimum_healthy_percent,
        )

    request = UpdateServiceRequest.model_validate(values)
    return _service(request, arn, is_so)  # type: ignore[arg-type]


# -- tasks and instances ------------------------------------------------------------------------


def _run(run: Run) -> Request[Shape]:
    values: dict[str, object] = {"task_definition": run.family, "count": run.count}
    if run.is_awsvpc:
        values["network_configuration"] = _NETWORK
    if run.provider:
        values["capacity_provider_strategy"] = [{"capacity_provider": run.provider, "weight": 1}]
    return RunTaskRequest.model_validate(values)  # type: ignore[return-value]


def _were_run(answer: Shape, durable: Durable) -> bool:
    assert isinstance(answer, RunTaskResponse | StartTaskResponse)
    return all((TASKS.name, task.task_arn) in durable for task in answer.tasks)


def _stop(view: View, pick: int) -> Asked | None:
    tasks = view.by(TASKS, "active", "yes")
    if not tasks:
        return None
    arn = tasks[pick % len(tasks)].task_arn

    def holds(_: Shape, durable: Durable) -> bool:
        task = durable.get((TASKS.name, arn))
        return isinstance(task, TaskRecord) and not task.is_wanted

    return Asked(StopTaskRequest(task=arn), arn, holds)  # type: ignore[arg-type]


def _launch(view: View, launch: Launch) -> Asked | None:
    instances = [_instance(view, number) for number in launch.instances]
    arns = [i.container_instance_arn for i in instances if i is not None]
    values: dict[str, object] = {
        "task_definition": launch.family,
        "container_instances": list(dict.fromkeys(arns)),
    }
    if launch.is_awsvpc:
        values["network_configuration"] = _NETWORK
    return Asked(StartTaskRequest.model_validate(values), "", _were_run)  # type: ignore[arg-type]


def _instance(view: View, number: int) -> ContainerInstanceRecord | None:
    instances = sorted(view.all(INSTANCES), key=lambda i: i.name)
    return instances[number % len(instances)] if instances else None


def _about_instance(view: View, deed: SetDraining | Enlist | Expel) -> Asked | None:
    if isinstance(deed, Enlist):
        return Asked(_enlist(deed), "", _is_enlisted)
    instance = _instance(view, deed.instance)
    if instance is None:
        return None
    arn = instance.container_instance_arn
    if isinstance(deed, Expel):
        status = InstanceStatus.INACTIVE
        request: Request[Shape] = DeregisterContainerInstanceRequest(  # type: ignore[assignment]
            container_instance=arn, force=deed.is_forced
        )
    else:
        status = InstanceStatus.DRAINING if deed.is_draining else InstanceStatus.ACTIVE
        request = UpdateContainerInstancesStateRequest(  # type: ignore[assignment]
            container_instances=(arn,), status=status
        )

    def holds(answer: Shape, durable: Durable) -> bool:
        known = durable.get((INSTANCES.name, arn))
        is_so = isinstance(known, ContainerInstanceRecord) and known.status is status
        # The clock may jump by more than an INACTIVE instance is kept before its caller hears.
        is_so = is_so or (known is None and isinstance(deed, Expel))
        return is_so or bool(getattr(answer, "failures", ()))

    return Asked(request, arn, holds)


def _enlist(enlist: Enlist) -> Request[Shape]:
    values: dict[str, object] = {
        "total_resources": [
            {"name": "CPU", "type": "INTEGER", "integer_value": enlist.cpu_units},
            {"name": "MEMORY", "type": "INTEGER", "integer_value": enlist.memory_mib},
        ],
        "attributes": [{"name": "ecstui.engine", "value": f"e-{enlist.engine + 1}"}],
    }
    return RegisterContainerInstanceRequest.model_validate(values)  # type: ignore[return-value]


def _is_enlisted(answer: Shape, durable: Durable) -> bool:
    assert isinstance(answer, RegisterContainerInstanceResponse)
    return (INSTANCES.name, answer.container_instance.container_instance_arn) in durable


# -- task definitions ---------------------------------------------------------------------------


def _is_registered(answer: Shape, durable: Durable) -> bool:
    assert isinstance(answer, RegisterTaskDefinitionResponse)
    return (TASK_DEFINITIONS.name, answer.task_definition.task_definition_arn) in durable


def _register(body: Body) -> Request[Shape]:
    containers = [_container(piece, is_awsvpc=body.is_awsvpc) for piece in body.pieces]
    values: dict[str, object] = {"family": body.family, "container_definitions": containers}
    if body.is_awsvpc:
        values["network_mode"] = "awsvpc"
    if body.is_fargate:
        values |= {"requires_compatibilities": ["FARGATE"], "cpu": "1024", "memory": "2048"}
    return RegisterTaskDefinitionRequest.model_validate(values)  # type: ignore[return-value]


def _container(piece: Piece, *, is_awsvpc: bool) -> dict[str, object]:
    values: dict[str, object] = {
        "name": piece.name,
        "image": f"{piece.nature.image}:{piece.tag}",
        "cpu": piece.cpu_units,
        "memory": piece.memory_mib,
        "essential": piece.is_essential,
        "depends_on": _depends_on(piece.depends_on),
        "stop_timeout": piece.stop_timeout_seconds,
        "start_timeout": piece.start_timeout_seconds,
    }
    if piece.is_checked:
        check = {"command": ["CMD-SHELL", "curl -f localhost"], "interval": 5, "retries": 2}
        values["health_check"] = check
    if piece.restart_period_seconds is not None:
        period = piece.restart_period_seconds
        values["restart_policy"] = {"enabled": True, "restart_attempt_period": period}
    if piece.host_port:
        host_port = piece.host_port if not is_awsvpc else 80
        values["port_mappings"] = [{"container_port": 80, "host_port": host_port}]
    return values


def _depends_on(depends_on: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"container_name": name, "condition": condition} for name, condition in depends_on]
