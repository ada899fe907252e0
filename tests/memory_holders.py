"""Ways of holding memory that an address space's limit does not count: each program prints the MiB it held.

Every one tries for 200 MiB or more of what is refused, and writes what it holds.
"""

from __future__ import annotations

from escapes import CALL

_NUMBERS = """
import platform
column = {'x86_64': 0, 'aarch64': 1}[platform.machine()]
"""

_FILES_IN_MEMORY = """
import os
block, held = bytes(1 << 20), 0
for _ in range(40):
    os.write(make(), block * 8)
    held += 8
print(held)
"""

HOLDERS = {
    "files in memory": "import os\nmake = lambda: os.memfd_create('a')" + _FILES_IN_MEMORY,
    "secret files in memory": CALL
    + """
def make():
    number = libc.syscall(447, 0)
    if number < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    os.ftruncate(number, 8 << 20)
    import mmap
    mmap.mmap(number, 8 << 20)[:] = bytes(8 << 20)
    return os.dup(number)
held = 0
for _ in range(30):
    make()
    held += 8
print(held)
""",
    "shared memory of System V": """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype, libc.shmdt.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
held = 0
for _ in range(4):
    number = libc.shmget(0, 64 << 20, 0o1600)
    place = libc.shmat(number, None, 0)
    if number < 0 or place in (None, 2**64 - 1):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    ctypes.memset(place, 1, 64 << 20)
    libc.shmdt(place)
    held += 64
print(held)
""",
    "message queues of System V": """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
message = ctypes.create_string_buffer(bytes([1] + 7 * [0]) + bytes(8192))
held = 0
for _ in range(20000):
    number = libc.msgget(0, 0o1600)
    if number < 0 or libc.msgsnd(number, message, 8192, 0o4000) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    held += 8192
print(held >> 20)
""",
    "message queues of POSIX": CALL
    + _NUMBERS
    + "call((240, 180)[column], b'queue', 0o102, 0o600, None)\nprint(1)\n",
    "semaphores of System V": CALL + _NUMBERS + "call((64, 190)[column], 0, 250, 0o1600)\nprint(1)\n",
    "pages given to a pipe": CALL
    + _NUMBERS
    + """
import mmap
ends, page = os.pipe(), mmap.mmap(-1, 1 << 21)
page[:] = b'x' * (1 << 21)
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
call((278, 75)[column], ends[1], (ctypes.c_uint64 * 2)(address, 4096), 1, 8)
print(2)
""",
    "rings of the kernel": CALL
    + _NUMBERS
    + "call((206, 0)[column], 4096, (ctypes.c_uint64 * 1)())\nprint(1)\n",
    "the scratch directory, of many processes": """
import os
for number in range(4):
    if os.fork() == 0:
        with open(f'/scratch/{number}', 'wb') as file:
            try:
                for _ in range(16):
                    file.write(bytes(1 << 20))
                    file.flush()
            except OSError:
                pass
        os._exit(0)
for _ in range(4):
    os.wait()
held = sum(os.path.getsize(f'/scratch/{number}') for number in range(4))
print(held >> 20)
""",
    "files that were deleted and are open": """
import os
held, kept = 0, []
for number in range(40):
    kept.append(open(f'/scratch/{number}', 'wb', buffering=0))
    os.unlink(f'/scratch/{number}')
    try:
        held += kept[-1].write(bytes(1 << 20))
    except OSError:
        break
print(held >> 20)
""",
    "buffers of pipes": """
import fcntl, os
held, kept = 0, []
try:
    while True:
        reading, writing = os.pipe()
        kept += [reading, writing]
        os.set_blocking(writing, False)
        try:
            fcntl.fcntl(writing, 1031, 1 << 20)
        except OSError:
            pass
        try:
            while True:
                held += os.write(writing, bytes(1 << 16))
        except BlockingIOError:
            pass
except OSError:
    pass
print(held >> 20)
""",
    "buffers of sockets": """
import socket
held, kept = 0, []
try:
    while True:
        ours, theirs = socket.socketpair()
        kept += [ours, theirs]
        for end in (ours, theirs):
            end.setblocking(False)
            try:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 24)
            except PermissionError:
                pass
            try:
                while True:
                    held += end.send(bytes(1 << 14))
            except BlockingIOError:
                pass
except OSError:
    pass
print(held >> 20)
""",
}
"""By name; those that are refused print nothing."""
