#include "bootstrap/policy/settings.h"

#include "bootstrap/policy/load.h"
#include "bootstrap/policy/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define AT(type, field) offsetof(struct type, field)

/* As the rows read them. */
struct settings_log {
    struct policy_schema_item item;
    int64_t is_json;
    int64_t level;
};

struct settings_file {
    struct policy_schema_item item;
    int64_t version;
    struct policy_array listen;
    int64_t allow_plain_secrets, workers;
    const char *policies, *objects;
    int64_t sessions, handshake_ms, handshake_fail_ms, idle_ms, drain_ms;
    struct policy_named_link link;
    struct settings_log log;
    int64_t control_mode, map_bytes;
};

static const struct policy_schema_word format_words[] = {{"text", 0}, {"json", 1}, {NULL, 0}};
static const struct policy_schema_word mode_words[] = {{"0600", 0600}, {"0660", 0660}, {NULL, 0}};
static const struct policy_schema_word level_words[] = {
    {"error", 0}, {"warning", 1}, {"info", 2}, {"debug", 3}, {NULL, 0}};

static const struct policy_schema_field log_rows[] = {{.key = "format",
                                                       .type = SCHEMA_WORD,
                                                       .offset = AT(settings_log, is_json),
                                                       .fallback = "text",
                                                       .words = format_words,
                                                       .help = "one line an event: text or json"},
                                                      {.key = "level",
                                                       .type = SCHEMA_WORD,
                                                       .offset = AT(settings_log, level),
                                                       .fallback = "info",
                                                       .words = level_words,
                                                       .help = "the least that is logged"},
                                                      {0}};
static const struct policy_schema_table log_table = {
    .what = "log", .size = sizeof(struct settings_log), .fields = log_rows};

static const struct policy_schema_field settings_rows[] = {
    {.key = "imprintd",
     .type = SCHEMA_INTEGER,
     .offset = AT(settings_file, version),
     .min = 1,
     .max = 1,
     .fallback = "1",
     .help = "version of this file's language: 1"},
    {.key = "listen",
     .type = SCHEMA_TEXTS,
     .offset = AT(settings_file, listen),
     .min = 1,
     .max = 255,
     .help = "URIs to listen on; without it coaps on [::] and 0.0.0.0, port 5684"},
    {.key = "allow-plain-secrets",
     .type = SCHEMA_BOOLEAN,
     .offset = AT(settings_file, allow_plain_secrets),
     .fallback = "false",
     .help = "send keys over coap:// listeners: for the lab only"},
    {.key = "workers",
     .type = SCHEMA_INTEGER,
     .offset = AT(settings_file, workers),
     .min = 1,
     .max = 64,
     .fallback = "1",
     .help = "threads that serve devices"},
    {.key = "policies",
     .type = SCHEMA_TEXT,
     .offset = AT(settings_file, policies),
     .min = 1,
     .max = 1024,
     .fallback = "policies",
     .help = "file or folder, relative to the home"},
    {.key = "objects",
     .type = SCHEMA_TEXT,
     .offset = AT(settings_file, objects),
     .min = 1,
     .max = 1024,
     .help = "object definitions: a file or folder of XML, relative to the home; without it "
             "`objects` if that is there"},
    {.key = "sessions",
     .type = SCHEMA_INTEGER,
     .offset = AT(settings_file, sessions),
     .min = 1,
     .max = 10000000,
     .fallback = "100000",
     .help = "open sessions at most"},
    {.key = "handshake-timeout",
     .type = SCHEMA_MILLISECONDS,
     .offset = AT(settings_file, handshake_ms),
     .min = 1000,
     .max = 600000,
     .fallback = "60s",
     .help = "a whole DTLS handshake"},
    {.key = "handshake-failure-timeout",
     .type = SCHEMA_MILLISECONDS,
     .offset = AT(settings_file, handshake_fail_ms),
     .min = 100,
     .max = 60000,
     .fallback = "2s",
     .help = "after a record that a wrong key made"},
    {.key = "idle-timeout",
     .type = SCHEMA_MILLISECONDS,
     .offset = AT(settings_file, idle_ms),
     .min = 1000,
     .max = 86400000,
     .fallback = "5m",
     .help = "a session without a packet"},
    {.key = "link",
     .type = SCHEMA_MAP,
     .offset = AT(settings_file, link),
     .table = &policy_link_table,
     .help = "for devices whose policy names no link"},
    {.key = "drain",
     .type = SCHEMA_MILLISECONDS,
     .offset = AT(settings_file, drain_ms),
     .min = 0,
     .max = 3600000,
     .fallback = "90s",
     .help = "wait at most so long for running bootstraps"},
    {.key = "log",
     .type = SCHEMA_MAP,
     .offset = AT(settings_file, log),
     .table = &log_table,
     .help = "what is logged and how"},
    {.key = "control-mode",
     .type = SCHEMA_WORD,
     .offset = AT(settings_file, control_mode),
     .fallback = "0600",
     .words = mode_words,
     .help = "mode of the control socket: 0600, or 0660 for its group too"},
    {.key = "map",
     .type = SCHEMA_BYTES,
     .offset = AT(settings_file, map_bytes),
     .min = 1 << 20,
     .max = INT64_C(1) << 46,
     .help = "address space reserved for the store; without it 1 TiB"},
    {.key = "metrics", .type = SCHEMA_LATER, .help = "metrics listener"},
    {0}};

const struct policy_schema_table policy_settings_language = {
    .what = "settings file", .size = sizeof(struct settings_file), .fields = settings_rows};

