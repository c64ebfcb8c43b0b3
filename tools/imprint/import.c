/* imprint policy import */
#include "tools/imprint/import.h"
#include "tools/imprint/file.h"
#include "tools/imprint/home.h"
#include "tools/imprint/import_file.h"
#include "tools/imprint/out.h"
#include "tools/imprint/say.h"
#include "pki/secret.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- documents ---- */

struct documents {
    struct lwm2m_json_document *items[CLI_LESHAN_FILES];
    struct cli_leshan_source sources[CLI_LESHAN_FILES];
    size_t count;
};

static enum cli_status read_document(struct documents *documents, const char *file)
{
    struct lwm2m_json_fault fault = {0};
    struct lwm2m_json_document *document = NULL;
    size_t len = 0;
    if (documents->count == CLI_LESHAN_FILES) {
        return cli_fail("--leshan: at most %d files", CLI_LESHAN_FILES);
    }
    char *text = malloc(CLI_LESHAN_FILE_OCTETS);
    enum cli_status status =
        text != NULL ? cli_file_read("--leshan", file, text, CLI_LESHAN_FILE_OCTETS, &len)
                     : cli_fail("out of memory");
    if (status == CLI_DONE) {
        document = lwm2m_json_parse(text, len, CLI_LESHAN_FILE_OCTETS, &fault);
        status = document != NULL
                     ? CLI_DONE
                     : cli_fail("--leshan %s:%d:%d: no JSON", file, fault.line, fault.column);
    }
    if (text != NULL) {
        pki_secret_wipe(text, len);
        free(text);
    }
    if (status == CLI_DONE) {
        documents->sources[documents->count] =
            (struct cli_leshan_source){file, lwm2m_json_root(document)};
        documents->items[documents->count++] = document;
    }
    return status;
}

static enum cli_status read_documents(const struct cli_call *call, struct documents *documents)
{
    enum cli_status status = CLI_DONE;
    for (size_t i = 0; i < call->given_count && status == CLI_DONE; i++) {
        if (call->given[i].option == CLI_OPT_LESHAN) {
            status = read_document(documents, call->given[i].value);
        }
    }
    return status;
}

/* ---- problems ---- */

static void tell(void *context, const struct cli_leshan_problem *problem)
{
    static const char *const levels[] = {"note", "lost", "error"};
    struct cli_import *import = context;
    char path[2048], text[1024];
    cli_safe(problem->path, strlen(problem->path), path, sizeof path);
    cli_safe(problem->text, strlen(problem->text), text, sizeof text);
    cli_note("%s: %s: %s: %s", problem->file, levels[problem->level], path, text);
    if (import->has_json) {
        cli_json_object(&import->json, NULL);
        cli_json_string(&import->json, "level", levels[problem->level]);
        cli_json_string(&import->json, "file", problem->file);
        cli_json_string(&import->json, "path", problem->path);
        cli_json_string(&import->json, "text", problem->text);
        cli_json_object_end(&import->json);
    }
}

/* ---- endpoints ---- */

bool cli_import_read(struct cli_import *import, struct cli_leshan_item *item,
                     struct cli_leshan_report *report)
{
    struct cli_import_work *work = import->work;
    return cli_leshan_read(item, &work->config, report) &&
           cli_leshan_pair(&work->config, &work->accounts, report) &&
           cli_leshan_device(&work->config, &work->accounts, item->endpoint, &work->device,
                             report) &&
           cli_leshan_credentials(&work->config, &work->accounts, work->credentials,
                                  &work->credential_count, report);
}

static void describe(struct cli_import *import)
{
    struct cli_import_work *work = import->work;
    for (size_t i = 0; i < import->list.count; i++) {
        struct cli_leshan_item *item = &import->list.items[i];
        bool is_good = cli_import_read(import, item, &import->report);
        bool is_glob = strpbrk(item->endpoint, "*?") != NULL && work->accounts.count > 0;
        if (is_good && is_glob && !cli_has(import->call, CLI_OPT_STORE)) {
            cli_leshan_error(&import->report, work->config.place,
                             "would match other endpoints too: --store lets its policy find it by "
                             "its group");
            is_good = false;
        }
        item->is_left_out = !is_good;
        import->left_out += !is_good;
        if (is_good) {
            import->secrets += work->credential_count + (work->device.auth != PKI_AUTH_NONE);
            cli_leshan_policy(&import->book, &work->config, &work->accounts, item, &import->report);
        }
    }
}

/* Nothing is written or stored unless all of it can be, or --partial says that less will do. */
static enum cli_status refuse(const struct cli_import *import)
{
    size_t problems = import->report.lost + import->report.errors;
    bool is_partial = cli_has(import->call, CLI_OPT_PARTIAL);
    if (import->book.is_broken) {
        return cli_fail("out of memory");
    }
    if (import->left_out == import->list.count) {
        return cli_fail("there is no device to import");
    }
    if (problems > 0 && !is_partial) {
        return cli_fail("%zu things cannot be imported (above); --partial imports the rest",
                        problems);
    }
    if (import->secrets > 0 && !cli_has(import->call, CLI_OPT_STORE)) {
        if (!is_partial) {
            return cli_fail("there are %zu secrets, which no policy file holds: --store puts them "
                            "into the home's store, --partial leaves them out",
                            import->secrets);
        }
        cli_note("%zu secrets were left out", import->secrets);
    }
    return CLI_DONE;
}

