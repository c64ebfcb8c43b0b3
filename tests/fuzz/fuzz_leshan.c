/*
 * Any JSON as what Leshan's bootstrap server has: a configuration or a list of credentials, or,
 * behind an octet 0, another. It is read, or told with places in it; what comes out is what a store
 * and a policy file take.
 */
#include "tools/imprint/leshan.h"

#include "bootstrap/policy/policy.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_so)
{
    if (!is_so) {
        abort();
    }
}

/* Every problem has its place, and is counted. */
static void tell(void *context, const struct cli_leshan_problem *problem)
{
    size_t *told = context;
    check(problem->path[0] == '$' && problem->text[0] != '\0' && strcmp(problem->file, "f") == 0);
    told[problem->level]++;
}

/* One endpoint under way: large, so it is kept. */
static struct {
    struct cli_leshan_config config;
    struct cli_leshan_accounts accounts;
    struct pki_device device;
    struct pki_credential credentials[CLI_LESHAN_CREDENTIALS];
} work;

static bool read_item(struct cli_leshan_item *item, struct cli_leshan_report *report)
{
    size_t errors = report->errors, count = 0;
    bool is_good =
        cli_leshan_read(item, &work.config, report) &&
        cli_leshan_pair(&work.config, &work.accounts, report) &&
        cli_leshan_device(&work.config, &work.accounts, item->endpoint, &work.device, report) &&
        cli_leshan_credentials(&work.config, &work.accounts, work.credentials, &count, report);
    check(is_good == (report->errors == errors));
    if (is_good) {
        check(pki_device_check(&work.device, NULL) == PKI_OK);
        for (size_t i = 0; i < count; i++) {
            check(pki_credential_check(&work.credentials[i]) == PKI_OK);
        }
        for (size_t i = 1; i < work.accounts.count; i++) {
            check(work.accounts.items[i - 1].id < work.accounts.items[i].id);
        }
    }
    return is_good;
}

/* A file is lines of text that the loader of policies takes or refuses. */
static void write_out(struct cli_leshan_book *book, const struct cli_leshan_list *list,
                      bool is_by_group)
{
    char *text = NULL;
    size_t len = 0;
    struct policy_report report = {0};
    FILE *file = open_memstream(&text, &len);
    check(file != NULL);
    cli_leshan_book_write(file, book, list, is_by_group);
    check(fclose(file) == 0);
    for (size_t i = 0; i < len; i++) {
        check(text[i] == '\n' || ((unsigned char)text[i] >= ' ' && text[i] != 0x7f));
    }
    if (book->policies.count > 0) {
        policy_set_unref(policy_set_load_text("p.yaml", text, len, NULL, &report));
        policy_report_clear(&report);
    }
    free(text);
}

/* COUNT documents as an import takes them. */
static void import(const struct cli_leshan_source *sources, size_t count, bool has_folder)
{
    size_t told[3] = {0};
    struct cli_leshan_report report = {.each = tell, .context = told};
    struct cli_leshan_book book = {.prefix = "leshan", .has_folder = has_folder};
    struct cli_leshan_list list;
    bool is_listed = cli_leshan_list(sources, count, &list, &report);
    check(is_listed == (report.errors == 0));
    for (size_t i = 0; is_listed && i < list.count; i++) {
        if (read_item(&list.items[i], &report)) {
            cli_leshan_policy(&book, &work.config, &work.accounts, &list.items[i], &report);
            check(list.items[i].group == CLI_LESHAN_NO_GROUP ||
                  list.items[i].group < book.policies.count);
        }
    }
    check(told[CLI_LESHAN_ERROR] == report.errors && told[CLI_LESHAN_LOST] == report.lost);
    if (is_listed) {
        write_out(&book, &list, false);
        write_out(&book, &list, true);
    }
    cli_leshan_config_wipe(&work.config);
    cli_leshan_list_free(&list);
    cli_leshan_book_free(&book);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lwm2m_json_document *documents[2] = {NULL, NULL};
    struct cli_leshan_source sources[2] = {{.file = "f"}, {.file = "f"}};
    const uint8_t *end = size > 0 ? memchr(data, '\0', size) : NULL;
    size_t first = end != NULL ? (size_t)(end - data) : size;
    size_t count = 0;
    for (size_t i = 0; i < (end != NULL ? 2u : 1u); i++) {
        struct lwm2m_json_fault fault;
        documents[count] =
            lwm2m_json_parse((const char *)(i == 0 ? data : end + 1),
                             i == 0 ? first : size - first - 1, CLI_LESHAN_FILE_OCTETS, &fault);
        if (documents[count] != NULL) {
            sources[count].root = lwm2m_json_root(documents[count]);
            count++;
        }
    }
    if (count > 0) {
        import(sources, count, size % 2 == 0);
    }
    lwm2m_json_free(documents[0]);
    lwm2m_json_free(documents[1]);
    return 0;
}
