#include "tools/sim/verbs.h"

#include <stdio.h>
#include <string.h>

static const struct sim_verb verbs[] = {
    {"bootstrap", "one device bootstraps, shown message by message", sim_verb_bootstrap},
    {"profiles", "the clients that it can play, and single behaviours", sim_verb_profiles},
    {"conformance", "judges a bootstrap server, case by case", sim_verb_conformance},
};

static void print_help(FILE *out)
{
    fputs("usage: imprint-sim VERB [options]\n\nA simulated LwM2M bootstrap client.\n\n", out);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        fprintf(out, "  %-12s %s\n", verbs[i].name, verbs[i].help);
    }
    fputs("\nimprint-sim VERB --help tells the options of a verb; imprint-sim --version, the "
          "version.\n",
          out);
}

static int flushed(int code)
{
    return fflush(stdout) == 0 && ferror(stdout) == 0 ? code : SIM_EXIT_FAILED;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "--version") == 0) {
        puts("imprint-sim " IMPRINT_VERSION);
        return flushed(SIM_EXIT_DONE);
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        print_help(stdout);
        return flushed(SIM_EXIT_DONE);
    }
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i].name, word) == 0) {
            return flushed(verbs[i].run(argv + 2));
        }
    }
    if (argc > 1) {
        fprintf(stderr, "imprint-sim: unknown verb '%s'\n", word);
    }
    print_help(stderr);
    return SIM_EXIT_USAGE;
}
