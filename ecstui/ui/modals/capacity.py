"""Asks for what makes a capacity provider or a local Auto Scaling group, and for what changes one.

What is left empty is left out of the request: the control plane has its own defaults. It says what
comes and goes, and what managed scaling does of itself; it decides nothing of that.
"""

from collections.abc import Sequence

from ecstui.model.capacity import (
    AutoScalingGroupProvider,
    AutoScalingGroupRecord,
    CapacityProviderRecord,
    ManagedScaling,
    Switch,
)
from ecstui.model.requests.capacity_providers import (
    AutoScalingGroupProviderUpdate,
    CreateAutoScalingGroupRequest,
    CreateAutoScalingGroupResponse,
    CreateCapacityProviderRequest,
    CreateCapacityProviderResponse,
    PutClusterCapacityProvidersRequest,
    UpdateAutoScalingGroupRequest,
    UpdateAutoScalingGroupResponse,
    UpdateCapacityProviderRequest,
    UpdateCapacityProviderResponse,
)
from ecstui.store.kinds import AUTO_SCALING_GROUPS, CAPACITY_PROVIDERS, CLUSTERS, INSTANCES
from ecstui.store.tables import View
from ecstui.ui.modals import group_effects
from ecstui.ui.modals.effects import Effect
from ecstui.ui.modals.request_dialog import (
    GENERAL,
    Errors,
    RequestDialog,
    changed,
    number_in,
    text_in,
)
from ecstui.ui.text import clean, plural
from ecstui.ui.widgets.form_fields import (
    CheckField,
    Field,
    NumberField,
    SelectField,
    TextField,
    Values,
)

_SCALING = "autoScalingGroupProvider.managedScaling"


def _switch(values: Values, name: str) -> Switch:
    return "ENABLED" if values.get(name) else "DISABLED"


# ---------------------------------------------------------------- Auto Scaling groups


class CreateGroupModal(RequestDialog[CreateAutoScalingGroupResponse]):
    """Makes a local Auto Scaling group."""

    members = {
        "autoScalingGroupName": "name",
        "cluster": "cluster",
        "minSize": "min_size",
        "maxSize": "max_size",
        "desiredCapacity": "min_size",
        "cpu": "cpu",
        "memory": "memory",
        "availabilityZones": "zones",
        "bootDelaySeconds": "boot_delay_seconds",
    }
    submit_label = "Create"

    def __init__(self) -> None:
        """In the cluster that is shown, at first."""
        super().__init__("Create Auto Scaling group")

    def fields(self) -> Sequence[Field]:
        """How many instances of which size, and where."""
        clusters = [(clean(c.cluster_name), c.cluster_name) for c in self.view.all(CLUSTERS)]
        zones = sorted({i.zone for i in self.view.all(INSTANCES) if i.zone})
        return [
            TextField("name", "Name", required=True),
            SelectField("cluster", "Cluster", clusters, self.cluster),
            NumberField("min_size", "At least", 0, help="instances"),
            NumberField("max_size", "At most", 10, help="instances"),
            NumberField("cpu", "CPU units", 1024, help="of each instance"),
            NumberField("memory", "Memory (MiB)", 1024, help="of each instance"),
            TextField("zones", "Zones", placeholder="all that there are", suggestions=zones),
            NumberField("boot_delay_seconds", "Boots in", 3, help="seconds", whole=False),
        ]

    def effects(self, values: Values) -> Sequence[Effect]:
        """What is there at once, and what scales it."""
        count = number_in(values, "min_size") or 0
        first = f"{plural(count, 'instance')} at once" if count else "no instance yet"
        return [Effect(f"{first}; a capacity provider of the group scales it by need")]

    def request(self, values: Values) -> CreateAutoScalingGroupRequest:
        """CreateAutoScalingGroup, with as many instances as there must be at least."""
        delay = values.get("boot_delay_seconds")
        return CreateAutoScalingGroupRequest(
            auto_scaling_group_name=text_in(values, "name"),
            cluster=text_in(values, "cluster") or self.cluster,
            cpu=number_in(values, "cpu") or 0,
            memory=number_in(values, "memory") or 0,
            min_size=number_in(values, "min_size") or 0,
            max_size=number_in(values, "max_size") or 0,
            availability_zones=tuple(text_in(values, "zones").replace(",", " ").split()),
            boot_delay_seconds=delay if isinstance(delay, int | float) else 0.0,
        )

    def done(self, answer: CreateAutoScalingGroupResponse, values: Values) -> Errors:
        """Tell it."""
        name = clean(answer.auto_scaling_group.auto_scaling_group_name)
        self.shell.say(f"created Auto Scaling group {name}; n makes its capacity provider")
        return {}


