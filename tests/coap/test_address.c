#include "tests/support/cmocka_all.h"

#include <string.h>

#include "bootstrap/coap/address.h"

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *back; /* NULL = refused */
    } rows[] = {
        {"127.0.0.1:5684", "127.0.0.1:5684"},
        {"127.0.0.1", "127.0.0.1:9"},
        {"localhost:1", "127.0.0.1:1"},
        {"[::1]:0", "[::1]:0"},
        {"[2001:DB8::1]", "[2001:db8::1]:9"},
        {"[fe80::1%7]:1", "[fe80::1%7]:1"},
        {"0.0.0.0:65535", "0.0.0.0:65535"},
        {"", NULL},
        {":1", NULL},
        {"127.0.0.1:", NULL},
        {"127.0.0.1:65536", NULL},
        {"127.0.0.1:-1", NULL},
        {"127.0.0.1:1x", NULL},
        {"127.0.0.256:1", NULL},
        {"::1", NULL},
        {"[::1", NULL},
        {"[::1]1", NULL},
        {"[127.0.0.1]:1", NULL},
        {"[fe80::1%]:1", NULL},
        {"example.org:1", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cc_address address;
        enum cc_error error = cc_address_parse(rows[i].text, 9, &address);
        assert_int_equal(error, rows[i].back ? CC_OK : CC_EINVAL);
        if (rows[i].back) {
            char text[64];
            cc_address_text(&address, text, sizeof text);
            assert_string_equal(text, rows[i].back);
        }
    }
}

static void test_uri(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *back;
        bool is_secure;
        bool is_tcp;
    } rows[] = {
        {"coaps://127.0.0.1", "127.0.0.1:5684", true, false},
        {"coap://127.0.0.1", "127.0.0.1:5683", false, false},
        {"coaps+tcp://127.0.0.1", "127.0.0.1:5684", true, true},
        {"CoAP+TCP://127.0.0.1", "127.0.0.1:5683", false, true},
        {"coap+tcp://[::1]:7/", "[::1]:7", false, true},
        {"COAPS://[::1]:7/", "[::1]:7", true, false},
        {"coaps://127.0.0.1/x", NULL, false, false},
        {"coaps:127.0.0.1", NULL, false, false},
        {"coap+udp://127.0.0.1", NULL, false, false},
        {"coap+tcp:127.0.0.1", NULL, false, false},
        {"https://127.0.0.1", NULL, false, false},
        {"coaps://", NULL, false, false},
        {"coaps://00000000000000000000000000000000000000000000000000000000000000000000000001", NULL,
         false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cc_uri uri;
        assert_int_equal(cc_uri_parse(rows[i].text, &uri), rows[i].back ? CC_OK : CC_EINVAL);
        if (rows[i].back) {
            char text[64];
            cc_address_text(&uri.address, text, sizeof text);
            assert_string_equal(text, rows[i].back);
            assert_int_equal(uri.is_secure, rows[i].is_secure);
            assert_int_equal(uri.is_tcp, rows[i].is_tcp);
        }
    }
}

static void test_socket_form(void **state)
{
    (void)state;
    static const char *const rows[] = {"127.0.0.1:5684", "[2001:db8::7]:1", "[fe80::1%3]:2"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cc_address address;
        struct cc_address back;
        struct sockaddr_storage storage;
        assert_int_equal(cc_address_parse(rows[i], 0, &address), CC_OK);
        assert_true(cc_address_to_socket(&address, &storage) > 0);
        assert_true(cc_address_from_socket((struct sockaddr *)&storage, &back));
        assert_true(cc_address_equal(&address, &back));
        back.port++;
        assert_false(cc_address_equal(&address, &back));
        assert_false(cc_address_is_wildcard(&address));
    }
    struct sockaddr other = {.sa_family = AF_UNIX};
    struct cc_address address;
    assert_false(cc_address_from_socket(&other, &address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_uri),
        cmocka_unit_test(test_socket_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
