"""The program that isolates: it takes namespaces of its own, builds a bare root, gives up every privilege.

It is passed to an interpreter as text (`-c`), imports nothing of ours, and reads one JSON object from
standard input. `RUNNER`, which runs the code, writes `R` to the descriptor `ready` just before: without it
nothing was run. Before that the same process writes to `seen` what the kernel says of it. Three processes:
the first waits outside the new process namespace, the second is its init and, when the third, the code, ends,
takes what the code has started with it.
"""

import ctypes
import errno
import itertools
import json
import os
import re
import resource
import signal
import socket
import struct
import sys
from typing import NoReturn

_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_REMOUNT, _MS_BIND, _MS_REC = 1, 2, 4, 32, 4096, 16384
_MS_PRIVATE = 1 << 18
_MNT_DETACH = 2
_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_SET_DUMPABLE, _PR_CAP_AMBIENT = 24, 38, 4, 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_PR_GET_SECCOMP, _PR_GET_NO_NEW_PRIVS = 21, 39
_LAST_CAPABILITY = 63
_CAPABILITY_VERSION_3 = 0x20080522
# user, mount, process, network, IPC, host name, cgroup
_NAMESPACES = 0x10000000 | 0x20000 | 0x20000000 | 0x40000000 | 0x8000000 | 0x4000000 | 0x2000000
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_KEPT_FLAGS = {"noexec": 8, "noatime": 1024, "nodiratime": 2048, "relatime": 1 << 21, "nodev": 4, "nosuid": 2}
# The architecture as the filter sees it, socket(2), and the calls that are refused.
_ARCHITECTURES = {"x86_64": (0xC000003E, 41, 0), "aarch64": (0xC00000B7, 198, 1)}
# A number for x86_64 and one for aarch64 (asm/unistd_64.h, asm-generic/unistd.h); None: it has no such call.
_FAR_REACHING: dict[str, tuple[int, int | None]] = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "perf_event_open": (298, 241),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
}
# What holds memory that RLIMIT_AS does not count, or no longer counts once it is unmapped.
_HOLDS_MEMORY: dict[str, tuple[int, int | None]] = {
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "mq_open": (240, 180),
    "semget": (64, 190),
    "vmsplice": (278, 75),  # a pipe keeps the pages, of a huge page all
    "setsockopt": (54, 208),  # a socket's buffer, as large as the machine permits
    "io_setup": (206, 0),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    "landlock_create_ruleset": (444, 444),
}
_LIBC = ctypes.CDLL(None, use_errno=True)

RUNNER = """
import os, sys
def run(ready, done, token):
    sys.argv = ["program.py"]
    os.write(ready, b"R")
    os.close(ready)
    try:
        with open("/scratch/program.py", encoding="utf-8") as file:
            code = compile(file.read(), "program.py", "exec")
        exec(code, {"__name__": "__main__"})
    except BaseException:
        import traceback
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    sys.stdout.flush()
    os.write(done, token.encode())
    os._exit(0)
run(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
"""


def main() -> None:
    os.umask(0o022)
    request = json.load(sys.stdin)
    _die_with_parent()
    if os.getppid() != request["parent"]:
        raise OSError("the process that asked is gone")
    ready, done, seen = request["ready"], request["done"], request["seen"]
    _checked(_LIBC.unshare(_NAMESPACES), "unshare")
    os.write(request["unshared"], b"U")
    if os.read(request["mapped"], 1) != b"M":
        raise OSError("this user cannot be mapped into a namespace")
    init = os.fork()
    if init:
        _end_as(init)
    _die_with_parent()
    socket.sethostname("isolated")
    _forbid_namespaces()
    _bare_root(request["root"], request["visible"], request["masked"], request["disk_bytes"])
    # What is no UTF-8 goes in as it is: CPython says so, as it does of any other program.
    with open("/scratch/program.py", "w", encoding="utf-8", errors="surrogatepass") as file:
        file.write(request["code"])
    os.chdir("/scratch")
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 0)
    _close_all_but({0, 1, 2, ready, done, seen})
    for name, value in request["limits"].items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (allowed, allowed))
    _give_up_privileges(request["user"])
    _die_with_parent()  # another user has it no more
    _filter_calls()
    code = os.fork()
    if code:
        os.close(ready)
        os.close(seen)
        _end_as(code)
    os.write(seen, json.dumps(_of_itself(request["limits"])).encode())
    os.close(seen)
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    argv = [request["python"], "-I", "-S", "-B", "-c", RUNNER, str(ready), str(done), request["token"]]
    os.execve(request["python"], argv, environment)  # noqa: S606  # no shell is wanted


def _die_with_parent() -> None:
    _checked(_LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "pdeathsig")


def _end_as(child: int) -> NoReturn:
    """Wait for a child and end with its code; 128 and the signal's number where one killed it."""
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _forbid_namespaces() -> None:
    """No namespace inside this one: it would give every privilege over itself back."""
    for kind in ("user", "mnt", "net", "pid", "ipc", "uts", "cgroup", "time"):
        path = f"/proc/sys/user/max_{kind}_namespaces"
        if kind == "user" or os.path.exists(path):
            with open(path, "w") as file:
                file.write("0")


