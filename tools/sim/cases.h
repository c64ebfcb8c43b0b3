/*
 * The conformance cases: one row each, data for what is out of the ordinary and a function that
 * judges what was seen.
 *
 * A verdict is on the server alone. What its configuration decides (no account to be written, no
 * Bootstrap-Pack) is inconclusive; what this client or this transport cannot do is not applicable.
 */
#ifndef SIM_CASES_H
#define SIM_CASES_H

#include "tools/sim/play.h"

#define SIM_WHY_MAX 120

enum sim_verdict { SIM_PASS, SIM_FAIL, SIM_INCONCLUSIVE, SIM_NOT_APPLICABLE };
/* "pass", "not applicable" .. */
const char *sim_verdict_name(enum sim_verdict verdict);

/* Who is judged, as whom, for how long. */
struct sim_judge {
    struct cc_client connection;
    const char *endpoint;
    uint32_t case_ms;
    bool is_stream;
    /* of the first case: what an ordinary bootstrap does here */
    bool is_reachable, finishes, writes;
};

/* What is out of the ordinary in a case; zero = nothing. */
struct sim_setup {
    const char *behaviours; /* of the device, as for sim_profile_apply */
    uint16_t instance;      /* of its bootstrap account */
    const char *ep;         /* instead of the endpoint's name; "" = without ep */
    const char *pct;        /* NULL = 112 with LwM2M 1.1, "" = without pct */
    const char *query;      /* one more */
    const char *path;
    uint8_t method;
    uint16_t accept, block_bytes;
    bool is_doubled, is_reworn, needs_datagrams, is_secure_only;
    uint32_t lose_at, reset_at, again_at;
    uint8_t block_code;
    unsigned refuse_finishes;
    enum sim_raw {
        SIM_RAW_NONE,
        SIM_RAW_OPTION,
        SIM_RAW_LONG_EP,
        SIM_RAW_PING,
        SIM_RAW_GARBAGE
    } raw;
};

struct sim_case {
    const char *name;
    const char *title;
    const char *section; /* what is judged by */
    struct sim_setup setup;
    /* Writes one sentence to WHY (SIM_WHY_MAX + 1 octets). */
    enum sim_verdict (*judge)(struct sim_judge *judge, const struct sim_setup *setup,
                              struct sim_play *play, char *why);
};

/* Row INDEX, NULL behind the last. The first is the ordinary bootstrap that others are measured
 * by. */
const struct sim_case *sim_case_at(size_t index);
/* Plays SETUP as its case says. False without memory. */
bool sim_case_play(const struct sim_judge *judge, const struct sim_setup *setup,
                   struct sim_play *play, struct sim_device **device) MUST_USE;
/* Plays and judges ROW. */
enum sim_verdict sim_case_run(const struct sim_case *row, struct sim_judge *judge, char *why);

#endif
