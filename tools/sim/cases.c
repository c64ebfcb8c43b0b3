/* The rows of the conformance cases, and their judges. */
#include "tools/sim/cases.h"

#include "tools/sim/validate.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 3, 4))) static enum sim_verdict
say(char *why, enum sim_verdict verdict, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, SIM_WHY_MAX + 1, format, arguments);
    va_end(arguments);
    return verdict;
}

static const char *text_of(uint8_t code)
{
    static char text[8];
    return cc_code_text(code, text);
}

/* ---- judges ---- */

/* A case that an ordinary bootstrap must survive. */
static enum sim_verdict finishes(struct sim_judge *judge, const struct sim_setup *setup,
                                 struct sim_play *play, char *why)
{
    (void)setup;
    if (play->is_finished) {
        return say(why, SIM_PASS, "finished after %u requests, %u repeated", play->requests,
                   play->repeats);
    }
    if (!play->is_answered) {
        return say(why, judge->finishes ? SIM_FAIL : SIM_INCONCLUSIVE,
                   "no answer to the Bootstrap-Request");
    }
    if (play->code != CC_CHANGED) {
        return say(why, judge->finishes ? SIM_FAIL : SIM_INCONCLUSIVE, "answered %s",
                   text_of(play->code));
    }
    return say(why, judge->finishes ? SIM_FAIL : SIM_INCONCLUSIVE,
               judge->finishes ? "accepted, but no Finish came after %u requests"
                               : "no Finish after %u requests, nor in an ordinary bootstrap",
               play->requests);
}

static enum sim_verdict ordinary(struct sim_judge *judge, const struct sim_setup *setup,
                                 struct sim_play *play, char *why)
{
    (void)setup;
    judge->is_reachable = true;
    judge->finishes = play->is_finished;
    judge->writes = sim_play_saw(play, CC_PUT, "/");
    if (!play->is_answered) {
        return say(why, SIM_FAIL, "no answer to the Bootstrap-Request");
    }
    if (play->code >> 5 != 2) {
        return say(why, SIM_INCONCLUSIVE, "refused: %s; is this endpoint known?",
                   text_of(play->code));
    }
    if (play->code != CC_CHANGED) {
        return say(why, SIM_FAIL, "answered %s, not 2.04", text_of(play->code));
    }
    if (!play->is_finished) {
        return say(why, SIM_INCONCLUSIVE,
                   "accepted, and no Finish after %u requests: its configuration?", play->requests);
    }
    return say(why, SIM_PASS, "2.04, %u requests, Finish", play->requests);
}

static enum sim_verdict complete(struct sim_judge *judge, const struct sim_setup *setup,
                                 struct sim_play *play, char *why)
{
    char reason[SIM_REASON_MAX + 1];
    enum sim_verdict verdict = finishes(judge, setup, play, why);
    if (verdict != SIM_PASS) {
        return verdict;
    }
    if (!sim_play_saw(play, CC_PUT, "/0") || !sim_play_saw(play, CC_PUT, "/1")) {
        return say(why, SIM_INCONCLUSIVE, "no account was written: its configuration");
    }
    return sim_validate(play->device, reason)
               ? say(why, SIM_PASS, "a complete Server Account was written")
               : say(why, SIM_FAIL, "%s", reason);
}

static enum sim_verdict deletes(struct sim_judge *judge, const struct sim_setup *setup,
                                struct sim_play *play, char *why)
{
    enum sim_verdict verdict = finishes(judge, setup, play, why);
    if (verdict == SIM_PASS && !sim_play_saw(play, CC_DELETE, "/")) {
        return say(why, SIM_INCONCLUSIVE, "nothing was deleted: its configuration");
    }
    return verdict == SIM_PASS ? say(why, SIM_PASS, "deleted, the bootstrap account stands")
                               : verdict;
}

