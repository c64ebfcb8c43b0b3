#include "tools/sim/objects.h"

#include "tools/sim/file.h"

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

static bool add_file(struct lwm2m_definitions *definitions, const char *path,
                     char fault[static SIM_FAULT_MAX + 1])
{
    char *text = NULL;
    size_t len = 0;
    struct lwm2m_definition_fault why;
    if (!sim_file_read(path, LWM2M_DEFINITION_OCTETS_MAX, &text, &len)) {
        snprintf(fault, SIM_FAULT_MAX + 1, "%s: %s", path, strerror(errno));
        return false;
    }
    enum lwm2m_error error = lwm2m_definitions_add(definitions, text, len, &why);
    free(text);
    if (error != LWM2M_OK && error != LWM2M_EUNSUPPORTED) {
        snprintf(fault, SIM_FAULT_MAX + 1, "%.60s:%u:%u: %.80s", path, why.line, why.column,
                 why.text);
        return false;
    }
    return true;
}

static bool add_folder(struct lwm2m_definitions *definitions, const char *path,
                       char fault[static SIM_FAULT_MAX + 1])
{
    struct dirent **entries = NULL;
    const int count = scandir(path, &entries, is_xml, alphasort);
    bool is_ok = count > 0;
    if (!is_ok) {
        snprintf(fault, SIM_FAULT_MAX + 1, "%s: %s", path,
                 count < 0 ? strerror(errno) : "holds no *.xml file");
    }
    for (int i = 0; i < count; i++) {
        char name[PATH_OCTETS_MAX];
        snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        is_ok = is_ok && add_file(definitions, name, fault);
        free(entries[i]);
    }
    free(entries);
    return is_ok;
}

struct lwm2m_definitions *sim_objects_load(const char *path, char fault[static SIM_FAULT_MAX + 1])
{
    struct lwm2m_definitions *definitions = lwm2m_definitions_new();
    struct stat info;
    if (definitions == NULL) {
        snprintf(fault, SIM_FAULT_MAX + 1, "out of memory");
        return NULL;
    }
    bool is_folder = stat(path, &info) == 0 && S_ISDIR(info.st_mode);
    if (is_folder ? !add_folder(definitions, path, fault) : !add_file(definitions, path, fault)) {
        lwm2m_definitions_unref(definitions);
        return NULL;
    }
    return definitions;
}
