"""Addresses and published ports of a simulated machine, given out as Docker does."""

import heapq
from collections.abc import Iterable

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.plan.spec import ContainerName, PortPublication, PublishedPort

_FIRST_DYNAMIC, _LAST_DYNAMIC = 32_768, 60_999
_EVERYWHERE = "0.0.0.0"
_FIRST_ADDRESS, _LAST_ADDRESS = 2, 65_534


class PortTable:
    """Which host port of which host address is whose."""

    def __init__(self) -> None:
        """All are free."""
        self._holders: dict[tuple[str, int], dict[str, ContainerName]] = {}
        self._next: dict[str, int] = {}

    def claim(
        self, name: ContainerName, publications: Iterable[PortPublication]
    ) -> tuple[PublishedPort, ...]:
        """Publish ports for a container, all of them or none.

        Raises:
            EngineError: CANNOT_START, one is taken.
        """
        published: list[PublishedPort] = []
        try:
            published.extend(self._publish(name, each) for each in publications)
        except EngineError:
            self.release(published)
            raise
        return tuple(published)

    def release(self, published: Iterable[PublishedPort]) -> None:
        """Give ports back."""
        for port in published:
            holders = self._holders.get((port.protocol, port.host_port), {})
            holders.pop(port.host_ip, None)

    def _publish(self, name: ContainerName, wanted: PortPublication) -> PublishedPort:
        host_ip = wanted.host_ip or _EVERYWHERE
        if wanted.host_port:
            host_port = wanted.host_port
            if self._is_taken(wanted.protocol, host_ip, host_port):
                raise EngineError(
                    EngineErrorKind.CANNOT_START,
                    "driver failed programming external connectivity on endpoint "
                    f"{name}: Bind for {host_ip}:{host_port} failed: port is already allocated",
                )
        else:
            host_port = self._free_port(wanted.protocol, host_ip)
        self._holders.setdefault((wanted.protocol, host_port), {})[host_ip] = name
        return PublishedPort(wanted.container_port, wanted.protocol, host_ip, host_port)

    def _free_port(self, protocol: str, host_ip: str) -> int:
        """The next free one after the one given out last, as Docker goes round."""
        first = self._next.get(host_ip, _FIRST_DYNAMIC)
        count = _LAST_DYNAMIC - _FIRST_DYNAMIC + 1
        for step in range(count):
            port = _FIRST_DYNAMIC + (first - _FIRST_DYNAMIC + step) % count
            if not self._is_taken(protocol, host_ip, port):
                self._next[host_ip] = port + 1
                return port
        raise EngineError(EngineErrorKind.CANNOT_START, "all ports are allocated")

    def _is_taken(self, protocol: str, host_ip: str, host_port: int) -> bool:
        holders = self._holders.get((protocol, host_port), {})
        return bool(holders) and (
            host_ip == _EVERYWHERE or host_ip in holders or _EVERYWHERE in holders
        )


class AddressPool:
    """Addresses of containers in the default bridge network."""

    def __init__(self) -> None:
        """All are free."""
        self._next = _FIRST_ADDRESS
        self._freed: list[int] = []

    def take(self) -> str:
        """The lowest free address.

        Raises:
            EngineError: CANNOT_START, there is none.
        """
        if self._freed:
            number = heapq.heappop(self._freed)
        elif self._next <= _LAST_ADDRESS:
            number, self._next = self._next, self._next + 1
        else:
            raise EngineError(
                EngineErrorKind.CANNOT_START, "no available IPv4 addresses on this network's pool"
            )
        return f"172.17.{number // 256}.{number % 256}"

    def give_back(self, address: str) -> None:
        """Free an address."""
        *_, high, low = address.split(".")
        heapq.heappush(self._freed, int(high) * 256 + int(low))
