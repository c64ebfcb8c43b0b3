#include "bootstrap/server/log.h"

#include "bootstrap/lwm2m/json.h"
#include "bootstrap/server/queue.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define GATHER_NS 2000000 /* lines of two milliseconds share a write */

struct line {
    struct bs_node node;
    size_t len;
    char text[];
};

struct bs_log {
    int fd;
    int wake;
    pthread_t thread;
    struct bs_queue queue;
    atomic_uint pending;
    atomic_uint_fast64_t dropped;
    atomic_int level;
    atomic_bool is_json;
    atomic_bool is_stopping;
};

static const char *const level_names[] = {"error", "warning", "info", "debug"};

/* ---- building a line ---- */

struct builder {
    char *text;
    size_t len;
};

static void put_text(struct builder *out, const char *text)
{
    size_t len = strlen(text);
    memcpy(out->text + out->len, text, len);
    out->len += len;
}

/* One octet of a peer's text: what could end the line or the value, and what is not ASCII, as \xNN.
 */
static void put_octet(struct builder *out, uint8_t octet)
{
    char escaped[8];
    if (octet >= 0x20 && octet < 0x7f && octet != '"' && octet != '\\') {
        out->text[out->len++] = (char)octet;
    } else {
        snprintf(escaped, sizeof escaped, "\\x%02x", octet);
        put_text(out, escaped);
    }
}

static bool is_bare(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((uint8_t)text[i] <= 0x20 || (uint8_t)text[i] >= 0x7f || strchr("\"\\=", text[i]))
            return false;
    return len > 0;
}

static size_t length_of(const struct bs_field *field)
{
    return field->len ? field->len : strlen(field->text);
}

static size_t shown_of(const struct bs_field *field)
{
    size_t len = length_of(field);
    return len < BS_LOG_VALUE_MAX ? len : BS_LOG_VALUE_MAX;
}

/* A text field with nothing in it says nothing. */
static bool is_empty(const struct bs_field *field)
{
    return field->text && !length_of(field);
}

static void put_value(struct builder *out, const struct bs_field *field)
{
    char number[24];
    if (!field->text) {
        snprintf(number, sizeof number, "%lld", (long long)field->number);
        put_text(out, number);
        return;
    }
    size_t shown = shown_of(field);
    const char *quote = is_bare(field->text, shown) ? "" : "\"";
    put_text(out, quote);
    for (size_t i = 0; i < shown; i++)
        put_octet(out, (uint8_t)field->text[i]);
    put_text(out, shown < length_of(field) ? "..." : "");
    put_text(out, quote);
}

static void stamp(char out[static 40])
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t len = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out + len, 8, ".%03uZ", (unsigned)(now.tv_nsec / 1000000) % 1000u);
}

static struct line *build_text(enum bs_level level, const char *event,
                               const struct bs_field *fields, size_t count)
{
    char at[40];
    size_t room = sizeof at + 32 + strlen(event);
    for (size_t i = 0; i < count; i++)
        room += strlen(fields[i].key) + 32 + (fields[i].text ? 4 * shown_of(&fields[i]) : 0);
    struct line *line = malloc(sizeof *line + room);
    if (!line)
        return NULL;
    struct builder out = {.text = line->text};
    stamp(at);
    put_text(&out, at);
    put_text(&out, " ");
    put_text(&out, level_names[level]);
    put_text(&out, " ");
    put_text(&out, event);
    for (size_t i = 0; i < count; i++) {
        if (is_empty(&fields[i]))
            continue;
        put_text(&out, " ");
        put_text(&out, fields[i].key);
        put_text(&out, "=");
        put_value(&out, &fields[i]);
    }
    put_text(&out, "\n");
    line->len = out.len;
    return line;
}

static struct line *build_json(enum bs_level level, const char *event,
                               const struct bs_field *fields, size_t count)
{
    char at[40];
    struct lwm2m_json_writer json = {0};
    stamp(at);
    lwm2m_json_object_begin(&json);
    lwm2m_json_key(&json, "at");
    lwm2m_json_text(&json, at);
    lwm2m_json_key(&json, "level");
    lwm2m_json_text(&json, level_names[level]);
    lwm2m_json_key(&json, "event");
    lwm2m_json_text(&json, event);
    for (size_t i = 0; i < count; i++) {
        if (is_empty(&fields[i]))
            continue;
        lwm2m_json_key(&json, fields[i].key);
        if (fields[i].text)
            lwm2m_json_string(&json, fields[i].text, shown_of(&fields[i]));
        else
            lwm2m_json_int(&json, fields[i].number);
    }
    lwm2m_json_object_end(&json);
    struct line *line = json.error ? NULL : malloc(sizeof *line + json.len + 1);
    if (line) {
        memcpy(line->text, json.data, json.len);
        line->text[json.len] = '\n';
        line->len = json.len + 1;
    }
    lwm2m_json_clear(&json);
    return line;
}

