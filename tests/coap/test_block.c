/*
 * Block-wise transfer: RFC 7959, its worked sequences (section 3) and its rules; RFC 9175 3
 * (Request-Tag).
 *
 * The steps are explained in tests/support/coap_script.h. Option headers that recur: after a
 * Uri-Path "c1" is Block2 and "d103" Block1, in a response without other options "d10a" is Block2
 * and "d10e" Block1; the value is number, more, size exponent
 * ("0b" = 0/1/128, "13" = 1/0/128).
 */
#include "bootstrap/coap/block.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/coap_script.h"

#include <string.h>

struct script_case {
    const char *name;
    const char *script;
};

/* ---- we ask, the peer answers in blocks ---- */

static const struct script_case client_block2[] = {
    {"figure 2: simple block-wise GET",
     "set block 128; req GET /status; out 44010000 00000000 b6737461747573;"
     "in 64450000 00000000 d10a0b ff@0+128; out 44010001 00000001 b6737461747573c113;"
     "in 64450001 00000001 d10a1b ff@128+128; out 44010002 00000002 b6737461747573c123;"
     "in 64450002 00000002 d10a23 ff@256+50; end response 2.05 306; mem 400"},
    {"figure 4: late negotiation: we ask for less than was sent first",
     "set block 64; req GET /status; out 44010000 00000000 b6737461747573;"
     "in 64450000 00000000 d10a0b ff@0+128; out 44010001 00000001 b6737461747573c122;"
     "in 64450001 00000001 d10a2a ff@128+64; out 44010002 00000002 b6737461747573c132;"
     "in 64450002 00000002 d10a32 ff@192+10; end response 2.05 202"},
    {"a late duplicate of a block is no answer to the next request",
     "req GET /a; out 44010000 00000000 b161; in 64450000 00000000 d10a08 ff@0+16;"
     "out 44010001 00000001 b161c110; in 64450000 00000000 d10a08 ff@0+16; none;"
     "in 64450001 00000001 d10a10 ff@16+1; end response 2.05 17"},
    {"the peer turns to a smaller size on the way",
     "req GET /a; out 44010000 00000000 b161; in 64450000 00000000 d10a0b ff@0+128;"
     "out 44010001 00000001 b161c113; in 64450001 00000001 d10a49 ff@128+32;"
     "out 44010002 00000002 b161c151; in 64450002 00000002 d10a51 ff@160+1; end response 2.05 161"},
    {"figure 5: a block is retransmitted",
     "set block 64; req GET /a; out 44010000 00000000 b161; in 64450000 00000000 d10a0a ff@0+64;"
     "out 44010001 00000001 b161c112; wait 2000; out 44010001 00000001 b161c112;"
     "in 64450001 00000001 d10a12 ff@64+3; end response 2.05 67"},
    {"blocks as separate responses",
     "req GET /a; out 44010000 00000000 b161; in 60000000; in 44450777 00000000 d10a08 ff@0+16; "
     "out 60000777;"
     "out 44010001 00000001 b161c110; in 60000001; in 44450777 00000000 d10a08 ff@0+16; out "
     "60000777;"
     "in 44450778 00000001 d10a10 ff@16+2; out 60000778; end response 2.05 18"},
    {"a block that is the whole", "req GET /a; out 44010000 00000000 b161; in 64450000 00000000 "
                                  "d10a02 ff@0+9; end response 2.05 9"},
    {"an empty last block", "req GET /a; out 44010000 00000000 b161; in 64450000 00000000 d10a08 "
                            "ff@0+16; out 44010001 00000001 b161c110;"
                            "in 64450001 00000001 d10a10; end response 2.05 16"},
    {"2.4 the ETag changes", "req GET /a; out 44010000 00000000 b161; in 64450000 00000000 "
                             "41aad10608 ff@0+16; out 44010001 00000001 b161c110;"
                             "in 64450001 00000001 41abd10610 ff@16+1; end bad response"},
    {"2.4 the ETag goes away", "req GET /a; out 44010000 00000000 b161; in 64450000 00000000 "
                               "41aad10608 ff@0+16; out 44010001 00000001 b161c110;"
                               "in 64450001 00000001 d10a10 ff@16+1; end bad response"},
    {"2.4 the ETag stays", "req GET /a; out 44010000 00000000 b161; in 64450000 00000000 "
                           "42aabbd10608 ff@0+16; out 44010001 00000001 b161c110;"
                           "in 64450001 00000001 42aabbd10610 ff@16+1; end response 2.05 17"},
    {"size 7 is reserved", "req GET /a; out 44010000 00000000 b161; in 64450000 00000000 d10a0f "
                           "ff@0+16; end bad response"},
    {"the first block is not number 0", "req GET /a; out 44010000 00000000 b161; in 64450000 "
                                        "00000000 d10a18 ff@0+16; end bad response"},
    {"a block is skipped", "req GET /a; out 44010000 00000000 b161; in 64450000 00000000 d10a08 "
                           "ff@0+16; out 44010001 00000001 b161c110;"
                           "in 64450001 00000001 d10a28 ff@32+16; end bad response"},
    {"a block with more to come is short", "req GET /a; out 44010000 00000000 b161; in 64450000 "
                                           "00000000 d10a08 ff@0+15; end bad response"},
    {"a last block is too long", "req GET /a; out 44010000 00000000 b161; in 64450000 00000000 "
                                 "d10a00 ff@0+17; end bad response"},
    {"a later response without Block2", "req GET /a; out 44010000 00000000 b161; in 64450000 "
                                        "00000000 d10a08 ff@0+16; out 44010001 00000001 b161c110;"
                                        "in 64450001 00000001 ff@0+16; end bad response"},
    {"an error ends the fetching", "req GET /a; out 44010000 00000000 b161; in 64450000 00000000 "
                                   "d10a08 ff@0+16; out 44010001 00000001 b161c110;"
                                   "in 64840001 00000001 ff@0+3; end response 4.04 3"},
    {"body_max bounds what is collected",
     "set body 40; req GET /a; out 44010000 00000000 b161; in 64450000 00000000 d10a08 ff@0+16; "
     "out 44010001 00000001 b161c110;"
     "in 64450001 00000001 d10a18 ff@16+16; out 44010002 00000002 b161c120; mem 500;"
     "in 64450002 00000002 d10a28 ff@32+16; end too large; mem 400"},
    {"body_max bounds a response of one message",
     "set body 10; req GET /a; out 44010000 00000000 b161; in 64450000 00000000 ff@0+11; end too "
     "large"},
    {"a block gets lost for good",
     "set retransmit 0; req GET /a; out 44010000 00000000 b161; in 64450000 00000000 d10a08 "
     "ff@0+16;"
     "out 44010001 00000001 b161c110; wait 2000; end timeout; mem 400"},
};