/* ---- rows -> settings ---- */

static const char *const default_listeners[] = {"coaps://[::]:5684", "coaps://0.0.0.0:5684"};

static bool add_listener(struct policy_settings *settings, const char *uri)
{
    char *copy = strdup(uri);
    if (copy == NULL) {
        return false;
    }
    settings->listen[settings->listen_count++] = copy;
    return true;
}

/* Fills SETTINGS from what the rows read; false when out of memory. */
static bool take(const struct settings_file *file, struct policy_settings *settings)
{
    *settings = (struct policy_settings){
        .allow_plain_secrets = file->allow_plain_secrets == 1,
        .workers = (unsigned)file->workers,
        .policies = strdup(file->policies),
        .objects = file->objects != NULL ? strdup(file->objects) : NULL,
        .sessions_max = (size_t)file->sessions,
        .handshake_ms = (uint32_t)file->handshake_ms,
        .handshake_fail_ms = (uint32_t)file->handshake_fail_ms,
        .idle_ms = (uint32_t)file->idle_ms,
        .link = {.ack_timeout_ms = (uint32_t)file->link.ack_timeout_ms,
                 .max_retransmit = (uint8_t)file->link.max_retransmit,
                 .block_bytes = (uint16_t)file->link.block_bytes,
                 .budget_ms = (uint32_t)file->link.budget_ms},
        .drain_ms = (uint32_t)file->drain_ms,
        .log_json = file->log.is_json == 1,
        .log_level = (unsigned)file->log.level,
        .control_mode = (unsigned)file->control_mode,
        .map_bytes = file->map_bytes == SCHEMA_UNSET ? 0 : (uint64_t)file->map_bytes};
    bool is_whole =
        settings->policies != NULL && (file->objects == NULL || settings->objects != NULL);
    const char *const *listen = file->listen.items;
    size_t count = file->listen.count;
    if (count == 0) {
        listen = default_listeners;
        count = sizeof default_listeners / sizeof default_listeners[0];
    }
    for (size_t i = 0; i < count && is_whole; i++) {
        is_whole = add_listener(settings, listen[i]);
    }
    if (!is_whole) {
        policy_settings_clear(settings);
    }
    return is_whole;
}

static struct policy_mark mark_of(const struct policy_node *root, const char *key)
{
    for (const struct policy_node *node = root->first; node != NULL; node = node->next) {
        if (strcmp(node->key, key) == 0) {
            return node->mark;
        }
    }
    return root->mark;
}

/* A listener is a scheme, an address and a port, nothing more. */
static void check_listeners(struct policy_schema_context *context, const struct policy_node *root,
                            const struct settings_file *file)
{
    const char *const *listen = file->listen.items;
    struct policy_mark mark = mark_of(root, "listen");
    if (file->listen.count > POLICY_LISTENERS_MAX) {
        policy_error(context->report, mark, "listen: at most %d listeners", POLICY_LISTENERS_MAX);
    }
    for (size_t i = 0; i < file->listen.count; i++) {
        const char *wrong = policy_uri_check(listen[i], NULL, NULL);
        char quoted[POLICY_QUOTE_MAX];
        policy_quote(listen[i], strlen(listen[i]), quoted);
        if (wrong != NULL) {
            policy_error(context->report, mark, "listen: %s %s", quoted, wrong);
        } else if (strpbrk(strstr(listen[i], "://") + 3, "/?") != NULL) {
            policy_error(context->report, mark, "listen: %s: a listener has no path", quoted);
        }
    }
}

bool policy_settings_load_text(const char *file, const char *text, size_t len,
                               struct policy_settings *settings, struct policy_report *report)
{
    struct policy_arena arena = {0};
    struct policy_schema_context context = {.file = file, .arena = &arena, .report = report};
    struct settings_file rows = {0};
    struct policy_settings loaded = {0};
    size_t errors_before = report->error_count;
    struct policy_node *root = policy_yaml_parse(file, text, len, &arena, report);
    if (root != NULL) {
        policy_schema_read_map(&context, root, &policy_settings_language, &rows);
    }
    if (root != NULL && root->kind == POLICY_YAML_MAP) {
        check_listeners(&context, root, &rows);
    }
    bool is_good = root != NULL && report->error_count == errors_before;
    if (is_good && (arena.is_failed || !take(&rows, &loaded))) {
        policy_error(report, (struct policy_mark){.file = file}, "out of memory");
        is_good = false;
    }
    policy_arena_clear(&arena);
    policy_report_sort(report);
    if (is_good) {
        policy_settings_clear(settings);
        *settings = loaded;
    }
    return is_good;
}

bool policy_settings_load(const char *file, struct policy_settings *settings,
                          struct policy_report *report)
{
    struct stat status;
    if (stat(file, &status) != 0 && errno == ENOENT) {
        return policy_settings_load_text(file, "", 0, settings, report);
    }
    size_t len = 0;
    char *text = policy_file_read(file, &len, report);
    bool is_good = text != NULL && policy_settings_load_text(file, text, len, settings, report);
    free(text);
    return is_good;
}

void policy_settings_default(struct policy_settings *settings)
{
    struct policy_report report = {0};
    *settings = (struct policy_settings){0};
    (void)policy_settings_load_text("", "", 0, settings, &report);
    policy_report_clear(&report);
}

void policy_settings_clear(struct policy_settings *settings)
{
    for (size_t i = 0; i < settings->listen_count; i++) {
        free(settings->listen[i]);
    }
    free(settings->policies);
    free(settings->objects);
    *settings = (struct policy_settings){0};
}
