/* Which endpoints Leshan's documents speak of. */
#include "tools/imprint/leshan.h"

#include <stdlib.h>
#include <string.h>

static struct cli_leshan_item *add(struct cli_leshan_list *list, const char *file,
                                   const char *endpoint, struct cli_leshan_report *report)
{
    struct cli_leshan_place place = {.file = file, .endpoint = endpoint};
    size_t len = strlen(endpoint);
    if (len == 0 || len > PKI_ENDPOINT_MAX) {
        cli_leshan_error(report, place, "an endpoint has 1 to %d octets", PKI_ENDPOINT_MAX);
        return NULL;
    }
    if (list->count == CLI_LESHAN_ENDPOINTS) {
        cli_leshan_error(report, place, "more than %d endpoints: import them in parts",
                         CLI_LESHAN_ENDPOINTS);
        return NULL;
    }
    struct cli_leshan_item *item = &list->items[list->count++];
    *item = (struct cli_leshan_item){.endpoint = endpoint, .group = CLI_LESHAN_NO_GROUP};
    return item;
}

/* {"<endpoint>": config} */
static void add_configs(struct cli_leshan_list *list, const struct cli_leshan_source *source,
                        struct cli_leshan_report *report)
{
    void *cursor = NULL;
    const char *key = NULL;
    const struct lwm2m_json_node *node;
    while (report->errors == 0 && (node = lwm2m_json_next(source->root, &cursor, &key)) != NULL) {
        struct cli_leshan_item *item = add(list, source->file, key, report);
        if (item != NULL) {
            item->file = source->file;
            item->config = node;
        }
    }
}

/* [{endpoint, tls, oscore}] */
static void add_logins(struct cli_leshan_list *list, const struct cli_leshan_source *source,
                       struct cli_leshan_report *report)
{
    size_t count = lwm2m_json_count(source->root);
    for (size_t i = 0; i < count && report->errors == 0; i++) {
        const char *endpoint = NULL;
        const struct lwm2m_json_node *node = lwm2m_json_item(source->root, i);
        struct cli_leshan_place place = {.file = source->file, .entry = i + 1, .field = "endpoint"};
        if (lwm2m_json_get_string(node, "endpoint", &endpoint, NULL) != LWM2M_OK) {
            cli_leshan_error(report, place, "an entry of the list needs an endpoint");
            continue;
        }
        struct cli_leshan_item *item = add(list, source->file, endpoint, report);
        if (item != NULL) {
            item->login_file = source->file;
            item->login = node;
            item->login_entry = i + 1;
        }
    }
}

static int compare(const void *left, const void *right)
{
    const struct cli_leshan_item *a = left, *b = right;
    int order = strcmp(a->endpoint, b->endpoint);
    return order != 0 ? order : (a->config == NULL) - (b->config == NULL);
}

/* Puts an endpoint's configuration and its credential together; refuses two of one kind. */
static void merge(struct cli_leshan_list *list, struct cli_leshan_report *report)
{
    size_t kept = 0;
    qsort(list->items, list->count, sizeof *list->items, compare);
    for (size_t i = 0; i < list->count; i++) {
        struct cli_leshan_item *last = &list->items[kept > 0 ? kept - 1 : 0];
        const struct cli_leshan_item *item = &list->items[i];
        if (kept == 0 || strcmp(last->endpoint, item->endpoint) != 0) {
            list->items[kept++] = *item;
        } else if (item->config != NULL || last->login != NULL) {
            bool is_config = item->config != NULL;
            cli_leshan_error(
                report,
                (struct cli_leshan_place){.file = is_config ? item->file : item->login_file,
                                          .endpoint = item->endpoint},
                "the endpoint is given twice");
        } else {
            last->login = item->login;
            last->login_file = item->login_file;
            last->login_entry = item->login_entry;
        }
    }
    list->count = kept;
}

bool cli_leshan_list(const struct cli_leshan_source *sources, size_t count,
                     struct cli_leshan_list *list, struct cli_leshan_report *report)
{
    size_t members = 0;
    *list = (struct cli_leshan_list){0};
    for (size_t i = 0; i < count; i++) {
        members += lwm2m_json_count(sources[i].root);
    }
    members = members < CLI_LESHAN_ENDPOINTS ? members : CLI_LESHAN_ENDPOINTS;
    list->items = calloc(members + 1, sizeof *list->items);
    if (list->items == NULL) {
        cli_leshan_error(report, (struct cli_leshan_place){.file = sources[0].file},
                         "out of memory");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        /* A document is one or the other. */
        if (lwm2m_json_kind(sources[i].root) == LWM2M_JSON_ARRAY) {
            add_logins(list, &sources[i], report);
        } else {
            add_configs(list, &sources[i], report);
        }
    }
    if (report->errors == 0) {
        merge(list, report);
    }
    return report->errors == 0;
}

void cli_leshan_list_free(struct cli_leshan_list *list)
{
    free(list->items);
    *list = (struct cli_leshan_list){0};
}
