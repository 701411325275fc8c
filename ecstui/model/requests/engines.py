"""Requests for engines: ecstui's own, ECS has no such thing."""

from typing import ClassVar

from ecstui.model.cluster import EngineRecord
from ecstui.model.engine_link import EngineLink
from ecstui.model.shape import Request, Shape
from ecstui.model.task_definition import Attribute


class RegisterEngineResponse(Shape):
    """The engine as it is kept."""

    engine: EngineLink


class RegisterEngineRequest(Request[RegisterEngineResponse]):
    """Use another Docker Engine from now on; it becomes a container instance when it answers."""

    response: ClassVar[type[Shape]] = RegisterEngineResponse
    name: str
    address: str
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    zone: str = ""
    cluster: str | None = None
    cpu_units: int = 0
    memory_mib: int = 0
    reserved_ports: tuple[int, ...] = ()
    attributes: tuple[Attribute, ...] = ()


class DeregisterEngineResponse(Shape):
    """The engine that is used no more."""

    engine: EngineLink


class DeregisterEngineRequest(Request[DeregisterEngineResponse]):
    """Use an engine no more; its container instances must have been deregistered."""

    response: ClassVar[type[Shape]] = DeregisterEngineResponse
    engine: str


class DescribeEnginesResponse(Shape):
    """Every engine, with whether it answers."""

    engines: tuple[EngineRecord, ...] = ()
    links: tuple[EngineLink, ...] = ()


class DescribeEnginesRequest(Request[DescribeEnginesResponse]):
    """Show every engine; `links` holds those besides the daemon's first."""

    response: ClassVar[type[Shape]] = DescribeEnginesResponse


REQUESTS = (RegisterEngineRequest, DeregisterEngineRequest, DescribeEnginesRequest)
