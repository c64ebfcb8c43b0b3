#include "tests/e2e/peer_libcoap/answer.h"

#include "tests/e2e/peer_libcoap/body.h"
#include "tests/e2e/peer_libcoap/options.h"
#include "tests/e2e/peer_libcoap/state.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct peer_state peer_state;

/* ---- what is told ---- */

const char *peer_code_text(int code)
{
    static char text[16];
    snprintf(text, sizeof text, "%d.%02d", code >> 5, code & 31);
    return text;
}

static const char *method_text(int code)
{
    static const char *const names[] = {"EMPTY", "GET", "POST", "PUT", "DELETE"};
    return code >= 0 && code <= 4 ? names[code] : "?";
}

static void tell_request(const coap_pdu_t *request, const char *path, int format,
                         const uint8_t *body, size_t len, const char *answer)
{
    printf("{\"event\": \"request\", \"method\": \"%s\", \"path\": \"%s\", \"mid\": %d, "
           "\"format\": %d, \"answer\": \"%s\", \"body\": \"",
           method_text((int)coap_pdu_get_code(request)), path, coap_pdu_get_mid(request), format,
           answer);
    for (size_t i = 0; i < len; i++) {
        printf("%02x", body[i]);
    }
    puts("\"}");
}

void peer_tell(const char *event, const char *what)
{
    printf("{\"event\": \"%s\", \"what\": \"%s\"}\n", event, what);
}

/* ---- rules ---- */

static struct peer_rule *rule_for(int method, const char *path, int format)
{
    for (size_t i = 0; i < peer_options.rule_count; i++) {
        struct peer_rule *rule = &peer_options.rules[i];
        if (rule->method == method && strncmp(path, rule->path, strlen(rule->path)) == 0 &&
            (rule->times == 0 || rule->used < rule->times) &&
            (rule->format == ANY_FORMAT || (int)rule->format == format)) {
            return rule;
        }
    }
    return NULL;
}

/* The resource IDs of a TLV instance body (OMA LwM2M Core appendix C), judged one by one. */
static int refused_resource(unsigned object, const uint8_t *body, size_t len)
{
    for (size_t at = 0; at < len;) {
        uint8_t type = body[at++];
        unsigned id = 0, size = type & 7u;
        for (unsigned n = type & 0x20 ? 2 : 1; n > 0 && at < len; n--) {
            id = id << 8 | body[at++];
        }
        unsigned size_octets = type >> 3 & 3u;
        size = size_octets > 0 ? 0 : size;
        for (; size_octets > 0 && at < len; size_octets--) {
            size = size << 8 | body[at++];
        }
        at += size;
        for (size_t i = 0; i < peer_options.refusal_count; i++) {
            const struct peer_refusal *refusal = &peer_options.refusals[i];
            if (refusal->object == object && refusal->resource == id) {
                return refusal->code;
            }
        }
    }
    return 0;
}

/* ---- answering ---- */

/* As libcoap gives it to a handler. */
struct peer_asked {
    coap_resource_t *resource;
    coap_session_t *session;
    const coap_pdu_t *request;
    const coap_string_t *query;
};

static void option_uint(coap_pdu_t *pdu, coap_option_num_t number, unsigned value)
{
    uint8_t octets[4];
    coap_add_option(pdu, number, coap_encode_var_safe(octets, sizeof octets, value), octets);
}

static unsigned szx_of(unsigned octets)
{
    unsigned szx = 0;
    while (szx < 6 && 16u << szx < octets) {
        szx++;
    }
    return szx;
}

static int uint_option(const coap_pdu_t *pdu, coap_option_num_t number)
{
    coap_opt_iterator_t iterator;
    coap_opt_t *option = coap_check_option(pdu, number, &iterator);
    return option ? (int)coap_decode_var_bytes(coap_opt_value(option), coap_opt_length(option))
                  : -1;
}

static void path_of(const coap_pdu_t *request, char out[64])
{
    coap_string_t *path = coap_get_uri_path(request);
    snprintf(out, 64, "/%.*s", path ? (int)path->length : 0, path ? (const char *)path->s : "");
    coap_delete_string(path);
}

static void free_copy(coap_session_t *session, void *copy)
{
    (void)session;
    free(copy);
}

