/* What the decoders take and refuse, rule by rule (lwm2m-encodings.md sections 2, 3 and 5). */
#include "bootstrap/lwm2m/codec.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/lwm2m_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TLV  LWM2M_FORMAT_TLV
#define CBOR LWM2M_FORMAT_SENML_CBOR
#define TREE LWM2M_FORMAT_LWM2M_CBOR
#define ONE  LWM2M_FORMAT_CBOR
#define RAW  LWM2M_FORMAT_OPAQUE

struct row {
    const char *rule;
    uint16_t format;
    const char *base;
    const char *octets;
    const char *leaves; /* NULL: refused with ERROR */
    enum lwm2m_error error;
};

static const struct row tlv_rows[] = {
    {"instance wrapper is optional below an instance", TLV, "/1/0", "03 00 C1 00 65",
     "/1/0/0 i 101", 0},
    {"order is free", TLV, "/1", "03 02 C1 00 65 03 01 C1 00 66", "/1/1/0 i 102; /1/2/0 i 101", 0},
    {"a single resource", TLV, "/1/0/0", "C1 00 65", "/1/0/0 i 101", 0},
    {"a resource instance", TLV, "/2/0/2/101", "83 02 41 65 0F", "/2/0/2/101 i 15", 0},
    {"ids of 16 bits for small numbers", TLV, "/1/0", "E1 00 00 65", "/1/0/0 i 101", 0},
    {"long length fields for small lengths", TLV, "/1/0", "D8 00 00 00 01 65", "/1/0/0 i 101", 0},
    {"negative numbers are sign-extended", TLV, "/1/0", "C1 01 FF", "/1/0/1 i -1", 0},
    {"negative numbers of 16 bits", TLV, "/1/0", "C2 01 80 00", "/1/0/1 i -32768", 0},
    {"numbers of 64 bits", TLV, "/1/0", "C8 01 08 80 00 00 00 00 00 00 00",
     "/1/0/1 i -9223372036854775808", 0},
    {"unsigned numbers stay unsigned", TLV, "/0/1", "84 10 42 00 C0 A8", "/0/1/16/0 u 49320", 0},
    {"unsigned numbers of 64 bits", TLV, "/1/0", "C8 0D 08 FF FF FF FF FF FF FF FF",
     "/1/0/13 u 18446744073709551615", 0},
    {"3.4 65535 in two octets", TLV, "/2/4", "C2 01 FF FF", "/2/4/1 i 65535", 0},
    {"3.4 65535 in one octet", TLV, "/2/4", "C1 01 FF", "/2/4/1 i 65535", 0},
    {"no sign where none can be", TLV, "/1/0", "C2 00 9C 40", "/1/0/0 i 40000", 0},
    {"no sign where none can be, one octet", TLV, "/1/0", "C1 00 C8", "/1/0/0 i 200", 0},
    {"float64 of an unknown resource stays octets", TLV, "/3303/0",
     "E8 16 44 08 40 36 80 00 00 00 00 00", "/3303/0/5700 o 4036800000000000", 0},
    {"unknown resources are kept", TLV, "/1/0", "C1 63 07", "/1/0/99 o 07", 0},
    {"null link", TLV, "/0/1", "C4 11 FF FF FF FF", "/0/1/17 l 65535:65535", 0},
    {"an empty instance", TLV, "/1/0", "", "/1/0 -", 0},
    {"an empty wrapped instance", TLV, "/1/0", "00 00", "/1/0 -", 0},

    {"type octet alone", TLV, "/1/0", "C1", NULL, LWM2M_EFORMAT},
    {"truncated id of 16 bits", TLV, "/1/0", "E1 00", NULL, LWM2M_EFORMAT},
    {"truncated length", TLV, "/1/0", "D0 03 01", NULL, LWM2M_EFORMAT},
    {"truncated value", TLV, "/1/0", "C2 00 65", NULL, LWM2M_EFORMAT},
    {"length far behind the end", TLV, "/1/0", "D8 00 FF FF FF 00", NULL, LWM2M_EFORMAT},
    {"trailing octet", TLV, "/1/0", "C1 00 65 00", NULL, LWM2M_EFORMAT},
    {"01 outside of 10", TLV, "/1/0", "41 00 65", NULL, LWM2M_EFORMAT},
    {"01 outside of 10, below an object", TLV, "/1", "41 00 65", NULL, LWM2M_EFORMAT},
    {"01 inside of 00", TLV, "/1", "03 00 41 00 65", NULL, LWM2M_EFORMAT},
    {"00 inside of 00", TLV, "/1", "05 00 03 00 C1 00 65", NULL, LWM2M_EFORMAT},
    {"00 inside of 10", TLV, "/2/0", "83 02 01 65 0F", NULL, LWM2M_EFORMAT},
    {"10 inside of 10", TLV, "/2/0", "85 02 83 02 41 65 0F", NULL, LWM2M_EFORMAT},
    {"11 inside of 10", TLV, "/2/0", "83 02 C1 65 0F", NULL, LWM2M_EFORMAT},
    {"truncated inside of 10", TLV, "/2/0", "82 02 41 65", NULL, LWM2M_EFORMAT},
    {"00 among resources", TLV, "/1/0", "C1 00 65 03 00 C1 01 65", NULL, LWM2M_EFORMAT},
    {"resource among instances", TLV, "/1", "03 00 C1 00 65 C1 00 65", NULL, LWM2M_EFORMAT},
    {"resource without its instance", TLV, "/1", "C1 00 65", NULL, LWM2M_EFORMAT},
    {"duplicate instance", TLV, "/1", "03 00 C1 00 65 03 00 C1 01 65", NULL, LWM2M_EPATH},
    {"duplicate empty instance", TLV, "/1", "00 00 00 00", NULL, LWM2M_EPATH},
    {"duplicate instance, apart", TLV, "/1", "00 00 00 01 00 00", NULL, LWM2M_EPATH},
    {"duplicate resource", TLV, "/1/0", "C1 00 65 C1 00 66", NULL, LWM2M_EPATH},
    {"duplicate resource of another kind", TLV, "/1/0", "C1 63 65 83 63 41 00 65", NULL,
     LWM2M_EPATH},
    {"duplicate resource instance", TLV, "/2/0", "86 02 41 65 0F 41 65 0F", NULL, LWM2M_EPATH},
    {"another instance than the path", TLV, "/1/0", "03 01 C1 00 65", NULL, LWM2M_EPATH},
    {"another resource than the path", TLV, "/1/0/0", "C1 01 65", NULL, LWM2M_EPATH},
    {"another resource instance than the path", TLV, "/2/0/2/101", "83 02 41 66 0F", NULL,
     LWM2M_EPATH},
    {"reserved instance id", TLV, "/1", "23 FF FF C1 00 65", NULL, LWM2M_EPATH},
    {"single where multiple is defined", TLV, "/2/0", "C1 02 0F", NULL, LWM2M_EPATH},
    {"multiple where single is defined", TLV, "/1/0", "83 00 41 00 65", NULL, LWM2M_EPATH},
    {"empty multiple where single is defined", TLV, "/1/0", "80 00", NULL, LWM2M_EPATH},
    {"integer of 0 octets", TLV, "/1/0", "C0 00", NULL, LWM2M_ETYPE},
    {"integer of 3 octets", TLV, "/1/0", "C3 00 00 00 65", NULL, LWM2M_ETYPE},
    {"64 bits where no sign can be", TLV, "/1/0", "C8 00 08 80 00 00 00 00 00 00 00", NULL,
     LWM2M_ERANGE},
    {"unsigned of 5 octets", TLV, "/1/0", "C5 0D 00 00 00 00 65", NULL, LWM2M_ETYPE},
    {"boolean of 2", TLV, "/1/0", "C1 06 02", NULL, LWM2M_ETYPE},
    {"boolean of 2 octets", TLV, "/1/0", "C2 06 00 01", NULL, LWM2M_ETYPE},
    {"link of 2 octets", TLV, "/0/1", "C2 11 00 15", NULL, LWM2M_ETYPE},
    {"string that is no UTF-8", TLV, "/1/0", "C1 07 FF", NULL, LWM2M_ETYPE},
    {"string with NUL", TLV, "/1/0", "C2 07 55 00", NULL, LWM2M_ETYPE},
    {"value for an executable", TLV, "/1/0", "C0 08", NULL, LWM2M_ETYPE},
    {"the root", TLV, "/", "03 00 C1 00 65", NULL, LWM2M_EUNSUPPORTED},
};

