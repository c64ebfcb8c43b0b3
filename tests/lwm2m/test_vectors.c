/*
 * The worked examples of lwm2m-encodings.md, byte for byte, in both directions. Object 3 is the
 * sample of Leshan's own tests (121 octets of TLV, 196 of SenML CBOR).
 */
#include "bootstrap/lwm2m/codec.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/lwm2m_text.h"

#include <string.h>

#define OUT_MAX 512

#define ACCOUNT                                                                                    \
    "/0/1/0 s coaps://server1.example.com; /0/1/1 b 0; /0/1/2 i 0; "                               \
    "/0/1/3 o 62333133636332322d663936392d343265632d61643432; /0/1/4 o; "                          \
    "/0/1/5 o 1ca2028d7197c778e9aef5ef69082bea; /0/1/10 i 101"
#define BOOTSTRAP_ACCOUNT                                                                          \
    "/0/0/0 s coaps://bootstrap.example.com; /0/0/1 b 1; /0/0/2 i 0; "                             \
    "/0/0/3 o 62333133636332322d663936392d343265632d61643432; /0/0/4 o; "                          \
    "/0/0/5 o e129791359950cbb1c8c3c582913b551; /0/0/11 i 3600"
#define SERVER                                                                                     \
    "/1/0/0 i 101; /1/0/1 i 86400; /1/0/2 i 300; /1/0/3 i 6000; /1/0/5 i 86400; /1/0/6 b 1; "      \
    "/1/0/7 s U"
#define ACL_2 "/2/2/0 i 3; /2/2/1 i 0; /2/2/2/101 i 15; /2/2/2/102 i 1; /2/2/3 i 101"
#define ACL_4 "/2/4/0 i 5; /2/4/1 i 65535; /2/4/2/101 i 16; /2/4/3 i 65535"
#define SECURITY_1_1                                                                               \
    "/0/1/13 u 0; /0/1/14 s lwm2m.example.com; /0/1/15 u 3; /0/1/16/0 u 49320; "                   \
    "/0/1/16/1 u 168; /0/1/17 l 21:1"
#define DEVICE                                                                                     \
    "/3/0/0 s Open Mobile Alliance; /3/0/1 s Lightweight M2M Client; /3/0/2 s 345000123; "         \
    "/3/0/3 s 1.0; /3/0/6/0 i 1; /3/0/6/1 i 5; /3/0/7/0 i 3800; /3/0/7/1 i 5000; "                 \
    "/3/0/8/0 i 125; /3/0/8/1 i 900; /3/0/9 i 100; /3/0/10 i 15; /3/0/11/0 i 0; "                  \
    "/3/0/13 t 1367491215; /3/0/14 s +02:00; /3/0/16 s U"

#define ACCOUNT_TLV                                                                                \
    "C8 00 1B 63 6F 61 70 73 3A 2F 2F 73 65 72 76 65 72 31 2E 65 78 61 6D 70 6C 65 2E 63 6F 6D "   \
    "C1 01 00 C1 02 00 "                                                                           \
    "C8 03 17 62 33 31 33 63 63 32 32 2D 66 39 36 39 2D 34 32 65 63 2D 61 64 34 32 C0 04 "         \
    "C8 05 10 1C A2 02 8D 71 97 C7 78 E9 AE F5 EF 69 08 2B EA C1 0A 65"
#define SERVER_TLV                                                                                 \
    "C1 00 65 C4 01 00 01 51 80 C2 02 01 2C C2 03 17 70 C4 05 00 01 51 80 C1 06 01 C1 07 55"
#define ACL_2_TLV "C1 00 03 C1 01 00 86 02 41 65 0F 41 66 01 C1 03 65"
#define ACL_4_TLV "C1 00 05 C4 01 00 00 FF FF 83 02 41 65 10 C4 03 00 00 FF FF"
#define DEVICE_TLV                                                                                 \
    "C800144F70656E204D6F62696C6520416C6C69616E6365C801164C69676874776569676874204d324d20436c6965" \
    "6e74C80209333435303030313233C303312E30860641000141010588070842000ED842011388870841007D420103" \
    "84C10964C10A0F830B410000C40D5182428FC60E2B30323A3030C11055"

#define ACCOUNT_TREE_REST                                                                          \
    "A7 00 78 1B 63 6F 61 70 73 3A 2F 2F 73 65 72 76 65 72 31 2E 65 78 61 6D 70 6C 65 2E 63 6F "   \
    "6D 01 F4 02 00 03 57 62 33 31 33 63 63 32 32 2D 66 39 36 39 2D 34 32 65 63 2D 61 64 34 32 "   \
    "04 40 05 50 1C A2 02 8D 71 97 C7 78 E9 AE F5 EF 69 08 2B EA 0A 18 65"
