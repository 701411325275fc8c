"""EcsScreen: what every screen has in common: the frame, the view, the keys, ways to ask.

A screen names its commands by their ids in the registry and has a method `action_…` for each. It
is told when records have changed (`refresh_data`) and must never look by itself.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.dom import DOMNode

from ecstui.base.errors import EcsError
from ecstui.client.protocol import Client
from ecstui.model.shape import Request, Shape
from ecstui.store.tables import View
from ecstui.ui import routes
from ecstui.ui.changed import ALL_KINDS, Changed
from ecstui.ui.described import Described, Document
from ecstui.ui.keymap import Command
from ecstui.ui.own_screen import OwnScreen
from ecstui.ui.presence import is_open, when_drawn
from ecstui.ui.preset_k9s import PRESET
from ecstui.ui.screens.frame import CrumbBar, HeaderBar, KeyBar, LiveKey, MessageBar
from ecstui.ui.shell import Said, shell_of
from ecstui.ui.spans import Line, line
from ecstui.ui.table import Span
from ecstui.ui.text import clean

if TYPE_CHECKING:
    from ecstui.ui.app import EcsTui

R = TypeVar("R", bound=Shape)

GO_COMMANDS = (
    "list.go_dashboard",
    "list.go_services",
    "list.go_tasks",
    "list.go_task_definitions",
    "list.go_instances",
    "list.go_capacity",
    "list.go_engines",
    "list.go_events",
    "list.go_clusters",
)
"""For `commands` of every screen in which digits are not needed for something else."""
GLOBAL_COMMANDS = (
    "global.palette",
    "global.help",
    "global.back",
    "global.leave",
    "global.next_pane",
    "global.previous_pane",
    "global.freeze",
    "global.tree",
    "global.map",
    "global.undo",
    "global.record",
    "global.copy",
    "global.copy_as",
    "global.refresh",
    "global.last_view",
    "global.previous",
    "global.next",
    "global.picture",
    "global.interrupt",
)


def help_of(node: DOMNode, command: Command) -> str:
    """What a command does there: the first sentence of the method that its key runs."""
    method = getattr(node, f"action_{command.action}", None)
    return command.help or (getattr(method, "__doc__", None) or "").partition("\n")[0]


class EcsScreen(OwnScreen[None]):
    """A screen with the frame around it. Subclasses give `commands` and `compose_body`."""

    DEFAULT_CSS = """
    EcsScreen { background: $background; color: $foreground; layout: vertical; }
    EcsScreen > #body { height: 1fr; }
    """
    commands: ClassVar[tuple[str, ...]] = ()
    """Ids of the commands that it has an `action_…` for, beside the global ones."""
    title_text: ClassVar[str] = ""
    """What help calls this screen."""
    row_commands: ClassVar[frozenset[str]] = frozenset()
    """Ids of the commands that apply to what `subject_of` names, and need it."""
    _by_action: ClassVar[dict[str, Command]] = {}

    def __init_subclass__(cls) -> None:
        """Make bindings of the commands before Textual merges those of all base classes."""
        named = [*GLOBAL_COMMANDS, *cls.commands]
        cls.BINDINGS = [*cls.__dict__.get("BINDINGS", ()), *PRESET.bindings(*named)]
        cls._by_action = {PRESET[name].action: PRESET[name] for name in named}
        super().__init_subclass__()

    def compose(self) -> ComposeResult:
        """The frame around the body."""
        yield HeaderBar()
        yield CrumbBar()
        with Vertical(id="body"):
            yield from self.compose_body()
        yield MessageBar()
        yield KeyBar()

    def compose_body(self) -> ComposeResult:
        """What stands between breadcrumb and keys."""
        yield from ()

    # ---------------------------------------------------------------- what a screen may ask

    @property
    def shell(self) -> "EcsTui":
        """The app."""
        return shell_of(self)

    @property
    def client(self) -> Client:
        """Calls, logs and the view."""
        return self.shell.client

    @property
    def view(self) -> View:
        """The live records."""
        return self.shell.client.view

    @property
    def cluster(self) -> str:
        """Name of the cluster that is shown."""
        return self.shell.cluster

    async def send(
        self, request: Request[R], *, on_error: Callable[[EcsError], None] | None = None
    ) -> R | None:
        """Carry out a request and wait for it; None when it was refused (see `Shell.send`)."""
        return await self.shell.send(request, on_error=on_error)

    def submit(
        self,
        request: Request[R],
        *,
        done: Callable[[R], object] | None = None,
        on_error: Callable[[EcsError], None] | None = None,
    ) -> None:
        """Carry out a request in a worker, so that the screen goes on meanwhile."""

        async def work() -> None:
            answer = await self.shell.send(request, on_error=on_error)
            if answer is not None and done is not None:
                done(answer)

        self.app.run_worker(work(), group="requests")

    # ---------------------------------------------------------------- what a screen says

    def breadcrumb(self) -> str:
        """The name of this screen's level in the path."""
        return self.title_text

    def view_state(self) -> Line:
        """What the view hides, for the right end of the breadcrumb: filter, marks, order."""
        return ()

    def subject_of(self, command_id: str) -> str:
        """What a command of this screen applies to at the moment: `api`, `3 marked services`."""
        return ""

    def refresh_data(self, kinds: frozenset[str]) -> None:
        """Bring what is shown in line with the view; `kinds`: names of the kinds that changed."""

    def take_changes(self, changed: Changed) -> None:
        """As `refresh_data`, for screens that need not look at more than the records themselves."""
        self.refresh_data(changed.kinds)

    def copies(self) -> Sequence[tuple[str, str]]:
        """What `c` (the first) and `C` (all) offer to copy: what it is, and the text."""
        return ()

    def described(self) -> Described | None:
        """What describes the thing that the cursor is on, if the API describes it."""
        return None

    # ---------------------------------------------------------------- frame

    @property
    def has_message_row(self) -> bool:
        """Whether messages have a row of their own."""
        return not (self.has_class("-short") or self.has_class("-flat"))

    def refresh_frame(self) -> None:
        """Draw header, breadcrumb and message anew, where they differ."""
        if not is_open(self):
            return
        shell, width = self.shell, self.size.width
        self.query_one(HeaderBar).update([shell.header(width)])
        self.refresh_crumbs()
        self.query_one(MessageBar).show_said(shell.message)

    def refresh_crumbs(self) -> None:
        """Draw the breadcrumb anew, where it differs."""
        if is_open(self):
            said: Said | None = None if self.has_message_row else self.shell.message
            problem = clean(self.shell.client.problem or "")
            state = line(Span(problem, "status.failed")) if problem else self.view_state()
            self.query_one(CrumbBar).show_path(self.shell.path(), state, said)

    def live_keys(self) -> list[LiveKey]:
        """The commands whose keys work now, most important first."""
        registry = self.shell.registry
        found: dict[str, LiveKey] = {}
        for active in self.active_bindings.values():
            command = registry.get(active.binding.id)
            if command is not None:
                key = LiveKey(command, active.enabled, help_of(active.node, command))
                found.setdefault(command.id, key)
        return sorted(found.values(), key=lambda key: registry.rank(key.command.id))

    def refresh_keys(self) -> None:
        """Draw the keys anew."""
        if is_open(self) and self.is_current:
            keys = [key for key in self.live_keys() if key.command.shown]
            keys.sort(key=lambda key: not key.is_on)
            self.query_one(KeyBar).show_keys(keys, self.shell.registry["global.help"])

    def on_mount(self) -> None:
        """Keep the keys in step with the focus."""
        self.bindings_updated_signal.subscribe(self, lambda _screen: self.refresh_keys())

    def on_screen_resume(self) -> None:
        """Catch up with all that happened while another screen was shown."""
        self._fit()
        self.refresh_data(ALL_KINDS)
        self.refresh_frame()
        self.refresh_keys()

    def on_resize(self, _event: events.Resize) -> None:
        """The rows have another width."""
        self._fit()
        when_drawn(self, self._redraw_frame)

    def _redraw_frame(self) -> None:
        self.refresh_frame()
        self.refresh_keys()

    def _fit(self) -> None:
        """Set the size classes; Textual does so only for the screen that is on top."""
        width, height = self.app.size
        app = self.app
        for value, breakpoints in (
            (width, app.HORIZONTAL_BREAKPOINTS or []),
            (height, app.VERTICAL_BREAKPOINTS or []),
        ):
            fitting = [name for least, name in breakpoints if value >= least]
            for _, name in breakpoints:
                self.set_class(bool(fitting) and name == fitting[-1], name)

    # ---------------------------------------------------------------- commands

    def command_of(self, action: str) -> Command | None:
        """The command of this screen that runs the action."""
        return self._by_action.get(action)

    def why_not(self, action: str) -> str | None:
        """Why the action does nothing now, as a sentence; None when it works."""
        command = self.command_of(action)
        if command is not None and command.dangerous:
            return self.shell.why_no_writes()
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """None for what is off now: its key stays visible, dim, and says why when it is pressed."""
        return None if self.why_not(action) else True

    @on(KeyBar.Pressed)
    async def _run_clicked(self, event: KeyBar.Pressed) -> None:
        await self.run_command(event.command_id)

    @on(HeaderBar.ClusterClicked)
    def _choose_cluster(self) -> None:
        self.shell.go_to("clusters")

    @on(CrumbBar.Chosen)
    def _go_up(self, event: CrumbBar.Chosen) -> None:
        self.shell.go_to_level(event.level)

    async def run_command(self, command_id: str) -> None:
        """Run a command of this screen or of its focused widget, as its key would."""
        if not is_open(self):
            return
        for active in self.active_bindings.values():
            if active.binding.id == command_id:
                await self.app.run_action(active.binding.action, active.node)
                return

    def action_back(self) -> None:
        """To the screen before."""
        self.shell.go_back()

    def action_leave(self) -> None:
        """To the screen before; from the first one, out, after a question."""
        self.shell.leave()

    def action_next_pane(self) -> None:
        """Focus the next pane."""
        self.focus_next()

    def action_previous_pane(self) -> None:
        """Focus the pane before."""
        self.focus_previous()

    def action_palette(self) -> None:
        """Open the box for commands and names."""
        routes.open_palette(self.shell, self)

    def action_help(self) -> None:
        """Show the keys of this screen."""
        routes.open_help(self.shell, self)

    def action_freeze(self) -> None:
        """Stop or resume drawing changes."""
        self.shell.toggle_frozen()

    def action_refresh(self) -> None:
        """Draw everything from the records, now."""
        self.refresh_data(ALL_KINDS)
        self.refresh_frame()

    def action_copy(self) -> None:
        """Copy what is most likely wanted: the name or id."""
        choices = self.copies()
        if choices:
            self.shell.copy(choices[0][1])

    def action_copy_as(self) -> None:
        """Choose what to copy."""
        described = self.described()
        if described is None:
            self.shell.open_copy(self.copies())
            return

        def take(document: Document | None) -> None:
            from ecstui.ui.documents import forms_of  # YAML takes a while to import

            forms = () if document is None else forms_of(document)
            self.shell.open_copy([*self.copies(), *forms])

        self.app.run_worker(described.ask(self.shell, take), group="requests")

    def action_describe(self) -> None:
        """Everything about it, to read."""
        self._open_document(is_json=False)

    def action_json(self) -> None:
        """Everything about it, as the API answers."""
        self._open_document(is_json=True)

    def _open_document(self, *, is_json: bool) -> None:
        described = self.described()
        if described is not None:
            routes.open_document(self.shell, described, is_json=is_json)

    def action_previous(self) -> None:
        """To the view before this one."""
        self.shell.travel(-1)

    def action_next(self) -> None:
        """Forward again."""
        self.shell.travel(1)

    def action_last_view(self) -> None:
        """Between this view and the last one."""
        self.shell.go_last()

    def action_picture(self) -> None:
        """Save the screen as a picture."""
        self.shell.save_picture()

    def action_interrupt(self) -> None:
        """Copy the selected text; without any, say how to quit."""
        text = self.get_selected_text()
        if text:
            self.shell.copy(text, "selection")
        else:
            self.shell.interrupt()

    def action_tree(self) -> None:
        """The cluster as a tree."""
        routes.open_tree(self.shell)

    def action_map(self) -> None:
        """What is placed where, on the whole screen."""
        routes.open_map(self.shell)

    def action_record(self) -> None:
        """Record what happens into a file, for `ecstui replay`; again to end it."""
        self.shell.toggle_recording()

    def action_undo(self) -> None:
        """Take the last change back that was made here, after asking."""
        routes.undo_last(self)

    def action_go_engines(self) -> None:
        """To the engines."""
        self.shell.go_to("engines")

    def action_go_dashboard(self) -> None:
        """To the dashboard."""
        self.shell.go_to("dashboard")

    def action_go_services(self) -> None:
        """To the services."""
        self.shell.go_to("services")

    def action_go_tasks(self) -> None:
        """To the tasks."""
        self.shell.go_to("tasks")

    def action_go_task_definitions(self) -> None:
        """To the task definitions."""
        self.shell.go_to("task_definitions")

    def action_go_instances(self) -> None:
        """To the container instances."""
        self.shell.go_to("instances")

    def action_go_capacity(self) -> None:
        """To the capacity providers."""
        self.shell.go_to("capacity")

    def action_go_events(self) -> None:
        """To the events."""
        self.shell.go_to("events")

    def action_go_clusters(self) -> None:
        """To the clusters."""
        self.shell.go_to("clusters")
