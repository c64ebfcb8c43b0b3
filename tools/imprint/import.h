/*
 * imprint policy import: what leshan.h makes of Leshan's documents, into a file and a store.
 *
 * Endpoints are read twice: once to describe and judge all of them, and, when nothing stands in the
 * way, once more to be stored, so that the secrets of one endpoint at a time are held besides the
 * documents.
 */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include "tools/imprint/json.h"
#include "tools/imprint/leshan.h"

/* One endpoint under way. Holds secrets. */
struct cli_import_work {
    struct cli_leshan_config config;
    struct cli_leshan_accounts accounts;
    struct pki_device device;
    struct pki_credential credentials[CLI_LESHAN_CREDENTIALS];
    size_t credential_count;
};

struct cli_import {
    struct cli_call *call;
    struct cli_leshan_report report;
    struct cli_leshan_list list;
    struct cli_leshan_book book;
    struct cli_import_work *work;
    struct cli_json json; /* with --json */
    bool has_json;
    size_t left_out;      /* endpoints with errors */
    size_t secrets;       /* of all others */
    size_t stored, added; /* credentials, and devices that are new */
    char prefix[CLI_LESHAN_PREFIX_MAX + 1];
};

/* ITEM into IMPORT->work; false: it has errors, which went to REPORT. */
bool cli_import_read(struct cli_import *import, struct cli_leshan_item *item,
                     struct cli_leshan_report *report);
/* Every endpoint that is not left out into the store, in TXN. */
enum cli_status cli_import_store(struct cli_import *import, struct pki_txn *txn);

#endif
