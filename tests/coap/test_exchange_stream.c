/*
 * Requests and responses over a reliable transport: RFC 8323, block-wise with and without BERT
 * (section 6).
 *
 * The steps are explained in tests/support/coap_script.h; the messages are frames of TCP. Of
 * recurring option headers, see test_block.c.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/coap_script.h"

static const struct {
    const char *name;
    const char *script;
} cases[] = {
    /* ---- our requests ---- */
    {"request and response",
     "set reliable 1152; req GET /a; out 2401 00000000 b161; in 3445 00000000 ff@0+2; "
     "end response 2.05 2; mem 400"},
    {"no retransmission; MAX_TRANSMIT_WAIT bounds the wait",
     "set reliable 1152; req GET /a; out 2401 00000000 b161; wait 92999; none; wait 1; "
     "end timeout"},
    {"a late response is dropped",
     "set reliable 1152; set timeout 10; req GET /a; out 2401 00000000 b161; wait 1000; "
     "end timeout; in 0445 00000000; none; req GET /a; out 2401 00000001 b161; "
     "in 0445 00000000; none; in 0445 00000001; end response 2.05 0"},
    {"a response to nobody", "set reliable 1152; in 0145 99; none"},
    {"unknown critical option in a response",
     "set reliable 1152; req GET /a; out 2401 00000000 b161; in 3445 00000000 d1fc00; "
     "end bad response"},
    {"two messages in one segment",
     "set reliable 1152; auto 2.04; req GET /a; out 2401 00000000 b161; "
     "in 0445 00000000 3102aab26273; out 0144aa; end response 2.05 0; got POST /bs 0"},
    {"a body that the peer takes goes in one message",
     "set reliable 1152; req PUT /a 1100; out e4034203 00000000 b161ff@0+1100; "
     "in 0444 00000000; end response 2.04 0"},
    {"a larger one in blocks",
     "set reliable 1152; req PUT /a 1200; "
     "out e4030103 00000000 b161d1030ed21404b0d2db0000ff@0+1024; in 345f 00000000 d10e0e; "
     "out d4ad03 00000001 b161d10316d2fc0000ff@1024+176; in 3444 00000001 d10e16; "
     "end response 2.04 0"},
    {"no blocks for a peer that knows none",
     "set reliable 1153; req PUT /a 1200 !does not fit; none; req GET /a; "
     "out 2401 00000000 b161; in 0445 00000000; end response 2.05 0"},
    {"a hint at a smaller size is followed",
     "set reliable 1152; req PUT /a 600; out e4014e03 00000000 b161ff@0+600; "
     "in 348d 00000000 d10e05; out e4010103 00000001 b161d1030dd2140258d2db0001ff@0+512; "
     "in 345f 00000001 d10e0d; out d45503 00000002 b161d10315d2fc0001ff@512+88; "
     "in 3444 00000002 d10e15; end response 2.04 0"},
    {"a response in blocks", "set reliable 1152; req GET /a; out 2401 00000000 b161; "
                             "in e402f745 00000000 d10a0eff@0+1024; out 4401 00000001 b161c116; "
                             "in 6445 00000001 d10a16ff@1024+2; end response 2.05 1026"},
    {"6 a response in BERT's blocks",
     "set reliable 1152; req GET /a; out 2401 00000000 b161; "
     "in e406f745 00000000 d10a0fff@0+2048; out 4401 00000001 b161c127; "
     "in e403c645 00000001 d10a27ff@2048+1231; end response 2.05 3279"},
    {"6 a block of BERT that is no multiple of 1,024",
     "set reliable 1152; req GET /a; out 2401 00000000 b161; "
     "in e402f845 00000000 d10a0fff@0+1025; end bad response"},
    {"6 an empty block of BERT with more to come",
     "set reliable 1152; req GET /a; out 2401 00000000 b161; in 3445 00000000 d10a0f; "
     "end bad response"},
    /* ---- the peer's requests ---- */
    {"answered at once",
     "set reliable 1152; auto 2.04; in 3102 aa b26273; out 0144 aa; got POST /bs 0; wait 0; "
     "mem 400"},
    {"answered later, without an acknowledgement",
     "set reliable 1152; in 3102 aa b26273; got POST /bs 0; none; wait 5000; respond 2.04; "
     "out 0144 aa; wait 100000; none; mem 400"},
    {"the same request again is another one",
     "set reliable 1152; auto 2.04; in 3102 aa b26273; out 0144 aa; got POST /bs 0; "
     "in 3102 aa b26273; out 0144 aa; got POST /bs 0"},
    {"unknown critical option: 4.02", "set reliable 1152; in 3102 aa d1fc00; out 0182 aa"},
    {"eight at work: the ninth is told to come later",
     "set reliable 1152; in 0001; got GET / 0; in 0001; got GET / 0; in 0001; got GET / 0; "
     "in 0001; got GET / 0; in 0001; got GET / 0; in 0001; got GET / 0; in 0001; got GET / 0; "
     "in 0001; got GET / 0; in 0101 aa; out 01a3 aa"},
    {"a body over body_max in one message: 4.13 with Size1",
     "set body 16; set reliable 1152; in d10703 aa b161ff@0+17; out 318d aa d12f10"},
    {"a body in blocks",
     "set reliable 1152; auto 2.04; in e102f903 aa b161d1030eff@0+1024; out 315f aa d10e0e; "
     "in 7103 aa b161d10316ff@1024+1; out 3144 aa d10e16; got PUT /a 1025"},
    {"6 a body in BERT's blocks",
     "set reliable 1152; auto 2.04; in e106f903 aa b161d1030fff@0+2048; out 315f aa d10e0f; "
     "in e10af903 aa b161d1032fff@2048+3072; out 315f aa d10e2f; "
     "in e103ce03 aa b161d10357ff@5120+1237; out 3144 aa d10e57; got PUT /a 6357"},
    {"6 a block of BERT that is no multiple: 4.00",
     "set reliable 1152; in e102fa03 aa b161d1030fff@0+1025; out 0180 aa"},
    {"a response that fits goes in one message",
     "set reliable 1152; auto 2.05 1088; in 2101 aa b161; out e1033445 aa ff@0+1088; "
     "got GET /a 0"},
    {"a larger one in blocks, with Size2",
     "set reliable 1152; auto 2.05 1100; in 2101 aa b161; "
     "out e1030345 aa 48 #1100 d1060e52044cff@0+1024; got GET /a 0; in 4101 ab b161c116; "
     "out d14c45 ab 48 #1100 d10616ff@1024+76; wait 0; mem 700"},
    {"6 in BERT's where the peer asks for them",
     "set reliable 4096; auto 2.05 4200; in 4101 aa b161c107; "
     "out e10b0345 aa 48 #4200 d1060f521068ff@0+3072; got GET /a 0; in 4101 ab b161c137; "
     "out e1036845 ab 48 #4200 d10637ff@3072+1128"},
    {"6 asked for BERT, the peer's messages hold no two blocks: 1,024",
     "set reliable 1152; auto 2.05 1100; in 4101 aa b161c107; "
     "out e1030345 aa 48 #1100 d1060e52044cff@0+1024; got GET /a 0"},
    {"a response too large for a peer without blocks is refused to the handler",
     "set reliable 1153; in 2101 aa b161; got GET /a 0; respond 2.05 100; "
     "out d15845 aa ff@0+100"},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        coap_script_run(cases[i].name, cases[i].script);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