/* A second bootstrap of the same device, as one that the trigger of a server starts. */
static enum sim_verdict again(struct sim_judge *judge, const struct sim_setup *setup,
                              struct sim_play *play, char *why)
{
    if (!play->is_finished) {
        return finishes(judge, setup, play, why);
    }
    struct sim_play second = {
        .connection = judge->connection, .device = play->device, .total_ms = judge->case_ms};
    char ep[300];
    snprintf(ep, sizeof ep, "ep=%s", judge->endpoint);
    second.queries[second.query_count++] = ep;
    second.queries[second.query_count++] = "pct=112";
    sim_play(&second);
    enum sim_verdict verdict = second.has_hurt
                                   ? say(why, SIM_FAIL, "the second run hurt the account")
                                   : finishes(judge, setup, &second, why);
    sim_play_clear(&second);
    return verdict;
}

static enum sim_verdict reads(struct sim_judge *judge, const struct sim_setup *setup,
                              struct sim_play *play, char *why)
{
    enum sim_verdict verdict = finishes(judge, setup, play, why);
    bool has_read = sim_play_saw(play, CC_GET, "/1") || sim_play_saw(play, CC_GET, "/2");
    return verdict == SIM_PASS && !has_read
               ? say(why, SIM_INCONCLUSIVE, "nothing was read: its configuration")
               : verdict;
}

/* What a refused Finish leads to: a correction, or an end that lets the device come again. */
static enum sim_verdict corrected(struct sim_judge *judge, const struct sim_setup *setup,
                                  struct sim_play *play, char *why)
{
    if (play->finishes == 0) {
        return finishes(judge, setup, play, why);
    }
    if (play->is_finished) {
        return say(why, SIM_PASS, "4.06, %u Finishes, the last one accepted", play->finishes);
    }
    return say(why, setup->refuse_finishes > 1 ? SIM_PASS : SIM_INCONCLUSIVE,
               "the server gave up after %u Finishes answered 4.06", play->finishes);
}

static enum sim_verdict packs(struct sim_judge *judge, const struct sim_setup *setup,
                              struct sim_play *play, char *why)
{
    char reason[SIM_REASON_MAX + 1];
    struct lwm2m_content content = {0};
    (void)judge;
    if (!play->is_answered) {
        return say(why, SIM_FAIL, "no answer: a client waits 66 s and may give up for good");
    }
    if (play->code != CC_CONTENT) {
        return say(why, play->code >> 5 == 2 ? SIM_FAIL : SIM_INCONCLUSIVE, "no Pack: %s",
                   text_of(play->code));
    }
    if (play->answer_format != setup->accept) {
        return say(why, SIM_FAIL, "Content-Format %u, not that of Accept", play->answer_format);
    }
    if (play->etag_changed) {
        return say(why, SIM_FAIL, "the ETag changed from block to block");
    }
    enum lwm2m_error error =
        lwm2m_decode(play->answer_format, (struct lwm2m_path){{0}, 0}, lwm2m_registry_builtin(),
                     play->payload, play->payload_len, &content);
    uint8_t code = error == LWM2M_OK ? sim_device_pack(play->device, content.leaves, content.count)
                                     : CC_BAD_REQUEST;
    lwm2m_content_clear(&content);
    if (code != CC_CHANGED) {
        return say(why, SIM_FAIL, "the Pack cannot be applied: %s",
                   error != LWM2M_OK ? lwm2m_error_text(error) : text_of(code));
    }
    return sim_validate(play->device, reason)
               ? say(why, SIM_PASS, "a consistent Pack of %zu octets in %u blocks",
                     play->payload_len, play->blocks == 0 ? 1 : play->blocks)
               : say(why, SIM_FAIL, "%s", reason);
}

static enum sim_verdict deduplicates(struct sim_judge *judge, const struct sim_setup *setup,
                                     struct sim_play *play, char *why)
{
    if (play->answers >= 2 && play->differ) {
        return say(why, SIM_FAIL, "the repeated request got other octets");
    }
    if (play->is_finished && play->finishes > 1) {
        return say(why, SIM_FAIL, "one request, repeated, began two bootstraps");
    }
    if (play->answers < 2 && play->is_answered) {
        return say(why, SIM_FAIL, "the repeated request got no answer");
    }
    return finishes(judge, setup, play, why);
}

