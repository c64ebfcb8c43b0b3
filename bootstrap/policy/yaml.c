#include "bootstrap/policy/yaml.h"

#include "bootstrap/policy/text.h"

#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

/* An open map or list. */
struct level {
    struct policy_node *node;
    struct policy_node *last;
    struct policy_node *pending; /* entry of a map whose key was read */
};

struct reader {
    const char *file;
    const char *source; /* the whole text */
    size_t source_len;
    struct policy_arena *arena;
    struct policy_report *report;
    struct level levels[POLICY_YAML_DEPTH_MAX];
    size_t depth;
    size_t nodes;
    size_t documents;
    size_t end; /* octets consumed at the end of the stream */
    bool has_ended;
    bool is_broken; /* a reported error after which reading makes no sense */
    struct policy_node *root;
};

/* ---- events -> nodes ---- */

static void reader_fail(struct reader *reader, struct policy_mark mark, const char *text)
{
    policy_error(reader->report, mark, "%s", text);
    reader->is_broken = true;
}

static struct policy_mark event_mark(const struct reader *reader, struct fy_event *event)
{
    const struct fy_mark *mark = fy_event_start_mark(event);
    if (mark == NULL) {
        return (struct policy_mark){reader->file, 0, 0};
    }
    return (struct policy_mark){reader->file, (unsigned)mark->line + 1, (unsigned)mark->column + 1};
}

/* libfyaml's mark of a quoted text or an alias is behind the quote or the sign. */
static struct policy_mark before_sign(struct policy_mark mark)
{
    mark.column -= mark.column > 1 ? 1 : 0;
    return mark;
}

static struct policy_node *node_new(struct reader *reader, enum policy_yaml_kind kind,
                                    struct policy_mark mark)
{
    if (++reader->nodes > POLICY_YAML_NODES_MAX) {
        reader_fail(reader, mark, "the file holds too many values");
        return NULL;
    }
    struct policy_node *node = policy_arena_alloc(reader->arena, sizeof *node);
    if (node == NULL) {
        reader_fail(reader, mark, "out of memory");
        return NULL;
    }
    node->kind = kind;
    node->mark = mark;
    return node;
}

/* Puts NODE where the text put it: the root, a list's next item, the value of a map's last key. */
static void attach(struct reader *reader, struct policy_node *node)
{
    if (reader->depth == 0) {
        reader->root = node;
        return;
    }
    struct level *level = &reader->levels[reader->depth - 1];
    if (level->pending != NULL) {
        node->key = level->pending->key;
        node->key_len = level->pending->key_len;
        node->key_mark = level->pending->key_mark;
        level->pending = NULL;
        if (node->mark.line == 0) {
            node->mark = node->key_mark;
        }
    }
    if (level->last == NULL) {
        level->node->first = node;
    } else {
        level->last->next = node;
    }
    level->last = node;
    level->node->count++;
}

static bool expects_key(const struct reader *reader)
{
    return reader->depth > 0 && reader->levels[reader->depth - 1].node->kind == POLICY_YAML_MAP &&
           reader->levels[reader->depth - 1].pending == NULL;
}

static bool is_null_text(const char *text, size_t len)
{
    return len == 0 || (len == 1 && text[0] == '~') || (len == 4 && memcmp(text, "null", 4) == 0);
}

/*
 * libfyaml 0.7.12 leaks when it puts together some texts in quotes of more pieces than it has room
 * for at first: with three and more '' within single quotes, or with lines that end in CR. A reload
 * would grow the daemon: such texts are refused before that.
 */
static bool has_many_pieces(const struct reader *reader, struct fy_token *token, bool is_single)
{
    const struct fy_mark *start = fy_token_start_mark(token);
    const struct fy_mark *end = fy_token_end_mark(token);
    size_t pairs = 0;
    size_t breaks = 0;
    bool has_cr = false;
    if (start == NULL || end == NULL || end->input_pos > reader->source_len) {
        return true;
    }
    for (size_t at = start->input_pos; at < end->input_pos; at++) {
        const char *text = &reader->source[at];
        bool is_pair = is_single && at + 1 < end->input_pos && text[0] == '\'' && text[1] == '\'';
        pairs += is_pair;
        breaks += *text == '\n' || *text == '\r';
        has_cr = has_cr || *text == '\r';
        at += is_pair;
    }
    return pairs > 3 || (pairs > 2 && breaks > 0) || (has_cr && breaks > 2);
}

