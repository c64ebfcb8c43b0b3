/*
 * Leshan's documents (clients.md, "Leshan's bootstrap configuration JSON"): what is made of each
 * field, and what is told, with its place.
 */
#include "tests/support/cmocka_all.h"

#include "bootstrap/policy/policy.h"
#include "tools/imprint/leshan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACES_MAX 4096

/* One import of documents, as far as it is pure. */
struct made {
    struct lwm2m_json_document *documents[2];
    struct cli_leshan_list list;
    struct cli_leshan_report report;
    struct cli_leshan_config config;
    struct cli_leshan_accounts accounts;
    struct cli_leshan_book book;
    struct pki_device device;
    struct pki_credential credentials[CLI_LESHAN_CREDENTIALS];
    size_t credential_count;
    char told[PLACES_MAX]; /* "level file path text" lines */
    size_t told_len;
    char *text;
    size_t len;
};

static void tell(void *context, const struct cli_leshan_problem *problem)
{
    static const char *const levels[] = {"note", "lost", "error"};
    struct made *made = context;
    made->told_len +=
        (size_t)snprintf(made->told + made->told_len, PLACES_MAX - made->told_len, "%s %s %s %s\n",
                         levels[problem->level], problem->file, problem->path, problem->text);
    assert_true(made->told_len < PLACES_MAX);
}

static struct lwm2m_json_document *parse(const char *text)
{
    struct lwm2m_json_fault fault;
    struct lwm2m_json_document *document =
        lwm2m_json_parse(text, strlen(text), CLI_LESHAN_FILE_OCTETS, &fault);
    if (document == NULL) {
        fail_msg("%s: %d:%d %s", text, fault.line, fault.column, fault.text);
    }
    return document;
}

/* Everything of CONFIGS and LOGINS (may be NULL) into MADE, the last endpoint's values too. */
static void make(struct made *made, const char *configs, const char *logins)
{
    struct cli_leshan_source sources[2] = {{.file = "c.json"}, {.file = "l.json"}};
    size_t count = 0;
    *made = (struct made){.book = {.prefix = "leshan", .has_folder = true}};
    made->report = (struct cli_leshan_report){.each = tell, .context = made};
    const char *const texts[] = {configs, logins};
    for (size_t i = 0; i < 2; i++) {
        if (texts[i] != NULL) {
            made->documents[count] = parse(texts[i]);
            sources[count].file = sources[i].file;
            sources[count].root = lwm2m_json_root(made->documents[count]);
            count++;
        }
    }
    if (!cli_leshan_list(sources, count, &made->list, &made->report)) {
        return;
    }
    for (size_t i = 0; i < made->list.count; i++) {
        struct cli_leshan_item *item = &made->list.items[i];
        if (cli_leshan_read(item, &made->config, &made->report) &&
            cli_leshan_pair(&made->config, &made->accounts, &made->report) &&
            cli_leshan_device(&made->config, &made->accounts, item->endpoint, &made->device,
                              &made->report) &&
            cli_leshan_credentials(&made->config, &made->accounts, made->credentials,
                                   &made->credential_count, &made->report)) {
            cli_leshan_policy(&made->book, &made->config, &made->accounts, item, &made->report);
        }
    }
    FILE *file = open_memstream(&made->text, &made->len);
    assert_non_null(file);
    cli_leshan_book_write(file, &made->book, &made->list, false);
    assert_int_equal(fclose(file), 0);
}

static void clear(struct made *made)
{
    cli_leshan_config_wipe(&made->config);
    cli_leshan_list_free(&made->list);
    cli_leshan_book_free(&made->book);
    for (size_t i = 0; i < 2; i++) {
        lwm2m_json_free(made->documents[i]);
    }
    free(made->text);
}