static enum sim_verdict repeats(struct sim_judge *judge, const struct sim_setup *setup,
                                struct sim_play *play, char *why)
{
    enum sim_verdict verdict = finishes(judge, setup, play, why);
    return verdict == SIM_PASS && play->repeats == 0
               ? say(why, SIM_FAIL, "the lost answer was not asked for again")
               : verdict;
}

static enum sim_verdict stops(struct sim_judge *judge, const struct sim_setup *setup,
                              struct sim_play *play, char *why)
{
    struct sim_play second;
    struct sim_device *device;
    const struct sim_setup plain = {.behaviours = NULL};
    if (play->steps < setup->reset_at) {
        return say(why, SIM_INCONCLUSIVE, "only %u requests came", play->steps);
    }
    if (play->finishes > 0) {
        return say(why, SIM_FAIL, "Finish came although a request was rejected");
    }
    if (!sim_case_play(judge, &plain, &second, &device)) {
        return say(why, SIM_INCONCLUSIVE, "out of memory");
    }
    enum sim_verdict verdict = finishes(judge, setup, &second, why);
    sim_play_clear(&second);
    sim_device_free(device);
    return verdict;
}

static enum sim_verdict starts_over(struct sim_judge *judge, const struct sim_setup *setup,
                                    struct sim_play *play, char *why)
{
    if (play->served_count < setup->again_at) {
        return finishes(judge, setup, play, why);
    }
    return play->again_code == CC_CHANGED
               ? finishes(judge, setup, play, why)
               : say(why, SIM_FAIL, "the new request was answered %s",
                     play->again_code == 0 ? "not at all" : text_of(play->again_code));
}

static enum sim_verdict uploads(struct sim_judge *judge, const struct sim_setup *setup,
                                struct sim_play *play, char *why)
{
    return play->is_block_upload ? finishes(judge, setup, play, why)
                                 : say(why, SIM_NOT_APPLICABLE, "no body came in blocks");
}

/* A request that must not be accepted, but answered. */
static enum sim_verdict refused(struct sim_judge *judge, const struct sim_setup *setup,
                                struct sim_play *play, char *why)
{
    (void)judge;
    (void)setup;
    if (play->is_answered && play->code >> 5 == 2) {
        return say(why, SIM_FAIL, "accepted: %s", text_of(play->code));
    }
    return play->is_answered ? say(why, SIM_PASS, "refused: %s", text_of(play->code))
                             : say(why, SIM_FAIL, "no answer");
}

/* A request that the server may take or refuse. */
static enum sim_verdict answered(struct sim_judge *judge, const struct sim_setup *setup,
                                 struct sim_play *play, char *why)
{
    if (play->is_answered && play->code >> 5 != 2) {
        return say(why, SIM_PASS, "refused: %s", text_of(play->code));
    }
    return finishes(judge, setup, play, why);
}

/* Octets that are no request: anything but acceptance, and the server lives on. */
static enum sim_verdict rejected(struct sim_judge *judge, const struct sim_setup *setup,
                                 struct sim_play *play, char *why)
{
    struct sim_play second;
    struct sim_device *device;
    const struct sim_setup plain = {.behaviours = NULL};
    char how[24];
    if (play->is_answered && play->code >> 5 == 2) {
        return say(why, SIM_FAIL, "accepted: %s", text_of(play->code));
    }
    if (setup->raw == SIM_RAW_PING && !play->is_reset) {
        /* From a stranger on plain CoAP, for whom there is no session yet, it may be passed over.
         */
        return say(why, judge->connection.key_len > 0 ? SIM_FAIL : SIM_INCONCLUSIVE,
                   "a ping was not answered by a Reset");
    }
    if (setup->raw == SIM_RAW_OPTION && !(play->is_answered && play->code == CC_BAD_OPTION)) {
        return say(why, SIM_FAIL, "not answered 4.02");
    }
    snprintf(how, sizeof how, "%s",
             play->is_answered ? text_of(play->code)
             : play->is_reset  ? "Reset"
                               : "silence");
    if (!sim_case_play(judge, &plain, &second, &device)) {
        return say(why, SIM_INCONCLUSIVE, "out of memory");
    }
    enum sim_verdict verdict = finishes(judge, setup, &second, why);
    if (verdict == SIM_PASS) {
        verdict = say(why, SIM_PASS, "%s, and a bootstrap afterwards finished", how);
    }
    sim_play_clear(&second);
    sim_device_free(device);
    return verdict;
}

