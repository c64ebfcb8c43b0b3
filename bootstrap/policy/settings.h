/*
 * imprintd.yaml: the daemon's settings, read by the same schema engine as policies.
 */
#ifndef POLICY_SETTINGS_H
#define POLICY_SETTINGS_H

#include "bootstrap/policy/policy.h"

#define POLICY_LISTENERS_MAX 8

struct policy_settings {
    char *
        listen[POLICY_LISTENERS_MAX]; /* URIs; default coaps://[::]:5684 and coaps://0.0.0.0:5684 */
    size_t listen_count;
    bool allow_plain_secrets; /* secrets over coap:// listeners (lab) */
    unsigned workers;         /* default 1 */
    char *policies;           /* file or folder; relative to the home; default "policies" */
    char *objects; /* file or folder of definitions, relative to the home; NULL: "objects" there */
    size_t sessions_max; /* default 100,000 */
    uint32_t handshake_ms, handshake_fail_ms, idle_ms;
    struct policy_link link; /* default link: 2 s, 4, 512, 80 s */
    uint32_t drain_ms;       /* SIGTERM: wait for running bootstraps at most; default 90 s */
    bool log_json;
    unsigned log_level;    /* 0 error, 1 warning, 2 info, 3 debug */
    unsigned control_mode; /* mode of the control socket, default 0600 */
    uint64_t map_bytes;    /* 0 = default */
};

/* Defaults, as if the file were empty. Free with policy_settings_clear. */
void policy_settings_default(struct policy_settings *settings);
/* Loads FILE over the defaults; an absent file is the defaults. False and nothing changed on any
 * error in REPORT. */
bool policy_settings_load(const char *file, struct policy_settings *settings,
                          struct policy_report *report);
bool policy_settings_load_text(const char *file, const char *text, size_t len,
                               struct policy_settings *settings, struct policy_report *report);
void policy_settings_clear(struct policy_settings *settings);

#endif