static int set_up(void **state)
{
    *state = malloc(sizeof(struct made));
    return *state == NULL;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

/* ---- one field each ---- */

#define SERVER "\"servers\":{\"0\":{\"shortId\":123}}"
#define NOSEC(more)                                                                                \
    "\"security\":{\"1\":{\"uri\":\"coap://a\",\"securityMode\":3,\"serverId\":123" more "}}"
#define PSK(more)                                                                                  \
    "\"security\":{\"1\":{\"uri\":\"coaps://a\",\"securityMode\":\"PSK\",\"serverId\":123,"        \
    "\"publicKeyOrId\":\"YQ==\",\"secretKey\":\"AQIDBAUGBwg=\"" more "}}"
#define X509(more)                                                                                 \
    "\"security\":{\"1\":{\"uri\":\"coaps://a\",\"securityMode\":2,\"serverId\":123,"              \
    "\"publicKeyOrId\":[48,1,5],\"secretKey\":[1],\"serverPublicKey\":[48,1,7]" more "}}"
#define ENDPOINT(parts)     "{\"a\":{" parts "}}"
#define WITH_SERVER(more)   ENDPOINT(NOSEC("") ",\"servers\":{\"0\":{\"shortId\":123," more "}}")
#define WITH_SECURITY(more) ENDPOINT(NOSEC("," more) "," SERVER)
#define WITH_PSK(more)      ENDPOINT(PSK("," more) "," SERVER)
#define WITH_X509(more)     ENDPOINT(X509(more) "," SERVER)
#define WITH(more)          ENDPOINT(NOSEC("") "," SERVER "," more)
#define WITH_OSCORE(more)                                                                          \
    ENDPOINT(NOSEC(",\"oscoreSecurityMode\":4") "," SERVER ",\"oscore\":{\"4\":{" more "}}")
#define CONTEXT         "\"oscoreMasterSecret\":[1,2,3,4],\"oscoreSenderId\":[1],\"oscoreRecipientId\":[2]"
#define BOOTSTRAP(more) ENDPOINT("\"security\":{\"0\":{\"bootstrapServer\":true," more "}}")
#define OWN             "\"securityMode\":0,\"publicKeyOrId\":\"YQ==\",\"secretKey\":\"AQIDBAUGBwg=\""
#define ACL(more)       WITH("\"acls\":{\"9\":{" more "}}")

/* A part of what is written, or of what is told where that begins with a level. */
static const struct {
    const char *json, *wanted;
} fields[] = {
    /* servers */
    {WITH_SERVER("\"lifetime\":0"), "    lifetime: forever\n"},
    {WITH_SERVER("\"lifetime\":300"), "    lifetime: 300s\n"},
    {WITH_SERVER("\"lifetime\":-1"), "error c.json $[\"a\"].servers.0.lifetime must be a whole"},
    {WITH_SERVER("\"defaultMinPeriod\":1"), "    pmin: 1s\n"},
    {WITH_SERVER("\"defaultMaxPeriod\":2"), "    pmax: 2s\n"},
    {WITH_SERVER("\"disableTimeout\":3"), "    disable-timeout: 3s\n"},
    {WITH_SERVER("\"notifIfDisabled\":false"), "    store-notifications: false\n"},
    {WITH_SERVER("\"binding\":[\"U\",\"Q\"]"), "    binding: \"UQ\"\n"},
    {WITH_SERVER("\"binding\":\"U\""), "    binding: \"U\"\n"},
    {WITH_SERVER("\"apnLink\":5"), "    apn: 5\n"},
    {WITH_SERVER("\"registrationPriority\":6"), "    registration-order: 6\n"},
    {WITH_SERVER("\"initialDelay\":7"), "    registration-delay: 7s\n"},
    {WITH_SERVER("\"registrationFailure\":true"), "    registration-failure-blocks: true\n"},
    {WITH_SERVER("\"bootstrapOnRegistrationFailure\":1"),
     "    bootstrap-on-registration-failure: true\n"},
    {WITH_SERVER("\"communicationRetryCount\":8"), "    retry-count: 8\n"},
    {WITH_SERVER("\"communicationRetryTimer\":9"), "    retry-timer: 9s\n"},
    {WITH_SERVER("\"communicationSequenceDelayTimer\":10"), "    sequence-delay: 10s\n"},
    {WITH_SERVER("\"communicationSequenceRetryCount\":11"), "    sequence-count: 11\n"},
    {WITH_SERVER("\"trigger\":true"), "    trigger: true\n"},
    {WITH_SERVER("\"preferredTransport\":\"U\""), "    preferred-transport: \"U\"\n"},
    {WITH_SERVER("\"muteSend\":false"), "    mute-send: false\n"},
    {WITH_SERVER("\"muteSend\":null"), "    uri: \"coap://a\"\n\n"},
    {WITH_SERVER("\"binding\":\"UU\""), "error c.json $[\"a\"].servers.0.binding must be letters"},
    {WITH_SERVER("\"preferredTransport\":\"Q\""), "error c.json $[\"a\"].servers.0.preferredTr"},
    {WITH_SERVER("\"defaultMinPeriod\":2,\"defaultMaxPeriod\":1"),
     "error c.json $[\"a\"].servers.0.defaultMinPeriod exceeds"},
    {WITH_SERVER("\"strange\":1"), "lost c.json $[\"a\"].servers.0.strange is not known"},
    {ENDPOINT(NOSEC("") ",\"servers\":{\"0\":{\"shortId\":123},\"1\":{}}"),
     "lost c.json $[\"a\"].servers.1.shortId is missing"},
    {ENDPOINT(NOSEC("") ",\"servers\":{\"0\":{\"shortId\":123},\"1\":{\"shortId\":7}}"),
     "lost c.json $[\"a\"].servers.1.shortId no entry under security"},
    {ENDPOINT(NOSEC("") ",\"servers\":{\"0\":{\"shortId\":123},\"1\":{\"shortId\":123}}"),
     "error c.json $[\"a\"].servers.1.shortId is that of another entry"},
    {ENDPOINT(NOSEC("")), "error c.json $[\"a\"].security.1.serverId is that of no entry under"},
    {ENDPOINT(NOSEC("") ",\"servers\":[]"), "error c.json $[\"a\"].servers must be an object"},
    {ENDPOINT(NOSEC("") ",\"servers\":{\"x\":{}}"), "error c.json $[\"a\"].servers.x must be an"},
    /* security */
    {WITH_SECURITY("\"sni\":\"h{x}\""), "    sni: \"h{{x}}\"\n"},
    {WITH_SECURITY("\"cipherSuite\":[49320,1]"), "    cipher-suites: [49320, 1]\n"},
    {WITH_SECURITY("\"cipherSuite\":{\"valueForSecurityObject\":2}"), "    cipher-suites: [2]\n"},
    {WITH_SECURITY("\"cipherSuite\":0"), "error c.json $[\"a\"].security.1.cipherSuite must"},
    {WITH_SECURITY("\"clientOldOffTime\":30"),
     "note c.json $[\"a\"].security.1.clientOldOffTime has no meaning"},
    {WITH_SECURITY("\"bootstrapServerAccountTimeout\":9"),
     "note c.json $[\"a\"].security.1.bootstrapServerAccountTimeout has no meaning"},
    {WITH_SECURITY("\"new\":1"), "lost c.json $[\"a\"].security.1.new is not known"},
    {WITH_SECURITY("\"secretKey\":[1]"), "lost c.json $[\"a\"].security.1.secretKey has no use"},
    {WITH_SECURITY("\"oscoreSecurityMode\":4"),
     "error c.json $[\"a\"].security.1.oscoreSecurityMode names an instance"},
    {WITH_SECURITY("\"smsBindingKeySecret\":[1]"),
     "lost c.json $[\"a\"].security.1.smsBindingKeySecret has no use"},
    {WITH_SECURITY("\"serverSmsNumber\":\"+491\""), "    sms: {security: none, number: \"491\"}\n"},
    {WITH_SECURITY("\"serverSmsNumber\":\"12\""), "error c.json $[\"a\"].security.1.serverSmsNum"},
    {WITH_SECURITY("\"serverSmsNumber\":\"123\",\"smsSecurityMode\":\"SPS\""),
     "error c.json $[\"a\"].security.1.smsBindingKeySecret is missing"},
    {WITH_SECURITY("\"serverSmsNumber\":\"123\",\"smsSecurityMode\":1,\"smsBindingKeyParam\":[1,2,"
                   "3,4,5,6],\"smsBindingKeySecret\":\"AQEBAQEBAQEBAQEBAQEBAQ==\""),
     "    sms: {security: dtls, number: \"123\", keys: stored}\n"},
    {ENDPOINT("\"security\":{\"1\":{\"serverId\":123}}," SERVER),
     "error c.json $[\"a\"].security.1.securityMode is missing"},
    {ENDPOINT("\"security\":{\"1\":{\"serverId\":123,\"securityMode\":3,\"uri\":\"coaps://"
              "a\"}}," SERVER),
     "error c.json $[\"a\"].security.1.uri is secure"},
    {ENDPOINT(
         "\"security\":{\"1\":{\"serverId\":0,\"securityMode\":3,\"uri\":\"coap://a\"}}," SERVER),
     "error c.json $[\"a\"].security.1.serverId must be a short server ID"},
    {ENDPOINT("\"security\":{\"1\":{\"serverId\":123,\"securityMode\":\"EST\"}}," SERVER),
     "error c.json $[\"a\"].security.1.securityMode is EST"},
    {WITH_PSK("\"serverPublicKey\":[1]"), "note c.json $[\"a\"].security.1.serverPublicKey has no"},
    {WITH_PSK("\"serverPublicKey\":[]"), "      leshan-123: {psk: stored}\n"},
    {ENDPOINT("\"security\":{\"1\":{\"serverId\":123,\"securityMode\":0,\"uri\":\"coap://a\","
              "\"publicKeyOrId\":\"?\"}}," SERVER),
     "error c.json $[\"a\"].security.1.publicKeyOrId must be Base64"},
    {ENDPOINT("\"security\":{\"1\":{\"serverId\":123,\"securityMode\":0,\"uri\":\"coap://a\","
              "\"publicKeyOrId\":[256]}}," SERVER),
     "error c.json $[\"a\"].security.1.publicKeyOrId must be a list of numbers from -128 to 255"},
    {WITH_X509(",\"certificateUsage\":\"TRUST_ANCHOR_ASSERTION\",\"matchingType\":1"),
     "    trust: {certificate: leshan-123.der, usage: trust-anchor, matching: sha-256}\n"},
    {WITH_X509(""), "      leshan-123: {cert: stored}\n"},
    /* the bootstrap server's own entry */
    {BOOTSTRAP(OWN), "lost c.json $[\"a\"] has no LwM2M server"},
    {BOOTSTRAP(OWN ",\"clientOldOffTime\":30"),
     "note c.json $[\"a\"].security.0 the account stays"},
    {BOOTSTRAP(OWN ",\"smsBindingKeySecret\":[1]"),
     "lost c.json $[\"a\"].security.0.smsBindingKeySecret"},
    {BOOTSTRAP("\"securityMode\":2,\"secretKey\":[1]"),
     "lost c.json $[\"a\"].security.0.secretKey belongs to no PSK"},
    {BOOTSTRAP("\"securityMode\":0"), "error c.json $[\"a\"].security.0.secretKey must be a key"},
    {ENDPOINT("\"security\":{\"0\":{\"bootstrapServer\":true},\"1\":{\"bootstrapServer\":true}}"),
     "error c.json $[\"a\"].security.1.bootstrapServer is true for two"},
    /* oscore */
    {WITH_OSCORE(CONTEXT), "      leshan-123: {oscore: stored}\n"},
    {WITH_OSCORE(CONTEXT ",\"oscoreAeadAlgorithm\":1"),
     "error c.json $[\"a\"].oscore.4.oscoreAeadAlgorithm"},
    {WITH_OSCORE(CONTEXT ",\"oscoreHmacAlgorithm\":\"other\""),
     "error c.json $[\"a\"].oscore.4.oscoreHmacAlgorithm"},
    {WITH_OSCORE("\"oscoreSenderId\":[1]"), "error c.json $[\"a\"].oscore.4.oscoreMasterSecret"},
    {WITH_OSCORE("\"oscoreMasterSecret\":[1]"), "error c.json $[\"a\"].oscore.4.oscoreRecipientId"},
    {WITH("\"oscore\":{\"2\":{" CONTEXT "}}"),
     "lost c.json $[\"a\"].oscore.2 no oscoreSecurityMode"},
    /* the rest of a configuration */
    {WITH("\"autoIdForSecurityObject\":true"), "    others: keep\n"},
    {WITH("\"toDelete\":[\"/0\",\"/1\",\"/2\"]"), "    others: remove\n"},
    {WITH("\"toDelete\":[\"/\"]"), "note c.json $[\"a\"].toDelete has /: accounts"},
    {WITH("\"toDelete\":[\"/\"]"), "    others: remove\n"},
    {WITH("\"toDelete\":[\"/0\"]"), "lost c.json $[\"a\"].toDelete has one of /0 and /1"},
    {WITH("\"toDelete\":[\"/0/3\"]"), "lost c.json $[\"a\"].toDelete '/0/3' cannot be said"},
    {WITH("\"toDelete\":[\"/3\"]"), "lost c.json $[\"a\"].toDelete '/3' cannot be deleted"},
    {WITH("\"toDelete\":[\"/4/0/1\"]"), "lost c.json $[\"a\"].toDelete '/4/0/1' cannot be"},
    {WITH("\"toDelete\":[\"x\"]"), "lost c.json $[\"a\"].toDelete 'x' is no path"},
    {WITH("\"toDelete\":[\"/9\",\"/10/1\",\"/9\"]"), "    delete: [/9, /10/1]\n    others: keep\n"},
    {WITH("\"contentFormat\":\"SENML_CBOR\""), "    client: {format: senml-cbor}\n"},
    {WITH("\"contentFormat\":{\"code\":11542}"), "    client: {format: tlv}\n"},
    {WITH("\"contentFormat\":0"), "lost c.json $[\"a\"].contentFormat is no content format"},
    {WITH("\"contentFormat\":\"X\""), "error c.json $[\"a\"].contentFormat must be"},
    {WITH("\"new\":{}"), "lost c.json $[\"a\"].new is not known"},
    /* acls */
    {ACL("\"objectId\":3,\"objectInstanceId\":0,\"AccessControlOwner\":123,\"acls\":{\"0\":1,"
         "\"123\":"
         "0}"),
     "    /3/0: {owner: leshan-123, default: r, leshan-123: none}\n"},
    {ACL("\"objectId\":3,\"objectInstanceId\":0"), "    access-when: always\n"},
    {ACL("\"objectId\":1,\"objectInstanceId\":0,\"acls\":{\"123\":15}"),
     "    /1/leshan-123: {leshan-123: rwed}\n"},
    {ACL("\"objectId\":5,\"acls\":{\"123\":16}"), "    /5: {leshan-123: c}\n"},
    {ACL("\"objectId\":5,\"acls\":{\"123\":17}"),
     "lost c.json $[\"a\"].acls.9.acls short server ID"},
    {ACL("\"objectId\":5,\"acls\":{\"0\":16}"), "lost c.json $[\"a\"].acls.9.acls an object as a"},
    {ACL("\"objectId\":5,\"objectInstanceId\":1,\"acls\":{\"123\":16}"),
     "lost c.json $[\"a\"].acls.9.acls short server ID 123 has create"},
    {ACL("\"objectId\":3,\"objectInstanceId\":0,\"acls\":{\"9\":1}"),
     "lost c.json $[\"a\"].acls.9.acls short server ID 9 is no server"},
    {ACL("\"objectId\":3,\"objectInstanceId\":0,\"AccessControlOwner\":9"),
     "lost c.json $[\"a\"].acls.9.AccessControlOwner is no server"},
    {ACL("\"objectId\":1,\"objectInstanceId\":9"), "lost c.json $[\"a\"].acls.9 is about an inst"},
    {ACL("\"objectId\":0,\"objectInstanceId\":9"), "lost c.json $[\"a\"].acls.9 is about an obj"},
    {ACL(""), "error c.json $[\"a\"].acls.9 needs objectId"},
    {ACL("\"objectId\":3,\"acls\":{\"1\":32}"), "error c.json $[\"a\"].acls.9.acls must be short"},
    {ACL("\"objectId\":3,\"acls\":{\"1\":3,\"01\":3}"), "error c.json $[\"a\"].acls.9.acls gives"},
    {ACL("\"objectId\":3,\"new\":1"), "lost c.json $[\"a\"].acls.9.new is not known"},
    {WITH("\"acls\":{\"0\":{\"objectId\":3},\"1\":{\"objectId\":3}}"),
     "lost c.json $[\"a\"].acls.1 is about what another entry"},
    /* documents */
    {"{\"a\":1}", "error c.json $[\"a\"] must be an object"},
    {"{\"\":{}}", "error c.json $[\"\"] an endpoint has 1 to"},
    {"[{}]", "error c.json $[0].endpoint an entry"},
    {"[{\"endpoint\":\"a\"},{\"endpoint\":\"a\"}]",
     "error c.json $[\"a\"] the endpoint is given twice"},
    {"[{\"endpoint\":\"a\",\"new\":1}]", "lost c.json $[0].new is not known"},
    {"[{\"endpoint\":\"a\",\"tls\":{}}]", "error c.json $[0].tls.mode must be"},
    {"[{\"endpoint\":\"a\",\"tls\":{\"mode\":\"x509\"}}]", "lost c.json $[0].tls.mode is not psk"},
    {"[{\"endpoint\":\"a\",\"tls\":{\"mode\":\"psk\",\"details\":{\"identity\":\"\",\"key\":\"00\"}"
     "}}]",
     "error c.json $[0].tls.details.identity is too short"},
    {"[{\"endpoint\":\"a\",\"tls\":{\"mode\":\"psk\",\"details\":{\"identity\":\"i\",\"key\":"
     "\"0x\"}}}]",
     "error c.json $[0].tls.details.key must be hex"},
    {"[{\"endpoint\":\"a\",\"tls\":{\"mode\":\"psk\",\"details\":{\"identity\":\"i\"}}}]",
     "error c.json $[0].tls.details.key is missing"},
    {"[{\"endpoint\":\"a\",\"oscore\":{\"rid\":\"00\"}}]", "lost c.json $[0].oscore a bootstrap"},
};

static bool is_told(const char *wanted)
{
    return strncmp(wanted, "error ", 6) == 0 || strncmp(wanted, "lost ", 5) == 0 ||
           strncmp(wanted, "note ", 5) == 0;
}

static void test_fields(void **state)
{
    struct made *made = *state;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        make(made, fields[i].json, NULL);
        bool tells = is_told(fields[i].wanted);
        const char *where = tells ? made->told : made->text;
        if (where == NULL || strstr(where, fields[i].wanted) == NULL) {
            fail_msg("%s: no \"%s\" in\n%s%s", fields[i].json, fields[i].wanted, made->told,
                     made->text != NULL ? made->text : "");
        }
        if (!tells && (made->report.errors > 0 || made->report.lost > 0)) {
            fail_msg("%s: %s", fields[i].json, made->told);
        }
        clear(made);
    }
}

