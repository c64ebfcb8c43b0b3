#include "bootstrap/policy/load.h"

#include "bootstrap/lwm2m/definition.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_OCTETS_MAX = 4096 };

static int is_xml(const struct dirent *entry)
{
    const size_t len = strlen(entry->d_name);
    return entry->d_name[0] != '.' && len > 4 && strcmp(entry->d_name + len - 4, ".xml") == 0;
}

static int name_compare(const struct dirent **left, const struct dirent **right)
{
    return strcmp((*left)->d_name, (*right)->d_name); /* the same order in every locale */
}

static void add_file(struct lwm2m_definitions *definitions, const char *path,
                     struct policy_report *report)
{
    size_t len = 0;
    struct lwm2m_definition_fault fault;
    char *text = policy_file_read(path, &len, report);
    if (text == NULL) {
        return;
    }
    const enum lwm2m_error error = lwm2m_definitions_add(definitions, text, len, &fault);
    struct policy_mark mark = {.file = path, .line = fault.line, .column = fault.column};
    if (error == LWM2M_EUNSUPPORTED) {
        policy_warning(report, (struct policy_mark){.file = path}, "%s", fault.text);
    } else if (error != LWM2M_OK) {
        policy_error(report, mark, "%s", fault.text);
    }
    free(text);
}

static void add_folder(struct lwm2m_definitions *definitions, const char *path,
                       struct policy_report *report)
{
    struct dirent **entries = NULL;
    const int count = scandir(path, &entries, is_xml, name_compare);
    const struct policy_mark mark = {.file = path};
    if (count < 0) {
        policy_error(report, mark, "cannot be read: %s", strerror(errno));
    } else if (count == 0) {
        policy_error(report, mark, "holds no *.xml file");
    } else if (count > LWM2M_DEFINITION_OBJECTS_MAX) {
        policy_error(report, mark, "holds more than %d files", LWM2M_DEFINITION_OBJECTS_MAX);
    }
    for (int i = 0; i < count; i++) {
        char name[PATH_OCTETS_MAX];
        const int len = snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        if (len < 0 || (size_t)len >= sizeof name) {
            policy_error(report, mark, "holds a file whose path is too long");
        } else if (count <= LWM2M_DEFINITION_OBJECTS_MAX) {
            add_file(definitions, name, report);
        }
        free(entries[i]);
    }
    free(entries);
}

struct lwm2m_definitions *policy_definitions_load(const char *path, struct policy_report *report)
{
    const size_t errors_before = report->error_count;
    struct lwm2m_definitions *definitions = lwm2m_definitions_new();
    struct stat status;
    if (definitions == NULL) {
        policy_error(report, (struct policy_mark){.file = path}, "out of memory");
        return NULL;
    }
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        add_folder(definitions, path, report);
    } else {
        add_file(definitions, path, report);
    }
    policy_report_sort(report);
    if (report->error_count > errors_before) {
        lwm2m_definitions_unref(definitions);
        return NULL;
    }
    return definitions;
}
