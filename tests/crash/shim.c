/*
 * Stands between the binary and libc (LD_PRELOAD): counts every call that writes to a file or
 * changes a folder below CRASH_ROOT, names it in CRASH_LOG, and at call number CRASH_AT does what
 * CRASH_DO says:
 *
 *   kill-before    the process dies instead of the call          (SIGKILL)
 *   kill-halfway   a write writes half of its bytes, and dies; other calls die instead
 *   kill-after     the call is made, and the process dies before it returns
 *   fail           the call fails with errno CRASH_ERRNO
 *   fail-on        so do all after it: a disk that stays full
 *   short          a write writes half of its bytes; other calls are made
 *   stall          the call never returns: a disk that hangs
 *
 * Whatever else the process does, such as writing to its standard output, is left alone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum deed { NOTHING, KILL_BEFORE, KILL_HALFWAY, KILL_AFTER, FAIL, FAIL_ON, SHORT, STALL };

static const char *root;
static size_t root_length;
static int log_file = -1;
static long at;
static enum deed deed_at;
static int error;
static atomic_long count;

static const char *const DEEDS[] = {"",     "kill-before", "kill-halfway", "kill-after",
                                    "fail", "fail-on",     "short",        "stall"};

__attribute__((constructor)) static void read_environment(void) {
    const char *text;
    root = getenv("CRASH_ROOT");
    root_length = root ? strlen(root) : 0;
    if ((text = getenv("CRASH_LOG")))
        log_file = syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_APPEND | O_CLOEXEC);
    if ((text = getenv("CRASH_AT")))
        at = atol(text);
    if ((text = getenv("CRASH_ERRNO")))
        error = atoi(text);
    if ((text = getenv("CRASH_DO")))
        for (int i = 1; i <= STALL; i++)
            if (!strcmp(text, DEEDS[i]))
                deed_at = i;
}

static void die(void) {
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;)
        pause();
}

/* Counts and names a call on a path; does what is to be done before it, and says what remains. */
static enum deed before(const char *call, const char *path) {
    if (!root || strncmp(path, root, root_length) || (path[root_length] && path[root_length] != '/'))
        return NOTHING;
    int saved = errno;
    long number = atomic_fetch_add(&count, 1) + 1;
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%ld %s %s\n", number, call, path + root_length);
    if (log_file >= 0)
        syscall(SYS_write, log_file, line, length);
    errno = saved;
    if (deed_at == FAIL_ON && number >= at)
        return FAIL;
    if (number != at)
        return NOTHING;
    if (deed_at == KILL_BEFORE)
        die();
    if (deed_at == STALL)
        for (;;)
            pause();
    return deed_at;
}

/* The path of an open file, by the kernel's word for it. */
static const char *of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length > 0 ? length : 0] = 0;
    return path;
}

/* A path as a whole, that was given relative to a folder. */
static const char *in(int folder, const char *name, char *path) {
    if (name[0] == '/')
        return name;
    char base[PATH_MAX];
    if (folder == AT_FDCWD) {
        if (!getcwd(base, sizeof base))
            return "";
    } else {
        of(folder, base);
    }
    snprintf(path, PATH_MAX, "%.2000s/%.2000s", base, name);
    return path;
}

#define REAL(name)                                      \
    static __typeof__(&name) real;                      \
    if (!real)                                          \
    real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* Makes a call on a path with everything around it; SHORTEN is done when it is to write less. */
