"""Every expected error of ecstui, drawn here as a tree; nothing else is raised on purpose.

EcstuiError
├── EcsError(code, message, http_status, field)   answers to callers, with ECS's own codes
│   ├── ClientException
│   ├── InvalidParameterException
│   ├── ClusterNotFoundException
│   ├── ServiceNotFoundException, ServiceNotActiveException
│   ├── ServiceDeploymentNotFoundException
│   ├── ClusterContains{Services,Tasks,ContainerInstances}Exception
│   ├── ConflictException, AccessDeniedException, UnsupportedFeatureException
│   ├── ResourceNotFoundException, LimitExceededException
│   ├── TargetNotFoundException, AttributeLimitExceededException
│   └── ServerException
├── EngineError(kind, message, retryable)         what a container engine refused
├── JournalError(message)                         what should be durable could not be made so
├── StateLockedError(path, owner)                 another daemon owns the state directory
├── SettingsError(message)                        a setting that cannot be understood
└── DaemonUnreachableError(message)               no daemon answers on the socket
"""

from enum import StrEnum


class EcstuiError(Exception):
    """Base of every error that ecstui raises on purpose."""


class EcsError(EcstuiError):
    """A refused request: ECS's error code, a sentence that says what to do, the field at fault."""

    code = "ServerException"
    http_status = 400

    def __init__(self, message: str, *, field: str | None = None, code: str | None = None) -> None:
        """`field`: path of the request member at fault, e.g. `containerDefinitions[0].image`."""
        super().__init__(message)
        self.message = message
        self.field = field
        if code is not None:
            self.code = code
        elif type(self) is not EcsError:
            self.code = type(self).__name__


class ClientException(EcsError):
    """The request cannot be carried out as it stands."""


class InvalidParameterException(EcsError):
    """A parameter of the request has a value that is not allowed."""


class ClusterNotFoundException(EcsError):
    """The cluster named does not exist."""


class ServiceNotFoundException(EcsError):
    """The service named does not exist."""


class ServiceDeploymentNotFoundException(EcsError):
    """The service deployment named does not exist."""


class ServiceNotActiveException(EcsError):
    """The service named is draining or inactive."""


class ClusterContainsServicesException(EcsError):
    """A cluster with active services cannot be deleted."""


class ClusterContainsTasksException(EcsError):
    """A cluster with active tasks cannot be deleted."""


class ClusterContainsContainerInstancesException(EcsError):
    """A cluster with container instances cannot be deleted."""


class ConflictException(EcsError):
    """A client token was used before with other parameters, or two changes exclude each other."""

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        code: str | None = None,
        resource_ids: tuple[str, ...] = (),
    ) -> None:
        """`resource_ids`: ARNs of what the conflict is with; ECS's `resourceIds`."""
        super().__init__(message, field=field, code=code)
        self.resource_ids = resource_ids


class AccessDeniedException(EcsError):
    """The caller may not do this."""


class UnsupportedFeatureException(EcsError):
    """ECS has this, ecstui does not, and leaving it out would change what happens."""


class PlatformUnknownException(EcsError):
    """The Fargate platform version named does not exist."""


class TargetNotConnectedException(EcsError):
    """No session can be had with the container named."""


class ResourceInUseException(EcsError):
    """The resource named is in use and cannot be removed."""


class ResourceNotFoundException(EcsError):
    """The resource named does not exist."""


class LimitExceededException(EcsError):
    """One more would exceed a limit."""


class TargetNotFoundException(EcsError):
    """The container instance that an attribute is for does not exist."""


class AttributeLimitExceededException(EcsError):
    """One more would exceed the number of attributes of a container instance."""


class ServerException(EcsError):
    """A fault of ecstui itself."""

    http_status = 500


class EngineErrorKind(StrEnum):
    """What went wrong in a container engine, in the words of the ECS agent (ecs.md 2.10)."""

    CANNOT_PULL = "CannotPullContainerError"
    CANNOT_CREATE = "CannotCreateContainerError"
    CANNOT_START = "CannotStartContainerError"
    CANNOT_STOP = "CannotStopContainerError"
    CANNOT_INSPECT = "CannotInspectContainerError"
    CANNOT_CREATE_VOLUME = "CannotCreateVolumeError"
    CANNOT_EXECUTE = "CannotExecuteCommandError"
    IMAGE_NOT_FOUND = "ImageNotFound"
    NAME_TAKEN = "NameTaken"
    CANNOT_INITIALIZE = "ResourceInitializationError"
    TIMEOUT = "DockerTimeoutError"
    UNREACHABLE = "EngineUnreachable"


class EngineError(EcstuiError):
    """A container engine refused or did not answer; `retryable` says whether to try again."""

    def __init__(self, kind: EngineErrorKind, message: str, *, retryable: bool = False) -> None:
        """`message`: the engine's own words, one line."""
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message
        self.retryable = retryable


class JournalError(EcstuiError):
    """The journal could not be read or written (disk full, damaged file, no permission)."""


class StateLockedError(EcstuiError):
    """Another process owns the state directory."""


class SettingsError(EcstuiError):
    """A setting has a value that cannot be understood, or the state directory cannot be used."""


class DaemonUnreachableError(EcstuiError):
    """No daemon answers on the socket."""
