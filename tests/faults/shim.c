/* Stands between a program and the C library: counts the calls that touch files under one folder, and hurts at a chosen
 * one. Preloaded; told what to do through a file that all processes of a round map (`orders.h`; `shim.py` has the same). */
#include "orders.h"

#define REAL(name) ({ static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name); real; })
/* A call that is not a write: counted, failed or made, noted by `NOTE`. */
#define AROUND(WANTED, MAKE, NOTE) \
    if (!(WANTED)) return MAKE; \
    int64_t number; \
    int hurt = hurts(&number); \
    if (hurt && orders->mode == FAIL) return refused(); \
    __typeof__(MAKE) result = MAKE; \
    if (result >= 0) { NOTE; } \
    after(number, hurt); \
    return result

/* ---- opening and closing */

static int opened(int dirfd, const char *given, int flags, mode_t mode, __typeof__(openat) *real) {
    char path[PATH_MAX];
    int kind = flags & (O_ACCMODE | O_CREAT | O_TRUNC) ? OPEN_WRITE : OPEN_READ;
    int is_new = flags & O_CREAT && syscall(SYS_faccessat, dirfd, given, F_OK);
    const char *change = is_new ? "create" : flags & O_TRUNC ? "empty" : NULL;
    AROUND(path_wanted(dirfd, given, kind, path), real(dirfd, given, flags, mode),
           if (change) note(change, inode_of(result), 0, NULL, 0, path, ""));
}

#define OPEN_AS(name, real_name) \
    int name(const char *path, int flags, ...) { \
        va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
        return opened(AT_FDCWD, path, flags, mode, REAL(real_name)); }
OPEN_AS(open, openat)
OPEN_AS(open64, openat64)
#define OPENAT_AS(name) \
    int name(int dirfd, const char *path, int flags, ...) { \
        va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
        return opened(dirfd, path, flags, mode, REAL(name)); }
