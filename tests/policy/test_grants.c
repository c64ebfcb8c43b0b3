#include "pki/hash.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/policy_made.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * What each kind of credential makes of objects 0 and 21 (lwm2m-objects.md sections 1, 2 and 5).
 * The trust files are the smallest that look like a certificate and like a public key.
 */
static const uint8_t certificate[] = {0x30, 0x07, 0x30, 0x00, 0x30, 0x00, 0x03, 0x01, 0x00};
static const uint8_t public_key[] = {0x30, 0x05, 0x30, 0x00, 0x03, 0x01, 0x00};

static char folder[] = "/tmp/imprint-grants-XXXXXX";

static void put_file(const char *name, const uint8_t *data, size_t len)
{
    char path[80];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    put_file("server.der", certificate, sizeof certificate);
    put_file("key.der", public_key, sizeof public_key);
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"server.der", "key.der"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[80];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static struct pki_credential stored(enum pki_mode mode, const char *identity, size_t identity_len)
{
    struct pki_credential one = {.device_id = 7,
                                 .server_id = 101,
                                 .serial = 1,
                                 .mode = mode,
                                 .identity_len = identity_len,
                                 .secret_len = 16,
                                 .public_len = 4,
                                 .is_stored = true,
                                 .staged_at = 1};
    memcpy(one.identity, identity, identity_len);
    memcpy(one.secret, "0123456789abcdef", 16);
    memcpy(one.public_part, "mine", 4);
    return one;
}

/* A policy with server `a` as SERVER says, provisioned by GRANT. */
static void make(struct policy_made *made, const char *server, const char *grant, const char *shown,
                 const struct pki_credential *credential)
{
    char text[700];
    char file[80];
    struct policy_report report = {0};
    snprintf(text, sizeof text,
             "imprint: 1\nservers: {a: {id: 101, %s}}\n"
             "policies: [{name: p, servers: {a: {%s}}}]\n",
             server, grant);
    snprintf(file, sizeof file, "%s/case.yaml", folder);
    *made = (struct policy_made){.has_discover = true};
    made->set = policy_set_load_text(file, text, strlen(text), NULL, &report);
    for (size_t i = 0; made->set == NULL && i < report.count; i++) {
        char line[600];
        policy_report_line(&report, i, line, sizeof line);
        print_message("%s\n", line);
    }
    policy_report_clear(&report);
    assert_non_null(made->set);
    made->discover = policy_case_discover(shown);
    made->subject = policy_case_subject(&made->device, &made->discover);
    made->subject.credentials = credential;
    made->subject.credential_count = credential != NULL;
    policy_made_again(made, POLICY_MADE_AT);
}

#define SHOWN_1_1 "</>;lwm2m=1.1,</0/0>,</1>,</21>"
#define CERT_URI  "uri: 'coaps://a.example'"

static void test_certificate(void **state)
{
    struct policy_made made;
    struct pki_credential key = stored(PKI_MODE_X509, "", 0);
    (void)state;
    make(&made, CERT_URI ", trust: {certificate: server.der}", "cert: stored", SHOWN_1_1, &key);
    assert_non_null(made.plan);
    const struct policy_op *op = policy_made_write(made.plan, "/0/1");
    assert_int_equal(op->leaf_count, 7);
    assert_int_equal(op->leaves[2].value.as.integer, 2);
    assert_memory_equal(op->leaves[3].value.as.bytes.data, "mine", 4);
    assert_int_equal(op->leaves[4].value.as.bytes.len, sizeof certificate);
    assert_memory_equal(op->leaves[4].value.as.bytes.data, certificate, sizeof certificate);
    assert_memory_equal(op->leaves[5].value.as.bytes.data, "0123456789abcdef", 16);
    assert_int_equal(made.plan->minted_count, 0);
    policy_made_clear(&made);
}

/* Resource 13 and the hash of what it stands for; to a client of 1.0 the certificate itself. */
static void test_matching(void **state)
{
    static const struct {
        const char *matching;
        const char *shown;
        int64_t number; /* -1: not written */
        size_t octets;
        pki_hash_fn *hash;
    } cases[] = {
        {"exact", SHOWN_1_1, 0, sizeof certificate, NULL},
        {"sha-256", SHOWN_1_1, 1, PKI_SHA256_OCTETS, pki_hash_sha256},
        {"sha-384", SHOWN_1_1, 2, PKI_SHA384_OCTETS, pki_hash_sha384},
        {"sha-512", SHOWN_1_1, 3, PKI_SHA512_OCTETS, pki_hash_sha512},
        {"sha-256", "</>;lwm2m=\"1.0\",</0/0>", -1, sizeof certificate, NULL},
    };
    struct pki_credential key = stored(PKI_MODE_X509, "", 0);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy_made made;
        char server[200];
        uint8_t expected[PKI_SHA512_OCTETS];
        snprintf(server, sizeof server, CERT_URI ", trust: {certificate: server.der, matching: %s}",
                 cases[i].matching);
        make(&made, server, "cert: stored", cases[i].shown, &key);
        made.subject.pct = LWM2M_FORMAT_NONE;
        policy_made_again(&made, POLICY_MADE_AT);
        const struct policy_op *op = policy_made_write(made.plan, "/0/1");
        memcpy(expected, certificate, sizeof certificate);
        if (cases[i].hash != NULL) {
            cases[i].hash(certificate, sizeof certificate, expected);
        }
        assert_int_equal(op->leaves[4].value.as.bytes.len, cases[i].octets);
        assert_memory_equal(op->leaves[4].value.as.bytes.data, expected, cases[i].octets);
        assert_int_equal(op->leaf_count, cases[i].number < 0 ? 7 : 8);
        if (cases[i].number >= 0) {
            assert_int_equal(op->leaves[7].path.id[2], 13);
            assert_int_equal(op->leaves[7].value.type, LWM2M_UNSIGNED);
            assert_int_equal(op->leaves[7].value.as.uinteger, cases[i].number);
            assert_int_equal(op->is_optional[7], cases[i].number == 0);
        }
        policy_made_clear(&made);
    }
}

