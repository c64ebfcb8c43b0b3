#include "tools/sim/options.h"

#include "tools/sim/profile.h"

#include <string.h>

static const struct sim_option *find(const struct sim_option *options, size_t count,
                                     const char *word)
{
    size_t len = strcspn(word + 2, "=");
    for (size_t i = 0; i < count; i++) {
        if (strlen(options[i].name) == len && memcmp(options[i].name, word + 2, len) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

/* Decimal with at most three decimals -> thousandths. */
static bool thousandths(const char *text, uint64_t *value)
{
    uint64_t whole = 0;
    size_t i = 0;
    for (; text[i] >= '0' && text[i] <= '9' && i < 9; i++) {
        whole = whole * 10 + (uint64_t)(text[i] - '0');
    }
    if (i == 0) {
        return false;
    }
    uint64_t part = 0;
    uint64_t unit = 1000;
    if (text[i] == '.') {
        for (i++; text[i] >= '0' && text[i] <= '9' && unit > 1; i++) {
            unit /= 10;
            part += (uint64_t)(text[i] - '0') * unit;
        }
    }
    *value = whole * 1000 + part;
    return text[i] == '\0';
}

static bool set_number(const struct sim_option *option, const char *text, void *target)
{
    uint64_t value;
    if (!thousandths(text, &value) || value < (uint64_t)option->min * 1000 ||
        value > (uint64_t)option->max * 1000) {
        return false;
    }
    if (option->kind == SIM_OPTION_NUMBER && value % 1000 != 0) {
        return false;
    }
    *(uint32_t *)target = (uint32_t)(option->kind == SIM_OPTION_NUMBER ? value / 1000 : value);
    return true;
}

static bool set_format(const char *text, void *target)
{
    const struct lwm2m_format *format = lwm2m_format_by_name(text, strlen(text));
    if (format == NULL || format->decode == NULL || format->single_only) {
        return false;
    }
    *(uint16_t *)target = format->number;
    return true;
}

static bool set_version(const char *text, void *target)
{
    static const char *const names[] = {"1.0", "1.1", "1.2"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i]) == 0) {
            *(uint16_t *)target = LWM2M_VERSION(1, i);
            return true;
        }
    }
    return false;
}

static bool set(const struct sim_option *option, const char *text, void *target)
{
    switch (option->kind) {
    case SIM_OPTION_TEXT:
        *(const char **)target = text;
        return text[0] != '\0';
    case SIM_OPTION_NUMBER:
    case SIM_OPTION_SECONDS:
        return set_number(option, text, target);
    case SIM_OPTION_FORMAT:
        return set_format(text, target);
    case SIM_OPTION_VERSION:
        return set_version(text, target);
    case SIM_OPTION_FORMATS:
        return sim_formats_parse(text, strlen(text), target);
    case SIM_OPTION_FLAG:
        *(bool *)target = true;
        return true;
    }
    return false;
}

/* The value of the option at argv[*i], from "--name=VALUE" or the next word; NULL when there is
 * none. */
static const char *value_of(char **argv, size_t *i)
{
    const char *equals = strchr(argv[*i], '=');
    if (equals != NULL) {
        return equals + 1;
    }
    return argv[*i + 1] != NULL ? argv[++*i] : NULL;
}

static bool parse_one(const struct sim_option *option, char **argv, size_t *i, void *values,
                      FILE *errors)
{
    const bool is_flag = option->kind == SIM_OPTION_FLAG;
    if (is_flag && strchr(argv[*i], '=') != NULL) {
        fprintf(errors, "imprint-sim: --%s takes no value\n", option->name);
        return false;
    }
    const char *value = is_flag ? "" : value_of(argv, i);
    if (value == NULL) {
        fprintf(errors, "imprint-sim: --%s wants %s\n", option->name, option->argument);
        return false;
    }
    if (!set(option, value, (char *)values + option->offset)) {
        fprintf(errors, "imprint-sim: --%s: '%s' does not fit (%s)\n", option->name, value,
                option->help);
        return false;
    }
    return true;
}

bool sim_options_parse(const struct sim_option *options, size_t count, char **argv, void *values,
                       FILE *errors)
{
    for (size_t i = 0; argv[i] != NULL; i++) {
        const struct sim_option *option =
            strncmp(argv[i], "--", 2) == 0 ? find(options, count, argv[i]) : NULL;
        if (option == NULL) {
            fprintf(errors, "imprint-sim: unknown option '%s'\n", argv[i]);
            return false;
        }
        if (!parse_one(option, argv, &i, values, errors)) {
            return false;
        }
    }
    return true;
}

void sim_options_help(const struct sim_option *options, size_t count, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        char left[48];
        snprintf(left, sizeof left, "--%s%s%s", options[i].name,
                 options[i].argument != NULL ? " " : "",
                 options[i].argument != NULL ? options[i].argument : "");
        fprintf(out, "  %-28s %s\n", left, options[i].help);
    }
}
