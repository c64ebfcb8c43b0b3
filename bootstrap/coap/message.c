#include "bootstrap/coap/message.h"

#include "bootstrap/coap/option.h"
#include "bootstrap/coap/pdu.h"

#include <stdio.h>
#include <string.h>

enum { HEADER_BYTES = 4 };

/* The options that are understood: RFC 7252 5.10, RFC 7959 2.1 and 4, RFC 9175 3.2. */
static const struct rule {
    uint16_t number;
    uint16_t min;
    uint16_t max;
    bool is_repeatable;
} rules[] = {
    {CC_OPT_URI_HOST, 1, 255, false},     {CC_OPT_ETAG, 1, 8, true},
    {CC_OPT_URI_PORT, 0, 2, false},       {CC_OPT_URI_PATH, 0, 255, true},
    {CC_OPT_CONTENT_FORMAT, 0, 2, false}, {CC_OPT_MAX_AGE, 0, 4, false},
    {CC_OPT_URI_QUERY, 0, 255, true},     {CC_OPT_ACCEPT, 0, 2, false},
    {CC_OPT_BLOCK2, 0, 3, false},         {CC_OPT_BLOCK1, 0, 3, false},
    {CC_OPT_SIZE2, 0, 4, false},          {CC_OPT_SIZE1, 0, 4, false},
    {CC_OPT_REQUEST_TAG, 0, 8, true},
};

/* ---- reading ---- */

/* True when OPTION is understood here, after the options that were kept before it. */
static bool is_understood(const struct cc_option *option, const struct cc_message *kept)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct rule *rule = &rules[i];
        if (rule->number == option->number) {
            bool is_again = kept->option_count > 0 &&
                            kept->options[kept->option_count - 1].number == option->number;
            return option->len >= rule->min && option->len <= rule->max &&
                   (rule->is_repeatable || !is_again) && kept->option_count < CC_OPTIONS_MAX;
        }
    }
    return false;
}

/* An empty Uri-Query says nothing, and libcoap takes the whole message for malformed. */
static bool says_nothing(const struct cc_option *option)
{
    return option->number == CC_OPT_URI_QUERY && option->len == 0;
}

struct scan {
    struct cc_message kept; /* header, token and the options understood */
    bool has_dropped;
    bool has_refused; /* one of the dropped was critical */
    size_t head_len;  /* up to the marker */
};

static bool scan_options(const uint8_t *datagram, size_t len, struct scan *scan)
{
    struct cc_message *kept = &scan->kept;
    struct cc_walk walk = {.at = datagram + HEADER_BYTES + kept->token_len, .end = datagram + len};
    struct cc_option option;
    while (cc_walk_next(&walk, &option)) {
        if (is_understood(&option, kept) && !says_nothing(&option)) {
            kept->options[kept->option_count++] = option;
            continue;
        }
        scan->has_dropped = true;
        scan->has_refused |= option.number % 2 == 1 && !says_nothing(&option);
    }
    scan->head_len = (size_t)(walk.at - datagram);
    /* RFC 7252 3: a marker followed by no payload is a format error. */
    return !walk.is_broken && len - scan->head_len != 1;
}

/* RFC 7252 3 and 4.1: version, token length, reserved classes, an empty message is four octets. */
static bool scan_header(const uint8_t *datagram, size_t len, struct cc_message *message)
{
    if (len < HEADER_BYTES || datagram[0] >> 6 != 1) {
        return false;
    }
    message->type = (enum cc_type)(datagram[0] >> 4 & 3);
    message->code = datagram[1];
    message->mid = (uint16_t)(datagram[2] << 8 | datagram[3]);
    message->token_len = datagram[0] & 15;
    unsigned class_ = message->code >> 5;
    if (message->token_len > CC_TOKEN_MAX || len < HEADER_BYTES + (size_t)message->token_len ||
        class_ == 1 || class_ > 5 || (message->code == CC_EMPTY && len != HEADER_BYTES)) {
        return false;
    }
    memcpy(message->token, datagram + HEADER_BYTES, message->token_len);
    return true;
}

