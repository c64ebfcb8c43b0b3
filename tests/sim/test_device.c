/*
 * How strict the simulated device is. Each row: one Write or Delete, its code, and what stands
 * under a path afterwards. Rules: clients.md "Anjay 3.x", lwm2m-bootstrap.md 3.4 and 3.5.
 */
#include "tools/sim/device.h"

#include "bootstrap/coap/message.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/sim_device.h"

#include <string.h>

enum { V1_0 = LWM2M_VERSION(1, 0), V1_1 = LWM2M_VERSION(1, 1), DELETE = 1 };

#define BS_0                                                                                       \
    "/0/0/0 s coaps://bs.example; /0/0/1 b 1; /0/0/2 i 0; /0/0/3 o 646576696365; /0/0/4 o; "       \
    "/0/0/5 o 30313233343536373839616263646566"

static const struct row {
    const char *name;
    uint16_t version;
    bool is_delete;
    const char *first; /* leaves that stand before, written to their instance's path; may be NULL */
    const char *first_path;
    const char *path, *leaves;
    uint8_t code;
    const char *under, *after;
} rows[] = {
    {"create an instance", V1_1, 0, NULL, NULL, "/1/0", TEST_SERVER, CC_CHANGED, "/1", TEST_SERVER},
    {"object-level write", V1_1, 0, NULL, NULL, "/1", "/1/0/0 i 101; /1/3/0 i 102", CC_CHANGED,
     "/1", "/1/0/0 i 101; /1/3/0 i 102"},
    {"resource-level write", V1_1, 0, NULL, NULL, "/1/0/1", "/1/0/1 i 60", CC_CHANGED, "/1",
     "/1/0/1 i 60"},
    {"an empty instance", V1_1, 0, NULL, NULL, "/1/0", "", CC_CHANGED, "/1", "/1/0 -"},
    {"merge into an existing instance", V1_1, 0, TEST_SERVER, "/1/0", "/1/0", "/1/0/1 i 60",
     CC_CHANGED, "/1", "/1/0/0 i 101; /1/0/1 i 60; /1/0/6 b 1; /1/0/7 s U"},
    {"a multiple resource is replaced whole", V1_1, 0, "/2/0/2/1 i 15; /2/0/2/2 i 1; /2/0/3 i 1",
     "/2/0", "/2/0", "/2/0/2/7 i 3; /2/0/2/8 i 1", CC_CHANGED, "/2",
     "/2/0/2/7 i 3; /2/0/2/8 i 1; /2/0/3 i 1"},
    {"an empty multiple resource", V1_1, 0, "/2/0/2/1 i 15; /2/0/3 i 1", "/2/0", "/2/0", "/2/0/2 -",
     CC_CHANGED, "/2", "/2/0/2 -; /2/0/3 i 1"},
    {"read-only resources can be written", V1_1, 0, NULL, NULL, "/3/0", "/3/0/0 s ACME", CC_CHANGED,
     "/3", "/3/0/0 s ACME; /3/0/1 s imprint-sim; /3/0/11/0 i 0; /3/0/16 s U"},
    /* refused, and nothing changed */
    {"root", V1_1, 0, NULL, NULL, "/", "", CC_METHOD_NOT_ALLOWED, "/1", ""},
    {"resource instance", V1_1, 0, NULL, NULL, "/2/0/2/1", "/2/0/2/1 i 15", CC_METHOD_NOT_ALLOWED,
     "/2", ""},
    {"unknown object", V1_1, 0, NULL, NULL, "/3303/0", "/3303/0/5700 f 1", CC_NOT_FOUND, "/", NULL},
    {"OSCORE is unknown to 1.0", V1_0, 0, NULL, NULL, "/21/0", "/21/0/0 o 00", CC_NOT_FOUND, "/21",
     ""},
    {"executable /1/0/4", V1_1, 0, NULL, NULL, "/1/0/4", "/1/0/4 s x", CC_METHOD_NOT_ALLOWED, "/1",
     ""},
    {"executable /1/0/8", V1_1, 0, NULL, NULL, "/1/0/8", "/1/0/8 s x", CC_METHOD_NOT_ALLOWED, "/1",
     ""},
    {"executable /1/0/9 in an instance", V1_1, 0, NULL, NULL, "/1/0", "/1/0/0 i 101; /1/0/9 s x",
     CC_METHOD_NOT_ALLOWED, "/1", ""},
    {"unknown resource by itself", V1_1, 0, NULL, NULL, "/1/0/99", "/1/0/99 i 1", CC_NOT_FOUND,
     "/1", ""},
    {"unknown resource in an instance is ignored", V1_1, 0, NULL, NULL, "/1/0",
     "/1/0/0 i 101; /1/0/99 i 1", CC_CHANGED, "/1", "/1/0/0 i 101"},
    {"a resource of 1.1 is ignored by 1.0", V1_0, 0, NULL, NULL, "/1/0",
     "/1/0/0 i 101; /1/0/16 b 1", CC_CHANGED, "/1", "/1/0/0 i 101"},
    {"a resource of 1.1 is taken by 1.1", V1_1, 0, NULL, NULL, "/1/0", "/1/0/0 i 101; /1/0/16 b 1",
     CC_CHANGED, "/1", "/1/0/0 i 101; /1/0/16 b 1"},
    {"wrong type", V1_1, 0, NULL, NULL, "/1/0", "/1/0/0 i 101; /1/0/6 s yes", CC_BAD_REQUEST, "/1",
     ""},
    {"out of range", V1_1, 0, TEST_SERVER, "/1/0", "/1/0", "/1/0/1 i 60; /1/0/0 i 70000",
     CC_BAD_REQUEST, "/1", TEST_SERVER},
    {"multiple where single is defined", V1_1, 0, NULL, NULL, "/1/0", "/1/0/1/0 i 60",
     CC_BAD_REQUEST, "/1", ""},
    {"single where multiple is defined", V1_1, 0, NULL, NULL, "/2/0", "/2/0/2 i 15", CC_BAD_REQUEST,
     "/2", ""},
    {"second instance of a single object", V1_1, 0, NULL, NULL, "/3/1", "", CC_BAD_REQUEST, "/3/1",
     ""},
    {"second instance of a single object in an object", V1_1, 0, NULL, NULL, "/3", "/3/1/0 s x",
     CC_BAD_REQUEST, "/3/1", ""},
    {"second bootstrap account", V1_1, 0, NULL, NULL, "/0/1", "/0/1/0 s coaps://x; /0/1/1 b 1",
     CC_BAD_REQUEST, "/0", BS_0},
    {"the bootstrap account may be written in place", V1_1, 0, NULL, NULL, "/0/0",
     "/0/0/0 s coaps://n; /0/0/1 b 1", CC_CHANGED, "/0/0",
     "/0/0/0 s coaps://n; " /* the rest merges */
     "/0/0/1 b 1; /0/0/2 i 0; /0/0/3 o 646576696365; /0/0/4 o; /0/0/5 o "
     "30313233343536373839616263646566"},
    /* delete */
    {"DELETE / spares the account and /3", V1_1, DELETE, TEST_SERVER, "/1/0", "/", NULL, CC_DELETED,
     "/", BS_0 "; /3/0/0 s Imprint; /3/0/1 s imprint-sim; /3/0/11/0 i 0; /3/0/16 s U"},
    {"DELETE /0 spares the account", V1_1, DELETE, TEST_SECURITY, "/0/1", "/0", NULL, CC_DELETED,
     "/0", BS_0},
    {"DELETE /1", V1_1, DELETE, TEST_SERVER, "/1/0", "/1", NULL, CC_DELETED, "/1", ""},
    {"DELETE of one instance", V1_1, DELETE, TEST_SECURITY, "/0/1", "/0/1", NULL, CC_DELETED, "/0",
     BS_0},
    {"DELETE of the account by name is done", V1_1, DELETE, NULL, NULL, "/0/0", NULL, CC_DELETED,
     "/0", ""},
    {"DELETE of nothing", V1_1, DELETE, NULL, NULL, "/1/7", NULL, CC_DELETED, "/1", ""},
    {"DELETE of an unknown object", V1_1, DELETE, NULL, NULL, "/3303", NULL, CC_DELETED, "/0",
     BS_0},
    {"DELETE /3/0 changes nothing", V1_1, DELETE, NULL, NULL, "/3/0", NULL, CC_DELETED, "/3",
     "/3/0/0 s Imprint; /3/0/1 s imprint-sim; /3/0/11/0 i 0; /3/0/16 s U"},
    {"DELETE of a resource", V1_1, DELETE, TEST_SERVER, "/1/0", "/1/0/7", NULL, CC_BAD_REQUEST,
     "/1", TEST_SERVER},
};

