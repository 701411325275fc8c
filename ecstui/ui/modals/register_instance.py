"""Asks for what makes a container instance: a slice of an engine, or another engine.

What is left empty is left out of the request: the control plane chooses zone and engine itself.
"""

from collections.abc import Sequence

from ecstui.model.cluster import Resource
from ecstui.model.requests.engines import RegisterEngineRequest, RegisterEngineResponse
from ecstui.model.requests.instances import (
    DeregisterContainerInstanceRequest,
    DeregisterContainerInstanceResponse,
    RegisterContainerInstanceRequest,
    RegisterContainerInstanceResponse,
)
from ecstui.model.task_definition import Attribute
from ecstui.store.kinds import CLUSTERS, ENGINES, INSTANCES, TASKS
from ecstui.ui.modals.effects import Effect
from ecstui.ui.modals.request_dialog import Errors, RequestDialog, number_in, text_in
from ecstui.ui.text import clean, plural
from ecstui.ui.widgets.form_fields import (
    CheckField,
    Field,
    NumberField,
    SelectField,
    TextField,
    Values,
)

_ZONE = "ecs.availability-zone"
_ENGINE = "ecstui.engine"
_ANY = ""


def attributes_in(text: str) -> tuple[Attribute, ...]:
    """`disk=ssd, gpu` as attributes; a name alone has no value."""
    found = []
    for part in text.split(","):
        name, separator, value = part.strip().partition("=")
        if name:
            found.append(Attribute(name=name.strip(), value=value.strip() if separator else None))
    return tuple(found)


class RegisterInstanceModal(RequestDialog[RegisterContainerInstanceResponse]):
    """Registers a slice of an engine in a cluster."""

    members = {
        "cluster": "cluster",
        "totalResources": "cpu",
        "attributes": "attributes",
    }
    label_cells = 14
    submit_label = "Register"

    def __init__(self) -> None:
        """Into the cluster that is shown, at first."""
        super().__init__("Register container instance")

    def fields(self) -> Sequence[Field]:
        """What a slice is made of."""
        clusters = [(clean(c.cluster_name), c.cluster_name) for c in self.view.all(CLUSTERS)]
        engines = [("that with most room", _ANY)]
        engines += [(clean(e.name), e.name) for e in self.view.all(ENGINES)]
        zones = sorted({i.zone for i in self.view.all(INSTANCES) if i.zone})
        return [
            SelectField("cluster", "Cluster", clusters, self.cluster),
            NumberField("cpu", "CPU units", 1024, help="1024 is one vCPU"),
            NumberField("memory", "Memory (MiB)", 1024),
            TextField("zone", "Zone", placeholder="that with fewest", suggestions=zones),
            SelectField("engine", "Engine", engines, _ANY, required=False),
            TextField("attributes", "Attributes", placeholder="disk=ssd, gpu"),
        ]

    def request(self, values: Values) -> RegisterContainerInstanceRequest:
        """RegisterContainerInstance with CPU, MEMORY and attributes."""
        attributes = list(attributes_in(text_in(values, "attributes")))
        for name, member in ((_ZONE, "zone"), (_ENGINE, "engine")):
            if text_in(values, member):
                attributes.append(Attribute(name=name, value=text_in(values, member)))
        resources = [
            Resource(name=name, type="INTEGER", integer_value=number_in(values, member) or 0)
            for name, member in (("CPU", "cpu"), ("MEMORY", "memory"))
        ]
        return RegisterContainerInstanceRequest(
            cluster=text_in(values, "cluster") or self.cluster,
            total_resources=tuple(resources),
            attributes=tuple(attributes),
        )

    def done(self, answer: RegisterContainerInstanceResponse, values: Values) -> Errors:
        """Tell it."""
        arn = answer.container_instance.container_instance_arn
        instance = self.view.get(INSTANCES, arn)
        self.shell.say(f"registered {clean(instance.name) if instance else arn}")
        return {}