#define ACCOUNT_TREE "A1 82 00 01 " ACCOUNT_TREE_REST
#define SERVER_TREE_REST                                                                           \
    "A7 00 18 65 01 1A 00 01 51 80 02 19 01 2C 03 19 17 70 05 1A 00 01 51 80 06 F5 07 61 55"
#define SERVER_TREE "A1 82 01 00 " SERVER_TREE_REST
#define ACL_2_TREE  "82 02 02 A4 00 03 01 00 02 A2 18 65 0F 18 66 01 03 18 65"

static const struct vector {
    const char *name; /* section of lwm2m-encodings.md */
    uint16_t format;
    const char *base;
    const char *leaves;
    const char *octets;
} vectors[] = {
    {"3.1 PUT /0/1", 11542, "/0/1", ACCOUNT, ACCOUNT_TLV},
    {"3.1 PUT /0", 11542, "/0", ACCOUNT, "08 01 56 " ACCOUNT_TLV},
    {"3.2 /0/0", 11542, "/0/0", BOOTSTRAP_ACCOUNT,
     "C8 00 1D 63 6F 61 70 73 3A 2F 2F 62 6F 6F 74 73 74 72 61 70 2E 65 78 61 6D 70 6C 65 2E 63 6F "
     "6D C1 01 01 C1 02 00 C8 03 17 62 33 31 33 63 63 32 32 2D 66 39 36 39 2D 34 32 65 63 2D 61 64 "
     "34 32 C0 04 C8 05 10 E1 29 79 13 59 95 0C BB 1C 8C 3C 58 29 13 B5 51 C2 0B 0E 10"},
    {"3.3 /1/0", 11542, "/1/0", SERVER, SERVER_TLV},
    {"3.3 PUT /1", 11542, "/1", SERVER, "08 00 1D " SERVER_TLV},
    {"3.4 /2/2", 11542, "/2/2", ACL_2, ACL_2_TLV},
    {"3.4 /2/4", 11542, "/2/4", ACL_4, ACL_4_TLV},
    {"3.4 PUT /2", 11542, "/2", ACL_2 "; " ACL_4, "08 02 11 " ACL_2_TLV " 08 04 14 " ACL_4_TLV},
    {"3.4 short server ID above 255", 11542, "/2/0", "/2/0/2/310 i 1", "84 02 61 01 36 01"},
    {"3.5 /21/1", 11542, "/21/1",
     "/21/1/0 o 0102030405060708090a0b0c0d0e0f10; /21/1/1 o 01; /21/1/2 o 02; /21/1/3 i 10; "
     "/21/1/4 i 5; /21/1/5 o 9e7ca92223786340",
     "C8 00 10 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F 10 C1 01 01 C1 02 02 C1 03 0A C1 04 05 "
     "C8 05 08 9E 7C A9 22 23 78 63 40"},
    {"3.6 /0/1 13-17", 11542, "/0/1", SECURITY_1_1,
     "C1 0D 00 C8 0E 11 6C 77 6D 32 6D 2E 65 78 61 6D 70 6C 65 2E 63 6F 6D C1 0F 03 "
     "88 10 0A 44 00 00 00 C0 A8 42 01 00 A8 C4 11 00 15 00 01"},
    {"3 /3/0", 11542, "/3/0", DEVICE, DEVICE_TLV},
    {"3 /3", 11542, "/3", DEVICE, "080079" DEVICE_TLV},
    {"5.2 /0/1", 112, "/0/1", ACCOUNT,
     "87 A3 21 65 2F 30 2F 31 2F 00 61 30 03 78 1B 63 6F 61 70 73 3A 2F 2F 73 65 72 76 65 72 31 2E "
     "65 78 61 6D 70 6C 65 2E 63 6F 6D A2 00 61 31 04 F4 A2 00 61 32 02 00 A2 00 61 33 08 57 62 33 "
     "31 33 63 63 32 32 2D 66 39 36 39 2D 34 32 65 63 2D 61 64 34 32 A2 00 61 34 08 40 A2 00 61 35 "
     "08 50 1C A2 02 8D 71 97 C7 78 E9 AE F5 EF 69 08 2B EA A2 00 62 31 30 02 18 65"},
    {"5.3 /1/0", 112, "/1/0", SERVER,
     "87 A3 21 65 2F 31 2F 30 2F 00 61 30 02 18 65 A2 00 61 31 02 1A 00 01 51 80 A2 00 61 32 02 19 "
     "01 2C A2 00 61 33 02 19 17 70 A2 00 61 35 02 1A 00 01 51 80 A2 00 61 36 04 F5 A2 00 61 37 03 "
     "61 55"},
    {"5.3 /2/2", 112, "/2/2", ACL_2,
     "85 A3 21 65 2F 32 2F 32 2F 00 61 30 02 03 A2 00 61 31 02 00 A2 00 65 32 2F 31 30 31 02 0F A2 "
     "00 65 32 2F 31 30 32 02 01 A2 00 61 33 02 18 65"},
    {"5.3 /0/1 13-17", 112, "/0/1", SECURITY_1_1,
     "86 A3 21 65 2F 30 2F 31 2F 00 62 31 33 02 00 A2 00 62 31 34 03 71 6C 77 6D 32 6D 2E 65 78 61 "
     "6D 70 6C 65 2E 63 6F 6D A2 00 62 31 35 02 03 A2 00 64 31 36 2F 30 02 19 C0 A8 A2 00 64 31 36 "
     "2F 31 02 18 A8 A2 00 62 31 37 63 76 6C 6F 64 32 31 3A 31"},
    {"5.3 PUT /2", 112, "/2", ACL_2 "; " ACL_4,
     "89 A3 21 65 2F 32 2F 32 2F 00 61 30 02 03 A2 00 61 31 02 00 A2 00 65 32 2F 31 30 31 02 0F A2 "
     "00 65 32 2F 31 30 32 02 01 A2 00 61 33 02 18 65 A3 21 65 2F 32 2F 34 2F 00 61 30 02 05 A2 00 "
     "61 31 02 19 FF FF A2 00 65 32 2F 31 30 31 02 10 A2 00 61 33 02 19 FF FF"},
    {"5 /3/0", 112, "/3/0", DEVICE,
     "90a321652f332f302f00613003744f70656e204d6f62696c6520416c6c69616e6365a200613103764c69676874776"
     "569676874204d324d20436c69656e74a20061320369333435303030313233a20061330363312e30a20063362f3002"
     "01a20063362f310205a20063372f3002190ed8a20063372f3102191388a20063382f3002187da20063382f3102190"
     "3"
     "84a2006139021864a200623130020fa2006431312f300200a200623133021a5182428fa20062313403662b30323a3"
     "0"
     "30a200623136036155"},
    {"3 empty instance", 11542, "/1", "/1/7 -", "00 07"},
    {"3 multiple resource without instances", 11542, "/2/0", "/2/0/2 -", "80 02"},
    {"no instances", 11542, "/1", "", ""},
    {"no records", 112, "/1", "", "80"},
    {"6 /0/1", 11544, "/0/1", ACCOUNT, ACCOUNT_TREE},
    {"6 /1/0", 11544, "/1/0", SERVER, SERVER_TREE},
    {"6 /2/2", 11544, "/2/2", ACL_2, "A1 " ACL_2_TREE},
    {"6 /2", 11544, "/2", ACL_2 "; " ACL_4,
     "A2 " ACL_2_TREE " 82 02 04 A4 00 05 01 19 FF FF 02 A1 18 65 10 03 19 FF FF"},
    {"6 /0/1 13-17", 11544, "/0/1", SECURITY_1_1,
     "A1 82 00 01 A5 0D 00 0E 71 6C 77 6D 32 6D 2E 65 78 61 6D 70 6C 65 2E 63 6F 6D 0F 03 10 A2 00 "
     "19 C0 A8 01 18 A8 11 64 32 31 3A 31"},
    {"6 a single resource, absolute", 11544, "/1/0/1", "/1/0/1 i 86400",
     "A1 82 01 00 A1 01 1A 00 01 51 80"},
    {"7 pack", 11544, "/", ACCOUNT "; " SERVER,
     "A2 82 00 01 " ACCOUNT_TREE_REST " 82 01 00 " SERVER_TREE_REST},
    {"4 /1/0/1", 60, "/1/0/1", "/1/0/1 i 86400", "1A 00 01 51 80"},
    {"4 /1/0/6", 60, "/1/0/6", "/1/0/6 b 1", "F5"},
    {"4 /0/1/17", 60, "/0/1/17", "/0/1/17 l 21:1", "64 32 31 3A 31"},
    {"4 /2/2/2/101", 60, "/2/2/2/101", "/2/2/2/101 i 15", "0F"},
    {"4 opaque /0/1/5", 42, "/0/1/5", "/0/1/5 o 1ca2028d7197c778e9aef5ef69082bea",
     "1C A2 02 8D 71 97 C7 78 E9 AE F5 EF 69 08 2B EA"},
    {"4 nothing as opaque", 42, "/0/1/4", "/0/1/4 o", ""},
};

