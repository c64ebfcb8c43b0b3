#include "bootstrap/policy/load.h"

#include "bootstrap/policy/model.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES_MAX = 1000, PATH_OCTETS_MAX = 4096 };

/* ---- files ---- */

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

/* ---- sets ---- */

static struct policy_set *set_new(struct policy_report *report)
{
    struct policy_set *set = calloc(1, sizeof *set);
    if (set == NULL) {
        policy_error(report, (struct policy_mark){0}, "out of memory");
        return NULL;
    }
    atomic_init(&set->references, 1);
    set->all.unmatched = SCHEMA_UNSET;
    return set;
}

static void append(struct schema_context *context, struct policy_array *all,
                   const struct policy_array *part, size_t size)
{
    for (size_t i = 0; i < part->count; i++) {
        void *slot = policy_array_add(context->arena, all, size);
        if (slot != NULL) {
            memcpy(slot, (const unsigned char *)part->items + i * size, size);
        }
    }
}

static void merge(struct schema_context *context, struct policy_set *set,
                  const struct policy_document *part, const struct policy_node *root)
{
    append(context, &set->all.servers, &part->servers, sizeof(struct policy_server));
    append(context, &set->all.access, &part->access, sizeof(struct policy_access));
    append(context, &set->all.links, &part->links, sizeof(struct policy_named_link));
    append(context, &set->all.rules, &part->rules, sizeof(struct policy_rule));
    if (part->unmatched == SCHEMA_UNSET) {
        return;
    }
    if (set->all.unmatched != SCHEMA_UNSET) {
        struct policy_mark mark = {.file = context->file};
        for (const struct policy_node *node = root->first; node != NULL; node = node->next) {
            mark = strcmp(node->key, "unmatched") == 0 ? node->key_mark : mark;
        }
        policy_error(context->report, mark, "'unmatched' is given by another file too");
    }
    set->all.unmatched = part->unmatched;
}

static void add_text(struct policy_set *set, const char *file, const char *text, size_t len,
                     struct policy_report *report)
{
    struct policy_arena tree = {0};
    struct schema_context context = {.arena = &set->arena, .report = report};
    struct policy_document part = {0};
    context.file = policy_arena_text(&set->arena, file, strlen(file));
    struct policy_node *root = policy_yaml_parse(context.file, text, len, &tree, report);
    if (root != NULL) {
        schema_read_map(&context, root, &policy_language, &part);
        merge(&context, set, &part, root);
    }
    policy_arena_clear(&tree);
}

static void add_file(struct policy_set *set, const char *path, struct policy_report *report)
{
    size_t len = 0;
    char *text = policy_file_read(path, &len, report);
    if (text != NULL) {
        add_text(set, path, text, len, report);
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

static void set_free(struct policy_set *set)
{
    policy_arena_clear(&set->arena);
    free(set);
}

/* Checks what was read; gives SET, or frees it when the report holds an error. */
static struct policy_set *finish(struct policy_set *set, struct policy_report *report,
                                 size_t errors_before)
{
    struct schema_context context = {.arena = &set->arena, .report = report};
    if (set->arena.is_failed) {
        policy_error(report, (struct policy_mark){0}, "out of memory");
    } else {
        policy_check(&context, set);
    }
    if (set->all.unmatched == SCHEMA_UNSET) {
        set->all.unmatched = POLICY_HOLD;
    }
    policy_report_sort(report);
    if (report->error_count > errors_before) {
        set_free(set);
        return NULL;
    }
    return set;
}

struct policy_set *policy_set_load(const char *path, struct policy_report *report)
{
    size_t errors_before = report->error_count;
    struct policy_set *set = set_new(report);
    if (set == NULL) {
        return NULL;
    }
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        add_folder(set, path, report);
    } else {
        add_file(set, path, report);
    }
    return finish(set, report, errors_before);
}

struct policy_set *policy_set_load_text(const char *file, const char *text, size_t len,
                                        struct policy_report *report)
{
    size_t errors_before = report->error_count;
    struct policy_set *set = set_new(report);
    if (set == NULL) {
        return NULL;
    }
    add_text(set, file, text, len, report);
    return finish(set, report, errors_before);
}

struct policy_set *policy_set_ref(struct policy_set *set)
{
    atomic_fetch_add_explicit(&set->references, 1, memory_order_relaxed);
    return set;
}

void policy_set_unref(struct policy_set *set)
{
    if (set != NULL && atomic_fetch_sub_explicit(&set->references, 1, memory_order_acq_rel) == 1) {
        set_free(set);
    }
}

size_t policy_set_rule_count(const struct policy_set *set)
{
    return set->all.rules.count;
}

const char *policy_set_rule_name(const struct policy_set *set, size_t index)
{
    return index < set->all.rules.count ? policy_rule_at(set, index)->item.name : NULL;
}

bool policy_set_has_rule(const struct policy_set *set, const char *name)
{
    for (size_t i = 0; i < set->all.rules.count; i++) {
        if (strcmp(policy_rule_at(set, i)->item.name, name) == 0) {
            return true;
        }
    }
    return false;
}
