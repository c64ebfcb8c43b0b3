#include "pki/store_inner.h"

#include <string.h>

/* ---- devices, a page at a time ---- */

struct page {
    struct pki_view view;
    enum pki_table index;  /* ENDPOINT or GROUP */
    struct pki_key prefix; /* of the group; empty for all */
    struct pki_key after;  /* the last key of the page before */
    bool is_first;         /* there was none */
};

static struct page page_of(const char *after, const char *group)
{
    struct page page = {.is_first = after[0] == '\0'};

    if (group != NULL && group[0] != '\0') {
        page.index = PKI_TABLE_GROUP;
        page.prefix = pki_key_group(group, "");
        page.after = pki_key_group(group, after);
    } else {
        page.index = PKI_TABLE_ENDPOINT;
        page.after = pki_key_endpoint(after);
    }
    return page;
}

/* Stands CURSOR on the first entry of the page. */
static enum pki_error page_start(const struct page *page, struct pki_kv_cursor *cursor,
                                 struct pki_span *key, struct pki_span *value)
{
    if (page->after.len == 0) {
        return pki_kv_cursor_move(cursor, PKI_KV_FIRST, key, value);
    }
    *key = pki_key_span(&page->after);
    enum pki_error error = pki_kv_cursor_move(cursor, PKI_KV_SEEK, key, value);
    bool is_last_seen = error == PKI_OK && !page->is_first && key->len == page->after.len &&
                        pki_key_begins(*key, &page->after, key->len);

    return is_last_seen ? pki_kv_cursor_move(cursor, PKI_KV_NEXT, key, value) : error;
}

static enum pki_error page_fill(const struct page *page, struct pki_device *devices, size_t max,
                                size_t *count)
{
    PKI_CURSOR struct pki_kv_cursor *cursor = NULL;
    struct pki_span key;
    struct pki_span value;
    enum pki_error error = pki_kv_cursor_open(page->view.kv, page->index, &cursor);

    if (error == PKI_OK) {
        error = page_start(page, cursor, &key, &value);
    }
    while (error == PKI_OK && *count < max &&
           pki_key_begins(key, &page->prefix, page->prefix.len)) {
        error = value.len == sizeof(uint64_t)
                    ? pki_view_device(&page->view, pki_key_read(value, 0, 8), &devices[*count])
                    : PKI_ECORRUPT;
        if (error == PKI_ENOTFOUND) {
            error = PKI_ECORRUPT;
        }
        if (error == PKI_OK) {
            *count += 1;
            error = pki_kv_cursor_move(cursor, PKI_KV_NEXT, &key, &value);
        }
    }
    return error == PKI_ENOTFOUND ? PKI_OK : error;
}

enum pki_error pki_store_device_page(struct pki_reader *reader, const char *after,
                                     const char *group, struct pki_device *devices, size_t max,
                                     size_t *count)
{
    *count = 0;
    if (strnlen(after, PKI_ENDPOINT_MAX + 1) > PKI_ENDPOINT_MAX ||
        (group != NULL && strnlen(group, PKI_NAME_MAX + 1) > PKI_NAME_MAX)) {
        return PKI_EINVAL;
    }
    struct page page = page_of(after, group);
    enum pki_error error = pki_reader_begin(reader, &page.view);

    if (error == PKI_OK) {
        error = page_fill(&page, devices, max, count);
        pki_reader_end(reader);
    }
    return error;
}

/* ---- what hangs on a device ---- */

/*
 * Walks TABLE backwards from CEILING while keys begin with its first PREFIX_LEN octets: EACH takes
 * the record and its place in the output, and returns PKI_ENOTFOUND to skip it.
 */
struct walk {
    struct pki_view view;
    enum pki_table table;
    struct pki_key ceiling;
    size_t prefix_len;
    enum pki_error (*each)(const struct pki_view *view, struct pki_span key, struct pki_span sealed,
                           void *out, size_t index);
    void *out;
    size_t max;
};

static enum pki_error walk_back(const struct walk *walk, size_t *count)
{
    PKI_CURSOR struct pki_kv_cursor *cursor = NULL;
    struct pki_span key;
    struct pki_span value;
    enum pki_error error = pki_kv_cursor_open(walk->view.kv, walk->table, &cursor);

    if (error == PKI_OK) {
        error = pki_cursor_last(cursor, &walk->ceiling, walk->prefix_len, &key, &value);
    }
    while (error == PKI_OK && *count < walk->max &&
           pki_key_begins(key, &walk->ceiling, walk->prefix_len)) {
        error = walk->each(&walk->view, key, value, walk->out, *count);
        if (error == PKI_OK) {
            *count += 1;
        }
        if (error == PKI_OK || error == PKI_ENOTFOUND) {
            error = pki_kv_cursor_move(cursor, PKI_KV_PREVIOUS, &key, &value);
        }
    }
    return error == PKI_ENOTFOUND ? PKI_OK : error;
}

static enum pki_error walk_run(struct pki_reader *reader, struct walk *walk, size_t *count)
{
    enum pki_error error = pki_reader_begin(reader, &walk->view);

    *count = 0;
    if (error == PKI_OK) {
        error = walk_back(walk, count);
        pki_reader_end(reader);
    }
    return error;
}

static enum pki_error take_credential(const struct pki_view *view, struct pki_span key,
                                      struct pki_span sealed, void *out, size_t index)
{
    return pki_view_credential(view, key, sealed, (struct pki_credential *)out + index);
}

/* A walk goes backwards; its rows go out ascending. */
static void turn_round(struct pki_credential *credentials, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        PKI_WIPED_CREDENTIAL struct pki_credential other = credentials[i];

        credentials[i] = credentials[count - 1 - i];
        credentials[count - 1 - i] = other;
    }
}