class UpdateGroupModal(RequestDialog[UpdateAutoScalingGroupResponse]):
    """Changes the bounds and the desired capacity of a group."""

    members = {"minSize": "min_size", "maxSize": "max_size", "desiredCapacity": "desired"}
    submit_label = "Change"

    def __init__(self, name: str) -> None:
        """Of the group of that name."""
        self._group_name = name
        self._before: AutoScalingGroupRecord | None = None
        super().__init__(f"Auto Scaling group {clean(name)}")

    def _group(self) -> AutoScalingGroupRecord | None:
        return self.view.get(AUTO_SCALING_GROUPS, self._group_name)

    def fields(self) -> Sequence[Field]:
        """Bounds, and how many now."""
        group = self._before = self._group()
        if group is None:
            return []
        return [
            NumberField("min_size", "At least", group.min_size, help=f"now {group.min_size}"),
            NumberField("max_size", "At most", group.max_size, help=f"now {group.max_size}"),
            NumberField(
                "desired", "Desired", group.desired_capacity, help=f"now {group.desired_capacity}"
            ),
        ]

    def effects(self, values: Values) -> Sequence[Effect]:
        """What comes or goes, and who else decides."""
        group = self._group()
        if group is None:
            return [Effect(f"{clean(self._group_name)} is gone", "bad")]
        if number_in(values, "desired") is None:
            return []
        found = group_effects.of(self.view, group, self._desired_after(group, values))
        if self._before is not None and self._before.desired_capacity != group.desired_capacity:
            found.append(Effect(f"desired is {group.desired_capacity} by now", "warning"))
        scaled = _scaled_by(self.view, group)
        if scaled:
            found.append(Effect(f"managed scaling of {clean(scaled)} may set it otherwise"))
        return found

    def _desired_after(self, group: AutoScalingGroupRecord, values: Values) -> int:
        """What was typed; else the present number, which new bounds pull along."""
        request = self.request(values)
        if request.desired_capacity is not None:
            return request.desired_capacity
        low = group.min_size if request.min_size is None else request.min_size
        high = group.max_size if request.max_size is None else request.max_size
        return min(max(group.desired_capacity, low), high)

    def request(self, values: Values) -> UpdateAutoScalingGroupRequest:
        """UpdateAutoScalingGroup with the numbers that the user has changed."""
        before = self._before
        if before is None:
            return UpdateAutoScalingGroupRequest(auto_scaling_group_name=self._group_name)
        return UpdateAutoScalingGroupRequest(
            auto_scaling_group_name=self._group_name,
            min_size=changed(number_in(values, "min_size"), before.min_size),
            max_size=changed(number_in(values, "max_size"), before.max_size),
            desired_capacity=changed(number_in(values, "desired"), before.desired_capacity),
        )

    async def carry_out(self, values: Values) -> Errors:
        """Where tasks end with their instances, it is asked for once more."""
        group = self._group()
        if group is not None:
            desired = self._desired_after(group, values)
            sure = group_effects.question(self.view, group, desired, self.command(values))
            if sure is not None and not await self.app.push_screen_wait(sure):
                return {GENERAL: "Nothing was changed."}
        return await super().carry_out(values)

    def done(self, answer: UpdateAutoScalingGroupResponse, values: Values) -> Errors:
        """Tell it."""
        group = answer.auto_scaling_group
        bounds = f"{group.desired_capacity} of {group.min_size} to {group.max_size} instances"
        self.shell.say(f"{clean(group.auto_scaling_group_name)}: {bounds}")
        return {}


