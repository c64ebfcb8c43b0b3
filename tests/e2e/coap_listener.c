/*
 * A CoAP server on any transport of bootstrap/coap, for peers that are not ours: answers every
 * request by 2.04 and the request's own body. One device, "device" with the key 0123456789abcdef.
 *
 *     coap_listener coaps+tcp://127.0.0.1:0
 *
 * Prints JSON lines: where it listens, what opened, was asked for, closed, was refused.
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "bootstrap/coap/endpoint.h"

static const char identity_known[] = "device";
static const char key_known[] = "0123456789abcdef";

static bool on_psk(void *context, const uint8_t *identity, size_t len, struct cc_psk *psk)
{
    (void)context;
    if (len != strlen(identity_known) || memcmp(identity, identity_known, len) != 0) {
        return false;
    }
    psk->key_len = strlen(key_known);
    memcpy(psk->key, key_known, psk->key_len);
    return true;
}

static void on_opened(void *context, struct cc_session *session)
{
    (void)context;
    printf("{\"event\": \"opened\", \"tcp\": %s, \"secure\": %s}\n",
           cc_session_is_tcp(session) ? "true" : "false",
           cc_session_is_secure(session) ? "true" : "false");
}

static void on_request(void *context, struct cc_session *session, const struct cc_message *request,
                       const struct cc_ticket *ticket)
{
    char path[64];
    struct cc_response response = {.code = CC_CHANGED,
                                   .content_format = CC_FORMAT_NONE,
                                   .payload = request->payload,
                                   .payload_len = request->payload_len};
    (void)context;
    cc_message_path_text(request, path, sizeof path);
    enum cc_error error = cc_session_respond(session, ticket, &response);
    printf("{\"event\": \"request\", \"path\": \"%s\", \"octets\": %zu, \"answered\": \"%s\"}\n",
           path, request->payload_len, cc_error_text(error));
}

static void on_closed(void *context, struct cc_session *session, enum cc_close reason)
{
    (void)context;
    (void)session;
    printf("{\"event\": \"closed\", \"reason\": \"%s\"}\n", cc_close_text(reason));
}

static void on_refused(void *context, const char *peer, enum cc_refusal refusal,
                       const uint8_t *identity, size_t identity_len)
{
    (void)context;
    (void)peer;
    (void)identity;
    printf("{\"event\": \"refused\", \"reason\": \"%s\", \"identity_octets\": %zu}\n",
           cc_refusal_text(refusal), identity_len);
}

static void on_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    (void)!getrandom(out, len, 0);
}

int main(int argc, char **argv)
{
    static const struct cc_handlers handlers = {.psk = on_psk,
                                                .opened = on_opened,
                                                .request = on_request,
                                                .closed = on_closed,
                                                .refused = on_refused};
    struct cc_endpoint_config config = {.handlers = &handlers, .random = on_random};
    struct cc_endpoint *endpoint;
    char bound[CC_ADDRESS_TEXT];
    if (argc != 2) {
        fprintf(stderr, "usage: coap_listener URI\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    cc_parameters_default(&config.parameters);
    if (cc_endpoint_new(&config, &endpoint) != CC_OK ||
        cc_endpoint_listen(endpoint, argv[1], false, bound) != CC_OK) {
        perror(argv[1]);
        return 1;
    }
    printf("{\"event\": \"listening\", \"address\": \"%s\"}\n", bound);
    while (cc_endpoint_poll(endpoint, -1) == CC_OK) {
    }
    return 1;
}
