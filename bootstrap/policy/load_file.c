#include "bootstrap/policy/load.h"

#include "bootstrap/policy/model.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES_MAX = 1000, PATH_OCTETS_MAX = 4096 };

char *policy_file_read(const char *path, size_t *len, struct policy_report *report)
{
    struct policy_mark mark = {.file = path};
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        policy_error(report, mark, "cannot be opened: %s", strerror(errno));
        return NULL;
    }
    size_t capacity = 1 << 14;
    char *text = malloc(capacity);
    *len = 0;
    while (text != NULL && *len <= POLICY_FILE_MAX) {
        size_t got = fread(text + *len, 1, capacity - *len, file);
        *len += got;
        if (got == 0) {
            break;
        }
        if (*len == capacity) {
            char *larger = realloc(text, capacity * 2);
            if (larger == NULL) {
                free(text);
            }
            text = larger;
            capacity *= 2;
        }
    }
    bool is_bad = ferror(file) != 0;
    int code = errno;
    fclose(file);
    if (is_bad || text == NULL) {
        policy_error(report, mark, "cannot be read: %s", strerror(is_bad ? code : ENOMEM));
        free(text);
        return NULL;
    }
    return text;
}

char *policy_file_beside(const char *file, const char *name, struct policy_mark mark,
                         struct policy_report *report)
{
    char folder[PATH_OCTETS_MAX];
    char path[PATH_OCTETS_MAX];
    char quoted[POLICY_QUOTE_MAX];
    const char *slash = strrchr(file, '/');
    int len = slash == NULL ? snprintf(folder, sizeof folder, ".")
                            : snprintf(folder, sizeof folder, "%.*s/", (int)(slash - file), file);
    char *root = len > 0 && (size_t)len < sizeof folder ? realpath(folder, NULL) : NULL;
    len = root != NULL ? snprintf(path, sizeof path, "%s/%s", root, name) : -1;
    char *real = len > 0 && (size_t)len < sizeof path ? realpath(path, NULL) : NULL;
    const char *wrong = real == NULL ? strerror(errno) : NULL;
    struct stat status;
    size_t root_len = root != NULL ? strlen(root) : 0;
    bool is_top = root_len == 1; /* "/" ends in its slash already */
    if (*name == '/' || (real != NULL && (strncmp(real, root, root_len) != 0 ||
                                          (!is_top && real[root_len] != '/')))) {
        wrong = "leads out of the folder of this file";
    } else if (real != NULL && (stat(real, &status) != 0 || !S_ISREG(status.st_mode))) {
        wrong = "is no plain file";
    }
    free(root);
    if (wrong != NULL) {
        policy_error(report, mark, "the file %s %s%s", policy_quote(name, strlen(name), quoted),
                     real == NULL ? "cannot be used: " : "", wrong);
        free(real);
        return NULL;
    }
    return real;
}

/* Cases of tests lie beside the policies that they test. */
static int is_policy_file(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    static const char cases[] = ".cases.yaml";
    const size_t cases_len = sizeof cases - 1;
    return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".yaml") == 0 &&
           (len < cases_len || strcmp(entry->d_name + len - cases_len, cases) != 0);
}

static int name_compare(const struct dirent **left, const struct dirent **right)
{
    return strcmp((*left)->d_name, (*right)->d_name); /* the same order in every locale */
}

/* ---- which files were read ---- */

static struct policy_source *source_of(const struct policy_set *set, const char *real)
{
    struct policy_source *sources = set->sources.items;
    for (size_t i = 0; i < set->sources.count; i++) {
        if (strcmp(sources[i].path, real) == 0) {
            return &sources[i];
        }
    }
    return NULL;
}

/* Reads PATH, which is the file REAL; what it includes may come to it again and is told so. */
static void read_file(struct policy_set *set, const char *path, const char *real,
                      struct policy_report *report)
{
    struct policy_source *source = policy_array_add(&set->arena, &set->sources, sizeof *source);
    size_t len = 0;
    char *text = policy_file_read(path, &len, report);
    if (source != NULL) {
        source->path = policy_arena_text(&set->arena, real, strlen(real));
    }
    if (text != NULL && !set->arena.is_failed) {
        policy_set_add(set, path, text, len, report);
    }
    free(text);
    source = set->arena.is_failed ? NULL : source_of(set, real);
    if (source != NULL) {
        source->is_read = true;
    }
}

static void add_file(struct policy_set *set, const char *path, struct policy_report *report)
{
    char *real = realpath(path, NULL);
    if (real == NULL) {
        policy_error(report, (struct policy_mark){.file = path}, "cannot be opened: %s",
                     strerror(errno));
    } else if (source_of(set, real) == NULL) {
        read_file(set, path, real, report);
    }
    free(real);
}

void policy_set_include(struct policy_set *set, const char *file, const char *name,
                        struct policy_mark mark, struct policy_report *report)
{
    char quoted[POLICY_QUOTE_MAX];
    char path[PATH_OCTETS_MAX];
    char *real = policy_file_beside(file, name, mark, report);
    if (real == NULL) {
        return;
    }
    const struct policy_source *source = source_of(set, real);
    const char *slash = strrchr(file, '/');
    int len = snprintf(path, sizeof path, "%.*s%s", slash != NULL ? (int)(slash + 1 - file) : 0,
                       file, name);
    if (source != NULL && !source->is_read) {
        policy_error(report, mark, "%s includes itself, directly or by others",
                     policy_quote(name, strlen(name), quoted));
    } else if (set->sources.count >= FILES_MAX) {
        policy_error(report, mark, "more than %d files in all", FILES_MAX);
    } else if (source == NULL && len > 0 && (size_t)len < sizeof path) {
        read_file(set, path, real, report);
    }
    free(real);
}

static void add_folder(struct policy_set *set, const char *path, struct policy_report *report)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_policy_file, name_compare);
    if (count < 0) {
        policy_error(report, (struct policy_mark){.file = path}, "cannot be read: %s",
                     strerror(errno));
    } else if (count == 0) {
        policy_error(report, (struct policy_mark){.file = path}, "holds no *.yaml file");
    } else if (count > FILES_MAX) {
        policy_error(report, (struct policy_mark){.file = path}, "holds more than %d files",
                     FILES_MAX);
    }
    for (int i = 0; i < count; i++) {
        char name[PATH_OCTETS_MAX];
        int len = snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        if (count <= FILES_MAX && len > 0 && (size_t)len < sizeof name) {
            add_file(set, name, report);
        }
        free(entries[i]);
    }
    free(entries);
}

struct policy_set *policy_set_load(const char *path, struct lwm2m_definitions *definitions,
                                   struct policy_report *report)
{
    size_t errors_before = report->error_count;
    struct policy_set *set = policy_set_begin(definitions, report);
    if (set == NULL) {
        return NULL;
    }
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        add_folder(set, path, report);
    } else {
        add_file(set, path, report);
    }
    return policy_set_finish(set, report, errors_before);
}
