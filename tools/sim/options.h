/*
 * Long options by table: parsing, bounds, help. "--name VALUE", "--name=VALUE", "--flag".
 */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum sim_option_kind {
    SIM_OPTION_TEXT,    /* const char * */
    SIM_OPTION_NUMBER,  /* uint32_t, MIN..MAX */
    SIM_OPTION_SECONDS, /* uint32_t milliseconds, from seconds with at most 3 decimals, MIN..MAX
                           seconds */
    SIM_OPTION_FORMAT,  /* uint16_t content format that this program can decode */
    SIM_OPTION_VERSION, /* uint16_t LWM2M_VERSION: 1.0, 1.1 or 1.2 */
    SIM_OPTION_FORMATS, /* uint32_t set of formats, by sim_format_bit */
    SIM_OPTION_FLAG     /* bool */
};

struct sim_option {
    const char *name;
    enum sim_option_kind kind;
    size_t offset;        /* of the member of the verb's struct */
    const char *argument; /* shown in the help; NULL for a flag */
    const char *help;
    uint32_t min, max;
};

/*
 * Parses ARGV (options only: any other word is an error) into VALUES, which holds the defaults.
 * False: one sentence on ERRORS.
 */
bool sim_options_parse(const struct sim_option *options, size_t count, char **argv, void *values,
                       FILE *errors);
/* One line an option. */
void sim_options_help(const struct sim_option *options, size_t count, FILE *out);

#endif
