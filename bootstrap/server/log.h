/*
 * The daemon's log: one event a line on standard error, `level event key=value ..` or JSON.
 *
 * Any thread logs; a thread of the log's own writes, so that a slow reader of the log never holds a
 * packet. When more than BS_LOG_PENDING_MAX lines wait, lines are dropped and their number is told.
 * Peer text is escaped and cut at BS_LOG_VALUE_MAX octets. Never pass a secret.
 *
 * Levels: error = the operator must act, warning = a peer misbehaved, info = outcome, debug = each
 * message.
 */
#ifndef BS_LOG_H
#define BS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BS_LOG_PENDING_MAX 10000
#define BS_LOG_VALUE_MAX   300

enum bs_level { BS_ERROR, BS_WARNING, BS_INFO, BS_DEBUG };

struct bs_field {
    const char *key;
    const char *text; /* NUL-terminated, or LEN octets when len > 0; NULL: the number counts */
    size_t len;
    int64_t number;
};
#define BS_TEXT(key_, text_) ((struct bs_field){.key = (key_), .text = (text_)})
#define BS_OCTETS(key_, data_, len_)                                                               \
    ((struct bs_field){.key = (key_), .text = (len_) ? (const char *)(data_) : "", .len = (len_)})
#define BS_NUMBER(key_, number_) ((struct bs_field){.key = (key_), .number = (int64_t)(number_)})

struct bs_log;

/* Starts the writing thread on file descriptor FD. NULL when out of memory or threads. */
struct bs_log *bs_log_new(int fd);
/* Writes what waits, ends the thread, frees. */
void bs_log_free(struct bs_log *log);
void bs_log_configure(struct bs_log *log, enum bs_level level, bool is_json);
bool bs_log_wants(const struct bs_log *log, enum bs_level level);
void bs_log_event(struct bs_log *log, enum bs_level level, const char *event,
                  const struct bs_field *fields, size_t count);
/* The same with the fields listed in place. */
#define BS_LOG(log, level, event, ...)                                                             \
    bs_log_event((log), (level), (event), (const struct bs_field[]){__VA_ARGS__},                  \
                 sizeof((const struct bs_field[]){__VA_ARGS__}) / sizeof(struct bs_field))

#endif
