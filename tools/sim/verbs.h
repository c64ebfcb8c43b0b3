/*
 * The verbs of imprint-sim: one row each, one file each.
 */
#ifndef SIM_VERBS_H
#define SIM_VERBS_H

/* Exit codes of every verb. */
enum { SIM_EXIT_DONE = 0, SIM_EXIT_FAILED = 1, SIM_EXIT_USAGE = 2 };

struct sim_verb {
    const char *name;
    const char *help;
    int (*run)(char **argv); /* the words after the verb, NULL at the end */
};

/* One device, one bootstrap, shown step by step. */
int sim_verb_bootstrap(char **argv);
/* The profiles and behaviours that a simulated device can have. */
int sim_verb_profiles(char **argv);
/* The cases that a client can judge a bootstrap server by. */
int sim_verb_conformance(char **argv);

#endif