/* ---- we send a body in blocks ---- */

#define PUT0 "44030000 00000000 b76f7074696f6e73 "
#define PUT1 "44030001 00000001 b76f7074696f6e73 "
#define PUT2 "44030002 00000002 b76f7074696f6e73 "
#define PUT3 "44030003 00000003 b76f7074696f6e73 "

static const struct script_case client_block1[] = {
    {"figure 6: simple atomic block-wise PUT",
     "set block 128; req PUT /options 300; out " PUT0 "d1030b d214012c d2db0000 ff@0+128;"
     "in 645f0000 00000000 d10e0b; out " PUT1 "d1031b d2fc0000 ff@128+128;"
     "in 645f0001 00000001 d10e1b; out " PUT2 "d10323 d2fc0000 ff@256+44;"
     "in 64440002 00000002 d10e23; end response 2.04 0; mem 400"},
    {"figure 7: the peer answers each block by a success of its own",
     "set block 128; req PUT /options 300; out " PUT0 "d1030b d214012c d2db0000 ff@0+128;"
     "in 64440000 00000000 d10e03; out " PUT1 "d1031b d2fc0000 ff@128+128;"
     "in 64440001 00000001 d10e13; out " PUT2 "d10323 d2fc0000 ff@256+44;"
     "in 64440002 00000002 d10e23; end response 2.04 0"},
    {"figure 8: the peer wants smaller blocks",
     "set block 128; req PUT /options 170; out " PUT0 "d1030b d114aa d2db0000 ff@0+128;"
     "in 645f0000 00000000 d10e09; out " PUT1
     "d10349 d2fc0000 ff@128+32; in 645f0001 00000001 d10e49;"
     "out " PUT2 "d10351 d2fc0000 ff@160+10; in 64440002 00000002 d10e51; end response 2.04 0"},
    {"the number of an acknowledged block, counted in the smaller size",
     "set block 128; req PUT /options 300; out " PUT0
     "d1030b d214012c d2db0000 ff@0+128; in 645f0000 00000000 d10e0b;"
     "out " PUT1 "d1031b d2fc0000 ff@128+128; in 645f0001 00000001 d10e2a;"
     "out " PUT2 "d10342 d2fc0000 ff@256+44; in 64440002 00000002 d10e42; end response 2.04 0"},
    {"a body of one block needs no Block1", "set block 128; req PUT /options 128; out " PUT0
                                            "ff@0+128; in 64440000 00000000; end response 2.04 0"},
    {"2.5 a block is retransmitted with the same octets",
     "set block 16; req PUT /options 20; out " PUT0 "d10308 d11414 d2db0000 ff@0+16; wait 2000;"
     "out " PUT0 "d10308 d11414 d2db0000 ff@0+16; in 645f0000 00000000 d10e08; out " PUT1
     "d10310 d2fc0000 ff@16+4;"
     "wait 2000; out " PUT1
     "d10310 d2fc0000 ff@16+4; in 64440001 00000001 d10e10; end response 2.04 0"},
    {"2.9.2 4.08: once more from the start under a new Request-Tag, then it is the answer",
     "set block 16; req PUT /options 20; out " PUT0
     "d10308 d11414 d2db0000 ff@0+16; in 645f0000 00000000 d10e08;"
     "out " PUT1 "d10310 d2fc0000 ff@16+4; in 64880001 00000001; out " PUT2
     "d10308 d11414 d2db0001 ff@0+16;"
     "in 645f0002 00000002 d10e08; out " PUT3
     "d10310 d2fc0001 ff@16+4; in 64880003 00000003; end response 4.08 0"},
    {"2.9.3 4.13 with a smaller size: once more in that size",
     "set block 32; req PUT /options 40; out " PUT0
     "d10309 d11428 d2db0000 ff@0+32; in 648d0000 00000000 d10e08;"
     "out " PUT1 "d10308 d11428 d2db0001 ff@0+16; in 645f0001 00000001 d10e08; out " PUT2
     "d10318 d2fc0001 ff@16+16;"
     "in 645f0002 00000002 d10e18; out " PUT3
     "d10320 d2fc0001 ff@32+8; in 64440003 00000003 d10e20; end response 2.04 0"},
    {"2.9.3 4.13 to a body that went in one message",
     "set block 64; req PUT /options 40; out " PUT0 "ff@0+40; in 648d0000 00000000 d10e01;"
     "out " PUT1 "d10309 d11428 d2db0001 ff@0+32; in 645f0001 00000001 d10e09; out " PUT2
     "d10311 d2fc0001 ff@32+8;"
     "in 64440002 00000002 d10e11; end response 2.04 0"},
    {"2.9.3 4.13 without a smaller size is the answer",
     "set block 16; req PUT /options 20; out " PUT0
     "d10308 d11414 d2db0000 ff@0+16; in 648d0000 00000000 d10e08; end response 4.13 0"},
    {"an error before the last block is the answer",
     "set block 16; req PUT /options 20; out " PUT0
     "d10308 d11414 d2db0000 ff@0+16; in 64800000 00000000 ff@0+2; end response 4.00 2"},
    {"a success before the last block that names no block is none",
     "set block 16; req PUT /options 20; out " PUT0
     "d10308 d11414 d2db0000 ff@0+16; in 64440000 00000000; end bad response"},
    {"2.31 for another block",
     "set block 16; req PUT /options 20; out " PUT0
     "d10308 d11414 d2db0000 ff@0+16; in 645f0000 00000000 d10e18; end bad response"},
    {"2.31 for the last block",
     "set block 16; req PUT /options 20; out " PUT0
     "d10308 d11414 d2db0000 ff@0+16; in 645f0000 00000000 d10e08;"
     "out " PUT1 "d10310 d2fc0000 ff@16+4; in 645f0001 00000001 d10e18; end bad response"},
    {"2.31 to a request that was not block-wise",
     "req PUT /options 20; out " PUT0 "ff@0+20; in 645f0000 00000000 d10e08; end bad response"},
    {"size 7 is reserved",
     "set block 16; req PUT /options 20; out " PUT0
     "d10308 d11414 d2db0000 ff@0+16; in 645f0000 00000000 d10e0f; end bad response"},
    {"figure 11: a body in blocks, a response in blocks",
     "set block 16; req PUT /options 20; out " PUT0
     "d10308 d11414 d2db0000 ff@0+16; in 645f0000 00000000 d10e08;"
     "out " PUT1 "d10310 d2fc0000 ff@16+4; in 64440001 00000001 d10a08 4110 ff@0+16; out " PUT2
     "c110;"
     "in 64440002 00000002 d10a10 ff@16+5; end response 2.04 21"},
    {"the next transfer has another Request-Tag",
     "set block 16; req PUT /options 20; out " PUT0
     "d10308 d11414 d2db0000 ff@0+16; in 70000000; end reset;"
     "req PUT /options 20; out " PUT1 "d10308 d11414 d2db0002 ff@0+16"},
};

