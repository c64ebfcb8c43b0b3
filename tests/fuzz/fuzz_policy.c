/*
 * Any text as a policy file, or as two files with a NUL octet between them: it loads or is refused,
 * and whatever it decides, every plan it makes for a fixed device holds the invariants: with what
 * the device shows, with nothing, and asked for nothing. A short text is tried as one value too.
 */
#include "bootstrap/policy/load.h"
#include "bootstrap/policy/model.h"
#include "bootstrap/policy/schema_number.h"
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

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_explanation(void *context, const struct policy_explanation *one)
{
    require(context != NULL && one->name != NULL && one->mark.line > 0);
    require(!one->fits || one->is_applied || one->reason[0] != '\0');
}

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
        subject.seen.discover = &discover;
    }
    device.attribute_count = 1;
    snprintf(device.attributes[0].name, sizeof device.attributes[0].name, "region");
    snprintf(device.attributes[0].value, sizeof device.attributes[0].value, "eu");
    snprintf(device.group, sizeof device.group, "pilot");
    snprintf(device.policy, sizeof device.policy, "%s", override);
    struct pki_memory memory = {.object_count = 1, .objects = {5}};
    struct pki_rollout rollout;
    const char *campaign = policy_set_rollout_name(set, 0);
    subject.memory = &memory;
    if (campaign != NULL && policy_set_rollout(set, campaign, &rollout)) {
        rollout.state = PKI_ROLLOUT_RUNNING;
        subject.rollouts = &rollout;
        subject.rollout_count = 1;
    }
    policy_explain(set, &subject, 1000, check_explanation, &device);
    policy_decide(set, &subject, false, 1000, &decision);
    require(!decision.is_open || (text == NULL && decision.verdict == POLICY_APPLY));
    policy_decide(set, &subject, true, 1000, &decision);
    struct policy_plan *plan =
        policy_plan_new(set, &decision, &subject, 1000, policy_case_random, &counter, reason);
    if (plan == NULL ? reason[0] == '\0'
                     : policy_case_broken(plan, subject.seen.discover) != NULL) {
        fprintf(stderr, "%s\n",
                plan == NULL ? "no reason" : policy_case_broken(plan, subject.seen.discover));
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
        bool is_ordered = i == 0 || strcmp(problem[-1].file, problem->file) < 0 ||
                          problem[-1].line <= problem->line;
        if (!is_clean || !is_ordered || problem->line > lines || problem->column > size + 10) {
            fprintf(stderr, "%s\n", line);
            abort();
        }
    }
}

/* ---- single values ---- */

enum { VALUE_MAX = 48 };

static void check_value(const struct policy_node *node, enum lwm2m_type type)
{
    struct policy_arena arena = {0};
    struct lwm2m_value value = {0};
    const char *wrong = policy_value_parse(&arena, node, type, &value);
    require(wrong == NULL || wrong[0] != '\0');
    if (wrong == NULL) {
        bool is_negative = memchr(node->text, '-', node->len) != NULL;
        require(value.type == type && type != LWM2M_NONE);
        require(type != LWM2M_OPAQUE || value.as.bytes.len < node->len || node->len == 0);
        require(type != LWM2M_STRING || value.as.bytes.len == node->len);
        require(type != LWM2M_UNSIGNED || value.as.uinteger == 0 || !is_negative);
        require(type != LWM2M_FLOAT || value.as.real == value.as.real);
    }
    policy_arena_clear(&arena);
}

/* A number that is read, written as files write it and read again is the same. */
static void check_number(const struct policy_node *node, enum policy_schema_type type)
{
    int64_t number = 0;
    int64_t again = 0;
    char text[64];
    const char *wrong = policy_schema_number_parse(type, node->text, node->len, &number);
    require(wrong == NULL || wrong[0] != '\0');
    if (wrong == NULL) {
        policy_schema_number_text(type, number, text, sizeof text);
        require(policy_schema_number_parse(type, text, strlen(text), &again) == NULL &&
                again == number);
    }
}

static void check_values(const uint8_t *data, size_t size)
{
    static const enum lwm2m_type types[] = {
        LWM2M_NONE,    LWM2M_STRING, LWM2M_INTEGER, LWM2M_UNSIGNED, LWM2M_FLOAT,
        LWM2M_BOOLEAN, LWM2M_OPAQUE, LWM2M_TIME,    LWM2M_OBJLNK,   LWM2M_CORELNK};
    static const enum policy_schema_type numbers[] = {SCHEMA_INTEGER,      SCHEMA_SECONDS,
                                                      SCHEMA_MILLISECONDS, SCHEMA_BYTES,
                                                      SCHEMA_PERCENT,      SCHEMA_DATE};
    char text[VALUE_MAX + 1] = "";
    memcpy(text, data, size);
    struct policy_node node = {.kind = POLICY_YAML_SCALAR, .text = text, .len = size};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        check_value(&node, types[i]);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        check_number(&node, numbers[i]);
    }
}

/* ---- files ---- */

static struct policy_set *load(const char *text, size_t size, struct policy_report *report)
{
    const char *split = size > 0 ? memchr(text, '\0', size) : NULL;
    if (split == NULL) {
        return policy_set_load_text("fuzz.yaml", text, size, NULL, report);
    }
    size_t first = (size_t)(split - text);
    struct policy_set *set = policy_set_begin(NULL, report);
    policy_set_add(set, "a.yaml", text, first, report);
    policy_set_add(set, "b.yaml", split + 1, size - first - 1, report);
    return policy_set_finish(set, report, 0);
}

static void use(struct policy_set *set)
{
    struct policy_set *mine = policy_set_ref(set);
    size_t count = policy_set_rule_count(mine);
    require(policy_set_rule_name(mine, count) == NULL && !policy_set_has_rule(mine, ""));
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        plan_for(mine, shown[i], "");
        for (size_t rule = 0; rule < count && rule < 8; rule++) {
            const char *name = policy_set_rule_name(mine, rule);
            require(policy_set_has_rule(mine, name));
            plan_for(mine, shown[i], name);
        }
    }
    policy_set_unref(mine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct policy_report report = {0};
    if (size <= VALUE_MAX && (size == 0 || memchr(data, '\0', size) == NULL)) {
        check_values(data, size);
    }
    struct policy_set *set = load((const char *)data, size, &report);
    require((set == NULL) == (report.error_count > 0));
    check_report(&report, data, size);
    if (set != NULL) {
        use(set);
    }
    policy_set_unref(set);
    policy_report_clear(&report);
    return 0;
}