/* ---- secrets ---- */

static void test_secrets(void **state)
{
    struct made *made = *state;
    static const uint8_t key[] = {1, 2, 0xff, 0x80, 0xff, 6, 7, 8};
    make(made,
         "{\"a\":{\"security\":{\"0\":{\"bootstrapServer\":true," OWN "},\"1\":{\"uri\":"
         "\"coaps://a\",\"securityMode\":\"psk\",\"serverId\":123,\"publicKeyOrId\":[98],"
         "\"secretKey\":[1,2,-1,-128,255,6,7,8],\"oscoreSecurityMode\":4}}," SERVER
         ",\"oscore\":{\"4\":{" CONTEXT ",\"oscoreMasterSalt\":[9]}}}}",
         "[{\"endpoint\":\"a\",\"tls\":{\"mode\":\"psk\",\"details\":{\"identity\":\"a\",\"key\":"
         "\"0102030405060708\"}}}]");
    assert_string_equal(made->told, "");
    assert_int_equal(made->device.auth, PKI_AUTH_PSK);
    assert_int_equal(made->device.identity_len, 1);
    assert_int_equal(made->device.identity[0], 'a');
    assert_memory_equal(made->device.psk, "\1\2\3\4\5\6\7\10", 8);
    assert_int_equal(made->credential_count, 2);
    assert_int_equal(made->credentials[0].mode, PKI_MODE_PSK);
    assert_int_equal(made->credentials[0].secret_len, sizeof key);
    assert_memory_equal(made->credentials[0].secret, key, sizeof key);
    assert_int_equal(made->credentials[1].mode, PKI_MODE_OSCORE);
    assert_int_equal(made->credentials[1].secret_len, 4);
    assert_int_equal(made->credentials[1].identity_len, 4);
    assert_memory_equal(made->credentials[1].identity, "\1\1\1\2", 4);
    assert_int_equal(made->credentials[1].public_len, 1);
    clear(made);
}

