#include "tools/sim/login.h"

#include "tools/sim/file.h"
#include "tools/sim/verbs.h"

#include <stdio.h>

enum { FAULT_BYTES = 256 };

const char *sim_login_fault(const struct sim_login *login)
{
    if (login->server == NULL) {
        return "--server is needed";
    }
    const enum sim_uri kind = sim_uri_kind(login->server);
    const bool is_secure = kind == SIM_URI_SECURE;
    const bool has_key = login->credentials != NULL || login->key_file != NULL;
    if (kind == SIM_URI_BAD) {
        return "--server wants coaps, coap, coaps+tcp or coap+tcp://HOST[:PORT]";
    }
    if ((login->identity != NULL) != (login->key_file != NULL) ||
        (login->credentials != NULL && login->key_file != NULL)) {
        return "--identity and --key-file go together, without --credentials";
    }
    if (is_secure != has_key) {
        return is_secure ? "coaps needs --credentials" : "coap takes no --credentials";
    }
    if (!is_secure && login->endpoint == NULL) {
        return "--endpoint is needed without --credentials";
    }
    return NULL;
}

int sim_login_load(struct sim_login *login, struct sim_credentials *credentials)
{
    char fault[FAULT_BYTES];
    const char *path = login->key_file != NULL ? login->key_file : login->credentials;
    if (path == NULL) {
        return SIM_EXIT_DONE;
    }
    bool is_ok = login->key_file != NULL
                     ? sim_credentials_key(login->identity, path, credentials, fault, sizeof fault)
                     : sim_credentials_read(path, credentials, fault, sizeof fault);
    if (!is_ok) {
        fprintf(stderr, "imprint-sim: %s\n", fault);
        return SIM_EXIT_FAILED;
    }
    if (credentials->is_open) {
        fprintf(stderr, "imprint-sim: warning: %s can be read by others\n", path);
    }
    if (login->endpoint == NULL && credentials->endpoint[0] != '\0') {
        login->endpoint = credentials->endpoint;
    }
    if (login->endpoint == NULL) {
        fputs("imprint-sim: --endpoint is needed: the credentials file has none\n", stderr);
        return SIM_EXIT_USAGE;
    }
    return SIM_EXIT_DONE;
}

struct cc_client sim_login_connection(const struct sim_login *login,
                                      const struct sim_credentials *credentials)
{
    struct cc_client client = {.uri = login->server, .ends_unreachable = true};
    if (credentials->key_len > 0) {
        client.identity = credentials->identity;
        client.identity_len = credentials->identity_len;
        client.key = credentials->key;
        client.key_len = credentials->key_len;
    }
    return client;
}
