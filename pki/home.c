#include "pki/home.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_FILE    "home.key"
#define STORE       "store"
#define MAKING      ".init"
#define FOLDER_MODE 0700
#define FILE_MODE   0600

static enum pki_error from_errno(struct pki_fault *fault, const char *path)
{
    return pki_fault_set(fault, pki_error_from_errno(errno), "%s: %s", path, strerror(errno));
}

enum pki_error pki_home_path(const char *home, const char *name, char out[static PKI_PATH_MAX],
                             struct pki_fault *fault)
{
    int len = snprintf(out, PKI_PATH_MAX, "%s/%s", home, name);

    if (len < 0 || len >= PKI_PATH_MAX) {
        return pki_fault_set(fault, PKI_EINVAL, "the path of the home is too long");
    }
    return PKI_OK;
}

/* ---- owner and mode ---- */

static enum pki_error check_status(const char *path, const struct stat *status, mode_t type,
                                   mode_t open_bits, struct pki_fault *fault)
{
    if ((status->st_mode & S_IFMT) != type) {
        return pki_fault_set(fault, PKI_EMODE, "%s: not a %s", path,
                             type == S_IFDIR ? "folder" : "regular file");
    }
    if (status->st_uid != geteuid()) {
        return pki_fault_set(fault, PKI_EMODE, "%s: belongs to user %u, not to %u who runs this",
                             path, (unsigned int)status->st_uid, (unsigned int)geteuid());
    }
    if ((status->st_mode & 077 & ~open_bits) != 0) {
        return pki_fault_set(fault, PKI_EMODE, "%s: mode %04o is open to others; make it %04o",
                             path, (unsigned int)(status->st_mode & 07777),
                             type == S_IFDIR ? FOLDER_MODE : FILE_MODE);
    }
    return PKI_OK;
}

struct part {
    const char *name; /* "" = the home itself */
    mode_t type;
    bool is_optional;
};

static enum pki_error check_part(const char *home, const struct part *part, struct pki_fault *fault)
{
    char path[PKI_PATH_MAX];
    struct stat status;
    enum pki_error error = pki_home_path(home, part->name, path, fault);

    if (error != PKI_OK) {
        return error;
    }
    /* The home may be reached by a link; what is in it may not. */
    int rc = part->name[0] == '\0' ? stat(home, &status) : lstat(path, &status);

    if (rc != 0 && errno == ENOENT) {
        return part->is_optional
                   ? PKI_OK
                   : pki_fault_set(fault, PKI_ENOTFOUND, "%s: no home here (no %s)", home,
                                   part->name[0] == '\0' ? "such folder" : part->name);
    }
    if (rc != 0) {
        return from_errno(fault, path);
    }
    /* A group may pass through the home, to its control socket, and see nothing on the way. */
    return check_status(path, &status, part->type, part->name[0] == '\0' ? S_IXGRP : 0, fault);
}

enum pki_error pki_home_check(const char *home, struct pki_fault *fault)
{
    static const struct part parts[] = {
        {"", S_IFDIR, false},
        {STORE, S_IFDIR, false},
        {STORE "/data.mdb", S_IFREG, false},
        {STORE "/lock.mdb", S_IFREG, true},
        {KEY_FILE, S_IFREG, true},
    };
    enum pki_error error = PKI_OK;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && error == PKI_OK; i++) {
        error = check_part(home, &parts[i], fault);
    }
    return error;
}

/* ---- files ---- */

enum pki_error pki_home_key_read(const char *home, uint8_t key[static PKI_KEY_LEN],
                                 struct pki_fault *fault)
{
    char path[PKI_PATH_MAX];
    uint8_t extra;
    enum pki_error error = pki_home_path(home, KEY_FILE, path, fault);

    if (error != PKI_OK) {
        return error;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0) {
        return pki_fault_set(fault, PKI_EKEY, "%s: %s", path, strerror(errno));
    }
    ssize_t got = read(fd, key, PKI_KEY_LEN);
    bool is_whole = got == PKI_KEY_LEN && read(fd, &extra, 1) == 0;

    close(fd);
    if (!is_whole) {
        explicit_bzero(key, PKI_KEY_LEN);
        return pki_fault_set(fault, PKI_EKEY, "%s: must hold %d octets", path, PKI_KEY_LEN);
    }
    return PKI_OK;
}

static int sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        return -1;
    }
    int rc = fsync(fd);

    close(fd);
    return rc;
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t step = write(fd, data + done, len - done);

        if (step < 0 && errno == EINTR) {
            continue;
        }
        if (step <= 0) {
            errno = step == 0 ? ENOSPC : errno;
            return -1;
        }
        done += (size_t)step;
    }
    return fsync(fd);
}

static enum pki_error write_temporary(const char *path, const uint8_t *data, size_t len,
                                      struct pki_fault *fault)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);

    if (fd < 0) {
        return from_errno(fault, path);
    }
    enum pki_error error = PKI_OK;

    /* A umask can only take bits away; 0600 is what is wanted. */
    if (fchmod(fd, FILE_MODE) != 0 || write_all(fd, data, len) != 0) {
        error = from_errno(fault, path);
    }
    if (close(fd) != 0 && error == PKI_OK) {
        error = from_errno(fault, path);
    }
    return error;
}