#define AROUND(name, path, shorten, call)               \
    char room[PATH_MAX];                                \
    int saved = errno;                                  \
    enum deed deed = before(#name, path);               \
    errno = saved;                                      \
    if (deed == FAIL) {                                 \
        errno = error;                                  \
        return -1;                                      \
    }                                                   \
    if (deed == SHORT || deed == KILL_HALFWAY)          \
        shorten;                                        \
    __typeof__(call) result = (call);                   \
    if (deed == KILL_AFTER || deed == KILL_HALFWAY)     \
        die();                                          \
    return result

/* What cannot be done by half is not done. */
#define WHOLE                                           \
    if (deed == KILL_HALFWAY)                           \
    die()

#define HALF(size) size = (size + 1) / 2

/* Opening a file changes something when it may make the file or write to it. */
static int writes(int flags) {
    return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
}

static mode_t mode_of(int flags, va_list rest) {
    return (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;
}

#define OPEN(name, folder, path, call)                  \
    REAL(name);                                         \
    va_list rest;                                       \
    va_start(rest, flags);                              \
    mode_t mode = mode_of(flags, rest);                 \
    va_end(rest);                                       \
    if (!writes(flags))                                 \
        return (call);                                  \
    AROUND(name, in(folder, path, room), WHOLE, call)

int open(const char *path, int flags, ...) { OPEN(open, AT_FDCWD, path, real(path, flags, mode)); }
int open64(const char *path, int flags, ...) {
    OPEN(open64, AT_FDCWD, path, real(path, flags, mode));
}
int openat(int folder, const char *path, int flags, ...) {
    OPEN(openat, folder, path, real(folder, path, flags, mode));
}
int openat64(int folder, const char *path, int flags, ...) {
    OPEN(openat64, folder, path, real(folder, path, flags, mode));
}

ssize_t write(int fd, const void *bytes, size_t size) {
    REAL(write);
    AROUND(write, of(fd, room), HALF(size), real(fd, bytes, size));
}
ssize_t writev(int fd, const struct iovec *parts, int n) {
    REAL(writev);
    AROUND(writev, of(fd, room), HALF(n), real(fd, parts, n));
}
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t to) {
    REAL(pwrite);
    AROUND(pwrite, of(fd, room), HALF(size), real(fd, bytes, size, to));
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t to) {
    REAL(pwrite64);
    AROUND(pwrite64, of(fd, room), HALF(size), real(fd, bytes, size, to));
}
ssize_t copy_file_range(int from, off64_t *begin, int fd, off64_t *to, size_t size, unsigned flags) {
    REAL(copy_file_range);
    /* Asked for far more than there is, it would not notice half of it. */
    struct stat file;
    if (!fstat(from, &file) && size > (size_t)file.st_size && file.st_size > 1)
        size = file.st_size;
    AROUND(copy_file_range, of(fd, room), HALF(size), real(from, begin, fd, to, size, flags));
}
ssize_t sendfile(int fd, int from, off_t *begin, size_t size) {
    REAL(sendfile);
    AROUND(sendfile, of(fd, room), HALF(size), real(fd, from, begin, size));
}
ssize_t sendfile64(int fd, int from, off64_t *begin, size_t size) {
    REAL(sendfile64);
    AROUND(sendfile64, of(fd, room), HALF(size), real(fd, from, begin, size));
}

int ftruncate(int fd, off_t size) {
    REAL(ftruncate);
    AROUND(ftruncate, of(fd, room), WHOLE, real(fd, size));
}
int ftruncate64(int fd, off64_t size) {
    REAL(ftruncate64);
    AROUND(ftruncate64, of(fd, room), WHOLE, real(fd, size));
}
int fsync(int fd) {
    REAL(fsync);
    AROUND(fsync, of(fd, room), WHOLE, real(fd));
}
int fdatasync(int fd) {
    REAL(fdatasync);
    AROUND(fdatasync, of(fd, room), WHOLE, real(fd));
}
int fchmod(int fd, mode_t mode) {
    REAL(fchmod);
    AROUND(fchmod, of(fd, room), WHOLE, real(fd, mode));
}
int futimens(int fd, const struct timespec times[2]) {
    REAL(futimens);
    AROUND(futimens, of(fd, room), WHOLE, real(fd, times));
}

int chmod(const char *path, mode_t mode) {
    REAL(chmod);
    AROUND(chmod, in(AT_FDCWD, path, room), WHOLE, real(path, mode));
}
int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    AROUND(mkdir, in(AT_FDCWD, path, room), WHOLE, real(path, mode));
}
int rmdir(const char *path) {
    REAL(rmdir);
    AROUND(rmdir, in(AT_FDCWD, path, room), WHOLE, real(path));
}
int unlink(const char *path) {
    REAL(unlink);
    AROUND(unlink, in(AT_FDCWD, path, room), WHOLE, real(path));
}
int unlinkat(int folder, const char *path, int flags) {
    REAL(unlinkat);
    AROUND(unlinkat, in(folder, path, room), WHOLE, real(folder, path, flags));
}
int symlink(const char *to, const char *path) {
    REAL(symlink);
    AROUND(symlink, in(AT_FDCWD, path, room), WHOLE, real(to, path));
}
/* Two paths: the call is known by the one that comes into being. */
int rename(const char *from, const char *path) {
    REAL(rename);
    AROUND(rename, in(AT_FDCWD, path, room), WHOLE, real(from, path));
}
int renameat(int folder, const char *from, int to, const char *path) {
    REAL(renameat);
    AROUND(renameat, in(to, path, room), WHOLE, real(folder, from, to, path));
}
int renameat2(int folder, const char *from, int to, const char *path, unsigned flags) {
    REAL(renameat2);
    AROUND(renameat2, in(to, path, room), WHOLE, real(folder, from, to, path, flags));
}
int link(const char *from, const char *path) {
    REAL(link);
    AROUND(link, in(AT_FDCWD, path, room), WHOLE, real(from, path));
}
int linkat(int folder, const char *from, int to, const char *path, int flags) {
    REAL(linkat);
    AROUND(linkat, in(to, path, room), WHOLE, real(folder, from, to, path, flags));
}
