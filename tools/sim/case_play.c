/* Turns the row of a case into a device, a request and a run. */
#include "tools/sim/cases.h"

#include "tools/sim/profile.h"

#include <stdio.h>
#include <string.h>

enum { QUERY_BYTES = 320, RAW_BYTES = 512, LONG_EP = 253, RAW_MID = 0x5a5a };
enum { OPTION_CRITICAL = 9 }; /* RFC 7252 5.4.1: odd, and no option has it */

struct texts {
    char ep[QUERY_BYTES], pct[QUERY_BYTES];
    uint8_t raw[RAW_BYTES];
    size_t raw_len;
};

static void add_query(struct sim_play *play, const char *text)
{
    play->queries[play->query_count++] = text;
}

static void set_queries(const struct sim_judge *judge, const struct sim_setup *setup,
                        uint16_t version, struct sim_play *play, struct texts *texts)
{
    const char *name = setup->ep != NULL ? setup->ep : judge->endpoint;
    if (setup->ep == NULL || setup->ep[0] != '\0') {
        snprintf(texts->ep, sizeof texts->ep, "ep=%s", strcmp(name, "=") == 0 ? "" : name);
        add_query(play, texts->ep);
    }
    const char *pct = setup->pct != NULL ? setup->pct : version == LWM2M_VERSION(1, 0) ? "" : "112";
    if (pct[0] != '\0' && setup->method != CC_GET) {
        snprintf(texts->pct, sizeof texts->pct, "pct=%s", pct);
        add_query(play, texts->pct);
    }
    if (setup->query != NULL) {
        add_query(play, setup->query);
    }
}

/* An option of LEN octets NUMBER - PREVIOUS above the one before (RFC 7252 3.1). */
static void put_option(struct texts *texts, unsigned delta, const char *value, size_t len)
{
    uint8_t *out = texts->raw + texts->raw_len;
    size_t used = 1;
    if (len > 268) {
        return;
    }
    out[0] = (uint8_t)(delta << 4 | (len < 13 ? len : 13));
    if (len >= 13) {
        out[used++] = (uint8_t)(len - 13);
    }
    memcpy(out + used, value, len);
    texts->raw_len += used + len;
}

/* Requests that the message layer would not build. */
static void make_raw(enum sim_raw raw, struct texts *texts)
{
    const uint8_t head[] = {0x40, CC_POST, RAW_MID >> 8, RAW_MID & 0xff};
    char ep[3 + LONG_EP + 1] = "ep=";
    memcpy(texts->raw, head, sizeof head);
    texts->raw_len = sizeof head;
    switch (raw) {
    case SIM_RAW_NONE:
        texts->raw_len = 0;
        break;
    case SIM_RAW_PING:
        texts->raw[1] = CC_EMPTY;
        break;
    case SIM_RAW_GARBAGE:
        memset(texts->raw + 1, 0xff, 40);
        texts->raw_len = 41;
        break;
    case SIM_RAW_OPTION:
        put_option(texts, OPTION_CRITICAL, "x", 1);
        put_option(texts, CC_OPT_URI_PATH - OPTION_CRITICAL, "bs", 2);
        put_option(texts, CC_OPT_URI_QUERY - CC_OPT_URI_PATH, "ep=a", 4);
        break;
    case SIM_RAW_LONG_EP:
        memset(ep + 3, 'e', LONG_EP);
        put_option(texts, CC_OPT_URI_PATH, "bs", 2);
        put_option(texts, CC_OPT_URI_QUERY - CC_OPT_URI_PATH, ep, 3 + LONG_EP);
        break;
    }
}

static struct sim_device *make_device(const struct sim_judge *judge, const struct sim_setup *setup)
{
    struct sim_profile profile = {0};
    char fault[SIM_FAULT_MAX + 1];
    if (setup->behaviours != NULL && !sim_profile_apply(&profile, setup->behaviours, fault)) {
        return NULL;
    }
    const struct sim_factory factory = {.profile = &profile,
                                        .bootstrap_instance = setup->instance,
                                        .server_uri = judge->connection.uri,
                                        .identity = judge->connection.identity,
                                        .identity_len = judge->connection.identity_len,
                                        .key = judge->connection.key,
                                        .key_len = judge->connection.key_len};
    return sim_device_new(&factory);
}

bool sim_case_play(const struct sim_judge *judge, const struct sim_setup *setup,
                   struct sim_play *play, struct sim_device **device)
{
    struct texts texts = {.raw_len = 0};
    *device = make_device(judge, setup);
    if (*device == NULL) {
        return false;
    }
    *play = (struct sim_play){.connection = judge->connection,
                              .device = *device,
                              .total_ms = judge->case_ms,
                              .path = setup->path,
                              .method = setup->method,
                              .accept = setup->accept,
                              .block_bytes = setup->block_bytes,
                              .is_doubled = setup->is_doubled,
                              .is_reworn = setup->is_reworn,
                              .lose_at = setup->lose_at,
                              .reset_at = setup->reset_at,
                              .again_at = setup->again_at,
                              .block_code = setup->block_code,
                              .refuse_finishes = setup->refuse_finishes};
    set_queries(judge, setup, sim_device_version(*device), play, &texts);
    make_raw(setup->raw, &texts);
    if (texts.raw_len > 0) {
        play->raw = texts.raw;
        play->raw_len = texts.raw_len;
    }
    sim_play(play);
    play->raw = NULL;
    play->query_count = 0;
    return true;
}

static enum sim_verdict skip(char *why, const char *text)
{
    snprintf(why, SIM_WHY_MAX + 1, "%s", text);
    return SIM_NOT_APPLICABLE;
}

enum sim_verdict sim_case_run(const struct sim_case *row, struct sim_judge *judge, char *why)
{
    struct sim_play play = {0};
    struct sim_device *device;
    if (row->setup.needs_datagrams && judge->is_stream) {
        return skip(why, "TCP has no datagrams");
    }
    if (row->setup.is_secure_only && judge->connection.key_len == 0) {
        return skip(why, "plain CoAP names nobody");
    }
    if (row->judge == NULL) {
        return skip(why, "this client does not speak it");
    }
    enum sim_verdict verdict = SIM_INCONCLUSIVE;
    if (!sim_case_play(judge, &row->setup, &play, &device)) {
        snprintf(why, SIM_WHY_MAX + 1, "%s", cc_error_text(CC_ENOMEM));
        return verdict;
    }
    if (play.error != CC_OK && play.steps == 0 && !play.is_answered) {
        snprintf(why, SIM_WHY_MAX + 1, "no connection: %s",
                 play.error == CC_EADDRESS ? "connection refused" : "no handshake");
    } else if (play.has_hurt) {
        snprintf(why, SIM_WHY_MAX + 1, "the server deleted or replaced the bootstrap account");
        verdict = SIM_FAIL;
    } else {
        verdict = row->judge(judge, &row->setup, &play, why);
    }
    sim_play_clear(&play);
    sim_device_free(device);
    return verdict;
}

const char *sim_verdict_name(enum sim_verdict verdict)
{
    static const char *const names[] = {"pass", "fail", "inconclusive", "not applicable"};
    return (size_t)verdict < sizeof names / sizeof names[0] ? names[verdict] : "?";
}
