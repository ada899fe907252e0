"""What generated code may try: a program by name, and what must stop it (one of several texts)."""

from __future__ import annotations

CALL = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
"""

ESCAPES = {
    "connect to a public address": (
        "import socket; socket.create_connection(('192.0.2.1', 80), 1)",
        "unreachable",
    ),
    "resolve a name": ("import socket; socket.getaddrinfo('example.org', 80)", "gaierror"),
    "bring the loopback up": (
        "import fcntl, socket, struct\n"
        "s = socket.socket()\n"
        "fcntl.ioctl(s, 0x8914, struct.pack('16sh', b'lo', 1))",
        "not permitted",
    ),
    "open a raw socket": (
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
        "not permitted",
    ),
    "read the users of the machine": ("open('/etc/passwd').read()", "No such file"),
    "read what the kernel says of processes": ("open('/proc/1/environ').read()", "No such file"),
    "read the disk": ("open('/dev/vda', 'rb').read(1)", "No such file"),
    "write into the interpreter's library": (
        "import os; os.mkdir(os.path.join(os.path.dirname(os.__file__), 'escaped'))",
        "Read-only file system|Permission denied",
    ),
    "open a socket to the machine's host": (
        "import socket; socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)",
        "not supported",
    ),
    "ask the kernel's ring for a socket": (
        CALL + "call(425, 8, ctypes.create_string_buffer(256))",
        "not permitted",
    ),
    "say that it ran to its end": (
        """
import os
for number in range(3, 64):
    try:
        os.write(number, b'D')
    except OSError:
        continue
os._exit(0)
""",
        "",
    ),
    "read the packages that are installed": (
        "import os, sysconfig\n"
        "places = {sysconfig.get_path('purelib'), sysconfig.get_path('platlib')}\n"
        "if not any(os.listdir(place) for place in places if os.path.isdir(place)):\n"
        "    raise SystemError('nothing is there')",
        "nothing is there",
    ),
    "write into /usr": ("open('/usr/escaped', 'w')", "Read-only file system"),
    "write into the root": ("open('/escaped', 'w')", "Read-only file system"),
    "fill the disk": (
        "for n in range(64):\n    open(f'/scratch/{n}', 'wb').write(bytes(1 << 20))",
        "No space left",
    ),
    "write one large file": ("open('/scratch/large', 'wb').write(bytes(1 << 25))", "too large|No space left"),
    "make files without end": (
        "for n in range(5000):\n    open(f'/scratch/{n}', 'w').close()",
        "No space left",
    ),
    "take all memory": ("held = bytearray(1 << 31)", "MemoryError"),
    "mount something": (CALL + "call(165, b'x', b'/scratch', b'tmpfs', 0, 0)", "not permitted"),
    "make a namespace of users": (CALL + "call(272, 0x10000000)", "No space left|not permitted|User limit"),
    "make a namespace of mounts": (CALL + "call(272, 0x20000)", "No space left|not permitted"),
    "change the root": ("import os; os.mkdir('d'); os.chroot('d')", "not permitted"),
    "become root": ("import os; os.setuid(0)", "not permitted"),
    "make a device": (
        "import os, stat; os.mknod('disk', stat.S_IFBLK | 0o600, os.makedev(254, 0))",
        "not permitted",
    ),
    "trace the process above": (CALL + "call(101, 16, 1, 0, 0)", "not permitted"),
    "read the memory of the process above": (
        CALL + "b = ctypes.create_string_buffer(8); v = (ctypes.c_void_p * 2)(ctypes.addressof(b), 8)\n"
        "call(310, 1, v, 1, v, 1, 0)",
        "not permitted",
    ),
    "signal a process of this machine": ("import os; os.kill({pid}, 0)", "No such process"),
    "keep the limits away": (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40))",
        "not allowed|exceeds",
    ),
    "set the clock": ("import time; time.clock_settime(time.CLOCK_REALTIME, 0)", "not permitted"),
    "load a kernel module": (CALL + "call(175, 0, 0, b'')", "not permitted|not implemented"),
    "restart the machine": (CALL + "call(169, 0xfee1dead, 672274793, 0x89abcdef, 0)", "not permitted"),
    "follow a link out": (
        "import os; os.symlink('/../../../../etc/hostname', 'link'); open('link').read()",
        "No such file",
    ),
    "climb out of the root": (
        "import os; os.chdir('/../../..'); open('etc/hostname').read()",
        "No such file",
    ),
    "use a descriptor that was left open": (
        """
import os, stat
held = []
for number in range(1 << 10):
    try:
        held.append(stat.S_IFMT(os.fstat(number).st_mode))
    except OSError:
        continue
# the null device, both outputs, and the pipe that says that the program ran to its end
if held == [stat.S_IFCHR] + 3 * [stat.S_IFIFO]:
    raise SystemError('nothing but pipes')
""",
        "nothing but pipes",
    ),
}