/* ---- the peer sends a body in blocks ---- */

static const struct script_case server_block1[] = {
    {"figure 6: simple atomic block-wise PUT",
     "set block 128; auto 2.04; in 40030001 b76f7074696f6e73 d1030b ff@0+128; out 605f0001 d10e0b;"
     "in 40030002 b76f7074696f6e73 d1031b ff@128+128; out 605f0002 d10e1b; mem 2000;"
     "in 40030003 b76f7074696f6e73 d10323 ff@256+44; out 60440003 d10e23; got PUT /options 300; "
     "mem 1500"},
    {"figure 8: we want smaller blocks",
     "set block 32; auto 2.04; in 40030001 b161 d1030b ff@0+128; out 605f0001 d10e09;"
     "in 40030002 b161 d10349 ff@128+32; out 605f0002 d10e49; in 40030003 b161 d10351 ff@160+7; "
     "out 60440003 d10e51; got PUT /a 167"},
    {"the peer goes on in its own size",
     "set block 32; auto 2.04; in 40030001 b161 d1030b ff@0+128; out 605f0001 d10e09;"
     "in 40030002 b161 d10313 ff@128+9; out 60440002 d10e13; got PUT /a 137"},
    {"a duplicate of a block changes nothing",
     "auto 2.04; in 40030001 b161 d10308 ff@0+16; out 605f0001 d10e08; in 40030001 b161 d10308 "
     "ff@0+16; out 605f0001 d10e08;"
     "in 40030002 b161 d10310 ff@16+1; out 60440002 d10e10; got PUT /a 17; in 40030002 b161 d10310 "
     "ff@16+1; out 60440002 d10e10"},
    {"one block that is the whole",
     "auto 2.04; in 40030001 b161 d10300 ff@0+7; out 60440001 d00e; got PUT /a 7"},
    {"one empty block: value of no octets",
     "auto 2.04; in 40030001 b161 d003; out 60440001 d00e; got PUT /a 0"},
    {"2.9.2 a block without its first", "in 40030001 b161 d10318 ff@16+16; out 60880001"},
    {"2.9.2 out of order; what was collected stays",
     "auto 2.04; in 40030001 b161 d10308 ff@0+16; out 605f0001 d10e08; in 40030002 b161 d10328 "
     "ff@32+16; out 60880002;"
     "in 40030003 b161 d10310 ff@16+4; out 60440003 d10e10; got PUT /a 20"},
    {"2.5 a first block starts again",
     "auto 2.04; in 40030001 b161 d10308 ff@3+16; out 605f0001 d10e08; in 40030002 b161 d10308 "
     "ff@0+16; out 605f0002 d10e08;"
     "in 40030003 b161 d10310 ff@16+4; out 60440003 d10e10; got PUT /a 20"},
    {"another resource is another body", "in 40030001 b161 d10308 ff@0+16; out 605f0001 d10e08; in "
                                         "40030002 b162 d10310 ff@16+4; out 60880002"},
    {"another method is another body", "in 40030001 b161 d10308 ff@0+16; out 605f0001 d10e08; in "
                                       "40020002 b161 d10310 ff@16+4; out 60880002"},
    {"RFC 9175 3.2: another Request-Tag is another body",
     "auto 2.04; in 40030001 b161 d10308 d1fc01 ff@0+16; out 605f0001 d10e08; in 40030002 b161 "
     "d10310 d1fc02 ff@16+4; out 60880002;"
     "in 40030003 b161 d10310 d1fc01 ff@16+4; out 60440003 d10e10; got PUT /a 20"},
    {"another Content-Format is another body",
     "in 40030001 b161 112a d1 02 08 ff@0+16; out 605f0001 d10e08; in 40030002 b161 112b d10210 "
     "ff@16+4; out 60880002"},
    {"2.9.3 over body_max: 4.13 and how much may come",
     "set body 40; in 40030001 b161 d10308 ff@0+16; out 605f0001 d10e08; in 40030002 b161 d10318 "
     "ff@16+16; out 605f0002 d10e18;"
     "in 40030003 b161 d10328 ff@32+16; out 608d0003 d12f28; in 40030004 b161 d10330 ff@48+1; out "
     "608d0004 d12f28; mem 1100"},
    {"4 Size1 over body_max: 4.13 at the first block",
     "set body 40; in 40030001 b161 d10308 d11429 ff@0+16; out 608d0001 d12f28"},
    {"body_max itself is taken", "set body 32; auto 2.04; in 40030001 b161 d10308 d11420 ff@0+16; "
                                 "out 605f0001 d10e08; in 40030002 b161 d10310 ff@16+16;"
                                 "out 60440002 d10e10; got PUT /a 32"},
    {"2.2 size 7 is reserved: 4.00", "in 40030001 b161 d1030f ff@0+16; out 60800001; in 40030002 "
                                     "b161 d10307 ff@0+16; out 60800002"},
    {"2.3 a block with more to come is short: 4.00",
     "in 40030001 b161 d10308 ff@0+15; out 60800001"},
    {"a last block is too long: 4.00", "in 40030001 b161 d10300 ff@0+17; out 60800001"},
    {"a body is given up after EXCHANGE_LIFETIME",
     "in 40030001 b161 d10308 ff@0+16; out 605f0001 d10e08; wait 247000; mem 400; in 40030002 b161 "
     "d10310 ff@16+4; out 60880002"},
    {"each block prolongs it",
     "auto 2.04; in 40030001 b161 d10308 ff@0+16; out 605f0001 d10e08; wait 200000; in 40030002 "
     "b161 d10318 ff@16+16; out 605f0002 d10e18;"
     "wait 200000; in 40030003 b161 d10320 ff@32+4; out 60440003 d10e20; got PUT /a 36"},
    {"Non-confirmable blocks",
     "auto 2.04; in 50030001 b161 d10308 ff@0+16; out 505f0000 d10e08; in 50030002 b161 d10310 "
     "ff@16+4; out 50440001 d10e10; got PUT /a 20"},
    {"an error to the whole body names no block",
     "auto 4.04; in 40030001 b161 d10308 ff@0+16; out 605f0001 d10e08; in 40030002 b161 d10310 "
     "ff@16+4; out 60840002; got PUT /a 20"},
    {"a body answered later", "in 40030001 b161 d10308 ff@0+16; out 605f0001 d10e08; in 40030002 "
                              "b161 d10310 ff@16+4; got PUT /a 20; wait 100; out 60000002;"
                              "respond 2.04; out 40440000 d10e10; in 60000000; none"},
};