class DeregisterInstanceModal(RequestDialog[DeregisterContainerInstanceResponse]):
    """Takes a container instance out of its cluster; with tasks only by force."""

    is_dangerous = True
    submit_label = "Deregister"

    def __init__(self, instance_arn: str) -> None:
        """Of the container instance with that ARN."""
        self._arn = instance_arn
        super().__init__("Deregister container instance")

    def _count(self) -> int:
        tasks = self.view.by(TASKS, "instance", self._arn)
        return sum(not task.is_stopped for task in tasks)

    def question(self) -> str:
        """Which one."""
        instance = self.view.get(INSTANCES, self._arn)
        return f"Deregister {clean(instance.name) if instance else 'it'}?"

    def fields(self) -> Sequence[Field]:
        """Whether also with tasks on it."""
        if not self._count():
            return []
        return [CheckField("force", "Force", help="also while tasks run on it")]

    def effects(self, values: Values) -> Sequence[Effect]:
        """What becomes of its tasks."""
        count = self._count()
        if not count:
            return [Effect("nothing runs on it")]
        if not values.get("force"):
            return [Effect(f"{plural(count, 'task')} on it: the request is refused", "warning")]
        return [
            Effect(f"{plural(count, 'task')} on it will be stopped", "warning"),
            Effect("services start theirs elsewhere, where there is room"),
        ]

    def request(self, values: Values) -> DeregisterContainerInstanceRequest:
        """DeregisterContainerInstance."""
        instance = self.view.get(INSTANCES, self._arn)
        return DeregisterContainerInstanceRequest(
            container_instance=self._arn,
            cluster=self.cluster if instance is None else instance.cluster_name,
            force=bool(values.get("force")),
        )

    def done(self, answer: DeregisterContainerInstanceResponse, values: Values) -> Errors:
        """Tell it."""
        instance = self.view.get(INSTANCES, self._arn)
        self.shell.say(f"deregistered {clean(instance.name) if instance else self._arn}")
        return {}


class RegisterEngineModal(RequestDialog[RegisterEngineResponse]):
    """Uses another Docker Engine from now on."""

    members = {
        "name": "name",
        "address": "address",
        "caFile": "ca_file",
        "certificateFile": "certificate_file",
        "keyFile": "key_file",
        "zone": "zone",
        "cluster": "cluster",
        "cpuUnits": "cpu",
        "memoryMib": "memory",
        "attributes": "attributes",
    }
    label_cells = 14
    submit_label = "Use it"

    def __init__(self) -> None:
        """Its container instance goes into the cluster that is shown, at first."""
        super().__init__("Use another engine")

    def fields(self) -> Sequence[Field]:
        """Where it is, who vouches for it, and what instance it becomes."""
        clusters = [(clean(c.cluster_name), c.cluster_name) for c in self.view.all(CLUSTERS)]
        return [
            TextField("name", "Name", required=True),
            TextField("address", "Address", required=True,
                      placeholder="tcp://host:2376 or ssh://user@host"),
            TextField("ca_file", "CA file", placeholder="over ssh a file of known hosts"),
            TextField("certificate_file", "Certificate"),
            TextField("key_file", "Key file", placeholder="over ssh the identity"),
            SelectField("cluster", "Cluster", clusters, self.cluster),
            TextField("zone", "Zone"),
            NumberField("cpu", "CPU units", None, required=False, placeholder="all that it has"),
            NumberField("memory", "Memory (MiB)", None, required=False,
                        placeholder="all that it has"),
            TextField("attributes", "Attributes", placeholder="disk=ssd, gpu"),
        ]  # fmt: skip

    def request(self, values: Values) -> RegisterEngineRequest:
        """RegisterEngine."""
        return RegisterEngineRequest(
            name=text_in(values, "name"),
            address=text_in(values, "address"),
            ca_file=text_in(values, "ca_file"),
            certificate_file=text_in(values, "certificate_file"),
            key_file=text_in(values, "key_file"),
            zone=text_in(values, "zone"),
            cluster=text_in(values, "cluster") or self.cluster,
            cpu_units=number_in(values, "cpu") or 0,
            memory_mib=number_in(values, "memory") or 0,
            attributes=attributes_in(text_in(values, "attributes")),
        )

    def done(self, answer: RegisterEngineResponse, values: Values) -> Errors:
        """Tell it."""
        self.shell.say(f"engine {clean(answer.engine.name)} is used from now on")
        return {}
