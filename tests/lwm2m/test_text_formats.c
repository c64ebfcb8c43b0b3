/*
 * The formats that are text: SenML JSON, the JSON of 1.0 and plain text. The worked examples of
 * lwm2m-encodings.md in both directions, and what the decoders take and refuse, rule by rule.
 */
#include "bootstrap/lwm2m/codec.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/lwm2m_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUT_MAX 2048
#define PLAIN   LWM2M_FORMAT_TEXT
#define SENML   LWM2M_FORMAT_SENML_JSON
#define OMA     LWM2M_FORMAT_JSON

/* The built-in objects and one with the types that they do not have. */
static const struct lwm2m_resource sensor_resources[] = {
    {.id = 5700, .name = "Sensor Value", .type = LWM2M_FLOAT},
    {.id = 5701, .name = "Links", .type = LWM2M_CORELNK},
};
static const struct lwm2m_object sensor = {
    .id = 3303, .name = "Sensor", .resources = sensor_resources, .resource_count = 2};

static const struct lwm2m_registry *registry(void)
{
    static const struct lwm2m_object *objects[8];
    static struct lwm2m_registry all = {objects, 0};
    const struct lwm2m_registry *builtin = lwm2m_registry_builtin();
    if (all.object_count == 0) {
        assert_true(builtin->object_count < 8);
        memcpy(objects, builtin->objects, builtin->object_count * sizeof(objects[0]));
        objects[builtin->object_count] = &sensor;
        all.object_count = builtin->object_count + 1;
    }
    return &all;
}

static struct lwm2m_path path_of(const char *text)
{
    struct lwm2m_path path;
    assert_int_equal(lwm2m_path_parse(text, strlen(text), &path), LWM2M_OK);
    return path;
}

/* Both directions -------------------------------------------------------------------------------
 */