def _scaled_by(view: View, group: AutoScalingGroupRecord) -> str:
    provider = group_effects.provider_of(view, group)
    if provider is None:
        return ""
    scaling = provider.auto_scaling_group_provider.managed_scaling
    return provider.name if scaling.status == "ENABLED" else ""


# ---------------------------------------------------------------- capacity providers


def _scaling_fields(before: AutoScalingGroupProvider) -> list[Field]:
    scaling = before.managed_scaling

    def number(name: str, label: str, value: int | None, help: str) -> Field:
        return NumberField(name, label, value, help=help, required=False, placeholder="default")

    return [
        CheckField("scaling", "Managed scaling", scaling.status == "ENABLED"),
        number("target", "Target", scaling.target_capacity, "% of the group in use"),
        number("least_step", "Step, least", scaling.minimum_scaling_step_size, "instances"),
        number("most_step", "Step, most", scaling.maximum_scaling_step_size, "instances"),
        number("warmup", "Warm-up", scaling.instance_warmup_period, "seconds"),
        CheckField("draining", "Managed draining", before.managed_draining == "ENABLED"),
        CheckField(
            "protection",
            "Protection",
            before.managed_termination_protection == "ENABLED",
            help="instances with tasks stay",
        ),
    ]


_SCALING_MEMBERS = {
    f"{_SCALING}.status": "scaling",
    f"{_SCALING}.targetCapacity": "target",
    f"{_SCALING}.minimumScalingStepSize": "least_step",
    f"{_SCALING}.maximumScalingStepSize": "most_step",
    f"{_SCALING}.instanceWarmupPeriod": "warmup",
    "autoScalingGroupProvider.managedDraining": "draining",
    "autoScalingGroupProvider.managedTerminationProtection": "protection",
}


def _scaling(values: Values) -> ManagedScaling:
    return ManagedScaling(
        status=_switch(values, "scaling"),
        target_capacity=number_in(values, "target"),
        minimum_scaling_step_size=number_in(values, "least_step"),
        maximum_scaling_step_size=number_in(values, "most_step"),
        instance_warmup_period=number_in(values, "warmup"),
    )


def _update(before: AutoScalingGroupProvider, values: Values) -> AutoScalingGroupProviderUpdate:
    """The members that are not as they were; None stands for as it is."""
    typed = _scaling(values)
    scaling = typed.with_(
        **{
            name: changed(getattr(typed, name), getattr(before.managed_scaling, name))
            for name in ManagedScaling.model_fields
        }
    )
    return AutoScalingGroupProviderUpdate(
        managed_scaling=None if scaling == ManagedScaling() else scaling,
        managed_draining=changed(_switch(values, "draining"), before.managed_draining),
        managed_termination_protection=changed(
            _switch(values, "protection"), before.managed_termination_protection
        ),
    )


def _scaling_after(scaling: ManagedScaling, update: ManagedScaling | None) -> ManagedScaling:
    members = {name: getattr(update, name, None) for name in ManagedScaling.model_fields}
    return scaling.with_(**{name: value for name, value in members.items() if value is not None})


def _scaling_effects(scaling: ManagedScaling) -> list[Effect]:
    if scaling.status != "ENABLED":
        return [Effect("nobody scales the group but you", "warning")]
    target = scaling.target_capacity or 100
    return [Effect(f"its group grows and shrinks until {target} % of its instances are needed")]


