/* Preloaded before libc: counts the system calls that change anything below one directory, and at the
   n-th kills the process or answers that the disk is full. Everything else goes straight to the kernel. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { COUNT, KILL_BEFORE, KILL_AFTER, FULL_ONCE, FULL, HALF_THEN_KILL, HALF_THEN_FULL };
enum { PASS, INSTEAD, AFTER, HALF };
#define CALLS 4096

static char root[PATH_MAX];
static long chosen, calls;
static int mode;
static const char *names[CALLS];

void shim_arm(const char *directory, long call, int how) {
    snprintf(root, sizeof root, "%s", directory);
    chosen = call;
    mode = how;
    calls = 0;
}
long shim_calls(void) { return calls; }
const char *shim_name(long call) { return call < CALLS ? names[call] : "?"; }

__attribute__((constructor)) static void from_environment(void) {
    const char *directory = getenv("SHIM_ROOT"), *call = getenv("SHIM_CALL"), *how = getenv("SHIM_MODE");
    if (directory && call && how) shim_arm(directory, atol(call), atoi(how));
}

static int below(const char *path) {
    size_t length = strlen(root);
    return length && strncmp(path, root, length) == 0 && (path[length] == '/' || !path[length]);
}
static int below_fd(int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return below(path);
}
static int below_at(int fd, const char *path) {
    return *path == '/' ? below(path) : fd == AT_FDCWD ? 0 : below_fd(fd);
}
static void die(void) { syscall(SYS_kill, getpid(), SIGKILL); }

/* What becomes of a call; `space` says that it needs room on the disk. */
static int fate(const char *name, int space, int is_write) {
    if (calls < CALLS) names[calls] = name;
    long call = calls++;
    int here = call == chosen;
    if (mode == KILL_BEFORE && here) die();
    if (mode == KILL_AFTER && here) return AFTER;
    if (mode == FULL_ONCE && here && space) return INSTEAD;
    if (mode == FULL && call >= chosen && space) return INSTEAD;
    if ((mode == HALF_THEN_KILL || mode == HALF_THEN_FULL) && here && is_write) return HALF;
    if (mode == HALF_THEN_FULL && call > chosen && space) return INSTEAD;
    return PASS;
}
static long full(void) { errno = ENOSPC; return -1; }

#define CALL(name, space, inside, call)                                   \
    if (!(inside)) return call;                                           \
    int what = fate(name, space, 0);                                      \
    if (what == INSTEAD) return full();                                   \
    long result = call;                                                   \
    if (what == AFTER) die();                                             \
    return result;

ssize_t write(int fd, const void *data, size_t size) {
    if (!below_fd(fd)) return syscall(SYS_write, fd, data, size);
    int what = fate("write", 1, 1);
    if (what == INSTEAD) return full();
    ssize_t result = syscall(SYS_write, fd, data, what == HALF ? size / 2 : size);
    if (what == AFTER || (what == HALF && mode == HALF_THEN_KILL)) die();
    return result;
}
int fsync(int fd) { CALL("fsync", 1, below_fd(fd), syscall(SYS_fsync, fd)) }
int ftruncate(int fd, off_t size) { CALL("ftruncate", 0, below_fd(fd), syscall(SYS_ftruncate, fd, size)) }
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }
int mkdirat(int fd, const char *path, mode_t bits) {
    CALL("mkdir", 1, below_at(fd, path), syscall(SYS_mkdirat, fd, path, bits))
}
int mkdir(const char *path, mode_t bits) { return mkdirat(AT_FDCWD, path, bits); }
int unlinkat(int fd, const char *path, int flags) {
    CALL(flags & AT_REMOVEDIR ? "rmdir" : "unlink", 0, below_at(fd, path), syscall(SYS_unlinkat, fd, path, flags))
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int renameat(int a, const char *from, int b, const char *to) {
    CALL("rename", 1, below_at(b, to), syscall(SYS_renameat2, a, from, b, to, 0))
}
int rename(const char *from, const char *to) { return renameat(AT_FDCWD, from, AT_FDCWD, to); }
static int opened(int fd, const char *path, int flags, mode_t bits) {
    CALL("open", 1, flags & (O_CREAT | O_TRUNC) && below_at(fd, path), syscall(SYS_openat, fd, path, flags, bits))
}
#define OPEN(name)                                       \
    int name(const char *path, int flags, ...) {         \
        va_list list;                                    \
        va_start(list, flags);                           \
        mode_t bits = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0; \
        va_end(list);                                    \
        return opened(AT_FDCWD, path, flags, bits);      \
    }
OPEN(open)
OPEN(open64)