static void test_raw_key_and_extras(void **state)
{
    struct policy_made made;
    struct pki_credential key = stored(PKI_MODE_RPK, "", 0);
    (void)state;
    make(&made,
         CERT_URI ", trust: {certificate: key.der}, sni: '{serial}.example',"
                  " cipher-suites: [0xC0A8, 0xC0AE], apn: 2",
         "rpk: stored", SHOWN_1_1, &key);
    assert_non_null(made.plan);
    const struct policy_op *op = policy_made_write(made.plan, "/0/1");
    assert_int_equal(op->leaf_count, 10);
    assert_int_equal(op->leaves[2].value.as.integer, 1);
    assert_memory_equal(op->leaves[4].value.as.bytes.data, public_key, sizeof public_key);
    assert_int_equal(op->leaves[7].path.id[2], 14);
    assert_memory_equal(op->leaves[7].value.as.bytes.data, "example-1.example", 17);
    assert_int_equal(op->leaves[8].value.as.uinteger, 0xC0A8);
    assert_int_equal(op->leaves[9].path.id[3], 1);
    assert_true(op->is_optional[7] && op->is_optional[8] && op->is_optional[9]);
    const struct policy_op *server = policy_made_write(made.plan, "/1/0");
    const struct lwm2m_leaf *link = &server->leaves[server->leaf_count - 1];
    assert_int_equal(link->path.id[2], 10);
    assert_int_equal(link->value.as.link.object, 11);
    assert_int_equal(link->value.as.link.instance, 2);
    assert_null(policy_case_broken(made.plan, &made.discover));
    policy_made_clear(&made);
}