OPENAT_AS(openat)
OPENAT_AS(openat64)
int creat(const char *path, mode_t mode) { return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return open64(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int __open_2(const char *path, int flags) { return open(path, flags); }
int __open64_2(const char *path, int flags) { return open64(path, flags); }
int __openat_2(int dirfd, const char *path, int flags) { return openat(dirfd, path, flags); }
int __openat64_2(int dirfd, const char *path, int flags) { return openat64(dirfd, path, flags); }

int close(int fd) {
    char path[PATH_MAX];
    if (!fd_wanted(fd, CLOSE, path) || !(syscall(SYS_fcntl, fd, F_GETFL) & O_ACCMODE)) return REAL(close)(fd);
    int64_t number;
    int hurt = hurts(&number), result = REAL(close)(fd);  /* Linux closes it even where it says that it failed */
    if (hurt && orders->mode == FAIL) return refused();
    after(number, hurt);
    return result;
}

/* ---- writing: all ends in `written`, with the bytes of a single buffer */

static ssize_t written(int fd, const void *data, size_t size, int64_t offset, const char *path) {
    int64_t number;
    int hurt = hurts(&number);
    if (hurt && orders->mode == FAIL) return refused();
    if (hurt && (orders->mode == SHORT || orders->mode == TORN)) size = size > 1 ? size / 2 : size;
    ssize_t result = offset < 0 ? syscall(SYS_write, fd, data, size) : syscall(SYS_pwrite64, fd, data, size, offset);
    if (result >= 0 && orders->log[0])
        note("write", inode_of(fd), offset < 0 ? syscall(SYS_lseek, fd, 0, SEEK_CUR) - result : offset, data, result,
             path, "");
    after(number, hurt);
    return result;
}

ssize_t write(int fd, const void *data, size_t size) {
    char path[PATH_MAX];
    return fd_wanted(fd, WRITE, path) ? written(fd, data, size, -1, path) : REAL(write)(fd, data, size);
}
#define PWRITE_AS(name) \
    ssize_t name(int fd, const void *data, size_t size, __typeof__(((struct stat *)0)->st_size) offset) { \
        char path[PATH_MAX]; \
        return fd_wanted(fd, WRITE, path) ? written(fd, data, size, offset, path) : REAL(name)(fd, data, size, offset); }
PWRITE_AS(pwrite)
PWRITE_AS(pwrite64)

static ssize_t gathered(int fd, const struct iovec *parts, int count, int64_t offset, const char *path) {
    size_t size = 0, at = 0;
    for (int i = 0; i < count; i++) size += parts[i].iov_len;
    char *data = malloc(size + 1);
    for (int i = 0; i < count; at += parts[i++].iov_len) memcpy(data + at, parts[i].iov_base, parts[i].iov_len);
    ssize_t result = written(fd, data, size, offset, path);
    free(data);
    return result;
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    char path[PATH_MAX];
    return fd_wanted(fd, WRITE, path) ? gathered(fd, parts, count, -1, path) : REAL(writev)(fd, parts, count);
}
#define PWRITEV_AS(name) \
    ssize_t name(int fd, const struct iovec *parts, int count, off_t offset) { \
        char path[PATH_MAX]; \
        return fd_wanted(fd, WRITE, path) ? gathered(fd, parts, count, offset, path) \
                                          : REAL(name)(fd, parts, count, offset); }
PWRITEV_AS(pwritev)
PWRITEV_AS(pwritev64)

/* Copies inside the kernel: read, then written as the rest. */
static ssize_t copied(int out, int in, int64_t *from, int64_t *to, size_t size, const char *path) {
    if (size > 1 << 24) size = 1 << 24;
    char *data = malloc(size + 1);
    ssize_t n = from ? syscall(SYS_pread64, in, data, size, *from) : syscall(SYS_read, in, data, size);
    ssize_t result = n > 0 ? written(out, data, n, to ? *to : -1, path) : n;
    int saved = errno;
    if (n > 0 && !from) syscall(SYS_lseek, in, (result > 0 ? result : 0) - n, SEEK_CUR);
    if (result > 0 && from) *from += result;
    if (result > 0 && to) *to += result;
    errno = saved;
    free(data);
    return result;
}
#define SENDFILE_AS(name, T) \
    ssize_t name(int out, int in, T *from, size_t size) { \
        char path[PATH_MAX]; \
        return fd_wanted(out, WRITE, path) ? copied(out, in, (int64_t *)from, NULL, size, path) \
                                           : REAL(name)(out, in, from, size); }
SENDFILE_AS(sendfile, off_t)
SENDFILE_AS(sendfile64, off64_t)
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t size, unsigned int flags) {
    char path[PATH_MAX];
    return fd_wanted(out, WRITE, path) ? copied(out, in, from, to, size, path)
                                       : REAL(copy_file_range)(in, from, out, to, size, flags);
}

/* ---- reading */

ssize_t read(int fd, void *data, size_t size) {
    char path[PATH_MAX];
    AROUND(fd_wanted(fd, READ, path), syscall(SYS_read, fd, data, size), );
}
#define PREAD_AS(name) \
    ssize_t name(int fd, void *data, size_t size, off_t offset) { \
        char path[PATH_MAX]; \
        AROUND(fd_wanted(fd, READ, path), syscall(SYS_pread64, fd, data, size, offset), ); }
PREAD_AS(pread)
PREAD_AS(pread64)

/* ---- lengths, flushes */

#define TRUNCATE_AS(name) \
    int name(int fd, off_t size) { \
        char path[PATH_MAX]; \
        AROUND(fd_wanted(fd, TRUNCATE, path), syscall(SYS_ftruncate, fd, size), \
               note("truncate", inode_of(fd), size, NULL, 0, path, "")); }
TRUNCATE_AS(ftruncate)
TRUNCATE_AS(ftruncate64)
#define ALLOCATE_AS(name) \
    int name(int fd, int mode, off_t offset, off_t size) { \
        char path[PATH_MAX]; \
        AROUND(fd_wanted(fd, TRUNCATE, path), syscall(SYS_fallocate, fd, mode, offset, size), ); }
ALLOCATE_AS(fallocate)
ALLOCATE_AS(fallocate64)
#define FLUSH_AS(name) \
    int name(int fd) { \
        char path[PATH_MAX]; \
        AROUND(fd_wanted(fd, FLUSH, path), syscall(SYS_##name, fd), note(#name, inode_of(fd), 0, NULL, 0, path, "")); }
FLUSH_AS(fsync)
FLUSH_AS(fdatasync)
FLUSH_AS(syncfs)

/* ---- names */

static int renamed(int from_dir, const char *from, int to_dir, const char *to, unsigned int flags) {
    char a[PATH_MAX], b[PATH_MAX];
    AROUND(path_wanted(from_dir, from, RENAME, a) | path_wanted(to_dir, to, RENAME, b),
           syscall(SYS_renameat2, from_dir, from, to_dir, to, flags), note("rename", 0, 0, NULL, 0, a, b));
}
int rename(const char *from, const char *to) { return renamed(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int a, const char *from, int b, const char *to) { return renamed(a, from, b, to, 0); }
int renameat2(int a, const char *from, int b, const char *to, unsigned int flags) {
    return renamed(a, from, b, to, flags);
}
int linkat(int a, const char *from, int b, const char *to, int flags) {
    char x[PATH_MAX], y[PATH_MAX];
    absolute(a, from, x);
    AROUND(path_wanted(b, to, RENAME, y), syscall(SYS_linkat, a, from, b, to, flags), note("link", 0, 0, NULL, 0, x, y));
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }
int symlinkat(const char *to, int dirfd, const char *given) {
    char path[PATH_MAX];
    AROUND(path_wanted(dirfd, given, RENAME, path), syscall(SYS_symlinkat, to, dirfd, given),
           note("symlink", 0, 0, NULL, 0, path, to));
}
int symlink(const char *to, const char *path) { return symlinkat(to, AT_FDCWD, path); }
int unlinkat(int dirfd, const char *given, int flags) {
    char path[PATH_MAX];
    AROUND(path_wanted(dirfd, given, UNLINK, path), syscall(SYS_unlinkat, dirfd, given, flags),
           note(flags & AT_REMOVEDIR ? "rmdir" : "unlink", 0, 0, NULL, 0, path, ""));
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int mkdirat(int dirfd, const char *given, mode_t mode) {
    char path[PATH_MAX];
    AROUND(path_wanted(dirfd, given, MKDIR, path), syscall(SYS_mkdirat, dirfd, given, mode),
           note("mkdir", 0, 0, NULL, 0, path, ""));
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

/* ---- modes and times */

int fchmod(int fd, mode_t mode) {
    char path[PATH_MAX];
    AROUND(fd_wanted(fd, META, path), syscall(SYS_fchmod, fd, mode), );
}
int chmod(const char *given, mode_t mode) {
    char path[PATH_MAX];
    AROUND(path_wanted(AT_FDCWD, given, META, path), syscall(SYS_fchmodat, AT_FDCWD, given, mode), );
}
int utimensat(int dirfd, const char *given, const struct timespec times[2], int flags) {
    char path[PATH_MAX];
    AROUND(path_wanted(dirfd, given, META, path), syscall(SYS_utimensat, dirfd, given, times, flags), );
}
int futimens(int fd, const struct timespec times[2]) {
    char path[PATH_MAX];
    AROUND(fd_wanted(fd, META, path), syscall(SYS_utimensat, fd, NULL, times, 0), );
}