enum pki_error pki_home_file_write(const char *folder, const char *name, const uint8_t *data,
                                   size_t len, struct pki_fault *fault)
{
    char path[PKI_PATH_MAX];
    char temporary[PKI_PATH_MAX];
    char temporary_name[64];
    enum pki_error error;

    snprintf(temporary_name, sizeof(temporary_name), ".%.40s.%ld", name, (long)getpid());
    error = pki_home_path(folder, name, path, fault);
    if (error == PKI_OK) {
        error = pki_home_path(folder, temporary_name, temporary, fault);
    }
    if (error != PKI_OK) {
        return error;
    }
    unlink(temporary);
    error = write_temporary(temporary, data, len, fault);
    if (error == PKI_OK && (rename(temporary, path) != 0 || sync_folder(folder) != 0)) {
        error = from_errno(fault, path);
    }
    if (error != PKI_OK) {
        unlink(temporary);
    }
    return error;
}

/* ---- making ---- */

/* Everything that a making puts into its folder. */
static void remove_making(const char *home)
{
    static const char *const files[] = {
        MAKING "/" STORE "/data.mdb",
        MAKING "/" STORE "/lock.mdb",
        MAKING "/" KEY_FILE,
    };
    static const char *const folders[] = {MAKING "/" STORE, MAKING};
    char path[PKI_PATH_MAX];

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (pki_home_path(home, files[i], path, NULL) == PKI_OK) {
            unlink(path);
        }
    }
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (pki_home_path(home, folders[i], path, NULL) == PKI_OK) {
            rmdir(path);
        }
    }
}

static bool is_there(const char *home, const char *name)
{
    char path[PKI_PATH_MAX];
    struct stat status;

    return pki_home_path(home, name, path, NULL) == PKI_OK && lstat(path, &status) == 0;
}

/* A key file beside .init and without a store is of a making that ended between its two moves. */
static void remove_leftovers(const char *home)
{
    char path[PKI_PATH_MAX];

    if (!is_there(home, MAKING) || is_there(home, STORE)) {
        return;
    }
    if (pki_home_path(home, KEY_FILE, path, NULL) == PKI_OK) {
        unlink(path);
    }
    remove_making(home);
}

static enum pki_error check_empty(const char *home, struct pki_fault *fault)
{
    DIR *folder = opendir(home);
    bool is_empty = true;

    if (folder == NULL) {
        return from_errno(fault, home);
    }
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            is_empty = false;
        }
    }
    closedir(folder);
    return is_empty ? PKI_OK
                    : pki_fault_set(fault, PKI_EEXISTS, "%s: exists and is not empty", home);
}

static enum pki_error prepare_home(const char *home, bool *has_made_home, struct pki_fault *fault)
{
    struct stat status;

    *has_made_home = mkdir(home, FOLDER_MODE) == 0;
    if (!*has_made_home && errno != EEXIST) {
        return from_errno(fault, home);
    }
    if (stat(home, &status) != 0) {
        return from_errno(fault, home);
    }
    if (!S_ISDIR(status.st_mode)) {
        return pki_fault_set(fault, PKI_EEXISTS, "%s: exists and is not a folder", home);
    }
    enum pki_error error = check_status(home, &status, S_IFDIR, 0, fault);

    if (error != PKI_OK) {
        return error;
    }
    remove_leftovers(home);
    return check_empty(home, fault);
}

enum pki_error pki_home_make_begin(const char *home, struct pki_home_making *making,
                                   struct pki_fault *fault)
{
    enum pki_error error;

    making->home = home;
    making->has_made_home = false;
    error = pki_home_path(home, MAKING, making->folder, fault);
    if (error == PKI_OK) {
        error = pki_home_path(home, MAKING "/" STORE, making->store, fault);
    }
    if (error == PKI_OK) {
        error = prepare_home(home, &making->has_made_home, fault);
    }
    if (error != PKI_OK) {
        return error;
    }
    if (mkdir(making->folder, FOLDER_MODE) != 0 || mkdir(making->store, FOLDER_MODE) != 0) {
        error = from_errno(fault, making->folder);
        pki_home_make_undo(making);
    }
    return error;
}

static int move(const struct pki_home_making *making, const char *name)
{
    char from[PKI_PATH_MAX];
    char to[PKI_PATH_MAX];

    if (pki_home_path(making->folder, name, from, NULL) != PKI_OK ||
        pki_home_path(making->home, name, to, NULL) != PKI_OK) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return rename(from, to);
}

static int sync_above(const char *home)
{
    char path[PKI_PATH_MAX];

    return pki_home_path(home, "..", path, NULL) == PKI_OK ? sync_folder(path) : -1;
}

enum pki_error pki_home_make_finish(struct pki_home_making *making, struct pki_fault *fault)
{
    /* The store comes last: a folder with a store is a home. */
    bool is_done = (!is_there(making->folder, KEY_FILE) || move(making, KEY_FILE) == 0) &&
                   sync_folder(making->store) == 0 && move(making, STORE) == 0 &&
                   rmdir(making->folder) == 0 && sync_folder(making->home) == 0 &&
                   (!making->has_made_home || sync_above(making->home) == 0);

    if (is_done) {
        return PKI_OK;
    }
    enum pki_error error = from_errno(fault, making->home);

    pki_home_make_undo(making);
    return error;
}

void pki_home_make_undo(struct pki_home_making *making)
{
    remove_leftovers(making->home);
    if (making->has_made_home) {
        rmdir(making->home);
    }
}
