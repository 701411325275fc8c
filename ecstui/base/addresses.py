"""What the address of a container engine looks like; nothing is looked up or connected here."""

SCHEMES = ("unix", "tcp", "http", "https", "ssh")


def address_problem(address: str) -> str:
    """What is wrong with an engine's address, as the end of a sentence; empty when nothing."""
    scheme, separator, rest = address.partition("://")
    if not separator or scheme not in SCHEMES:
        return "which is not an address: write tcp://host:port, ssh://user@host or unix:///path"
    if scheme == "unix" and not rest.startswith("/"):
        return "which is not an absolute path: write unix:///path"
    if not rest.strip("/"):
        return "which names no host: write tcp://host:port"
    return ""
