#include "tools/sim/profile.h"

#include "bootstrap/coap/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { FLAG, NUMBER, CODE, FORMAT, FORMATS, VERSION };
enum { WORD_MAX = 64 };

#define AT(member) offsetof(struct sim_profile, member)
static const struct behaviour {
    const char *name;
    enum kind kind;
    size_t offset;
    const char *help;
} behaviours[] = {
    {"version", VERSION, AT(version), "speaks this version of LwM2M"},
    {"pct", FORMAT, AT(pct), "asks for this format"},
    {"no-pct", FLAG, AT(no_pct), "asks for no format"},
    {"no-pct-retry", FLAG, AT(no_pct_retry), "takes any refusal as final"},
    {"no-pack", FLAG, AT(no_pack), "asks for no Bootstrap-Pack"},
    {"acc", FLAG, AT(acc), "names its bootstrap account in the Pack request"},
    {"formats", FORMATS, AT(formats), "reads these formats"},
    {"format-code", CODE, AT(format_code), "answers a format that it lacks so, not 4.15"},
    {"no-format-code", CODE, AT(no_format_code), "answers a missing Content-Format so, not 4.05"},
    {"unknown-object", CODE, AT(unknown_object), "answers a Write to an unknown object so"},
    {"missing-code", CODE, AT(missing_code), "answers a Delete of nothing so, not 2.02"},
    {"datagram-max", NUMBER, AT(datagram_max), "never sees a larger datagram"},
    {"body-max", NUMBER, AT(body_max), "answers 4.13 to a larger body"},
    {"key-max", NUMBER, AT(key_max), "has no room for a longer PSK: 5.00"},
    {"identity-max", NUMBER, AT(identity_max), "has no room for a longer PSK identity: 5.00"},
    {"credential-max", NUMBER, AT(credential_max), "has no room for a longer certificate: 5.00"},
    {"security-max", NUMBER, AT(security_max), "has no room for more Security instances: 5.00"},
    {"no-discover", FLAG, AT(no_discover), "answers Discover with 4.05"},
    {"no-read", FLAG, AT(no_read), "answers Read with 4.05"},
    {"discover-version", VERSION, AT(shown_version), "shows this version, whatever it speaks"},
    {"discover-bare", FLAG, AT(discover_bare), "shows lwm2m=1.0 as an item of its own"},
    {"discover-quoted", FLAG, AT(discover_quoted), "quotes the version behind the root link"},
    {"discover-no-uri", FLAG, AT(discover_no_uri), "shows no uri"},
    {"discover-no-bootstrap-uri", FLAG, AT(discover_no_bootstrap_uri), "no uri without ssid"},
    {"discover-terse", FLAG, AT(discover_terse), "shows objects by their instances alone"},
    {"discover-versions", FLAG, AT(discover_versions), "shows the version of each object"},
    {"discover-no-oscore", FLAG, AT(discover_no_oscore), "shows no ssid at /21"},
    {"discover-garbage", FLAG, AT(discover_garbage), "answers Discover with no link format"},
    {"discover-empty", FLAG, AT(discover_empty), "answers Discover with nothing"},
    {"discover-big", FLAG, AT(discover_big), "adds 60,000 octets of other links"},
    {"discover-commas", FLAG, AT(discover_commas), "quotes a text with commas, quotes and <>"},
    {"discover-slash", FLAG, AT(discover_slash), "ends paths with a slash"},
    {"discover-no-security", FLAG, AT(discover_no_security), "does not show /0"},
    {"replaces", FLAG, AT(replaces), "a Write replaces an instance, but for /0"},
    {"replaces-security", FLAG, AT(replaces_security), "a Write replaces an instance of /0"},
    {"renumbers", FLAG, AT(renumbers), "an object-level Write takes free instance IDs"},
    {"forgets", FLAG, AT(forgets), "answers 2.04 to a Write and keeps nothing"},
    {"always-changed", FLAG, AT(always_changed), "answers 2.04 to a Write that failed inside"},
    {"unknown-is-error", FLAG, AT(unknown_is_error), "an unknown resource fails its Write: 4.04"},
    {"refuses-optional", FLAG, AT(refuses_optional), "fails optional resources as Wakaama does"},
    {"accounts-at-finish", FLAG, AT(accounts_at_finish), "a second bootstrap account fails late"},
    {"keeps-account", FLAG, AT(keeps_account), "Delete of the bootstrap account: 4.00"},
    {"keeps-device", FLAG, AT(keeps_device), "Delete of /3: 4.00"},
    {"oscore-unprotected", FLAG, AT(oscore_unprotected), "Delete takes the account's /21 too"},
    {"cascades", FLAG, AT(cascades), "Delete of /0/x takes its /1 along"},
    {"needs-binding", FLAG, AT(needs_binding), "Finish needs /3/0/16"},
    {"no-validation", FLAG, AT(no_validation), "Finish is never refused"},
    {"ends-at-refusal", FLAG, AT(ends_at_refusal), "a refused Finish ends its session"},
    {"separate-finish", FLAG, AT(separate_finish), "answers Finish separately"},
    {"deaf", FLAG, AT(deaf), "is gone as soon as it has answered Finish"},
    {"finish-refusals", NUMBER, AT(finish_refusals), "answers 4.06 to so many Finishes"},
    {"hold-off", NUMBER, AT(hold_off_s), "seconds before its request, with --real-time"},
    {"delay", NUMBER, AT(delay_s), "seconds from handshake to request, with --real-time"},
    {"budget", NUMBER, AT(budget_s), "seconds for the whole bootstrap"},
    {"slow", NUMBER, AT(slow_ms), "milliseconds before each answer"},
    {"separate", FLAG, AT(separate), "answers everything separately"},
    {"no-dedup", FLAG, AT(no_dedup), "handles a repeated request anew"},
    {"silent-at", NUMBER, AT(silent_at), "answers nothing from the N-th request on"},
    {"garbage-at", NUMBER, AT(garbage_at), "answers the N-th request with garbage"},
    {"closes-at", NUMBER, AT(closes_at), "closes its session at the N-th request"},
    {"again-at", NUMBER, AT(again_at), "sends a new request of its own at the N-th request"},
    {"code-at", NUMBER, AT(code_at), "answers the N-th request with the code of code="},
    {"code", CODE, AT(code), "the answer at code-at; without it 5.00"},
};
enum { BEHAVIOUR_COUNT = sizeof behaviours / sizeof behaviours[0] };

