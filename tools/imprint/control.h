/*
 * The control socket of a running imprintd (docs/control.md), from the client's side: one JSON
 * object a line, both ways.
 */
#ifndef CLI_CONTROL_H
#define CLI_CONTROL_H

#include "tools/imprint/command.h"
#include "bootstrap/lwm2m/json.h"

#define CLI_CONTROL_LINE_MAX (1u << 20)
#define CLI_CONTROL_WAIT_S   10 /* for the first answer */

struct cli_control;

/* Connects to the daemon of CALL's home; says so when there is none. */
enum cli_status cli_control_open(const struct cli_call *call, struct cli_control **control);
/* NULL is fine. */
void cli_control_close(struct cli_control *control);
/*
 * Sends COMMAND, with KEY and VALUE unless KEY is NULL, and takes the first answer, which the
 * caller frees. An answer that is not ok is said, problems and all, and gives CLI_FAILED.
 */
enum cli_status cli_control_ask(struct cli_control *control, const char *command, const char *key,
                                const char *value, struct lwm2m_json_document **answer);
/*
 * The next line as it came (no newline; valid until the next call), waiting as long as it takes.
 * *LINE is NULL when the daemon hung up.
 */
enum cli_status cli_control_line(struct cli_control *control, const char **line, size_t *len);
/* The text of the last line taken. */
const char *cli_control_last(const struct cli_control *control);
/* Opens, asks, closes: for the commands of one answer. With --json prints the answer's line. */
enum cli_status cli_control_once(struct cli_call *call, const char *command, const char *key,
                                 const char *value, struct lwm2m_json_document **answer);

/* The number, or the truth, at PATH of an answer; 0 and false when there is none. */
uint64_t cli_answer_uint(const struct lwm2m_json_node *node, const char *path);
bool cli_answer_bool(const struct lwm2m_json_node *node, const char *path);

#endif
