/*
 * What imprint-sim reads and shows: options, the credentials file, the trace of a message, the
 * table of objects. No secret is shown.
 */
#include "bootstrap/lwm2m/codec.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/sim_device.h"
#include "tools/sim/credentials.h"
#include "tools/sim/options.h"
#include "tools/sim/show.h"
#include "tools/sim/trace.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- options ---- */

struct values {
    const char *text;
    uint32_t number;
    uint32_t ms;
    uint16_t format;
    uint16_t version;
    bool flag;
};

static const struct sim_option options[] = {
    {"text", SIM_OPTION_TEXT, offsetof(struct values, text), "T", "a text", 0, 0},
    {"number", SIM_OPTION_NUMBER, offsetof(struct values, number), "N", "a number, 2..9", 2, 9},
    {"seconds", SIM_OPTION_SECONDS, offsetof(struct values, ms), "S", "seconds, 0..60", 0, 60},
    {"format", SIM_OPTION_FORMAT, offsetof(struct values, format), "F", "a format", 0, 0},
    {"version", SIM_OPTION_VERSION, offsetof(struct values, version), "V", "a version", 0, 0},
    {"flag", SIM_OPTION_FLAG, offsetof(struct values, flag), NULL, "a flag", 0, 0},
};
enum { OPTION_COUNT = sizeof options / sizeof options[0] };

static bool parse(const char *line, struct values *values)
{
    char copy[128];
    char *argv[12] = {NULL};
    char *said = NULL;
    size_t said_len;
    size_t count = 0;
    char *save = NULL;
    strcpy(copy, line);
    for (char *word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        argv[count++] = word;
    }
    *values = (struct values){0};
    FILE *errors = open_memstream(&said, &said_len);
    bool is_ok = sim_options_parse(options, OPTION_COUNT, argv, values, errors);
    fclose(errors);
    assert_int_equal(is_ok, said_len == 0); /* an error is told, once */
    free(said);
    values->text = values->text != NULL ? "set" : NULL;
    return is_ok;
}

static void test_options(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "--text",        "--number 1",   "--number 10",      "--number 2.5",
        "--number x",    "--seconds 61", "--seconds 1.2345", "--seconds -1",
        "--format text", "--format xml", "--version 2.0",    "--flag=yes",
        "--bogus 1",     "word",         "-text a",          "--text=",
    };
    struct values v;
    assert_true(parse("--text a --number=9 --seconds 1.25 --format tlv --version 1.0 --flag", &v));
    assert_non_null(v.text);
    assert_int_equal(v.number, 9);
    assert_int_equal(v.ms, 1250);
    assert_int_equal(v.format, LWM2M_FORMAT_TLV);
    assert_int_equal(v.version, LWM2M_VERSION(1, 0));
    assert_true(v.flag);
    assert_true(parse("", &v));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        print_message("  %s\n", wrong[i]);
        assert_false(parse(wrong[i], &v));
    }
}

/* ---- credentials ---- */

static const struct {
    const char *text;
    const char *fault; /* NULL = taken */
} files[] = {
    {"{\"endpoint\":\"e\",\"auth\":\"psk\",\"identity\":\"x\",\"identity_hex\":\"6100\",\"psk_"
     "hex\":\"00FF\",\"more\":1}",
     NULL},
    {"{\"identity\":\"a\",\"psk_hex\":\"00ff\"}", NULL},
    {"{\"identity\":\"a\"}", "psk_hex"},
    {"{\"identity\":\"a\",\"psk_hex\":\"\"}", "psk_hex"},
    {"{\"identity\":\"a\",\"psk_hex\":\"0g\"}", "psk_hex"},
    {"{\"identity\":\"a\",\"psk_hex\":\"abc\"}", "psk_hex"},
    {"{\"psk_hex\":\"00ff\"}", "identity"},
    {"{\"identity_hex\":\"zz\",\"psk_hex\":\"00ff\"}", "identity_hex"},
    {"{\"auth\":\"x509\",\"identity\":\"a\",\"psk_hex\":\"00ff\"}", "auth"},
    {"[]", "object"},
    {"{", "JSON"},
    {"", "JSON"},
};

static void write_text(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void test_credentials(void **state)
{
    (void)state;
    char path[] = "/tmp/imprint-sim-test-XXXXXX";
    char fault[256];
    struct sim_credentials credentials;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        write_text(path, files[i].text, 0600);
        bool is_ok = sim_credentials_read(path, &credentials, fault, sizeof fault);
        assert_int_equal(is_ok, files[i].fault == NULL);
        if (files[i].fault != NULL) {
            assert_non_null(strstr(fault, files[i].fault));
            assert_int_equal(credentials.key_len, 0);
        } else {
            assert_memory_equal(credentials.key, "\x00\xff", 2);
            assert_int_equal(credentials.identity_len, i == 0 ? 2 : 1);
            assert_int_equal(credentials.identity[0], 'a');
            assert_false(credentials.is_open);
        }
    }
    write_text(path, files[0].text, 0644);
    assert_true(sim_credentials_read(path, &credentials, fault, sizeof fault));
    assert_true(credentials.is_open);
    assert_string_equal(credentials.endpoint, "e");
    sim_credentials_clear(&credentials);
    unlink(path);
    assert_false(sim_credentials_read(path, &credentials, fault, sizeof fault));
}