def _bare_root(root: str, visible: list[str], masked: list[str], disk_bytes: int) -> None:
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    _mount("tmpfs", root, "tmpfs", _MS_NOSUID | _MS_NODEV, "size=64k,mode=755")
    for path in visible:
        _show(path, root + path)
    for path in masked:
        _mount("tmpfs", root + path, "tmpfs", _MS_RDONLY | _MS_NOSUID | _MS_NODEV, "size=4k,mode=755")
    for name in ("null", "zero", "urandom"):
        _show(f"/dev/{name}", f"{root}/dev/{name}")
    os.mkdir(f"{root}/scratch")
    _mount("tmpfs", f"{root}/scratch", "tmpfs", _MS_NOSUID | _MS_NODEV, f"size={disk_bytes},nr_inodes=1024")
    os.symlink("scratch", f"{root}/tmp")  # noqa: S108  # in a root of its own
    os.mkdir(f"{root}/old")
    os.chdir(root)
    _checked(_LIBC.pivot_root(root.encode(), f"{root}/old".encode()), "pivot_root")
    os.chdir("/")
    _checked(_LIBC.umount2(b"/old", _MNT_DETACH), "umount")
    os.rmdir("/old")
    _mount(None, "/", None, _MS_REMOUNT | _MS_RDONLY | _MS_NOSUID | _MS_NODEV)


def _show(source: str, target: str) -> None:
    """The same path in the new root, read-only; a link stays a link."""
    if os.path.islink(source):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.symlink(os.readlink(source), target)
        return
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        open(target, "w").close()
    _mount(source, target, None, _MS_BIND | _MS_REC)
    for place, options in _mounted_at(target):
        # What is mounted below stays writable unless it is told apart; flags that it has, it must keep.
        flags = _MS_BIND | _MS_REMOUNT | _MS_RDONLY | _MS_NOSUID
        flags |= 0 if source.startswith("/dev/") else _MS_NODEV
        for name in options:
            flags |= _KEPT_FLAGS.get(name, 0)
        _mount(None, place, None, flags)


def _mounted_at(target: str) -> list[tuple[str, list[str]]]:
    """What is mounted there and below, each with its options."""
    found = []
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            fields = line.split(" ")
            place = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4])
            if place == target or place.startswith(f"{target}/"):
                found.append((place, fields[5].split(",")))
    if not found:
        raise OSError(f"{target} is not mounted")
    return found


def _filter_calls() -> None:
    """Refuse what no namespace and no limit covers: sockets but those of files and addresses, and calls that
    a program has no use for and that reach far into the kernel, or keep memory there. Classic BPF
    (seccomp(2)); a filter is inherited."""
    machine = os.uname().machine
    if machine not in _ARCHITECTURES:
        raise OSError(f"the system calls of {machine} are not known")
    architecture, new_socket, column = _ARCHITECTURES[machine]
    calls = (*_FAR_REACHING.values(), *_HOLDS_MEMORY.values())
    refused = [number for numbers in calls if (number := numbers[column]) is not None]
    load, equal, at_least, back = 0x20, 0x15, 0x35, 0x06
    allow, kill = 0x7FFF0000, 0x80000000
    program = [(load, 0, 0, 4), (equal, 1, 0, architecture), (back, 0, 0, kill), (load, 0, 0, 0)]
    program += [(at_least, 0, 1, 0x40000000), (back, 0, 0, kill)]
    for number in refused:
        program += [(equal, 0, 1, number), (back, 0, 0, 0x00050000 | errno.EPERM)]
    families = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)
    program += [(equal, 1, 0, new_socket), (back, 0, 0, allow), (load, 0, 0, 16)]
    for family in families:
        program += [(equal, 0, 1, family), (back, 0, 0, allow)]
    program += [(back, 0, 0, 0x00050000 | errno.EAFNOSUPPORT)]
    packed = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    filters = ctypes.create_string_buffer(packed, len(packed))
    described = struct.pack("@HP", len(program), ctypes.addressof(filters))
    _checked(_LIBC.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, described, 0, 0), "seccomp")


def _give_up_privileges(user: int | None) -> None:
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
    for capability in range(_LAST_CAPABILITY + 1):
        _LIBC.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # an unknown one is refused, and is not there
    if user is not None:
        os.setresuid(user, user, user)
    _checked(_LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _LIBC.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _checked(_LIBC.capset(header, (ctypes.c_uint32 * 6)()), "capset")
    _checked(_LIBC.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")


def _of_itself(limits: dict[str, int]) -> dict[str, object]:
    """What the kernel says of this process, which is about to become the program."""
    header, sets = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    _checked(_LIBC.capget(header, sets), "capget")
    return {
        "pid": os.getpid(),
        "seccomp": _LIBC.prctl(_PR_GET_SECCOMP, 0, 0, 0, 0),
        "no_new_privileges": _LIBC.prctl(_PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
        "capabilities": sum(sets),
        "limits": {name: resource.getrlimit(getattr(resource, name))[0] for name in limits},
    }


def _close_all_but(kept: set[int]) -> None:
    for number in sorted(kept):
        os.set_inheritable(number, True)
    edges = [-1, *sorted(kept), 1 << 20]
    for low, high in itertools.pairwise(edges):
        if low + 1 < high:  # an empty range that ends at 0 closes every one
            os.closerange(low + 1, high)


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    encoded = [None if text is None else text.encode() for text in (source, target, kind)]
    data = None if options is None else options.encode()
    _checked(_LIBC.mount(*encoded, ctypes.c_ulong(flags), data), f"mount {target}")


def _checked(code: int, what: str) -> None:
    if code != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    main()