static const char *const arguments[] = {
    [FLAG] = NULL,     [NUMBER] = "N",       [CODE] = "C.DD",
    [FORMAT] = "NAME", [FORMATS] = "A+B+..", [VERSION] = "1.0|1.1|1.2",
};

static const struct sim_profile_row profiles[] = {
    {"lwm2m-1.0", "version=1.0,formats=tlv+json+text+opaque,no-read",
     "LwM2M 1.0 to the letter: TLV and JSON, no Read"},
    {"lwm2m-1.1", "version=1.1", "LwM2M 1.1 to the letter"},
    {"lwm2m-1.2", "version=1.2", "LwM2M 1.2 to the letter, Bootstrap-Pack first"},
    {"anjay-3", "version=1.2,pct=senml-cbor,oscore-unprotected",
     "Anjay 3: Pack first, merges, 4.06 with a reason"},
    {"anjay-2", "version=1.0,formats=tlv,no-read", "Anjay 2: LwM2M 1.0, TLV only"},
    {"wakaama",
     "version=1.1,pct=senml-json,formats=tlv+senml-json+json+text+opaque,format-code=4.06,"
     "no-format-code=4.00,unknown-is-error,refuses-optional,renumbers,replaces,no-dedup,"
     "missing-code=4.04,deaf,datagram-max=1400,key-max=16,identity-max=32,delay=2,hold-off=10,"
     "discover-terse,discover-versions,discover-no-bootstrap-uri,discover-no-oscore,no-pct-retry",
     "Wakaama: unsupported resources are errors, deaf after Finish"},
    {"leshan",
     "version=1.1,pct=senml-cbor,formats=tlv+json+senml-json+senml-cbor+text+opaque+cbor,"
     "no-format-code=4.00,unknown-object=5.00,always-changed,replaces,replaces-security,"
     "accounts-at-finish,keeps-account,keeps-device,missing-code=4.00,needs-binding,"
     "ends-at-refusal,separate-finish,budget=93,discover-version=1.0,discover-terse,no-pct-retry",
     "Leshan's client: 2.04 to everything, faults show at Finish, 93 s in all"},
    {"zephyr",
     "version=1.0,formats=tlv+json+senml-json+senml-cbor+cbor+text+opaque,discover-quoted,"
     "discover-version=1.0,discover-terse,discover-no-uri,no-read,key-max=16,identity-max=16,"
     "credential-max=1024,"
     "security-max=2,no-pct-retry",
     "Zephyr: small buffers, two Security instances"},
    {"strict", "unknown-is-error,keeps-account,missing-code=4.04,cascades,needs-binding,budget=93",
     "whatever may be refused is refused"},
    {"forgetful", "forgets", "says 2.04 and keeps nothing: Discover tells"},
    {"renumbers", "renumbers", "an object-level Write takes free instance IDs"},
    {"replaces", "replaces,replaces-security", "a Write replaces what stands"},
    {"tlv-only", "formats=tlv", "asks for a format that it refuses by 4.15"},
    {"tlv-only-4.06", "formats=tlv,format-code=4.06", "the same by 4.06"},
    {"tlv-only-4.00", "formats=tlv,format-code=4.00", "the same by 4.00"},
    {"silent", "silent-at=3", "answers two requests, then nothing"},
    {"garbage", "garbage-at=1", "answers the first request with garbage"},
    {"garbage-late", "garbage-at=3", "answers the third request with garbage"},
    {"closes", "closes-at=3", "closes its session at the third request"},
    {"no-discover", "no-discover", "denies Discover"},
    {"no-read", "no-read", "denies Read"},
    {"big-discover", "discover-big", "shows 60,000 octets of links"},
    {"odd-discover", "discover-commas,discover-slash", "quoted commas, trailing slashes"},
    {"second-account", "keeps-account", "refuses a second bootstrap account, keeps its own"},
    {"corrected", "finish-refusals=1", "refuses the first Finish"},
    {"restless", "again-at=2", "begins anew in the middle"},
    {"separate", "separate", "answers everything separately"},
    {"slow", "slow=800", "takes 0.8 s for each answer"},
};