/* Reads the head by libcoap; when options had to be dropped, a head written anew without them. */
static enum cc_error read_head(const uint8_t *datagram, const struct scan *scan,
                               struct cc_message *message)
{
    if (!scan->has_dropped) {
        return cc_pdu_read(datagram, scan->head_len, message);
    }
    uint8_t copy[CC_DATAGRAM_MAX];
    size_t copy_len = 0;
    enum cc_error error = cc_pdu_write(&scan->kept, copy, sizeof copy, &copy_len);
    if (error != CC_OK) {
        return error;
    }
    error = cc_pdu_read(copy, copy_len, message);
    for (size_t i = 0; error == CC_OK && i < message->option_count; i++) {
        message->options[i].value = scan->kept.options[i].value;
    }
    return error;
}

static enum cc_error fail(const struct cc_message *header, enum cc_error error,
                          struct cc_message *message)
{
    *message = (struct cc_message){.type = header->type, .mid = header->mid};
    return error;
}

/* The head passes through libcoap's memory and stays below a datagram's size; a payload does not.
 */
static enum cc_error parse(const uint8_t *datagram, size_t len, struct cc_message *message)
{
    struct scan scan;
    memset(&scan.kept, 0, offsetof(struct cc_message, options));
    scan.kept.option_count = 0;
    scan.has_dropped = scan.has_refused = false;
    if (!scan_header(datagram, len, &scan.kept) || !scan_options(datagram, len, &scan) ||
        scan.head_len > CC_DATAGRAM_MAX) {
        return fail(&scan.kept, CC_EFORMAT, message);
    }
    enum cc_error error = read_head(datagram, &scan, message);
    if (error != CC_OK) {
        return fail(&scan.kept, error, message);
    }
    bool has_payload = len > scan.head_len;
    message->payload = has_payload ? datagram + scan.head_len + 1 : NULL;
    message->payload_len = has_payload ? len - scan.head_len - 1 : 0;
    return scan.has_refused ? CC_EOPTION : CC_OK;
}

enum cc_error cc_message_parse(const uint8_t *datagram, size_t len, struct cc_message *message)
{
    if (len <= CC_DATAGRAM_MAX) {
        return parse(datagram, len, message);
    }
    struct cc_message header = {.type = CC_CON};
    (void)!scan_header(datagram, len, &header);
    return fail(&header, CC_EFORMAT, message);
}

enum cc_error cc_message_parse_stream(const uint8_t *octets, size_t len, struct cc_message *message)
{
    return parse(octets, len, message);
}

/* ---- writing ---- */

static bool is_buildable(const struct cc_message *message)
{
    if (message->token_len > CC_TOKEN_MAX || message->option_count > CC_OPTIONS_MAX) {
        return false;
    }
    for (size_t i = 1; i < message->option_count; i++) {
        if (message->options[i].number < message->options[i - 1].number) {
            return false;
        }
    }
    return message->code != CC_EMPTY ||
           (message->token_len == 0 && message->option_count == 0 && message->payload_len == 0);
}

enum cc_error cc_message_build(const struct cc_message *message, uint8_t *out, size_t capacity,
                               size_t *len)
{
    *len = 0;
    if (!is_buildable(message)) {
        return CC_EINVAL;
    }
    size_t head = 0;
    enum cc_error error = cc_pdu_write(message, out, capacity, &head);
    if (error != CC_OK || message->payload_len == 0) {
        *len = head;
        return error;
    }
    if (message->payload_len >= capacity - head) {
        return CC_ESPACE;
    }
    out[head] = CC_PAYLOAD_MARKER;
    memcpy(out + head + 1, message->payload, message->payload_len);
    *len = head + 1 + message->payload_len;
    return CC_OK;
}

/* ---- looking ---- */

const struct cc_option *cc_message_option(const struct cc_message *message, uint16_t number)
{
    for (size_t i = 0; i < message->option_count; i++) {
        if (message->options[i].number == number) {
            return &message->options[i];
        }
    }
    return NULL;
}

