/*
 * How a simulated client behaves, as data: one row a behaviour, one row a profile (clients.md).
 *
 * Model. A profile is a struct of switches, numbers and codes; all zero is a client that keeps to
 * the letter as Anjay 3 does. A profile row is a list of behaviours by name, "renumbers,pct=tlv";
 * the same words are the switches of --behave. Every behaviour is read where it acts, by its
 * member. Pure.
 */
#ifndef SIM_PROFILE_H
#define SIM_PROFILE_H

#include "bootstrap/lwm2m/codec.h"
#include "bootstrap/lwm2m/object.h"

#define SIM_FAULT_MAX 160

struct sim_profile {
    /* what it says of itself */
    uint16_t version;       /* LWM2M_VERSION, 0 = 1.1 */
    uint16_t pct;           /* preferred format; 0 = SenML CBOR (TLV of LwM2M 1.0) */
    uint16_t shown_version; /* in Discover; 0 = its own */
    bool no_pct, no_pct_retry, no_pack, acc;
    /* what it reads */
    uint32_t formats; /* bits by sim_format_bit; 0 = those of its version */
    uint8_t format_code, no_format_code, unknown_object, missing_code; /* 0 = as Anjay */
    uint32_t datagram_max, body_max, key_max, identity_max, credential_max, security_max;
    /* what it shows */
    bool no_discover, no_read;
    bool discover_bare, discover_quoted, discover_no_uri, discover_no_bootstrap_uri;
    bool discover_terse, discover_versions, discover_no_oscore;
    bool discover_garbage, discover_empty, discover_big, discover_commas, discover_slash;
    bool discover_no_security;
    /* how it writes and deletes */
    bool replaces, replaces_security, renumbers, forgets, always_changed, unknown_is_error;
    bool refuses_optional, accounts_at_finish, keeps_account, keeps_device, oscore_unprotected;
    bool cascades;
    /* Finish */
    bool needs_binding, no_validation, ends_at_refusal, separate_finish, deaf;
    uint32_t finish_refusals;
    /* time */
    uint32_t hold_off_s, delay_s, budget_s, slow_ms;
    /* faults: at the N-th request of the server, 0 = never */
    uint32_t silent_at, garbage_at, closes_at, again_at, code_at;
    uint8_t code; /* the answer at code_at */
    bool separate, no_dedup;
};

struct sim_profile_row {
    const char *name;
    const char *behaviours; /* as for sim_profile_apply */
    const char *help;
};

/* Row INDEX of the profiles, NULL behind the last. */
const struct sim_profile_row *sim_profile_at(size_t index);
/* The row called NAME, or NULL. */
const struct sim_profile_row *sim_profile_by_name(const char *name);
/* Name and explanation of behaviour INDEX; NULL behind the last. ARGUMENT: what follows "=", or
 * NULL. */
const char *sim_behaviour_at(size_t index, const char **argument, const char **help);
/*
 * Lays BEHAVIOURS, "name,name=value", over PROFILE. False: FAULT (SIM_FAULT_MAX + 1 octets) names
 * the word at fault; PROFILE is as before.
 */
bool sim_profile_apply(struct sim_profile *profile, const char *behaviours, char *fault) MUST_USE;

/* The bit of a content format in a set; 0 for an unknown one. */
uint32_t sim_format_bit(uint16_t number);
/* "tlv+senml-cbor", also with commas -> set. False: an unknown name. */
bool sim_formats_parse(const char *text, size_t len, uint32_t *formats) MUST_USE;
/* The set of formats that PROFILE reads when it speaks VERSION. */
uint32_t sim_profile_formats(const struct sim_profile *profile, uint16_t version);
/* The format that it asks for; LWM2M_FORMAT_NONE is never returned. */
uint16_t sim_profile_pct(const struct sim_profile *profile, uint16_t version);

#endif