/* ---- results ---- */

static enum cli_status store_and_write(struct cli_import *import, struct cli_import_file *file)
{
    struct pki_txn *txn = NULL;
    enum cli_status status = cli_import_file_prepare(file);
    bool is_stored = cli_has(import->call, CLI_OPT_STORE);
    if (status == CLI_DONE && is_stored) {
        status = cli_txn_begin(import->call, &txn);
        if (status == CLI_DONE) {
            status = cli_import_store(import, txn);
            if (status == CLI_DONE) {
                status = cli_txn_commit(txn, import->call->home);
            } else {
                pki_txn_abort(txn);
            }
        }
    }
    return cli_import_file_finish(file, status);
}

static void print_result(struct cli_import *import, const struct cli_import_file *file)
{
    bool is_stored = cli_has(import->call, CLI_OPT_STORE);
    size_t devices = import->list.count - import->left_out;
    if (import->has_json) {
        cli_json_array_end(&import->json);
        cli_json_uint(&import->json, "devices", devices);
        cli_json_uint(&import->json, "left_out", import->left_out);
        cli_json_uint(&import->json, "policies", import->book.policies.count);
        cli_json_uint(&import->json, "secrets", import->secrets);
        cli_json_uint(&import->json, "stored", import->stored);
        cli_json_uint(&import->json, "added", import->added);
        cli_json_string(&import->json, file->path != NULL ? "out" : "text",
                        file->path != NULL ? file->path : file->text);
    } else if (file->path == NULL) {
        fwrite(file->text, 1, file->len, stdout);
    }
    if (is_stored) {
        cli_note("stored %zu credentials; %zu devices are new", import->stored, import->added);
    }
    cli_note("%zu devices, %zu policies", devices, import->book.policies.count);
}

static enum cli_status convert(struct cli_import *import)
{
    const struct cli_call *call = import->call;
    struct cli_import_file file = {.path = cli_value(call, CLI_OPT_OUT),
                                   .is_forced = cli_has(call, CLI_OPT_FORCE),
                                   .book = &import->book};
    file.path = file.path != NULL && strcmp(file.path, "-") == 0 ? NULL : file.path;
    cli_import_file_prefix(file.path, import->prefix);
    import->book.prefix = import->prefix;
    import->book.has_folder = file.path != NULL;
    describe(import);
    enum cli_status status = refuse(import);
    FILE *text = status == CLI_DONE ? open_memstream(&file.text, &file.len) : NULL;
    if (text != NULL) {
        if (import->book.policies.count > 0) {
            cli_leshan_book_write(text, &import->book, &import->list, cli_has(call, CLI_OPT_STORE));
        }
        fclose(text);
        status =
            import->book.is_broken ? cli_fail("out of memory") : store_and_write(import, &file);
    } else if (status == CLI_DONE) {
        status = cli_fail("out of memory");
    }
    if (status == CLI_DONE) {
        print_result(import, &file);
    }
    free(file.text);
    return status;
}

static enum cli_status run(struct cli_import *import, const struct documents *documents)
{
    enum cli_status status;
    import->has_json = cli_has(import->call, CLI_OPT_JSON);
    import->json.file = stdout;
    if (import->has_json) {
        cli_json_object(&import->json, NULL);
        cli_json_array(&import->json, "problems");
    }
    import->work = calloc(1, sizeof *import->work);
    if (import->work == NULL) {
        status = cli_fail("out of memory");
    } else if (!cli_leshan_list(documents->sources, documents->count, &import->list,
                                &import->report)) {
        status = cli_fail("this cannot be imported");
    } else {
        status = convert(import);
    }
    if (import->has_json) {
        if (status != CLI_DONE) {
            cli_json_array_end(&import->json);
        }
        cli_json_bool(&import->json, "done", status == CLI_DONE);
        cli_json_object_end(&import->json);
    }
    return status;
}

static void clear(struct cli_import *import, struct documents *documents)
{
    if (import->work != NULL) {
        pki_secret_wipe(import->work, sizeof *import->work);
    }
    free(import->work);
    cli_leshan_list_free(&import->list);
    cli_leshan_book_free(&import->book);
    for (size_t i = 0; i < documents->count; i++) {
        lwm2m_json_free(documents->items[i]);
    }
}

enum cli_status cli_policy_import(struct cli_call *call)
{
    struct documents documents = {.count = 0};
    struct cli_import import = {.call = call};
    enum cli_status status = CLI_DONE;
    import.report = (struct cli_leshan_report){.each = tell, .context = &import};
    if (!cli_has(call, CLI_OPT_LESHAN)) {
        return cli_usage("policy import needs --leshan FILE");
    }
    if (cli_has(call, CLI_OPT_STORE)) {
        status = cli_home_choose(call);
        status = status == CLI_DONE ? cli_home_open(call, CLI_STORE_WRITE) : status;
    }
    if (status == CLI_DONE) {
        status = read_documents(call, &documents);
    }
    if (status == CLI_DONE) {
        status = run(&import, &documents);
    }
    clear(&import, &documents);
    return status;
}