enum pki_error pki_store_credentials(struct pki_reader *reader, uint64_t device_id,
                                     struct pki_credential *credentials, size_t max, size_t *count)
{
    struct walk walk = {
        .table = PKI_TABLE_CREDENTIAL,
        .ceiling = pki_key_credential(device_id, UINT16_MAX, UINT32_MAX),
        .prefix_len = sizeof(device_id),
        .each = take_credential,
        .out = credentials,
        .max = max,
    };
    enum pki_error error = walk_run(reader, &walk, count);

    turn_round(credentials, *count);
    return error;
}

struct alive {
    struct pki_credential *rows;
    size_t max;
};

static enum pki_error take_alive(const struct pki_view *view, struct pki_span key,
                                 struct pki_span sealed, void *out, size_t index)
{
    const struct alive *alive = out;
    PKI_WIPED_CREDENTIAL struct pki_credential found;
    enum pki_error error = pki_view_credential(view, key, sealed, &found);

    if (error == PKI_OK && pki_credential_has_ended(&found)) {
        error = PKI_ENOTFOUND;
    }
    if (error == PKI_OK && index == alive->max) {
        error = PKI_ELIMIT;
    }
    if (error == PKI_OK) {
        alive->rows[index] = found;
    }
    return error;
}

enum pki_error pki_store_credentials_alive(struct pki_reader *reader, uint64_t device_id,
                                           struct pki_credential *credentials, size_t max,
                                           size_t *count)
{
    struct alive alive = {.rows = credentials, .max = max};
    struct walk walk = {
        .table = PKI_TABLE_CREDENTIAL,
        .ceiling = pki_key_credential(device_id, UINT16_MAX, UINT32_MAX),
        .prefix_len = sizeof(device_id),
        .each = take_alive,
        .out = &alive,
        .max = max + 1,
    };
    enum pki_error error = walk_run(reader, &walk, count);

    turn_round(credentials, *count);
    return error;
}

static enum pki_error take_active(const struct pki_view *view, struct pki_span key,
                                  struct pki_span sealed, void *out, size_t index)
{
    PKI_WIPED_CREDENTIAL struct pki_credential found;
    enum pki_error error = pki_view_credential(view, key, sealed, &found);

    if (error == PKI_OK && pki_credential_state(&found) != PKI_CREDENTIAL_ACTIVE) {
        error = PKI_ENOTFOUND;
    }
    if (error == PKI_OK) {
        ((struct pki_credential *)out)[index] = found;
    }
    return error;
}

enum pki_error pki_store_credential_active(struct pki_reader *reader, uint64_t device_id,
                                           uint16_t server_id, struct pki_credential *credential)
{
    struct walk walk = {
        .table = PKI_TABLE_CREDENTIAL,
        .ceiling = pki_key_credential(device_id, server_id, UINT32_MAX),
        .prefix_len = sizeof(device_id) + sizeof(server_id),
        .each = take_active,
        .out = credential,
        .max = 1,
    };
    size_t count;
    enum pki_error error = walk_run(reader, &walk, &count);

    return error == PKI_OK && count == 0 ? PKI_ENOTFOUND : error;
}

static enum pki_error take_outcome(const struct pki_view *view, struct pki_span key,
                                   struct pki_span sealed, void *out, size_t index)
{
    struct pki_outcome *outcome = (struct pki_outcome *)out + index;
    struct pki_plain plain;
    enum pki_error error = pki_view_unseal(view, PKI_TABLE_HISTORY, key, sealed, &plain);

    if (error == PKI_OK) {
        error = pki_outcome_decode(plain.data, plain.len, outcome);
    }
    if (error == PKI_OK) {
        outcome->device_id = pki_key_read(key, 0, 8);
    }
    return error;
}

enum pki_error pki_store_history(struct pki_reader *reader, uint64_t device_id,
                                 struct pki_outcome *outcomes, size_t max, size_t *count)
{
    struct walk walk = {
        .table = PKI_TABLE_HISTORY,
        .ceiling = pki_key_history(device_id, UINT64_MAX),
        .prefix_len = sizeof(device_id),
        .each = take_outcome,
        .out = outcomes,
        .max = max,
    };

    return walk_run(reader, &walk, count);
}

/* The age index leads to the record: its key is the rest of the index's key. */
static enum pki_error take_unknown(const struct pki_view *view, struct pki_span age,
                                   struct pki_span nothing, void *out, size_t index)
{
    struct pki_unknown *unknown = (struct pki_unknown *)out + index;
    struct pki_plain plain;
    struct pki_span sealed;

    (void)nothing;
    if (age.len < sizeof(uint64_t)) {
        return PKI_ECORRUPT;
    }
    struct pki_span key = {age.data + sizeof(uint64_t), age.len - sizeof(uint64_t)};
    enum pki_error error = pki_kv_get(view->kv, PKI_TABLE_UNKNOWN, key, &sealed);

    if (error == PKI_OK) {
        error = pki_view_unseal(view, PKI_TABLE_UNKNOWN, key, sealed, &plain);
    }
    if (error == PKI_OK) {
        error = pki_unknown_decode(plain.data, plain.len, unknown);
    }
    return error == PKI_ENOTFOUND ? PKI_ECORRUPT : error;
}

enum pki_error pki_store_unknown_list(struct pki_reader *reader, struct pki_unknown *unknowns,
                                      size_t max, size_t *count)
{
    struct walk walk = {
        .table = PKI_TABLE_UNKNOWN_AGE,
        .ceiling = {.len = sizeof(uint64_t)},
        .prefix_len = 0,
        .each = take_unknown,
        .out = unknowns,
        .max = max,
    };

    memset(walk.ceiling.data, UINT8_MAX, walk.ceiling.len);
    return walk_run(reader, &walk, count);
}
