"""What may happen in a simulated world, as data: a scenario is its settings and a list of steps.

Nothing here draws lots or does anything; steps can be left out and the rest still makes sense.
"""

from dataclasses import dataclass
from enum import StrEnum

from ecstui.control.setup import InstanceSetup, Limits
from ecstui.engine.behaviour import Behaviour
from ecstui.engine.faults import Faults
from ecstui.model.enums import RolloutOrder
from ecstui.plan.pace import Pace


class Nature(StrEnum):
    """What the containers of an image do until peace comes."""

    GOOD = "good"
    SLOW = "slow"
    STUBBORN = "stubborn"
    CRASHING = "crashing"
    MORTAL = "mortal"
    FLAKY = "flaky"
    SICK = "sick"
    ABSENT = "absent"
    HUNGRY = "hungry"
    JOB = "job"
    FAILING_JOB = "failing-job"

    @property
    def image(self) -> str:
        """Name of the image without its tag."""
        return f"sim/{self.value}"

    @property
    def is_job(self) -> bool:
        """Whether it ends by itself even in peace."""
        return self in (Nature.JOB, Nature.FAILING_JOB)


_QUICK = Behaviour(
    pull_seconds=0.5,
    create_seconds=0.05,
    start_seconds=0.2,
    stops_after_seconds=0.3,
    healthy_after_seconds=2.0,
)

IN_PEACE = {
    nature: (
        Behaviour(pull_seconds=0.2, exits_after_seconds=0.5, start_seconds=0.1)
        if nature.is_job
        else _QUICK
    )
    for nature in Nature
}
"""What containers do at the end, when everything must come to rest."""

IN_WAR: dict[Nature, Behaviour] = {
    Nature.GOOD: _QUICK,
    Nature.SLOW: Behaviour(
        pull_seconds=6.0, start_seconds=2.0, stops_after_seconds=4.0, healthy_after_seconds=12.0
    ),
    Nature.STUBBORN: Behaviour(pull_seconds=0.5, stops_after_seconds=None),
    Nature.CRASHING: Behaviour(
        pull_seconds=0.5, exits_after_seconds=4.0, exits_jitter_ratio=0.95, exit_code=1
    ),
    Nature.MORTAL: Behaviour(
        pull_seconds=0.5, exits_after_seconds=75.0, exits_jitter_ratio=0.5, exit_code=3
    ),
    Nature.FLAKY: Behaviour(pull_seconds=0.5, flaps_every_seconds=17.0),
    Nature.SICK: Behaviour(pull_seconds=0.5, healthy_after_seconds=None),
    Nature.HUNGRY: Behaviour(pull_seconds=0.5, out_of_memory_after_seconds=20.0),
    Nature.JOB: Behaviour(
        pull_seconds=0.5, exits_after_seconds=2.0, exits_jitter_ratio=0.9, exit_code=0
    ),
    Nature.FAILING_JOB: Behaviour(
        pull_seconds=0.5, exits_after_seconds=1.0, exits_jitter_ratio=0.9, exit_code=2
    ),
}
"""What containers do before; an image of a nature that is not here cannot be pulled."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A container of a task definition."""

    name: str
    nature: Nature
    tag: int = 1
    cpu_units: int = 64
    memory_mib: int = 64
    is_essential: bool = True
    depends_on: tuple[tuple[str, str], ...] = ()
    """Names and conditions."""
    is_checked: bool = False
    stop_timeout_seconds: int = 2
    start_timeout_seconds: int | None = None
    restart_period_seconds: int | None = None
    host_port: int = 0


@dataclass(frozen=True, slots=True)
class Body:
    """A task definition."""

    family: str
    pieces: tuple[Piece, ...]
    is_awsvpc: bool = False
    is_fargate: bool = False


@dataclass(frozen=True, slots=True)
class Register:
    """Register a revision."""

    body: Body


@dataclass(frozen=True, slots=True)
class Create:
    """Create a service."""

    service: str
    family: str
    desired_count: int
    minimum: int
    maximum: int
    is_awsvpc: bool = False
    rolls_back: bool | None = None
    """None: without a circuit breaker."""
    is_daemon: bool = False
    is_distinct: bool = False
    strategy: str = ""
    """`spread`, `binpack`, `random` or empty."""
    grace_seconds: int | None = None
    is_blue_green: bool = False
    bake_minutes: int | None = None
    alarm: str = ""
    """Ends deployments, which are rolled back then; empty: none."""
    provider: str = ""
    """Capacity provider; empty: launch type EC2."""