const struct sim_profile_row *sim_profile_at(size_t index)
{
    return index < sizeof profiles / sizeof profiles[0] ? &profiles[index] : NULL;
}

const struct sim_profile_row *sim_profile_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        if (strcmp(profiles[i].name, name) == 0) {
            return &profiles[i];
        }
    }
    return NULL;
}

const char *sim_behaviour_at(size_t index, const char **argument, const char **help)
{
    if (index >= BEHAVIOUR_COUNT) {
        return NULL;
    }
    *argument = arguments[behaviours[index].kind];
    *help = behaviours[index].help;
    return behaviours[index].name;
}

/* ---- words ---- */

uint32_t sim_format_bit(uint16_t number)
{
    const struct lwm2m_format *format;
    for (size_t i = 0; (format = lwm2m_format_at(i)) != NULL; i++) {
        if (format->number == number) {
            return UINT32_C(1) << i;
        }
    }
    return 0;
}

bool sim_formats_parse(const char *text, size_t len, uint32_t *formats)
{
    uint32_t set = 0;
    for (size_t at = 0; at <= len;) {
        size_t end = at;
        while (end < len && text[end] != '+' && text[end] != ',') {
            end++;
        }
        const struct lwm2m_format *format = lwm2m_format_by_name(text + at, end - at);
        if (format == NULL) {
            return false;
        }
        set |= sim_format_bit(format->number);
        at = end + 1;
    }
    *formats = set;
    return true;
}

static bool number_of(const char *text, uint32_t max, uint32_t *number)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    *number = (uint32_t)value;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && value <= max;
}

/* "4.06" */
static bool code_of(const char *text, uint8_t *code)
{
    bool is_code = strlen(text) == 4 && strchr("245", text[0]) != NULL && text[1] == '.' &&
                   text[2] >= '0' && text[2] <= '3' && text[3] >= '0' && text[3] <= '9' &&
                   (text[2] < '3' || text[3] < '2');
    const int detail = is_code ? (text[2] - '0') * 10 + text[3] - '0' : 0;
    *code = is_code ? (uint8_t)((unsigned)(text[0] - '0') << 5 | (unsigned)detail) : 0;
    return is_code;
}

