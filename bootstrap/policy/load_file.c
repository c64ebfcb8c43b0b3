#include "bootstrap/policy/load.h"

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

static int is_yaml(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".yaml") == 0;
}

static int name_compare(const struct dirent **left, const struct dirent **right)
{
    return strcmp((*left)->d_name, (*right)->d_name); /* the same order in every locale */
}

static void add_file(struct policy_set *set, const char *path, struct policy_report *report)
{
    size_t len = 0;
    char *text = policy_file_read(path, &len, report);
    if (text != NULL) {
        policy_set_add(set, path, text, len, report);
    }
    free(text);
}

static void add_folder(struct policy_set *set, const char *path, struct policy_report *report)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_yaml, name_compare);
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
