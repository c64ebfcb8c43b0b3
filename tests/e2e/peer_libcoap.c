/*
 * An independent LwM2M bootstrap client: libcoap with its own GnuTLS stack, nothing of ours linked.
 *
 *     peer_libcoap --server 127.0.0.1:5684 --endpoint EP [--pct N]
 *                  [--identity TEXT --key-file FILE]   (hex; without: plain CoAP)
 *                  [--discover TEXT]     what it holds at first, as it shows it; the item without a
 *                                        path stays as it is; without: it shows nothing (4.05)
 *                  [--state FILE]        keeps what it holds from run to run
 *                  [--block N]           16..1024: blocks by hand of N octets; without: libcoap's
 *                  [--block-max N]       larger blocks are answered 4.13
 *                  [--rule M:PATH:ACTION[:TIMES[:FORMAT]]]..  M is get, put, post or delete; PATH a
 *                                        beginning; ACTION a code as 4.15, "separate" (empty ACK,
 *                                        response later), "ack" (and no response), "rst", "silent",
 *                                        "forget" (success, and nothing is done), "usual" (as
 *                                        without a rule; then the next one counts); FORMAT that of
 *                                        the body, of a get what it asks for
 *                  [--refuse OBJECT/RESOURCE:CODE]..   a TLV body with that resource is refused
 *                  [--timeout S] [--linger MS]
 *     peer_libcoap --pack --server .. --endpoint EP [--pct N] [--query acc=..] [--pack-block N] ..
 *                                        GET /bspack, Accept N, in blocks of N octets
 *
 * It opens a session, sends POST /bs and then serves what the server asks on that session: what is
 * written it keeps, shows to Discover, and gives to Reads of /1 and /2 in the formats of the family
 * that it was written in (TLV, CBOR, JSON; 4.06 for another). What happens goes to standard output,
 * one JSON object a line: bodies in hex, Message IDs as seen, so that a script may judge. Exit 0: a
 * Finish was answered 2.04, or the pack is whole. 3: neither came in time. 4: no session.
 */
#include "tests/e2e/peer_libcoap/answer.h"
#include "tests/e2e/peer_libcoap/options.h"
#include "tests/e2e/peer_libcoap/state.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static unsigned number_of(const coap_pdu_t *pdu, coap_option_num_t number, unsigned usual)
{
    coap_opt_iterator_t iterator;
    coap_opt_t *option = coap_check_option(pdu, number, &iterator);
    return option ? coap_decode_var_bytes(coap_opt_value(option), coap_opt_length(option)) : usual;
}

static void send_request(coap_session_t *session, unsigned block);

/*
 * One block of a pack, and the request for the next: by hand, since libcoap 4.3.1 goes on by itself
 * only behind a piggybacked response.
 */
static void take_pack(coap_session_t *session, const coap_pdu_t *response)
{
    size_t len = 0;
    const uint8_t *data = NULL;
    unsigned block = number_of(response, COAP_OPTION_BLOCK2, 0);
    coap_get_data(response, &len, &data);
    printf("{\"event\": \"pack\", \"code\": \"%s\", \"format\": %u, \"etag\": %u, \"block\": %u, "
           "\"size\": %zu, \"body\": \"",
           peer_code_text((int)coap_pdu_get_code(response)),
           number_of(response, COAP_OPTION_CONTENT_FORMAT, 65536),
           number_of(response, COAP_OPTION_ETAG, 0), block >> 4, len);
    for (size_t i = 0; i < len; i++) {
        printf("%02x", data[i]);
    }
    puts("\"}");
    if ((block & 8u) != 0) {
        send_request(session, ((block >> 4) + 1) << 4 | (block & 7u));
    }
    peer_state.is_finished |=
        coap_pdu_get_code(response) == COAP_RESPONSE_CODE_CONTENT && (block & 8u) == 0;
}

static coap_response_t on_response(coap_session_t *session, const coap_pdu_t *sent,
                                   const coap_pdu_t *received, const coap_mid_t mid)
{
    (void)sent;
    (void)mid;
    int code = (int)coap_pdu_get_code(received);
    peer_tell("answer", peer_code_text(code));
    if (peer_options.is_pack) {
        take_pack(session, received);
    }
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

static void add_uint(coap_pdu_t *pdu, coap_option_num_t number, unsigned value)
{
    uint8_t octets[4];
    coap_add_option(pdu, number, coap_encode_var_safe(octets, sizeof octets, value), octets);
}

static void add_query(coap_pdu_t *pdu, const char *format, const char *value)
{
    char query[280];
    int len = snprintf(query, sizeof query, format, value);
    coap_add_option(pdu, COAP_OPTION_URI_QUERY, (size_t)len, (const uint8_t *)query);
}

/* Options in the order of their numbers. */
static void add_options(coap_pdu_t *pdu, unsigned block)
{
    const char *path = peer_options.is_pack ? "bspack" : "bs";
    char number[12];
    coap_add_option(pdu, COAP_OPTION_URI_PATH, strlen(path), (const uint8_t *)path);
    add_query(pdu, "ep=%s", peer_options.endpoint);
    snprintf(number, sizeof number, "%u", peer_options.pct);
    if (peer_options.pct != PCT_NONE && !peer_options.is_pack) {
        add_query(pdu, "pct=%s", number);
    }
    if (peer_options.query != NULL) {
        add_query(pdu, "%s", peer_options.query);
    }
    if (peer_options.is_pack && peer_options.pct != PCT_NONE) {
        add_uint(pdu, COAP_OPTION_ACCEPT, peer_options.pct);
    }
    if (block > 0 || peer_options.pack_block > 0) {
        add_uint(pdu, COAP_OPTION_BLOCK2, block);
    }
}

/* BLOCK: the Block2 option, of a pack. */
static void send_request(coap_session_t *session, unsigned block)
{
    uint8_t token[8];
    size_t token_len = 0;
    coap_pdu_t *pdu = coap_pdu_init(
        COAP_MESSAGE_CON, peer_options.is_pack ? COAP_REQUEST_CODE_GET : COAP_REQUEST_CODE_POST,
        coap_new_message_id(session), coap_session_max_pdu_size(session));
    coap_session_new_token(session, &token_len, token);
    coap_add_token(pdu, token_len, token);
    add_options(pdu, block);
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
    if (peer_options.block == 0 && peer_options.block_max == 0 && !peer_options.is_pack) {
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
    peer_state_begin(peer_options.discover ? peer_options.discover : "");
    if (peer_options.state && !peer_state_load(peer_options.state)) {
        fprintf(stderr, "peer_libcoap: --state cannot be read\n");
        return 2;
    }
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
    unsigned szx = 0;
    while (szx < 6 && 16u << szx < peer_options.pack_block) {
        szx++;
    }
    send_request(session, szx);
    serve(context);
    coap_session_release(session);
    coap_free_context(context);
    coap_cleanup();
    if (peer_options.state && !peer_state_save(peer_options.state)) {
        fprintf(stderr, "peer_libcoap: --state cannot be written\n");
        return 2;
    }
    peer_tell("end", peer_state.is_finished   ? "finished"
                     : peer_state.is_answered ? "unfinished"
                                              : "no session");
    return peer_state.is_finished ? 0 : peer_state.is_answered ? 3 : 4;
}
