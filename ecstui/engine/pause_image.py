"""The image of the container that owns a task's network namespace, made in code.

It holds one static program of some two hundred bytes, so that no registry, compiler or base image
is needed. The program reaps children by ignoring SIGCHLD, waits for SIGTERM or SIGINT, and exits.
"""

import io
import struct
import tarfile

PROGRAM = "/pause"
IMPORT_CHANGES = (f'ENTRYPOINT ["{PROGRAM}"]', "LABEL ecstui.role=pause")
"""What the engine's import call is told besides the files."""

_BASE = 0x400000
_HEADERS = 64 + 56
_SIGNALS_TO_WAIT_FOR = 1 << (2 - 1) | 1 << (15 - 1)
_IGNORE = struct.pack("<QQQQ", 1, 0, 0, 0)
"""struct sigaction of the kernel: SIG_IGN, no flags, no restorer, empty mask."""
_DATA = _IGNORE + struct.pack("<Q", _SIGNALS_TO_WAIT_FOR)
_MASK_OFFSET = len(_IGNORE)


def _x86_64() -> bytes:
    """rt_sigaction(SIGCHLD, ignore), rt_sigprocmask(BLOCK, set), rt_sigtimedwait(set), exit."""
    ignore, mask = _BASE + _HEADERS, _BASE + _HEADERS + _MASK_OFFSET
    block = b"".join(
        (
            b"\xb8\x0d\x00\x00\x00",  # mov eax, 13        rt_sigaction
            b"\xbf\x11\x00\x00\x00",  # mov edi, 17        SIGCHLD
            b"\xbe" + struct.pack("<I", ignore),  # mov esi, ignore
            b"\x31\xd2",  # xor edx, edx
            b"\x41\xba\x08\x00\x00\x00",  # mov r10d, 8
            b"\x0f\x05",  # syscall
            b"\xb8\x0e\x00\x00\x00",  # mov eax, 14        rt_sigprocmask
            b"\x31\xff",  # xor edi, edi       SIG_BLOCK
            b"\xbe" + struct.pack("<I", mask),  # mov esi, mask
            b"\x0f\x05",  # syscall
        )
    )
    wait = b"".join(
        (
            b"\xb8\x80\x00\x00\x00",  # mov eax, 128       rt_sigtimedwait
            b"\xbf" + struct.pack("<I", mask),  # mov edi, mask
            b"\x31\xf6",  # xor esi, esi
            b"\x31\xd2",  # xor edx, edx
            b"\x41\xba\x08\x00\x00\x00",  # mov r10d, 8
            b"\x0f\x05",  # syscall
            b"\x85\xc0",  # test eax, eax
        )
    )
    again = b"\x78" + struct.pack("<b", -(len(wait) + 2))  # js wait: interrupted
    leave = b"\xb8\xe7\x00\x00\x00\x31\xff\x0f\x05"  # exit_group(0)
    return block + wait + again + leave


def _mov(register: int, value: int) -> int:
    """Instruction `movz xREGISTER, #VALUE`: sixteen bits."""
    return 0xD2800000 | value << 5 | register


def _mov_high(register: int, value: int) -> int:
    """Instruction `movk xREGISTER, #VALUE, lsl #16`: the next sixteen bits."""
    return 0xF2A00000 | value << 5 | register


def _aarch64() -> bytes:
    """The same for arm64: numbers of calls in x8, arguments in x0 to x3."""
    ignore, mask = _BASE + _HEADERS, _BASE + _HEADERS + _MASK_OFFSET
    call = 0xD4000001  # svc #0
    block = [
        _mov(0, 17),
        *(_mov(1, ignore & 0xFFFF), _mov_high(1, ignore >> 16)),
        *(_mov(2, 0), _mov(3, 8), _mov(8, 134), call),  # rt_sigaction
        _mov(0, 0),
        *(_mov(1, mask & 0xFFFF), _mov_high(1, mask >> 16)),
        *(_mov(2, 0), _mov(3, 8), _mov(8, 135), call),  # rt_sigprocmask
    ]
    wait = [
        *(_mov(0, mask & 0xFFFF), _mov_high(0, mask >> 16)),
        *(_mov(1, 0), _mov(2, 0), _mov(3, 8), _mov(8, 137), call),  # rt_sigtimedwait
    ]
    back = -len(wait) & 0x3FFF
    again = 0xB7F80000 | back << 5  # tbnz x0, #63, wait: interrupted
    leave = [_mov(0, 0), _mov(8, 94), call]  # exit_group(0)
    words = [*block, *wait, again, *leave]
    return struct.pack(f"<{len(words)}I", *words)


_MACHINES = {
    "x86_64": (62, _x86_64),
    "amd64": (62, _x86_64),
    "aarch64": (183, _aarch64),
    "arm64": (183, _aarch64),
}


def pause_program(architecture: str) -> bytes | None:
    """The program as an ELF file, or None for an architecture that it is not written for.

    `architecture`: as the engine names its own, e.g. `x86_64`, `aarch64`.
    """
    machine = _MACHINES.get(architecture)
    if machine is None:
        return None
    number, code = machine
    body = _DATA + code()
    entry = _BASE + _HEADERS + len(_DATA)
    size = _HEADERS + len(body)
    kind = (2, number, 1, entry, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", *kind)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x1000)
    return header + segment + body


def pause_archive(architecture: str) -> bytes | None:
    """The image's file system as a tar, or None where there is no program for it."""
    program = pause_program(architecture)
    if program is None:
        return None
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo(PROGRAM.lstrip("/"))
        entry.size, entry.mode = len(program), 0o755
        archive.addfile(entry, io.BytesIO(program))
    return buffer.getvalue()