static const struct row cbor_rows[] = {
    {"name without base name", CBOR, "/1", "81 A2 00 66 2F312F302F30 02 18 65", "/1/0/0 i 101", 0},
    {"base name of the object", CBOR, "/1", "81 A3 21 63 2F312F 00 63 302F30 02 18 65",
     "/1/0/0 i 101", 0},
    {"base name alone", CBOR, "/1", "81 A2 21 66 2F312F302F30 02 18 65", "/1/0/0 i 101", 0},
    {"fields in any order", CBOR, "/1", "81 A3 02 18 65 00 61 30 21 65 2F312F302F", "/1/0/0 i 101",
     0},
    {"base name lasts until the next", CBOR, "/1",
     "83 A3 21 65 2F312F302F 00 61 30 02 01 A2 00 61 31 02 02 A3 21 65 2F312F312F 00 61 30 02 03",
     "/1/0/0 i 1; /1/0/1 i 2; /1/1/0 i 3", 0},
    {"indefinite array and map", CBOR, "/1", "9F BF 21 65 2F312F302F 00 61 30 02 18 65 FF FF",
     "/1/0/0 i 101", 0},
    {"indefinite strings", CBOR, "/1/0",
     "81 A3 21 7F 63 2F312F 62 302F FF 00 61 37 03 7F 61 55 60 61 51 FF", "/1/0/7 s UQ", 0},
    {"indefinite octets", CBOR, "/0/1", "81 A2 00 66 2F302F312F35 08 5F 41 01 42 02 03 FF",
     "/0/1/5 o 010203", 0},
    {"empty indefinite octets", CBOR, "/0/1", "81 A2 00 66 2F302F312F35 08 5F FF", "/0/1/5 o", 0},
    {"wide heads", CBOR, "/1",
     "9B 0000000000000001 B9 0002 1A 00000000 78 06 2F312F302F30 18 02 1B 0000000000000065",
     "/1/0/0 i 101", 0},
    {"integer as float16", CBOR, "/1", "81 A2 00 66 2F312F302F30 02 F9 4500", "/1/0/0 i 5", 0},
    {"integer as float32", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 FA 47A8C000", "/1/0/1 i 86400",
     0},
    {"integer as float64", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 FB 40F5180000000000",
     "/1/0/1 i 86400", 0},
    {"unsigned as float32", CBOR, "/0/1", "81 A2 00 69 2F302F312F31362F30 02 FA 42C80000",
     "/0/1/16/0 u 100", 0},
    {"tag 1 on a number", CBOR, "/3/0", "81 A2 00 67 2F332F302F3133 02 C1 1A 5182428F",
     "/3/0/13 t 1367491215", 0},
    {"tag 0 on a date", CBOR, "/3/0",
     "81 A2 00 67 2F332F302F3133 02 C0 74 323031332D30352D30325431303A34303A31355A",
     "/3/0/13 t 1367491215", 0},
    {"tag 0 with a zone", CBOR, "/3/0",
     "81 A2 00 67 2F332F302F3133 02 C0 78 19 323031332D30352D30325431323A34303A31352B30323A3030",
     "/3/0/13 t 1367491215", 0},
    {"tag 0 with a fraction of nothing, west", CBOR, "/3/0",
     "81 A2 00 67 2F332F302F3133 02 C0 78 1B "
     "313937302D30312D30315430303A30303A30302E302D30313A3030",
     "/3/0/13 t 3600", 0},
    {"tag 4 that is an integer", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 C4 82 02 19 0360",
     "/1/0/1 i 86400", 0},
    {"tag 4 with zeros to cut", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 C4 82 20 0A", "/1/0/1 i 1",
     0},
    {"tag 4 of an unknown resource", CBOR, "/9000/0",
     "81 A2 00 69 2F393030302F302F31 02 C4 82 20 18 2D", "/9000/0/1 f 4.5", 0},
    {"tag 4 with an exponent that no loop survives", CBOR, "/1",
     "81 A2 00 66 2F312F302F31 02 C4 82 3B 7FFFFFFFFFFFFFFF 00", "/1/0/1 i 0", 0},
    {"unknown resources keep the format's types", CBOR, "/9000/0",
     "86 A3 21 68 2F393030302F302F 00 61 31 02 20 A2 00 61 32 03 61 78 A2 00 61 33 04 F5 "
     "A2 00 61 34 08 41 07 A2 00 61 35 63 766C6F 63 333A30 A2 00 61 36 02 1B FFFFFFFFFFFFFFFF",
     "/9000/0/1 i -1; /9000/0/2 s x; /9000/0/3 b 1; /9000/0/4 o 07; /9000/0/5 l 3:0; "
     "/9000/0/6 u 18446744073709551615",
     0},
    {"text where older versions had a String", CBOR, "/21/1",
     "81 A2 00 67 2F32312F312F31 03 62 6162", "/21/1/1 o 6162", 0},
    {"link in hexadecimal", CBOR, "/0/1",
     "81 A2 00 67 2F302F312F3137 63 766C6F 69 464646463A46464646", "/0/1/17 l 65535:65535", 0},
    {"link with NUL at its end", CBOR, "/0/1", "81 A2 00 67 2F302F312F3137 63 766C6F 65 32313A3100",
     "/0/1/17 l 21:1", 0},
    {"base value is added", CBOR, "/1", "81 A3 24 0A 00 66 2F312F302F31 02 05", "/1/0/1 i 15", 0},
    {"base value as a float", CBOR, "/1", "81 A3 24 FA 3F000000 00 66 2F312F302F31 02 FA 3F000000",
     "/1/0/1 i 1", 0},
    {"unit, time, base time and unknown fields are read over", CBOR, "/1",
     "81 A8 22 01 23 61 73 00 66 2F312F302F31 02 05 06 F9 3C00 18 63 82 01 A1 02 5F 41 00 FF "
     "61 78 C1 C1 01 01 61 73",
     "/1/0/1 i 5", 0},
    {"base version", CBOR, "/1", "81 A3 20 0A 00 66 2F312F302F31 02 05", "/1/0/1 i 5", 0},
    {"below the root", CBOR, "/", "82 A2 00 66 2F312F302F31 02 05 A2 00 66 2F302F302F31 04 F5",
     "/0/0/1 b 1; /1/0/1 i 5", 0},

    {"nothing", CBOR, "/1", "", NULL, LWM2M_EFORMAT},
    {"no array", CBOR, "/1", "A0", NULL, LWM2M_EFORMAT},
    {"no map", CBOR, "/1", "81 80", NULL, LWM2M_EFORMAT},
    {"trailing octets", CBOR, "/1", "80 00", NULL, LWM2M_EFORMAT},
    {"an array larger than the input", CBOR, "/1", "9B FFFFFFFFFFFFFFFF", NULL, LWM2M_EFORMAT},
    {"a map larger than the input", CBOR, "/1", "81 BB 7FFFFFFFFFFFFFFF", NULL, LWM2M_EFORMAT},
    {"a string larger than the input", CBOR, "/1", "81 A1 00 7B FFFFFFFFFFFFFFFF 00", NULL,
     LWM2M_EFORMAT},
    {"indefinite array without its end", CBOR, "/1", "9F", NULL, LWM2M_EFORMAT},
    {"indefinite map without its end", CBOR, "/1", "81 BF 00 66 2F312F302F31 02 05", NULL,
     LWM2M_EFORMAT},
    {"break as a value", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 FF", NULL, LWM2M_EFORMAT},
    {"break as a record", CBOR, "/1", "81 FF", NULL, LWM2M_EFORMAT},
    {"break as a field that is read over", CBOR, "/1", "81 A1 06 FF", NULL, LWM2M_EFORMAT},
    {"chunk of another kind", CBOR, "/0/1", "81 A2 00 66 2F302F312F35 08 5F 61 01 FF", NULL,
     LWM2M_EFORMAT},
    {"chunks without their end", CBOR, "/0/1", "81 A2 00 66 2F302F312F35 08 5F 41 01", NULL,
     LWM2M_EFORMAT},
    {"reserved head", CBOR, "/1", "1C", NULL, LWM2M_EFORMAT},
    {"simple value without meaning", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 E0", NULL,
     LWM2M_EFORMAT},
    {"unknown tag", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 C2 41 05", NULL, LWM2M_EFORMAT},
    {"tag on a tag", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 C1 C1 05", NULL, LWM2M_EFORMAT},
    {"tag 0 on a number", CBOR, "/3/0", "81 A2 00 67 2F332F302F3133 02 C0 05", NULL, LWM2M_EFORMAT},
    {"tag 1 on a text", CBOR, "/3/0", "81 A2 00 67 2F332F302F3133 02 C1 61 35", NULL,
     LWM2M_EFORMAT},
    {"tag 0 on no date", CBOR, "/3/0", "81 A2 00 67 2F332F302F3133 02 C0 61 35", NULL, LWM2M_ETYPE},
    {"tag 0 with an impossible month", CBOR, "/3/0",
     "81 A2 00 67 2F332F302F3133 02 C0 74 323031332D31332D30325431303A34303A31355A", NULL,
     LWM2M_ETYPE},
    {"tag 0 without a zone", CBOR, "/3/0",
     "81 A2 00 67 2F332F302F3133 02 C0 73 323031332D30352D30325431303A34303A3135", NULL,
     LWM2M_ETYPE},
    {"tag 4 of three", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 C4 83 00 05 05", NULL,
     LWM2M_EFORMAT},
    {"tag 4 of one", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 C4 81 00", NULL, LWM2M_EFORMAT},
    {"tag 4 on a number", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 C4 05", NULL, LWM2M_EFORMAT},
    {"tag 4 of a text", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 C4 82 00 61 35", NULL,
     LWM2M_ETYPE},
    {"tag 4 beyond a double", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 C4 82 19 FFFF 05", NULL,
     LWM2M_ERANGE},
    {"tag 4 with a fraction", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 C4 82 20 05", NULL,
     LWM2M_ETYPE},
    {"too deep", CBOR, "/1", "81 A1 06 81 81 81 81 81 81 81 00", NULL, LWM2M_ELIMIT},
    {"fraction for an integer", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 F9 3E00", NULL,
     LWM2M_ETYPE},
    {"fraction for an unsigned", CBOR, "/1", "81 A2 00 67 2F312F302F3133 02 F9 3E00", NULL,
     LWM2M_ETYPE},
    {"NaN for an integer", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 F9 7E00", NULL, LWM2M_ETYPE},
    {"NaN for an unsigned", CBOR, "/1", "81 A2 00 67 2F312F302F3133 02 F9 7E00", NULL, LWM2M_ETYPE},
    {"infinity for an integer", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 F9 7C00", NULL,
     LWM2M_ERANGE},
    {"2^63 for an integer", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 1B 8000000000000000", NULL,
     LWM2M_ERANGE},
    {"less than -2^63", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 3B 8000000000000000", NULL,
     LWM2M_ERANGE},
    {"negative for an unsigned", CBOR, "/1", "81 A2 00 67 2F312F302F3133 02 20", NULL,
     LWM2M_ERANGE},
    {"negative float for an unsigned", CBOR, "/1", "81 A2 00 67 2F312F302F3133 02 F9 BC00", NULL,
     LWM2M_ERANGE},
    {"record without a value", CBOR, "/1", "81 A1 00 66 2F312F302F31", NULL, LWM2M_EFORMAT},
    {"record of a base value alone", CBOR, "/1", "81 A2 00 66 2F312F302F31 24 05", NULL,
     LWM2M_EFORMAT},
    {"two values", CBOR, "/1", "81 A3 00 66 2F312F302F31 02 05 04 F5", NULL, LWM2M_EFORMAT},
    {"a field twice", CBOR, "/1", "81 A3 00 66 2F312F302F31 00 61 30 02 05", NULL, LWM2M_EFORMAT},
    {"base version too high", CBOR, "/1", "81 A3 20 0B 00 66 2F312F302F31 02 05", NULL,
     LWM2M_EFORMAT},
    {"base version that is text", CBOR, "/1", "81 A3 20 61 31 00 66 2F312F302F31 02 05", NULL,
     LWM2M_EFORMAT},
    {"field that must be understood", CBOR, "/1", "81 A3 62 785F 05 00 66 2F312F302F31 02 05", NULL,
     LWM2M_EFORMAT},
    {"label that is no number", CBOR, "/1", "81 A2 F4 05 02 05", NULL, LWM2M_EFORMAT},
    {"name that is a number", CBOR, "/1", "81 A2 00 05 02 05", NULL, LWM2M_EFORMAT},
    {"base name that is a number", CBOR, "/1", "81 A2 21 05 02 05", NULL, LWM2M_EFORMAT},
    {"base value that is text", CBOR, "/1", "81 A3 24 61 31 00 66 2F312F302F31 02 05", NULL,
     LWM2M_EFORMAT},
    {"v with text", CBOR, "/1", "81 A2 00 66 2F312F302F37 02 61 55", NULL, LWM2M_EFORMAT},
    {"vs with a number", CBOR, "/1", "81 A2 00 66 2F312F302F31 03 05", NULL, LWM2M_EFORMAT},
    {"vb with a number", CBOR, "/1", "81 A2 00 66 2F312F302F36 04 01", NULL, LWM2M_EFORMAT},
    {"vd with text", CBOR, "/0/1", "81 A2 00 66 2F302F312F35 08 61 55", NULL, LWM2M_EFORMAT},
    {"vlo with octets", CBOR, "/0/1", "81 A2 00 67 2F302F312F3137 63 766C6F 41 55", NULL,
     LWM2M_EFORMAT},
    {"null", CBOR, "/1", "81 A2 00 66 2F312F302F31 02 F6", NULL, LWM2M_EFORMAT},
    {"string for an integer", CBOR, "/1", "81 A2 00 66 2F312F302F31 03 61 35", NULL, LWM2M_ETYPE},
    {"number for a boolean", CBOR, "/1", "81 A2 00 66 2F312F302F36 02 01", NULL, LWM2M_ETYPE},
    {"number for a string", CBOR, "/1", "81 A2 00 66 2F312F302F37 02 01", NULL, LWM2M_ETYPE},
    {"string for a link", CBOR, "/0/1", "81 A2 00 67 2F302F312F3137 08 41 31", NULL, LWM2M_ETYPE},
    {"string for octets", CBOR, "/0/1", "81 A2 00 66 2F302F312F35 03 61 31", NULL, LWM2M_ETYPE},
    {"boolean for an unsigned", CBOR, "/1", "81 A2 00 67 2F312F302F3133 04 F5", NULL, LWM2M_ETYPE},
    {"link without its colon", CBOR, "/0/1", "81 A2 00 67 2F302F312F3137 63 766C6F 62 3231", NULL,
     LWM2M_ETYPE},
    {"link out of range", CBOR, "/0/1", "81 A2 00 67 2F302F312F3137 63 766C6F 67 36353533363A30",
     NULL, LWM2M_ETYPE},
    {"text that is no UTF-8", CBOR, "/1", "81 A2 00 66 2F312F302F37 03 62 C3 28", NULL,
     LWM2M_ETYPE},
    {"value for an executable", CBOR, "/1", "81 A2 00 66 2F312F302F38 02 01", NULL, LWM2M_ETYPE},
    {"name outside of the path", CBOR, "/1/1", "81 A2 00 66 2F312F302F31 02 05", NULL, LWM2M_EPATH},
    {"name of an instance", CBOR, "/1", "81 A2 00 64 2F312F30 02 05", NULL, LWM2M_EPATH},
    {"name with five parts", CBOR, "/2", "81 A2 00 6A 2F322F302F322F312F31 02 05", NULL,
     LWM2M_EPATH},
    {"name with a slash at its end", CBOR, "/1", "81 A2 00 67 2F312F302F312F 02 05", NULL,
     LWM2M_EPATH},
    {"name that is no path", CBOR, "/1", "81 A2 00 64 74656D70 02 05", NULL, LWM2M_EPATH},
    {"name too long", CBOR, "/1",
     "81 A2 00 78 21 2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F 02 05",
     NULL, LWM2M_EPATH},
    {"base name too long", CBOR, "/1",
     "81 A2 21 78 21 2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F2F 02 05",
     NULL, LWM2M_EPATH},
    {"reserved id", CBOR, "/1", "81 A2 00 6A 2F312F36353533352F31 02 05", NULL, LWM2M_EPATH},
    {"duplicate", CBOR, "/1", "82 A2 00 66 2F312F302F31 02 05 A2 00 66 2F312F302F31 02 05", NULL,
     LWM2M_EPATH},
    {"single and multiple at once", CBOR, "/9000",
     "82 A2 00 69 2F393030302F302F31 02 05 A2 00 6B 2F393030302F302F312F30 02 05", NULL,
     LWM2M_EPATH},
    {"single where multiple is defined", CBOR, "/2", "81 A2 00 66 2F322F302F32 02 05", NULL,
     LWM2M_EPATH},
    {"multiple where single is defined", CBOR, "/1", "81 A2 00 68 2F312F302F312F30 02 05", NULL,
     LWM2M_EPATH},
    {"a format that is not there", 40, "/1", "", NULL, LWM2M_EUNSUPPORTED},
    {"a format for single resources", 0, "/1", "35", NULL, LWM2M_EUNSUPPORTED},
};

static void run(const struct row *row)
{
    uint8_t octets[256];
    struct lwm2m_content content = {0};
    struct lwm2m_path base;
    const size_t len = test_hex(row->octets, octets, sizeof octets);
    assert_int_equal(lwm2m_path_parse(row->base, strlen(row->base), &base), LWM2M_OK);
    const enum lwm2m_error error =
        lwm2m_decode(row->format, base, lwm2m_registry_builtin(), octets, len, &content);
    if (error != row->error) {
        print_error("%s: %s\n", row->rule, lwm2m_error_text(error));
    }
    assert_int_equal(error, row->error);
    assert_string_equal(test_leaves_text(&content), row->leaves ? row->leaves : "");
    lwm2m_content_clear(&content);
}

static void tlv(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tlv_rows / sizeof tlv_rows[0]; i++) {
        run(&tlv_rows[i]);
    }
}

static void senml_cbor(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cbor_rows / sizeof cbor_rows[0]; i++) {
        run(&cbor_rows[i]);
    }
}

/* Float is in no built-in object: a registry of the test's own has one. */
static const struct lwm2m_resource sensor_resources[] = {
    {.id = 5700, .name = "Sensor Value", .type = LWM2M_FLOAT},
    {.id = 5701, .name = "Links", .type = LWM2M_CORELNK},
};
static const struct lwm2m_object sensor = {
    .id = 3303, .name = "Temperature", .resources = sensor_resources, .resource_count = 2};
static const struct lwm2m_object *const sensor_objects[] = {&sensor};
static const struct lwm2m_registry sensors = {sensor_objects, 1};

/* lwm2m-encodings.md section 6: the inputs that all mean /13/26/1 = 42, and the rules. */
static const struct row other_rows[] = {
    {"one key of three ids", TREE, "/13/26", "A1830D181A01182A", "/13/26/1 i 42", 0},
    {"indefinite map and key", TREE, "/13/26", "BF9F0D181A01FF182AFF", "/13/26/1 i 42", 0},
    {"a map for each id", TREE, "/13/26", "A10DA1181AA101182A", "/13/26/1 i 42", 0},
    {"keys of one id", TREE, "/13/26", "A1810DA181181AA18101182A", "/13/26/1 i 42", 0},
    {"all indefinite", TREE, "/13/26", "BF9F0DFFBF9F181AFFBF9F01FF182AFFFFFF", "/13/26/1 i 42", 0},
    {"a decimal with tag 4", TREE, "/13/26", "A1810DA181181AA18101A18102C48220182D",
     "/13/26/1/2 f 4.5", 0},
    {"two ids, two ids", TREE, "/13/26", "A1820D181AA182010218 2A", "/13/26/1/2 i 42", 0},
    {"an instance in two maps", TREE, "/1", "A2 82 01 00 A1 00 01 01 A1 00 A1 01 02",
     "/1/0/0 i 1; /1/0/1 i 2", 0},
    {"any order", TREE, "/1", "A2 82 01 01 A1 00 02 82 01 00 A2 01 02 00 01",
     "/1/0/0 i 1; /1/0/1 i 2; /1/1/0 i 2", 0},
    {"wide ids", TREE, "/1", "A1 83 1B 0000000000000001 1A 00000000 19 0000 01", "/1/0/0 i 1", 0},
    {"integer as float64", TREE, "/1", "A1 83 01 00 01 FB 40F5180000000000", "/1/0/1 i 86400", 0},
    {"time as a date", TREE, "/3/0",
     "A1 83 03 00 0D C0 74 323031332D30352D30325431303A34303A31355A", "/3/0/13 t 1367491215", 0},
    {"link with NUL at its end", TREE, "/0/1", "A1 83 00 01 11 65 32313A3100", "/0/1/17 l 21:1", 0},
    {"octets in chunks", TREE, "/0/1", "A1 83 00 01 05 5F 41 01 42 02 03 FF", "/0/1/5 o 010203", 0},
    {"the root", TREE, "/", "A1 83 01 00 00 01", "/1/0/0 i 1", 0},

    {"nothing", TREE, "/1", "", NULL, LWM2M_EFORMAT},
    {"an array", TREE, "/1", "80", NULL, LWM2M_EFORMAT},
    {"a value alone", TREE, "/1/0/0", "01", NULL, LWM2M_EFORMAT},
    {"an empty map", TREE, "/1", "A0", NULL, LWM2M_EFORMAT},
    {"an empty indefinite map", TREE, "/1", "BF FF", NULL, LWM2M_EFORMAT},
    {"an empty map within", TREE, "/1", "A1 82 01 00 A0", NULL, LWM2M_EFORMAT},
    {"an empty key", TREE, "/1", "A1 80 A1 83 01 00 00 01", NULL, LWM2M_EFORMAT},
    {"an empty indefinite key", TREE, "/1", "A1 9F FF 01", NULL, LWM2M_EFORMAT},
    {"an array within a key", TREE, "/1", "A1 82 01 82 00 00 01", NULL, LWM2M_EFORMAT},
    {"a negative id", TREE, "/1", "A1 83 01 00 20 01", NULL, LWM2M_EFORMAT},
    {"text as a key", TREE, "/1", "A1 61 31 A1 82 00 00 01", NULL, LWM2M_EFORMAT},
    {"a real as a key", TREE, "/1", "A1 F9 3C00 A1 82 00 00 01", NULL, LWM2M_EFORMAT},
    {"an array for a value", TREE, "/1", "A1 83 01 00 00 81 01", NULL, LWM2M_EFORMAT},
    {"truncated key", TREE, "/1", "A1 83 01 00", NULL, LWM2M_EFORMAT},
    {"truncated value", TREE, "/1", "A1 83 01 00 00 19 01", NULL, LWM2M_EFORMAT},
    {"no value", TREE, "/1", "A1 83 01 00 00", NULL, LWM2M_EFORMAT},
    {"a break for a value", TREE, "/1", "BF 83 01 00 00 FF", NULL, LWM2M_EFORMAT},
    {"not closed", TREE, "/1", "BF 83 01 00 00 01", NULL, LWM2M_EFORMAT},
    {"more pairs announced than there are octets", TREE, "/1", "BB FFFFFFFFFFFFFFFF 01", NULL,
     LWM2M_EFORMAT},
    {"more ids announced than there are octets", TREE, "/1", "A1 9B FFFFFFFFFFFFFFFF 01", NULL,
     LWM2M_EFORMAT},
    {"trailing octet", TREE, "/1", "A1 83 01 00 00 01 00", NULL, LWM2M_EFORMAT},
    {"a tag that means nothing here", TREE, "/1", "A1 83 01 00 00 C2 41 01", NULL, LWM2M_EFORMAT},
    {"null", TREE, "/1", "A1 83 01 00 00 F6", NULL, LWM2M_ETYPE},
    {"text for an integer", TREE, "/1", "A1 83 01 00 00 61 31", NULL, LWM2M_ETYPE},
    {"an integer for a boolean", TREE, "/1", "A1 83 01 00 06 01", NULL, LWM2M_ETYPE},
    {"2^63 for an integer", TREE, "/1", "A1 83 01 00 01 1B 8000000000000000", NULL, LWM2M_ERANGE},
    {"a value for an object", TREE, "/1", "A1 01 01", NULL, LWM2M_EPATH},
    {"a value for an instance", TREE, "/1", "A1 82 01 00 01", NULL, LWM2M_EPATH},
    {"a map for a single resource", TREE, "/1", "A1 83 01 00 00 A1 00 01", NULL, LWM2M_EPATH},
    {"a value for a multiple resource", TREE, "/2", "A1 83 02 00 02 01", NULL, LWM2M_EPATH},
    {"five ids in a key", TREE, "/2", "A1 85 02 00 02 05 00 01", NULL, LWM2M_EPATH},
    {"five levels", TREE, "/2", "A1 84 02 00 02 05 A1 00 01", NULL, LWM2M_EPATH},
    {"an id beyond 16 bits", TREE, "/1", "A1 83 01 00 1A 00010000 01", NULL, LWM2M_EPATH},
    {"a reserved id", TREE, "/1", "A1 83 01 19 FFFF 00 01", NULL, LWM2M_EPATH},
    {"a leaf twice in one map", TREE, "/1", "A1 82 01 00 A2 00 01 00 01", NULL, LWM2M_EPATH},
    {"a leaf twice in two maps", TREE, "/1", "A2 82 01 00 A1 00 01 83 01 00 00 01", NULL,
     LWM2M_EPATH},
    {"relative to the request path", TREE, "/1/0", "A2 00 01 01 02", NULL, LWM2M_EPATH},
    {"outside the request path", TREE, "/1/1", "A1 83 01 00 00 01", NULL, LWM2M_EPATH},

    {"4 time with tag 1", ONE, "/3/0/13", "C1 1A 5182428F", "/3/0/13 t 1367491215", 0},
    {"4 time as a date", ONE, "/3/0/13", "C0 74 323031332D30352D30325431303A34303A31355A",
     "/3/0/13 t 1367491215", 0},
    {"4 link with NUL at its end", ONE, "/0/1/17", "65 32313A3100", "/0/1/17 l 21:1", 0},
    {"a string in chunks", ONE, "/1/0/7", "7F 61 55 61 51 FF", "/1/0/7 s UQ", 0},
    {"unsigned of 64 bits", ONE, "/1/0/13", "1B FFFFFFFFFFFFFFFF", "/1/0/13 u 18446744073709551615",
     0},
    {"an unknown resource", ONE, "/9000/0/1", "FB 3FB999999999999A",
     "/9000/0/1 f 0.10000000000000001", 0},
    {"nothing", ONE, "/1/0/0", "", NULL, LWM2M_EFORMAT},
    {"an array", ONE, "/1/0/0", "81 01", NULL, LWM2M_EFORMAT},
    {"a map", ONE, "/1/0/0", "A1 00 01", NULL, LWM2M_EFORMAT},
    {"trailing octet", ONE, "/1/0/0", "01 01", NULL, LWM2M_EFORMAT},
    {"octets for a string", ONE, "/1/0/7", "41 55", NULL, LWM2M_ETYPE},
    {"null", ONE, "/1/0/7", "F6", NULL, LWM2M_ETYPE},
    {"single where multiple is defined", ONE, "/2/0/2", "01", NULL, LWM2M_EPATH},
    {"an instance", ONE, "/1/0", "01", NULL, LWM2M_EUNSUPPORTED},

    {"4 any octets", RAW, "/0/1/5", "00 FF", "/0/1/5 o 00ff", 0},
    {"4 no octets", RAW, "/0/1/5", "", "/0/1/5 o", 0},
    {"an unknown resource", RAW, "/9000/0/1", "00", "/9000/0/1 o 00", 0},
    {"octets for a string", RAW, "/1/0/7", "55", NULL, LWM2M_ETYPE},
    {"octets for an integer", RAW, "/1/0/0", "55", NULL, LWM2M_ETYPE},
    {"an instance", RAW, "/0/1", "00", NULL, LWM2M_EUNSUPPORTED},
};

static void cbor_and_opaque(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof other_rows / sizeof other_rows[0]; i++) {
        run(&other_rows[i]);
    }
}

/* lwm2m-encodings.md section 3, single headers: 22.5 as 64 and as 32 bits. */
static void floats(void **state)
{
    (void)state;
    static const struct {
        uint16_t format;
        const char *octets;
        const char *leaves;
    } rows[] = {
        {TLV, "E8 16 44 08 40 36 80 00 00 00 00 00", "/3303/0/5700 f 22.5"},
        {TLV, "E4 16 44 41 B4 00 00", "/3303/0/5700 f 22.5"},
        {TLV, "E3 16 44 41 B4 00", NULL},
        {TLV, "E1 16 45 3C", "/3303/0/5701 c <"},
        {CBOR, "81 A2 00 6C 2F333330332F302F35373030 02 F9 4DA0", "/3303/0/5700 f 22.5"},
        {CBOR, "81 A2 00 6C 2F333330332F302F35373030 02 16", "/3303/0/5700 f 22"},
        {CBOR, "81 A2 00 6C 2F333330332F302F35373030 02 35", "/3303/0/5700 f -22"},
        {CBOR, "81 A2 00 6C 2F333330332F302F35373030 02 C4 82 20 18 E1", "/3303/0/5700 f 22.5"},
        {CBOR, "81 A2 00 6C 2F333330332F302F35373030 04 F5", NULL},
        {CBOR, "81 A2 00 6C 2F333330332F302F35373031 08 41 3C", NULL},
    };
    const struct lwm2m_path base = lwm2m_path_of(2, 3303, 0, 0, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lwm2m_content content = {0};
        uint8_t octets[64];
        const size_t len = test_hex(rows[i].octets, octets, sizeof octets);
        assert_int_equal(lwm2m_decode(rows[i].format, base, &sensors, octets, len, &content),
                         rows[i].leaves ? LWM2M_OK : LWM2M_ETYPE);
        assert_string_equal(test_leaves_text(&content), rows[i].leaves ? rows[i].leaves : "");
        lwm2m_content_clear(&content);
    }
}

static void is_encoded_as(uint16_t format, double real, const char *hex)
{
    const struct lwm2m_leaf leaf = {lwm2m_path_of(3, 3303, 0, 5700, 0),
                                    {.type = LWM2M_FLOAT, .as.real = real}};
    uint8_t expected[64];
    uint8_t octets[64];
    size_t len;
    const size_t expected_len = test_hex(hex, expected, sizeof expected);
    assert_int_equal(lwm2m_encode(format, lwm2m_path_of(2, 3303, 0, 0, 0), &leaf, 1, octets,
                                  sizeof octets, &len),
                     LWM2M_OK);
    assert_int_equal(len, expected_len);
    assert_memory_equal(octets, expected, len);
}

static void floats_take_the_shorter_form_that_is_exact(void **state)
{
    (void)state;
    is_encoded_as(TLV, 22.5, "E4 16 44 41 B4 00 00");
    is_encoded_as(TLV, 0.1, "E8 16 44 08 3F B9 99 99 99 99 99 9A");
    is_encoded_as(TLV, 1e300, "E8 16 44 08 7E 37 E4 3C 88 00 75 9C");
    is_encoded_as(TLV, -0.0, "E4 16 44 80 00 00 00");
    is_encoded_as(CBOR, 22.5, "81 A3 21 68 2F333330332F302F 00 64 35373030 02 FA 41B40000");
    is_encoded_as(CBOR, 0.1, "81 A3 21 68 2F333330332F302F 00 64 35373030 02 FB 3FB999999999999A");
}

/* Many instances: bounded in number, and linear in time even when ids repeat. */
static void leaves_are_bounded(void **state)
{
    (void)state;
    const size_t most = LWM2M_LEAVES_MAX;
    uint8_t *octets = malloc((most + 1) * 3);
    struct lwm2m_content content = {0};
    assert_non_null(octets);
    for (size_t i = 0; i <= most; i++) {
        octets[3 * i] = 0x20;
        octets[3 * i + 1] = (uint8_t)(i >> 8);
        octets[3 * i + 2] = (uint8_t)i;
    }
    assert_int_equal(lwm2m_decode(TLV, lwm2m_path_of(1, 1, 0, 0, 0), lwm2m_registry_builtin(),
                                  octets, most * 3, &content),
                     LWM2M_OK);
    assert_int_equal(content.count, most);
    assert_int_equal(lwm2m_decode(TLV, lwm2m_path_of(1, 1, 0, 0, 0), lwm2m_registry_builtin(),
                                  octets, (most + 1) * 3, &content),
                     LWM2M_ELIMIT);
    assert_int_equal(content.count, 0);
    assert_null(content.leaves);
    free(octets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tlv),
        cmocka_unit_test(senml_cbor),
        cmocka_unit_test(cbor_and_opaque),
        cmocka_unit_test(floats),
        cmocka_unit_test(floats_take_the_shorter_form_that_is_exact),
        cmocka_unit_test(leaves_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