static const struct vector {
    const char *name;
    uint16_t format;
    const char *base, *leaves, *text;
} vectors[] = {
    {"5.2 /0/1", SENML, "/0/1",
     "/0/1/0 s coaps://server1.example.com; /0/1/1 b 0; /0/1/2 i 0; "
     "/0/1/3 o 62333133636332322d663936392d343265632d61643432; /0/1/4 o; "
     "/0/1/5 o 1ca2028d7197c778e9aef5ef69082bea; /0/1/10 i 101",
     "[{\"bn\":\"/0/1/\",\"n\":\"0\",\"vs\":\"coaps://server1.example.com\"},"
     "{\"n\":\"1\",\"vb\":false},{\"n\":\"2\",\"v\":0},"
     "{\"n\":\"3\",\"vd\":\"YjMxM2NjMjItZjk2OS00MmVjLWFkNDI\"},{\"n\":\"4\",\"vd\":\"\"},"
     "{\"n\":\"5\",\"vd\":\"HKICjXGXx3jprvXvaQgr6g\"},{\"n\":\"10\",\"v\":101}]"},
    {"5.3 /2/2", SENML, "/2/2",
     "/2/2/0 i 3; /2/2/1 i 0; /2/2/2/101 i 15; /2/2/2/102 i 1; /2/2/3 i 101",
     "[{\"bn\":\"/2/2/\",\"n\":\"0\",\"v\":3},{\"n\":\"1\",\"v\":0},{\"n\":\"2/101\",\"v\":15},"
     "{\"n\":\"2/102\",\"v\":1},{\"n\":\"3\",\"v\":101}]"},
    {"5.3 /0/1 13-17", SENML, "/0/1",
     "/0/1/13 u 0; /0/1/14 s lwm2m.example.com; /0/1/15 u 3; /0/1/16/0 u 49320; /0/1/16/1 u 168; "
     "/0/1/17 l 21:1",
     "[{\"bn\":\"/0/1/\",\"n\":\"13\",\"v\":0},{\"n\":\"14\",\"vs\":\"lwm2m.example.com\"},"
     "{\"n\":\"15\",\"v\":3},{\"n\":\"16/0\",\"v\":49320},{\"n\":\"16/1\",\"v\":168},"
     "{\"n\":\"17\",\"vlo\":\"21:1\"}]"},
    {"5.1 one base name an instance", SENML, "/1", "/1/0/0 i 101; /1/1/0 i 102",
     "[{\"bn\":\"/1/0/\",\"n\":\"0\",\"v\":101},{\"bn\":\"/1/1/\",\"n\":\"0\",\"v\":102}]"},
    {"no records", SENML, "/1", "", "[]"},
    {"the largest numbers", SENML, "/1/0",
     "/1/0/1 i -9223372036854775808; /1/0/2 i 9223372036854775807; "
     "/1/0/13 u 18446744073709551615",
     "[{\"bn\":\"/1/0/\",\"n\":\"1\",\"v\":-9223372036854775808},"
     "{\"n\":\"2\",\"v\":9223372036854775807},{\"n\":\"13\",\"v\":18446744073709551615}]"},
    {"floats are never integers", SENML, "/3303/0", "/3303/0/5700 f 22",
     "[{\"bn\":\"/3303/0/\",\"n\":\"5700\",\"v\":22.0}]"},
    {"escapes", SENML, "/1/0", "/1/0/7 s \"\\\x01\x7f\xc3\xa9\xf0\x9f\x98\x80",
     "[{\"bn\":\"/1/0/\",\"n\":\"7\",\"vs\":\"\\\"\\\\\\u0001\\u007f\xc3\xa9\xf0\x9f\x98\x80\"}]"},
    {"the longest path", SENML, "/65534", "/65534/65534/65534/65534 i 1",
     "[{\"bn\":\"/65534/65534/\",\"n\":\"65534/65534\",\"v\":1}]"},

    {"8 an instance", OMA, "/0/1",
     "/0/1/0 s coaps://x; /0/1/1 b 0; /0/1/2 i 0; /0/1/5 o 1ca2028d7197c778e9aef5ef69082bea; "
     "/0/1/16/0 u 49320; /0/1/17 l 66:0",
     "{\"bn\":\"/0/1/\",\"e\":[{\"n\":\"0\",\"sv\":\"coaps://x\"},{\"n\":\"1\",\"bv\":false},"
     "{\"n\":\"2\",\"v\":0},{\"n\":\"5\",\"sv\":\"HKICjXGXx3jprvXvaQgr6g==\"},"
     "{\"n\":\"16/0\",\"v\":49320},{\"n\":\"17\",\"ov\":\"66:0\"}]}"},
    {"8 instances", OMA, "/1", "/1/0/0 i 101; /1/1/0 i 102",
     "{\"bn\":\"/1/\",\"e\":[{\"n\":\"0/0\",\"v\":101},{\"n\":\"1/0\",\"v\":102}]}"},
    {"8 objects", OMA, "/", "/1/0/0 i 101; /3/0/13 t 5; /3303/0/5700 f 0.5; /3303/0/5701 c </1>",
     "{\"bn\":\"/\",\"e\":[{\"n\":\"1/0/0\",\"v\":101},{\"n\":\"3/0/13\",\"v\":5},"
     "{\"n\":\"3303/0/5700\",\"v\":0.5},{\"n\":\"3303/0/5701\",\"sv\":\"</1>\"}]}"},
    {"8 nothing", OMA, "/1", "", "{\"bn\":\"/\",\"e\":[]}"},

    {"4 integer", PLAIN, "/1/0/1", "/1/0/1 i 86400", "86400"},
    {"4 boolean", PLAIN, "/0/1/1", "/0/1/1 b 0", "0"},
    {"4 boolean, true", PLAIN, "/0/1/1", "/0/1/1 b 1", "1"},
    {"4 opaque", PLAIN, "/0/1/5", "/0/1/5 o 1ca2028d7197c778e9aef5ef69082bea",
     "HKICjXGXx3jprvXvaQgr6g=="},
    {"4 opaque, two left", PLAIN, "/0/1/5", "/0/1/5 o ffef", "/+8="},
    {"4 link", PLAIN, "/0/1/17", "/0/1/17 l 21:1", "21:1"},
    {"4 null link", PLAIN, "/0/1/17", "/0/1/17 l 65535:65535", "65535:65535"},
    {"4 float without exponent", PLAIN, "/3303/0/5700", "/3303/0/5700 f 6.6670000000000001e-11",
     "0.00000000006667"},
    {"4 float, whole", PLAIN, "/3303/0/5700", "/3303/0/5700 f 22", "22"},
    {"4 float, below zero", PLAIN, "/3303/0/5700", "/3303/0/5700 f -1234.5", "-1234.5"},
    {"4 float, large", PLAIN, "/3303/0/5700", "/3303/0/5700 f 1e+21", "1000000000000000000000"},
    {"4 float, rounded once", PLAIN, "/3303/0/5700", "/3303/0/5700 f -42220147119556464",
     "-42220147119556460"},
    {"4 float, minus zero", PLAIN, "/3303/0/5700", "/3303/0/5700 f -0", "-0"},
    {"2 time", PLAIN, "/3/0/13", "/3/0/13 t -1", "-1"},
    {"2 unsigned", PLAIN, "/1/0/13", "/1/0/13 u 18446744073709551615", "18446744073709551615"},
    {"2 string", PLAIN, "/0/1/0", "/0/1/0 s coap://\xc3\xa9", "coap://\xc3\xa9"},
    {"2 empty string", PLAIN, "/0/1/0", "/0/1/0 s ", ""},
    {"2 core link", PLAIN, "/3303/0/5701", "/3303/0/5701 c </1>", "</1>"},
    {"a resource instance", PLAIN, "/2/2/2/101", "/2/2/2/101 i 15", "15"},
};