class CreateProviderModal(RequestDialog[CreateCapacityProviderResponse]):
    """Makes a capacity provider of a group that has none."""

    members = _SCALING_MEMBERS | {"name": "name", "autoScalingGroupProvider": "group"}
    submit_label = "Create"

    def __init__(self) -> None:
        """For the cluster that is shown, at first."""
        super().__init__("Create capacity provider")

    def _free_groups(self) -> list[AutoScalingGroupRecord]:
        used = {provider.auto_scaling_group for provider in self.view.all(CAPACITY_PROVIDERS)}
        groups = self.view.all(AUTO_SCALING_GROUPS)
        return [group for group in groups if group.auto_scaling_group_name not in used]

    def fields(self) -> Sequence[Field]:
        """Its name, its group, how the group is scaled."""
        groups = [
            (clean(group.auto_scaling_group_name), group.auto_scaling_group_arn)
            for group in self._free_groups()
        ]
        usual = AutoScalingGroupProvider(
            auto_scaling_group_arn="",
            managed_scaling=ManagedScaling(status="ENABLED", target_capacity=100),
        )
        return [
            TextField("name", "Name", required=True),
            SelectField("group", "Group", groups, groups[0][1] if groups else None),
            *_scaling_fields(usual),
            CheckField("use", "Use it", value=True, help=f"in cluster {clean(self.cluster)}"),
        ]

    def effects(self, values: Values) -> Sequence[Effect]:
        """What scales the group, and who uses it."""
        if not self._free_groups():
            return [Effect("no group is without a capacity provider: make one first", "bad")]
        found = _scaling_effects(_scaling(values))
        if values.get("use"):
            found.append(Effect(f"cluster {clean(self.cluster)} may use it, by its name"))
        return found

    def request(self, values: Values) -> CreateCapacityProviderRequest:
        """CreateCapacityProvider."""
        return CreateCapacityProviderRequest(
            name=text_in(values, "name"),
            auto_scaling_group_provider=AutoScalingGroupProvider(
                auto_scaling_group_arn=text_in(values, "group"),
                managed_scaling=_scaling(values),
                managed_draining=_switch(values, "draining"),
                managed_termination_protection=_switch(values, "protection"),
            ),
        )

    async def carry_out(self, values: Values) -> Errors:
        """Make it, then let the cluster use it beside those that it uses."""
        errors = await super().carry_out(values)
        cluster = self.view.get(CLUSTERS, self.cluster)
        if errors or cluster is None or not values.get("use"):
            return errors
        request = PutClusterCapacityProvidersRequest(
            cluster=cluster.cluster_name,
            capacity_providers=(*cluster.capacity_providers, text_in(values, "name")),
            default_capacity_provider_strategy=cluster.default_capacity_provider_strategy,
        )
        await self.shell.send(request)
        return {}

    def done(self, answer: CreateCapacityProviderResponse, values: Values) -> Errors:
        """Tell it."""
        self.shell.say(f"created capacity provider {clean(answer.capacity_provider.name)}")
        return {}


class UpdateProviderModal(RequestDialog[UpdateCapacityProviderResponse]):
    """Changes how a capacity provider scales its group."""

    members = _SCALING_MEMBERS
    submit_label = "Change"

    def __init__(self, name: str) -> None:
        """Of the capacity provider of that name."""
        self._provider_name = name
        self._before: CapacityProviderRecord | None = None
        super().__init__(f"Capacity provider {clean(name)}")

    def _provider(self) -> CapacityProviderRecord | None:
        return self.view.get(CAPACITY_PROVIDERS, self._provider_name)

    def fields(self) -> Sequence[Field]:
        """What may be changed."""
        provider = self._before = self._provider()
        return [] if provider is None else _scaling_fields(provider.auto_scaling_group_provider)

    def effects(self, values: Values) -> Sequence[Effect]:
        """What scales the group from now on."""
        provider = self._provider()
        if provider is None:
            return [Effect(f"{clean(self._provider_name)} is gone", "bad")]
        update = self.request(values).auto_scaling_group_provider
        present = provider.auto_scaling_group_provider.managed_scaling
        changes = None if update is None else update.managed_scaling
        return _scaling_effects(_scaling_after(present, changes))

    def request(self, values: Values) -> UpdateCapacityProviderRequest:
        """UpdateCapacityProvider with what the user has changed."""
        if self._before is None:
            return UpdateCapacityProviderRequest(name=self._provider_name)
        update = _update(self._before.auto_scaling_group_provider, values)
        return UpdateCapacityProviderRequest(
            name=self._provider_name,
            auto_scaling_group_provider=(
                None if update == AutoScalingGroupProviderUpdate() else update
            ),
        )

    def check(self, values: Values) -> Errors:
        """Something must be different."""
        if self._before and self.request(values).auto_scaling_group_provider is None:
            return {GENERAL: "Nothing is different yet."}
        return {}

    def done(self, answer: UpdateCapacityProviderResponse, values: Values) -> Errors:
        """Tell it."""
        self.shell.say(f"changed capacity provider {clean(answer.capacity_provider.name)}")
        return {}
