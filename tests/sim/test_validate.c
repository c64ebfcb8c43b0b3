/*
 * What a device refuses at Finish. Each row: what is written beside the bootstrap account /0/0, and
 * the fault that is named. Rules: lwm2m-bootstrap.md section 6, clients.md "Anjay 3.x".
 */
#include "tools/sim/validate.h"

#include "bootstrap/coap/message.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/sim_device.h"

#include <string.h>

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define KEYS "; /0/1/3 o 6d31; /0/1/5 o 00112233445566778899aabbccddeeff"

static const struct row {
    const char *name;
    const char *object_0, *object_1, *object_2, *object_21; /* object-level writes; NULL = none */
    const char *reason;                                     /* "" = accepted */
} rows[] = {
    {"one account", TEST_SECURITY, TEST_SERVER, NULL, NULL, ""},
    {"two accounts with access control",
     TEST_SECURITY "; /0/2/0 s coap://b.example; /0/2/1 b 0; /0/2/2 i 3; /0/2/10 i 102",
     TEST_SERVER "; /1/1/0 i 102; /1/1/1 i 60; /1/1/6 b 1; /1/1/7 s U",
     "/2/0/0 i 3; /2/0/1 i 0; /2/0/2/101 i 15; /2/0/3 i 101", NULL, ""},
    {"nothing", NULL, NULL, NULL, NULL, "no Server Account"},
    {"no URI", "/0/1/1 b 0; /0/1/2 i 0; /0/1/10 i 101" KEYS, TEST_SERVER, NULL, NULL,
     "/0/1: no resource 0"},
    {"no bootstrap flag", "/0/1/0 s coaps://a; /0/1/2 i 0; /0/1/10 i 101" KEYS, TEST_SERVER, NULL,
     NULL, "/0/1: no resource 1"},
    {"no mode", "/0/1/0 s coaps://a; /0/1/1 b 0; /0/1/10 i 101" KEYS, TEST_SERVER, NULL, NULL,
     "/0/1: no resource 2"},
    {"no short server ID", "/0/1/0 s coaps://a; /0/1/1 b 0; /0/1/2 i 0" KEYS, TEST_SERVER, NULL,
     NULL, "/0/1: no resource 10"},
    {"secure scheme, no security", "/0/1/0 s coaps://a; /0/1/1 b 0; /0/1/2 i 3; /0/1/10 i 101",
     TEST_SERVER, NULL, NULL, "/0/1: URI scheme does not fit the security mode"},
    {"plain scheme, PSK", "/0/1/0 s coap://a; /0/1/1 b 0; /0/1/2 i 0; /0/1/10 i 101" KEYS,
     TEST_SERVER, NULL, NULL, "/0/1: URI scheme does not fit the security mode"},
    {"foreign scheme", "/0/1/0 s http://a; /0/1/1 b 0; /0/1/2 i 0; /0/1/10 i 101" KEYS, TEST_SERVER,
     NULL, NULL, "/0/1: unknown URI scheme"},
    {"PSK without a key",
     "/0/1/0 s coaps://a; /0/1/1 b 0; /0/1/2 i 0; /0/1/3 o 61; /0/1/5 o; /0/1/10 i 101",
     TEST_SERVER, NULL, NULL, "/0/1: no key material in resource 5"},
    {"PSK without an identity",
     "/0/1/0 s coaps://a; /0/1/1 b 0; /0/1/2 i 0; /0/1/5 o 61; /0/1/10 i 101", TEST_SERVER, NULL,
     NULL, "/0/1: no key material in resource 3"},
    {"X.509 that is DER",
     "/0/1/0 s coaps://a; /0/1/1 b 0; /0/1/2 i 2; /0/1/10 i 101; /0/1/3 o 3003020101; "
     "/0/1/4 o 3000; /0/1/5 o 30810100",
     TEST_SERVER, NULL, NULL, ""},
    {"X.509 without the server's certificate: the server would not be verified",
     "/0/1/0 s coaps://a; /0/1/1 b 0; /0/1/2 i 2; /0/1/10 i 101; /0/1/3 o 3003020101; "
     "/0/1/4 o; /0/1/5 o 30810100",
     TEST_SERVER, NULL, NULL, "/0/1: no key material in resource 4"},
    {"X.509 with the hash of the server's certificate",
     "/0/1/0 s coaps://a; /0/1/1 b 0; /0/1/2 i 2; /0/1/10 i 101; /0/1/3 o 3003020101; /0/1/4 "
     "o " HASH "; /0/1/5 o 30810100; /0/1/13 u 1",
     TEST_SERVER, NULL, NULL, ""},
    {"X.509 with a hash of another length",
     "/0/1/0 s coaps://a; /0/1/1 b 0; /0/1/2 i 2; /0/1/10 i 101; /0/1/3 o 3003020101; /0/1/4 "
     "o " HASH "; /0/1/5 o 30810100; /0/1/13 u 2",
     TEST_SERVER, NULL, NULL, "/0/1: resource 4 is not DER"},
    {"X.509 with a hash that is not said to be one",
     "/0/1/0 s coaps://a; /0/1/1 b 0; /0/1/2 i 2; /0/1/10 i 101; /0/1/3 o 3003020101; /0/1/4 "
     "o " HASH "; /0/1/5 o 30810100",
     TEST_SERVER, NULL, NULL, "/0/1: resource 4 is not DER"},
    {"raw public key without that of the server",
     "/0/1/0 s coaps://a; /0/1/1 b 0; /0/1/2 i 1; /0/1/10 i 101; /0/1/3 o 3000; /0/1/5 o 3000",
     TEST_SERVER, NULL, NULL, "/0/1: no key material in resource 4"},
    {"EST needs no key yet", "/0/1/0 s coaps://a; /0/1/1 b 0; /0/1/2 i 4; /0/1/10 i 101",
     TEST_SERVER, NULL, NULL, ""},
    {"a mode that is none", "/0/1/0 s coaps://a; /0/1/1 b 0; /0/1/10 i 101" KEYS, TEST_SERVER, NULL,
     NULL, "/0/1: no resource 2"},
    {"TCP and TLS", "/0/1/0 s coaps+tcp://a; /0/1/1 b 0; /0/1/2 i 0; /0/1/10 i 101" KEYS,
     TEST_SERVER, NULL, NULL, ""},
    {"plain TCP, PSK", "/0/1/0 s coap+tcp://a; /0/1/1 b 0; /0/1/2 i 0; /0/1/10 i 101" KEYS,
     TEST_SERVER, NULL, NULL, "/0/1: URI scheme does not fit the security mode"},
    {"raw public key that is no DER",
     "/0/1/0 s coaps://a; /0/1/1 b 0; /0/1/2 i 1; /0/1/10 i 101" KEYS, TEST_SERVER, NULL, NULL,
     "/0/1: resource 3 is not DER"},
    {"DER cut short",
     "/0/1/0 s coaps://a; /0/1/1 b 0; /0/1/2 i 1; /0/1/10 i 101; /0/1/3 o 30030201; /0/1/5 o 3000",
     TEST_SERVER, NULL, NULL, "/0/1: resource 3 is not DER"},
    {"DER of indefinite length",
     "/0/1/0 s coaps://a; /0/1/1 b 0; /0/1/2 i 1; /0/1/10 i 101; /0/1/3 o 3000; "
     "/0/1/5 o 30800000",
     TEST_SERVER, NULL, NULL, "/0/1: resource 5 is not DER"},
    {"Server without lifetime", TEST_SECURITY, "/1/0/0 i 101; /1/0/6 b 1; /1/0/7 s U", NULL, NULL,
     "/1/0: no resource 1"},
    {"Server without binding", TEST_SECURITY, "/1/0/0 i 101; /1/0/1 i 60; /1/0/6 b 1", NULL, NULL,
     "/1/0: no resource 7"},
    /* ETS 1.1-int-9: only /1/x/5 was written */
    {"only /1/0/5", TEST_SECURITY, "/1/0/5 i 60", NULL, NULL, "/1/0: no resource 0"},
    {"Security without Server", TEST_SECURITY, NULL, NULL, NULL,
     "/0/1: no Server instance with short server ID 101"},
    {"Server without Security", NULL, TEST_SERVER, NULL, NULL,
     "/1/0: no Security instance with short server ID 101"},
    {"short server ID twice in /0",
     TEST_SECURITY "; /0/2/0 s coap://b; /0/2/1 b 0; /0/2/2 i 3; /0/2/10 i 101", TEST_SERVER, NULL,
     NULL, "/0/1: short server ID 101 is there twice"},
    {"short server ID twice in /1", TEST_SECURITY,
     TEST_SERVER "; /1/1/0 i 101; /1/1/1 i 60; /1/1/6 b 1; /1/1/7 s U", NULL, NULL,
     "/0/1: no Server instance with short server ID 101"},
    {"access control without owner", TEST_SECURITY, TEST_SERVER, "/2/0/0 i 3; /2/0/1 i 0", NULL,
     "/2/0: no resource 3"},
    {"OSCORE link to nothing", TEST_SECURITY "; /0/1/17 l 21:0", TEST_SERVER, NULL, NULL,
     "/0/1: resource 17 links to nothing"},
    {"OSCORE link to another object", TEST_SECURITY "; /0/1/17 l 1:0", TEST_SERVER, NULL, NULL,
     "/0/1: resource 17 links to nothing"},
    {"null link", TEST_SECURITY "; /0/1/17 l 65535:65535", TEST_SERVER, NULL, NULL, ""},
    {"OSCORE without a recipient", TEST_SECURITY "; /0/1/17 l 21:0", TEST_SERVER, NULL,
     "/21/0/0 o 00112233445566778899aabbccddeeff; /21/0/1 o 01", "/21/0: no resource 2"},
    {"one OSCORE context for two accounts",
     TEST_SECURITY "; /0/1/17 l 21:0; /0/2/0 s coap://b.example; /0/2/1 b 0; /0/2/2 i 3; "
                   "/0/2/10 i 102; /0/2/17 l 21:0",
     TEST_SERVER "; /1/1/0 i 102; /1/1/1 i 60; /1/1/6 b 1; /1/1/7 s U", NULL,
     "/21/0/0 o 00112233445566778899aabbccddeeff; /21/0/1 o 01; /21/0/2 o 02",
     "/0/1: /21/0 is linked twice"},
    {"OSCORE link", TEST_SECURITY "; /0/1/17 l 21:0", TEST_SERVER, NULL,
     "/21/0/0 o 00112233445566778899aabbccddeeff; /21/0/1 o 01; /21/0/2 o 02", ""},
};

