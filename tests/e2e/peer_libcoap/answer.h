/* What peer_libcoap answers to its bootstrap server, and what it tells of it. */
#ifndef TESTS_E2E_PEER_ANSWER_H
#define TESTS_E2E_PEER_ANSWER_H

#include <coap3/coap.h>

#include <stdbool.h>

enum { BODY_MAX = 65536 };

struct peer_state {
    bool is_finished, is_answered, is_failed;
    uint8_t body[BODY_MAX]; /* of the Block1 transfer under way */
    size_t body_len;
};
extern struct peer_state peer_state;

/* One JSON line. */
void peer_tell(const char *event, const char *what);
/* "4.15"; valid until the next call. */
const char *peer_code_text(int code);
/* The handler of every path and method. */
void peer_on_request(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *request,
                     const coap_string_t *query, coap_pdu_t *response);

#endif
