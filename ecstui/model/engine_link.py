"""Another Docker Engine that the control plane uses: where it is, and what instance it becomes."""

from ecstui.model.shape import Shape, Timestamp
from ecstui.model.task_definition import Attribute


class EngineLink(Shape):
    """Where an engine is, and the container instance to be made of it when it first answers."""

    name: str
    """Name of the engine and of its container instance."""
    address: str
    """`tcp://host:port`, `ssh://user@host` or `unix:///path`."""
    ca_file: str = ""
    """Who vouches for the other side: a CA certificate, or over ssh a file of known hosts."""
    certificate_file: str = ""
    key_file: str = ""
    """Key of the certificate, or over ssh the identity."""
    zone: str = ""
    cluster_name: str = "default"
    cpu_units: int = 0
    """CPU units of the instance; 0: all that the engine has."""
    memory_mib: int = 0
    """MiB of the instance; 0: all that the engine has."""
    reserved_ports: tuple[int, ...] = ()
    """TCP ports that tasks may not have, besides those that the agent keeps."""
    attributes: tuple[Attribute, ...] = ()


class EngineLinkRecord(EngineLink):
    """A link as kept by the store."""

    is_from_settings: bool = False
    has_instance: bool = False
    """Whether the instance was made as the link says; taken away by hand it is not made again."""
    created_at: Timestamp

    def as_link(self) -> EngineLink:
        """What people said of it."""
        return EngineLink(**{name: getattr(self, name) for name in EngineLink.model_fields})