static void test_failures(void **state)
{
    static const struct {
        const char *server, *grant, *shown;
        enum pki_mode stored;
        const char *reason;
    } cases[] = {
        {CERT_URI ", trust: {certificate: server.der}", "cert: stored", SHOWN_1_1, PKI_MODE_RPK,
         "no x509 credential is stored"},
        {CERT_URI ", trust: {certificate: server.der, usage: trust-anchor}", "cert: stored",
         "</>;lwm2m=\"1.0\",</0/0>", PKI_MODE_X509, "usage 2 of server 'a' needs resource 15"},
        {"uri: 'coap://a.example'", "oscore: {}", "</>;lwm2m=\"1.0\",</0/0>,</1>,</21>",
         PKI_MODE_NONE, "object 0 cannot link"},
        {"uri: 'coap://a.example'", "oscore: {}", "</>;lwm2m=1.1,</0/0>,</1>", PKI_MODE_NONE,
         "shows no object 21"},
        {"uri: 'coap://a.example'", "oscore: stored", SHOWN_1_1, PKI_MODE_NONE,
         "no oscore credential is stored"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy_made made;
        struct pki_credential key = stored(cases[i].stored, "", 0);
        make(&made, cases[i].server, cases[i].grant, cases[i].shown, &key);
        made.subject.pct = LWM2M_FORMAT_NONE;
        policy_made_again(&made, POLICY_MADE_AT);
        if (made.plan != NULL || strstr(made.reason, cases[i].reason) == NULL) {
            fail_msg("%zu: %s", i, made.reason);
        }
        policy_made_clear(&made);
    }
}

static void test_sms(void **state)
{
    struct policy_made made;
    struct pki_credential key = stored(PKI_MODE_SMS, "KKSSTT", 6);
    (void)state;
    make(
        &made,
        "uri: 'coap://a.example', sms: {security: secured-packet, number: '3581234', keys: stored}",
        "nosec: true", SHOWN_1_1, &key);
    policy_made_leaves(made.plan, "/0/1",
                       "0=coap://a.example 1=0 2=3 3= 4= 5= 6=2 7=KKSSTT 8=0123456789abcdef "
                       "9=3581234 10=101");
    policy_made_clear(&made);
}

/* Minted: two different printable IDs of seven octets, linked from the account. */
static void test_oscore_minted(void **state)
{
    struct policy_made made;
    (void)state;
    make(&made, "uri: 'coap://a.example'", "oscore: {salt-bytes: 0}", SHOWN_1_1 ",</21/0>", NULL);
    assert_non_null(made.plan);
    assert_int_equal(made.plan->minted_count, 1);
    const struct policy_minted *minted = made.plan->minted;
    assert_int_equal(minted->mode, PKI_MODE_OSCORE);
    assert_int_equal(minted->identity_len, 16);
    assert_int_equal(minted->identity[0], 7);
    assert_int_equal(minted->identity[8], 7);
    assert_memory_not_equal(minted->identity + 1, minted->identity + 9, 7);
    const struct policy_op *op = policy_made_write(made.plan, "/21/1");
    assert_int_equal(op->leaf_count, 3);
    assert_memory_equal(op->leaves[0].value.as.bytes.data, minted->secret, 16);
    assert_memory_equal(op->leaves[1].value.as.bytes.data, minted->identity + 1, 7);
    assert_memory_equal(op->leaves[2].value.as.bytes.data, minted->identity + 9, 7);
    const struct policy_op *account = policy_made_write(made.plan, "/0/1");
    const struct lwm2m_leaf *link = &account->leaves[account->leaf_count - 1];
    assert_int_equal(link->path.id[2], 17);
    assert_int_equal(link->value.as.link.object, 21);
    assert_int_equal(link->value.as.link.instance, 1);
    assert_false(account->is_optional[account->leaf_count - 1]);

    struct pki_credential held;
    policy_minted_credential(minted, &held);
    held.serial = 1;
    held.active_at = POLICY_MADE_AT;
    made.subject.credentials = &held;
    made.subject.credential_count = 1;
    policy_made_again(&made, POLICY_MADE_AT + 9);
    assert_int_equal(made.plan->minted_count, 0);
    assert_memory_equal(policy_made_write(made.plan, "/21/1")->leaves[0].value.as.bytes.data,
                        held.secret, 16);
    policy_made_clear(&made);
}

static void test_oscore_stored(void **state)
{
    struct policy_made made;
    struct pki_credential key = stored(PKI_MODE_OSCORE, "\002me\003you", 7);
    (void)state;
    make(&made, "uri: 'coap://a.example'", "oscore: stored", SHOWN_1_1, &key);
    policy_made_leaves(made.plan, "/21/0", "0=0123456789abcdef 1=me 2=you 5=mine");
    memcpy(key.identity, "\002me\002me", 6);
    key.identity_len = 6;
    policy_made_again(&made, POLICY_MADE_AT);
    assert_null(made.plan);
    assert_non_null(strstr(made.reason, "not two different ones"));
    policy_made_clear(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificate),
        cmocka_unit_test(test_matching),
        cmocka_unit_test(test_raw_key_and_extras),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_sms),
        cmocka_unit_test(test_oscore_minted),
        cmocka_unit_test(test_oscore_stored),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