uint32_t cc_message_uint(const struct cc_message *message, uint16_t number, uint32_t fallback)
{
    const struct cc_option *option = cc_message_option(message, number);
    if (option == NULL || option->len > 4) {
        return fallback;
    }
    uint32_t value = 0;
    for (size_t i = 0; i < option->len; i++) {
        value = value << 8 | option->value[i];
    }
    return value;
}

bool cc_message_path_is(const struct cc_message *message, const char *path)
{
    const char *at = path;
    bool is_first = true;
    for (size_t i = 0; i < message->option_count; i++) {
        const struct cc_option *option = &message->options[i];
        if (option->number != CC_OPT_URI_PATH) {
            continue;
        }
        if (!is_first && *at++ != '/') {
            return false;
        }
        size_t len = strcspn(at, "/");
        if (len != option->len || memcmp(at, option->value, len) != 0) {
            return false;
        }
        at += len;
        is_first = false;
    }
    return *at == '\0';
}

/* RFC 3986 3.3: the characters of a segment that need no escape. */
static bool is_plain(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != 0 && strchr("-._~!$&'()*+,;=:@", c) != NULL);
}

static size_t put_segment(const struct cc_option *option, char *out, size_t room)
{
    size_t used = 0;
    for (size_t i = 0; i < option->len; i++) {
        char text[4];
        uint8_t c = option->value[i];
        size_t len = is_plain(c) ? 1 : 3;
        snprintf(text, sizeof text, len == 1 ? "%c" : "%%%02X", c);
        if (used + len > room) {
            break;
        }
        memcpy(out + used, text, len);
        used += len;
    }
    return used;
}

void cc_message_path_text(const struct cc_message *message, char *out, size_t capacity)
{
    if (capacity == 0) {
        return;
    }
    size_t used = 0;
    size_t room = capacity - 1;
    for (size_t i = 0; i < message->option_count && used < room; i++) {
        if (message->options[i].number == CC_OPT_URI_PATH) {
            out[used++] = '/';
            used += put_segment(&message->options[i], out + used, room - used);
        }
    }
    if (used == 0 && room > 0) {
        out[used++] = '/';
    }
    out[used] = '\0';
}

bool cc_message_query(const struct cc_message *message, const char *name, const uint8_t **value,
                      size_t *len, size_t *count)
{
    size_t name_len = strlen(name);
    size_t found = 0;
    for (size_t i = 0; i < message->option_count; i++) {
        const struct cc_option *option = &message->options[i];
        if (option->number != CC_OPT_URI_QUERY || option->len <= name_len ||
            memcmp(option->value, name, name_len) != 0 || option->value[name_len] != '=') {
            continue;
        }
        if (found++ == 0) {
            *value = option->value + name_len + 1;
            *len = option->len - name_len - 1;
        }
    }
    if (count != NULL) {
        *count = found;
    }
    return found > 0;
}

/* ---- names ---- */

const char *cc_code_text(uint8_t code, char out[static 8])
{
    static const char *const methods[] = {"empty", "GET", "POST", "PUT", "DELETE"};
    if (code < sizeof methods / sizeof methods[0]) {
        snprintf(out, 8, "%s", methods[code]);
    } else {
        snprintf(out, 8, "%u.%02u", (unsigned)code >> 5 & 7, (unsigned)code & 31);
    }
    return out;
}

const char *cc_type_text(enum cc_type type)
{
    static const char *const names[] = {"CON", "NON", "ACK", "RST"};
    return names[type & 3];
}

const char *cc_error_text(enum cc_error error)
{
    static const char *const texts[] = {
        [CC_OK] = "success",
        [CC_ENOMEM] = "out of memory",
        [CC_EFORMAT] = "not a CoAP message",
        [CC_EOPTION] = "unknown or malformed critical option",
        [CC_ESPACE] = "does not fit",
        [CC_EINVAL] = "argument out of bounds",
        [CC_EBUSY] = "a request is outstanding already",
        [CC_ECLOSED] = "session is closed",
        [CC_EADDRESS] = "cannot bind or connect to the address",
        [CC_ECREDENTIAL] = "credential unusable",
        [CC_EIO] = "input or output error",
    };
    return (size_t)error < sizeof texts / sizeof texts[0] ? texts[error] : "unknown error";
}