/* ---- what is shown ---- */

static void test_table(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len;
    struct sim_device *device = test_device(LWM2M_VERSION(1, 1), 0);
    FILE *out = open_memstream(&text, &len);
    assert_int_equal(test_device_write(device, "/1/7", ""), 0x44);
    assert_int_equal(
        test_device_write(device, "/0/1", "/0/1/3 o 1b5b324a; /0/1/4 o; /0/1/10 i 101"), 0x44);
    sim_show_table(device, out);
    fclose(out);
    assert_non_null(strstr(
        text, "/0/0/5         Secret Key                                     (16 octets)\n"));
    assert_non_null(
        strstr(text, "/0/0/3         Public Key or Identity                         device\n"));
    assert_non_null(strstr(text, "1b5b324a\n"));
    assert_non_null(strstr(text, "(empty)\n"));
    assert_non_null(
        strstr(text, "/0/1/10        Short Server ID                                101\n"));
    assert_non_null(strstr(text, "/1/7\n"));
    assert_null(strstr(text, "0123456789abcdef"));
    free(text);
    sim_device_free(device);
}

static void test_json(void **state)
{
    (void)state;
    struct sim_device *device = test_device(LWM2M_VERSION(1, 1), 0);
    for (int with_secrets = 0; with_secrets < 2; with_secrets++) {
        struct lwm2m_json_writer json = {0};
        sim_show_json(device, &json, with_secrets == 1);
        assert_int_equal(json.error, LWM2M_OK);
        bool has_key = memmem(json.data, json.len, "30313233343536373839616263646566", 32) != NULL;
        bool has_length = memmem(json.data, json.len, "\"octets\":16", 11) != NULL;
        assert_int_equal(has_key, with_secrets);
        assert_int_equal(has_length, !with_secrets);
        lwm2m_json_clear(&json);
    }
    sim_device_free(device);
}

static void add(struct cc_message *message, uint16_t number, const char *value, size_t len)
{
    message->options[message->option_count++] =
        (struct cc_option){.number = number, .len = (uint16_t)len, .value = (const uint8_t *)value};
}

/* A Write with a block of its body, its answer, a retransmission; text and JSON. */
static void trace_two(bool is_json, char **text)
{
    size_t len;
    struct sim_trace trace = {.is_json = is_json, .out = open_memstream(text, &len)};
    struct cc_message put = {.type = CC_CON,
                             .code = CC_PUT,
                             .mid = 7,
                             .token = "tk",
                             .token_len = 2,
                             .payload = (const uint8_t *)"secret",
                             .payload_len = 6};
    struct cc_message ack = {
        .type = CC_ACK, .code = CC_CHANGED, .mid = 7, .token = "tk", .token_len = 2};
    add(&put, CC_OPT_URI_PATH, "0", 1);
    add(&put, CC_OPT_URI_PATH, "1", 1);
    add(&put, CC_OPT_CONTENT_FORMAT, "\x70", 1);
    add(&put, CC_OPT_URI_QUERY, "a\x1b", 2);
    add(&put, CC_OPT_BLOCK1, "\x1d", 1);
    sim_trace_message(&trace, 12, CC_IN, &put, false);
    sim_trace_message(&trace, 13, CC_OUT, &ack, true);
    sim_trace_note(&trace, 14, "a \"note\"");
    fclose(trace.out);
}

static void test_trace(void **state)
{
    (void)state;
    static const char *const text_parts[] = {"   0.012 <- CON PUT    /0/1?a? ",
                                             "senml-cbor ",
                                             " 6 B  mid 7      block1 1+/512\n",
                                             "   0.013 -> ACK 2.04   PUT /0/1 ",
                                             "mid 7      repeated\n",
                                             "   0.014  * a \"note\"\n"};
    static const char *const json_parts[] = {
        "\"event\":\"message\"",       "\"direction\":\"in\"", "\"path\":\"/0/1?a?\"",
        "\"block\":\"block1 1+/512\"", "\"octets\":6",         "\"repeat\":true",
        "\"text\":\"a \\\"note\\\"\""};
    char *text = NULL;
    trace_two(false, &text);
    for (size_t i = 0; i < sizeof text_parts / sizeof text_parts[0]; i++) {
        assert_non_null(strstr(text, text_parts[i]));
    }
    assert_null(strstr(text, "secret"));
    free(text);
    trace_two(true, &text);
    for (size_t i = 0; i < sizeof json_parts / sizeof json_parts[0]; i++) {
        assert_non_null(strstr(text, json_parts[i]));
    }
    assert_null(strstr(text, "secret"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options), cmocka_unit_test(test_credentials),
        cmocka_unit_test(test_table),   cmocka_unit_test(test_json),
        cmocka_unit_test(test_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