/* pct that no object can be written in, or that is no number. */
static enum sim_verdict unsupported(struct sim_judge *judge, const struct sim_setup *setup,
                                    struct sim_play *play, char *why)
{
    if (play->is_answered && play->code >> 5 == 4) {
        return say(why, SIM_PASS, "refused: %s", text_of(play->code));
    }
    enum sim_verdict verdict = finishes(judge, setup, play, why);
    return verdict == SIM_PASS ? say(why, SIM_INCONCLUSIVE, "accepted, and another format used")
                               : verdict;
}

static enum sim_verdict writes_tlv(struct sim_judge *judge, const struct sim_setup *setup,
                                   struct sim_play *play, char *why)
{
    for (size_t i = 0; i < play->served_count; i++) {
        const struct sim_served *served = &play->served[i];
        if (served->method == CC_PUT && served->format != LWM2M_FORMAT_TLV &&
            served->format != LWM2M_FORMAT_JSON && served->code == CC_UNSUPPORTED_FORMAT &&
            !play->is_finished) {
            return say(why, SIM_FAIL, "LwM2M 1.0 was written to in format %u", served->format);
        }
    }
    return finishes(judge, setup, play, why);
}

/* An odd answer must do no harm; whether the run goes on is the server's. */
static enum sim_verdict survives(struct sim_judge *judge, const struct sim_setup *setup,
                                 struct sim_play *play, char *why)
{
    enum sim_verdict verdict = finishes(judge, setup, play, why);
    return verdict == SIM_FAIL && play->code == CC_CHANGED
               ? say(why, SIM_INCONCLUSIVE, "no harm was done, and no Finish came")
               : verdict;
}

/* ---- rows ---- */

#define DATAGRAMS .needs_datagrams = true