static struct lwm2m_path path_of(const char *text)
{
    struct lwm2m_path path;
    assert_int_equal(lwm2m_path_parse(text, strlen(text), &path), LWM2M_OK);
    return path;
}

static void encodes_to_the_octets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const struct vector *vector = &vectors[i];
        struct lwm2m_content content = {0};
        uint8_t expected[OUT_MAX];
        uint8_t octets[OUT_MAX];
        size_t len;
        print_message("%s\n", vector->name);
        const size_t expected_len = test_hex(vector->octets, expected, sizeof expected);
        test_leaves_parse(vector->leaves, &content);
        assert_int_equal(lwm2m_encode(vector->format, path_of(vector->base), content.leaves,
                                      content.count, octets, expected_len, &len),
                         LWM2M_OK);
        assert_int_equal(len, expected_len);
        assert_memory_equal(octets, expected, len);
        lwm2m_content_clear(&content);
    }
}

static void decodes_to_the_leaves(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const struct vector *vector = &vectors[i];
        struct lwm2m_content content = {0};
        uint8_t octets[OUT_MAX];
        const size_t len = test_hex(vector->octets, octets, sizeof octets);
        print_message("%s\n", vector->name);
        assert_int_equal(lwm2m_decode(vector->format, path_of(vector->base),
                                      lwm2m_registry_builtin(), octets, len, &content),
                         LWM2M_OK);
        assert_string_equal(test_leaves_text(&content), vector->leaves);
        lwm2m_content_clear(&content);
    }
}