static void run_row(const struct row *row)
{
    struct sim_device *device = test_device(row->version, 0);
    print_message("  %s\n", row->name);
    if (row->first != NULL) {
        assert_int_equal(test_device_write(device, row->first_path, row->first), CC_CHANGED);
    }
    uint8_t code = row->is_delete ? test_device_delete(device, row->path)
                                  : test_device_write(device, row->path, row->leaves);
    assert_int_equal(code, row->code);
    if (row->after != NULL) {
        assert_string_equal(test_device_text(device, row->under), row->after);
    }
    sim_device_free(device);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        run_row(&rows[i]);
    }
}

static void test_transaction(void **state)
{
    (void)state;
    struct sim_device *device = test_device(V1_1, 0);
    sim_device_rollback(device); /* without a beginning nothing happens */
    assert_string_equal(test_device_text(device, "/0"), BS_0);
    assert_true(sim_device_begin(device));
    assert_int_equal(test_device_write(device, "/1/0", TEST_SERVER), CC_CHANGED);
    assert_true(sim_device_begin(device)); /* keeps the first state */
    assert_int_equal(test_device_delete(device, "/0/0"), CC_DELETED);
    assert_int_equal(sim_device_bootstrap_instance(device), -1);
    sim_device_rollback(device);
    assert_string_equal(test_device_text(device, "/0"), BS_0);
    assert_string_equal(test_device_text(device, "/1"), "");
    assert_true(sim_device_begin(device));
    assert_int_equal(test_device_write(device, "/1/0", TEST_SERVER), CC_CHANGED);
    sim_device_commit(device);
    sim_device_rollback(device);
    assert_string_equal(test_device_text(device, "/1"), TEST_SERVER);
    sim_device_free(device);
}

