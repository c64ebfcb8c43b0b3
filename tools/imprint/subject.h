/*
 * Who a policy is asked about: a device of the home with all that is known of it, and what it shows
 * by the files that --against, --read-servers and --read-access name.
 */
#ifndef CLI_SUBJECT_H
#define CLI_SUBJECT_H

#include "tools/imprint/command.h"
#include "bootstrap/policy/policy.h"

#define CLI_CREDENTIALS_MAX 256
#define CLI_ROLLOUTS_MAX    256

/* Holds secrets. */
struct cli_subject {
    struct pki_device device;
    struct pki_credential credentials[CLI_CREDENTIALS_MAX];
    struct pki_memory memory;
    struct pki_rollout rollouts[CLI_ROLLOUTS_MAX];
    bool has_memory, has_discover, has_servers, has_access;
    struct lwm2m_discover discover;
    struct lwm2m_content servers, access;
    struct policy_subject view; /* points into the rest */
};

/*
 * Reads the device that the first argument of CALL names, and its options; SET says the types of
 * what was read. NULL: why was said, *STATUS is what to exit with.
 */
struct cli_subject *cli_subject_new(struct cli_call *call, const struct policy_set *set,
                                    enum cli_status *status);
/* Wipes; NULL is fine. */
void cli_subject_free(struct cli_subject *subject);

#endif