static void encodes_to_the_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const struct vector *vector = &vectors[i];
        struct lwm2m_content content = {0};
        uint8_t octets[OUT_MAX];
        size_t len;
        const size_t expected = strlen(vector->text);
        print_message("%s\n", vector->name);
        test_leaves_parse(vector->leaves, &content);
        const struct lwm2m_path base = path_of(vector->base);
        assert_int_equal(lwm2m_encode(vector->format, base, content.leaves, content.count, octets,
                                      expected, &len),
                         LWM2M_OK);
        assert_int_equal(len, expected);
        assert_memory_equal(octets, vector->text, len);
        if (expected > 0) {
            assert_int_equal(lwm2m_encode(vector->format, base, content.leaves, content.count,
                                          octets, expected - 1, &len),
                             LWM2M_ESPACE);
            assert_int_equal(len, expected);
        }
        lwm2m_content_clear(&content);
    }
}

/* From a block of the text's exact size, so that sanitizers see a read past its end. */
static enum lwm2m_error decode(uint16_t format, const char *base, const char *text,
                               struct lwm2m_content *content)
{
    const size_t len = strlen(text);
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    const enum lwm2m_error error =
        lwm2m_decode(format, path_of(base), registry(), copy, len, content);
    free(copy);
    return error;
}

static void decodes_to_the_leaves(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const struct vector *vector = &vectors[i];
        struct lwm2m_content content = {0};
        print_message("%s\n", vector->name);
        assert_int_equal(decode(vector->format, vector->base, vector->text, &content), LWM2M_OK);
        assert_string_equal(test_leaves_text(&content), vector->leaves);
        lwm2m_content_clear(&content);
    }
}

/* One direction ---------------------------------------------------------------------------------
 */

struct row {
    const char *rule;
    const char *base;
    const char *text;
    const char *leaves; /* NULL: refused with ERROR */
    enum lwm2m_error error;
};

static void check_rows(uint16_t format, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct lwm2m_content content = {0};
        print_message("%s\n", rows[i].rule);
        assert_int_equal(decode(format, rows[i].base, rows[i].text, &content), rows[i].error);
        assert_string_equal(test_leaves_text(&content), rows[i].leaves ? rows[i].leaves : "");
        assert_true(rows[i].leaves || !content.arena);
        lwm2m_content_clear(&content);
    }
}

#define FIELD(field) "[{\"n\":\"/1/0/1\"," field "}]"
#define KEY(text)    "[{\"n\":\"/0/1/5\",\"vd\":\"" text "\"}]"
#define TITLE(text)  "[{\"n\":\"/1/0/7\",\"vs\":\"" text "\"}]"

