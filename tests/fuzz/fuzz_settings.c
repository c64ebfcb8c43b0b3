/*
 * Any text as imprintd.yaml: it loads within its ranges, or it is refused and nothing changes.
 */
#include "bootstrap/policy/settings.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int is_sound(const struct policy_settings *settings)
{
    return settings->listen_count >= 1 && settings->listen_count <= POLICY_LISTENERS_MAX &&
           settings->workers >= 1 && settings->workers <= 64 && settings->policies != NULL &&
           settings->sessions_max >= 1 && settings->link.block_bytes >= 16 &&
           settings->link.block_bytes <= 1024 && settings->link.budget_ms >= 5000 &&
           settings->log_level <= 3 && (settings->control_mode & ~0660u) == 0;
}

/* The defaults, with a mark of ours: made once, and again when an input took their place. */
static void set_up(struct policy_settings *settings)
{
    policy_settings_default(settings);
    settings->workers = 63;
}

/* An absent file is the defaults; what is no file is an error and changes nothing. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct policy_settings settings;
    struct policy_report report = {0};
    (void)argc;
    (void)argv;
    set_up(&settings);
    if (policy_settings_load("/", &settings, &report) || report.error_count != 1 ||
        settings.workers != 63) {
        abort();
    }
    policy_report_clear(&report);
    if (!policy_settings_load("/no/such/file", &settings, &report) || report.count > 0 ||
        !is_sound(&settings) || settings.workers == 63) {
        abort();
    }
    policy_settings_clear(&settings);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct policy_settings settings;
    struct policy_settings before;
    struct policy_report report = {0};
    if (settings.workers == 0) {
        set_up(&settings);
    }
    memcpy(&before, &settings, sizeof before);
    bool is_loaded =
        policy_settings_load_text("fuzz.yaml", (const char *)data, size, &settings, &report);
    if (is_loaded != (report.error_count == 0) || !is_sound(&settings) ||
        (!is_loaded && memcmp(&before, &settings, sizeof before) != 0)) {
        abort();
    }
    if (is_loaded) {
        policy_settings_clear(&settings);
        set_up(&settings);
    }
    policy_report_clear(&report);
    return 0;
}