static struct line *build(bool is_json, enum bs_level level, const char *event,
                          const struct bs_field *fields, size_t count)
{
    return (is_json ? build_json : build_text)(level, event, fields, count);
}

/* ---- writing ---- */

static void write_all(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t written = write(fd, text, len);
        if (written <= 0)
            return; /* nobody reads the log: there is nowhere to say so */
        text += written;
        len -= (size_t)written;
    }
}

/* Lines in one write as far as they fit together. */
static void write_lines(struct bs_log *log)
{
    char together[16384];
    size_t len = 0;
    for (struct bs_node *node = bs_queue_take(&log->queue); node;) {
        struct line *line = BS_CONTAINER(node, struct line, node);
        node = node->next;
        if (len + line->len > sizeof together) {
            write_all(log->fd, together, len);
            len = 0;
        }
        if (line->len > sizeof together) {
            write_all(log->fd, line->text, line->len);
        } else {
            memcpy(together + len, line->text, line->len);
            len += line->len;
        }
        free(line);
        atomic_fetch_sub(&log->pending, 1);
    }
    write_all(log->fd, together, len);
    uint64_t dropped = atomic_exchange(&log->dropped, 0);
    if (!dropped)
        return;
    const struct bs_field field = BS_NUMBER("count", dropped);
    struct line *line = build(atomic_load(&log->is_json), BS_ERROR, "log_dropped", &field, 1);
    if (line)
        write_all(log->fd, line->text, line->len);
    free(line);
}

static void *log_main(void *argument)
{
    struct bs_log *log = argument;
    prctl(PR_SET_NAME, "log");
    for (;;) {
        uint64_t ticks;
        bool is_stopping = atomic_load(&log->is_stopping);
        if (!is_stopping)
            nanosleep(&(struct timespec){.tv_nsec = GATHER_NS}, NULL);
        write_lines(log);
        if (is_stopping)
            return NULL;
        if (read(log->wake, &ticks, sizeof ticks) < 0)
            continue; /* interrupted: look again */
    }
}

static void wake(struct bs_log *log)
{
    uint64_t one = 1;
    if (write(log->wake, &one, sizeof one) < 0)
        return; /* a full counter is a wake-up too */
}

struct bs_log *bs_log_new(int fd)
{
    struct bs_log *log = calloc(1, sizeof *log);
    if (!log)
        return NULL;
    log->fd = fd;
    atomic_init(&log->level, BS_INFO);
    log->wake = eventfd(0, EFD_CLOEXEC);
    if (log->wake < 0 || pthread_create(&log->thread, NULL, log_main, log) != 0) {
        if (log->wake >= 0)
            close(log->wake);
        free(log);
        return NULL;
    }
    return log;
}

void bs_log_free(struct bs_log *log)
{
    if (!log)
        return;
    atomic_store(&log->is_stopping, true);
    wake(log);
    pthread_join(log->thread, NULL);
    close(log->wake);
    free(log);
}

void bs_log_configure(struct bs_log *log, enum bs_level level, bool is_json)
{
    atomic_store(&log->level, (int)level);
    atomic_store(&log->is_json, is_json);
}

bool bs_log_wants(const struct bs_log *log, enum bs_level level)
{
    return (int)level <= atomic_load_explicit(&log->level, memory_order_relaxed);
}

void bs_log_event(struct bs_log *log, enum bs_level level, const char *event,
                  const struct bs_field *fields, size_t count)
{
    if (!bs_log_wants(log, level))
        return;
    if (atomic_fetch_add(&log->pending, 1) >= BS_LOG_PENDING_MAX) {
        atomic_fetch_sub(&log->pending, 1);
        atomic_fetch_add(&log->dropped, 1);
        return;
    }
    struct line *line = build(atomic_load(&log->is_json), level, event, fields, count);
    if (!line) {
        atomic_fetch_sub(&log->pending, 1);
        return;
    }
    if (bs_queue_push(&log->queue, &line->node))
        wake(log);
}