static void read_scalar(struct reader *reader, struct fy_event *event)
{
    struct policy_node *node = node_new(reader, POLICY_YAML_SCALAR, event_mark(reader, event));
    if (node == NULL) {
        return;
    }
    enum fy_scalar_style style = fy_token_scalar_style(event->scalar.value);
    bool is_single = style == FYSS_SINGLE_QUOTED;
    bool is_quoted = is_single || style == FYSS_DOUBLE_QUOTED;
    if (is_quoted && has_many_pieces(reader, event->scalar.value, is_single)) {
        reader_fail(reader, before_sign(node->mark),
                    is_single
                        ? "too many quotes within single quotes: use double quotes, on one line"
                        : "too many lines that end in CR within quotes");
        return;
    }
    size_t len = 0;
    const char *text = fy_token_get_text(event->scalar.value, &len);
    if (is_quoted) {
        node->mark = before_sign(node->mark);
    }
    node->text = policy_arena_text(reader->arena, text, text != NULL ? len : 0);
    node->len = text != NULL ? len : 0;
    if (node->text == NULL) {
        reader_fail(reader, node->mark, "out of memory");
        return;
    }
    if (memchr(node->text, '\0', node->len) != NULL) {
        reader_fail(reader, node->mark, "a NUL character has no place in a text");
        return;
    }
    bool is_plain = style == FYSS_PLAIN;
    node->is_null = is_plain && is_null_text(node->text, node->len);
    if (!expects_key(reader)) {
        attach(reader, node);
        return;
    }
    node->key = node->text;
    node->key_len = node->len;
    node->key_mark = node->mark;
    reader->levels[reader->depth - 1].pending = node;
}

static void open_level(struct reader *reader, struct fy_event *event, enum policy_yaml_kind kind)
{
    struct policy_mark mark = event_mark(reader, event);
    if (expects_key(reader)) {
        reader_fail(reader, mark, "a key must be a word, not a map or list");
        return;
    }
    if (reader->depth == POLICY_YAML_DEPTH_MAX) {
        reader_fail(reader, mark, "nested too deeply");
        return;
    }
    struct policy_node *node = node_new(reader, kind, mark);
    if (node != NULL) {
        attach(reader, node);
        reader->levels[reader->depth++] = (struct level){.node = node};
    }
}

static void refuse_properties(struct reader *reader, struct fy_event *event,
                              const struct fy_token *anchor, const struct fy_token *tag)
{
    if (anchor != NULL) {
        policy_error(reader->report, event_mark(reader, event),
                     "anchors (&name) are not supported: name the thing under servers, access or "
                     "links and refer to it");
    }
    if (tag != NULL) {
        policy_error(reader->report, event_mark(reader, event), "tags (!name) are not supported");
    }
}

static void read_event(struct reader *reader, struct fy_event *event)
{
    const struct fy_mark *mark = fy_event_start_mark(event);
    switch (event->type) {
    case FYET_DOCUMENT_START:
        if (++reader->documents > 1) {
            reader_fail(reader, event_mark(reader, event),
                        "a second document begins here: one file holds one document");
        }
        break;
    case FYET_MAPPING_START:
        refuse_properties(reader, event, event->mapping_start.anchor, event->mapping_start.tag);
        open_level(reader, event, POLICY_YAML_MAP);
        break;
    case FYET_SEQUENCE_START:
        refuse_properties(reader, event, event->sequence_start.anchor, event->sequence_start.tag);
        open_level(reader, event, POLICY_YAML_LIST);
        break;
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        reader->depth--;
        break;
    case FYET_SCALAR:
        refuse_properties(reader, event, event->scalar.anchor, event->scalar.tag);
        read_scalar(reader, event);
        break;
    case FYET_ALIAS:
        reader_fail(reader, before_sign(event_mark(reader, event)),
                    "aliases (*name) are not supported");
        break;
    case FYET_STREAM_END:
        reader->has_ended = true;
        reader->end = mark != NULL ? mark->input_pos : 0;
        break;
    case FYET_NONE:
    case FYET_STREAM_START:
    case FYET_DOCUMENT_END:
        break;
    }
}

/* ---- duplicates ---- */

static int key_compare(const void *left, const void *right)
{
    const struct policy_node *a = *(struct policy_node *const *)left;
    const struct policy_node *b = *(struct policy_node *const *)right;
    int order = strcmp(a->key, b->key);
    if (order == 0) {
        order = (a->key_mark.line > b->key_mark.line) - (a->key_mark.line < b->key_mark.line);
    }
    if (order == 0) {
        order =
            (a->key_mark.column > b->key_mark.column) - (a->key_mark.column < b->key_mark.column);
    }
    return order;
}

