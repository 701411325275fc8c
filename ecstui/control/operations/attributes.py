"""Attributes of container instances that people put there, for `memberOf` expressions.

They stand in the instance's record beside those that it was registered with, which are neither
replaced nor deleted here. Source: ecs.md 1.2 (names and values), 4.2.
"""

import re
from collections.abc import Sequence

from ecstui.base.errors import AttributeLimitExceededException, TargetNotFoundException
from ecstui.base.ids import is_arn
from ecstui.control.context import Context
from ecstui.control.operations.checks import check_number_of_items, invalid
from ecstui.control.operations.events import say
from ecstui.control.operations.names import active_cluster, find_instance, name_in_cluster, shown
from ecstui.control.operations.paging import page
from ecstui.control.operations.table import changes, reads
from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.enums import InstanceStatus
from ecstui.model.requests.attributes import (
    DeleteAttributesRequest,
    DeleteAttributesResponse,
    ListAttributesRequest,
    ListAttributesResponse,
    PutAttributesRequest,
    PutAttributesResponse,
)
from ecstui.model.task_definition import Attribute
from ecstui.plan.attributes import is_custom
from ecstui.store.kinds import INSTANCES
from ecstui.store.tables import Transaction, View

MOST_AT_ONCE = 10
MOST_CUSTOM = 10
TARGET = "container-instance"
_NAME = re.compile(r"[A-Za-z0-9_/\\.-]{1,128}")
_VALUE = re.compile(r"(?! )[A-Za-z0-9._@:/\\ -]{1,128}(?<! )")


def put_attributes(
    tx: Transaction, request: PutAttributesRequest, context: Context
) -> PutAttributesResponse:
    """Put attributes on instances; all of them, or none with an error (API PutAttributes)."""
    cluster = active_cluster(tx, request.cluster).cluster_name
    check_number_of_items(request.attributes, MOST_AT_ONCE, "Attributes", "attributes")
    answer = []
    for position, given in enumerate(request.attributes):
        path = f"attributes[{position}]"
        check_attribute(given, path)
        _check_is_custom(given.name, path)
        instance = _target(tx, cluster, given, path)
        attribute = Attribute(name=given.name, value=given.value)
        others = tuple(a for a in instance.attributes if a.name != given.name)
        if sum(is_custom(a.name) for a in others) >= MOST_CUSTOM:
            raise AttributeLimitExceededException(
                f"You can apply up to {MOST_CUSTOM} custom attributes for each resource. You can "
                "view the attributes of a resource with ListAttributes. You can remove existing "
                "attributes on a resource with DeleteAttributes.",
                field=path,
            )
        if attribute not in instance.attributes:
            _keep(tx, context, instance, (*others, attribute), f"put attribute {given.name} on")
        answer.append(_targeted(attribute, instance))
    return PutAttributesResponse(attributes=tuple(answer))


def delete_attributes(
    tx: Transaction, request: DeleteAttributesRequest, context: Context
) -> DeleteAttributesResponse:
    """Delete attributes of instances; one that is not there is left out of the answer."""
    cluster = active_cluster(tx, request.cluster).cluster_name
    check_number_of_items(request.attributes, MOST_AT_ONCE, "Attributes", "attributes")
    answer = []
    for position, given in enumerate(request.attributes):
        path = f"attributes[{position}]"
        _check_is_custom(given.name, path)
        instance = _target(tx, cluster, given, path)
        found = [a for a in instance.attributes if a.name == given.name]
        if found:
            others = tuple(a for a in instance.attributes if a.name != given.name)
            _keep(tx, context, instance, others, f"deleted attribute {given.name} of")
        answer += [_targeted(attribute, instance) for attribute in found]
    return DeleteAttributesResponse(attributes=tuple(answer))