/* ---- the peer asks, we answer in blocks ---- */

static const struct script_case server_block2[] = {
    {"figure 2: simple block-wise GET",
     "set block 128; auto 2.05 300; in 40010001 b161; out 60450001 48#300 d1060b 52012c ff@0+128; "
     "got GET /a 0;"
     "in 40010002 b161c113; out 60450002 48#300 d1061b ff@128+128; mem 2000; in 40010003 b161c123; "
     "out 60450003 48#300 d10623 ff@256+44;"
     "mem 1800; wait 247000; mem 400"},
    {"figure 3: early negotiation", "set block 128; auto 2.05 100; in 40010001 b161c102; out "
                                    "60450001 48#100 d1060a 5164 ff@0+64; got GET /a 0;"
                                    "in 40010002 b161c112; out 60450002 48#100 d10612 ff@64+36"},
    {"figure 4: late negotiation", "set block 128; auto 2.05 300; in 40010001 b161; out 60450001 "
                                   "48#300 d1060b 52012c ff@0+128; got GET /a 0;"
                                   "in 40010002 b161c122; out 60450002 48#300 d1062a ff@128+64; in "
                                   "40010003 b161c132; out 60450003 48#300 d1063a ff@192+64;"
                                   "in 40010004 b161c142; out 60450004 48#300 d10642 ff@256+44"},
    {"a larger size than ours is asked for",
     "set block 16; auto 2.05 40; in 40010001 b161c106; out 60450001 48#40 d10608 5128 ff@0+16; "
     "got GET /a 0;"
     "in 40010002 b161c111; out 60450002 48#40 d10620 ff@32+8"},
    {"a duplicate of a block gets the same octets, after the body is gone too",
     "set block 16; auto 2.05 20; in 40010001 b161; out 60450001 48#20 d10608 5114 ff@0+16; got "
     "GET /a 0;"
     "in 40010002 b161c110; out 60450002 48#20 d10610 ff@16+4; in 40010002 b161c110; out 60450002 "
     "48#20 d10610 ff@16+4;"
     "in 40010001 b161; out 60450001 48#20 d10608 5114 ff@0+16"},
    {"asked for in blocks, but it fits",
     "auto 2.05 9; in 40010001 b161c102; out 60450001 48#9 d10602 ff@0+9; got GET /a 0"},
    {"a block that does not exist: 4.00",
     "set block 16; auto 2.05 20; in 40010001 b161; out 60450001 48#20 d10608 5114 ff@0+16; got "
     "GET /a 0;"
     "in 40010002 b161c120; out 60800002; in 40010003 b161c110; out 60450003 48#20 d10610 ff@16+4"},
    {"random access without an earlier request: the handler is asked",
     "set block 16; auto 2.05 40; in 40010001 b161c110; out 60450001 48#40 d10618 ff@16+16; got "
     "GET /a 0;"
     "in 40010002 b161c120; out 60450002 48#40 d10620 ff@32+8"},
    {"random access beyond the end: 4.00",
     "set block 16; auto 2.05 20; in 40010001 b161c150; out 60800001; got GET /a 0"},
    {"an error has no later blocks",
     "auto 4.04 3; in 40010001 b161c110; out 60840001 d00a ff@0+3; got GET /a 0"},
    {"a later block of another resource is another request",
     "set block 16; auto 2.05 20; in 40010001 b161; out 60450001 48#20 d10608 5114 ff@0+16; got "
     "GET /a 0;"
     "in 40010002 b162c110; out 60450002 48#20 d10610 ff@16+4; got GET /b 0"},
    {"a POST is not done again for a part of its response: 4.08",
     "set block 16; auto 2.04 20; in 40020001 b161c110; out 60880001"},
    {"figure 11: a body in blocks, a response in blocks",
     "set block 16; auto 2.04 20; in 40020001 b161 d10308 d1fc01 ff@0+16; out 605f0001 d10e08;"
     "in 40020002 b161 d10310 d1fc01 ff@16+4; out 60440002 48#20 d10608 4110 1114 ff@0+16; got "
     "POST /a 20;"
     "in 40020003 b161c110; out 60440003 48#20 d10610 ff@16+4"},
    {"2.2 size 7 is reserved: 4.00", "in 40010001 b161c107; out 60800001"},
    {"a response is given up after EXCHANGE_LIFETIME",
     "set block 16; auto 2.05 40; in 40020001 b161; out 60450001 48#40 d10608 5128 ff@0+16; got "
     "POST /a 0; wait 247000;"
     "mem 400; in 40020002 b161c110; out 60880002"},
    {"Content-Format in each block", "set block 16; auto 2.05 20 40; in 40010001 b161; out "
                                     "60450001 48#20 8128 b108 5114 ff@0+16; got GET /a 0;"
                                     "in 40010002 b161c110; out 60450002 48#20 8128 b110 ff@16+4"},
    {"a separate response in blocks",
     "set block 16; in 40010001 b161; got GET /a 0; wait 100; out 60000001; respond 2.05 20; out "
     "40450000 "
     "48#20 d10608 5114 ff@0+16;"
     "in 60000000; in 40010002 b161c110; out 60450002 48#20 d10610 ff@16+4"},
    {"Non-confirmable blocks", "set block 16; auto 2.05 20; in 50010001 b161; out 50450000 48#20 "
                               "d10608 5114 ff@0+16; got GET /a 0;"
                               "in 50010002 b161c110; out 50450001 48#20 d10610 ff@16+4"},
};