static bool version_of(const char *text, uint16_t *version)
{
    bool is_version =
        strncmp(text, "1.", 2) == 0 && text[2] >= '0' && text[2] <= '2' && text[3] == '\0';
    *version = is_version ? LWM2M_VERSION(1, text[2] - '0') : 0;
    return is_version;
}

static bool format_of(const char *text, uint16_t *number)
{
    const struct lwm2m_format *format = lwm2m_format_by_name(text, strlen(text));
    *number = format == NULL ? 0 : format->number;
    return format != NULL && !format->single_only;
}

static bool set(const struct behaviour *row, const char *value, struct sim_profile *profile)
{
    void *target = (char *)profile + row->offset;
    if ((value != NULL) != (row->kind != FLAG)) {
        return false;
    }
    switch (row->kind) {
    case FLAG:
        *(bool *)target = true;
        return true;
    case NUMBER:
        return number_of(value, 1000000, target);
    case CODE:
        return code_of(value, target);
    case FORMAT:
        return format_of(value, target);
    case FORMATS:
        return sim_formats_parse(value, strlen(value), target);
    case VERSION:
        return version_of(value, target);
    }
    return false;
}

static bool apply_word(struct sim_profile *profile, char *word)
{
    char *value = strchr(word, '=');
    if (value != NULL) {
        *value++ = '\0';
    }
    for (size_t i = 0; i < BEHAVIOUR_COUNT; i++) {
        if (strcmp(behaviours[i].name, word) == 0) {
            return set(&behaviours[i], value, profile);
        }
    }
    return false;
}

bool sim_profile_apply(struct sim_profile *profile, const char *words, char *fault)
{
    struct sim_profile next = *profile;
    while (*words != '\0') {
        char word[WORD_MAX + 1];
        size_t len = strcspn(words, ",");
        snprintf(word, sizeof word, "%.*s", (int)(len < WORD_MAX ? len : WORD_MAX), words);
        if (len > WORD_MAX || !apply_word(&next, word)) {
            snprintf(fault, SIM_FAULT_MAX + 1, "no such behaviour: %.*s",
                     (int)(len < WORD_MAX ? len : WORD_MAX), words);
            return false;
        }
        words += len + (words[len] == ',' ? 1 : 0);
    }
    *profile = next;
    return true;
}

/* ---- formats ---- */

/* The first version that has them; old JSON only where a profile names it. */
static const struct {
    uint16_t number;
    uint16_t since;
    bool is_default;
} versions[] = {
    {LWM2M_FORMAT_TEXT, LWM2M_VERSION(1, 0), true},
    {LWM2M_FORMAT_OPAQUE, LWM2M_VERSION(1, 0), true},
    {LWM2M_FORMAT_TLV, LWM2M_VERSION(1, 0), true},
    {LWM2M_FORMAT_JSON, LWM2M_VERSION(1, 0), false},
    {LWM2M_FORMAT_CBOR, LWM2M_VERSION(1, 1), true},
    {LWM2M_FORMAT_SENML_JSON, LWM2M_VERSION(1, 1), true},
    {LWM2M_FORMAT_SENML_CBOR, LWM2M_VERSION(1, 1), true},
    {LWM2M_FORMAT_LWM2M_CBOR, LWM2M_VERSION(1, 2), true},
};

uint32_t sim_profile_formats(const struct sim_profile *profile, uint16_t version)
{
    uint32_t known = 0;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        if (versions[i].since <= version && (versions[i].is_default || profile->formats != 0)) {
            known |= sim_format_bit(versions[i].number);
        }
    }
    return profile->formats != 0 ? profile->formats & known : known;
}

uint16_t sim_profile_pct(const struct sim_profile *profile, uint16_t version)
{
    if (profile->pct != 0) {
        return profile->pct;
    }
    return version < LWM2M_VERSION(1, 1) ? LWM2M_FORMAT_TLV : LWM2M_FORMAT_SENML_CBOR;
}
