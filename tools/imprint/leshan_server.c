/* A server of Leshan as a policy file has it. */
#include "tools/imprint/leshan.h"

#include <inttypes.h>

enum { URI, MODE = 2, TRUST = 4, SMS_MODE = 6, SMS_NUMBER = 9, MATCHING = 13, SNI, USAGE, SUITES };
enum { BINDING = 7, TRANSPORT = 22 };

struct describing {
    struct cli_leshan_book *book;
    const struct cli_leshan_config *config;
    struct cli_leshan_report *report;
};

static void put_numbers(FILE *file, const struct cli_leshan_instance *server)
{
    enum { NUMBER, TIME, TRUTH };
    static const struct {
        uint8_t id, kind;
        const char *key;
    } rows[] = {{1, TIME, "lifetime"},
                {2, TIME, "pmin"},
                {3, TIME, "pmax"},
                {5, TIME, "disable-timeout"},
                {6, TRUTH, "store-notifications"},
                {10, NUMBER, "apn"},
                {13, NUMBER, "registration-order"},
                {14, TIME, "registration-delay"},
                {15, TRUTH, "registration-failure-blocks"},
                {16, TRUTH, "bootstrap-on-registration-failure"},
                {17, NUMBER, "retry-count"},
                {18, TIME, "retry-timer"},
                {19, TIME, "sequence-delay"},
                {20, NUMBER, "sequence-count"},
                {21, TRUTH, "trigger"},
                {23, TRUTH, "mute-send"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t number = cli_leshan_number(server, rows[i].id, 0);
        if (!cli_leshan_at(server, rows[i].id)->is_set) {
            continue;
        }
        if (rows[i].id == 1 && number == 0) {
            /* lwm2m-objects.md section 3, resource 1: 0 never ends */
            fprintf(file, "    lifetime: forever\n");
        } else if (rows[i].kind == TRUTH) {
            fprintf(file, "    %s: %s\n", rows[i].key, number != 0 ? "true" : "false");
        } else {
            fprintf(file, "    %s: %" PRId64 "%s\n", rows[i].key, number,
                    rows[i].kind == TIME ? "s" : "");
        }
    }
}

static void put_text(FILE *file, const char *key, const struct cli_leshan_value *value,
                     bool is_template)
{
    if (value->is_set && value->len > 0) {
        fprintf(file, "    %s: ", key);
        cli_leshan_quote(file, value->text, is_template);
        putc('\n', file);
    }
}

static void put_suites(FILE *file, const struct cli_leshan_value *suites)
{
    for (size_t i = 0; i + 1 < suites->len && suites->is_set; i += 2) {
        fprintf(file, "%s%u%s", i == 0 ? "    cipher-suites: [" : ", ",
                (unsigned)(suites->octets[i] << 8 | suites->octets[i + 1]),
                i + 2 == suites->len ? "]\n" : "");
    }
}

static void put_trust(const struct describing *of, FILE *file,
                      const struct cli_leshan_account *account)
{
    static const char *const usages[] = {"ca-constraint", "service-certificate", "trust-anchor",
                                         "domain-issued"};
    static const char *const matchings[] = {"exact", "sha-256", "sha-384", "sha-512"};
    const struct cli_leshan_value *trust = cli_leshan_at(account->security, TRUST);
    int64_t mode = cli_leshan_number(account->security, MODE, -1);
    char name[PKI_NAME_MAX + 1];
    if (mode != LESHAN_RPK && mode != LESHAN_X509) {
        return;
    }
    if (!of->book->has_folder) {
        cli_leshan_lost(
            of->report,
            cli_leshan_place_of(of->config, "security", account->security->key, "serverPublicKey"),
            "needs a file beside the policies: give --out FILE");
    }
    size_t index = cli_leshan_texts_add(&of->book->trust, account->id, (const char *)trust->octets,
                                        trust->len);
    of->book->is_broken = of->book->is_broken || index == SIZE_MAX;
    if (index != SIZE_MAX) {
        fprintf(file, "    trust: {certificate: %s", cli_leshan_trust_name(of->book, index, name));
        if (cli_leshan_at(account->security, USAGE)->is_set) {
            fprintf(file, ", usage: %s", usages[cli_leshan_number(account->security, USAGE, 0)]);
        }
        if (cli_leshan_at(account->security, MATCHING)->is_set) {
            fprintf(file, ", matching: %s",
                    matchings[cli_leshan_number(account->security, MATCHING, 0)]);
        }
        fprintf(file, "}\n");
    }
}

static void put_sms(FILE *file, const struct cli_leshan_instance *security)
{
    static const char *const modes[] = {"none", "dtls", "secured-packet", "none"};
    const struct cli_leshan_value *number = cli_leshan_at(security, SMS_NUMBER);
    if (cli_leshan_has(security, SMS_NUMBER)) {
        fprintf(file, "    sms: {security: %s, number: ",
                modes[cli_leshan_number(security, SMS_MODE, 3)]);
        cli_leshan_quote(file, number->text + (number->text[0] == '+'), false);
        fprintf(file, "%s}\n", cli_leshan_has_sms_keys(security) ? ", keys: stored" : "");
    }
}

size_t cli_leshan_server(struct cli_leshan_book *book, const struct cli_leshan_config *config,
                         const struct cli_leshan_account *account, struct cli_leshan_report *report)
{
    const struct describing of = {book, config, report};
    struct cli_leshan_draft draft;
    if (!cli_leshan_draft_open(&draft, book)) {
        return SIZE_MAX;
    }
    fprintf(draft.file, "    id: %u\n", (unsigned)account->id);
    put_text(draft.file, "uri", cli_leshan_at(account->security, URI), true);
    put_text(draft.file, "binding", cli_leshan_at(account->server, BINDING), false);
    put_text(draft.file, "preferred-transport", cli_leshan_at(account->server, TRANSPORT), false);
    put_text(draft.file, "sni", cli_leshan_at(account->security, SNI), true);
    put_numbers(draft.file, account->server);
    put_suites(draft.file, cli_leshan_at(account->security, SUITES));
    put_trust(&of, draft.file, account);
    put_sms(draft.file, account->security);
    return cli_leshan_draft_close(&draft, book, &book->servers, account->id);
}
