/* The command line of peer_libcoap. */
#ifndef TESTS_E2E_PEER_OPTIONS_H
#define TESTS_E2E_PEER_OPTIONS_H

#include <coap3/coap.h>

#include <stdbool.h>

enum { RULES_MAX = 16, KEY_MAX = 64, ANY_FORMAT = 0x10000, PCT_NONE = 0x10000 };
enum { ACT_CODE, ACT_RST, ACT_SILENT, ACT_SEPARATE, ACT_ACK, ACT_FORGET, ACT_USUAL };

/* What to do with a request that fits. */
struct peer_rule {
    int method;
    char path[32]; /* prefix */
    int action;
    int code;
    unsigned times; /* 0 = always */
    unsigned used;
    unsigned format; /* of a GET: what it asks for */
};

/* A TLV body with this resource is answered by CODE. */
struct peer_refusal {
    unsigned object, resource;
    int code;
};

struct peer_options {
    coap_address_t server;
    const char *endpoint, *identity, *discover, *state, *query;
    uint8_t key[KEY_MAX];
    size_t key_len;
    unsigned block, block_max, timeout_s, linger_ms, pct;
    unsigned pack_block; /* 0: libcoap's */
    bool is_pack;
    struct peer_rule rules[RULES_MAX];
    size_t rule_count;
    struct peer_refusal refusals[RULES_MAX];
    size_t refusal_count;
};
extern struct peer_options peer_options;

/* Fills peer_options; ends the program when they are wrong. */
void peer_options_read(int argc, char **argv);

#endif
