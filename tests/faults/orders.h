/* The orders of a round, and what is done at a call: counted, hurt, written down. The file's own work is done by plain
 * system calls, so that it never counts itself. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN_WRITE = 1, OPEN_READ = 2, WRITE = 4, RENAME = 8, UNLINK = 16, MKDIR = 32, TRUNCATE = 64, META = 128,
       FLUSH = 256, CLOSE = 512, READ = 1024 };
enum { COUNT, KILL, TORN, FAIL, SHORT, SIGNAL, POWER };

struct orders {
    int64_t count;        /* calls of the mask so far, of all processes */
    int64_t at;           /* the call that is hurt; 0 for none */
    int64_t tick;         /* the call after which a bystander flushes, so that the journal is committed; 0 for none */
    int32_t mode;
    int32_t mask;         /* which kinds of calls count; 0: the shim sleeps */
    int32_t number;       /* errno, or a signal */
    int32_t onwards;      /* fail at every call from `at` on */
    int32_t whole_group;  /* kill, or signal, the process group, not the process alone */
    int32_t hits;         /* how often it hurt */
    int32_t busy;         /* while calls are written down: a thread is between its call and its note */
    int64_t of_kind[16];  /* calls so far, kind by kind */
    char root[1024];
    char log[1024];       /* where calls are written down, with what they wrote; empty for nowhere */
};

static struct orders *orders;

__attribute__((constructor)) static void attach(void) {
    const char *path = getenv("FAULTS_ORDERS");
    if (!path) return;
    int fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    void *map = mmap(NULL, sizeof(struct orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (map != MAP_FAILED) orders = map;
}

/* ---- which files */

static int below(const char *path) {
    size_t n = strlen(orders->root);
    return n && !strncmp(path, orders->root, n) && (path[n] == '/' || !path[n]);
}

static int fd_path(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    path[n < 0 ? 0 : n] = 0;
    return n > 0;
}

static void absolute(int dirfd, const char *given, char *path) {
    path[0] = 0;
    if (given[0] == '/') { snprintf(path, PATH_MAX, "%s", given); return; }
    if (dirfd == AT_FDCWD) { if (syscall(SYS_getcwd, path, PATH_MAX) < 0) path[0] = 0; }
    else fd_path(dirfd, path);
    size_t n = strlen(path);
    if (given[0] && strcmp(given, ".")) snprintf(path + n, PATH_MAX - n, "/%s", given);
}

static __thread int kind_now;  /* of the call that was asked about last */
static int wanted(int kind) { kind_now = kind; return orders && orders->mask & kind; }

static int fd_wanted(int fd, int kind, char *path) {
    int saved = errno, yes = wanted(kind) && fd_path(fd, path) && path[0] == '/' && below(path);
    errno = saved;
    return yes;
}

static int path_wanted(int dirfd, const char *given, int kind, char *path) {
    if (!wanted(kind) || !given) return 0;
    int saved = errno;
    absolute(dirfd, given, path);
    errno = saved;
    return below(path);
}

/* ---- what happens at a call */

static void die(void) {
    if (orders->whole_group) syscall(SYS_kill, 0, SIGKILL);
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    for (;;) pause();
}

static int open_root(const char *name, int flags) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s%s", orders->root, name);
    return syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
}

static void cut_power(void) {
    uint32_t without_flush = 2;
    int fd = open_root("", O_RDONLY);
    syscall(SYS_ioctl, fd, _IOR('X', 125, uint32_t), &without_flush);
    die();
}

static void commit_journal(void) {  /* of a bystander, beside the root: what the system does by itself every few seconds */
    int fd = open_root("/../tick", O_WRONLY | O_CREAT);
    if (fd < 0) return;
    syscall(SYS_write, fd, "tick", 4);
    syscall(SYS_fsync, fd);
    syscall(SYS_close, fd);
}

/* Calls that are written down are made one at a time, so that the notes are in the order in which they happened. */
static void begin(void) {
    if (orders->log[0])
        while (__atomic_exchange_n(&orders->busy, 1, __ATOMIC_ACQUIRE)) syscall(SYS_sched_yield);
}

static void end(void) {
    if (orders->log[0]) __atomic_store_n(&orders->busy, 0, __ATOMIC_RELEASE);
}

/* Count a call. Says whether it is to be hurt. */
static int hurts(int64_t *number) {
    begin();
    *number = __atomic_add_fetch(&orders->count, 1, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&orders->of_kind[__builtin_ctz(kind_now)], 1, __ATOMIC_SEQ_CST);
    int yes = orders->at && (*number == orders->at || (orders->onwards && *number > orders->at));
    if (yes) __atomic_add_fetch(&orders->hits, 1, __ATOMIC_SEQ_CST);
    return yes;
}

static int refused(void) {
    end();
    errno = orders->number;
    return -1;
}

static void after(int64_t number, int hurt) {
    int saved = errno;
    if (number == orders->tick) commit_journal();
    if (hurt && (orders->mode == KILL || orders->mode == TORN)) die();
    if (hurt && orders->mode == POWER) cut_power();
    if (hurt && orders->mode == SIGNAL) syscall(SYS_kill, orders->whole_group ? 0 : syscall(SYS_getpid), orders->number);
    end();
    errno = saved;
}

/* Write a call down: a line of fields, then the bytes that it wrote. */
static void note(const char *call, uint64_t inode, int64_t offset, const void *data, size_t size, const char *path,
                 const char *path2) {
    if (!orders->log[0]) return;
    int saved = errno;
    char line[2 * PATH_MAX + 128];
    int n = snprintf(line, sizeof line, "%s\t%llu\t%lld\t%zu\t%s\t%s\n", call, (unsigned long long)inode,
                     (long long)offset, data ? size : 0, path, path2);
    int fd = syscall(SYS_openat, AT_FDCWD, orders->log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    struct iovec parts[2] = {{line, n}, {(void *)data, data ? size : 0}};
    if (fd >= 0) { syscall(SYS_writev, fd, parts, 2); syscall(SYS_close, fd); }
    errno = saved;
}

static uint64_t inode_of(int fd) {
    struct stat about;
    int saved = errno;
    uint64_t inode = fstat(fd, &about) ? 0 : about.st_ino;
    errno = saved;
    return inode;
}
