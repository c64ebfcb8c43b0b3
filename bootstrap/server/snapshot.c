#include "bootstrap/server/snapshot.h"

#include "bootstrap/coap/address.h"
#include "bootstrap/policy/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bs_snapshot *bs_snapshot_ref(struct bs_snapshot *snapshot)
{
    atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
    return snapshot;
}

void bs_snapshot_unref(struct bs_snapshot *snapshot)
{
    if (!snapshot || atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_acq_rel) != 1)
        return;
    policy_set_unref(snapshot->policies);
    policy_settings_clear(&snapshot->settings);
    free(snapshot->policies_path);
    free(snapshot->objects_path);
    free(snapshot);
}

static char *joined(const char *home, const char *path)
{
    char *out = NULL;
    if (path[0] == '/')
        return strdup(path);
    return asprintf(&out, "%s/%s", home, path) < 0 ? NULL : out;
}

/* Command-line listeners replace those of the file. */
static bool apply(struct policy_settings *settings, const struct bs_overrides *overrides)
{
    if (overrides->allow_plain_secrets)
        settings->allow_plain_secrets = true;
    if (overrides->workers)
        settings->workers = overrides->workers;
    if (!overrides->listen_count)
        return true;
    for (size_t i = 0; i < settings->listen_count; i++)
        free(settings->listen[i]);
    settings->listen_count = 0;
    for (size_t i = 0; i < overrides->listen_count; i++) {
        settings->listen[i] = strdup(overrides->listen[i]);
        if (!settings->listen[i])
            return false;
        settings->listen_count = i + 1;
    }
    return true;
}

/* A host that is a name passes the settings' own check; only an address can be listened on. */
static bool check_listeners(const char *file, const struct policy_settings *settings,
                            struct policy_report *report)
{
    struct policy_mark mark = {.file = file};
    struct cc_uri parsed;
    bool ok = true;
    for (size_t i = 0; i < settings->listen_count; i++)
        if (cc_uri_parse(settings->listen[i], &parsed) != CC_OK) {
            policy_error(report, mark, "listen: '%s' is no coaps://ADDRESS[:PORT]",
                         settings->listen[i]);
            ok = false;
        }
    return ok;
}

/* The definitions that the settings name, or those in `objects` where that is there. False: an
 * error is in REPORT. */
static bool load_objects(const char *home, struct bs_snapshot *snapshot,
                         struct lwm2m_definitions **definitions, struct policy_report *report)
{
    const char *named = snapshot->settings.objects;
    char *path = joined(home, named ? named : "objects");
    if (!path)
        return false;
    if (!named && access(path, F_OK) != 0) {
        free(path);
        return true;
    }
    snapshot->objects_path = path;
    *definitions = policy_definitions_load(path, report);
    return *definitions != NULL;
}

static void load_policies(const char *home, struct bs_snapshot *snapshot,
                          struct policy_report *report)
{
    struct lwm2m_definitions *definitions = NULL;
    snapshot->policies_path = joined(home, snapshot->settings.policies);
    if (snapshot->policies_path && load_objects(home, snapshot, &definitions, report))
        snapshot->policies = policy_set_load(snapshot->policies_path, definitions, report);
    if (snapshot->policies)
        policy_set_lint(snapshot->policies, snapshot->loaded_at, report);
    lwm2m_definitions_unref(definitions);
}

struct bs_snapshot *bs_snapshot_load(const char *home, const struct bs_overrides *overrides,
                                     int64_t now_at, struct policy_report *report)
{
    struct bs_snapshot *snapshot = calloc(1, sizeof *snapshot);
    char *file = joined(home, "imprintd.yaml");
    if (!snapshot || !file) {
        free(file);
        free(snapshot);
        return NULL;
    }
    atomic_init(&snapshot->references, 1);
    snapshot->loaded_at = now_at;
    policy_settings_default(&snapshot->settings);
    bool ok = policy_settings_load(file, &snapshot->settings, report) &&
              apply(&snapshot->settings, overrides) &&
              check_listeners(file, &snapshot->settings, report);
    free(file);
    if (ok)
        load_policies(home, snapshot, report);
    if (!snapshot->policies) {
        bs_snapshot_unref(snapshot);
        return NULL;
    }
    return snapshot;
}
