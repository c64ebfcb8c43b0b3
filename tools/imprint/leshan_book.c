/* Texts of a book, equal ones once, and the policy file that they make. */
#include "tools/imprint/leshan.h"

#include <stdlib.h>
#include <string.h>

/* ---- texts ---- */

/* FNV-1a */
static uint64_t hash_of(const char *text, size_t len)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    }
    return hash;
}

static bool grow(struct cli_leshan_texts *texts)
{
    if (texts->count == texts->capacity) {
        size_t capacity = texts->capacity == 0 ? 16 : texts->capacity * 2;
        struct cli_leshan_entry *items = realloc(texts->items, capacity * sizeof *items);
        if (items == NULL) {
            return false;
        }
        texts->items = items;
        texts->capacity = capacity;
    }
    return true;
}

size_t cli_leshan_texts_add(struct cli_leshan_texts *texts, uint16_t id, const char *text,
                            size_t len)
{
    struct cli_leshan_entry entry = {.len = len, .hash = hash_of(text, len), .id = id};
    for (size_t i = 0; i < texts->count; i++) {
        const struct cli_leshan_entry *item = &texts->items[i];
        if (item->hash == entry.hash && item->id == id && item->len == len &&
            memcmp(item->text, text, len) == 0) {
            return i;
        }
        entry.nth += item->id == id;
    }
    entry.text = malloc(len + 1);
    if (entry.text == NULL || !grow(texts)) {
        free(entry.text);
        return SIZE_MAX;
    }
    memcpy(entry.text, text, len);
    entry.text[len] = '\0';
    texts->items[texts->count] = entry;
    return texts->count++;
}

static void texts_free(struct cli_leshan_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++) {
        free(texts->items[i].text);
    }
    free(texts->items);
    *texts = (struct cli_leshan_texts){0};
}

void cli_leshan_book_free(struct cli_leshan_book *book)
{
    texts_free(&book->servers);
    texts_free(&book->access);
    texts_free(&book->policies);
    texts_free(&book->trust);
    book->is_broken = false;
}

/* ---- drafts ---- */

bool cli_leshan_draft_open(struct cli_leshan_draft *draft, struct cli_leshan_book *book)
{
    *draft = (struct cli_leshan_draft){0};
    draft->file = open_memstream(&draft->text, &draft->len);
    book->is_broken = book->is_broken || draft->file == NULL;
    return draft->file != NULL;
}

size_t cli_leshan_draft_close(struct cli_leshan_draft *draft, struct cli_leshan_book *book,
                              struct cli_leshan_texts *texts, uint16_t id)
{
    size_t index = SIZE_MAX;
    if (fclose(draft->file) == 0 && draft->text != NULL) {
        index = cli_leshan_texts_add(texts, id, draft->text, draft->len);
    }
    free(draft->text);
    book->is_broken = book->is_broken || index == SIZE_MAX;
    return index;
}

/* ---- names ---- */

static const char *put_name(const struct cli_leshan_book *book, size_t number, size_t nth,
                            const char *end, char out[static PKI_NAME_MAX + 1])
{
    int used = snprintf(out, PKI_NAME_MAX + 1, "%s-%zu", book->prefix, number);
    if (nth > 0) {
        used += snprintf(out + used, PKI_NAME_MAX + 1 - (size_t)used, "-%zu", nth + 1);
    }
    snprintf(out + used, PKI_NAME_MAX + 1 - (size_t)used, "%s", end);
    return out;
}

const char *cli_leshan_policy_name(const struct cli_leshan_book *book, size_t index,
                                   char out[static PKI_NAME_MAX + 1])
{
    return put_name(book, index + 1, 0, "", out);
}

const char *cli_leshan_server_name(const struct cli_leshan_book *book, size_t index,
                                   char out[static PKI_NAME_MAX + 1])
{
    const struct cli_leshan_entry *entry = &book->servers.items[index];
    return put_name(book, entry->id, entry->nth, "", out);
}

