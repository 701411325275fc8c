"""Members that ECS has and ecstui does not offer, although leaving them out would change things.

A request with one of them is refused, with a sentence that says what to do. Members that nobody
knows are ignored; the doors report them from `Request.unknown_members()`.
"""

from collections.abc import Mapping

from ecstui.base.errors import UnsupportedFeatureException
from ecstui.model.service import DeploymentController, LoadBalancer
from ecstui.model.shape import Request, Shape

_EMPTY: tuple[object, ...] = (None, (), [], {}, "")

SERVICE_MEMBERS: Mapping[str, str] = {
    "serviceRegistries": (
        "Service discovery is not available here. Leave serviceRegistries out; tasks are reached "
        "by the addresses and ports that DescribeTasks shows."
    ),
    "serviceConnectConfiguration": (
        "Service Connect is not available here. Leave serviceConnectConfiguration out, or set "
        "enabled to false."
    ),
    "volumeConfigurations": (
        "Volumes configured at launch are not available here. Leave volumeConfigurations out and "
        "name a host or Docker volume in the task definition."
    ),
    "gatewayConnectors": "Gateways are not available here. Leave gatewayConnectors out.",
    "vpcLatticeConfigurations": (
        "VPC Lattice is not available here. Leave vpcLatticeConfigurations out."
    ),
}

UPDATE_MEMBERS: Mapping[str, str] = {
    "deploymentController": (
        "The deployment controller of a service cannot be changed here. Leave deploymentController "
        "out."
    ),
}

LIST_MEMBERS: Mapping[str, str] = {
    "daemonName": "There are no managed daemons here. Leave daemonName out.",
    "resourceManagementType": (
        "Nobody but ecstui manages resources here. Leave resourceManagementType out."
    ),
}

TASK_MEMBERS: Mapping[str, str] = {
    "volumeConfigurations": SERVICE_MEMBERS["volumeConfigurations"],
}

CLUSTER_MEMBERS: Mapping[str, str] = {
    "serviceConnectDefaults": (
        "Service Connect is not available here. Leave serviceConnectDefaults out."
    ),
}


def refuse_members(request: Request[Shape] | Shape, members: Mapping[str, str]) -> None:
    """Raise `UnsupportedFeatureException` for the first of these members that says something."""
    given = request.model_extra or {}
    for name, sentence in members.items():
        value: object = given.get(name)
        if value not in _EMPTY and not _is_switched_off(value):
            raise UnsupportedFeatureException(sentence, field=name)


def _is_switched_off(value: object) -> bool:
    """Whether a member asks for nothing but what is so anyway."""
    return isinstance(value, dict) and (value.get("enabled") is False or value == {"type": "ECS"})


def refuse_load_balancers(load_balancers: tuple[LoadBalancer, ...] | None) -> None:
    """Raise `UnsupportedFeatureException` when a service is to join target groups."""
    if load_balancers:
        raise UnsupportedFeatureException(
            "Load balancers are not available here. Leave loadBalancers out; tasks are reached by "
            "the addresses and ports that DescribeTasks shows.",
            field="loadBalancers",
        )


def refuse_controller(controller: DeploymentController | None) -> None:
    """Raise `UnsupportedFeatureException` for other deployment controllers than ECS."""
    if controller is not None and controller.type != "ECS":
        raise UnsupportedFeatureException(
            f"Deployment controller {controller.type} is not available here. Leave "
            "deploymentController out or use type ECS.",
            field="deploymentController.type",
        )