/* A 2.05 with DATA, in our own blocks or libcoap's. */
static void answer_content(const struct peer_asked *asked, coap_pdu_t *response, int format,
                           const uint8_t *data, size_t len)
{
    if (peer_options.block == 0) {
        uint8_t *copy = malloc(len + 1);
        memcpy(copy, data, len);
        coap_add_data_large_response(asked->resource, asked->session, asked->request, response,
                                     asked->query, (uint16_t)format, -1, 0, len, copy, free_copy,
                                     copy);
        return;
    }
    int block = uint_option(asked->request, COAP_OPTION_BLOCK2);
    unsigned szx = szx_of(peer_options.block);
    unsigned number = 0;
    if (block >= 0) {
        unsigned theirs = (unsigned)block & 7u;
        number = (unsigned)block >> 4;
        number = theirs > szx ? number << (theirs - szx) : number;
        szx = theirs < szx ? theirs : szx;
    }
    size_t offset = (size_t)number << (szx + 4);
    if (offset > 0 && offset >= len) {
        coap_pdu_set_code(response, COAP_RESPONSE_CODE_BAD_REQUEST);
        return;
    }
    size_t part = len - offset < (16u << szx) ? len - offset : 16u << szx;
    bool has_more = offset + part < len;
    option_uint(response, COAP_OPTION_CONTENT_FORMAT, (unsigned)format);
    if (has_more || number > 0) {
        option_uint(response, COAP_OPTION_BLOCK2, number << 4 | (has_more ? 8u : 0) | szx);
    }
    coap_add_data(response, part, data + offset);
}

/* GET: Discover or Read, by what is asked for; the code. */
static int answer_get(const struct peer_asked *asked, const char *path, int accept,
                      coap_pdu_t *response)
{
    static uint8_t body[BODY_MAX];
    size_t len = 0;
    int code = COAP_RESPONSE_CODE_NOT_ALLOWED;
    if (peer_options.discover == NULL) {
        return code;
    }
    if (accept == FORMAT_LINK || accept < 0) {
        code = peer_state_discover(path, (char *)body, sizeof body);
        len = strlen((char *)body);
    } else {
        code = peer_state_read(path, accept, body, sizeof body, &len);
    }
    if (code == COAP_RESPONSE_CODE_CONTENT) {
        coap_pdu_set_code(response, COAP_RESPONSE_CODE_CONTENT);
        answer_content(asked, response, accept < 0 ? FORMAT_LINK : accept, body, len);
        code = (int)coap_pdu_get_code(response);
    }
    return code;
}

/* Takes one Block1 part; true when the body is whole. Otherwise RESPONSE is filled. */
static bool take_block(const coap_pdu_t *request, coap_pdu_t *response)
{
    const uint8_t *data = NULL;
    size_t len = 0;
    int block = uint_option(request, COAP_OPTION_BLOCK1);
    coap_get_data(request, &len, &data);
    unsigned number = block >= 0 ? (unsigned)block >> 4 : 0;
    unsigned szx = block >= 0 ? (unsigned)block & 7u : 6;
    unsigned ours = peer_options.block ? szx_of(peer_options.block) : 6;
    size_t offset = (size_t)number << (szx + 4);
    if (peer_options.block_max > 0 && len > peer_options.block_max) {
        coap_pdu_set_code(response, COAP_RESPONSE_CODE_REQUEST_TOO_LARGE);
        return false;
    }
    if (number == 0) {
        peer_state.body_len = 0;
    }
    if (offset > peer_state.body_len || offset + len > BODY_MAX) {
        coap_pdu_set_code(response, COAP_RESPONSE_CODE_INCOMPLETE);
        return false;
    }
    if (len > 0) {
        memcpy(peer_state.body + offset, data, len);
    }
    peer_state.body_len = offset + len;
    if (block < 0) {
        return true;
    }
    szx = szx > ours ? ours : szx;
    option_uint(response, COAP_OPTION_BLOCK1,
                ((unsigned)block & 8u) | szx | (number == 0 ? 0 : number << 4));
    if ((block & 8) != 0) {
        coap_pdu_set_code(response, COAP_RESPONSE_CODE_CONTINUE);
        return false;
    }
    return true;
}