/* The list of credentials names another key than the configuration. */
static void test_two_keys(void **state)
{
    struct made *made = *state;
    make(made, BOOTSTRAP(OWN),
         "[{\"endpoint\":\"a\",\"tls\":{\"mode\":\"psk\",\"details\":{\"identity\":\"a\",\"key\":"
         "\"0102030405060709\"}}}]");
    assert_int_equal(made->report.errors, 1);
    assert_non_null(
        strstr(made->told, "error c.json $[\"a\"].security.0.secretKey or its identity"));
    clear(made);
}

/* ---- several endpoints ---- */

static void test_alike(void **state)
{
    struct made *made = *state;
    make(made,
         "{\"c\":{" NOSEC("") "," SERVER "},\"b\":{" NOSEC(
             "") ",\"servers\":{\"0\":{\"shortId\":"
                 "123,\"lifetime\":9}}},\"a\":{" NOSEC("") "," SERVER "}}",
         NULL);
    assert_string_equal(made->told, "");
    assert_string_equal(made->text,
                        "# Imported from Leshan. Keys are in the store, not here.\nimprint: 1\n"
                        "\nservers:\n"
                        "  leshan-123:\n    id: 123\n    uri: \"coap://a\"\n"
                        "  leshan-123-2:\n    id: 123\n    uri: \"coap://a\"\n    lifetime: 9s\n"
                        "\npolicies:\n"
                        "  - name: leshan-1\n    match:\n      endpoint:\n"
                        "        - \"a\"\n        - \"c\"\n"
                        "    servers:\n      leshan-123: {nosec: true}\n    others: keep\n"
                        "  - name: leshan-2\n    match:\n      endpoint:\n        - \"b\"\n"
                        "    servers:\n      leshan-123-2: {nosec: true}\n    others: keep\n");
    clear(made);
}