def list_attributes(
    view: View, request: ListAttributesRequest, context: Context
) -> ListAttributesResponse:
    """Attributes of every registered instance of a cluster, filtered by name and value."""
    cluster = active_cluster(view, request.cluster).cluster_name
    if request.attribute_value is not None and request.attribute_name is None:
        raise invalid("attributeValue needs an attributeName beside it.", "attributeValue")
    attributes = [
        _targeted(attribute, instance)
        for instance in view.by(INSTANCES, "cluster", cluster)
        if instance.status is not InstanceStatus.INACTIVE
        for attribute in instance.attributes
        if request.attribute_name in {None, attribute.name}
        and request.attribute_value in {None, attribute.value}
    ]
    chosen = page(request, attributes, key=lambda a: (a.target_id or "", a.name))
    return ListAttributesResponse(attributes=chosen.items, next_token=chosen.next_token)


def check_attribute(attribute: Attribute, path: str) -> None:
    """Refuse a name or a value that an attribute cannot have (ecs.md 1.2)."""
    if not _NAME.fullmatch(attribute.name):
        raise invalid(
            f"The name of an attribute must be 1 to 128 letters, digits, - _ . / or \\, but was "
            f"{shown(attribute.name)}",
            f"{path}.name",
        )
    if attribute.value is not None and not _VALUE.fullmatch(attribute.value):
        raise invalid(
            "The value of an attribute must be 1 to 128 letters, digits, . - _ @ : / \\ or spaces, "
            f"with no space at either end, but was {shown(attribute.value)}",
            f"{path}.value",
        )


def check_number_of_custom(attributes: Sequence[Attribute], field: str) -> None:
    """Refuse more attributes of people's own than one instance may have."""
    number = sum(is_custom(attribute.name) for attribute in attributes)
    if number > MOST_CUSTOM:
        raise invalid(
            f"You can apply up to {MOST_CUSTOM} custom attributes for each resource, but are "
            f"{number}.",
            field,
        )


def _check_is_custom(name: str, path: str) -> None:
    if not is_custom(name):
        raise invalid(
            f"Attribute {shown(name)} belongs to Amazon ECS. Choose a name that does not begin "
            "with ecs. or com.amazonaws.ecs.",
            f"{path}.name",
        )


def _target(view: View, cluster: str, given: Attribute, path: str) -> ContainerInstanceRecord:
    field = f"{path}.targetId"
    if given.target_type not in {None, TARGET}:
        raise invalid(f"targetType should be one of [{TARGET}]", f"{path}.targetType")
    if not given.target_id:
        raise invalid("targetId can not be blank.", field)
    if given.target_type is None and not is_arn(given.target_id):
        raise invalid(
            "targetType is required with the short form ID of a target.", f"{path}.targetType"
        )
    instance_id = name_in_cluster(given.target_id, TARGET, cluster, field)
    instance = find_instance(view, cluster, instance_id)
    if instance is None or instance.status is InstanceStatus.INACTIVE:
        raise TargetNotFoundException(
            "The specified target wasn't found. You can view your available container instances "
            "with ListContainerInstances. Amazon ECS container instances are cluster-specific "
            "and Region-specific.",
            field=field,
        )
    return instance


def _keep(
    tx: Transaction,
    context: Context,
    instance: ContainerInstanceRecord,
    attributes: tuple[Attribute, ...],
    words: str,
) -> None:
    tx.put(instance.with_(attributes=attributes, version=instance.version + 1))
    say(
        tx,
        context,
        f"{words} container instance {instance.name}",
        subject_arn=instance.container_instance_arn,
        cluster_name=instance.cluster_name,
    )


def _targeted(attribute: Attribute, instance: ContainerInstanceRecord) -> Attribute:
    """The attribute as the answers show it: with the instance that has it."""
    return attribute.with_(target_id=instance.container_instance_arn)


ENTRIES = (
    changes(PutAttributesRequest, put_attributes),
    changes(DeleteAttributesRequest, delete_attributes),
    reads(ListAttributesRequest, list_attributes),
)