const char *cli_leshan_trust_name(const struct cli_leshan_book *book, size_t index,
                                  char out[static PKI_NAME_MAX + 1])
{
    const struct cli_leshan_entry *entry = &book->trust.items[index];
    return put_name(book, entry->id, entry->nth, ".der", out);
}

/* ---- the file ---- */

void cli_leshan_quote(FILE *file, const char *text, bool is_template)
{
    putc('"', file);
    for (; *text != '\0'; text++) {
        unsigned char octet = (unsigned char)*text;
        unsigned char after = (unsigned char)text[1];
        if (octet == 0xc2 && after >= 0x80 && after < 0xa0) {
            fprintf(file, "\\x%02x", after); /* a control character of two octets */
            text++;
        } else if (octet < 0x20 || octet == 0x7f) {
            fprintf(file, "\\x%02x", octet);
        } else {
            if (octet == '"' || octet == '\\' || (is_template && (octet == '{' || octet == '}'))) {
                putc(octet == '"' ? '\\' : octet, file);
            }
            putc(octet, file);
        }
    }
    putc('"', file);
}

/* Items of LIST by their policy; NULL: out of memory. */
static const struct cli_leshan_item **sort(const struct cli_leshan_book *book,
                                           const struct cli_leshan_list *list, size_t *begins)
{
    const struct cli_leshan_item **sorted = calloc(list->count + 1, sizeof *sorted);
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].group != CLI_LESHAN_NO_GROUP) {
            begins[list->items[i].group + 1]++;
        }
    }
    for (size_t i = 0; i < book->policies.count; i++) {
        begins[i + 1] += begins[i];
    }
    /* From the end, so that BEGINS come out as they are and names stay in order. */
    for (size_t i = list->count; sorted != NULL && i-- > 0;) {
        if (list->items[i].group != CLI_LESHAN_NO_GROUP) {
            sorted[--begins[list->items[i].group + 1]] = &list->items[i];
        }
    }
    return sorted;
}

static void put_policies(FILE *file, struct cli_leshan_book *book,
                         const struct cli_leshan_list *list, bool is_by_group)
{
    char name[PKI_NAME_MAX + 1];
    size_t *begins = calloc(book->policies.count + 2, sizeof *begins);
    const struct cli_leshan_item **sorted = begins != NULL ? sort(book, list, begins) : NULL;
    book->is_broken = book->is_broken || sorted == NULL;
    for (size_t i = 0, at = 0; i < book->policies.count && !book->is_broken; i++) {
        cli_leshan_policy_name(book, i, name);
        fprintf(file, "  - name: %s\n", name);
        if (is_by_group) {
            fprintf(file, "    match: {group: %s}\n", name);
        } else {
            fprintf(file, "    match:\n      endpoint:\n");
            for (; sorted[at] != NULL && sorted[at]->group == i; at++) {
                fprintf(file, "        - ");
                cli_leshan_quote(file, sorted[at]->endpoint, false);
                putc('\n', file);
            }
        }
        fputs(book->policies.items[i].text, file);
    }
    free(sorted);
    free(begins);
}

void cli_leshan_book_write(FILE *file, struct cli_leshan_book *book,
                           const struct cli_leshan_list *list, bool is_by_group)
{
    char name[PKI_NAME_MAX + 1];
    fprintf(file, "# Imported from Leshan. Keys are in the store, not here.\nimprint: 1\n");
    fprintf(file, "\nservers:\n");
    for (size_t i = 0; i < book->servers.count; i++) {
        fprintf(file, "  %s:\n%s", cli_leshan_server_name(book, i, name),
                book->servers.items[i].text);
    }
    for (size_t i = 0; i < book->access.count; i++) {
        fprintf(file, "%s  %s:\n%s", i == 0 ? "\naccess:\n" : "",
                cli_leshan_policy_name(book, i, name), book->access.items[i].text);
    }
    fprintf(file, "\npolicies:\n");
    put_policies(file, book, list, is_by_group);
}