static const struct sim_case cases[] = {
    {"1.0-int-0", "Client Initiated Bootstrap", "ETS 1.0-int-0", {0}, ordinary},
    {"1.1-int-1", "Full bootstrap: a complete Server Account", "ETS 1.1-int-1", {0}, complete},
    {"1.1-int-4", "Bootstrap-Delete spares the bootstrap account", "ETS 1.1-int-4", {0}, deletes},
    {"1.1-int-5", "Bootstrap again, as a server's trigger has it", "ETS 1.1-int-5", {0}, again},
    {"1.1-int-8", "Bootstrap-Read", "ETS 1.1-int-8", {0}, reads},
    {"1.1-int-9",
     "Finish refused as inconsistent for good: 4.06",
     "ETS 1.1-int-9",
     {.refuse_finishes = 1000},
     corrected},
    {"1.2-int-11", "Bootstrap over OSCORE", "ETS 1.2-int-11", {0}, NULL},
    {"1.2-int-12",
     "Bootstrap-Pack in SenML CBOR",
     "ETS 1.2-int-12",
     {.behaviours = "version=1.2",
      .path = "/bspack",
      .method = CC_GET,
      .accept = LWM2M_FORMAT_SENML_CBOR},
     packs},
    {"pack-json",
     "Bootstrap-Pack in SenML JSON",
     "Core 1.2, Bootstrap-Pack-Request",
     {.behaviours = "version=1.2",
      .path = "/bspack",
      .method = CC_GET,
      .accept = LWM2M_FORMAT_SENML_JSON},
     packs},
    {"pack-lwm2m-cbor",
     "Bootstrap-Pack in LwM2M CBOR",
     "Core 1.2, Bootstrap-Pack-Request",
     {.behaviours = "version=1.2",
      .path = "/bspack",
      .method = CC_GET,
      .accept = LWM2M_FORMAT_LWM2M_CBOR},
     packs},
    {"pack-blocks",
     "Bootstrap-Pack in blocks of 64 octets: one ETag",
     "RFC 7959 2.4",
     {.behaviours = "version=1.2",
      .path = "/bspack",
      .method = CC_GET,
      .accept = LWM2M_FORMAT_SENML_CBOR,
      .block_bytes = 64,
      DATAGRAMS},
     packs},
    {"pack-acc",
     "Bootstrap-Pack with acc",
     "Core 1.2.1, Bootstrap-Pack-Request",
     {.behaviours = "version=1.2",
      .path = "/bspack",
      .method = CC_GET,
      .query = "acc=</0/0>",
      .accept = LWM2M_FORMAT_SENML_CBOR},
     packs},
    {"version-1.0",
     "LwM2M 1.0: no pct, TLV only",
     "Core 1.0, Bootstrap-Request",
     {.behaviours = "version=1.0,formats=tlv+json,no-read"},
     writes_tlv},
    {"pct-tlv",
     "pct=11542: TLV is preferred",
     "Core 1.1, Bootstrap-Request",
     {.behaviours = "formats=tlv", .pct = "11542"},
     finishes},
    {"pct-senml-json",
     "pct=110: SenML JSON is preferred",
     "Core 1.1, Bootstrap-Request",
     {.behaviours = "formats=senml-json", .pct = "110"},
     finishes},
    {"pct-senml-cbor",
     "pct=112: SenML CBOR is preferred",
     "Core 1.1, Bootstrap-Request",
     {.behaviours = "formats=senml-cbor", .pct = "112"},
     finishes},
    {"pct-lwm2m-cbor",
     "pct=11544: LwM2M CBOR is preferred",
     "Core 1.2, Bootstrap-Request",
     {.behaviours = "version=1.2,formats=lwm2m-cbor", .pct = "11544"},
     answered},
    {"pct-60",
     "pct=60: a format of single resources",
     "Core 1.1, Bootstrap-Request",
     {.pct = "60"},
     unsupported},
    {"pct-abc", "pct=abc: no number", "Core 1.1, Bootstrap-Request", {.pct = "abc"}, unsupported},
    {"pct-11543",
     "pct=11543: the JSON of LwM2M 1.0",
     "Core 1.1, Bootstrap-Request",
     {.behaviours = "formats=json+tlv", .pct = "11543"},
     answered},
    {"query",
     "A query parameter that nobody knows",
     "Core 1.1, Bootstrap-Request",
     {.query = "vendor=x"},
     finishes},
    {"ep-none",
     "No ep: the identity names the endpoint",
     "Core 1.1, Bootstrap-Request",
     {.ep = "", .is_secure_only = true},
     answered},
    {"ep-other",
     "ep of another client",
     "Core 1.1, Bootstrap-Request",
     {.ep = "somebody-else.imprint", .is_secure_only = true},
     refused},
    {"ep-empty", "ep without a value", "Core 1.1, Bootstrap-Request", {.ep = "="}, refused},
    {"ep-two", "Two ep", "Core 1.1, Bootstrap-Request", {.query = "ep=second"}, refused},
    {"ep-utf8", "ep that is no UTF-8", "RFC 7252 5.10", {.ep = "\xff\xfe\x80"}, refused},
    {"ep-long",
     "ep of 253 octets: an option beyond its length",
     "RFC 7252 5.10",
     {.raw = SIM_RAW_LONG_EP, DATAGRAMS},
     rejected},
    {"twice",
     "The Bootstrap-Request twice, one Message ID",
     "RFC 7252 4.5",
     {.is_doubled = true, DATAGRAMS},
     deduplicates},
    {"token",
     "The same token under a new Message ID",
     "RFC 7252 5.3.1",
     {.is_reworn = true, DATAGRAMS},
     finishes},
    {"lost-1",
     "The answer to the first request is lost",
     "RFC 7252 4.2",
     {.lose_at = 1, DATAGRAMS},
     repeats},
    {"lost-3",
     "The answer to the third request is lost",
     "RFC 7252 4.2",
     {.lose_at = 3, DATAGRAMS},
     repeats},
    {"reset",
     "The second request is answered by a Reset",
     "RFC 7252 4.2",
     {.reset_at = 2, DATAGRAMS},
     stops},
    {"again",
     "A new Bootstrap-Request in the middle",
     "Core, Bootstrap-Request",
     {.again_at = 2},
     starts_over},
    {"corrected",
     "Finish refused once: corrected and repeated",
     "Core, Bootstrap-Finish",
     {.refuse_finishes = 1},
     corrected},
    {"block-4.13",
     "The first block of a body is too large",
     "RFC 7959 2.9.3",
     {.block_code = CC_TOO_LARGE, DATAGRAMS},
     uploads},
    {"block-4.08",
     "The first block of a body is answered 4.08",
     "RFC 7959 2.9.2",
     {.block_code = CC_INCOMPLETE, DATAGRAMS},
     uploads},
    {"no-discover",
     "Discover is denied",
     "Core, Bootstrap-Discover",
     {.behaviours = "no-discover"},
     survives},
    {"no-read", "Read is denied", "Core, Bootstrap-Read", {.behaviours = "no-read"}, finishes},
    {"discover-1.0",
     "Discover in the form of LwM2M 1.0",
     "Core 1.0, Bootstrap-Discover",
     {.behaviours = "discover-bare,discover-version=1.0"},
     finishes},
    {"discover-quotes",
     "Discover with quoted commas and brackets",
     "RFC 6690 2",
     {.behaviours = "discover-commas"},
     survives},
    {"discover-slash",
     "Discover with trailing slashes",
     "RFC 6690 2",
     {.behaviours = "discover-slash"},
     survives},
    {"discover-empty",
     "Discover shows nothing",
     "Core, Bootstrap-Discover",
     {.behaviours = "discover-empty", .instance = 7},
     survives},
    {"discover-no-0",
     "Discover does not show /0",
     "Core, Bootstrap-Discover",
     {.behaviours = "discover-no-security", .instance = 7},
     survives},
    {"discover-big",
     "Discover of 60,000 octets",
     "RFC 7959 2.4",
     {.behaviours = "discover-big"},
     survives},
    {"discover-garbage",
     "Discover that is no link format",
     "RFC 6690 2",
     {.behaviours = "discover-garbage", .instance = 7},
     survives},
    {"account-0",
     "The bootstrap account is /0/0",
     "Core, Bootstrap-Write",
     {.instance = 0},
     finishes},
    {"account-1",
     "The bootstrap account is /0/1",
     "Core, Bootstrap-Write",
     {.instance = 1},
     finishes},
    {"account-7",
     "The bootstrap account is /0/7",
     "Core, Bootstrap-Write",
     {.instance = 7},
     finishes},
    {"format-4.15",
     "The format is refused by 4.15",
     "Core, Bootstrap-Write",
     {.behaviours = "formats=tlv"},
     survives},
    {"format-4.06",
     "The format is refused by 4.06",
     "Core, Bootstrap-Write",
     {.behaviours = "formats=tlv,format-code=4.06"},
     survives},
    {"delete-4.04",
     "Delete of what is not there: 4.04",
     "Core, Bootstrap-Delete",
     {.behaviours = "missing-code=4.04"},
     survives},
    {"option",
     "An unknown critical option",
     "RFC 7252 5.4.1",
     {.raw = SIM_RAW_OPTION, DATAGRAMS},
     rejected},
    {"ping", "An empty message", "RFC 7252 4.3", {.raw = SIM_RAW_PING, DATAGRAMS}, rejected},
    {"garbage",
     "Octets that are no message",
     "RFC 7252 3",
     {.raw = SIM_RAW_GARBAGE, DATAGRAMS},
     rejected},
    {"method", "GET /bs", "RFC 7252 5.8", {.method = CC_GET}, refused},
    {"path", "POST to a path that is none", "RFC 7252 5.8", {.path = "/no-such-thing"}, refused},
};

const struct sim_case *sim_case_at(size_t index)
{
    return index < sizeof cases / sizeof cases[0] ? &cases[index] : NULL;
}