static bool take_body(const coap_pdu_t *request, coap_pdu_t *response)
{
    if (peer_options.block > 0 || peer_options.block_max > 0) {
        return take_block(request, response);
    }
    const uint8_t *data = NULL;
    size_t len = 0, offset = 0, total = 0;
    coap_get_data_large(request, &len, &data, &offset, &total);
    peer_state.body_len = len < BODY_MAX ? len : BODY_MAX;
    if (len > 0) {
        memcpy(peer_state.body, data, peer_state.body_len);
    }
    return true;
}

/* Carries a rule's action out; true when there is no more to answer. */
static bool act(struct peer_rule *rule, coap_session_t *session, const coap_pdu_t *request)
{
    if (rule->action == ACT_RST) {
        rule->used++;
        coap_send_rst(session, request);
        return true;
    }
    if (rule->action == ACT_SILENT) {
        peer_tell("silence", "from here on");
        sleep(peer_options.timeout_s);
        exit(3);
    }
    if (rule->action == ACT_ACK) {
        rule->used++;
        return true;
    }
    if (rule->action == ACT_SEPARATE) {
        /* libcoap acknowledges now and calls the handler again: that time with the async there. */
        if (coap_find_async(session, coap_pdu_get_token(request)) == NULL) {
            coap_register_async(session, request, COAP_TICKS_PER_SECOND / 5);
            return true;
        }
        rule->used++;
    }
    return false;
}

static int judge_write(const struct peer_rule *rule, const char *path, int format)
{
    unsigned object;
    if (sscanf(path, "/%u", &object) == 1) {
        int refused = refused_resource(object, peer_state.body, peer_state.body_len);
        if (refused != 0) {
            return refused;
        }
    }
    return rule != NULL && rule->action == ACT_FORGET
               ? COAP_RESPONSE_CODE_CHANGED
               : peer_state_write(path, format, peer_state.body, peer_state.body_len);
}

static int judge(struct peer_rule *rule, const struct peer_asked *asked, const char *path,
                 int format, coap_pdu_t *response)
{
    bool is_used_here = rule != NULL && (rule->action == ACT_CODE || rule->action == ACT_FORGET ||
                                         rule->action == ACT_USUAL);
    if (is_used_here) {
        rule->used++;
    }
    if (rule != NULL && rule->action == ACT_CODE) {
        if (coap_pdu_get_code(asked->request) == COAP_REQUEST_CODE_DELETE &&
            rule->code == COAP_RESPONSE_CODE_NOT_FOUND) {
            peer_state_delete(path); /* who says that it is not there does not show it either */
        }
        return rule->code;
    }
    switch (coap_pdu_get_code(asked->request)) {
    case COAP_REQUEST_CODE_GET:
        return answer_get(asked, path, format, response);
    case COAP_REQUEST_CODE_PUT:
        return judge_write(rule, path, format);
    case COAP_REQUEST_CODE_DELETE:
        return rule != NULL && rule->action == ACT_FORGET ? COAP_RESPONSE_CODE_DELETED
                                                          : peer_state_delete(path);
    default:
        return strcmp(path, "/bs") == 0 ? COAP_RESPONSE_CODE_CHANGED
                                        : COAP_RESPONSE_CODE_BAD_REQUEST;
    }
}

void peer_on_request(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *request,
                     const coap_string_t *query, coap_pdu_t *response)
{
    char path[64];
    const struct peer_asked asked = {resource, session, request, query};
    int method = (int)coap_pdu_get_code(request);
    int format = uint_option(request, method == COAP_REQUEST_CODE_GET ? COAP_OPTION_ACCEPT
                                                                      : COAP_OPTION_CONTENT_FORMAT);
    path_of(request, path);
    struct peer_rule *rule = rule_for(method, path, format);
    if (rule != NULL && act(rule, session, request)) {
        tell_request(request, path, format, NULL, 0, rule->action == ACT_RST ? "rst" : "empty");
        return;
    }
    if (!take_body(request, response)) {
        tell_request(request, path, format, NULL, 0,
                     peer_code_text((int)coap_pdu_get_code(response)));
        return;
    }
    int code = judge(rule, &asked, path, format, response);
    coap_pdu_set_code(response, (coap_pdu_code_t)code);
    tell_request(request, path, format, peer_state.body, peer_state.body_len, peer_code_text(code));
    peer_state.is_finished |=
        method == COAP_REQUEST_CODE_POST && code == COAP_RESPONSE_CODE_CHANGED;
}