@dataclass(frozen=True, slots=True)
class Update:
    """Update a service: what is None stays."""

    service: str
    desired_count: int | None = None
    family: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    is_forced: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a service."""

    service: str
    is_forced: bool = True


@dataclass(frozen=True, slots=True)
class Run:
    """Run tasks."""

    family: str
    count: int
    is_awsvpc: bool = False
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop the task of this number among those that have not stopped."""

    pick: int


@dataclass(frozen=True, slots=True)
class SetDraining:
    """Drain an instance, or make it ACTIVE again."""

    instance: int
    is_draining: bool


@dataclass(frozen=True, slots=True)
class Enlist:
    """Register a slice of an engine as a container instance."""

    engine: int
    cpu_units: int
    memory_mib: int


@dataclass(frozen=True, slots=True)
class Expel:
    """Deregister an instance."""

    instance: int
    is_forced: bool


@dataclass(frozen=True, slots=True)
class Launch:
    """Start a task on each of some instances."""

    family: str
    instances: tuple[int, ...]
    is_awsvpc: bool = False


@dataclass(frozen=True, slots=True)
class Bungle:
    """A request that must be refused and change nothing."""

    service: str


@dataclass(frozen=True, slots=True)
class Protect:
    """Protect so many tasks of services from scale-in, or no more when there are no minutes."""

    pick: int
    count: int
    minutes: int


@dataclass(frozen=True, slots=True)
class StopDeployment:
    """Have the deployment of a service that goes on rolled back."""

    service: str


@dataclass(frozen=True, slots=True)
class SetAlarm:
    """Set the state of an alarm."""

    name: str
    is_firing: bool


@dataclass(frozen=True, slots=True)
class Found:
    """Make a local Auto Scaling group."""

    group: str
    minimum: int
    maximum: int
    desired: int
    cpu_units: int
    memory_mib: int
    boot_seconds: float


@dataclass(frozen=True, slots=True)
class Provide:
    """Make a capacity provider of a group, of its name."""

    group: str
    target: int
    is_draining: bool
    is_protecting: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """Let the cluster use capacity providers."""

    providers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resize:
    """Set bounds and desired capacity of a group."""

    group: str
    minimum: int
    maximum: int
    desired: int | None = None


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Take the Spot capacity of the task of this number away."""

    pick: int


class Mishap(StrEnum):
    """What happens to one container without anybody having asked for it."""

    KILLED = "killed"
    REMOVED = "removed"
    OUT_OF_MEMORY = "out of memory"
    SICKENED = "sickened"


@dataclass(frozen=True, slots=True)
class Strike:
    """A mishap for the running container of this number."""

    pick: int
    mishap: Mishap


@dataclass(frozen=True, slots=True)
class Outage:
    """An engine goes down for a while."""

    engine: int
    seconds: float
    containers_survive: bool
    is_machine_lost: bool = False


@dataclass(frozen=True, slots=True)
class Weather:
    """From now on this goes wrong with an engine."""

    engine: int
    faults: Faults


@dataclass(frozen=True, slots=True)
class Slowness:
    """From now on a commit takes so long; `failures`: so many of the next commits fail."""

    seconds: float
    failures: int = 0


class Moment(StrEnum):
    """Things that a crash can follow closely."""

    CHANGE = "change"
    COMMIT = "commit"
    COMMITTED = "committed"
    CALL = "call"
    EFFECT = "effect"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Crash:
    """The control plane dies `hops` turns of the event loop after the `count`-th such moment."""

    moment: Moment
    count: int
    hops: int
    down_seconds: float
    is_graceful: bool = False


@dataclass(frozen=True, slots=True)
class Jump:
    """The machine's clock is set forward or back by so many seconds."""

    seconds: float


Act = (
    Register
    | Create
    | Update
    | Delete
    | Run
    | Stop
    | SetDraining
    | Enlist
    | Expel
    | Launch
    | Bungle
    | Protect
    | StopDeployment
    | SetAlarm
    | Found
    | Provide
    | Offer
    | Resize
    | Interrupt
    | Strike
    | Outage
    | Weather
    | Slowness
    | Crash
    | Jump
)


@dataclass(frozen=True, slots=True)
class Step:
    """An act, and how long after the one before it."""

    after_seconds: float
    act: Act


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything that a run follows from."""

    seed: int
    engines: int
    instances: tuple[InstanceSetup, ...]
    limits: Limits
    pace: Pace
    order: RolloutOrder
    weather: tuple[Faults, ...]
    """Of each engine at the start."""
    steps: tuple[Step, ...]
    reader_seconds: float = 0.0
    """How long the slower reader of the feed takes for a batch."""
    ends_drained: bool = False
    """Whether instances stay as they are when peace comes."""
