#include "tests/e2e/peer_libcoap/options.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct peer_options peer_options = {.pct = -1, .timeout_s = 60, .linger_ms = 300};

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
    static const char *const actions[] = {"", "rst", "silent", "separate", "ack"};
    char method[16] = "", action[16] = "";
    struct peer_rule rule = {.format = ANY_FORMAT, .action = ACT_CODE};
    int got = sscanf(text, "%15[^:]:%31[^:]:%15[^:]:%u:%u", method, rule.path, action, &rule.times,
                     &rule.format);
    for (int i = 1; i <= 4; i++) {
        rule.method = strcmp(method, methods[i]) == 0 ? i : rule.method;
    }
    for (int i = 1; i <= 4; i++) {
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
    static const struct option names[] = {{"server", 1, NULL, 's'},
                                          {"endpoint", 1, NULL, 'e'},
                                          {"pct", 1, NULL, 'p'},
                                          {"identity", 1, NULL, 'i'},
                                          {"key-file", 1, NULL, 'k'},
                                          {"discover", 1, NULL, 'd'},
                                          {"block", 1, NULL, 'b'},
                                          {"block-max", 1, NULL, 'B'},
                                          {"rule", 1, NULL, 'r'},
                                          {"refuse", 1, NULL, 'R'},
                                          {"timeout", 1, NULL, 't'},
                                          {"linger", 1, NULL, 'l'},
                                          {0}};
    int option;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (option) {
        case 's':
            set_server(optarg);
            break;
        case 'e':
            peer_options.endpoint = optarg;
            break;
        case 'p':
            peer_options.pct = atoi(optarg);
            break;
        case 'i':
            peer_options.identity = optarg;
            break;
        case 'k':
            read_key(optarg);
            break;
        case 'd':
            peer_options.discover = optarg;
            break;
        case 'b':
            peer_options.block = (unsigned)atoi(optarg);
            break;
        case 'B':
            peer_options.block_max = (unsigned)atoi(optarg);
            break;
        case 'r':
            add_rule(optarg);
            break;
        case 'R':
            add_refusal(optarg);
            break;
        case 't':
            peer_options.timeout_s = (unsigned)atoi(optarg);
            break;
        case 'l':
            peer_options.linger_ms = (unsigned)atoi(optarg);
            break;
        default:
            exit(2);
        }
    }
    if (peer_options.server.size == 0 || peer_options.endpoint == NULL || optind != argc) {
        usage("options: --server and --endpoint are needed");
    }
}
