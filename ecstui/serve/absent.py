"""What is said to callers of ECS's operations that ecstui does not have.

Each gets an error that ECS declares for that operation, and a sentence that says what to do
instead: never a success for what was not done. An operation that ecstui learns leaves this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ecstui.base.errors import EcsError

_UNSUPPORTED = "UnsupportedFeatureException"
_CLIENT = "ClientException"
"""For operations that declare no UnsupportedFeatureException."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """ECS's error code and the sentence."""

    code: str
    sentence: str


_GATEWAYS = Refusal(
    _UNSUPPORTED,
    "Gateways are not available here. Tasks are reached by the addresses and ports that "
    "DescribeTasks shows.",
)
_EXPRESS = Refusal(
    _UNSUPPORTED,
    "Express gateway services are not available here: they need a load balancer of AWS. Register "
    "a task definition and use CreateService.",
)
_DAEMONS = (
    "Managed daemons are not available here. Use a service with schedulingStrategy DAEMON, which "
    "runs one task on each container instance."
)
_TASK_SETS = Refusal(
    _UNSUPPORTED,
    "Task sets are not available here: they belong to services with an EXTERNAL or CODE_DEPLOY "
    "deployment controller. Use a service with the controller ECS, which rolls by itself.",
)
_AGENTS = Refusal(
    _CLIENT,
    "This operation is for the agent of a container instance, and ecstui needs none: it talks to "
    "the engine itself.",
)
_DAEMON_OPERATIONS = (
    "CreateDaemon",
    "DeleteDaemon",
    "DescribeDaemon",
    "DescribeDaemonDeployments",
    "DescribeDaemonRevisions",
    "ListDaemonDeployments",
    "ListDaemons",
    "UpdateDaemon",
)
_DAEMON_DEFINITION_OPERATIONS = (
    "DeleteDaemonTaskDefinition",
    "DescribeDaemonTaskDefinition",
    "ListDaemonTaskDefinitions",
    "RegisterDaemonTaskDefinition",
)
_GATEWAY_OPERATIONS = (
    "AssociateGatewayWithCluster",
    "CreateGateway",
    "DeleteGateway",
    "DescribeGateway",
    "DescribeGatewayResources",
    "DescribeGatewayRoute",
    "DisassociateGatewayFromCluster",
    "ListGatewayClusterAssociations",
    "ListGatewayRoutes",
    "ListGateways",
    "UpdateGateway",
)
_EXPRESS_OPERATIONS = (
    "CreateExpressGatewayService",
    "DeleteExpressGatewayService",
    "DescribeExpressGatewayService",
    "UpdateExpressGatewayService",
)
_TASK_SET_OPERATIONS = (
    "CreateTaskSet",
    "DeleteTaskSet",
    "DescribeTaskSets",
    "UpdateServicePrimaryTaskSet",
    "UpdateTaskSet",
)
_AGENT_OPERATIONS = (
    "DiscoverPollEndpoint",
    "SubmitAttachmentStateChanges",
    "SubmitContainerStateChange",
    "SubmitTaskStateChange",
)

ABSENT: Mapping[str, Refusal] = {
    **dict.fromkeys(_GATEWAY_OPERATIONS, _GATEWAYS),
    **dict.fromkeys(_EXPRESS_OPERATIONS, _EXPRESS),
    **dict.fromkeys(_DAEMON_OPERATIONS, Refusal(_UNSUPPORTED, _DAEMONS)),
    **dict.fromkeys(_DAEMON_DEFINITION_OPERATIONS, Refusal(_CLIENT, _DAEMONS)),
    **dict.fromkeys(_TASK_SET_OPERATIONS, _TASK_SETS),
    **dict.fromkeys(_AGENT_OPERATIONS, _AGENTS),
    "ListServicesByNamespace": Refusal(
        "NamespaceNotFoundException", "There are no Cloud Map namespaces here."
    ),
    "UpdateContainerAgent": Refusal(
        "NoUpdateAvailableException",
        "There is no update available for your container agent: container instances have none "
        "here.",
    ),
}


def refuse_absent(operation: str) -> None:
    """Raise ECS's error for one of its operations that ecstui does not have."""
    refusal = ABSENT.get(operation)
    if refusal is not None:
        sentence = f"{operation} is not carried out: {refusal.sentence}"
        raise EcsError(sentence, code=refusal.code)