/* Any order of the leaves gives the same octets. */
static void order_does_not_matter(void **state)
{
    (void)state;
    struct lwm2m_content content = {0};
    uint8_t expected[OUT_MAX];
    uint8_t octets[OUT_MAX];
    size_t len;
    const size_t expected_len =
        test_hex("08 02 11 " ACL_2_TLV " 08 04 14 " ACL_4_TLV, expected, sizeof expected);
    test_leaves_parse("/2/4/3 i 65535; /2/2/2/102 i 1; /2/4/0 i 5; /2/2/0 i 3; /2/4/2/101 i 16; "
                      "/2/2/3 i 101; /2/2/2/101 i 15; /2/4/1 i 65535; /2/2/1 i 0",
                      &content);
    assert_int_equal(lwm2m_encode(LWM2M_FORMAT_TLV, path_of("/2"), content.leaves, content.count,
                                  octets, sizeof octets, &len),
                     LWM2M_OK);
    assert_int_equal(len, expected_len);
    assert_memory_equal(octets, expected, len);
    lwm2m_content_clear(&content);
}

/* Too small a buffer: what it would take is told, and nothing behind the capacity is written. */
static void tells_the_space_needed(void **state)
{
    (void)state;
    struct lwm2m_content content = {0};
    test_leaves_parse(SERVER, &content);
    for (size_t capacity = 0; capacity < 64; capacity++) {
        static const uint16_t formats[] = {LWM2M_FORMAT_TLV, LWM2M_FORMAT_SENML_CBOR,
                                           LWM2M_FORMAT_LWM2M_CBOR};
        static const size_t needed[] = {29, 64, 33};
        for (size_t i = 0; i < 3; i++) {
            uint8_t octets[65];
            size_t len;
            memset(octets, 0x5a, sizeof octets);
            const enum lwm2m_error error = lwm2m_encode(formats[i], path_of("/1/0"), content.leaves,
                                                        content.count, octets, capacity, &len);
            assert_int_equal(error, capacity < needed[i] ? LWM2M_ESPACE : LWM2M_OK);
            assert_int_equal(len, needed[i]);
            assert_int_equal(octets[capacity], 0x5a);
        }
    }
    lwm2m_content_clear(&content);
}

