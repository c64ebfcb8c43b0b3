/* imprint-sim profiles */
#include "bootstrap/lwm2m/json.h"
#include "tools/sim/options.h"
#include "tools/sim/profile.h"
#include "tools/sim/verbs.h"

struct arguments {
    bool is_json;
    bool is_help;
};

static const struct sim_option options[] = {
    {"json", SIM_OPTION_FLAG, offsetof(struct arguments, is_json), NULL, "one JSON document", 0, 0},
    {"help", SIM_OPTION_FLAG, offsetof(struct arguments, is_help), NULL, "this text", 0, 0},
};
enum { OPTION_COUNT = sizeof options / sizeof options[0] };

static void print_text(void)
{
    const struct sim_profile_row *row;
    const char *name, *argument, *help;
    puts("profiles (--profile NAME):\n");
    for (size_t i = 0; (row = sim_profile_at(i)) != NULL; i++) {
        printf("  %-16s %s\n", row->name, row->help);
        printf("  %-16s %s\n", "", row->behaviours);
    }
    puts("\nbehaviours (--behave NAME,NAME=VALUE):\n");
    for (size_t i = 0; (name = sim_behaviour_at(i, &argument, &help)) != NULL; i++) {
        char left[64];
        snprintf(left, sizeof left, "%s%s%s", name, argument != NULL ? "=" : "",
                 argument != NULL ? argument : "");
        printf("  %-30s %s\n", left, help);
    }
}

static void pair(struct lwm2m_json_writer *json, const char *key, const char *text)
{
    lwm2m_json_key(json, key);
    lwm2m_json_text(json, text);
}

static void versions_json(const struct sim_profile *profile, struct lwm2m_json_writer *json)
{
    const struct lwm2m_format *format;
    char text[8];
    uint16_t version = profile->version != 0 ? profile->version : LWM2M_VERSION(1, 1);
    snprintf(text, sizeof text, "%u.%u", version >> 8, version & 0xffu);
    pair(json, "version", text);
    lwm2m_json_key(json, "formats");
    lwm2m_json_array_begin(json);
    for (size_t i = 0; (format = lwm2m_format_at(i)) != NULL; i++) {
        if (sim_profile_formats(profile, version) & sim_format_bit(format->number)) {
            lwm2m_json_text(json, format->name);
        }
    }
    lwm2m_json_array_end(json);
}

static bool profiles_json(struct lwm2m_json_writer *json)
{
    const struct sim_profile_row *row;
    bool is_ok = true;
    lwm2m_json_key(json, "profiles");
    lwm2m_json_array_begin(json);
    for (size_t i = 0; is_ok && (row = sim_profile_at(i)) != NULL; i++) {
        struct sim_profile profile = {0};
        char fault[SIM_FAULT_MAX + 1];
        is_ok = sim_profile_apply(&profile, row->behaviours, fault);
        lwm2m_json_object_begin(json);
        pair(json, "name", row->name);
        pair(json, "help", row->help);
        pair(json, "behaviours", row->behaviours);
        versions_json(&profile, json);
        lwm2m_json_object_end(json);
    }
    lwm2m_json_array_end(json);
    return is_ok;
}

static int print_json(void)
{
    struct lwm2m_json_writer json = {0};
    const char *name, *argument, *help;
    lwm2m_json_object_begin(&json);
    bool is_ok = profiles_json(&json);
    lwm2m_json_key(&json, "behaviours");
    lwm2m_json_array_begin(&json);
    for (size_t i = 0; (name = sim_behaviour_at(i, &argument, &help)) != NULL; i++) {
        lwm2m_json_object_begin(&json);
        pair(&json, "name", name);
        pair(&json, "argument", argument);
        pair(&json, "help", help);
        lwm2m_json_object_end(&json);
    }
    lwm2m_json_array_end(&json);
    lwm2m_json_object_end(&json);
    is_ok = is_ok && json.error == LWM2M_OK;
    if (is_ok) {
        printf("%.*s\n", (int)json.len, json.data);
    }
    lwm2m_json_clear(&json);
    return is_ok ? SIM_EXIT_DONE : SIM_EXIT_FAILED;
}

int sim_verb_profiles(char **argv)
{
    struct arguments arguments = {0};
    if (!sim_options_parse(options, OPTION_COUNT, argv, &arguments, stderr)) {
        return SIM_EXIT_USAGE;
    }
    if (arguments.is_help) {
        puts("usage: imprint-sim profiles [options]\n");
        sim_options_help(options, OPTION_COUNT, stdout);
        return SIM_EXIT_DONE;
    }
    if (arguments.is_json) {
        return print_json();
    }
    print_text();
    return SIM_EXIT_DONE;
}