/* What is written is a policy file without an error, whatever the texts hold. */
static void test_written(void **state)
{
    static const char *const endpoints[] = {"urn:x",    "a\\\"b",   "a\\\\b",
                                            "\xc3\xa4", "a: b # c", "{a}"};
    struct made *made = *state;
    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
        char json[400];
        struct policy_report report = {0};
        snprintf(json, sizeof json, "{\"%s\":{" NOSEC(",\"sni\":\"{x}\"") "," SERVER "}}",
                 endpoints[i]);
        make(made, json, NULL);
        assert_string_equal(made->told, "");
        struct policy_set *set =
            policy_set_load_text("p.yaml", made->text, made->len, NULL, &report);
        if (set == NULL) {
            char line[600];
            policy_report_line(&report, 0, line, sizeof line);
            fail_msg("%s: %s\n%s", json, line, made->text);
        }
        policy_set_unref(set);
        policy_report_clear(&report);
        clear(made);
    }
}

/* ---- bounds ---- */

/* COUNT of FORMAT, filled by their number, in BEFORE and AFTER. */
static char *many(const char *before, const char *format, size_t count, const char *after)
{
    char *text = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&text, &len);
    assert_non_null(file);
    fputs(before, file);
    for (size_t i = 0; i < count; i++) {
        fprintf(file, "%s\"%zu\":%s", i == 0 ? "" : ",", i, format);
    }
    fputs(after, file);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void test_bounds(void **state)
{
    static const struct {
        const char *before, *item, *after;
        size_t most;
        const char *told;
    } rows[] = {
        {"{\"a\":{\"oscore\":{", "{}", "}}}", CLI_LESHAN_INSTANCES, "more than 32 instances"},
        {"{\"a\":{\"acls\":{", "{\"objectId\":3}", "}}}", CLI_LESHAN_ACLS, "one of at most 256"},
        {"{\"a\":{\"acls\":{\"0\":{\"objectId\":3,\"acls\":{", "1", "}}}}}", CLI_LESHAN_RIGHTS,
         "more than 33 rights"},
        {"{", "{}", "}", CLI_LESHAN_ENDPOINTS, "more than 20000 endpoints"},
    };
    struct made *made = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t over = 0; over < 2; over++) {
            if (i == 3 && over == 0) {
                continue; /* would be told once for each */
            }
            char *json = many(rows[i].before, rows[i].item, rows[i].most + over, rows[i].after);
            made->told_len = 0;
            struct lwm2m_json_document *document = parse(json);
            struct cli_leshan_source source = {"c.json", lwm2m_json_root(document)};
            *made = (struct made){.report = {.each = tell, .context = made}};
            if (cli_leshan_list(&source, 1, &made->list, &made->report)) {
                (void)cli_leshan_read(&made->list.items[0], &made->config, &made->report);
            }
            assert_int_equal(strstr(made->told, rows[i].told) != NULL, over);
            cli_leshan_list_free(&made->list);
            lwm2m_json_free(document);
            free(json);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),   cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_two_keys), cmocka_unit_test(test_alike),
        cmocka_unit_test(test_written),  cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