static void check_map_duplicates(struct reader *reader, const struct policy_node *map)
{
    const struct policy_node **sorted = calloc(map->count, sizeof(struct policy_node *));
    if (sorted == NULL) {
        reader_fail(reader, map->mark, "out of memory");
        return;
    }
    size_t count = 0;
    for (const struct policy_node *node = map->first; node != NULL; node = node->next) {
        sorted[count++] = node;
    }
    qsort(sorted, count, sizeof(struct policy_node *), key_compare);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0) {
            char quoted[POLICY_QUOTE_MAX];
            policy_error(reader->report, sorted[i]->key_mark,
                         "key %s is given twice; the first is on line %u",
                         policy_quote(sorted[i]->key, sorted[i]->key_len, quoted),
                         sorted[i - 1]->key_mark.line);
        }
    }
    free(sorted);
}

/* Recursion is bounded by POLICY_YAML_DEPTH_MAX. */
static void check_duplicates(struct reader *reader, const struct policy_node *node)
{
    if (node->kind == POLICY_YAML_MAP && node->count > 1) {
        check_map_duplicates(reader, node);
    }
    for (const struct policy_node *child = node->first; child != NULL; child = child->next) {
        check_duplicates(reader, child);
    }
}

/* ---- libfyaml ---- */

static void no_output(struct fy_diag *diag, void *user, const char *text, size_t len)
{
    (void)diag;
    (void)user;
    (void)text;
    (void)len;
}

/* libfyaml's own errors; it stops at its first. */
static void report_syntax(struct reader *reader, struct fy_diag *diag)
{
    void *iterator = NULL;
    const struct fy_diag_error *error = fy_diag_errors_iterate(diag, &iterator);
    struct policy_mark mark = {reader->file, 0, 0};
    const char *text = "not valid YAML";
    if (error != NULL && error->line > 0) {
        mark.line = (unsigned)error->line;
        mark.column = error->column > 0 ? (unsigned)error->column : 1;
    }
    if (error != NULL && error->msg != NULL) {
        text = error->msg;
    }
    char quoted[POLICY_QUOTE_MAX];
    policy_error(reader->report, mark, "YAML: %s", policy_quote(text, strlen(text), quoted));
    reader->is_broken = true;
}

static void run_parser(struct reader *reader, struct fy_parser *parser, struct fy_diag *diag,
                       size_t len)
{
    while (!reader->is_broken && !reader->has_ended) {
        struct fy_event *event = fy_parser_parse(parser);
        if (event == NULL) {
            break;
        }
        read_event(reader, event);
        fy_parser_event_free(parser, event);
    }
    if (reader->is_broken) {
        return;
    }
    if (fy_parser_get_stream_error(parser) || !reader->has_ended) {
        report_syntax(reader, diag);
    } else if (reader->end < len) {
        reader_fail(reader, (struct policy_mark){reader->file, 0, 0},
                    "the parser stopped before the end of the file");
    }
}

static void parse_stream(struct reader *reader, const char *text, size_t len)
{
    struct fy_diag_cfg diag_config;
    fy_diag_cfg_default(&diag_config);
    diag_config.fp = NULL;
    diag_config.output_fn = no_output;
    diag_config.colorize = false;
    struct fy_diag *diag = fy_diag_create(&diag_config);
    struct fy_parse_cfg config = {.flags = FYPCF_COLLECT_DIAG, .diag = diag};
    struct fy_parser *parser = diag != NULL ? fy_parser_create(&config) : NULL;
    if (parser == NULL || fy_parser_set_string(parser, text, len) != 0) {
        reader_fail(reader, (struct policy_mark){reader->file, 0, 0}, "out of memory");
    } else {
        fy_diag_set_collect_errors(diag, true);
        run_parser(reader, parser, diag, len);
    }
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
}

struct policy_node *policy_yaml_parse(const char *file, const char *text, size_t len,
                                      struct policy_arena *arena, struct policy_report *report)
{
    struct reader reader = {
        .file = file, .source = text, .source_len = len, .arena = arena, .report = report};
    size_t errors_before = report->error_count;
    if (len > POLICY_FILE_MAX) {
        reader_fail(&reader, (struct policy_mark){file, 0, 0}, "the file is larger than 4 MiB");
        return NULL;
    }
    if (!policy_text_check(file, text, len, report)) {
        return NULL;
    }
    parse_stream(&reader, text, len);
    if (!reader.is_broken && reader.root == NULL) {
        reader.root = node_new(&reader, POLICY_YAML_MAP, (struct policy_mark){file, 1, 1});
    }
    if (!reader.is_broken) {
        check_duplicates(&reader, reader.root);
    }
    return report->error_count == errors_before ? reader.root : NULL;
}
