#include "bootstrap/policy/model.h"

#include <string.h>

/* lwm2m-objects.md 4.1 */
static const struct {
    char letter;
    uint8_t bit;
} right_letters[] = {{'r', 1}, {'w', 2}, {'e', 4}, {'d', 8}, {'c', 16}};

enum { RIGHT_CREATE = 16 };

static void path_error(struct policy_schema_context *context, const struct policy_node *node,
                       const char *text)
{
    char quoted[POLICY_QUOTE_MAX];
    policy_error(context->report, node->key_mark, "%s: %s",
                 policy_quote(node->key, node->key_len, quoted), text);
}

/* "rwe" -> mask; "none" -> 0; -1 when it is neither. */
static int parse_rights(const char *text)
{
    int mask = 0;
    if (strcmp(text, "none") == 0) {
        return 0;
    }
    for (const char *at = text; *at != '\0'; at++) {
        int bit = 0;
        for (size_t i = 0; i < sizeof right_letters / sizeof right_letters[0]; i++) {
            bit |= right_letters[i].letter == *at ? right_letters[i].bit : 0;
        }
        if (bit == 0 || (mask & bit) != 0) {
            return -1;
        }
        mask |= bit;
    }
    return *text == '\0' ? -1 : mask;
}

static void read_owner(struct policy_schema_context *context, const struct policy_node *node,
                       struct policy_entry *entry)
{
    if (entry->kind == POLICY_ENTRY_OBJECT) {
        policy_error(context->report, node->key_mark,
                     "an object as a whole has no owner: only c rights");
        return;
    }
    if (!policy_schema_expect(context, node, POLICY_YAML_SCALAR) ||
        strcmp(node->text, "bootstrap") == 0) {
        return;
    }
    entry->owner.name = policy_arena_text(context->arena, node->text, node->len);
    entry->owner.mark = node->mark;
}

static void read_right(struct policy_schema_context *context, const struct policy_node *node,
                       struct policy_entry *entry)
{
    char quoted[POLICY_QUOTE_MAX];
    if (!policy_schema_expect(context, node, POLICY_YAML_SCALAR)) {
        return;
    }
    int mask = parse_rights(node->text);
    bool is_object = entry->kind == POLICY_ENTRY_OBJECT;
    if (mask < 0 || (is_object && mask != RIGHT_CREATE) || (!is_object && mask >= RIGHT_CREATE)) {
        policy_error(context->report, node->mark, "%s is not a right here: %s",
                     policy_quote(node->text, node->len, quoted),
                     is_object ? "c (create) is the only one of an object as a whole"
                               : "letters of r, w, e, d, each once, or none; c stands on the "
                                 "object, such as /5: {name: c}");
        return;
    }
    bool is_default = strcmp(node->key, "default") == 0;
    if (is_object && is_default) {
        /* lwm2m-objects.md 4.4: who may create is named; resource instance 0 is not asked */
        policy_error(context->report, node->key_mark,
                     "an object as a whole has no default: name the servers that may create");
        return;
    }
    struct policy_right *right = policy_array_add(context->arena, &entry->rights, sizeof *right);
    if (right != NULL) {
        right->mask = (uint8_t)mask;
        right->is_default = is_default;
        right->server.name = policy_arena_text(context->arena, node->key, node->key_len);
        right->server.mark = node->key_mark;
    }
}

/* The path of an entry: /o, /o/i or /1/server. */
static bool read_path(struct policy_schema_context *context, const struct policy_node *node,
                      struct policy_entry *entry)
{
    static const char server_prefix[] = "/1/";
    const size_t prefix = strlen(server_prefix);
    struct lwm2m_path path;
    if (lwm2m_path_parse(node->key, node->key_len, &path) != LWM2M_OK) {
        if (strncmp(node->key, server_prefix, prefix) != 0 ||
            !policy_schema_is_name(node->key + prefix, node->key_len - prefix)) {
            path_error(context, node, "a path is /object, /object/instance or /1/server-name");
            return false;
        }
        entry->kind = POLICY_ENTRY_SERVER;
        entry->object = LWM2M_OBJECT_SERVER;
        entry->server.name =
            policy_arena_text(context->arena, node->key + prefix, node->key_len - prefix);
        entry->server.mark = node->key_mark;
        return true;
    }
    if (path.depth < 1 || path.depth > 2 || path.id[0] > LWM2M_ID_MAX ||
        (path.depth == 2 && path.id[1] > LWM2M_ID_MAX)) {
        path_error(context, node, "access is given for an object or an instance");
        return false;
    }
    entry->kind = path.depth == 1 ? POLICY_ENTRY_OBJECT : POLICY_ENTRY_INSTANCE;
    entry->object = path.id[0];
    entry->instance = path.id[1];
    if (path.id[0] == LWM2M_OBJECT_SECURITY || path.id[0] == LWM2M_OBJECT_OSCORE ||
        path.id[0] == LWM2M_OBJECT_ACCESS_CONTROL) {
        path_error(context, node, "no server ever has access to this object");
        return false;
    }
    if (path.id[0] == LWM2M_OBJECT_SERVER && path.depth == 2) {
        path_error(context, node, "name the server: its instance is chosen, such as /1/metering");
        return false;
    }
    return true;
}

void policy_read_access(struct policy_schema_context *context, const struct policy_node *node,
                        void *place)
{
    struct policy_access *access = place;
    if (!policy_schema_expect(context, node, POLICY_YAML_MAP)) {
        return;
    }
    for (const struct policy_node *child = node->first; child != NULL; child = child->next) {
        struct policy_entry entry = {.mark = child->key_mark};
        if (!read_path(context, child, &entry) ||
            !policy_schema_expect(context, child, POLICY_YAML_MAP)) {
            continue;
        }
        for (const struct policy_node *row = child->first; row != NULL; row = row->next) {
            if (strcmp(row->key, "owner") == 0) {
                read_owner(context, row, &entry);
            } else {
                read_right(context, row, &entry);
            }
        }
        if (child->count == 0) {
            path_error(context, child, "needs an owner or rights");
        }
        struct policy_entry *slot =
            policy_array_add(context->arena, &access->entries, sizeof *slot);
        if (slot != NULL) {
            *slot = entry;
        }
    }
}