static void test_factory(void **state)
{
    (void)state;
    static const uint16_t objects[] = {0, 1, 3};
    const struct sim_factory plain = {.version = V1_0,
                                      .bootstrap_instance = 7,
                                      .server_uri = "coap://bs",
                                      .hold_off_s = 5,
                                      .objects = objects,
                                      .object_count = 3};
    struct sim_device *device = sim_device_new(&plain);
    assert_non_null(device);
    assert_int_equal(sim_device_version(device), V1_0);
    assert_int_equal(sim_device_bootstrap_instance(device), 7);
    assert_false(sim_device_has_object(device, 2));
    assert_true(sim_device_has_object(device, 3));
    assert_string_equal(test_device_text(device, "/0"),
                        "/0/7/0 s coap://bs; /0/7/1 b 1; /0/7/2 i 3; /0/7/3 o; /0/7/4 o; /0/7/5 o; "
                        "/0/7/11 i 5");
    assert_int_equal(test_device_write(device, "/2/0", "/2/0/3 i 1"), CC_NOT_FOUND);
    assert_null(sim_device_resource(device, 1, 16));
    assert_non_null(sim_device_resource(device, 1, 7));
    sim_device_free(device);
    struct sim_factory many = plain;
    many.object_count = SIM_OBJECTS_MAX + 1;
    assert_null(sim_device_new(&many));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_transaction),
        cmocka_unit_test(test_factory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
