"""The program that isolates: it takes namespaces of its own, builds a bare root, gives up every privilege.

It is passed to an interpreter as text (`-c`), imports nothing of ours, and reads one JSON object from
standard input. The byte `R` on the descriptor `ready` says that all of it is in place; without it nothing was
run. Three processes: the first waits outside the new process namespace, the second is its init and, when the
third, the code, ends, takes what the code has started with it.
"""

import ctypes
import itertools
import json
import os
import resource
import signal
import sys
from typing import NoReturn

_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_REMOUNT, _MS_BIND, _MS_REC = 1, 2, 4, 32, 4096, 16384
_MS_PRIVATE = 1 << 18
_MNT_DETACH = 2
_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_SET_DUMPABLE, _PR_CAP_AMBIENT = 24, 38, 4, 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_LAST_CAPABILITY = 63
_CAPABILITY_VERSION_3 = 0x20080522
# user, mount, process, network, IPC, host name, cgroup
_NAMESPACES = 0x10000000 | 0x20000 | 0x20000000 | 0x40000000 | 0x8000000 | 0x4000000 | 0x2000000
_LIBC = ctypes.CDLL(None, use_errno=True)

RUNNER = """
import os, sys
done, path = int(sys.argv[1]), sys.argv[2]
with open(path, encoding="utf-8") as file:
    code = compile(file.read(), "program.py", "exec")
sys.argv = ["program.py"]
try:
    exec(code, {"__name__": "__main__"})
except BaseException:
    import traceback
    traceback.print_exc()
    sys.stderr.flush()
    os._exit(1)
sys.stdout.flush()
os.write(done, b"D")
os._exit(0)
"""


def main() -> None:
    request = json.load(sys.stdin)
    ready, done = request["ready"], request["done"]
    _checked(_LIBC.unshare(_NAMESPACES), "unshare")
    os.write(request["unshared"], b"U")
    if os.read(request["mapped"], 1) != b"M":
        raise OSError("this user cannot be mapped into a namespace")
    init = os.fork()
    if init:
        _end_as(init)
    _checked(_LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "pdeathsig")
    _forbid_namespaces()
    _bare_root(request["root"], request["visible"], request["disk_bytes"])
    with open("/scratch/program.py", "w", encoding="utf-8") as file:
        file.write(request["code"])
    os.chdir("/scratch")
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 0)
    _close_all_but({0, 1, 2, ready, done})
    for name, value in request["limits"].items():
        resource.setrlimit(getattr(resource, name), (value, value))
    _give_up_privileges(request["user"])
    code = os.fork()
    if code:
        os.close(ready)
        _end_as(code)
    os.set_inheritable(ready, False)
    os.set_inheritable(done, True)
    os.write(ready, b"R")
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    argv = [request["python"], "-I", "-S", "-c", RUNNER, str(done), "/scratch/program.py"]
    os.execve(request["python"], argv, environment)  # noqa: S606  # no shell is wanted


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


def _bare_root(root: str, visible: list[str], disk_bytes: int) -> None:
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    _mount("tmpfs", root, "tmpfs", _MS_NOSUID | _MS_NODEV, "size=64k,mode=755")
    for path in visible:
        _show(path, root + path)
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
    flags = _MS_BIND | _MS_REMOUNT | _MS_RDONLY | _MS_NOSUID
    _mount(None, target, None, flags if source.startswith("/dev/") else flags | _MS_NODEV)


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