static void refuses_to_encode(void **state)
{
    (void)state;
    static const struct {
        uint16_t format;
        const char *base, *leaves;
        enum lwm2m_error error;
    } cases[] = {
        {11542, "/1", "/0/0/0 s x", LWM2M_EPATH},
        {11542, "/1/1", "/1/0/0 i 1", LWM2M_EPATH},
        {11542, "/1/0", "/1/0/0 i 1; /1/0/0 i 2", LWM2M_EPATH},
        {11542, "/1/0", "/1/0/0 i 1; /1/0/0/0 i 2", LWM2M_EPATH},
        {11542, "/1", "/1/0 i 1", LWM2M_EPATH},
        {11542, "/2", "/2/0/2/1 -", LWM2M_EPATH},
        {11542, "/", "/1/0/0 i 1", LWM2M_EUNSUPPORTED},
        {112, "/1", "/1/0 -", LWM2M_EUNSUPPORTED},
        {112, "/2", "/2/0/2 -", LWM2M_EUNSUPPORTED},
        {110, "/1", "/1/0 -", LWM2M_EUNSUPPORTED},
        {110, "/2", "/2/0/2 -", LWM2M_EUNSUPPORTED},
        {110, "/1/0", "/1/0/7 s \xff", LWM2M_ETYPE},
        {110, "/1", "/1/0/99 f inf", LWM2M_EUNSUPPORTED},
        {110, "/1", "/1/0/99 f nan", LWM2M_EUNSUPPORTED},
        {11543, "/1", "/1/0 -", LWM2M_EUNSUPPORTED},
        {11543, "/1/0", "/1/0/7 s \xc3", LWM2M_ETYPE},
        {11543, "/1", "/1/0/99 f -inf", LWM2M_EUNSUPPORTED},
        {11544, "/1", "/1/0 -", LWM2M_EUNSUPPORTED},
        {11544, "/2", "/2/0/2 -", LWM2M_EUNSUPPORTED},
        {11544, "/2", "", LWM2M_EUNSUPPORTED},
        {0, "/1/0", "/1/0/0 i 1; /1/0/1 i 2", LWM2M_EUNSUPPORTED},
        {0, "/1/0", "/1/0/0 i 1", LWM2M_EUNSUPPORTED},
        {0, "/1/0/0", "", LWM2M_EUNSUPPORTED},
        {0, "/1/0/0", "/1/0/1 i 1", LWM2M_EPATH},
        {0, "/2/0/2", "/2/0/2/101 i 1", LWM2M_EUNSUPPORTED},
        {0, "/2/0/2", "/2/0/2 -", LWM2M_EUNSUPPORTED},
        {0, "/1/0/99", "/1/0/99 f inf", LWM2M_EUNSUPPORTED},
        {42, "/1/0/7", "/1/0/7 s U", LWM2M_EUNSUPPORTED},
        {42, "/2/0/2", "/2/0/2 -", LWM2M_EUNSUPPORTED},
        {60, "/2/0/2", "/2/0/2 -", LWM2M_EUNSUPPORTED},
        {60, "/0/1", "/0/1/5 o 00", LWM2M_EUNSUPPORTED},
        {40, "/1", "/1/0/0 i 1", LWM2M_EUNSUPPORTED},
        {0xffff, "/1", "/1/0/0 i 1", LWM2M_EUNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lwm2m_content content = {0};
        uint8_t octets[64];
        size_t len = 7;
        print_message("%s in %s\n", cases[i].leaves, cases[i].base);
        test_leaves_parse(cases[i].leaves, &content);
        assert_int_equal(lwm2m_encode(cases[i].format, path_of(cases[i].base), content.leaves,
                                      content.count, octets, sizeof octets, &len),
                         cases[i].error);
        assert_int_equal(len, 0);
        lwm2m_content_clear(&content);
    }
}

static void knows_the_formats(void **state)
{
    (void)state;
    static const struct {
        uint16_t number;
        const char *name;
    } rows[] = {{0, "text"},         {42, "opaque"}, {60, "cbor"},    {110, "senml-json"},
                {112, "senml-cbor"}, {11542, "tlv"}, {11543, "json"}, {11544, "lwm2m-cbor"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct lwm2m_format *format = lwm2m_format_by_number(rows[i].number);
        assert_ptr_equal(format, lwm2m_format_by_name(rows[i].name, strlen(rows[i].name)));
        assert_ptr_equal(format, lwm2m_format_at(i));
        assert_string_equal(format->name, rows[i].name);
        assert_true(format->encode && format->decode);
        assert_int_equal(format->single_only, rows[i].number < 100);
        assert_int_equal(format->number, rows[i].number);
    }
    assert_null(lwm2m_format_at(sizeof rows / sizeof rows[0]));
    assert_null(lwm2m_format_by_number(1541));
    assert_null(lwm2m_format_by_name("tl", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_to_the_octets), cmocka_unit_test(decodes_to_the_leaves),
        cmocka_unit_test(order_does_not_matter), cmocka_unit_test(tells_the_space_needed),
        cmocka_unit_test(refuses_to_encode),     cmocka_unit_test(knows_the_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
