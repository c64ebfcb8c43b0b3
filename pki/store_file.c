#include "pki/store_file.h"

#include "pki/home.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define LOCK_FILE_BYTES ((off_t)40 * 1024) /* 512 reader slots of 64 octets and LMDB's mutexes */
#define FILE_MODE       0600
#define FULL_BYTES      ((uint64_t)64 * 1024)

enum pki_error pki_file_check_header(const char *folder, struct pki_fault *fault)
{
    char path[PKI_PATH_MAX];
    struct stat status;
    enum pki_error error = pki_home_path(folder, "data.mdb", path, fault);

    if (error != PKI_OK) {
        return error;
    }
    if (stat(path, &status) != 0) {
        return pki_fault_set(fault, pki_error_from_errno(errno), "%s: %s", path, strerror(errno));
    }
    if (status.st_size < 2 * sysconf(_SC_PAGESIZE)) {
        return pki_fault_set(fault, PKI_ECORRUPT, "%s: truncated to %lld octets", path,
                             (long long)status.st_size);
    }
    return PKI_OK;
}

enum pki_error pki_file_check_length(int fd, uint64_t needed, const char *folder,
                                     struct pki_fault *fault)
{
    struct stat status;

    if (fstat(fd, &status) != 0) {
        return pki_fault_set(fault, PKI_EIO, "%s/data.mdb: %s", folder, strerror(errno));
    }
    if ((uint64_t)status.st_size < needed) {
        return pki_fault_set(fault, PKI_ECORRUPT, "%s/data.mdb: truncated: %lld octets of %llu",
                             folder, (long long)status.st_size, (unsigned long long)needed);
    }
    return PKI_OK;
}

enum pki_error pki_file_allocate_lock(const char *folder, struct pki_fault *fault)
{
    char path[PKI_PATH_MAX];
    enum pki_error error = pki_home_path(folder, "lock.mdb", path, fault);

    if (error != PKI_OK) {
        return error;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);

    if (fd < 0) {
        return PKI_OK;
    }
    if (fallocate(fd, 0, 0, LOCK_FILE_BYTES) != 0 && (errno == ENOSPC || errno == EDQUOT)) {
        error = pki_fault_set(fault, PKI_EFULL, "%s: %s", path, strerror(errno));
    }
    close(fd);
    return error;
}

void pki_file_cover(int fd, uint64_t needed)
{
    struct stat status;

    if (fstat(fd, &status) == 0 && (uint64_t)status.st_size < needed) {
        (void)!fallocate(fd, 0, status.st_size, (off_t)needed - status.st_size);
    }
}

bool pki_file_is_disk_full(int fd)
{
    struct statvfs status;

    return fstatvfs(fd, &status) == 0 && (uint64_t)status.f_bavail * status.f_frsize < FULL_BYTES;
}
