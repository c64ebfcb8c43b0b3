/*
 * Any text as a policy file: it loads or is refused, and whatever it decides, every plan it makes
 * for a fixed device holds the invariants: with what the device shows, with nothing, and asked for
 * nothing.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/policy_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const shown[] = {
    NULL,
    "</>;lwm2m=1.1,</0/0>,</0/1>;ssid=101,</0/2>;ssid=7,</1/0>;ssid=101,</1/1>;ssid=7,</2/0>,</3/"
    "0>,"
    "</5>,</11>,</21/0>,</21/1>;ssid=7",
    "</>;lwm2m=1.0,</0/7>,</1>,</3/0>",
    "</0/0>;ssid=1,</1/0>;ssid=1",
};

static void plan_for(const struct policy_set *set, const char *text, const char *override)
{
    struct lwm2m_discover discover = {0};
    struct pki_device device;
    struct policy_subject subject = policy_case_subject(&device, NULL);
    struct policy_decision decision;
    char reason[POLICY_REASON_MAX + 1];
    uint8_t counter = 0;
    if (text != NULL) {
        discover = policy_case_discover(text);
        subject.discover = &discover;
    }
    device.attribute_count = 1;
    snprintf(device.attributes[0].name, sizeof device.attributes[0].name, "region");
    snprintf(device.attributes[0].value, sizeof device.attributes[0].value, "eu");
    snprintf(device.group, sizeof device.group, "pilot");
    snprintf(device.policy, sizeof device.policy, "%s", override);
    policy_decide(set, &subject, 1000, &decision);
    struct policy_plan *plan =
        policy_plan_new(set, &decision, &subject, 1000, policy_case_random, &counter, reason);
    if (plan == NULL ? reason[0] == '\0' : policy_case_broken(plan, subject.discover) != NULL) {
        fprintf(stderr, "%s\n",
                plan == NULL ? "no reason" : policy_case_broken(plan, subject.discover));
        abort();
    }
    policy_plan_free(plan);
    lwm2m_discover_clear(&discover);
}

/*
 * Each problem stands at a place of the text, in order, in one line that a terminal can show. The
 * place of an empty block text is as far behind its end as the text says that it is indented.
 */
static void check_report(const struct policy_report *report, const uint8_t *data, size_t size)
{
    unsigned lines = 2;
    for (size_t i = 0; i < size; i++) {
        lines += data[i] == '\n' || data[i] == '\r';
    }
    for (size_t i = 0; i < report->count; i++) {
        const struct policy_problem *problem = &report->problems[i];
        char line[800];
        policy_report_line(report, i, line, sizeof line);
        bool is_clean = strlen(line) < sizeof line - 1 && problem->text[0] != '\0';
        for (const char *at = line; *at != '\0'; at++) {
            is_clean &= (unsigned char)*at >= ' ' && *at != 127;
        }
        bool is_ordered = i == 0 || problem[-1].line <= problem->line;
        if (!is_clean || !is_ordered || problem->line > lines || problem->column > size + 10) {
            fprintf(stderr, "%s\n", line);
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct policy_report report = {0};
    struct policy_set *set = policy_set_load_text("fuzz.yaml", (const char *)data, size, &report);
    if ((set == NULL) != (report.error_count > 0)) {
        abort();
    }
    check_report(&report, data, size);
    for (size_t i = 0; set != NULL && i < sizeof shown / sizeof shown[0]; i++) {
        plan_for(set, shown[i], "");
        for (size_t rule = 0; rule < policy_set_rule_count(set) && rule < 8; rule++) {
            plan_for(set, shown[i], policy_set_rule_name(set, rule));
        }
    }
    policy_set_unref(set);
    policy_report_clear(&report);
    return 0;
}