static void write_all(struct sim_device *device, const char *path, const char *leaves)
{
    if (leaves != NULL) {
        assert_int_equal(test_device_write(device, path, leaves), CC_CHANGED);
    }
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim_device *device = test_device(LWM2M_VERSION(1, 1), 0);
        print_message("  %s\n", rows[i].name);
        write_all(device, "/0", rows[i].object_0);
        write_all(device, "/1", rows[i].object_1);
        write_all(device, "/2", rows[i].object_2);
        write_all(device, "/21", rows[i].object_21);
        char reason[SIM_REASON_MAX + 1] = "untouched";
        bool is_valid = sim_validate(device, reason);
        assert_string_equal(reason, rows[i].reason);
        assert_int_equal(is_valid, rows[i].reason[0] == '\0');
        sim_device_free(device);
    }
}

/* No bootstrap account left: a device may live with that (lwm2m-bootstrap.md section 1: SHOULD hold
 * one). */
static void test_no_bootstrap_account(void **state)
{
    (void)state;
    struct sim_device *device = test_device(LWM2M_VERSION(1, 1), 0);
    char reason[SIM_REASON_MAX + 1];
    assert_int_equal(test_device_delete(device, "/0/0"), CC_DELETED);
    write_all(device, "/0", TEST_SECURITY);
    write_all(device, "/1", TEST_SERVER);
    assert_true(sim_validate(device, reason));
    sim_device_free(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_no_bootstrap_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
