/*
 * An independent LwM2M bootstrap client: libcoap with its own GnuTLS stack, nothing of ours linked.
 *
 *     peer_libcoap --server 127.0.0.1:5684 --endpoint EP [--pct N]
 *                  [--identity TEXT --key-file FILE]   (hex; without: plain CoAP)
 *                  [--discover TEXT]     answer to GET /; without: 4.05
 *                  [--block N]           16..1024: blocks by hand of N octets; without: libcoap's
 *                  [--block-max N]       larger blocks are answered 4.13
 *                  [--rule M:PATH:ACTION[:TIMES[:FORMAT]]]..  M is get, put, post or delete;
 *                                        ACTION a code as 4.15, "separate" (empty ACK,
 *                                        response later), "ack" (and no response), "rst", "silent"
 *                  [--refuse OBJECT/RESOURCE:CODE]..   a TLV body with that resource is refused
 *                  [--timeout S] [--linger MS]
 *
 * It opens a session, sends POST /bs and then serves what the server asks on that session. What
 * happens goes to standard output, one JSON object a line: bodies in hex, Message IDs as seen, so
 * that a script may judge. Exit 0: a Finish was answered 2.04. 3: none came in time. 4: no session.
 */
#include "tests/e2e/peer_libcoap/answer.h"
#include "tests/e2e/peer_libcoap/options.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static coap_response_t on_response(coap_session_t *session, const coap_pdu_t *sent,
                                   const coap_pdu_t *received, const coap_mid_t mid)
{
    (void)session;
    (void)sent;
    (void)mid;
    int code = (int)coap_pdu_get_code(received);
    peer_tell("answer", peer_code_text(code));
    peer_state.is_answered = true;
    peer_state.is_failed |= code >> 5 != 2;
    return COAP_RESPONSE_OK;
}

static int on_event(coap_session_t *session, const coap_event_t event)
{
    (void)session;
    if (event == COAP_EVENT_DTLS_ERROR || event == COAP_EVENT_DTLS_CLOSED ||
        event == COAP_EVENT_SESSION_FAILED) {
        peer_tell("session", event == COAP_EVENT_DTLS_CLOSED ? "closed" : "failed");
        peer_state.is_failed |= !peer_state.is_finished;
    } else if (event == COAP_EVENT_DTLS_CONNECTED) {
        peer_tell("session", "connected");
    }
    return 0;
}

static void on_nack(coap_session_t *session, const coap_pdu_t *sent, const coap_nack_reason_t why,
                    const coap_mid_t mid)
{
    (void)session;
    (void)sent;
    (void)mid;
    peer_tell("nack", why == COAP_NACK_TOO_MANY_RETRIES ? "timeout" : "failed");
    peer_state.is_failed = true;
}

static coap_session_t *open_session(coap_context_t *context)
{
    if (peer_options.identity == NULL) {
        return coap_new_client_session(context, NULL, &peer_options.server, COAP_PROTO_UDP);
    }
    coap_dtls_cpsk_t setup = {.version = COAP_DTLS_CPSK_SETUP_VERSION};
    setup.psk_info.identity.s = (const uint8_t *)peer_options.identity;
    setup.psk_info.identity.length = strlen(peer_options.identity);
    setup.psk_info.key.s = peer_options.key;
    setup.psk_info.key.length = peer_options.key_len;
    return coap_new_client_session_psk2(context, NULL, &peer_options.server, COAP_PROTO_DTLS,
                                        &setup);
}

static void send_bootstrap_request(coap_session_t *session)
{
    char query[280];
    uint8_t token[8];
    size_t token_len = 0;
    coap_pdu_t *pdu =
        coap_pdu_init(COAP_MESSAGE_CON, COAP_REQUEST_CODE_POST, coap_new_message_id(session),
                      coap_session_max_pdu_size(session));
    coap_session_new_token(session, &token_len, token);
    coap_add_token(pdu, token_len, token);
    coap_add_option(pdu, COAP_OPTION_URI_PATH, 2, (const uint8_t *)"bs");
    int len = snprintf(query, sizeof query, "ep=%s", peer_options.endpoint);
    coap_add_option(pdu, COAP_OPTION_URI_QUERY, (size_t)len, (const uint8_t *)query);
    if (peer_options.pct != PCT_NONE) {
        len = snprintf(query, sizeof query, "pct=%u", peer_options.pct);
        coap_add_option(pdu, COAP_OPTION_URI_QUERY, (size_t)len, (const uint8_t *)query);
    }
    if (coap_send(session, pdu) == COAP_INVALID_MID) {
        peer_tell("session", "failed");
        peer_state.is_failed = true;
    }
}

static void serve_every_path(coap_context_t *context)
{
    coap_resource_t *resource = coap_resource_unknown_init(peer_on_request);
    coap_register_request_handler(resource, COAP_REQUEST_GET, peer_on_request);
    coap_register_request_handler(resource, COAP_REQUEST_POST, peer_on_request);
    coap_register_request_handler(resource, COAP_REQUEST_DELETE, peer_on_request);
    coap_add_resource(context, resource);
    coap_register_response_handler(context, on_response);
    coap_register_event_handler(context, on_event);
    coap_register_nack_handler(context, on_nack);
    if (peer_options.block == 0 && peer_options.block_max == 0) {
        coap_context_set_block_mode(context, COAP_BLOCK_USE_LIBCOAP | COAP_BLOCK_SINGLE_BODY);
    }
}

static void serve(coap_context_t *context)
{
    uint64_t end_ms = now_ms() + peer_options.timeout_s * 1000ull;
    bool is_ending = false;
    while (now_ms() < end_ms && !peer_state.is_failed) {
        if (peer_state.is_finished && !is_ending) {
            is_ending = true;
            end_ms = now_ms() + peer_options.linger_ms;
        }
        coap_io_process(context, 50);
    }
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    peer_options_read(argc, argv);
    coap_startup();
    coap_set_log_level(LOG_EMERG);
    coap_dtls_set_log_level(LOG_EMERG);
    coap_context_t *context = coap_new_context(NULL);
    serve_every_path(context);
    coap_session_t *session = open_session(context);
    if (session == NULL) {
        peer_tell("session", "failed");
        return 4;
    }
    send_bootstrap_request(session);
    serve(context);
    coap_session_release(session);
    coap_free_context(context);
    coap_cleanup();
    peer_tell("end", peer_state.is_finished   ? "finished"
                     : peer_state.is_answered ? "unfinished"
                                              : "no session");
    return peer_state.is_finished ? 0 : peer_state.is_answered ? 3 : 4;
}
