"""Who asks: the user at the other end of the socket, and the program as it names itself."""

import os
import socket
import struct
from pwd import getpwuid

from aiohttp import web

_PEER = struct.Struct("3i")
_LONGEST_PROGRAM = 40


def caller_of(http: web.Request) -> str:
    """`anna via aws-cli`; on TCP the user is the one who can read the key: who runs the daemon."""
    program = http.headers.get("User-Agent", "").partition("/")[0].partition(" ")[0]
    shown = "".join(c for c in program if c.isalnum() or c in "-_.+")[:_LONGEST_PROGRAM]
    user = _user(http)
    return f"{user} via {shown}" if shown else user


def _user(http: web.Request) -> str:
    sock = None if http.transport is None else http.transport.get_extra_info("socket")
    if sock is None or (sock.family == socket.AF_UNIX and not hasattr(socket, "SO_PEERCRED")):
        return "local"
    user_id = os.geteuid()
    if sock.family == socket.AF_UNIX:
        try:
            peer = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
        except OSError:
            return "local"
        _, user_id, _ = _PEER.unpack(peer)
    try:
        return getpwuid(user_id).pw_name
    except KeyError:
        return f"uid {user_id}"