static void run_all(const struct script_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        coap_script_run(cases[i].name, cases[i].script);
    }
}

#define RUN_ALL(cases) run_all(cases, sizeof cases / sizeof cases[0])

static void test_client_block2(void **state)
{
    (void)state;
    RUN_ALL(client_block2);
}

static void test_client_block1(void **state)
{
    (void)state;
    RUN_ALL(client_block1);
}

static void test_server_block1(void **state)
{
    (void)state;
    RUN_ALL(server_block1);
}

static void test_server_block2(void **state)
{
    (void)state;
    RUN_ALL(server_block2);
}

/* RFC 7959 2.2 */
static void test_values(void **state)
{
    (void)state;
    static const struct {
        uint32_t value;
        struct cc_block block;
        size_t offset;
    } rows[] = {
        {0, {0, 0, false}, 0},
        {0x08, {0, 0, true}, 0},
        {0x33, {3, 3, false}, 384},
        {0x2a, {2, 2, true}, 128},
        {0xfffffe, {0xfffff, 6, true}, (size_t)0xfffff * 1024},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cc_block block = cc_block_from(rows[i].value);
        assert_int_equal(block.num, rows[i].block.num);
        assert_int_equal(block.szx, rows[i].block.szx);
        assert_int_equal(block.has_more, rows[i].block.has_more);
        assert_int_equal(cc_block_value(&block), rows[i].value);
        assert_int_equal(cc_block_offset(&block), rows[i].offset);
    }
    static const struct {
        size_t bytes;
        uint8_t szx;
    } sizes[] = {{0, 0}, {16, 0}, {31, 0}, {32, 1}, {512, 5}, {1023, 5}, {1024, 6}, {9999, 6}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(cc_block_szx(sizes[i].bytes), sizes[i].szx);
    }
}

static void test_body(void **state)
{
    (void)state;
    struct cc_body body = {.data = NULL};
    uint8_t octets[100];
    for (size_t i = 0; i < sizeof octets; i++) {
        octets[i] = coap_script_octet(i);
    }
    assert_int_equal(cc_body_append(&body, NULL, 0, 1000), CC_OK);
    assert_null(body.data);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(cc_body_append(&body, octets, sizeof octets, 1000), CC_OK);
    }
    assert_int_equal(body.len, 1000);
    assert_int_equal(body.capacity, 1000);
    assert_int_equal(cc_body_append(&body, octets, 1, 1000), CC_ESPACE);
    assert_int_equal(cc_body_append(&body, octets, SIZE_MAX, 1000), CC_ESPACE);
    assert_int_equal(body.len, 1000);
    assert_memory_equal(body.data + 900, octets, sizeof octets);
    cc_body_clear(&body);
    assert_null(body.data);
    cc_body_clear(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_block2), cmocka_unit_test(test_client_block1),
        cmocka_unit_test(test_server_block1), cmocka_unit_test(test_server_block2),
        cmocka_unit_test(test_values),        cmocka_unit_test(test_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
