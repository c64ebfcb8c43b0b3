#include "tools/sim/report.h"

#include "bootstrap/lwm2m/codec.h"
#include "tools/sim/file.h"
#include "tools/sim/show.h"

#include <errno.h>

static const char *format_text(uint16_t number, char out[static 16])
{
    const struct lwm2m_format *format = lwm2m_format_by_number(number);
    if (number == CC_FORMAT_NONE || format != NULL) {
        return number == CC_FORMAT_NONE ? "" : format->name;
    }
    snprintf(out, 16, number == LWM2M_FORMAT_LINK ? "link" : "%u", number);
    return out;
}

static void pair(struct lwm2m_json_writer *json, const char *key, const char *text)
{
    lwm2m_json_key(json, key);
    lwm2m_json_text(json, text);
}

static void served_json(const struct sim_outcome *outcome, struct lwm2m_json_writer *json)
{
    lwm2m_json_key(json, "served");
    lwm2m_json_array_begin(json);
    for (size_t i = 0; i < outcome->served_count; i++) {
        const struct sim_served *served = &outcome->served[i];
        char code[8];
        char format[16];
        lwm2m_json_object_begin(json);
        pair(json, "method", cc_code_text(served->method, code));
        pair(json, "path", served->path);
        pair(json, "format", format_text(served->format, format));
        pair(json, "code", served->code == 0 ? "" : cc_code_text(served->code, code));
        lwm2m_json_object_end(json);
    }
    lwm2m_json_array_end(json);
}

static bool build(const struct sim_report *report, bool with_secrets,
                  struct lwm2m_json_writer *json)
{
    const struct sim_outcome *outcome = report->outcome;
    char code[8];
    lwm2m_json_object_begin(json);
    pair(json, "event", "outcome");
    pair(json, "endpoint", report->endpoint);
    pair(json, "profile", report->profile);
    pair(json, "result", sim_result_name(outcome->result));
    pair(json, "reason", outcome->reason);
    pair(json, "code", outcome->code == 0 ? "" : cc_code_text(outcome->code, code));
    const struct {
        const char *key;
        uint64_t number;
    } numbers[] = {{"attempts", outcome->attempts},
                   {"requests", outcome->requests},
                   {"ms", outcome->duration_ms}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        lwm2m_json_key(json, numbers[i].key);
        lwm2m_json_uint(json, numbers[i].number);
    }
    lwm2m_json_key(json, "pack");
    lwm2m_json_bool(json, outcome->is_packed);
    served_json(outcome, json);
    lwm2m_json_key(json, "objects");
    sim_show_json(report->device, json, with_secrets);
    lwm2m_json_object_end(json);
    return json->error == LWM2M_OK;
}

bool sim_report_json(const struct sim_report *report)
{
    struct lwm2m_json_writer json = {0};
    bool is_ok = build(report, false, &json);
    if (is_ok) {
        printf("%.*s\n", (int)json.len, json.data);
    }
    lwm2m_json_clear(&json);
    return is_ok;
}

bool sim_report_dump(const struct sim_report *report, const char *path)
{
    struct lwm2m_json_writer json = {0};
    errno = ENOMEM;
    bool is_ok = build(report, true, &json) && sim_file_write(path, json.data, json.len);
    lwm2m_json_clear(&json);
    return is_ok;
}

static void print_served(const struct sim_outcome *outcome)
{
    printf("\n%-8s %-24s %-12s %s\n", "request", "path", "format", "answer");
    for (size_t i = 0; i < outcome->served_count; i++) {
        const struct sim_served *served = &outcome->served[i];
        char method[8];
        char code[8];
        char format[16];
        printf("%-8s %-24s %-12s %s\n", cc_code_text(served->method, method), served->path,
               format_text(served->format, format),
               served->code == 0 ? "none" : cc_code_text(served->code, code));
    }
}

void sim_report_text(const struct sim_report *report, bool is_quiet)
{
    const struct sim_outcome *outcome = report->outcome;
    if (!is_quiet) {
        if (outcome->served_count > 0) {
            print_served(outcome);
        }
        putchar('\n');
        sim_show_table(report->device, stdout);
        putchar('\n');
    }
    printf("%s: %s%s%s%s after %.3f s, %u %s, %u requests served\n", report->endpoint,
           sim_result_name(outcome->result), outcome->is_packed ? " by a Bootstrap-Pack" : "",
           outcome->reason[0] ? ": " : "", outcome->reason, (double)outcome->duration_ms / 1000,
           outcome->attempts, outcome->attempts == 1 ? "attempt" : "attempts", outcome->requests);
}
