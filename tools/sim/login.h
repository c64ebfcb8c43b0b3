/*
 * Who connects where: the options that every verb with a server has, checked and loaded in one
 * place.
 */
#ifndef SIM_LOGIN_H
#define SIM_LOGIN_H

#include "tools/sim/credentials.h"

struct sim_login {
    const char *server, *endpoint, *credentials, *identity, *key_file;
};

/* What is wrong with these options; NULL when nothing is. Static. */
const char *sim_login_fault(const struct sim_login *login);
/*
 * Reads the credential that LOGIN names, if it names one, into CREDENTIALS, which the caller
 * clears, and takes the endpoint's name from it where LOGIN has none. What is wrong, or worth a
 * warning, goes to standard error; the exit code (verbs.h).
 */
int sim_login_load(struct sim_login *login, struct sim_credentials *credentials) MUST_USE;
/* CREDENTIALS, borrowed, as a connection to LOGIN's server. */
struct cc_client sim_login_connection(const struct sim_login *login,
                                      const struct sim_credentials *credentials);

#endif