static const struct row senml_rows[] = {
    {"5.1 base name of the object", "/1", "[{\"bn\":\"/1/\",\"n\":\"0/0\",\"v\":1}]", "/1/0/0 i 1",
     0},
    {"5.1 base name of the root", "/1", "[{\"bn\":\"/\",\"n\":\"1/0/0\",\"v\":1}]", "/1/0/0 i 1",
     0},
    {"5.1 base name alone", "/1", "[{\"bn\":\"/1/0/0\",\"v\":1}]", "/1/0/0 i 1", 0},
    {"5.1 base name behind, and blanks", "/1",
     " [ { \"v\" : 1 ,\t\"n\" :\"0\",\r\n\"bn\":\"/1/0/\" } , {\"n\":\"1\",\"v\":2} ] ",
     "/1/0/0 i 1; /1/0/1 i 2", 0},
    {"5.1 base value is added", "/1/0", "[{\"bn\":\"/1/0/\",\"bv\":100,\"n\":\"0\",\"v\":1}]",
     "/1/0/0 i 101", 0},
    {"5.1 units, times and sums are read over", "/1/0",
     "[{\"n\":\"/1/0/1\",\"u\":\"s\",\"t\":-1.5e3,\"bt\":1e999,\"s\":null,\"ut\":0,\"v\":9}]",
     "/1/0/1 i 9", 0},
    {"unknown fields of any shape", "/1/0",
     FIELD("\"x\":[1,{\"y\":[],\"z\":{}},\"\\u00e9\"],\"v\":9"), "/1/0/1 i 9", 0},
    {"a version that is known", "/1/0", FIELD("\"bver\":10,\"v\":9"), "/1/0/1 i 9", 0},
    {"2.4 integer as a float", "/1/0", FIELD("\"v\":86400.0"), "/1/0/1 i 86400", 0},
    {"2.4 integer with an exponent", "/1/0", FIELD("\"v\":8.64e4"), "/1/0/1 i 86400", 0},
    {"minus zero for an integer", "/1/0", FIELD("\"v\":-0"), "/1/0/1 i 0", 0},
    {"an integer for a float", "/3303/0", "[{\"n\":\"/3303/0/5700\",\"v\":22}]",
     "/3303/0/5700 f 22", 0},
    {"a float with many zeros", "/3303/0",
     "[{\"n\":\"/3303/0/5700\",\"v\":0.000000000000000000000000000000000000000000000001}]",
     "/3303/0/5700 f 9.9999999999999997e-49", 0},
    {"beyond 64 bits for a float", "/3303/0",
     "[{\"n\":\"/3303/0/5700\",\"v\":-100000000000000000000}]", "/3303/0/5700 f -1e+20", 0},
    {"2.5 standard alphabet", "/0/1", KEY("/+8"), "/0/1/5 o ffef", 0},
    {"2.5 alphabet of URLs", "/0/1", KEY("_-8"), "/0/1/5 o ffef", 0},
    {"2.5 padding", "/0/1", KEY("_-8="), "/0/1/5 o ffef", 0},
    {"2.5 padding of two", "/0/1", KEY("_w=="), "/0/1/5 o ff", 0},
    {"2 link in hexadecimal", "/0/1", "[{\"n\":\"/0/1/17\",\"vlo\":\"FFFF:FFFF\"}]",
     "/0/1/17 l 65535:65535", 0},
    {"string for octets that were a string", "/21/1", "[{\"n\":\"/21/1/1\",\"vs\":\"ab\"}]",
     "/21/1/1 o 6162", 0},
    {"unknown resources keep their own type", "/1/0",
     "[{\"bn\":\"/1/0/"
     "\",\"n\":\"90\",\"v\":1},{\"n\":\"91\",\"v\":1.5},{\"n\":\"92\",\"vs\":\"x\"},"
     "{\"n\":\"93\",\"vd\":\"AA\"},{\"n\":\"94\",\"vb\":true},{\"n\":\"95\",\"vlo\":\"1:2\"},"
     "{\"n\":\"96\",\"v\":18446744073709551615},{\"n\":\"97\",\"v\":1.0}]",
     "/1/0/90 i 1; /1/0/91 f 1.5; /1/0/92 s x; /1/0/93 o 00; /1/0/94 b 1; /1/0/95 l 1:2; "
     "/1/0/96 u 18446744073709551615; /1/0/97 f 1",
     0},
    {"escapes", "/1/0", TITLE("\\\"\\\\\\/\\u0055\\u00e9\\u20ac\\ud83d\\ude00"),
     "/1/0/7 s \"\\/U\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 0},
    {"escapes in lower and upper case", "/1/0", TITLE("\\u00E9\\u00e9"),
     "/1/0/7 s \xc3\xa9\xc3\xa9", 0},
    {"escapes in a name", "/1/0", "[{\"\\u006e\":\"\\/1\\/0\\/1\",\"v\":9}]", "/1/0/1 i 9", 0},
    {"control characters", "/1/0", TITLE("\\b\\f\\n\\r\\t"), "/1/0/7 s \b\f\n\r\t", 0},

    {"nothing", "/1", "", NULL, LWM2M_EFORMAT},
    {"blanks", "/1", "  ", NULL, LWM2M_EFORMAT},
    {"an object", "/1", "{}", NULL, LWM2M_EFORMAT},
    {"a number", "/1", "1", NULL, LWM2M_EFORMAT},
    {"not closed", "/1", "[", NULL, LWM2M_EFORMAT},
    {"closed by another", "/1", "[}", NULL, LWM2M_EFORMAT},
    {"a record that is none", "/1", "[1]", NULL, LWM2M_EFORMAT},
    {"a record that is not closed", "/1/0", "[{\"n\":\"/1/0/1\",\"v\":9", NULL, LWM2M_EFORMAT},
    {"a comma too many", "/1/0", "[{\"n\":\"/1/0/1\",\"v\":9},]", NULL, LWM2M_EFORMAT},
    {"a comma too many in a record", "/1/0", FIELD("\"v\":9,"), NULL, LWM2M_EFORMAT},
    {"a comma too few", "/1/0", "[{\"n\":\"/1/0/1\" \"v\":9}]", NULL, LWM2M_EFORMAT},
    {"a colon too few", "/1/0", "[{\"n\" \"/1/0/1\",\"v\":9}]", NULL, LWM2M_EFORMAT},
    {"a name that is a number", "/1/0", "[{0:\"/1/0/1\",\"v\":9}]", NULL, LWM2M_EFORMAT},
    {"more behind the end", "/1", "[]]", NULL, LWM2M_EFORMAT},
    {"no value", "/1", "[{\"n\":\"/1/0/1\"}]", NULL, LWM2M_EFORMAT},
    {"two values", "/1/0", FIELD("\"v\":9,\"vs\":\"x\""), NULL, LWM2M_EFORMAT},
    {"a field twice", "/1/0", FIELD("\"v\":9,\"v\":9"), NULL, LWM2M_EFORMAT},
    {"null", "/1/0", FIELD("\"v\":null"), NULL, LWM2M_EFORMAT},
    {"an array for a value", "/1/0", FIELD("\"v\":[9]"), NULL, LWM2M_EFORMAT},
    {"a string in v", "/1/0", FIELD("\"v\":\"9\""), NULL, LWM2M_EFORMAT},
    {"a number in vs", "/1/0", FIELD("\"vs\":9"), NULL, LWM2M_EFORMAT},
    {"a number in vb", "/1/0", FIELD("\"vb\":1"), NULL, LWM2M_EFORMAT},
    {"a number in vd", "/1/0", FIELD("\"vd\":1"), NULL, LWM2M_EFORMAT},
    {"a number in vlo", "/1/0", FIELD("\"vlo\":1"), NULL, LWM2M_EFORMAT},
    {"a version from the future", "/1/0", FIELD("\"bver\":11,\"v\":9"), NULL, LWM2M_EFORMAT},
    {"a label that must be understood", "/1/0", FIELD("\"x_\":1,\"v\":9"), NULL, LWM2M_EFORMAT},
    {"a leading zero", "/1/0", FIELD("\"v\":09"), NULL, LWM2M_EFORMAT},
    {"a plus sign", "/1/0", FIELD("\"v\":+9"), NULL, LWM2M_EFORMAT},
    {"no digit before the point", "/1/0", FIELD("\"v\":.5"), NULL, LWM2M_EFORMAT},
    {"no digit behind the point", "/1/0", FIELD("\"v\":9."), NULL, LWM2M_EFORMAT},
    {"no digit in the exponent", "/1/0", FIELD("\"v\":9e+"), NULL, LWM2M_EFORMAT},
    {"a sign alone", "/1/0", FIELD("\"v\":-"), NULL, LWM2M_EFORMAT},
    {"not a number", "/1/0", FIELD("\"v\":NaN"), NULL, LWM2M_EFORMAT},
    {"half a word", "/1/0", FIELD("\"vb\":tru"), NULL, LWM2M_EFORMAT},
    {"more than a word", "/1/0", FIELD("\"vb\":truest"), NULL, LWM2M_EFORMAT},
    {"an octet that is no UTF-8", "/1/0", TITLE("\xff"), NULL, LWM2M_EFORMAT},
    {"a control character as it is", "/1/0", TITLE("\n"), NULL, LWM2M_EFORMAT},
    {"NUL escaped", "/1/0", TITLE("\\u0000"), NULL, LWM2M_EFORMAT},
    {"an unknown escape", "/1/0", TITLE("\\x41"), NULL, LWM2M_EFORMAT},
    {"half an escape", "/1/0", TITLE("\\u00"), NULL, LWM2M_EFORMAT},
    {"a high surrogate alone", "/1/0", TITLE("\\ud83d"), NULL, LWM2M_EFORMAT},
    {"a high surrogate before a letter", "/1/0", TITLE("\\ud83d\\u0041"), NULL, LWM2M_EFORMAT},
    {"a low surrogate alone", "/1/0", TITLE("\\ude00"), NULL, LWM2M_EFORMAT},
    {"2.5 one digit left", "/0/1", KEY("AAAAA"), NULL, LWM2M_EFORMAT},
    {"2.5 bits left that are not zero", "/0/1", KEY("_x"), NULL, LWM2M_EFORMAT},
    {"2.5 padding within", "/0/1", KEY("_w==_w=="), NULL, LWM2M_EFORMAT},
    {"2.5 padding that is short", "/0/1", KEY("_w="), NULL, LWM2M_EFORMAT},
    {"2.5 padding alone", "/0/1", KEY("===="), NULL, LWM2M_EFORMAT},
    {"2.5 a blank", "/0/1", KEY("AA AA"), NULL, LWM2M_EFORMAT},
    {"a fraction for an integer", "/1/0", FIELD("\"v\":1.5"), NULL, LWM2M_ETYPE},
    {"a string for an integer", "/1/0", FIELD("\"vs\":\"9\""), NULL, LWM2M_ETYPE},
    {"an integer for a boolean", "/1/0", "[{\"n\":\"/1/0/6\",\"v\":1}]", NULL, LWM2M_ETYPE},
    {"a string for octets", "/0/1", "[{\"n\":\"/0/1/5\",\"vs\":\"AA\"}]", NULL, LWM2M_ETYPE},
    {"octets for a string", "/1/0", "[{\"n\":\"/1/0/7\",\"vd\":\"AA\"}]", NULL, LWM2M_ETYPE},
    {"a link that is none", "/0/1", "[{\"n\":\"/0/1/17\",\"vlo\":\"21\"}]", NULL, LWM2M_ETYPE},
    {"a value for an executable", "/1/0", "[{\"n\":\"/1/0/8\",\"vs\":\"\"}]", NULL, LWM2M_ETYPE},
    {"2^63 for an integer", "/1/0", FIELD("\"v\":9223372036854775808"), NULL, LWM2M_ERANGE},
    {"2^64 for an integer", "/1/0", FIELD("\"v\":18446744073709551616"), NULL, LWM2M_ERANGE},
    {"2^64 for an unsigned", "/1/0", "[{\"n\":\"/1/0/13\",\"v\":18446744073709551616}]", NULL,
     LWM2M_ERANGE},
    {"below zero for an unsigned", "/1/0", "[{\"n\":\"/1/0/13\",\"v\":-1}]", NULL, LWM2M_ERANGE},
    {"beyond a double", "/3303/0", "[{\"n\":\"/3303/0/5700\",\"v\":1e999}]", NULL, LWM2M_ERANGE},
    {"outside the request path", "/1/1", FIELD("\"v\":9"), NULL, LWM2M_EPATH},
    {"a name that is too short", "/1", "[{\"n\":\"/1/0\",\"v\":9}]", NULL, LWM2M_EPATH},
    {"a name that is too long", "/1", "[{\"n\":\"/1/0/1/2/3\",\"v\":9}]", NULL, LWM2M_EPATH},
    {"a name beyond all names", "/1",
     "[{\"n\":\"/1/0/1111111111111111111111111111111111\",\"v\":9}]", NULL, LWM2M_EPATH},
    {"a reserved id", "/1", "[{\"n\":\"/1/65535/1\",\"v\":9}]", NULL, LWM2M_EPATH},
    {"a leaf twice", "/1/0", "[{\"n\":\"/1/0/1\",\"v\":9},{\"n\":\"/1/0/1\",\"v\":9}]", NULL,
     LWM2M_EPATH},
    {"single where multiple is defined", "/2/0", "[{\"n\":\"/2/0/2\",\"v\":9}]", NULL, LWM2M_EPATH},
    {"deeper than 8", "/1/0", FIELD("\"x\":[[[[[[[]]]]]]],\"v\":9"), NULL, LWM2M_ELIMIT},
};

static void senml_json(void **state)
{
    (void)state;
    check_rows(SENML, senml_rows, sizeof senml_rows / sizeof senml_rows[0]);
}

#define ENTRY(fields) "{\"bn\":\"/1/0/\",\"e\":[{" fields "}]}"

static const struct row oma_rows[] = {
    {"base name behind the entries", "/1/0", "{\"e\":[{\"n\":\"1\",\"v\":9}],\"bn\":\"/1/0/\"}",
     "/1/0/1 i 9", 0},
    {"base name without its slash", "/1/0", "{\"bn\":\"/1/0\",\"e\":[{\"n\":\"1\",\"v\":9}]}",
     "/1/0/1 i 9", 0},
    {"base name without the first slash", "/1/0", "{\"bn\":\"1/0/\",\"e\":[{\"n\":\"1\",\"v\":9}]}",
     "/1/0/1 i 9", 0},
    {"a slash in both", "/1/0", "{\"bn\":\"/1/0/\",\"e\":[{\"n\":\"/1\",\"v\":9}]}", "/1/0/1 i 9",
     0},
    {"no base name: below the request path", "/1/0", "{\"e\":[{\"n\":\"1\",\"v\":9}]}",
     "/1/0/1 i 9", 0},
    {"no base name, the request path itself", "/1/0/1", "{\"e\":[{\"n\":\"\",\"v\":9}]}",
     "/1/0/1 i 9", 0},
    {"no base name, a whole name", "/1/0", "{\"e\":[{\"n\":\"/1/0/1\",\"v\":9}]}", "/1/0/1 i 9", 0},
    {"an empty base name is none", "/1/0", "{\"bn\":\"\",\"e\":[{\"n\":\"1\",\"v\":9}]}",
     "/1/0/1 i 9", 0},
    {"base name of a resource", "/1/0/1", "{\"bn\":\"/1/0/1/\",\"e\":[{\"n\":\"\",\"v\":9}]}",
     "/1/0/1 i 9", 0},
    {"no name", "/1/0/1", "{\"bn\":\"/1/0/1\",\"e\":[{\"v\":9}]}", "/1/0/1 i 9", 0},
    {"times and the unknown are read over", "/1/0",
     "{\"bt\":25462634,\"bn\":\"/1/0/\",\"x\":{\"e\":[1]},"
     "\"e\":[{\"n\":\"1\",\"t\":-5,\"y\":[],\"v\":9}]}",
     "/1/0/1 i 9", 0},
    {"octets without padding", "/0/1", "{\"bn\":\"/0/1/\",\"e\":[{\"n\":\"5\",\"sv\":\"_-8\"}]}",
     "/0/1/5 o ffef", 0},
    {"an unknown string stays one", "/1/0", ENTRY("\"n\":\"99\",\"sv\":\"AAAA\""), "/1/0/99 s AAAA",
     0},

    {"an array", "/1", "[]", NULL, LWM2M_EFORMAT},
    {"no entries", "/1", "{\"bn\":\"/1/\"}", NULL, LWM2M_EFORMAT},
    {"entries twice", "/1", "{\"e\":[],\"e\":[]}", NULL, LWM2M_EFORMAT},
    {"base name twice", "/1", "{\"bn\":\"/1/\",\"bn\":\"/1/\",\"e\":[]}", NULL, LWM2M_EFORMAT},
    {"base name that is a number", "/1", "{\"bn\":1,\"e\":[]}", NULL, LWM2M_EFORMAT},
    {"entries that are none", "/1", "{\"e\":{}}", NULL, LWM2M_EFORMAT},
    {"an entry that is none", "/1", "{\"e\":[1]}", NULL, LWM2M_EFORMAT},
    {"not closed", "/1", "{\"e\":[]", NULL, LWM2M_EFORMAT},
    {"more behind the end", "/1", "{\"e\":[]}{}", NULL, LWM2M_EFORMAT},
    {"no value", "/1/0", ENTRY("\"n\":\"1\""), NULL, LWM2M_EFORMAT},
    {"two values", "/1/0", ENTRY("\"n\":\"1\",\"v\":9,\"sv\":\"x\""), NULL, LWM2M_EFORMAT},
    {"a name that is a number", "/1/0", ENTRY("\"n\":1,\"v\":9"), NULL, LWM2M_EFORMAT},
    {"a boolean in v", "/1/0", ENTRY("\"n\":\"1\",\"v\":true"), NULL, LWM2M_EFORMAT},
    {"octets that are no Base64", "/0/1", "{\"bn\":\"/0/1/\",\"e\":[{\"n\":\"5\",\"sv\":\"!\"}]}",
     NULL, LWM2M_EFORMAT},
    {"a string for an integer", "/1/0", ENTRY("\"n\":\"1\",\"sv\":\"9\""), NULL, LWM2M_ETYPE},
    {"an integer for octets", "/0/1", "{\"bn\":\"/0/1/\",\"e\":[{\"n\":\"5\",\"v\":9}]}", NULL,
     LWM2M_ETYPE},
    {"outside the request path", "/1/1", ENTRY("\"n\":\"1\",\"v\":9"), NULL, LWM2M_EPATH},
    {"a path that is too short", "/1", "{\"bn\":\"/1/\",\"e\":[{\"n\":\"0\",\"v\":9}]}", NULL,
     LWM2M_EPATH},
    {"two slashes", "/1/0", "{\"bn\":\"/1//\",\"e\":[{\"n\":\"0/1\",\"v\":9}]}", NULL, LWM2M_EPATH},
    {"a base name beyond all", "/1",
     "{\"bn\":\"/1/00000000000000000000000000000000/\",\"e\":[{\"n\":\"0\",\"v\":9}]}", NULL,
     LWM2M_EPATH},
};

static void oma_json(void **state)
{
    (void)state;
    check_rows(OMA, oma_rows, sizeof oma_rows / sizeof oma_rows[0]);
}

static const struct row plain_rows[] = {
    {"4 an exponent", "/3303/0/5700", "6.667e-11", "/3303/0/5700 f 6.6670000000000001e-11", 0},
    {"an integer with a fraction of nothing", "/1/0/1", "86400.0", "/1/0/1 i 86400", 0},
    {"octets without padding", "/0/1/5", "_-8", "/0/1/5 o ffef", 0},
    {"link in hexadecimal", "/0/1/17", "ffff:FFFF", "/0/1/17 l 65535:65535", 0},
    {"an unknown resource is a string", "/9000/0/1", "86400", "/9000/0/1 s 86400", 0},
    {"nothing for octets", "/0/1/4", "", "/0/1/4 o", 0},

    {"nothing for an integer", "/1/0/1", "", NULL, LWM2M_ETYPE},
    {"a word for an integer", "/1/0/1", "day", NULL, LWM2M_ETYPE},
    {"a blank", "/1/0/1", " 9", NULL, LWM2M_ETYPE},
    {"a fraction for an integer", "/1/0/1", "9.5", NULL, LWM2M_ETYPE},
    {"hexadecimal", "/1/0/1", "0x9", NULL, LWM2M_ETYPE},
    {"infinity", "/3303/0/5700", "inf", NULL, LWM2M_ETYPE},
    {"true", "/0/1/1", "true", NULL, LWM2M_ETYPE},
    {"2", "/0/1/1", "2", NULL, LWM2M_ETYPE},
    {"nothing for a boolean", "/0/1/1", "", NULL, LWM2M_ETYPE},
    {"no Base64", "/0/1/5", "?", NULL, LWM2M_ETYPE},
    {"no link", "/0/1/17", "21", NULL, LWM2M_ETYPE},
    {"no UTF-8", "/1/0/7", "\xff", NULL, LWM2M_ETYPE},
    {"no UTF-8 for the unknown", "/9000/0/1", "\xff", NULL, LWM2M_ETYPE},
    {"a value for an executable", "/1/0/8", "", NULL, LWM2M_ETYPE},
    {"2^63", "/1/0/1", "9223372036854775808", NULL, LWM2M_ERANGE},
    {"beyond a double", "/3303/0/5700", "1e999", NULL, LWM2M_ERANGE},
    {"single where multiple is defined", "/2/0/2", "1", NULL, LWM2M_EPATH},
    {"multiple where single is defined", "/1/0/1/0", "1", NULL, LWM2M_EPATH},
    {"a reserved id", "/1/65535/1", "1", NULL, LWM2M_EPATH},
    {"an instance", "/1/0", "1", NULL, LWM2M_EUNSUPPORTED},
};

static void plain_text(void **state)
{
    (void)state;
    check_rows(PLAIN, plain_rows, sizeof plain_rows / sizeof plain_rows[0]);
}

/* A number longer than any that means something is refused before it is read. */
static void numbers_are_bounded(void **state)
{
    (void)state;
    struct lwm2m_content content = {0};
    char text[1026];
    memset(text, '0', sizeof text);
    text[1] = '.';
    text[1025] = '\0';
    assert_int_equal(decode(PLAIN, "/3303/0/5700", text, &content), LWM2M_ELIMIT);
    text[1024] = '\0';
    assert_int_equal(decode(PLAIN, "/3303/0/5700", text, &content), LWM2M_OK);
    assert_string_equal(test_leaves_text(&content), "/3303/0/5700 f 0");
    lwm2m_content_clear(&content);
}

static void leaves_are_bounded(void **state)
{
    (void)state;
    struct lwm2m_content content = {0};
    static char text[LWM2M_LEAVES_MAX * 40];
    size_t len = (size_t)sprintf(text, "[{\"bn\":\"/9000/0/0/\",\"n\":\"0\",\"v\":0}");
    for (unsigned i = 1; i < LWM2M_LEAVES_MAX; i++) {
        len += (size_t)sprintf(text + len, ",{\"n\":\"%u\",\"v\":0}", i);
    }
    strcpy(text + len, "]");
    assert_int_equal(decode(SENML, "/9000", text, &content), LWM2M_OK);
    assert_int_equal(content.count, LWM2M_LEAVES_MAX);
    strcpy(text + len, ",{\"n\":\"5000\",\"v\":0}]");
    assert_int_equal(decode(SENML, "/9000", text, &content), LWM2M_ELIMIT);
    assert_int_equal(content.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_to_the_text), cmocka_unit_test(decodes_to_the_leaves),
        cmocka_unit_test(senml_json),          cmocka_unit_test(oma_json),
        cmocka_unit_test(plain_text),          cmocka_unit_test(numbers_are_bounded),
        cmocka_unit_test(leaves_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
