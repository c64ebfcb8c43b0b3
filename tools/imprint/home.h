/*
 * What a command needs of a home: its path, its passphrase, its store, its policies.
 */
#ifndef CLI_HOME_H
#define CLI_HOME_H

#include "tools/imprint/command.h"
#include "bootstrap/policy/policy.h"

#define CLI_PASSPHRASE_MAX 1024

/* Sets CALL->home from --home or $IMPRINT_HOME. */
enum cli_status cli_home_choose(struct cli_call *call);
/* CALL->home "/" NAME into OUT. */
enum cli_status cli_home_path(const struct cli_call *call, const char *name, char out[static 4096]);
/* Opens store and reader of CALL->home as STORE says; asks for the passphrase if that opens the
 * home. */
enum cli_status cli_home_open(struct cli_call *call, enum cli_store store);
/* Closes what cli_home_open opened. */
void cli_home_close(struct cli_call *call);

/* Asks on the terminal for a passphrase, twice, without echo. OUT is wiped by the caller. */
enum cli_status cli_passphrase_ask(char out[static CLI_PASSPHRASE_MAX]);
/* Reads it from the file that --passphrase-file names. */
enum cli_status cli_passphrase_read(const struct cli_call *call,
                                    char out[static CLI_PASSPHRASE_MAX]);

/* The path of the home's policies, as imprintd.yaml has it. Problems of that file go to REPORT. */
enum cli_status cli_home_policies(const struct cli_call *call, char out[static 4096],
                                  struct policy_report *report);
/* Object definitions: those of --objects, else what the home's settings name or its `objects`, else
 * *DEFINITIONS is NULL: the built-in ones. CLI_FAILED: their problems are in REPORT. Release with
 * lwm2m_definitions_unref. */
enum cli_status cli_definitions(const struct cli_call *call, struct lwm2m_definitions **definitions,
                                struct policy_report *report);
/* Loads the home's policies; problems are said. NULL on error. Release with policy_set_unref. */
struct policy_set *cli_home_policy_set(const struct cli_call *call);

/* Begins a transaction in this user's name. */
enum pki_error cli_txn_open(struct cli_call *call, struct pki_txn **txn) MUST_USE;
/* The same, and says what failed. */
enum cli_status cli_txn_begin(struct cli_call *call, struct pki_txn **txn);
/* Commits TXN; says what failed about WHAT. */
enum cli_status cli_txn_commit(struct pki_txn *txn, const char *what);
/* The device ENDPOINT names; says so when there is none. */
enum cli_status cli_device_get(struct cli_call *call, const char *endpoint,
                               struct pki_device *device);

#endif
