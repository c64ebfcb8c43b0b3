#include "tests/e2e/peer_libcoap/options.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct peer_options peer_options = {.pct = PCT_NONE, .timeout_s = 60, .linger_ms = 300};

static void usage(const char *what)
{
    fprintf(stderr, "peer_libcoap: bad %s\n", what);
    exit(2);
}

static int parse_code(const char *text)
{
    int class = 0, detail = 0;
    return sscanf(text, "%d.%d", &class, &detail) == 2 ? class << 5 | detail : -1;
}

static void add_rule(const char *text)
{
    static const char *const methods[] = {"", "get", "post", "put", "delete"};
    static const char *const actions[] = {"",    "rst",    "silent", "separate",
                                          "ack", "forget", "usual"};
    char method[16] = "", action[16] = "";
    struct peer_rule rule = {.format = ANY_FORMAT, .action = ACT_CODE};
    int got = sscanf(text, "%15[^:]:%31[^:]:%15[^:]:%u:%u", method, rule.path, action, &rule.times,
                     &rule.format);
    for (int i = 1; i <= 4; i++) {
        rule.method = strcmp(method, methods[i]) == 0 ? i : rule.method;
    }
    for (int i = 1; i <= 6; i++) {
        rule.action = strcmp(action, actions[i]) == 0 ? i : rule.action;
    }
    rule.code = parse_code(action);
    if (got < 3 || rule.method == 0 || peer_options.rule_count == RULES_MAX ||
        (rule.action == ACT_CODE && rule.code < 0)) {
        usage("--rule");
    }
    peer_options.rules[peer_options.rule_count++] = rule;
}

static void add_refusal(const char *text)
{
    char code[8] = "";
    struct peer_refusal refusal = {0};
    if (sscanf(text, "%u/%u:%7s", &refusal.object, &refusal.resource, code) != 3 ||
        (refusal.code = parse_code(code)) < 0 || peer_options.refusal_count == RULES_MAX) {
        usage("--refuse");
    }
    peer_options.refusals[peer_options.refusal_count++] = refusal;
}

static void read_key(const char *path)
{
    FILE *file = fopen(path, "r");
    unsigned octet;
    if (file == NULL) {
        usage("--key-file");
    }
    while (peer_options.key_len < KEY_MAX && fscanf(file, "%2x", &octet) == 1) {
        peer_options.key[peer_options.key_len++] = (uint8_t)octet;
    }
    fclose(file);
}

/* "127.0.0.1:5684" or "[::1]:5684" */
static void set_server(const char *text)
{
    char host[64];
    unsigned port = 0;
    coap_address_init(&peer_options.server);
    if (sscanf(text, "[%63[0-9a-f:]]:%u", host, &port) == 2) {
        peer_options.server.size = sizeof peer_options.server.addr.sin6;
        peer_options.server.addr.sin6.sin6_family = AF_INET6;
        peer_options.server.addr.sin6.sin6_port = htons((uint16_t)port);
        inet_pton(AF_INET6, host, &peer_options.server.addr.sin6.sin6_addr);
    } else if (sscanf(text, "%63[0-9.]:%u", host, &port) == 2) {
        peer_options.server.size = sizeof peer_options.server.addr.sin;
        peer_options.server.addr.sin.sin_family = AF_INET;
        peer_options.server.addr.sin.sin_port = htons((uint16_t)port);
        inet_pton(AF_INET, host, &peer_options.server.addr.sin.sin_addr);
    } else {
        usage("--server");
    }
}

void peer_options_read(int argc, char **argv)
{
    static const struct option names[] = {{"endpoint", 1, NULL, 't'},
                                          {"identity", 1, NULL, 't'},
                                          {"discover", 1, NULL, 't'},
                                          {"state", 1, NULL, 't'},
                                          {"query", 1, NULL, 't'},
                                          {"block", 1, NULL, 'n'},
                                          {"block-max", 1, NULL, 'n'},
                                          {"timeout", 1, NULL, 'n'},
                                          {"linger", 1, NULL, 'n'},
                                          {"pct", 1, NULL, 'n'},
                                          {"pack-block", 1, NULL, 'n'},
                                          {"server", 1, NULL, 'o'},
                                          {"key-file", 1, NULL, 'o'},
                                          {"rule", 1, NULL, 'o'},
                                          {"refuse", 1, NULL, 'o'},
                                          {"pack", 0, NULL, 'p'},
                                          {0}};
    enum { TEXTS = 0, NUMBERS = 5, OTHERS = 11 };
    struct peer_options *all = &peer_options;
    const char **const texts[] = {&all->endpoint, &all->identity, &all->discover, &all->state,
                                  &all->query};
    unsigned *const numbers[] = {&all->block,     &all->block_max, &all->timeout_s,
                                 &all->linger_ms, &all->pct,       &all->pack_block};
    void (*const others[])(const char *) = {set_server, read_key, add_rule, add_refusal};
    int option, index = 0;
    while ((option = getopt_long(argc, argv, "", names, &index)) != -1) {
        if (option == '?') {
            exit(2);
        } else if (option == 't') {
            *texts[index - TEXTS] = optarg;
        } else if (option == 'n') {
            *numbers[index - NUMBERS] = (unsigned)strtoul(optarg, NULL, 10);
        } else if (option == 'o') {
            others[index - OTHERS](optarg);
        } else {
            all->is_pack = true;
        }
    }
    if (all->server.size == 0 || all->endpoint == NULL || optind != argc) {
        usage("options: --server and --endpoint are needed");
    }
}
